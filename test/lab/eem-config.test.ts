/** The event manager and SNMP at the terminal: prompts, refusals with their caret, what `show` and the running configuration say. */
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { labLimits } from '../../agent/lab/lab-limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, login } from './lab-support.ts';
import { hubApplet, hubSnmp, logged, noteA, spokeApplet, spokeSnmp } from './note-a.ts';

const newBox = (change: Partial<BoxOptions> = {}): SimulatedBox => new SimulatedBox(boxOptions(new FakeClock(), change));
const section = (box: SimulatedBox, pattern = 'event manager'): string => box.console(`show running-config | section ${pattern}`);

describe('at the prompt', () => {
  test('Note A’s hub, typed', () => {
    const hand = login(newBox());
    expect(hand.type('conf t\r')).toBe('conf t\r\nEnter configuration commands, one per line.  End with CNTL/Z.\r\nhub(config)#');
    expect(hand.type('event manager applet command_hub\r')).toBe('event manager applet command_hub\r\nhub(config-applet)#');
    const pattern = ' event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=11.1.1.3"';
    expect(hand.type(`${pattern}\r`)).toBe(`${pattern}\r\nhub(config-applet)#`);
    expect(hand.type('action 1 cli command "enable"\r')).toBe('action 1 cli command "enable"\r\nhub(config-applet)#');
    expect(hand.type('!\r')).toBe('!\r\nhub(config-applet)#');
    expect(hand.type('exit\r')).toBe('exit\r\nhub(config)#');
    expect(hand.type('snmp-server manager\r')).toBe('snmp-server manager\r\nhub(config)#');
    expect(hand.type('end\r')).toBe('end\r\nhub#');
  });

  test('the host name is cut to 20 characters in the configuration modes alone', () => {
    const hand = login(newBox({ hostname: 'a-router-with-a-long-name' }));
    expect(hand.type('conf t\r').split('\r\n').at(-1)).toBe('a-router-with-a-long(config)#');
    expect(hand.type('event manager applet x\r').split('\r\n').at(-1)).toBe('a-router-with-a-long(config-applet)#');
    expect(hand.type('\u001a').split('\r\n').at(-1)).toBe('a-router-with-a-long-name#');
  });

  test('a command of the global mode ends the applet’s: it is registered, and another one may follow', () => {
    const box = newBox();
    const hand = login(box);
    hand.type('conf t\revent manager applet one\revent timer countdown time 60\raction 1 wait 1\r');
    expect(box.core.eem.applets()).toHaveLength(0);
    expect(hand.type('snmp-server manager\r').split('\r\n').at(-1)).toBe('hub(config)#');
    expect(box.core.eem.applets()).toHaveLength(1);
    hand.type('event manager applet two\revent timer countdown time 60\raction 1 wait 1\r');
    expect(hand.type('event manager applet three\r').split('\r\n').at(-1)).toBe('hub(config-applet)#');
    expect(box.core.eem.applets().map(({ applet }) => applet.name)).toEqual(['one', 'two']);
    hand.type('\u001a');
    expect(logged(box, /CONFIG_I|HA_EM/)).toEqual([
      '%HA_EM-4-FMPD_NO_EVENT: No event configured for applet three',
      '%SYS-5-CONFIG_I: Configured from console by admin on vty0 (198.51.100.9)',
    ]);
  });

  test('abbreviations', () => {
    const box = newBox();
    expect(
      box.configure([
        'ev man app short',
        'ev sy pat "x" maxr 30',
        'ac 1 cl com "enable"',
        'ac 2 sys pri inf msg "y"',
        'ac 3 wa 5',
        'ac 4 snmp-t intdata1 -7',
        'snmp-server ena tr event-manager',
        'snmp-server ho 192.0.2.1 inf ver 2c c udp 1162 event-m',
      ]),
    ).toEqual([]);
    expect(section(box)).toBe(
      [
        'event manager applet short',
        ' event syslog pattern "x" maxrun 30',
        ' action 1 cli command "enable"',
        ' action 2 syslog priority informational msg "y"',
        ' action 3 wait 5',
        ' action 4 snmp-trap intdata1 -7',
      ].join('\n'),
    );
    expect(section(box, 'snmp-server host')).toBe('snmp-server host 192.0.2.1 informs version 2c c udp-port 1162  event-manager');
  });

  test('`?` lists what the applet’s mode takes, with help for each word', () => {
    const hand = login(newBox());
    hand.type('conf t\revent manager applet x\r');
    const words = hand.type('?');
    expect(words).toMatch(/\r\n {2}action +Define an action of the applet\r\n/);
    expect(words).toMatch(/\r\n {2}event +Event related configuration commands\r\n/);
    expect(words).not.toMatch(/hostname|Keyword/);
    expect(hand.type('event ?')).toMatch(/ snmp-notification .*\r\n {2}syslog .*\r\n {2}timer /);
    hand.type('\u0003\u001a');
    hand.type('conf t\r');
    expect(hand.type('?')).not.toContain('Keyword');
    expect(hand.type('snmp-server ?')).not.toContain('Keyword');
  });

  test('lines entered under console() and configure() are in the log of commands', () => {
    const box = newBox();
    box.configure(['event manager applet x', ' event timer countdown time 5', '! a remark', '']);
    expect(box.commandLog.map(({ line, expanded }) => [line, expanded])).toEqual([
      [-1, 'configure terminal'],
      [-1, 'event manager applet x'],
      [-1, 'event timer countdown time 5'],
      [-1, 'end'],
    ]);
  });
});

