/** What a configuration may look like without being what it looks like: claims that recovery works must not come of it. */
import { describe, expect, test } from 'vitest';
import { adviseOn, type Report } from '../../shared/advise/advise.ts';
import type { AgentView } from '../../shared/advise/agent-points.ts';
import type { AdviceWord } from '../../shared/advise/words.ts';
import { parseRange } from '../../shared/model/address.ts';

const on = (...lines: string[]): Report => adviseOn(lines.join('\n'), null);
const words = ({ advice }: Report): AdviceWord[] => advice.map(({ word }) => word);
const what = ({ advice }: Report, word: AdviceWord): string | undefined => advice.find((each) => each.word === word)?.what;
const kinds = ({ peerings }: Report) => peerings.map(({ kind, recovery }) => [kind, recovery]);
const PROFILE = ['crypto ipsec profile P', ' set transform-set T', '!'];
const MAP = ['crypto map VPN 10 ipsec-isakmp', ' set peer 192.0.2.9', ' match address A', '!'];
const tunnel = (...lines: string[]): string[] => [...PROFILE, 'interface Tunnel0', ...lines.map((line) => ` ${line}`), '!'];
const MGRE = ['tunnel mode gre multipoint', 'tunnel protection ipsec profile P'];

describe('no recovery where none is', () => {
  test('a hub with QoS for groups of spokes has no static map', () => {
    const lines = ['ip nhrp map group GOLD service-policy output QOS', 'ip nhrp map multicast dynamic', ...MGRE];
    expect(kinds(on(...tunnel(...lines)))).toEqual([['mGRE with tunnel protection, dynamic NHRP map', 'no']]);
  });
  test('a spoke: for the peers that are mapped, not between spokes', () => {
    const report = on(...tunnel('ip nhrp map 10.0.0.1 192.0.2.1', ...MGRE));
    expect(report.advice.find(({ word }) => word === 'recovery-works')?.why).toContain('not between spokes');
  });
  test('IKEv2 by the line of the tunnel itself', () => {
    const report = on(...tunnel('tunnel destination 192.0.2.9', 'tunnel protection ipsec profile P ikev2-profile TWO'));
    expect(report.peerings).toMatchObject([{ ike: 2, recovery: 'not known' }]);
    expect(words(report)).toContain('profile-missing');
    expect(words(report)).not.toContain('recovery-works');
  });
  test('FlexVPN: a client’s destination is dynamic, a server’s tunnel a virtual template', () => {
    const two = ['crypto ikev2 profile TWO', ' dpd 10 2 periodic', '!', 'crypto ipsec profile P', ' set ikev2-profile TWO', '!'];
    const client = ['interface Tunnel0', ' tunnel mode ipsec ipv4', ' tunnel destination dynamic'];
    const server = ['interface Virtual-Template1 type tunnel', ' tunnel mode ipsec ipv4'];
    const protection = ' tunnel protection ipsec profile P';
    expect(kinds(on(...two, ...client, protection, ...server, protection))).toEqual([
      ['unknown', 'not known'],
      ['unknown', 'not known'],
    ]);
  });
  test('an entry without match address, or without set peer, is disabled', () => {
    expect(kinds(on('crypto map VPN 10 ipsec-isakmp', ' set peer 192.0.2.9'))).toEqual([['unknown', 'not known']]);
    expect(kinds(on('crypto map VPN 10 ipsec-isakmp', ' match address A'))).toEqual([['unknown', 'not known']]);
  });
  test('IKE that is off', () => {
    const report = on('no crypto isakmp enable', ...MAP, 'interface Gi0/0', ' crypto map VPN');
    expect(what(report, 'recovery-unknown')).toContain('IKE is off');
    expect(words(report)).not.toContain('recovery-works');
  });
  test('what is shut down is said to be', () => {
    const shut = ['tunnel mode ipsec ipv4', 'tunnel destination 192.0.2.9', 'tunnel protection ipsec profile P', 'shutdown'];
    expect(what(on(...tunnel(...shut)), 'recovery-works')).toContain('Tunnel0, shut down');
    const map = on(...MAP, 'interface Gi0/0', ' crypto map VPN', ' shutdown');
    expect(what(map, 'recovery-works')).toContain('on interfaces that are shut down');
  });
  test('GETVPN and keys by hand: in no row, and no DPD is asked of them', () => {
    const report = on(
      'crypto gdoi group G',
      ' identity number 1',
      '!',
      'crypto map VPN 10 gdoi',
      ' set group G',
      '!',
      'crypto map VPN 20 ipsec-manual',
      ' set peer 192.0.2.9',
    );
    expect(kinds(report)).toEqual(Array(3).fill(['unknown', 'not known']));
    expect(words(report)).not.toContain('dpd-missing');
    expect(words(report)).not.toContain('ike-version');
  });
});

