/** Lines of a device's log as events: each message and debug of facts.md §2 and §6 in the spelling of real devices, wrapped, glued, spliced, and spoofed. */
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogEvent, LogEventKind } from '../../shared/model/evidence.ts';
import { readLogEvents } from '../../shared/platforms/cisco/log-events/log-events.ts';

const read = (text: string): LogEvent[] => readLogEvents(text.split('\n'));

describe('system messages', () => {
  test.each<[line: string, kind: LogEventKind, found: Partial<LogEvent>]>([
    [
      "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=61.128.1.1, prot=50, spi=0x3EA71AED(1051138797), srcaddr=103.1.1.1, input interface=GigabitEthernet1",
      'invalid-spi',
      {
        src: '103.1.1.1',
        dst: '61.128.1.1',
        peer: '103.1.1.1',
        spis: [0x3ea71aed],
        detail: { interface: 'GigabitEthernet1', prot: '50' },
      },
    ],
    [
      "%CRYPTO-4-RECV_PKT_INV_SPI: decaps rec'd IPSEC packet has invalid spi for destaddr= 2001:DB8::7 , prot=50, spi=0x24C58DD(38557917), srcaddr=2001:DB8::3",
      'invalid-spi',
      { src: '2001:db8::3', dst: '2001:db8::7', spis: [0x24c58dd] },
    ],
    [
      '%CRYPTO-4-IKMP_NO_SA: IKE message from 10.10.10.10 has no SA and is not an  initialization offer',
      'ike-no-sa',
      { peer: '10.10.10.10' },
    ],
    [
      '%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 10.1.1.1   failed its sanity check or is malformed',
      'ike-bad-message',
      { peer: '10.1.1.1' },
    ],
    [
      "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /62.25.122.10, src_addr= 62.25.122.11, prot= 132",
      'not-ipsec',
      { src: '62.25.122.11', dst: '62.25.122.10', detail: { prot: '132' } },
    ],
    [
      '%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed\n        connection id=29, sequence number=219',
      'replay-error',
      { lines: 2, detail: { connection: '29', sequence: '219' } },
    ],
    [
      '%IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000000000000000000 %IPSEC-3-REPLAY_ERROR: IPSec SA receives anti-replay error, DP Handle 6, src_addr 10.1.1.1, dest_addr 10.2.2.2, SPI 0x4c1d1e90',
      'replay-error',
      { src: '10.1.1.1', dst: '10.2.2.2', spis: [0x4c1d1e90] },
    ],
    [
      '%IPSEC-3-HMAC_ERROR: IPSec SA receives HMAC error, DP Handle 7, src_addr 10.1.1.1, dest_addr 10.2.2.2, SPI 0x4c1d1e90',
      'mac-error',
      { src: '10.1.1.1', spis: [0x4c1d1e90] },
    ],
    [
      '%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=33 local=10.1.1.1 remote=10.2.2.2 spi=7D2DA5C9 seqno=00000019',
      'mac-error',
      { src: '10.2.2.2', dst: '10.1.1.1', spis: [0x7d2da5c9], detail: { connection: '33', sequence: '00000019' } },
    ],
    [
      '%CRYPTO-5-SESSION_STATUS: Crypto tunnel is UP  .  Peer 10.1.1.1:500       Id: 10.1.1.1',
      'session-up',
      { peer: '10.1.1.1', detail: { port: '500', id: '10.1.1.1' } },
    ],
    [
      '%CRYPTO-5-SESSION_STATUS: Crypto tunnel is DOWN.  Peer 2001:DB8::1:4500       f_vrf:  INET   Id: spoke.example.net',
      'session-down',
      { peer: '2001:db8::1', detail: { port: '4500', id: 'spoke.example.net' } },
    ],
    [
      '%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Quick mode failed with peer at 10.2.2.1',
      'ike-mode-failure',
      { peer: '10.2.2.1', detail: { exchange: 'quick mode' } },
    ],
    ['%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is OFF', 'isakmp-on-off', { detail: { state: 'OFF' } }],
    ['%SYS-5-RESTART: System restarted --\nCisco IOS Software, 7200 Software', 'restart', {}],
    [
      '%SYS-5-RELOAD: Reload requested by noc on vty0 (198.51.100.9). Reload Reason: Reload Command.',
      'restart',
      { detail: { user: 'noc', phase: 'requested' } },
    ],
    [
      '%SYS-5-CONFIG_I: Configured from console by noc on vty0 (10.31.0.24)',
      'configured',
      { detail: { source: 'console', user: 'noc', line: 'vty0', from: '10.31.0.24' } },
    ],
    [
      '%SYS-5-CONFIG_I: Configured from console by vty2 (10.34.195.36)',
      'configured',
      { detail: { source: 'console', user: 'vty2', from: '10.34.195.36' } },
    ],
    [
      '%PARSER-5-CFGLOG_LOGGEDCMD: User:noc  logged command:!exec: clear crypto sa peer 11.1.1.3',
      'cleared',
      { peer: '11.1.1.3', detail: { command: 'clear crypto sa peer 11.1.1.3', user: 'noc' } },
    ],
    [
      '%HSRP-5-STATECHANGE: FastEthernet0/0.100 Grp 1 state Standby -> Active',
      'ha-active',
      { detail: { interface: 'FastEthernet0/0.100', group: '1', from: 'Standby', to: 'Active' } },
    ],
    [
      '%STANDBY-6-STATECHANGE: Ethernet0/0 Group 1 state Active -> Speak',
      'ha-standby',
      { detail: { interface: 'Ethernet0/0', group: '1', from: 'Active', to: 'Speak' } },
    ],
    ['%VRRP-6-STATECHANGE: Et0/0 Grp 1 state Backup -> Master', 'ha-active', {}],
    [
      '%LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to down',
      'line-down',
      { detail: { interface: 'Tunnel0' } },
    ],
    [
      '%DUAL-5-NBRCHANGE: EIGRP-IPv4 100: Neighbor 10.0.0.3 (Tunnel0) is down: holding time expired',
      'neighbor-down',
      { peer: null, detail: { neighbor: '10.0.0.3', interface: 'Tunnel0', reason: 'holding time expired' } },
    ],
    [
      '%OSPF-5-ADJCHG: Process 1, Nbr 172.16.46.4 on GigabitEthernet2.45 from LOADING to FULL, Loading Done',
      'neighbor-up',
      { detail: { neighbor: '172.16.46.4', interface: 'GigabitEthernet2.45', reason: 'Loading Done' } },
    ],
    [
      '%BGP-5-ADJCHANGE: neighbor 10.0.0.3 Down BGP Notification sent',
      'neighbor-down',
      { detail: { neighbor: '10.0.0.3', reason: 'BGP Notification sent' } },
    ],
    [
      '%SYS-6-CLOCKUPDATE: System clock has been updated from 18:00:00 UTC Sun Mar 1 2026 to 18:22:02 UTC Thu Mar 12 2026, configured from console by vty0 (198.51.100.9).',
      'clock-changed',
      {
        detail: { from: '18:00:00 UTC Sun Mar 1 2026', to: '18:22:02 UTC Thu Mar 12 2026', by: 'console by vty0 (198.51.100.9)' },
      },
    ],
    [
      '%DMVPN-5-CRYPTO_SS: Tunnel1: local address : 10.1.1.1 remote address : 10.2.2.2 socket is DOWN',
      'session-down',
      { peer: '10.2.2.2' },
    ],
  ])('%s', (line, kind, found) => {
    for (const header of [
      '',
      '*Mar 12 18:22:10.706: ',
      '<188>989474: 000101: hub: .Mar 12 2026 18:22:10.706 UTC: ',
      'Nov 22 08:00:00 relay <189>12: hub: Mar 12 18:22:10: ',
    ]) {
      const events = read(header + line);
      expect(events, header).toHaveLength(1);
      expect(events[0], header).toMatchObject({ kind, line: 1, ...found });
      expect(events[0]!.stamp === null, header).toBe(header === '');
    }
  });

  test.each([
    '%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet1, changed state to up',
    '%HSRP-5-STATECHANGE: Ethernet0/0 Grp 1 state Init -> Listen',
    '%PARSER-5-CFGLOG_LOGGEDCMD: User:noc  logged command:interface Tunnel0',
    '%HA_EM-6-LOG: command_hub: command_hub is running because of %CRYPTO-4-RECVD_PKT_INV_SPI',
    "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=61.128.1.1, prot=50, spi=0x3EA71AED(7), srcaddr=103.1.1.1",
    '%LINK-5-CHANGED: Interface GigabitEthernet2, changed state to administratively down',
    'a line of anything at all',
  ])('none: %s', (line) => {
    expect(read(`*Mar 12 18:22:10.706: ${line}`)).toEqual([]);
  });
});

