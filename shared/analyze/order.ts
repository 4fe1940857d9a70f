/**
 * What came first, and how long after: moments compared as honestly as their clocks allow. Called by the questions and the rules.
 * Same clock: its readings. Same file: lines as they arrived, which a clock that was set in between cannot turn round. Else: intervals.
 */
import type { Instant, Order, Quote } from './case.ts';

/** Something that stands in a file and may have a time. */
export interface Moment {
  readonly at: Instant | null;
  readonly quote: Quote | null;
}

export interface Gap {
  /** Milliseconds from the first to the second, negative when the second is earlier: somewhere in [minMs, maxMs]. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** Null: nothing is known, as one has no time or comes of a clock of which nothing is known. */
export function gap(from: Instant | null, to: Instant | null): Gap | null {
  if (from === null || to === null) return null;
  if (from.clock === to.clock) {
    const exact = to.atClockMs - from.atClockMs;
    const step = Math.max(from.resolutionMs, to.resolutionMs) - 1;
    return { minMs: exact - Math.max(0, step), maxMs: exact + Math.max(0, step) };
  }
  // A device's clock that nobody set was still read beside its agent's: within one end that orders, between two it does so coarsely.
  const doubt = endOfClock(from) === endOfClock(to) ? 0 : (Number(!from.trusted) + Number(!to.trusted)) * UNTRUSTED_MS;
  return { minMs: to.fromMs - from.toMs - doubt, maxMs: to.toMs - from.fromMs + doubt };
}

/** What a clock that is not in sync may have been off by since it was read, when the other end's moments are held against it. */
const UNTRUSTED_MS = 5_000;

/** `device 0`, `agent 0`, `line 7 of 0`: of one end. */
const endOfClock = ({ clock }: Instant): string => /^(?:device|agent|line \d+ of) (\d)/.exec(clock)?.[1] ?? clock;

export function order(a: Moment, b: Moment): Order {
  const between = gap(a.at, b.at);
  // Lines of one file stand as they arrived: that holds where the clock jumped, or printed no more than seconds.
  if (a.quote && b.quote && a.quote.end === b.quote.end && a.quote.file === b.quote.file && isLog(a.quote.file)) {
    const near = between !== null && Math.abs(between.minMs) < REORDERED_MS && Math.abs(between.maxMs) < REORDERED_MS;
    if (!near || (between.minMs <= 0 && between.maxMs >= 0)) return byNumber(a.quote.line, b.quote.line);
  }
  if (between === null) return 'unordered';
  if (between.minMs > 0) return 'before';
  if (between.maxMs < 0) return 'after';
  return between.minMs === 0 && between.maxMs === 0 ? 'same' : 'unordered';
}

/** Datagrams may overtake each other by this much: below it a device's own stamps order its lines better than their arrival. */
const REORDERED_MS = 2_000;

const isLog = (file: string): boolean => file.endsWith('.log');
const byNumber = (a: number, b: number): Order => (a < b ? 'before' : a > b ? 'after' : 'same');

/** Is `b` within `ms` of `a`, on either side? */
export function near(a: Instant | null, b: Instant | null, ms: number): 'yes' | 'no' | 'unknown' {
  const between = gap(a, b);
  if (between === null) return 'unknown';
  if (Math.max(Math.abs(between.minMs), Math.abs(between.maxMs)) <= ms) return 'yes';
  if (between.minMs > ms || between.maxMs < -ms) return 'no';
  return 'unknown';
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** `18:22:10` UTC on the axis, `about 18:22:10` when its clock is not to be trusted or the interval is wide. */
export function clockTime(at: Instant): string {
  const middle = new Date((at.fromMs + at.toMs) / 2);
  if (Number.isNaN(middle.getTime())) return 'an unknown time';
  const text = `${pad(middle.getUTCHours())}:${pad(middle.getUTCMinutes())}:${pad(middle.getUTCSeconds())}`;
  return !at.trusted || at.toMs - at.fromMs > 5_000 ? `about ${text}` : text;
}

/** The same clock, later or earlier: for what a sample says of other moments (an uptime, a lifetime left). */
export const shifted = (at: Instant, ms: number, plusMinusMs = 0): Instant => ({
  ...at,
  fromMs: at.fromMs + ms - plusMinusMs,
  toMs: at.toMs + ms + plusMinusMs,
  atClockMs: at.atClockMs + ms,
  resolutionMs: Math.max(at.resolutionMs, 2 * plusMinusMs),
});