describe('several entries, and what belongs to which', () => {
  test('static entries, and a dynamic map inside, each its own kind; a map may be called dynamic', () => {
    const report = on(
      'crypto dynamic-map D 5',
      ' set transform-set T',
      '!',
      'crypto map dynamic 10 ipsec-isakmp',
      ' set peer 192.0.2.9',
      ' match address A',
      'crypto map dynamic 20 ipsec-isakmp',
      ' set peer 192.0.2.10',
      ' match address B',
      'crypto map dynamic 65535 ipsec-isakmp dynamic D',
    );
    expect(kinds(report)).toEqual([
      ['static crypto map', 'yes'],
      ['static crypto map', 'yes'],
      ['dynamic crypto map', 'no'],
    ]);
  });
  test.each([
    ' clock rate 2000000',
    ' no ip route-cache',
    ' logging event link-status',
    ' ntp disable',
    ' service-module t1 timeslots 1-24',
  ])('after%s the interface goes on', (line) => {
    expect(what(on(...MAP, 'interface Serial0/0', line, ' crypto map VPN'), 'recovery-works')).not.toContain('on no interface');
  });
  test('a map with redundancy, and one of IPv6, are on their interfaces', () => {
    expect(what(on(...MAP, 'interface Gi0/0', ' crypto map VPN redundancy HA stateful'), 'recovery-works')).not.toContain(
      'on no',
    );
    const six = ['crypto map ipv6 SIX 10 ipsec-isakmp', ' set peer 2001:db8::9', ' match address A', '!'];
    const report = on(...six, 'interface Gi0/0', ' ipv6 crypto map SIX');
    expect(report.peerings).toMatchObject([{ kind: 'static crypto map', peers: ['2001:db8::9'] }]);
    expect(what(report, 'recovery-works')).not.toContain('on no interface');
  });
  test('DPD behind aaa of an IKEv2 profile, and in the profile of a whole map', () => {
    const two = ['crypto ikev2 profile TWO', ' aaa authorization group psk list default POL', ' dpd 10 2 periodic', '!'];
    const flex = on(
      ...two,
      'crypto ipsec profile P',
      ' set ikev2-profile TWO',
      '!',
      'interface Tunnel0',
      ' tunnel destination 192.0.2.9',
      ' tunnel protection ipsec profile P',
    );
    expect(words(flex)).toContain('dpd-periodic');
    const profile = ['crypto isakmp profile ONE', ' keepalive 10 retry 3', '!', 'crypto map VPN isakmp-profile ONE'];
    expect(words(on(...profile, ...MAP))).toContain('dpd-on-demand');
  });
  test('a profile that is not in the file may have DPD: none is missed', () => {
    const report = on(
      'crypto map VPN 10 ipsec-isakmp',
      ' set peer 192.0.2.9',
      ' match address A',
      ' set isakmp-profile ELSEWHERE',
    );
    expect(words(report)).toContain('profile-missing');
    expect(words(report)).not.toContain('dpd-missing');
  });
  test('an ISAKMP profile that is matched by identity may have DPD; one of another peer has not', () => {
    const profile = (address: string) => [
      'crypto isakmp profile ONE',
      ` match identity address ${address}`,
      ' keepalive 10 retry 3',
      '!',
    ];
    for (const address of ['192.0.2.9', '192.0.2.0 255.255.255.0', '192.0.2.9 255.255.255.255 VRF', '0.0.0.0 0.0.0.0'])
      expect(words(on(...profile(address), ...MAP)), address).toContain('dpd-unknown');
    expect(words(on(...profile('192.0.2.10 255.255.255.255'), ...MAP))).toContain('dpd-missing');
    const dynamic = on(...profile('192.0.2.10'), 'crypto dynamic-map D 5', '!', 'crypto map VPN 10 ipsec-isakmp dynamic D');
    expect(words(dynamic)).toContain('dpd-unknown');
  });
  test('a lifetime in days', () => {
    const report = adviseOn(
      [...tunnel('tunnel source 192.0.2.1', 'tunnel destination 192.0.2.9', 'tunnel protection ipsec profile P')]
        .join('\n')
        .replace('set transform-set T', 'set security-association lifetime days 1'),
      tunnel('tunnel source 192.0.2.9', 'tunnel destination 192.0.2.1', 'tunnel protection ipsec profile P').join('\n'),
    );
    expect(what(report, 'lifetime-differs')).toContain('86400 here, 3600 there');
  });
  test('the text of a banner is no configuration', () => {
    const report = on(
      'version 15.1',
      'banner motd ^C',
      'crypto map VPN 10 ipsec-isakmp',
      ' set peer 192.0.2.9',
      'logging trap debugging',
      '^C',
      'line vty 0 15',
    );
    expect(report.peerings).toEqual([]);
    expect(words(report)).toContain('trap-level');
    expect(words(report)).not.toContain('vty-lines');
  });
});

