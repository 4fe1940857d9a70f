/** Each parser on a sample of its own (fixtures/), on its named variants (facts.md §8), on empty and cut output, and on anything at all. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { debugOffOne } from '../../shared/platforms/cisco/debugging.ts';
import { ciscoIos } from '../../shared/platforms/cisco-ios/cisco-ios.ts';

const sample = (name: string): string => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');
const { parsers } = ciscoIos;

describe('show privilege, show users', () => {
  test('the level, and from where the device sees us', () => {
    expect(parsers.privilege(sample('privilege'))).toEqual({ value: 15, unread: [] });
    expect(parsers.ownLocation(sample('users'))).toEqual({ value: '198.51.100.1', unread: [] });
  });

  test('a name is no address, and no session of ours is none', () => {
    const named = '*  3 vty 1     spitrap    idle                 00:00:00 noc.example.net';
    expect(parsers.ownLocation(named)).toEqual({ value: null, unread: [] });
    expect(parsers.ownLocation(sample('users').replace('*', ' '))).toEqual({ value: null, unread: [] });
    expect(parsers.ownLocation('* 66 vty 0     spitrap    idle       1d02h 2001:DB8::9').value).toBe('2001:db8::9');
    expect(parsers.privilege('Current privilege level is 99')).toMatchObject({ value: null, unread: [{ number: 1 }] });
  });
});

describe('show crypto ipsec sa', () => {
  const { value, unread } = parsers.ipsecSas(sample('ipsec-sa'));

  test('idents, peers, endpoints, SPIs, lifetimes', () => {
    expect(unread).toEqual([]);
    expect(value).toHaveLength(2);
    expect(value[0]).toMatchObject({
      interface: 'Tunnel0',
      peer: '11.1.1.3',
      peerPort: 500,
      localEndpoint: '213.163.222.7',
      remoteEndpoint: '11.1.1.3',
      localIdent: '213.163.222.7/255.255.255.255/47/0',
      currentOutboundSpi: 0xb761863e,
      line: 5,
      currentOutboundSpiLine: 24,
      cryptoMap: 'Tunnel0-head-0',
      localAddress: '213.163.222.7',
      pfs: true,
      dhGroup: 'group14',
      addedExchange: null,
      action: 'PERMIT',
      flags: ['origin_is_acl'],
      plaintextMtu: 1_446,
      pathMtu: 1_500,
      ipMtu: 1_500,
      ipMtuInterface: 'Ethernet0/0',
    });
    expect(value[0]!.sas).toEqual([
      {
        line: 28,
        protocol: 'esp',
        direction: 'inbound',
        spi: 0x68842105,
        connectionId: 21,
        flowId: 'SW:21',
        transform: 'esp-256-aes esp-sha-hmac',
        siblingFlags: '80000000',
        settings: ['Transport'],
        cryptoMap: 'Tunnel0-head-0',
        initiator: null,
        lifetimeSeconds: 3512,
        lifetimeResolutionSeconds: 1,
        lifetimeKilobytes: 4175841,
        kilobyteRekey: true,
        ivBytes: 16,
        replayDetection: true,
        replayWindow: null,
        status: 'ACTIVE',
      },
      {
        line: 36,
        protocol: 'esp',
        direction: 'inbound',
        spi: 0x11c,
        connectionId: 19,
        flowId: 'SW:19',
        transform: 'esp-256-aes esp-sha-hmac',
        siblingFlags: '80000000',
        settings: ['Transport'],
        cryptoMap: 'Tunnel0-head-0',
        initiator: null,
        lifetimeSeconds: 28_920,
        lifetimeResolutionSeconds: 60,
        lifetimeKilobytes: null,
        kilobyteRekey: false,
        ivBytes: 16,
        replayDetection: true,
        replayWindow: 1_024,
        status: 'ACTIVE(ACTIVE)',
      },
      {
        line: 51,
        protocol: 'esp',
        direction: 'outbound',
        spi: 0xb761863e,
        connectionId: 22,
        flowId: 'SW:22',
        transform: 'esp-256-aes esp-sha-hmac',
        siblingFlags: '80000000',
        settings: ['Transport'],
        cryptoMap: 'Tunnel0-head-0',
        initiator: null,
        lifetimeSeconds: null,
        lifetimeResolutionSeconds: null,
        lifetimeKilobytes: null,
        kilobyteRekey: null,
        ivBytes: 16,
        replayDetection: true,
        replayWindow: null,
        status: 'ACTIVE',
      },
      {
        line: 61,
        protocol: 'ah',
        direction: 'outbound',
        spi: null,
        connectionId: 24,
        flowId: 'SW:24',
        transform: 'ah-sha-hmac',
        siblingFlags: '80000000',
        settings: ['Tunnel'],
        cryptoMap: 'Tunnel0-head-0',
        initiator: null,
        lifetimeSeconds: 94,
        lifetimeResolutionSeconds: 1,
        lifetimeKilobytes: null,
        kilobyteRekey: null,
        ivBytes: null,
        replayDetection: false,
        replayWindow: null,
        status: 'ACTIVE',
      },
    ]);
    expect(value[0]!.counters).toMatchObject({
      'pkts encaps': 1204,
      'pkts no sa (send)': 3,
      'pkts invalid sa (rcv)': 41,
      'pkts replay failed (rcv)': 2,
    });
    expect(value[1]).toMatchObject({
      peer: '2001:db8::3',
      remoteEndpoint: '2001:db8::3',
      currentOutboundSpi: 0,
      sas: [],
      counters: { 'send errors': 1 },
      counterLines: { 'send errors': 78 },
      pfs: false,
      dhGroup: null,
      addedExchange: 'AKE1: MLKEM768',
    });
  });

  test('CRLF and copies without indents read the same', () => {
    const flat = sample('ipsec-sa').replace(/^ +/gm, '').replace(/\n/g, '\r\n');
    expect(parsers.ipsecSas(flat)).toEqual({ value, unread: [] });
  });

  test('cut in the middle: what came is read', () => {
    const cut = parsers.ipsecSas(sample('ipsec-sa').slice(0, 1_700));
    expect(cut.value[0]!.sas[0]!.spi).toBe(0x68842105);
  });

  test('a data line that is not understood is told', () => {
    expect(
      parsers.ipsecSas('   current_peer 11.1.1.300 port 500\n#pkts frobnicated: x\n').unread.map((line) => line.number),
    ).toEqual([1, 2]);
  });
});

describe('show debugging', () => {
  test('IOS: flags, which of them are crypto, conditions apart', () => {
    const { value, unread } = parsers.debugging(sample('debugging-ios'));
    expect(unread).toEqual([]);
    expect(value.map((flag) => [flag.text, flag.crypto, debugOffOne(flag)])).toEqual([
      ['Crypto ISAKMP debugging', true, 'no debug crypto isakmp'],
      ['Crypto Engine debugging', true, 'no debug crypto engine'],
      ['Crypto IPSEC debugging', true, 'no debug crypto ipsec'],
      ['IKEv2 error debugging', true, 'no debug crypto ikev2 error'],
      ['IKEv2 default debugging', true, 'no debug crypto ikev2'],
      ['HSRP Events debugging', false, null],
      ['IP packet debugging', false, null],
    ]);
  });

  test("IOS XE's blocks are no flags", () => {
    expect(parsers.debugging(sample('debugging-iosxe'))).toEqual({ value: [], unread: [] });
  });

  test('a line that may be a debug and is not understood is never passed over', () => {
    expect(parsers.debugging('Cryptographic Subsystem:\n  Crypto something: active\n').unread).toHaveLength(1);
    expect(
      parsers.debugging('IOSXE Packet Tracing Configs:\n\n  Crypto ISAKMP tracing enabled everywhere\n').unread,
    ).toHaveLength(1);
  });
});

test('show crypto debug-condition', () => {
  expect(parsers.conditions(sample('debug-condition'))).toEqual({
    value: {
      conditional: true,
      unmatched: { IKE: false, IPsec: false, 'Crypto Engine': true },
      filters: [
        { kind: 'IKE peer IP address', value: '11.1.1.3' },
        { kind: 'IKE peer IP address', value: '11.1.1.4' },
        { kind: 'IKE peer IP address', value: '10.20.0.0 255.255.0.0' },
        { kind: 'IKE peer hostname', value: 'spoke.example.net' },
        { kind: 'Connection-id', value: '2049:1' },
      ],
    },
    unread: [],
  });
});

describe('show clock', () => {
  test('behind the exec prompt timestamp preamble', () => {
    const { value, unread } = parsers.clock(sample('clock'));
    expect(unread).toEqual([]);
    expect(value).toEqual({
      text: '18:22:10.706 UTC Thu Mar 12 2026',
      localMs: Date.UTC(2026, 2, 12, 18, 22, 10, 706),
      zone: 'UTC',
      year: 2026,
      mark: '*',
    });
  });

  test.each([
    ['.04:37:54.849 UTC Thu Aug 7 2025', { mark: '.', zone: 'UTC' }],
    ['10:02:11 mdt Fri Jan 2 2026', { mark: '', zone: 'mdt', localMs: Date.UTC(2026, 0, 2, 10, 2, 11) }],
    ['10:02:11.5 UTC+07:30 Fri Jan 2 2026', { zone: 'UTC+07:30', localMs: Date.UTC(2026, 0, 2, 10, 2, 11, 500) }],
  ])('%s', (text, expected) => {
    expect(parsers.clock(`${text}\r\n`).value).toMatchObject(expected);
  });

  test('no clock: null, and the line is told', () => {
    expect(parsers.clock('')).toEqual({ value: null, unread: [] });
    expect(parsers.clock('25:02:11 UTC Fri Jan 2 2026\n')).toMatchObject({ value: null, unread: [{ number: 1 }] });
  });
});

test('show processes cpu', () => {
  expect(parsers.cpu(sample('cpu'))).toEqual({
    value: { fiveSeconds: 83, interrupt: 41, oneMinute: 46, fiveMinutes: 25 },
    unread: [],
  });
  expect(parsers.cpu('')).toEqual({ value: null, unread: [] });
});

describe('SA count', () => {
  test.each([
    ['isakmp-sa', 4],
    ['ikev2-sa', 2],
  ])('%s', (name, count) => {
    expect(parsers.saCount(sample(name))).toEqual({ value: count, unread: [] });
  });

  test.each<[name: string, output: string, count: number | null]>([
    ['empty', '', 0],
    [
      'a header without rows',
      'IPv4 Crypto ISAKMP SA\ndst             src             state          conn-id status\n\nIPv6 Crypto ISAKMP SA\n\n',
      0,
    ],
    [
      'the slot column',
      'dst             src             state          conn-id slot status\n10.1.1.1        10.1.1.2        QM_IDLE              1    0 ACTIVE\n',
      1,
    ],
    ['data that is no row', 'IPv4 Crypto ISAKMP SA\nsomething else entirely\n', null],
  ])('%s', (_name, output, count) => {
    expect(parsers.saCount(output).value).toBe(count);
  });
});

describe('show logging', () => {
  test('levels and lines, oldest first', () => {
    const { value, unread } = parsers.logging(sample('logging'));
    expect(unread).toEqual([]);
    expect(value).toMatchObject({ bufferLevel: 7, monitorLevel: 4 });
    expect(value.lines).toHaveLength(4);
    expect(value.lines[0]).toMatch(/^7:04: /);
  });

  test('behind a filter there is no header: levels unknown, every line is a log line', () => {
    const line = '*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: …';
    expect(parsers.logging(`${line}\n`)).toEqual({ value: { bufferLevel: null, monitorLevel: null, lines: [line] }, unread: [] });
  });

  test('a disabled buffer keeps nothing: -1', () => {
    expect(parsers.logging('    Monitor logging: disabled\n    Buffer logging:  disabled, xml disabled,\n').value).toMatchObject({
      bufferLevel: -1,
      monitorLevel: -1,
    });
  });
});

describe('show logging, its header', () => {
  const read = (output: string) => parsers.loggingLevels(output).value;

  test('levels and hosts; what stands behind the buffer line was written by anybody', () => {
    expect(parsers.loggingLevels(sample('logging-levels'))).toEqual({
      value: {
        console: -1,
        monitor: 4,
        buffer: 7,
        trap: 6,
        hosts: ['198.51.100.7', '2001:db8::7', 'syslog.example.net'],
      },
      unread: [],
    });
  });

  test('the whole output reads as the filtered one', () => {
    expect(read(sample('logging'))).toMatchObject({ buffer: expect.any(Number), trap: expect.any(Number) });
  });

  test('a word that is no level is unread, and the level unknown', () => {
    const { value, unread } = parsers.loggingLevels('    Console logging: level chatty, 1 messages logged\n');
    expect(value.console).toBeNull();
    expect(unread).toHaveLength(1);
  });

  test('without any header nothing is known', () => {
    expect(read('')).toEqual({ console: null, monitor: null, buffer: null, trap: null, hosts: [] });
  });

  test('the first of a kind counts', () => {
    expect(read('Console logging: disabled\nConsole logging: level debugging, 1\n').console).toBe(-1);
  });
});

describe('settings of log lines', () => {
  const read = (output: string) => parsers.loggingSettings(output).value;
  const STAMPS = 'service timestamps debug datetime msec\nservice timestamps log datetime msec\n';

  test.each<[title: string, output: string, expected: object]>([
    ['all as it should be', sample('logging-settings'), { msecStamps: true, sequenceNumbers: true, rateLimited: false }],
    ['no line on sequence numbers: none', STAMPS, { msecStamps: true, sequenceNumbers: false, rateLimited: false }],
    [
      'one of the two stamps without milliseconds',
      'service timestamps debug datetime\nservice timestamps log datetime msec\n',
      { msecStamps: false },
    ],
    ['uptime', 'service timestamps debug uptime\nservice timestamps log uptime\n', { msecStamps: false }],
    ['none', 'no service timestamps debug uptime\nno service timestamps log uptime\n', { msecStamps: false }],
    ['a limit for all', `${STAMPS}logging rate-limit all 10\n`, { rateLimited: true }],
    ['a limit with an exception', `${STAMPS}logging rate-limit 100 except warnings\n`, { rateLimited: true }],
    ['nothing shown: a user without the right to see it', '', { msecStamps: null, sequenceNumbers: null, rateLimited: null }],
  ])('%s', (_title, output, expected) => {
    expect(read(output)).toMatchObject(expected);
    expect(parsers.loggingSettings(output).unread).toEqual([]);
  });

  test('a line of something else is unread', () => {
    expect(parsers.loggingSettings(' action 1 cli command "no service timestamps log"\n').unread).toHaveLength(1);
  });
});

describe('VTY lines', () => {
  test('those with an asterisk are taken; console, aux and TTY lines do not count', () => {
    expect(parsers.vtyLines(sample('vty-lines'))).toEqual({ value: { total: 5, busy: 2 }, unread: [] });
  });

  test('the older table with one number', () => {
    const output =
      '*   66 VTY              -    -      -    -    -   12      0     0/0        -\n    67 VTY              -    -      -    -    -    0      0     0/0        -\n';
    expect(parsers.vtyLines(output)).toEqual({ value: { total: 2, busy: 1 }, unread: [] });
  });

  test('no VTY line at all is not known, not none', () => {
    expect(parsers.vtyLines('').value).toBeNull();
    expect(parsers.vtyLines('*    0    0 CTY              -    -      -\n').value).toBeNull();
  });
});

describe('free memory', () => {
  test('of the processor pool', () => {
    expect(parsers.memory(sample('memory'))).toEqual({ value: 75, unread: [] });
  });

  test('show memory statistics', () => {
    const output = [
      'Tracekey : 1#b0dcfb8c9a6ff3ccb9a1b9ba5a5bd6c1',
      '                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)',
      'Processor    6528F6C8   400000000   360000000    40000000    39305252    35880308',
      '      I/O    7C400000    19922944     4209740    15713204    15683072    15689916',
      '',
    ].join('\n');
    expect(parsers.memory(output)).toEqual({ value: 10, unread: [] });
  });

  test('figures that can not be are unread', () => {
    const { value, unread } = parsers.memory(
      'Processor Pool Total: 0 Used: 0 Free: 0\nProcessor Pool Total: 5 Used: 1 Free: 9\n',
    );
    expect(value).toBeNull();
    expect(unread).toHaveLength(2);
  });
});

describe('anything at all', () => {
  const names = [
    'ipsec-sa',
    'debugging-ios',
    'debugging-iosxe',
    'debug-condition',
    'clock',
    'cpu',
    'isakmp-sa',
    'privilege',
    'users',
    'ikev2-sa',
    'logging',
    'logging-levels',
    'logging-settings',
    'vty-lines',
    'memory',
  ];
  const all = Object.entries(parsers);
  const feedAll = (output: string) => {
    for (const [name, parse] of all) {
      const result = parse(output);
      expect(Array.isArray(result.unread), name).toBe(true);
      expect(result).toHaveProperty('value');
    }
  };

  test('samples cut anywhere never throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(6_000), fc.nat(6_000), (name, from, to) =>
        feedAll(sample(name).slice(from, to)),
      ),
    );
  });

  test('arbitrary text never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => feedAll(text)));
  });

  test('long hostile lines do not stall a parser', () => {
    for (const unit of [' ', '#pkts a', '1 ', ', ', ':', 'a', '(', 'spi: 0x', 'link ', '1.1.1.1 '])
      feedAll(`${unit.repeat(60_000).slice(0, 120_000)}x\n`);
  }, 10_000);
});
