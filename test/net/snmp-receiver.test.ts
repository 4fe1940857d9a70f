import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openEngine, type SnmpEngine } from '../../agent/net/engine.ts';
import type { SnmpPeer, SnmpReceiver } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { usmStats } from '../../agent/net/usm-reports.ts';
import type { Endpoint, World } from '../../agent/ports.ts';
import { limits } from '../../shared/limits.ts';
import { berInteger, berOctets, berSequence, berTlv } from '../../shared/wire/ber.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventV1, policyEventVarbinds } from '../../shared/wire/event-manager.ts';
import { type CommunityMessage, decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, PduType, TrapV1Pdu } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, openScopedPdu, type V3Message, type V3Outgoing } from '../../shared/wire/snmp-v3-message.ts';
import { encrypt, macMatches, messageMac, UserKeys } from '../../shared/wire/usm.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { community, communityV1, Inbox, peer, v3 } from '../support/snmp-peers.ts';

const OUR_PORT = 10_162;
const us: Endpoint = { address: '10.0.0.1', port: OUR_PORT };
const spoke: Endpoint = { address: '10.0.0.2', port: 40_000 };
const router: Endpoint = { address: '10.0.0.3', port: 162 };
const old: Endpoint = { address: '10.0.0.4', port: 162 };
const SPOKE_ENGINE = Buffer.from('80007ed905aaaaaaaa', 'hex');
const keys = new UserKeys(v3());
const user = Buffer.from(v3().user);
const NOTHING = Buffer.alloc(0);

let clock: FakeClock;
let network: FakeNetwork;
let inbox: Inbox;
let engine: SnmpEngine;
let receiver: SnmpReceiver;
let requestId = 1_000;

const peers: SnmpPeer[] = [
  peer('spoke', v3(), { from: ['10.0.0.2'], engineId: SPOKE_ENGINE.toString('hex') }),
  peer('router', community, { from: ['10.0.0.3', '10.0.0.9/32'] }),
  peer('old', communityV1, { from: ['10.0.0.4'] }),
];

beforeEach(async () => {
  clock = new FakeClock();
  network = new FakeNetwork();
  inbox = new Inbox();
  const world = { clock, disk: new FakeDisk(), random: seededRandom(), datagrams: network.host(us.address) } as unknown as World;
  engine = await openEngine('/data', null, world);
  receiver = await openSnmpReceiver({ listen: us, peers, engine, world, ...inbox });
});

const eventPdu = (type: PduType, more: Partial<Pdu> = {}): Pdu => ({
  type,
  requestId: requestId++,
  errorStatus: 0,
  errorIndex: 0,
  varbinds: notificationVarbinds(
    1_234,
    policyEventTrapOid(91),
    policyEventVarbinds(91, 1, { policyPath: '', policyName: 'n', intData1: 2323232, intData2: 7, strData: 's' }),
  ),
  ...more,
});

/** An inform to us, right in everything unless changed. */
const inform = (more: Partial<V3Outgoing> = {}, pdu: Pdu = eventPdu('inform')): Buffer =>
  encodeV3Message({
    msgId: 77,
    reportable: true,
    engineId: engine.id,
    stamp: engine.stamp(),
    user,
    level: 'authPriv',
    keys: keys.forEngine(Buffer.from(more.engineId ?? engine.id)),
    salt: Buffer.alloc(8, 3),
    scoped: { contextEngineId: engine.id, contextName: NOTHING, pdu },
    ...more,
  });
const trap = (more: Partial<V3Outgoing> = {}, pdu: Pdu = eventPdu('trap')): Buffer =>
  inform({ engineId: SPOKE_ENGINE, stamp: { boots: 5, timeS: 1_000 }, reportable: false, ...more }, pdu);
const v2c = (type: PduType = 'inform', more: Partial<CommunityMessage> = {}): Buffer =>
  encodeCommunityMessage({ version: '2c', community: Buffer.from('public'), pdu: eventPdu(type), ...more });
