/**
 * The box's SNMP against the agent's codec (two implementations that share no code): v1 and v2c traps, informs and their answers, what is
 * dropped and why, and hostile datagrams. Its socket is box-snmp-udp.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { Prng } from '../../agent/lab/prng.ts';
import {
  type EventManagerRoot,
  headOfV1Trap,
  notificationVarbinds,
  policyEventTrapOid,
  policyEventV1,
  policyEventVarbinds,
  readNotificationHead,
  readPolicyEvent,
} from '../../shared/wire/event-manager.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, TrapV1Pdu, Varbind } from '../../shared/wire/snmp-pdu.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { boxOptions, HUB_ADDRESS } from './lab-support.ts';

const PEER = { address: '192.0.2.9', port: 40_000 };

function boxWith(lines: readonly string[], change: Partial<BoxOptions> = {}) {
  const clock = new FakeClock();
  const box = new SimulatedBox(boxOptions(clock, change));
  expect(box.configure(lines)).toEqual([]);
  const sent: { bytes: Buffer; to: string }[] = [];
  box.snmp.onSend((bytes, { address, port }) => void sent.push({ bytes: Buffer.from(bytes), to: `${address}:${port}` }));
  return { clock, box, sent };
}

const speaker = (action: string): string[] => [
  'snmp-server enable traps event-manager',
  'event manager applet speaker',
  'event timer countdown time 1',
  `action 1 snmp-trap ${action}`,
];

/** What the agent's codec makes of a datagram of the box. */
function read(bytes: Buffer) {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) throw new Error(decoded.why);
  const { message } = decoded;
  if (message.version === 3) throw new Error('version 3');
  const { pdu } = message;
  const head = pdu.type === 'trap-v1' ? headOfV1Trap(pdu) : readNotificationHead(pdu.varbinds);
  if (!head) throw new Error('no notification');
  const { upTimeTicks, trapOid } = head;
  return {
    version: message.version,
    community: message.community.toString(),
    pdu,
    upTimeTicks,
    trapOid,
    event: readPolicyEvent(trapOid, pdu.varbinds),
  };
}

async function oneOf(host: string, action: string, change?: Partial<BoxOptions>) {
  const stage = boxWith([`snmp-server host 192.0.2.9 ${host}`, ...speaker(action)], change);
  await stage.clock.advance(2_000);
  expect(stage.sent).toHaveLength(1);
  return { ...stage, to: stage.sent[0]!.to, ...read(stage.sent[0]!.bytes) };
}

