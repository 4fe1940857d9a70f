/** A peer by name and by address: what a look at each of them says. */
import { describe, expect, test } from 'vitest';
import { parseRange } from '../../shared/model/address.ts';
import { peerNamed, peersAt } from '../../shared/model/peer-lookup.ts';

const peer = (name: string, ...ranges: string[]) => ({ name, cryptoAddresses: ranges.map((text) => parseRange(text)!) });

describe('among peers', () => {
  const peers = [peer('a', '10.0.0.1'), peer('nat1', '10.0.0.9', '10.2.0.0/16'), peer('nat2', '10.0.0.9'), peer('a', '10.0.0.7')];

  test('the first of the name', () => {
    expect([peerNamed(peers, 'a'), peerNamed(peers, 'nat2'), peerNamed(peers, 'b')]).toEqual([peers[0], peers[2], undefined]);
    expect(peerNamed([], 'a')).toBeUndefined();
  });

  test('all with the address, in their order', () => {
    expect(peersAt(peers, '10.0.0.9').map(({ name }) => name)).toEqual(['nat1', 'nat2']);
    expect(peersAt(peers, '10.2.255.1').map(({ name }) => name)).toEqual(['nat1']);
    expect(peersAt(peers, '10.3.0.1')).toEqual([]);
  });

  test('another list is another answer: a reload makes a new one', () => {
    expect(peerNamed([...peers, peer('new')], 'new')).toMatchObject({ name: 'new' });
    expect(peersAt(peers.slice(1), '10.0.0.1')).toEqual([]);
  });
});
