/**
 * The signals' outbound half: one notification a call, over v1, v2c or v3, as trap or (not v1) inform. Opened by app.ts, called by the delivery
 * schedule, which makes each attempt a new PDU; nothing is repeated here. Informs of v3 (discovery, resynchronisation, what to
 * believe of an answer) are inform-exchange.ts; this file has the sockets, the traps, v2c and the bookkeeping of what is outstanding.
 */
import { timingSafeEqual } from 'node:crypto';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import {
  ENTERPRISE_SPECIFIC,
  type EventManagerRoot,
  notificationVarbinds,
  policyEventTrapOid,
  policyEventV1,
  policyEventVarbinds,
} from '../../shared/wire/event-manager.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, TrapV1Pdu, Varbind } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message } from '../../shared/wire/snmp-v3-message.ts';
import type { DatagramSocket, Endpoint, World } from '../ports.ts';
import type { SnmpEngine } from './engine.ts';
import { type Attempt, fromItsPeer, InformExchange, type Outstanding } from './inform-exchange.ts';
import type { OutgoingNotification, SendOutcome, SnmpPeer, SnmpSender } from './signalling.ts';
import { type CommunityPeer, type ReadyPeer, readyPeers } from './snmp-peers.ts';

export interface SnmpSenderOptions {
  readonly peers: readonly SnmpPeer[];
  /** The same, where they were made ready before: sender and receiver then make each key once. */
  readonly ready?: readonly ReadyPeer[];
  readonly engine: SnmpEngine;
  readonly world: Pick<World, 'clock' | 'datagrams' | 'random'>;
  /** Our source address per family; default: any, the route decides. */
  readonly source?: { readonly v4?: string; readonly v6?: string };
}

type Family = 'v4' | 'v6';
const ANY_ADDRESS: Readonly<Record<Family, string>> = { v4: '0.0.0.0', v6: '::' };
/** agent-addr when there is no IPv4 address to give (RFC 3584 §3.2). */
const NO_AGENT_ADDRESS = '0.0.0.0';

/** Rejects with CONFIG_INVALID. Sockets are bound at the first use of their family, so that a missing one harms nobody else. */
export async function openSnmpSender(options: SnmpSenderOptions): Promise<SnmpSender> {
  return new Sender(options, options.ready ?? readyPeers(options.peers));
}

class Sender implements SnmpSender {
  private readonly options: SnmpSenderOptions;
  private peers: ReadonlyMap<string, ReadyPeer>;
  private readonly sockets = new Map<Family, Promise<DatagramSocket>>();
  /** By msgID (v3) or request-id (v2c), both drawn from one space. An attempt has one entry for each of its messages. */
  private readonly outstanding = new Map<number, Outstanding>();
  private readonly attempts = new Set<Attempt>();
  private readonly exchange: InformExchange;
  private readonly lastSendErrors = new Map<string, string>();
  private readonly tally: Record<string, number> = { acknowledged: 0, timedOut: 0, sent: 0, sendErrors: 0 };
  private notificationIndex = 0;
  private closed = false;

  constructor(options: SnmpSenderOptions, peers: readonly ReadyPeer[]) {
    this.options = options;
    this.peers = byName(peers);
    this.exchange = new InformExchange({
      clock: options.world.clock,
      engine: options.engine,
      register: (entry) => this.register(entry),
      transmit: (attempt, bytes) => attempt.socket.send(bytes, attempt.to),
      finish: (attempt, outcome) => this.finish(attempt, outcome),
      ignore: (why) => this.ignore(why),
    });
  }

