/** Boxes that are slow, refuse, hang or cannot be logged in to: the stop goes at its time, or a person is told what to type. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { addresses, type SimOptions, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const delayed =
  (delayMs: number, helloMs = 60_000) =>
  (config: Config): Config => ({ ...config, stop: { ...config.stop, delayMs }, signal: { ...config.signal, helloMs } });
const both = (change: (config: Config) => Config): SimOptions => ({ config: { hub: change, spoke: change } });

async function messageAt(): Promise<number> {
  let saidAt = 0;
  sim.boxes.hub.onSyslog((line) => {
    if (line.includes('RECVD_PKT_INV_SPI') && saidAt === 0) saidAt = sim.clock.monotonic();
  });
  sim.lab.desync();
  await sim.clock.advance(1_000);
  return saidAt;
}

describe('the moment of the stop', () => {
  test('is exact while captures still run, and session A goes on with them', async () => {
    sim = await SimPair.armed();
    sim.boxes.hub.behave({ thinkMs: 2_500 });
    sim.boxes.spoke.behave({ thinkMs: 2_500 });
    const saidAt = await messageAt();
    await sim.clock.advance(60_000);
    for (const end of ['hub', 'spoke'] as const) {
      expect(sim.undebugs(end).map((at) => at - saidAt)).toEqual([18_000]);
      const shows = sim.boxes[end].commandLog.filter((entry) => entry.expanded.startsWith('show crypto'));
      expect(shows.some((entry) => entry.at - saidAt < 18_000) && shows.some((entry) => entry.at - saidAt > 18_000)).toBe(true);
    }
  });

  test.each([40, 120, 300])('with %i ms one way the stops are that far apart at most', async (oneWayMs) => {
    sim = await SimPair.armed();
    sim.network.onPacket = (packet) => {
      sim.clock.timer('network', oneWayMs, () => sim.network.inject(packet));
      return false;
    };
    await messageAt();
    await sim.clock.advance(60_000);
    const skew = sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!;
    expect(Math.abs(skew)).toBeLessThanOrEqual(oneWayMs);
    expect((await sim.incidentOf('hub')).outcome.kind).toBe('complete');
  });

  test('a reading of debugs at t0 that hangs is over before the stop: session B is free for it', async () => {
    sim = await SimPair.armed(both(delayed(6_000)));
    sim.boxes.hub.behave({ stall: [/^show debugging$/] });
    const saidAt = await messageAt();
    await sim.clock.advance(59_000);
    expect(sim.undebugs('hub')[0]! - saidAt).toBe(6_000);
  });

  test('a box that answers after 4 s, as AAA far away does: off at its time, and read back', async () => {
    sim = await SimPair.armed(both(delayed(18_000, 5_000)));
    sim.boxes.hub.behave({ thinkMs: 4_000 });
    const saidAt = await messageAt();
    await sim.clock.advance(18_000 + 9_000);
    expect(sim.undebugs('hub')[0]! - saidAt).toBe(18_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.status('hub').incidents[0]).toMatchObject({ debugsOff: 'verified' });
    expect(sim.alarms('hub').filter((text) => /not verified off/.test(text))).toEqual([]);
  });

  test('a box that answers after 8 s: off within the bound all the same, hellos go on', async () => {
    sim = await SimPair.armed(both(delayed(18_000, 5_000)));
    sim.boxes.hub.behave({ thinkMs: 8_000 });
    await sim.clock.advance(120_000);
    // A reading that takes longer than the time between two hellos is not begun twice.
    expect(sim.status('spoke').peers[0]?.missedHellos).toBe(0);
    const saidAt = await messageAt();
    await sim.clock.advance(90_000);
    expect(sim.undebugs('hub')[0]! - saidAt - 18_000).toBeLessThanOrEqual(30_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
  });
});

describe('a device that lets nobody in', () => {
  test('three refused logins and then one in 5 min, though hello wants to read its debugs each minute', async () => {
    sim = new SimPair();
    sim.stations.hub.shells.refuseWith('SSH_AUTH_REFUSED');
    await sim.start();
    await sim.clock.advance(60 * 60_000);
    expect(sim.stations.hub.shells.opened).toBeLessThanOrEqual(3 + 13);
    const alarms = sim.alarms('hub').join();
    expect(alarms).toContain('logins in a row were refused');
    expect(alarms).toContain('undebug all');
    sim.stations.hub.shells.refuseWith(null);
    await sim.clock.advance(6 * 60_000);
    expect(sim.alarms('hub')).toEqual([]);
  });

  test('while logins are held back a message makes none before the stop: forged lines must not lock the account', async () => {
    sim = new SimPair({ syslog: 'syslog-udp' });
    const { shells } = sim.stations.hub;
    shells.refuseWith('SSH_AUTH_REFUSED');
    await sim.start();
    await sim.clock.advance(6 * 60_000);
    // Right after one of the attempts that are due every 5 min, the next is far away.
    for (let before = shells.opened; shells.opened === before; ) await sim.clock.advance(1_000);
    const before = shells.opened;
    sim.sendUdp(
      'hub',
      `<188>9: *Mar 12 18:23:20.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${addresses.hub.crypto}, prot=50, spi=0x68842105(1753489669), srcaddr=${addresses.spoke.crypto}`,
    );
    await sim.clock.advance(15_000);
    expect(sim.status('hub').incidents).toHaveLength(1);
    expect(shells.opened).toBe(before);
  });

  test('at the stop: the alarm names the device and what to type, and it is tried until it works', async () => {
    sim = await SimPair.armed();
    await messageAt();
    sim.stations.spoke.shells.refuseWith('SSH_UNREACHABLE');
    sim.stations.spoke.shells.dropAll();
    await sim.clock.advance(18_000 + 30_500);
    expect(sim.alarms('spoke').join()).toMatch(/spoke \(192\.0\.2\.2\) .*undebug all/s);
    sim.stations.spoke.shells.refuseWith(null);
    await sim.clock.advance(120_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect(sim.alarms('spoke')).toEqual([]);
  });
});

test('session B has died and no line is free for it: the stop goes at its time on A, and the incident says so', async () => {
  sim = await SimPair.armed();
  sim.boxes.hub.behave({ drop: [/^show debugging$/] });
  sim.stations.hub.shells.refuseWith('NO_FREE_VTY');
  await sim.clock.advance(61_000);
  sim.boxes.hub.behave({ drop: [] });
  const saidAt = await messageAt();
  await sim.clock.advance(20_000);
  expect(sim.undebugs('hub').map((at) => at - saidAt)).toEqual([18_000]);
  expect(sim.boxes.hub.debugsOn()).toEqual([]);
  expect(sim.status('hub').incidents[0]).toMatchObject({ debugsOff: 'verified' });
  sim.stations.hub.shells.refuseWith(null);
  await sim.clock.advance(120_000);
  expect((await sim.incidentOf('hub')).stop).toMatchObject({ via: 'capture', off: 'verified' });
});

describe('what is on at t0', () => {
  test('nothing was on at one end: that box gets no undebug all, the other does', async () => {
    sim = await SimPair.armed();
    sim.boxes.hub.console('undebug all');
    await sim.clock.advance(61_000);
    const before = sim.undebugs('hub').length;
    await messageAt();
    // Somebody's debug of after the event is his own.
    sim.boxes.hub.console('debug ip packet');
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub')).toHaveLength(before);
    expect(sim.boxes.hub.debugsOn().join()).toContain('IP packet');
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect((await sim.incidentOf('hub')).stop).toMatchObject({ off: 'verified', nothingOn: true });
  });

  test('what appears between the stop and its verification is recorded and left on', async () => {
    sim = await SimPair.armed();
    await messageAt();
    await sim.clock.advance(16_900);
    sim.boxes.hub.behave({ thinkMs: 1_000 });
    await sim.clock.advance(1_100 + 500);
    sim.boxes.hub.console('debug ip packet');
    await sim.clock.advance(60_000);
    expect(sim.boxes.hub.debugsOn().join()).toContain('IP packet');
    const { stop } = await sim.incidentOf('hub');
    expect(stop.off).toBe('verified');
    expect(stop.appeared.join()).toContain('IP packet');
    expect(sim.undebugs('hub')).toHaveLength(1);
  });

  test('not readable at t0: the off line is sent', async () => {
    sim = await SimPair.armed();
    sim.boxes.hub.behave({ refuse: [/^show debugging$/] });
    await messageAt();
    await sim.clock.advance(17_500);
    expect(sim.undebugs('hub').length).toBeGreaterThanOrEqual(1);
    sim.boxes.hub.behave({ refuse: [] });
    await sim.clock.advance(60_000);
    expect((await sim.incidentOf('hub')).stop).toMatchObject({ off: 'verified', nothingOn: false });
  });
});

test('status and hello know the debugs from what the incident read, without waiting for the next hello', async () => {
  sim = new SimPair();
  await sim.start();
  expect(sim.status('hub').device.debugsOn).toEqual([]);
  sim.armByHand();
  await messageAt();
  expect(sim.status('hub').device.debugsOn).toContain('Crypto ISAKMP debugging');
  await sim.clock.advance(20_000);
  expect(sim.status('hub').device.debugsOn).toEqual([]);
});
