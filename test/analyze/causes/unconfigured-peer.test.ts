/** ESP of an address that the hub’s configuration does not have. facts.md §6; rule: shared/analyze/causes/unconfigured-peer.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('unconfigured-peer', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['unconfigured-peer']))).toBe('unconfigured-peer certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the configuration it is a stranger', [/hub: no configuration/], 'stale-peer likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['unconfigured-peer'], ...missing)))).toBe(verdict);
  });

  test('a hub that takes anybody with the key does not tell', () => {
    const { hub } = textbook['unconfigured-peer'];
    const options = { ...textbook['unconfigured-peer'], hub: { ...hub, peerings: [{ kind: 'dynamic crypto map', peers: [] }] } };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).toEqual(['stale-peer']);
  });
});
