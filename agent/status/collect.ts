/** Fills AgentStatus from the rooms, as of now. Called by app.ts for the control socket. */

import { debugSpentMs, leaseLeftMs } from '../../shared/coordinate/arming-state.ts';
import type { Alarm, Book, ClosedIncident, Incident } from '../../shared/coordinate/book.ts';
import { clockOffset } from '../../shared/coordinate/hello.ts';
import { verdictOfIncident } from '../../shared/coordinate/judging.ts';
import { countRecurrences } from '../../shared/coordinate/recurrence.ts';
import { formatFlow } from '../../shared/model/flow.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';
import type { AlarmDesk, ChannelState } from '../alarms/desk.ts';
import { severityOf } from '../alarms/severity.ts';
import type { ArmWatch } from '../arm-watch.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Audit } from '../device/audit.ts';
import type { Device } from '../device/device.ts';
import { madeAtMs } from '../evidence/bundle-id.ts';
import type { Ring } from '../evidence/ring.ts';
import type { Heartbeat } from '../heartbeat.ts';
import type { Hold } from '../hold.ts';
import type { Intake, SourceCounters } from '../intake.ts';
import type { Journal } from '../journal/journal.ts';
import type { SnmpEngine } from '../net/engine.ts';
import type { SnmpReceiver, SnmpSender } from '../net/signalling.ts';
import type { World } from '../ports.ts';
import type { FleetDesk } from '../publish/fleet-desk.ts';
import type { Reloader } from '../reload.ts';
import type { Signals } from '../signals.ts';
import type { PageServer } from '../web/server.ts';
import type {
  AgentStatus,
  AlarmChannelStatus,
  AlarmStatus,
  ArmingSummary,
  DeviceSummary,
  IncidentSummary,
  PageStatus,
  PeerStatus,
  SourceStatus,
} from './status.ts';

export interface StatusRooms {
  readonly config: Config;
  readonly version: string;
  readonly pid: number;
  readonly startedAt: { readonly at: Monotonic; readonly wall: Wall };
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Coordinator;
  readonly device: Device;
  readonly engine: SnmpEngine;
  readonly receiver: SnmpReceiver;
  readonly sender: SnmpSender;
  readonly heartbeat: Heartbeat;
  readonly hold: Hold;
  readonly reloader: Pick<Reloader, 'status'>;
  readonly intake: Intake;
  readonly signals: Signals;
  readonly ring: Ring;
  readonly journal: Journal;
  readonly audit: Audit;
  readonly alarms: AlarmDesk;
  readonly listening: ReadonlyMap<string, string>;
  readonly watch: ArmWatch;
  /** Null: not turned on, or not open yet. */
  readonly page: () => PageServer | null;
  /** Null: nobody is told. */
  readonly fleet: () => Pick<FleetDesk, 'status'> | null;
}

/** A damaged record may hold any number; status is what a person looks at when something is wrong. */
const iso = (wall: number): string => new Date(Math.abs(wall) <= 8.64e15 ? wall : 0).toISOString();
const isoOrNull = (wall: number | null): string | null => (wall === null ? null : iso(wall));

export function collectStatus(rooms: StatusRooms): AgentStatus {
  const { config, coordinator, engine, ring, journal, receiver, world } = rooms;
  const now = world.clock.monotonic();
  const ringStatus = ring.status();
  return {
    version: rooms.version,
    pid: rooms.pid,
    at: iso(world.clock.wall()),
    startedAt: iso(rooms.startedAt.wall),
    upMs: Math.round(now - rooms.startedAt.at),
    role: config.role,
    mode: config.mode,
    hold: rooms.hold.status,
    configuration: { readAt: isoOrNull(rooms.reloader.status.readAt), waits: rooms.reloader.status.waits },
    dataDir: config.dataDir,
    engineId: engine.idHex,
    engineBoots: engine.stamp().boots,
    signalListen: endpoint(receiver.local),
    device: describeDevice(rooms, now),
    arming: describeArming(rooms, now),
    sources: config.sources.map((source) => describeSource(source, rooms)),
    peers: describePeers(rooms, now),
    incidents: incidentSummaries(coordinator.book, now, config.dataDir),
    alarms: coordinator.book.alarms.map(describeAlarm),
    alarmChannels: rooms.alarms.channels.map(describeChannel),
    alarmsDegraded: rooms.alarms.degraded,
    refusals: summed([
      ...rooms.signals.refusals,
      ...rooms.intake.refusals,
      ...gateRefusals(rooms.intake),
      ...(rooms.page()?.refusals ?? []),
    ]),
    drops: describeDrops(rooms, ringStatus.droppedLines),
    page: describePage(rooms.page()),
    fleet: rooms.fleet()?.status() ?? null,
    ring: {
      bytes: ringStatus.bytes,
      segments: ringStatus.segments,
      oldestAt: isoOrNull(ringStatus.oldestWall),
      newestAt: isoOrNull(ringStatus.newestWall),
      droppedLines: ringStatus.droppedLines,
      degraded: ringStatus.degraded?.reason ?? null,
    },
    journal: {
      records: journal.counters.appended,
      bytes: journal.bytes,
      degraded: journal.degraded?.reason ?? null,
    },
  };
}

