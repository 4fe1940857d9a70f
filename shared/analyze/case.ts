/**
 * A case: the evidence of one or both ends on one time axis. Built by build-case.ts from bundles, judged by the rules of causes/, drawn by
 * report/. Everything in it can be traced to a line of a file (`Quote`).
 */
import type { CryptoConfiguration, IkeTable, IpsecTable, LogEvent, NhrpPeer, SpiLookup, Uptime } from '../model/evidence.ts';
import type { Flow, Spi } from '../model/flow.ts';

/** 0 is the end whose agent's clock is the axis: the hub's, if there is one, whatever the order in which the bundles were given. */
export type EndIndex = 0 | 1;

/** One or more lines of a file of a bundle, as they stand there. */
export interface Quote {
  readonly end: EndIndex;
  /** Relative to the bundle: `device.log`, `commands/01-….txt`, `incident.json`. */
  readonly file: string;
  /** 1-based in that file. */
  readonly line: number;
  /** At most a few lines, bounded. Hostile: escape where shown. */
  readonly text: string;
}

/**
 * When something was, on the axis: milliseconds since 1970 UTC by the clock of end 0's agent, somewhere in [fromMs, toMs].
 * Two moments are in order only when their intervals do not overlap and both are trusted, or when both come of the same clock.
 */
export interface Instant {
  readonly fromMs: number;
  readonly toMs: number;
  /** False: read off a device clock that was never set (`*`) or is not in sync (`.`), or of whose offset nothing is known. */
  readonly trusted: boolean;
  /** Moments of the same clock can be compared whatever its offset: `device 0`, `agent 1`. `atClockMs` is that clock's reading. */
  readonly clock: string;
  readonly atClockMs: number;
  /** One step of what was printed: two readings of a clock nearer than this are in no order. */
  readonly resolutionMs: number;
}

/** `before`, `after`, or `unordered` when intervals overlap and the clocks differ. */
export type Order = 'before' | 'after' | 'same' | 'unordered';

export interface End {
  readonly index: EndIndex;
  readonly name: string;
  readonly role: 'hub' | 'spoke';
  readonly platform: string;
  /** Addresses of its tunnels, as far as the evidence knows: from flows, peers' configuration, the SAs' endpoints. */
  readonly addresses: readonly string[];
  /** The device's clock against the axis; null: unknown (no `show clock`, no hello). `offsetMs` = device minus axis. */
  readonly deviceClock: { readonly offsetMs: number; readonly uncertaintyMs: number; readonly mark: '*' | '.' | '' } | null;
  /** Its agent's clock against the axis: 0 for end 0; null: unknown. */
  readonly agentClock: { readonly offsetMs: number; readonly uncertaintyMs: number } | null;
  readonly ipsec: readonly Sample<IpsecTable>[];
  readonly ike: readonly Sample<IkeTable>[];
  readonly spis: readonly Sample<SpiLookup>[];
  readonly nhrp: readonly Sample<readonly NhrpPeer[]>[];
  readonly uptime: Sample<Uptime> | null;
  readonly configuration: Sample<CryptoConfiguration> | null;
  /** Cumulative counters of the first and the last sample that has them. */
  readonly counters: readonly { readonly name: string; readonly first: number; readonly last: number; readonly quote: Quote }[];
  readonly events: readonly DatedEvent[];
  /** From when to when its log speaks; null: there is no log. A cause before `from` can not be seen. */
  readonly logWindow: { readonly from: Instant; readonly to: Instant; readonly holes: number } | null;
  /** Debugs were on from the start of the log window: a DELETE, a rekey that is not in the log did not happen (or was lost in a hole). */
  readonly debugsOn: boolean | null;
  /** Commands that gave nothing, and why: `show crypto isakmp sa detail: % Invalid input`. */
  readonly missing: readonly { readonly command: string; readonly why: string }[];
  /** Lines that no reader understood, bounded. */
  readonly unread: readonly Quote[];
}

