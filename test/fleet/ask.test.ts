/** What people ask the fleet by, as they write it: windows, conditions, dimensions, and how a picture is cut into bars. */
import { describe, expect, test } from 'vitest';
import { bucketFor, dimensionFrom, momentFrom, queryFrom } from '../../agent/fleet/ask.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.UTC(2026, 10, 22, 3, 12, 40);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a window', () => {
  test('of so many days begins with a full hour, and takes in clocks that are ahead', () => {
    const { fromMs, toMs } = queryFrom({ since: '1d' }, now, DAY);
    expect([iso(fromMs), iso(toMs)]).toEqual(['2026-11-21T03:00:00.000Z', '2026-11-22T04:00:00.000Z']);
  });

  test('of minutes is of just those', () => {
    expect(now - queryFrom({ since: '10m' }, now, DAY).fromMs).toBe(600_000);
  });

  test('of moments, in UTC', () => {
    const { fromMs, toMs } = queryFrom({ since: '2026-11-22T03:00', until: '2026-11-22 03:30Z' }, now, DAY);
    expect([iso(fromMs), iso(toMs)]).toEqual(['2026-11-22T03:00:00.000Z', '2026-11-22T03:30:00.000Z']);
  });

  test.each(['yesterday', '24', '0h', '-1h', '2026-13-40', '2026-11-22T25:00', '', '1e3h'])('%j is none', (text) => {
    expect(() => momentFrom('since', text, now)).toThrow(/write a duration/);
  });

  test('that ends before it begins is none', () => {
    expect(() => queryFrom({ since: '1h', until: '2h' }, now, DAY)).toThrow(/empty/);
  });
});

test('a condition: the value may hold = and what else a name holds', () => {
  expect(queryFrom({ where: ['hub=a=b', 'tag:carrier=ACME, Inc.', 'state=black-holed'] }, now, DAY).where).toEqual([
    { dimension: 'hub', value: 'a=b' },
    { dimension: 'tag:carrier', value: 'ACME, Inc.' },
    { dimension: 'state', value: 'black-holed' },
  ]);
});

test.each(['hub', 'hub=', '=x', 'colour=red', 'tag:=x', 'state=fine'])('%j is no condition', (where) => {
  expect(() => queryFrom({ where: [where] }, now, DAY)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('what can be counted by is told to who asks for something else', () => {
  expect(() => dimensionFrom('\u001b[31mcolour')).toThrow(/"\\x1b\[31mcolour" is nothing .*cause, hub, spoke/);
});

test('bars: hours of a day, days of months, never more than sixty', () => {
  expect([1, 2, 7, 30, 90, 3_650].map((days) => bucketFor({ fromMs: 0, toMs: days * DAY }) / HOUR)).toEqual([
    1, 1, 3, 24, 168, 8_736,
  ]);
});
