/**
 * v3 informs from the first packet to the acknowledgement, for snmp-sender.ts: the peer's engine id by discovery (RFC 3414 §4), its
 * boots and time only from authentic messages, and what an answer may change.
 *
 * An unauthenticated Report can be anyone's. It may make us send *one more copy* of the inform, sealed for the engine it names; it
 * neither ends the attempt nor replaces the engine that we know, which only an authentic answer does. So a forged Report redirects
 * nothing, and the genuine one is still heard after it.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { rangeContains, sameAddress } from '../../shared/model/address.ts';
import { elapsedMs, type Monotonic } from '../../shared/model/time.ts';
import type { Pdu } from '../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, openScopedPdu, type V3Message } from '../../shared/wire/snmp-v3-message.ts';
import { macMatches } from '../../shared/wire/usm.ts';
import type { DatagramSocket, Endpoint } from '../ports.ts';
import type { SnmpEngine } from './engine.ts';
import { EngineNotion } from './engine-notion.ts';
import type { SendOutcome } from './signalling.ts';
import type { ReadyPeer, V3Peer } from './snmp-peers.ts';
import { usmStats } from './usm-reports.ts';

/** One call of `send` for an inform. */
export interface Attempt {
  readonly peer: ReadyPeer;
  readonly to: Endpoint;
  readonly socket: DatagramSocket;
  readonly pdu: Pdu;
  /** Ids of its messages, each with an entry in the sender's table. */
  readonly ids: number[];
  /** Engines for which a copy was sealed, by hex id. */
  readonly engines: Map<string, Authority>;
  /** What an unauthenticated Report said, for the error at the end. */
  hint: string | null;
  readonly resolve: (outcome: SendOutcome) => void;
  readonly timer: Timer;
}

/** One message that may be answered. */
export type Outstanding =
  | { readonly kind: 'v2c' | 'discovery'; readonly attempt: Attempt; readonly sentAt: Monotonic }
  | { readonly kind: 'inform'; readonly attempt: Attempt; readonly sentAt: Monotonic; readonly authority: Authority };

/** An engine at an endpoint, with what we hold to be its clock. */
export interface Authority {
  readonly engineId: Buffer;
  readonly notion: EngineNotion;
}

export interface ExchangePorts {
  readonly clock: Clock;
  readonly engine: SnmpEngine;
  /** Gives the message its id and remembers what it belongs to. */
  register(entry: Outstanding): number;
  transmit(attempt: Attempt, bytes: Buffer): void;
  finish(attempt: Attempt, outcome: SendOutcome): void;
  ignore(why: string): void;
}

const NOTHING = Buffer.alloc(0);
const ENGINE_ID_BYTES_MIN = 5;
const statOfOid = new Map(Object.entries(usmStats).map(([stat, oid]) => [oid as string, stat]));

/** Answers are taken from where we sent to and from where the peer's own signals may come (a host with several addresses). */
export function fromItsPeer(attempt: Attempt, from: Endpoint): boolean {
  return sameAddress(attempt.to.address, from.address) || attempt.peer.from.some((range) => rangeContains(range, from.address));
}

export class InformExchange {
  private readonly ports: ExchangePorts;
  /** The engine that last answered authentically, per peer and endpoint. */
  private readonly authorities = new Map<string, Authority>();
  /** Attempts that are not over, per peer and endpoint: of thousands under way each answer concerns those of its own. */
  private readonly attempts = new Map<string, Set<Attempt>>();

  constructor(ports: ExchangePorts) {
    this.ports = ports;
  }

  begin(attempt: Attempt, peer: V3Peer): void {
    const endpoint = endpointOf(attempt);
    const others = this.attempts.get(endpoint);
    if (others === undefined) this.attempts.set(endpoint, new Set([attempt]));
    else others.add(attempt);
    const known = this.authorities.get(endpoint);
    if (known) this.sendInform(attempt, peer, known);
    else this.sendDiscovery(attempt);
  }

  /** It was acknowledged, failed, or is waited for no longer. */
  over(attempt: Attempt): void {
    const endpoint = endpointOf(attempt);
    const others = this.attempts.get(endpoint);
    if (others?.delete(attempt) === true && others.size === 0) this.attempts.delete(endpoint);
  }

  onAnswer(entry: Outstanding, message: V3Message, from: Endpoint): void {
    const { peer } = entry.attempt;
    if (peer.version !== 3) {
      this.ports.ignore('unmatched');
      return;
    }
    if (message.level === 'noAuthNoPriv') {
      this.onPlain(entry, peer, message, from);
      return;
    }
    if (entry.kind !== 'inform' || !message.engineId.equals(entry.authority.engineId)) {
      this.ports.ignore('engine');
      return;
    }
    if (!message.user.equals(peer.user)) {
      this.ports.ignore('user');
      return;
    }
    const keys = peer.keys.forEngine(message.engineId);
    if (!macMatches(keys, message.bytes, message.mac, message.macOffset)) {
      this.ports.ignore('hmac');
      return;
    }
    const opened = openScopedPdu(message, keys);
    if (opened === null) {
      this.ports.ignore('decryption');
      return;
    }
    const { pdu } = opened.scoped;
    if (pdu.type === 'report') {
      this.onAuthenticReport(entry, peer, message, pdu);
      return;
    }
    // The level of the Response is ours: one that was downgraded on the way is nobody's acknowledgement (RFC 3412 §7.2 (12)).
    if (message.level !== peer.level || pdu.type !== 'response' || pdu.requestId !== entry.attempt.pdu.requestId) {
      this.ports.ignore('unexpected-pdu');
      return;
    }
    entry.authority.notion.accept(message.stamp, this.ports.clock.monotonic());
    this.commit(entry.attempt, entry.authority);
    this.conclude(entry, pdu, from);
  }

