/** Platform linux-strongswan: its parsers on what strongSwan 5.9.8, iproute2 and nftables 1.0.6 printed in namespaces of ours, its grammar, its words. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mayBeSent } from '../../agent/device/check-line.ts';
import { commandsFor } from '../../shared/platforms/commands.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { capturePlan } from '../../shared/platforms/linux-strongswan/capture-plan.ts';
import { readCharonLog } from '../../shared/platforms/linux-strongswan/charon-log.ts';
import { parseClock } from '../../shared/platforms/linux-strongswan/clock.ts';
import { DEBUG_LEVELS, parseDebugLevels } from '../../shared/platforms/linux-strongswan/debug-levels.ts';
import * as lines from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { parseConnections } from '../../shared/platforms/linux-strongswan/list-conns.ts';
import { parseIkeSas, parseIpsecSas } from '../../shared/platforms/linux-strongswan/list-sas.ts';
import { parseCpu, parseMemory } from '../../shared/platforms/linux-strongswan/load.ts';
import { parseSpiSets } from '../../shared/platforms/linux-strongswan/spi-sets.ts';
import { noUnknownSpi, readUnknownSpi } from '../../shared/platforms/linux-strongswan/unknown-spi.ts';
import { parseXfrmPolicy, parseXfrmStat, parseXfrmState } from '../../shared/platforms/linux-strongswan/xfrm.ts';

const texts = (unread: readonly { readonly text: string }[]): string[] => unread.map(({ text }) => text);

/** What such a command printed in our namespaces. */
const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}.txt`, import.meta.url), 'utf8');

const [SA = '', END = ''] = fixture('list-sas').split('\n');

describe('swanctl --list-sas --raw', () => {
  test('an IKE SA with its child, as the agent compares it', () => {
    const { value, unread } = parseIpsecSas(`${SA}\n${END}\n`);
    expect(unread).toEqual([]);
    expect(value).toMatchObject([
      {
        line: 1,
        peer: '198.51.100.2',
        peerPort: 4_500,
        localEndpoint: '198.51.100.1',
        localIdent: '203.0.113.1/32',
        remoteIdent: '203.0.113.129/32 10.0.0.0/8',
        currentOutboundSpi: 0xe7647732,
        counters: { 'pkts decaps': 2, 'pkts encaps': 1 },
        sas: [
          {
            direction: 'inbound',
            spi: 0xb6811b10,
            lifetimeSeconds: 3_959,
            status: 'INSTALLED',
            settings: ['TUNNEL', 'UDP-Encaps'],
          },
          { direction: 'outbound', spi: 0xe7647732, transform: 'AES_CBC-256 HMAC_SHA2_256_128' },
        ],
      },
    ]);
  });

  test('an IKE SA without children; nothing at all is a value', () => {
    const bare =
      'list-sa event {peer {uniqueid=1 version=2 state=CONNECTING local-host=198.51.100.1 remote-host=198.51.100.2 child-sas {}}}';
    expect(parseIkeSas(`${bare}\n${END}`).value).toMatchObject([{ name: 'peer', version: 2, state: 'CONNECTING', children: [] }]);
    expect(parseIkeSas(END)).toEqual({ value: [], unread: [] });
  });

  test('an answer without its end, or with a line that is cut, is not believed to be whole', () => {
    expect(parseIkeSas(SA).value).toBeNull();
    const cut = parseIkeSas(`${SA.slice(0, 700)}\n${END}`);
    expect(cut.value).toBeNull();
    expect(cut.unread).toHaveLength(1);
    expect(parseIkeSas('').value).toBeNull();
  });

  test('an identity with blanks, and one that plays at keys, changes no SPI', () => {
    const evil = SA.replace(
      'remote-id=spoke.example.net',
      'remote-id=C=CH, O=Example Org, CN=spoke spi-in=00000001 local-host=10.0.0.9',
    );
    const { value } = parseIkeSas(`${evil}\n${END}`);
    expect(value).toMatchObject([{ local: '198.51.100.1', remote: '198.51.100.2', children: [{ spiIn: 0xb6811b10 }] }]);
  });

  test.each(['list-sa event {'.padEnd(60_000, 'a {'), `list-sa event {${'x=y '.repeat(15_000)}`, 'list-sa event {p {k=[1 2'])(
    'hostile text ends in unread, and in time',
    (text) => {
      expect(parseIkeSas(`${text}\n${END}`).unread).toHaveLength(1);
    },
  );
});

test('swanctl --list-conns', () => {
  expect(parseConnections(fixture('list-conns'))).toEqual({
    value: [
      {
        line: 1,
        name: 'peer',
        version: 2,
        dpdSeconds: 30,
        remotes: ['198.51.100.2'],
        children: [{ name: 'net', rekeySeconds: 3_600 }],
      },
    ],
    unread: [],
  });
  expect(parseConnections('peer: IKEv1, reauthentication every 14400s\n').value).toMatchObject([{ version: 1, dpdSeconds: 0 }]);
  expect(parseConnections('')).toEqual({ value: [], unread: [] });
  expect(parseConnections('what is this\n').unread).toHaveLength(1);
});

describe('the kernel’s tables', () => {
  const STATE = fixture('xfrm');
  test('ip xfrm state', () => {
    expect(parseXfrmState(STATE)).toEqual({
      value: [
        { src: '198.51.100.2', dst: '198.51.100.1', spi: 0xc4b5a3f1, proto: 'esp', packets: 15 },
        { src: '2001:db8::2', dst: '2001:db8::1', spi: 0xabcd, proto: 'esp', packets: null },
      ],
      unread: [],
    });
    expect(parseXfrmState('')).toEqual({ value: [], unread: [] });
    expect(texts(parseXfrmState('RTNETLINK answers: Operation not permitted').unread)).toHaveLength(1);
  });

  test('ip xfrm policy', () => {
    const text =
      'src 203.0.113.1/32 dst 203.0.113.129/32 \n\tdir out priority 367231 ptype main \n\ttmpl src 198.51.100.1 dst 198.51.100.2\n\t\tproto esp spi 0xe7647732 reqid 1 mode tunnel\nsrc 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 ptype main \n';
    expect(parseXfrmPolicy(text)).toEqual({
      value: [
        {
          src: '203.0.113.1/32',
          dst: '203.0.113.129/32',
          direction: 'out',
          templates: [{ src: '198.51.100.1', dst: '198.51.100.2' }],
        },
        { src: '0.0.0.0/0', dst: '0.0.0.0/0', direction: 'in', templates: [] },
      ],
      unread: [],
    });
    expect(parseXfrmPolicy('')).toEqual({ value: [], unread: [] });
  });

  test('/proc/net/xfrm_stat', () => {
    expect(parseXfrmStat('XfrmInError             \t0\nXfrmInNoStates          \t42\nwhat is this\n')).toEqual({
      value: { XfrmInError: 0, XfrmInNoStates: 42 },
      unread: [{ number: 3, text: 'what is this' }],
    });
  });
});

describe('nft list table inet spitrap', () => {
  /** In the second of its sets that may hold elements, as nft prints them. */
  const table = (elements: string): string => {
    const [before = '', after = ''] = fixture('spi-sets').split(/(?<=udp4 \{[^}]*timeout 5m)(?=\n)/);
    return `${before}${elements}${after}`;
  };
  test('elements over several lines, hex and decimal, with and without a timeout of their own', () => {
    const elements = `
\t\telements = { 198.51.100.2 . 198.51.100.1 . 0xb6811b10 counter packets 2 bytes 328 expires 4m58s996ms,
\t\t\t     198.51.100.3 . 198.51.100.1 . 3061914384 counter packets 7 bytes 1148 timeout 5m expires 4m2s,
\t\t\t     2001:db8::2 . 2001:db8::1 . 0x1f timeout 5m expires 4m counter packets 1 bytes 90 }`;
    expect(parseSpiSets(table(elements))).toEqual({
      value: [
        { flow: { src: '198.51.100.2', dst: '198.51.100.1', spi: 0xb6811b10 }, packets: 2 },
        { flow: { src: '198.51.100.3', dst: '198.51.100.1', spi: 0xb6811b10 }, packets: 7 },
        { flow: { src: '2001:db8::2', dst: '2001:db8::1', spi: 0x1f }, packets: 1 },
      ],
      unread: [],
    });
  });

  test('an empty table is a value; no table, or what cannot be read, is none', () => {
    expect(parseSpiSets(table(''))).toEqual({ value: [], unread: [] });
    expect(parseSpiSets('Error: No such file or directory').value).toBeNull();
    const odd = parseSpiSets(table('\n\t\telements = { 999.1.1.1 . 198.51.100.1 . 0x1 counter packets 2 bytes 3 }'));
    expect(odd.value).toEqual([]);
    expect(odd.unread).toHaveLength(1);
  });
});

describe('debug levels, by behaviour', () => {
  const [, verbose = '', probed = ''] = fixture('debug-levels').split('\n');
  test.each<[name: string, output: string, on: boolean, unread: number]>([
    ['quiet, and the link says off', `${probed}\noff.levels\n`, false, 0],
    ['in force', fixture('debug-levels'), true, 0],
    ['the link says off, charon was never told (a syntax error stopped swanctl)', `${verbose}\n${probed}\noff.levels\n`, true, 0],
    ['the link says on, charon would follow it at its next start', `${probed}\non.levels\n`, true, 0],
    ['a link that is none of ours', `${probed}\n/root/my.levels\n`, true, 0],
    [
      'somebody’s own request meanwhile',
      `2026-11-22T08:38:06 13[CFG] vici terminate CHILD_SA 'net'\n${probed}\noff.levels\n`,
      false,
      0,
    ],
    ['charon logged nothing: nothing is proven', 'off.levels\n', false, 1],
    ['no link', `${probed}\n`, false, 1],
    ['nothing at all', '', false, 2],
    ['somebody’s text', `${probed}\noff.levels\nsurprise !\n`, false, 1],
  ])('%s', (_name, output, on, unread) => {
    const read = parseDebugLevels(output);
    expect(read.value).toEqual(on ? [DEBUG_LEVELS] : []);
    expect(read.unread).toHaveLength(unread);
  });

  test('what swanctl and sudo complain of', () => {
    const { complaint } = linuxStrongswan.arming;
    for (const text of [
      'exit 64',
      "/etc/strongswan.d/spitrap.conf:12: syntax error, unexpected '}'\nabort initialization due to invalid configuration\nexit 64",
      'sudo: a password is required\nexit 1',
    ])
      expect(complaint.test(text), text).toBe(true);
    expect(complaint.test('exit 0')).toBe(false);
  });
});

describe('log lines that name an SPI of no SA', () => {
  const read = (...text: string[]) => {
    let state = noUnknownSpi;
    return text.flatMap((line) => {
      const step = readUnknownSpi(state, line);
      state = step.state;
      return step.flow ?? [];
    });
  };
  const received = '2026-11-22T08:38:05 02[NET] received packet: from 198.51.100.2[4500] to 198.51.100.1[4500]';
  const flow = { src: '198.51.100.2', dst: '198.51.100.1', spi: 0xb6811b10 };

  test('the kernel’s audit', () => {
    const line =
      'audit: type=1415 audit(1790000000.123:77): op=SA-notfound src=198.51.100.2 dst=198.51.100.1 spi=3061914384(0xb6811b10) seqno=3';
    expect(read(line)).toEqual([flow]);
  });

  test('charon: two lines of one thread, with the packet before them; threads in between', () => {
    expect(
      read(
        received,
        '2026-11-22T08:38:05 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]',
        '2026-11-22T08:38:05 07[ESP] parsed ESP header with SPI 0badcafe [seq 9]',
        '2026-11-22T08:38:05 06[ESP] inbound ESP packet does not belong to an installed SA',
      ),
    ).toEqual([flow]);
  });

  test('a known SPI, and lines without their start, name nothing', () => {
    expect(read(received, '08:38:05 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]')).toEqual([]);
    expect(read('08:38:05 06[ESP] inbound ESP packet does not belong to an installed SA')).toEqual([]);
    expect(read('08:38:05 06[ESP] parsed ESP header with SPI b6811b10 [seq 5]')).toEqual([]);
  });
});

describe('charon’s log to the diagnosis', () => {
  test('each event, with its SPIs and stamp', () => {
    const log = [
      '2026-11-22T08:31:41.384 13[IKE] CHILD_SA net{1} established with SPIs b6811b10_i e7647732_o and TS 203.0.113.1/32 === 203.0.113.129/32',
      '2026-11-22T08:35:29.001 10[IKE] closing CHILD_SA net{1} with SPIs b6811b10_i (168 bytes) e7647732_o (168 bytes) and TS 203.0.113.1/32 === 203.0.113.129/32',
      '2026-11-22T08:35:29.001 10[IKE] sending DELETE for ESP CHILD_SA with SPI b6811b10',
      'spitrap spi-watch: ESP without an SA: src=198.51.100.2 dst=198.51.100.1 spi=0xb6811b10 packets=19 (3 since the last look)',
      '2026-11-22T08:35:30 00[JOB] spawning 16 worker threads',
      "2026-11-22T08:35:31 09[CFG] vici rekey CHILD_SA 'spitrap-probe'",
    ];
    expect(readCharonLog(log).map(({ kind, line, spis, detail }) => [kind, line, spis, detail])).toEqual([
      ['sa-created', 1, [0xb6811b10], { direction: 'inbound' }],
      ['sa-created', 1, [0xe7647732], { direction: 'outbound' }],
      ['sa-deleted', 2, [0xb6811b10], { direction: 'inbound' }],
      ['sa-deleted', 2, [0xe7647732], { direction: 'outbound' }],
      ['delete-sent', 3, [0xb6811b10], {}],
      ['invalid-spi', 4, [0xb6811b10], {}],
      ['restart', 5, [], {}],
    ]);
    const [created] = readCharonLog(log);
    expect(created?.stamp).toMatchObject({ localMs: Date.UTC(2026, 10, 22, 8, 31, 41, 384), resolutionMs: 1, zone: null });
    expect(readCharonLog([log[4]!])[0]?.stamp).toMatchObject({ resolutionMs: 1_000 });
  });

  test('outputs: SAs, kernel counters, uptime; others say nothing', () => {
    const { evidence } = linuxStrongswan;
    const sas = evidence.capture(lines.LIST_SAS, `${SA}\n${END}`);
    expect(sas?.ike).toMatchObject({ version: 1, sas: [{ remote: '198.51.100.2', established: true, connectionId: '1' }] });
    expect(sas?.ipsec?.idents).toHaveLength(1);
    expect(evidence.capture(lines.LIST_SAS, 'connecting failed')?.ipsec).toBeNull();
    expect(evidence.capture(lines.XFRM_STAT, 'XfrmInNoStates 3')?.counters).toEqual({ XfrmInNoStates: 3 });
    const stats = 'uptime: 3 minutes, since Nov 22 08:31:42 2026\nworker threads: 16 total, 7 idle, working: 4/0/5/0\n';
    expect(evidence.capture(lines.STATS, stats)?.uptime).toEqual({
      line: 1,
      text: 'uptime: 3 minutes',
      seconds: 180,
      resolutionSeconds: 60,
      reason: null,
    });
    expect(evidence.capture(lines.STATS, 'Error: connecting failed')?.uptime).toBeNull();
    expect(evidence.capture(lines.LIST_CONNS, fixture('list-conns'))?.configuration).toMatchObject({
      dpd: { mode: 'periodic', intervalSeconds: 30, line: 1 },
      peerings: [{ where: 'peer', ike: 2, peers: ['198.51.100.2'], recovery: 'not applicable' }],
    });
    const two = `${fixture('list-conns')}old: IKEv1, reauthentication every 14400s\n  remote: %any\n`;
    expect(evidence.capture(lines.LIST_CONNS, two)?.configuration?.dpd).toBeNull();
    expect(evidence.capture(lines.LIST_CONNS, '')?.configuration).toBeNull();
    expect(evidence.capture('show version', 'x')).toBeNull();
  });
});

describe('clock, CPU, memory', () => {
  test('the clock, in sync, not in sync, and not known to be', () => {
    const base = {
      text: '2026-11-22T08:35:30.384 UTC',
      localMs: Date.UTC(2026, 10, 22, 8, 35, 30, 384),
      zone: 'UTC',
      year: 2_026,
    };
    expect(parseClock(`${base.text}\nyes\n`).value).toEqual({ ...base, mark: '' });
    expect(parseClock(`${base.text}\nno\n`).value).toEqual({ ...base, mark: '.' });
    expect(parseClock(base.text).value).toEqual({ ...base, mark: '.' });
    expect(parseClock('2026-13-22T08:35:30.384 UTC').value).toBeNull();
    expect(texts(parseClock('Sun Nov 22 08:35:30 UTC 2026').unread)).toHaveLength(1);
  });

  test('the CPU, with and without pressure', () => {
    expect(parseCpu(fixture('load'))).toEqual({
      value: { fiveSeconds: 13, interrupt: 0, oneMinute: 13, fiveMinutes: 40 },
      unread: [],
    });
    expect(
      parseCpu('1.00 0.58 0.59 1/389 12345\ncat: /proc/pressure/cpu: No such file or directory\n2\n').value?.fiveSeconds,
    ).toBe(50);
    expect(parseCpu('2\n').value).toBeNull();
  });

  test('memory', () => {
    expect(parseMemory('MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n').value).toBe(75);
    expect(parseMemory('').value).toBeNull();
  });
});

describe('the grammar', () => {
  test('it is on the shelf, and what it plans may be sent', () => {
    expect(platformNamed('linux-strongswan')).toBe(linuxStrongswan);
    for (const round of ['first', 'stop', 'late'] as const)
      for (const { command } of capturePlan(round)) expect(mayBeSent(linuxStrongswan, command), command).toBe(true);
  });

  test.each([
    'ip -s xfrm state list',
    'sudo -n /usr/sbin/ip -s xfrm state list',
    'sudo -n /usr/sbin/ip xfrm state',
    `${lines.LIST_SAS}; reboot`,
    ` ${lines.LIST_SAS}`,
    'sudo -n /usr/sbin/swanctl --terminate --ike peer',
    'sudo -n /usr/sbin/swanctl --rekey --child net',
    'sudo -n /usr/sbin/swanctl --list-certs --pem',
    lines.DEBUGS_ON.replace('on.levels', '/tmp/mine'),
    'cat /etc/swanctl/swanctl.conf',
    'show crypto ipsec sa',
    'undebug all',
    '',
  ])('not %s', (line) => {
    expect(mayBeSent(linuxStrongswan, line)).toBe(false);
    expect(mayBeSent(linuxStrongswan, line, true)).toBe(false);
  });

  test('keys are never asked for', () => {
    const asked = capturePlan('first').map(({ command }) => command);
    expect(asked.filter((command) => command.includes('xfrm state'))).toEqual(['sudo -n /usr/sbin/ip -s xfrm state list nokeys']);
  });

  test('only the stop may interrupt', () => {
    const stops = linuxStrongswan.definition.grammar.filter((line) => line.stops === true);
    expect(stops.map((line) => line.pattern.test(lines.DEBUGS_OFF))).toEqual([true]);
  });
});

describe('the prompt of a shell', () => {
  const { firstPrompt, modes } = linuxStrongswan.definition;
  test.each(['spitrap@hub1:~$ ', '[spitrap@hub1 ~]$ ', 'bash-5.2$ ', 'hub1# ', 'root@hub1:/etc/swanctl# '])('%s', (prompt) => {
    const host = firstPrompt.exec(prompt)?.groups?.['host'];
    expect(host).toBeDefined();
    expect(modes.enable.prompt(host!).test(prompt)).toBe(true);
    expect(modes.config.prompt(host!).test(prompt)).toBe(false);
  });
  test.each(['Last login: Sun Nov 22', '> ', '$(x) ', 'a; b$ '])('not %s', (text) => {
    expect(firstPrompt.test(text)).toBe(false);
  });
});

test('what the change board reads: all for every peer, nothing of what there is not', () => {
  const arming = { conditions: [], debugs: ['isakmp'], deadManS: null } as const;
  const listed = commandsFor(linuxStrongswan, {
    peers: ['198.51.100.2'],
    maxUnscopedSas: 200,
    terminalMonitor: true,
    spiWatch: true,
    arming,
  });
  expect(listed.find(({ command }) => command === lines.DEBUGS_ON)?.purpose).toBe('arming: debugs, for every peer');
  expect(listed.filter(({ purpose }) => /condition|dead-man|advise/i.test(purpose))).toEqual([]);
  expect(listed.filter(({ purpose }) => purpose.startsWith('source spi-watch')).map(({ command }) => command)).toEqual([
    lines.SPI_SETS,
    lines.LIST_SAS,
    lines.XFRM_STATE,
  ]);
});
