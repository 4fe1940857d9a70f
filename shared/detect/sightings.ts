/**
 * The gate's memory of flows: tells one message seen twice from two messages, and counts for a `repeat` trigger (pair-protocol.md,
 * "What counts as the event"). Plain data in shards, so that a pure step copies a few dozen entries and not ten thousand.
 */
import { limits } from '../limits.ts';
import { type Flow, flowKey } from '../model/flow.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../model/time.ts';
import type { SyslogHeader } from '../wire/syslog.ts';

/** One message of the device, by every source that brought it. */
export interface Sighting {
  /** Of the first arrival. */
  readonly at: Monotonic;
  /** In order of arrival; at most one per source. */
  readonly ways: readonly Way[];
}

export interface Way {
  readonly source: string;
  readonly stamp: string | null;
  readonly stampResolutionMs: number;
  readonly sequence: number | null;
}

export interface FlowMemory {
  readonly sightings: readonly Sighting[];
}

export interface FlowShards {
  readonly shards: readonly Readonly<Record<string, FlowMemory>>[];
}

/** The same message by another way within it is the same event, whatever its stamp. */
export const otherSourceMs = 5_000;
/** Flows and messages older than this and than the trigger's window are forgotten: no relay repeats a datagram later. */
export const sightingMemoryMs = 10 * 60_000;

/** A stamp this fine is one message's: the device logs a flow once a minute at most. */
const STAMP_RESOLUTION_MS = 1_000;

/** A storm of 5,000 flows leaves twenty in each, which every message copies. */
const SHARDS = 256;
export const emptyShards: FlowShards = { shards: Array.from({ length: SHARDS }, () => ({})) };

export const wayOf = (source: string, header: SyslogHeader): Way => ({
  source,
  stamp: header.stamp?.text ?? null,
  stampResolutionMs: header.stamp?.resolutionMs ?? 0,
  sequence: header.sequence,
});

/** Which remembered message this arrival is a second sight of; null: a new message. */
export function seenBefore(sightings: readonly Sighting[], way: Way, at: Monotonic): Sighting | null {
  const sameWay = sightings.find((sighting) =>
    sighting.ways.some((other) => sameMessage(other, way, elapsedMs(sighting.at, at))),
  );
  if (sameWay !== undefined) return sameWay;
  // A log file that lags, a relay that was down: the device prints one message once, whichever way its copies take.
  const lagging = sightings.find((sighting) =>
    sighting.ways.some((other) => other.source !== way.source && sameStamp(other, way)),
  );
  if (lagging !== undefined) return lagging;
  // The oldest that this source has not brought yet: two messages by two ways pair up in order.
  const otherWay = sightings.find(
    (sighting) => elapsedMs(sighting.at, at) <= otherSourceMs && !sighting.ways.some((other) => other.source === way.source),
  );
  return otherWay ?? null;
}

/** From the same source only if stamp or sequence is equal; a stamp that stands still for minutes (`2y10w`) proves it only at once. */
function sameMessage(a: Way, b: Way, apartMs: DurationMs): boolean {
  if (a.source !== b.source) return false;
  if (a.sequence !== null && a.sequence === b.sequence) return true;
  return sameStamp(a, b) || (a.stamp !== null && a.stamp === b.stamp && apartMs <= otherSourceMs);
}

/** Numbers are not compared over ways: each logging host has a count of its own. */
const sameStamp = (a: Way, b: Way): boolean =>
  a.stamp !== null && a.stamp === b.stamp && b.stampResolutionMs <= STAMP_RESOLUTION_MS;

export const recall = (state: FlowShards, flow: Flow): FlowMemory | null => {
  const key = flowKey(flow);
  const shard = state.shards[shardOf(key)] ?? {};
  return Object.hasOwn(shard, key) ? shard[key]! : null;
};

export interface Remembered {
  readonly state: FlowShards;
  /** Flows pushed out by the limit while they still counted. */
  readonly forgotten: number;
}

/** Puts `sightings` in the place of what was known of the flow, forgets what is past `memoryMs`, and the oldest over the limits. */
export function remember(
  state: FlowShards,
  flow: Flow,
  sightings: readonly Sighting[],
  at: Monotonic,
  bounds: { readonly memoryMs: DurationMs; readonly perFlowMax: number },
): Remembered {
  const { memoryMs, perFlowMax } = bounds;
  const key = flowKey(flow);
  const index = shardOf(key);
  const living = Object.entries(state.shards[index] ?? {}).filter(
    ([other, memory]) => other !== key && elapsedMs(lastSeen(memory), at) <= memoryMs,
  );
  const shardMax = Math.floor(limits.rememberedFlowsMax / SHARDS);
  const over = Math.max(0, living.length + 1 - shardMax);
  // Without a sort by age this would be a queue by first sight, and a flow that keeps coming would be forgotten first.
  const kept = over === 0 ? living : living.sort((a, b) => lastSeen(a[1]) - lastSeen(b[1])).slice(over);
  const fresh = sightings.filter((sighting) => elapsedMs(sighting.at, at) <= memoryMs).slice(-perFlowMax);
  const shard = Object.fromEntries([...kept, [key, { sightings: fresh }]]);
  return { state: { shards: state.shards.map((old, i) => (i === index ? shard : old)) }, forgotten: over };
}

const lastSeen = (memory: FlowMemory): Monotonic => memory.sightings.at(-1)?.at ?? (0 as Monotonic);

/** FNV-1a over the key's characters. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}
