/** GET /api/v1/incidents and /api/v1/incidents/:id: those that are open or remembered, and those on disk. */
import { SpitrapError } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import type { IncidentSummary } from '../../status/status.ts';
import { jsonReply, type PageRoom, type Route } from '../route.ts';
import type { IncidentRow } from '../stored-index.ts';

export const incidents: Route = {
  method: 'GET',
  path: '/api/v1/incidents',
  access: 'read',
  about: 'Incidents, newest first: open ones, and those on disk.',
  answer: async (_request, room) => {
    const live = await room.control.incidents();
    return jsonReply({ incidents: merged(live, await room.stored.rows()) });
  },
};

export const incident: Route = {
  method: 'GET',
  path: '/api/v1/incidents/:id',
  access: 'read',
  about: 'One incident: its line of the list, its incident.json (null while it is open), its timeline.',
  answer: async ({ params }, room) => {
    const id = params['id']!;
    const [summary, stored] = await Promise.all([rowOf(id, room), isIncidentId(id) ? room.stored.incident(id) : null]);
    if (summary === null) throw new SpitrapError('INCIDENT_UNKNOWN', `no incident ${id} here; /api/v1/incidents lists them`);
    const timeline =
      stored === null
        ? room.timelineOf(id)
        : stored.timeline.map(({ at, detail, phase }) => ({ at: at.at, text: detail ?? phase, reason: phase }));
    return jsonReply({ summary, incident: stored, timeline });
  },
};

async function rowOf(id: string, room: PageRoom): Promise<IncidentRow | null> {
  const rows = merged(await room.control.incidents(), await room.stored.rows());
  return rows.find((row) => row.id === id) ?? null;
}

/** What the agent knows is newer than what stood in the bundle at its seal; what is known of a cause stands on disk alone. */
function merged(live: readonly IncidentSummary[], stored: readonly IncidentRow[]): IncidentRow[] {
  const onDisk = new Map(stored.map((row) => [row.id, row]));
  const rows = live.map((summary) => {
    const row = onDisk.get(summary.id);
    onDisk.delete(summary.id);
    return rowFrom(summary, row ?? null);
  });
  return [...rows, ...onDisk.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limits.pageIncidentsMax);
}

function rowFrom(
  { openedBy: _by, stopInMs: _in, bundle: _folder, ...summary }: IncidentSummary,
  row: IncidentRow | null,
): IncidentRow {
  const known = row !== null && row.phase !== 'unreadable';
  return {
    ...summary,
    // Flows are forgotten with their hold-down; the bundle has them all.
    flows: known ? Math.max(row.flows, summary.flows) : summary.flows,
    firstFlow: summary.firstFlow ?? row?.firstFlow ?? null,
    cause: row?.cause ?? null,
    bundle: row !== null,
    report: row?.report ?? false,
    twoEnded: row?.twoEnded ?? false,
  };
}
