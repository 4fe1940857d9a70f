/** The four clocks of a case, each wrong in its own way: two devices', two agents'. Virtual milliseconds in, what a clock shows out. */
import type { Prng } from '../../../agent/lab/prng.ts';
import type { FileMoment } from '../../../shared/bundle/incident-file.ts';

const BEGIN_UTC_MS = Date.UTC(2026, 2, 1);

export interface AgentClock {
  readonly bootId: string;
  readonly offsetMs: number;
  wallAt(virtualMs: number): number;
  moment(virtualMs: number): FileMoment;
}

export interface DeviceClock {
  readonly mark: '*' | '.' | '';
  readonly offsetMs: number;
  readonly driftPpm: number;
}

/** When the case plays: the true time of virtual millisecond 0. */
export const drawEpoch = (prng: Prng): number => BEGIN_UTC_MS + prng.between(0, 250 * 86_400) * 1_000 + prng.between(0, 999);

export function drawAgentClock(prng: Prng, epochMs: number, bootId: string): AgentClock {
  const synchronized = prng.between(1, 100) <= 85;
  const offsetMs = synchronized ? prng.between(-40, 40) : prng.between(-9_000, 9_000);
  const driftPpm = prng.between(-15, 15);
  const bootedMs = prng.between(86_400, 86_400 * 90) * 1_000;
  const wallAt = (virtualMs: number): number => Math.round(epochMs + virtualMs + offsetMs + (virtualMs * driftPpm) / 1_000_000);
  return {
    bootId,
    offsetMs,
    wallAt,
    moment: (virtualMs) => ({
      at: new Date(wallAt(virtualMs)).toISOString(),
      monotonicMs: Math.round((virtualMs + bootedMs) * 1_000) / 1_000,
      bootId,
    }),
  };
}

export function drawDeviceClock(prng: Prng): DeviceClock {
  const mark = prng.pick(['', '', '', '.', '*'] as const);
  const offsetMs =
    mark === ''
      ? prng.between(-150, 150)
      : mark === '.'
        ? prng.between(-6_000, 6_000)
        : prng.between(-400 * 86_400, 3_600) * 1_000;
  return { mark, offsetMs, driftPpm: mark === '' ? prng.between(-5, 5) : prng.between(-60, 60) };
}