describe('debugs of IKEv1', () => {
  test.each<[line: string, kinds: LogEventKind[], found: Partial<LogEvent>]>([
    ['ISAKMP:(9577):deleting SA', ['ike-deleted'], { ike: '9577' }],
    [
      'ISAKMP:(9577):deleting SA reason "No reason" state (I) QM_IDLE       (peer 11.1.1.3)',
      ['ike-deleted'],
      { peer: '11.1.1.3', detail: { reason: 'No reason', state: 'QM_IDLE' } },
    ],
    [
      'ISAKMP:(9577):deleting SA reason "BY user command" state (I) QM_IDLE       (peer 11.1.1.3)',
      ['ike-deleted', 'cleared'],
      { peer: '11.1.1.3' },
    ],
    [
      'ISAKMP: (1003):processing DELETE payload. message ID = 1319368483',
      ['delete-received'],
      { ike: '1003', detail: { message: '1319368483' } },
    ],
    ['ISAKMP:(0:2:SW:1):processing DELETE payload. message ID = -1234', ['delete-received'], { ike: '0:2:SW:1' }],
    ['ISAKMP: (1003):Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:0xF5AC7011)', ['delete-enqueued'], { spis: [0xf5ac7011] }],
    ['ISAKMP: (1003):Delete IPSec SA by ID: spi 0x68842105', ['delete-sent'], { spis: [0x68842105] }],
    [
      'ISAKMP-ERROR: (0):ignoring request to send delete notify (no ISAKMP sa) src 61.128.1.1 dst 103.1.1.1 for SPI 0x3EA71AED',
      ['delete-not-sent'],
      { src: '61.128.1.1', dst: '103.1.1.1', peer: '103.1.1.1', spis: [0x3ea71aed], ike: null },
    ],
    [
      'ISAKMP: ignoring request to send delete notify (no ISAKMP sa) src 1.1.100.10 dst 1.1.56.6 for SPI 0x33C701EA',
      ['delete-not-sent'],
      { spis: [0x33c701ea] },
    ],
    [
      'ISAKMP-ERROR: (0):ignoring request to send delete notify (no ISAKMP sa) src 100.64.1.2 dst 61.128.1.1 for SPI 0xA6BD53Eing',
      ['delete-not-sent'],
      { spis: [] },
    ],
    ['ISAKMP: (1003):Old State = IKE_R_MM5  New State = IKE_P1_COMPLETE ', ['ike-established'], { ike: '1003' }],
    ['ISAKMP: (1003):Old State = IKE_P1_COMPLETE  New State = IKE_P1_COMPLETE ', [], {}],
    [
      'ISAKMP: (1003):beginning Quick Mode exchange, M-ID of 1025971884',
      ['rekey-started'],
      { detail: { exchange: 'quick mode', message: '1025971884', role: 'initiator' } },
    ],
    [
      'ISAKMP: (1003):Old State = IKE_QM_READY  New State = IKE_QM_SPI_STARVE',
      ['rekey-started'],
      { detail: { exchange: 'quick mode', role: 'responder' } },
    ],
    [
      'ISAKMP: (1003):Successfully installed IPSEC SA (SPI:0xF5AC7011) on GigabitEthernet1',
      ['sa-created'],
      { spis: [0xf5ac7011] },
    ],
    [
      'ISAKMP:(1003): retransmitting phase 2 QM_IDLE       1319368483 ...',
      ['retransmit'],
      { detail: { phase: '2', state: 'QM_IDLE' } },
    ],
    [
      'ISAKMP:(0): retransmitting phase 1 MM_NO_STATE...',
      ['retransmit'],
      { ike: null, detail: { phase: '1', state: 'MM_NO_STATE' } },
    ],
    ['ISAKMP:(1003):Sending NOTIFY DPD/R_U_THERE protocol 1', ['dpd-sent'], {}],
    ['ISAKMP: (1003):DPD/R_U_THERE sent to 11.1.1.3 on sequence 0x1', ['dpd-sent'], { peer: '11.1.1.3' }],
    ['ISAKMP:(1003):processing NOTIFY DPD/R_U_THERE_ACK protocol 1', ['dpd-answered'], {}],
    ['ISAKMP:(1003):Sending NOTIFY DPD/R_U_THERE_ACK protocol 1', [], {}],
    ['ISAKMP:(0:1:HW:2):peer 10.2.80.209 not responding!', ['dpd-failed'], { peer: '10.2.80.209' }],
    [
      "ISAKMP: (1003):Process initial contact,\nbring down existing phase 1 and 2 SA's with local 61.128.1.1 remote 103.1.1.1 remote port 4501",
      ['initial-contact'],
      { peer: '103.1.1.1', dst: '61.128.1.1', lines: 2, detail: { port: '4501' } },
    ],
    ['ISAKMP: (1003):Detected port floating to port = 4501', ['port-float'], { detail: { port: '4501' } }],
    ['ISAKMP: (1003):port float 500 to 4500', ['port-float'], { detail: { port: '4500' } }],
    ['ISAKMP:(1003):processing NOTIFY INVALID_SPI protocol 3', ['invalid-spi-notify-received'], {}],
  ])('%s', (line, kinds, found) => {
    for (const header of ['', '*Mar 12 18:22:10.706: ', '<191>12: hub: 000077: Mar 12 18:22:10.706 UTC: ']) {
      const events = read(header + line);
      expect(
        events.map(({ kind }) => kind),
        header,
      ).toEqual(kinds);
      for (const event of events) expect(event, header).toMatchObject(kinds.length > 1 && event.kind === 'cleared' ? {} : found);
    }
  });

  test('a connection id is known by its peer, once one of its lines names him', () => {
    const events = read(
      'ISAKMP: (1003):SA has been authenticated with 103.1.1.1\nISAKMP: (1003):processing DELETE payload. message ID = 7',
    );
    expect(events).toMatchObject([{ kind: 'delete-received', peer: '103.1.1.1', line: 2 }]);
  });

  test('the SAs of a quick mode, each with its ends, stamped once or each line', () => {
    const lines = [
      'ISAKMP: (1001):Creating IPSec SAs',
      '        inbound SA from 11.1.1.3 to 213.163.222.7 (f/i)  0/ 0',
      '        (proxy 192.168.2.0 to 192.168.1.0)',
      '        has spi 0x68842105 and conn_id 0',
      '        lifetime of 3600 seconds',
      '        outbound SA from 213.163.222.7 to 11.1.1.3 (f/i) 0/0',
      '        has spi  0xB761863E and conn_id 0',
    ];
    const wanted = [
      { kind: 'sa-created', spis: [0x68842105], src: '11.1.1.3', dst: '213.163.222.7' },
      { kind: 'sa-created', spis: [0xb761863e], src: '213.163.222.7', dst: '11.1.1.3' },
    ];
    expect(readLogEvents(lines)).toMatchObject(wanted);
    expect(readLogEvents(lines.map((line) => `*Mar 12 18:22:10.706: ${line}`))).toMatchObject(wanted);
  });
});

