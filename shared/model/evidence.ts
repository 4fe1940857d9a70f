/**
 * What one output, or one line of the log, of a head-end says, in words that are the same on every platform. Filled by the platforms'
 * evidence readers (`Platform.evidence`), put together by shared/analyze. `line` is 1-based in the text that was read, for quoting.
 */
import type { Line } from '../platforms/platform.ts';
import type { IosStamp } from '../wire/ios-timestamp.ts';
import type { Spi } from './flow.ts';
import type { IpsecIdent, IpsecSa } from './sa.ts';

/** A platform's readers of evidence. Pure, never throw; text that says nothing gives no facts. */
export interface PlatformEvidence {
  /** Null: no reader knows this command. */
  capture(command: string, output: string): CaptureFacts | null;
  /** All lines of a log at once, because debugs spread one event over several lines. */
  log(lines: readonly string[]): readonly LogEvent[];
}

/** Facts of one captured command; null: this command does not say. */
export interface CaptureFacts {
  readonly ipsec: IpsecTable | null;
  readonly ike: IkeTable | null;
  readonly spis: SpiLookup | null;
  readonly nhrp: readonly NhrpPeer[] | null;
  readonly configuration: CryptoConfiguration | null;
  readonly uptime: Uptime | null;
  /** Counters of the device by the command's own names, such as `IN_US_V4_PKT_SA_NOT_FOUND_SPI`. Cumulative. */
  readonly counters: Readonly<Record<string, number>>;
  /** Event trace, log buffer. */
  readonly events: readonly LogEvent[];
  readonly unread: readonly Line[];
}

/** A command that was read and says nothing of all that. */
export const noFacts: CaptureFacts = {
  ipsec: null,
  ike: null,
  spis: null,
  nhrp: null,
  configuration: null,
  uptime: null,
  counters: {},
  events: [],
  unread: [],
};

export interface IpsecTable {
  /** Canonical addresses that the command was limited to; null: all. What is not in a table limited to others is not known to be absent. */
  readonly peers: readonly string[] | null;
  readonly idents: readonly (IpsecIdent & {
    readonly line: number;
    readonly sas: readonly (IpsecSa & { readonly line: number })[];
  })[];
}

export interface IkeTable {
  readonly version: 1 | 2;
  readonly peers: readonly string[] | null;
  readonly sas: readonly IkeSaRow[];
}

export interface IkeSaRow {
  readonly line: number;
  /** Canonical; null: not shown. Where the table names responder and initiator alone, these two, until build-case.ts knows which is which. */
  readonly local: string | null;
  readonly remote: string | null;
  /** `QM_IDLE`, `MM_NO_STATE`, `READY`, as printed. */
  readonly state: string;
  /** Usable for quick mode or CREATE_CHILD_SA now: QM_IDLE or READY, and not `(deleted)`. */
  readonly established: boolean;
  readonly deleted: boolean;
  readonly connectionId: string | null;
  /** Seconds; null: not shown. */
  readonly ageSeconds: number | null;
  readonly remainingSeconds: number | null;
  readonly dpdSeconds: number | null;
}

/** `show crypto ipsec spi-lookup [detail]`. A listing under `transient` never suffices: an active SPI may be there too (facts.md §6). */
export interface SpiLookup {
  /** Null: the output shows no such table. */
  readonly active: readonly { readonly spi: Spi; readonly line: number }[] | null;
  readonly transient: readonly { readonly spi: Spi; readonly line: number }[] | null;
}

export interface NhrpPeer {
  readonly line: number;
  readonly nbma: string | null;
  readonly tunnelAddress: string | null;
  /** `UP`, `NHRP`, `IKE`, `never`, `dynamic`, `static`, as printed. */
  readonly state: string | null;
}

export interface Uptime {
  readonly line: number;
  /** As it stands in that line: `uptime is 6 weeks, 2 days, 23 hours, 25 minutes`. */
  readonly text: string;
  readonly seconds: number;
  /** What the last unit printed is worth: `1 hour, 3 minutes` is known to a minute. */
  readonly resolutionSeconds: number;
  /** `Last reload reason: …`, `System returned to ROM by …`; null: not shown. */
  readonly reason: string | null;
}

