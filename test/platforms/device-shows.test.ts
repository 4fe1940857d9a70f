/** The readers of tunnels, logs, versions, traces and configurations: a sample each (fixtures/), its variants (facts.md §8), and the same text damaged. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ageSeconds, uptimeSeconds, uptimeUnitSeconds } from '../../shared/platforms/cisco/age.ts';
import { parseClock } from '../../shared/platforms/cisco/clock.ts';
import { parseCpu } from '../../shared/platforms/cisco/cpu.ts';
import { parseDebugConditions } from '../../shared/platforms/cisco/debug-condition.ts';
import { parseDebugging } from '../../shared/platforms/cisco/debugging.ts';
import { parseDmvpn } from '../../shared/platforms/cisco/dmvpn.ts';
import { parseEventTrace } from '../../shared/platforms/cisco/event-trace.ts';
import { parseNhrp } from '../../shared/platforms/cisco/nhrp.ts';
import { parseRunningConfig } from '../../shared/platforms/cisco/running-config.ts';
import { readSaText } from '../../shared/platforms/cisco/sa-text.ts';
import { parseShowLogging } from '../../shared/platforms/cisco/show-logging.ts';
import { parseVersion } from '../../shared/platforms/cisco/version.ts';
import type { Parser } from '../../shared/platforms/platform.ts';

const sample = (name: string): string => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');

const readers = new Map<string, Parser<unknown>>([
  ['dmvpn', parseDmvpn],
  ['nhrp', parseNhrp],
  ['nhrp-summary', parseNhrp],
  ['version', parseVersion],
  ['version-filtered', parseVersion],
  ['event-trace', parseEventTrace],
  ['show-logging', parseShowLogging],
  ['running-config', parseRunningConfig],
  ['clock', parseClock],
  ['cpu', parseCpu],
  ['debug-condition', parseDebugConditions],
  ['debugging-ios', parseDebugging],
  ['debugging-iosxe', parseDebugging],
]);
const names = [...readers.keys()];
const read = (name: string, text: string) => readers.get(name)!(text);
/** Places move with the lines; everything else must not. */
const placeless = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) => (key === 'line' || key === 'number' || key === 'reasonLine' ? undefined : inner)),
  );
const PREAMBLE = [
  'Load for five secs: 1%/0%; one minute: 2%; five minutes: 3%',
  'Time source is NTP, 18:56:04.554 EST Mon Oct 17 2016',
  '',
];

describe('every sample', () => {
  test.each(names)('%s: nothing is unread', (name) => {
    expect(read(name, sample(name)).unread).toEqual([]);
  });

  test.each(names)('%s: CRLF, the preamble, and no trailing newline change nothing', (name) => {
    const { value } = read(name, sample(name));
    expect(read(name, sample(name).replaceAll('\n', '\r\n')).value).toEqual(value);
    expect(read(name, sample(name).trimEnd()).value).toEqual(value);
    const preambled = read(name, [...PREAMBLE, sample(name)].join('\n'));
    expect(placeless(preambled.value)).toEqual(placeless(value));
    expect(preambled.unread).toEqual([]);
  });

  // The wrapped lines of the log buffer and of a trace are text, whose indent belongs to it.
  test.each(names.filter((name) => name !== 'show-logging'))('%s: without indents it says the same', (name) => {
    const bare = sample(name).replace(/^[ \t]+/gm, '');
    const { value, unread } = read(name, bare);
    expect(unread).toEqual([]);
    expect(value).toEqual(read(name, sample(name)).value);
  });

  test.each(names)('%s: cut anywhere, at most the cut line is unread', (name) => {
    const text = sample(name);
    fc.assert(
      fc.property(fc.nat(text.length), (end) => {
        const cut = text.slice(0, end);
        const last = cut.split('\n').length;
        for (const { number } of read(name, cut).unread) expect(number).toBe(last);
      }),
      { numRuns: 300 },
    );
  });

  test.each(names)(
    '%s: any lines left out, repeated or written over: no throw, and what is unread is a line of the text',
    (name) => {
      const lines = sample(name).split('\n');
      const damage = fc.array(fc.tuple(fc.nat(lines.length), fc.oneof(fc.constant(null), fc.string({ maxLength: 60 }))), {
        maxLength: 6,
      });
      fc.assert(
        fc.property(damage, (edits) => {
          const damaged = [...lines];
          for (const [at, put] of edits) put === null ? damaged.splice(at, 1) : damaged.splice(at, 1, put);
          const text = damaged.join('\n');
          const all = text.split('\n');
          for (const { number, text: line } of read(name, text).unread) expect(all[number - 1]!.trimEnd()).toBe(line);
        }),
        { numRuns: 200 },
      );
    },
  );

  test.each(names)('%s: anything at all gives a value, and nothing is a stated value', (name) => {
    const rubbish = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 400 }));
    fc.assert(fc.property(rubbish, (text) => void JSON.stringify(read(name, text))));
    expect(read(name, '')).toEqual({ value: read(name, '\r\n\r\n').value, unread: [] });
  });

  test.each(names)(
    '%s: a line of a hundred thousand characters costs next to nothing',
    (name) => {
      for (const filler of ['a', '0', ' ', '1 ', '0x', 'FF', ': ', 'sa_spi= ', '10.0.0.1 '])
        read(name, `${sample(name)}\n${filler.repeat(100_000 / filler.length)}`);
    },
    4_000,
  );
});

