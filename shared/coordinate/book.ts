/**
 * Everything an agent remembers about incidents: plain JSON, so that it can be journaled and rebuilt by replaying the inputs.
 * Changed only by step.ts; the coordinator holds the current one.
 */
import type { Judgement, Verdict } from '../detect/judge.ts';
import type { Flow } from '../model/flow.ts';
import type { SymptomCause } from '../model/observation.ts';
import type { DurationMs, Monotonic, Wall } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Mode } from '../model/watch.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import { type ArmingBook, emptyArming } from './arming-state.ts';

export interface Book {
  readonly hold: boolean;
  readonly arming: ArmingBook;
  /** Not closed yet. At most one that acts has its stop still before it; merging sees to that. */
  readonly incidents: readonly Incident[];
  /** Sealed ones, as long as their ids must be remembered. */
  readonly closed: readonly ClosedIncident[];
  /** Flows that open no incident for now. */
  readonly held: readonly HeldFlow[];
  /** When incidents were opened, for the hourly budget (per device, and so per peer too). */
  readonly openedAt: readonly Monotonic[];
  readonly alarms: readonly Alarm[];
  /** Crypto debugs on the device as last read outside an incident; null: not read yet. */
  readonly debugsOn: boolean | null;
  /** Sightings at a spoke, where they open nothing: reported in done. */
  readonly ownSightings: readonly { readonly flow: Flow; readonly at: Monotonic }[];
  readonly alarmCount: number;
  /** Closed incidents of the last seven days, one entry a peer of each: how often it comes. Oldest first. */
  readonly recurrences: readonly Recurrence[];
  /** What was turned away at a bound, by the name of its limit. */
  readonly dropped: Readonly<Partial<Record<BookBound, number>>>;
}

export type BookBound =
  | 'recurrencesMax'
  | 'heldFlowsMax'
  | 'closedIdsMax'
  | 'alarmsMax'
  | 'ownSightingsMax'
  | 'mergedIdsMax'
  | 'openIncidentsMax';

export const emptyBook: Book = {
  hold: false,
  arming: emptyArming,
  incidents: [],
  closed: [],
  held: [],
  openedAt: [],
  alarms: [],
  debugsOn: null,
  ownSightings: [],
  alarmCount: 0,
  recurrences: [],
  dropped: {},
};

export interface Incident {
  readonly id: IncidentId;
  /** Ids of incidents merged into this one; each signaller gets its done under its own. */
  readonly aliases: readonly IncidentId[];
  /** `symptom`: something that names no flow (symptom.ts); `person`: somebody asked for a capture (capture-now.ts). */
  readonly openedBy: 'message' | 'alert' | 'stop' | 'symptom' | 'person';
  readonly openedAt: Monotonic;
  readonly openedAtWall: Wall;
  /** observe: by configuration, or because of a hold when it opened (`onHold`). */
  readonly mode: Mode;
  readonly onHold: boolean;
  readonly flows: readonly FlowRecord[];
  readonly flowsNotKept: number;
  /** Peers that are told: at the hub those of the flows. */
  readonly peers: readonly PeerRecord[];
  /** Who signalled, under which id; each gets done. `captureOnly`: it has asked for no stop. */
  readonly signallers: readonly { readonly peer: string; readonly id: IncidentId | null; readonly captureOnly?: true }[];
  /** Addresses of the other end, as they stand on this device, that captures are scoped to. */
  readonly captureScope: readonly string[];
  readonly debugsAtStart: DebugsRead;
  readonly stop: StopProgress;
  /** The plan: when both ends stop. Moves only earlier. */
  readonly stopAt: Monotonic;
  /** The stop time has come, whether or not there was anything to stop: no flow joins any more. */
  readonly stopPassed: boolean;
  /** Found due long after its time, at a restart: only the flags of the t0 list are turned off, never all. */
  readonly onlyOurs: boolean;
  readonly captures: readonly CaptureRecord[];
  /** The log tail after the stop has been kept. */
  readonly tailKept: boolean;
  /** Who asked for it, where that was a person. */
  readonly askedBy?: string;
  /** What opened it, where that was a symptom. */
  readonly symptom?: { readonly cause: SymptomCause; readonly source: string; readonly detail: string };
  /** Its signallers have had a done before the seal, which waits for theirs. */
  readonly toldEarly?: true;
  /** `failed` is tried again; a sealed incident stays here only while its stop is still being attempted or told to a peer. */
  readonly sealing: 'no' | 'requested' | 'failed' | 'sealed';
  readonly outcome: Outcome | null;
}

