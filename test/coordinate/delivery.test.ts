/** The schedule of pair-protocol.md, "Delivery", to the millisecond. */
import { describe, expect, test } from 'vitest';
import { attemptAfterMs } from '../../shared/coordinate/delivery.ts';

const early = [0, 50, 100, 200, 350, 550, 800, 1_100, 1_450, 1_850, 2_300, 2_800];
const schedule = (phase: Parameters<typeof attemptAfterMs>[0], attempts: number) =>
  Array.from({ length: attempts }, (_, n) => attemptAfterMs(phase, n));

describe('attempts of a signal', () => {
  test.each(['alert', 'stop', 'done'] as const)('%s begins with the twelve close ones', (phase) => {
    expect(schedule(phase, 12)).toEqual(early);
  });

  test('alert goes on every half second, and only the stop ends it', () => {
    expect(schedule('alert', 15).slice(12)).toEqual([3_300, 3_800, 4_300]);
    expect(attemptAfterMs('alert', 11 + 10_000)).toBe(2_800 + 5_000_000);
  });

  test('stop goes on every five seconds, for fifteen minutes', () => {
    expect(schedule('stop', 15).slice(12)).toEqual([7_800, 12_800, 17_800]);
    const all = schedule('stop', 400).filter((ms) => ms !== null);
    expect(all.at(-1)).toBe(897_800);
    expect(all).toHaveLength(12 + 179);
  });

  test('done goes on every five seconds for two minutes, then waits for a hello', () => {
    const all = schedule('done', 400).filter((ms) => ms !== null);
    expect(all.at(-1)).toBe(117_800);
  });

  test('six of ten lost still leave 99.8 % within 3 s', () => {
    const inThreeSeconds = schedule('stop', 50).filter((ms) => ms !== null && ms <= 3_000).length;
    expect(1 - 0.6 ** inThreeSeconds).toBeGreaterThan(0.997);
  });
});