  async send(
    peerName: string,
    to: Endpoint,
    notification: OutgoingNotification,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<SendOutcome> {
    try {
      const peer = this.peers.get(peerName);
      if (peer === undefined)
        throw new SpitrapError('INTERNAL', `no SNMP peer ${JSON.stringify(peerName)} is configured; nothing is sent`);
      const varbinds = this.varbindsOf(peer, notification);
      const socket = await this.socketFor(to);
      const agentAddress = peer.version === '1' ? await this.agentAddress(socket, to) : NO_AGENT_ADDRESS;
      // Nothing may follow a close that came while the socket was bound.
      if (this.closed) throw closedError(peerName, to);
      if (notification.confirmed) return await this.inform(peer, to, varbinds, socket, timeoutMs);
      const bytes =
        peer.version === '1'
          ? this.encodeV1Trap(peer, notification.root, varbinds, agentAddress)
          : this.encodeTrap(peer, varbinds);
      socket.send(bytes, to);
      this.count('sent');
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'failed', error: asSpitrapError(error) };
    }
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.tally };
  }

  changePeers(peers: readonly ReadyPeer[]): void {
    this.peers = byName(peers);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const attempt of [...this.attempts])
      this.finish(attempt, { kind: 'failed', error: closedError(attempt.peer.name, attempt.to) });
    const sockets = await Promise.allSettled(this.sockets.values());
    await Promise.all(sockets.map((socket) => (socket.status === 'fulfilled' ? socket.value.close() : undefined)));
  }

  private varbindsOf(peer: ReadyPeer, notification: OutgoingNotification): Varbind[] {
    if (peer.version === '1' && notification.confirmed)
      throw new SpitrapError('SIGNAL_UNENCODABLE', `SNMPv1 has no informs: nothing is sent to ${peer.name}; send it a trap`);
    this.notificationIndex = (this.notificationIndex % 0xffff_ffff) + 1;
    const { root } = notification;
    const objects = policyEventVarbinds(root, this.notificationIndex, notification);
    // What v2c carries as the first two varbinds are fields of v1's Trap-PDU.
    if (peer.version === '1') return objects;
    return notificationVarbinds(this.options.engine.upTimeTicks(), policyEventTrapOid(root), objects);
  }

  /** RFC 1157 §4.1.6, as `snmptrap -v1` sends it (RFC 3584 §3.2). Of the route where we listen on any address. */
  private async agentAddress(socket: DatagramSocket, to: Endpoint): Promise<string> {
    const bound = socket.local.address;
    if (bound.includes(':')) return NO_AGENT_ADDRESS;
    if (bound !== ANY_ADDRESS.v4) return bound;
    return (await this.options.world.datagrams.sourceFor?.(to)) ?? NO_AGENT_ADDRESS;
  }

  private encodeV1Trap(peer: CommunityPeer, root: EventManagerRoot, varbinds: readonly Varbind[], agentAddress: string): Buffer {
    const pdu: TrapV1Pdu = {
      type: 'trap-v1',
      ...policyEventV1(root),
      agentAddress,
      genericTrap: ENTERPRISE_SPECIFIC,
      timeStamp: this.options.engine.upTimeTicks(),
      varbinds,
    };
    return encodeCommunityMessage({ version: '1', community: peer.community, pdu });
  }

  private encodeTrap(peer: ReadyPeer, varbinds: readonly Varbind[]): Buffer {
    const { engine } = this.options;
    const pdu: Pdu = { type: 'trap', requestId: this.freshId(), errorStatus: 0, errorIndex: 0, varbinds };
    if (peer.version !== 3) return encodeCommunityMessage({ version: '2c', community: peer.community, pdu });
    return encodeV3Message({
      msgId: this.freshId(),
      reportable: false,
      // RFC 3414 §3.1: for what nobody answers the sender is authoritative, so its own clock dates it.
      engineId: engine.id,
      stamp: engine.stamp(),
      user: peer.user,
      level: peer.level,
      keys: peer.keys.forEngine(engine.id),
      salt: engine.nextSalt(),
      scoped: { contextEngineId: engine.id, contextName: Buffer.alloc(0), pdu },
    });
  }

  private inform(
    peer: ReadyPeer,
    to: Endpoint,
    varbinds: readonly Varbind[],
    socket: DatagramSocket,
    timeoutMs: number,
  ): Promise<SendOutcome> {
    if (this.attempts.size >= limits.snmpAttemptsMax)
      throw new SpitrapError(
        'SNMP_TIMEOUT',
        `${limits.snmpAttemptsMax} informs wait for their Responses; the one to ${peer.name} at ${at(to)} was not sent`,
        { retryable: true },
      );
    return new Promise((resolve) => {
      const requestId = this.freshId();
      const attempt: Attempt = {
        peer,
        to,
        socket,
        pdu: { type: 'inform', requestId, errorStatus: 0, errorIndex: 0, varbinds },
        ids: [],
        engines: new Map(),
        hint: null,
        resolve,
        timer: this.options.world.clock.timer(`snmp-response ${peer.name}`, timeoutMs, () => this.timeOut(attempt, timeoutMs)),
      };
      this.attempts.add(attempt);
      if (peer.version === 3) this.exchange.begin(attempt, peer);
      else {
        this.outstanding.set(requestId, { attempt, kind: 'v2c', sentAt: this.options.world.clock.monotonic() });
        attempt.ids.push(requestId);
        socket.send(encodeCommunityMessage({ version: '2c', community: peer.community, pdu: attempt.pdu }), to);
      }
    });
  }

  private timeOut(attempt: Attempt, timeoutMs: number): void {
    this.count('timedOut');
    const sendError = this.lastSendErrors.get(at(attempt.to));
    const said = [attempt.hint, sendError && `the last send error was: ${sendError}`]
      .filter((one) => typeof one === 'string')
      .join('; ');
    const error = new SpitrapError(
      attempt.hint === null ? 'SNMP_TIMEOUT' : 'SNMP_REFUSED',
      `the inform to ${attempt.peer.name} at ${at(attempt.to)} had no Response within ${timeoutMs} ms${said ? `: ${said}` : ''}`,
      { retryable: true, context: { peer: attempt.peer.name, to: at(attempt.to) } },
    );
    this.finish(attempt, { kind: 'failed', error });
  }

  private finish(attempt: Attempt, outcome: SendOutcome): void {
    if (!this.attempts.delete(attempt)) return;
    attempt.timer.cancel();
    this.exchange.over(attempt);
    for (const id of attempt.ids) this.outstanding.delete(id);
    if (outcome.kind === 'acknowledged') {
      this.count('acknowledged');
      this.lastSendErrors.delete(at(attempt.to));
    }
    attempt.resolve(outcome);
  }

  private onDatagram(bytes: Buffer, from: Endpoint): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      this.ignore(decoded.reason);
      return;
    }
    const { message } = decoded;
    if (message.version !== 3) {
      if (message.pdu.type !== 'response' || message.version !== '2c') {
        this.ignore('unexpected-pdu');
        return;
      }
      this.onV2cResponse(message.pdu, message.community, from);
      return;
    }
    const entry = this.outstanding.get(message.msgId);
    if (entry === undefined || entry.kind === 'v2c') {
      this.ignore('unmatched');
      return;
    }
    this.exchange.onAnswer(entry, message, from);
  }

  private onV2cResponse(pdu: Pdu, community: Buffer, from: Endpoint): void {
    const entry = this.outstanding.get(pdu.requestId);
    if (entry === undefined || entry.kind !== 'v2c' || entry.attempt.peer.version !== '2c') {
      this.ignore('unmatched');
      return;
    }
    const { attempt } = entry;
    // Over v2c community and source are all the authentication there is.
    if (!fromItsPeer(attempt, from)) {
      this.ignore('source-address');
      return;
    }
    const ours = entry.attempt.peer.community;
    if (ours.length !== community.length || !timingSafeEqual(ours, community)) {
      this.ignore('community');
      return;
    }
    this.exchange.conclude(entry, pdu, from);
  }

  private register(entry: Outstanding): number {
    const id = this.freshId();
    this.outstanding.set(id, entry);
    entry.attempt.ids.push(id);
    return id;
  }

  /** 31 random bits (RFC 3412 §6): a stranger who cannot see our packets cannot name one of them. */
  private freshId(): number {
    for (;;) {
      const id = this.options.world.random.bytes(4).readUInt32BE() >>> 1;
      if (id !== 0 && !this.outstanding.has(id)) return id;
    }
  }

  private socketFor(to: Endpoint): Promise<DatagramSocket> {
    const family: Family = to.address.includes(':') ? 'v6' : 'v4';
    let socket = this.sockets.get(family);
    if (socket === undefined) {
      socket = this.bind(family);
      this.sockets.set(family, socket);
      // A failed bind is tried again by the next attempt; the error itself goes to whoever awaits it.
      socket.catch(() => this.sockets.delete(family));
    }
    return socket;
  }

  private async bind(family: Family): Promise<DatagramSocket> {
    const address = this.options.source?.[family] ?? ANY_ADDRESS[family];
    const socket = await this.options.world.datagrams.bind(
      { address, port: 0 },
      { receiveBufferBytes: limits.udpReceiveBufferBytes },
    );
    socket.onMessage((bytes, from) => this.onDatagram(bytes, from));
    socket.onSendError((error, to) => {
      this.count('sendErrors');
      if (this.lastSendErrors.size >= limits.snmpAddressesMax) this.lastSendErrors.clear();
      this.lastSendErrors.set(at(to), error.message);
    });
    return socket;
  }

  private ignore(why: string): void {
    this.count(`ignored-${why}`);
  }

  private count(name: string): void {
    this.tally[name] = (this.tally[name] ?? 0) + 1;
  }
}

const byName = (peers: readonly ReadyPeer[]): ReadonlyMap<string, ReadyPeer> => new Map(peers.map((peer) => [peer.name, peer]));

const at = (to: Endpoint): string => (to.address.includes(':') ? `[${to.address}]:${to.port}` : `${to.address}:${to.port}`);

const closedError = (peer: string, to: Endpoint): SpitrapError =>
  new SpitrapError('SNMP_TIMEOUT', `the sender was closed before ${peer} at ${at(to)} answered; nothing more is sent`);