/** As a router of `snmp-server host X public` sends it. Its agent-addr is anybody's claim. */
const v1 = (more: Partial<TrapV1Pdu> = {}, envelope: Partial<CommunityMessage> = {}): Buffer =>
  encodeCommunityMessage({
    version: '1',
    community: Buffer.from('public'),
    pdu: {
      type: 'trap-v1',
      ...policyEventV1(91),
      agentAddress: '192.0.2.99',
      genericTrap: 6,
      timeStamp: 1_234,
      varbinds: policyEventVarbinds(91, 1, {
        policyPath: '',
        policyName: 'n',
        intData1: 2323232,
        intData2: null,
        strData: null,
      }),
      ...more,
    },
    ...envelope,
  });

const send = async (bytes: Buffer, from: Endpoint = spoke): Promise<void> => {
  network.inject({ bytes, from, to: us });
  await settle();
};
const answers = (): Buffer[] => network.packets.map((packet) => packet.bytes);
const v3Answer = (index = -1): { message: V3Message; pdu: Pdu } => {
  const decoded = decodeMessage(answers().at(index)!);
  if (!decoded.ok || decoded.message.version !== 3) throw new Error('no v3 answer');
  return { message: decoded.message, pdu: openScopedPdu(decoded.message, keys.forEngine(engine.id))!.scoped.pdu };
};

describe('what is right is delivered', () => {
  test('a v3 inform, and its Response only when the application says so', async () => {
    inbox.answer = false;
    await send(inform());
    expect(inbox.notifications).toMatchObject([
      {
        peer: 'spoke',
        from: spoke,
        version: 3,
        confirmed: true,
        root: 91,
        trapOid: '1.3.6.1.4.1.9.10.91.0.2',
        intData1: 2323232,
        intData2: 7,
        strData: 's',
        policyName: 'n',
        sysUpTimeMs: 12_340,
      },
    ]);
    expect(answers()).toEqual([]);
    inbox.notifications[0]!.respond();
    inbox.notifications[0]!.respond();
    expect(network.packets).toHaveLength(1);
    expect(network.packets[0]!.to).toEqual(spoke);
    const { message, pdu } = v3Answer();
    expect(message).toMatchObject({ msgId: 77, level: 'authPriv', reportable: false, stamp: engine.stamp() });
    expect(macMatches(keys.forEngine(engine.id), message.bytes, message.mac, message.macOffset)).toBe(true);
    expect(pdu).toMatchObject({ type: 'response', requestId: requestId - 1, errorStatus: 0 });
    expect(pdu.varbinds).toHaveLength(11);
  });

  test('a v3 trap of the configured engine, without a Response', async () => {
    await send(trap());
    expect(inbox.notifications).toMatchObject([{ peer: 'spoke', confirmed: false, intData1: 2323232 }]);
    expect(answers()).toEqual([]);
  });

  test('v2c inform and trap from either address of the peer', async () => {
    await send(v2c('inform'), router);
    await send(v2c('trap'), { address: '10.0.0.9', port: 5 });
    expect(inbox.notifications).toMatchObject([
      { peer: 'router', version: '2c', confirmed: true },
      { peer: 'router', confirmed: false },
    ]);
    const decoded = decodeMessage(answers()[0]!);
    expect(decoded).toMatchObject({
      ok: true,
      message: { version: '2c', pdu: { type: 'response', requestId: requestId - 2, errorStatus: 0 } },
    });
    expect(network.packets).toHaveLength(1);
  });

  test.each([91, 134] as const)('a v1 trap under root %i, by its source address whatever its agent-addr says', async (root) => {
    const varbinds = policyEventVarbinds(root, 9, {
      policyPath: '',
      policyName: 'n',
      intData1: 2323232,
      intData2: 7,
      strData: 's',
    });
    await send(v1({ ...policyEventV1(root), agentAddress: '10.0.0.66', varbinds }), old);
    expect(inbox.notifications).toMatchObject([
      {
        peer: 'old',
        from: old,
        version: '1',
        confirmed: false,
        root,
        trapOid: `1.3.6.1.4.1.9.10.${root}.0.2`,
        intData1: 2323232,
        intData2: 7,
        strData: 's',
        sysUpTimeMs: 12_340,
      },
    ]);
    expect(answers()).toEqual([]);
  });

  test('v1 traps of equal octets are two: nothing in them tells a second event from a copy', async () => {
    const bytes = v1({ timeStamp: 0 });
    await send(bytes, old);
    await send(bytes, old);
    expect(inbox.notifications).toHaveLength(2);
    expect(inbox.reasons).toEqual([]);
  });

  test.each([
    ['a generic trap', { genericTrap: 3, specificTrap: 0 }, '1.3.6.1.6.3.1.1.5.4'],
    ['another specific trap', { specificTrap: 1 }, '1.3.6.1.4.1.9.10.91.0.1'],
    ['another enterprise', { enterprise: '1.3.6.1.4.1.9.10.92' }, '1.3.6.1.4.1.9.10.92.0.2'],
  ])('%s of v1 is no cEventMgrPolicyEvent', async (_what, change, trapOid) => {
    await send(v1(change), old);
    expect(inbox.notifications).toMatchObject([{ root: null, trapOid, intData1: null }]);
  });

  test('another notification is delivered with root null: its type is for the application to judge', async () => {
    await send(inform({}, eventPdu('inform', { varbinds: notificationVarbinds(1, '1.3.6.1.6.3.1.1.5.3', []) })));
    expect(inbox.notifications).toMatchObject([{ root: null, trapOid: '1.3.6.1.6.3.1.1.5.3', intData1: null, strData: '' }]);
  });
});