describe('what the box sends, read by the agent’s codec', () => {
  test('version 1, unless told otherwise: enterprise without the zero, specific 2, nine varbinds, unset ones as noSuchInstance', async () => {
    const { version, community, pdu, event, to, box, clock } = await oneOf('public event-manager', 'intdata1 2323232 strdata ""');
    expect({ version, community, to }).toEqual({ version: '1', community: 'public', to: '192.0.2.9:162' });
    const upTimeTicks = Math.floor((clock.monotonic() - box.core.bootedMonotonic) / 10);
    expect(pdu).toMatchObject({
      type: 'trap-v1',
      enterprise: '1.3.6.1.4.1.9.10.91',
      agentAddress: HUB_ADDRESS,
      genericTrap: 6,
      specificTrap: 2,
    });
    expect(upTimeTicks - (pdu as TrapV1Pdu).timeStamp).toBeLessThanOrEqual(100);
    expect(pdu.varbinds.map(({ oid, value }) => [oid.replace('1.3.6.1.4.1.9.10.91.1.2.3.1.', ''), value.type])).toEqual([
      ['2.1', 'unsigned32'],
      ['3.1', 'unsigned32'],
      ['4.1', 'unsigned32'],
      ['5.1', 'unsigned32'],
      ['6.1', 'octets'],
      ['7.1', 'octets'],
      ['9.1', 'integer'],
      ['10.1', 'no-such-instance'],
      ['11.1', 'octets'],
    ]);
    expect(event).toEqual({ root: 91, policyPath: '', policyName: 'speaker', intData1: 2323232, intData2: null, strData: '' });
  });

  test('version 2c, to its own port', async () => {
    const { version, community, trapOid, pdu, event, to } = await oneOf(
      'version 2c second udp-port 1162',
      'intdata1 -1 intdata2 2147483647 strdata "1 stop 01ARZ"',
    );
    expect({ version, community, trapOid, to }).toEqual({
      version: '2c',
      community: 'second',
      trapOid: '1.3.6.1.4.1.9.10.91.0.2',
      to: '192.0.2.9:1162',
    });
    expect(pdu.type).toBe('trap');
    expect(event).toMatchObject({ intData1: -1, intData2: 2147483647, strData: '1 stop 01ARZ' });
  });

  test('nothing set: three noSuchInstance', async () => {
    for (const host of ['public', 'version 2c public'])
      expect((await oneOf(host, 'strdata "x"')).event).toMatchObject({ intData1: null, intData2: null, strData: 'x' });
  });

  test('under the other root', async () => {
    for (const host of ['public', 'version 2c public']) {
      const { trapOid, event } = await oneOf(host, 'intdata1 5', { eventManagerRoot: 134 });
      expect([trapOid, event?.root, event?.intData1]).toEqual(['1.3.6.1.4.1.9.10.134.0.2', 134, 5]);
    }
  });

  test.each([0, 1, 127, 128, -128, -129, 255, 256, 65_535, 65_536, 2_147_483_647, -2_147_483_648])(
    'IntData1 %d',
    async (value) => {
      expect((await oneOf('public', `intdata1 ${value}`)).event?.intData1).toBe(value);
    },
  );

  test('text of 200 characters: a length of two octets', async () => {
    const text = 'x'.repeat(200);
    expect((await oneOf('version 2c public', `strdata "${text}"`)).event?.strData).toBe(text);
  });

  test('the index counts the events', async () => {
    const { clock, box, sent } = boxWith([
      'snmp-server host 192.0.2.9 public',
      'snmp-server enable traps event-manager',
      'event manager applet speaker',
      'event syslog pattern "go"',
      'action 1 snmp-trap intdata1 1',
    ]);
    for (let i = 0; i < 2; i += 1) {
      box.core.log.message(5, 'TEST-5-GO', 'go');
      await clock.advance(100);
    }
    expect(sent.map(({ bytes }) => read(bytes).pdu.varbinds[0]!.oid)).toEqual([
      '1.3.6.1.4.1.9.10.91.1.2.3.1.2.1',
      '1.3.6.1.4.1.9.10.91.1.2.3.1.2.2',
    ]);
  });

  test('every host that wants it gets it; one of version 3 without its user is counted', async () => {
    const { box, clock, sent } = boxWith([
      'snmp-server host 192.0.2.1 public event-manager',
      'snmp-server host 192.0.2.2 version 2c public config event-manager',
      'snmp-server host 192.0.2.3 public config',
      'snmp-server host 192.0.2.4 version 3 priv pair event-manager',
      ...speaker('intdata1 1'),
    ]);
    await clock.advance(2_000);
    expect(sent.map(({ to }) => to)).toEqual(['192.0.2.1:162', '192.0.2.2:162']);
    expect(box.snmp.counters).toMatchObject({ sent: 2, unsendable: 1 });
  });
});

describe('informs', () => {
  const responseTo = (bytes: Buffer): Buffer => {
    const { pdu, community } = read(bytes);
    const response: Pdu = { ...(pdu as Pdu), type: 'response' };
    return encodeCommunityMessage({ version: '2c', community: Buffer.from(community), pdu: response });
  };

  test('sent four times, 30 s apart, then given up', async () => {
    const { box, clock, sent, pdu } = await oneOf('informs version 2c public', 'intdata1 1');
    expect(pdu.type).toBe('inform');
    await clock.advance(200_000);
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map(({ bytes }) => bytes.toString('hex'))).size).toBe(1);
    expect(box.snmp.counters).toMatchObject({ sent: 4, informsGivenUp: 1, informsAnswered: 0 });
  });

  test('over with the answer', async () => {
    const { box, clock, sent } = await oneOf('informs version 2c public', 'intdata1 1');
    await clock.advance(31_000);
    expect(sent).toHaveLength(2);
    expect(box.snmp.receive(responseTo(sent[1]!.bytes), PEER)).toBeNull();
    // Once more changes nothing.
    box.snmp.receive(responseTo(sent[1]!.bytes), PEER);
    await clock.advance(200_000);
    expect(sent).toHaveLength(2);
    expect(box.snmp.counters).toMatchObject({ informsAnswered: 1, informsGivenUp: 0 });
    expect(clock.waiting).toEqual([]);
  });

  test('a box that closes forgets them', async () => {
    const { box, clock } = await oneOf('informs version 2c public', 'intdata1 1');
    box.close();
    expect(clock.waiting).toEqual([]);
  });
});

