/** The flows of a case: what the message named, where it stands with each, and whether its sender is anybody we know. Called by build-case.ts. Pure. */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { IncidentFile } from '../bundle/incident-file.ts';
import { canonicalAddress, parseRange, rangeContains } from '../model/address.ts';
import { type Flow, flowKey, parseSpi } from '../model/flow.ts';
import { laterOf } from './addenda.ts';
import type { Addresses } from './addresses.ts';
import type { DatedEvent, End, EndIndex, FlowCase, Known, Quote, SaLife } from './case.ts';
import type { AgentTime } from './clocks.ts';
import { quotedSpis } from './quote.ts';

type FileFlow = IncidentFile['flows'][number];

/** A flow as one or both ends' incident.json has it. */
export interface NamedFlow {
  readonly flow: Flow;
  readonly receiver: EndIndex | null;
  readonly sender: EndIndex | null;
  /** The end whose word counts: the receiver's, where its bundle is here. */
  readonly by: EndIndex;
  readonly said: FileFlow;
}

const isTold = ({ sources }: FileFlow): boolean => sources.length > 0 && sources.every((source) => source.startsWith('peer:'));

export function namedFlows(bundles: readonly BundleText[], addresses: Addresses): NamedFlow[] {
  const found = new Map<string, NamedFlow>();
  for (const [index, { incident }] of bundles.entries()) {
    const by = index as EndIndex;
    for (const said of incident.flows) {
      const flow = flowOf(said);
      if (flow === null) continue;
      const told = isTold(said);
      const receiver = told ? addresses.endOf(flow.dst) : by;
      const sender = told ? by : addresses.endOf(flow.src);
      const key = flowKey(flow);
      const known = found.get(key);
      if (known && (told || known.receiver === known.by)) continue;
      found.set(key, { flow, receiver, sender: sender === receiver ? null : sender, by, said });
    }
  }
  return [...found.values()];
}

function flowOf({ src, dst, spi }: FileFlow): Flow | null {
  const number = parseSpi(spi);
  return number === null ? null : { src: canonicalAddress(src) ?? src, dst: canonicalAddress(dst) ?? dst, spi: number };
}

export interface FlowSources {
  readonly bundles: readonly BundleText[];
  readonly agents: readonly AgentTime[];
  readonly ends: readonly End[];
  readonly addresses: Addresses;
  readonly ledger: readonly SaLife[];
}

export function flowCases(named: readonly NamedFlow[], sources: FlowSources): FlowCase[] {
  const { addresses, agents, bundles, ends, ledger } = sources;
  const lives = new Map<number, SaLife[]>();
  for (const life of ledger) if (life.reported) lives.set(life.spi, [...(lives.get(life.spi) ?? []), life]);
  const messages = new Map<string, Quote>();
  for (const end of ends) for (const dated of end.events) noteMessage(messages, dated);
  const later = bundles.map(laterOf);
  const spiLines = bundles.map((bundle, index) => quotedSpis(index as EndIndex, bundle));
  const remotes = ends.map(remotesOf);
  return named.map(({ flow, receiver, sender, by, said }): FlowCase => {
    const agent = agents[by]!;
    const key = flowKey(flow);
    const again = later[by]?.again.get(key);
    return {
      flow,
      receiver,
      sender,
      count: Math.max(said.count, again?.count ?? 0),
      first: agent.instant(said.first),
      last: again === undefined ? agent.instant(said.last) : agent.atWall(again.atWallMs),
      judged: later[by]?.judged.get(key) ?? said.verdict,
      foreign: foreign(flow, said, bundles[by], remotes[by], addresses),
      sa: lives.get(flow.spi)?.find((life) => (receiver === null ? life.dst === flow.dst : life.receiver === receiver)) ?? null,
      quote: messages.get(key) ?? spiLines[by]?.get(flow.spi) ?? null,
    };
  });
}

function noteMessage(messages: Map<string, Quote>, { event, quote }: DatedEvent): void {
  if (event.kind !== 'invalid-spi' || event.src === null || event.dst === null) return;
  for (const spi of event.spis) {
    const key = flowKey({ src: event.src, dst: event.dst, spi });
    if (!messages.has(key)) messages.set(key, quote);
  }
}

/** The other ends that an end's evidence names; `all`: it shows every tunnel that the device has. */
interface Remotes {
  readonly addresses: ReadonlySet<string | null>;
  readonly all: boolean;
}

function remotesOf(end: End): Remotes {
  const addresses = new Set<string | null>([
    ...end.ipsec.flatMap(({ value }) => value.idents.flatMap((ident) => [ident.peer, ident.remoteEndpoint])),
    ...end.ike.flatMap(({ value }) => value.sas.map((row) => row.remote)),
    ...end.nhrp.flatMap(({ value }) => value.map((peer) => peer.nbma)),
    ...(end.configuration?.value.peerings.flatMap(({ peers }) => peers) ?? []),
  ]);
  const all = end.ipsec.some(({ whole, value }) => whole && value.peers === null) || end.configuration !== null;
  return { addresses, all };
}

/** A configured peer's or a tunnel's address is nobody foreign's; without a list of all tunnels nobody can be called so. */
function foreign(
  { src }: Flow,
  said: FileFlow,
  bundle: BundleText | undefined,
  remotes: Remotes | undefined,
  addresses: Addresses,
): Known {
  if (isKnown(src, said, bundle) || addresses.endOf(src) !== null || remotes === undefined || remotes.addresses.has(src))
    return 'no';
  return remotes.all ? 'yes' : 'unknown';
}

/** A peer that stands for anybody (`0.0.0.0/0`) makes nobody known. */
function isKnown(src: string, { peers }: FileFlow, bundle: BundleText | undefined): boolean {
  const named = (bundle?.incident.peers ?? []).filter(({ name }) => peers.includes(name));
  if (named.length < peers.length) return true;
  return named.some(({ cryptoAddresses }) =>
    cryptoAddresses.some((text) => {
      const range = parseRange(text);
      return range !== null && rangeContains(range, src) && !/\/[0-7]$/.test(text);
    }),
  );
}
