/**
 * The timestamp that IOS puts in front of a message (`service timestamps log|debug datetime|uptime …`), read at a given place
 * of a line by wire/syslog.ts. Forms: facts.md §2. Hand-written scanner: linear, never throws, reads at most 96 characters.
 */
import { digitsEnd, isDigit, isLetter, isSpace, skipSpaces } from './ascii.ts';

export interface IosStamp {
  /** As received, mark and zone included, without the closing colon. */
  readonly text: string;
  /** `*`: the clock was never set. `.`: set, not in sync. */
  readonly mark: '*' | '.' | '';
  readonly kind: 'datetime' | 'uptime';
  readonly hasYear: boolean;
  readonly year: number | null;
  /** 1..12; null in an uptime stamp, like day and timeOfDayMs. */
  readonly month: number | null;
  readonly day: number | null;
  /** Milliseconds since the stamp's own midnight. */
  readonly timeOfDayMs: number | null;
  /** The reading in the device's own zone as if it were UTC; null without a year and in uptime stamps. */
  readonly localMs: number | null;
  readonly zone: string | null;
  /** What one step of the last printed digit is worth: equal stamps of a week's resolution prove nothing. */
  readonly resolutionMs: number;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** `y`, `w`, `d`, `h`, `m`: the second unit of an uptime stamp is its resolution. */
const UPTIME_UNIT_MS: Readonly<Record<string, number>> = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
};
const ZONE_CHARS_MAX = 32;

const COLON = 58;
const DOT = 46;

interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/**
 * A stamp that begins exactly at `at`; null when there is none. `end` is behind the zone, before the closing colon.
 *
 *   *Mar 12 18:22:10.706        .Nov 18 22:23:27.833 GMT     2020 Mar  4 11:45:20 EDT     Mar  4 2020 11:45:20.000001
 *   *Feb  2 11:39:59KST         Oct 24 04:31:10 UTC+07:30    2y10w     1d02h    00:01:02  101 21
 */
export function readIosStamp(text: string, at: number): { readonly stamp: IosStamp; readonly end: number } | null {
  const first = text[at];
  const mark = first === '*' || first === '.' ? first : '';
  const start = at + mark.length;
  return readDateTime(text, at, start, mark) ?? readUptime(text, at, start, mark);
}

function readDateTime(text: string, at: number, start: number, mark: IosStamp['mark']) {
  const date = readDate(text, start);
  if (date === null) return null;
  const time = readTimeOfDay(text, date.end);
  if (time === null || time.value.ms >= 86_401_000) return null;
  const zone = readZone(text, time.end);
  const { year, month, day } = date.value;
  const end = zone?.end ?? time.end;
  const stamp: IosStamp = {
    text: text.slice(at, end),
    mark,
    kind: 'datetime',
    hasYear: year !== null,
    year,
    month,
    day,
    timeOfDayMs: time.value.ms,
    localMs: year === null ? null : localMsOf(year, month, day, time.value.ms),
    zone: zone?.value ?? null,
    resolutionMs: time.value.resolutionMs,
  };
  return { stamp, end };
}

/** Null for a date that no calendar has (Feb 30). */
export function localMsOf(year: number, month: number, day: number, timeOfDayMs: number): number | null {
  const midnight = Date.UTC(year, month - 1, day);
  return new Date(midnight).getUTCDate() === day ? midnight + timeOfDayMs : null;
}

/** `Mar 12 `, `Mar  4 2020 `, `2020 Mar  4 `; `end` is where the time of day begins. Also what RFC 3164 calls TIMESTAMP. */
export function readDate(
  text: string,
  at: number,
): Read<{ readonly year: number | null; readonly month: number; readonly day: number }> | null {
  let p = at;
  let year: number | null = null;
  const leading = readYear(text, p);
  if (leading !== null) {
    year = leading.value;
    p = leading.end;
  }
  // The space is asked for first: this is tried at every letter in front of a message that has something unknown before it.
  if (!isSpace(text.charCodeAt(p + 3))) return null;
  const month = MONTHS.indexOf(text.slice(p, p + 3).toLowerCase()) + 1;
  if (month === 0) return null;
  p = skipUpTo(text, p + 3, 2);
  const dayEnd = digitsEnd(text, p, 2);
  const day = Number(text.slice(p, dayEnd));
  if (dayEnd === p || day < 1 || day > 31 || !isSpace(text.charCodeAt(dayEnd))) return null;
  p = skipUpTo(text, dayEnd, 2);
  const trailing = year === null ? readYear(text, p) : null;
  if (trailing !== null) {
    year = trailing.value;
    p = trailing.end;
  }
  return { value: { year, month, day }, end: p };
}

