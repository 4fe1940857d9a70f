/** Agents that tell a fleet, in virtual time: what both ends told of one incident, over absences and crashes; and that no incident notices the engine. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config, FleetConfig } from '../../agent/config/config.ts';
import { makeReport } from '../../agent/evidence/make-report.ts';
import type { World } from '../../agent/ports.ts';
import { cluster, engineOptions, records, upserted } from '../publish/publishing.ts';
import type { FakeCluster } from '../support/fake-engine.ts';
import { type End, type SimOptions, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

// Packing a bundle takes Node's own threads: test/publish/bundles.test.ts and the live suite have it.
const fleet: FleetConfig = { engine: engineOptions, bundles: false, heartbeatMs: 60_000, spoolBytesMax: 64 * 1024 * 1024 };
const tells =
  (site: string) =>
  (config: Config): Config => ({ ...config, site, fleet });
const HOUR = 3_600_000;

/** Reports as the production code makes them, without its thread: the verdict is told of one. */
const withReports = (ports: World): World => ({
  ...ports,
  reports: { make: (folders) => makeReport(folders, ports.disk) },
});

async function armed(options: SimOptions = {}): Promise<FakeCluster> {
  const made: { engines?: FakeCluster } = {};
  sim = new SimPair({
    config: { hub: tells('east'), spoke: tells('west') },
    host: (_end, ports) => {
      made.engines ??= cluster(sim.clock);
      return { ...withReports(ports), engines: made.engines };
    },
    ...options,
  });
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
  return made.engines!;
}

const incidentOf = (engines: FakeCluster, device: End) =>
  [...upserted(records(engines)).values()].filter((record) => record.device === device && record.kind === 'incident');

