/** How the parsers of `show` outputs go through their lines: the first pattern that fits a line takes it, a line that no pattern takes is unread. A line without its indent means the same as with it. */
import type { Line } from '../platform.ts';
import { dataLines } from './output-lines.ts';

export type Groups = Readonly<Record<string, string | undefined>>;

/** `read`: false when the pattern fitted and what it holds does not make sense here, as an address that is none. Patterns see the line without blanks at its ends. */
export type LineRule<S> = readonly [pattern: RegExp, read: (groups: Groups, state: S, line: Line) => false | undefined];

const NO_GROUPS: Groups = {};

/** Fills `state` in place; the unread lines come back. */
export function readLines<S>(output: string, rules: readonly LineRule<S>[], state: S): Line[] {
  return dataLines(output).filter((line) => !readLine(line, rules, state));
}

function readLine<S>(line: Line, rules: readonly LineRule<S>[], state: S): boolean {
  const text = line.text.trimStart();
  for (const [pattern, read] of rules) {
    const match = pattern.exec(text);
    if (match && read(match.groups ?? NO_GROUPS, state, line) !== false) return true;
  }
  return false;
}

/** For lines that are known and of no use: headings, legends. */
export const known = (): undefined => undefined;

/** Null for what is absent; a number otherwise. Digits only: the pattern has seen to it. */
export const count = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** Null for what Cisco prints for nothing: `(none)`, `none`, an empty field. */
export const named = (text: string | undefined): string | null =>
  text === undefined || /^(?:\(none\)|none|)$/i.test(text) ? null : text;

/** `Y`, `Yes`, `True`, `enabled`; null for what is absent. */
export const yes = (text: string | undefined): boolean | null =>
  text === undefined ? null : /^(?:y|yes|true|enabled)$/i.test(text);
