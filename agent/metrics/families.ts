/** SHELF: every metric that is read off the status, one entry a family. What the status does not keep is counted in counts.ts. docs/metrics.md is held to both. */
import type { AgentStatus, PeerStatus, SourceStatus } from '../status/status.ts';
import { each, type Family, moment, one, seconds, state } from './family.ts';
import { publishingFamilies } from './publishing-families.ts';

const sources = (status: AgentStatus): readonly SourceStatus[] => status.sources;
const source = ({ name, kind }: SourceStatus): readonly string[] => [name, kind];
const ofSource = (read: (source: SourceStatus) => number | boolean | null): Family['read'] => each(sources, source, read);

const spitrapPeers = ({ peers }: AgentStatus): readonly PeerStatus[] => peers.filter((peer) => peer.kind === 'spitrap');
const ofPeer = (read: (peer: PeerStatus) => number | boolean | null): Family['read'] =>
  each(spitrapPeers, ({ name }) => [name], read);
const paths = ({ peers }: AgentStatus) => peers.flatMap(({ name, paths }) => paths.map((path) => ({ name, ...path })));

const sessions = ({ device }: AgentStatus) => Object.entries(device.sessions);
const counted = (pick: (status: AgentStatus) => Readonly<Record<string, number>>): Family['read'] =>
  each(
    (status) => Object.entries(pick(status)),
    ([name]) => [name],
    ([, count]) => count,
  );

const severities = ['critical', 'warning'] as const;
const alarmCells = severities.flatMap((severity) => [true, false].map((acknowledged) => ({ severity, acknowledged })));