export interface FlowRecord {
  readonly flow: Flow;
  readonly count: number;
  readonly first: Monotonic;
  readonly firstWall: Wall;
  readonly last: Monotonic;
  readonly lastWall: Wall;
  readonly interface: string | null;
  readonly sources: readonly string[];
  readonly peers: readonly string[];
  /** First seen after the stop. */
  readonly late: boolean;
  /** `not-needed`: the line came over a connection. Only not-needed, found and undecided flows cause anything. */
  readonly corroboration: 'not-needed' | 'pending' | 'found' | 'undecided' | 'absent' | 'over-limit';
  /** Absent: nothing could be said yet (judging.ts). */
  readonly judged?: Judgement;
}

export interface PeerRecord {
  readonly peer: string;
  readonly alert: SignalProgress;
  /** That alert asked for no stop, because a person only wanted to look. */
  readonly askedCaptureOnly?: true;
  readonly stop: SignalProgress;
  readonly done: DoneReport | null;
}

export type SignalProgress =
  | { readonly kind: 'unsent' }
  | { readonly kind: 'sending'; readonly since: Monotonic }
  | { readonly kind: 'acknowledged'; readonly at: Monotonic; readonly attempts: number; readonly roundTripMs: DurationMs | null }
  | { readonly kind: 'sent'; readonly at: Monotonic; readonly attempts: number }
  | { readonly kind: 'given-up'; readonly at: Monotonic; readonly attempts: number; readonly why: string };

export interface DoneReport {
  readonly at: Monotonic;
  readonly atWall: Wall;
  /** doneBits of shared/wire/signal.ts. */
  readonly bits: number;
  readonly off: 'verified' | 'unverified' | 'failed';
  /** The peer's words, kept as evidence: cap=, spi=, mode=. */
  readonly keys: Readonly<Record<string, string>>;
}

export type DebugsRead =
  | { readonly kind: 'unread' }
  | { readonly kind: 'read'; readonly flags: readonly DebugFlag[] }
  | { readonly kind: 'unreadable'; readonly detail: string };

export type StopVia = 'control' | 'fresh' | 'capture';

export type StopProgress =
  /** Not due yet; `waiting` when it is due and corroboration has not answered. */
  | { readonly kind: 'planned'; readonly waiting: boolean }
  | {
      readonly kind: 'not-planned';
      readonly why:
        | 'observe'
        | 'hold'
        | 'capture-mode'
        | 'not-corroborated'
        | 'peer-asked-capture-only'
        | 'person-asked-capture-only'
        | 'arms-after';
    }
  | {
      readonly kind: 'running';
      readonly startedAt: Monotonic;
      readonly attempt: number;
      /** When this attempt was ordered. */
      readonly attemptAt: Monotonic;
      readonly last: StopAttempt | null;
      /** Verifications in a row that still showed our flags; two of them turn `own` into `all`. Absent: none. */
      readonly stillOn?: number;
    }
  | {
      readonly kind: 'waiting-retry';
      readonly startedAt: Monotonic;
      readonly attempt: number;
      readonly last: StopAttempt;
      readonly stillOn?: number;
    }
  | {
      readonly kind: 'verified';
      readonly startedAt: Monotonic;
      readonly at: Monotonic;
      readonly nothingOn: boolean;
      readonly last: StopAttempt | null;
    };

export interface StopAttempt {
  readonly via: StopVia;
  /** When the line left for the device; null: no session could be had. */
  readonly sentAt: Monotonic | null;
  readonly sentAtWall: Wall | null;
  readonly result: 'verified' | 'still-on' | 'unreadable' | 'not-sent';
  /** Flags still on, or what the device or SSH answered. */
  readonly detail: string;
  /** Debugs that were not on at t0 and are on now: recorded, left alone. */
  readonly appeared: readonly string[];
}

