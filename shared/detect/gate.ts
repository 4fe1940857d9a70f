/**
 * The gate between a message found and an event that opens an incident: pair-protocol.md, "What counts as the event". A pure step,
 * called by the coordinator for each candidate. Hold-down and merging come after it, in coordinate/. Every decision has a reason.
 */
import { limits } from '../limits.ts';
import { type AddressRange, rangeContains } from '../model/address.ts';
import type { Flow } from '../model/flow.ts';
import type { Trust } from '../model/observation.ts';
import { peersAt } from '../model/peer-lookup.ts';
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../model/time.ts';
import type { DeviceMatch, Trigger } from '../model/watch.ts';
import type { SyslogHeader } from '../wire/syslog.ts';
import type { Candidate } from './candidates.ts';
import { isOwnLine } from './origin.ts';
import {
  emptyShards,
  type FlowShards,
  recall,
  remember,
  type Sighting,
  seenBefore,
  sightingMemoryMs,
  wayOf,
} from './sightings.ts';
import { type ClockReading, stampLagMs } from './staleness.ts';

/** A message that counts. */
export interface DetectedEvent {
  readonly flow: Flow;
  /** Names of all peers with this source address: several behind one NAT address are all alerted. At least one. */
  readonly peers: readonly string[];
  readonly interface: string | null;
  readonly prot: number;
  readonly spiAsReceived: string;
  readonly header: SyslogHeader;
  readonly trust: Trust;
  readonly source: string;
  readonly from: string;
  /** t0: the arrival of the message. */
  readonly at: Monotonic;
  readonly wall: Wall;
  /** As received (bounded). Attacker-written text. */
  readonly raw: string;
  /** Which message of this flow it is, within the trigger's window (or the memory of sightings.ts): 1 is the first. */
  readonly occurrence: number;
}

export type GateReason =
  | 'event'
  | 'waiting'
  | 'duplicate-same-source'
  | 'duplicate-other-source'
  | 'stale-backlog'
  | 'stale-stamp'
  | 'foreign-device'
  | 'foreign-destination'
  | 'unknown-peer'
  | 'unreadable';

/** Tagged by `kind`; `reason` is the word for journal, metric and page. */
export type GateDecision =
  | { readonly kind: 'event'; readonly reason: 'event'; readonly event: DetectedEvent }
  /** The trigger asks for more: this was message `occurrence` of `needed`. */
  | {
      readonly kind: 'waiting';
      readonly reason: 'waiting';
      readonly event: DetectedEvent;
      readonly needed: number;
      readonly withinMs: DurationMs;
    }
  /** A second sight of the message that arrived at `firstAt`; `alsoSeenBy` lists every source but the first that brought it. */
  | {
      readonly kind: 'duplicate';
      readonly reason: 'duplicate-same-source' | 'duplicate-other-source';
      readonly flow: Flow;
      readonly firstAt: Monotonic;
      readonly firstSource: string;
      readonly alsoSeenBy: readonly string[];
    }
  /** Recorded, opens nothing. `lagMs` is null for a backlog. */
  | {
      readonly kind: 'stale';
      readonly reason: 'stale-backlog' | 'stale-stamp';
      readonly flow: Flow;
      readonly peers: readonly string[];
      readonly lagMs: DurationMs | null;
    }
  | { readonly kind: 'foreign-device'; readonly reason: 'foreign-device'; readonly from: string }
  | { readonly kind: 'foreign-destination'; readonly reason: 'foreign-destination'; readonly flow: Flow }
  | { readonly kind: 'unknown-peer'; readonly reason: 'unknown-peer'; readonly flow: Flow }
  | {
      readonly kind: 'unreadable';
      readonly reason: 'unreadable';
      readonly fault: string;
      readonly detail: string;
      readonly raw: string;
    };

export interface GateContext {
  readonly match: readonly DeviceMatch[];
  readonly cryptoAddresses: readonly AddressRange[];
  readonly peers: readonly { readonly name: string; readonly cryptoAddresses: readonly AddressRange[] }[];
  readonly trigger: Trigger;
  readonly maxEventAgeMs: DurationMs;
  /** The last `show clock` of the device; null before the first. */
  readonly clock: ClockReading | null;
}

/** Plain data. */
export interface GateState {
  readonly flows: FlowShards;
  /** Decisions so far, by reason. */
  readonly counts: Readonly<Record<GateReason, number>>;
  /** Flows forgotten at limits.rememberedFlowsMax. */
  readonly flowsForgotten: number;
}

export const emptyGate: GateState = {
  flows: emptyShards,
  counts: {
    event: 0,
    waiting: 0,
    'duplicate-same-source': 0,
    'duplicate-other-source': 0,
    'stale-backlog': 0,
    'stale-stamp': 0,
    'foreign-device': 0,
    'foreign-destination': 0,
    'unknown-peer': 0,
    unreadable: 0,
  },
  flowsForgotten: 0,
};

