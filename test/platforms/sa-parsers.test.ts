/** The parsers of IKE SAs, sessions, sockets, SPI tables, crypto maps and QFP counters on outputs of our own (fixtures/), in all the layouts of facts.md §8. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ikev2IsUp, isakmpEnds, isakmpIsUp, isakmpSaWith } from '../../shared/model/ike.ts';
import { parseCryptoMaps } from '../../shared/platforms/cisco/crypto-map.ts';
import { parseCryptoSessions } from '../../shared/platforms/cisco/crypto-session.ts';
import { parseCryptoSockets } from '../../shared/platforms/cisco/crypto-sockets.ts';
import { parseIkev2Sas } from '../../shared/platforms/cisco/ikev2-sa.ts';
import { parseIpsecSas } from '../../shared/platforms/cisco/ipsec-sa.ts';
import { parseIsakmpSas } from '../../shared/platforms/cisco/isakmp-sa.ts';
import { parseQfpDrops } from '../../shared/platforms/cisco/qfp-drops.ts';
import { parseQfpIpsecDrops } from '../../shared/platforms/cisco/qfp-ipsec-drops.ts';
import { parseQfpIpsecSa } from '../../shared/platforms/cisco/qfp-ipsec-sa.ts';
import { parseQfpIpsecState } from '../../shared/platforms/cisco/qfp-ipsec-state.ts';
import { parseSpiLookup } from '../../shared/platforms/cisco/spi-lookup.ts';
import type { Parser } from '../../shared/platforms/platform.ts';

const sample = (name: string): string => readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');

/** What the parser makes of a sample that it must understand in full. */
function whole<T>(parse: Parser<T>, name: string): T {
  const { value, unread } = parse(sample(name));
  expect(unread).toEqual([]);
  return value;
}

