/** Whole incidents between two production agents in virtual time (pair-protocol.md). The boxes are the judges. */
import { afterEach, describe, expect, test } from 'vitest';
import { parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { addresses, between, type End, type SimOptions, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

async function begin(options: SimOptions = {}): Promise<void> {
  sim = new SimPair(options);
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
}

async function incidentOf(end: End) {
  const { disk } = sim.stations[end];
  const names = (await disk.list(`/${end}/incidents`)).filter((name) => /^[0-9A-Z]{26}$/.test(name));
  expect(names).toHaveLength(1);
  const read = parseIncidentFile((await disk.readFile(`/${end}/incidents/${names[0]}/incident.json`)).toString());
  if (read.kind !== 'incident') throw new Error(read.why);
  return read.incident;
}

const undebugs = (end: End): number[] => sim.received(end, 'undebug all');

describe('desync: the hub lost its SAs', () => {
  test('both ends stop together, are verified, captured, sealed, complete', async () => {
    await begin();
    const spi = sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(undebugs('hub')).toHaveLength(1);
    expect(undebugs('spoke')).toHaveLength(1);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    const [hub, spoke] = [await incidentOf('hub'), await incidentOf('spoke')];
    expect(hub.id).toBe(spoke.id);
    expect(hub.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(spoke.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(hub.flows[0]).toMatchObject({
      src: addresses.spoke.crypto,
      dst: addresses.hub.crypto,
      spi: `0x${spi.toString(16).padStart(8, '0')}`,
    });
    expect(hub.done[0]).toMatchObject({ peer: 'spoke', off: 'verified', captured: true, sealed: true });
    expect(hub.done[0]?.keys['spi']).toBe('outbound');
    // A peer's first question for our time is no refusal (agent/signals.ts knows it by usm-judge.ts's words).
    for (const end of ['hub', 'spoke'] as const) expect(sim.status(end).refusals).toEqual({});
  });
});

describe('signals that are lost', () => {
  /** Loses what goes from hub to spoke, but for acknowledgements of what the spoke sends, while `when` holds. */
  const loseFromHub = (when: () => boolean) => {
    sim.network.onPacket = (packet) => !(between(packet, 'hub', 'spoke') && packet.to.port === 10_162 && when());
  };

  test('every stop lost: the spoke stops by its own timer, at the planned moment', async () => {
    await begin();
    sim.lab.desync();
    await sim.clock.advance(5_000);
    loseFromHub(() => true);
    await sim.clock.advance(55_000);
    expect(undebugs('spoke')).toHaveLength(1);
    expect(Math.abs(undebugs('spoke')[0]! - undebugs('hub')[0]!)).toBeLessThanOrEqual(5);
    expect((await incidentOf('hub')).outcome.kind).toBe('complete');
    expect((await incidentOf('spoke')).outcome.kind).toBe('complete');
  });

  test('every alert lost: the stop alone does it, the captures are late', async () => {
    await begin();
    const stopSeen = () => undebugs('hub').length > 0;
    loseFromHub(() => !stopSeen());
    sim.lab.desync();
    await sim.clock.advance(70_000);
    expect(undebugs('spoke')).toHaveLength(1);
    const [hub, spoke] = [await incidentOf('hub'), await incidentOf('spoke')];
    expect(spoke.openedBy).toBe('stop');
    expect(spoke.captures.every((capture) => capture.late)).toBe(true);
    // The stop tells what it is about, so that even the late capture can say where the bad SPI stands.
    expect(hub.done[0]?.keys['spi']).toBe('outbound');
    expect(hub.outcome.kind).toBe('complete');
    expect(spoke.outcome.kind).toBe('complete');
  });

  test('the spoke is unreachable for good: the hub stops, says so, and tells a person what to type', async () => {
    await begin();
    loseFromHub(() => true);
    sim.lab.desync();
    await sim.clock.advance(20 * 60_000);
    expect(undebugs('hub')).toHaveLength(1);
    const hub = await incidentOf('hub');
    expect(hub.outcome).toMatchObject({ kind: 'partial', reasons: expect.arrayContaining(['no-done:spoke']) });
    const { alarms } = sim.stations.hub.handlers!.status();
    expect(alarms.map((alarm) => alarm.remedy).join()).toContain('undebug all');
  });
});

describe('a line that could be spoofed', () => {
  test('is corroborated on the device, then everything goes its way', async () => {
    await begin({ syslog: 'syslog-udp' });
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const hub = await incidentOf('hub');
    expect(hub.flows[0]?.corroboration).toBe('found');
    expect(hub.outcome.kind).toBe('complete');
    expect(undebugs('spoke')).toHaveLength(1);
  });

  test('that the device does not bear out causes a capture and an alarm, no signal and no stop', async () => {
    await begin({ syslog: 'syslog-udp' });
    for (const line of ['configure terminal', 'end']) sim.boxes.hub.console(line);
    await sim.clock.advance(30_000);
    const forged = `<188>999: *Mar 12 18:23:20.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${addresses.hub.crypto}, prot=50, spi=0x68842105(1753489669), srcaddr=${addresses.spoke.crypto}, input interface=Ethernet0/0`;
    sim.network.inject({
      bytes: Buffer.from(forged),
      from: { address: addresses.hub.box, port: 514 },
      to: { address: addresses.hub.agent, port: 6_514 },
    });
    await sim.clock.advance(60_000);
    expect(undebugs('hub')).toEqual([]);
    expect(undebugs('spoke')).toEqual([]);
    expect(sim.boxes.hub.debugsOn().length).toBeGreaterThan(0);
    const hub = await incidentOf('hub');
    expect(hub.flows[0]?.corroboration).toBe('absent');
    expect(hub.captures.length).toBeGreaterThan(5);
    expect(sim.stations.hub.handlers!.status().alarms[0]?.text).toContain('does not have it in its own log buffer');
    expect(await sim.stations.spoke.disk.list('/spoke/incidents')).toEqual([]);
  });
});

describe('a device that makes trouble at the stop', () => {
  test('refuses undebug: three sessions are tried, the alarm stands within the bound, attempts go on until it works', async () => {
    await begin();
    sim.boxes.spoke.behave({ refuse: [/^undebug all$/] });
    sim.lab.desync();
    await sim.clock.advance(18_000 + 31_000);
    const { alarms } = sim.stations.spoke.handlers!.status();
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.remedy).toBe(`log in to spoke (${addresses.spoke.box}) and type: undebug all`);
    expect(sim.boxes.spoke.debugsOn().length).toBeGreaterThan(0);
    sim.boxes.spoke.behave({ refuse: [] });
    await sim.clock.advance(60_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect(sim.stations.spoke.handlers!.status().alarms).toEqual([]);
  });

  test('session B is lost just before the stop: a fresh one does it', async () => {
    await begin();
    sim.lab.desync();
    await sim.clock.advance(17_900);
    sim.stations.hub.shells.dropAll();
    await sim.clock.advance(60_000);
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect((await incidentOf('hub')).stop.off).toBe('verified');
  });

  test('slow AAA: captures are still running at the stop, the stop does not wait for them', async () => {
    await begin({ box: { hub: { behaviour: { thinkMs: 3_000 } } } });
    sim.lab.desync();
    await sim.clock.advance(150_000);
    const [hub] = undebugs('hub');
    const [spoke] = undebugs('spoke');
    expect(Math.abs(hub! - spoke!)).toBeLessThanOrEqual(5);
    expect((await incidentOf('hub')).stop.off).toBe('verified');
  });
});

describe('nobody else is harmed', () => {
  test('nothing on at t0: no undebug is sent anywhere', async () => {
    sim = new SimPair();
    await sim.start();
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(undebugs('hub')).toEqual([]);
    expect(undebugs('spoke')).toEqual([]);
    expect((await incidentOf('hub')).stop).toMatchObject({ off: 'verified', nothingOn: true });
  });

  test('a black hole repeats its message every minute: one incident, and debugs that somebody turns on later stay on', async () => {
    await begin();
    sim.lab.desync();
    await sim.clock.advance(50_000);
    sim.boxes.hub.console('debug crypto isakmp');
    await sim.clock.advance(10 * 60_000);
    expect(undebugs('hub')).toHaveLength(1);
    expect(sim.boxes.hub.debugsOn().length).toBeGreaterThan(0);
    await incidentOf('hub');
  });

  test.each(['observe', 'capture'] as const)('mode %s at both ends: no debug is touched', async (mode) => {
    await begin({ mode: { hub: mode, spoke: mode } });
    sim.lab.desync();
    await sim.clock.advance(140_000);
    for (const end of ['hub', 'spoke'] as const) {
      expect(undebugs(end)).toEqual([]);
      expect(sim.boxes[end].debugsOn().length).toBeGreaterThan(0);
    }
    expect((await incidentOf('hub')).outcome.kind).toBe(mode === 'observe' ? 'observed' : 'captured');
    if (mode === 'observe')
      expect(sim.boxes.hub.commandLog.some((entry) => entry.expanded.startsWith('show crypto'))).toBe(false);
  });

  test('on hold: a new event is written down and nothing is done', async () => {
    await begin();
    await Promise.all([sim.stations.hub.handlers!.hold({ on: true, forMs: null }), sim.clock.advance(100)]);
    sim.lab.desync();
    await sim.clock.advance(60_000);
    expect(undebugs('hub')).toEqual([]);
    expect(undebugs('spoke')).toEqual([]);
    expect((await incidentOf('hub')).mode).toContain('hold');
  });
});

describe('an agent that dies', () => {
  test.each([
    ['hub', 2_000],
    ['hub', 17_000],
    ['spoke', 2_000],
    ['spoke', 17_000],
  ] as const)(
    '%s is killed %i ms after the message and comes back a second later: both ends are verified off',
    async (end, afterMs) => {
      await begin();
      sim.lab.desync();
      await sim.clock.advance(afterMs);
      await sim.kill(end);
      await sim.clock.advance(1_000);
      await sim.startAgent(end);
      await sim.clock.advance(150_000);
      expect(sim.boxes.hub.debugsOn()).toEqual([]);
      expect(sim.boxes.spoke.debugsOn()).toEqual([]);
      expect((await incidentOf('hub')).stop.off).toBe('verified');
      expect((await incidentOf('spoke')).stop.off).toBe('verified');
    },
  );

  test('the hub is gone for good after the alert: the spoke stops on time all the same', async () => {
    await begin();
    sim.lab.desync();
    await sim.clock.advance(3_000);
    await sim.kill('hub');
    await sim.clock.advance(60_000);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });
});

describe('an agent that is told to end in the middle of an incident', () => {
  test.each(['hub', 'spoke'] as const)(
    'the %s stops its debugs now rather than leave them to nobody, and seals at its next start',
    async (end) => {
      await begin();
      sim.lab.desync();
      await sim.clock.advance(5_000);
      const leaving = sim.stations[end].agent!.stop('SIGTERM');
      await sim.clock.advance(10_000);
      await leaving;
      sim.stations[end].agent = null;
      expect(sim.boxes[end].debugsOn()).toEqual([]);
      await sim.startAgent(end);
      await sim.clock.advance(150_000);
      expect(sim.boxes.hub.debugsOn()).toEqual([]);
      expect(sim.boxes.spoke.debugsOn()).toEqual([]);
      expect((await incidentOf(end)).timeline.map((entry) => entry.phase)).toContain('stop-agent-leaving');
      expect((await incidentOf('hub')).stop.off).toBe('verified');
    },
  );

  test('without an incident nothing is sent to the device', async () => {
    await begin();
    await sim.stop();
    expect(sim.boxes.hub.debugsOn().length).toBeGreaterThan(0);
    expect(undebugs('hub')).toEqual([]);
  });
});