export interface GateStep {
  readonly state: GateState;
  readonly decision: GateDecision;
}

export function gate(state: GateState, candidate: Candidate, context: GateContext): GateStep {
  if (!isOwnLine(context.match, candidate.from, candidate.header))
    return turnAway(state, { kind: 'foreign-device', reason: 'foreign-device', from: candidate.from });
  if (candidate.kind === 'unreadable') {
    const { fault, detail, raw } = candidate;
    return turnAway(state, { kind: 'unreadable', reason: 'unreadable', fault, detail, raw });
  }
  const { src, dst, spi } = candidate.message;
  const flow: Flow = { src, dst, spi };
  if (!context.cryptoAddresses.some((range) => rangeContains(range, dst)))
    return turnAway(state, { kind: 'foreign-destination', reason: 'foreign-destination', flow });
  const peers = peersAt(context.peers, src).map((peer) => peer.name);
  if (peers.length === 0) return turnAway(state, { kind: 'unknown-peer', reason: 'unknown-peer', flow });
  if (candidate.backlog) return turnAway(state, { kind: 'stale', reason: 'stale-backlog', flow, peers, lagMs: null });
  const lagMs = stampLagMs(candidate.header.stamp, context.clock, candidate.at);
  if (lagMs !== null && lagMs > context.maxEventAgeMs)
    return turnAway(state, { kind: 'stale', reason: 'stale-stamp', flow, peers, lagMs });
  return weigh(state, candidate, { flow, peers }, context.trigger);
}

type Message = Extract<Candidate, { kind: 'message' }>;
interface Subject {
  readonly flow: Flow;
  readonly peers: readonly string[];
}

/** Our device, our peer, and fresh: is it a second sight of a message that we have, and if not, does the trigger fire? */
function weigh(state: GateState, candidate: Message, subject: Subject, trigger: Trigger): GateStep {
  const { flow } = subject;
  const known = recall(state.flows, flow)?.sightings ?? [];
  const way = wayOf(candidate.source, candidate.header);
  const before = seenBefore(known, way, candidate.at);
  if (before === null) {
    const sightings = [...known, { at: candidate.at, ways: [way] }];
    return keep(state, candidate.at, trigger, flow, sightings, triggered(candidate, subject, sightings, trigger));
  }
  const again = before.ways.some((other) => other.source === way.source);
  const seen: Sighting = again ? before : { at: before.at, ways: [...before.ways, way] };
  const decision: GateDecision = {
    kind: 'duplicate',
    reason: again ? 'duplicate-same-source' : 'duplicate-other-source',
    flow,
    firstAt: seen.at,
    firstSource: seen.ways[0]!.source,
    alsoSeenBy: seen.ways.slice(1).map((other) => other.source),
  };
  const sightings = known.map((sighting) => (sighting === before ? seen : sighting));
  return keep(state, candidate.at, trigger, flow, sightings, decision);
}

function triggered(candidate: Message, subject: Subject, sightings: readonly Sighting[], trigger: Trigger): GateDecision {
  const { message, header, trust, source, from, at, wall, raw } = candidate;
  const windowMs = trigger.kind === 'repeat' ? trigger.withinMs : sightingMemoryMs;
  const occurrence = sightings.filter((sighting) => elapsedMs(sighting.at, at) <= windowMs).length;
  const { interface: inputInterface, prot, spiAsReceived } = message;
  const origin = { header, trust, source, from, at, wall, raw };
  const event: DetectedEvent = { ...subject, interface: inputInterface, prot, spiAsReceived, ...origin, occurrence };
  if (trigger.kind === 'repeat' && occurrence < trigger.count)
    return { kind: 'waiting', reason: 'waiting', event, needed: trigger.count, withinMs: trigger.withinMs };
  return { kind: 'event', reason: 'event', event };
}

function turnAway(state: GateState, decision: GateDecision): GateStep {
  return { state: counted(state, decision), decision };
}

function keep(
  state: GateState,
  at: Monotonic,
  trigger: Trigger,
  flow: Flow,
  sightings: readonly Sighting[],
  decision: GateDecision,
): GateStep {
  // The memory must reach as far as the trigger looks.
  const bounds =
    trigger.kind === 'repeat'
      ? {
          memoryMs: Math.max(sightingMemoryMs, trigger.withinMs),
          perFlowMax: Math.max(limits.sightingsPerFlowMax, trigger.count),
        }
      : { memoryMs: sightingMemoryMs, perFlowMax: limits.sightingsPerFlowMax };
  const { state: flows, forgotten } = remember(state.flows, flow, sightings, at, bounds);
  return { state: { ...counted(state, decision), flows, flowsForgotten: state.flowsForgotten + forgotten }, decision };
}

const counted = (state: GateState, decision: GateDecision): GateState => ({
  ...state,
  counts: { ...state.counts, [decision.reason]: state.counts[decision.reason] + 1 },
});
