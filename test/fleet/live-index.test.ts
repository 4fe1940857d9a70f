/** The stream into the index: several that share one folder, what can not be read, a rebuild while one is served. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { consumeInto } from '../../agent/fleet/consumer.ts';
import type { FleetIndex, FleetIndexAsk } from '../../agent/fleet/index/fleet-index.ts';
import { type LiveIndex, openLiveIndex } from '../../agent/fleet/live-index.ts';
import { rebuildIndex } from '../../agent/fleet/rebuild.ts';
import type { EngineOptions } from '../../agent/fleet-ports.ts';
import { silentLog } from '../../agent/log.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { EVENT_STREAM, encodeRecord, type FleetRecord, messageIdOf, STATE_STREAM, subjectOf } from '../../shared/fleet/record.ts';
import { FakeCluster, type FakeEngine } from '../support/fake-engine.ts';
import { heartbeatRecord, incidentRecord, verdictRecord } from '../support/fleet-records.ts';
import { indexAsk, openTestIndex, testFolder } from '../support/open-test-index.ts';

const options: EngineOptions = { servers: ['nats://127.0.0.1:1'], name: 'test', tls: null, login: { kind: 'none' } };
vi.setConfig({ testTimeout: 90_000 });

const month = { fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 11, 1), where: [] };

/** Real time: rooms that wait here wait some milliseconds. */
function fleet(): {
  readonly cluster: FakeCluster;
  readonly open: () => FakeEngine;
  readonly tell: (...records: FleetRecord[]) => Promise<void>;
} {
  const cluster = new FakeCluster(createClock());
  cluster.make(
    EVENT_STREAM,
    ['incident', 'verdict', 'alarm', 'bundle', 'gap'].map((kind) => `spitrap.*.*.${kind}`),
  );
  cluster.make(STATE_STREAM, ['spitrap.*.*.heartbeat'], 1);
  const agent = cluster.open(options);
  return {
    cluster,
    open: () => cluster.open(options),
    tell: async (...records) => {
      for (const record of records) await agent.publish(subjectOf(record), encodeRecord(record), messageIdOf(record));
    },
  };
}

const incidents = (count: number): FleetRecord[] =>
  Array.from({ length: count }, (_, number) => incidentRecord({ about: `01KLIVE${String(number).padStart(5, '0')}` }));

const liveAsk = (folder: string): FleetIndexAsk => ({ ...indexAsk(folder), clock: createClock() });

async function live(folder: string, engine: FakeEngine): Promise<LiveIndex> {
  const opened = await openLiveIndex({
    ...liveAsk(folder),
    engine,
    log: silentLog,
    keepMs: 3_650 * 86_400_000,
    version: '0.2.0',
    pid: process.pid,
    page: () => null,
  });
  onTestFinished(() => opened.close());
  return opened;
}

const until = async (so: () => boolean): Promise<void> => {
  await expect.poll(so, { timeout: 60_000, interval: 10 }).toBe(true);
};