function readYear(text: string, at: number): Read<number> | null {
  if (digitsEnd(text, at, 5) !== at + 4 || !isSpace(text.charCodeAt(at + 4))) return null;
  const year = Number(text.slice(at, at + 4));
  // 1993 is what a box without a clock believes; nothing here is older or from the next century.
  return year >= 1990 && year <= 2099 ? { value: year, end: skipUpTo(text, at + 4, 2) } : null;
}

const skipUpTo = (text: string, at: number, spacesMax: number): number => Math.min(skipSpaces(text, at), at + spacesMax);

/** `18:22:10`, with a fraction of 1 to 9 digits or none. Hours are not limited here: an uptime may pass 24. */
export function readTimeOfDay(text: string, at: number): Read<{ readonly ms: number; readonly resolutionMs: number }> | null {
  const hours = digitsEnd(text, at, 2);
  if (hours === at || text.charCodeAt(hours) !== COLON) return null;
  const minutes = digitsEnd(text, hours + 1, 2);
  if (minutes !== hours + 3 || text.charCodeAt(minutes) !== COLON) return null;
  const seconds = digitsEnd(text, minutes + 1, 2);
  if (seconds !== minutes + 3 || isDigit(text.charCodeAt(seconds))) return null;
  const m = Number(text.slice(hours + 1, minutes));
  const s = Number(text.slice(minutes + 1, seconds));
  if (m > 59 || s > 60) return null;
  const whole = (Number(text.slice(at, hours)) * 3600 + m * 60 + s) * 1000;
  const fractionEnd = text.charCodeAt(seconds) === DOT ? digitsEnd(text, seconds + 1, 9) : seconds;
  if (fractionEnd <= seconds + 1) return { value: { ms: whole, resolutionMs: 1000 }, end: seconds };
  const digits = text.slice(seconds + 1, fractionEnd);
  // Whole milliseconds: the third digit is the last that counts, whatever `microseconds` adds.
  const ms = Number(digits.slice(0, 3).padEnd(3, '0'));
  return { value: { ms: whole + ms, resolutionMs: digits.length >= 3 ? 1 : 10 ** (3 - digits.length) }, end: fractionEnd };
}

/** `EDT`, `mdt`, `NewYork`, `UTC+07:30`, `+0730`, glued or after one or two spaces. Only when a colon closes it: else it is a host name. */
function readZone(text: string, at: number): Read<string> | null {
  const start = skipUpTo(text, at, 2);
  let p = start;
  while (p - start < ZONE_CHARS_MAX && isZoneChar(text.charCodeAt(p), p === start)) p++;
  const sign = text[p];
  if (sign === '+' || sign === '-') {
    const hours = digitsEnd(text, p + 1, 4);
    if (hours === p + 1) return null;
    p = hours;
    // `UTC+07:30:` but not the closing colon of `UTC+07: `.
    if (text.charCodeAt(p) === COLON && digitsEnd(text, p + 1, 2) === p + 3) p += 3;
  }
  if (p === start || text.charCodeAt(skipSpaces(text, p)) !== COLON) return null;
  return { value: text.slice(start, p), end: p };
}

const isZoneChar = (code: number, first: boolean): boolean =>
  isLetter(code) || (!first && (isDigit(code) || code === 95 /* _ */ || code === 47)); /* / */

function readUptime(text: string, at: number, start: number, mark: IosStamp['mark']) {
  const clock = readTimeOfDay(text, start);
  if (clock !== null) return uptime(text, at, clock.end, mark, clock.value.resolutionMs);
  const firstEnd = digitsEnd(text, start, 4);
  if (firstEnd === start) return null;
  const firstUnit = text[firstEnd]!;
  const secondStart = firstEnd + 1;
  const secondEnd = digitsEnd(text, secondStart, 3);
  if (secondEnd === secondStart) return null;
  // `101 21:` stands in published IOS samples; what it counts is not known, so it says nothing about time.
  if (firstUnit === ' ') {
    return text.startsWith(': ', secondEnd) ? uptime(text, at, secondEnd, mark, Number.MAX_SAFE_INTEGER) : null;
  }
  const resolutionMs = UPTIME_UNIT_MS[text[secondEnd] ?? ''];
  if (UPTIME_UNIT_MS[firstUnit] === undefined || resolutionMs === undefined) return null;
  return uptime(text, at, secondEnd + 1, mark, resolutionMs);
}

function uptime(text: string, at: number, end: number, mark: IosStamp['mark'], resolutionMs: number) {
  const stamp: IosStamp = {
    text: text.slice(at, end),
    mark,
    kind: 'uptime',
    hasYear: false,
    year: null,
    month: null,
    day: null,
    timeOfDayMs: null,
    localMs: null,
    zone: null,
    resolutionMs,
  };
  return { stamp, end };
}
