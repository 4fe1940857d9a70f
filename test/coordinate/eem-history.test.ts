/** A stop that came as a trap, and again as a row of the router's history: one event within `eemWindow`, in either order. */
import { expect, test } from 'vitest';
import { at, CRYPTO, debugsRead, id, kinds, run, spokeRules, stop } from './given.ts';

const bare = (n: number) => stop({ id: null, peer: 'eem1', newId: id(90 + n) });

test('the row of a trap that arrived does nothing, however late it is read within the window', () => {
  for (const apartMs of [1, 5_000, 59_000]) {
    const { steps, book } = run(spokeRules, [at(0, bare(1)), at(300, debugsRead(CRYPTO)), at(apartMs + 300, bare(2))]);
    expect(steps[0]!.reason).toBe('stop-without-alert');
    expect(steps[2]!.reason).toBe('stop-repeated');
    expect(kinds(steps[2]!.effects)).toBe('');
    expect([...book.incidents, ...book.closed]).toHaveLength(1);
  }
});

test('beyond the window it is another event: that is why rows of unknown age are not heard', () => {
  const { last, book } = run(spokeRules, [at(0, bare(1)), at(300, debugsRead(CRYPTO)), at(61_000, bare(2))]);
  expect(last.reason).toBe('stop-without-alert');
  expect([...book.incidents, ...book.closed]).toHaveLength(2);
});
