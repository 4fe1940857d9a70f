/** What `GET /metrics` of a fleet process answers: a few families off what its index knows. Opened by agent/fleet/fleet-page.ts; docs/metrics.md lists them. */
import { Registry } from 'prom-client';
import { type FleetNow, type FleetState, fleetStates, type IndexState } from '../../shared/fleet/view.ts';
import type { Family } from './family.ts';
import { type Metrics, serveFamilies } from './metrics.ts';

export interface FleetStatus {
  readonly version: string;
  readonly connected: boolean;
  readonly instances: number;
  readonly index: IndexState;
  readonly now: FleetNow;
  /** Of incidents opened in the last 24 hours. */
  readonly dayByState: Readonly<Record<FleetState, number>>;
  readonly reportsMade: number;
  readonly refusals: ReadonlyMap<string, number>;
}

type FleetFamily = Family<FleetStatus>;

const gauge = (name: string, help: string, read: (status: FleetStatus) => number | null): FleetFamily => ({
  name: `spitrap_fleet_${name}`,
  help,
  kind: 'gauge',
  labels: [],
  read: (status) => {
    const value = read(status);
    return value === null ? [] : [{ labels: [], value }];
  },
});

export const fleetFamilies: readonly FleetFamily[] = [
  {
    name: 'spitrap_fleet_build_info',
    help: 'Always 1; what runs.',
    kind: 'gauge',
    labels: ['version'],
    read: ({ version }) => [{ labels: [version], value: 1 }],
  },
  gauge('engine_connected', '1: the engine is connected.', ({ connected }) => Number(connected)),
  gauge('instances', 'Processes that share the work on this folder, this one among them.', ({ instances }) => instances),
  gauge(
    'behind_messages',
    'Messages of the stream that are not in the index yet; absent: not known.',
    ({ index }) => index.behind,
  ),
  gauge('index_incidents', 'Incidents in the index.', ({ index }) => index.incidents),
  gauge('index_records', 'Records in the index.', ({ index }) => index.records),
  gauge('index_bytes', 'The index on the disk.', ({ index }) => index.bytes),
  gauge('index_unreadable_messages', 'Messages that were no record, set aside.', ({ index }) => index.unreadable),
  gauge('gaps', 'Agents that could not tell all that happened: their spool was full.', ({ index }) => index.gaps.length),
  gauge('agents', 'Agents that ever sent a heartbeat.', ({ now }) => now.agents),
  gauge('agents_gone', 'Agents without a heartbeat for more than three of them.', ({ now }) => now.gone.length),
  gauge('devices_armed', 'Devices with debugs on.', ({ now }) => now.armed.length),
  gauge('pairs_silent', 'Pairs whose heartbeat is gone.', ({ now }) => now.silentPairsCount),
  gauge('pairs_half_armed', 'Pairs that are armed at one end.', ({ now }) => now.halfArmedCount),
  gauge('alarms', 'Standing alarms of all agents.', ({ now }) => now.alarmsCount),
  {
    name: 'spitrap_fleet_incidents_day',
    help: 'Incidents that opened in the last 24 hours, by state.',
    kind: 'gauge',
    labels: ['state'],
    read: ({ dayByState }) => fleetStates.map((state) => ({ labels: [state], value: dayByState[state] })),
  },
  {
    name: 'spitrap_fleet_reports_made_total',
    help: 'Reports made of bundles of the object store.',
    kind: 'counter',
    labels: [],
    read: ({ reportsMade }) => [{ labels: [], value: reportsMade }],
  },
  {
    name: 'spitrap_fleet_refusals_total',
    help: 'Requests to the page that were refused, by reason (page.md).',
    kind: 'counter',
    labels: ['reason'],
    read: ({ refusals }) => [...refusals].map(([reason, value]) => ({ labels: [reason], value })),
  },
];

export const openFleetMetrics = (status: () => FleetStatus): Metrics => serveFamilies(new Registry(), fleetFamilies, status);
