/** shared/coordinate/capture-now.ts: why a capture that a person asks for is not begun. What becomes of one: test/sim/capture-now.test.ts. */
import { expect, test } from 'vitest';
import { emptyBook } from '../../shared/coordinate/book.ts';
import { captureRefusal } from '../../shared/coordinate/capture-now.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { monotonic } from '../../shared/model/time.ts';
import { armRules } from './arming-given.ts';

const NOW = monotonic(10 * timing.hourMs);
const rules = armRules({}, { mode: 'act', incidentsPerHour: 3 });
const opened = (...ago: number[]) => ({ ...emptyBook, openedAt: ago.map((ms) => monotonic(NOW - ms)) });

test('none beside a storm: what messages have used up of their budget counts, for an hour', () => {
  expect(captureRefusal(rules, opened(1, 2), NOW)).toBeNull();
  expect(captureRefusal(rules, opened(1, 2, 3), NOW)).toBe('capture-over-budget');
  expect(captureRefusal(rules, opened(1, 2, timing.hourMs), NOW)).toBeNull();
});

test('none that the mode or a hold forbids', () => {
  expect(captureRefusal({ ...rules, mode: 'observe' }, emptyBook, NOW)).toBe('capture-not-in-this-mode');
  expect(captureRefusal(rules, { ...emptyBook, hold: true }, NOW)).toBe('capture-on-hold');
});
