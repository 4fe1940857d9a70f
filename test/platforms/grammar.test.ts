import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayBeSent } from '../../agent/device/check-line.ts';
import type { ArmPlan } from '../../shared/model/arming.ts';
import { commandsFor } from '../../shared/platforms/commands.ts';
import { platformNamed, platformNames, platforms } from '../../shared/platforms/index.ts';

const ios = platformNamed('cisco-ios')!;
const iosxe = platformNamed('cisco-iosxe')!;
const scope = { peers: ['11.1.1.3'], maxUnscopedSas: 200 };

const SCOPED = [
  'show clock',
  'show crypto ipsec sa peer 11.1.1.3 detail',
  'show crypto isakmp sa detail | include 11.1.1.3',
  'show crypto ikev2 sa remote 11.1.1.3 detailed',
  'show crypto session remote 11.1.1.3 detail',
  'show crypto ipsec spi-lookup detail',
  'show ip nhrp nbma 11.1.1.3',
];
const COUNTERS = 'show logging | include messages dropped|flushes|message lines';
const DEVICE = [
  COUNTERS,
  'show debugging',
  'show crypto debug-condition',
  'show logging | include CRYPTO|IPSEC|ISAKMP|IKEV2|IKEv2|sa_dest|sa_spi|SYS-5-|STATECHANGE',
  'show version | include uptime|reason|Software',
  'show processes cpu | include CPU utilization',
];
const NOTE_B = [
  'show platform hardware qfp active statistics drop | include Ipsec',
  'show platform hardware qfp active feature ipsec datapath drops all | include SPI',
];
const TRACES = ['show monitor event-trace crypto ipsec event all', 'show monitor event-trace crypto ikev2 event all'];
const CONFIGURATION = 'show running-config | section crypto|^interface (Tunnel|Virtual-Template)';
const COUNT = ['show crypto isakmp sa', 'show crypto ikev2 sa'];
const NOTE_A = ['show crypto sockets', 'show crypto isa sa', 'show crypto ipsec sa detail', 'show dmvpn detail'];

describe('capture plan', () => {
  const commands = (platform: typeof ios, round: 'first' | 'stop' | 'late') =>
    platform.capturePlan(round, scope).map((planned) => planned.command);

  test('in its order, on IOS and on IOS XE', () => {
    expect(commands(ios, 'first')).toEqual([...SCOPED, ...DEVICE, ...COUNT, ...NOTE_A, CONFIGURATION]);
    expect(commands(iosxe, 'first')).toEqual([...SCOPED, ...DEVICE, ...NOTE_B, ...TRACES, ...COUNT, ...NOTE_A, CONFIGURATION]);
    expect(commands(ios, 'late')).toEqual(commands(ios, 'first'));
    expect(commands(ios, 'stop')).toEqual([...SCOPED, COUNTERS]);
  });

  test("only Note A's four wait for the SA count", () => {
    const planned = ios.capturePlan('first', scope);
    expect(planned.filter((command) => command.needsSaCount).map((command) => command.command)).toEqual(NOTE_A);
    expect(planned.filter((command) => command.group === 'count').map((command) => command.command)).toEqual(COUNT);
  });

  test('several peers: each scoped, the clock and the SPI lookup once; text that is no address is left out', () => {
    const several = ios
      .capturePlan('stop', { ...scope, peers: ['11.1.1.3', '2001:DB8:0::3', '1.2.3.4; reload'] })
      .map((planned) => planned.command);
    expect(several.slice(0, SCOPED.length)).toEqual(SCOPED);
    expect(several.slice(SCOPED.length)).toEqual([
      'show crypto ipsec sa peer 2001:db8::3 detail',
      'show crypto isakmp sa detail | include 2001:db8::3',
      'show crypto ikev2 sa remote 2001:db8::3 detailed',
      'show crypto session remote 2001:db8::3 detail',
      'show ip nhrp nbma 2001:db8::3',
      COUNTERS,
    ]);
  });
});

