/** One process of a fleet, wired over an engine in memory and a real folder: what it makes, what it shows while the engine is away, two on one folder, its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FleetConfig, indexFolder } from '../../agent/fleet/config.ts';
import { type RunningFleet, runFleet } from '../../agent/fleet/run-fleet.ts';
import { createLog } from '../../agent/log.ts';
import type { World } from '../../agent/ports.ts';
import { createWorld } from '../../agent/world.ts';
import { encodeRecord, subjectOf } from '../../shared/fleet/record.ts';
import { FakeCluster } from '../support/fake-engine.ts';
import { failover, told } from '../support/fleet-night.ts';
import { ask, plainPage } from '../support/page-stand.ts';

let folder: string;
let world: World;
let cluster: FakeCluster;
let running: RunningFleet[];
const said: string[] = [];
const log = createLog({ level: 'debug', format: 'json', secrets: [] }, { write: (text) => void said.push(text), isTTY: false });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-run-fleet-'));
  const made = createWorld();
  cluster = new FakeCluster(made.clock);
  world = { ...made, engines: cluster };
  running = [];
  said.length = 0;
});
afterEach(async () => {
  for (const fleet of running) await fleet.stop('the test is over');
  rmSync(folder, { recursive: true, force: true });
});

const config = (): FleetConfig => ({
  engine: { servers: ['nats://127.0.0.1:4222'], name: 'spitrap-fleet', tls: null, login: { kind: 'none' } },
  folder,
  page: plainPage,
  stream: { create: true, bytesMax: 1e9, ageMaxMs: 1e9, bundlesBytesMax: 1e9, replicas: 1 },
  keepMs: 1e10,
  log: { level: 'info', format: 'json' },
});

async function start(): Promise<RunningFleet> {
  const fleet = await runFleet(config(), world, log, { version: '1.0.0', pid: 7 });
  running.push(fleet);
  return fleet;
}

const portOf = ({ url }: RunningFleet): number => Number(new URL(url).port);
const overview = async (fleet: RunningFleet) =>
  JSON.parse((await ask(portOf(fleet), '/api/v1/now')).text) as {
    engine: { connected: boolean };
    index: { incidents: number };
    instances: unknown[];
  };

/** Of one night's hundred. */
async function publish(to: number, from = 0): Promise<void> {
  const agent = cluster.open({ ...config().engine, name: 'an agent' });
  for (const record of failover(Date.now(), 100, 0).slice(from, to).flatMap(told))
    await agent.publish(subjectOf(record), encodeRecord(record), null);
}

test('what is absent in the engine is made, what agents tell is on the page', async () => {
  const fleet = await start();
  await expect.poll(() => [...cluster.streams.keys()].sort()).toEqual(['SPITRAP', 'SPITRAP_STATE']);
  await publish(30);
  await expect.poll(async () => (await overview(fleet)).index.incidents, { timeout: 20_000 }).toBe(30);
  expect(fleet.ailing()).toBeNull();
  expect(fleet.line()).toMatch(/^fleet: 30 incidents, .*http:\/\/127\.0\.0\.1:\d+$/);
}, 60_000);

test('the engine is away at the start: the page stands, says so, and the streams are made when it is there', async () => {
  cluster.away = true;
  const fleet = await start();
  expect((await overview(fleet)).engine.connected).toBe(false);
  expect((await ask(portOf(fleet), '/readyz')).status).toBe(503);
  expect(fleet.line()).toContain('engine away');
  cluster.away = false;
  await expect.poll(() => cluster.streams.size).toBe(2);
  expect(said.join('')).toContain('"event":"engine-connected"');
}, 60_000);

test('two on one folder share the work, and know of each other', async () => {
  const [one, other] = [await start(), await start()];
  await expect.poll(() => cluster.streams.size).toBe(2);
  await publish(40);
  for (const fleet of [one, other])
    await expect.poll(async () => (await overview(fleet)).index.incidents, { timeout: 20_000 }).toBe(40);
  await expect.poll(async () => (await overview(one)).instances.length, { timeout: 20_000 }).toBe(2);
  await one.stop('gone');
  await publish(50, 40);
  await expect.poll(async () => (await overview(other)).index.incidents, { timeout: 20_000 }).toBe(50);
}, 90_000);

test('a port that is taken: nothing is left open', async () => {
  const first = await start();
  const taken = { ...config(), page: { ...plainPage, listen: { address: '127.0.0.1', port: portOf(first) } } };
  await expect(runFleet(taken, world, log, { version: '1.0.0', pid: 8 })).rejects.toMatchObject({ code: 'LISTEN_REFUSED' });
  expect(cluster.opened.map(({ closed }) => closed)).toEqual([false, true]);
});

test('an index that is something else is left as it is, and nothing stays open', async () => {
  const place = join(indexFolder(folder), 'index');
  await world.disk.makeFolder(indexFolder(folder));
  await world.disk.makeFolder(place);
  const file = await world.disk.open(join(place, 'data.mdb'), 'create');
  await file.append(Buffer.alloc(20_000, 'x'));
  await file.close();
  await expect(start()).rejects.toMatchObject({ code: 'INDEX_UNREADABLE' });
  expect((await world.disk.readFile(join(place, 'data.mdb'))).equals(Buffer.alloc(20_000, 'x'))).toBe(true);
  expect(cluster.opened.map(({ closed }) => closed)).toEqual([true]);
});

test('its end closes everything, and what came until then is in the index', async () => {
  const fleet = await start();
  await expect.poll(() => cluster.streams.size).toBe(2);
  await publish(5);
  await expect.poll(async () => (await overview(fleet)).index.incidents, { timeout: 20_000 }).toBe(5);
  const steps = await fleet.stop('SIGTERM');
  expect(steps.map(({ name, error }) => [name, error])).toEqual([
    ['page', null],
    ['index', null],
    ['make streams', null],
    ['engine', null],
  ]);
  await expect(ask(portOf(fleet), '/healthz')).rejects.toThrow();
  const again = await start();
  expect((await overview(again)).index.incidents).toBe(5);
}, 60_000);
