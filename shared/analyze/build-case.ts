/**
 * The evidence of one or two bundles as a case on one time axis (case.ts). Called by diagnose.ts. Pure, throws at nothing that stands in a
 * bundle, linear in its size but for sorting.
 */
import type { BundleText } from '../bundle/bundle-text.ts';
import type { IkeTable, LogEvent } from '../model/evidence.ts';
import type { Platform } from '../platforms/platform.ts';
import { Addresses } from './addresses.ts';
import { agentClocks, type Span } from './agent-clocks.ts';
import type { Case, End, EndIndex, Instant, Quote, Sample } from './case.ts';
import { AgentTime, deviceClockOf, middleOf } from './clocks.ts';
import { DeviceTime } from './device-clock.ts';
import { anchorsOf, datedEvents, windowOf } from './events.ts';
import { flowCases, namedFlows } from './flows.ts';
import { ledgerOf } from './ledger.ts';
import { CaptureLines } from './quote.ts';
import { type EndSamples, readSamples } from './samples.ts';
import { Tables } from './side-state.ts';
import { timelineOf } from './timeline.ts';
import { type EndDoubts, unknownsOf } from './unknowns.ts';

export type PlatformNamed = (name: string) => Platform | null;

/** Holes in which another source has the lines. */
const HARMLESS_HOLES: ReadonlySet<string> = new Set(['counter-gap-one-way']);

/** The hub's first, if there is one: its agent's clock is the axis. */
export function inOrder(bundles: readonly BundleText[]): readonly BundleText[] {
  const [first, second] = bundles;
  if (first === undefined || second === undefined) return bundles.slice(0, 1);
  return second.incident.role === 'hub' && first.incident.role !== 'hub' ? [second, first] : [first, second];
}

export function buildCase(given: readonly BundleText[], platformNamed: PlatformNamed): Case {
  const bundles = inOrder(given);
  const clocks = agentClocks(bundles);
  const read = bundles.map((bundle, index) => readEnd(index as EndIndex, bundle, platformNamed, clocks[index] ?? null));
  const addresses = new Addresses(
    bundles,
    read.map(({ end }) => end),
  );
  const ends = read.map(
    ({ end }): End => ({
      ...end,
      addresses: addresses.of(end.index),
      ike: end.ike.map((sample) => oriented(sample, end.index, addresses)),
    }),
  );
  const agents = read.map(({ agent }) => agent);
  const events = ends.flatMap((end) => end.events);
  const named = namedFlows(bundles, addresses);
  const tables = ends.map((end, index) => new Tables(end.index, end.ipsec, end.spis, quoter(end.index, bundles[index]!)));
  const ledger = ledgerOf({ addresses, tables, events, flows: named });
  const flows = flowCases(named, { bundles, agents, ends, addresses, ledger: ledger.lives });
  const doubts = read.map(({ doubts: of }, index): EndDoubts => ({ ...of, end: ends[index]! }));
  const [first] = bundles;
  return {
    incidentId: first?.incident.id ?? '',
    ends,
    opened: first === undefined ? nowhen : agents[0]!.instant(first.incident.opened),
    flows,
    ledger: ledger.lives,
    timeline: timelineOf({ bundles, agents, events }),
    stopSkew: stopSkew(bundles, agents),
    unknowns: unknownsOf(doubts, ledger.left, Math.max(0, given.length - 2)),
  };
}

const nowhen: Instant = { fromMs: 0, toMs: 0, trusted: false, clock: 'none', atClockMs: 0, resolutionMs: 1 };

interface ReadEnd {
  readonly end: End;
  readonly agent: AgentTime;
  readonly samples: EndSamples;
  readonly doubts: Omit<EndDoubts, 'end'>;
}

