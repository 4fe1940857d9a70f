/** A spoke that sends with the new SPI before the hub has it in place. facts.md §6; rule: shared/analyze/causes/early-new-spi.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('early-new-spi', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['early-new-spi']))).toBe('early-new-spi certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the line that it was made', [/hub: no sa-created at 0\.2/], 'early-new-spi likely'],
    [
      'without a table of the hub, by the line that made it',
      [/SA 68842105: not in a table of its receiver/],
      'early-new-spi certain',
    ],
    ['without either', [/SA 68842105: not in a table of its receiver/, /hub: no sa-created/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['early-new-spi'], ...missing)))).toBe(verdict);
  });

  test('CSCty30063 is a candidate only at an IOS XE sender with IKEv1', () => {
    expect(verdictOf(textbook['early-new-spi']).findings[0]!.bugs.map(({ id }) => id)).toEqual(['CSCty30063']);
    const { spoke } = textbook['early-new-spi'];
    for (const other of [
      { ...spoke, platform: 'cisco-ios' },
      { ...spoke, ikeVersion: 2 as const },
    ])
      expect(verdictOf({ ...textbook['early-new-spi'], spoke: other }).findings[0]!.bugs).toEqual([]);
  });

  test('is over', () => {
    const { harm, healing } = verdictOf(textbook['early-new-spi']);
    expect([harm, healing.kind]).toEqual(['transient', 'healed']);
  });
});
