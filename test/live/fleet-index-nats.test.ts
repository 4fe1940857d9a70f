/**
 * The stream of a real nats-server into one index: two `spitrap fleet` instances share the work, one is killed -9 in the middle of 20,000 records,
 * and the server itself too; all is there once. Needs Debian's nats-server (test/live/setup.sh).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { natsEngines } from '../../agent/net/nats.ts';
import { createRandom } from '../../agent/random.ts';
import { EVENT_STREAM, encodeRecord, messageIdOf, STATE_STREAM, subjectOf } from '../../shared/fleet/record.ts';
import { estateRecords } from '../support/fleet-records.ts';
import { makeWriters, type Writers } from '../support/index-writers.ts';
import { NatsServer, natsServerPath } from '../support/nats-server.ts';
import { indexAsk, openTestIndex, testFolder } from '../support/open-test-index.ts';

const RECORDS = 20_000;
const isThere = natsServerPath !== null;

test('nats-server is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI'] !== undefined) expect(isThere).toBe(true);
});

let nats: NatsServer;
let consumers: Writers;
beforeAll(async () => {
  if (!isThere) return;
  nats = await NatsServer.start();
  consumers = await makeWriters('test/support/index-consumer.ts');
}, 60_000);
afterAll(async () => {
  consumers?.remove();
  await nats?.end();
});

test.skipIf(!isThere)(
  'two share the work, one is killed, the server is killed: nothing lost, nothing twice',
  { timeout: 240_000 },
  async () => {
    const engine = natsEngines(createClock(), createRandom()).open({
      servers: [nats.url],
      name: 'test',
      tls: null,
      login: { kind: 'none' },
    });
    const connected = (): Promise<void> =>
      expect.poll(() => engine.state().connected, { timeout: 30_000, interval: 50 }).toBe(true);
    await connected();
    const keeps = { bytesMax: 1024 ** 3, ageMaxMs: null, duplicateWindowMs: 120_000, replicas: 1 };
    await engine.ensure({
      streams: [
        {
          ...keeps,
          name: EVENT_STREAM,
          subjects: ['incident', 'verdict', 'alarm', 'bundle', 'gap'].map((kind) => `spitrap.*.*.${kind}`),
          perSubjectMax: null,
        },
        { ...keeps, name: STATE_STREAM, subjects: ['spitrap.*.*.heartbeat'], perSubjectMax: 1 },
      ],
      buckets: [],
    });
    const toMs = Date.UTC(2026, 10, 21);
    const records = [...estateRecords({ hubs: 6, spokes: 500, incidents: RECORDS / 4, fromMs: toMs - 86_400_000, toMs })];
    expect(records).toHaveLength(RECORDS);
    const folder = testFolder();
    const first = consumers.start(folder, nats.url);
    const second = consumers.start(folder, nats.url);
    const publish = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 500)
        await Promise.all(
          records
            .slice(at, Math.min(to, at + 500))
            .map((record) => engine.publish(subjectOf(record), encodeRecord(record), messageIdOf(record))),
        );
    };
    const published = publish(0, RECORDS / 2);
    await first.reached(2_000);
    first.child.kill('SIGKILL');
    expect((await first.ended).code).toBeNull();
    await published;
    await nats.kill();
    await nats.run();
    await expect.poll(() => engine.state().connected, { timeout: 30_000, interval: 50 }).toBe(true);
    // One more takes its place, as a service manager would have it.
    const third = consumers.start(folder, nats.url);
    await publish(RECORDS / 2, RECORDS);

    const index = await openTestIndex(indexAsk(folder, toMs));
    // What the killed one had not acknowledged comes again after a minute.
    await expect.poll(() => index.state().records, { timeout: 150_000, interval: 250 }).toBe(RECORDS);
    for (const one of [second, third]) {
      one.child.kill('SIGTERM');
      expect(await one.ended).toEqual({ code: 0, errors: '' });
    }
    expect(index.state()).toMatchObject({ incidents: RECORDS / 4, records: RECORDS, unreadable: 0 });
    expect(index.verify()).toEqual([]);
    // Both had a part of it.
    expect(second.acknowledged()).toBeGreaterThan(0);
    expect(third.acknowledged()).toBeGreaterThan(0);
    await engine.close();
  },
);