describe('refusals', () => {
  const INVALID = "% Invalid input detected at '^' marker.";
  /** Where the caret stands in the typed line. */
  function caret(lines: readonly string[], typed: string): [string, string] | string {
    const box = newBox();
    const hand = login(box);
    for (const line of ['configure terminal', ...lines]) hand.run(line);
    const answer = hand.run(typed).split('\n');
    if (answer[1] !== INVALID) return answer[0]!;
    const prompt = lines.length > 0 ? 'hub(config-applet)#' : 'hub(config)#';
    const offset = answer[0]!.indexOf('^') - prompt.length;
    return [typed.slice(0, offset), typed.slice(offset)];
  }
  const inApplet = ['event manager applet x'];

  test.each([
    ['event syslog', '% Incomplete command.'],
    ['event syslog occurs 3', '% Incomplete command.'],
    ['event syslog pattern', '% Incomplete command.'],
    ['event snmp-notification oid 1.3.6 oid-val 5', '% Incomplete command.'],
    ['event timer countdown', '% Incomplete command.'],
    ['action 1', '% Incomplete command.'],
    ['action 1 cli', '% Incomplete command.'],
    ['action 1 syslog priority informational', '% Incomplete command.'],
    ['action 1 s msg "x"', '% Ambiguous command:  "action 1 s msg "x""'],
    ['event syslog p "x"', '% Ambiguous command:  "event syslog p "x""'],
    ['event syslog pattern "["', '%EEM: pattern does not compile as a regular expression'],
    ['action a/b wait 1', '%EEM: "a/b" is no label'],
  ])('%s', (typed, answer) => {
    expect(caret(inApplet, typed)).toBe(answer);
  });

  test.each([
    ['event syslog pattern "x" maxrun ', 'ten'],
    ['ev  sy   pattern "x" occurs ', '33'],
    ['event snmp-notification oid ', 'sysUpTime oid-val 5 op eq'],
    ['event snmp-notification oid 1.3.6 oid-val "5" op ', 'is'],
    ['event snmp-notification oid 1.3.6 oid-val "5" op eq src-ip-address ', '256.1.1.1'],
    ['event timer countdown time ', '-1'],
    ['event timer ', 'cron name x'],
    ['action 1 wait ', '0'],
    ['action 1 wait 5 ', 'seconds'],
    ['action 1 cli command ', ''],
    ['action 1 cli command "show clock" ', 'more'],
    ['action 1 syslog msg "x" priority ', 'loud'],
    ['action 1 snmp-trap intdata1 ', '2147483648'],
    ['action 1 snmp-trap intdata1 ', 'x'],
    ['action 1 ', 'mail server "x"'],
  ])('%s…%s', (before, rest) => {
    if (rest === '') expect(caret(inApplet, before)).toBe('% Incomplete command.');
    else expect(caret(inApplet, before + rest)).toEqual([before, rest]);
  });

  test.each([
    ['snmp-server host ', '11.1.1 public'],
    ['snmp-server host 11.1.1.3 version ', '4 public'],
    ['snmp-server host 11.1.1.3 informs version ', '1 public'],
    ['snmp-server host 11.1.1.3 public udp-port ', '65536'],
    ['snmp-server host 11.1.1.3 public ', 'bogus-type'],
  ])('%s…%s', (before, rest) => {
    expect(caret([], before + rest)).toEqual([before, rest]);
  });

  test('what is refused changes nothing, and configure() returns it', () => {
    const box = newBox();
    const lines = [
      'event manager applet x',
      'event syslog pattern "ok"',
      'event syslog pattern "x" maxrun ten',
      'interface Tunnel0',
    ];
    expect(box.configure(lines).filter((line) => !line.includes('^ '))).toEqual(
      expect.arrayContaining([INVALID, expect.stringMatching(/^ +\^$/)]),
    );
    expect(section(box)).toContain(' event syslog pattern "ok"');
  });

  test('AAA may refuse the mode, or a line in it', () => {
    const box = newBox({ behaviour: { refuse: [/^configure terminal/] } });
    expect(login(box).type('conf t\r')).toBe('conf t\r\n% Authorization failed.\r\n\r\nhub#');
    box.behave({ refuse: [/^event manager/] });
    const hand = login(box);
    hand.run('conf t');
    expect(hand.type('event manager applet x\r')).toBe('event manager applet x\r\n% Authorization failed.\r\n\r\nhub(config)#');
    expect(box.core.eem.applets()).toEqual([]);
  });

  test('applets, actions and hosts are bounded', () => {
    const box = newBox();
    const applets = Array.from({ length: labLimits.applets + 1 }, (_, i) => `event manager applet a${i}`);
    expect(box.configure(applets)).toEqual([
      `%Error: applet a${labLimits.applets} was not registered: ${labLimits.applets} applets are the most`,
    ]);
    const actions = Array.from({ length: labLimits.appletActions + 1 }, (_, i) => `action ${i} wait 1`);
    expect(box.configure(['event manager applet a0', ...actions])).toEqual([
      `%EEM: an applet takes ${labLimits.appletActions} actions at most`,
    ]);
    const hosts = Array.from({ length: labLimits.snmpHosts + 1 }, (_, i) => `snmp-server host 192.0.2.${i + 1} public`);
    expect(box.configure(hosts)).toEqual([`%SNMP: ${labLimits.snmpHosts} hosts are the most`]);
  });
});

