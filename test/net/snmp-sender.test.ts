import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEngine, type SnmpEngine } from '../../agent/net/engine.ts';
import type { SendOutcome, SnmpCredentials, SnmpPeer, SnmpReceiver, SnmpSender } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import { usmStats } from '../../agent/net/usm-reports.ts';
import type { Endpoint, World } from '../../agent/ports.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, openScopedPdu, type V3Message } from '../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../shared/wire/usm.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeNetwork, type Packet } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { community, Inbox, peer, stop, v3 } from '../support/snmp-peers.ts';

const spoke: Endpoint = { address: '10.0.0.2', port: 10_162 };
const TIMEOUT = { timeoutMs: 3_000 };
/** Enough turns of the event loop for every exchange there is. */
const EXCHANGE = 40;

let clock: FakeClock;
let network: FakeNetwork;
let inbox: Inbox;
let hubEngine: SnmpEngine;
let spokeEngine: SnmpEngine;
let sender: SnmpSender;
let receiver: SnmpReceiver;
let seed = 1;
const disks = { hub: new FakeDisk(), spoke: new FakeDisk() };

const worldOf = (who: 'hub' | 'spoke', address: string): World =>
  ({ clock, disk: disks[who], random: seededRandom(seed++), datagrams: network.host(address) }) as unknown as World;
const old: SnmpCredentials = { version: '1', community: 'old' };
const hubPeers: SnmpPeer[] = [
  peer('spoke', v3(), { from: ['10.0.0.2'] }),
  peer('router', community, { from: ['10.0.0.2'] }),
  peer('old', old, { from: ['10.0.0.2'] }),
];

async function openHub(): Promise<void> {
  hubEngine = await openEngine('/data', null, worldOf('hub', '10.0.0.1'));
  sender = await openSnmpSender({ peers: hubPeers, engine: hubEngine, world: worldOf('hub', '10.0.0.1') });
}
async function openSpoke(): Promise<void> {
  spokeEngine = await openEngine('/data', null, worldOf('spoke', '10.0.0.2'));
  const peers = [
    peer('hub', v3(), { from: ['10.0.0.1'], engineId: hubEngine.idHex }),
    peer('hub-2c', community, { from: ['10.0.0.1'] }),
    peer('hub-1', old, { from: ['10.0.0.1'] }),
  ];
  receiver = await openSnmpReceiver({ listen: spoke, peers, engine: spokeEngine, world: worldOf('spoke', '10.0.0.2'), ...inbox });
}

beforeEach(async () => {
  clock = new FakeClock();
  network = new FakeNetwork();
  inbox = new Inbox();
  disks.hub = new FakeDisk();
  disks.spoke = new FakeDisk();
  await openHub();
  await openSpoke();
});
afterEach(async () => {
  await sender.close();
  await receiver.close();
});

/** Sends and lets the exchange run; the outcome, or null while it is still open. */
async function send(name = 'spoke', more: Partial<typeof stop> = {}): Promise<{ outcome: SendOutcome | null }> {
  const box: { outcome: SendOutcome | null } = { outcome: null };
  void sender.send(name, spoke, { ...stop, ...more }, TIMEOUT).then((outcome) => {
    box.outcome = outcome;
  });
  await settle(EXCHANGE);
  return box;
}
const acknowledged = async (name?: string): Promise<void> => {
  const sentBefore = inbox.notifications.length;
  expect((await send(name)).outcome).toMatchObject({ kind: 'acknowledged', from: spoke });
  expect(inbox.notifications.length).toBe(sentBefore + 1);
};
const v3Of = (packet: Packet): V3Message => {
  const decoded = decodeMessage(packet.bytes);
  if (!decoded.ok || decoded.message.version !== 3) throw new Error('not v3');
  return decoded.message;
};
const fromHub = (): Packet[] => network.packets.filter((packet) => packet.from.address === '10.0.0.1');

