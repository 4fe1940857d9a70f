/** Networks that lose, repeat, delay and reorder; peers that are silent, differ, or stand behind one address (pair-protocol.md, "Signals", "Delivery"). */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config, PeerConfig } from '../../agent/config/config.ts';
import { createLog } from '../../agent/log.ts';
import { openEngine } from '../../agent/net/engine.ts';
import type { SnmpPeer } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { parseRange } from '../../shared/model/address.ts';
import { defaultValues, encodeSignalText } from '../../shared/wire/signal.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { addresses, between, type End, SIGNAL_PORT, SimPair, secrets } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const changed =
  (change: Partial<Config>) =>
  (config: Config): Config => ({ ...config, ...change });

test('a peer that leases its debugs and falls silent: the stop is repeated to it until they must have ended, and then a person is told', async () => {
  const leased = (config: Config): Config => ({
    ...config,
    arm: 'always',
    arming: { ...config.arming, leaseMs: 5 * 60_000 },
    stop: { ...config.stop, mode: 'own' },
  });
  sim = new SimPair({ config: { hub: leased, spoke: leased } });
  await sim.start();
  await sim.clock.advance(61_000);
  expect(sim.boxes.spoke.debugsOn()).toHaveLength(2);
  await sim.kill('spoke');
  sim.lab.desync();
  const untold = () => sim.alarms('hub').filter((alarm) => alarm.includes('never acknowledged the stop'));
  await sim.clock.advance(3 * 60_000);
  expect(untold()).toEqual([]);
  await sim.clock.advance(3 * 60_000);
  expect(untold()).toEqual([expect.stringContaining('log in to the device of spoke')]);
});

describe('a network that does its worst', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'seed %i: half is lost, some comes twice, late, and in another order; both ends stop and agree',
    async (seed) => {
      sim = await SimPair.armed({ seed });
      const random = seededRandom(seed);
      sim.network.onPacket = (packet) => {
        const copies = random.uniform() < 0.5 ? 0 : random.uniform() < 0.2 ? 2 : 1;
        for (let copy = 0; copy < copies; copy++)
          sim.clock.timer('network', random.uniform() * 400, () => sim.network.inject(packet));
        return false;
      };
      sim.lab.desync();
      await sim.clock.advance(200_000);
      for (const end of ['hub', 'spoke'] as const) {
        expect(sim.undebugs(end)).toHaveLength(1);
        expect(sim.boxes[end].debugsOn()).toEqual([]);
      }
      expect(Math.abs(sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!)).toBeLessThanOrEqual(400);
      expect((await sim.incidentOf('hub')).id).toBe((await sim.incidentOf('spoke')).id);
      expect((await sim.incidentOf('hub')).done[0]).toMatchObject({ off: 'verified' });
    },
  );

  test('the same packets sent again an hour later do nothing', async () => {
    sim = await SimPair.armed();
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const old = sim.network.packets.filter((packet) => between(packet, 'hub', 'spoke') && packet.to.port === SIGNAL_PORT);
    sim.lab.repair();
    await sim.clock.advance(3_600_000);
    sim.armByHand();
    for (const packet of old) sim.network.inject(packet);
    await sim.clock.advance(60_000);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    expect(sim.boxes.spoke.debugsOn().length).toBeGreaterThan(0);
    expect(sim.status('spoke').refusals['not-in-time-window']).toBeGreaterThan(0);
  });
});

describe('v2c peers', () => {
  test('the same incident, complete at both ends', async () => {
    const v2c = (config: Config): Config => ({
      ...config,
      peers: config.peers.map((peer) => ({ ...peer, snmp: { version: '2c' as const, community: 'pair-community' } })),
    });
    sim = await SimPair.armed({ config: { hub: v2c, spoke: v2c } });
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect((await sim.incidentOf('hub')).outcome).toEqual({ kind: 'complete', reasons: [] });
    expect((await sim.incidentOf('spoke')).outcome).toEqual({ kind: 'complete', reasons: [] });
  });
});

