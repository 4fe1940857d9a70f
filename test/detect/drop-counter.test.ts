/** Deltas, resets, wraps and what is normal: a counter of packets without an SA. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CounterOutcome,
  type CounterReading,
  type CounterRule,
  type CounterState,
  newCounter,
  readCounter,
  thresholdOf,
} from '../../shared/detect/drop-counter.ts';
import { monotonic } from '../../shared/model/time.ts';

const rule: CounterRule = { everyMs: 30_000, atLeast: 10, wrapsAt: 2 ** 32 };

/** Readings half a minute apart, the device up for a day at the first. */
function read(values: readonly (number | CounterReading)[], by: CounterRule = rule) {
  let state: CounterState = newCounter;
  const outcomes: CounterOutcome[] = [];
  values.forEach((value, n) => {
    const reading =
      typeof value === 'number'
        ? { at: monotonic(1_000_000 + n * 30_000), values: { fails: value }, upTimeMs: 86_400_000 + n * 30_000 }
        : value;
    const step = readCounter(state, reading, by);
    state = step.state;
    outcomes.push(step.outcome);
  });
  return { state, outcomes, kinds: outcomes.map(({ kind }) => kind), last: outcomes.at(-1)! };
}
/** A quiet device: first reading, five to learn from, one that is judged. */
const quiet = [100, 100, 100, 100, 100, 100, 100];
const at = (n: number, value: number, upTimeMs: number | null): CounterReading => ({
  at: monotonic(1_000_000 + n * 30_000),
  values: { fails: value },
  upTimeMs,
});

describe('what is normal', () => {
  test('the first reading, five to learn, then each is judged', () => {
    expect(read(quiet).kinds).toEqual(['first', 'learning', 'learning', 'learning', 'learning', 'learning', 'normal']);
    expect(read([...quiet, 109]).last).toEqual({ kind: 'normal', delta: 9, threshold: 10 });
    expect(read([...quiet, 110]).last).toEqual({ kind: 'above', delta: 10, threshold: 10, tell: true });
  });
  test('a device that always drops some opens nothing at the start of the agent', () => {
    const steady = Array.from({ length: 30 }, (_, n) => n * 500);
    expect(read(steady).kinds).not.toContain('above');
    expect(read([...steady, 29 * 500 + 1_200]).last).toEqual({ kind: 'above', delta: 1_200, threshold: 1_010, tell: true });
  });
  test('twice what nine of ten intervals stay under, and `atLeast` on top: one spike of twenty changes nothing', () => {
    expect(thresholdOf([0, 0, 0, 0, 0], 10)).toBe(10);
    expect(thresholdOf([...Array(19).fill(5), 100_000], 10)).toBe(20);
    expect(thresholdOf([], 10)).toBe(10);
  });
  test('a flood does not become normal at once, and a new level does in time', () => {
    const flood = [...quiet, ...Array.from({ length: 200 }, (_, n) => 100 + (n + 1) * 50)];
    const { kinds, state } = read(flood);
    expect(kinds.slice(7, 9)).toEqual(['above', 'above']);
    expect(kinds.at(-1)).toBe('normal');
    expect(state.learned.length).toBeLessThanOrEqual(20);
  });
  test('while it goes on it is told again every ten minutes, and at once when it comes back', () => {
    const flood = [...quiet, ...Array.from({ length: 25 }, (_, n) => 100 + 10 ** 6 * 2 ** (n + 1))];
    const told = read(flood, { ...rule, wrapsAt: null }).outcomes.flatMap((o, n) => (o.kind === 'above' && o.tell ? [n] : []));
    expect(told).toEqual([7, 27]);
    const back = [...quiet, 500, 500, 900];
    expect(read(back).outcomes.slice(7)).toMatchObject([
      { kind: 'above', tell: true },
      { kind: 'normal' },
      { kind: 'above', tell: true },
    ]);
  });
  test('a longer interval is scaled; one that is too long says nothing about when', () => {
    const learned = [...quiet.slice(0, 6)];
    const twice = read([...learned, at(7, 118, 86_400_000 + 7 * 30_000)]);
    expect(twice.last).toEqual({ kind: 'normal', delta: 18, threshold: 10 });
    expect(read([...learned, at(12, 100_000, 86_400_000 + 12 * 30_000)]).last).toEqual({ kind: 'gap' });
  });
});

describe('begins anew', () => {
  test('a reload: sysUpTime says so, whether the value is smaller or larger', () => {
    for (const value of [3, 5_000]) {
      const { state, last } = read([...quiet, at(7, value, 20_000)]);
      expect(last).toEqual({ kind: 'reset' });
      expect(state.resets).toBe(1);
    }
  });
  test('after a reset the next delta counts from the new value', () => {
    const up = (n: number) => 20_000 + (n - 7) * 30_000;
    expect(read([...quiet, at(7, 3, up(7)), at(8, 7, up(8))]).last).toEqual({ kind: 'normal', delta: 4, threshold: 10 });
  });
  test('past the end of a Counter32 without a reload: the delta is right', () => {
    const near = 2 ** 32 - 5;
    const { state, last } = read([...quiet.map(() => near), 7]);
    expect(last).toEqual({ kind: 'above', delta: 12, threshold: 10, tell: true });
    expect(state.wraps).toBe(1);
  });
  test('smaller, and far from its end: somebody cleared it; the same without sysUpTime, or of a counter that never ends', () => {
    expect(read([...quiet.map(() => 1_000_000), 5]).last).toEqual({ kind: 'reset' });
    expect(read([at(0, 2 ** 32 - 5, null), at(1, 7, null)]).last).toEqual({ kind: 'reset' });
    expect(read([...quiet, 5], { ...rule, wrapsAt: null }).last).toEqual({ kind: 'reset' });
  });
  test('a counter that was not shown before counts from 0', () => {
    const first = read(quiet).state;
    const reading = { at: monotonic(1_000_000 + 7 * 30_000), values: { fails: 100, other: 40 }, upTimeMs: null };
    expect(readCounter(first, reading, rule).outcome).toEqual({ kind: 'above', delta: 40, threshold: 10, tell: true });
  });
});

test('whatever is read, the state stays bounded, no delta is negative, and nothing throws', () => {
  const aReading = fc.record({
    at: fc.integer({ min: 0, max: 10 ** 9 }).map((ms) => monotonic(ms)),
    values: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    upTimeMs: fc.option(fc.integer({ min: 0, max: 2 ** 32 })),
  });
  fc.assert(
    fc.property(fc.array(aReading, { maxLength: 60 }), (readings) => {
      let state = newCounter;
      for (const reading of readings) {
        const step = readCounter(state, reading, rule);
        state = step.state;
        expect(state.learned.length).toBeLessThanOrEqual(20);
        if ('delta' in step.outcome) expect(step.outcome.delta).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 500 },
  );
});
