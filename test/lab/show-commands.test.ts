/** The `show` commands that a pre-flight reads, on both platforms: shape, options, filters, the pager, refusals. */
import { describe, expect, test } from 'vitest';
import { createBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login, SPOKE_ADDRESS, stage } from './lab-support.ts';

const fresh = (change: Partial<BoxOptions> = {}) => createBox(boxOptions(new FakeClock(), change));
const PLATFORMS = ['cisco-ios', 'cisco-iosxe'] as const;

describe.each(PLATFORMS)('%s', (platform) => {
  test('CPU: the header alone through the filter, the base load in all three averages', async () => {
    const clock = new FakeClock();
    const box = createBox(boxOptions(clock, { platform, behaviour: { cpuPercent: 12 } }));
    expect(login(box).run('show processes cpu | include CPU utilization')).toBe(
      'CPU utilization for five seconds: 12%/2%; one minute: 12%; five minutes: 12%\n',
    );
    box.behave({ cpuPercent: 60 });
    await clock.advance(30_000);
    expect(login(box).run('show processes cpu | include CPU utilization')).toMatch(/five seconds: 60%\/10%; one minute: 4\d%; /);
  });

  test('memory: the processor pool adds up in both commands', () => {
    const hand = login(fresh({ platform, behaviour: { freeMemoryPercent: 8 } }));
    const pool = /^Processor Pool Total: +(\d+) Used: +(\d+) Free: +(\d+)\n$/.exec(
      hand.run('show processes memory | include Processor Pool'),
    )!;
    const [total, used, free] = pool.slice(1).map(Number);
    expect(used! + free!).toBe(total);
    expect(free! / total!).toBeCloseTo(0.08);
    const row = hand.run('show memory statistics | include Processor').trim().split(/\s+/);
    expect(row.slice(2, 5).map(Number)).toEqual([total, used, free]);
    expect(hand.run('show processes memory | include Pool').split('\n')[1]).toMatch(
      platform === 'cisco-ios' ? /^ {6}I\/O Pool Total: / : /^ lsmpi_io Pool Total: /,
    );
  });

  test('lines: a star before each that is taken, and the one that is ours among them', () => {
    const box = fresh({ platform, vtysTaken: 2 });
    const hand = login(box);
    const rows = hand.run('show line | include VTY').split('\n').slice(0, -1);
    expect(rows).toHaveLength(5);
    expect(rows.map((row) => row[0])).toEqual(['*', '*', '*', ' ', ' ']);
    const first = platform === 'cisco-ios' ? 2 : 1;
    expect(rows[2]).toBe(`*    ${first + 2} VTY              -    -      -    -    -      1       0     0/0       -`);
    expect(hand.run('show users | include vty').split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/ vty 0 +noc +idle +00:00:00 203\.0\.113\.10$/),
      expect.stringMatching(/ vty 1 +noc +idle +00:00:00 203\.0\.113\.11$/),
    ]);
  });
});

test('lines that other people hold are held for good, and the rest run out', async () => {
  const clock = new FakeClock();
  const box = createBox(boxOptions(clock, { vtysTaken: 4 }));
  const mine = login(box);
  expect(box.connectVty('198.51.100.9')).toBeNull();
  await clock.advance(3_600_000);
  expect(mine.closed).toBe(true);
  expect(login(box).run('show line | include ^\\*').split('\n').slice(0, -1)).toHaveLength(5);
});

describe('conditions', () => {
  test('of every type, each under its heading; any of them makes the debugs conditional', () => {
    const { hub } = stage();
    for (const line of [
      `debug crypto condition peer ipv4 ${SPOKE_ADDRESS}`,
      'debug crypto condition peer ipv4 192.0.2.8',
      'debug crypto condition peer ipv6 2001:db8::8',
      'debug crypto condition peer subnet 10.1.0.0 255.255.0.0',
      'debug crypto condition peer username alice',
      'debug crypto condition fvrf INTERNET',
      'debug crypto condition connid 2000 engine-id 1',
      'debug crypto condition unmatched isakmp',
    ])
      expect(hub.console(line)).toBe('');
    expect(hub.console('show crypto debug-condition').split('\n')).toEqual([
      '',
      'Crypto conditional debug currently is turned ON',
      'IKE debug context unmatched flag:       ON',
      'IPsec debug context unmatched flag:     OFF',
      'Crypto Engine debug context unmatched flag: OFF',
      '',
      'IKE peer IP address filters:',
      `${SPOKE_ADDRESS} 192.0.2.8`,
      '',
      'IKE peer IPv6 address filters:',
      '2001:db8::8',
      '',
      'IKE peer subnet filters:',
      '10.1.0.0 255.255.0.0',
      '',
      'IKE peer username filters:',
      'alice',
      '',
      'FVRF filters:',
      'INTERNET',
      '',
      'Connection-id filters:[connid:engine_id]2000:1,',
      '',
    ]);
    for (const line of ['no debug crypto condition fvrf INTERNET', 'undebug crypto condition connid 2000 engine-id 1'])
      expect(hub.console(line)).toBe('');
    expect(hub.console('show crypto debug-condition')).not.toMatch(/FVRF|Connection/);
    expect(hub.console('no debug crypto condition fvrf INTERNET')).toBe('% Condition not found: fvrf INTERNET');
  });

  test('somebody else’s condition lets nothing of ours through, and a subnet all that is in it', async () => {
    const lines = async (condition: string): Promise<string> => {
      const { clock, pair, hub } = stage();
      for (const line of [condition, 'debug crypto isakmp']) hub.console(line);
      pair.rekeyTransient();
      await clock.advance(1_000);
      return hub.console('show logging | include ISAKMP');
    };
    expect(await lines('debug crypto condition fvrf INTERNET')).toBe('');
    expect(await lines('debug crypto condition peer subnet 11.1.2.0 255.255.255.0')).toBe('');
    expect(await lines('debug crypto condition peer subnet 11.1.1.0 255.255.255.0')).toContain('ISAKMP');
  });
});

