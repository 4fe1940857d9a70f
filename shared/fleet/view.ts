/**
 * What the fleet's index answers with: to the page, `spitrap fleet incidents|top|show` and docs/fleet.md. Made by agent/fleet/index/. An incident
 * is one, however many ends told of it. All moments are milliseconds since 1970 by the clocks of the agents, unless said otherwise.
 */
import type { FleetBody } from './record.ts';

/** `healed`: by itself. `black-holed`: traffic is lost until somebody acts, as far as is known. */
export type FleetState = 'open' | 'healed' | 'black-holed' | 'not-known';
export const fleetStates = ['open', 'healed', 'black-holed', 'not-known'] as const satisfies readonly FleetState[];

export interface FleetEnd {
  readonly site: string;
  readonly device: string;
  readonly role: 'hub' | 'spoke';
  readonly agentVersion: string;
  readonly software: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly outcome: string | null;
  readonly debugsOff: string;
  readonly sealedAtMs: number | null;
  /** By this end's records alone. */
  readonly state: FleetState;
  readonly verdict: FleetBody<'verdict'> | null;
  readonly bundle: FleetBody<'bundle'> | null;
}

export interface FleetIncident {
  readonly id: string;
  readonly openedAtMs: number;
  /** Device names; null: nobody told. When only one end told, the other is the name its configuration has for it. */
  readonly hub: string | null;
  readonly spoke: string | null;
  /** All of them, those above first: a hub's incident may be of many spokes. */
  readonly hubs: readonly string[];
  readonly spokes: readonly string[];
  readonly ends: readonly FleetEnd[];
  /** Of the surer end, with both ends' evidence before one's. `not-judged`: no report yet. */
  readonly cause: string;
  readonly title: string;
  readonly confidence: string | null;
  readonly sentence: string | null;
  readonly harm: 'transient' | 'persistent' | 'unknown';
  /** As of when it was asked for: what heals at a moment is `black-holed` until then. */
  readonly state: FleetState;
  /** That moment; null: there is none, or it is not known. */
  readonly healsAtMs: number | null;
  readonly flows: number;
  readonly aliases: readonly string[];
}

/** What can be counted by. A tag is one of either end's (`carrier`). */
export type FleetDimension =
  | 'cause'
  | 'hub'
  | 'spoke'
  | 'site'
  | 'software'
  | 'agent-version'
  | 'state'
  | 'harm'
  | `tag:${string}`;

export interface FleetQuery {
  /** Opened at or after, and before. */
  readonly fromMs: number;
  readonly toMs: number;
  /** All of these. */
  readonly where: readonly { readonly dimension: FleetDimension; readonly value: string }[];
}

export interface IncidentPage {
  /** Newest first. */
  readonly incidents: readonly FleetIncident[];
  /** For the next page; null: there is none. */
  readonly next: string | null;
}

export interface TopRow {
  readonly value: string;
  readonly incidents: number;
  readonly byState: Readonly<Record<FleetState, number>>;
  readonly lastAtMs: number;
}

export interface TimeBucket {
  readonly fromMs: number;
  readonly incidents: number;
  readonly byState: Readonly<Record<FleetState, number>>;
}

/** Incidents that share an end, a cause and a window: one event. */
export interface FleetGroup {
  /** Stable while it grows: its end, cause and the bucket in which it began. */
  readonly id: string;
  /** The end they share. */
  readonly device: string;
  readonly role: 'hub' | 'spoke';
  readonly cause: string;
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly incidents: number;
  /** How many different ones it met. */
  readonly others: number;
  /** Of what it met: each other end of each incident counts, in its own state where it told. With one other end an incident: incidents. */
  readonly byState: Readonly<Record<FleetState, number>>;
  /** `hub-2 failed over at 03:12: 412 spokes, 409 healed by themselves, 3 still black-holed` */
  readonly headline: string;
}

export interface FleetAgent {
  readonly site: string;
  readonly device: string;
  readonly version: string;
  /** By the engine's clock. */
  readonly heardAtMs: number;
  /** More than three heartbeats without one. */
  readonly gone: boolean;
  readonly heartbeat: FleetBody<'heartbeat'>;
}

export interface FleetAlarm {
  readonly site: string;
  readonly device: string;
  readonly key: string;
  readonly alarm: FleetBody<'alarm'>;
}

/** Of the fleet as it is: pairs whose heartbeat is gone, half-armed pairs, leases, agents and versions. */
export interface FleetNow {
  readonly agents: number;
  readonly gone: readonly FleetAgent[];
  readonly versions: readonly { readonly version: string; readonly agents: number }[];
  readonly armed: readonly FleetAgent[];
  readonly silentPairs: readonly { readonly device: string; readonly peer: string; readonly lastHelloAtMs: number | null }[];
  readonly silentPairsCount: number;
  readonly halfArmed: readonly { readonly device: string; readonly peer: string }[];
  readonly halfArmedCount: number;
  readonly alarms: readonly FleetAlarm[];
  readonly alarmsCount: number;
}

/** One process of `spitrap fleet` that has the index's folder open. */
export interface FleetInstance {
  /** Drawn at its start. */
  readonly name: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
  /** By its own clock. */
  readonly heardAtMs: number;
  /** Messages it put into the index since its start. */
  readonly messages: number;
  /** As in IndexState. */
  readonly behind: number | null;
  /** Where its page is; null: it serves none. */
  readonly page: string | null;
}

/** What agents could not tell, and what the index could not read. */
export interface IndexState {
  readonly incidents: number;
  readonly records: number;
  /** Highest sequence of the stream that is in the index; another instance may be at work on some before it. */
  readonly sequence: number;
  /** Messages of the stream that are not in the index yet; null: the engine is away. */
  readonly behind: number | null;
  readonly unreadable: number;
  /** Devices whose agent could not tell all, and how many records it dropped. */
  readonly gaps: readonly { readonly site: string; readonly device: string; readonly gap: FleetBody<'gap'> }[];
  /** Values beyond `limits.fleetValuesMax` of a dimension: they count as `(other)`. */
  readonly otherValues: number;
  /** Records of incidents beyond `keep`, which were not taken in. */
  readonly tooOld: number;
  /** Alarms and agents beyond their limits. */
  readonly beyondLimits: number;
  readonly bytes: number;
}