describe('ages', () => {
  test.each([
    ['00:29:40', 1_780],
    ['3w5d', 2_246_400],
    ['1y2w', 32_745_600],
    ['never', null],
    ['', null],
    ['12', null],
  ])('%s', (text, seconds) => {
    expect(ageSeconds(text)).toBe(seconds);
  });

  test.each([
    ['4 minutes', 240, 60],
    ['1 year, 2 days', 31_708_800, 86_400],
    ['2 weeks, 1 hour, 1 minute', 1_213_260, 60],
    ['soon', null, 1],
  ])('%s', (text, seconds, unit) => {
    expect(uptimeSeconds(text)).toBe(seconds);
    expect(uptimeUnitSeconds(text)).toBe(unit);
  });
});

describe('show dmvpn', () => {
  test('peers in every state, servers, and the session with its outbound SPI', () => {
    const { value } = parseDmvpn(sample('dmvpn'));
    const [tunnel] = value.tunnels;
    expect(tunnel).toMatchObject({
      interface: 'Tunnel0',
      role: 'Spoke',
      peersCounted: 3,
      address: '10.0.0.3',
      source: '11.1.1.3',
    });
    expect(tunnel!.peers.map(({ nbma, tunnel: address, state, upDown, line }) => [nbma, address, state, upDown, line])).toEqual([
      ['213.163.222.7', '10.0.0.1', 'UP', '02:11:40', 26],
      ['213.163.222.8', '10.0.0.2', 'NHRP', 'never', 27],
      ['11.1.1.9', '10.0.0.9', 'IKE', '3w5d', 28],
      ['11.1.1.9', '10.0.0.8', 'UP', '1d02h', 29],
    ]);
    expect(tunnel!.nextHopServers.map(({ address, status }) => [address, status])).toEqual([
      ['10.0.0.1', 'RE'],
      ['10.0.0.2', 'E'],
    ]);
    expect(value.sessions[0]).toMatchObject({
      status: 'UP-ACTIVE',
      remote: '213.163.222.7',
      outboundSpi: 0x68842105,
      ikeLifetimeSeconds: 78_499,
      flows: [{ activeSas: 2, outbound: { packets: 9_804, drops: 3, lifetimeKilobytes: null, lifetimeSeconds: 3_512 } }],
    });
    expect(value.sessions[1]).toMatchObject({ status: 'DOWN-NEGOTIATING', outboundSpi: null, ikeState: null, socket: 'Closed' });
  });

  test('a broken hub prints the legend alone', () => {
    const legend = sample('dmvpn').split('\n').slice(3, 12).join('\n');
    expect(parseDmvpn(legend)).toEqual({ value: { legend: true, tunnels: [], sessions: [] }, unread: [] });
    expect(parseDmvpn('').value.legend).toBe(false);
  });

  test('an IPv6 NBMA address stands on a line of its own, and IPv6 tunnels have a layout of their own', () => {
    const text = `Interface: Tunnel1, IPv4 NHRP Details
Type:Hub, NHRP Peers:1,
     1 2001:DB8:1201::122
                           192.0.2.122    UP 00:02:19     D
Interface: Tunnel2, IPv6 NHRP Details
Type:Spoke, Total NBMA Peers (v4/v6): 1
    1.Peer NBMA Address: 2001:DB8:1101::222
        Tunnel IPv6 Address: FD00:192::1101
        IPv6 Target Network: FD00:192::1101/128
        # Ent: 1, Status: NHRP, UpDn Time: never, Cache Attrib: S`;
    const { value, unread } = parseDmvpn(text);
    expect(unread).toEqual([]);
    expect(value.tunnels.map(({ family, peers }) => [family, peers[0]!.nbma, peers[0]!.tunnel, peers[0]!.state])).toEqual([
      [4, '2001:db8:1201::122', '192.0.2.122', 'UP'],
      [6, '2001:db8:1101::222', 'fd00:192::1101', 'NHRP'],
    ]);
  });

  test('a row that is none is named with its number', () => {
    expect(parseDmvpn('Interface: Tunnel1, IPv4 NHRP Details\n  1 10.0.0.1 10.0.0.2 UP').unread).toEqual([
      { number: 2, text: '  1 10.0.0.1 10.0.0.2 UP' },
    ]);
  });
});

