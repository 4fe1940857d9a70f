/** Lists of flows with an index beside them say what a walk over the list would say, whatever was done to them and in which order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flowIn, type ListedFlow, persistentIn, withFlow, withFlowLast } from '../../shared/coordinate/flow-list.ts';
import { cameAgain, firstJudgement } from '../../shared/detect/judge.ts';
import { monotonic } from '../../shared/model/time.ts';
import { flowOf, id } from './given.ts';

interface Entry extends ListedFlow {
  readonly count: number;
}
const entry = (n: number, first = 0, persistent = false, incident = 0): Entry => ({
  flow: flowOf(n, '11.1.1.3'),
  first: monotonic(first),
  judged: persistent ? cameAgain : firstJudgement,
  incident: id(incident),
  count: first,
});

const spis = (all: readonly Entry[]): number[] => all.map(({ flow }) => flow.spi);

describe('an entry', () => {
  const three = [entry(1), entry(2), entry(3)];

  test('takes the place of the flow’s old one, or the end', () => {
    const changed = withFlow(three, entry(2, 7));
    expect([spis(changed), changed[1]!.count, spis(withFlow(changed, entry(4)))]).toEqual([
      spis(three),
      7,
      spis([...three, entry(4)]),
    ]);
  });

  test('is put at the end, and the old one is gone', () => {
    expect(spis(withFlowLast(three, entry(1, 7)))).toEqual(spis([entry(2), entry(3), entry(1)]));
    expect(spis(withFlowLast(three, entry(4)))).toEqual(spis([...three, entry(4)]));
  });

  test('changes no list that there was', () => {
    withFlowLast(withFlow(three, entry(2, 7)), entry(1, 7));
    expect(three).toEqual([entry(1), entry(2), entry(3)]);
    expect(flowIn(three, entry(2).flow)).toEqual(entry(2));
    expect(flowIn([], entry(2).flow)).toBeUndefined();
  });
});

/** By a walk over the list. */
function walked(all: readonly Entry[], incident: number) {
  const persistent = all.filter((one) => one.judged?.verdict === 'persistent' && one.incident === id(incident));
  return { count: persistent.length, first: persistent.length === 0 ? null : Math.min(...persistent.map(({ first }) => first)) };
}

const change = fc.record({
  last: fc.boolean(),
  n: fc.integer({ min: 1, max: 6 }),
  first: fc.integer({ min: 0, max: 5 }),
  persistent: fc.boolean(),
  incident: fc.integer({ min: 0, max: 1 }),
  /** Of the lists that there were so far, counted back: mostly the newest. */
  back: fc.integer({ min: 0, max: 2 }),
});

test('whatever is done to it, and to lists that came before it: found, counted and worst are as a walk has them', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const lists: (readonly Entry[])[] = [[]];
      for (const { last, n, first, persistent, incident, back } of changes) {
        const from = lists.at(-1 - Math.min(back, lists.length - 1))!;
        const to = (last ? withFlowLast : withFlow)(from, entry(n, first, persistent, incident));
        lists.push(to);
        for (const list of [to, from]) {
          expect(new Set(spis(list)).size).toBe(list.length);
          for (let one = 1; one <= 6; one += 1)
            expect(flowIn(list, entry(one).flow)).toBe(list.find(({ flow }) => flow.spi === entry(one).flow.spi));
          for (const of of [0, 1]) {
            const { worst, count } = persistentIn(list, id(of));
            expect({ count, first: worst === null ? null : worst.first }).toEqual(walked(list, of));
            if (worst !== null) expect(list).toContain(worst);
          }
        }
      }
    }),
  );
});
