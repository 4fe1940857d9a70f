/** The line through looks at something that may grow. */
import { expect, test } from 'vitest';
import { slopeOf } from './growth.ts';

const every = (values: readonly number[]) => values.map((value, i) => ({ minutes: i / 4, value }));

test('what grows does so by as much a minute as it does, whatever it swings about', () => {
  expect(slopeOf(every([0, 1, 2, 3, 4, 5, 6, 7]))).toBeCloseTo(4);
  expect(slopeOf(every([10, 0, 12, 2, 14, 4, 16, 6]))).toBeGreaterThan(1);
});

test('what swings and does not grow has no slope to speak of', () => {
  expect(Math.abs(slopeOf(every([5, 9, 5, 9, 9, 5, 9, 5])))).toBeLessThan(0.01);
  expect(slopeOf(every([7]))).toBe(0);
  expect(slopeOf([])).toBe(0);
  expect(slopeOf([1, 2, 3].map((value) => ({ minutes: 1, value })))).toBe(0);
});
