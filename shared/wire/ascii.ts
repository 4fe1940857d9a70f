/**
 * Character classes for the hand-written scanners of syslog.ts and ios-timestamp.ts. They work on code units of a string
 * (NaN past its end matches nothing) because a regular expression may backtrack on a hostile 64 KiB line and a scanner may not.
 */
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
export const isSpace = (code: number): boolean => code === 32 || code === 9;

/** First position at or after `at` that is no space or tab. */
export function skipSpaces(text: string, at: number): number {
  let p = at;
  while (isSpace(text.charCodeAt(p))) p++;
  return p;
}

/** End of the run of digits at `at`, at most `digitsMax` long; equals `at` when there is none. */
export function digitsEnd(text: string, at: number, digitsMax: number): number {
  let p = at;
  while (p - at < digitsMax && isDigit(text.charCodeAt(p))) p++;
  return p;
}

/** End of the word (run of anything but space and tab) at `at`; at most `charsMax` further, so that a scan stays bounded. */
export function wordEnd(text: string, at: number, charsMax: number): number {
  const stop = Math.min(text.length, at + charsMax);
  let p = at;
  while (p < stop && !isSpace(text.charCodeAt(p))) p++;
  return p;
}