describe('show crypto isakmp sa', () => {
  test('rows of both families, deleted ones beside the live one, a conn-id of 0', () => {
    const rows = whole(parseIsakmpSas, 'isakmp-sa-v6');
    expect(rows).toMatchObject([
      {
        line: 3,
        dst: '203.0.113.1',
        src: '198.51.100.7',
        state: 'QM_IDLE',
        connectionId: 1011,
        status: 'ACTIVE',
        deleted: false,
      },
      { line: 4, src: '198.51.100.7', state: 'MM_NO_STATE', connectionId: 0, deleted: true, slot: null },
      { line: 5, src: '198.51.100.9', state: 'MM_KEY_EXCH', connectionId: 1012, deleted: false },
      { line: 9, dst: '2001:db8:1::1', src: '2001:db8:7::1', state: 'QM_IDLE', connectionId: 1001, slot: 0, status: 'ACTIVE' },
      { line: 13, src: '2001:db8:8::1', state: 'MM_NO_STATE', connectionId: 0, status: 'ACTIVE', deleted: true },
    ]);
    expect(rows.map(isakmpIsUp)).toEqual([true, false, false, true, false]);
    expect(rows.map((row) => isakmpSaWith(row, '198.51.100.7'))).toEqual([true, true, false, false, false]);
    expect(isakmpEnds(rows[3]!)).toEqual(['2001:db8:1::1', '2001:db8:7::1']);
  });

  test('the slot of old releases, and the sample of the counter', () => {
    expect(whole(parseIsakmpSas, 'isakmp-sa-slot')).toMatchObject([
      { connectionId: 1003, slot: 0, status: 'ACTIVE', deleted: false, local: null, encryption: null, capabilities: null },
      { connectionId: 0, slot: 0, status: 'ACTIVE', deleted: true },
    ]);
    whole(parseIsakmpSas, 'isakmp-sa');
  });

  test('detail: agreed or not yet, VRF, engine, a row of IPv6 over five lines', () => {
    const rows = whole(parseIsakmpSas, 'isakmp-sa-detail');
    const [first, deleted, unagreed, long, six] = rows;
    expect(first).toEqual({
      line: 10,
      dst: null,
      src: null,
      local: '203.0.113.1',
      remote: '198.51.100.7',
      state: null,
      connectionId: 1011,
      slot: null,
      status: 'ACTIVE',
      deleted: false,
      vrf: 'BLUE',
      encryption: 'aes',
      hash: 'sha256',
      authentication: 'psk',
      dhGroup: 14,
      lifetimeSeconds: 85_269,
      capabilities: 'DN',
      engine: 'SW',
      engineConnectionId: 11,
    });
    expect(deleted).toMatchObject({
      deleted: true,
      authentication: 'rsig',
      dhGroup: 2,
      lifetimeSeconds: 0,
      capabilities: '',
      engine: null,
    });
    expect(unagreed).toMatchObject({ connectionId: 0, encryption: null, hash: null, dhGroup: 0, lifetimeSeconds: 0 });
    expect(long).toMatchObject({ encryption: 'aes 256', hash: 'sha', lifetimeSeconds: 93_600, capabilities: 'D', engine: null });
    expect(six).toMatchObject({
      dst: '2001:db8:1::1',
      vrf: null,
      encryption: 'aes',
      authentication: 'psk',
      dhGroup: 14,
      lifetimeSeconds: 81_900,
      capabilities: 'D',
      engineConnectionId: 1,
    });
    expect(rows.map(isakmpIsUp)).toEqual([true, false, false, true, true]);
  });

  test('the one row that a filter leaves is read without its heading', () => {
    const row = '29609 203.0.113.1     198.51.100.7            ACTIVE aes  sha    psk  16 00:01:47 D';
    expect(parseIsakmpSas(row)).toMatchObject({ value: [{ remote: '198.51.100.7', lifetimeSeconds: 107 }], unread: [] });
  });

  test('a row that is deleted by the word behind its engine', () => {
    const text =
      '1004  203.0.113.1     198.51.100.7            ACTIVE aes  sha    psk  14 0        D\n       Engine-id:Conn-id =  SW:4 (deleted)';
    expect(parseIsakmpSas(text)).toMatchObject({ value: [{ deleted: true, engine: 'SW', engineConnectionId: 4 }], unread: [] });
  });

  test('what a filter for the peer leaves of a deleted SA is not up', () => {
    const [gone, live] = parseIsakmpSas(
      '1004 203.0.113.1     198.51.100.7            ACTIVE aes  sha    psk  14 0        D\n1005 203.0.113.1     198.51.100.7            ACTIVE aes  sha    psk  14 00:00:01 D',
    ).value;
    expect([gone, live].map((sa) => isakmpIsUp(sa!))).toEqual([false, true]);
  });

  test('a VRF of a name like a state', () => {
    const row = '7 203.0.113.1 198.51.100.7 ACTIVE ACTIVE aes sha psk 16 00:01:47 D';
    expect(parseIsakmpSas(row).value).toMatchObject([{ vrf: 'ACTIVE', status: 'ACTIVE' }]);
  });

  test('rows over several lines: a value that makes no sense is named and not kept', () => {
    const text =
      ' dst: 2001:DB8:1::1\n src: 2001:DB8:7::1\n state: QM_IDLE (deleted) conn-id: x slot: 0 status: so so\n Cap: d\n';
    expect(parseIsakmpSas(text)).toMatchObject({
      value: [{ state: 'QM_IDLE', deleted: true, connectionId: 0, slot: 0, status: null, capabilities: null }],
      unread: [{ number: 3 }, { number: 4 }],
    });
  });

  test('rows that make no sense are named', () => {
    const text =
      'dst src state conn-id status\n203.0.113.999 198.51.100.7 QM_IDLE 1 ACTIVE\n7 203.0.113.1 198.51.100.7 ACTIVE aes sha psk x y\n dst: here';
    expect(parseIsakmpSas(text).unread.map(({ number }) => number)).toEqual([2, 3, 4]);
  });
});