export const endpoint = ({ address, port }: { readonly address: string; readonly port: number }): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function describeDevice(rooms: StatusRooms, now: Monotonic): DeviceSummary {
  const { config, device, heartbeat } = rooms;
  const status = device.status();
  const reading = heartbeat.lastReading;
  const session = (name: 'capture' | 'control') => {
    const { state, since, lastError } = status.sessions[name];
    return { state, sinceMs: Math.round(now - since), lastError };
  };
  return {
    name: config.device.name,
    address: config.device.address,
    port: config.device.port,
    platform: config.device.platform,
    hostname: status.hostname,
    sessions: { capture: session('capture'), control: session('control') },
    refusedLoginsInARow: status.refusedLoginsInARow,
    debugsOn: reading?.reading.flags?.map((flag) => flag.text) ?? null,
    debugsReadAt: isoOrNull(reading?.wall ?? null),
    clock:
      status.clock === null
        ? null
        : { text: status.clock.reading.text, trusted: status.clock.reading.mark === '', readAt: iso(status.clock.wall) },
  };
}

function describeArming({ config, coordinator, watch }: StatusRooms, now: Monotonic): ArmingSummary {
  const { book } = coordinator;
  const { state, armAt, blocked, last, leftConditions } = book.arming;
  const isArmed = state.kind === 'armed';
  const cpu = isArmed ? watch.last.cpu : null;
  return {
    when: config.arm,
    state: state.kind,
    since: isArmed ? iso(state.sinceWall) : null,
    by: isArmed ? state.by : null,
    debugs: isArmed ? state.flags.map((flag) => flag.text) : [],
    conditions: state.kind === 'disarmed' || state.kind === 'checking' ? leftConditions : state.plan.conditions,
    leaseMs: config.arming.leaseMs,
    leaseLeftMs: leaseLeftMs(book, now),
    debugLeftMs: isArmed ? Math.max(0, config.arming.maxDebugMs - debugSpentMs(book, now)) : null,
    deadManS: isArmed ? state.plan.deadManS : null,
    warnings: isArmed ? state.warnings : [],
    cpu: cpu === null ? null : { fiveSeconds: cpu.fiveSeconds, oneMinute: cpu.oneMinute },
    armInMs: armAt === null ? null : Math.max(0, Math.round(armAt - now)),
    blocked,
    last: last === null ? null : { reason: last.reason, text: last.text, at: iso(last.atWall) },
  };
}

function describeSource(source: SourceConfig, { intake, listening, world }: StatusRooms): SourceStatus {
  const counters: SourceCounters | undefined = intake.sources.get(source.name);
  const now = world.clock;
  return {
    name: source.name,
    kind: source.kind,
    listen: source.kind === 'file' ? source.path : (listening.get(source.name) ?? null),
    state: counters?.state ?? 'closed',
    detail: counters?.detail ?? '',
    behindBytes: counters?.behindBytes ?? 0,
    lines: counters?.lines ?? 0,
    bytes: counters?.bytes ?? 0,
    candidates: counters?.candidates ?? 0,
    unparsed: counters?.unparsed ?? 0,
    refused: counters?.refusals ?? 0,
    foreign: counters?.foreignLines ?? 0,
    symptoms: counters?.symptoms ?? 0,
    cutMessages: counters?.cutMessages ?? 0,
    lastLineAt: counters === undefined || counters.lastAt === null ? null : iso(now.wall() - (now.monotonic() - counters.lastAt)),
  };
}