describe('what is wrong does nothing, is counted under its reason, and gets the answer that RFC 3414 has', () => {
  type Stat = keyof typeof usmStats;
  const stale = () => ({ ...engine.stamp(), timeS: engine.stamp().timeS + 151 });
  const noAuth = { level: 'noAuthNoPriv', keys: null } as const;
  test.each<[what: string, packet: () => Buffer, from: Endpoint, reason: string, report: Stat | null]>([
    ['a stranger', inform, { address: '10.0.0.66', port: 1 }, 'source-address', null],
    ['a stranger with garbage', () => Buffer.from('garbage'), { address: '10.0.0.66', port: 1 }, 'source-address', null],
    ['an empty datagram', () => NOTHING, spoke, 'malformed', null],
    ['garbage', () => Buffer.from('garbage'), spoke, 'malformed', null],
    ['v1', () => v2c('inform', { version: '1' }), router, 'version', null],
    ['version 9', () => berSequence(berInteger(9), berOctets(Buffer.from('public')), berTlv(0xa6)), router, 'version', null],
    ['v2c from a v3 peer: a downgrade', () => v2c(), spoke, 'version', null],
    ['v3 from a v2c peer', inform, router, 'version', null],
    ['v1 from a v2c peer', v1, router, 'version', null],
    ['v2c from a v1 peer', v2c, old, 'version', null],
    [
      'a stranger whose agent-addr is a peer',
      () => v1({ agentAddress: old.address }),
      { address: '10.0.0.66', port: 1 },
      'source-address',
      null,
    ],
    ['a v1 trap of another community', () => v1({}, { community: Buffer.from('publix') }), old, 'community', null],
    ['a v2c trap PDU in a v1 message', () => v2c('trap', { version: '1' }), old, 'notification-type', null],
    ['an inform in a v1 message', () => v2c('inform', { version: '1' }), old, 'notification-type', null],
    ['a v1 Get', () => v2c('get', { version: '1' }), old, 'notification-type', null],
    ['another community', () => v2c('inform', { community: Buffer.from('publix') }), router, 'community', null],
    ['a longer community', () => v2c('inform', { community: Buffer.from('public1') }), router, 'community', null],
    ['an empty community', () => v2c('inform', { community: NOTHING }), router, 'community', null],
    ['a v2c Get', () => v2c('get'), router, 'notification-type', null],
    ['a v2c Response', () => v2c('response'), router, 'notification-type', null],
    [
      'a v2c inform without snmpTrapOID',
      () => v2c('inform', { pdu: eventPdu('inform', { varbinds: [] }) }),
      router,
      'malformed',
      null,
    ],
    ['noAuth for our engine', () => inform(noAuth), spoke, 'level', 'unsupportedSecLevels'],
    ['noAuth without Report wanted', () => inform({ ...noAuth, reportable: false }), spoke, 'level', null],
    ['noAuth, empty user, our engine', () => inform({ ...noAuth, user: NOTHING }), spoke, 'level', 'unknownUserNames'],
    ['noAuth trap, empty user (taken by net-snmp)', () => trap({ ...noAuth, user: NOTHING }), spoke, 'level', null],
    ['authNoPriv of an authPriv user', () => inform({ level: 'authNoPriv' }), spoke, 'level', 'unsupportedSecLevels'],
    [
      'a foreign engine',
      () => inform({ engineId: Buffer.from('80007ed905bbbbbbbb', 'hex') }),
      spoke,
      'engine',
      'unknownEngineIDs',
    ],
    ['an unknown user', () => inform({ user: Buffer.from('nobody') }), spoke, 'user', 'unknownUserNames'],
    [
      'a wrong password',
      () => inform({ keys: new UserKeys({ ...v3(), auth: { protocol: 'sha256', key: 'something else' } }).forEngine(engine.id) }),
      spoke,
      'hmac',
      'wrongDigests',
    ],
    [
      'another auth protocol',
      () => inform({ keys: new UserKeys(v3('sha512')).forEngine(engine.id) }),
      spoke,
      'hmac',
      'wrongDigests',
    ],
    [
      'a wrong privacy password',
      () => inform({ keys: new UserKeys({ ...v3(), priv: { protocol: 'aes128', key: 'something else' } }).forEngine(engine.id) }),
      spoke,
      'decryption',
      'decryptionErrors',
    ],
    ['151 s off', () => inform({ stamp: stale() }), spoke, 'not-in-time-window', 'notInTimeWindows'],
    [
      'other boots',
      () => inform({ stamp: { boots: engine.stamp().boots + 1, timeS: 0 } }),
      spoke,
      'not-in-time-window',
      'notInTimeWindows',
    ],
    [
      'boots at their end',
      () => inform({ stamp: { boots: 0x7fff_ffff, timeS: 0 } }),
      spoke,
      'not-in-time-window',
      'notInTimeWindows',
    ],
    ["a trap in our engine's name", () => inform({}, eventPdu('trap')), spoke, 'notification-type', null],
    ["an inform in the peer's engine's name", () => trap({}, eventPdu('inform')), spoke, 'notification-type', null],
    ['a Report', () => inform({}, eventPdu('report')), spoke, 'notification-type', null],
    ['a Get for which the keys are right', () => inform({}, eventPdu('get')), spoke, 'notification-type', null],
  ])('%s', async (_what, packet, from, reason, report) => {
    await send(packet(), from);
    expect(inbox.notifications).toEqual([]);
    expect(inbox.refusals).toMatchObject([{ reason, from, at: clock.monotonic() }]);
    expect(inbox.refusals[0]!.detail).toMatch(/^[\x20-\x7e]{3,160}$/);
    expect(receiver.counters()[reason]).toBe(1);
    expect(network.packets).toHaveLength(report === null ? 0 : 1);
    if (report === null) return;
    const { message, pdu } = v3Answer();
    expect(pdu).toMatchObject({ type: 'report', varbinds: [{ oid: usmStats[report], value: { type: 'counter32', value: 1 } }] });
    expect(message).toMatchObject({ msgId: 77, reportable: false, engineId: engine.id, stamp: engine.stamp() });
    expect(message.level).toBe(report === 'notInTimeWindows' ? 'authNoPriv' : 'noAuthNoPriv');
    if (report === 'notInTimeWindows')
      expect(macMatches(keys.forEngine(engine.id), message.bytes, message.mac, message.macOffset)).toBe(true);
  });

  test('the HMAC is checked before anything is decrypted: a changed ciphertext is hmac, never decryption', async () => {
    const packet = inform();
    packet[packet.length - 1]! ^= 1;
    await send(packet);
    expect(inbox.reasons).toEqual(['hmac']);
  });

  test('discovery is no refusal: it is told our engine id, boots and time', async () => {
    await clock.advance(42_000);
    const discovery = inform(
      { engineId: NOTHING, user: NOTHING, level: 'noAuthNoPriv', keys: null, stamp: { boots: 0, timeS: 0 } },
      eventPdu('get', { requestId: 4_711, varbinds: [] }),
    );
    await send(discovery);
    expect(inbox.refusals).toEqual([]);
    expect(receiver.counters()).toMatchObject({ discoveries: 1, reportsSent: 1 });
    const { message, pdu } = v3Answer();
    expect(message).toMatchObject({
      engineId: engine.id,
      stamp: { boots: engine.stamp().boots, timeS: 42 },
      level: 'noAuthNoPriv',
    });
    expect(pdu).toMatchObject({ type: 'report', requestId: 4_711, varbinds: [{ oid: usmStats.unknownEngineIDs }] });
  });
});

