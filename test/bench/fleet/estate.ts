/**
 * Who the light agents are and what they tell, the same in every process that has the same plan: the estate of test/support/fleet-records.ts, of
 * which each process takes the records of its own agents. Four records an incident: either end's, the hub's verdict, its bundle.
 */
import type { FleetBody, FleetRecord } from '../../../shared/fleet/record.ts';
import { estateRecords, heartbeatRecord } from '../../support/fleet-records.ts';

export interface Plan {
  readonly agents: number;
  readonly incidents: number;
  /** Incidents opened in the 30 days before. */
  readonly toMs: number;
  readonly seed: number;
}

export const RECORDS_PER_INCIDENT = 4;
const DAY_MS = 86_400_000;
const SPAN_DAYS = 30;

export interface Device {
  readonly site: string;
  readonly device: string;
}

export const hubsOf = ({ agents }: Plan): number => Math.max(2, Math.round(agents * 0.024));

/** Hubs first. */
export function devicesOf(plan: Plan): readonly Device[] {
  const hubs = hubsOf(plan);
  return Array.from({ length: plan.agents }, (_, at) => {
    const spoke = at - hubs;
    return at < hubs
      ? { site: `dc${at % 4}`, device: `hub-${at + 1}` }
      : { site: `site-${spoke % 500}`, device: `spoke-${String(spoke).padStart(5, '0')}` };
  });
}

export interface PlannedIncident {
  readonly number: number;
  readonly id: string;
  readonly records: readonly FleetRecord[];
}

export function* incidentsOf(plan: Plan): Generator<PlannedIncident> {
  const { agents, incidents, toMs, seed } = plan;
  const hubs = hubsOf(plan);
  const records = estateRecords({ hubs, spokes: agents - hubs, incidents, fromMs: toMs - SPAN_DAYS * DAY_MS, toMs, seed });
  let gathered: FleetRecord[] = [];
  let number = 0;
  for (const record of records) {
    gathered.push(record);
    if (gathered.length < RECORDS_PER_INCIDENT) continue;
    yield { number: number++, id: gathered[0]!.about, records: gathered };
    gathered = [];
  }
}

export function heartbeatOf({ device }: Device, everyMs: number): FleetBody<'heartbeat'> {
  const { body } = heartbeatRecord({ device, body: { role: device.startsWith('hub') ? 'hub' : 'spoke', everyMs } });
  return body as FleetBody<'heartbeat'>;
}
