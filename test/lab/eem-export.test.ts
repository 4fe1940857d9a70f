/**
 * What `spitrap eem export` prints, on the simulated router: taken line by line, and run. Our hub against our spoke, and each against
 * Note A's applet; against agents: test/sim/eem-export.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { type PlanOptions, routerPlans } from '../../agent/cli/eem/export-plan.ts';
import type { Config } from '../../agent/config/config.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { exportRouter } from '../../shared/eem/export.ts';
import type { ExportPart } from '../../shared/eem/export-plan.ts';
import { parseRange } from '../../shared/model/address.ts';
import { simConfig } from '../sim/sim-pair.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';
import { logged, type NoteA, noteA } from './note-a.ts';

type Credentials = Config['peers'][number]['snmp'];
const V2C: Credentials = { version: '2c', community: 'pair-community' };
const V3: Credentials = {
  version: 3,
  user: 'hub-spoke',
  auth: { protocol: 'sha1', key: 'auth-key-of-the-pair' },
  priv: { protocol: 'aes128', key: 'priv-key-of-the-pair' },
};

const options = (change: Partial<PlanOptions> = {}): PlanOptions => ({
  ends: 'both',
  router: null,
  withSecrets: true,
  agentAddress: null,
  engineIdHex: '80007ed905a1b2c3',
  ...change,
});

function config(snmp: Credentials = V2C, change: Partial<Config> = {}): Config {
  const base = simConfig('hub', 'act', 'syslog-tcp');
  return { ...base, peers: base.peers.map((peer) => ({ ...peer, snmp })), ...change };
}

const ENGINES: Readonly<Record<string, string>> = { hub: '800000090300AABBCC000700', spoke: '800000090300AABBCC000800' };

/** As a person fills it in. */
const filled = (line: string): string =>
  line
    .replace(/<address of [^>]+>/, '192.0.2.200')
    .replace(/<engine id of (\w+)[^>]*>/, (_all, name: string) => ENGINES[name]!)
    .replace('<user whom AAA allows these lines>', 'eem');

const lines = (name: 'hub' | 'spoke', part: ExportPart, from = config(), how = options()): string[] =>
  exportRouter(routerPlans(from, { ...how, router: name })[0]!)
    .filter((block) => block.part === part)
    .flatMap((block) => block.lines)
    .map(filled);

/** The box is in configuration mode already, and out of it at the end. */
const configuring = (name: 'hub' | 'spoke', from = config()): string[] =>
  lines(name, 'configure', from).filter((line) => line !== 'configure terminal' && line !== 'end');

const typed = (box: SimulatedBox, all: readonly string[]): string[] => all.map((line) => box.console(line));

const armed = (a: NoteA): void => {
  for (const [box, name] of [
    [a.hub, 'hub'],
    [a.spoke, 'spoke'],
  ] as const)
    typed(box, lines(name, 'arm'));
};

const stopped = (box: SimulatedBox): number[] =>
  box.commandLog.filter(({ expanded }) => expanded === 'undebug all').map(({ at }) => at);

