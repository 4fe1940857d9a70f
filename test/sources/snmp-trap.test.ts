/** Notifications of the device itself: syslog as traps in every version, IPsec traps, who is refused, and hostile packets. */
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../agent/net/engine.ts';
import type { SnmpCredentials } from '../../agent/net/signalling.ts';
import type { Endpoint, World } from '../../agent/ports.ts';
import { sourceKinds } from '../../agent/sources/index.ts';
import { type SnmpTrapConfig, snmpTrap } from '../../agent/sources/snmp-trap.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { CLOG_MESSAGE_GENERATED } from '../../shared/wire/clog-trap.ts';
import { notificationVarbinds } from '../../shared/wire/event-manager.ts';
import { encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, Varbind } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, type V3Outgoing } from '../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../shared/wire/usm.ts';
import { clogVarbinds } from '../support/clog-varbinds.ts';
import { Dice } from '../support/dice.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { community, communityV1, v3 } from '../support/snmp-peers.ts';

const us: Endpoint = { address: '10.0.0.1', port: 162 };
const device: Endpoint = { address: '192.0.2.1', port: 50_000 };
const DEVICE_ENGINE = Buffer.from('800000090300112233445566', 'hex');
const keys = new UserKeys(v3());
const LINE = '<188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: ';

async function watching(snmp: SnmpCredentials = community, more: Partial<SnmpTrapConfig> = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const seen: Observation[] = [];
  const world = {
    clock,
    disk: new FakeDisk(),
    random: seededRandom(),
    datagrams: network.host(us.address),
  } as unknown as World;
  const engine = await openEngine('/data', null, world);
  const config: SnmpTrapConfig = {
    kind: 'snmp-trap',
    name: 'traps',
    listen: us,
    from: [parseRange('192.0.2.1')!],
    snmp,
    engineId: DEVICE_ENGINE.toString('hex'),
    opens: [],
    ...more,
  };
  const source = await snmpTrap.open('traps', config, { world, emit: (o) => void seen.push(o), device: null, engine });
  const send = async (bytes: Buffer, from: Endpoint = device): Promise<void> => {
    network.inject({ bytes, from, to: us });
    await settle();
  };
  const lines = () => seen.flatMap((o) => (o.kind === 'lines' ? [o.bytes.toString('latin1')] : []));
  const refusals = () => seen.flatMap((o) => (o.kind === 'refusal' ? [o.reason] : []));
  return { seen, network, engine, source, send, lines, refusals };
}

let requestId = 1;
const pdu = (type: Pdu['type'], trapOid: string, objects: readonly Varbind[]): Pdu => ({
  type,
  requestId: requestId++,
  errorStatus: 0,
  errorIndex: 0,
  varbinds: notificationVarbinds(1_234, trapOid, objects),
});
const v2c = (type: Pdu['type'], trapOid: string, objects: readonly Varbind[], text = 'public'): Buffer =>
  encodeCommunityMessage({ version: '2c', community: Buffer.from(text), pdu: pdu(type, trapOid, objects) });
const clog = (objects = clogVarbinds({})): Buffer => v2c('trap', CLOG_MESSAGE_GENERATED, objects);
const inV3 = (type: 'trap' | 'inform', engineId: Buffer, more: Partial<V3Outgoing> = {}): Buffer =>
  encodeV3Message({
    msgId: 7,
    reportable: type === 'inform',
    engineId,
    stamp: { boots: 1, timeS: 1 },
    user: Buffer.from(v3().user),
    level: 'authPriv',
    keys: keys.forEngine(engineId),
    salt: Buffer.alloc(8, 3),
    scoped: { contextEngineId: engineId, contextName: Buffer.alloc(0), pdu: pdu(type, CLOG_MESSAGE_GENERATED, clogVarbinds({})) },
    ...more,
  });

test('it stands on the shelf under its own name', () => {
  expect(sourceKinds['snmp-trap']).toBe(snmpTrap);
});

describe('syslog as traps', () => {
  test('v2c, trap and inform: the line; the inform is answered; a community can be spoofed', async () => {
    const w = await watching();
    await w.send(clog());
    await w.send(v2c('inform', CLOG_MESSAGE_GENERATED, clogVarbinds({ index: 2 })));
    expect(w.lines()[0]).toMatch(/^<188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: .*srcaddr=11\.1\.1\.3\n$/);
    expect(w.lines()).toHaveLength(2);
    expect(w.network.packets).toHaveLength(1);
    expect(w.seen.find((o) => o.kind === 'lines')).toMatchObject({ trust: 'spoofable', from: '192.0.2.1', backlog: false });
  });
  test('v1', async () => {
    const w = await watching(communityV1);
    await w.send(
      encodeCommunityMessage({
        version: '1',
        community: Buffer.from('public'),
        pdu: {
          type: 'trap-v1',
          enterprise: '1.3.6.1.4.1.9.9.41.2',
          agentAddress: '203.0.113.9',
          genericTrap: 6,
          specificTrap: 1,
          timeStamp: 5,
          varbinds: clogVarbinds({}),
        },
      }),
    );
    expect(w.lines()[0]).toContain(LINE);
    // The agent-addr is anybody's claim.
    expect(w.seen.find((o) => o.kind === 'lines')).toMatchObject({ from: '192.0.2.1', trust: 'spoofable' });
  });
  test('v3, trap and inform: as if over a connection', async () => {
    const w = await watching(v3());
    await w.send(inV3('trap', DEVICE_ENGINE));
    await w.send(inV3('inform', w.engine.id, { stamp: w.engine.stamp() }));
    expect(w.lines()).toHaveLength(2);
    expect(w.seen.flatMap((o) => (o.kind === 'lines' ? [o.trust] : []))).toEqual(['connected', 'connected']);
    expect(w.network.packets).toHaveLength(1);
  });
  test.each<[string, SnmpCredentials, Buffer, Endpoint, string]>([
    ['a stranger', community, clog(), { address: '203.0.113.9', port: 1 }, 'snmp-source-address'],
    ['another community', community, v2c('trap', CLOG_MESSAGE_GENERATED, clogVarbinds({}), 'guessed'), device, 'snmp-community'],
    ['a version below', v3(), clog(), device, 'snmp-version'],
    ['another user', v3(), inV3('trap', DEVICE_ENGINE, { user: Buffer.from('nobody') }), device, 'snmp-user'],
    [
      'another key',
      v3(),
      inV3('trap', DEVICE_ENGINE, { keys: new UserKeys(v3('sha1')).forEngine(DEVICE_ENGINE) }),
      device,
      'snmp-hmac',
    ],
    ['a get', community, v2c('get', CLOG_MESSAGE_GENERATED, []), device, 'snmp-notification-type'],
    ['no message', community, v2c('trap', CLOG_MESSAGE_GENERATED, clogVarbinds({}).slice(0, 2)), device, 'message-malformed'],
    ['another notification', community, v2c('trap', '1.3.6.1.6.3.1.1.5.3', []), device, 'not-a-message'],
  ])('%s is refused and counted', async (_name, snmp, bytes, from, reason) => {
    const w = await watching(snmp);
    await w.send(bytes, from);
    expect(w.refusals()).toEqual([reason]);
    expect(w.lines()).toEqual([]);
  });
});

