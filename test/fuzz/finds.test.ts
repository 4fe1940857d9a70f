/** What `npm run fuzz` found, made small: each is now an input like any other. */
import { expect, test } from 'vitest';
import { parseDebugConditions } from '../../shared/platforms/cisco/debug-condition.ts';
import { parseIsakmpSas } from '../../shared/platforms/cisco/isakmp-sa.ts';

test('show crypto isakmp sa: the method of authentication wrapped to a line of its own, and no row before it', () => {
  const { value, unread } = parseIsakmpSas('conn-id: Auth:\npsk');
  expect([value, unread.map(({ number }) => number)]).toEqual([[], [1, 2]]);
});

test('show crypto debug-condition: thousands of words behind a header are one line that was not understood, not thousands of values', () => {
  const { value, unread } = parseDebugConditions(`Connection-id filters: ${'filters: '.repeat(1_800)}`);
  expect([value.filters, unread.map(({ number }) => number)]).toEqual([[], [1]]);
});
