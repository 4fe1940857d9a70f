/**
 * Spans of time in the ring. A moment carries both clocks: within one kernel boot spans are compared by the monotonic one, so that a
 * step of the wall clock breaks no window; across a reboot only the wall clock is left. Used by ring.ts, its segments and bundles.
 */
import type { Clock } from '../../shared/clock.ts';
import { after, type DurationMs, type Monotonic, type Wall, wall } from '../../shared/model/time.ts';

export interface Moment {
  readonly wall: Wall;
  readonly monotonic: Monotonic;
  readonly bootId: string;
}

export interface Window {
  readonly from: Moment;
  readonly to: Moment;
}

/** First and last arrival of some bytes, under one boot. */
export interface Span {
  readonly wallFirst: Wall;
  readonly wallLast: Wall;
  readonly monotonicFirst: Monotonic;
  readonly monotonicLast: Monotonic;
}

export const momentNow = (clock: Clock): Moment => ({ wall: clock.wall(), monotonic: clock.monotonic(), bootId: clock.bootId });

/** `byMs` later, or earlier when negative. */
export const shifted = (moment: Moment, byMs: DurationMs): Moment => ({
  ...moment,
  wall: wall(moment.wall + byMs),
  monotonic: after(moment.monotonic, byMs),
});

export function overlaps(span: Span, bootId: string, { from, to }: Window): boolean {
  const endsInTime = from.bootId === bootId ? span.monotonicLast >= from.monotonic : span.wallLast >= from.wall;
  const startsInTime = to.bootId === bootId ? span.monotonicFirst <= to.monotonic : span.wallFirst <= to.wall;
  return endsInTime && startsInTime;
}

/** How long ago it was; by the wall clock if another boot has begun since, and then never negative. */
export const ageMs = (span: Span, bootId: string, now: Moment): DurationMs =>
  bootId === now.bootId ? now.monotonic - span.monotonicLast : Math.max(0, now.wall - span.wallLast);
