/** GET /api/v1/overview: what the first screen of a fleet's page shows, in one answer; and its parts, each by itself, for programs. */
import type { FleetQuery } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { API_HEADERS } from '../../web/route.ts';
import { bucketFor, dimensionFrom, queryFrom } from '../ask.ts';
import { askedOf, type FleetRoom, type FleetRoute } from '../fleet-room.ts';
import { incidentRow, nowShort } from '../short.ts';

const DAY_MS = 86_400_000;
/** Of the first screen; each list has an address of its own. */
const GROUPS_SHOWN = 20;
const INCIDENTS_SHOWN = 30;
const TOP_SHOWN = 8;

/** What is counted by on the first screen, and every tag that there is. */
const COUNTED = ['cause', 'hub', 'software', 'agent-version', 'site'] as const;
const TAGS_COUNTED = 4;

export const overview: FleetRoute = {
  method: 'GET',
  path: '/api/v1/overview',
  access: 'read',
  about: 'All that the first screen shows. `since`, `until`, `where`.',
  answer: ({ query }, room) => {
    const asked = askedOf(query, ['since', 'until', 'where']);
    return shared(room, `overview ${query}`, () => {
      const nowMs = room.clock.wall();
      const window = queryFrom(asked, nowMs, DAY_MS);
      const index = room.index();
      const tags = index.dimensions().filter((one) => one.startsWith('tag:'));
      const counted = [...COUNTED, ...tags.slice(0, TAGS_COUNTED)];
      const { incidents, next } = index.incidents(window, { limit: INCIDENTS_SHOWN, after: null });
      return {
        ...headOf(room, nowMs),
        window,
        tags,
        now: nowShort(index.now(nowMs)),
        groups: index.groups(window, GROUPS_SHOWN),
        incidents: incidents.map(incidentRow),
        more: next !== null,
        overTime: overTimeOf(room, window),
        top: counted.map((dimension) => ({ dimension, rows: index.top(dimension, window, TOP_SHOWN) })),
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

export const shared = (room: FleetRoom, key: string, make: () => unknown) => ({
  status: 200,
  headers: API_HEADERS,
  body: room.shared.json(key, make),
});
