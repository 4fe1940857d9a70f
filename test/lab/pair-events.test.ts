/** What a scenario makes happen between boxes, judged by what the boxes log and show: transient, black hole, both ends, storm, nets. */
import { describe, expect, test } from 'vitest';
import type { Box, BoxOptions } from '../../agent/lab/contract.ts';
import { createLabNet } from '../../agent/lab/pair.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, HUB_ADDRESS, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const MESSAGE = /RECVD_PKT_INV_SPI: .*destaddr=([\d.]+), prot=50, spi=0x[0-9A-F]+\((\d+)\), srcaddr=([\d.]+),/;

interface Told {
  readonly at: number;
  readonly destination: string;
  readonly spi: number;
  readonly source: string;
}

/** The messages about an invalid SPI that this box sends from now on. */
function listen(box: Box, clock: FakeClock): Told[] {
  const told: Told[] = [];
  box.onSyslog((message) => {
    const match = MESSAGE.exec(message);
    if (match) told.push({ at: clock.monotonic(), destination: match[1]!, spi: Number(match[2]), source: match[3]! });
  });
  return told;
}

const spis = (box: Box, peer: string): number[] =>
  [...box.console(`show crypto ipsec sa peer ${peer}`).matchAll(/^ {6}spi: 0x[0-9A-F]+\((\d+)\)$/gm)].map((match) =>
    Number(match[1]),
  );

describe.each([1, 2] as const)('IKEv%i: a rekey with a late packet', (ikeVersion) => {
  test('one message about the old SPI, the new SA on both ends, never again', async () => {
    const { clock, pair, hub, spoke } = stage({ hub: { messageIntervalMs: 2_000 }, pair: { ikeVersion } });
    for (const line of [`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`, 'debug crypto isakmp', 'debug crypto ipsec'])
      hub.console(line);
    await clock.advance(5_000);
    const told = listen(hub, clock);
    const [before] = spis(hub, SPOKE_ADDRESS);
    const old = pair.rekeyTransient();
    expect(old).toBe(before);
    await clock.advance(120_000);
    expect(told).toEqual([{ at: told[0]!.at, destination: HUB_ADDRESS, source: SPOKE_ADDRESS, spi: old }]);
    const after = { hub: spis(hub, SPOKE_ADDRESS), spoke: spis(spoke, HUB_ADDRESS) };
    expect(after.hub).toEqual([...after.spoke].reverse());
    expect(after.hub).not.toContain(old);
    // Between a live IKE SA and none is the difference that a verdict rests on.
    expect(hub.console('show logging')).not.toContain('no ISAKMP sa');
    expect(hub.console('show crypto ipsec spi-lookup detail')).toContain(old.toString(16).toUpperCase().padStart(8, '0'));
    expect(hub.console('show crypto isakmp sa') + hub.console('show crypto ikev2 sa')).toMatch(/QM_IDLE|READY/);
  });
});

test('a transient comes as often as it is asked for, each with its own SPI', async () => {
  const { clock, pair, hub } = stage({ hub: { messageIntervalMs: 2_000 } });
  const told = listen(hub, clock);
  const asked: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    asked.push(pair.rekeyTransient());
    await clock.advance(60_000);
  }
  expect(told.map(({ spi }) => spi)).toEqual(asked);
  expect(new Set(asked).size).toBe(3);
});

describe('a black hole', () => {
  test('repeats its message for as long as wanted, past every lifetime, and ends with the repair', async () => {
    const { clock, pair, hub, spoke } = stage({ pair: { ipsecLifetimeSeconds: 120 } });
    const told = listen(hub, clock);
    const spi = pair.blackHole();
    await clock.advance(600_500);
    expect(told).toHaveLength(11);
    expect(new Set(told.map((each) => each.spi))).toEqual(new Set([spi]));
    for (let index = 1; index < told.length; index += 1) expect(told[index]!.at - told[index - 1]!.at).toBe(60_000);
    pair.repair();
    await clock.advance(300_000);
    expect(told).toHaveLength(11);
    expect(spis(hub, SPOKE_ADDRESS)).toEqual(spis(spoke, HUB_ADDRESS).reverse());
  });

  test('of a plain desync ends when the SA of the sender does', async () => {
    const { clock, pair, hub } = stage({ pair: { ipsecLifetimeSeconds: 120 } });
    const told = listen(hub, clock);
    pair.desync();
    await clock.advance(600_000);
    expect(told).toHaveLength(2);
  });
});