/** Of thousands, so nothing is searched for in here. */
function describePeers(rooms: StatusRooms, now: Monotonic): PeerStatus[] {
  const { config, coordinator, world, heartbeat } = rooms;
  const recurrences = countRecurrences(coordinator.book.recurrences, world.clock.wall());
  const troubles = new Map<string, string[]>();
  for (const { key } of coordinator.book.alarms) {
    const peer = key.slice(key.lastIndexOf(':') + 1);
    const known = troubles.get(peer);
    if (known === undefined) troubles.set(peer, [key.split(':')[0]!]);
    else known.push(key.split(':')[0]!);
  }
  return config.peers.map((peer) => {
    const differences = [...(troubles.get(peer.name) ?? []), ...heartbeat.troublesOf(peer.name)];
    return describePeer(peer, rooms, now, { differences, recurrence: recurrences.get(peer.name) ?? null });
  });
}

function describePeer(
  config: Config['peers'][number],
  rooms: StatusRooms,
  now: Monotonic,
  known: Pick<PeerStatus, 'differences' | 'recurrence'>,
): PeerStatus {
  const { name } = config;
  const link = rooms.heartbeat.links.get(name) ?? null;
  const offset = link === null ? null : clockOffset(link);
  const sinceMs = link === null || link.lastHelloAt === null ? null : now - link.lastHelloAt;
  return {
    name,
    kind: config.kind,
    lastHelloAt: sinceMs === null ? null : iso(rooms.world.clock.wall() - sinceMs),
    missedHellos: sinceMs === null ? 0 : Math.floor(sinceMs / rooms.config.signal.helloMs),
    version: link?.version ?? null,
    role: link?.role ?? null,
    mode: link?.mode ?? null,
    armed: link?.armed ?? null,
    leaseEndsAt: isoOrNull(link?.leaseEndsWall ?? null),
    roundTripMs: offset?.roundTripMs ?? null,
    offsetMs: offset?.offsetMs ?? null,
    differences: known.differences,
    recurrence: known.recurrence,
    paths: config.send.map((path) => {
      const state = rooms.heartbeat.path(name, path);
      const { sent = 0, acknowledged = 0, lastError = null } = state ?? {};
      return { endpoint: endpoint(path), sent, acknowledged, lastError };
    }),
  };
}

const gateRefusals = (intake: Intake): [string, number][] =>
  Object.entries(intake.gateCounts).filter(([reason, count]) => count > 0 && reason !== 'event' && reason !== 'waiting');

/** Signals and lines are refused for some of the same reasons: their counts stand together. */
function summed(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [reason, count] of counts) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return Object.fromEntries(sums);
}