describe('logging', () => {
  const header = 'show logging | include ^ *(Console|Monitor|Buffer|Trap) logging:|^ *Logging to|^Log Buffer';

  test('every destination with its level, or without', () => {
    const bare: Partial<BoxOptions> = { consoleLevel: null, bufferLevel: null, trapLevel: 'informational', logHost: null };
    expect(login(fresh(bare)).run(header).split('\n').slice(0, -1)).toEqual([
      '    Console logging: disabled',
      '    Monitor logging: level debugging, 0 messages logged, xml disabled,',
      '    Buffer logging:  disabled, xml disabled,',
      '    Trap logging: level informational, 0 message lines logged',
      'Log Buffer (512000 bytes):',
    ]);
    const full: Partial<BoxOptions> = {
      consoleLevel: 'warnings',
      bufferLevel: 'errors',
      trapLevel: 'debugging',
      logHost: '192.0.2.9',
    };
    expect(login(fresh(full)).run(header).split('\n').slice(0, -1)).toEqual([
      '    Console logging: level warnings, 0 messages logged, xml disabled,',
      '    Monitor logging: level debugging, 0 messages logged, xml disabled,',
      '    Buffer logging:  level errors, 0 messages logged, xml disabled,',
      '    Trap logging: level debugging, 0 message lines logged',
      '        Logging to 192.0.2.9  (udp port 514, audit disabled,',
      'Log Buffer (512000 bytes):',
    ]);
  });

  test('a console is at debugging when nobody has said otherwise, and a host that is none gets nothing', async () => {
    const { consoleLevel: _, ...rest } = boxOptions(new FakeClock(), { logHost: null });
    const box = createBox(rest);
    expect(box.console('show logging | include Console')).toContain('level debugging');
    expect(box.console('show running-config | include console')).toBe('');
    const sent: string[] = [];
    box.onSyslog((message) => sent.push(message));
    const hand = login(box);
    for (const line of ['configure terminal', 'end']) hand.run(line);
    expect(sent).toEqual([]);
    expect(box.console('show logging | include CONFIG_I')).not.toBe('');
  });

  test('a rate limit holds back, counts, and shows in the configuration', async () => {
    const clock = new FakeClock();
    const box = createBox(
      boxOptions(clock, {
        trapLevel: 'debugging',
        logHost: '192.0.2.9',
        rateLimit: { messagesPerSecond: 5, except: 'errors' },
        behaviour: { noisePerSecond: 40, sequenceNumbers: true },
      }),
    );
    const sent: string[] = [];
    box.onSyslog((message) => sent.push(message));
    await clock.advance(10_000);
    const of = (severity: number): number => sent.filter((message) => message.startsWith(`<${184 + severity}>`)).length;
    expect(of(4) + of(5) + of(6)).toBeGreaterThan(45);
    expect(of(4) + of(5) + of(6)).toBeLessThan(60);
    // Errors are excepted, debugs do not count without `all`.
    expect(Math.min(of(3), of(7))).toBeGreaterThan(40);
    expect(box.console('show running-config | include ^logging rate-limit')).toBe('logging rate-limit 5 except errors');
    const limited = Number(/ (\d+) messages rate-limited/.exec(box.console('show logging'))![1]);
    expect(limited).toBe(400 - sent.length);
    expect(box.console('show logging | include lines rate-limited')).toBe(
      `              ${limited} message lines rate-limited, `,
    );
    const hand = login(box);
    for (const line of ['conf t', 'logging rate-limit all 1', 'logging count', 'end']) hand.run(line);
    sent.length = 0;
    await clock.advance(10_000);
    expect(sent.length).toBeLessThan(12);
    expect(hand.run('show running-config | include ^logging')).toMatch(
      /^logging count\nlogging buffered 512000\nlogging rate-limit all 1\n/,
    );
    expect(hand.run('show logging | include Count')).toBe('    Count and timestamp logging messages: enabled\n');
    for (const line of ['conf t', 'no logging rate-limit', 'end']) hand.run(line);
    expect(hand.run('show running-config | include rate-limit')).toBe('');
  });

  test.each([
    ['datetime msec', /^<189>1: \*Mar 12 18:22:10\.706: %SYS/, 'service timestamps log datetime msec'],
    ['datetime', /^<189>1: \*Mar 12 18:22:10: %SYS/, 'service timestamps log datetime'],
    ['uptime', /^<189>1: (?:\d+w\dd|\dd\d\dh): %SYS/, 'service timestamps log uptime'],
    ['none', /^<189>1: %SYS/, 'no service timestamps log'],
  ] as const)('stamps: %s', (log, wire, config) => {
    const box = fresh({ timestamps: { log } });
    const sent: string[] = [];
    box.onSyslog((message) => sent.push(message));
    const hand = login(box);
    for (const line of ['configure terminal', 'end']) hand.run(line);
    expect(sent[0]).toMatch(wire);
    expect(hand.run('show running-config | include service timestamps').split('\n').slice(0, 2)).toEqual([
      'service timestamps debug datetime msec',
      config,
    ]);
  });

  test('what the remedies of a pre-flight say is taken', () => {
    const box = fresh({
      consoleLevel: 'debugging',
      timestamps: { log: 'uptime', debug: 'none' },
      rateLimit: { messagesPerSecond: 1 },
    });
    const hand = login(box);
    for (const line of [
      'conf t',
      'no logging console',
      'logging monitor warnings',
      'logging trap debugging',
      'no logging rate-limit',
      'service timestamps debug datetime msec',
      'service timestamps log datetime msec',
      'service sequence-numbers',
      'end',
    ])
      expect(hand.run(line)).not.toContain('%');
    expect(hand.run('show running-config | include service (timestamps|sequence-numbers)|^logging|^no logging')).toBe(
      [
        'service timestamps debug datetime msec',
        'service timestamps log datetime msec',
        'service sequence-numbers',
        'logging buffered 512000',
        'no logging console',
        'logging monitor warnings',
        'logging trap debugging',
        '',
      ].join('\n'),
    );
  });
});

