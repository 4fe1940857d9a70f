/**
 * Rules between one peer and another. Run by rules.ts. Of thousands of peers none is held against all others: what overlaps is looked up
 * by its prefix (shared/model/address-index.ts).
 */
import type { AddressRange } from '../../shared/model/address.ts';
import { AddressIndex } from '../../shared/model/address-index.ts';
import { type Findings, type Parts, senders } from './rules.ts';
import type { SpelledPeer } from './schema.ts';

interface Owned {
  readonly range: AddressRange;
  /** Index of the peer. */
  readonly peer: number;
  /** Of the range in its list. */
  readonly item: number;
  /** In the order of the file. */
  readonly order: number;
}

/** For each range that overlaps an earlier one of another peer: the first of those. */
function clashes(ranges: readonly Owned[], isLegal: (a: AddressRange, b: AddressRange) => boolean): Map<Owned, Owned> {
  const index = new AddressIndex(ranges.map((owned) => [owned.range, owned] as const));
  const found = new Map<Owned, Owned>();
  for (const inner of ranges)
    for (const outer of index.around(inner.range)) {
      if (outer.peer === inner.peer || isLegal(outer.range, inner.range)) continue;
      const [earlier, later] = outer.order < inner.order ? [outer, inner] : [inner, outer];
      const known = found.get(later);
      if (known === undefined || earlier.order < known.order) found.set(later, earlier);
    }
  return found;
}

const owned = (peers: Parts['peers'], rangesOf: (peer: SpelledPeer) => readonly AddressRange[]): Owned[] => {
  let order = 0;
  return (peers ?? []).flatMap((peer, index) =>
    peer === undefined ? [] : rangesOf(peer).map((range, item) => ({ range, peer: index, item, order: order++ })),
  );
};

/** Several peers behind one NAT address are legal and all alerted; any other overlap leaves open whose message it is. */
export function peersDoNotOverlap({ peers = [] }: Parts, { fault }: Findings): void {
  const ranges = owned(peers, (peer) => peer.cryptoAddresses);
  const found = clashes(ranges, oneNatAddress);
  for (const range of ranges) {
    const clash = found.get(range);
    if (clash !== undefined)
      fault(
        ['peers', range.peer, 'cryptoAddresses', range.item],
        `overlaps ${clash.range.text} of peer ${peers[clash.peer]!.name}; make the ranges disjoint (only one and the same single address, a NAT, may stand at several peers)`,
      );
  }
}

function oneNatAddress(a: AddressRange, b: AddressRange): boolean {
  return a.base === b.base && a.bits === b.bits && a.bits === (a.family === 6 ? 128 : 32);
}

/** A signal is given to the peer whose address and user (or community) it has: two such peers would be one. */
export function peersTellApart({ peers = [] }: Parts, { fault }: Findings): void {
  const byIdentity = new Map<string, Owned[]>();
  for (const range of owned(peers, senders)) {
    const identity = identityOf(peers[range.peer]!);
    const same = byIdentity.get(identity);
    if (same === undefined) byIdentity.set(identity, [range]);
    else same.push(range);
  }
  const first = new Map<number, number>();
  for (const same of byIdentity.values())
    for (const [later, earlier] of clashes(same, () => false))
      first.set(later.peer, Math.min(earlier.peer, first.get(later.peer) ?? earlier.peer));
  for (const [index, earlier] of [...first].sort(([a], [b]) => a - b)) {
    const peer = peers[index]!;
    fault(
      ['peers', index, 'from'],
      `signals of ${peer.name} could not be told from those of ${peers[earlier]!.name}: same source addresses and same ${peer.snmp.version === 3 ? 'snmp user' : 'community'}; give each its own`,
    );
  }
}

const identityOf = ({ snmp }: SpelledPeer): string =>
  snmp.version === 3 ? `3 ${snmp.user}` : `${snmp.version} ${JSON.stringify(snmp.community)}`;

/** Whose v3 trap is it? One engine is one agent, or one router. */
export function peerEnginesDiffer({ peers = [] }: Parts, { fault }: Findings): void {
  const seen = new Map<string, string>();
  for (const [index, peer] of peers.entries()) {
    const engine = peer?.engineId ?? null;
    if (peer === undefined || engine === null) continue;
    const first = seen.get(engine);
    if (first === undefined) seen.set(engine, peer.name);
    else fault(['peers', index, 'engineId'], `peer ${first} has this engine id; each engine has its own (snmpEngineID)`);
  }
}
