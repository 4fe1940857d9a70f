/** The flows of a case: what the message named, where it stands with each, and whether its sender is anybody we know. Called by build-case.ts. Pure. */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { IncidentFile } from '../bundle/incident-file.ts';
import { verdicts } from '../detect/judge.ts';
import { limits } from '../limits.ts';
import { canonicalAddress } from '../model/address.ts';
import { type Flow, flowKey, formatSpi, parseSpi } from '../model/flow.ts';
import type { Addresses } from './addresses.ts';
import type { DatedEvent, End, EndIndex, FlowCase, Known, Quote, SaLife } from './case.ts';
import type { AgentTime } from './clocks.ts';
import { quoteIncident } from './quote.ts';

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
  const { agents, bundles, ends, ledger } = sources;
  const lives = new Map<number, SaLife[]>();
  for (const life of ledger) if (life.reported) lives.set(life.spi, [...(lives.get(life.spi) ?? []), life]);
  const messages = new Map<string, Quote>();
  for (const end of ends) for (const dated of end.events) noteMessage(messages, dated);
  const later = bundles.map(judgedLater);
  return named.map(({ flow, receiver, sender, by, said }): FlowCase => {
    const agent = agents[by]!;
    const key = flowKey(flow);
    return {
      flow,
      receiver,
      sender,
      count: said.count,
      first: agent.instant(said.first),
      last: agent.instant(said.last),
      judged: later[by]?.get(key) ?? said.verdict,
      foreign: foreign(flow, said, by, sources),
      sa: lives.get(flow.spi)?.find((life) => (receiver === null ? life.dst === flow.dst : life.receiver === receiver)) ?? null,
      quote: messages.get(key) ?? quoteIncident(by, bundles[by]!, `"spi": "${formatSpi(flow.spi)}"`),
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

/** A configured peer's or a tunnel's address is nobody foreign's; without a list of all tunnels nobody can be called so. */
function foreign({ src }: Flow, said: FileFlow, by: EndIndex, { addresses, ends }: FlowSources): Known {
  const end = ends[by];
  if (said.peers.length > 0 || addresses.endOf(src) !== null || end === undefined) return 'no';
  const remotes = [
    ...end.ipsec.flatMap(({ value }) => value.idents.flatMap((ident) => [ident.peer, ident.remoteEndpoint])),
    ...end.ike.flatMap(({ value }) => value.sas.map((row) => row.remote)),
    ...end.nhrp.flatMap(({ value }) => value.map((peer) => peer.nbma)),
    ...(end.configuration?.value.peerings.flatMap(({ peers }) => peers) ?? []),
  ];
  if (remotes.includes(src)) return 'no';
  const all = end.ipsec.some(({ whole, value }) => whole && value.peers === null) || end.configuration !== null;
  return all ? 'yes' : 'unknown';
}

/** What the minutes after the seal showed: addenda of kind `judged` (docs/bundle.md). The last word counts. */
function judgedLater({ addenda }: BundleText): ReadonlyMap<string, FlowCase['judged']> {
  const found = new Map<string, FlowCase['judged']>();
  for (const line of addenda) {
    if (!line.includes('"judged"') || line.length > limits.journalRecordBytesMax) continue;
    for (const { key, verdict } of judgedFlows(line)) found.set(key, verdict);
  }
  return found;
}

function judgedFlows(line: string): { key: string; verdict: FlowCase['judged'] }[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const record = field(value, 'record');
  const flows = field(record, 'flows');
  if (field(record, 'kind') !== 'judged' || !Array.isArray(flows)) return [];
  return flows.flatMap((one: unknown) => {
    const flow = field(one, 'flow');
    const verdict = verdicts.find((word) => word === field(one, 'verdict'));
    const [src, dst, spi] = [field(flow, 'src'), field(flow, 'dst'), field(flow, 'spi')];
    if (typeof src !== 'string' || typeof dst !== 'string' || typeof spi !== 'number' || verdict === undefined) return [];
    return [{ key: flowKey({ src, dst, spi }), verdict }];
  });
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
