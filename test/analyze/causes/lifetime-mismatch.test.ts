/** A hub that keeps SAs for half as long as the spoke. facts.md §6; rule: shared/analyze/causes/lifetime-mismatch.ts. */
import { describe, expect, test } from 'vitest';
import { LOST } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('lifetime-mismatch', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['lifetime-mismatch']))).toBe('lifetime-mismatch certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ["without the hub's configuration nothing says that lifetimes differ", [/hub: no configuration/], 'receiver-lost-sa certain'],
    [
      'by the age of the SA, without the line that it ran out',
      [/hub: no lifetime-expired/, /hub: no sa-deleted/],
      'lifetime-mismatch certain',
    ],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['lifetime-mismatch'], ...missing)))).toBe(verdict);
  });

  test('an SA that is too young to have run out is not it, however lifetimes differ', () => {
    const { hub } = textbook['lifetime-mismatch'];
    const young = {
      ...textbook['lifetime-mismatch'],
      hub: { ...hub, events: [] },
      sas: [{ spi: LOST, current: 'yes' as const, inbound: 'no' as const, leftSeconds: 3_400 }],
    };
    expect(verdictOf(young).findings.map(({ cause }) => cause)).not.toContain('lifetime-mismatch');
  });

  test('the same lifetimes are not it', () => {
    const { hub } = textbook['lifetime-mismatch'];
    const same = { ...textbook['lifetime-mismatch'], hub: { ...hub, lifetimeSeconds: 3_600 } };
    expect(verdictOf(same).findings.map(({ cause }) => cause)).not.toContain('lifetime-mismatch');
  });
});