describe('what is sent arrives', () => {
  test('v2c inform and trap', async () => {
    await acknowledged('router');
    expect((await send('router', { confirmed: false })).outcome).toEqual({ kind: 'sent' });
    expect(inbox.notifications.at(-1)).toMatchObject({
      peer: 'hub-2c',
      version: '2c',
      confirmed: false,
      intData1: 2323232,
      strData: stop.strData,
    });
  });

  test.each([91, 134] as const)('v1 trap, root %i: our source address as agent-addr, our sysUpTime', async (root) => {
    await clock.advance(77_000);
    expect((await send('old', { confirmed: false, root, strData: '' })).outcome).toEqual({ kind: 'sent' });
    expect(inbox.notifications).toMatchObject([
      { peer: 'hub-1', version: '1', root, intData1: 2323232, intData2: 0, strData: '', sysUpTimeMs: 77_000 },
    ]);
    const decoded = decodeMessage(network.packets[0]!.bytes);
    if (!decoded.ok || decoded.message.version === 3) throw new Error('not of a community');
    expect(decoded.message.pdu).toMatchObject({
      type: 'trap-v1',
      enterprise: `1.3.6.1.4.1.9.10.${root}`,
      agentAddress: '10.0.0.1',
      genericTrap: 6,
      specificTrap: 2,
      timeStamp: 7_700,
    });
    expect(decoded.message.pdu.varbinds).toHaveLength(9);
  });

  test.each<[where: string, bound: string, to: string, route: string | null, agentAddress: string]>([
    ['any address, a route', '0.0.0.0', '10.0.0.2', '10.0.0.7', '10.0.0.7'],
    ['any address, no route', '0.0.0.0', '10.0.0.2', null, '0.0.0.0'],
    ['IPv6, which agent-addr cannot say', '::', '2001:db8::2', '2001:db8::1', '0.0.0.0'],
  ])('agent-addr of a v1 trap from %s', async (_where, bound, to, route, agentAddress) => {
    const sent: Buffer[] = [];
    const world = {
      ...worldOf('hub', '10.0.0.1'),
      datagrams: {
        sourceFor: async () => route,
        bind: async () => ({
          local: { address: bound, port: 1 },
          receiveBufferBytes: 0,
          onMessage: () => {},
          send: (bytes: Uint8Array) => void sent.push(Buffer.from(bytes)),
          onSendError: () => {},
          close: async () => {},
        }),
      },
    } as unknown as World;
    const other = await openSnmpSender({ peers: hubPeers, engine: hubEngine, world });
    expect(await other.send('old', { address: to, port: 162 }, { ...stop, confirmed: false }, TIMEOUT)).toEqual({ kind: 'sent' });
    expect(decodeMessage(sent[0]!)).toMatchObject({ message: { version: '1', pdu: { agentAddress } } });
  });

  test('an inform over v1 is refused: the version has none', async () => {
    expect((await send('old')).outcome).toMatchObject({ kind: 'failed', error: { code: 'SIGNAL_UNENCODABLE' } });
    expect(network.packets).toEqual([]);
  });

  test('the first v3 inform: discovery, clock, message; from then on one packet each way', async () => {
    await acknowledged();
    expect(network.packets).toHaveLength(6);
    expect(v3Of(network.packets[0]!)).toMatchObject({ level: 'noAuthNoPriv', reportable: true });
    expect(inbox.reasons).toEqual(['not-in-time-window']);
    await clock.advance(3_600_000);
    await acknowledged();
    expect(network.packets).toHaveLength(8);
  });

  test('v3 trap with our own live boots and time', async () => {
    await clock.advance(77_000);
    expect((await send('spoke', { confirmed: false, root: 134 })).outcome).toEqual({ kind: 'sent' });
    expect(inbox.notifications).toMatchObject([{ peer: 'hub', confirmed: false, root: 134 }]);
    expect(v3Of(network.packets[0]!)).toMatchObject({ engineId: hubEngine.id, stamp: hubEngine.stamp(), reportable: false });
    expect(hubEngine.stamp().timeS).toBe(77);
  });

  test("the Response is the application's: until then the attempt waits, and the round trip counts from the message it answers", async () => {
    await acknowledged();
    inbox.answer = false;
    const attempt = await send();
    await clock.advance(1_200);
    expect(attempt.outcome).toBeNull();
    inbox.notifications.at(-1)!.respond();
    await settle();
    expect(attempt.outcome).toMatchObject({ kind: 'acknowledged', roundTripMs: 1_200 });
  });

  test('a dozen attempts to one peer are outstanding together; a late Response resolves its own attempt', async () => {
    inbox.answer = false;
    const attempts = [];
    for (let i = 0; i < 12; i++) attempts.push(await send('spoke', { intData2: i }));
    expect(inbox.notifications.map((notification) => notification.intData2)).toEqual([...Array(12).keys()]);
    inbox.notifications[5]!.respond();
    await settle();
    expect(attempts.map((attempt) => attempt.outcome?.kind ?? null)).toEqual(
      [...Array(12).keys()].map((i) => (i === 5 ? 'acknowledged' : null)),
    );
    await clock.advance(TIMEOUT.timeoutMs);
    expect(attempts.filter((attempt) => attempt.outcome?.kind === 'failed')).toHaveLength(11);
    expect(clock.waiting).toEqual([]);
  });

  test('each attempt is a PDU of its own', async () => {
    await acknowledged();
    await acknowledged();
    const pdus = fromHub()
      .slice(-2)
      .map((packet) => {
        const message = v3Of(packet);
        return [message.msgId, openScopedPdu(message, new UserKeys(v3()).forEngine(spokeEngine.id))!.scoped.pdu.requestId];
      });
    expect(new Set(pdus.flat()).size).toBe(4);
  });
});

