/**
 * Two built agents beside simulated routers tell a real nats-server, each under an account that may do what docs/fleet.md says and nothing else. The
 * server is killed in the middle of an incident and comes back after it; an agent is killed behind its seal. What the stream has then is what stands
 * on the agents' disks. Needs Debian's nats-server (test/live/setup.sh) and `npm run build`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { keepsOf } from '../../agent/fleet/run-fleet.ts';
import type { Engine } from '../../agent/fleet-ports.ts';
import { natsEngines } from '../../agent/net/nats.ts';
import { sealedIncident } from '../../agent/publish/records.ts';
import { createRandom } from '../../agent/random.ts';
import { BUNDLE_BUCKET, EVENT_STREAM, type FleetRecord, readRecord, STATE_STREAM } from '../../shared/fleet/record.ts';
import { upserted } from '../publish/publishing.ts';
import { type End, ends, LivingPair } from '../support/living-pair.ts';
import { NatsServer, natsServerPath } from '../support/nats-server.ts';

const isThere = natsServerPath !== null;
test('nats-server is there (test/live/setup.sh installs it)', () => {
  if (process.env['CI']) expect(isThere).toBe(true);
});

const site = 'lab';
const device: Readonly<Record<End, string>> = { hub: 'hub1', spoke: 'spoke1' };

/** As docs/fleet.md has them, for one agent. */
function permissionsOf(name: string): string {
  const page = readFileSync(fileURLToPath(new URL('../../docs/fleet.md', import.meta.url)), 'utf8');
  const block = /```\n(permissions: \{[\s\S]*?\n\})\n```/.exec(page)?.[1];
  if (block === undefined) throw new Error('docs/fleet.md has no permissions');
  return block.replaceAll('EAST', site).replaceAll('HUB1', name);
}

const accounts = (): string =>
  `authorization { users: [ { user: "admin", password: "all-of-it" }, ${ends
    .map((end) => `{ user: "${end}", password: "password-of-${end}", ${permissionsOf(device[end])} }`)
    .join(', ')} ] }\n`;

