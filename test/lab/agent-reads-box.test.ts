/**
 * The agent's platforms read what the box prints, though neither knows the other: every planned command is taken, and the
 * agent's parsers leave nothing unread.
 */
import { describe, expect, test } from 'vitest';
import { parseIpsecSas } from '../../shared/platforms/cisco/ipsec-sa.ts';
import { platforms } from '../../shared/platforms/index.ts';
import type { Parser, Platform } from '../../shared/platforms/platform.ts';
import { HUB_ADDRESS, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

/** The box is a router; a Linux gateway stands in test/live. */
const routers = platforms.filter(({ name }) => name.startsWith('cisco-'));
const cases = routers.flatMap((platform) =>
  ([1, 2] as const).map((ikeVersion) => [platform.name, ikeVersion, platform] as const),
);

async function ready(platform: Platform, ikeVersion: 1 | 2) {
  const set = stage({
    hub: { platform: platform.name as 'cisco-ios' | 'cisco-iosxe', logHost: '192.0.2.9' },
    pair: { ikeVersion },
  });
  await set.clock.advance(5_000);
  const hand = login(set.hub);
  for (const line of [`debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`, 'debug crypto isakmp', 'debug crypto ikev2'])
    hand.run(line);
  return { ...set, hand };
}

describe.each(cases)('%s, IKEv%i', (_, ikeVersion, platform) => {
  test('takes every command of the capture plan', async () => {
    const { clock, pair, hand } = await ready(platform, ikeVersion);
    pair.desync();
    await clock.advance(1_000);
    const plan = (['first', 'stop', 'late'] as const).flatMap((round) =>
      platform.capturePlan(round, { peers: [SPOKE_ADDRESS], maxUnscopedSas: 200 }),
    );
    const refused = plan.filter(({ command }) =>
      platform.definition.refusals.some((refusal) =>
        refusal.test(
          hand
            .run(command)
            .split('\n')
            .find((line) => !/^\s*\^?$/.test(line)) ?? '',
        ),
      ),
    );
    expect(plan.length).toBeGreaterThan(10);
    expect(refused).toEqual([]);
  });

  test('its parsers leave nothing unread', async () => {
    const { clock, pair, hub, spoke, hand } = await ready(platform, ikeVersion);
    const { debugging, clock: showClock, saCount, logging } = platform.parsers;
    expect(debugging(hand.run('show debugging'))).toEqual({
      value: [
        { text: 'Crypto ISAKMP debugging', crypto: true },
        { text: 'IKEv2 default debugging', crypto: true },
      ],
      unread: [],
    });
    expect(showClock(hand.run('show clock'))).toMatchObject({ value: { mark: '*', year: 2026, zone: 'UTC' }, unread: [] });
    const counts = ['show crypto isakmp sa', 'show crypto ikev2 sa'].map((line) => saCount(hand.run(line)).value);
    expect(counts).toEqual(ikeVersion === 1 ? [3, 0] : [0, 3]);
    const [ours] = parseIpsecSas(hub.console(`show crypto ipsec sa peer ${SPOKE_ADDRESS} detail`)).value;
    const theirs = parseIpsecSas(spoke.console(`show crypto ipsec sa peer ${HUB_ADDRESS} detail`));
    expect(theirs.unread).toEqual([]);
    expect(ours!.counters['pkts encaps']).toBe(theirs.value[0]!.counters['pkts decaps']);
    const spi = pair.desync();
    expect(theirs.value[0]!.currentOutboundSpi).toBe(spi);
    await clock.advance(1_000);
    const buffer = logging(hand.run('show logging')).value;
    expect(buffer.bufferLevel).toBe(7);
    expect(buffer.lines.some((line) => line.includes('RECVD_PKT_INV_SPI'))).toBe(true);
    expect(parseIpsecSas(hand.run('show crypto ipsec sa detail')).unread).toEqual([]);
  });

  test('what the pre-flight asks is answered, and read to the end', async () => {
    const name = platform.name as 'cisco-ios' | 'cisco-iosxe';
    const { hub } = stage({
      hub: {
        platform: name,
        logHost: '192.0.2.9',
        consoleLevel: 'warnings',
        trapLevel: 'debugging',
        vtysTaken: 2,
        timestamps: { debug: 'uptime' },
        rateLimit: { messagesPerSecond: 100, except: 'warnings' },
        behaviour: { cpuPercent: 41, freeMemoryPercent: 37, clockMark: '.', sequenceNumbers: true },
      },
      pair: { ikeVersion },
    });
    const hand = login(hub);
    for (const line of [
      `debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`,
      'debug crypto condition peer ipv4 192.0.2.77',
      'debug crypto condition peer subnet 10.1.0.0 255.255.0.0',
      'debug crypto condition connid 2000 engine-id 1',
      'debug crypto condition unmatched ipsec',
    ])
      expect(hand.run(line)).toBe('');
    const { ask } = platform.arming;
    const { cpu, memory, conditions, loggingLevels, loggingSettings, vtyLines, privilege, ownLocation } = platform.parsers;
    const read = <T>(line: string, parse: Parser<T>): T => {
      const { value, unread } = parse(hand.run(line));
      expect(unread, line).toEqual([]);
      return value;
    };
    expect(read(ask.cpu, cpu)).toMatchObject({ fiveSeconds: 41, oneMinute: 41, fiveMinutes: 41 });
    for (const line of [ask.memory, 'show processes memory', 'show memory statistics'])
      expect(read(line, memory)).toBeCloseTo(37, 3);
    expect(read(ask.lines, vtyLines)).toEqual({ total: 5, busy: 3 });
    expect(read('show line', vtyLines)).toEqual({ total: 5, busy: 3 });
    for (const line of [ask.logging, platform.showLogging])
      expect(read(line, loggingLevels)).toEqual({ console: 4, monitor: 7, buffer: 7, trap: 7, hosts: ['192.0.2.9'] });
    expect(read(ask.settings, loggingSettings)).toEqual({ msecStamps: false, sequenceNumbers: true, rateLimited: true });
    const { filters, ...flags } = read(ask.conditions, conditions);
    expect(flags).toEqual({ conditional: true, unmatched: { IKE: false, IPsec: true, 'Crypto Engine': false } });
    expect(filters.map(({ value }) => value)).toEqual([SPOKE_ADDRESS, '192.0.2.77', '10.1.0.0 255.255.0.0', '2000:1']);
    expect(filters.map((filter) => platform.arming.conditionAddress(filter))).toEqual([SPOKE_ADDRESS, '192.0.2.77', null, null]);
    expect(read('show privilege', privilege)).toBe(15);
    expect(read('show users', ownLocation)).toBe('198.51.100.9');
  });

  test('a condition that finds no room is a complaint that it knows', () => {
    const hand = login(stage({ hub: { platform: platform.name as 'cisco-ios' | 'cisco-iosxe' } }).hub);
    const { arming } = platform;
    for (let host = 1; host <= 11; host += 1)
      expect(arming.complaint.test(hand.run(arming.condition(`192.0.2.${host}`)!.on))).toBe(host === 11);
  });
});
