/**
 * SNMP as strangers send it: the codec alone, the codec behind a good MAC (what an authenticated peer may do), the whole receiver, and the
 * whole sender under forged answers. The last two are the agent's own, on a network of one call.
 */
import { openEngine } from '../../agent/net/engine.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { Endpoint, World } from '../../agent/ports.ts';
import { hear } from '../../agent/sources/peer-signal.ts';
import { BerReader, berInteger, berOctets, berSequence } from '../../shared/wire/ber.ts';
import { CLOG_MESSAGE_GENERATED, clogLine, readClogMessage } from '../../shared/wire/clog-trap.ts';
import {
  notificationVarbinds,
  policyEventTrapOid,
  policyEventVarbinds,
  readHead,
  readPolicyEvent,
} from '../../shared/wire/event-manager.ts';
import { decodeSignalText, defaultValues } from '../../shared/wire/signal.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import { encodePdu, type Pdu, readPdu, type Varbind } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, openScopedPdu, type V3Outgoing } from '../../shared/wire/snmp-v3-message.ts';
import { encrypt, macMatches, messageMac, UserKeys } from '../../shared/wire/usm.ts';
import { clogVarbinds } from '../support/clog-varbinds.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { community, Inbox, peer, stop, v3 } from '../support/snmp-peers.ts';
import { mutateBer } from './mutate-ber.ts';
import { mutateText } from './mutate-text.ts';
import type { Target } from './target.ts';

const ID = '01JD00000000000000000000AA';
const us: Endpoint = { address: '10.0.0.1', port: 10_162 };
const hub: Endpoint = { address: '10.0.0.2', port: 40_000 };
const router: Endpoint = { address: '10.0.0.3', port: 162 };
const HUB_ENGINE = Buffer.from('80007ed905aaaaaaaa', 'hex');
const NOTHING = Buffer.alloc(0);
const keys = new UserKeys(v3());
const user = Buffer.from(v3().user);

const texts = [
  '',
  `1 stop ${ID}`,
  `1 alert ${ID} spi=0x68842105 src=11.1.1.3 dst=213.163.222.7 t=12`,
  `1 done ${ID} off=verified cap=4/4 spi=outbound`,
  '1 hello - ver=0.1.0 role=hub mode=act armed=yes cfg=0123abcd org=1 rx=2 t=3',
  'Pings receiver test',
];
const phases = [
  defaultValues.stop,
  defaultValues.stop,
  defaultValues.alert,
  defaultValues.done,
  defaultValues.hello,
  defaultValues.stop,
];

const event = (strData: string, intData1: number): Varbind[] =>
  notificationVarbinds(
    1_234,
    policyEventTrapOid(91),
    policyEventVarbinds(91, 1, { policyPath: 'p', policyName: 'n', intData1, intData2: 17_950, strData }),
  );
const bodies: Varbind[][] = [
  ...texts.map((text, i) => event(text, phases[i]!)),
  notificationVarbinds(1_234, CLOG_MESSAGE_GENERATED, clogVarbinds({})),
];
const pdu = (varbinds: readonly Varbind[], type: Pdu['type'] = 'inform'): Pdu => ({
  type,
  requestId: 7,
  errorStatus: 0,
  errorIndex: 0,
  varbinds,
});
const v1Trap = encodeCommunityMessage({
  version: '1',
  community: Buffer.from('public'),
  pdu: {
    type: 'trap-v1',
    enterprise: '1.3.6.1.4.1.9.10.91',
    agentAddress: '192.0.2.9',
    genericTrap: 6,
    specificTrap: 2,
    timeStamp: 1_234,
    varbinds: bodies[1]!.slice(2),
  },
});

export async function snmpTargets(): Promise<Target[]> {
  const community2c = bodies.flatMap((varbinds) =>
    (['inform', 'trap'] as const).map((type) =>
      encodeCommunityMessage({ version: '2c', community: Buffer.from('public'), pdu: pdu(varbinds, type) }),
    ),
  );
  const receiving = await receiver();
  const sending = await sender();
  const messages = [...community2c, v1Trap, ...receiving.seeds];
  const network = { kind: 'network', mutate: mutateBer } as const;
  return [
    { ...network, name: 'ber', seeds: messages, run: readAnyBer },
    { ...network, name: 'snmp-message', seeds: messages, run: readMessage },
    { ...network, name: 'snmp-receiver', seeds: messages, run: receiving.run },
    {
      ...network,
      name: 'snmp-receiver-authentic',
      seeds: bodies.map((varbinds) => berSequence(berOctets(NOTHING), berOctets(NOTHING), encodePdu(pdu(varbinds)))),
      run: (scoped) => receiving.run(receiving.authentic(scoped)),
    },
    { ...network, name: 'snmp-sender-answers', seeds: sending.seeds, run: sending.run },
    { ...network, name: 'event-manager-varbinds', seeds: bodies.map((varbinds) => encodePdu(pdu(varbinds))), run: readVarbinds },
    { ...network, name: 'strdata', mutate: mutateText, seeds: texts.map((text) => Buffer.from(text)), run: readStrData },
  ];
}