describe('mode capture, and nobody answers', () => {
  test('an alert is not repeated beyond the time that it announces', async () => {
    sim = await SimPair.armed({ mode: { hub: 'capture', spoke: 'capture' } });
    sim.network.onPacket = (packet) => !between(packet, 'hub', 'spoke');
    sim.lab.desync();
    await sim.clock.advance(300_000);
    const before = sim.network.packets.length;
    await sim.clock.advance(50_000);
    expect(sim.network.packets.length - before).toBeLessThan(10);
  });
});

describe('an alert that is late on its way out', () => {
  test('the stop overtakes it: nothing is repeated for it after the stop', async () => {
    const soon = (config: Config): Config => ({ ...config, stop: { ...config.stop, delayMs: 100 } });
    sim = await SimPair.armed({ config: { hub: soon, spoke: soon } });
    sim.stations.hub.disk.stall((operation, path) => operation === 'sync' && path.includes('/journal/'));
    sim.network.onPacket = (packet) => !(between(packet, 'hub', 'spoke') && packet.to.port === SIGNAL_PORT);
    sim.lab.desync();
    await sim.clock.advance(10_000);
    sim.stations.hub.disk.resume();
    const before = sim.network.packets.length;
    await sim.clock.advance(40_000);
    // Stops alone: one each 5 s. Alerts would be two a second.
    expect(sim.network.packets.length - before).toBeLessThan(30);
    expect(sim.undebugs('hub')).toHaveLength(1);
    await sim.clock.advance(100_000);
    const alert = (await sim.incidentOf('hub')).signals.find((signal) => signal.phase === 'alert');
    expect(alert).toMatchObject({ direction: 'sent', attempts: 0, detail: 'the stop came first' });
  });
});

