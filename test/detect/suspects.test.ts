/** Whom one sample of all SAs lets suspect. */
import { expect, test } from 'vitest';
import { suspectsIn, suspectsMax } from '../../shared/detect/suspects.ts';
import type { IpsecIdent } from '../../shared/model/sa.ts';

const ident = (peer: string | null, directions: string, counters: Record<string, number> = {}): IpsecIdent =>
  ({
    peer,
    remoteEndpoint: null,
    counters,
    sas: [...directions].map((letter) => ({ direction: letter === 'i' ? 'inbound' : 'outbound', spi: 1 })),
  }) as unknown as IpsecIdent;

test('the strongest sign of each other end, the strongest first; whoever is well is left out', () => {
  expect(
    suspectsIn([
      ident('10.0.0.1', 'io', { 'pkts encaps': 9, 'pkts decaps': 9 }),
      ident('10.0.0.2', 'io', { 'pkts encaps': 7, 'pkts decaps': 0 }),
      ident('10.0.0.3', 'io', { 'pkts decaps': 5, 'recv errors': 2 }),
      ident('10.0.0.4', 'o', { 'pkts encaps': 5 }),
      ident('10.0.0.5', '', { 'pkts decaps': 5 }),
      ident('10.0.0.6', 'io', { 'pkts invalid sa (rcv)': 12, 'recv errors': 12 }),
      ident(null, 'o'),
    ]),
  ).toEqual([
    '10.0.0.6: 12 packets for an invalid SA',
    '10.0.0.4: an outbound SA and no inbound one',
    '10.0.0.5: traffic before, and no SA now',
    '10.0.0.3: 2 receive errors',
    '10.0.0.2: 7 packets sent and none received',
  ]);
});

test('another end that is configured and has no SA at all', () => {
  const idents = [ident('10.0.0.1', 'io', { 'pkts decaps': 1 })];
  expect(suspectsIn(idents, ['10.0.0.1', '10.0.0.9'])).toEqual(['10.0.0.9: configured, and no SA with it']);
});

test('several idents of one other end are one; nothing is nobody; a storm is bounded', () => {
  expect(suspectsIn([ident('10.0.0.1', 'o'), ident('10.0.0.1', 'i', { 'pkts decaps': 1 })])).toEqual([]);
  expect(suspectsIn([])).toEqual([]);
  const many = Array.from({ length: 5_000 }, (_, n) => ident(`10.0.${n >> 8}.${n & 255}`, 'o'));
  expect(suspectsIn(many)).toHaveLength(suspectsMax);
});