describe('show crypto ikev2 sa', () => {
  test('detailed: every field', () => {
    const [first, second, six, negotiating] = whole(parseIkev2Sas, 'ikev2-sa-detail');
    expect(first).toEqual({
      line: 4,
      tunnelId: 7,
      local: '203.0.113.1',
      localPort: 4_500,
      remote: '198.51.100.7',
      remotePort: 4_500,
      fvrf: null,
      ivrf: 'BLUE',
      status: 'READY',
      encryption: 'AES-GCM',
      keyBits: 256,
      prf: 'SHA384',
      hash: null,
      dhGroup: 20,
      authSign: 'RSA',
      authVerify: 'PSK',
      quantumResistant: true,
      lifetimeSeconds: 86_400,
      activeSeconds: 4_006,
      ceId: 1_002,
      sessionId: 59,
      localSpi: '5D4519820D6B9F4A',
      remoteSpi: '65D3D6F7D18D5A47',
      statusDescription: 'Negotiation done',
      localId: 'hostname=hub.example.net,cn=hub',
      remoteId: 'spoke7.example.net',
      localMessages: { request: 402, next: 403, queued: 402, window: 5 },
      remoteMessages: { request: 400, next: 401, queued: 400, window: 1 },
      dpdSeconds: 10,
      dpdRetrySeconds: 2,
      fragmentation: true,
      dynamicRouteUpdate: false,
      extendedAuthentication: true,
      nat: 'outside',
      securityGroupTags: true,
      initiator: false,
      pushedAddress: '192.0.2.66',
      remoteSubnets: ['192.0.2.0 255.255.255.128', '2001:DB8:77::/48'],
      peerType: 'IOS-XE',
      quantumKey: 'Manual PPK',
    });
    expect(second).toMatchObject({
      status: 'DELETE',
      hash: 'SHA96',
      dpdSeconds: 0,
      fragmentation: false,
      nat: 'none',
      initiator: true,
    });
    expect(six).toMatchObject({
      local: '2001:db8:1::1',
      remote: '2001:db8:7::1',
      remotePort: 500,
      status: 'READY',
      activeSeconds: 31,
    });
    expect(negotiating).toMatchObject({
      local: '2001:db8:1::1',
      remote: '2001:db8:8::1',
      ivrf: null,
      status: 'IN-NEG',
      dpdSeconds: null,
    });
    expect([first, second, six, negotiating].map((sa) => ikev2IsUp(sa!))).toEqual([true, false, true, false]);
  });

  test('the sample of the counter, and nothing at all', () => {
    expect(whole(parseIkev2Sas, 'ikev2-sa')).toMatchObject([
      { status: 'READY', encryption: 'AES-CBC', activeSeconds: 60_467 },
      {
        status: 'IN-NEG',
        encryption: null,
        prf: null,
        hash: null,
        dhGroup: 0,
        authSign: null,
        authVerify: null,
        activeSeconds: 0,
      },
    ]);
    expect(parseIkev2Sas(' IPv4 Crypto IKEv2  SA\n\n IPv6 Crypto IKEv2  SA\n')).toEqual({ value: [], unread: [] });
    expect(parseIkev2Sas('There are no IKEv2 SAs')).toEqual({ value: [], unread: [] });
  });

  test('what belongs to no row, and what is not known of one, is named', () => {
    expect(parseIkev2Sas('      CE id: 0, Session-id: 22').unread).toHaveLength(1);
    const row = '7 203.0.113.1/500 198.51.100.7/500 none/none READY\nEncr: AES-CBC, keysize: 256, Colour: red\n';
    expect(parseIkev2Sas(row)).toMatchObject({ value: [{ keyBits: 256 }], unread: [{ number: 2 }] });
  });
});

