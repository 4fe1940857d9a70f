/** How the message comes: over UDP and TCP at once, over a terminal monitor, through a repeat trigger, in a flood (pair-protocol.md, "What counts as the event"). */
import { afterEach, describe, expect, test } from 'vitest';
import { addresses, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const forged = (spi: string, decimal: number): string =>
  `<188>999: *Mar 12 18:23:20.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${addresses.hub.crypto}, prot=50, spi=${spi}(${decimal}), srcaddr=${addresses.spoke.crypto}, input interface=Ethernet0/0`;

describe('the same message by two ways', () => {
  test.each([0, 1_500])('UDP first, TCP %i ms later: one event, counted once', async (tcpLagMs) => {
    sim = await SimPair.armed({ syslog: 'both', tcpLagMs });
    sim.lab.desync();
    await sim.clock.advance(50_000);
    const hub = await sim.incidentOf('hub');
    expect(hub.flows).toHaveLength(1);
    expect(hub.flows[0]).toMatchObject({ count: 1, corroboration: 'found' });
    expect(hub.outcome.kind).toBe('complete');
  });

  test.each(['observe', 'hold'])('on %s the second copy bears the first out, and nothing is signalled for it', async (how) => {
    sim = await SimPair.armed({ syslog: 'both', tcpLagMs: 500, mode: { hub: how === 'observe' ? 'observe' : 'act' } });
    if (how === 'hold') await Promise.all([sim.stations.hub.handlers!.hold({ on: true, forMs: null }), sim.clock.advance(100)]);
    sim.lab.desync();
    await sim.clock.advance(50_000);
    expect((await sim.incidentOf('hub')).flows).toMatchObject([{ corroboration: 'found' }]);
    expect(await sim.incidents('spoke')).toEqual([]);
    expect(sim.status('spoke').incidents).toEqual([]);
  });

  test('the device seemed not to have it, then it comes over TCP: it counts', async () => {
    sim = await SimPair.armed({ syslog: 'both', tcpLagMs: 3_000 });
    for (const line of ['configure terminal', 'end']) sim.boxes.hub.console(line);
    await sim.clock.advance(30_000);
    const line = forged('0x68842105', 1_753_489_669);
    sim.sendUdp('hub', line);
    await sim.clock.advance(3_000);
    expect(sim.alarms('hub').join()).toContain('does not have it');
    sim.stations.hub.streams.deliver(Buffer.from(`${line}\n`));
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    expect((await sim.incidentOf('hub')).flows[0]).toMatchObject({ corroboration: 'not-needed' });
  });

  test('the incident of a line that the device seemed not to have is closed; the next one comes over both: it counts', async () => {
    sim = await SimPair.armed({ syslog: 'both' });
    for (const line of ['configure terminal', 'end']) sim.boxes.hub.console(line);
    await sim.clock.advance(30_000);
    const line = forged('0x68842105', 1_753_489_669);
    sim.sendUdp('hub', line);
    await sim.clock.advance(90_000);
    expect((await sim.incidentOf('hub')).outcome.reasons).toContain('not-corroborated');
    const next = line.replace('<188>999: *Mar 12 18:23:20', '<188>1000: *Mar 12 18:25:10');
    sim.sendUdp('hub', next);
    await sim.clock.advance(1_000);
    sim.stations.hub.streams.deliver(Buffer.from(`${next}\n`));
    await sim.clock.advance(60_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });
});

describe('a terminal monitor', () => {
  test('alone brings the event, once the monitor level keeps debugs away', async () => {
    const monitored = { monitorLevel: 'warnings' as const };
    sim = await SimPair.armed({ syslog: 'terminal-monitor', box: { hub: monitored, spoke: monitored } });
    sim.lab.desync();
    await sim.clock.advance(70_000);
    expect((await sim.incidentOf('hub')).outcome.kind).toBe('complete');
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });
});

describe('trigger repeat', () => {
  test('one message waits, the second within the time is the event', async () => {
    const twice = { kind: 'repeat', count: 2, withinMs: 300_000 } as const;
    sim = await SimPair.armed({ config: { hub: (config) => ({ ...config, trigger: twice }) } });
    sim.lab.desync();
    await sim.clock.advance(55_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.undebugs('hub')).toEqual([]);
    await sim.clock.advance(80_000);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
  });
});

describe('floods', () => {
  test('thousands of forged lines, each of another SPI: one incident, few questions to the device, and the true message acts on time', async () => {
    sim = await SimPair.armed({ syslog: 'both' });
    await sim.clock.advance(30_000);
    const from = sim.boxes.hub.commandLog.length;
    for (let n = 0; n < 3_000; n++)
      sim.sendUdp('hub', forged(`0x${(0x1000_0000 + n).toString(16).toUpperCase()}`, 0x1000_0000 + n));
    await sim.clock.advance(1_000);
    sim.lab.desync();
    await sim.clock.advance(60_000);
    const asked = sim.boxes.hub.commandLog.slice(from).filter((entry) => entry.expanded.startsWith('show logging | include 0x'));
    expect(asked.length).toBeLessThanOrEqual(10);
    expect(sim.undebugs('hub')).toHaveLength(1);
    expect(sim.undebugs('spoke')).toHaveLength(1);
    const hub = await sim.incidentOf('hub');
    expect(hub.flows.filter((flow) => flow.corroboration === 'not-needed' || flow.corroboration === 'found')).toHaveLength(1);
  });

  test('a flood of log starves no timer: the stop is exact under it', async () => {
    sim = await SimPair.armed();
    let saidAt = 0;
    sim.boxes.hub.onSyslog((line) => {
      if (line.includes('RECVD_PKT_INV_SPI') && saidAt === 0) saidAt = sim.clock.monotonic();
    });
    sim.lab.desync();
    const noise = Buffer.from('<191>1: *Mar 12 18:23:20.706: ISAKMP:(1001):purging node -1234567890\n'.repeat(500));
    for (let second = 0; second < 20; second++) {
      for (let chunk = 0; chunk < 20; chunk++) sim.stations.hub.streams.deliver(Buffer.from(noise));
      await sim.clock.advance(1_000);
    }
    expect(sim.undebugs('hub').map((at) => at - saidAt)).toEqual([18_000]);
    expect(sim.status('hub').ring.droppedLines).toBe(0);
  });
});