describe('timeliness (RFC 3414 §3.2 (7))', () => {
  test('informs: 150 s either way is inside, also after a long time', async () => {
    await clock.advance(10_000_000);
    const { boots, timeS } = engine.stamp();
    for (const [offset, ok] of [
      [-151, false],
      [-150, true],
      [150, true],
      [151, false],
    ] as const) {
      const before = inbox.notifications.length;
      await send(inform({ stamp: { boots, timeS: timeS + offset } }));
      expect(inbox.notifications.length - before, `offset ${offset}`).toBe(ok ? 1 : 0);
    }
  });

  test('informs: once our boots are at their end nothing is timely any more', async () => {
    const disk = new FakeDisk();
    disk.put('/data/engine.json', '{"engineId":"8000000903aa","boots":2147483646}');
    const world = { clock, disk, random: seededRandom(), datagrams: network.host('10.0.0.7') } as unknown as World;
    const spent = await openEngine('/data', null, world);
    await openSnmpReceiver({ listen: us, peers, engine: spent, world, ...inbox });
    network.inject({
      bytes: inform({ engineId: spent.id, stamp: spent.stamp() }),
      from: spoke,
      to: { ...us, address: '10.0.0.7' },
    });
    await settle();
    expect([spent.stamp().boots, inbox.reasons]).toEqual([0x7fff_ffff, ['not-in-time-window']]);
  });

  test("traps: by what the sender's engine said last", async () => {
    const steps: [boots: number, timeS: number, advanceMs: number, accepted: boolean][] = [
      [5, 1_000, 0, true],
      [5, 850, 0, true],
      [5, 849, 0, false],
      [4, 5_000, 0, false],
      [5, 1_000, 149_000, true],
      [5, 1_000, 3_000, false],
      [6, 0, 0, true],
      [5, 9_999, 0, false],
      [0x7fff_ffff, 0, 0, false],
    ];
    for (const [boots, timeS, advanceMs, accepted] of steps) {
      await clock.advance(advanceMs);
      const before = inbox.notifications.length;
      await send(trap({ stamp: { boots, timeS } }));
      expect(inbox.notifications.length - before, `${boots}/${timeS}`).toBe(accepted ? 1 : 0);
    }
    expect(answers()).toEqual([]);
  });

  test('a forged trap does not move the clock that we keep for its engine', async () => {
    await send(trap());
    const forged = trap({ stamp: { boots: 99, timeS: 1 } });
    forged[forged.length - 1]! ^= 1;
    await send(forged);
    await send(trap({ stamp: { boots: 5, timeS: 1_001 } }));
    expect(inbox.reasons).toEqual(['hmac']);
    expect(inbox.notifications).toHaveLength(2);
  });
});

