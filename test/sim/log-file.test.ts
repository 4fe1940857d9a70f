/** A log file as the source, alone and beside all others; and what the evidence says of lines that never came. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { addresses, logPath, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const LOG = logPath('hub');
const line = (number: number, stamp: string): string =>
  `<188>${number}: *Mar 12 ${stamp}: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${addresses.hub.crypto}, prot=50, spi=0x68842105(1753489669), srcaddr=${addresses.spoke.crypto}, input interface=Ethernet0/0`;

describe('a log file alone', () => {
  test('brings the event: borne out by the device, both ends stop, both bundles are whole', async () => {
    sim = await SimPair.armed({ syslog: 'file' });
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.flows).toMatchObject([{ count: 1, corroboration: 'found', sources: ['file'] }]);
    expect(hub.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(hub.log.holes).toEqual([]);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    expect(sim.status('hub').sources[0]).toMatchObject({ kind: 'file', listen: LOG, state: 'open', behindBytes: 0 });
  });

  test('a forged line in it, which the device does not have: nothing is signalled and nothing stopped', async () => {
    sim = await SimPair.armed({ syslog: 'file' });
    for (const typed of ['configure terminal', 'end']) sim.boxes.hub.console(typed);
    await sim.clock.advance(30_000);
    sim.writeLog('hub', line(999, '18:23:20.706'));
    await sim.clock.advance(60_000);
    expect((await sim.incidentOf('hub')).outcome.reasons).toContain('not-corroborated');
    expect(sim.undebugs('spoke')).toEqual([]);
  });

  test('rotated in the same moment: the event is in the old file, nothing is missed', async () => {
    sim = await SimPair.armed({ syslog: 'file' });
    await sim.clock.advance(100);
    sim.lab.desync();
    await sim.clock.advance(50);
    sim.stations.hub.logFiles.rename(LOG, `${LOG}.1`);
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect((await sim.incidentOf('hub')).log.holes).toEqual([]);
  });

  test('lines of another router in the same file are not the device’s', async () => {
    sim = await SimPair.armed({ syslog: 'file' });
    sim.stations.hub.logFiles.append(LOG, `Mar 12 18:23:20 192.0.2.77 ${line(5, '18:23:20.706').slice(5)}\n`);
    await sim.clock.advance(30_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.status('hub').refusals['foreign-device']).toBe(1);
    expect(sim.status('hub').sources[0]).toMatchObject({ foreign: 1 });
  });

  test('what was in the file before the agent, and came while it was down, opens nothing and is evidence', async () => {
    sim = await SimPair.armed({ syslog: 'file' });
    await sim.clock.advance(6_000);
    await sim.kill('hub');
    sim.writeLog('hub', line(7, '18:23:20.706'));
    await sim.clock.advance(1_000);
    await sim.startAgent('hub');
    await sim.clock.advance(30_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.status('hub').refusals['stale-backlog']).toBe(1);
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.event?.line).not.toContain('18:23:20.706');
    const log = sim.stations.hub.disk.content(`/hub/incidents/${hub.id}/device.log`).toString();
    expect(log).toContain('18:23:20.706');
  });
});

describe('file, UDP, TCP and terminal monitor at once', () => {
  const monitored = { monitorLevel: 'warnings' as const };

  test.each([0, 900, 4_000])('TCP %i ms behind: one event, counted once, by all its sources', async (tcpLagMs) => {
    sim = await SimPair.armed({ syslog: 'all', tcpLagMs, box: { hub: monitored, spoke: monitored } });
    sim.lab.desync();
    await sim.clock.advance(55_000);
    expect(await sim.incidents('hub')).toHaveLength(1);
    const hub = await sim.incidentOf('hub');
    expect(hub.flows).toMatchObject([{ count: 1 }]);
    expect(hub.outcome).toEqual({ kind: 'complete', reasons: [] });
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });

  test('the next message, a minute later, is one more, by whichever source it comes first', async () => {
    sim = await SimPair.armed({ syslog: 'all', box: { hub: monitored, spoke: monitored } });
    sim.lab.desync();
    await sim.clock.advance(130_000);
    expect(await sim.incidents('hub')).toHaveLength(1);
    const { refusals } = sim.status('hub');
    expect(refusals['duplicate-other-source']).toBe(9);
    expect(sim.undebugs('hub')).toHaveLength(1);
  });

  test('a file that lags by half a minute opens no second incident', async () => {
    sim = await SimPair.armed({ syslog: 'syslog-tcp', config: { hub: withFile } });
    const lines: string[] = [];
    sim.boxes.hub.onSyslog((message) => void lines.push(message));
    sim.lab.desync();
    await sim.clock.advance(30_000);
    for (const message of lines) sim.writeLog('hub', message);
    await sim.clock.advance(25_000);
    expect(await sim.incidents('hub')).toHaveLength(1);
    expect(sim.undebugs('hub')).toHaveLength(1);
  });

  test('a file that lags by a minute: its copy is no next message, and no black hole', async () => {
    // A device whose clock is believed would call it stale; this one's says nothing.
    sim = await SimPair.armed({
      syslog: 'syslog-tcp',
      config: { hub: withFile },
      box: { hub: { behaviour: { clockMark: '*' } } },
    });
    const lines: string[] = [];
    sim.boxes.hub.onSyslog((message) => void lines.push(message));
    sim.lab.desync();
    await sim.clock.advance(1_000);
    sim.lab.repair();
    await sim.clock.advance(60_500);
    for (const message of lines) sim.writeLog('hub', message);
    await sim.clock.advance(10_000);
    expect(sim.status('hub').refusals['duplicate-other-source']).toBe(1);
    expect((await sim.incidentOf('hub')).flows).toMatchObject([{ count: 1, sources: ['syslog-tcp'] }]);
    expect(sim.alarms('hub')).toEqual([]);
  });
});

describe('lines that never came', () => {
  test('over the box’s own rate limit: counted by it, read at the message and at the stop, a hole between the two', async () => {
    const limited = { rateLimit: { messagesPerSecond: 1, debugsToo: true, except: 'warnings' as const } };
    sim = await SimPair.armed({ box: { hub: limited } });
    sim.lab.desync();
    await sim.clock.advance(10_000);
    for (let edit = 0; edit < 3; edit++) for (const typed of ['configure terminal', 'end']) sim.boxes.hub.console(typed);
    await sim.clock.advance(50_000);
    const hub = await sim.incidentOf('hub');
    const readings = hub.captures.filter((capture) => capture.command.includes('messages dropped'));
    expect(readings.map((capture) => [capture.round, capture.status])).toEqual([
      ['first', 'ok'],
      ['stop', 'ok'],
    ]);
    expect(hub.log.holes).toMatchObject([{ reason: 'device-rate-limited', from: readings[0]!.sent, to: readings[1]!.sent }]);
    expect(hub.log.holes[0]!.lostLines).toBeGreaterThanOrEqual(2);
    expect(hub.outcome.kind).toBe('complete');
  });

  test('over UDP: the hole has their number, its times, and the incident is not called complete', async () => {
    sim = await SimPair.armed({ syslog: 'syslog-udp' });
    let [came, dropped] = [0, 0];
    sim.losesUdp = (end, message) => {
      if (end !== 'hub' || !message.includes('CONFIG_I')) return false;
      const isLost = ++came === 2 || came === 3;
      if (isLost) dropped++;
      return isLost;
    };
    for (let edit = 0; edit < 5; edit++) {
      for (const typed of ['configure terminal', 'end']) sim.boxes.hub.console(typed);
      await sim.clock.advance(700);
    }
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const hub = await sim.incidentOf('hub');
    expect(dropped).toBe(2);
    const holes = hub.log.holes.filter((hole) => hole.reason === 'counter-gap');
    expect(holes.reduce((sum, hole) => sum + (hole.lostLines ?? 0), 0)).toBe(2);
    for (const hole of holes) expect(Date.parse(hole.to!.at)).toBeGreaterThanOrEqual(Date.parse(hole.from.at));
    expect(hub.outcome).toMatchObject({ kind: 'partial', reasons: ['device-log-hole:counter-gap'] });
    expect(sim.status('hub').drops['deviceLines']).toBe(2);
  });
});

function withFile(config: Config): Config {
  const file = { kind: 'file', name: 'file', path: LOG, relay: '127.0.0.1', positionFile: '/hub/sources/file.json' } as const;
  return { ...config, sources: [...config.sources, file] };
}