test('both ends lose at once: each logs what the other sends, within milliseconds, and goes on doing so', async () => {
  const { clock, pair, hub, spoke } = stage();
  await clock.advance(1_100);
  const told = { hub: listen(hub, clock), spoke: listen(spoke, clock) };
  const { towardHub, towardSpoke } = pair.bothDetect();
  expect(towardHub).not.toBe(towardSpoke);
  await clock.advance(10);
  expect(told.hub).toMatchObject([{ destination: HUB_ADDRESS, source: SPOKE_ADDRESS, spi: towardHub }]);
  expect(told.spoke).toMatchObject([{ destination: SPOKE_ADDRESS, source: HUB_ADDRESS, spi: towardSpoke }]);
  expect(Math.abs(told.hub[0]!.at - told.spoke[0]!.at)).toBeLessThan(10);
  expect(hub.console('show crypto isakmp sa')).not.toContain(SPOKE_ADDRESS);
  expect(spoke.console('show crypto isakmp sa')).not.toContain(HUB_ADDRESS);
  await clock.advance(61_000);
  expect([told.hub.length, told.spoke.length]).toEqual([2, 2]);
  pair.repair();
  await clock.advance(200_000);
  expect([told.hub.length, told.spoke.length]).toEqual([2, 2]);
});

describe('a storm', () => {
  const storm = async (flows: number, hubOptions: Partial<BoxOptions>) => {
    const set = stage({ hub: hubOptions });
    await set.clock.advance(1_000);
    const told = listen(set.hub, set.clock);
    const lost = set.pair.storm(flows);
    return { ...set, told, lost };
  };

  test('with a limit by flow, thousands of flows are told within a second, each once in its interval', async () => {
    const { clock, pair, told, lost } = await storm(3_000, { messageLimitScope: 'flow' });
    expect(lost).toHaveLength(3_000);
    expect(lost[0]).toMatchObject({ source: SPOKE_ADDRESS });
    expect(new Set(lost.map(({ source }) => source)).size).toBe(3_000);
    expect(lost.filter(({ source }) => source.startsWith('10.64.'))).toHaveLength(2_997);
    await clock.advance(1_250);
    const key = (flow: { source: string; spi: number }): string => `${flow.source} ${flow.spi}`;
    expect(told.map(key).sort()).toEqual(lost.map(key).sort());
    await clock.advance(57_000);
    expect(told).toHaveLength(3_000);
    await clock.advance(4_000);
    expect(told).toHaveLength(6_000);
    pair.repair();
    await clock.advance(120_000);
    expect(told).toHaveLength(6_000);
  });

  test('with a limit by box, one message an interval stands for all of them, and not always the same', async () => {
    const { clock, told } = await storm(500, {});
    await clock.advance(600_000);
    expect(told.length).toBe(10);
    expect(new Set(told.map(({ source }) => source)).size).toBeGreaterThan(5);
  });

  test('after the repair the hub has all its own peers again', async () => {
    const { clock, pair, hub, spoke } = await storm(50, {});
    await clock.advance(5_000);
    expect(hub.console('show dmvpn').match(/ UP /g)).toBeNull();
    pair.repair();
    expect(hub.console('show dmvpn').match(/ UP /g)).toHaveLength(3);
    expect(spis(hub, SPOKE_ADDRESS)).toEqual(spis(spoke, HUB_ADDRESS).reverse());
  });

  test('ends with close', async () => {
    const { clock, pair } = await storm(10, {});
    pair.close();
    expect(clock.waiting).toEqual([]);
  });
});

