/** A configuration read anew by agents that run: nothing of a session or an incident is lost, and what can not be taken over changes nothing. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { parseRange } from '../../shared/model/address.ts';
import { type End, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const change = (end: End, make: (config: Config) => Partial<Config>): void => {
  const { config } = sim.stations[end];
  sim.stations[end].config = { ...config, ...make(config) };
};
const reload = async (end: End) => {
  const reloading = sim.stations[end].handlers!.reload('test');
  reloading.catch(() => {});
  await sim.clock.advance(1);
  return await reloading;
};
const logins = (end: End): number => sim.stations[end].shells.opened;
const alarmKeys = (end: End): string[] => sim.status(end).alarms.map(({ key }) => key);
/** From the message to `undebug all`, at that box. */
const stoppedAfterMs = (end: End): number => {
  const startedMs = sim.clock.wall() - sim.clock.monotonic();
  const [at] = sim.undebugs(end);
  return at! - (Date.parse(sim.status(end).incidents[0]!.openedAt) - startedMs);
};
const reloadsIn = (end: End): unknown[] =>
  sim.stations[end].disk
    .content(`/${end}/journal/journal.jsonl`)
    .toString()
    .split('\n')
    .filter((line) => line.includes('"kind":"reloaded"'))
    .map((line) => /"changed":\[[^\]]*\]/.exec(line)?.[0]);
const delayOf = (delayMs: number) => (config: Config) => ({ stop: { ...config.stop, delayMs } });

