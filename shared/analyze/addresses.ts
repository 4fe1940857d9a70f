/**
 * Whose address is it? An end is known by the addresses its own evidence has as local, by what the other end is configured with, and, behind
 * NAT, by an SPI that one has inbound and the other outbound. Called by build-case.ts. Pure.
 */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { IncidentFile } from '../bundle/incident-file.ts';
import { canonicalAddress, parseRange, rangeContains } from '../model/address.ts';
import type { IpsecIdent } from '../model/sa.ts';
import type { End, EndIndex } from './case.ts';

const isTold = ({ sources }: IncidentFile['flows'][number]): boolean =>
  sources.length > 0 && sources.every((source) => source.startsWith('peer:'));

/** A peer configured as `0.0.0.0/0` may be anybody. */
const RANGE_BITS_MIN = 8;

export class Addresses {
  readonly #of: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  /** Ranges that the other end has configured for this one, when it can only be this one. */
  readonly #ranges: readonly [string[], string[]] = [[], []];

  /** Its own tables show where its tunnels begin. */
  readonly #shown: [boolean, boolean] = [false, false];

  constructor(bundles: readonly BundleText[], tables: readonly Pick<End, 'ipsec' | 'ike' | 'events'>[]) {
    for (const [index, { incident }] of bundles.entries()) this.#fromIncident(index as EndIndex, incident);
    for (const [index, { ipsec, ike, events }] of tables.entries()) {
      const end = index as EndIndex;
      for (const { event } of events) if (event.kind === 'invalid-spi') this.#add(end, event.dst);
      for (const { value } of ipsec)
        for (const ident of value.idents)
          for (const local of [ident.localEndpoint, ident.localAddress]) {
            this.#add(end, local);
            this.#shown[end] ||= local !== null;
          }
      // Of IKEv1 the short table names responder and initiator, whichever of them this is.
      for (const { value } of ike) if (value.version === 2) for (const row of value.sas) this.#add(end, row.local);
    }
    for (const [index, { incident }] of bundles.entries())
      this.#fromTold(index as EndIndex, incident, tables[index]?.ipsec ?? []);
    const [zero, one] = bundles;
    if (zero === undefined || one === undefined) return;
    this.#fromPeers(1, zero.incident, one.incident);
    this.#fromPeers(0, one.incident, zero.incident);
    this.#fromSharedSpis(tables);
  }

  of(end: EndIndex): readonly string[] {
    return [...this.#of[end]];
  }

  /** Null: of neither, or of both (a copy of one bundle, a documentation address used twice). */
  endOf(address: string | null): EndIndex | null {
    if (address === null) return null;
    const mine = ([0, 1] as const).filter((end) => this.has(end, address));
    return mine.length === 1 ? mine[0]! : null;
  }

  has(end: EndIndex, address: string): boolean {
    if (this.#of[end].has(address)) return true;
    if (this.#of[end === 0 ? 1 : 0].has(address)) return false;
    // Its own addresses are known: another one of that range is another device.
    if (this.#shown[end]) return false;
    return this.#ranges[end].some((text) => {
      const range = parseRange(text);
      if (range === null || range.bits < RANGE_BITS_MIN || !rangeContains(range, address)) return false;
      return ![...this.#of[end]].some((own) => rangeContains(range, own));
    });
  }

  #add(end: EndIndex, address: string | null): void {
    const canonical = address === null ? null : canonicalAddress(address);
    if (canonical !== null && canonical !== '0.0.0.0' && canonical !== '::') this.#of[end].add(canonical);
  }

  /** A flow that this device logged has it as destination. */
  #fromIncident(end: EndIndex, incident: IncidentFile): void {
    for (const flow of incident.flows) if (!isTold(flow)) this.#add(end, flow.dst);
  }

  /**
   * One that the peer told of has it as source, as the peer sees it: behind NAT no address of its own. In a storm the peer may name another
   * of its neighbours, so a device whose tables show its addresses is believed before it, unless the SPI is its own.
   */
  #fromTold(end: EndIndex, incident: IncidentFile, samples: End['ipsec']): void {
    const idents = samples.flatMap(({ value }) => value.idents);
    const own = new Set(idents.flatMap((ident) => spisOf(ident, 'outbound')));
    for (const flow of incident.flows.filter(isTold))
      if (idents.length === 0 || own.has(Number.parseInt(flow.spi, 16))) this.#add(end, flow.src);
  }

  #fromPeers(end: EndIndex, other: IncidentFile, own: IncidentFile): void {
    const named = other.peers.filter(({ name }) => name === own.device.name || name === own.device.hostname);
    const peers = named.length > 0 ? named : other.peers;
    if (peers.length !== 1) return;
    for (const text of peers[0]!.cryptoAddresses) {
      const address = canonicalAddress(text);
      if (address !== null) this.#add(end, address);
      else this.#ranges[end].push(text);
    }
  }

  #fromSharedSpis(tables: readonly Pick<End, 'ipsec'>[]): void {
    const idents = tables.map(({ ipsec }) => ipsec.flatMap(({ value }) => value.idents));
    for (const [sender, receiver] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const inbound = new Set((idents[receiver] ?? []).flatMap((ident) => spisOf(ident, 'inbound')));
      for (const ident of idents[sender] ?? []) {
        if (!spisOf(ident, 'outbound').some((spi) => inbound.has(spi))) continue;
        this.#add(receiver, ident.remoteEndpoint);
        this.#add(receiver, ident.peer);
      }
    }
  }
}

const spisOf = (ident: IpsecIdent, direction: 'inbound' | 'outbound'): number[] =>
  ident.sas.flatMap((sa) => (sa.direction === direction && sa.spi !== null ? [sa.spi] : []));
