/** The rules are a view that a reload changes: a peer that it brings owes its done like any other. */
import { expect, test } from 'vitest';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { isSpitrap } from '../../shared/coordinate/sealing.ts';

test('whose done is awaited is asked of the peers of now', () => {
  const one = { name: 'one', kind: 'spitrap', where: '' } as const;
  const live = { peers: [one] as Rules['peers'] };
  const rules = live as Rules;
  expect([isSpitrap(rules, 'one'), isSpitrap(rules, 'two')]).toEqual([true, false]);
  live.peers = [
    { ...one, kind: 'eem' },
    { ...one, name: 'two' },
  ];
  expect([isSpitrap(rules, 'one'), isSpitrap(rules, 'two')]).toEqual([false, true]);
});