describe('show crypto session', () => {
  test('peers of one interface, addresses, IPv6 on two lines', () => {
    const sessions = whole(parseCryptoSessions, 'crypto-session');
    expect(sessions).toMatchObject([
      {
        line: 3,
        interface: 'Virtual-Access2',
        username: 'branch seven',
        profile: 'prof',
        group: 'easy',
        assignedAddress: '192.0.2.4',
        status: 'UP-ACTIVE',
        statusLine: 8,
        peer: '198.51.100.7',
        peerPort: 500,
        fvrf: null,
        ikeSas: [
          { line: 10, version: null, sessionId: null, status: 'Active', capabilities: null },
          { line: 11, status: 'Inactive' },
        ],
        flows: [{ line: 12, flow: 'permit ip 0.0.0.0/0.0.0.0 host 192.0.2.4', activeSas: 2, origin: 'dynamic crypto map' }],
      },
      { line: 14, interface: 'Virtual-Access2', username: 'branch seven', status: 'UP-ACTIVE', peer: '198.51.100.8', ikeSas: [] },
      {
        interface: 'Tunnel1',
        username: null,
        peer: '2001:db8:7::1',
        systemAddress: '192.0.2.11',
        ikeSas: [
          { version: 2, sessionId: 15, local: '2001:db8:1::1', remote: '2001:db8:7::1', remotePort: 500, status: 'Active' },
        ],
        flows: [{ flow: 'permit ipv6 ::/0 ::/0', inbound: null }],
      },
    ]);
    expect(sessions).toHaveLength(3);
  });

  test('detail', () => {
    const [up, down] = whole(parseCryptoSessions, 'crypto-session-detail');
    expect(up).toEqual({
      line: 9,
      interface: 'Tunnel0',
      username: null,
      profile: 'GRE:ISAKMP',
      group: null,
      assignedAddress: null,
      uptimeSeconds: 324_000,
      uptimeResolutionSeconds: 3_600,
      status: 'UP-NO-IKE',
      statusLine: 12,
      peer: '198.51.100.7',
      peerPort: 4_500,
      fvrf: 'OUTSIDE',
      ivrf: '10',
      phase1Id: 'spoke7.example.net',
      description: 'behind the mill, 2nd floor',
      systemAddress: null,
      ikeSas: [
        {
          line: 17,
          version: 1,
          sessionId: 0,
          local: '203.0.113.1',
          localPort: 4_500,
          remote: '198.51.100.7',
          remotePort: 4_500,
          status: 'Inactive',
          capabilities: '',
          connectionId: 0,
          lifetimeSeconds: 0,
        },
        expect.objectContaining({
          sessionId: 3,
          status: 'Active',
          capabilities: 'DN',
          connectionId: 1_042,
          lifetimeSeconds: 21_003,
        }),
      ],
      flows: [
        {
          line: 22,
          flow: 'permit 47 host 203.0.113.1 host 198.51.100.7',
          activeSas: 2,
          origin: 'crypto map',
          inbound: { line: 24, packets: 449_282, dropped: 7, lifetimeKilobytes: null, lifetimeSeconds: 3_060 },
          outbound: { line: 25, packets: 772_730, dropped: 0, lifetimeKilobytes: 4_607_812, lifetimeSeconds: 3_059 },
        },
      ],
    });
    expect(down).toMatchObject({
      status: 'DOWN-NEGOTIATING',
      uptimeSeconds: null,
      phase1Id: null,
      description: null,
      fvrf: null,
      ikeSas: [],
      flows: [{ outbound: { dropped: 31 } }],
    });
  });

  test('uptimes are as exact as their last unit', () => {
    const uptime = (text: string) => {
      const [session] = parseCryptoSessions(`Interface: Tunnel0\nUptime: ${text}`).value;
      return [session!.uptimeSeconds, session!.uptimeResolutionSeconds];
    };
    expect(uptime('00:30:25')).toEqual([1_825, 1]);
    expect(uptime('7w0d')).toEqual([4_233_600, 86_400]);
    expect(uptime('1y2w')).toEqual([32_745_600, 604_800]);
    expect(parseCryptoSessions('Uptime: long').unread).toHaveLength(1);
  });

  test('lines that belong to nothing are named, a heading alone is no session', () => {
    expect(parseCryptoSessions('Crypto session current status\n\n')).toEqual({ value: [], unread: [] });
    expect(
      parseCryptoSessions('Capabilities:D connid:1 lifetime:0\nActive SAs: 2, origin: crypto map\nPeer: nobody').unread,
    ).toHaveLength(3);
  });
});