describe('show ip nhrp', () => {
  test('entries, an old one-line form, an incomplete one, one behind NAT', () => {
    const { entries, summary } = parseNhrp(sample('nhrp')).value;
    expect(summary).toBeNull();
    expect(entries.map(({ line, target, nbma, type, expiresSeconds }) => [line, target, nbma, type, expiresSeconds])).toEqual([
      [1, '10.0.0.3/32', '11.1.1.3', 'dynamic', 6_499],
      [6, '10.0.0.4/32', '11.1.1.4', 'static', null],
      [11, '10.0.0.9/32', null, 'incomplete', 179],
      [15, 'FD00:192::3/128', '2001:db8:11::3', 'dynamic', 31],
    ]);
    expect(entries[0]).toMatchObject({
      claimedNbma: '192.168.5.2',
      flags: ['unique', 'registered', 'used', 'nhop'],
      socket: true,
    });
    expect(entries[1]).toMatchObject({ neverExpires: true, socket: false, group: 'BRANCH', interface: 'Tunnel0' });
  });

  test('the summary is numbers', () => {
    expect(parseNhrp(sample('nhrp-summary')).value.summary).toMatchObject({
      'total entries': 3,
      'total bytes': 2_352,
      'remote route rib': 3,
      'remote route bgp': 1,
      'remote lfib': 7,
      'local static': 1,
    });
  });
});

describe('show version', () => {
  test('in full: why and since when', () => {
    expect(parseVersion(sample('version')).value).toMatchObject({
      hostname: 'hub',
      version: '15.1(4)M4',
      uptime: { line: 9, seconds: 240, resolutionSeconds: 60 },
      returnedBy: 'bus error at PC 0x601A4F0C, address 0xD0D0D0D',
      reloadReason: 'bus error at PC 0x601A4F0C, address 0xD0D0D0D',
      reasonLine: 14,
    });
  });

  test('through the filter of the capture plan', () => {
    expect(parseVersion(sample('version-filtered')).value).toMatchObject({
      hostname: 'spoke',
      version: null,
      uptime: { seconds: 39_394_800, resolutionSeconds: 3_600 },
      reloadReason: 'Reload Command',
      reasonLine: 3,
    });
  });
});

