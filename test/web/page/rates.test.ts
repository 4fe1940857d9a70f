/** Counters as rates (agent/web/page/rates.js). */
import { describe, expect, test } from 'vitest';
import { pageModule } from '../../support/page-module.ts';

const { Rates, countersOf } = await pageModule('rates');
const lines = (number: number): Map<string, number> => new Map([['lines a', number]]);

describe('rates', () => {
  test('not known before there are two readings that are apart', () => {
    const rates = new Rates();
    expect(rates.of('lines a')).toBe(null);
    rates.feed('run', 0, lines(10));
    rates.feed('run', 500, lines(1_000));
    expect(rates.of('lines a')).toBe(null);
    rates.feed('run', 2_000, lines(2_010));
    expect(rates.of('lines a')).toBe(1_000);
    expect(rates.of('lines b')).toBe(null);
  });

  test('over the last minute, not over all that was seen', () => {
    const rates = new Rates();
    for (let at = 0; at <= 120_000; at += 5_000) rates.feed('run', at, lines(at < 60_000 ? at : 60_000));
    expect(rates.of('lines a')).toBe(0);
  });

  test('a counter that appears began at nothing', () => {
    const rates = new Rates();
    rates.feed('run', 0, new Map());
    rates.feed('run', 10_000, new Map([['refusal unknown-peer', 20]]));
    expect(rates.of('refusal unknown-peer')).toBe(2);
  });

  test('another run of the agent begins anew, and so does a clock that was set back', () => {
    const rates = new Rates();
    rates.feed('one', 0, lines(5_000));
    rates.feed('two', 5_000, lines(10));
    expect(rates.of('lines a')).toBe(null);
    rates.feed('two', 6_000, lines(20));
    expect(rates.of('lines a')).toBe(10);
    rates.feed('two', 1_000, lines(30));
    expect(rates.of('lines a')).toBe(null);
  });

  test('the same status twice counts once, and what is kept is bounded', () => {
    const rates = new Rates();
    rates.feed('run', 0, lines(0));
    rates.feed('run', 0, lines(50));
    for (let at = 100; at <= 40_000; at += 100) rates.feed('run', at, lines(at / 10));
    expect(rates.of('lines a')).toBeCloseTo(100, 5);
  });

  test('of a status: sources, refusals, drops', () => {
    const status = { sources: [{ name: 'a', lines: 1, refused: 2 }], refusals: { x: 3 }, drops: { y: 4 } };
    expect([...countersOf(status)]).toEqual([
      ['lines a', 1],
      ['refused a', 2],
      ['refusal x', 3],
      ['drop y', 4],
    ]);
  });
});