describe('one incident', () => {
  test('is told by both ends, under one id: opened, sealed, with the verdict of its report; each in its place', async () => {
    const engines = await armed();
    sim.lab.desync();
    await sim.clock.advance(10_000);
    const [open] = incidentOf(engines, 'hub');
    expect(open).toMatchObject({
      site: 'east',
      body: { role: 'hub', sealedAt: null, outcome: null, peers: [{ name: 'spoke' }] },
    });
    await sim.clock.advance(60_000);
    const [hub] = incidentOf(engines, 'hub');
    const [spoke] = incidentOf(engines, 'spoke');
    expect(spoke!.about).toBe(hub!.about);
    expect(hub).toMatchObject({
      body: { outcome: 'complete', debugsOff: 'verified', reasons: [], flows: 1, openedBy: 'message' },
    });
    expect(spoke).toMatchObject({ site: 'west', body: { role: 'spoke', outcome: 'complete', openedBy: 'alert' } });
    expect(hub!.revision).toBeGreaterThan(open!.revision);
    for (const device of ['hub', 'spoke'])
      expect(upserted(records(engines)).get(`${device} verdict ${hub!.about}`)).toMatchObject({
        body: { twoEnded: false, cause: expect.any(String) },
      });
    const beats = records(engines, 'SPITRAP_STATE');
    expect(beats.map(({ device }) => device).sort()).toEqual(['hub', 'spoke']);
    expect(beats[0]).toMatchObject({ body: { peers: { count: 1, silentCount: 0 }, everyMs: 60_000 } });
    for (const end of ['hub', 'spoke'] as const)
      expect(sim.status(end).fleet).toMatchObject({
        state: 'connected',
        waitingRecords: 0,
        refused: 0,
        dropped: {},
        lastError: null,
      });
  });

  test('the engine away from before it until a day later: all is told then, in order', async () => {
    const engines = await armed();
    engines.away = true;
    sim.lab.desync();
    await sim.clock.advance(60_000);
    await sim.clock.advance(HOUR);
    expect(sim.status('hub').fleet).toMatchObject({ state: 'away', waitingRecords: expect.any(Number) });
    expect(incidentOf(engines, 'hub')).toEqual([]);
    engines.away = false;
    await sim.clock.advance(5_000);
    const told = records(engines).filter(({ device, kind }) => device === 'hub' && kind === 'incident');
    expect(told.length).toBeGreaterThan(1);
    expect(told.map(({ revision }) => revision)).toEqual(told.map(({ revision }) => revision).toSorted((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({ body: { outcome: 'complete' } });
  });

  test('alarms are told when they are raised and when they are over', async () => {
    const engines = await armed();
    await sim.kill('spoke');
    await sim.clock.advance(10 * 60_000);
    const raised = upserted(records(engines)).get('hub alarm peer-silent:spoke');
    expect(raised).toMatchObject({ body: { state: 'raised', severity: expect.any(String) } });
    expect(records(engines, 'SPITRAP_STATE').find(({ device }) => device === 'hub')).toMatchObject({
      body: { peers: { silentCount: 1, silent: [{ name: 'spoke' }] } },
    });
    await sim.startAgent('spoke');
    await sim.clock.advance(5 * 60_000);
    expect(upserted(records(engines)).get('hub alarm peer-silent:spoke')).toMatchObject({ body: { state: 'cleared' } });
  });

  test.each(['seal', 'spool'])(
    'an agent killed at the %s: what stands on its disk is told by the next, once in other words than before',
    async (when) => {
      let killed = false;
      const engines = await armed({
        onDecided: (end, { input }) => {
          if (end !== 'hub' || input.kind !== 'sealed' || killed) return;
          killed = true;
          if (when === 'seal') void sim.kill('hub');
          else sim.clock.timer('kill', 260, () => void sim.kill('hub'));
        },
      });
      sim.lab.desync();
      await sim.clock.advance(60_000);
      expect(killed).toBe(true);
      await sim.startAgent('hub');
      await sim.clock.advance(30_000);
      const [hub] = incidentOf(engines, 'hub');
      expect(hub).toMatchObject({ body: { outcome: 'complete', sealedAt: expect.any(String) } });
      expect(upserted(records(engines)).has(`hub verdict ${hub!.about}`)).toBe(true);
    },
  );
});

/** What the devices were sent, and when: all that an incident does. */
const acts = (): string =>
  JSON.stringify(
    (['hub', 'spoke'] as const).map((end) => [
      end,
      sim.boxes[end].commandLog.map(({ at, expanded }) => [at, expanded]),
      sim.boxes[end].debugsOn(),
    ]),
  );

async function play(options: SimOptions): Promise<string> {
  sim = new SimPair(options);
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
  sim.lab.desync();
  await sim.clock.advance(60_000);
  const said = acts();
  const stops = (['hub', 'spoke'] as const).map((end) => sim.received(end, 'undebug all'));
  expect(stops.map((all) => all.length)).toEqual([1, 1]);
  await sim.stop();
  return `${said} ${JSON.stringify(stops)}`;
}

describe('nothing in an incident notices the engine', () => {
  test.each<[what: string, set: (engines: FakeCluster) => void]>([
    ['there', () => {}],
    ['away', (engines) => void Object.assign(engines, { away: true })],
    ['hanging in everything that it is asked', (engines) => void Object.assign(engines, { hangs: true })],
    ['refusing all', (engines) => void Object.assign(engines, { refuse: () => 'no' })],
  ])('%s: the stops are sent at the same virtual moments as without a fleet', async (_what, set) => {
    const without = await play({});
    const withOne = await play({
      config: { hub: tells('east'), spoke: tells('west') },
      host: (_end, ports) => {
        const engines = cluster(sim.clock);
        set(engines);
        return { ...ports, engines };
      },
    });
    expect(withOne).toBe(without);
  });

  test('one that throws at every call does not either', async () => {
    const without = await play({});
    const fails = (): never => {
      throw new Error('a fault of the adapter');
    };
    const engine = {
      ...{ state: () => ({ connected: true, server: 'x', why: null }), onState: () => {}, publish: async () => fails() },
      ...{
        putObject: fails,
        getObject: fails,
        ensure: fails,
        streamState: fails,
        consume: fails,
        forget: fails,
        close: async () => {},
      },
    };
    const withOne = await play({
      config: { hub: tells('east'), spoke: tells('west') },
      host: (_end, ports) => ({ ...ports, engines: { open: () => engine } }),
    });
    expect(withOne).toBe(without);
  });
});

test('a disk that refuses to be read at the seal: it is told of when it can be', async () => {
  const engines = await armed();
  const { disk } = sim.stations.hub;
  sim.lab.desync();
  await sim.clock.advance(10_000);
  disk.fail('readFile', 'EIO', Number.POSITIVE_INFINITY, 'incident.json');
  await sim.clock.advance(60_000);
  expect(incidentOf(engines, 'hub')).toMatchObject([{ body: { sealedAt: null } }]);
  disk.heal();
  await sim.clock.advance(2 * 60_000);
  expect(incidentOf(engines, 'hub')).toMatchObject([{ body: { outcome: 'complete', software: expect.stringMatching(/^IOS /) } }]);
});