describe('duplicates', () => {
  test('the same trap five times is one', async () => {
    const packet = trap();
    for (let i = 0; i < 5; i++) await send(packet);
    expect(inbox.notifications).toHaveLength(1);
    expect(inbox.reasons).toEqual(Array(4).fill('duplicate'));
  });

  test('a copy of an answered inform is answered again and not delivered: a lost Response heals', async () => {
    const pdu = eventPdu('inform');
    await send(inform({}, pdu));
    await send(inform({ msgId: 78, salt: Buffer.alloc(8, 4) }, pdu));
    expect(inbox.notifications).toHaveLength(1);
    expect([v3Answer(0).message.msgId, v3Answer(1).message.msgId]).toEqual([77, 78]);
    expect(v3Answer(1).pdu).toMatchObject({ type: 'response', requestId: pdu.requestId });
  });

  test('copies that come before the application answered wait for it; the latest is answered too', async () => {
    inbox.answer = false;
    const pdu = eventPdu('inform');
    for (const msgId of [1, 2, 3]) await send(inform({ msgId }, pdu));
    expect(answers()).toEqual([]);
    inbox.notifications[0]!.respond();
    expect([v3Answer(0).message.msgId, v3Answer(1).message.msgId]).toEqual([1, 3]);
    expect(network.packets).toHaveLength(2);
  });

  test('v2c informs likewise', async () => {
    const packet = v2c();
    await send(packet, router);
    await send(packet, router);
    expect([inbox.notifications.length, inbox.reasons, network.packets.length]).toEqual([1, ['duplicate'], 2]);
  });

  test('a replay cannot come in by waiting: it is remembered until its stamp is out of the window', async () => {
    const ahead = inform({ stamp: { ...engine.stamp(), timeS: 150 } });
    await send(ahead);
    for (let waited = 0; waited < 330_000; waited += 30_000) {
      await clock.advance(30_000);
      await send(ahead);
    }
    expect(inbox.notifications).toHaveLength(1);
    expect(inbox.reasons).toContain('not-in-time-window');
  });

  test('the memory is bounded, and what was pushed out is counted', async () => {
    for (let i = 0; i < limits.snmpDuplicatesMax + 3; i++) network.inject({ bytes: v2c('trap'), from: router, to: us });
    await settle();
    expect(inbox.notifications).toHaveLength(limits.snmpDuplicatesMax + 3);
    expect(receiver.counters()['duplicatesForgotten']).toBe(3);
  });
});