describe('the clock', () => {
  test.each([
    ['', /^Clock is synchronized, stratum 3, reference is 192\.0\.2\.123\n/, 'ntp server 192.0.2.123\n'],
    ['.', /^Clock is unsynchronized, stratum 16, no reference clock\n/, 'ntp server 192.0.2.123\n'],
    ['*', /^%NTP is not enabled\.\n$/, ''],
  ] as const)('marked "%s"', (clockMark, status, config) => {
    const hand = login(fresh({ behaviour: { clockMark } }));
    expect(hand.run('show ntp status')).toMatch(status);
    expect(hand.run('show running-config | include ^ntp')).toBe(config);
  });

  test('its reference time is a time of NTP', () => {
    const text = login(fresh({ behaviour: { clockMark: '' } })).run('show ntp status');
    const [, seconds] = /reference time is ([0-9A-F]{8})\.[0-9A-F]{8} \(18:2\d:\d\d\.706 UTC Thu Mar 12 2026\)/.exec(text)!;
    expect(new Date((Number.parseInt(seconds!, 16) - 2_208_988_800) * 1_000).toISOString()).toMatch(/^2026-03-12T18:2/);
  });
});

describe('all of them go the way of every command', () => {
  const commands = [
    'show processes cpu',
    'show processes memory',
    'show memory statistics',
    'show users',
    'show line',
    'show crypto debug-condition',
    'show logging',
    'show running-config',
    'show ntp status',
    'show privilege',
    'show ip interface brief',
  ];

  test.each(commands)('%s: filtered, counted, paged, refused', (command) => {
    const box = fresh({ behaviour: { clockMark: '' } });
    const run = (line: string): string => {
      const hand = login(box);
      const text = hand.run(line);
      hand.close();
      return text;
    };
    const whole = run(command).split('\n').slice(0, -1);
    expect(whole.length).toBeGreaterThan(0);
    expect(run(`${command} | count .`)).toBe(
      `Number of lines which match regexp = ${whole.filter((line) => line !== '').length}\n`,
    );
    const paged = login(box, { paging: true });
    paged.run('terminal length 2');
    expect(paged.type(`${command}\r`).includes(' --More-- ')).toBe(whole.length > 1);
    box.behave({ refuse: [new RegExp(`^${command}`)] });
    expect(login(box).run(command)).toBe('% Authorization failed.\n\n');
  });
});