test('a configuration that was cut claims nothing of what would come later', () => {
  const report = on(
    'Building configuration...',
    'Current configuration : 12345 bytes',
    'version 15.1',
    'hostname r1',
    'interface Gi0/0',
  );
  expect(report.whole).toBe(false);
  expect(what(report, 'excerpt')).toContain('does not come to end');
  expect(words(report)).not.toContain('no-ntp');
});

describe('against the configuration of an agent', () => {
  const view: AgentView = {
    platform: 'cisco-ios',
    peers: [{ name: 'spoke1', cryptoAddresses: [parseRange('192.0.2.9')!] }],
    hosts: ['198.51.100.5'],
    conditions: ['192.0.2.9'],
    debugs: ['isakmp', 'ipsec'],
  };
  const against = (agent: Partial<AgentView>, ...lines: string[]): Report =>
    adviseOn(lines.join('\n'), null, { ...view, ...agent });
  const SOUND = ['version 15.1', 'logging host 198.51.100.5', ...MAP, 'interface Gi0/0', ' crypto map VPN'];
  const OURS: AdviceWord[] = [
    'platform-differs',
    'peer-not-on-router',
    'peer-not-in-agent',
    'peer-not-judged',
    'not-logged-to-agent',
    'condition-without-peer',
    'debugs-lack-ike',
  ];
  const ours = (report: Report): AdviceWord[] => words(report).filter((word) => OURS.includes(word));

  test('what fits', () => {
    const report = against({}, ...SOUND);
    expect(ours(report)).toEqual([]);
    expect(words(report)).toEqual(expect.arrayContaining(['peers-fit', 'logged-to-agent']));
    expect(adviseOn(SOUND.join('\n'), null).advice.map(({ word }) => word)).not.toContain('peers-fit');
  });
  test('a peer here that is none there, and the reverse; conditions too', () => {
    const other = [{ name: 'spoke2', cryptoAddresses: [parseRange('203.0.113.0/24')!] }];
    const report = against({ peers: other, conditions: ['203.0.113.7'] }, ...SOUND);
    expect(ours(report)).toEqual(['peer-not-on-router', 'condition-without-peer', 'peer-not-in-agent']);
    expect(what(report, 'peer-not-on-router')).toContain('203.0.113.0/24 (spoke2)');
    expect(report.advice.find(({ word }) => word === 'peer-not-in-agent')?.lines).toMatchObject([{ text: 'set peer 192.0.2.9' }]);
  });
  test('a hub takes any peer: not judged', () => {
    const report = against({}, 'version 15.1', 'logging 198.51.100.5', ...tunnel('ip nhrp map multicast dynamic', ...MGRE));
    expect(ours(report)).toEqual(['peer-not-judged']);
  });
  test('the log goes elsewhere; where the agent takes no syslog nothing is said', () => {
    const lines = SOUND.map((line) => line.replace('198.51.100.5', 'ipv6 2001:db8::5'));
    expect(ours(against({}, ...lines))).toEqual(['not-logged-to-agent']);
    expect(ours(against({ hosts: ['2001:db8::5'] }, ...lines))).toEqual([]);
    expect(ours(against({ hosts: null }, ...lines))).toEqual([]);
  });
  test('IOS XE under the name of IOS; before 16 nobody can tell', () => {
    expect(ours(against({}, ...SOUND.map((line) => line.replace('15.1', '16.9'))))).toEqual(['platform-differs']);
    expect(ours(against({ platform: 'cisco-iosxe' }, ...SOUND))).toEqual([]);
  });
  test('debugs without that of the IKE version in use, where anything is armed', () => {
    expect(ours(against({ debugs: ['ikev2', 'ipsec'] }, ...SOUND))).toEqual(['debugs-lack-ike']);
    expect(ours(against({ debugs: ['ikev2', 'ipsec'], conditions: [] }, ...SOUND))).toEqual([]);
  });
});
