/** The same seed gives the same night, whatever was played before it in the same process: no state of a module reaches from one into another. */
import { expect, test } from 'vitest';
import { planOf } from './plan.ts';
import { play } from './play.ts';

test('a night played again, after others, leaves the same trace', async () => {
  const first = await play(planOf(5));
  for (const other of [22, 10]) await play(planOf(other));
  const again = await play(planOf(5));
  expect(again.trace).toBe(first.trace);
  expect(again.story).toEqual(first.story);
  expect(again.trace).not.toBe((await play(planOf(6))).trace);
}, 60_000);
