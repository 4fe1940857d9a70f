/** Quotes of a list of statements, each line shown once: where it is said again, in another file or for another statement, a reference will do. */
import type { Case, Quote } from '../case.ts';
import type { Reasoned } from '../verdict.ts';

export interface Shown {
  readonly text: string;
  readonly full: readonly Quote[];
  readonly also: readonly Quote[];
}

export function shownOnce(about: Case, reasons: readonly Reasoned[]): Shown[] {
  const seen = new Set<string>();
  const names = about.ends.map(({ name }) => name);
  return reasons.map(({ text, quotes }) => {
    const full: Quote[] = [];
    const also: Quote[] = [];
    for (const quote of quotes) {
      const key = `${quote.end} ${quote.text.trim()}`;
      (seen.has(key) ? also : full).push(quote);
      seen.add(key);
    }
    return { text: sentence(text, names), full, also };
  });
}

/** A statement begins with a capital, unless with a name, which is written as it is. */
function sentence(text: string, names: readonly string[]): string {
  if (!/^[a-z]/.test(text) || names.some((name) => text.startsWith(name))) return text;
  return text[0]!.toUpperCase() + text.slice(1);
}