describe('the running configuration', () => {
  test('Note A’s hub and spoke, as IOS prints them: labels padded, priority first', () => {
    const { hub, spoke } = noteA();
    expect(section(hub)).toBe(
      [
        'event manager applet command_hub',
        ' event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=11.1.1.3"',
        ' action 1   cli command "enable"',
        ' action 2   syslog priority informational msg "command_hub is running ..."',
        ' action 3   cli command "show crypto sockets | append disk0:hub.txt"',
        ' action 4   cli command "show crypto isa sa | append disk0:hub.txt"',
        ' action 5   cli command "show crypto ipsec sa detail | append disk0:hub.txt"',
        ' action 6   cli command "show dmvpn detail | append disk0:hub.txt"',
        ' action 7   wait 18',
        ' action 8   cli command "undebug all"',
        ' action 8.1 snmp-trap intdata1 2323232 strdata ""',
        ' action 9   syslog priority informational msg "DONE ON HUB"',
      ].join('\n'),
    );
    expect(section(spoke)).toContain(
      ' event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq src-ip-address 213.163.222.7 maxrun 35\n',
    );
    expect(section(hub, 'snmp-server')).toBe(
      [
        'snmp-server community public RO',
        'snmp-server enable traps event-manager',
        'snmp-server host 11.1.1.3 public  event-manager',
        'snmp-server manager',
      ].join('\n'),
    );
  });

  test('what it prints, another box takes, and prints alike', () => {
    const lines = [
      ...hubSnmp,
      ...hubApplet,
      ...spokeSnmp,
      ...spokeApplet,
      'event manager applet all authorization bypass',
      'event syslog occurs 2 priority errors pattern "a b" period 4.5 maxrun 35.250',
      'action 10 snmp-trap intdata1 1 intdata2 -2 strdata "s t"',
      'action 2 syslog priority emergencies msg ""',
      'event manager applet bare',
      'event timer countdown time 1800 maxrun 60',
      'event manager session cli username eem',
      'snmp-server host 192.0.2.9 version 2c c2',
      'snmp-server host 192.0.2.9 informs version 2c c3 udp-port 1162 event-manager',
      'snmp-server host 192.0.2.10 version 3 priv pair event-manager',
      'snmp-server group pairs v3 priv',
      'snmp-server engineID local 80000009030000c0ffee01',
      'snmp-server engineID remote 192.0.2.10 80000009030000C0FFEE02',
      'snmp-server community other rw',
    ];
    const [one, two] = [newBox(), newBox()];
    expect(one.configure(lines)).toEqual([]);
    const printed = ['event manager', 'snmp-server'].map((pattern) => section(one, pattern));
    expect(two.configure(printed.flatMap((text) => text.split('\n')))).toEqual([]);
    expect(['event manager', 'snmp-server'].map((pattern) => section(two, pattern))).toEqual(printed);
    expect(printed.join('\n').split('\n')).toHaveLength(1 + 12 + 6 + 4 + 2 + 12);
  });

  test('one host line for a host and kind: the last one stands; traps and informs are two kinds', () => {
    const box = newBox();
    box.configure([
      'snmp-server host 11.1.1.3 public event-manager',
      'snmp-server host 11.1.1.3 informs version 2c other',
      'snmp-server host 11.1.1.3 traps version 2c second udp-port 1162',
    ]);
    expect(section(box, 'snmp-server host').split('\n')).toEqual([
      'snmp-server host 11.1.1.3 informs version 2c other',
      'snmp-server host 11.1.1.3 version 2c second udp-port 1162',
    ]);
    box.configure(['no snmp-server host 11.1.1.3 informs version 2c other']);
    expect(section(box, 'snmp-server host')).toBe('snmp-server host 11.1.1.3 version 2c second udp-port 1162');
    expect(box.console('show snmp host')).toContain('Notification host: 11.1.1.3\tudp-port: 1162\ttype: trap');
  });

  test('users are kept and shown by `show snmp user`, never in the configuration, and their passwords nowhere', () => {
    const box = newBox();
    expect(
      box.configure([
        'snmp-server user pair pairs v3 auth sha authpass1 priv aes 128 privpass1',
        'snmp-server user far pairs remote 192.0.2.1 udp-port 1162 v3 auth md5 x',
        'snmp-server user bare pairs v3',
      ]),
    ).toEqual([]);
    const shown = box.console('show snmp user');
    expect(shown).toContain('User name: pair');
    expect(shown).toContain('Authentication Protocol: SHA\nPrivacy Protocol: AES128\nGroup-name: pairs');
    expect(shown).toContain('Authentication Protocol: MD5\nPrivacy Protocol: None');
    expect(shown + box.console('show running-config')).not.toMatch(/authpass1|privpass1|snmp-server user/);
  });

  test('re-entering an applet keeps what is not changed; `no action` and `no event` take away', () => {
    const box = newBox();
    box.configure(spokeApplet);
    box.configure(['event manager applet spoke_app', 'action 4.0 syslog msg "other"', 'no action 1.0']);
    expect(section(box).split('\n').slice(2)).toEqual([
      ' action 2.0 cli command "enable"',
      ' action 3.0 cli command "undebug all"',
      ' action 4.0 syslog msg "other"',
    ]);
    box.configure(['event manager applet spoke_app', 'no event snmp-notification']);
    expect(section(box)).not.toContain(' event ');
    expect(logged(box, /HA_EM/)).toEqual(['%HA_EM-4-FMPD_NO_EVENT: No event configured for applet spoke_app']);
    expect(box.configure(['no event manager applet spoke_app'])).toEqual([]);
    expect(box.configure(['no event manager applet spoke_app'])).toEqual(['EEM configuration: applet spoke_app not found']);
  });

  test('an applet without actions says so, and does nothing', async () => {
    const clock = new FakeClock();
    const box = new SimulatedBox(boxOptions(clock));
    box.configure(['event manager applet x', 'event timer countdown time 1']);
    await clock.advance(5_000);
    expect(logged(box, /HA_EM/)).toEqual(['%HA_EM-4-FMPD_NO_ACTION: No action configured for applet x']);
    expect(box.appletRuns).toEqual([]);
  });
});