export interface CaptureRecord {
  readonly round: 'first' | 'stop' | 'late';
  readonly state: 'running' | 'ended';
  /** Commands with output, and all planned; reasons for each hole are in the bundle. */
  readonly withOutput: number;
  readonly planned: number;
  /** Every planned command has output or was refused or skipped for a stated reason: no time-outs, no lost sessions. */
  readonly whole: boolean;
  /** Where the bad SPI stood at this end, if the capture shows it. */
  readonly spiSeen: 'outbound' | 'inbound' | 'none' | 'unknown';
  /** Of the flows that it was made for, those whose SAs it shows. */
  readonly seen?: readonly FlowSample[];
  /** Made for no flow: whom its SAs let suspect, in words (detect/suspects.ts). Absent: nobody. */
  readonly suspects?: readonly string[];
}

/** One sample of this device's SAs with the other end of a flow. */
export interface FlowSample {
  readonly flow: Flow;
  /** Where the bad SPI stands among them. */
  readonly spi: 'outbound' | 'inbound' | 'none';
  /** Inbound SAs with another SPI. */
  readonly otherInbound: number;
  /** Packets decrypted, and packets refused (`invalid sa`, `recv errors`), from there, over all of them; null: not shown. */
  readonly decaps: number | null;
  readonly errors: number | null;
}

export type Outcome = {
  readonly kind: 'complete' | 'complete-one-ended' | 'partial' | 'captured' | 'observed';
  readonly reasons: readonly string[];
};

export interface ClosedIncident {
  readonly id: IncidentId;
  readonly aliases: readonly IncidentId[];
  readonly openedBy: Incident['openedBy'];
  readonly closedAt: Monotonic;
  readonly closedAtWall: Wall;
  /** When its stop began; null: none was sent or needed. */
  readonly stoppedAt: Monotonic | null;
  readonly outcome: Outcome;
  readonly peers: readonly string[];
  readonly signallers: Incident['signallers'];
  /** Dones that came in, or were still missing at the seal. */
  readonly dones: readonly { readonly peer: string; readonly done: DoneReport | null }[];
  /** Of all its flows together; revised while they are held. Absent: closed without a flow that could be judged. */
  readonly judged?: { readonly verdict: Verdict; readonly flows: number };
}

export interface Recurrence {
  readonly peer: string;
  readonly incident: IncidentId;
  /** When it opened. */
  readonly wall: Wall;
  readonly flows: number;
}

export interface HeldFlow {
  readonly flow: Flow;
  /** Peers whose other flows are held with it. */
  readonly peers: readonly string[];
  /** False: nobody but a line that can be spoofed claims it. It holds down only such lines of its own flow, and no peer. */
  readonly believed: boolean;
  /** Held by an incident that a hold kept from acting: let go when the hold ends. */
  readonly onHold: boolean;
  readonly incident: IncidentId;
  readonly until: Monotonic;
  readonly count: number;
  readonly first: Monotonic;
  readonly last: Monotonic;
  readonly judged?: Judgement;
  /** What its incident left to judge it by; absent: nothing. */
  readonly signs?: FlowSigns;
  /** Its silence counts from here: the agent was away before. */
  readonly watchedFrom?: Monotonic;
}

export interface FlowSigns {
  /** False: a peer told of it. */
  readonly receiver: boolean;
  /** The peers whose dones speak of this flow; empty: none does. */
  readonly senders: readonly string[];
  readonly atSender: 'current' | 'not-current' | 'unknown';
  readonly newSpiInUse: boolean;
  readonly errorsClimb: boolean;
}

export interface Alarm {
  /** Short, for `spitrap ack`. */
  readonly id: string;
  /** What it is about; the same key is one alarm. */
  readonly key: string;
  readonly text: string;
  /** What a person types, and where; null: nothing to type. */
  readonly remedy: string | null;
  readonly incident: IncidentId | null;
  readonly since: Monotonic;
  readonly sinceWall: Wall;
  readonly acknowledged: boolean;
}