describe('cut at 254 octets', () => {
  const cut = (head: string): string => `${head.padEnd(254, 'x')}*`;
  const WHOLE = "decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669)";
  test('the interface alone lost: the line without it is judged, the line as it came is kept', async () => {
    const w = await watching();
    await w.send(clog(clogVarbinds({ text: cut(`${WHOLE}, srcaddr=11.1.1.3, input interface=Tun`) })));
    const [line] = w.seen.filter((o) => o.kind === 'lines');
    expect(line!.bytes.toString()).toBe(`<188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: ${WHOLE}, srcaddr=11.1.1.3\n`);
    expect(line!.asCame!.toString()).toContain('*\n');
  });
  test('the srcaddr lost, or perhaps shorter than it was: it is said so, and no line is made of it', async () => {
    const w = await watching();
    await w.send(clog(clogVarbinds({ text: cut(WHOLE) })));
    const filler = ' '.repeat(254 - WHOLE.length - ', srcaddr=11.1.1.1'.length);
    await w.send(clog(clogVarbinds({ text: `${WHOLE}${filler}, srcaddr=11.1.1.1*`, index: 2 })));
    expect(w.lines()).toEqual([]);
    const cuts = w.seen.flatMap((o) => (o.kind === 'cut-message' ? [o] : []));
    expect(cuts.map(({ spi }) => spi)).toEqual([null, '0x68842105']);
    expect(cuts[1]!.whole).not.toContain('srcaddr');
  });
  test('of another message a cut is a cut', async () => {
    const w = await watching();
    await w.send(clog(clogVarbinds({ facility: 'SYS', name: 'CONFIG_I', severity: 6, text: cut('Configured from ') })));
    expect(w.lines()[0]).toMatch(/^<189>1: %SYS-5-CONFIG_I: Configured from x+\*\n$/);
  });
});

describe('IPsec traps', () => {
  const BAD_SA = '1.3.6.1.4.1.9.9.432.0.5';
  const spi: Varbind = { oid: '1.3.6.1.4.1.9.9.432.1.1.1.0', value: { type: 'unsigned32', value: 0xb761863e } };
  test('each is a symptom; which of them open an incident is configured', async () => {
    const w = await watching(community, { opens: ['bad-sa'] });
    await w.send(v2c('trap', BAD_SA, [spi]));
    await w.send(v2c('trap', '1.3.6.1.4.1.9.9.171.2.0.13', []));
    const symptoms = w.seen.flatMap((o) => (o.kind === 'symptom' ? [[o.cause, o.opens, o.detail]] : []));
    expect(symptoms).toEqual([
      ['bad-sa', true, 'ciscoEnhIpsecFlowBadSa, SPI 0xb761863e'],
      ['no-sa', false, 'cipSecNoSa'],
    ]);
  });
});

test('30,000 mutated packets: nothing throws, nothing is believed but what is whole, everything else is counted', async () => {
  const w = await watching();
  const dice = new Dice(17);
  const seeds = [
    clog(),
    v2c('inform', CLOG_MESSAGE_GENERATED, clogVarbinds({ index: 9 })),
    v2c('trap', '1.3.6.1.4.1.9.9.432.0.5', []),
  ];
  for (let n = 0; n < 30_000; n++) {
    const bytes = Buffer.from(dice.pick(seeds));
    for (let hit = dice.upTo(3); hit >= 0; hit--) bytes[dice.upTo(bytes.length - 1)] = dice.upTo(255);
    const cut = dice.percent() < 10 ? bytes.subarray(0, dice.upTo(bytes.length)) : bytes;
    w.network.inject({ bytes: cut, from: device, to: us });
    if (n % 500 === 0) await settle(1);
  }
  await settle();
  const about = w.seen.filter((o) => o.kind !== 'source-state');
  expect(about).toHaveLength(30_000);
  expect(w.refusals().length).toBeGreaterThan(10_000);
  for (const line of w.lines()) expect(line).toMatch(/^<\d{3}>(?:\d{1,10}: )?%[A-Za-z][\w-]*-[0-7]-[\w-]+\*?: [^\n\r\0]*\n$/);
});