describe('show event manager', () => {
  test('policy registered', () => {
    const { spoke } = noteA();
    expect(spoke.console('sh ev man pol reg').split('\n')).toEqual([
      'No.  Class     Type    Event Type          Trap  Time Registered           Name',
      '1    applet    user    snmp-notification   Off   Thu Mar 12 18:22:10 2026  spoke_app',
      ' oid {1.3.6.1.4.1.9.10.91.1.2.3.1.9.} oid-val {2323232} op {eq} src-ip-address {213.163.222.7}',
      ' maxrun 35.000',
      ' action 1.0 syslog msg "Received trap from Hub..."',
      ' action 2.0 cli command "enable"',
      ' action 3.0 cli command "undebug all"',
      ' action 4.0 syslog msg "DONE ON SPOKE"',
      '',
    ]);
  });

  test('history events: success, abort, active', async () => {
    const a = noteA({ hub: { messageIntervalMs: 1_000 } });
    a.invalidSpi();
    await a.clock.advance(25_000);
    a.hub.behave({ thinkMs: 2_000 });
    a.invalidSpi();
    await a.clock.advance(25_000);
    a.invalidSpi();
    await a.clock.advance(1_000);
    expect(a.hub.console('show event manager history events').split('\n')).toEqual([
      'No.  Job Id Proc Status   Time of Event             Event Type        Name',
      '1    1      Actv success  Thu Mar 12 18:22:10 2026  syslog            applet: command_hub',
      '2    2      Actv abort    Thu Mar 12 18:22:35 2026  syslog            applet: command_hub',
      '3    3      Actv active   Thu Mar 12 18:23:00 2026  syslog            applet: command_hub',
    ]);
  });
});
