/**
 * The signals' inbound half: one UDP socket for v1, v2c and v3 notifications of the configured peers. Opened by app.ts, read by the
 * coordinator. The order of checks is pair-protocol.md "Trust": source address, version and level, engine, user or community, HMAC,
 * timeliness (usm-judge.ts), duplicates. Every refusal is told with its reason; the Response of an inform is sent when the
 * application says so and not before.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Timer } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { type NotificationHead, readHead, readPolicyEvent } from '../../shared/wire/event-manager.ts';
import { type CommunityMessage, decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, TrapV1Pdu } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, type V3Message } from '../../shared/wire/snmp-v3-message.ts';
import type { DatagramSocket, Endpoint, World } from '../ports.ts';
import { DuplicateWindow, SeenNotification } from './duplicate-window.ts';
import type { SnmpEngine } from './engine.ts';
import { naming } from './listen-refused.ts';
import type { Notification, Refusal, RefusalReason, SnmpPeer, SnmpReceiver } from './signalling.ts';
import { type CommunityPeer, PeersByAddress, type ReadyPeer, readyPeers, type V3Peer } from './snmp-peers.ts';
import { UsmJudge, type Verdict } from './usm-judge.ts';
import { UsmReports } from './usm-reports.ts';

export interface SnmpReceiverOptions {
  readonly listen: Endpoint;
  /** Which setting asks for it, as its refusal names it; absent: signal.listen. */
  readonly setting?: string;
  readonly peers: readonly SnmpPeer[];
  /** The same, where they were made ready before: sender and receiver then make each key once. */
  readonly ready?: readonly ReadyPeer[];
  readonly engine: SnmpEngine;
  readonly world: Pick<World, 'clock' | 'datagrams'>;
  readonly onNotification: (notification: Notification) => void;
  readonly onRefusal: (refusal: Refusal) => void;
}

/** Rejects with CONFIG_INVALID (a peer) or LISTEN_REFUSED. */
export async function openSnmpReceiver(options: SnmpReceiverOptions): Promise<SnmpReceiver> {
  const peers = options.ready ?? readyPeers(options.peers);
  const { datagrams } = options.world;
  const socket = await datagrams
    .bind(options.listen, { receiveBufferBytes: limits.udpReceiveBufferBytes })
    .catch(naming(options.setting ?? 'signal.listen'));
  return new Receiver(options, peers, socket);
}

/** One accepted-so-far notification, whichever version brought it. `bytes` is what makes two of them the same. */
interface Arrival {
  readonly peer: ReadyPeer;
  readonly pdu: Pdu | TrapV1Pdu;
  readonly bytes: Buffer;
  readonly from: Endpoint;
  readonly at: Monotonic;
  readonly encodeResponse: () => Buffer;
}

class Receiver implements SnmpReceiver {
  readonly local: Endpoint;
  readonly engineId: string;
  readonly receiveBufferBytes: number;
  private readonly options: SnmpReceiverOptions;
  private readonly socket: DatagramSocket;
  private peersByAddress: PeersByAddress;
  private readonly judge: UsmJudge;
  private readonly reports: UsmReports;
  private readonly windows = new Map<string, DuplicateWindow>();
  private readonly tally: Record<string, number> = { accepted: 0, discoveries: 0, responsesSent: 0, sendErrors: 0 };
  private closed = false;
  private drops: Timer | null = null;

  constructor(options: SnmpReceiverOptions, peers: readonly ReadyPeer[], socket: DatagramSocket) {
    this.options = options;
    this.socket = socket;
    this.local = socket.local;
    this.engineId = options.engine.idHex;
    this.receiveBufferBytes = socket.receiveBufferBytes;
    this.peersByAddress = new PeersByAddress(peers);
    this.judge = new UsmJudge(options.engine);
    this.reports = new UsmReports(options.engine);
    this.keepWindows(peers);
    socket.onSendError(() => this.count('sendErrors'));
    socket.onMessage((bytes, from) => this.onDatagram(bytes, from));
    void this.lookForDrops();
  }

  /** A signal that the kernel threw away is sent again; that a flood made it do so must be seen. */
  private async lookForDrops(): Promise<void> {
    const dropped = (await this.socket.droppedByKernel?.()) ?? null;
    if (dropped === null || this.closed) return;
    this.tally['kernelDropped'] = dropped;
    this.drops = this.options.world.clock.timer('signals kernel drops', KERNEL_DROPS_EVERY_MS, () => void this.lookForDrops());
  }

  counters(): Readonly<Record<string, number>> {
    let duplicatesForgotten = 0;
    for (const window of this.windows.values()) duplicatesForgotten += window.forgotten;
    return { ...this.tally, reportsSent: this.reports.sent, reportsSuppressed: this.reports.suppressed, duplicatesForgotten };
  }

  changePeers(peers: readonly ReadyPeer[]): void {
    this.peersByAddress = new PeersByAddress(peers);
    this.keepWindows(peers);
  }

  /** One for each peer; a peer that stays keeps its own, so that nothing it has sent counts twice. */
  private keepWindows(peers: readonly ReadyPeer[]): void {
    const names = new Set(peers.map((peer) => peer.name));
    for (const name of this.windows.keys()) if (!names.has(name)) this.windows.delete(name);
    for (const name of names) if (!this.windows.has(name)) this.windows.set(name, new DuplicateWindow());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.drops?.cancel();
    await this.socket.close();
  }

