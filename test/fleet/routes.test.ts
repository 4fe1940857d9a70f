/** The API of a fleet's page over real sockets and a real index with a night in it: what each route answers, what it refuses, and who may. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../shared/limits.ts';
import { failoverAt, fleetNight, HOSTILE_NAME } from '../support/fleet-night.ts';
import { type FleetStand, standFleet } from '../support/fleet-stand.ts';
import { ask, bearer } from '../support/page-stand.ts';

let stand: FleetStand;
const nowMs = Date.now();

beforeAll(async () => {
  stand = await standFleet();
  const { events, heartbeats } = fleetNight(nowMs);
  await stand.tell(events, heartbeats);
});
afterAll(() => stand.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, looked at by key
type Json = any;
const get = async (path: string): Promise<Json> => {
  const { status, headers, text } = await ask(stand.port, path);
  expect([path, status, headers['content-type']]).toEqual([path, 200, 'application/json; charset=utf-8']);
  expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
  return JSON.parse(text) as Json;
};
const refused = async (path: string): Promise<[number, string]> => {
  const { status, text } = await ask(stand.port, path);
  return [status, (JSON.parse(text) as { error: { code: string } }).error.code];
};

describe('the overview', () => {
  test('says what is lost first, the event as one, and the singles beside it', async () => {
    const overview = await get('/api/v1/overview');
    const [group] = overview.groups;
    expect(group).toMatchObject({ device: 'hub-2', role: 'hub', cause: 'failover', incidents: 412, others: 412 });
    expect(group.byState).toEqual({ open: 0, healed: 409, 'black-holed': 3, 'not-known': 0 });
    expect(group.headline).toBe('hub-2 failed over at 03:12 UTC: 412 spokes, 409 healed by themselves, 3 still black-holed');
    expect(overview.lost.groups.map((one: Json) => one.id)).toEqual([group.id]);
    expect(overview.lost.incidents.map((one: Json) => one.spoke)).toEqual([HOSTILE_NAME]);
    expect(overview.incidents.every((one: Json) => one.hub !== 'hub-2')).toBe(true);
    expect(overview.more).toBe(true);
    expect(overview.tags).toEqual(['tag:carrier']);
    expect(overview.top.map((one: Json) => one.dimension)).toEqual([
      'cause',
      'hub',
      'software',
      'agent-version',
      'site',
      'tag:carrier',
    ]);
    const sum = overview.overTime.buckets.reduce((all: number, one: Json) => all + one.incidents, 0);
    expect(sum).toBe(overview.top[0].rows.reduce((all: number, one: Json) => all + one.incidents, 0));
  });

  test('of the fleet as it is now', async () => {
    const { now, index, engine } = await get('/api/v1/now');
    expect(now).toMatchObject({
      agents: 24,
      goneCount: 1,
      halfArmedCount: 1,
      silentPairsCount: 2,
      alarmsCount: 2,
      armedCount: 3,
    });
    expect(now.gone[0]).toMatchObject({ device: 'spoke-611', site: 'oslo-branch', armed: { state: 'armed' } });
    expect(now.gone[0].heartbeat).toBeUndefined();
    expect(now.versions).toEqual([
      { version: '1.0.0', agents: 22 },
      { version: '0.9.4', agents: 2 },
    ]);
    expect(index.gaps).toHaveLength(1);
    expect(engine).toEqual({ connected: true, server: 'nats://127.0.0.1:4222', why: null });
  });

  test('narrowed to one carrier of one hub', async () => {
    const { groups, incidents } = await get('/api/v1/overview?where=hub%3Dhub-2&where=tag%3Acarrier%3Dacme');
    expect(groups).toHaveLength(1);
    expect(incidents).toEqual([]);
    const { rows } = await get('/api/v1/top?by=tag:carrier&where=hub%3Dhub-2');
    expect(rows.map((row: Json) => row.value).sort()).toEqual(['acme', 'borealis', 'cablenet']);
  });
});

describe('lists', () => {
  test('of incidents go on where they end, newest first, none twice', async () => {
    const seen: string[] = [];
    let lastAt = Number.POSITIVE_INFINITY;
    for (let after: string | null = ''; after !== null; ) {
      const page: Json = await get(
        `/api/v1/incidents?since=48h&limit=100${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      );
      for (const { id, openedAtMs } of page.incidents) {
        expect(openedAtMs).toBeLessThanOrEqual(lastAt);
        lastAt = openedAtMs;
        seen.push(id);
      }
      after = page.next;
    }
    expect([seen.length, new Set(seen).size]).toEqual([430, 430]);
  });

  test('of a group: those that are lost, then its members', async () => {
    const { groups } = await get('/api/v1/groups?since=48h');
    const found = await get(`/api/v1/group?id=${encodeURIComponent(groups[0].id)}&limit=50`);
    expect(found.lost.map((one: Json) => one.spoke).sort()).toEqual(['spoke-001', 'spoke-002', 'spoke-003']);
    expect(found.incidents).toHaveLength(50);
    const next = await get(
      `/api/v1/group?id=${encodeURIComponent(groups[0].id)}&limit=400&after=${encodeURIComponent(found.next)}`,
    );
    expect([next.incidents.length, next.next]).toEqual([362, null]);
  });

  test('over time, by the hour and by the day', async () => {
    const hours = await get('/api/v1/over-time?since=24h');
    expect(hours.overTime.bucketMs).toBe(3_600_000);
    const hour = hours.overTime.buckets.find((one: Json) => one.fromMs === Math.floor(failoverAt(nowMs) / 3_600_000) * 3_600_000);
    expect(hour.byState['black-holed']).toBe(3);
    expect((await get('/api/v1/over-time?since=30d')).overTime.bucketMs).toBeGreaterThanOrEqual(43_200_000);
  });
});

describe('one incident', () => {
  test('has both ends, each with a key for its bundle', async () => {
    const { incidents } = await get('/api/v1/incidents?where=spoke%3Dspoke-001&since=48h');
    const { incident } = await get(`/api/v1/incidents/${incidents[0].id}`);
    expect(incident).toMatchObject({ state: 'black-holed', cause: 'failover', report: false, endsCount: 2 });
    expect(incident.ends.map((end: Json) => [end.role, end.device])).toEqual([
      ['hub', 'hub-2'],
      ['spoke', 'spoke-001'],
    ]);
    expect(incident.ends[0].key).toMatch(/^[0-9a-f]{16}$/);
    expect(await refused(`/api/v1/incidents/${incident.id}/report.html`)).toEqual([404, 'INCIDENT_UNKNOWN']);
    expect(await refused(`/api/v1/incidents/${incident.id}/ends/${incident.ends[0].key}/bundle.tar.gz`)).toEqual([
      404,
      'INCIDENT_UNKNOWN',
    ]);
  });

  test('that nobody told of is not known, nor what is no id', async () => {
    expect(await refused('/api/v1/incidents/01KAX3R2F8M0T9W5Y1Z4H6J999')).toEqual([404, 'INCIDENT_UNKNOWN']);
    expect(await refused('/api/v1/incidents/x')).toEqual([404, 'INCIDENT_UNKNOWN']);
    expect(await refused('/api/v1/group?id=hub.x.y.20260101T0000Z')).toEqual([404, 'INCIDENT_UNKNOWN']);
  });
});

describe('what is asked wrongly', () => {
  test.each([
    ['/api/v1/top?by=colour', 'no such dimension'],
    ['/api/v1/incidents?since=yesterday', 'no moment'],
    ['/api/v1/incidents?since=1h&until=2h', 'an empty window'],
    ['/api/v1/incidents?where=hub', 'no condition'],
    ['/api/v1/incidents?where=state%3Dfine', 'no state'],
    ['/api/v1/incidents?limit=0', 'no limit'],
    [`/api/v1/incidents?limit=${limits.fleetPageMax + 1}`, 'beyond the limit'],
    ['/api/v1/incidents?Where=hub%3Dx', 'a word that is none'],
    [
      `/api/v1/incidents?${Array.from({ length: limits.fleetConditionsMax + 1 }, (_, n) => `where=hub%3D${n}`).join('&')}`,
      'too many conditions',
    ],
  ])('%s: %s', async (path) => {
    expect(await refused(path)).toEqual([400, 'USAGE']);
  });

  test('an after that nobody gave out changes nothing', async () => {
    const { status } = await ask(stand.port, '/api/v1/incidents?after=%00%ff..&limit=5');
    expect([200, 400]).toContain(status);
  });
});

describe('who may', () => {
  test('the page and whether it is well: everybody; the rest with the token where it is asked for', async () => {
    const closed = await standFleet({ config: { loopback: 'token' } });
    try {
      for (const path of ['/', '/fleet.js', '/fleet.css', '/web/page/dom.js', '/healthz', '/readyz'])
        expect([path, (await ask(closed.port, path)).status]).toEqual([path, 200]);
      for (const path of ['/api/v1/overview', '/api/v1/incidents', '/metrics', '/api/v1/none']) {
        expect([path, (await ask(closed.port, path)).status]).toEqual([path, 401]);
      }
      expect((await ask(closed.port, '/api/v1/overview', { headers: bearer() })).status).toBe(200);
    } finally {
      await closed.close();
    }
  });

  test('another name than its own is refused, and nothing is ever posted', async () => {
    expect((await ask(stand.port, '/api/v1/overview', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await ask(stand.port, '/api/v1/overview', { method: 'POST', body: '{}' })).status).toBe(405);
  });
});

describe('the page itself', () => {
  test('every script and style that it names is served, under its policy', async () => {
    const { text, headers } = await ask(stand.port, '/');
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    const names = [...text.matchAll(/(?:src|href)="(\/[\w./-]+\.(?:js|css|svg))"/g)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect([name, (await ask(stand.port, name)).status]).toEqual([name, 200]);
  });

  test('nothing else of the folders around it', async () => {
    for (const path of ['/web/page/..', '/web/page/../server.ts', '/web/page/page.js/x', '/config.ts', '/web/page/none.js'])
      expect([path, (await ask(stand.port, path)).status >= 400]).toEqual([path, true]);
  });
});

describe('for machines', () => {
  test('metrics are of the index', async () => {
    const { text } = await ask(stand.port, '/metrics');
    expect(text).toContain('spitrap_fleet_index_incidents 430');
    expect(text).toContain('spitrap_fleet_incidents_day{state="black-holed"} 4');
    expect(text).toContain('spitrap_fleet_agents_gone 1');
    // Not known is no zero.
    expect(text).not.toMatch(/^spitrap_fleet_behind_messages /m);
  });

  test('ready: not while the engine is away, alive all the same', async () => {
    const away = await standFleet({ engineState: () => ({ connected: false, server: null, why: 'refused' }) });
    try {
      expect(await ask(away.port, '/readyz')).toMatchObject({ status: 503, text: 'engine\n' });
      expect(await ask(away.port, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    } finally {
      await away.close();
    }
  });
});
