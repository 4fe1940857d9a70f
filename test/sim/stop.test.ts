/** The orderly end of an agent, in the middle of whatever is under way: bounded, nothing left behind, nothing lost. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

async function stopAgent(end: 'hub' | 'spoke', advanceMs: number): Promise<number> {
  const agent = sim.stations[end].agent!;
  sim.stations[end].agent = null;
  const from = sim.clock.monotonic();
  let tookMs = Number.POSITIVE_INFINITY;
  const stopping = agent.stop('SIGTERM').then(() => {
    tookMs = sim.clock.monotonic() - from;
  });
  await sim.clock.advance(advanceMs);
  await stopping;
  return tookMs;
}

describe('nothing is left behind', () => {
  test.each<[title: string, atMs: number | null]>([
    ['idle', null],
    ['just after the message', 50],
    ['between alert and stop', 9_000],
    ['just after the stop', 18_050],
    ['while the log tail is kept', 22_000],
    ['after the seal', 60_000],
  ])('no timer, %s', async (_title, atMs) => {
    sim = await SimPair.armed();
    if (atMs !== null) {
      sim.lab.desync();
      await sim.clock.advance(atMs);
    }
    for (const end of ['hub', 'spoke'] as const) expect(await stopAgent(end, 30_000)).toBeLessThan(25_000);
    sim.lab.close();
    // The box's own: a closed line's.
    expect(sim.clock.waiting.filter((name) => !name.startsWith('lab'))).toEqual([]);
  });
});

test.each<[title: string, beforeMs: number, afterMs: number]>([
  ['armed, nothing has happened', 30_000, 0],
  ['just after the message', 60_000, 50],
  ['just after the stop', 60_000, 18_050],
  ['its flow is waited for', 60_000, 120_000],
  ['judged, and armed again', 60_000, 300_000],
])('of a pair that arms itself no timer and no debug is left: %s', async (_title, beforeMs, afterMs) => {
  const page = {
    severity: 'warning',
    repeatEveryMs: 900_000,
    timeoutMs: 60_000,
    kind: 'command',
    name: 'page',
    run: ['/p'],
  } as const;
  const arms = (config: Config): Config => ({
    ...config,
    arm: 'always',
    arming: { ...config.arming, deadMan: true, rearm: { kind: 'if-transient' } },
    stop: { ...config.stop, mode: 'own' },
    alarms: [page],
  });
  sim = new SimPair({ config: { hub: arms, spoke: arms } });
  await sim.start();
  await sim.clock.advance(beforeMs);
  expect(sim.boxes.hub.debugsOn()).toHaveLength(2);
  if (afterMs > 0) sim.lab.desync();
  await sim.clock.advance(afterMs / 2);
  sim.lab.repair();
  await sim.clock.advance(afterMs / 2);
  for (const end of ['hub', 'spoke'] as const) {
    expect(await stopAgent(end, 45_000)).toBeLessThan(25_000);
    expect(sim.boxes[end].debugsOn()).toEqual([]);
  }
  sim.lab.close();
  expect(sim.clock.waiting.filter((name) => !name.startsWith('lab'))).toEqual([]);
});

test('under a disk that hangs it still ends in time, and the debugs are off', async () => {
  sim = await SimPair.armed();
  sim.lab.desync();
  await sim.clock.advance(2_000);
  sim.stations.hub.disk.stall((operation) => operation === 'append' || operation === 'sync');
  expect(await stopAgent('hub', 60_000)).toBeLessThan(45_000);
  expect(sim.boxes.hub.debugsOn()).toEqual([]);
  sim.stations.hub.disk.heal();
});

test('what it leaves open is finished by the next start', async () => {
  sim = await SimPair.armed();
  sim.lab.desync();
  await sim.clock.advance(5_000);
  await stopAgent('spoke', 10_000);
  await sim.startAgent('spoke');
  await sim.clock.advance(150_000);
  expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  expect((await sim.incidentOf('spoke')).stop.off).toBe('verified');
  expect((await sim.incidentOf('hub')).done[0]).toMatchObject({ off: 'verified', sealed: true });
});

test('a stop that waits for the word of the device is not left behind: the answer comes first, then the stop', async () => {
  sim = await SimPair.armed({ syslog: 'syslog-udp' });
  sim.lab.desync();
  const opened = (): boolean => sim.status('hub').incidents.some(({ phase }) => phase !== 'sealed');
  for (let ms = 0; ms < 5_000 && !opened(); ms++) await sim.clock.advance(1);
  expect(opened()).toBe(true);
  await stopAgent('hub', 30_000);
  expect(sim.undebugs('hub')).toHaveLength(1);
  expect(sim.boxes.hub.debugsOn()).toEqual([]);
  await sim.clock.advance(20_000);
  expect(sim.boxes.spoke.debugsOn()).toEqual([]);
});
