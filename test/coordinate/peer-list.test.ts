/** shared/coordinate/peer-list.ts: the peers of an incident by name, without a walk over thousands. */
import { describe, expect, test } from 'vitest';
import { newPeerRecord } from '../../shared/coordinate/opening.ts';
import { peerIn, withPeers } from '../../shared/coordinate/peer-list.ts';
import { monotonic } from '../../shared/model/time.ts';

const sending = (peer: string) => ({ ...newPeerRecord(peer), stop: { kind: 'sending', since: monotonic(1) } as const });
const three = ['a', 'b', 'c'].map(newPeerRecord);

describe('a list of peers', () => {
  test('finds each by name, nobody else', () => {
    expect(['a', 'c', 'x'].map((name) => peerIn(three, name)?.peer)).toEqual(['a', 'c', undefined]);
    expect(peerIn([], 'a')).toBeUndefined();
  });

  test('a new record takes its place, a new peer the end; the old list is as it was, and is asked again', () => {
    const changed = withPeers(three, [sending('b'), newPeerRecord('d')]);
    expect(changed.map(({ peer, stop }) => `${peer} ${stop.kind}`)).toEqual(['a unsent', 'b sending', 'c unsent', 'd unsent']);
    expect([changed[0], changed[2]]).toEqual([three[0], three[2]]);
    expect(three.map(({ peer, stop }) => `${peer} ${stop.kind}`)).toEqual(['a unsent', 'b unsent', 'c unsent']);
    expect([peerIn(three, 'd'), peerIn(three, 'b')?.stop.kind, peerIn(changed, 'b')?.stop.kind]).toEqual([
      undefined,
      'unsent',
      'sending',
    ]);
    expect(withPeers(changed, [])).toBe(changed);
  });

  test('one of two that were made of the same list does not know the other’s', () => {
    const one = withPeers(three, [newPeerRecord('d')]);
    const other = withPeers(three, [newPeerRecord('e')]);
    expect([peerIn(one, 'e'), peerIn(other, 'd'), peerIn(one, 'd')?.peer, peerIn(other, 'e')?.peer]).toEqual([
      undefined,
      undefined,
      'd',
      'e',
    ]);
  });

  test('thousands of answers, one by one, walk the list once', () => {
    let walked = 0;
    const counted = (peer: string) =>
      Object.defineProperty({ ...newPeerRecord(peer) }, 'peer', {
        enumerable: true,
        get: () => {
          walked++;
          return peer;
        },
      });
    const names = Array.from({ length: 3_000 }, (_, index) => `p${index}`);
    let list: readonly ReturnType<typeof newPeerRecord>[] = names.map(counted);
    for (const name of names) {
      expect(peerIn(list, name)).toBeDefined();
      list = withPeers(list, [sending(name)]);
    }
    expect(list.every(({ stop }) => stop.kind === 'sending')).toBe(true);
    expect(walked).toBeLessThan(5 * names.length);
  });
});