describe.skipIf(!isThere)('agents tell a real server (skipped without nats-server)', () => {
  let nats: NatsServer;
  let pair: LivingPair;
  let admin: Engine;

  beforeAll(async () => {
    nats = await NatsServer.start(accounts());
    const login = { kind: 'user', user: 'admin', password: 'all-of-it' } as const;
    admin = natsEngines(createClock(), createRandom()).open({ servers: [nats.url], name: 'the test', tls: null, login });
    while (!admin.state().connected) await sleep(50);
    const stream = {
      create: true,
      bytesMax: 64 * 1024 * 1024,
      ageMaxMs: 3_600_000,
      bundlesBytesMax: 256 * 1024 * 1024,
      replicas: 1,
    };
    expect(await admin.ensure(keepsOf({ stream }))).toEqual([]);
    pair = await LivingPair.set({
      delayMs: 2_000,
      edit: (text, end) =>
        `${text}site: ${site}\nfleet: { servers: "${nats.url}", user: ${end}, password: { env: SPITRAP_FLEET_${end.toUpperCase()} }, heartbeat: 5s }\n`,
      launch: (end, argv) => ['env', `SPITRAP_FLEET_${end.toUpperCase()}=password-of-${end}`, ...argv],
    });
    await pair.start('hub', 'spoke');
    await Promise.all(ends.map((end) => pair.ready(end)));
  }, 120_000);

  afterAll(async () => {
    await pair?.close();
    await admin?.close();
    await nats?.end();
  });

  const fleetOf = async (end: End) => (await pair.status(end)).fleet!;

  /** All of a stream, each readable as what it came as. */
  async function recordsOf(stream: string): Promise<FleetRecord[]> {
    const state = await admin.streamState(stream);
    const read: FleetRecord[] = [];
    let last = (state?.first ?? 1) - 1;
    const consumer = admin.consume(
      { stream, durable: `test-${stream}`, from: 1, batchMax: 256, ackWaitMs: 30_000 },
      async (batch) => {
        for (const { subject, bytes, sequence } of batch) {
          const one = readRecord(subject, bytes);
          if (one.kind === 'unreadable') throw new Error(one.why);
          read.push(one.record);
          last = Math.max(last, sequence);
        }
      },
    );
    await expect.poll(() => last, { timeout: 20_000 }).toBeGreaterThanOrEqual(state?.last ?? 0);
    await consumer.close();
    await admin.forget(stream, `test-${stream}`);
    return read;
  }

  test('under these accounts they connect, and say that they are there', async () => {
    for (const end of ends) await expect.poll(async () => (await fleetOf(end)).state, { timeout: 30_000 }).toBe('connected');
    await expect
      .poll(async () => (await recordsOf(STATE_STREAM)).map((record) => record.device).sort(), { timeout: 30_000 })
      .toEqual(['hub1', 'spoke1']);
    for (const end of ends) expect(await fleetOf(end)).toMatchObject({ refused: 0, refusing: null, degraded: null });
  }, 90_000);

  test('the server is killed in an incident, an agent behind its seal: no end notices, and all is told when they are back', async () => {
    pair.debugsOn('hub', 'spoke');
    pair.desync();
    await pair.until('the incident is open', async () => (await pair.status('hub')).incidents.length > 0);
    await nats.kill();
    const files = { hub: await pair.sealed('hub'), spoke: await pair.sealed('spoke') };
    await pair.kill('hub');
    for (const end of ends) expect(files[end].outcome).toEqual({ kind: 'complete', reasons: [] });
    pair.quiet('hub', 'spoke');
    expect((await fleetOf('spoke')).state).toBe('away');
    await pair.until('records wait', async () => (await fleetOf('spoke')).waitingRecords > 0);
    await pair.start('hub');
    await nats.run();
    await expect.poll(() => admin.state().connected, { timeout: 60_000 }).toBe(true);
    for (const end of ends)
      await pair.until(
        `all is told by the ${end}`,
        async () => {
          const { waitingRecords, bundlesWaiting, state } = await fleetOf(end);
          return state === 'connected' && waitingRecords === 0 && bundlesWaiting === 0;
        },
        90_000,
      );
    const told = upserted(await recordsOf(EVENT_STREAM));
    const id = files.hub.id;
    expect(files.spoke.id).toBe(id);
    for (const end of ends) {
      const name = device[end];
      const incident = told.get(`${name} incident ${id}`);
      const software = incident?.kind === 'incident' ? incident.body.software : null;
      expect(software).toMatch(/^IOS /);
      expect(incident).toMatchObject({ site, version: expect.any(String), body: sealedIncident(files[end], null, software) });
      const verdict = JSON.parse(readFileSync(join(pair.dataDir(end), 'incidents', id, 'verdict.json'), 'utf8')).verdict;
      expect(told.get(`${name} verdict ${id}`)).toMatchObject({
        body: { cause: verdict.cause, sentence: verdict.sentence, harm: verdict.harm, confidence: verdict.confidence },
      });
      const bundle = told.get(`${name} bundle ${id}`);
      if (bundle?.kind !== 'bundle') throw new Error(`no bundle of ${name} was told`);
      const object = await admin.getObject(BUNDLE_BUCKET, bundle.body.object);
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of object!.chunks) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      expect({ bytes, sha256: hash.digest('hex') }).toEqual({ bytes: bundle.body.bytes, sha256: bundle.body.sha256 });
    }
    // Alarms of it, if there were any, are as the agents have them now; nothing was dropped, nothing refused.
    for (const end of ends) {
      const { alarms } = await pair.status(end);
      const raised = [...told.values()].filter(
        (record) => record.kind === 'alarm' && record.device === device[end] && record.body.state === 'raised',
      );
      expect(raised.map(({ about }) => about).sort()).toEqual(alarms.map(({ key }) => key).sort());
      expect(await fleetOf(end)).toMatchObject({ dropped: {}, refused: 0, refusing: null });
    }
    expect(
      [...told.values()]
        .filter((record) => record.kind === 'incident')
        .map(({ device: of }) => of)
        .sort(),
    ).toEqual(['hub1', 'spoke1']);
  }, 260_000);

  test('an account speaks for its own device alone, and reads nothing', async () => {
    const login = { kind: 'user', user: 'spoke', password: 'password-of-spoke' } as const;
    const stolen = natsEngines(createClock(), createRandom()).open({
      servers: [nats.url],
      name: 'spitrap-spoke1',
      tls: null,
      login,
    });
    await expect.poll(() => stolen.state().connected, { timeout: 20_000 }).toBe(true);
    const refused = /may not publish to/;
    await expect(stolen.publish('spitrap.lab.hub1.incident', Buffer.from('{}'), null)).rejects.toThrow(refused);
    await expect(stolen.publish('spitrap.lab.hub1.heartbeat', Buffer.from('{}'), null)).rejects.toThrow(refused);
    await expect(stolen.streamState(EVENT_STREAM)).rejects.toThrow(refused);
    await expect(stolen.getObject(BUNDLE_BUCKET, 'any')).rejects.toThrow(refused);
    await expect(
      stolen.ensure({ streams: [], buckets: [{ name: 'another', bytesMax: 1024, ageMaxMs: null, replicas: 1 }] }),
    ).rejects.toThrow(refused);
    await expect(stolen.forget(EVENT_STREAM, 'index')).rejects.toThrow(refused);
    await stolen.close();
  }, 60_000);
});
