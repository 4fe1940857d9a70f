import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../../agent/clock.ts';
import type { FleetIndex, StoredRecord } from '../../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../../agent/fleet/index/open-index.ts';
import { Store } from '../../../agent/fleet/index/store.ts';
import type { FleetRecord } from '../../../shared/fleet/record.ts';
import type { FleetQuery } from '../../../shared/fleet/view.ts';
import {
  alarmRecord,
  bundleRecord,
  gapRecord,
  heartbeatRecord,
  incidentRecord,
  iso,
  stored,
  verdictRecord,
} from '../../support/fleet-records.ts';
import { indexAsk, openTestIndex, testFolder } from '../../support/open-test-index.ts';

const AT = Date.UTC(2026, 10, 20, 3, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const month: FleetQuery = { fromMs: AT - 15 * DAY, toMs: AT + 15 * DAY, where: [] };
const first = { limit: 50, after: null };

const put = (index: FleetIndex, ...records: readonly FleetRecord[]) => index.upsert(records.map((one) => stored(one)));

/** One incident of hub and spoke, as both tell it. */
function pair(
  number: number,
  of: { hub?: string; cause?: string; atMs?: number; carrier?: string; heals?: boolean; spoke?: string } = {},
) {
  const { hub = 'hub-2', cause = 'failover', atMs = AT + number * 1_000, carrier = 'Telia', heals = true } = of;
  const about = `01KPAIR${String(number).padStart(6, '0')}`;
  const spoke = of.spoke ?? `branch-${number}`;
  const common = { openedAt: iso(atMs), sealedAt: iso(atMs + 60_000) };
  return [
    incidentRecord({ about, device: hub, atMs, body: { ...common, peers: [{ name: spoke, tags: { carrier } }] } }),
    incidentRecord({
      about,
      site: 'bonn',
      device: spoke,
      atMs,
      body: { ...common, role: 'spoke', peers: [{ name: hub, tags: {} }] },
    }),
    verdictRecord({
      about,
      device: hub,
      atMs,
      body: {
        cause,
        harm: heals ? 'transient' : 'persistent',
        healing: { kind: heals ? 'healed' : 'never', at: null },
        twoEnded: true,
      },
    }),
  ];
}

describe('revisions', () => {
  test('the newest counts, whatever the order; older ones and copies are stale', async () => {
    const index = await openTestIndex();
    const said = (revision: number, outcome: string) => stored(incidentRecord({ revision, body: { outcome } }));
    expect(await index.upsert([said(2, 'second')])).toEqual({ applied: 1, stale: 0 });
    expect(await index.upsert([said(1, 'first')])).toEqual({ applied: 0, stale: 1 });
    expect(index.incidents(month, first).incidents[0]?.ends[0]?.outcome).toBe('second');
    expect(await index.upsert([said(3, 'third'), said(2, 'second')])).toEqual({ applied: 1, stale: 1 });
    expect(index.incidents(month, first).incidents[0]?.ends[0]?.outcome).toBe('third');
    expect(index.state()).toMatchObject({ incidents: 1, records: 1 });
  });

  test('it is there after it was closed', async () => {
    const ask = indexAsk(testFolder());
    const before = await openTestIndex(ask);
    await put(before, ...pair(1), bundleRecord({ about: '01KPAIR000001' }));
    await before.close();
    const index = await openTestIndex(ask);
    expect(index.durable).toBe(before.durable);
    expect(index.show('01KPAIR000001')).toMatchObject({ hub: 'hub-2', spoke: 'branch-1', cause: 'failover', state: 'healed' });
    expect(index.show('01KPAIR000001')?.ends[0]?.bundle?.bytes).toBe(123_456);
  });

  test('a verdict before its incident waits for it', async () => {
    const index = await openTestIndex();
    const [hub, , verdict] = pair(1);
    await put(index, verdict!);
    expect(index.state()).toMatchObject({ incidents: 0, records: 1 });
    expect(index.show('01KPAIR000001')).toBeNull();
    await put(index, hub!);
    expect(index.show('01KPAIR000001')?.cause).toBe('failover');
    expect(index.verify()).toEqual([]);
  });
});

describe('one incident under several ids', () => {
  test('an alias joins them, under the older id, and is found by each', async () => {
    const index = await openTestIndex();
    await put(
      index,
      incidentRecord({ about: '01KB', device: 'hub-1' }),
      incidentRecord({
        about: '01KA',
        site: 'bonn',
        device: 'branch-1',
        body: { role: 'spoke', peers: [{ name: 'hub-1', tags: {} }] },
      }),
    );
    expect(index.state().incidents).toBe(2);
    await put(index, incidentRecord({ about: '01KB', device: 'hub-1', revision: 2, body: { aliases: ['01KA', '01KZ'] } }));
    expect(index.incidents(month, first).incidents.map(({ id, aliases }) => [id, aliases])).toEqual([['01KA', ['01KB', '01KZ']]]);
    for (const id of ['01KA', '01KB', '01KZ']) expect(index.show(id)?.id).toBe('01KA');
    expect(index.matching('01KB', 5)).toEqual(['01KA']);
    expect(index.verify()).toEqual([]);
    await put(index, incidentRecord({ about: '01KB', device: 'hub-1', revision: 3 }));
    expect(index.state().incidents).toBe(2);
    expect(index.verify()).toEqual([]);
  });

  test('a chain of more than is put together stands apart, and together again when it is cut', { timeout: 60_000 }, async () => {
    const index = await openTestIndex();
    const id = (number: number): string => `01KCHAIN${String(number).padStart(5, '0')}`;
    const chain = Array.from({ length: 300 }, (_, number) =>
      incidentRecord({ about: id(number), body: { aliases: number === 0 ? [] : [id(number - 1)] } }),
    );
    await put(index, ...chain);
    expect(index.state().incidents).toBe(300);
    expect(index.verify()).toEqual([]);
    await put(index, incidentRecord({ about: id(150), revision: 2 }));
    expect(index.state().incidents).toBe(2);
    expect(index.verify()).toEqual([]);
  });
});

describe('lists', () => {
  test('pages, newest first, to the end; of one moment too', async () => {
    const index = await openTestIndex();
    // Around the end of a cell, some at the same moment.
    await put(
      index,
      ...Array.from({ length: 60 }, (_, number) =>
        pair(number, { atMs: AT + 2.5 * HOUR + Math.floor(number / 3) * 180_000 }),
      ).flat(),
    );
    const seen: string[] = [];
    const moments: number[] = [];
    for (let after: string | null = null; ; ) {
      const page = index.incidents(month, { limit: 7, after });
      seen.push(...page.incidents.map(({ id }) => id));
      moments.push(...page.incidents.map(({ openedAtMs }) => openedAtMs));
      after = page.next;
      if (after === null) break;
    }
    expect(seen).toHaveLength(60);
    expect(new Set(seen).size).toBe(60);
    expect(moments).toEqual(moments.toSorted((a, b) => b - a));
    expect(() => index.incidents(month, { limit: 5, after: 'page 2' })).toThrow(/no place in a list/);
  });

  test('filtered by two dimensions, and by what no incident has', async () => {
    const index = await openTestIndex();
    await put(
      index,
      ...Array.from({ length: 40 }, (_, number) =>
        pair(number, { carrier: number % 2 === 0 ? 'Telia' : 'Colt', cause: number % 5 === 0 ? 'replay' : 'failover' }),
      ).flat(),
    );
    const where = [
      { dimension: 'tag:carrier', value: 'Telia' },
      { dimension: 'cause', value: 'replay' },
    ] as const;
    expect(index.incidents({ ...month, where }, first).incidents.map(({ spoke }) => spoke)).toEqual([
      'branch-30',
      'branch-20',
      'branch-10',
      'branch-0',
    ]);
    expect(
      index.top('tag:carrier', { ...month, where: [where[1]] }, 5).map(({ value, incidents }) => [value, incidents]),
    ).toEqual([
      ['Colt', 4],
      ['Telia', 4],
    ]);
    expect(index.incidents({ ...month, where: [{ dimension: 'hub', value: 'hub-9' }] }, first)).toEqual({
      incidents: [],
      next: null,
    });
    expect(index.dimensions()).toContain('tag:carrier');
  });

  test('a beginning of four characters finds one, and says which when there are more', async () => {
    const index = await openTestIndex();
    await put(index, incidentRecord({ about: '01KAAA' }), incidentRecord({ about: '01KAAB' }));
    expect(index.show('01KAAB')?.id).toBe('01KAAB');
    expect(index.show('01KA')).toBeNull();
    expect(index.matching('01KA', 10)).toEqual(['01KAAA', '01KAAB']);
    expect(index.show('01K')).toBeNull();
  });

  test('ids that nobody draws', async () => {
    const index = await openTestIndex();
    const ids = ['a\u0000b', 'a\u0001', 'a', '…', 'x'.repeat(500), `${'x'.repeat(499)}y`];
    await put(index, ...ids.map((about) => incidentRecord({ about })));
    expect(index.state().incidents).toBe(ids.length);
    for (const id of ids) expect(index.show(id)?.id).toBe(id);
    expect(index.verify()).toEqual([]);
  });
});

describe('counts', () => {
  test('over time, with empty steps, and the states as of now', async () => {
    const ask = indexAsk(testFolder(), AT + 2 * HOUR);
    const index = await openTestIndex(ask);
    const heals = verdictRecord({
      about: '01KPAIR000002',
      revision: 2,
      body: { harm: 'persistent', healing: { kind: 'at', at: iso(AT + 3 * HOUR) } },
    });
    await put(index, ...pair(1), ...pair(2), heals, ...pair(3, { atMs: AT + 2 * HOUR, heals: false }));
    const steps = () => index.overTime({ fromMs: AT - (AT % HOUR), toMs: AT - (AT % HOUR) + 3 * HOUR, where: [] }, HOUR);
    expect(steps().map(({ incidents, byState }) => [incidents, byState.healed, byState['black-holed']])).toEqual([
      [2, 1, 1],
      [0, 0, 0],
      [1, 0, 1],
    ]);
    await ask.clock.advance(2 * HOUR);
    expect(steps().map(({ byState }) => byState['black-holed'])).toEqual([0, 0, 1]);
    expect(index.show('01KPAIR000002')?.state).toBe('healed');
    expect(index.overTime(month, 1).length).toBeLessThanOrEqual(2_000);
  });
});

describe('groups', () => {
  const storm = (count: number, of: Parameters<typeof pair>[1] = {}) =>
    Array.from({ length: count }, (_, number) => pair(number, { heals: number > 2, ...of })).flat();

  test('a hub that failed over is one event', async () => {
    const index = await openTestIndex();
    await put(index, ...storm(412), ...pair(900, { cause: 'replay' }), ...pair(901, { hub: 'hub-1' }));
    const groups = await index.groups(month, 10);
    expect(groups.map(({ headline }) => headline)).toEqual([
      'hub-2 failed over at 03:12 UTC: 412 spokes, 409 healed by themselves, 3 still black-holed',
    ]);
    const [group] = groups;
    expect(group).toMatchObject({ id: 'hub.hub-2.failover.20261120T0310Z', incidents: 412, others: 412 });
    expect(await index.group(group!.id)).toEqual(group);
    const members = await index.groupMembers(group!.id, { limit: 400, after: null });
    expect(members.incidents).toHaveLength(400);
    expect((await index.groupMembers(group!.id, { limit: 400, after: members.next })).incidents).toHaveLength(12);
  });

  test('it grows while it goes on, under its name; what is late and earlier changes the name, and the old one finds it', async () => {
    const index = await openTestIndex();
    await put(index, ...storm(3, { atMs: AT }));
    const [before] = await index.groups(month, 10);
    await put(
      index,
      ...pair(10, { atMs: AT + 14 * 60_000 }),
      ...pair(11, { atMs: AT + 28 * 60_000 }),
      ...pair(12, { atMs: AT + 44 * 60_000 }),
    );
    expect(await index.groups(month, 10)).toMatchObject([{ id: before!.id, incidents: 5 }]);
    await put(index, ...pair(13, { atMs: AT - 10 * 60_000 }));
    const [after] = await index.groups(month, 10);
    expect(after).toMatchObject({ incidents: 6, fromMs: AT - 10 * 60_000 });
    expect(after!.id).not.toBe(before!.id);
    expect(await index.group(before!.id)).toEqual(after);
  });

  test('over the end of a cell it is one, whichever side has more', async () => {
    const index = await openTestIndex();
    const midnight = Date.UTC(2026, 10, 21);
    const around = [-600_000, -300_000, 0, 300_000].map((offset, number) => pair(number, { atMs: midnight + offset }));
    await put(index, ...around.flat());
    expect(await index.groups(month, 10)).toMatchObject([{ incidents: 4, fromMs: midnight - 600_000, toMs: midnight + 300_000 }]);
    const [group] = await index.groups({ ...month, fromMs: midnight }, 10);
    expect(group).toMatchObject({ incidents: 4 });
    expect(await index.group(group!.id)).toEqual(group);
    expect((await index.groupMembers(group!.id, first)).incidents).toHaveLength(4);
  });

  test('what goes on for days is cut where cells end', async () => {
    const index = await openTestIndex();
    const from = Date.UTC(2026, 10, 21);
    await put(
      index,
      ...Array.from({ length: 60 }, (_, number) => pair(number, { atMs: from + number * 600_000, cause: 'replay' })).flat(),
    );
    expect((await index.groups(month, 10)).map(({ fromMs, incidents }) => [fromMs, incidents])).toEqual([
      [from + 6 * HOUR, 24],
      [from, 36],
    ]);
  });

  test("an incident is in one group: its longest chain's", async () => {
    const index = await openTestIndex();
    // branch-1 meets hub-2 five times, in the middle of a storm of hub-2's; and hub-1 three times.
    const own = Array.from({ length: 5 }, (_, number) => pair(100 + number, { spoke: 'branch-1', atMs: AT + number * 1_000 }));
    const other = Array.from({ length: 3 }, (_, number) =>
      pair(200 + number, { spoke: 'branch-1', hub: 'hub-1', atMs: AT + number * 1_000 }),
    );
    await put(index, ...storm(20, { atMs: AT }), ...own.flat(), ...other.flat());
    expect((await index.groups(month, 10)).map(({ role, device, incidents }) => [role, device, incidents])).toEqual([
      ['hub', 'hub-2', 25],
      ['spoke', 'branch-1', 3],
    ]);
    expect(
      (await index.groups({ ...month, where: [{ dimension: 'hub', value: 'hub-1' }] }, 10)).map(({ device }) => device),
    ).toEqual(['branch-1']);
  });

  test('two are none; one incident of a hub with three spokes is one', async () => {
    const index = await openTestIndex();
    await put(index, ...storm(2));
    expect(await index.groups(month, 10)).toEqual([]);
    const peers = ['a', 'b', 'c'].map((name) => ({ name, tags: {} }));
    await put(index, incidentRecord({ about: '01KMANY', device: 'hub-7', body: { peers, harm: 'transient' } }));
    expect((await index.groups(month, 10)).map(({ headline }) => headline)).toEqual([
      'hub-7 had incidents that are not judged yet at 03:12 UTC: 3 spokes in 1 incident, 3 healed by themselves',
    ]);
  });
});

describe('the fleet as it is', () => {
  test('agents, and those that are gone', async () => {
    const index = await openTestIndex();
    await put(index, heartbeatRecord({ device: 'hub-1' }), heartbeatRecord({ device: 'hub-2', version: '0.3.0' }));
    await index.upsert([
      { record: heartbeatRecord({ device: 'hub-2', version: '0.3.0', revision: 2 }), sequence: 0, storedAtMs: AT + 80_000 },
    ]);
    const now = index.now(AT + 100_000);
    expect(now).toMatchObject({ agents: 2, silentPairsCount: 1, halfArmedCount: 0 });
    expect(now.gone.map(({ device }) => device)).toEqual(['hub-1']);
    expect(now.armed.map(({ device }) => device)).toEqual(['hub-1', 'hub-2']);
    expect(now.versions).toEqual([
      { version: '0.2.0', agents: 1 },
      { version: '0.3.0', agents: 1 },
    ]);
  });

  test('an agent whose disk is new begins again at revision 1, and is heard', async () => {
    const index = await openTestIndex();
    await index.upsert([{ record: heartbeatRecord({ revision: 900 }), sequence: 0, storedAtMs: AT }]);
    await index.upsert([{ record: heartbeatRecord({ revision: 1, version: '0.9.0' }), sequence: 0, storedAtMs: AT + 30_000 }]);
    expect(index.agents(AT).map(({ version }) => version)).toEqual(['0.9.0']);
  });

  test('alarms stand until they are cleared, and a late word does not raise them again', async () => {
    const index = await openTestIndex();
    await put(index, alarmRecord({ revision: 1 }));
    expect(index.alarms(10).map(({ key }) => key)).toEqual(['debugs-on']);
    await put(index, alarmRecord({ revision: 2, body: { state: 'cleared' } }), alarmRecord({ revision: 1 }));
    expect(index.alarms(10)).toEqual([]);
    await put(index, gapRecord());
    expect(index.state().gaps).toMatchObject([{ device: 'hub-2', gap: { dropped: { incident: 3 } } }]);
  });
});

describe('bounds', () => {
  test('names of tags beyond the limit are told with their incident and not counted by', async () => {
    const index = await openTestIndex();
    const tags = Object.fromEntries(Array.from({ length: 100 }, (_, number) => [`key-${number}`, 'x']));
    await put(index, incidentRecord({ body: { tags } }));
    expect(index.dimensions().filter((one) => one.startsWith('tag:'))).toHaveLength(64);
    expect(index.state().otherValues).toBe(36);
    expect(Object.keys(index.incidents(month, first).incidents[0]!.ends[0]!.tags)).toHaveLength(100);
    expect(index.verify()).toEqual([]);
  });

  test('alarms of one device', async () => {
    const index = await openTestIndex();
    await put(index, ...Array.from({ length: 600 }, (_, number) => alarmRecord({ about: `alarm-${number}` })));
    expect(index.alarms(1_000)).toHaveLength(512);
    expect(index.state().beyondLimits).toBe(88);
    expect(index.verify()).toEqual([]);
  });

  test('what is set aside: the newest thousand are kept, all are counted, none twice', async () => {
    const index = await openTestIndex();
    const aside = Array.from({ length: 1_200 }, (_, number) => ({
      stream: 'SPITRAP',
      sequence: number + 1,
      subject: 'spitrap.x.y.incident',
      storedAtMs: AT,
      why: 'no JSON',
      excerpt: 'x',
    }));
    await index.upsert([], aside);
    await index.upsert([], aside.slice(-100));
    expect(index.state().unreadable).toBe(1_200);
    expect(index.setAside(2_000)).toHaveLength(1_000);
    expect(index.setAside(1)[0]?.sequence).toBe(1_200);
    expect(index.verify()).toEqual([]);
  });

  test('what is older than is kept goes, in pieces, and does not come back', async () => {
    const index = await openTestIndex({ ...indexAsk(testFolder()), clock: createClock() });
    const old = Array.from({ length: 1_100 }, (_, number) => pair(number, { atMs: AT + number * 30_000 }));
    await put(index, ...old.flat(), verdictRecord({ about: '01KORPHAN', atMs: AT }), ...pair(5_000, { atMs: AT + 5 * DAY }));
    expect(await index.prune(AT + 5 * DAY, 3 * DAY)).toBe(1_100);
    expect(index.state()).toMatchObject({ incidents: 1, records: 3 });
    expect(index.verify()).toEqual([]);
    await put(index, ...old[0]!);
    expect(index.state()).toMatchObject({ incidents: 1, records: 3, tooOld: 3 });
    expect(index.incidents(month, first).incidents.map(({ spoke }) => spoke)).toEqual(['branch-5000']);
  });
});

describe('a folder that is not in order', () => {
  const filled = async (): Promise<string> => {
    const folder = testFolder();
    const index = await openFleetIndex(indexAsk(folder));
    await index.upsert(
      Array.from({ length: 100 }, (_, number) => pair(number))
        .flat()
        .map((one): StoredRecord => stored(one)),
    );
    await index.close();
    return folder;
  };
  const refused = (folder: string): Promise<unknown> => openFleetIndex(indexAsk(folder)).catch((error: unknown) => error);

  test('torn: a file that lost its end', async () => {
    const folder = await filled();
    const data = join(folder, 'index', 'data.mdb');
    truncateSync(data, Math.floor(statSync(data).size / 2 / 4096) * 4096);
    expect(await refused(folder)).toMatchObject({
      code: 'INDEX_UNREADABLE',
      message: expect.stringMatching(/torn.*spitrap fleet rebuild/),
    });
    truncateSync(data, 100);
    expect(await refused(folder)).toMatchObject({ code: 'INDEX_UNREADABLE' });
  });

  test('shorter by pages that nothing is on: opened, and whole', async () => {
    const folder = await filled();
    const data = join(folder, 'index', 'data.mdb');
    const store = new Store(join(folder, 'index'));
    const scratch = store.table('scratch');
    store.write(() => scratch.put(Buffer.from('large'), Buffer.alloc(200_000)));
    store.write(() => scratch.remove(Buffer.from('large')));
    await store.close();
    // As LMDB itself leaves it when a transaction takes back what it wrote last.
    truncateSync(data, statSync(data).size - 16 * 4096);
    const index = await openTestIndex(indexAsk(folder));
    expect(index.verify()).toEqual([]);
    expect(index.state().incidents).toBe(100);
  });

  test('garbage', async () => {
    const folder = testFolder();
    mkdirSync(join(folder, 'index'));
    writeFileSync(join(folder, 'index', 'data.mdb'), Buffer.alloc(100_000, 'not an index '));
    expect(await refused(folder)).toMatchObject({
      code: 'INDEX_UNREADABLE',
      message: expect.stringContaining('spitrap fleet rebuild'),
    });
  });

  test('of another schema', async () => {
    const folder = await filled();
    const store = new Store(join(folder, 'index'));
    const meta = store.table('meta');
    store.write(() => meta.put(Buffer.from('about'), Buffer.from('{"schema":9,"durable":"x"}')));
    await store.close();
    expect(await refused(folder)).toMatchObject({
      code: 'INDEX_UNREADABLE',
      message: expect.stringMatching(/schema 9, not 1.*rebuild/),
    });
  });

  test('a file that names another index, and no index of ours', async () => {
    const folder = await filled();
    writeFileSync(join(folder, 'current'), '../../etc\n');
    expect(await refused(folder)).toMatchObject({ code: 'INDEX_UNREADABLE' });
  });
});
