/** GET /api/v1/incidents and /api/v1/incidents/:id, /api/v1/groups and /api/v1/group: what happened in the fleet. */
import { SpitrapError } from '../../../shared/errors.ts';
import type { FleetGroup, FleetIncident } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { quoted } from '../../../shared/model/printable.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { jsonReply } from '../../web/route.ts';
import { queryFrom } from '../ask.ts';
import { askedOf, type FleetRoom, type FleetRoute } from '../fleet-room.ts';
import type { FleetIndex } from '../index/fleet-index.ts';
import { incidentDetail, incidentRow } from '../short.ts';
import { shared } from './overview.ts';

const DAY_MS = 86_400_000;

export const incidents: FleetRoute = {
  method: 'GET',
  path: '/api/v1/incidents',
  access: 'read',
  about:
    'Incidents, newest first: `{ incidents, next }`; `next` is the `after` of the page that follows. `since` (7d), `until`, `where`, `limit`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where', 'after', 'limit']);
    return shared(room, `incidents ${query}`, () => {
      const window = queryFrom(asked, room.clock.wall(), 7 * DAY_MS);
      const page = room.index().incidents(window, { limit: asked.limit, after: asked.after ?? null });
      return { window, incidents: page.incidents.map(incidentRow), next: page.next };
    });
  },
};

export const incident: FleetRoute = {
  method: 'GET',
  path: '/api/v1/incidents/:id',
  access: 'read',
  about: 'One incident with its ends: what each told, its verdict and its bundle.',
  answer: ({ params }, room) => jsonReply({ incident: incidentDetail(incidentOf(params['id']!, room)) }),
};

export const groups: FleetRoute = {
  method: 'GET',
  path: '/api/v1/groups',
  access: 'read',
  about:
    'Incidents that share an end, a cause and a window, as one event each, newest first. `since` (7d), `until`, `where`, `limit`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where', 'limit']);
    return shared(room, `groups ${query}`, async () => {
      const window = queryFrom(asked, room.clock.wall(), 7 * DAY_MS);
      return { window, groups: await room.index().groups(window, asked.limit) };
    });
  },
};

export const group: FleetRoute = {
  method: 'GET',
  path: '/api/v1/group',
  access: 'read',
  about:
    'One of them, by `id`, and its incidents: `{ group, lost, incidents, next }`; `lost`: those still black-holed. `after`, `limit`.',
  answer: async ({ query }, room) => {
    const { id = '', after, limit } = askedOf(query, ['id', 'after', 'limit']);
    const index = room.index();
    const found = await index.group(id);
    if (found === null) throw new SpitrapError('INCIDENT_UNKNOWN', `no group ${quoted(id, 80)} here; /api/v1/groups lists them`);
    const page = await index.groupMembers(found.id, { limit, after: after ?? null });
    return jsonReply({
      group: found,
      lost: lostOf(found, index).map(incidentRow),
      incidents: page.incidents.map(incidentRow),
      next: page.next,
    });
  },
};

/** Three among four hundred: whoever opens the group looks for these. */
function lostOf({ role, device, cause, fromMs, toMs, byState }: FleetGroup, index: FleetIndex): readonly FleetIncident[] {
  if (byState['black-holed'] === 0) return [];
  const where = [
    { dimension: role, value: device },
    { dimension: 'cause', value: cause },
    { dimension: 'state', value: 'black-holed' },
  ] as const;
  return index.incidents({ fromMs, toMs: toMs + 1, where }, { limit: limits.fleetShownMax, after: null }).incidents;
}

/** By its id, or that of one that became it. @throws SpitrapError INCIDENT_UNKNOWN */
export function incidentOf(id: string, room: Pick<FleetRoom, 'index'>): FleetIncident {
  const found = isIncidentId(id) ? room.index().show(id) : null;
  if (found === null)
    throw new SpitrapError('INCIDENT_UNKNOWN', `no incident ${quoted(id, 64)} is known here; /api/v1/incidents lists them`);
  return found;
}
