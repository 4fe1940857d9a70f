/** The table of Cisco 115801 on the receiver's configuration, row by row, with its cautions. */
import { expect, test } from 'vitest';
import { type PeeringKind, recoveryOf } from '../../shared/advise/facts.ts';
import type { Recovery } from '../../shared/analyze/verdict.ts';
import { type EndOptions, SPOKE } from '../support/case.ts';
import { textbook } from '../support/textbook-cases.ts';
import { verdictOf } from '../support/verdict-of.ts';

const recovery = (hub: EndOptions): Recovery =>
  verdictOf({ ...textbook.failover, hub: { ...textbook.failover.hub, ...hub } }).recovery;

test.each(Object.entries(recoveryOf) as [PeeringKind, Recovery['works']][])('%s: %s', (kind, works) => {
  const dynamic = kind.includes('dynamic');
  expect(recovery({ peerings: [{ kind, recovery: works, peers: dynamic ? [] : [SPOKE] }] }).works).toBe(works);
});

test('of IKEv2 nothing is known', () => {
  expect(recovery({ peerings: [{ ike: 2 }] }).works).toBe('not known');
});

test('the peering of this sender counts, not the first', () => {
  const peerings = [
    { kind: 'dynamic crypto map', recovery: 'no' as const, peers: [] },
    { recovery: 'yes' as const, peers: [SPOKE] },
  ];
  expect(recovery({ peerings }).works).toBe('yes');
});

test('is it on? with its cautions', () => {
  expect(recovery({ recoveryOn: true })).toMatchObject({ configured: 'on', works: 'yes' });
  expect(recovery({ recoveryOn: false }).text).toMatch(/off, the default.*symptom.*forged/);
  expect(recovery({ recoveryOn: null }).configured).toBe('unknown');
});

test('without a configuration nothing is claimed', () => {
  expect(recovery({ configured: false })).toMatchObject({ works: 'not known', configured: 'unknown' });
});

test('not on a box without the command', () => {
  expect(recovery({ platform: 'linux-strongswan' }).works).toBe('not applicable');
});
