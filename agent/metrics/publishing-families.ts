/** What an agent tells the fleet, as metrics: no family has a sample where nobody is told. On the shelf by families.ts. */
import type { AgentStatus, FleetStatus } from '../status/status.ts';
import { each, type Family, moment, one } from './family.ts';

const of = (read: (fleet: FleetStatus) => number | boolean | null): Family['read'] =>
  one(({ fleet }) => (fleet === undefined || fleet === null ? null : read(fleet)));

export const publishingFamilies: readonly Family[] = [
  {
    name: 'spitrap_fleet_connected',
    help: '1: the fleet’s engine is there. No incident needs it.',
    kind: 'gauge',
    labels: [],
    read: of(({ state }) => state === 'connected'),
  },
  {
    name: 'spitrap_fleet_waiting_records',
    help: 'Records for the fleet on disk that the engine has not acknowledged.',
    kind: 'gauge',
    labels: [],
    read: of(({ waitingRecords }) => waitingRecords),
  },
  {
    name: 'spitrap_fleet_waiting_bytes',
    help: 'Bytes of the segments that they stand in.',
    kind: 'gauge',
    labels: [],
    read: of(({ waitingBytes }) => waitingBytes),
  },
  {
    name: 'spitrap_fleet_sent_total',
    help: 'Records that the engine acknowledged, repeats included.',
    kind: 'counter',
    labels: [],
    read: of(({ sent }) => sent),
  },
  {
    name: 'spitrap_fleet_last_sent_timestamp_seconds',
    help: 'When it last did, Unix time.',
    kind: 'gauge',
    labels: [],
    read: of(({ lastSentAt }) => moment(lastSentAt)),
  },
  {
    name: 'spitrap_fleet_heartbeats_total',
    help: 'Heartbeats that the engine acknowledged.',
    kind: 'counter',
    labels: [],
    read: of(({ heartbeats }) => heartbeats),
  },
  {
    name: 'spitrap_fleet_dropped_total',
    help: 'Records for which the spool had no room, by kind, over restarts.',
    kind: 'counter',
    labels: ['kind'],
    read: each(
      ({ fleet }: AgentStatus) => Object.entries(fleet?.dropped ?? {}),
      ([kind]) => [kind],
      ([, count]) => count,
    ),
  },
  {
    name: 'spitrap_fleet_refused_total',
    help: 'Records set aside, which the engine refused while it took others.',
    kind: 'counter',
    labels: [],
    read: of(({ refused }) => refused),
  },
  {
    name: 'spitrap_fleet_refusing',
    help: '1: the engine refuses a record now.',
    kind: 'gauge',
    labels: [],
    read: of(({ refusing }) => refusing !== null),
  },
  {
    name: 'spitrap_fleet_bundles_waiting',
    help: 'Sealed bundles that are not in the object store yet.',
    kind: 'gauge',
    labels: [],
    read: of(({ bundlesWaiting }) => bundlesWaiting),
  },
  {
    name: 'spitrap_fleet_bundles_sent_total',
    help: 'Bundles put into the object store.',
    kind: 'counter',
    labels: [],
    read: of(({ bundlesSent }) => bundlesSent),
  },
];