describe('either end restarts: one attempt, or the next one, heals it', () => {
  test.each(['with', 'without'] as const)('the receiver, %s its dataDir', async (how) => {
    await acknowledged();
    await receiver.close();
    if (how === 'without') disks.spoke = new FakeDisk();
    await openSpoke();
    await acknowledged();
    await acknowledged();
  });

  test.each(['with', 'without'] as const)('the sender, %s its dataDir: informs at once, traps with it', async (how) => {
    await acknowledged();
    await send('spoke', { confirmed: false });
    await sender.close();
    await clock.advance(61_000);
    if (how === 'without') disks.hub = new FakeDisk();
    await openHub();
    await acknowledged();
    const before = inbox.notifications.length;
    await send('spoke', { confirmed: false });
    // Without its dataDir the engine is another, which the peer's configuration does not name.
    expect(inbox.notifications.length - before).toBe(how === 'with' ? 1 : 0);
    if (how === 'without') expect(inbox.reasons.at(-1)).toBe('engine');
  });

  test('the receiver came back with lower boots: its authentic Report is believed', async () => {
    await acknowledged();
    await receiver.close();
    clock.stepWall(-86_400_000);
    const { idHex } = spokeEngine;
    disks.spoke = new FakeDisk();
    disks.spoke.put('/data/engine.json', JSON.stringify({ engineId: idHex, boots: 3 }));
    await openSpoke();
    expect(spokeEngine.idHex).toBe(idHex);
    await acknowledged();
  });

  test('the discovery is lost: the next attempt finds the peer, and the first one follows', async () => {
    network.onPacket = (packet) => network.packets.indexOf(packet) !== 0;
    const first = await send();
    expect(first.outcome).toBeNull();
    const second = await send();
    expect([first.outcome?.kind, second.outcome?.kind]).toEqual(['acknowledged', 'acknowledged']);
  });

  test('the Response is lost: the attempt times out, the next is acknowledged', async () => {
    await acknowledged();
    network.onPacket = (packet) => packet.from.address === '10.0.0.1';
    const lost = await send();
    await clock.advance(TIMEOUT.timeoutMs);
    expect(lost.outcome).toMatchObject({ kind: 'failed', error: { code: 'SNMP_TIMEOUT' } });
    network.onPacket = () => true;
    await acknowledged();
  });
});

