/**
 * Every mix of ends in virtual time: role both, dual hubs, several spokes, several peers behind one address, routers that run Note A's
 * applets themselves (pair-protocol.md, "Roles, modes, peers" and "Timeline"). What the boxes received and have on is the truth.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { type Seat, SimFleet } from './sim-fleet.ts';
import { addresses, SIGNAL_PORT, SimPair } from './sim-pair.ts';

let fleet: SimFleet;
afterEach(() => fleet?.stop());

const HUB = '213.163.222.7';
const HUB2 = '213.163.222.8';
const SPOKES = ['11.1.1.3', '11.1.1.4', '11.1.1.5'] as const;
/** Between what two boxes received; the network of these tests takes no time, the sessions take a turn or two. */
const TOGETHER_MS = 5;

async function armed(seats: readonly Seat[], except: readonly string[] = []): Promise<void> {
  fleet = new SimFleet(seats);
  await fleet.start(except);
  await fleet.arm();
}

/** One `undebug all` at each, within a few milliseconds of each other, and nothing on. */
function stoppedTogether(...names: string[]): number {
  const times = names.map((name) => fleet.undebugs(name));
  expect(times.map((all) => all.length)).toEqual(names.map(() => 1));
  const flat = times.flat();
  expect(Math.max(...flat) - Math.min(...flat)).toBeLessThanOrEqual(TOGETHER_MS);
  expect(names.map((name) => fleet.debugsOn(name))).toEqual(names.map(() => 0));
  return Math.min(...flat);
}

const complete = async (name: string) => {
  const incident = await fleet.incidentOf(name);
  expect(incident.outcome, name).toEqual({ kind: 'complete', reasons: [] });
  return incident;
};

const hubAnd = (...spokes: Seat[]): Seat[] => [
  { name: 'hub', role: 'hub', crypto: HUB, peers: spokes.map((spoke) => spoke.name) },
  ...spokes,
];
const spoke = (n: 1 | 2 | 3, over: Partial<Seat> = {}): Seat => ({
  name: `spoke${n}`,
  role: 'spoke',
  crypto: SPOKES[n - 1]!,
  peers: ['hub'],
  ...over,
});

describe('two ends of role both', () => {
  const pair: Seat[] = [
    { name: 'left', role: 'both', crypto: HUB, peers: ['right'] },
    { name: 'right', role: 'both', crypto: SPOKES[0], peers: ['left'] },
  ];

  test.each([0, 1, 30, 4_000])(
    'detect %i ms apart: one stop at both, one bundle each, each has the done of the other',
    async (apartMs) => {
      await armed(pair);
      const t0 = fleet.clock.monotonic();
      fleet.see('left', 'right', 0x68842105);
      await fleet.clock.advance(apartMs);
      fleet.see('right', 'left', 0xb761863e);
      await fleet.clock.advance(60_000);
      const stopAt = stoppedTogether('left', 'right');
      expect(stopAt - t0).toBeGreaterThanOrEqual(18_000);
      expect(stopAt - t0).toBeLessThanOrEqual(18_000 + TOGETHER_MS);
      const [left, right] = [await complete('left'), await complete('right')];
      expect([left.id, ...left.aliases].sort()).toEqual([right.id, ...right.aliases].sort());
      for (const [incident, other] of [
        [left, 'right'],
        [right, 'left'],
      ] as const) {
        expect(incident.flows).toHaveLength(2);
        expect(incident.done).toMatchObject([{ peer: other, off: 'verified', captured: true }]);
      }
      for (const { seat } of [fleet.at('left'), fleet.at('right')]) {
        expect(fleet.alarms(seat.name)).toEqual([]);
        expect(fleet.status(seat.name).refusals).toEqual({});
      }
    },
  );

  test('only one detects: it is the hub of this incident, the other its spoke', async () => {
    await armed(pair);
    fleet.see('right', 'left');
    await fleet.clock.advance(60_000);
    stoppedTogether('left', 'right');
    expect((await complete('left')).role).toBe('spoke');
    expect((await complete('right')).role).toBe('hub');
  });

  test('alerts cross and every stop is lost: each stops by its own plan, the earlier of the two', async () => {
    await armed(pair);
    fleet.see('left', 'right');
    await fleet.clock.advance(1_000);
    fleet.see('right', 'left', 0xb761863e);
    await fleet.clock.advance(15_000);
    const quietUntil = fleet.clock.monotonic() + 8_000;
    fleet.network.onPacket = () => fleet.clock.monotonic() > quietUntil;
    await fleet.clock.advance(60_000);
    stoppedTogether('left', 'right');
    await complete('left');
    await complete('right');
  });

  test.each(['left', 'right'])('%s is killed between alert and stop, and is back in time', async (name) => {
    await armed(pair);
    fleet.see('left', 'right');
    fleet.see('right', 'left', 0xb761863e);
    await fleet.clock.advance(9_000);
    await fleet.kill(name);
    await fleet.clock.advance(1_000);
    await fleet.startAgent(name);
    await fleet.clock.advance(150_000);
    expect([fleet.debugsOn('left'), fleet.debugsOn('right')]).toEqual([0, 0]);
    expect((await fleet.incidentOf('left')).stop.off).toBe('verified');
    expect((await fleet.incidentOf('right')).stop.off).toBe('verified');
  });

  test('the device of one makes trouble: the other is told, and neither waits for the other beyond its time', async () => {
    await armed(pair);
    fleet.at('right').box.behave({ refuse: [/^undebug all$/] });
    fleet.see('left', 'right');
    fleet.see('right', 'left', 0xb761863e);
    await fleet.clock.advance(180_000);
    expect(fleet.debugsOn('left')).toBe(0);
    expect((await fleet.incidentOf('left')).outcome.kind).toBe('partial');
    expect((await fleet.incidentOf('right')).outcome.reasons).toContain('debugs-not-verified-off');
    expect(fleet.alarms('left').join()).toContain('log in to the device of right');
    expect(fleet.alarms('right').join()).toContain('undebug all');
    fleet.at('right').box.behave({ refuse: [] });
    await fleet.clock.advance(60_000);
    expect(fleet.debugsOn('right')).toBe(0);
    expect(fleet.alarms('left')).toEqual([]);
  });
});