/** The agent's stop, as agent/net/snmp-sender.ts builds it. */
function agentsStop(version: '1' | '2c', type: 'trap' | 'inform' = 'trap', value = 2323232, root: EventManagerRoot = 91): Buffer {
  const event = { policyPath: '', policyName: 'spitrap', intData1: value, intData2: 7, strData: '1 stop 01ARZ3' };
  const varbinds = policyEventVarbinds(root, 3, event);
  const community = Buffer.from('public');
  const pdu: Pdu | TrapV1Pdu =
    version === '1'
      ? { type: 'trap-v1', ...policyEventV1(root), agentAddress: '0.0.0.0', genericTrap: 6, timeStamp: 1, varbinds }
      : {
          type,
          requestId: 0x7fff_fff0,
          errorStatus: 0,
          errorIndex: 0,
          varbinds: notificationVarbinds(1, policyEventTrapOid(root), varbinds),
        };
  return encodeCommunityMessage({ version, community, pdu });
}

const listener = [
  'snmp-server manager',
  'event manager applet listener',
  'event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq src-ip-address 192.0.2.9 maxrun 35',
  'action 1 wait 1',
];

describe('what the agent sends, read by the box', () => {
  test.each([
    ['1', 'trap'],
    ['2c', 'trap'],
    ['2c', 'inform'],
  ] as const)('version %s, %s: the applet runs', (version, type) => {
    const { box } = boxWith(listener);
    const answer = box.snmp.receive(agentsStop(version, type), PEER);
    expect(box.appletRuns.map(({ cause }) => cause)).toEqual(['1.3.6.1.4.1.9.10.91.1.2.3.1.9.3 = 2323232 from 192.0.2.9']);
    if (type === 'trap') {
      expect(answer).toBeNull();
      return;
    }
    const decoded = decodeMessage(Buffer.from(answer!));
    expect(decoded).toMatchObject({
      ok: true,
      message: { version: '2c', pdu: { type: 'response', requestId: 0x7fff_fff0, errorStatus: 0 } },
    });
    const asked = decodeMessage(agentsStop('2c', 'inform'));
    const varbinds = (one: typeof asked): readonly Varbind[] => (one.ok && 'pdu' in one.message ? one.message.pdu.varbinds : []);
    expect(varbinds(decoded)).toEqual(varbinds(asked));
  });

  test('another value, another root, another source: nothing', () => {
    const { box } = boxWith(listener);
    box.snmp.receive(agentsStop('1', 'trap', 2323233), PEER);
    box.snmp.receive(agentsStop('2c', 'trap', 2323232, 134), PEER);
    box.snmp.receive(agentsStop('2c'), { address: '192.0.2.10', port: 1 });
    expect(box.appletRuns).toEqual([]);
    expect(box.snmp.counters).toMatchObject({ received: 3, malformed: 0, noManager: 0 });
  });

  test('without `snmp-server manager` an inform is not even answered', () => {
    const { box } = boxWith(listener.slice(1));
    expect(box.snmp.receive(agentsStop('2c', 'inform'), PEER)).toBeNull();
    expect(box.appletRuns).toEqual([]);
    expect(box.snmp.counters.noManager).toBe(1);
  });

  test('any varbind of any notification counts, whatever its type', () => {
    const { box } = boxWith(listener);
    const oid = '1.3.6.1.4.1.9.10.91.1.2.3.1.9.77';
    const pdu: Pdu = {
      type: 'trap',
      requestId: 1,
      errorStatus: 0,
      errorIndex: 0,
      varbinds: notificationVarbinds(1, '1.3.6.1.6.3.1.1.5.3', [
        { oid: '1.3.6.1.2.1.2.2.1.1.1', value: { type: 'integer', value: 1 } },
        { oid, value: { type: 'octets', value: Buffer.from('2323232') } },
      ]),
    };
    box.snmp.receive(encodeCommunityMessage({ version: '2c', community: Buffer.from('wrong'), pdu }), PEER);
    expect(box.appletRuns.map(({ cause }) => cause)).toEqual([`${oid} = 2323232 from 192.0.2.9`]);
  });

  test('values of every type are compared as a person would write them', () => {
    const value = (configured: string, op = 'eq'): string[] => [
      'snmp-server manager',
      'event manager applet v',
      `event snmp-notification oid 1.3.6.1.2 oid-val "${configured}" op ${op}`,
      'action 1 wait 1',
    ];
    const cases: [Varbind['value'], string, string, number][] = [
      [{ type: 'counter64', value: 18446744073709551615n }, '18446744073709551615', 'eq', 1],
      [{ type: 'unsigned32', value: 4294967295 }, '-1', 'gt', 1],
      [{ type: 'time-ticks', value: 9 }, '10', 'lt', 1],
      [{ type: 'integer', value: -5 }, '-5', 'eq', 1],
      [{ type: 'oid', value: '1.3.6.1.6.3.1.1.5.3' }, '1.3.6.1.6.3.1.1.5.3', 'eq', 1],
      [{ type: 'ip-address', value: '192.0.2.1' }, '192.0.2.1', 'eq', 1],
      [{ type: 'octets', value: Buffer.from('abc') }, 'abd', 'le', 1],
      [{ type: 'octets', value: Buffer.from('abc') }, 'abc', 'ne', 0],
      [{ type: 'null' }, '', 'eq', 0],
      [{ type: 'no-such-instance' }, '', 'ne', 0],
    ];
    for (const [sent, configured, op, runs] of cases) {
      const { box } = boxWith(value(configured, op));
      const pdu: Pdu = {
        type: 'trap',
        requestId: 1,
        errorStatus: 0,
        errorIndex: 0,
        varbinds: [{ oid: '1.3.6.1.2.9', value: sent }],
      };
      box.snmp.receive(encodeCommunityMessage({ version: '2c', community: Buffer.from('c'), pdu }), PEER);
      expect([sent.type, op, box.appletRuns.length]).toEqual([sent.type, op, runs]);
    }
  });
});