describe('show crypto sockets', () => {
  test('sockets of both families, those that listen', () => {
    expect(whole(parseCryptoSockets, 'crypto-sockets')).toEqual({
      connections: 2,
      sockets: [
        {
          line: 3,
          interface: 'Tu0',
          local: '203.0.113.1',
          remote: '198.51.100.7',
          localIdent: { address: '203.0.113.1', mask: '255.255.255.255', port: 0, protocol: 47 },
          remoteIdent: { address: '198.51.100.7', mask: '255.255.255.255', port: 0, protocol: 47 },
          trueIdents: [],
          flags: 'shared',
          profile: 'spokes',
          state: 'Open',
          client: 'TUNNEL SEC',
          clientState: 'Active',
        },
        expect.objectContaining({
          line: 10,
          local: '2001:db8:1::1',
          localIdent: { address: '2001:DB8:1::1', mask: '128', port: 0, protocol: 47 },
          trueIdents: [
            { local: '192.0.2.0/255.255.255.0/0/0', remote: '192.0.2.128/255.255.255.128/0/0' },
            { local: '::/0/0/0', remote: '::/0/0/0' },
          ],
          state: 'Closed',
          clientState: 'Idle',
        }),
      ],
      listening: [{ line: 20, client: 'TUNNEL SEC', profile: 'spokes', map: 'Tunnel0-head-0' }],
    });
    expect(parseCryptoSockets('Number of Crypto Socket connections 0')).toMatchObject({ value: { connections: 0, sockets: [] } });
    expect(parseCryptoSockets('')).toEqual({ value: { connections: null, sockets: [], listening: [] }, unread: [] });
  });
});

describe('show crypto ipsec spi-lookup', () => {
  test('rows on one line or on two; an SPI in both tables', () => {
    expect(whole(parseSpiLookup, 'spi-lookup')).toEqual({
      active: [
        {
          line: 5,
          spi: 0xb761863e,
          protocol: 'ipsec',
          local: '203.0.113.1',
          remote: '198.51.100.7',
          type: 'esp',
          handle: '40003352',
          vrf: 0,
          idb: 22,
        },
        {
          line: 6,
          spi: 0x11c,
          protocol: 'ipsec',
          local: '203.0.113.1',
          remote: '198.51.100.8',
          type: 'esp',
          handle: '4000335E',
          vrf: 4,
          idb: 23,
        },
      ],
      transient: [
        { line: 11, spi: 0xb761863e, handle: '40003352', r: 0, timeCreated: 566 },
        { line: 12, spi: 0x68842105, handle: '400033EC', r: 0, timeCreated: 316 },
      ],
    });
  });

  test('a table without rows is empty, one that is not shown is not known', () => {
    expect(parseSpiLookup('Active SPI table\n     SPI Prot Local Address            Type\n').value).toEqual({
      active: [],
      transient: null,
    });
    expect(parseSpiLookup('')).toEqual({ value: { active: null, transient: null }, unread: [] });
  });

  test('what is neither kind of row is named', () => {
    expect(parseSpiLookup('Active SPI table\n B761863E ipsec nowhere esp\n 4000335E 4 198.51.100.8 23').unread).toHaveLength(2);
  });
});