describe('hello', () => {
  const alarmed = (end: End, word: string): boolean => sim.alarms(end).some((text) => text.includes(word));

  test.each<[title: string, change: Partial<Config>, word: string]>([
    ['another mode', { mode: 'capture' }, 'runs in mode'],
    ['another delay', { stop: { delayMs: 10_000, mode: 'all', maxDelayMs: 300_000 } }, 'other agreed values, delay or stop mode'],
  ])('%s at the other end: both alarm, and take it back when it is corrected', async (_title, change, word) => {
    sim = new SimPair({ config: { spoke: changed(change) } });
    await sim.start();
    await sim.clock.advance(70_000);
    expect([alarmed('hub', word), alarmed('spoke', word)]).toEqual([true, true]);
    await sim.kill('spoke');
    sim.stations.spoke.config = changed({ mode: 'act', stop: sim.stations.hub.config.stop })(sim.stations.spoke.config);
    await sim.startAgent('spoke');
    await sim.clock.advance(70_000);
    expect([...sim.alarms('hub'), ...sim.alarms('spoke')]).toEqual([]);
  });

  test('one end armed and the other not: half-armed after two readings, over when both are', async () => {
    sim = new SimPair();
    await sim.start();
    sim.boxes.hub.console('debug crypto isakmp');
    await sim.clock.advance(61_000);
    expect([...sim.alarms('hub'), ...sim.alarms('spoke')]).toEqual([]);
    await sim.clock.advance(130_000);
    expect([alarmed('hub', 'half-armed'), alarmed('spoke', 'half-armed')]).toEqual([true, true]);
    sim.boxes.spoke.console('debug crypto isakmp');
    await sim.clock.advance(130_000);
    expect([...sim.alarms('hub'), ...sim.alarms('spoke')]).toEqual([]);
  });

  test('an armed peer falls silent: where to log in and what to type; heard again: over', async () => {
    sim = await SimPair.armed();
    await sim.clock.advance(61_000);
    await sim.kill('spoke');
    await sim.clock.advance(5 * 60_000);
    expect(sim.alarms('hub').join()).toMatch(
      /spoke had debugs on and has not been heard.*log in to the device of spoke \(11\.1\.1\.3\) and type: undebug all/,
    );
    await sim.startAgent('spoke');
    await sim.clock.advance(70_000);
    expect(sim.alarms('hub')).toEqual([]);
  });

  test('a box refuses the stop: it is the stop’s alarm, no advice to turn debugs on at the other end; then its agent is gone', async () => {
    sim = await SimPair.armed();
    await sim.clock.advance(61_000);
    sim.boxes.spoke.behave({ refuse: [/^undebug/] });
    sim.lab.desync();
    await sim.clock.advance(5 * 60_000);
    expect(sim.boxes.spoke.debugsOn()).not.toEqual([]);
    expect(sim.alarms('spoke').join()).toMatch(/not verified off.*undebug all/);
    expect([alarmed('hub', 'half-armed'), alarmed('spoke', 'half-armed')]).toEqual([false, false]);
    await sim.kill('spoke');
    await sim.clock.advance(5 * 60_000);
    expect(sim.alarms('hub').join()).toMatch(
      /spoke had debugs on and has not been heard.*log in to the device of spoke \(11\.1\.1\.3\) and type: undebug all/,
    );
  });

  test('a peer that was never there is told before an incident needs it', async () => {
    sim = new SimPair();
    await sim.start(['hub']);
    await sim.clock.advance(5 * 60_000);
    expect(alarmed('hub', 'has not been heard')).toBe(true);
  });

  test('one of two paths is dead: said, with its address, though the peer is heard', async () => {
    const twoPaths = (config: Config): Config => ({
      ...config,
      peers: config.peers.map((peer) => ({ ...peer, send: [...peer.send, { address: '203.0.113.9', port: SIGNAL_PORT }] })),
    });
    sim = new SimPair({ config: { hub: twoPaths } });
    await sim.start();
    await sim.clock.advance(5 * 60_000);
    expect(sim.alarms('hub')).toHaveLength(1);
    expect(alarmed('hub', '203.0.113.9:10162')).toBe(true);
    const paths = sim.status('hub').peers[0]!.paths;
    expect(paths.map((path) => path.lastError === null)).toEqual([true, false]);
    expect(paths[0]!.acknowledged).toBe(paths[0]!.sent);
    expect(paths[1]!.acknowledged).toBe(0);
  });

  test('our direction of the only path is dead: our end says so', async () => {
    sim = await SimPair.armed();
    sim.network.onPacket = (packet) => !(between(packet, 'hub', 'spoke') && packet.to.port === SIGNAL_PORT);
    await sim.clock.advance(4 * 60_000);
    expect(alarmed('hub', 'not acknowledged')).toBe(true);
    sim.network.onPacket = () => true;
    await sim.clock.advance(130_000);
    expect(sim.alarms('hub')).toEqual([]);
  });
});