function describeDrops(rooms: StatusRooms, ringLines: number): Record<string, number> {
  const all: Record<string, number> = {
    ringPendingBytesMax: ringLines,
    auditLines: rooms.audit.status().dropped,
    journalQueue: rooms.journal.counters.dropped,
    bundleJournalRecordsMax: rooms.coordinator.notJournaled,
    ...rooms.coordinator.book.dropped,
    alarmSubjectsMax: rooms.alarms.dropped,
    sourceDatagrams: [...rooms.intake.sources.values()].reduce((sum, counters) => sum + counters.kernelDropped, 0),
    signalDatagrams: rooms.receiver.counters()['kernelDropped'] ?? 0,
    sourceBytes: [...rooms.intake.sources.values()].reduce((sum, counters) => sum + counters.lost, 0),
    deviceLines: rooms.intake.counterTotals.missing,
    ...rooms.page()?.drops,
    flowsPerIncidentMax: rooms.coordinator.book.incidents.reduce((sum, incident) => sum + incident.flowsNotKept, 0),
  };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

export const describeAlarm = (alarm: Alarm): AlarmStatus => ({
  id: alarm.id,
  key: alarm.key,
  severity: severityOf(alarm),
  since: iso(alarm.sinceWall),
  text: alarm.text,
  remedy: alarm.remedy,
  incident: alarm.incident,
  acknowledged: alarm.acknowledged,
});

const describePage = (page: PageServer | null): PageStatus | null =>
  page === null
    ? null
    : {
        url: `${page.tls ? 'https' : 'http'}://${endpoint(page.local)}`,
        connections: page.connections,
        streams: page.streams,
        answered: page.answered,
        problem: page.problem,
      };

const describeChannel = ({ config, target, ...lane }: ChannelState): AlarmChannelStatus => ({
  name: config.name,
  kind: config.kind,
  target,
  severity: config.severity,
  state: lane.state,
  waiting: lane.waiting,
  delivered: lane.delivered,
  failed: lane.failed,
  collapsed: lane.collapsed,
  lastDeliveredAt: isoOrNull(lane.lastDeliveredWall),
  lastError: lane.lastError,
});

/** As the seal said it (shared/coordinate/sealing.ts); what was verified after it stands beside the bundle. */
const notOff = 'debugs-not-verified-off';

/** Remembered for 7 days; the last ones are enough for a look. */
const CLOSED_SHOWN_MAX = 20;

/** Newest first, those still open before the closed. */
export function incidentSummaries(book: Book, now: Monotonic, dataDir: string): IncidentSummary[] {
  const open = book.incidents.map((incident) => describeOpen(incident, now, dataDir));
  const closed = book.closed.slice(-CLOSED_SHOWN_MAX).map((incident) => describeClosed(incident, book, dataDir));
  return [...closed, ...open].reverse();
}

function describeOpen(incident: Incident, now: Monotonic, dataDir: string): IncidentSummary {
  const sealed = incident.sealing === 'sealed';
  return {
    id: incident.id,
    openedAt: iso(incident.openedAtWall),
    openedBy: incident.openedBy,
    phase: phaseOf(incident),
    peers: [...incident.peers.map((record) => record.peer), ...incident.signallers.map((signaller) => signaller.peer)],
    flows: incident.flows.length,
    firstFlow: incident.flows[0] === undefined ? null : formatFlow(incident.flows[0].flow),
    stopInMs: incident.stop.kind === 'not-planned' ? null : Math.round(incident.stopAt - now),
    debugsOff: debugsOffOf(incident),
    outcome: incident.outcome?.kind ?? null,
    reasons: incident.outcome?.reasons ?? [],
    verdict: verdictOfIncident(incident),
    bundle: `${dataDir}/incidents/${incident.id}${sealed ? '' : '.open'}`,
  };
}

function phaseOf(incident: Incident): string {
  if (incident.sealing === 'sealed') return 'sealed';
  if (incident.sealing === 'requested' || incident.sealing === 'failed') return 'sealing';
  // Nobody was told of a stop: it only looks.
  if (incident.openedBy === 'person' && incident.stop.kind === 'not-planned') return 'collecting';
  if (!incident.stopPassed) return incident.mode === 'observe' ? 'observing' : 'alerted';
  return incident.stop.kind === 'running' || incident.stop.kind === 'waiting-retry' ? 'stopping' : 'collecting';
}

export function debugsOffOf({ stop }: Incident): string {
  switch (stop.kind) {
    case 'planned':
      return 'pending';
    case 'not-planned':
      return 'not-sent';
    case 'verified':
      return 'verified';
    case 'running':
    case 'waiting-retry':
      return stop.last === null ? 'pending' : stop.last.sentAt === null ? 'failed' : 'unverified';
  }
}

/** Its flows as far as they are still held down; all of them stand in the bundle. */
const describeClosed = (closed: ClosedIncident, { held }: Book, dataDir: string): IncidentSummary => ({
  id: closed.id,
  // Its id says when it was opened.
  openedAt: iso(madeAtMs(closed.id)),
  openedBy: closed.openedBy,
  phase: 'sealed',
  peers: [...closed.peers, ...closed.signallers.map((signaller) => signaller.peer)],
  flows: held.filter(({ incident }) => incident === closed.id).length,
  firstFlow: held.filter(({ incident }) => incident === closed.id).map(({ flow }) => formatFlow(flow))[0] ?? null,
  stopInMs: null,
  debugsOff: closed.stoppedAt === null ? 'not-sent' : closed.outcome.reasons.includes(notOff) ? 'unverified' : 'verified',
  outcome: closed.outcome.kind,
  reasons: closed.outcome.reasons,
  verdict: closed.judged?.verdict ?? 'unknown',
  bundle: `${dataDir}/incidents/${closed.id}`,
});
