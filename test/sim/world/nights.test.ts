/**
 * As many bad nights as fit into `npm test`, and what the simulation promises of itself: the same seed twice is the same night, a failing one
 * is made short and stays failing, and no state of the machine or kind of happening is forgotten. `npm run sim` plays them by the thousand.
 */
import { describe, expect, test } from 'vitest';
import { allCells, cellsToMeet } from './cells.ts';
import { allKinds } from './happenings.ts';
import { type Plan, planOf } from './plan.ts';
import { type Night, play } from './play.ts';
import { shrink } from './shrink.ts';
import { CELLS_FROM, KINDS_FROM, Tally } from './tally.ts';
import { leftToChance, unreachable } from './unreachable.ts';

const NIGHTS = Number(process.env['SPITRAP_WORLDS'] ?? 60);
const FIRST_SEED = Number(process.env['SPITRAP_SEED'] ?? 1);
/** In one test: that it takes long says nothing of its own. */
const NIGHTS_EACH = 10;

describe(`${NIGHTS} bad nights from seed ${FIRST_SEED}`, () => {
  const groups = Array.from({ length: Math.ceil(NIGHTS / NIGHTS_EACH) }, (_, group) => FIRST_SEED + group * NIGHTS_EACH);
  test.each(groups)('ten from seed %i keep every promise', { timeout: 120_000 }, async (from) => {
    for (let seed = from; seed < Math.min(from + NIGHTS_EACH, FIRST_SEED + NIGHTS); seed++) {
      const { violations, story } = await play(planOf(seed));
      expect(violations, `seed ${seed}: ${story.join('; ')}`).toEqual([]);
    }
  });
});

test('the same seed twice is the same night, another one is another', { timeout: 60_000 }, async () => {
  const [one, same, other] = [await play(planOf(17)), await play(planOf(17)), await play(planOf(18))];
  expect(same).toEqual(one);
  expect(other.trace).not.toBe(one.trace);
});

test('a plan survives being written down: what is played again is what failed', async () => {
  const plan = planOf(31);
  const read = JSON.parse(JSON.stringify(plan)) as Plan;
  expect(read).toEqual(plan);
  expect((await play(read)).trace).toBe((await play(plan)).trace);
});

test('a failing night is made as short as it fails in the same way', async () => {
  const plan: Plan = {
    ...planOf(3),
    happenings: (['noise', 'kill', 'lose', 'delay', 'hold', 'leave', 'storm'] as const).map((kind, atMs) => ({
      ...{ atMs, kind, end: 'hub', amount: 0.5 },
    })),
  };
  const run = async ({ seed, happenings }: Plan): Promise<Night> => {
    const isBad = happenings.some(({ kind }) => kind === 'kill') && happenings.some(({ kind }) => kind === 'leave');
    const violations = isBad ? [{ checker: '1', what: 'bad' }] : [{ checker: '2', what: 'another' }];
    return { seed, violations, story: [], happened: [], cells: [], outcomes: [], skewsMs: [], trace: '' };
  };
  const shortest = await shrink(plan, await run(plan), run);
  expect(shortest.plan.happenings.map(({ kind }) => kind)).toEqual(['kill', 'leave']);
});

describe('a run is judged by what it covered', () => {
  const night = (happened: readonly string[], cells: readonly string[]): Night => ({
    ...{ seed: 1, violations: [], story: [], outcomes: [], skewsMs: [], trace: '', happened, cells },
  });
  const ran = (nights: number, happened: readonly string[], cells: readonly string[]): Tally => {
    const tally = new Tally();
    for (let count = 0; count < nights; count++) tally.add(night(count === 0 ? happened : [], count === 0 ? cells : []));
    return tally;
  };

  test('a kind that never took effect fails a run that is long enough', () => {
    const [, ...most] = allKinds;
    expect(ran(KINDS_FROM - 1, most, []).passes).toBe(true);
    expect(ran(KINDS_FROM, allKinds, []).passes).toBe(true);
    const tally = ran(KINDS_FROM, most, []);
    expect([tally.passes, tally.kindsUnseen]).toEqual([false, [allKinds[0]]]);
  });

  test('so does a cell of the machine that was never met', () => {
    const [, ...most] = cellsToMeet;
    expect(ran(CELLS_FROM, allKinds, cellsToMeet).passes).toBe(true);
    const tally = ran(CELLS_FROM, allKinds, most);
    expect([tally.passes, tally.cellsUnmet]).toEqual([false, [cellsToMeet[0]]]);
  });

  test('and one that was met though it is listed as unreachable, and any night that failed', () => {
    expect(ran(1, [], [[...unreachable.keys()][0]!]).passes).toBe(false);
    const tally = new Tally();
    tally.add({ ...night([], []), violations: [{ checker: '1', what: 'bad' }] });
    expect(tally.passes).toBe(false);
  });

  test('every cell that is listed as unreachable, or left to chance, is one, with a reason', () => {
    for (const [cell, why] of [...unreachable, ...leftToChance])
      expect([cell, allCells.includes(cell), why.length > 20]).toEqual([cell, true, true]);
  });
});