describe('show crypto map', () => {
  test('tunnel protection, its instance for a peer, a dynamic map and what points at it', () => {
    const [head, instance, template, dynamic] = whole(parseCryptoMaps, 'crypto-map');
    expect(head).toEqual({
      line: 1,
      name: 'Tunnel0-head-0',
      sequence: 65_536,
      family: 'IPv4',
      kind: 'ipsec-isakmp',
      template: false,
      profileInstance: false,
      dynamicTemplate: null,
      incomplete: false,
      peers: [],
      currentPeer: null,
      profile: 'spokes',
      ikeProfile: null,
      accessList: null,
      accessRules: [],
      accessListDynamic: null,
      lifetimeKilobytes: 4_608_000,
      lifetimeSeconds: 3_600,
      idleSeconds: null,
      dualstack: false,
      responderOnly: false,
      pfs: true,
      dhGroup: 'group14',
      mixedMode: 'Disabled',
      transformSets: [
        { name: 'TS', transforms: ['esp-256-aes', 'esp-sha-hmac'] },
        { name: 'OLD', transforms: ['esp-3des', 'esp-md5-hmac'] },
      ],
      interfaces: [],
      settings: [],
    });
    expect(instance).toMatchObject({
      profileInstance: true,
      peers: ['198.51.100.7'],
      currentPeer: '198.51.100.7',
      accessListDynamic: false,
      accessList: null,
      accessRules: ['permit gre host 203.0.113.1 host 198.51.100.7'],
      lifetimeKilobytes: null,
      lifetimeSeconds: 3_600,
      pfs: false,
      settings: ['Always create SAs'],
      interfaces: ['Tunnel0'],
    });
    expect(template).toMatchObject({
      name: 'dyn',
      sequence: 10,
      family: null,
      kind: null,
      template: true,
      ikeProfile: 'PEERS',
      idleSeconds: 600,
      transformSets: [{ name: 'TS', transforms: [] }],
    });
    expect(dynamic).toMatchObject({
      name: 'outside',
      family: null,
      dynamicTemplate: 'dyn',
      incomplete: true,
      peers: ['hub.example.net', '2001:db8:1::1'],
      accessList: '101',
      accessRules: ['permit ip 192.0.2.0 0.0.0.255 192.0.2.128 0.0.0.127'],
      settings: ['Reverse Route Injection Enabled'],
      interfaces: ['GigabitEthernet0/0/1.11', 'Dialer1'],
    });
  });

  test('none, and a name that stands in no list', () => {
    expect(parseCryptoMaps('No crypto maps found.')).toEqual({ value: [], unread: [] });
    expect(parseCryptoMaps('        Interfaces using crypto map NiStTeSt1:\n')).toEqual({ value: [], unread: [] });
    expect(parseCryptoMaps('Crypto Map "m" 1 ipsec-isakmp\n\tTunnel0\n').unread).toHaveLength(1);
    const other = 'Crypto Map "m" 1 ipsec-isakmp\n\tInterfaces using crypto map n:\n\t\tTunnel0\n';
    expect(parseCryptoMaps(other)).toMatchObject({ value: [{ interfaces: [] }], unread: [{ number: 3 }] });
  });
});