function readEnd(index: EndIndex, bundle: BundleText, platformNamed: PlatformNamed, offset: End['agentClock']): ReadEnd {
  const { incident } = bundle;
  const platform = platformNamed(incident.device.platform);
  const agent = new AgentTime(index, offset, incident.opened);
  const samples = readSamples(index, bundle, platform, agent);
  const troubles = [...samples.troubles];
  const readLog = (lines: readonly string[]): readonly LogEvent[] => {
    try {
      return platform?.evidence.log(lines) ?? [];
    } catch (error) {
      troubles.push(`The reader of the log failed (${error instanceof Error ? error.message : String(error)}).`);
      return [];
    }
  };
  const device = new DeviceTime({
    samples: samples.clocks,
    anchors: anchorsOf(bundle, agent, readLog),
    started: startedOf(samples, agent),
    window: windowOf({ agent, bundle }),
  });
  const log = readLog(bundle.log);
  const dated = datedEvents({ end: index, bundle, agent, device, log, captured: samples.events });
  const { events: _, clocks: _clocks, troubles: _troubles, unreadLeft, ...tables } = samples;
  const end: End = {
    index,
    name: incident.device.hostname ?? incident.device.name,
    role: incident.role,
    platform: incident.device.platform,
    addresses: [],
    deviceClock: deviceClockOf(agent, device),
    agentClock: offset,
    ...tables,
    events: dated.events,
    logWindow: logWindowOf(bundle, agent, dated.events),
    debugsOn: debugsOn(bundle),
  };
  const doubts = {
    bundle,
    platformKnown: platform !== null,
    troubles,
    oddZones: [...device.oddZones],
    eventsLeft: dated.left,
    unreadLeft,
  };
  return { end, agent, samples, doubts };
}

/** Rows that name responder and initiator get their local end by the addresses of this one. */
function oriented(sample: Sample<IkeTable>, end: EndIndex, addresses: Addresses): Sample<IkeTable> {
  const sas = sample.value.sas.map((row) => {
    const { local, remote } = row;
    const isTurned = local !== null && remote !== null && addresses.has(end, remote) && !addresses.has(end, local);
    return isTurned ? { ...row, local: remote, remote: local } : row;
  });
  return { ...sample, value: { ...sample.value, sas } };
}

/** When the device had started, on its agent's clock. */
function startedOf({ uptime }: EndSamples, agent: AgentTime): Span | null {
  if (uptime === null) return null;
  const { seconds, resolutionSeconds } = uptime.value;
  const { offsetMs, uncertaintyMs } = agent.offset ?? { offsetMs: 0, uncertaintyMs: 0 };
  const [fromMs, toMs] = [uptime.at.fromMs + offsetMs + uncertaintyMs, uptime.at.toMs + offsetMs - uncertaintyMs];
  return { fromMs: fromMs - (seconds + resolutionSeconds) * 1_000, toMs: toMs - seconds * 1_000 };
}

function logWindowOf(
  { incident, logRuns }: BundleText,
  agent: AgentTime,
  events: readonly { at: Instant | null }[],
): End['logWindow'] {
  if (incident.log.file === null) return null;
  const holes = incident.log.holes.filter(({ reason }) => !HARMLESS_HOLES.has(reason)).length;
  const isCut = incident.log.skippedBytes > 0 || logRuns.length > 0;
  const first = isCut ? events.find(({ at }) => at?.trusted)?.at : null;
  return { from: first ?? agent.instant(incident.log.from), to: agent.instant(incident.log.to), holes };
}

const CRYPTO_DEBUG = /crypto|isakmp|ipsec|ike/i;

/** On at the message; since when, the agent's own words of arming within the window tell (timeline, docs/reasons.md). */
function debugsOn({ incident }: BundleText): boolean | null {
  const { kind, flags } = incident.debugsAtStart;
  return kind === 'read' ? flags.some((flag) => CRYPTO_DEBUG.test(flag)) : null;
}

/** Quotes of tables by the file that they stand in. */
function quoter(end: EndIndex, bundle: BundleText): (sample: Sample<unknown>, line: number) => Quote {
  const byFile = new Map(bundle.captures.map((capture) => [capture.file ?? '', new CaptureLines(capture)]));
  return ({ file }, line) => byFile.get(file)?.quote(end, line) ?? { end, file, line, text: '' };
}

function stopSkew(bundles: readonly BundleText[], agents: readonly AgentTime[]): Case['stopSkew'] {
  const [a, b] = bundles.map(({ incident }, index) =>
    incident.stop.sent === null ? null : agents[index]!.instant(incident.stop.sent),
  );
  if (a == null || b == null || !a.trusted || !b.trusted) return null;
  return { ms: Math.abs(middleOf(b) - middleOf(a)), uncertaintyMs: (b.toMs - b.fromMs + a.toMs - a.fromMs) / 2 };
}
