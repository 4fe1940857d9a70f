/**
 * A peer by its name, and those that an address belongs to, without asking each of thousands. A list is made ready once, at its first
 * question: lists of peers are made anew at a reload and never changed. Used wherever a message, a signal or a done names a peer.
 */
import type { AddressRange } from './address.ts';
import { AddressIndex } from './address-index.ts';

interface Named {
  readonly name: string;
}

interface Reached {
  readonly cryptoAddresses: readonly AddressRange[];
}

const byName = new WeakMap<readonly Named[], ReadonlyMap<string, Named>>();
const byAddress = new WeakMap<readonly Reached[], AddressIndex<Reached>>();

/** The first of the name. */
export function peerNamed<T extends Named>(peers: readonly T[], name: string): T | undefined {
  let known = byName.get(peers);
  if (known === undefined) {
    const built = new Map<string, Named>();
    for (const peer of peers) if (!built.has(peer.name)) built.set(peer.name, peer);
    known = built;
    byName.set(peers, known);
  }
  return known.get(name) as T | undefined;
}

/** Those with this tunnel address, in the order of the list: several may be behind one NAT address. */
export function peersAt<T extends Reached>(peers: readonly T[], address: string): readonly T[] {
  let known = byAddress.get(peers);
  if (known === undefined) {
    known = new AddressIndex(peers.flatMap((peer) => peer.cryptoAddresses.map((range) => [range, peer] as const)));
    byAddress.set(peers, known);
  }
  return known.at(address) as readonly T[];
}