/** One table as it was at one moment. */
export interface Sample<T> {
  readonly at: Instant;
  readonly round: 'first' | 'stop' | 'late';
  readonly file: string;
  /** Of the output in that file, 1-based: lines of `value` are those of the output (quote.ts, `lineIn`). */
  readonly firstLine: number;
  /** The command ran to its prompt; false: cut off, what is not in it may exist. */
  readonly whole: boolean;
  readonly value: T;
}

export interface DatedEvent {
  readonly at: Instant | null;
  readonly end: EndIndex;
  readonly event: LogEvent;
  readonly quote: Quote;
}

/** What the case says of one end's knowledge of something. `unknown`: the evidence does not tell, which is never `no`. */
export type Known = 'yes' | 'no' | 'unknown';

/** One SPI of one direction: an SA that `receiver` has inbound and `sender` outbound. */
export interface SaLife {
  readonly spi: Spi;
  readonly src: string | null;
  readonly dst: string | null;
  /** Index of the end whose bundle is here; null: it is no end of this case, or has no bundle. */
  readonly sender: EndIndex | null;
  readonly receiver: EndIndex | null;
  /** One of the flows that the message named. */
  readonly reported: boolean;
  readonly marks: readonly SaMark[];
  /** Is it in the tables, by round of the samples? */
  readonly outboundAtSender: SideState;
  readonly inboundAtReceiver: SideState;
  /** The pair's other direction, as the tables show them together at one end. */
  readonly partner: Spi | null;
  /** The SPI that took its place in the same direction, and the one whose place it took. */
  readonly next: Spi | null;
  readonly previous: Spi | null;
}

export interface SideState {
  readonly first: Known;
  readonly last: Known;
  /** Outbound only: it is the one that the sender encrypts with now (`current outbound spi`). */
  readonly current: Known;
  /** Seconds and kilobytes left at the last sample. */
  readonly lifetimeSeconds: number | null;
  readonly lifetimeKilobytes: number | null;
  /** Packets of its ident between the first and the last sample: encaps at the sender, decaps at the receiver; null: not both. */
  readonly packets: number | null;
  readonly errors: number | null;
  readonly quotes: readonly Quote[];
}

export interface SaMark {
  readonly what: 'created' | 'seen' | 'rekeyed' | 'delete-sent' | 'delete-received' | 'deleted' | 'refused' | 'expired';
  readonly end: EndIndex;
  readonly at: Instant | null;
  readonly quote: Quote;
}

export interface FlowCase {
  readonly flow: Flow;
  readonly receiver: EndIndex | null;
  readonly sender: EndIndex | null;
  readonly count: number;
  readonly first: Instant;
  readonly last: Instant;
  /** What the agent judged meanwhile (docs/bundle.md, Verdicts). */
  readonly judged: 'transient' | 'persistent' | 'unknown';
  /** An address that no configured peer and no tunnel of either end has. */
  readonly foreign: Known;
  readonly sa: SaLife | null;
  readonly quote: Quote | null;
}

export interface TimelineEntry {
  readonly at: Instant | null;
  readonly end: EndIndex;
  /**
   * A LogEvent's kind, or of the agents: `message` or `symptom`, `alert-sent`, `alert-received`, `stop-signal-sent`,
   * `stop-signal-received`, `done-received`, `stop-sent` (the off command), `off-verified`, `capture`, `sealed`.
   */
  readonly kind: string;
  /** In a few words, printable. */
  readonly text: string;
  readonly quote: Quote | null;
  readonly spis: readonly Spi[];
}

export interface Case {
  readonly incidentId: string;
  /** One or two. */
  readonly ends: readonly End[];
  /** Of the message, on the axis. */
  readonly opened: Instant;
  readonly flows: readonly FlowCase[];
  readonly ledger: readonly SaLife[];
  /** Sorted by the middle of the interval; entries without a time stand at the end of their file's order. */
  readonly timeline: readonly TimelineEntry[];
  /** Milliseconds between the two off commands, on the axis; null: one end, or not sent. */
  readonly stopSkew: { readonly ms: number; readonly uncertaintyMs: number } | null;
  /** What cannot be known from this evidence, in sentences: one end only, no common clock, commands that failed, holes. */
  readonly unknowns: readonly string[];
}
