/** An SA that ran out of its volume at the hub. facts.md §6; rule: shared/analyze/causes/kilobyte-lifetime.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('kilobyte-lifetime', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['kilobyte-lifetime']))).toBe('kilobyte-lifetime certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['by the kilobytes left alone', [/hub: no lifetime-expired/], 'kilobyte-lifetime likely'],
    ['without a log', [/hub: no log/], 'kilobyte-lifetime likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['kilobyte-lifetime'], ...missing)))).toBe(verdict);
  });

  test('an SA that ran out of time is not it', () => {
    const { hub } = textbook['kilobyte-lifetime'];
    const events = [at(-5, 'lifetime-expired', { spis: [LOST], detail: { unit: 'seconds' } })];
    expect(
      verdictOf({ ...textbook['kilobyte-lifetime'], hub: { ...hub, events } }).findings.map(({ cause }) => cause),
    ).not.toContain('kilobyte-lifetime');
  });
});
