/** A capture that a person asks for, and the test of the pair, on both agents in virtual time: it looks, turns nothing off, and keeps no message from stopping both ends. */
import { afterEach, describe, expect, test } from 'vitest';
import { between, type End, type SimOptions, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

async function begin(options: SimOptions = {}): Promise<void> {
  sim = new SimPair(options);
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
}

const capture = (end: End, pair: boolean) => sim.stations[end].handlers!.capture({ pair, who: 'jo' });
const debugsOn = (): boolean[] => (['hub', 'spoke'] as const).map((end) => sim.boxes[end].debugsOn().length > 0);

describe('capture now', () => {
  test('one end alone: captured twice, sealed, nothing turned off, nobody told', async () => {
    await begin();
    const { incident: id, peers } = await capture('hub', false);
    expect(peers).toEqual([]);
    await sim.clock.advance(90_000);
    const hub = await sim.incidentOf('hub');
    expect(hub).toMatchObject({ id, openedBy: 'person', outcome: { kind: 'captured', reasons: [] }, flows: [], alarms: [] });
    expect(hub.event).toMatchObject({ source: 'person', line: 'asked by jo', reason: 'capture-asked' });
    expect(hub.stop).toMatchObject({ off: 'not-planned', detail: 'person-asked-capture-only', sent: null });
    expect(new Set(hub.captures.map(({ round }) => round))).toEqual(new Set(['first', 'stop']));
    expect(debugsOn()).toEqual([true, true]);
    expect([...sim.undebugs('hub'), ...sim.undebugs('spoke')]).toEqual([]);
    expect(await sim.incidents('spoke')).toEqual([]);
    expect(sim.status('hub').alarms).toEqual([]);
  });

  test('of the pair: both ends capture under one id, and neither turns anything off', async () => {
    await begin();
    const { incident: id, peers } = await capture('hub', true);
    expect(peers).toEqual(['spoke']);
    await sim.clock.advance(120_000);
    const [hub, spoke] = [await sim.incidentOf('hub'), await sim.incidentOf('spoke')];
    expect(hub).toMatchObject({ id, outcome: { kind: 'captured', reasons: [] } });
    expect(spoke).toMatchObject({ id, openedBy: 'alert', outcome: { kind: 'captured', reasons: [] } });
    expect(debugsOn()).toEqual([true, true]);
    expect([...sim.alarms('hub'), ...sim.alarms('spoke')]).toEqual([]);
  });

  test.each([false, true])('a message that comes meanwhile stops both ends (pair asked: %s)', async (pair) => {
    await begin();
    const { incident: id } = await capture('hub', pair);
    await sim.clock.advance(5_000);
    sim.lab.desync();
    await sim.clock.advance(90_000);
    expect(debugsOn()).toEqual([false, false]);
    const [hub, spoke] = [await sim.incidentOf('hub'), await sim.incidentOf('spoke')];
    expect(hub).toMatchObject({ id, outcome: { kind: 'complete', reasons: [] } });
    expect(spoke).toMatchObject({ id, outcome: { kind: 'complete', reasons: [] } });
    expect(hub.flows).toHaveLength(1);
  });

  test('so even when every stop is lost: the spoke that was only to look has a timer of its own by then', async () => {
    await begin();
    await capture('hub', true);
    await sim.clock.advance(5_000);
    sim.lab.desync();
    await sim.clock.advance(5_000);
    sim.network.onPacket = (packet) => !(between(packet, 'hub', 'spoke') && packet.to.port === 10_162);
    await sim.clock.advance(50_000);
    expect(debugsOn()).toEqual([false, false]);
    expect(Math.abs(sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!)).toBeLessThanOrEqual(5);
  });

  test('the flow of a message after it is not held down', async () => {
    await begin();
    await capture('hub', false);
    await sim.clock.advance(60_000);
    sim.lab.desync();
    await sim.clock.advance(90_000);
    expect((await sim.incidents('hub')).map(({ openedBy, outcome }) => [openedBy, outcome.kind])).toEqual(
      expect.arrayContaining([
        ['person', 'captured'],
        ['message', 'complete'],
      ]),
    );
    expect(debugsOn()).toEqual([false, false]);
  });

  test('refused while an incident is open, on hold, and more often than the budget allows; that of messages stays whole', async () => {
    await begin();
    await capture('hub', false);
    await expect(capture('hub', false)).rejects.toMatchObject({
      code: 'CAPTURE_REFUSED',
      context: { reason: 'capture-under-way' },
    });
    await sim.clock.advance(60_000);
    const { hold } = sim.stations.hub.handlers!;
    await Promise.all([hold({ on: true, forMs: null }, 'jo'), sim.clock.advance(100)]);
    await expect(capture('hub', false)).rejects.toMatchObject({ context: { reason: 'capture-on-hold' } });
    await Promise.all([hold({ on: false }, 'jo'), sim.clock.advance(100)]);
    const perHour = sim.stations.hub.config.budgets.incidentsPerHour;
    for (let n = 1; n < perHour; n++) {
      await capture('hub', false);
      await sim.clock.advance(60_000);
    }
    await expect(capture('hub', false)).rejects.toMatchObject({ context: { reason: 'capture-over-budget' } });
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(debugsOn()).toEqual([false, false]);
    expect(sim.alarms('hub').filter((key) => key === 'budget')).toEqual([]);
  });

  test('of the pair, as often as it may be asked: the budget of both ends stays whole for the message', async () => {
    await begin();
    const perHour = sim.stations.hub.config.budgets.incidentsPerHour;
    for (let n = 0; n < perHour; n++) {
      await capture('hub', true);
      await sim.clock.advance(60_000);
    }
    expect(debugsOn()).toEqual([true, true]);
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(debugsOn()).toEqual([false, false]);
    expect([...sim.alarms('hub'), ...sim.alarms('spoke')].filter((key) => key === 'budget')).toEqual([]);
  });

  test('goes on after a restart, and still turns nothing off', async () => {
    await begin();
    await capture('hub', true);
    await sim.clock.advance(3_000);
    await sim.kill('hub');
    await sim.startAgent('hub');
    await sim.clock.advance(180_000);
    expect(debugsOn()).toEqual([true, true]);
    expect(await sim.incidentOf('hub')).toMatchObject({ openedBy: 'person', stop: { off: 'not-planned' } });
    expect([...sim.undebugs('hub'), ...sim.undebugs('spoke')]).toEqual([]);
  });

  test('in mode observe nothing is sent', async () => {
    await begin({ mode: { hub: 'observe' } });
    await expect(capture('hub', true)).rejects.toMatchObject({ context: { reason: 'capture-not-in-this-mode' } });
  });
});

describe('test the pair', () => {
  const tested = async () => {
    const asked = sim.stations.hub.handlers!.test();
    await sim.clock.advance(4_000);
    return (await asked).peers[0]!;
  };

  test('a pair that is well', async () => {
    await begin();
    expect(await tested()).toMatchObject({
      ...{ peer: 'spoke', kind: 'spitrap', answered: true, detail: '', cfg: 'agrees', armed: 'yes', mode: 'act' },
      paths: [{ acknowledged: true, detail: '' }],
    });
    expect(await sim.incidents('spoke')).toEqual([]);
  });

  test('the way back is dead: acknowledged, and no hello', async () => {
    await begin();
    sim.network.onPacket = (packet) => !(between(packet, 'spoke', 'hub') && packet.to.port === 10_162);
    const peer = await tested();
    expect(peer).toMatchObject({ answered: false, paths: [{ acknowledged: true }], roundTripMs: null, offsetMs: null });
    expect(peer.detail).toContain('its way to us may be dead');
  });

  test('nobody is there', async () => {
    await begin();
    sim.network.onPacket = (packet) => !between(packet, 'hub', 'spoke');
    const peer = await tested();
    expect(peer).toMatchObject({ answered: false, armed: 'unknown', paths: [{ acknowledged: false }] });
    expect(peer.detail).toContain('not acknowledged at');
    expect(peer.paths[0]!.detail).toContain('SNMP_TIMEOUT');
  });

  test('whoever asks meanwhile gets the same answer', async () => {
    await begin();
    const { test: ask } = sim.stations.hub.handlers!;
    const both = [ask(), ask()];
    await sim.clock.advance(4_000);
    const [first, second] = await Promise.all(both);
    expect(second).toBe(first);
  });
});
