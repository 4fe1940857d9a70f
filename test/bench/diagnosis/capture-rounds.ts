/**
 * What two agents would have asked of their boxes, and when: the real capture plan, run on the simulated boxes in virtual time; and every
 * line that the boxes sent. Called by case-maker.ts.
 */
import type { SimulatedBox } from '../../../agent/lab/box.ts';
import type { Prng } from '../../../agent/lab/prng.ts';
import type { CaptureRound } from '../../../shared/model/capture.ts';
import type { Platform } from '../../../shared/platforms/platform.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export interface Asked {
  readonly command: string;
  readonly round: CaptureRound;
  readonly peer: string | null;
  readonly atMs: number;
  tookMs: number;
  text: string;
}

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

const MAX_UNSCOPED_SAS = 200;

/** Every line goes to the collector; it takes a few milliseconds. */
export function listen(box: SimulatedBox, clock: VirtualClock, prng: Prng): LogLine[] {
  const lines: LogLine[] = [];
  box.onSyslog((text) => {
    const earliest = lines.at(-1)?.atMs ?? 0;
    lines.push({ atMs: Math.max(earliest, clock.nowMs + prng.between(1, 6)), text });
  });
  return lines;
}

export function plan(platform: Platform, round: CaptureRound, peer: string, fromMs: number, prng: Prng): Asked[] {
  let atMs = fromMs;
  return platform.capturePlan(round, { peers: [peer], maxUnscopedSas: MAX_UNSCOPED_SAS }).map(({ command }) => {
    const tookMs = command.startsWith('show logging') ? prng.between(60, 500) : prng.between(8, 90);
    const asked = { command, round, peer: command.includes(peer) ? peer : null, atMs, tookMs, text: '' };
    atMs += tookMs + prng.between(1, 5);
    return asked;
  });
}

/** In the order of time, over both boxes. */
export function ask(
  clock: VirtualClock,
  rounds: readonly { readonly box: SimulatedBox; readonly asked: readonly Asked[] }[],
): void {
  const all = rounds.flatMap(({ box, asked }) => asked.map((one) => ({ box, one }))).sort((a, b) => a.one.atMs - b.one.atMs);
  for (const { box, one } of all) {
    clock.runTo(one.atMs);
    one.text = box.console(one.command);
  }
}
