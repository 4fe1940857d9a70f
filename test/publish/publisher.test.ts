/** What an agent tells reaches the engine at least once, in order, over its absence, its faults, ours, and a disk that fails at any write. */
import { describe, expect, test } from 'vitest';
import { encodeRecord, messageIdOf, RECORD_BYTES_MAX } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { alarm, cluster, desk, incident, records, texts, unstarted, upserted } from './publishing.ts';

const HOUR = 3_600_000;
const told = async (clock: FakeClock): Promise<void> => clock.advance(2_000);

describe('telling', () => {
  test('a record is told once in the same words, and again in others with a higher revision', async () => {
    const { publisher, cluster, clock } = await desk();
    expect(publisher.tell('incident', 'A', incident())).toBe(true);
    expect(publisher.tell('incident', 'A', incident())).toBe(false);
    await told(clock);
    clock.stepWall(-10 * HOUR);
    expect(publisher.tell('incident', 'A', incident({ harm: 'persistent' }))).toBe(true);
    await told(clock);
    const [first, second] = records(cluster);
    expect(records(cluster)).toHaveLength(2);
    expect(first).toMatchObject({ site: 'east', device: 'hub1', kind: 'incident', about: 'A', version: '0.9.0' });
    expect(second!.revision).toBeGreaterThan(first!.revision);
    expect(publisher.status()).toMatchObject({ connected: true, sent: 2, waiting: { records: 0 }, lastError: null });
  });

  test('what is told before it was started is told by whoever tells it again', async () => {
    const { publisher, clock } = unstarted();
    expect(publisher.tell('alarm', 'k', alarm('early'))).toBe(false);
    const starting = publisher.start();
    await clock.advance(1);
    await starting;
    expect(publisher.tell('alarm', 'k', alarm('early'))).toBe(true);
  });

  test('our own secrets are taken out; what is too large is told shortened and says so', async () => {
    const { publisher, cluster, clock } = await desk({ clean: (text) => text.replaceAll('s3cret', '<redacted>') });
    publisher.tell('alarm', 'k', alarm(`password s3cret ${'x'.repeat(5_000)}`));
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`tag${index}`, 'y'.repeat(255)]));
    const peers = Array.from({ length: 200 }, (_, index) => ({ name: `spoke${index}`, tags }));
    publisher.tell('incident', 'A', incident({ peers, aliases: Array.from({ length: 100 }, (_, index) => `ID${index}`) }));
    await told(clock);
    const [first, second] = records(cluster);
    expect(JSON.stringify(first)).not.toContain('s3cret');
    expect(texts([first!])[0]).toMatch(/^password <redacted> x+…$/);
    expect(encodeRecord(second!).length).toBeLessThanOrEqual(RECORD_BYTES_MAX);
    const body = second!.body as ReturnType<typeof incident>;
    expect(body.peers.map(({ name }) => name)).toEqual(Array.from({ length: 8 }, (_, index) => `spoke${index}`));
    expect(body.aliases.at(-1)).toBe('… 93 more');
    expect(body.firstFlow).toEqual(incident().firstFlow);
    // The same again is the same words, cut as they were.
    expect(
      publisher.tell('incident', 'A', incident({ peers, aliases: Array.from({ length: 100 }, (_, index) => `ID${index}`) })),
    ).toBe(false);
  });

  test('heartbeats come in time, only while somebody hears them, and do not wait in the spool', async () => {
    const { publisher, cluster, clock } = await desk();
    let beats = 0;
    publisher.beat(() => {
      beats++;
      return {
        ...{
          startedAt: '2026-03-12T18:00:00.000Z',
          everyMs: 60_000,
          role: 'hub',
          mode: 'act',
          hold: false,
          address: '192.0.2.1',
        },
        ...{ platform: 'cisco-ios', software: null, tags: {}, alarms: beats, spool: { waiting: 0, bytes: 0, dropped: 0 } },
        armed: { state: 'disarmed', by: null, leaseEndsAt: null, debugs: [] },
        peers: { count: 1, silentCount: 0, silent: [], halfArmedCount: 0, halfArmed: [] },
      } as const satisfies Parameters<typeof publisher.beat>[0] extends () => infer B ? B : never;
    });
    await clock.advance(10 * 60_000);
    expect(publisher.status().heartbeats).toBeGreaterThanOrEqual(10);
    expect(publisher.status().heartbeats).toBeLessThanOrEqual(12);
    // One is kept of each agent, the last.
    expect(records(cluster, 'SPITRAP_STATE')).toMatchObject([{ kind: 'heartbeat', body: { alarms: beats } }]);
    const before = beats;
    cluster.away = true;
    await clock.advance(10 * 60_000);
    expect(beats).toBe(before);
    cluster.away = false;
    await clock.advance(limits.fleetFirstBeatMs);
    expect(beats).toBe(before + 1);
    expect(publisher.status().waiting.records).toBe(0);
  });
});