export const families: readonly Family[] = [
  // The agent.
  {
    name: 'spitrap_build_info',
    help: 'Always 1; what runs beside which device.',
    kind: 'gauge',
    labels: ['version', 'role', 'mode', 'device', 'platform'],
    read: ({ version, role, mode, device }) => [{ labels: [version, role, mode, device.name, device.platform], value: 1 }],
  },
  {
    name: 'spitrap_start_time_seconds',
    help: 'When the agent started, Unix time.',
    kind: 'gauge',
    labels: [],
    read: one(({ startedAt }) => moment(startedAt)),
  },
  {
    name: 'spitrap_hold',
    help: '1: on hold, no new incident acts.',
    kind: 'gauge',
    labels: [],
    read: one(({ hold }) => hold.on),
  },

  // The device.
  {
    name: 'spitrap_device_session_up',
    help: '1: the session is logged in, idle or busy.',
    kind: 'gauge',
    labels: ['session'],
    read: each(
      sessions,
      ([name]) => [name],
      ([, session]) => session.state === 'ready' || session.state === 'busy',
    ),
  },
  {
    name: 'spitrap_device_login_refusals',
    help: 'Logins that the device refused in a row; 0 after one that it took.',
    kind: 'gauge',
    labels: [],
    read: one(({ device }) => device.refusedLoginsInARow),
  },
  {
    name: 'spitrap_device_debugs_on',
    help: 'Crypto debugs on at the device as last read, whoever turned them on; absent when they could not be read.',
    kind: 'gauge',
    labels: [],
    read: one(({ device }) => device.debugsOn?.length ?? null),
  },
  {
    name: 'spitrap_device_debugs_read_timestamp_seconds',
    help: 'When the debugs were last read, Unix time.',
    kind: 'gauge',
    labels: [],
    read: one(({ device }) => moment(device.debugsReadAt)),
  },
  {
    name: 'spitrap_device_clock_trusted',
    help: '1: the device says that its clock is in sync; 0: its stamps order nothing.',
    kind: 'gauge',
    labels: [],
    read: one(({ device }) => device.clock?.trusted ?? null),
  },
  {
    name: 'spitrap_device_cpu_ratio',
    help: 'CPU of the device as the breaker last read it, 0 to 1; only while armed.',
    kind: 'gauge',
    labels: ['window'],
    read: ({ arming }) =>
      arming.cpu === null
        ? []
        : [
            { labels: ['5s'], value: arming.cpu.fiveSeconds / 100 },
            { labels: ['1m'], value: arming.cpu.oneMinute / 100 },
          ],
  },

  // What this agent armed.
  {
    name: 'spitrap_arming_state',
    help: '1 for the state that holds.',
    kind: 'gauge',
    labels: ['state'],
    read: state(['disarmed', 'checking', 'arming', 'armed', 'disarming'], ({ arming }) => arming.state),
  },
  {
    name: 'spitrap_arming_blocked',
    help: '1: configured to arm by itself, and does not; why stands in the label.',
    kind: 'gauge',
    labels: ['why'],
    read: each(
      ({ arming }) => (arming.blocked === null ? [] : [arming.blocked]),
      (why) => [why],
      () => true,
    ),
  },
  {
    name: 'spitrap_lease_left_seconds',
    help: 'Until the armed debugs end unless the lease is renewed; absent when nothing is armed.',
    kind: 'gauge',
    labels: [],
    read: one(({ arming }) => seconds(arming.leaseLeftMs)),
  },
  {
    name: 'spitrap_debug_left_seconds',
    help: 'Until arming.maxDebug ends the armed debugs for good; absent when nothing is armed.',
    kind: 'gauge',
    labels: [],
    read: one(({ arming }) => seconds(arming.debugLeftMs)),
  },

  // The sources.
  {
    name: 'spitrap_source_up',
    help: '1: the source is open.',
    kind: 'gauge',
    labels: ['source', 'kind'],
    read: ofSource(({ state }) => state === 'open'),
  },
  {
    name: 'spitrap_source_lines_total',
    help: 'Lines of the device that the source brought.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ lines }) => lines),
  },
  {
    name: 'spitrap_source_bytes_total',
    help: 'Bytes that the source brought.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ bytes }) => bytes),
  },
  {
    name: 'spitrap_source_candidates_total',
    help: 'Lines with one of the messages in them that are looked for.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ candidates }) => candidates),
  },
  {
    name: 'spitrap_source_unparsed_total',
    help: 'Candidates that could not be read; kept in the ring.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ unparsed }) => unparsed),
  },
  {
    name: 'spitrap_source_refused_total',
    help: 'Messages and connections from senders that are not allowed.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ refused }) => refused),
  },
  {
    name: 'spitrap_source_foreign_lines_total',
    help: 'Lines of other devices, or of a host name that device.match does not know; not kept.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ foreign }) => foreign),
  },
  {
    name: 'spitrap_source_symptoms_total',
    help: 'What told of packets without an SA and of no flow.',
    kind: 'counter',
    labels: ['source', 'kind'],
    read: ofSource(({ symptoms }) => symptoms),
  },
  {
    name: 'spitrap_source_behind_bytes',
    help: 'Bytes of a log file that are not read yet.',
    kind: 'gauge',
    labels: ['source', 'kind'],
    read: ofSource(({ behindBytes }) => behindBytes),
  },
  {
    name: 'spitrap_source_last_line_timestamp_seconds',
    help: 'When the source last brought anything, Unix time; absent before the first.',
    kind: 'gauge',
    labels: ['source', 'kind'],
    read: ofSource(({ lastLineAt }) => moment(lastLineAt)),
  },

  // The peers that are spitrap too.
  {
    name: 'spitrap_peer_last_hello_timestamp_seconds',
    help: 'When the peer was last heard, Unix time; absent before the first hello.',
    kind: 'gauge',
    labels: ['peer'],
    read: ofPeer(({ lastHelloAt }) => moment(lastHelloAt)),
  },
  {
    name: 'spitrap_peer_missed_hellos',
    help: 'Hellos missing in a row.',
    kind: 'gauge',
    labels: ['peer'],
    read: ofPeer(({ missedHellos }) => missedHellos),
  },
  {
    name: 'spitrap_peer_round_trip_seconds',
    help: 'Round trip of the quickest of the last eight hellos.',
    kind: 'gauge',
    labels: ['peer'],
    read: ofPeer(({ roundTripMs }) => seconds(roundTripMs)),
  },
  {
    name: 'spitrap_peer_clock_offset_seconds',
    help: 'How far the peer’s wall clock is ahead of ours.',
    kind: 'gauge',
    labels: ['peer'],
    read: ofPeer(({ offsetMs }) => seconds(offsetMs)),
  },
  {
    name: 'spitrap_peer_armed',
    help: '1: the peer says that its debugs are on; absent when it does not know.',
    kind: 'gauge',
    labels: ['peer'],
    read: ofPeer(({ armed }) => (armed === 'yes' ? 1 : armed === 'no' ? 0 : null)),
  },
  {
    name: 'spitrap_peer_difference',
    help: '1: the two ends do not fit, in the way of the label (cfg, mode, half-armed, …).',
    kind: 'gauge',
    labels: ['peer', 'difference'],
    read: each(
      ({ peers }) =>
        peers.flatMap(({ name, differences }) => [...new Set(differences)].map((difference) => ({ name, difference }))),
      ({ name, difference }) => [name, difference],
      () => true,
    ),
  },
  {
    name: 'spitrap_signals_sent_total',
    help: 'Notifications sent to a peer over one path, repeats included.',
    kind: 'counter',
    labels: ['peer', 'path'],
    read: each(
      paths,
      ({ name, endpoint }) => [name, endpoint],
      ({ sent }) => sent,
    ),
  },
  {
    name: 'spitrap_signals_acknowledged_total',
    help: 'Notifications that the peer acknowledged over one path.',
    kind: 'counter',
    labels: ['peer', 'path'],
    read: each(
      paths,
      ({ name, endpoint }) => [name, endpoint],
      ({ acknowledged }) => acknowledged,
    ),
  },

  // Incidents and alarms as they stand; those that are over are counted in counts.ts.
  {
    name: 'spitrap_incidents_open',
    help: 'Incidents that are not sealed yet.',
    kind: 'gauge',
    labels: [],
    read: one(({ incidents }) => incidents.filter(({ outcome }) => outcome === null).length),
  },
  {
    name: 'spitrap_alarms',
    help: 'Alarms that stand.',
    kind: 'gauge',
    labels: ['severity', 'acknowledged'],
    read: each(
      () => alarmCells,
      ({ severity, acknowledged }) => [severity, acknowledged ? 'yes' : 'no'],
      (cell, { alarms }) =>
        alarms.filter(({ severity, acknowledged }) => severity === cell.severity && acknowledged === cell.acknowledged).length,
    ),
  },
  {
    name: 'spitrap_alarm_notices_waiting',
    help: 'Notices that are due at a channel and not delivered.',
    kind: 'gauge',
    labels: ['channel'],
    read: each(
      ({ alarmChannels }) => alarmChannels,
      ({ name }) => [name],
      ({ waiting }) => waiting,
    ),
  },
  {
    name: 'spitrap_alarm_notices_total',
    help: 'Notices by what became of them; collapsed: raised and over before they could be told.',
    kind: 'counter',
    labels: ['channel', 'result'],
    read: each(
      ({ alarmChannels }) =>
        alarmChannels.flatMap(({ name, delivered, failed, collapsed }) =>
          Object.entries({ delivered, failed, collapsed }).map(([result, count]) => ({ name, result, count })),
        ),
      ({ name, result }) => [name, result],
      ({ count }) => count,
    ),
  },

  // What was turned away or lost.
  {
    name: 'spitrap_refusals_total',
    help: 'Lines and signals that were turned away, by reason (docs/reasons.md).',
    kind: 'counter',
    labels: ['reason'],
    read: counted(({ refusals }) => refusals),
  },
  {
    name: 'spitrap_drops_total',
    help: 'What was lost at a bound, by the bound’s name (shared/limits.ts).',
    kind: 'counter',
    labels: ['limit'],
    read: counted(({ drops }) => drops),
  },

  ...publishingFamilies,

  // What is on disk.
  {
    name: 'spitrap_ring_bytes',
    help: 'Bytes of log in the ring.',
    kind: 'gauge',
    labels: [],
    read: one(({ ring }) => ring.bytes),
  },
  {
    name: 'spitrap_ring_oldest_timestamp_seconds',
    help: 'How far back the ring reaches, Unix time; absent while it is empty.',
    kind: 'gauge',
    labels: [],
    read: one(({ ring }) => moment(ring.oldestAt)),
  },
  {
    name: 'spitrap_journal_records_total',
    help: 'Records written to the journal.',
    kind: 'counter',
    labels: [],
    read: one(({ journal }) => journal.records),
  },
  {
    name: 'spitrap_journal_bytes',
    help: 'Bytes of the journal on disk.',
    kind: 'gauge',
    labels: [],
    read: one(({ journal }) => journal.bytes),
  },
  {
    name: 'spitrap_store_degraded',
    help: '1: what should be on disk is not: the journal, the ring, whom alarms were told to, or what the fleet is to be told.',
    kind: 'gauge',
    labels: ['store'],
    read: ({ ring, journal, alarmsDegraded, fleet }) =>
      Object.entries({
        ...{ ring: ring.degraded, journal: journal.degraded, alarms: alarmsDegraded },
        ...(fleet ? { fleet: fleet.degraded } : {}),
      }).map(([store, why]) => ({
        labels: [store],
        value: Number(why !== null),
      })),
  },
];
