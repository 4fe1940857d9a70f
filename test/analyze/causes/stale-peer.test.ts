/** A stranger’s ESP, while the SAs of the real spoke are clean. facts.md §6; rule: shared/analyze/causes/stale-peer.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('stale-peer', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['stale-peer']))).toBe('stale-peer certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ["without the hub's configuration", [/hub: no configuration/], 'stale-peer likely'],
    ['without the bundle of the real spoke', [/no bundle of the spoke/], 'stale-peer likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['stale-peer'], ...missing)))).toBe(verdict);
  });

  test('no SA of the pair is blamed', () => {
    expect(verdictOf(textbook['stale-peer']).findings.map(({ cause }) => cause)).toEqual(['stale-peer']);
  });
});
