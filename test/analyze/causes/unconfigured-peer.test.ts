/** ESP of an address that the hub’s configuration does not have. facts.md §6; rule: shared/analyze/causes/unconfigured-peer.ts. */
import { describe, expect, test } from 'vitest';
import { at } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('unconfigured-peer', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['unconfigured-peer']))).toBe('unconfigured-peer certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['by the tables and the inventory alone', [/hub: no configuration/], 'unconfigured-peer certain'],
    ['without a log of the hub', [/hub: no log/], 'unconfigured-peer certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['unconfigured-peer'], ...missing)))).toBe(verdict);
  });

  test('a hub that takes anybody with the key has no SA with it either', () => {
    const { hub } = textbook['unconfigured-peer'];
    const options = { ...textbook['unconfigured-peer'], hub: { ...hub, peerings: [{ kind: 'dynamic crypto map', peers: [] }] } };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).toEqual(['unconfigured-peer']);
  });

  test('an address with which the hub has dealt is no stranger', () => {
    const { hub } = textbook['unconfigured-peer'];
    const options = {
      ...textbook['unconfigured-peer'],
      hub: { ...hub, events: [at(-60, 'session-down', { peer: '192.0.2.77' })] },
    };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).not.toContain('unconfigured-peer');
  });
});
