/** Moments in order: by one clock, by lines as they arrived, by intervals; never by a clock that says nothing. */
import { describe, expect, test } from 'vitest';
import type { Instant, Quote } from '../../shared/analyze/case.ts';
import { clockTime, gap, near, order } from '../../shared/analyze/order.ts';

const T = Date.UTC(2026, 2, 12, 18, 22, 10);
const instant = (seconds: number, more: Partial<Instant> = {}): Instant => ({
  fromMs: T + seconds * 1_000 - 50,
  toMs: T + seconds * 1_000 + 50,
  trusted: true,
  clock: 'device 0',
  atClockMs: T + seconds * 1_000,
  resolutionMs: 1,
  ...more,
});
const line = (number: number, file = 'device.log'): Quote => ({ end: 0, file, line: number, text: '' });
const moment = (at: Instant | null, quote: Quote | null = null) => ({ at, quote });
const other = { clock: 'device 1' };

describe('order', () => {
  test.each([
    ['one clock, a millisecond apart', moment(instant(0)), moment(instant(0.001)), 'before'],
    ['one clock that was never set', moment(instant(0, { trusted: false })), moment(instant(5, { trusted: false })), 'before'],
    ['two clocks, far apart', moment(instant(0)), moment(instant(1, other)), 'before'],
    ['two clocks, intervals that overlap', moment(instant(0)), moment(instant(0.05, other)), 'unordered'],
    [
      'two clocks, one of them not to be trusted',
      moment(instant(0)),
      moment(instant(4, { ...other, trusted: false })),
      'unordered',
    ],
    [
      'a device’s clock that was never set, and its agent’s',
      moment(instant(0, { trusted: false })),
      moment(instant(1, { clock: 'agent 0' })),
      'before',
    ],
    [
      'two clocks, one not to be trusted, minutes apart',
      moment(instant(0)),
      moment(instant(900, { ...other, trusted: false })),
      'before',
    ],
    ['whole seconds', moment(instant(0, { resolutionMs: 1_000 })), moment(instant(0.4)), 'unordered'],
    ['no time', moment(null), moment(instant(0)), 'unordered'],
    ['no time, and lines of one log', moment(null, line(7)), moment(instant(0), line(8)), 'before'],
    ['lines of one log whose clock was set back', moment(instant(900), line(7)), moment(instant(0), line(8)), 'before'],
    ['lines that overtook each other', moment(instant(0.5), line(8)), moment(instant(0.2), line(9)), 'after'],
    ['lines of two files', moment(null, line(7)), moment(null, line(8, 'commands/01.txt')), 'unordered'],
  ])('%s', (_what, a, b, way) => {
    expect(order(a, b)).toBe(way);
    const reverse = { before: 'after', after: 'before', same: 'same', unordered: 'unordered' }[way];
    expect(order(b, a)).toBe(reverse);
  });
});

test('near, with the uncertainty of two clocks', () => {
  expect([near(instant(0), instant(4), 5_000), near(instant(0), instant(6), 5_000)]).toEqual(['yes', 'no']);
  expect(near(instant(0), instant(5, other), 5_000)).toBe('unknown');
  expect(near(instant(0), null, 5_000)).toBe('unknown');
});

test('a gap of two clocks is an interval', () => {
  expect(gap(instant(0), instant(1, other))).toEqual({ minMs: 900, maxMs: 1_100 });
});

test('a time for people', () => {
  expect([clockTime(instant(0)), clockTime(instant(0, { trusted: false }))]).toEqual(['18:22:10', 'about 18:22:10']);
});
