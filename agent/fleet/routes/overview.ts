/** GET /api/v1/overview: what the first screen of a fleet's page shows, in one answer; and its parts, each by itself, for programs. */
import type { FleetGroup, FleetIncident, FleetQuery, IncidentPage } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { nextTurn } from '../../clock.ts';
import type { HttpReply } from '../../http-ports.ts';
import { API_HEADERS } from '../../web/route.ts';
import { bucketFor, dimensionFrom, queryFrom } from '../ask.ts';
import { askedOf, type FleetRoom, type FleetRoute } from '../fleet-room.ts';
import type { FleetIndex } from '../index/fleet-index.ts';
import { incidentRow, nowShort } from '../short.ts';

const DAY_MS = 86_400_000;
/** Of the first screen; each list has an address of its own. */
const GROUPS_SHOWN = 20;
const INCIDENTS_SHOWN = 30;
const TOP_SHOWN = 8;
const LOST_SHOWN = 8;
/** Incidents that are looked at for those in no group. */
const SINGLES_LOOKED_MAX = 600;
const SINGLES_STEP = 100;

/** What is counted by on the first screen, and tags. */
const COUNTED = ['cause', 'hub', 'software', 'agent-version', 'site'] as const;
const TAGS_COUNTED = 6;

export const overview: FleetRoute = {
  method: 'GET',
  path: '/api/v1/overview',
  access: 'read',
  about: 'All that the first screen shows. `since`, `until`, `where`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where']);
    return shared(room, `overview ${query}`, async () => {
      const nowMs = room.clock.wall();
      const window = queryFrom(asked, nowMs, DAY_MS);
      const index = room.index();
      const tags = index.dimensions().filter((one) => one.startsWith('tag:'));
      const counted = [...COUNTED, ...tags.slice(0, TAGS_COUNTED)];
      const groups = await index.groups(window, GROUPS_SHOWN);
      const overTime = overTimeOf(room, window);
      const all = overTime.buckets.reduce((sum, { incidents }) => sum + incidents, 0);
      await nextTurn();
      const { incidents, more } = singles(index, window, groups, all);
      const lost = lostOf(index, window, groups);
      const top = [];
      for (const dimension of counted) {
        // Each looks at every incident of the window.
        await nextTurn();
        top.push({ dimension, rows: index.top(dimension, window, TOP_SHOWN) });
      }
      return {
        ...headOf(room, nowMs),
        window,
        tags,
        now: nowShort(index.now(nowMs)),
        lost,
        groups,
        incidents: incidents.map(incidentRow),
        more,
        overTime,
        top,
      };
    });
  },
};

export const now: FleetRoute = {
  method: 'GET',
  path: '/api/v1/now',
  access: 'read',
  about: 'The fleet as it is: agents gone, pairs silent or half-armed, leases, versions, alarms; the state of the index.',
  answer: (_request, room) =>
    shared(room, 'now', () => {
      const nowMs = room.clock.wall();
      return { ...headOf(room, nowMs), now: nowShort(room.index().now(nowMs)) };
    }),
};

export const overTime: FleetRoute = {
  method: 'GET',
  path: '/api/v1/over-time',
  access: 'read',
  about: 'Incidents over time, by state. `since` (7d), `until`, `where`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where']);
    return shared(room, `over-time ${query}`, () => {
      const window = queryFrom(asked, room.clock.wall(), 7 * DAY_MS);
      return { window, overTime: overTimeOf(room, window) };
    });
  },
};

export const top: FleetRoute = {
  method: 'GET',
  path: '/api/v1/top',
  access: 'read',
  about:
    'Most incidents first, by one dimension: `by` (`cause`, `hub`, `tag:carrier` …). `since` (7d), `until`, `where`, `limit`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where', 'by', 'limit']);
    const dimension = dimensionFrom(asked.by ?? 'cause');
    return shared(room, `top ${query}`, () => {
      const window = queryFrom(asked, room.clock.wall(), 7 * DAY_MS);
      const index = room.index();
      return { window, dimension, dimensions: index.dimensions(), rows: index.top(dimension, window, asked.limit) };
    });
  },
};

/** The newest that are in none of these groups; `more`: not every incident is in a group, or shown. */
function singles(
  index: FleetIndex,
  window: FleetQuery,
  groups: readonly FleetGroup[],
  all: number,
): { readonly incidents: readonly FleetIncident[]; readonly more: boolean } {
  const grouped = groups.reduce((sum, { incidents }) => sum + incidents, 0);
  // Of a night with one great failover nothing is left over, and nothing is looked for.
  if (window.where.length === 0 && grouped >= all) return { incidents: [], more: grouped > 0 };
  const found: FleetIncident[] = [];
  let after: string | null = null;
  for (let looked = 0; looked < SINGLES_LOOKED_MAX; looked += SINGLES_STEP) {
    const page: IncidentPage = index.incidents(window, { limit: SINGLES_STEP, after });
    found.push(...page.incidents.filter((incident) => !groups.some((group) => isOf(incident, group))));
    after = page.next;
    if (found.length >= INCIDENTS_SHOWN || after === null) break;
  }
  return { incidents: found.slice(0, INCIDENTS_SHOWN), more: grouped > 0 || after !== null || found.length > INCIDENTS_SHOWN };
}

/** What is black-holed still: groups with such incidents, and those that are in none. */
function lostOf(index: FleetIndex, window: FleetQuery, groups: readonly FleetGroup[]) {
  const lost: FleetQuery = { ...window, where: [...window.where, { dimension: 'state', value: 'black-holed' }] };
  const page = index.incidents(lost, { limit: SINGLES_STEP, after: null });
  const inGroups = groups.filter(({ byState }) => byState['black-holed'] > 0);
  const alone = page.incidents.filter((incident) => !inGroups.some((group) => isOf(incident, group)));
  return {
    groups: inGroups.slice(0, LOST_SHOWN),
    incidents: alone.slice(0, LOST_SHOWN).map(incidentRow),
    more: page.next !== null || alone.length > LOST_SHOWN || inGroups.length > LOST_SHOWN,
  };
}

const isOf = ({ cause, hubs, spokes, openedAtMs }: FleetIncident, group: FleetGroup): boolean =>
  cause === group.cause &&
  openedAtMs >= group.fromMs &&
  openedAtMs <= group.toMs &&
  (group.role === 'hub' ? hubs : spokes).includes(group.device);

/** Who answers, and how much of what happened it knows. */
const headOf = (room: FleetRoom, nowMs: number) => ({
  version: room.version,
  instance: room.instance,
  at: new Date(nowMs).toISOString(),
  engine: room.engine(),
  index: { ...room.index().state(), gaps: room.index().state().gaps.slice(0, limits.fleetShownMax) },
  instances: room.index().instances(nowMs),
});

const overTimeOf = ({ index }: FleetRoom, window: FleetQuery) => {
  const bucketMs = bucketFor(window);
  return { bucketMs, buckets: index().overTime(window, bucketMs) };
};

export const shared = async (room: FleetRoom, key: string, make: () => unknown): Promise<HttpReply> => ({
  status: 200,
  headers: API_HEADERS,
  body: await room.shared.json(key, make),
});