describe('grammar', () => {
  test.each([
    ...SCOPED,
    ...DEVICE,
    ...NOTE_B,
    ...TRACES,
    ...NOTE_A,
    CONFIGURATION,
    'undebug all',
    'no debug crypto ikev2 error',
    'enable',
    'exit',
    'terminal length 0',
    'terminal width 511',
    'terminal no monitor',
    'show logging | include 0x68842105',
    'show terminal',
    'debug crypto isakmp',
    'debug crypto ikev2',
    'debug crypto ipsec',
    'debug crypto engine',
    'debug crypto condition peer ipv4 11.1.1.3',
    'no debug crypto condition peer ipv4 11.1.1.3',
    'debug crypto condition peer ipv6 2001:db8::3',
    'no debug crypto condition peer ipv6 2001:db8::3',
    ...Object.values(iosxe.arming.ask),
    iosxe.arming.deadMan.show,
  ])('may be sent: %s', (line) => {
    expect(mayBeSent(iosxe, line)).toBe(true);
  });

  test.each([
    '',
    'clear crypto sa',
    'reload',
    'configure terminal',
    'end',
    'event manager applet spitrap-deadman',
    'no event manager applet spitrap-deadman',
    'write memory',
    'copy running-config tftp:',
    'debug crypto isakmp error',
    'debug crypto condition reset',
    'no debug crypto condition reset',
    'debug crypto condition unmatched',
    'debug crypto condition peer ipv4 0.0.0.0 0.0.0.0',
    'debug crypto condition peer ipv4 11.1.1.300',
    'debug crypto condition peer ipv4 11.1.1.03',
    'debug crypto condition peer hostname spoke1',
    'debug crypto condition peer ipv6 11113',
    'debug all',
    'no debug all',
    'show',
    'show tech-support',
    'show tech',
    'show tec',
    'show te ipsec',
    'show running-config | redirect tftp://192.0.2.9/x',
    'show running-config | tee flash:x',
    'show running-config | append flash:x',
    'show running-config | include a | redirect flash:x',
    'show running-config > flash:x',
    'show clock ?',
    'show clock\nreload',
    'show clock\rreload',
    'show clock\tx',
    'show clock\x00',
    ' show clock',
    'show clock ',
    'show  clock',
    'Show clock',
    'do show clock',
    `show ${'x'.repeat(300)}`,
    'terminal length 24',
    'enable 7',
  ])('may never be sent: %j', (line) => {
    expect(mayBeSent(iosxe, line)).toBe(false);
  });

  test('whatever passes is one printable line without a redirect', () => {
    const piece = fc.constantFrom(
      'show ',
      'undebug all',
      ' | ',
      'include ',
      'redirect ',
      'tee ',
      '|',
      '>',
      '\n',
      '\r',
      '?',
      'tech',
      'x',
      ' ',
      '\x03',
      'é',
      'clock',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const line = pieces.join('');
        if (mayBeSent(ios, line)) expect(line).not.toMatch(/[^\x20-\x7e]|\?|>|(?: \||\| ) ?(?:redirect|tee|append)|^show tech/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a hostile long filter is judged at once', () => {
    expect(mayBeSent(ios, `show logging | include ${'a|'.repeat(115)}`)).toBe(false);
  });

  test('an SPI that is no hex never reaches a command', () => {
    expect(ios.corroborate('0x68842105')).toBe('show logging | include 0x68842105');
    expect(ios.corroborate('0x1|redirect tftp:')).toBe('show logging | include INV_SPI-NOT-HEX');
    expect(mayBeSent(ios, ios.corroborate('\n'))).toBe(true);
  });
});

describe('configuration mode', () => {
  const { set, remove } = ios.arming.deadMan;

  test.each(['configure terminal', ...set(1_800), ...set(1), ...remove, 'end'])('for the dead-man alone: %s', (line) => {
    expect(mayBeSent(ios, line, true)).toBe(true);
    expect(mayBeSent(ios, line)).toBe(false);
  });

  test.each([
    'show clock',
    'undebug all',
    'do undebug all',
    'event manager applet other',
    'event manager applet spitrap-deadman authorization bypass',
    'event timer countdown time 0',
    'event timer watchdog time 60',
    'action 1.0 cli command "reload"',
    'action 4.0 cli command "enable"',
    'username x privilege 15 secret y',
    'no logging console',
  ])('nothing else: %s', (line) => {
    expect(mayBeSent(ios, line, true)).toBe(false);
  });

  test('the countdown is whole seconds within what the timer takes', () => {
    expect(set(0.2)[1]).toBe('event timer countdown time 1');
    expect(set(1_800)[1]).toBe('event timer countdown time 1800');
    expect(set(1e12)[1]).toBe('event timer countdown time 4294967');
  });
});

describe('lines of arming', () => {
  const { arming } = ios;

  test('a condition for an address, in canonical form; none for anything else', () => {
    expect(arming.condition('11.1.1.3')?.on).toBe('debug crypto condition peer ipv4 11.1.1.3');
    expect(arming.condition('2001:DB8:0::3')?.off).toBe('no debug crypto condition peer ipv6 2001:db8::3');
    for (const text of ['11.1.1.3 ; reload', '11.1.1.0/24', 'reset', '', '\n'])
      expect(arming.condition(text), JSON.stringify(text)).toBeNull();
  });

  test('every condition that it gives may be sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const lines = arming.condition(address);
        expect(lines === null || (mayBeSent(ios, lines.on) && mayBeSent(ios, lines.off)), address).toBe(true);
        expect(lines).not.toBeNull();
      }),
    );
  });

  test.each<[text: string, name: string | null, whole: boolean]>([
    ['Crypto ISAKMP debugging', 'isakmp', true],
    ['Crypto ISAKMP Error debugging', 'isakmp', false],
    ['Crypto IPSEC debugging', 'ipsec', true],
    ['Crypto Engine debugging', 'engine', true],
    ['IKEv2 default debugging', 'ikev2', true],
    ['IKEv2 debugging', 'ikev2', true],
    ['IKEv2 packet debugging', 'ikev2', false],
    ['HSRP Events debugging', null, false],
  ])('%s', (text, name, whole) => {
    const flag = { text, crypto: name !== null };
    expect(arming.debugOf(flag)).toBe(name);
    for (const each of ['isakmp', 'ikev2', 'ipsec', 'engine'] as const)
      expect(arming.flagIs(each, flag)).toBe(whole && each === name);
  });

  test('a complaint is told from a log message that stands in the output', () => {
    const { complaint } = arming;
    for (const text of ['% Maximum number of conditions reached', 'ok\n% Bad thing', '%Error: x', '% SYS: no'])
      expect(complaint.test(text), text).toBe(true);
    for (const text of ['', '%SYS-5-CONFIG_I: x', '*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: x', 'CPU 3%/1%'])
      expect(complaint.test(text), text).toBe(false);
  });
});