describe('the engine', () => {
  test('away for hours: nothing is lost, and it comes in order when it is back', async () => {
    const { publisher, cluster, clock } = await desk();
    cluster.away = true;
    const wanted: string[] = [];
    for (let index = 0; index < 500; index++) {
      wanted.push(`n${index}`);
      publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
      await clock.advance(60_000);
    }
    expect(publisher.status()).toMatchObject({ connected: false, waiting: { records: 500 }, sent: 0 });
    cluster.away = false;
    await told(clock);
    expect(texts(records(cluster))).toEqual(wanted);
    expect(publisher.status()).toMatchObject({ connected: true, waiting: { records: 0, bytes: 0 }, sent: 500 });
  });

  test('acknowledgements that are lost: sent again, one message each within the engine’s window, the same id beyond it', async () => {
    const { publisher, cluster, clock } = await desk();
    cluster.duplicateWindowMs = 0;
    cluster.loseAcknowledgements = 7;
    for (let index = 0; index < 5; index++) publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await clock.advance(HOUR);
    const all = records(cluster);
    expect(all.length).toBeGreaterThan(5);
    expect(new Set(all.map(messageIdOf)).size).toBe(5);
    expect(upserted(all).size).toBe(5);
    expect(publisher.status().waiting.records).toBe(0);
  });

  test('one that never answers holds nothing up for ever: it is asked again', async () => {
    const { publisher, cluster, clock } = await desk();
    cluster.hangs = true;
    publisher.tell('alarm', 'k', alarm('one'));
    await clock.advance(limits.fleetPublishMs - 1_000);
    expect(publisher.status().lastError).toBeNull();
    await clock.advance(2_000);
    expect(publisher.status().lastError).toContain('no answer within');
    cluster.hangs = false;
    await clock.advance(120_000);
    expect(texts(records(cluster))).toEqual(['one']);
  });

  test('a record that it refuses while it takes others is set aside, and blocks nobody', async () => {
    const { publisher, cluster, clock, disk } = await desk();
    cluster.refuse = (_subject, bytes) => (Buffer.from(bytes).includes('poison') ? 'too bad' : null);
    publisher.tell('alarm', 'k0', alarm('poison'));
    for (let index = 1; index <= 200; index++) publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await clock.advance(1_000);
    expect(texts(records(cluster))).toHaveLength(200);
    expect(publisher.status()).toMatchObject({
      refused: 0,
      refusing: expect.stringContaining('too bad'),
      waiting: { records: 201 },
    });
    await clock.advance(5 * 60_000);
    publisher.tell('alarm', 'later', alarm('later'));
    await clock.advance(5 * 60_000);
    expect(publisher.status()).toMatchObject({ refused: 1, refusing: null, waiting: { records: 0 } });
    const aside = disk.content('/data/fleet/refused.jsonl').toString().trim().split('\n');
    expect(aside).toHaveLength(1);
    expect(JSON.parse(aside[0]!)).toMatchObject({
      why: expect.stringContaining('too bad'),
      record: { about: 'k0', body: { text: 'poison' } },
    });
  });

  test('while it refuses all, nothing is set aside: an account can be mended', async () => {
    const { publisher, cluster, clock, disk } = await desk();
    cluster.refuse = () => 'not allowed';
    for (let index = 0; index < 100; index++) publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await clock.advance(6 * HOUR);
    expect(publisher.status()).toMatchObject({ refused: 0, sent: 0, waiting: { records: 100 } });
    expect(disk.paths).not.toContain('/data/fleet/refused.jsonl');
    cluster.refuse = () => null;
    await clock.advance(120_000);
    expect(upserted(records(cluster)).size).toBe(100);
    expect(publisher.status()).toMatchObject({ waiting: { records: 0 }, refusing: null });
  });
});

