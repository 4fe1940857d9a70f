/**
 * What an agent says of itself: plain JSON, answered over the control socket (`spitrap status --json`) and shown by status-text.ts.
 * Filled by the coordinator. Times are ISO 8601 UTC of this host's wall clock; `…Ms` are durations as of `at`. Text that came from
 * the network is raw here and escaped where it is shown.
 */
import type { RecurrenceCounts } from '../../shared/coordinate/recurrence.ts';
import type { Verdict } from '../../shared/detect/judge.ts';
import type { Mode, Role } from '../../shared/model/watch.ts';
import type { Severity } from '../alarms/severity.ts';

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly at: string;
  readonly startedAt: string;
  readonly upMs: number;
  readonly role: Role;
  readonly mode: Mode;
  readonly hold: HoldStatus;
  /** Absent: of an agent of before reloads. */
  readonly configuration?: ConfigurationStatus;
  readonly dataDir: string;
  /** Hex. */
  readonly engineId: string;
  readonly engineBoots: number;
  readonly signalListen: string;
  readonly device: DeviceSummary;
  readonly arming: ArmingSummary;
  readonly sources: readonly SourceStatus[];
  readonly peers: readonly PeerStatus[];
  /** Not sealed yet, and the last sealed ones, newest first. */
  readonly incidents: readonly IncidentSummary[];
  /** Standing ones, oldest first; acknowledged ones stay until their cause is gone. */
  readonly alarms: readonly AlarmStatus[];
  readonly alarmChannels: readonly AlarmChannelStatus[];
  /** Why whom we told what does not reach the disk; null: it does. */
  readonly alarmsDegraded: string | null;
  /** What was turned away, by reason: `unknown-peer`, `source-address`, `not-my-role`, … */
  readonly refusals: Readonly<Record<string, number>>;
  /** What was lost at a bound, by the bound's name (shared/limits.ts). */
  readonly drops: Readonly<Record<string, number>>;
  /** The page and its API; null: not turned on (`page`). */
  readonly page: PageStatus | null;
  /** What the fleet is told; null: nobody is (`fleet`). Absent: of an agent of before fleets. */
  readonly fleet?: FleetStatus | null;
  readonly ring: RingSummary;
  readonly journal: JournalSummary;
}

/** Of the configuration in force. Why one was refused stands in the alarm `reload-refused`. */
export interface ConfigurationStatus {
  /** By a reload; null: at the start. */
  readonly readAt: string | null;
  /** Changes of a reload that are taken over when no incident is open. */
  readonly waits: readonly string[];
}

export interface HoldStatus {
  readonly on: boolean;
  /** Null: until taken off. */
  readonly until: string | null;
  /** `configuration`, `command`, `file HOLD`; null when off. */
  readonly by: string | null;
}

export interface DeviceSummary {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly platform: string;
  /** As learned from its prompt. */
  readonly hostname: string | null;
  readonly sessions: Readonly<Record<'capture' | 'control', SessionSummary>>;
  readonly refusedLoginsInARow: number;
  /** Crypto debugs on, as last read; null: not read yet, or not readable. */
  readonly debugsOn: readonly string[] | null;
  readonly debugsReadAt: string | null;
  /** `show clock` as printed, and how far it is ahead of this host; null: not read. */
  readonly clock: { readonly text: string; readonly trusted: boolean; readonly readAt: string } | null;
}

/** What this agent armed, or why it did not. Debugs that a person turned on stand in `device.debugsOn` alone. */
export interface ArmingSummary {
  /** `manual`, `always`, `on-first-sighting`. */
  readonly when: string;
  readonly state: 'disarmed' | 'checking' | 'arming' | 'armed' | 'disarming';
  readonly since: string | null;
  readonly by: string | null;
  readonly debugs: readonly string[];
  /** On the device: ours, or those that had to stay. */
  readonly conditions: readonly string[];
  /** What a lease lasts when nobody asks for a shorter one. */
  readonly leaseMs: number;
  readonly leaseLeftMs: number | null;
  /** Until `arming.maxDebug` ends them. */
  readonly debugLeftMs: number | null;
  /** Of the on-box applet, when it was last set; null: there is none, nothing on the router acts when the agent is gone. */
  readonly deadManS: number | null;
  readonly warnings: readonly string[];
  /** Percent, as the breaker last read it. */
  readonly cpu: { readonly fiveSeconds: number; readonly oneMinute: number } | null;
  /** When the agent arms by itself; null: not planned. */
  readonly armInMs: number | null;
  /** `person`, `breaker`, `judging`, …: why it does not. */
  readonly blocked: string | null;
  /** What last happened. */
  readonly last: { readonly reason: string; readonly text: string; readonly at: string } | null;
}

export interface SessionSummary {
  readonly state: 'closed' | 'connecting' | 'ready' | 'busy' | 'backing-off';
  readonly sinceMs: number;
  /** `SSH_AUTH_REFUSED: …`; null after a success. */
  readonly lastError: string | null;
}