describe('debugs of IPsec', () => {
  const block = (what: string): string[] => [
    `IPSEC(${what}),`,
    '  (sa) sa_dest= 213.163.222.7, sa_proto= 50, ',
    '    sa_spi= 0x68842105(1753489669), ',
    '    sa_trans= esp-aes 256 esp-sha-hmac , sa_conn_id= 21',
    '    sa_lifetime(k/sec)= (4608000/3600)',
  ];

  test.each<[string, LogEventKind]>([
    ['create_sa): sa created', 'sa-created'],
    ['delete_sa): deleting SA', 'sa-deleted'],
  ])('%s: stamped once, stamped each line, or without indents', (what, kind) => {
    const lines = block(what);
    const wanted = [
      {
        kind,
        spis: [0x68842105],
        dst: '213.163.222.7',
        line: 1,
        lines: 5,
        detail: { connection: '21', lifetimeSeconds: '3600' },
      },
    ];
    expect(readLogEvents([`*Mar 12 18:22:10.706: ${lines[0]}`, ...lines.slice(1)])).toMatchObject(wanted);
    expect(readLogEvents(lines.map((line, i) => `<191>${i}: hub: *Mar 12 18:22:10.706: ${line}`))).toMatchObject(wanted);
    expect(readLogEvents(lines.map((line) => line.trim()))).toMatchObject(wanted);
    expect(readLogEvents([lines.join(' ')])).toMatchObject([{ kind, spis: [0x68842105], lines: 1 }]);
  });

  test('other messages may stand inside a block; a block that is cut names no SPI', () => {
    const [first, ...rest] = block('create_sa): sa created');
    const events = readLogEvents([
      `*Mar 12 18:22:10.706: ${first}`,
      '*Mar 12 18:22:10.707: ISAKMP:(1001):processing DELETE payload. message ID = 1',
      ...rest,
      '*Mar 12 18:22:10.708: %SYS-5-CONFIG_I: Configured from console by noc on vty0',
    ]);
    expect(events.map(({ kind, line }) => [kind, line])).toEqual([
      ['sa-created', 1],
      ['delete-received', 2],
      ['configured', 7],
    ]);
    expect(readLogEvents(block('create_sa): sa created').slice(0, 2))).toEqual([]);
  });

  test.each<[string, LogEventKind, Partial<LogEvent>]>([
    [
      'IPSEC(key_engine_delete_sas): delete SA with spi 0xD9161513 proto 50 for 103.1.1.1',
      'delete-enqueued',
      { spis: [0xd9161513], dst: '103.1.1.1' },
    ],
    [
      'IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in 1412 seconds',
      'lifetime-expired',
      { detail: { unit: 'seconds', left: '1412', phase: 'soft' } },
    ],
    [
      'IPSEC(lifetime_expiry): SA lifetime threshold reached, expiring in 4608 kilobytes',
      'lifetime-expired',
      { detail: { unit: 'kilobytes', left: '4608', phase: 'soft' } },
    ],
  ])('%s', (line, kind, found) => {
    expect(read(`*Mar 12 18:22:10.706: ${line}`)).toMatchObject([{ kind, ...found }]);
  });
});

