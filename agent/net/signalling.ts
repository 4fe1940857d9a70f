/**
 * The two halves of the SNMP room as the rest of the agent sees them. Receiver: everything in pair-protocol.md "Trust" up to
 * and including duplicates is decided inside; what reaches `onNotification` is authentic and fresh. Sender: one attempt a call.
 */
import type { SpitrapError } from '../../shared/errors.ts';
import type { DurationMs, Monotonic, Wall } from '../../shared/model/time.ts';
import type { Varbind } from '../../shared/wire/snmp-pdu.ts';
import type { Endpoint } from '../ports.ts';
import type { ReadyPeer } from './snmp-peers.ts';

/** A user of SNMPv3 or a community of v1 or v2c, with secrets already read. */
export type SnmpCredentials =
  | { readonly version: '1' | '2c'; readonly community: string }
  | {
      readonly version: 3;
      readonly user: string;
      readonly auth: { readonly protocol: 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'; readonly key: string };
      readonly priv: { readonly protocol: 'aes128' | 'aes256' | 'aes256c'; readonly key: string } | null;
    };

/** What a question can be asked with. */
export type PollCredentials =
  | Exclude<SnmpCredentials, { readonly version: '1' | '2c' }>
  | { readonly version: '2c'; readonly community: string };

export interface SnmpPeer {
  readonly name: string;
  /** Canonical source addresses this peer's notifications may come from (CIDR allowed). */
  readonly from: readonly string[];
  readonly credentials: SnmpCredentials;
  /** Engine id of its v3 *traps* (informs carry ours). Hex; null: learned from the first authentic trap is NOT done, such traps are refused. */
  readonly engineId: string | null;
}

/** An authentic, fresh notification from a configured peer. */
export interface Notification {
  readonly peer: string;
  readonly from: Endpoint;
  readonly version: '1' | '2c' | 3;
  /** True: an inform, which waits for `respond`. */
  readonly confirmed: boolean;
  /** `91` or `134`: which root of the MIB was seen. Null: not a cEventMgrPolicyEvent. */
  readonly root: 91 | 134 | null;
  readonly trapOid: string;
  readonly intData1: number | null;
  readonly intData2: number | null;
  /** Latin-1 text of PolicyStrData as received; '' when unset. Hostile. */
  readonly strData: string;
  readonly policyName: string;
  readonly sysUpTimeMs: number;
  /** All of them, as they came. Hostile. */
  readonly varbinds: readonly Varbind[];
  readonly at: Monotonic;
  readonly wall: Wall;
  /** Sends the Response of an inform (once; a no-op for a trap). The caller decides when: after its journal record is synced. */
  respond(): void;
}

/** Why a datagram did nothing: the same word in journal, counter and page. */
export type RefusalReason =
  | 'source-address'
  | 'malformed'
  | 'version'
  | 'level'
  | 'engine'
  | 'user'
  | 'community'
  | 'hmac'
  | 'not-in-time-window'
  | 'decryption'
  | 'duplicate'
  | 'notification-type';

export interface Refusal {
  readonly reason: RefusalReason;
  /** For the log: bounded, printable, no secret, nothing of the sender's text. */
  readonly detail: string;
  /** Null when it was refused before a peer was known. */
  readonly peer: string | null;
  readonly from: Endpoint;
  readonly at: Monotonic;
}

export interface SnmpReceiver {
  readonly local: Endpoint;
  /** Hex, fixed and persisted. */
  readonly engineId: string;
  readonly receiveBufferBytes: number;
  /** Every refusal by its reason, and: accepted, discoveries, responsesSent, reportsSent, reportsSuppressed, duplicatesForgotten, sendErrors, kernelDropped. */
  counters(): Readonly<Record<string, number>>;
  /** From the next datagram on. What a peer that stays has sent is remembered. */
  changePeers(peers: readonly ReadyPeer[]): void;
  close(): Promise<void>;
}

export interface OutgoingNotification {
  readonly confirmed: boolean;
  readonly root: 91 | 134;
  readonly intData1: number;
  readonly intData2: number;
  readonly strData: string;
  readonly policyName: string;
  readonly policyPath: string;
}

/** `acknowledged`: an authentic Response with matching ids. `sent`: a trap left (no answer exists). */
export type SendOutcome =
  | { readonly kind: 'acknowledged'; readonly roundTripMs: DurationMs; readonly from: Endpoint }
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly error: SpitrapError };

export interface SnmpSender {
  /**
   * One PDU to one endpoint, now. For an inform resolves at its Response or after `timeoutMs` (SNMP_TIMEOUT); v3 discovery
   * and a Report that resynchronises boots and time are handled inside the same attempt. Never rejects. To a peer of v1 there are
   * traps alone (SIGNAL_UNENCODABLE).
   */
  send(
    peer: string,
    to: Endpoint,
    notification: OutgoingNotification,
    options: { readonly timeoutMs: DurationMs },
  ): Promise<SendOutcome>;
  /** acknowledged, timedOut, sent, sendErrors, and every ignored answer by its reason, as `ignored-<reason>`. */
  counters(): Readonly<Record<string, number>>;
  /** From the next send on. What is outstanding may still be answered. */
  changePeers(peers: readonly ReadyPeer[]): void;
  close(): Promise<void>;
}