/** The reader by itself, down every branch that there is. */
function readAnyBer(bytes: Buffer): void {
  const reader = new BerReader(bytes);
  const outer = reader.enter(0x30);
  reader.integer();
  reader.octets();
  while (reader.more && reader.fault === null) if (readPdu(reader) === null) break;
  reader.leave(outer);
}

function readMessage(bytes: Buffer): void {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) printableWord(decoded.why);
  if (!decoded.ok || decoded.message.version !== 3) return;
  macMatches(keys.forEngine(HUB_ENGINE), decoded.message.bytes, decoded.message.mac, decoded.message.macOffset);
  openScopedPdu(decoded.message, decoded.message.level === 'noAuthNoPriv' ? null : keys.forEngine(HUB_ENGINE));
}

function readVarbinds(bytes: Buffer): void {
  const read = readPdu(new BerReader(bytes));
  if (read === null) return;
  readHead(read);
  for (const root of [91, 134] as const) readPolicyEvent(policyEventTrapOid(root), read.varbinds);
  const clog = readClogMessage(read.varbinds);
  if (!clog.ok) printableWord(clog.detail);
  else if (/[\n\0]/.test(clogLine(clog.message))) throw new Error('a trap became two lines');
}

function readStrData(bytes: Buffer): void {
  const strData = bytes.toString('latin1').slice(0, 400);
  const decoded = decodeSignalText(strData);
  if (decoded.kind === 'malformed') printableWord(decoded.why);
  if (decoded.kind === 'signal' && Object.keys(decoded.text.keys).length > 128) throw new Error('keys without bound');
}

/** Why something was refused is shown to people and stands in logs. What was too long ends in the one character beyond ASCII. */
function printableWord(why: string): void {
  if (!/^[\x20-\x7e…]{1,300}$/.test(why)) throw new Error(`not printable or not bounded: ${JSON.stringify(why.slice(0, 400))}`);
}

/** One socket whose datagrams are handed in by a call. Bound at another port than ours, it is the sender's. */
interface OneSocket {
  inject: (bytes: Buffer, from: Endpoint) => void;
  sentBytes: number;
}

function worldWith(socket: OneSocket): World {
  const datagrams: World['datagrams'] = {
    bind: async (endpoint, options) => ({
      local: { address: endpoint.address, port: endpoint.port || 50_000 },
      receiveBufferBytes: options.receiveBufferBytes,
      onMessage: (handler) => {
        socket.inject = handler;
      },
      onSendError: () => {},
      send: (bytes) => {
        socket.sentBytes += bytes.length;
      },
      close: async () => {},
    }),
  };
  return { clock: new FakeClock(), disk: new FakeDisk(), random: seededRandom(), datagrams } as unknown as World;
}

