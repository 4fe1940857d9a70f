/**
 * A counter of packets without an SA, read now and then: what came in between two readings, and whether that is more than is normal on
 * this device. Used by sources/drop-counter.ts (QFP drops over SSH, cipSecGlobalNoSaFails over SNMP). Pure. How it judges: sources.md.
 */
import type { DurationMs, Monotonic } from '../model/time.ts';

export interface CounterReading {
  readonly at: Monotonic;
  /** Each counter by its name; what is added up are their deltas. */
  readonly values: Readonly<Record<string, number>>;
  /** Since the device started; null: not read with it. */
  readonly upTimeMs: number | null;
}

export interface CounterRule {
  readonly everyMs: DurationMs;
  /** Packets in an interval that count, above what is normal. */
  readonly atLeast: number;
  /** Counter32: begins anew past 2^32 - 1. Null: so wide that it never does. */
  readonly wrapsAt: number | null;
}

/** Plain data. */
export interface CounterState {
  readonly last: CounterReading | null;
  /** Deltas of the last intervals, scaled to one of `everyMs`; oldest first. */
  readonly learned: readonly number[];
  readonly resets: number;
  readonly wraps: number;
  /** Since when more comes than is normal; null: it does not. */
  readonly aboveSince: Monotonic | null;
  readonly toldAt: Monotonic | null;
}

export const newCounter: CounterState = { last: null, learned: [], resets: 0, wraps: 0, aboveSince: null, toldAt: null };

export type CounterOutcome =
  /** Nothing to compare with: the first reading, or the first after a reload, a clearing or a long silence. */
  | { readonly kind: 'first' | 'reset' | 'gap' }
  /** Too few intervals to know what is normal. */
  | { readonly kind: 'learning'; readonly delta: number }
  | { readonly kind: 'normal'; readonly delta: number; readonly threshold: number }
  /** `tell`: worth saying; false while the same thing goes on. */
  | { readonly kind: 'above'; readonly delta: number; readonly threshold: number; readonly tell: boolean };

/** Intervals that are remembered: ten minutes of half minutes. */
const LEARNED_MAX = 20;
/** Before as many nothing is above: a device that always drops some must not open an incident at each start of the agent. */
const LEARNED_MIN = 5;
/** Readings further apart than so many intervals say nothing about when. */
const GAP_INTERVALS = 3;
/** While more comes than is normal it is said again so often: what stood in its way the first time may be over. */
const TELL_AGAIN_MS = 600_000;
/** A clock that is read over the network, and a busy device. */
const UP_TIME_SLACK_MS = 5_000;

export function readCounter(
  state: CounterState,
  reading: CounterReading,
  rule: CounterRule,
): { readonly state: CounterState; readonly outcome: CounterOutcome } {
  const { last } = state;
  const next: CounterState = { ...state, last: reading };
  if (last === null) return { state: next, outcome: { kind: 'first' } };
  const elapsed = reading.at - last.at;
  const compared = compare(last, reading, elapsed, rule);
  if (compared === null)
    return { state: { ...next, resets: state.resets + 1, aboveSince: null, toldAt: null }, outcome: { kind: 'reset' } };
  const wraps = state.wraps + compared.wraps;
  if (elapsed <= 0 || elapsed > GAP_INTERVALS * rule.everyMs) return { state: { ...next, wraps }, outcome: { kind: 'gap' } };
  const { delta } = compared;
  const scaled = Math.round((delta * rule.everyMs) / elapsed);
  if (state.learned.length < LEARNED_MIN) {
    const learned = [...state.learned, scaled];
    return { state: { ...next, wraps, learned }, outcome: { kind: 'learning', delta } };
  }
  const threshold = thresholdOf(state.learned, rule.atLeast);
  // What is above is learned only up to the threshold: a flood does not become normal at once, a new level does in time.
  const learned = [...state.learned, Math.min(scaled, threshold)].slice(-LEARNED_MAX);
  if (scaled < threshold)
    return {
      state: { ...next, wraps, learned, aboveSince: null, toldAt: null },
      outcome: { kind: 'normal', delta, threshold },
    };
  const tell = state.toldAt === null || reading.at - state.toldAt >= TELL_AGAIN_MS;
  return {
    state: {
      ...next,
      wraps,
      learned,
      aboveSince: state.aboveSince ?? reading.at,
      toldAt: tell ? reading.at : state.toldAt,
    },
    outcome: { kind: 'above', delta, threshold, tell },
  };
}

/** Twice what nine of ten intervals stay under, and `atLeast` on top: single spikes of the past do not raise it. */
export function thresholdOf(learned: readonly number[], atLeast: number): number {
  const sorted = [...learned].sort((a, b) => a - b);
  const usual = sorted[Math.floor((sorted.length - 1) * 0.9)] ?? 0;
  return 2 * usual + atLeast;
}

/** Null: the counters began anew, so that a delta would mean nothing. */
function compare(
  last: CounterReading,
  now: CounterReading,
  elapsed: DurationMs,
  rule: CounterRule,
): { readonly delta: number; readonly wraps: number } | null {
  const rebooted = last.upTimeMs !== null && now.upTimeMs !== null && now.upTimeMs + UP_TIME_SLACK_MS < last.upTimeMs + elapsed;
  if (rebooted) return null;
  let delta = 0;
  let wraps = 0;
  for (const [name, value] of Object.entries(now.values)) {
    const before = Object.hasOwn(last.values, name) ? last.values[name]! : 0;
    if (value >= before) {
      delta += value - before;
      continue;
    }
    // Smaller without a reload: past its end if that is near, cleared by somebody if not.
    const wrapped = rule.wrapsAt === null ? null : value + rule.wrapsAt - before;
    if (wrapped === null || now.upTimeMs === null || wrapped > rule.wrapsAt! / 2) return null;
    delta += wrapped;
    wraps++;
  }
  return { delta, wraps };
}