describe('show monitor event-trace crypto', () => {
  const { value } = parseEventTrace(sample('event-trace'));

  test('which traces run, and what is in them', () => {
    expect(value.traces).toEqual([
      { name: 'ipsec_event', off: null },
      { name: 'ipsec_error', off: null },
      { name: 'ikev2_event', off: 'exec command' },
      { name: 'ipsec_exception', off: null },
    ]);
    expect(value.interruptAllocations).toBe(0);
    expect(
      value.entries.map(({ line, trace, action, kmi, sa }) => [line, trace, action, kmi?.type ?? null, sa?.spi ?? null]),
    ).toEqual([
      [3, 'ipsec_event', null, 'KEY_MGR_DELETE_SAS', null],
      [4, 'ipsec_event', 'delete', null, 0x68842105],
      [5, 'ipsec_event', 'delete', null, null],
      [6, 'ipsec_event', 'create', null, 0x11c],
      [10, 'ipsec_error', null, null, null],
    ]);
    expect(value.entries[2]).toMatchObject({ local: '213.163.222.7', remote: '11.1.1.3', sessionId: 7 });
    expect(value.entries[4]).toMatchObject({ message: 'Two lines\nof one entry', traceback: expect.stringMatching(/^1#3c67/) });
  });

  test('a merged trace names its trace in each line; a single one that is off says so', () => {
    const merged = parseEventTrace('*Apr  3 23:53:30.376: ikev2_event: IKEv2-EVENT:IKEV2-SA-UP: SESSION ID:1, up').value
      .entries[0];
    expect(merged).toMatchObject({ trace: 'ikev2_event', type: 'IKEv2-EVENT:IKEV2-SA-UP', message: 'SESSION ID:1, up' });
    expect(parseEventTrace('Tracing currently disabled, from exec command').value).toMatchObject({
      off: 'exec command',
      entries: [],
    });
  });

  test('an SPI whose two numbers differ is not believed', () => {
    expect(readSaText('(sa) sa_dest= 192.0.2.1, sa_proto= 50, sa_spi= 0x11C(285)')).toBeNull();
    expect(readSaText('(sa) sa_dest= 192.0.2.1, sa_prot= 50, sa_spi= 0x11C(284)')).toMatchObject({ spi: 284, prot: 50 });
  });
});

describe('show logging', () => {
  test('levels, counts, hosts, and the buffer’s lines with their places', () => {
    const { value } = parseShowLogging(sample('show-logging'));
    expect(value).toMatchObject({
      counters: { dropped: 2, rateLimited: 14, flushes: 1, overruns: 0, sent: 47_800 },
      console: { level: -1 },
      monitor: { level: 4, logged: 12, filtering: false },
      buffer: { level: 7, logged: 48_100, filtering: true },
      trap: { level: 7, logged: 47_800 },
      bufferBytes: 1_000_000,
    });
    expect(
      value.hosts.map(({ host, transport, port, vrf, linkUp, logged, rateLimited }) => [
        host,
        transport,
        port,
        vrf,
        linkUp,
        logged,
        rateLimited,
      ]),
    ).toEqual([
      ['198.51.100.1', 'tcp', 6_514, null, false, 787, 3],
      ['198.51.100.2', 'udp', 514, 'Mgmt-vrf', true, 47_800, 0],
    ]);
    // The last line quotes the header: it is the log's.
    expect(value.lines.map(({ number }) => number)).toEqual([41, 42, 43]);
  });

  test('through a filter every line is the log’s', () => {
    const line =
      '*Mar 12 18:22:10.706: %CRYPTO-4-IKMP_NO_SA: IKE message from 11.1.1.3 has no SA and is not an initialization offer';
    expect(parseShowLogging(`${line}\n`).value).toMatchObject({
      counters: null,
      buffer: null,
      lines: [{ number: 1, text: line }],
    });
  });
});

describe('show running-config', () => {
  test('what the diagnosis asks', () => {
    const { value } = parseRunningConfig(sample('running-config'));
    expect(value).toMatchObject({
      dpd: { mode: 'periodic', intervalSeconds: 10, line: 10 },
      invalidSpiRecovery: { on: true, line: 9 },
      lifetimeSeconds: 1_800,
      lifetimeKilobytes: null,
    });
    expect(
      value.peerings.map(({ kind, where, peers, recovery, lifetimeKilobytes, line }) => [
        kind,
        where,
        peers,
        recovery,
        lifetimeKilobytes,
        line,
      ]),
    ).toEqual([
      ['static crypto map', 'crypto map VPN 5', ['198.51.100.77'], 'yes', null, 21],
      ['mGRE with tunnel protection, dynamic NHRP map', 'Tunnel0', [], 'no', 200_000, 29],
      ['sVTI', 'Tunnel7', ['203.0.113.7'], 'yes', 200_000, 38],
    ]);
  });

  test('absent is off only where crypto was shown', () => {
    expect(parseRunningConfig('interface Tunnel0\n ip address 10.0.0.1 255.255.255.0\n').value).toMatchObject({
      dpd: null,
      invalidSpiRecovery: null,
    });
    expect(parseRunningConfig('crypto isakmp policy 10\n encr aes\n').value).toMatchObject({
      dpd: { mode: 'none' },
      invalidSpiRecovery: { on: false, line: null },
    });
  });

  test.each([
    ['crypto ikev2 dpd 30 5 on-demand', { mode: 'on-demand', intervalSeconds: 30, line: 1 }],
    ['crypto isakmp keepalive 10', { mode: 'on-demand', intervalSeconds: 10, line: 1 }],
    ['crypto ikev2 profile P\n dpd 10 2 periodic', { mode: 'periodic', intervalSeconds: 10, line: 2 }],
    ['crypto isakmp profile P\n keepalive 20 retry 3', { mode: 'on-demand', intervalSeconds: 20, line: 2 }],
  ])('%s', (text, dpd) => {
    expect(parseRunningConfig(text)).toMatchObject({ value: { dpd }, unread: [] });
  });

  test('crypto lines of an unknown form are named', () => {
    expect(
      parseRunningConfig('crypto frobnicate on\ninterface Tunnel0\n tunnel wormhole 3\n ip nhrp guess all\n').unread,
    ).toEqual([
      { number: 1, text: 'crypto frobnicate on' },
      { number: 3, text: ' tunnel wormhole 3' },
      { number: 4, text: ' ip nhrp guess all' },
    ]);
  });
});
