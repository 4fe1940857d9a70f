/** Advice on configurations of our own and, where it is, on each of the corpus: every kind of the table, every point with its lines. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { adviseOn, type Report } from '../../shared/advise/advise.ts';
import { recoveryOf } from '../../shared/advise/facts.ts';
import { type AdviceWord, adviceWords } from '../../shared/advise/words.ts';
import { boxOptions } from '../lab/lab-support.ts';
import { FakeClock } from '../support/fake-clock.ts';

const words = ({ advice }: Report): AdviceWord[] => advice.map(({ word }) => word);
const point = (report: Report, word: AdviceWord) => report.advice.find((each) => each.word === word);
const on = (...lines: string[]): Report => adviseOn(lines.join('\n'), null);
const kinds = (report: Report) => report.peerings.map(({ kind, recovery }) => [kind, recovery]);

const PROFILE = ['crypto ipsec profile P', ' set transform-set T', '!'];
const tunnel = (...lines: string[]) => [
  ...PROFILE,
  'interface Tunnel0',
  ' ip address 10.0.0.1 255.255.255.0',
  ...lines.map((line) => ` ${line}`),
  ' tunnel protection ipsec profile P',
  '!',
];

describe('the table of 115801', () => {
  test.each<[string, string[], keyof typeof recoveryOf]>([
    [
      'set peer',
      ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9', ' match address A', '!', 'interface Gi0/0', ' crypto map M'],
      'static crypto map',
    ],
    [
      'dynamic',
      ['crypto dynamic-map D 5', ' set transform-set T', '!', 'crypto map M 20 ipsec-isakmp dynamic D'],
      'dynamic crypto map',
    ],
    ['GRE by default', tunnel('tunnel destination 192.0.2.9'), 'point-to-point GRE with tunnel protection'],
    ['GRE over IPv4', tunnel('tunnel mode gre ip', 'tunnel destination 192.0.2.9'), 'point-to-point GRE with tunnel protection'],
    ['sVTI', tunnel('tunnel mode ipsec ipv4', 'tunnel destination 192.0.2.9'), 'sVTI'],
    [
      'spoke',
      tunnel('tunnel mode gre multipoint', 'ip nhrp map 10.0.0.254 192.0.2.9', 'ip nhrp map multicast 192.0.2.9'),
      'mGRE with tunnel protection, static NHRP map',
    ],
    [
      'spoke, short form',
      tunnel('tunnel mode gre multipoint', 'ip nhrp nhs 10.0.0.254 nbma 192.0.2.9 multicast'),
      'mGRE with tunnel protection, static NHRP map',
    ],
    [
      'hub',
      tunnel('tunnel mode gre multipoint', 'ip nhrp map multicast dynamic'),
      'mGRE with tunnel protection, dynamic NHRP map',
    ],
    ['EzVPN', ['crypto ipsec client ezvpn E', ' peer 192.0.2.9', '!'], 'EzVPN client'],
  ])('%s', (_how, lines, kind) => {
    expect(kinds(on(...lines))).toEqual([[kind, recoveryOf[kind]]]);
  });

  test('docs/advise.md has the same table', () => {
    const page = readFileSync(new URL('../../docs/advise.md', import.meta.url), 'utf8');
    for (const [kind, works] of Object.entries(recoveryOf))
      if (kind !== 'unknown') expect(page).toContain(`| ${kind} | ${works} |`);
  });

  test.each<[string, string[]]>([
    ['GET VPN', ['crypto gdoi group G', ' identity number 1']],
    [
      'a virtual template',
      [...PROFILE, 'interface Virtual-Template1 type tunnel', ' tunnel mode ipsec ipv4', ' tunnel protection ipsec profile P'],
    ],
    ['a tunnel without destination', tunnel('tunnel mode ipsec ipv4')],
    ['mGRE without any map', tunnel('tunnel mode gre multipoint')],
    ['a manual map', ['crypto map M 10 ipsec-manual', ' set peer 192.0.2.9']],
    ['a map without peer', ['crypto map M 10 ipsec-isakmp', ' match address A']],
  ])('%s is in no row, and is said so', (_what, lines) => {
    const report = on(...lines);
    expect(kinds(report)).toEqual([['unknown', 'not known']]);
    expect(point(report, 'kind-unknown')?.what).toMatch(/not classified: .+/);
    expect(words(report)).not.toContain('recovery-works');
  });

  test('IKEv2 is not in the table, nor is a profile that the file does not have', () => {
    const two = on(
      'crypto ikev2 profile I',
      ' dpd 10 2 periodic',
      '!',
      'crypto ipsec profile P',
      ' set ikev2-profile I',
      '!',
      'interface Tunnel0',
      ' tunnel mode ipsec ipv4',
      ' tunnel destination 192.0.2.9',
      ' tunnel protection ipsec profile P',
    );
    expect(two.peerings).toMatchObject([{ kind: 'sVTI', ike: 2, recovery: 'not known' }]);
    expect(words(two)).toEqual(expect.arrayContaining(['recovery-unknown', 'dpd-periodic']));
    const none = on('interface Tunnel0', ' tunnel destination 192.0.2.9', ' tunnel protection ipsec profile ELSEWHERE');
    expect(none.peerings).toMatchObject([{ ike: null, recovery: 'not known' }]);
    expect(point(none, 'profile-missing')?.lines).toEqual([{ line: 3, text: 'tunnel protection ipsec profile ELSEWHERE' }]);
  });

  test('nothing of IPsec: said so', () => {
    expect(words(on('version 15.1', 'hostname r'))).toContain('no-crypto');
    expect(words(on(''))).toEqual(['no-crypto', 'excerpt']);
  });
});

describe('DPD', () => {
  const map = ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9'];
  test.each<[string, AdviceWord]>([
    ['hostname r', 'dpd-missing'],
    ['no crypto isakmp keepalive', 'dpd-missing'],
    ['crypto isakmp keepalive 10 3', 'dpd-on-demand'],
    ['crypto isakmp keepalive 10 3 periodic', 'dpd-periodic'],
  ])('%s: %s', (line, word) => {
    expect(words(on(line, ...map)).filter((each) => each.startsWith('dpd'))).toEqual([word]);
  });

  test('what a profile says goes before it, also behind its vrf', () => {
    const report = on(
      'crypto isakmp profile I',
      '   vrf Sales',
      '   keepalive 10 retry 3',
      '!',
      'crypto isakmp keepalive 10 3 periodic',
      ...map,
      ' set isakmp-profile I',
    );
    expect(point(report, 'dpd-on-demand')).toMatchObject({ lines: [{ line: 3, text: 'keepalive 10 retry 3' }], enter: [] });
  });
});

describe('both ends', () => {
  const end = (own: string, peer: string, ...lines: string[]) =>
    [
      'interface Gi0/0',
      ` ip address ${own} 255.255.255.0`,
      ' crypto map M',
      '!',
      'crypto map M 10 ipsec-isakmp',
      ` set peer ${peer}`,
      ...lines,
    ].join('\n');
  const compare = (here: string[], there: string[]) =>
    adviseOn(end('192.0.2.1', '192.0.2.2', ...here), end('192.0.2.2', '192.0.2.1', ...there));

  test('the same: said so, with the defaults', () => {
    expect(point(compare([], []), 'lifetime-same')?.what).toContain(
      'IPsec seconds 3600, IPsec kilobytes 4608000, IKE seconds 86400',
    );
  });

  test('different seconds, kilobytes, IKE: which, here and there, and the shorter one to enter', () => {
    const report = compare(
      [' set security-association lifetime seconds 28800'],
      ['crypto isakmp policy 10', ' lifetime 3600', 'crypto ipsec security-association lifetime kilobytes disable'],
    );
    expect(point(report, 'lifetime-differs')).toMatchObject({
      what: expect.stringContaining(
        'IPsec seconds 28800 here, 3600 there; IPsec kilobytes 4608000 here, none there; IKE seconds 86400 here, 3600 there',
      ),
      lines: [{ line: 7, text: 'set security-association lifetime seconds 28800' }],
      enter: ['crypto ipsec security-association lifetime seconds 3600'],
    });
  });

  test('IKEv1 here and IKEv2 there', () => {
    const report = compare([], [' set ikev2-profile I', '!', 'crypto ikev2 profile I']);
    expect(words(report)).toContain('ike-version-differs');
  });

  test('another router’s file: not compared, said so', () => {
    const report = adviseOn(end('192.0.2.1', '192.0.2.2'), end('192.0.2.7', '192.0.2.8'));
    expect(words(report)).toContain('lifetime-not-compared');
    expect(words(report)).not.toContain('lifetime-same');
  });

  test('of two tunnels between the same addresses, that of the same key', () => {
    const hub = (key: number, seconds: number) => [
      `crypto ipsec profile P${key}`,
      ` set security-association lifetime seconds ${seconds}`,
      '!',
      `interface Tunnel${key}`,
      ' tunnel mode gre multipoint',
      ` tunnel key ${key}`,
      ' ip nhrp map multicast dynamic',
      ` tunnel protection ipsec profile P${key}`,
      '!',
    ];
    const spoke = [
      'interface Gi0',
      ' ip address 192.0.2.2 255.255.255.0',
      '!',
      ...PROFILE,
      'interface Tunnel0',
      ' tunnel mode gre multipoint',
      ' tunnel key 200',
      ' ip nhrp map 10.0.0.1 192.0.2.1',
      ' tunnel protection ipsec profile P',
    ];
    const report = adviseOn(
      spoke.join('\n'),
      ['interface Gi0', ' ip address 192.0.2.1 255.255.255.0', '!', ...hub(100, 900), ...hub(200, 7_200)].join('\n'),
    );
    expect(point(report, 'lifetime-differs')?.what).toContain('IPsec seconds 3600 here, 7200 there');
  });
});

describe('the rest of a router', () => {
  const whole = (...lines: string[]) => on('version 15.1', ...lines);
  const CARELESS: AdviceWord[] = [
    'console-debugs',
    'trap-level',
    'no-logging-host',
    'buffer-small',
    'debug-stamps',
    'log-stamps',
    'sequence-numbers',
    'no-ntp',
    'eem-none',
    'snmp-not-ready',
  ];
  const CAREFUL = [
    'no logging console',
    'logging trap debugging',
    'logging host 192.0.2.200',
    'logging buffered 1000000',
    'service timestamps debug datetime msec',
    'service timestamps log datetime msec localtime',
    'service sequence-numbers',
    'ntp server 192.0.2.201',
    'line vty 0 4',
    ' transport input ssh',
    'line vty 5 15',
    ' transport input ssh',
  ];

  test('a configuration that says nothing has the defaults of IOS; an excerpt has nothing said of it', () => {
    expect(words(whole('hostname r'))).toEqual(expect.arrayContaining(CARELESS));
    for (const word of CARELESS) expect(words(on('hostname r'))).not.toContain(word);
    expect(words(on('hostname r'))).toContain('excerpt');
  });

  test('one that is prepared: none of them, but for what no pair of agents needs', () => {
    const report = whole(...CAREFUL);
    expect(report.advice.filter(({ severity }) => severity === 'warning')).toEqual([]);
    expect(words(report)).toContain('console-quiet');
    expect(words(report)).not.toContain('vty-lines');
  });

  test.each<[AdviceWord, string[], number]>([
    ['console-debugs', ['logging console debugging'], 2],
    ['console-quiet', ['logging console informational'], 2],
    ['trap-level', ['logging trap errors'], 2],
    ['rate-limited', ['logging rate-limit 10 except errors'], 2],
    ['debug-stamps', ['service timestamps debug uptime'], 2],
    ['log-stamps', ['service timestamps log datetime'], 2],
    ['buffer-small', ['logging buffered 8192 informational'], 2],
    ['vty-lines', ['line vty 0 4', ' login'], 2],
    ['vty-never-times-out', ['line vty 0 4', ' exec-timeout 0 0'], 3],
    [
      'replay-off',
      ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9', 'crypto ipsec security-association replay disable'],
      4,
    ],
    [
      'replay-window',
      ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9', 'crypto ipsec security-association replay window-size 1024'],
      4,
    ],
    [
      'nat-t-off',
      ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9', 'no crypto ipsec nat-transparency udp-encapsulation'],
      4,
    ],
    ['recovery-on', ['crypto map M 10 ipsec-isakmp', ' set peer 192.0.2.9', 'crypto isakmp invalid-spi-recovery'], 4],
    ['eem-applet', ['event manager applet a', ' event syslog pattern "RECVD_PKT_INV_SPI"'], 2],
    ['eem-user', ['aaa authorization commands 15 default group tacacs+', 'event manager applet a', ' event none'], 2],
    ['snmp-public', ['snmp-server community public RO'], 2],
    ['not-ios', ['crypto ikev1 enable outside'], 2],
  ])('%s rests on its line', (word, lines, line) => {
    expect(point(whole(...lines), word)?.lines[0]?.line).toBe(line);
  });

  test.each(['logging rate-limit console 10', 'no logging rate-limit'])('%s limits no debugs to the hosts', (line) => {
    expect(words(whole(line))).not.toContain('rate-limited');
  });

  test('the simulated router’s own configuration: classified, and it takes the lines that it is told to enter', () => {
    const box = new SimulatedBox(boxOptions(new FakeClock()));
    const report = adviseOn(box.console('show running-config'), null);
    expect(report.whole).toBe(true);
    const enter = report.advice
      .flatMap((each) => each.enter)
      .filter((line) => /^(?:no )?(?:logging|service|snmp-server) /.test(line));
    expect(enter.length).toBeGreaterThan(2);
    expect(box.configure(enter.map((line) => line.replace(/<[^>]+>/, '192.0.2.200')))).toEqual([]);
    const after = words(adviseOn(box.console('show running-config'), null));
    for (const word of ['console-debugs', 'trap-level', 'no-logging-host', 'sequence-numbers', 'snmp-not-ready'] as const)
      expect(after).not.toContain(word);
  });
});

test('no key and no community is in a report', () => {
  const secrets = ['s3cretKey', 'c0mmunity', 'pre5hared', 'hashhash'];
  const report = on(
    'version 15.1',
    `crypto isakmp key ${secrets[0]} address 192.0.2.9`,
    `snmp-server community ${secrets[1]} RO`,
    `snmp-server host 192.0.2.9 version 2c ${secrets[1]}`,
    'crypto ikev2 keyring K',
    ` pre-shared-key ${secrets[2]}`,
    `enable secret 5 ${secrets[3]}`,
    'crypto map M 10 ipsec-isakmp',
    ' set peer 192.0.2.9',
  );
  for (const secret of secrets) expect(JSON.stringify(report)).not.toContain(secret);
});

test('every point says why, its source and its lines; hostile lines are harmless', () => {
  const report = on(
    'version 15.1',
    `crypto map ${'\u001b]0;x\u0007'} 10 ipsec-isakmp dynamic ${'x'.repeat(100_000)}`,
    'interface',
    'line vty',
    'crypto map M 10',
    'crypto',
    'tunnel protection ipsec profile',
    'logging',
    '!'.repeat(10_000),
  );
  for (const { word, why, source } of report.advice) {
    expect(adviceWords[word].source).toBe(source);
    expect(why.length).toBeGreaterThan(10);
  }
});

test('docs/advise.md has each word with its severity, and no other', () => {
  const page = readFileSync(new URL('../../docs/advise.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\w+) \|/gm)].map(([, word, severity]) => [word, severity]);
  expect(rows).toEqual(Object.entries(adviceWords).map(([word, { severity }]) => [word, severity]));
});

const CORPUS = new URL('../../../shared/corpus/running-config/', import.meta.url);
describe.skipIf(!existsSync(CORPUS))('the corpus of running configurations (skipped where ../shared/corpus is absent)', () => {
  const files = existsSync(CORPUS) ? readdirSync(CORPUS) : [];
  const read = (name: string): string => readFileSync(new URL(name, CORPUS), 'utf8');

  test.each(files)('%s: each peering has a kind or says why not, each line quoted is that line', (name) => {
    const text = read(name);
    const report = adviseOn(text, null);
    expect(report.peerings.length).toBeGreaterThan(0);
    const lines = text.split(/\r\n|\r|\n/);
    for (const { line, text: quoted } of [...report.peerings, ...report.advice].flatMap((each) => each.lines)) {
      const [first] = quoted.split('<hidden>');
      expect(lines[line - 1]!.trim().startsWith(first!)).toBe(true);
    }
  });

  test('three of them, point by point', () => {
    const kindsOf = (name: string) =>
      adviseOn(read(name), null).peerings.map(({ where, kind, peers }) => [where, kind, peers.join()]);
    expect(kindsOf('batfish-ios-crypto-map.txt')).toEqual([
      ['crypto map mymap 10', 'static crypto map', '1.2.3.4'],
      ['crypto map mymap 20', 'static crypto map', '3.4.5.6'],
      ['crypto map mymap 30', 'dynamic crypto map', ''],
      ['Tunnel1', 'sVTI', '1.2.3.4'],
      ['Tunnel2', 'point-to-point GRE with tunnel protection', '1.2.3.4'],
    ]);
    expect(kindsOf('ksnam97-BRANCH1.txt')).toEqual([
      ['tu0', 'mGRE with tunnel protection, static NHRP map', '203.0.113.6,203.0.113.10'],
    ]);
    expect(kindsOf('ksnam97-HQ-EDGE-1.txt')).toEqual([
      ['tu0', 'mGRE with tunnel protection, dynamic NHRP map', ''],
      ['tu1', 'mGRE with tunnel protection, dynamic NHRP map', ''],
    ]);
    const maps = adviseOn(read('batfish-ios-crypto-map.txt'), null);
    expect(point(maps, 'dpd-on-demand')).toMatchObject({ lines: [{ line: 15, text: 'keepalive 10 retry 3' }] });
    // Line 18: an ISAKMP profile that no map names matches the peer of one.
    expect(point(maps, 'dpd-missing')).toBeUndefined();
    expect(point(maps, 'dpd-unknown')?.what).toBe('DPD not known: crypto map mymap 20, crypto map mymap 30');
  });

  test('a branch and its head-end: the tunnel of the same key, lifetimes alike', () => {
    const report = adviseOn(read('ksnam97-BRANCH1.txt'), read('ksnam97-HQ-EDGE-1.txt'));
    expect(point(report, 'lifetime-same')?.what).toContain('tu0 and tu0 of the peer: IPsec seconds 3600');
    expect(words(report)).not.toContain('lifetime-differs');
  });
});