describe('a spoke with two hubs', () => {
  const dual: Seat[] = [
    { name: 'hub', role: 'hub', crypto: HUB, peers: ['spoke1'] },
    { name: 'hub2', role: 'hub', crypto: HUB2, peers: ['spoke1'] },
    spoke(1, { peers: ['hub', 'hub2'] }),
  ];

  test('both detect at once: the spoke stops once, and each hub gets its own done', async () => {
    await armed(dual);
    fleet.see('hub', 'spoke1', 0x11111111);
    fleet.see('hub2', 'spoke1', 0x22222222);
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'hub2', 'spoke1');
    const ids = [(await complete('hub')).id, (await complete('hub2')).id].sort();
    const joined = await complete('spoke1');
    expect([joined.id, ...joined.aliases].sort()).toEqual(ids);
    expect(joined.flows.map((flow) => flow.dst).sort()).toEqual([HUB, HUB2]);
    expect((await fleet.incidentOf('hub')).done).toMatchObject([{ peer: 'spoke1', off: 'verified', sealed: true }]);
    expect((await fleet.incidentOf('hub2')).done).toMatchObject([{ peer: 'spoke1', off: 'verified', sealed: true }]);
  });

  test('the second detects 5 s later: the spoke stops with the first, the second by its own plan; both have their done', async () => {
    await armed(dual);
    fleet.see('hub', 'spoke1', 0x11111111);
    await fleet.clock.advance(5_000);
    fleet.see('hub2', 'spoke1', 0x22222222);
    await fleet.clock.advance(60_000);
    const first = stoppedTogether('hub', 'spoke1');
    expect(fleet.undebugs('hub2')[0]! - first).toBeGreaterThan(4_900);
    for (const name of ['hub', 'hub2', 'spoke1']) await complete(name);
    expect((await fleet.incidentOf('hub2')).done).toMatchObject([{ off: 'verified' }]);
  });

  test('an incident with one hub leaves the debugs of the other alone', async () => {
    await armed(dual);
    fleet.see('hub', 'spoke1');
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke1');
    expect(fleet.undebugs('hub2')).toEqual([]);
    expect(fleet.debugsOn('hub2')).toBe(2);
    expect(await fleet.incidents('hub2')).toEqual([]);
  });
});

