/**
 * The peers of an incident by name: in a storm each of thousands has its alert, its stop and its done acknowledged one by one, and none may
 * walk all others for it. Plain arrays, never changed in place; the places by name wander from a list to the one made of it, and are
 * looked up anew for a list that has none. A peer stands in a list once. Called by step.ts, hub.ts.
 */
import type { PeerRecord } from './book.ts';

const placesOf = new WeakMap<readonly PeerRecord[], Map<string, number>>();

function places(all: readonly PeerRecord[]): Map<string, number> {
  let known = placesOf.get(all);
  if (known === undefined) {
    known = new Map(all.map(({ peer }, place) => [peer, place]));
    placesOf.set(all, known);
  }
  return known;
}

export function peerIn(all: readonly PeerRecord[], peer: string): PeerRecord | undefined {
  const place = places(all).get(peer);
  return place === undefined ? undefined : all[place];
}

/** The list with these records in the places of their peers' old ones; at the end where there are none. */
export function withPeers(all: readonly PeerRecord[], records: readonly PeerRecord[]): readonly PeerRecord[] {
  if (records.length === 0) return all;
  const known = places(all);
  const next = all.slice();
  for (const record of records) {
    const place = known.get(record.peer) ?? next.length;
    next[place] = record;
    known.set(record.peer, place);
  }
  placesOf.delete(all);
  placesOf.set(next, known);
  return next;
}