describe("what is not the peer's is ignored and counted", () => {
  /** Lets the attempt's own message through but no answer; then answers in the peer's place. */
  async function attacked(
    forge: (sent: Packet, message: V3Message) => Buffer | null,
    from: Endpoint = spoke,
  ): Promise<{ outcome: SendOutcome | null }> {
    network.onPacket = (packet) => {
      if (packet.from.address !== '10.0.0.1') return false;
      const bytes = forge(packet, v3Of(packet));
      if (bytes !== null) network.inject({ bytes, from, to: packet.from });
      return true;
    };
    const attempt = await send();
    network.onPacket = () => true;
    return attempt;
  }
  const plain = (message: V3Message, pdu: Partial<Pdu>, engineId: Buffer = message.engineId): Buffer =>
    encodeV3Message({
      msgId: message.msgId,
      reportable: false,
      engineId,
      stamp: { boots: 1, timeS: 1 },
      user: message.user,
      level: 'noAuthNoPriv',
      keys: null,
      salt: Buffer.alloc(8),
      scoped: {
        contextEngineId: engineId,
        contextName: Buffer.alloc(0),
        pdu: { type: 'response', requestId: 0, errorStatus: 0, errorIndex: 0, varbinds: [], ...pdu },
      },
    });
  const report = (oid: string): Partial<Pdu> => ({ type: 'report', varbinds: [{ oid, value: { type: 'counter32', value: 1 } }] });
  const requestIdOf = (message: V3Message): number =>
    openScopedPdu(message, new UserKeys(v3()).forEngine(spokeEngine.id))!.scoped.pdu.requestId;

  const sign = (
    message: V3Message,
    level: 'authPriv' | 'authNoPriv',
    password: string,
    requestId = requestIdOf(message),
  ): Buffer =>
    encodeV3Message({
      msgId: message.msgId,
      reportable: false,
      engineId: message.engineId,
      stamp: message.stamp,
      user: message.user,
      level,
      keys: new UserKeys({ ...v3(), auth: { protocol: 'sha256', key: password } }).forEngine(spokeEngine.id),
      salt: Buffer.alloc(8),
      scoped: {
        contextEngineId: spokeEngine.id,
        contextName: Buffer.alloc(0),
        pdu: { type: 'response', requestId, errorStatus: 0, errorIndex: 0, varbinds: [] },
      },
    });

  test('a plain Response that names message and request rightly', async () => {
    await acknowledged();
    const attempt = await attacked((_sent, message) => plain(message, { requestId: requestIdOf(message) }));
    expect(attempt.outcome).toBeNull();
    expect(sender.counters()).toMatchObject({ 'ignored-unauthenticated': 1, acknowledged: 1 });
  });

  test('a Response signed with another key, and one of a lower level', async () => {
    await acknowledged();
    expect((await attacked((_sent, message) => sign(message, 'authPriv', 'some other password'))).outcome).toBeNull();
    expect((await attacked((_sent, message) => sign(message, 'authNoPriv', v3().auth.key))).outcome).toBeNull();
    expect(sender.counters()).toMatchObject({ 'ignored-hmac': 1, 'ignored-unexpected-pdu': 1 });
  });

  test('an authentic Response to another request', async () => {
    await acknowledged();
    const attempt = await attacked((_sent, message) => sign(message, 'authPriv', v3().auth.key, requestIdOf(message) ^ 1));
    expect(attempt.outcome).toBeNull();
    expect(sender.counters()['ignored-unexpected-pdu']).toBe(1);
  });

  test('a Report that calls unknown the very engine it comes from makes us repeat nothing', async () => {
    await acknowledged();
    const before = fromHub().length;
    await attacked((_sent, message) => plain(message, report(usmStats.unknownEngineIDs)));
    expect(fromHub().length - before).toBe(1);
    expect(sender.counters()['ignored-unauthenticated-report']).toBe(1);
  });

  test("the peer's own Response to another message, replayed under this message's id", async () => {
    await acknowledged();
    const earlier = network.packets.at(-1)!;
    const attempt = await attacked(() => earlier.bytes);
    expect(attempt.outcome).toBeNull();
    expect(sender.counters()['ignored-unmatched']).toBe(1);
  });

  test('a forged discovery Report redirects nothing: the genuine Response still resolves the attempt, and the known engine stays', async () => {
    await acknowledged();
    const evil = Buffer.from('80007ed905eeeeeeee', 'hex');
    network.onPacket = (packet) => {
      if (packet.from.address === '10.0.0.1') {
        const message = v3Of(packet);
        network.inject({ bytes: plain(message, report(usmStats.unknownEngineIDs), evil), from: spoke, to: packet.from });
      }
      return true;
    };
    await acknowledged();
    network.onPacket = () => true;
    const before = network.packets.length;
    await acknowledged();
    expect(network.packets.length - before).toBe(2);
    expect(v3Of(network.packets[before]!).engineId).toEqual(spokeEngine.id);
  });

  test('a forged answer to the first discovery does not block the genuine one', async () => {
    const evil = Buffer.from('80007ed905eeeeeeee', 'hex');
    let forged = false;
    network.onPacket = (packet) => {
      if (!forged) {
        forged = true;
        network.inject({ bytes: plain(v3Of(packet), report(usmStats.unknownEngineIDs), evil), from: spoke, to: packet.from });
      }
      return true;
    };
    await acknowledged();
    const before = network.packets.length;
    await acknowledged();
    expect(network.packets.length - before).toBe(2);
  });

  test("the clock in an unauthenticated Report is not believed: no message is dated in the peer's future", async () => {
    await attacked((_sent, message) =>
      message.engineId.length === 0 ? plain(message, report(usmStats.unknownEngineIDs), spokeEngine.id) : null,
    );
    const dated = fromHub()
      .map(v3Of)
      .filter((message) => message.level === 'authPriv');
    expect(dated.map((message) => message.stamp)).toEqual([{ boots: 0, timeS: 0 }]);
  });

  test('a forged notInTimeWindows without a signature changes no clock', async () => {
    await acknowledged();
    await attacked((_sent, message) => plain(message, report(usmStats.notInTimeWindows)));
    expect(sender.counters()['ignored-unauthenticated-report']).toBe(1);
    const before = network.packets.length;
    await acknowledged();
    expect(network.packets.length - before).toBe(2);
  });

  test('Reports that nobody can sign do not end the attempt; they are its reason when it times out', async () => {
    await acknowledged();
    const attempt = await attacked((_sent, message) => plain(message, report(usmStats.unknownUserNames)));
    expect(attempt.outcome).toBeNull();
    await clock.advance(TIMEOUT.timeoutMs);
    expect(attempt.outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'SNMP_REFUSED', message: expect.stringMatching(/10\.0\.0\.2:10162 .*unknownUserNames/) },
    });
  });

  test('a flood of discovery Reports costs a bounded number of messages', async () => {
    let n = 0;
    const fresh = (): Buffer => Buffer.concat([Buffer.from('80007ed905', 'hex'), Buffer.from([n >> 8, n++ & 0xff, 1, 1])]);
    await attacked((sent, message) => {
      for (let i = 0; i < 50; i++)
        network.inject({ bytes: plain(message, report(usmStats.unknownEngineIDs), fresh()), from: spoke, to: sent.from });
      return null;
    });
    expect(fromHub()).toHaveLength(limits.snmpMessagesPerAttemptMax);
    expect(sender.counters()['ignored-too-many-reports']).toBeGreaterThan(0);
  });

  test('a discovery Report from another address', async () => {
    const stranger = { address: '10.0.0.66', port: 161 };
    await attacked(
      (_sent, message) => plain(message, report(usmStats.unknownEngineIDs), Buffer.from('80007ed905eeeeeeee', 'hex')),
      stranger,
    );
    expect(fromHub()).toHaveLength(1);
    expect(sender.counters()['ignored-source-address']).toBe(1);
  });

  test.each<[what: string, change: { community?: Buffer; address?: string; requestId?: number }, counter: string]>([
    ['another community', { community: Buffer.from('private') }, 'ignored-community'],
    ['another community of the same length', { community: Buffer.from('publix') }, 'ignored-community'],
    ['another address', { address: '10.0.0.66' }, 'ignored-source-address'],
    ['another request-id', { requestId: 1 }, 'ignored-unmatched'],
  ])('v2c: a Response with %s', async (_what, change, counter) => {
    network.onPacket = (packet) => {
      const decoded = decodeMessage(packet.bytes);
      if (!decoded.ok || decoded.message.version !== '2c' || decoded.message.pdu.type === 'trap-v1') throw new Error('not v2c');
      const pdu: Pdu = { ...decoded.message.pdu, type: 'response', requestId: change.requestId ?? decoded.message.pdu.requestId };
      const bytes = encodeCommunityMessage({ version: '2c', community: change.community ?? Buffer.from('public'), pdu });
      network.inject({ bytes, from: { ...spoke, address: change.address ?? spoke.address }, to: packet.from });
      return false;
    };
    expect((await send('router')).outcome).toBeNull();
    expect(sender.counters()[counter]).toBe(1);
  });

  test("garbage on the sender's socket", async () => {
    await acknowledged();
    const random = seededRandom(9);
    const target = fromHub()[0]!.from;
    for (let i = 0; i < 2_000; i++) {
      const bytes = Buffer.from(network.packets[i % network.packets.length]!.bytes);
      bytes[Math.floor(random.uniform() * bytes.length)] = random.bytes(1)[0]!;
      network.inject({ bytes, from: spoke, to: target });
    }
    await settle();
    expect(sender.counters()['acknowledged']).toBe(1);
    await acknowledged();
  });
});