describe('a net', () => {
  const net = (hubs: number, spokes: number) => {
    const clock = new FakeClock();
    const hub = (index: number) =>
      boxOptions(clock, { hostname: `hub${index}`, seed: 7 + index, cryptoAddress: `213.163.222.${7 + index}` });
    const spoke = (index: number) =>
      boxOptions(clock, { hostname: `spoke${index}`, seed: 70 + index, cryptoAddress: `11.1.1.${3 + index}` });
    const lab = createLabNet(
      Array.from({ length: hubs }, (_, index) => hub(index)),
      Array.from({ length: spokes }, (_, index) => spoke(index)),
    );
    lab.start();
    return { clock, lab };
  };

  test('one hub, three spokes: a fault of one tunnel is no other’s', async () => {
    const { clock, lab } = net(1, 3);
    const [hub] = lab.hubs;
    const told = listen(hub!, clock);
    await clock.advance(1_000);
    const spi = lab.tunnel(0, 1).blackHole();
    await clock.advance(130_000);
    expect(told.map(({ source, spi: named }) => [source, named])).toEqual(Array(3).fill(['11.1.1.4', spi]));
    expect(hub!.console('ping 172.16.0.12')).toContain('.....');
    for (const good of ['172.16.0.11', '172.16.0.13']) expect(hub!.console(`ping ${good}`)).toContain('!!!!!');
    expect(hub!.console('show dmvpn').match(/ UP /g)).toHaveLength(4);
    lab.repair();
    expect(hub!.console('ping 172.16.0.12')).toContain('!!!!!');
  });

  test('a spoke with two hubs: both are next-hop servers, and each has its own SAs with it', async () => {
    const { clock, lab } = net(2, 1);
    const [first, second] = lab.hubs;
    const [spoke] = lab.spokes;
    const told = [listen(first!, clock), listen(second!, clock)];
    await clock.advance(1_000);
    expect(spoke!.console('show running-config | include ip nhrp nhs')).toBe(' ip nhrp nhs 172.16.0.1\n ip nhrp nhs 172.16.0.2');
    for (const [index, hub] of [first!, second!].entries())
      expect(spis(hub, '11.1.1.3')).toEqual(spis(spoke!, `213.163.222.${7 + index}`).reverse());
    const [one, two] = [lab.tunnel(0, 0).desync(), lab.tunnel(1, 0).desync()];
    await clock.advance(1_000);
    expect(told.map((each) => each.map(({ spi }) => spi))).toEqual([[one], [two]]);
  });

  test('ends with close', async () => {
    const { clock, lab } = net(2, 2);
    await clock.advance(1_000);
    lab.storm(20, 1);
    await clock.advance(1_000);
    lab.close();
    expect(clock.waiting).toEqual([]);
  });
});

describe('a reload', () => {
  test('of the hub: lines, debugs, conditions and log are gone, the spokes send on, and the new life begins with its own message', async () => {
    const { clock, hub } = stage({ hub: { messageLimitScope: 'flow' } });
    for (const line of [`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`, 'debug crypto isakmp']) hub.console(line);
    const hand = login(hub);
    const told = listen(hub, clock);
    const restarts: string[] = [];
    hub.onSyslog((message) => void (message.includes('SYS-5-RESTART') && restarts.push(message)));
    hub.reload(30_000);
    expect([hand.closed, hub.isHung()]).toEqual([true, true]);
    await clock.advance(29_000);
    expect([told, restarts]).toEqual([[], []]);
    await clock.advance(3_000);
    expect(hub.isHung()).toBe(false);
    expect(hub.debugsOn()).toEqual([]);
    expect(hub.console('show crypto debug-condition')).toContain('turned OFF');
    expect(restarts).toEqual([expect.stringMatching(/^<189>1: \*Mar 12 18:22:40\.706: %SYS-5-RESTART: System restarted --$/)]);
    expect(hub.console('show version | include uptime')).toBe('hub uptime is 0 minutes');
    // Its own spoke and the two that have no box.
    expect(new Set(told.map(({ source }) => source)).size).toBe(3);
    expect(login(hub).run('show privilege')).toBe('Current privilege level is 15\n');
  });

  test('of a hub that the console hangs for good is its way out', async () => {
    const { clock, pair, hub } = stage({ hub: { consoleLevel: 'debugging' } });
    hub.console('debug crypto isakmp');
    await clock.advance(3_600_000);
    expect(hub.isHung()).toBe(true);
    hub.reload(60_000);
    await clock.advance(61_000);
    expect([hub.isHung(), hub.debugsOn()]).toEqual([false, []]);
    await clock.advance(30_000);
    expect(hub.cpuPercent()).toBe(3);
    pair.close();
    expect(clock.waiting).toEqual([]);
  });

  test('of the spoke: it negotiates anew, and nothing is out of step', async () => {
    const { clock, pair, hub, spoke } = stage();
    await clock.advance(1_000);
    const told = listen(hub, clock);
    const before = spis(hub, SPOKE_ADDRESS);
    spoke.reload(30_000);
    await clock.advance(90_000);
    expect(told).toEqual([]);
    expect(spis(hub, SPOKE_ADDRESS)).toEqual(spis(spoke, HUB_ADDRESS).reverse());
    expect(spis(hub, SPOKE_ADDRESS)).not.toEqual(before);
    pair.close();
    expect(clock.waiting).toEqual([]);
  });
});
