/**
 * Markup by tagged template, escaped unless it is markup already: `html`<b>${hostile}</b>``. Lists are joined; null, undefined and false
 * are nothing. Used by report/ alone; no template engine, because a report needs no more than this.
 */
import { printable } from '../../model/printable.ts';

/** Made by `html` and `raw` alone: text can not become it by accident. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Hole = Markup | string | number | null | undefined | false | readonly Hole[];

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for attributes in quotes. Control characters must have been made printable. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Markup {
  const parts: string[] = [];
  for (const [index, text] of strings.entries()) {
    parts.push(text);
    if (index < holes.length) fill(holes[index], parts);
  }
  return new Markup(parts.join(''));
}

/** Markup of our own that is no template: the style. */
export const raw = (text: string): Markup => new Markup(text);

/** Text of a device or a peer, one line, bounded: control characters and bidirectional overrides are shown as escapes. */
export const told = (text: string, charactersMax = 400): string => printable(text, charactersMax);

function fill(hole: Hole, parts: string[]): void {
  if (hole === null || hole === undefined || hole === false) return;
  if (hole instanceof Markup) parts.push(hole.text);
  else if (typeof hole === 'string') parts.push(escapeHtml(printable(hole, Number.POSITIVE_INFINITY)));
  else if (typeof hole === 'number') parts.push(String(hole));
  else for (const one of hole as readonly Hole[]) fill(one, parts);
}