describe('failures say what and where', () => {
  test('an error-status in an authentic Response', async () => {
    network.onPacket = (packet) => {
      if (packet.from.address !== '10.0.0.1') return true;
      const decoded = decodeMessage(packet.bytes);
      if (!decoded.ok || decoded.message.version !== '2c' || decoded.message.pdu.type === 'trap-v1') throw new Error('not v2c');
      const pdu: Pdu = { ...decoded.message.pdu, type: 'response', errorStatus: 16, errorIndex: 1 };
      network.inject({
        bytes: encodeCommunityMessage({ version: '2c', community: Buffer.from('public'), pdu }),
        from: spoke,
        to: packet.from,
      });
      return false;
    };
    expect((await send('router')).outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'SNMP_REFUSED', message: expect.stringContaining('error-status 16') },
    });
  });

  test('a notification that cannot be encoded, and a peer that is not configured', async () => {
    expect((await send('spoke', { strData: 'x'.repeat(256) })).outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'SIGNAL_UNENCODABLE' },
    });
    expect((await send('nobody')).outcome).toMatchObject({ kind: 'failed', error: { code: 'INTERNAL' } });
    expect(network.packets).toEqual([]);
  });

  test('a socket that cannot be bound fails that attempt; the next one tries again', async () => {
    const host = network.host('10.0.0.5');
    let refusals = 1;
    const datagrams = {
      bind: (...args: Parameters<typeof host.bind>) =>
        refusals-- > 0 ? Promise.reject(new SpitrapError('LISTEN_REFUSED', 'no')) : host.bind(...args),
    };
    const other = await openSnmpSender({
      peers: hubPeers,
      engine: hubEngine,
      world: { ...worldOf('hub', '10.0.0.5'), datagrams },
    });
    const trap = { ...stop, confirmed: false };
    expect(await other.send('router', spoke, trap, TIMEOUT)).toMatchObject({ kind: 'failed', error: { code: 'LISTEN_REFUSED' } });
    expect(await other.send('router', spoke, trap, TIMEOUT)).toEqual({ kind: 'sent' });
    await other.close();
  });

  test('closing ends every attempt at once and leaves no timer', async () => {
    inbox.answer = false;
    const attempts = [await send(), await send('router')];
    await sender.close();
    await settle();
    for (const attempt of attempts)
      expect(attempt.outcome).toMatchObject({ kind: 'failed', error: { message: expect.stringContaining('closed') } });
    expect(clock.waiting).toEqual([]);
    expect((await send()).outcome).toMatchObject({ kind: 'failed' });
  });

  test('attempts are bounded', async () => {
    network.onPacket = () => false;
    const outcomes: SendOutcome[] = [];
    for (let i = 0; i < limits.snmpAttemptsMax + 2; i++)
      void sender.send('router', spoke, stop, TIMEOUT).then((outcome) => outcomes.push(outcome));
    await settle();
    expect(outcomes).toMatchObject([{ kind: 'failed' }, { kind: 'failed' }]);
  });
});