  private onDatagram(bytes: Buffer, from: Endpoint): void {
    if (this.closed) return;
    const at = this.options.world.clock.monotonic();
    const here = this.peersByAddress.at(from.address);
    if (here.length === 0) {
      this.refuse('source-address', 'no peer sends from this address', null, from, at);
      return;
    }
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      this.refuse(decoded.reason, decoded.why, null, from, at);
      return;
    }
    const { message } = decoded;
    const sameVersion = here.filter((peer) => peer.version === message.version);
    if (sameVersion.length === 0) {
      this.refuse('version', `version ${message.version} from the address of a peer of another version`, null, from, at);
      return;
    }
    if (message.version === 3) this.onV3(message, sameVersion as V3Peer[], from, at);
    else this.onCommunity(message, bytes, sameVersion as CommunityPeer[], from, at);
  }

  private onCommunity(
    message: CommunityMessage,
    bytes: Buffer,
    here: readonly CommunityPeer[],
    from: Endpoint,
    at: Monotonic,
  ): void {
    const peer = here.find(
      (one) => one.community.length === message.community.length && timingSafeEqual(one.community, message.community),
    );
    if (peer === undefined) {
      this.refuse('community', 'no peer at this address has this community', null, from, at);
      return;
    }
    const { pdu } = message;
    const wanted = peer.version === '1' ? (['trap-v1'] as const) : (['trap', 'inform'] as const);
    if (!(wanted as readonly string[]).includes(pdu.type)) {
      this.refuse('notification-type', `a ${pdu.type} PDU where ${wanted.join(' or ')} belongs`, peer, from, at);
      return;
    }
    const encodeResponse = (): Buffer => {
      if (pdu.type === 'trap-v1') throw new SpitrapError('INTERNAL', 'a trap of v1 has no Response');
      return encodeCommunityMessage({ version: '2c', community: peer.community, pdu: responseTo(pdu) });
    };
    // A duplicate is the same message, community and all.
    this.onArrival({ peer, pdu, bytes, from, at, encodeResponse });
  }

  private onV3(message: V3Message, here: readonly V3Peer[], from: Endpoint, at: Monotonic): void {
    const verdict = this.judge.judge(message, here, at);
    switch (verdict.kind) {
      case 'discovery':
        this.count('discoveries');
        this.reply(this.reports.answer('unknownEngineIDs', message, null, from.address, at), from);
        return;
      case 'refused':
        this.refuse(verdict.reason, verdict.detail, verdict.peer, from, at);
        if (verdict.report !== null)
          this.reply(this.reports.answer(verdict.report, message, verdict.reportKeys, from.address, at), from);
        return;
      case 'authentic':
        this.onArrival({
          ...verdict,
          pdu: verdict.scoped.pdu,
          from,
          at,
          encodeResponse: () => this.v3Response(message, verdict),
        });
        return;
    }
  }

  private v3Response(message: V3Message, verdict: Verdict & { kind: 'authentic' }): Buffer {
    const { engine } = this.options;
    return encodeV3Message({
      msgId: message.msgId,
      reportable: false,
      engineId: engine.id,
      stamp: engine.stamp(),
      user: message.user,
      level: message.level,
      keys: verdict.keys,
      salt: engine.nextSalt(),
      scoped: { ...verdict.scoped, pdu: responseTo(verdict.scoped.pdu) },
    });
  }

  private onArrival(arrival: Arrival): void {
    const { peer, pdu, from, at } = arrival;
    const head = readHead(pdu);
    if (head === null) {
      this.refuse('malformed', 'sysUpTime.0 and snmpTrapOID.0 do not come first', peer, from, at);
      return;
    }
    const respond = pdu.type === 'inform' ? (): void => this.respond(arrival) : null;
    const seen = new SeenNotification(respond);
    // A trap of v1 has no request-id: two events of a sender that leaves its clock at 0 are the same octets, and a second stop would be
    // lost. What is one event is then for the machine to say (`eemWindow`).
    const earlier = pdu.type === 'trap-v1' ? null : this.windows.get(peer.name)!.find(arrival.bytes, seen, at);
    if (earlier !== null) {
      this.refuse('duplicate', `request-id ${(pdu as Pdu).requestId} came before`, peer, from, at);
      earlier.seenAgain(respond);
      return;
    }
    this.deliver(arrival, head, seen);
  }

  private deliver({ peer, pdu, from, at }: Arrival, head: NotificationHead, seen: SeenNotification): void {
    this.count('accepted');
    const event = readPolicyEvent(head.trapOid, pdu.varbinds);
    this.options.onNotification({
      peer: peer.name,
      from,
      version: peer.version,
      confirmed: pdu.type === 'inform',
      root: event?.root ?? null,
      trapOid: head.trapOid,
      intData1: event?.intData1 ?? null,
      intData2: event?.intData2 ?? null,
      strData: event?.strData ?? '',
      policyName: event?.policyName ?? '',
      sysUpTimeMs: head.upTimeTicks * 10,
      varbinds: pdu.varbinds,
      at,
      wall: this.options.world.clock.wall(),
      respond: () => seen.respond(),
    });
  }

  private respond(arrival: Arrival): void {
    if (this.closed) return;
    this.count('responsesSent');
    this.reply(arrival.encodeResponse(), arrival.from);
  }

  private reply(bytes: Buffer | null, to: Endpoint): void {
    if (bytes !== null && !this.closed) this.socket.send(bytes, to);
  }

  private refuse(reason: RefusalReason, detail: string, peer: ReadyPeer | null, from: Endpoint, at: Monotonic): void {
    this.count(reason);
    this.options.onRefusal({ reason, detail, peer: peer?.name ?? null, from, at });
  }

  private count(name: string): void {
    this.tally[name] = (this.tally[name] ?? 0) + 1;
  }
}

/** A read of a small table. */
const KERNEL_DROPS_EVERY_MS = 5_000;

/** RFC 3416 §4.2.7: the same request-id and varbinds, no error. */
const responseTo = (pdu: Pdu): Pdu => ({ ...pdu, type: 'response', errorStatus: 0, errorIndex: 0 });
