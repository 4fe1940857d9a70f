/** Everything a person can get wrong in one setting, each with its exact path, line, shown value and remedy. */
import { describe, expect, test } from 'vitest';
import { changed, faults, host, SMALLEST } from './smallest-pair.ts';

const fileSource = (keys: string): string =>
  changed('kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1]', `kind: file, ${keys}`);

describe('one fault, its path, line, value and remedy', () => {
  const pairRepeat = (text: string) => changed('signal:  {', `trigger: ${text}\nsignal:  {`);
  /** A community instead of a user, said to be wanted. */
  const plain = (version: string, kind = 'kind: spitrap') =>
    changed(
      'version: 3, user: pair, auth: { protocol: sha256, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } }',
      `${version}, community: { file: auth }`,
    )
      .replace('kind: spitrap', kind)
      .replace('listen: "0.0.0.0:10162"', 'listen: "0.0.0.0:10162", allowInsecure: true');
  const peerTwo = (text: string) =>
    changed(
      '} } ]\n',
      `} },\n  { name: spoke2, send: ["198.51.100.8:10162"], snmp: { version: 3, user: p2, auth: { protocol: sha1, key: { file: auth } } }, ${text} } ]\n`,
    );

  test.each<[what: string, text: string, ...faults: string[]]>([
    [
      'a misspelt key',
      changed('role: hub', 'rol: hub'),
      'rol|2|null|unknown key; did you mean role?',
      'role|null|null|is missing; give it as hub | spoke | both',
    ],
    [
      'a key of another place',
      changed('role: hub', 'role: hub\ndelay: 3s'),
      'delay|3|null|unknown key here; it stands at stop.delay',
    ],
    [
      'a word of the documents',
      changed('role: hub', 'role: hub\nmaxStopDelay: 3s'),
      'maxStopDelay|3|null|unknown key here; it stands at stop.maxDelay',
    ],
    [
      'a key that is nowhere',
      changed('user: pair,', 'user: pair, colour: red,'),
      'peers[0].snmp.colour|8|null|unknown key; known here: version, user, auth, priv',
    ],
    ['case and underscores', changed('hostKey:', 'host_key:'), 'device.host_key|3|null|unknown key; did you mean hostKey?'],
    [
      'a misspelt secret is not shown',
      changed('password: {', 'pasword: hunter2, password: {'),
      'device.pasword|3|null|unknown key; did you mean password?',
    ],
    [
      '__proto__',
      changed('role: hub', 'role: hub\n__proto__: { mode: act }'),
      '__proto__|3|null|unknown key; known here: role, mode, hold, arm, arming, dataDir, site, device, sources, peers, peersFrom, trigger, alsoTrigger, capture, stop, signal, evidence, alarms, page, fleet, budgets, log',
    ],
    ['no role', changed('role: hub\n', ''), 'role|null|null|is missing; give it as hub | spoke | both'],
    [
      'an empty role',
      changed('role: hub', 'role:'),
      'role|2|empty|is empty; give it as hub | spoke | both, or take the line out where it is optional',
    ],
    [
      'a mode word',
      changed('role: hub', 'role: hub\nmode: acts'),
      'mode|3|"acts"|one of observe, capture, act; did you mean act?',
    ],
    ['a flag in quotes', changed('role: hub', 'role: hub\nhold: "maybe"'), 'hold|3|"maybe"|true or false, without quotes'],
    [
      'arm',
      changed('role: hub', 'role: hub\narm: allways'),
      'arm|3|"allways"|one of manual, always, on-first-sighting; did you mean always?',
    ],
    [
      'own with nothing armed',
      changed('role: hub', 'role: hub\nstop: { mode: own }'),
      'stop.mode|3|"own"|own turns off only what the agent armed by itself, and with arm: manual it arms nothing; write all',
    ],
    [
      'a re-arm that is no duration',
      changed('role: hub', 'role: hub\narming: { rearm: sometimes }'),
      'arming.rearm|3|"sometimes"|never, if-transient, or how long after the incident: 1h',
    ],
    [
      'a debug that is none of ours',
      changed('role: hub', 'role: hub\narming: { debugs: [isakmp, all] }'),
      'arming.debugs[1]|3|"all"|one of isakmp, ikev2, ipsec, engine',
    ],
    [
      'a section that is none',
      changed('role: hub', 'role: hub\nstop: 18s'),
      'stop|3|<masked>|a mapping of delay, mode, maxDelay',
    ],
    [
      'an unknown platform',
      changed('platform: cisco-ios', 'platform: cisco-isoxe'),
      'device.platform|3|"cisco-isoxe"|one of cisco-ios, cisco-iosxe, linux-strongswan; did you mean cisco-iosxe?',
    ],
    [
      'this host as a router',
      changed('platform: cisco-ios', 'platform: cisco-ios, transport: local'),
      'device.transport|3|"local"|this host is no cisco-ios; local is for platform linux-strongswan alone',
      'device.user|3|"spitrap"|nobody logs in with transport: local; take it out',
      'device.password|3|a mapping|nobody logs in with transport: local; take it out',
    ],
    [
      'a device over SSH without a user',
      changed(' user: spitrap,', ''),
      'device.user|null|null|is missing; give it as user name',
    ],
    [
      'what a platform has not',
      changed('role: hub', 'role: hub\narming: { deadMan: true }').replace('platform: cisco-ios', 'platform: linux-strongswan'),
      'arming.deadMan|3|true|there is none on linux-strongswan: were the agent gone, its debugs would stay on; take it out',
    ],
    [
      'a device that is a list',
      changed('device: {', 'device: [1]\nxx: {'),
      'device|3|a list of 1|a mapping (key: value) of name, address, transport, port, platform, user, password, privateKey, passphrase, hostKey, enablePassword, legacy, keepalive, jump, match, cryptoAddresses, tags',
    ],
    [
      'a host name',
      changed('address: 192.0.2.1', 'address: hub1.example'),
      'device.address|3|"hub1.example"|an address, not a host name: names are not resolved, because DNS may be behind the tunnel that broke',
    ],
    [
      'an address with a port',
      changed('address: 192.0.2.1', 'address: "192.0.2.1:22"'),
      'device.address|3|"192.0.2.1:22"|an address alone; the port has a field of its own',
    ],
    ['a port in quotes', changed('port: 22', 'port: "22"'), 'device.port|3|"22"|a whole number from 1 to 65535, without quotes'],
    [
      'an MD5 host key',
      changed('"SHA256:…"', '"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99"'),
      'device.hostKey|3|"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99"|an MD5 fingerprint; give the SHA-256 one (ssh-keyscan HOST | ssh-keygen -lf - prints it; compare it with the device itself)',
    ],
    [
      'no way to log in',
      changed('password: { file: hub.pw }, ', ''),
      'device|3|a mapping|no way to log in; give password: { file: NAME } or privateKey: { file: NAME }',
    ],
    [
      'a passphrase alone',
      changed('hostKey:', 'passphrase: { file: hub.pw }, hostKey:'),
      'device.passphrase|3|a mapping|a passphrase without a privateKey; remove it, or give the key',
    ],
    [
      'a secret in plain',
      changed('{ file: hub.pw }', 'hunter2'),
      'device.password|3|<masked>|a secret in plain text; move it to a file of its own (chmod 0600) and write { file: NAME }, or export it and write { env: NAME }',
    ],
    [
      'a number as secret',
      changed('{ file: hub.pw }', '12345678'),
      'device.password|3|<masked>|a secret in plain text; move it to a file of its own (chmod 0600) and write { file: NAME }, or export it and write { env: NAME }',
    ],
    [
      'a secret from two places',
      changed('{ file: hub.pw }', '{ file: hub.pw, env: PW }'),
      'device.password|3|a mapping|exactly one of file, env and credential: { file: path }, { env: NAME } or { credential: NAME }',
    ],
    [
      'snmp as a word',
      changed(
        'snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } } }',
        'snmp: public',
      ),
      'peers[0].snmp|8|<masked>|a mapping (key: value) of version',
    ],
    [
      'a short key',
      changed('{ file: auth }', '{ file: short }'),
      'peers[0].snmp.auth.key|8|a mapping|the key has 7 characters; RFC 3414 asks for 8 or more',
    ],
    [
      'an empty secret',
      changed('{ file: auth }', '{ file: empty }'),
      'peers[0].snmp.auth.key|8|a mapping|the file is empty; put the secret in it',
    ],
    [
      'a secret of two lines',
      changed('{ file: auth }', '{ file: two }'),
      'peers[0].snmp.auth.key|8|a mapping|the file holds more than one line; a secret is one line',
    ],
    [
      'an auth protocol',
      changed('protocol: sha256', 'protocol: sha265'),
      'peers[0].snmp.auth.protocol|8|"sha265"|one of sha1, sha224, sha256, sha384, sha512; did you mean sha256?',
    ],
    ['DES', changed('protocol: aes', 'protocol: des'), 'peers[0].snmp.priv.protocol|8|"des"|DES is broken; use aes'],
    ['SNMPv1 in quotes', changed('version: 3', 'version: "1"'), 'peers[0].snmp.version|8|"1"|written as 1, without quotes'],
    ['v1', changed('version: 3', 'version: v1'), 'peers[0].snmp.version|8|"v1"|written as 1'],
    [
      'SNMPv1 between agents',
      plain('version: 1'),
      'peers[0].snmp.version|8|1|SNMPv1 has no informs, and agents acknowledge each other’s signals: use 3 (or 2c); 1 is for peers of kind eem',
    ],
    [
      'informs over SNMPv1',
      plain('version: 1', 'kind: eem, notify: inform'),
      'peers[0].notify|7|"inform"|SNMPv1 has no informs: write trap, or version 2c or 3 above',
    ],
    [
      'v1 unsaid',
      plain('version: 1', 'kind: eem').replace(', allowInsecure: true', ''),
      'peers[0].snmp.version|8|1|v1 can be spoofed by anyone; use version 3, or say so with signal.allowInsecure: true',
    ],
    [
      'an operator between agents',
      changed('kind: spitrap', 'kind: spitrap, op: ge'),
      'peers[0].op|7|"ge"|an agent says which signal it sends: only the bare stop of an eem peer is compared so',
    ],
    [
      'an operator at a hub',
      changed('kind: spitrap', 'kind: eem, op: ge'),
      'peers[0].op|7|"ge"|a hub takes no stop, so there is nothing to compare; take it out',
    ],
    [
      'an operator that IOS does not have',
      changed('kind: spitrap', 'kind: eem, op: ">="').replace('role: hub', 'role: spoke'),
      'peers[0].op|7|">="|one of eq, ne, gt, ge, lt, le',
    ],
    ['a root of a peer', changed('kind: spitrap', 'kind: spitrap, root: 92'), 'peers[0].root|7|92|one of 91, 134'],
    ['v3', changed('version: 3', 'version: v3'), 'peers[0].snmp.version|8|"v3"|written as 3'],
    [
      'a source by the name of its MIB',
      changed('kind: syslog-tcp', 'kind: clog-trap'),
      'sources[0].kind|5|"clog-trap"|written as snmp-trap',
    ],
    ['a file by another word', changed('kind: syslog-tcp', 'kind: file-tail'), 'sources[0].kind|5|"file-tail"|written as file'],
    [
      'a file whose lines nobody knows as the device’s',
      fileSource('path: /var/log/hub1.log'),
      "sources[0].path|5|\"/var/log/hub1.log\"|no line of it could be this device's: add { relay: 127.0.0.1, hostname: NAME } to device.match, NAME as the file's lines spell the device's name or address",
    ],
    [
      'a file that is read twice',
      fileSource('path: a.log, relay: 192.0.2.1 }, { kind: file, path: a.log, relay: 192.0.2.1'),
      'sources[1].path|5|"a.log"|sources[0] reads it already',
    ],
    ['a file without a path', fileSource('relay: 192.0.2.1'), 'sources[0].path|null|null|is missing; give it as path'],
    [
      'a source kind',
      changed('kind: syslog-tcp', 'kind: syslog'),
      'sources[0].kind|5|"syslog"|one of syslog-udp, syslog-tcp, file, terminal-monitor, syslog-tls, snmp-trap, qfp-drops, snmp-counter, spi-watch, eem-history',
    ],
    [
      'no source kind',
      changed('kind: syslog-tcp, ', ''),
      'sources[0].kind|null|null|is missing; one of syslog-udp, syslog-tcp, file, terminal-monitor, syslog-tls, snmp-trap, qfp-drops, snmp-counter, spi-watch, eem-history',
    ],
    [
      'an endpoint without a port',
      changed('"0.0.0.0:6514"', '0.0.0.0'),
      'sources[0].listen|5|"0.0.0.0"|the port is missing; write "0.0.0.0:514"',
    ],
    [
      'a port alone',
      changed('"0.0.0.0:6514"', '6514'),
      'sources[0].listen|5|6514|an address and a port in quotes: "0.0.0.0:6514"',
    ],
    [
      'a port too high',
      changed('"0.0.0.0:6514"', '"0.0.0.0:65536"'),
      'sources[0].listen|5|"0.0.0.0:65536"|a port is 65535 at most',
    ],
    [
      'an empty address',
      changed('"0.0.0.0:6514"', '":6514"'),
      'sources[0].listen|5|":6514"|the address is missing; for all of IPv4 write "0.0.0.0:6514"',
    ],
    [
      'IPv6 without brackets',
      changed('"0.0.0.0:10162"', '"2001:db8::1:10162"'),
      'signal.listen|6|"2001:db8::1:10162"|IPv6 needs brackets; write "[2001:db8::1]:10162"',
    ],
    [
      'no listener',
      changed('listen: "0.0.0.0:10162"', ''),
      'signal.listen|null|null|is missing; give it as endpoint "address:port" or "[address]:port"',
    ],
    [
      'a bare number as duration',
      changed('role: hub', 'role: hub\nstop: { delay: 18 }'),
      'stop.delay|3|18|a bare number has no unit; write 18s, 18m or 18ms',
    ],
    [
      'a long delay',
      changed('role: hub', 'role: hub\nstop: { delay: 6m }'),
      'stop.delay|3|"6m"|is longer than stop.maxDelay; the peer would clamp it and stop earlier than this end',
    ],
    [
      'a size',
      changed('role: hub', 'role: hub\nevidence: { ringMaxBytes: 1G }'),
      'evidence.ringMaxBytes|3|"1G"|a size such as 512KiB, 64MiB or 1GiB (binary units, spelled so)',
    ],
    [
      'a small ring',
      changed('role: hub', 'role: hub\nevidence: { ringMaxBytes: 1KiB }'),
      'evidence.ringMaxBytes|3|"1KiB"|from 16MiB to 1TiB',
    ],
    ['a root', changed('listen: "0.0.0.0:10162"', 'listen: "0.0.0.0:10162", root: 92'), 'signal.root|6|92|one of 91, 134'],
    [
      'equal values',
      changed('listen: "0.0.0.0:10162"', 'listen: "0.0.0.0:10162", values: { done: 2323232 }'),
      'signal.values.done|6|2323232|the same value as stop; all agreed values differ, or an EEM peer would act on the wrong signal',
    ],
    [
      'a fast repeat',
      pairRepeat('{ repeat: 2, within: 60s }'),
      'trigger|6|a mapping|within 1m can never be met: the device sends the message at most once a minute; write more than 60s',
    ],
    [
      'a repeat of one',
      pairRepeat('{ repeat: 1 }'),
      'trigger|6|a mapping|repeat is how many messages of one flow it takes, a whole number from 2 to 1000',
    ],
    ['a trigger word', pairRepeat('second'), 'trigger|6|"second"|first, or { repeat: 2, within: 5m }'],
    [
      'no source at all',
      changed('sources: [ { kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1] } ]', 'sources: []'),
      'sources|5|a list of 0|a hub without a source never sees its message; add { kind: syslog-tcp, listen: "0.0.0.0:6514" }',
    ],
    [
      'a relay that nobody matches',
      changed('allow: [192.0.2.1]', 'allow: [10.0.0.5]'),
      "sources[0].allow|5|a list of 1|no sender here is in device.match, so no line could be this device's; for a relay add { relay: 10.0.0.5, hostname: NAME } to device.match",
    ],
    [
      'a relay without a host name',
      changed('match: [192.0.2.1]', 'match: [192.0.2.1, { relay: 10.0.0.5 }]'),
      'device.match[1]|4|a mapping|a relay passes on the lines of many devices; say whose: { relay: 10.0.0.5, hostname: hub1 }',
    ],
    [
      'two listeners',
      changed('signal:  { listen: "0.0.0.0:10162" }', 'signal:  { listen: "0.0.0.0:10162" }\n').replace(
        'kind: syslog-tcp, listen: "0.0.0.0:6514"',
        'kind: syslog-udp, listen: "192.0.2.200:10162"',
      ),
      'sources[0].listen|5|"192.0.2.200:10162"|udp 192.0.2.200:10162 is already taken by signal.listen; give it a port of its own',
    ],
    [
      'no peers',
      `${SMALLEST.slice(0, SMALLEST.indexOf('peers:'))}peers: []\n`,
      'peers|7|a list of 0|at least one peer: the other end of the tunnel',
    ],
    [
      'a peer without a place',
      changed('send: ["198.51.100.9:10162"], ', ''),
      'peers[0].send|null|null|where its agent listens is missing; give send: ["198.51.100.9:10162"]',
    ],
    [
      'a peer with our address',
      changed('cryptoAddresses: [11.1.1.3]', 'cryptoAddresses: [213.163.222.7]'),
      'peers[0].cryptoAddresses[0]|7|"213.163.222.7"|the device\'s own (device.cryptoAddresses has 213.163.222.7); give the other end\'s tunnel address',
    ],
    [
      'a span of addresses',
      changed('[11.1.1.3]', '["11.1.1.3-11.1.1.9"]'),
      'peers[0].cryptoAddresses[0]|7|"11.1.1.3-11.1.1.9"|an address or a CIDR such as 192.0.2.0/24, not a span',
    ],
    [
      'overlapping peers',
      peerTwo('cryptoAddresses: [11.1.1.0/24]'),
      'peers[1].cryptoAddresses[0]|9|"11.1.1.0/24"|overlaps 11.1.1.3 of peer spoke1; make the ranges disjoint (only one and the same single address, a NAT, may stand at several peers)',
    ],
    [
      'a name twice',
      peerTwo('cryptoAddresses: [11.1.1.4]').replace('spoke2', 'spoke1'),
      'peers[1].name|9|"spoke1"|another peer has this name; names differ',
    ],
    [
      'peers that are one',
      peerTwo('cryptoAddresses: [11.1.1.4], from: [198.51.100.0/24]').replace('user: p2', 'user: pair'),
      'peers[1].from|9|a list of 1|signals of spoke2 could not be told from those of spoke1: same source addresses and same snmp user; give each its own',
    ],
    [
      'an eem peer that a hub cannot tell',
      changed('kind: spitrap', 'kind: eem').replace('send: ["198.51.100.9:10162"], ', ''),
      'peers[0].send|null|null|where the router takes the stop is missing: a hub only tells an eem peer; give send: ["198.51.100.9:162"]',
    ],
    [
      'both without a source',
      changed('sources: [ { kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1] } ]', 'sources: []').replace(
        'role: hub',
        'role: both',
      ),
      'sources|5|a list of 0|a device without a source never sees its message; add { kind: syslog-tcp, listen: "0.0.0.0:6514" }',
    ],
    [
      'v2c unsaid',
      plain('version: 2c').replace(', allowInsecure: true', ''),
      'peers[0].snmp.version|8|"2c"|v2c can be spoofed by anyone; use version 3, or say so with signal.allowInsecure: true',
    ],
    [
      'an engine id',
      changed('from: [198.51.100.9]', 'from: [198.51.100.9], engineId: "80"'),
      'peers[0].engineId|7|"80"|5 to 32 octets in hex and in quotes (RFC 3411), such as "80000009030011223344550000"',
    ],
    [
      'a hostile name',
      changed('name: spoke1', 'name: "a\\e]0;x\\a"'),
      'peers[0].name|7|"a\\x1b]0;x\\x07"|letters, digits, dot, underscore and hyphen only, at most 63 (it becomes part of file names and alarms)',
    ],
  ])('%s', (_what, text, ...expected) => {
    const files = { '/etc/spitrap/short': 'seven77\n', '/etc/spitrap/empty': '\n', '/etc/spitrap/two': 'one\ntwo\n' };
    const found = faults(text, host({ files })).filter((line) => !line.startsWith('xx|'));
    expect(found).toEqual(expected);
  });
});
