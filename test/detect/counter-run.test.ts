/** shared/detect/counter-run.ts: which numbers never came, whatever the way did to their order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Arrived, type CounterFinding, CounterRun, overtakingMs } from '../../shared/detect/counter-run.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

const at = (ms: number): Arrived => ({ at: monotonic(ms), wall: wall(1_000_000 + ms) });
const end = monotonic(1e9);

/** One number every 10 ms. */
function findings(numbers: readonly number[], padded = false): CounterFinding[] {
  const run = new CounterRun();
  for (const [index, number] of numbers.entries()) run.take(number, at(index * 10), padded);
  return run.settle(end);
}
const told = (found: readonly CounterFinding[]): unknown[] =>
  found.map((one) => (one.kind === 'missing' ? one.lost : `${one.before} -> ${one.after}`));
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, n) => first + n);

describe('a counter', () => {
  test.each<[title: string, numbers: number[], found: unknown[]]>([
    ['in order', [5, 6, 7, 8], []],
    ['one missing', [5, 7], [1]],
    ['two gaps', [5, 7, 8, 12], [1, 3]],
    ['overtaken by one', [5, 7, 6, 8], []],
    ['in any order within a gap', [5, 9, 7, 6, 8, 10], []],
    ['overtaken, and one of them lost', [5, 9, 7, 8, 10], [1]],
    ['twice each', [5, 5, 6, 6, 6, 7], []],
    ['a late second copy of one that came', [5, 6, 7, 6, 8], []],
    ['a second copy of one that overtook', [5, 7, 6, 6, 8], []],
    ['after a reload', [179_767, 1, 2, 3, 4], ['179767 -> 1']],
    ['after a reload, with a gap', [179_767, 12, 15, 16, 17], ['179767 -> 12']],
    ['after a reload soon after another', [40, 1, 2, 3, 4], ['40 -> 1']],
    ['after a reload, some of the old ones late', [9_000, 1, 2, 9_000, 3, 4, 5], ['9000 -> 3']],
    ['a forged high number: the true ones go on', [100, 900_000, 101, 102, 103], []],
    ['a forged low number', [100, 7, 101, 102], []],
    ['a leap that goes on', [100, 51_000, 51_001, 51_002, 51_003], [50_899]],
    ['a leap beyond a million', [100, 5_000_000, 5_000_001, 5_000_002], ['100 -> 5000000']],
    ['a replay of the last hundred: not a reload', [...from(70_000, 300), ...from(70_200, 100), ...from(70_300, 5)], []],
    ['a new beginning above five thousand, when it lasts', [900_000, ...from(6_000, 250)], ['900000 -> 6000']],
    ['over its end', [2 ** 32 - 2, 2 ** 32 - 1, 0, 1], []],
    ['over its end with a gap', [2 ** 32 - 2, 1], [2]],
  ])('%s', (_title, numbers, found) => {
    expect(told(findings(numbers))).toEqual(found);
  });

  test('six digits, padded: goes on with seven, or anew', () => {
    expect(findings([999_998, 999_999, 1_000_000, 1_000_001], true)).toEqual([]);
    expect(findings([999_998, 999_999, 0, 1, 2, 3], true)).toEqual([]);
    expect(told(findings([999_998, 2], true))).toEqual([3]);
  });

  test('a gap is told with the lines between which it is, and not before what overtook could be here', () => {
    const run = new CounterRun();
    run.take(5, at(0));
    run.take(9, at(300));
    expect(run.dueAt).toBe(300 + overtakingMs);
    expect(run.settle(monotonic(299 + overtakingMs))).toEqual([]);
    expect(run.settle(monotonic(300 + overtakingMs))).toEqual([{ kind: 'missing', from: at(0), to: at(300), lost: 3 }]);
    expect(run.settle(end)).toEqual([]);
    expect(run.dueAt).toBeNull();
  });

  test('whatever is lost, doubled and overtaken within a window: the count is exact', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ lost: fc.boolean(), doubled: fc.boolean(), later: fc.integer({ min: 0, max: 8 }) }), {
          minLength: 2,
          maxLength: 200,
        }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (fates, start) => {
          // The first and the last come, each in its place: what is outside of them nobody can miss.
          const sent = fates.map((fate, n) => ({ ...fate, number: start + 1 + n }));
          const kept = sent.filter(({ lost }) => !lost);
          const order = kept
            .flatMap(({ number, later, doubled }) =>
              doubled
                ? [
                    { number, place: number + later },
                    { number, place: number + later + 2 },
                  ]
                : [{ number, place: number + later }],
            )
            .sort((a, b) => a.place - b.place)
            .map(({ number }) => number);
          const numbers = [start, ...order, start + fates.length + 1];
          // Three copies in a row may look like a reload below 5000; that is tested above.
          fc.pre(start > 10_000);
          const lost = findings(numbers).reduce((sum, one) => sum + (one.kind === 'missing' ? one.lost : Number.NaN), 0);
          expect(lost).toBe(fates.length - kept.length);
        },
      ),
      { numRuns: 300, seed: 42 },
    );
  });
});
