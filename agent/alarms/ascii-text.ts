/** Text for receivers that know ASCII alone: syslog messages and environment variables. Pure. */
import { printable } from '../../shared/model/printable.ts';

const USUAL: Readonly<Record<string, string>> = { '…': '...', '’': "'", '“': '"', '”': '"', '–': '-', '—': '-' };

/** One line of printable ASCII: `\u{e9}` for what is none. */
export const escapedAscii = (text: string): string =>
  printable(text, text.length).replace(
    /[^\x20-\x7e]/gu,
    (character) => USUAL[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