describe('QFP', () => {
  test('drops since the last clearing, and of the last minutes', () => {
    expect(whole(parseQfpDrops, 'qfp-drops')).toEqual({
      clearedAt: 'Tue Mar 10 00:00:15 2026',
      drops: [
        { line: 7, name: 'IpsecInput', packets: 64_574, octets: 11_623_320, recent: null },
        { line: 8, name: 'Ipv4NoAdj', packets: 7, octets: 296, recent: null },
      ],
    });
    expect(whole(parseQfpDrops, 'qfp-drops-history')).toMatchObject({
      clearedAt: 'never',
      drops: [{ packets: 64_574, octets: null, recent: { '1-Min': 3, '5-Min': 15, '30-Min': 90 } }],
    });
  });

  test('a filter leaves rows alone, or nothing', () => {
    expect(parseQfpDrops('IpsecInput 114 15216')).toMatchObject({
      value: { clearedAt: null, drops: [{ packets: 114 }] },
      unread: [],
    });
    expect(parseQfpDrops('')).toEqual({ value: { clearedAt: null, drops: [] }, unread: [] });
    expect(parseQfpIpsecDrops('        4  IN_US_V4_PKT_SA_NOT_FOUND_SPI      64574')).toMatchObject({
      value: [{ packets: 64_574 }],
      unread: [],
    });
  });

  test('IPsec drops by their numbers and names', () => {
    const drops = whole(parseQfpIpsecDrops, 'qfp-ipsec-drops');
    expect(drops).toHaveLength(4);
    expect(drops[1]).toEqual({ line: 5, type: 4, name: 'IN_US_V4_PKT_SA_NOT_FOUND_SPI', packets: 64_574 });
    expect(parseQfpIpsecDrops('4 IN_US lots').unread).toHaveLength(1);
  });

  test('an SA', () => {
    expect(whole(parseQfpIpsecSa, 'qfp-ipsec-sa')).toMatchObject({
      line: 3,
      saId: 17,
      spi: 0xb761863e,
      local: '203.0.113.1',
      remote: '198.51.100.7',
      flags: { src: 'IKE', valid: 'Yes', 'hard-life-expired': 'No', direction: 'Ingress' },
      fields: {
        'pal sa id': '443',
        flags: '0x2c400890 (Details below)',
        'cgid.cid.fid.rid': '0.0.0.0',
        'first intf name': 'Tunnel0',
      },
    });
    expect(parseQfpIpsecSa('')).toEqual({ value: null, unread: [] });
  });

  test('requests to the data plane', () => {
    expect(whole(parseQfpIpsecState, 'qfp-ipsec-state')).toEqual({
      line: 1,
      licenceKilobitsPerSecond: 250_000,
      messages: [
        { line: 7, type: 'Initialize', request: 1, replyOk: 1, replyError: 0 },
        { line: 8, type: 'SA Create', request: 94, replyOk: 93, replyError: 1 },
      ],
    });
    expect(parseQfpIpsecState('')).toEqual({ value: null, unread: [] });
  });
});

describe('show crypto ipsec sa of other releases', () => {
  test('12.2 and 12.4', () => {
    const { value, unread } = parseIpsecSas(sample('ipsec-sa-old'));
    expect(unread).toEqual([]);
    expect(value).toMatchObject([
      {
        cryptoMap: 'mymap',
        localAddress: '203.0.113.1',
        vrf: null,
        peer: '198.51.100.7',
        peerPort: 500,
        flags: ['origin_is_acl', 'ipsec_sa_request_sent'],
        counters: { 'pkts encaps': 0, 'send errors': 9, 'recv errors': 2 },
        pathMtu: 1_500,
        ipMtu: 1_500,
        plaintextMtu: null,
        currentOutboundSpi: 0x3d3,
        pfs: null,
        sas: [{ spi: 0x3d3, direction: 'outbound', connectionId: 2_000, flowId: '1', lifetimeSeconds: -3, cryptoMap: 'mymap' }],
      },
      { action: 'DENY', flags: [], peer: '198.51.100.8', peerPort: null, ipMtu: 1_500, ipMtuInterface: null, sas: [] },
    ]);
  });

  test('IOS XE: initiator, post-quantum exchange, days of lifetime, an SA without volume rekey', () => {
    const { value, unread } = parseIpsecSas(sample('ipsec-sa-iosxe'));
    expect(unread).toEqual([]);
    expect(value).toMatchObject([
      {
        vrf: 'BLUE',
        pfs: true,
        dhGroup: null,
        addedExchange: 'ML-KEM-1024',
        sas: [
          {
            settings: ['Transport UDP-Encaps', 'esn'],
            flowId: 'Onboard VPN:124',
            initiator: true,
            transform: 'esp-gcm 256',
            lifetimeSeconds: 94_200,
            lifetimeResolutionSeconds: 60,
            kilobyteRekey: false,
            replayDetection: true,
            replayWindow: 1_024,
          },
          { initiator: false, lifetimeSeconds: 30, lifetimeResolutionSeconds: 1 },
        ],
      },
    ]);
  });
});
