/** What a source hands to the coordinator. Sources observe and decide nothing. */
import type { Flow } from './flow.ts';
import type { Monotonic, Wall } from './time.ts';

/**
 * How far a line's origin can be believed (pair-protocol.md, "What counts as the event"): `spoofable` (UDP syslog, a file) is
 * corroborated on the device before it causes a signal or a stop; `connected` (TCP, TLS, terminal monitor, authenticated trap) is not.
 */
export type Trust = 'spoofable' | 'connected';

/** Whole lines, LF-terminated, as they came (CR and all): one read of a stream, or one datagram. Searched as bytes, parsed only where an anchor is found. */
export interface LineChunk {
  readonly kind: 'lines';
  /** The source's configured name: dedup needs to know whether two lines came the same way. */
  readonly source: string;
  readonly trust: Trust;
  readonly bytes: Buffer;
  /** Canonical address of whoever delivered it: the device itself, or a relay. */
  readonly from: string;
  readonly at: Monotonic;
  readonly wall: Wall;
  /** What the ring keeps in their place: the message as it came, where a field of it was filled in. */
  readonly asCame?: Buffer;
  /** The source knows that these bytes are old: in the file at open, or a burst replayed after a reconnect. */
  readonly backlog: boolean;
}

/** Something turned away, counted by reason and source; the source logs nothing itself. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly source: string;
  readonly reason: string;
  /** Who it came from, as an address. Never text from the packet. */
  readonly from: string;
  readonly at: Monotonic;
  /** Bytes or lines that are lost with it, where that is known. */
  readonly lost?: number;
  /** Why, in words of ours: bounded and escaped. */
  readonly detail?: string;
}

/** A source's connection to its sender came or went (a terminal monitor's session, a TCP relay): evidence holes are made of these. */
export interface SourceState {
  readonly kind: 'source-state';
  readonly source: string;
  readonly state: 'open' | 'interrupted' | 'closed';
  readonly detail: string;
  readonly at: Monotonic;
}

/** The source knows that lines are missing: a file truncated before it was read to its end. An evidence hole as it stands. */
export interface SourceGap {
  readonly kind: 'gap';
  readonly source: string;
  /** The hole's reason: `file-truncated`, `file-gone`, `file-skipped` (docs/bundle.md). */
  readonly reason: string;
  readonly detail: string;
  /** From here to `to` lines may be missing; the boot may be an earlier one. */
  readonly from: GapEdge;
  readonly to: GapEdge;
  readonly lostLines: number | null;
  readonly lostBytes: number | null;
}

export interface GapEdge {
  readonly wall: Wall;
  readonly monotonic: Monotonic;
  readonly bootId: string;
}

/** How far a source is behind its sender, as of now: bytes that stand in a file and are not read yet. */
export interface SourceLag {
  readonly kind: 'lag';
  readonly source: string;
  readonly behindBytes: number;
}

/**
 * What tells of packets without an SA and of no flow: `qfp-drops`, `no-sa-fails` (counters that climb), `bad-sa`, `no-sa` (traps),
 * `cut-message` (the message, without its srcaddr), `ikmp-no-sa` (the IKE twin of the message).
 */
export const symptomCauses = ['qfp-drops', 'no-sa-fails', 'bad-sa', 'no-sa', 'cut-message', 'ikmp-no-sa'] as const;
export type SymptomCause = (typeof symptomCauses)[number];

export interface Symptom {
  readonly kind: 'symptom';
  readonly source: string;
  readonly cause: SymptomCause;
  /** The configuration wants an incident for it. */
  readonly opens: boolean;
  /** The other end's crypto address, where it is named. */
  readonly remote: string | null;
  /** For people: bounded, printable. */
  readonly detail: string;
  readonly at: Monotonic;
  readonly wall: Wall;
}

/** The message came cut, before its srcaddr ended: whose flow it is has to be found out. */
export interface CutMessage {
  readonly kind: 'cut-message';
  readonly source: string;
  readonly trust: Trust;
  /** As it came, with a line end. */
  readonly bytes: Buffer;
  /** Up to and with the last field that is whole. */
  readonly whole: string;
  /** As received; null: cut before its end. */
  readonly spi: string | null;
  readonly from: string;
  readonly at: Monotonic;
  readonly wall: Wall;
}

/** A flow of no SA that the source itself has seen at the device. */
export interface FlowSighting {
  readonly kind: 'sighting';
  readonly source: string;
  readonly flow: Flow;
  /** What the evidence keeps of it, in our own words, without its line end. */
  readonly line: string;
  /** Canonical address of the device. */
  readonly from: string;
  readonly at: Monotonic;
  readonly wall: Wall;
}

export type Observation = LineChunk | Refusal | SourceState | SourceGap | SourceLag | Symptom | CutMessage | FlowSighting;