describe("what crashed or fooled net-snmp's receiver (dependencies.md §2)", () => {
  const oid = Buffer.from('06032b0601', 'hex');
  const informOf = (varbind: Buffer): Buffer => berTlv(0xa6, berInteger(1), berInteger(0), berInteger(0), berSequence(varbind));
  const crashers: [string, Buffer][] = [
    ['a BIT STRING', berSequence(oid, berTlv(3, Buffer.from([0, 1])))],
    ['a truncated OCTET STRING', berSequence(oid, Buffer.from([4, 9, 1]))],
    ['an empty OID as value', berSequence(oid, Buffer.from([6, 0]))],
    ['an empty OID as name', berSequence(Buffer.from([6, 0]), Buffer.from([5, 0]))],
  ];
  test.each(crashers)('v2c inform with the right community and %s', async (_what, varbind) => {
    await send(berSequence(berInteger(1), berOctets(Buffer.from('public')), informOf(varbind)), router);
    expect([inbox.reasons, inbox.notifications, answers()]).toEqual([['malformed'], [], []]);
  });

  test.each(crashers)('v3, authentic, with %s inside the encryption', async (_what, varbind) => {
    // Encoded in place of a well-formed PDU: the same keys, the same envelope.
    const scoped = berSequence(berOctets(engine.id), berOctets(NOTHING), informOf(varbind));
    const keysHere = keys.forEngine(engine.id);
    const salt = Buffer.alloc(8, 1);
    const sealed = berOctets(encrypt(keysHere.priv!, engine.stamp(), salt, scoped));
    const security = berSequence(
      berOctets(engine.id),
      berInteger(engine.stamp().boots),
      berInteger(0),
      berOctets(user),
      berOctets(Buffer.alloc(24)),
      berOctets(salt),
    );
    const header = berSequence(berInteger(5), berInteger(1_500), berOctets(Buffer.from([7])), berInteger(3));
    const message = berSequence(berInteger(3), header, berOctets(security), sealed);
    const macOffset = message.length - sealed.length - berOctets(salt).length - 24;
    messageMac(keysHere, message, macOffset).copy(message, macOffset);
    await send(message);
    expect([inbox.reasons, inbox.notifications]).toEqual([['decryption'], []]);
  });

  test('1,000 packets of a known user under as many engine ids derive no key at all', async () => {
    const packets = Array.from({ length: 1_000 }, (_, i) => inform({ engineId: Buffer.from([0x80, 0, 0, 9, i >> 8, i & 0xff]) }));
    const derived = vi.spyOn(UserKeys.prototype, 'forEngine');
    for (const bytes of packets) network.inject({ bytes, from: spoke, to: us });
    await settle();
    expect(derived).not.toHaveBeenCalled();
    expect(receiver.counters()).toMatchObject({ engine: 1_000, accepted: 0 });
    derived.mockRestore();
  });
});