describe('debugs of IKEv2', () => {
  const at = '*Mar 12 18:22:10.706: ';
  const packet = (way: 'Sending' | 'Received'): string =>
    way === 'Sending'
      ? `${at}IKEv2:(SESSION ID = 3,SA ID = 1):Sending Packet [To 11.1.1.3:500/From 213.163.222.7:500/VRF i0:f0] `
      : `${at}IKEv2:(SESSION ID = 3,SA ID = 1):Received Packet [From 11.1.1.3:500/To 213.163.222.7:500/VRF i0:f0] `;

  test.each<[string, LogEventKind, Partial<LogEvent>]>([
    [
      'IKEv2:(SESSION ID = 3,SA ID = 1):Processing DELETE INFO message for IPsec SA [SPI: 0xFC4ED0A4]',
      'delete-received',
      { spis: [0xfc4ed0a4], ike: '1', detail: { of: 'IPsec' } },
    ],
    [
      'IKEv2:(SA ID = 2):Sending DELETE INFO message for IPsec SA [SPI: 0xFC4ED0A4]',
      'delete-sent',
      { spis: [0xfc4ed0a4], ike: '2' },
    ],
    [
      'IKEv2:(SESSION ID = 3,SA ID = 1):Processing DELETE INFO message for IKEv2 SA [ISPI: 0xF7FFCF9CF569BFC2 RSPI: 0x1A2B3C4D5E6F7081]',
      'delete-received',
      { spis: [], detail: { of: 'IKEv2' } },
    ],
    [
      'IKEv2:(SESSION ID = 3,SA ID = 1):Session with IKE ID PAIR (11.1.1.3, 213.163.222.7) is UP',
      'ike-established',
      { peer: '11.1.1.3' },
    ],
    ['IKEv2:(SESSION ID = 3,SA ID = 1):Deleting SA', 'ike-deleted', {}],
    [
      'IKEv2:(SESSION ID = 3,SA ID = 1):Maximum number of retransmissions reached',
      'dpd-failed',
      { detail: { reason: 'retransmissions' } },
    ],
    ['IKEv2:(SESSION ID = 3,SA ID = 1):Retransmitting packet', 'retransmit', {}],
    ['IKEv2:(SESSION ID = 3,SA ID = 1):Sending DPD/liveness query', 'dpd-sent', {}],
  ])('%s', (line, kind, found) => {
    expect(read(`${packet('Sending')}\n${at}${line}`)).toMatchObject([{ kind, line: 2, ...found }]);
    expect(read(line)).toMatchObject([{ kind, ...found }]);
  });

  test('payloads stand on lines of their own: INITIAL_CONTACT of the peer counts, our own does not', () => {
    const payloads = 'Payload contents: \n VID IDi AUTH SA TSi TSr NOTIFY(INITIAL_CONTACT) NOTIFY(SET_WINDOW_SIZE) ';
    const wanted = { kind: 'initial-contact', peer: '11.1.1.3', ike: '1', detail: { exchange: 'IKE_AUTH' } };
    expect(read(`${packet('Received')}\n${payloads}`)).toMatchObject([wanted]);
    expect(read(`${packet('Received')}\n${payloads.replaceAll(/^/gm, at)}`)).toMatchObject([wanted]);
    expect(read(`${packet('Sending')}\n${payloads}`)).toEqual([]);
    const invalid = payloads.replace('INITIAL_CONTACT', 'INVALID_SPI');
    expect(read(`${packet('Sending')}\n${invalid}`)).toMatchObject([{ kind: 'invalid-spi-notify-sent' }]);
    expect(read(`${packet('Received')}\n${invalid}`)).toMatchObject([{ kind: 'invalid-spi-notify-received' }]);
  });

  test('NAT between the ends', () => {
    const line = 'IKEv2:(SESSION ID = 3,SA ID = 1):NAT detected float to init port 4501, resp port 4500';
    expect(read(`${packet('Received')}\n${at}${line}`)).toMatchObject([
      { kind: 'port-float', peer: '11.1.1.3', detail: { port: '4501' } },
    ]);
  });

  test('a rekey is of the side whose packet begins it; an answer to DPD is one only when DPD was asked', () => {
    const exchange = (what: string): string => `${at}IKEv2 ${what} `;
    expect(read([packet('Received'), exchange('CREATE_CHILD_SA Exchange REQUEST')].join('\n'))).toMatchObject([
      { kind: 'rekey-started', peer: '11.1.1.3', detail: { role: 'responder', exchange: 'CREATE_CHILD_SA' } },
    ]);
    expect(read([packet('Sending'), exchange('CREATE_CHILD_SA Exchange REQUEST')].join('\n'))).toMatchObject([
      { detail: { role: 'initiator' } },
    ]);
    const answer = [packet('Received'), exchange('INFORMATIONAL Exchange RESPONSE')];
    expect(read(answer.join('\n'))).toEqual([]);
    const asked = `${at}IKEv2:(SESSION ID = 3,SA ID = 1):Sending DPD/liveness query`;
    expect(read([asked, ...answer, ...answer].join('\n')).map(({ kind }) => kind)).toEqual(['dpd-sent', 'dpd-answered']);
  });
});