describe('the stream into the index', () => {
  test('events and heartbeats, and what comes later', async () => {
    const { open, tell } = fleet();
    await tell(...incidents(3), heartbeatRecord());
    const { index } = await live(testFolder(), open());
    await until(() => index().state().incidents === 3 && index().agents(0).length === 1);
    await tell(verdictRecord({ about: '01KLIVE00001' }));
    await until(() => index().show('01KLIVE00001')?.cause === 'failover');
    expect(index().state()).toMatchObject({ records: 4, sequence: 4, unreadable: 0 });
  });

  test('several of one folder share the work, under one name, and are known to each other', async () => {
    const { cluster, open, tell } = fleet();
    const folder = testFolder();
    const all = [await live(folder, open()), await live(folder, open()), await live(folder, open())];
    await tell(...incidents(300));
    await until(() => all[0]!.index().state().incidents === 300);
    expect([...cluster.streams.get(EVENT_STREAM)!.durables.keys()]).toEqual([all[0]!.index().durable]);
    expect(new Set(all.map(({ index }) => index().durable)).size).toBe(1);
    const names = (): readonly string[] =>
      all[1]!
        .index()
        .instances(Date.now())
        .map(({ name }) => name);
    await until(() => names().length === 3);
    expect(names().toSorted()).toEqual(all.map(({ instance }) => instance).toSorted());
    await all[0]!.close();
    expect(names()).toHaveLength(2);
    expect(all[1]!.index().verify()).toEqual([]);
  });

  test('what is no record is set aside with why, and stops nothing', async () => {
    const { cluster, open, tell } = fleet();
    cluster.store('spitrap.fra.hub-2.incident', Buffer.from('{'), null);
    cluster.store('spitrap.fra.hub-1.incident', encodeRecord(incidentRecord()), null);
    cluster.store('spitrap.fra.hub-2.incident', Buffer.alloc(70_000, 0x20), null);
    await tell(...incidents(1));
    const { index } = await live(testFolder(), open());
    await until(() => index().state().sequence === 4);
    expect(index().state()).toMatchObject({ incidents: 1, unreadable: 3 });
    expect(
      index()
        .setAside(10)
        .map(({ sequence, why }) => [sequence, why.slice(0, 30)]),
    ).toEqual([
      [3, '70000 bytes; a record has 6553'],
      [2, 'it is of spitrap.fra.hub-2.inc'],
      [1, 'no JSON'],
    ]);
  });

  test('a record that the index can not take for a reason of its own is set aside, its batch is not', async () => {
    const { open, tell } = fleet();
    await tell(...incidents(20));
    const index = await openTestIndex(liveAsk(testFolder()));
    const faulty: FleetIndex = new Proxy(index, {
      get: (target, key) => {
        if (key !== 'upsert') {
          const value = Reflect.get(target, key, target) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        }
        return async (...[batch, aside]: Parameters<FleetIndex['upsert']>) => {
          if (batch.some(({ record }) => record.about === '01KLIVE00007')) throw new SpitrapError('INTERNAL', 'seven');
          return target.upsert(batch, aside);
        };
      },
    });
    const consumption = consumeInto(faulty, open(), silentLog);
    await until(() => consumption.messages() === 20);
    await consumption.close();
    expect(index.state()).toMatchObject({ incidents: 19, unreadable: 1 });
    expect(index.setAside(1)).toMatchObject([{ sequence: 8, why: 'the index can not take it: seven' }]);
  });

  test('a batch that the disk does not take comes again', async () => {
    const { open, tell } = fleet();
    await tell(...incidents(5));
    const index = await openTestIndex(liveAsk(testFolder()));
    let full = 1;
    const small: FleetIndex = new Proxy(index, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target) as unknown;
        if (key !== 'upsert') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (...args: Parameters<FleetIndex['upsert']>) => {
          if (full-- > 0) throw new SpitrapError('INDEX_FAILED', 'no room left', { retryable: true });
          return target.upsert(...args);
        };
      },
    });
    const consumption = consumeInto(small, open(), silentLog);
    await until(() => index.state().incidents === 5);
    await consumption.close();
    expect(index.state().unreadable).toBe(0);
  });
});

describe('a rebuild', () => {
  const rebuild = (folder: string, engine: FakeEngine) =>
    rebuildIndex({ ...liveAsk(folder), engine, log: silentLog, onProgress: () => {} });

  test('comes to the same, and takes the place of the one that is served', async () => {
    const { cluster, open, tell } = fleet();
    const folder = testFolder();
    const running = await live(folder, open());
    await tell(...incidents(700), ...incidents(3).map((record) => ({ ...record, revision: 9 })), heartbeatRecord());
    await until(() => running.index().state().sequence === 703);
    const before = running.index();
    const [list, durable] = [before.incidents(month, { limit: 1_000, after: null }), before.durable];
    expect(await rebuild(folder, open())).toEqual({ incidents: 700, records: 700, unreadable: 0 });
    // Its name is another, so that the stream was given out from its beginning.
    const fresh = await openTestIndex(liveAsk(folder));
    expect(fresh.durable).not.toBe(durable);
    expect(fresh.incidents(month, { limit: 1_000, after: null })).toEqual(list);
    expect(fresh.verify()).toEqual([]);
    await until(() => running.index().durable === fresh.durable);
    await tell(incidentRecord({ about: '01KAFTER' }));
    await until(() => running.index().show('01KAFTER') !== null);
    expect([...cluster.streams.get(EVENT_STREAM)!.durables.keys()]).not.toContain(fresh.durable === durable ? '' : durable);
  });

  test('of a folder that can not be read', async () => {
    const { open, tell } = fleet();
    await tell(...incidents(4));
    const folder = testFolder();
    mkdirSync(join(folder, 'index'));
    writeFileSync(join(folder, 'index', 'data.mdb'), Buffer.alloc(50_000, 7));
    expect(await rebuild(folder, open())).toMatchObject({ incidents: 4 });
    expect((await openTestIndex(liveAsk(folder))).state().incidents).toBe(4);
  });

  test('of an empty stream, and of none: what is there stays', async () => {
    const { cluster, open } = fleet();
    const folder = testFolder();
    expect(await rebuild(folder, open())).toMatchObject({ incidents: 0 });
    cluster.streams.clear();
    await expect(rebuild(folder, open())).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await openTestIndex(liveAsk(folder));
  });
});