describe('hostile datagrams', () => {
  test('what is no notification of v1 or v2c is counted by its kind', () => {
    const { box } = boxWith(listener);
    const set: Pdu = { type: 'set', requestId: 1, errorStatus: 0, errorIndex: 0, varbinds: [] };
    const message = { version: '2c', community: Buffer.from('public'), pdu: set } as const;
    const versionTwo = Buffer.from('300702010204003000', 'hex');
    for (const bytes of [encodeCommunityMessage(message), versionTwo, Buffer.alloc(0), Buffer.alloc(2_000, 0x30)])
      expect(box.snmp.receive(bytes, PEER)).toBeNull();
    expect(box.snmp.counters).toMatchObject({ received: 4, otherPdu: 1, versionRefused: 1, malformed: 2 });
  });

  test('30,000 mutants of real ones: nothing throws, and each is accounted for', () => {
    const { box } = boxWith(listener);
    const seeds = [agentsStop('1'), agentsStop('2c'), agentsStop('2c', 'inform')];
    const dice = new Prng(20);
    let answered = 0;
    const rounds = 30_000;
    for (let i = 0; i < rounds; i += 1) {
      const bytes = Buffer.from(dice.pick(seeds));
      for (let flips = dice.between(1, 4); flips > 0; flips -= 1) bytes[dice.between(0, bytes.length - 1)] = dice.between(0, 255);
      const cut = dice.between(0, 3) === 0 ? bytes.subarray(0, dice.between(0, bytes.length)) : bytes;
      if (box.snmp.receive(cut, PEER)) answered += 1;
    }
    const { received, malformed, versionRefused, otherPdu, noManager } = box.snmp.counters;
    expect({ received, noManager }).toEqual({ received: rounds, noManager: 0 });
    // Some of each came through, or this tested nothing.
    for (const count of [malformed, versionRefused, otherPdu, answered]) expect(count).toBeGreaterThan(20);
    expect(malformed + versionRefused + otherPdu).toBeLessThan(rounds);
  });

  test('a length of four octets, an OID without its end, a varbind that is none', () => {
    const { box } = boxWith(listener);
    for (const hex of [
      '3084ffffffff',
      '3080',
      '30820004',
      '1f',
      '3005020101040100',
      '300f020101040170a7070201010201000201003000',
      '3018020101040170a710020101020100020100300530030601803000',
    ])
      box.snmp.receive(Buffer.from(hex, 'hex'), PEER);
    expect(box.snmp.counters).toMatchObject({ received: 7, malformed: 7 });
  });
});