async function receiver() {
  const socket: OneSocket = { inject: () => {}, sentBytes: 0 };
  const world = worldWith(socket);
  const engine = await openEngine('/data', null, world);
  const peers = [
    peer('hub', v3(), { from: [hub.address], engineId: HUB_ENGINE.toString('hex') }),
    peer('router', community, { from: [router.address] }),
  ];
  let received = 0;
  await openSnmpReceiver({
    listen: us,
    peers,
    engine,
    world,
    onNotification: (notification) => {
      const heard = hear(notification, peerConfigs, defaultValues, () => ID as never, true);
      if (heard.kind === 'refused') printableWord(heard.detail);
      notification.respond();
    },
    onRefusal: ({ detail }) => printableWord(detail),
  });
  const message = (more: Partial<V3Outgoing>): Buffer =>
    encodeV3Message({
      msgId: 77,
      reportable: true,
      engineId: engine.id,
      stamp: engine.stamp(),
      user,
      level: 'authPriv',
      keys: keys.forEngine(engine.id),
      salt: Buffer.alloc(8, 3),
      scoped: { contextEngineId: engine.id, contextName: NOTHING, pdu: pdu(bodies[1]!) },
      ...more,
    });
  const seeds = [
    message({}),
    message({ engineId: HUB_ENGINE, keys: keys.forEngine(HUB_ENGINE), stamp: { boots: 5, timeS: 1_000 }, reportable: false }),
    message({ engineId: NOTHING, user: NOTHING, level: 'noAuthNoPriv', keys: null }),
    message({ level: 'noAuthNoPriv', keys: null }),
    message({ level: 'authNoPriv' }),
  ];
  const salt = Buffer.alloc(8, 1);
  return {
    seeds,
    /** Any octets in the place of the ScopedPDU, sealed with the right keys. */
    authentic(scoped: Buffer): Buffer {
      const own = keys.forEngine(engine.id);
      const stamp = engine.stamp();
      const sealed = berOctets(encrypt(own.priv!, stamp, salt, scoped));
      const privacy = berOctets(salt);
      const header = [berInteger(received & 0xffffff), berInteger(1_500), berOctets(Buffer.of(7)), berInteger(3)];
      const security = [berInteger(stamp.boots), berInteger(stamp.timeS), berOctets(user), berOctets(Buffer.alloc(24)), privacy];
      const bytes = berSequence(
        berInteger(3),
        berSequence(...header),
        berOctets(berSequence(berOctets(engine.id), ...security)),
        sealed,
      );
      const macOffset = bytes.length - sealed.length - privacy.length - 24;
      messageMac(own, bytes, macOffset).copy(bytes, macOffset);
      return bytes;
    },
    run(bytes: Buffer): void {
      received += 1;
      const sentBefore = socket.sentBytes;
      socket.inject(bytes, received % 2 === 0 ? hub : router);
      // A Report or a Response is no larger than what made us send it and some header: we are no amplifier.
      if (socket.sentBytes - sentBefore > Math.max(2 * bytes.length, 400)) throw new Error('more was answered than was asked');
    },
  };
}

/** As `hear` needs them: kinds and addresses. */
const peerConfigs = (['hub', 'router'] as const).map((name) => ({
  name,
  kind: name === 'hub' ? 'spitrap' : 'eem',
  cryptoAddresses: [{ range: null }],
  op: 'eq',
  root: 91,
})) as unknown as Parameters<typeof hear>[1];

/** Forged answers to informs that are really outstanding: a new one leaves whenever none is. */
async function sender() {
  const exchange = await answersOf();
  const socket: OneSocket = { inject: () => {}, sentBytes: 0 };
  const world = worldWith(socket);
  const engine = await openEngine('/data', null, world);
  const peers = [peer('hub', v3(), { from: [hub.address] }), peer('router', community, { from: [router.address] })];
  const sending = await openSnmpSender({ peers, engine, world });
  const open = { hub: 0, router: 0 };
  const send = (name: 'hub' | 'router', to: Endpoint): void => {
    open[name] += 1;
    void sending.send(name, to, stop, { timeoutMs: 3_000 }).then(() => {
      open[name] -= 1;
    });
  };
  send('hub', hub);
  send('router', router);
  let received = 0;
  return {
    seeds: exchange,
    run(bytes: Buffer): void {
      if (open.hub === 0) send('hub', hub);
      if (open.router === 0) send('router', router);
      received += 1;
      const sentBefore = socket.sentBytes;
      socket.inject(bytes, received % 2 === 0 ? hub : router);
      if (socket.sentBytes - sentBefore > 8 * 1_500) throw new Error('one answer made us send a burst');
    },
  };
}

/** What a genuine pair says to each other: discovery, Report, Response, over v3 and v2c. */
async function answersOf(): Promise<Buffer[]> {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const world = (address: string): World =>
    ({ clock, disk: new FakeDisk(), random: seededRandom(), datagrams: network.host(address) }) as unknown as World;
  const engine = await openEngine('/data', null, world(us.address));
  const theirs = await openEngine('/data', '80007ed905bbbbbbbb', world(hub.address));
  const sending = await openSnmpSender({
    peers: [peer('hub', v3(), { from: [hub.address] }), peer('router', community, { from: [hub.address] })],
    engine,
    world: world(us.address),
  });
  await openSnmpReceiver({
    listen: hub,
    peers: [peer('us', v3(), { from: [us.address], engineId: engine.idHex }), peer('us-2c', community, { from: [us.address] })],
    engine: theirs,
    world: world(hub.address),
    ...new Inbox(),
  });
  for (const name of ['hub', 'router']) await sending.send(name, hub, stop, { timeoutMs: 3_000 });
  await sending.close();
  return network.packets.filter(({ from }) => from.address === hub.address).map(({ bytes }) => bytes);
}
