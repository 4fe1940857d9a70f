/** A stranger’s ESP, while the SAs of the real spoke are clean. facts.md §6; rule: shared/analyze/causes/stale-peer.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('stale-peer', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['stale-peer']))).toBe('stale-peer certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without a table that shows clean SAs', [/SA 5a1b3c77: not in a table of its sender/], 'stale-peer likely'],
    ['without the bundle of the real spoke nothing ties the SPI to it', [/no bundle of the spoke/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['stale-peer'], ...missing)))).toBe(verdict);
  });

  test('no SA of the pair is blamed', () => {
    expect(verdictOf(textbook['stale-peer']).findings.map(({ cause }) => cause)).toEqual(['stale-peer']);
  });
});