export interface SourceStatus {
  readonly name: string;
  readonly kind: string;
  /** Where it listens, or the file that it reads; null for a terminal monitor. */
  readonly listen: string | null;
  readonly state: 'open' | 'interrupted' | 'closed';
  /** Of the state: what it waits for, why it is interrupted. */
  readonly detail: string;
  /** Bytes of a file, or that wait in the kernel, and are not read yet. */
  readonly behindBytes: number;
  readonly lines: number;
  readonly bytes: number;
  /** Lines with one of our anchors in them. */
  readonly candidates: number;
  /** Candidates that did not parse; kept in the ring. */
  readonly unparsed: number;
  readonly refused: number;
  /** Lines of a relay that are another device's, or whose host name `device.match` does not know: not kept. */
  readonly foreign: number;
  /** Of whatever it brought. */
  readonly lastLineAt: string | null;
  /** What told of packets without an SA and of no flow; the message, cut before its srcaddr ended. */
  readonly symptoms: number;
  readonly cutMessages: number;
}

export interface PeerStatus {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  /** Null: no hello yet (an `eem` peer sends none). */
  readonly lastHelloAt: string | null;
  readonly missedHellos: number;
  readonly version: string | null;
  readonly role: string | null;
  readonly mode: string | null;
  /** `yes`, `no`, `unknown` as it says of its device's debugs. */
  readonly armed: string | null;
  /** Until when, by its own word, its debugs may stay on; null: no lease. */
  readonly leaseEndsAt: string | null;
  readonly roundTripMs: number | null;
  /** How far its wall clock is ahead of ours, from the quickest of the last eight hellos. */
  readonly offsetMs: number | null;
  /** Why the two ends do not fit (`cfg`, `mode`, `half-armed`); empty when they do. */
  readonly differences: readonly string[];
  /** Closed incidents with it; null: none in seven days. */
  readonly recurrence: RecurrenceCounts | null;
  readonly paths: readonly PathStatus[];
}

export interface PathStatus {
  readonly endpoint: string;
  readonly sent: number;
  readonly acknowledged: number;
  readonly lastError: string | null;
}

export interface IncidentSummary {
  readonly id: string;
  readonly openedAt: string;
  readonly openedBy: 'message' | 'alert' | 'stop' | 'symptom' | 'person';
  /** `alerted`, `stopping`, `verifying`, `sealing`, `sealed`: how far it is. */
  readonly phase: string;
  readonly peers: readonly string[];
  readonly flows: number;
  /** `11.1.1.3 -> 213.163.222.7 SPI 0x68842105`; null when a bare stop opened it. */
  readonly firstFlow: string | null;
  /** Until the planned stop; negative after it; null when none is planned. */
  readonly stopInMs: number | null;
  /** `verified`, `unverified`, `failed`, `pending`, `not-sent`. */
  readonly debugsOff: string;
  /** `complete`, `complete-one-ended`, `partial`; null before the seal. */
  readonly outcome: string | null;
  readonly reasons: readonly string[];
  /** `transient`, `persistent`, `unknown`: of all its flows together, as it stands now. */
  readonly verdict: Verdict;
  readonly bundle: string | null;
}

export interface AlarmStatus {
  /** Short, for `spitrap ack`. */
  readonly id: string;
  /** What it is about; the same each time the same thing goes wrong. */
  readonly key: string;
  readonly severity: Severity;
  readonly since: string;
  readonly text: string;
  /** What to type, and where; null: nothing to type. */
  readonly remedy: string | null;
  readonly incident: string | null;
  readonly acknowledged: boolean;
}

/** Whom alarms are told to (docs/alarms.md). */
export interface AlarmChannelStatus {
  readonly name: string;
  readonly kind: string;
  /** Never a secret: of a URL the origin alone. */
  readonly target: string;
  /** The least severe alarms that are told. */
  readonly severity: Severity;
  readonly state: 'idle' | 'sending' | 'backing-off';
  /** Notices that are due and not delivered. */
  readonly waiting: number;
  /** Since the agent started; `collapsed`: raised and over before they could be told. */
  readonly delivered: number;
  readonly failed: number;
  readonly collapsed: number;
  readonly lastDeliveredAt: string | null;
  /** What came back and what to do; null after a delivery. */
  readonly lastError: string | null;
}

export interface PageStatus {
  /** `http://127.0.0.1:7423`. */
  readonly url: string;
  readonly connections: number;
  /** Event streams. */
  readonly streams: number;
  /** Requests since the agent started; those refused stand in `refusals` as `page-…`. */
  readonly answered: number;
  /** Of its certificate; null: nothing is wrong. */
  readonly problem: string | null;
}

/** Of the fleet's engine, and of what it was told (docs/fleet.md). Counts are since the agent started, unless said otherwise. */
export interface FleetStatus {
  readonly state: 'connected' | 'away';
  /** Null: none. */
  readonly server: string | null;
  /** Why it is away. */
  readonly why: string | null;
  /** On disk, not acknowledged. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  readonly sent: number;
  readonly heartbeats: number;
  /** By kind, over restarts: what there was no room for. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Set aside in `fleet/refused.jsonl`: the engine took others and not these. */
  readonly refused: number;
  /** What it says of a record that it refuses now; null: nothing. */
  readonly refusing: string | null;
  readonly bundlesWaiting: number;
  readonly bundlesSent: number;
  readonly lastSentAt: string | null;
  readonly lastError: string | null;
  /** Why what is to be told does not reach the disk; null: it does. */
  readonly degraded: string | null;
}

export interface RingSummary {
  readonly bytes: number;
  readonly segments: number;
  readonly oldestAt: string | null;
  readonly newestAt: string | null;
  readonly droppedLines: number;
  readonly degraded: string | null;
}

export interface JournalSummary {
  readonly records: number;
  readonly bytes: number;
  readonly degraded: string | null;
}
