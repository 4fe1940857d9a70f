/** Ages as `show` commands print them (`3w5d`, `00:29:40`, `never`), in seconds. Used by the parsers of NHRP, DMVPN and sessions. Linear. */

const UNIT_SECONDS: Readonly<Record<string, number>> = { y: 31_536_000, w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

// 00:29:40     3w5d     1y2w     6d12h     101:12:09
export const AGE = String.raw`(?:\d{1,4}:\d{2}:\d{2}|\d{1,4}[ywdhms](?:\d{1,4}[ywdhms]){0,4})`;
const CLOCK = /^(?<h>\d{1,4}):(?<m>\d{2}):(?<s>\d{2})$/;
const UNITS = /^(?:\d{1,4}[ywdhms]){1,5}$/;

/** Null: `never`, or no age at all. */
export function ageSeconds(text: string): number | null {
  const clock = CLOCK.exec(text)?.groups;
  if (clock) return Number(clock['h']) * 3_600 + Number(clock['m']) * 60 + Number(clock['s']);
  if (!UNITS.test(text)) return null;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([ywdhms])/g)) seconds += Number(count) * UNIT_SECONDS[unit!]!;
  return seconds;
}

// 3 weeks, 2 days, 4 hours, 1 minute
// 1 year, 12 weeks, 6 days, 23 hours, 59 minutes
const WORDS =
  /^\d{1,4} (?:years?|weeks?|days?|hours?|minutes?|seconds?)(?:, \d{1,4} (?:years?|weeks?|days?|hours?|minutes?|seconds?)){0,5}$/;

/** The long form of `show version`; null when it is none. */
export function uptimeSeconds(text: string): number | null {
  if (!WORDS.test(text)) return null;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+) ([a-z])/g)) seconds += Number(count) * UNIT_SECONDS[unit!]!;
  return seconds;
}

/** What its last unit is worth: `3 weeks, 2 days` is known to a day. */
export function uptimeUnitSeconds(text: string): number {
  const last = [...text.matchAll(/\d ([a-z])/g)].at(-1);
  return UNIT_SECONDS[last?.[1] ?? ''] ?? 1;
}