describe('several peers', () => {
  test('two behind one NAT address are both told; the one that is not there is a reason, and an alarm, not a delay', async () => {
    const nat = (config: Config): Config => {
      const [peer] = config.peers as [PeerConfig];
      const other: PeerConfig = {
        ...peer,
        name: 'spoke-b',
        send: [{ address: '198.51.100.77', port: SIGNAL_PORT }],
        from: [parseRange('198.51.100.77')!],
      };
      return { ...config, peers: [peer, other] };
    };
    sim = await SimPair.armed({ config: { hub: nat } });
    sim.lab.desync();
    await sim.clock.advance(200_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect(Math.abs(sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!)).toBeLessThanOrEqual(5);
    expect(sim.network.packets.some((packet) => packet.to.address === '198.51.100.77')).toBe(true);
    expect((await sim.incidentOf('hub')).outcome).toMatchObject({ kind: 'partial', reasons: ['no-done:spoke-b'] });
    // Its silence is an alarm, and not this incident's.
    expect(sim.alarms('hub').join()).toContain('spoke-b has not been heard');
    const incident = await sim.incidentOf('hub');
    expect(incident.alarms.map(({ key }) => key)).toEqual([`black-hole:${incident.id}`]);
    await sim.clock.advance(16 * 60_000);
    expect(sim.alarms('hub').join()).toMatch(/spoke-b never acknowledged the stop.*undebug all/);
  });
});

describe('a spoke with two hubs', () => {
  test('both alert: one stop, at the earlier of the two plans, and each gets its own done', async () => {
    const address = '198.51.100.3';
    const snmp = { version: '2c' as const, community: 'second-hub' };
    const second = (config: Config): Config => {
      const [peer] = config.peers as [PeerConfig];
      const send = [{ address, port: SIGNAL_PORT }];
      return { ...config, peers: [peer, { ...peer, name: 'hub2', send, from: [parseRange(address)!], snmp }] };
    };
    sim = await SimPair.armed({ config: { spoke: second } });
    const world = { clock: sim.clock, random: seededRandom(99), disk: new FakeDisk(), datagrams: sim.network.host(address) };
    const engine = await openEngine('/hub2', null, world as unknown as World);
    const peers: SnmpPeer[] = [{ name: 'spoke', from: [addresses.spoke.agent], credentials: snmp, engineId: null }];
    const dones: string[] = [];
    const receiver = await openSnmpReceiver({
      listen: { address, port: SIGNAL_PORT },
      peers,
      engine,
      world,
      onNotification: (notification) => {
        if (notification.intData1 === defaultValues.done) dones.push(notification.strData);
        notification.respond();
      },
      onRefusal: () => {},
    });
    const sender = await openSnmpSender({ peers, engine, world });
    const id = '01KKHMKS72E6R0P2GJR4R8GCJ9';
    sim.lab.desync();
    await sim.clock.advance(3_000);
    const alertedAt = sim.clock.monotonic();
    const alert = {
      confirmed: true,
      root: 91,
      intData1: defaultValues.alert,
      intData2: 5_000,
      strData: encodeSignalText({ phase: 'alert', incident: id, keys: {} }),
      policyName: '',
      policyPath: '',
    } as const;
    void sender.send('spoke', { address: addresses.spoke.agent, port: SIGNAL_PORT }, alert, { timeoutMs: 3_000 });
    await sim.clock.advance(60_000);
    expect(sim.undebugs('spoke').map((at) => at - alertedAt)).toEqual([5_000]);
    expect(dones[0]).toMatch(new RegExp(`^1 done ${id} off=verified`));
    const hub = await sim.incidentOf('hub');
    const spoke = await sim.incidentOf('spoke');
    expect([spoke.id, spoke.aliases]).toEqual([hub.id, [id]]);
    expect(hub.done[0]).toMatchObject({ off: 'verified' });
    await sender.close();
    await receiver.close();
  });
});

describe('clocks', () => {
  test.each([-3 * 3_600_000, 3 * 365 * 86_400_000])(
    'the wall clock is stepped by %i ms in the middle: the stop does not move',
    async (byMs) => {
      sim = await SimPair.armed();
      sim.lab.desync();
      await sim.clock.advance(5_000);
      sim.clock.stepWall(byMs);
      await sim.clock.advance(60_000);
      expect(Math.abs(sim.undebugs('spoke')[0]! - sim.undebugs('hub')[0]!)).toBeLessThanOrEqual(5);
      expect((await sim.incidentOf('hub')).outcome.kind).toBe('complete');
      expect(() => sim.status('hub')).not.toThrow();
    },
  );
});

describe('secrets', () => {
  test('stand nowhere: not in the log, the status, the journal, the audit, the ring, the bundles', async () => {
    let written = '';
    const log = createLog({ level: 'debug', format: 'json', secrets: [...secrets] }, { write: (text) => (written += text) });
    sim = await SimPair.armed({ log: { hub: log, spoke: log } });
    sim.lab.desync();
    await sim.clock.advance(120_000);
    // A device that prints what it was told.
    sim.sendUdp('hub', 'nobody listens here');
    for (const end of ['hub', 'spoke'] as const) {
      const { disk } = sim.stations[end];
      const everything = [
        ...disk.paths.map((path) => disk.content(path).toString('latin1')),
        written,
        JSON.stringify(sim.status(end)),
      ];
      expect(disk.paths.length).toBeGreaterThan(30);
      for (const secret of secrets) expect(everything.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
});