/** What the diagnosis asks of a configuration. A null says that the text does not tell, never that the feature is off. */
export interface CryptoConfiguration {
  /** Global `crypto isakmp keepalive`, or an IKEv2 `dpd`; `none`: the section was shown and has none. */
  readonly dpd: {
    readonly mode: 'periodic' | 'on-demand' | 'none';
    readonly intervalSeconds: number | null;
    readonly line: number | null;
  } | null;
  /** `crypto isakmp invalid-spi-recovery`. */
  readonly invalidSpiRecovery: { readonly on: boolean; readonly line: number | null } | null;
  /** Seconds and kilobytes of IPsec SAs, as configured globally; null: default or not shown. */
  readonly lifetimeSeconds: number | null;
  readonly lifetimeKilobytes: number | null;
  /** How the tunnel to each peer is made, for Note B's table (shared/advise/facts.ts has its words). */
  readonly peerings: readonly {
    readonly kind: string;
    readonly where: string;
    readonly peers: readonly string[];
    /** Does invalid SPI recovery work there? `yes`, `no`, `not applicable`, `not known`. */
    readonly recovery: 'yes' | 'no' | 'not applicable' | 'not known';
    readonly lifetimeSeconds: number | null;
    readonly lifetimeKilobytes: number | null;
    readonly ike: 1 | 2 | null;
    /** `tunnel key`; null: it has none. Undefined: the reader does not say. */
    readonly tunnelKey?: string | null;
    readonly line: number | null;
  }[];
}

/** One thing that a device said it did or saw. */
export const logEventKinds = [
  'invalid-spi', // %CRYPTO-4-RECVD_PKT_INV_SPI, charon: inbound ESP packet does not belong to an installed SA
  'ike-no-sa', // %CRYPTO-4-IKMP_NO_SA
  'ike-bad-message', // %CRYPTO-4-IKMP_BAD_MESSAGE
  'not-ipsec', // %CRYPTO-4-RECVD_PKT_NOT_IPSEC
  'replay-error', // %CRYPTO-4-PKT_REPLAY_ERR, %IPSEC-3-REPLAY_ERROR
  'mac-error', // %IPSEC-3-HMAC_ERROR, %CRYPTO-4-RECVD_PKT_MAC_ERR
  'session-up', // %CRYPTO-5-SESSION_STATUS … is UP
  'session-down',
  'ike-mode-failure', // %CRYPTO-6-IKMP_MODE_FAILURE
  'isakmp-on-off', // %CRYPTO-6-ISAKMP_ON_OFF
  'restart', // %SYS-5-RESTART
  'configured', // %SYS-5-CONFIG_I
  'cleared', // `clear crypto …` as a command log or a debug shows it
  'ha-active', // %HSRP-5-STATECHANGE … -> Active, VRRP and others likewise
  'ha-standby', // … away from Active
  'line-up', // %LINEPROTO-5-UPDOWN of a Tunnel
  'line-down',
  'neighbor-up', // %DUAL-5-NBRCHANGE, %OSPF-5-ADJCHG, %BGP-5-ADJCHANGE
  'neighbor-down',
  'clock-changed', // %SYS-6-CLOCKUPDATE
  'ike-established', // phase 1 complete, IKE_AUTH done
  'ike-deleted', // ISAKMP:(9577):deleting SA
  'sa-created', // IPSEC(create_sa), CREATE_CHILD_SA done: one event an SPI
  'sa-deleted', // IPSEC(delete_sa): one event an SPI
  'delete-received', // processing DELETE payload; `spis` when it names them
  'delete-sent', // a DELETE notify leaves for the peer
  'delete-enqueued', // Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:0x…)
  'delete-not-sent', // ignoring request to send delete notify (no ISAKMP sa)
  'rekey-started', // quick mode or CREATE_CHILD_SA begins for an SA that exists
  'lifetime-expired', // an SA's seconds or kilobytes ran out; detail.unit
  'retransmit', // retransmitting phase 1 or 2, IKEv2 retransmission
  'dpd-sent',
  'dpd-answered',
  'dpd-failed', // peer declared dead
  'initial-contact', // Process initial contact, bring down existing phase 1 and 2 SA's
  'port-float', // NAT: 500 to 4500
  'invalid-spi-notify-sent', // an INVALID_SPI notification left for the peer
  'invalid-spi-notify-received',
] as const;
export type LogEventKind = (typeof logEventKinds)[number];

export interface LogEvent {
  readonly kind: LogEventKind;
  /** First line of it; `lines`: how many. */
  readonly line: number;
  readonly lines: number;
  /** As received, bounded by limits. Hostile: escape where shown. */
  readonly text: string;
  /** The device's own stamp; null: the line has none. */
  readonly stamp: IosStamp | null;
  /** SPIs that it names. */
  readonly spis: readonly Spi[];
  /** Canonical; null: not named. `src` and `dst` are those of the packet or SA, `peer` is the other end. */
  readonly src: string | null;
  readonly dst: string | null;
  readonly peer: string | null;
  /** IKE connection id as printed: `9577`. */
  readonly ike: string | null;
  /** What else is worth comparing: `user`, `unit`, `exchange`, `interface`, `group`, `neighbor`. */
  readonly detail: Readonly<Record<string, string>>;
}