describe('commandsFor', () => {
  test.each(platforms.map((platform) => [platform.name, platform] as const))(
    '%s: every line it lists may be sent, and what is sent is listed',
    (_name, platform) => {
      const arming = { conditions: ['11.1.1.3', '2001:db8::3'], debugs: ['isakmp', 'ipsec'] as const, deadManS: 1_800 };
      const listed = commandsFor(platform, {
        peers: ['11.1.1.3', '10.0.0.0/8'],
        maxUnscopedSas: 200,
        terminalMonitor: true,
        arming,
      });
      const lines = listed.map((line) => line.command);
      expect(new Set(lines).size).toBe(lines.length);
      for (const line of lines.filter((line) => line !== '' && line !== 'no' && !line.includes('<')))
        expect(mayBeSent(platform, line) || mayBeSent(platform, line, true), line).toBe(true);
      for (const round of ['first', 'stop', 'late'] as const) {
        for (const planned of platform.capturePlan(round, scope)) expect(lines).toContain(planned.command);
      }
      expect(lines).toContain(platform.debugOff.all);
      for (const line of platform.debugOff.ones) expect(lines).toContain(line);
      expect(listed.every((line) => line.purpose !== '')).toBe(true);
    },
  );

  test.each([ios, iosxe])('$name: its stops, and the ranges of peers', (platform) => {
    const scope = { peers: ['11.1.1.3', '10.0.0.0/8'], maxUnscopedSas: 200, terminalMonitor: true };
    const lines = commandsFor(platform, scope).map((line) => line.command);
    expect(lines).toContain('undebug all');
    expect(lines).toContain('no debug crypto ikev2 error');
    expect(lines).toContain('show crypto ipsec sa peer <address in 10.0.0.0/8> detail');
  });

  const plan = { conditions: ['11.1.1.3'], debugs: ['ikev2', 'ipsec'] as const, deadManS: null };
  const armingLines = (arming?: ArmPlan) =>
    commandsFor(ios, { peers: [], maxUnscopedSas: 200, terminalMonitor: false, ...(arming && { arming }) })
      .filter(({ purpose }) => /^(?:arming|disarming)/.test(purpose))
      .map(({ command }) => command);

  test('arming: in the order in which it is sent', () => {
    const off = ['no debug crypto condition peer ipv4 11.1.1.3'];
    expect(armingLines(plan)).toEqual([
      'debug crypto condition peer ipv4 11.1.1.3',
      'debug crypto ikev2',
      'debug crypto ipsec',
      ...off,
    ]);
    expect(armingLines({ ...plan, deadManS: 1_800 }).slice(4)).toEqual([
      'configure terminal',
      ...ios.arming.deadMan.set(1_800),
      ...ios.arming.deadMan.remove,
      'end',
      ios.arming.deadMan.show,
    ]);
  });

  test('no arming without a condition, or without a plan', () => {
    expect(armingLines({ ...plan, conditions: [], deadManS: 1_800 })).toEqual([]);
    expect(armingLines()).toEqual([]);
  });

  test('terminal monitor only where it is configured', () => {
    const lines = commandsFor(ios, { peers: [], maxUnscopedSas: 200, terminalMonitor: false }).map((line) => line.command);
    expect(lines.filter((line) => line.includes('monitor'))).toEqual([]);
  });
});

test('the shelf', () => {
  expect(platformNames).toEqual(['cisco-ios', 'cisco-iosxe', 'linux-strongswan']);
  expect(platformNamed('junos')).toBeNull();
});