describe('a hub with several spokes', () => {
  test('an incident with one of three: the other two keep their debugs', async () => {
    await armed(hubAnd(spoke(1), spoke(2), spoke(3)));
    fleet.see('hub', 'spoke2');
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke2');
    for (const name of ['spoke1', 'spoke3']) {
      expect(fleet.undebugs(name)).toEqual([]);
      expect(fleet.debugsOn(name)).toBe(2);
    }
    expect((await complete('hub')).done.map((done) => done.peer)).toEqual(['spoke2']);
  });

  test('flows of all three within seconds merge into one incident, stopped everywhere at the first plan', async () => {
    await armed(hubAnd(spoke(1), spoke(2), spoke(3)));
    const t0 = fleet.clock.monotonic();
    for (const name of ['spoke1', 'spoke2', 'spoke3']) {
      fleet.see('hub', name);
      await fleet.clock.advance(4_000);
    }
    await fleet.clock.advance(60_000);
    expect(stoppedTogether('hub', 'spoke1', 'spoke2', 'spoke3') - t0).toBeLessThanOrEqual(18_000 + TOGETHER_MS);
    const hub = await complete('hub');
    expect(hub.flows).toHaveLength(3);
    expect(hub.done.map((done) => done.peer).sort()).toEqual(['spoke1', 'spoke2', 'spoke3']);
    for (const name of ['spoke1', 'spoke2', 'spoke3']) expect((await complete(name)).id).toBe(hub.id);
  });

  test('one of three is dead: the living ones are not held up, a person is told of the dead one and its device', async () => {
    await armed(hubAnd(spoke(1), spoke(2), spoke(3)), ['spoke3']);
    for (const name of ['spoke1', 'spoke2', 'spoke3']) fleet.see('hub', name);
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke1', 'spoke2');
    for (const name of ['spoke1', 'spoke2']) await complete(name);
    await fleet.clock.advance(20 * 60_000);
    const hub = await fleet.incidentOf('hub');
    expect(hub.outcome.kind).toBe('partial');
    expect(hub.outcome.reasons).toContain('no-done:spoke3');
    expect(hub.outcome.reasons.filter((reason) => /spoke[12]/.test(reason))).toEqual([]);
    expect(fleet.alarms('hub').filter((text) => text.includes('never acknowledged the stop'))).toMatchObject([
      expect.stringContaining(`log in to the device of spoke3 (${SPOKES[2]})`),
    ]);
  });

  test('two incidents one after the other end their own debugs and nobody else’s', async () => {
    await armed(hubAnd(spoke(1), spoke(2)));
    fleet.see('hub', 'spoke1');
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke1');
    await fleet.arm('hub');
    fleet.see('hub', 'spoke2');
    await fleet.clock.advance(60_000);
    expect([fleet.undebugs('hub').length, fleet.undebugs('spoke1').length, fleet.undebugs('spoke2').length]).toEqual([2, 1, 1]);
    expect((await fleet.incidents('hub')).map((incident) => incident.outcome.kind)).toEqual(['complete', 'complete']);
    await complete('spoke2');
  });

  test('peers behind one NAT address are all alerted, stopped and heard', async () => {
    await armed(hubAnd(spoke(1), spoke(2, { crypto: SPOKES[0] })));
    fleet.see('hub', 'spoke1');
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke1', 'spoke2');
    const hub = await complete('hub');
    expect(hub.flows).toMatchObject([{ src: SPOKES[0], peers: ['spoke1', 'spoke2'] }]);
    expect(hub.done.map((done) => done.peer).sort()).toEqual(['spoke1', 'spoke2']);
  });
});