describe('lines as they come', () => {
  test('what a person typed on the console', () => {
    expect(read('HQ#clear cry sa   \nHQ#clear crypto session remote 103.1.1.1')).toMatchObject([
      { kind: 'cleared', peer: null, detail: { command: 'clear cry sa' } },
      { kind: 'cleared', peer: '103.1.1.1' },
    ]);
    expect(read('HQ#clear counters\nHQ#show crypto sa')).toEqual([]);
  });

  test('an entry of an event trace in a log', () => {
    const line =
      '*Apr  4 00:10:51.826: IPSEC-EVENT:IPSEC-DELETE-SA:  sa delete : (sa) sa_dest = 30.1.1.1, sa_proto = 50, sa_spi = 0xB820B40F(3089150991), sa_conn_id = 2021';
    expect(read(`\n${line}`)).toMatchObject([
      { kind: 'sa-deleted', spis: [0xb820b40f], dst: '30.1.1.1', line: 2, stamp: { mark: '*' } },
    ]);
  });

  test('glued messages are two, quoted ones none', () => {
    const glued =
      '<189>989470: *Feb  2 11:39:35KST: %SYS-5-CONFIG_I: Configured from console by noc on vty0<189>989471: *Feb  2 11:39:36KST: %HSRP-5-STATECHANGE: Et0/0 Grp 1 state Standby -> Active';
    expect(read(glued).map(({ kind, stamp }) => [kind, stamp?.text])).toEqual([
      ['configured', '*Feb  2 11:39:35KST'],
      ['ha-active', '*Feb  2 11:39:36KST'],
    ]);
    const quoted = [
      '*Mar 12 18:22:10.706: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: *Mar 12 18:22:10: %SYS-5-RESTART: System restarted --] [Source: 192.0.2.66]',
      '*Mar 12 18:22:10.706: ISAKMP:(1001): ID FQDN name: %SYS-5-RESTART: System restarted --',
      '*Mar 12 18:22:10.706: AAA/BIND: user ISAKMP:(1):deleting SA reason "BY user command" state (I) QM_IDLE (peer 11.1.1.3)',
    ];
    expect(readLogEvents(quoted).map(({ kind }) => kind)).toEqual([]);
  });

  test('CRLF and blank lines change nothing; the text of an event is bounded', () => {
    const text =
      '*Mar 12 18:22:10.706: %CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed\r\n\r\n        connection id=29, sequence number=219\r';
    expect(read(text)).toMatchObject([{ kind: 'replay-error', detail: { connection: '29', sequence: '219' } }]);
    const long = `%CRYPTO-4-IKMP_NO_SA: IKE message from 10.1.1.1 has no SA ${'x'.repeat(70_000)}`;
    expect(read(long)[0]!.text.length).toBeLessThanOrEqual(1_000);
  });

  test('anything at all: no throw, places in order and inside the text', () => {
    const words = fc.constantFrom(
      'ISAKMP:(1):',
      'IPSEC(create_sa): sa created,',
      '(sa) sa_dest= 10.0.0.1,',
      'sa_spi= 0x11C(284),',
      '%SYS-5-RESTART:',
      '*Mar 12 18:22:10.706: ',
      'deleting SA',
      'IKEv2:(SA ID = 1):',
      'has spi 0x1 and conn_id',
      'inbound SA from 10.0.0.1 to 10.0.0.2',
      '<189>1: ',
      '\r',
      'R1#clear cry sa',
      'bring down',
    );
    const line = fc
      .array(fc.oneof(words, fc.string({ maxLength: 12 })), { maxLength: 6 })
      .map((parts) => parts.join(' ').replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        let last = 0;
        for (const event of readLogEvents(lines)) {
          expect(event.line).toBeGreaterThanOrEqual(last);
          expect(event.line + event.lines - 1).toBeLessThanOrEqual(lines.length);
          last = event.line;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('time grows with the lines, not with their square', () => {
    const many = Array.from(
      { length: 60_000 },
      (_, i) => `*Mar 12 18:22:10.706: ISAKMP:(${i}):processing DELETE payload. message ID = ${i}`,
    );
    expect(readLogEvents(many)).toHaveLength(60_000);
    for (const piece of ['ISAKMP:(', 'sa_spi= 0x1(', '%SYS-5-RESTART: ', '<189>', 'IKEv2:(SESSION ID = ', '*Mar 12 '])
      readLogEvents(Array.from({ length: 200 }, () => piece.repeat(60_000 / piece.length)));
  }, 20_000);
});

const corpus = new URL('../../../shared/corpus/syslog/', import.meta.url);
describe.skipIf(!existsSync(corpus))('real log lines of ../shared/corpus (skipped when that folder is absent)', () => {
  const lines = (name: string): string[] => readFileSync(new URL(name, corpus), 'utf8').split('\n');

  test('the wrapped replay error and the tunnel that is no tunnel', () => {
    expect(readLogEvents(lines('pkt-replay-err-multiline.txt')).map(({ kind, detail }) => [kind, detail])).toEqual([
      ['replay-error', { connection: '29', sequence: '219' }],
    ]);
  });

  test('napalm-logs: configuration changes and neighbours, with the golden’s times', () => {
    const golden = JSON.parse(readFileSync(new URL('napalm-logs-ios.golden.json', corpus), 'utf8')) as Record<
      string,
      { message_details: { time: string; tag: string } }
    >;
    const all = lines('napalm-logs-ios.txt');
    const events = readLogEvents(all);
    expect(events.map(({ kind }) => kind)).toEqual(['neighbor-down', 'neighbor-up', 'configured', 'configured', 'configured']);
    let compared = 0;
    for (const { line, stamp } of events) {
      const theirs = golden[all[line - 1]!]?.message_details;
      if (theirs === undefined) continue;
      expect(stamp?.text).toContain(theirs.time);
      compared++;
    }
    expect(compared).toBe(5);
  });
});
