/** Configurations that are huge or made to be slow: each is judged in time that grows with its length, and in memory that a host has. */
import { expect, test } from 'vitest';
import { adviseOn } from '../../shared/advise/advise.ts';
import { limits } from '../../shared/limits.ts';

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

test.each<[string, string]>([
  ['map entries', many(40_000, (i) => `crypto map V ${i} ipsec-isakmp\n set peer 192.0.2.1\n match address A`)],
  ['entries of one dynamic map', many(20_000, (i) => `crypto map V ${i} ipsec-isakmp dynamic D\ncrypto dynamic-map D ${i}`)],
  [
    'tunnels',
    many(
      15_000,
      (i) =>
        `interface Tunnel${i}\n tunnel mode gre multipoint\n ip nhrp map 10.0.0.1 192.0.2.9\n tunnel protection ipsec profile P${i}\n crypto map V`,
    ),
  ],
  ['VTY lines', many(150_000, () => 'line vty 0')],
  ['lines of one interface', `interface Tunnel0\ninterface Tunnel0\n${many(300_000, () => ' a')}`],
  ['banners without an end', many(60_000, (i) => `banner motd ${String.fromCharCode(35 + (i % 60))}`)],
  ['policies', many(50_000, (i) => `crypto isakmp policy ${i}\n lifetime 100`)],
])('%s', (_what, text) => {
  const { peerings } = adviseOn(text, text);
  expect(peerings.length).toBeLessThanOrEqual(limits.advicePeeringsMax);
});

test('more peerings than are judged: said so', () => {
  const { advice } = adviseOn(
    many(limits.advicePeeringsMax + 7, (i) => `crypto map V ${i} ipsec-isakmp dynamic D`),
    null,
  );
  expect(advice.find(({ word }) => word === 'not-all-judged')?.what).toContain('7 more');
});