describe('the spool is full', () => {
  test('whole segments go, the oldest first, counted in one record; what still stands is told again when all was told', async () => {
    const { publisher, cluster, clock } = await desk({ spoolBytesMax: 1024 * 1024 });
    let again = 0;
    publisher.onDrained(() => again++);
    cluster.away = true;
    const words = 'w'.repeat(1_500);
    for (let index = 0; index < 1_500; index++) {
      publisher.tell('alarm', `k${index}`, alarm(`${index} ${words}`));
      if (index % 20 === 0) await clock.advance(100);
    }
    await clock.advance(1_000);
    const { waiting, dropped } = publisher.status();
    expect(waiting.bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(dropped['alarm']).toBe(1_500 - waiting.records);
    expect(publisher.told('alarm', 'k0')).toBe(false);
    expect(publisher.told('alarm', 'k1499')).toBe(true);
    cluster.away = false;
    await clock.advance(5_000);
    const all = records(cluster);
    const gaps = all.filter((record) => record.kind === 'gap');
    expect(gaps.at(-1)).toMatchObject({ about: '', body: { dropped: { alarm: dropped['alarm'] } } });
    // In order, and without a hole but the one at the beginning.
    expect(texts(all).map((text) => Number(text.split(' ')[0]))).toEqual(
      Array.from({ length: waiting.records }, (_, index) => 1_500 - waiting.records + index),
    );
    expect(again).toBe(1);
    expect(publisher.tell('alarm', 'k0', alarm(`0 ${words}`))).toBe(true);
  });

  test('a crash at the drop counts nothing twice', async () => {
    const opened = await desk({ spoolBytesMax: 1024 * 1024 });
    opened.cluster.away = true;
    for (let index = 0; index < 1_000; index++) {
      opened.publisher.tell('alarm', `k${index}`, alarm(`${index} ${'w'.repeat(1_500)}`));
      if (index % 20 === 0) await opened.clock.advance(100);
    }
    await opened.clock.advance(1_000);
    const { dropped, waiting } = opened.publisher.status();
    const again = await desk({
      disk: opened.disk.clone(),
      clock: opened.clock,
      cluster: opened.cluster,
      spoolBytesMax: 1024 * 1024,
    });
    expect(again.publisher.status()).toMatchObject({ dropped, waiting: { records: waiting.records } });
  });
});

describe('the disk', () => {
  test('one that hangs or refuses keeps nobody waiting; what is told meanwhile comes when it is back', async () => {
    const { publisher, cluster, clock, disk } = await desk();
    disk.fail('any', 'ENOSPC', Number.POSITIVE_INFINITY, '/spool/');
    for (let index = 0; index < 50; index++) publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await clock.advance(60_000);
    expect(publisher.status()).toMatchObject({ degraded: expect.stringContaining('ENOSPC'), waiting: { records: 50 } });
    disk.heal();
    await clock.advance(limits.diskRetryMaxMs + 1_000);
    expect(texts(records(cluster))).toHaveLength(50);
    expect(publisher.status()).toMatchObject({ degraded: null, waiting: { records: 0 } });
    disk.stall();
    publisher.tell('alarm', 'slow', alarm('slow'));
    await clock.advance(10_000);
    expect(texts(records(cluster))).toHaveLength(50);
    disk.resume();
    await clock.advance(1_000);
    expect(texts(records(cluster)).at(-1)).toBe('slow');
  });

  test('beyond what waits in memory it is counted, and told again', async () => {
    const { publisher, cluster, clock, disk } = await desk();
    disk.fail('any', 'EIO', Number.POSITIVE_INFINITY, '/spool/');
    for (let index = 0; index < limits.fleetPendingRecordsMax + 10; index++) publisher.tell('alarm', `k${index}`, alarm('x'));
    expect(publisher.status().dropped).toEqual({ alarm: 10 });
    let again = 0;
    publisher.onDrained(() => again++);
    disk.heal();
    await clock.advance(limits.diskRetryMaxMs + 5_000);
    expect(again).toBe(1);
    expect(upserted(records(cluster)).get('hub1 gap ')).toBeUndefined();
    cluster.away = true;
    cluster.away = false;
    await clock.advance(1_000);
    expect(upserted(records(cluster)).get('hub1 gap ')).toMatchObject({ body: { dropped: { alarm: 10 } } });
  });

  /** All writes of a life, one after the other: the machine goes at each of them, with all, a part or nothing of what was not synced. */
  test.each([0, 0.4, 1])(
    'a crash at any write, %d of the unsynced bytes kept: nothing that stood on disk is lost, nothing is told twice under two ids',
    async (share) => {
      const abouts = Array.from({ length: 40 }, (_, index) => `k${index}`);
      const life = async (
        disk: FakeDisk,
        engines: ReturnType<typeof cluster>,
        clock: FakeClock,
        until: () => boolean,
      ): Promise<void> => {
        const { publisher } = await desk({ disk, clock, cluster: engines });
        for (const [index, about] of abouts.entries()) {
          if (until()) return;
          publisher.tell('alarm', about, alarm(about));
          if (index % 3 === 0) await clock.advance(index % 2 === 0 ? 300 : 1_500);
          engines.away = index % 10 > 6;
        }
        engines.away = false;
        await clock.advance(20_000);
      };
      const whole = new FakeDisk();
      let writes = 0;
      whole.onWritten = () => writes++;
      const clock = new FakeClock();
      await life(whole, cluster(clock), clock, () => false);
      expect(writes).toBeGreaterThan(40);
      for (let at = 1; at <= writes; at += 3) {
        const now = new FakeClock();
        const engines = cluster(now);
        engines.duplicateWindowMs = 0;
        const disk = new FakeDisk();
        let seen = 0;
        let after: FakeDisk | null = null;
        disk.onWritten = () => {
          if (++seen !== at) return;
          after = disk.clone();
        };
        await life(disk, engines, now, () => after !== null);
        const crashed = (after ?? disk) as FakeDisk;
        crashed.losePower(share);
        // The process is gone: it sends nothing any more.
        await engines.opened[0]!.close();
        const before = new Set(records(engines).map(messageIdOf));
        // The run after it knows what there is, and says so again: what was told is not told anew.
        await life(crashed, engines, now, () => false);
        const all = records(engines);
        expect(new Set(texts(all)), `crash at write ${at}`).toEqual(new Set(abouts));
        const ids = new Map<string, Set<string>>();
        for (const record of all) ids.set(record.about, (ids.get(record.about) ?? new Set()).add(messageIdOf(record)));
        // What the first run told and had on disk keeps its id; what it lost was never told.
        const twice = [...ids].filter(([, of]) => of.size > 1);
        expect(
          twice.map(([about]) => about),
          `crash at write ${at} of ${writes}, ${before.size} told before`,
        ).toEqual([]);
      }
    },
  );

  test('torn and damaged lines are left out and said; a ledger that is damaged is put aside, and all is told again with higher numbers', async () => {
    const opened = await desk();
    opened.cluster.away = true;
    for (let index = 0; index < 10; index++) opened.publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await opened.clock.advance(1_000);
    const disk = opened.disk.clone();
    const segment = disk.paths.find((path) => path.endsWith('.log'))!;
    const lines = disk.content(segment).toString().split('\n');
    lines[3] = lines[3]!.replace('n3', 'n9');
    disk.put(segment, `${lines.join('\n').slice(0, -30)}`);
    disk.put('/data/fleet/ledger.json', '{"schema":1,');
    const again = await desk({ disk, clock: opened.clock, cluster: opened.cluster });
    expect(again.publisher.status().waiting.records).toBe(8 + 1);
    expect(disk.paths).toContain('/data/fleet/ledger.json.damaged');
    opened.cluster.away = false;
    for (let index = 0; index < 10; index++) again.publisher.tell('alarm', `k${index}`, alarm(`n${index}`));
    await opened.clock.advance(5_000);
    expect(upserted(records(opened.cluster)).size).toBe(10);
  });

  test('what was told goes from the disk, and what was told last is remembered over a restart', async () => {
    const { publisher, cluster, clock, disk } = await desk({ spoolBytesMax: 1024 * 1024 });
    for (let index = 0; index < 600; index++) {
      publisher.tell('alarm', `k${index}`, alarm(`${index} ${'w'.repeat(1_500)}`));
      if (index % 50 === 0) await clock.advance(500);
    }
    await clock.advance(10_000);
    expect(records(cluster)).toHaveLength(600);
    expect(disk.paths.filter((path) => path.endsWith('.log')).length).toBeLessThanOrEqual(2);
    const closing = publisher.close();
    await clock.advance(5_000);
    await closing;
    const again = await desk({ disk, clock, cluster });
    for (let index = 0; index < 600; index++)
      expect(again.publisher.tell('alarm', `k${index}`, alarm(`${index} ${'w'.repeat(1_500)}`))).toBe(false);
    await clock.advance(5_000);
    expect(records(cluster)).toHaveLength(600);
  });
});