  /** A Response that is believed, of either version. */
  conclude(entry: Outstanding, pdu: Pdu, from: Endpoint): void {
    const { attempt } = entry;
    if (pdu.errorStatus === 0) {
      const roundTripMs = elapsedMs(entry.sentAt, this.ports.clock.monotonic());
      this.ports.finish(attempt, { kind: 'acknowledged', roundTripMs, from });
      return;
    }
    const error = new SpitrapError(
      'SNMP_REFUSED',
      `${attempt.peer.name} answered the inform with error-status ${pdu.errorStatus} at index ${pdu.errorIndex}; it counts as not delivered`,
      { context: { peer: attempt.peer.name, errorStatus: pdu.errorStatus } },
    );
    this.ports.finish(attempt, { kind: 'failed', error });
  }

  private onPlain(entry: Outstanding, peer: V3Peer, message: V3Message, from: Endpoint): void {
    const opened = openScopedPdu(message, null);
    if (opened?.scoped.pdu.type !== 'report') {
      this.ports.ignore('unauthenticated');
      return;
    }
    if (!fromItsPeer(entry.attempt, from)) {
      this.ports.ignore('source-address');
      return;
    }
    const stat = statOfOid.get(opened.scoped.pdu.varbinds[0]?.oid ?? '') ?? 'unknown';
    if (stat === 'unknownEngineIDs') {
      this.onOtherEngine(entry.attempt, peer, message.engineId);
      return;
    }
    this.ports.ignore('unauthenticated-report');
    // RFC 3414 wants this one authenticated; the others cannot be, and say why no Response will come.
    if (stat !== 'notInTimeWindows')
      entry.attempt.hint = `it reported ${stat} (which nobody signs): compare user, passwords and protocols`;
  }

  private onOtherEngine(attempt: Attempt, peer: V3Peer, engineId: Buffer): void {
    const name = engineId.toString('hex');
    if (engineId.length < ENGINE_ID_BYTES_MIN || attempt.engines.has(name)) {
      this.ports.ignore('unauthenticated-report');
      return;
    }
    // Boots and time of this Report are not used: they would let a forger make us date a message in the peer's future.
    const known = this.authorities.get(endpointOf(attempt));
    const candidate = { engineId: Buffer.from(engineId), notion: new EngineNotion(this.ports.clock.monotonic()) };
    this.sendInform(attempt, peer, known?.engineId.equals(engineId) ? known : candidate);
  }

  private onAuthenticReport(entry: Outstanding & { kind: 'inform' }, peer: V3Peer, message: V3Message, report: Pdu): void {
    const stat = statOfOid.get(report.varbinds[0]?.oid ?? '') ?? 'unknown';
    if (stat !== 'notInTimeWindows') {
      entry.attempt.hint = `it reported ${stat}`;
      return;
    }
    entry.authority.notion.resynchronise(message.stamp, this.ports.clock.monotonic());
    this.commit(entry.attempt, entry.authority);
    this.sendInform(entry.attempt, peer, entry.authority);
  }

  /** The engine has proved itself; other attempts to this endpoint that never spoke to it (a lost discovery) follow at once. */
  private commit(attempt: Attempt, authority: Authority): void {
    const endpoint = endpointOf(attempt);
    const name = authority.engineId.toString('hex');
    const current = this.authorities.get(endpoint);
    if (current?.engineId.equals(authority.engineId)) {
      if (current !== authority) this.authorities.set(endpoint, authority);
      return;
    }
    if (this.authorities.size >= limits.snmpAddressesMax) this.authorities.clear();
    this.authorities.set(endpoint, authority);
    for (const other of this.attempts.get(endpoint) ?? [])
      if (other !== attempt && other.peer.version === 3 && !other.engines.has(name))
        this.sendInform(other, other.peer, authority);
  }

  private sendDiscovery(attempt: Attempt): void {
    const msgId = this.ports.register({ kind: 'discovery', attempt, sentAt: this.ports.clock.monotonic() });
    const bytes = encodeV3Message({
      msgId,
      reportable: true,
      engineId: NOTHING,
      stamp: { boots: 0, timeS: 0 },
      user: NOTHING,
      level: 'noAuthNoPriv',
      keys: null,
      salt: NOTHING,
      scoped: {
        contextEngineId: NOTHING,
        contextName: NOTHING,
        pdu: { type: 'get', requestId: msgId, errorStatus: 0, errorIndex: 0, varbinds: [] },
      },
    });
    this.ports.transmit(attempt, bytes);
  }

  private sendInform(attempt: Attempt, peer: V3Peer, authority: Authority): void {
    if (attempt.ids.length >= limits.snmpMessagesPerAttemptMax) {
      this.ports.ignore('too-many-reports');
      return;
    }
    attempt.engines.set(authority.engineId.toString('hex'), authority);
    const now = this.ports.clock.monotonic();
    const msgId = this.ports.register({ kind: 'inform', attempt, sentAt: now, authority });
    const bytes = encodeV3Message({
      msgId,
      reportable: true,
      engineId: authority.engineId,
      stamp: authority.notion.at(now),
      user: peer.user,
      level: peer.level,
      keys: peer.keys.forEngine(authority.engineId),
      salt: this.ports.engine.nextSalt(),
      // net-snmp's and IOS's receivers are registered for their own engine id as context.
      scoped: { contextEngineId: authority.engineId, contextName: NOTHING, pdu: attempt.pdu },
    });
    this.ports.transmit(attempt, bytes);
  }
}

const endpointOf = (attempt: Attempt): string => `${attempt.peer.name} ${attempt.to.address} ${attempt.to.port}`;
