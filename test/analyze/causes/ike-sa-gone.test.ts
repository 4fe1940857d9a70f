/** No IKE SA at either end, and the spoke’s IPsec SA left over. facts.md §6; rule: shared/analyze/causes/ike-sa-gone.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('ike-sa-gone', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['ike-sa-gone']))).toBe('ike-sa-gone certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['a hole in the log may hide a takeover or a clearing', [/hub: a hole in the log/], 'ike-sa-gone likely'],
    ["without the hub's IKE table", [/hub: no IKE table/], 'receiver-lost-sa certain'],
    ["without the spoke's IKE table", [/spoke: no IKE table/], 'ike-sa-gone likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['ike-sa-gone'], ...missing)))).toBe(verdict);
  });

  test('with an IKE SA at the hub it is not it', () => {
    const { hub } = textbook['ike-sa-gone'];
    expect(verdictOf({ ...textbook['ike-sa-gone'], hub: { ...hub, ike: 900 } }).findings.map(({ cause }) => cause)).not.toContain(
      'ike-sa-gone',
    );
  });
});