describe('floods and closing', () => {
  test('Reports are bounded per address and kind, and the budget comes back', async () => {
    for (let i = 0; i < 500; i++) network.inject({ bytes: inform({ user: Buffer.from(`u${i}`) }), from: spoke, to: us });
    await settle();
    expect(network.packets).toHaveLength(limits.snmpReportsPerSecondMax);
    expect(receiver.counters()).toMatchObject({ user: 500, reportsSuppressed: 500 - limits.snmpReportsPerSecondMax });
    // The peer that must resynchronise is not starved by that flood.
    await send(inform({ stamp: { boots: 1, timeS: 0 } }));
    expect(v3Answer().pdu.varbinds[0]!.oid).toBe(usmStats.notInTimeWindows);
    await clock.advance(1_000);
    await send(inform({ user: Buffer.from('late') }));
    expect(v3Answer().pdu.varbinds[0]!.oid).toBe(usmStats.unknownUserNames);
  });

  test('a flood of foreign engine ids keeps nobody from finding ours: a peer that was restarted has a budget of its own', async () => {
    const strange = (i: number) => Buffer.concat([Buffer.from('80007ed905', 'hex'), Buffer.from(String(i).padStart(8, '0'))]);
    for (let i = 0; i < 500; i++) network.inject({ bytes: inform({ engineId: strange(i) }), from: spoke, to: us });
    await settle();
    expect(receiver.counters()).toMatchObject({ engine: 500, reportsSuppressed: 500 - limits.snmpReportsPerSecondMax });
    const before = network.packets.length;
    const nothing = Buffer.alloc(0);
    await send(inform({ engineId: nothing, user: nothing, level: 'noAuthNoPriv', keys: null }));
    expect([network.packets.length - before, receiver.counters()['discoveries']]).toEqual([1, 1]);
  });

  test('after close nothing is delivered and nothing is answered', async () => {
    inbox.answer = false;
    await send(inform());
    await receiver.close();
    inbox.notifications[0]!.respond();
    await send(inform());
    expect([inbox.notifications.length, network.packets.length]).toEqual([1, 0]);
  });

  test('20,000 mutated packets: none throws, none is delivered over v3, memory of keys stays bounded', async () => {
    const random = seededRandom(42);
    const seeds = [
      inform(),
      trap(),
      v2c('inform'),
      v2c('trap'),
      inform({ engineId: NOTHING, user: NOTHING, level: 'noAuthNoPriv', keys: null }),
    ];
    const originals = new Set(seeds.map((seed) => seed.toString('hex')));
    for (let i = 0; i < 20_000; i++) {
      const packet = Buffer.from(seeds[i % seeds.length]!);
      const changes = 1 + Math.floor(random.uniform() * 4);
      for (let c = 0; c < changes; c++) packet[Math.floor(random.uniform() * packet.length)] = random.bytes(1)[0]!;
      if (originals.has(packet.toString('hex'))) continue;
      const cut = random.uniform() < 0.2 ? packet.subarray(0, Math.floor(random.uniform() * packet.length)) : packet;
      network.inject({ bytes: cut, from: i % 5 === 2 || i % 5 === 3 ? router : spoke, to: us });
      if (i % 1_000 === 0) await settle();
    }
    await settle();
    expect(inbox.notifications.filter((notification) => notification.version === 3)).toEqual([]);
    expect(inbox.refusals.length).toBeGreaterThan(10_000);
    for (const refusal of inbox.refusals) expect(refusal.detail).toMatch(/^[\x20-\x7e]{3,160}$/);
    await send(inform());
    expect(inbox.notifications.at(-1)).toMatchObject({ version: 3, peer: 'spoke' });
  });
});

describe('peers that cannot be', () => {
  const world = () => ({ clock, datagrams: network.host('10.0.0.8') }) as unknown as World;
  test.each<[string, SnmpPeer, RegExp]>([
    ['a range that is none', peer('p', community, { from: ['10.0.0.0/33'] }), /peer "p": from "10.0.0.0\/33"/],
    ['a short password', peer('p', { ...v3(), auth: { protocol: 'sha256', key: 'secret7' } }), /snmp.auth.key is shorter than 8/],
    [
      'a short privacy password',
      peer('p', { ...v3(), priv: { protocol: 'aes128', key: '' } }),
      /snmp.priv.key is shorter than 8/,
    ],
    ['no user', peer('p', v3('sha256', 'aes128', '')), /snmp.user of 0 octets/],
    ['an engine id that is none', peer('p', v3(), { engineId: '80' }), /engineId/],
  ])('%s', async (_what, wrong, message) => {
    const opening = openSnmpReceiver({ listen: us, peers: [wrong], engine, world: world(), ...inbox });
    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    await opening.catch((error: Error) => expect(error.message).not.toMatch(/secret7/));
  });
});