describe('a reload', () => {
  test('of nothing changes nothing', async () => {
    sim = new SimPair();
    await sim.start();
    expect(await reload('hub')).toEqual({ changed: [], waits: [], warnings: [] });
    expect(sim.status('hub').configuration?.readAt).not.toBeNull();
  });

  test('another delay at both ends: the next incident goes by it, no box sees a login, the hellos agree again', async () => {
    sim = await SimPair.armed();
    const before = { hub: logins('hub'), spoke: logins('spoke') };
    for (const end of ['hub', 'spoke'] as const) change(end, delayOf(4_000));
    expect(await reload('hub')).toMatchObject({ changed: ['stop.delay'], waits: [] });
    await sim.clock.advance(2_000);
    expect(alarmKeys('hub').join()).toContain('cfg-differs');
    await reload('spoke');
    await sim.clock.advance(2_000);
    expect(alarmKeys('hub')).toEqual([]);
    sim.lab.desync();
    await sim.clock.advance(30_000);
    expect(Math.abs(stoppedAfterMs('hub') - 4_000)).toBeLessThan(200);
    expect({ hub: logins('hub'), spoke: logins('spoke') }).toEqual(before);
  });

  test('in an incident: it keeps the delay that it began with, the change comes when it is closed', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(2_000);
    change('hub', delayOf(3_000));
    expect(await reload('hub')).toMatchObject({ changed: [], waits: ['stop.delay'] });
    expect(sim.status('hub').configuration?.waits).toEqual(['stop.delay']);
    await sim.clock.advance(180_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(Math.abs(stoppedAfterMs('hub') - 18_000)).toBeLessThan(200);
    expect(sim.status('hub').configuration?.waits).toEqual([]);
    expect(reloadsIn('hub')).toEqual(['"changed":[]', '"changed":["stop.delay"]']);
  });

  test('in an incident, and taken back before it ends: nothing waits any more, and nothing changes', async () => {
    sim = await SimPair.armed();
    const before = sim.stations.hub.config.stop.delayMs;
    sim.lab.desync();
    await sim.clock.advance(2_000);
    change('hub', delayOf(3_000));
    await reload('hub');
    change('hub', delayOf(before));
    expect(await reload('hub')).toEqual({ changed: [], waits: [], warnings: [] });
    expect(sim.status('hub').configuration?.waits).toEqual([]);
    await sim.clock.advance(180_000);
    expect(reloadsIn('hub')).toEqual(['"changed":[]', '"changed":[]']);
  });

  test('while debugs are being turned on: they come on under the rules of before, the change after that', async () => {
    sim = new SimPair();
    await sim.start();
    const arming = sim.stations.hub.handlers!.arm({ pair: false, leaseMs: null, who: 'jo' });
    arming.catch(() => {});
    await sim.clock.advance(1);
    expect(sim.status('hub').arming.state).not.toMatch(/^(?:armed|disarmed)$/);
    change('hub', delayOf(3_000));
    expect(await reload('hub')).toMatchObject({ changed: [], waits: ['stop.delay'] });
    await sim.clock.advance(60_000);
    await arming;
    expect([sim.status('hub').arming.state, sim.status('hub').configuration?.waits]).toEqual(['armed', []]);
    expect(reloadsIn('hub')).toEqual(['"changed":[]', '"changed":["stop.delay"]']);
  });

  test('what can be told at once is not held up by an incident', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(2_000);
    change('hub', (config) => ({ ...delayOf(3_000)(config), log: { ...config.log, level: 'debug' } }));
    expect(await reload('hub')).toMatchObject({ changed: ['log.level'], waits: ['stop.delay'] });
  });

  test.each<[what: string, make: (config: Config) => Partial<Config>, named: string]>([
    ['another device', (config) => ({ device: { ...config.device, address: '192.0.2.99' } }), 'device.address'],
    ['another folder', () => ({ dataDir: '/elsewhere' }), 'dataDir'],
    ['another mode', () => ({ mode: 'observe' }), 'mode'],
    ['another door', (config) => ({ signal: { ...config.signal, listen: { address: '0.0.0.0', port: 1 } } }), 'signal.listen'],
    ['no sources', () => ({ sources: [] }), 'sources'],
  ])('%s needs a restart: refused as a whole, told as an alarm, and over with the next good one', async (_what, make, named) => {
    sim = new SimPair();
    await sim.start();
    const { config } = sim.stations.hub;
    change('hub', (now) => ({ ...delayOf(5_000)(now), ...make(now) }));
    const error = await reload('hub').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SpitrapError);
    expect((error as SpitrapError).code).toBe('RELOAD_REFUSED');
    expect((error as SpitrapError).message).toContain(named);
    expect(alarmKeys('hub')).toEqual(['reload-refused']);
    sim.lab.desync();
    await sim.clock.advance(1_000);
    expect(sim.status('hub').incidents[0]!.stopInMs).toBeGreaterThan(10_000);
    sim.stations.hub.config = config;
    expect(await reload('hub')).toMatchObject({ changed: [], waits: [] });
    expect(alarmKeys('hub')).not.toContain('reload-refused');
  });

  test('refused keys by a peer that no packet could be made for: nothing has changed anywhere', async () => {
    sim = await SimPair.armed();
    const good = sim.stations.hub.config;
    change('hub', ({ peers }) => ({
      peers: peers.map((peer) => ({
        ...peer,
        snmp: { version: 3, user: 'x'.repeat(40), auth: { protocol: 'sha256', key: 'long enough' }, priv: null },
      })),
    }));
    await expect(reload('hub')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    sim.stations.hub.config = good;
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });

  test('a peer that is removed is heard no more, and its alarms go; added again it is greeted, heard, and its debugs end', async () => {
    sim = await SimPair.armed();
    const whole = sim.stations.hub.config;
    change('hub', () => ({ peers: [{ ...whole.peers[0]!, name: 'nobody', send: [], from: [] }] }));
    expect(await reload('hub')).toMatchObject({ changed: [`peers: nobody added, ${whole.peers[0]!.name} removed`] });
    await sim.clock.advance(5 * 60_000);
    expect(sim.status('hub').peers.map(({ name }) => name)).toEqual(['nobody']);
    expect(alarmKeys('hub').filter((key) => key.endsWith(`:${whole.peers[0]!.name}`))).toEqual([]);
    expect(sim.status('hub').refusals['source-address']).toBeGreaterThan(0);
    sim.stations.hub.config = whole;
    await reload('hub');
    await sim.clock.advance(2 * 60_000);
    expect(alarmKeys('hub')).toEqual([]);
    expect(sim.status('hub').peers[0]!.lastHelloAt).not.toBeNull();
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });

  test('hundreds of peers more: a second reload waits its turn, and an incident goes its way', async () => {
    sim = await SimPair.armed();
    const [peer] = sim.stations.hub.config.peers;
    const many = Array.from({ length: 200 }, (_, number) => ({
      ...peer!,
      name: `new${number}`,
      send: [],
      cryptoAddresses: [parseRange(`10.0.${number}.1`)!],
      from: [parseRange(`10.1.${number}.1`)!],
    }));
    change('hub', (config) => ({ ...delayOf(3_000)(config), peers: [...config.peers, ...many] }));
    const reloading = sim.stations.hub.handlers!.reload('test');
    // One after the other: the second finds what the first has taken, or waits as it does.
    const again = sim.stations.hub.handlers!.reload('test');
    sim.lab.desync();
    await sim.clock.advance(1_000);
    expect(sim.status('hub').incidents[0]!.phase).not.toBe('sealed');
    const words =
      'peers: new0 added, new1 added, new2 added, new3 added, new4 added, new5 added, new6 added, new7 added and 192 more';
    expect([await reloading, await again]).toMatchObject([
      { changed: [words, 'stop.delay'], waits: [] },
      { changed: [], waits: [] },
    ]);
    await sim.clock.advance(180_000);
    expect(sim.status('hub').peers).toHaveLength(201);
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });

  test('after a restart the journal is replayed under the rules that decided, before and after the reload', async () => {
    sim = await SimPair.armed();
    for (const end of ['hub', 'spoke'] as const) {
      change(end, delayOf(6_000));
      await reload(end);
    }
    sim.lab.desync();
    await sim.clock.advance(2_000);
    await sim.kill('hub');
    await sim.startAgent('hub');
    await sim.clock.advance(60_000);
    expect(Math.abs(stoppedAfterMs('hub') - 6_000)).toBeLessThan(200);
  });
});