describe('our hub against our spoke', () => {
  test.each([
    ['2c', V2C],
    ['3', V3],
  ] as const)('over v%s: one message, both quiet within a second, evidence at both', async (_version, snmp) => {
    const set = (name: 'hub' | 'spoke') => [`snmp-server engineID local ${ENGINES[name]}`, ...configuring(name, config(snmp))];
    const a = noteA({ hubLines: set('hub'), spokeLines: set('spoke') });
    armed(a);
    expect([a.hub.debugsOn().length, a.spoke.debugsOn().length]).toEqual([2, 2]);
    const t0 = a.clock.monotonic();
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    const [[hubAt], [spokeAt]] = [stopped(a.hub), stopped(a.spoke)];
    expect(hubAt! - t0).toBeGreaterThanOrEqual(18_000);
    expect(hubAt! - t0).toBeLessThan(22_000);
    expect(Math.abs(hubAt! - spokeAt!)).toBeLessThan(1_000);
    for (const box of [a.hub, a.spoke]) expect(box.appletRuns.map(({ ended }) => ended?.how)).toEqual(['done']);
    expect(a.hub.readFile('disk0:hub.txt')).toContain('Crypto Session Details');
    expect(a.spoke.readFile('disk0:spoke.txt')).toContain('Crypto Session Details');
    expect(logged(a.spoke, /HA_EM-6/).map((line) => line.replace(/^.*?(?=%)/, ''))).toEqual([
      '%HA_EM-6-LOG: spitrap_spoke_hub: stop received from hub, debugs off',
      '%HA_EM-6-LOG: spitrap_spoke_hub: DONE ON SPOKE',
    ]);
  });

  test('the actions run in the order in which they are written', async () => {
    const a = noteA({ hubLines: configuring('hub'), spokeLines: configuring('spoke') });
    a.invalidSpi();
    await a.clock.advance(60_000);
    for (const [box, name] of [
      [a.hub, 'hub'],
      [a.spoke, 'spoke'],
    ] as const) {
      const written = configuring(name)
        .filter((line) => line.startsWith(' action'))
        .map((line) => line.split(' ')[2]);
      expect(box.appletRuns[0]!.actions.map(({ label }) => label)).toEqual(written);
    }
  });

  test('a router that takes ten seconds for each command, and waits 60, still comes to its end: maxrun fits', async () => {
    const slow = config(V2C, { stop: { delayMs: 60_000, mode: 'all', maxDelayMs: 300_000 } });
    const a = noteA({ hubLines: configuring('hub', slow), spokeLines: configuring('spoke', slow) });
    armed(a);
    for (const box of [a.hub, a.spoke]) box.behave({ thinkMs: 10_000 });
    a.invalidSpi();
    await a.clock.advance(300_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    expect([a.hub, a.spoke].map((box) => box.appletRuns[0]?.ended?.how)).toEqual(['done', 'done']);
  });

  test('a command of the hub that never comes back keeps the spoke’s stop no longer than maxrun, and the dead-man ends the hub’s debugs', async () => {
    const a = noteA({ hubLines: configuring('hub'), spokeLines: configuring('spoke') });
    armed(a);
    a.hub.behave({ refuse: [/^undebug all$/] });
    a.invalidSpi();
    await a.clock.advance(60_000);
    // The trap went before the command that AAA refused.
    expect(a.spoke.debugsOn()).toEqual([]);
    expect(a.hub.debugsOn().length).toBe(2);
    a.hub.behave({ refuse: [] });
    await a.clock.advance(72 * 3_600_000);
    expect(a.hub.debugsOn()).toEqual([]);
  });
});

describe('the message', () => {
  async function on(source: string, form: (line: string) => string = (line) => line): Promise<number> {
    const clock = new FakeClock();
    const box = new SimulatedBox(boxOptions(clock));
    expect(box.configure(configuring('hub'))).toEqual([]);
    const text = `decaps: rec'd IPSEC packet has invalid spi for destaddr=${HUB_ADDRESS}, prot=50, spi=0x68842105(1753489669), srcaddr=${source}, input interface=Ethernet0/0`;
    const [tag, body] = form(`CRYPTO-4-RECVD_PKT_INV_SPI|${text}`).split('|') as [string, string];
    box.core.log.message(4, tag, body);
    await clock.advance(60_000);
    return box.appletRuns.length;
  }

  test.each<[string, (line: string) => string]>([
    ['as printed', (line) => line],
    ['in the other spelling', (line) => line.replace('RECVD', 'RECV')],
    ['without an interface', (line) => line.replace(/, input.*/, '')],
    ['with blanks', (line) => line.replace('srcaddr=', 'srcaddr= ')],
  ])('%s starts it', async (_how, form) => {
    expect(await on(SPOKE_ADDRESS, form)).toBe(1);
  });

  test.each(['11.1.1.30', '11.1.1.39', '11.1.113.3', '111.1.1.3', '11.1.1.3.7'])('of %s does not', async (other) => {
    expect(await on(other)).toBe(0);
  });

  test('of a peer with many addresses starts it, whichever it was, on lines that IOS takes', async () => {
    const many = Array.from({ length: 12 }, (_, n) => `203.0.113.${100 + n}`);
    const base = config();
    const crowded = {
      ...base,
      peers: base.peers.map((peer) => ({ ...peer, cryptoAddresses: many.map((each) => parseRange(each)!) })),
    };
    const entered = configuring('hub', crowded);
    expect(Math.max(...entered.map((line) => line.length))).toBeLessThanOrEqual(254);
    const clock = new FakeClock();
    const box = new SimulatedBox(boxOptions(clock));
    expect(box.configure(entered)).toEqual([]);
    box.core.receiveUnknownSpi('203.0.113.107', 0x68842105, 1, 100);
    await clock.advance(60_000);
    expect(box.appletRuns).toHaveLength(1);
  });
});

test('an IPv6 peer is known in either case of its letters, and alone', async () => {
  const base = config();
  const six = { ...base, peers: base.peers.map((peer) => ({ ...peer, cryptoAddresses: [parseRange('2001:db8::3')!] })) };
  const entered = exportRouter(routerPlans(six, options({ ends: 'hub' }))[0]!)
    .filter(({ part }) => part === 'configure')
    .flatMap((block) => block.lines)
    .filter((line) => line !== 'configure terminal' && line !== 'end')
    .map(filled);
  for (const [source, runs] of [
    ['2001:DB8::3', 1],
    ['2001:db8::3', 1],
    ['2001:DB8::33', 0],
    ['2001:DB8::3:1', 0],
  ] as const) {
    const clock = new FakeClock();
    const box = new SimulatedBox(boxOptions(clock));
    expect(box.configure(entered)).toEqual([]);
    box.core.log.message(4, 'CRYPTO-4-RECVD_PKT_INV_SPI', `decaps: rec'd IPSEC packet has invalid spi, srcaddr=${source}`);
    await clock.advance(60_000);
    expect(box.appletRuns, source).toHaveLength(runs);
  }
});

test('peers whose names IOS would take for one keep an applet each', async () => {
  const base = config();
  const two = ['spoke.1', 'spoke:1'].map((name, index) => ({
    ...base.peers[0]!,
    name,
    cryptoAddresses: [parseRange(`11.1.1.${3 + index}`)!],
  }));
  const box = new SimulatedBox(boxOptions(new FakeClock()));
  expect(box.configure(configuring('hub', { ...base, peers: two }))).toEqual([]);
  expect(box.core.eem.applets().map(({ applet }) => applet.name)).toEqual(['spitrap_hub_spoke_1-1', 'spitrap_hub_spoke_1-2']);
});

describe('against Note A', () => {
  test('our hub stops its spoke', async () => {
    const note = ['snmp-server manager', ...noteSpoke];
    const a = noteA({ hubLines: configuring('hub'), spokeLines: note });
    armed(a);
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    expect(a.spoke.appletRuns.map(({ applet }) => applet)).toEqual(['spoke_app']);
  });

  test('its hub stops our spoke', async () => {
    const a = noteA({ spokeLines: configuring('spoke') });
    armed(a);
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    expect(a.spoke.appletRuns.map(({ applet }) => applet)).toEqual(['spitrap_spoke_hub']);
  });
});

const noteSpoke = [
  'event manager applet spoke_app',
  `event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq src-ip-address ${HUB_ADDRESS} maxrun 35`,
  'action 1.0 syslog msg "Received trap from Hub..."',
  'action 2.0 cli command "enable"',
  'action 3.0 cli command "undebug all"',
];

describe('against applets that decide for themselves', () => {
  const wildHub = [
    'snmp-server enable traps event-manager',
    'snmp-server host 11.1.1.3 version 2c pair-community event-manager',
    `event manager environment _spoke ${SPOKE_ADDRESS}`,
    'event manager environment _file disk0:wild.txt',
    'event manager applet wild_hub',
    ' event syslog pattern "RECVD_PKT_INV_SPI.*srcaddr=$_spoke," maxrun 120 ratelimit 60',
    ' action 010 cli command "enable"',
    ' action 020 regexp "spi=0x([0-9A-Fa-f]+)" "$_syslog_msg" all spi',
    ' action 030 if $_regexp_result ne 1',
    ' action 040  syslog msg "no SPI there"',
    ' action 050  exit 1',
    ' action 060 end',
    ' action 070 foreach table "sockets session"',
    ' action 080  cli command "show crypto $table | append $_file"',
    ' action 090 end',
    ' action 100 cli command "show debugging"',
    ' action 110 regexp "debugging is on" "$_cli_result"',
    ' action 120 if $_regexp_result eq 1',
    ' action 130  wait 18',
    ' action 140  snmp-trap intdata1 2323232 strdata "$spi"',
    ' action 150  cli command "undebug all"',
    ' action 160 else',
    ' action 170  syslog msg "nothing is on"',
    ' action 180 end',
  ];

  test('a hub that looks whether debugs are on stops our spoke, and does nothing when none are', async () => {
    const a = noteA({ hubLines: wildHub, spokeLines: configuring('spoke') });
    a.invalidSpi();
    await a.clock.advance(70_000);
    expect(a.sent).toEqual([]);
    expect(logged(a.hub, /wild_hub/)).toEqual(['%HA_EM-6-LOG: wild_hub: nothing is on']);
    armed(a);
    a.invalidSpi();
    await a.clock.advance(60_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    expect(a.sent).toHaveLength(1);
    expect(a.sent[0]!.bytes.includes('68842105')).toBe(true);
    expect(a.hub.readFile('disk0:wild.txt')).toContain('Crypto session current status');
    expect(a.spoke.appletRuns.map(({ applet }) => applet)).toEqual(['spitrap_spoke_hub']);
  });

  test('our hub stops a spoke that looks at who sends, and goes on until its debugs are off', async () => {
    const wildSpoke = [
      'snmp-server manager',
      'event manager applet wild_spoke',
      ' event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq maxrun 60',
      ` action 010 if $_snmp_notif_src_ip_addr ne "${HUB_ADDRESS}"`,
      ' action 020  exit',
      ' action 030 end',
      ' action 040 cli command "enable"',
      ' action 050 set left 1',
      ' action 060 while $left eq 1',
      ' action 070  cli command "undebug all"',
      ' action 080  cli command "show debugging"',
      ' action 090  regexp "debugging is on" "$_cli_result"',
      ' action 100  set left $_regexp_result',
      ' action 110 end',
      ' action 120 syslog msg "off"',
    ];
    const a = noteA({ hubLines: configuring('hub'), spokeLines: wildSpoke });
    armed(a);
    a.spoke.behave({ refuse: [/^undebug all$/] });
    a.invalidSpi();
    await a.clock.advance(25_000);
    expect(a.spoke.debugsOn()).toHaveLength(2);
    a.spoke.behave({ refuse: [] });
    await a.clock.advance(5_000);
    expect([a.hub.debugsOn(), a.spoke.debugsOn()]).toEqual([[], []]);
    expect(a.spoke.appletRuns.map(({ ended }) => ended?.how)).toEqual(['done']);
  });
});

describe('the other parts', () => {
  const boxOf = (name: 'hub' | 'spoke', snmp: Credentials = V2C): SimulatedBox => {
    const box = new SimulatedBox(boxOptions(new FakeClock()));
    expect(box.configure(configuring(name, config(snmp)))).toEqual([]);
    return box;
  };
  const REFUSED = /^\s*(?:%|\^)(?!Error opening)/m;

  test.each(['hub', 'spoke'] as const)('test, arm and disarm of the %s are taken, and leave nothing on', (name) => {
    const box = boxOf(name);
    for (const part of ['test', 'arm'] as const)
      for (const line of lines(name, part)) expect(box.console(line), line).not.toMatch(REFUSED);
    expect(box.debugsOn()).toHaveLength(2);
    for (const line of lines(name, 'disarm')) {
      expect(box.console(line), line).not.toMatch(REFUSED);
      // Never a debug without its condition, which would be a flood.
      if (box.debugsOn().length > 0) expect(box.core.debugs.conditioned()).toBe(true);
    }
    expect(box.debugsOn()).toEqual([]);
    expect(box.core.debugs.conditioned()).toBe(false);
  });

  test('of the test, the evidence is on the disk', () => {
    const box = boxOf('hub');
    const answers = typed(box, lines('hub', 'test'));
    expect(answers[1]).toContain('Interface');
    expect(box.readFile('disk0:hub.txt')).toContain('Ethernet0/0');
  });

  test.each([
    ['hub', '2c', V2C],
    ['spoke', '2c', V2C],
    ['hub', '3', V3],
    ['spoke', '3', V3],
  ] as const)('remove takes off the %s’s lines of v%s: no applet, no SNMP of it is left', (name, _version, snmp) => {
    const box = boxOf(name, snmp);
    const fresh = new SimulatedBox(boxOptions(new FakeClock()));
    const left = (each: SimulatedBox): string[] =>
      each
        .console('show running-config')
        .split('\n')
        .filter((line) => /^ ?(?:snmp-server|event manager applet|action|event (?:syslog|snmp|timer))/.test(line));
    expect(left(box)).not.toEqual(left(fresh));
    for (const line of lines(name, 'remove', config(snmp))) expect(box.console(line), line).not.toMatch(REFUSED);
    expect(left(box)).toEqual(left(fresh));
    expect(box.console('show snmp user')).toBe(fresh.console('show snmp user'));
  });

  test('a line that is not filled in yet is refused, never kept as it is', () => {
    const open = options({ withSecrets: false });
    for (const name of ['hub', 'spoke'] as const)
      for (const snmp of [V2C, V3]) {
        const raw = exportRouter(routerPlans(config(snmp), { ...open, router: name })[0]!).flatMap((block) => block.lines);
        for (const line of raw.filter((each) => each.includes('<') && !each.startsWith('no ')))
          expect(new SimulatedBox(boxOptions(new FakeClock())).configure([line]), line).not.toEqual([]);
      }
  });
});
