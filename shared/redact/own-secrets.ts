/** The agent's own secrets, wherever they turn up and whatever stands around them. Used by redact.ts. */

import { secretFinder } from './secret-finder.ts';

/** Shorter ones are no secrets, and are words, counters and parts of addresses too. */
const CHARS_MIN = 4;
/** From here on a match inside a longer word is no accident. */
const CHARS_UNMISTAKABLE = 8;

const isWordChar = (char: string | undefined): boolean => char !== undefined && /[A-Za-z0-9]/.test(char);

/**
 * A secret of under 8 characters goes only where it stands alone, and one of digits alone only from 8 digits: else SPIs, addresses
 * and counters would go with it (where a pattern knows its place, it goes all the same).
 */
export function ownSecretReplacer(
  secrets: readonly string[],
  tagOf: (secret: string) => string,
): (text: string) => { readonly text: string; readonly count: number } {
  /** As it is found, and the secret that it is: of thousands few are ever found, and only those get a tag. */
  const known = new Map<string, string>();
  for (const secret of secrets) {
    if (secret.length < CHARS_MIN || (/^[0-9.:]+$/.test(secret) && secret.length < CHARS_UNMISTAKABLE)) continue;
    known.set(secret, secret);
    // As it looks in a log that is read byte by byte.
    known.set(Buffer.from(secret).toString('latin1'), secret);
  }
  // Longest first: one that contains another goes as a whole.
  const ordered = [...known].sort(([a], [b]) => b.length - a.length);
  const find = secretFinder(ordered.map(([secret]) => secret));
  return (text) => {
    let count = 0;
    let rest = text;
    for (const secret of find(text)) {
      const replaced = replaceAlone(rest, secret, tagOf(known.get(secret)!));
      rest = replaced.text;
      count += replaced.count;
    }
    return { text: rest, count };
  };
}

function replaceAlone(text: string, secret: string, tag: string): { text: string; count: number } {
  const parts: string[] = [];
  let count = 0;
  let from = 0;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at)) {
    const end = at + secret.length;
    const isPart = secret.length < CHARS_UNMISTAKABLE && (isWordChar(text[at - 1]) || isWordChar(text[end]));
    const isInTag = insideTag(text, at, end);
    if (!isPart && !isInTag) {
      parts.push(text.slice(from, at), tag);
      from = end;
      count++;
    }
    at = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), count };
}

const TAG_CHARS = 19;

/** `redacted` itself may be somebody's secret, and hex digits may be. */
function insideTag(text: string, at: number, end: number): boolean {
  const from = Math.max(0, at - TAG_CHARS);
  for (const match of text.slice(from, end + TAG_CHARS).matchAll(/<redacted:[0-9a-f]{8}>/g))
    if (from + match.index < end && from + match.index + match[0].length > at) return true;
  return false;
}