describe('a hub with routers that run Note A’s applet', () => {
  const router = (n: 1 | 2 | 3, over: Partial<Seat> = {}): Seat => spoke(n, { name: `router${n}`, role: 'eem', ...over });

  test.each(['1', '2c'] as const)('a bare stop over v%s ends its debugs, with ours and those of an agent', async (version) => {
    await armed(hubAnd(spoke(1), router(2, { snmp: { version, community: 'public' } })));
    fleet.see('hub', 'spoke1');
    fleet.see('hub', 'router2', 0x22222222);
    await fleet.clock.advance(60_000);
    stoppedTogether('hub', 'spoke1');
    const { box } = fleet.at('router2');
    expect(box.debugsOn()).toEqual([]);
    expect(fleet.undebugs('router2')[0]! - fleet.undebugs('hub')[0]!).toBeLessThan(2_000);
    // Sent twice, 2 s apart, since nothing acknowledges a trap: the second one finds nothing on.
    expect(box.appletRuns.map((run) => run.applet)).toEqual(['on_hub', 'on_hub']);
    const hub = await fleet.incidentOf('hub');
    expect(hub.outcome).toEqual({ kind: 'complete-one-ended', reasons: [] });
    expect(hub.done.map((done) => done.peer)).toContain('spoke1');
    expect((await complete('spoke1')).id).toBe(hub.id);
    expect(fleet.alarms('hub')).toEqual([]);
  });

  test('gets no hello, no alert and no done: only the stop', async () => {
    await armed(hubAnd(router(1)));
    fleet.see('hub', 'router1');
    await fleet.clock.advance(17_900);
    const toRouter = () => fleet.network.packets.filter((packet) => packet.to.port === 162).length;
    expect(toRouter()).toBe(0);
    await fleet.clock.advance(60_000);
    expect(toRouter()).toBe(2);
  });

  test('that cannot be reached: the stop is told to a person only when nothing left us; the trap itself is never known to arrive', async () => {
    await armed(hubAnd(router(1)));
    fleet.network.onPacket = (packet) => packet.to.port !== 162;
    fleet.see('hub', 'router1');
    await fleet.clock.advance(60_000);
    expect(fleet.debugsOn('hub')).toBe(0);
    expect(fleet.debugsOn('router1')).toBe(2);
    const hub = await fleet.incidentOf('hub');
    expect(hub.outcome).toEqual({ kind: 'complete-one-ended', reasons: [] });
    expect(hub.signals).toContainEqual(expect.objectContaining({ peer: 'router1', phase: 'stop' }));
  });
});

describe('a spoke whose hub is a router that runs Note A’s applet', () => {
  /** The hub's box has the applet as the note prints it; its SNMP host is the spoke's agent. */
  async function eemHub(version: '1' | '2c'): Promise<SimPair> {
    const pair = new SimPair({
      config: {
        spoke: (config) => ({
          ...config,
          peers: config.peers.map((peer) => ({ ...peer, kind: 'eem', notify: 'trap', snmp: { version, community: 'public' } })),
        }),
      },
    });
    const { hub } = pair.boxes;
    await openBoxSnmp({
      box: hub,
      datagrams: pair.network.host(addresses.hub.agent),
      bind: { address: addresses.hub.agent, port: 162 },
    });
    for (const line of [
      'configure terminal',
      'snmp-server enable traps event-manager',
      `snmp-server host ${addresses.spoke.agent} ${version === '2c' ? 'version 2c ' : ''}public udp-port ${SIGNAL_PORT} event-manager`,
      'event manager applet command_hub',
      `event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=${addresses.spoke.crypto}" maxrun 40`,
      'action 1 cli command "enable"',
      'action 7 wait 18',
      'action 8 cli command "undebug all"',
      'action 8.1 snmp-trap intdata1 2323232 strdata ""',
      'action 9 syslog priority informational msg "DONE ON HUB"',
      'end',
    ])
      hub.console(line);
    await pair.start(['spoke']);
    pair.armByHand();
    await pair.clock.advance(61_000);
    return pair;
  }

  test.each(['1', '2c'] as const)('its trap over v%s stops the spoke, whose own part is verified', async (version) => {
    const pair = await eemHub(version);
    pair.lab.desync();
    await pair.clock.advance(60_000);
    expect(pair.boxes.hub.debugsOn()).toEqual([]);
    expect(pair.boxes.spoke.debugsOn()).toEqual([]);
    expect(pair.undebugs('spoke')).toHaveLength(1);
    expect(pair.undebugs('spoke')[0]! - pair.undebugs('hub')[0]!).toBeLessThan(1_000);
    const spokeIncident = await pair.incidentOf('spoke');
    expect(spokeIncident.openedBy).toBe('stop');
    expect(spokeIncident.outcome).toEqual({ kind: 'complete-one-ended', reasons: [] });
    expect(pair.status('spoke').refusals).toEqual({});
    await pair.stop();
  });
});
