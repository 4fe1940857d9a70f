/**
 * When a signal is sent again (pair-protocol.md, "Delivery"): close together at first, so that 60 % loss still leaves 99.8 %
 * within 3 s. Pure: agent/effects/send-signal.ts holds the timers.
 */
import type { DurationMs } from '../model/time.ts';
import { timing } from './timing.ts';

const FIRST_MS: readonly DurationMs[] = [0, 50, 100, 200, 350, 550, 800, 1_100, 1_450, 1_850, 2_300, 2_800];
const LAST_MS = FIRST_MS[FIRST_MS.length - 1]!;
const ALERT_EVERY_MS = 500;
const STOP_EVERY_MS = 5_000;

/** Milliseconds after the first attempt at which attempt `n` (from 0) is due; null: the schedule is over. */
export function attemptAfterMs(
  phase: 'alert' | 'stop' | 'done' | 'arm' | 'disarm',
  n: number,
  lastsMs: DurationMs = timing.stopUnacknowledgedMs,
): DurationMs | null {
  const early = FIRST_MS[n];
  if (early !== undefined) return early;
  const beyond = n - FIRST_MS.length + 1;
  // An alert is ended by the stop, not by its schedule.
  if (phase === 'alert') return LAST_MS + beyond * ALERT_EVERY_MS;
  const at = LAST_MS + beyond * STOP_EVERY_MS;
  // Done goes to rest for a while: it is offered again on the peer's next hello. A person waits for arm and disarm.
  const atMostMs = { stop: lastsMs, done: timing.sealAtMostMs, arm: timing.stopBoundMs, disarm: timing.stopBoundMs }[phase];
  return at <= atMostMs ? at : null;
}
