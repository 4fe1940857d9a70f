/** The breaker: each bound from both sides, and that nothing but them trips it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BreakerSample, type BreakerState, breakerStep, newBreaker, type Trip } from '../../shared/arming/breaker.ts';
import { monotonic } from '../../shared/model/time.ts';

const reading = (fiveSeconds: number) => ({ fiveSeconds, interrupt: 0, oneMinute: 1, fiveMinutes: 1 });
/** At so many seconds after arming. */
const cpu = (second: number, percent: number | null): BreakerSample => ({
  kind: 'cpu',
  at: monotonic(1_000 * second),
  cpu: percent === null ? null : reading(percent),
});

function feed(samples: readonly BreakerSample[]): (Trip | null)[] {
  let state: BreakerState = newBreaker(monotonic(0));
  return samples.map((sample) => {
    const step = breakerStep(state, sample);
    state = step.state;
    return step.trip;
  });
}
const trips = (samples: readonly BreakerSample[]): (string | null)[] => feed(samples).map((trip) => trip?.trip ?? null);

describe('CPU', () => {
  test('80 % in three samples 5 s apart, and not before', () => {
    expect(trips([cpu(0, 80), cpu(5, 99), cpu(10, 80)])).toEqual([null, null, 'cpu']);
    expect(feed([cpu(0, 80), cpu(5, 99), cpu(10, 81)])[2]?.detail).toBe(
      'the CPU was at 80%, 99%, 81% in 3 samples in a row (the bound is 80%)',
    );
  });

  test('one below it begins anew', () => {
    expect(trips([cpu(0, 99), cpu(5, 99), cpu(10, 79), cpu(15, 99), cpu(20, 99)])).toEqual([null, null, null, null, null]);
    expect(trips([cpu(0, 99), cpu(5, 79), cpu(10, 99), cpu(15, 99), cpu(20, 99)])[4]).toBe('cpu');
  });

  test('three looks at the same five seconds are one sample', () => {
    expect(trips([cpu(0, 99), cpu(0.5, 99), cpu(1, 99), cpu(2, 99)])).toEqual([null, null, null, null]);
  });

  test('one that cannot be read in between does not make it forget', () => {
    expect(trips([cpu(0, 99), cpu(5, null), cpu(10, 99), cpu(15, null), cpu(20, 99)])).toEqual([null, null, null, null, 'cpu']);
  });
});

describe('a CPU that cannot be read', () => {
  test('for 60 s, counted from the last that could', () => {
    expect(trips([cpu(5, 10), cpu(10, null), cpu(60, null), cpu(64.9, null), cpu(65, null)])).toEqual([
      null,
      null,
      null,
      null,
      'cpu-unreadable',
    ]);
  });

  test('never since arming: from there', () => {
    const result = feed([cpu(59, null), cpu(61, null)]);
    expect(result[0]).toBeNull();
    expect(result[1]).toEqual({ trip: 'cpu-unreadable', detail: 'the CPU could not be read for 1m01s (the bound is 1m)' });
  });
});

describe('memory and debug lines', () => {
  const memory = (freePercent: number | null): BreakerSample => ({ kind: 'memory', at: monotonic(0), freePercent });
  const lines = (count: number, overMs = 1_000): BreakerSample => ({ kind: 'lines', at: monotonic(0), lines: count, overMs });

  test.each<[title: string, sample: BreakerSample, trip: string | null]>([
    ['10 % free', memory(10), null],
    ['a little less', memory(9.97), 'memory'],
    ['not readable', memory(null), null],
    ['2,000 lines in a second', lines(2_000), null],
    ['one more', lines(2_001), 'debug-rate'],
    ['the same over two seconds', lines(2_001, 2_000), null],
    ['4,002 over two seconds', lines(4_002, 2_000), 'debug-rate'],
    ['a burst in a tenth of a second is no rate', lines(1_500, 100), null],
    ['no time at all', lines(3, 0), null],
  ])('%s', (_title, sample, trip) => {
    expect(trips([sample])).toEqual([trip]);
  });

  test('a sentence with the figures', () => {
    expect(feed([memory(4.21), lines(9_000, 2_000)]).map((trip) => trip?.detail)).toEqual([
      '4.2% of the processor memory is free (the bound is 10%)',
      'the device sent 4500 debug lines a second (the bound is 2000)',
    ]);
  });
});

test('a device that stays below every bound never trips it', () => {
  const calm = fc.array(
    fc.record({ percent: fc.nat(79), lines: fc.nat(2_000), free: fc.double({ min: 10, max: 100, noNaN: true }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(calm, (samples) => {
      const all = samples.flatMap(({ percent, lines, free }, index): BreakerSample[] => [
        cpu(5 * index, percent),
        { kind: 'lines', at: monotonic(5_000 * index), lines, overMs: 1_000 },
        { kind: 'memory', at: monotonic(5_000 * index), freePercent: free },
      ]);
      expect(trips(all).every((trip) => trip === null)).toBe(true);
    }),
  );
});
