/**
 * Which of the flows that a device counts belong to no SA: a pure step for each look at the counters and at the SAs. Called by
 * agent/sources/spi-watch.ts. A normal rekey is not told: packets count only when no SA had their SPI at two looks in a row.
 */
import { limits } from '../limits.ts';
import { type Flow, flowKey, type Spi } from '../model/flow.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../model/time.ts';

export interface UnknownFlow {
  readonly flow: Flow;
  /** In the device's count so far. */
  readonly packets: number;
  /** Of these since the look before. */
  readonly since: number;
}

export interface LookState {
  /** Packets at the last look, by flow; null: there was none yet, and what stands there is old. */
  readonly counts: ReadonlyMap<string, number> | null;
  /** The SPIs of the last look; null: they could not be read then. */
  readonly known: ReadonlySet<Spi> | null;
  /** When each was told last. */
  readonly told: ReadonlyMap<string, Monotonic>;
}

export const firstLook: LookState = { counts: null, known: null, told: new Map() };

/** IOS says it again once a minute; so do we. */
export const tellAgainMs: DurationMs = 60_000;

export interface Look {
  /** Read first: an SA that is made meanwhile is then among the known. */
  readonly seen: readonly { readonly flow: Flow; readonly packets: number }[];
  /** Of every inbound SA; null: could not be read, so that nobody's SPI is unknown. */
  readonly known: readonly Spi[] | null;
  readonly at: Monotonic;
}

export function look(
  state: LookState,
  { seen, known, at }: Look,
): { readonly state: LookState; readonly unknown: readonly UnknownFlow[] } {
  const counts = new Map<string, number>();
  const told = new Map([...state.told].filter(([, when]) => elapsedMs(when, at) < tellAgainMs));
  const now = known === null ? null : new Set(known);
  const unknown: UnknownFlow[] = [];
  for (const { flow, packets } of seen.slice(0, limits.watchedFlowsMax)) {
    const key = flowKey(flow);
    counts.set(key, packets);
    const before = state.counts === null ? packets : (state.counts.get(key) ?? 0);
    // Fewer than before: the element has left the set and come back.
    const since = packets < before ? packets : packets - before;
    const isUnknown = now !== null && state.known !== null && !now.has(flow.spi) && !state.known.has(flow.spi);
    if (since === 0 || !isUnknown || told.has(key)) continue;
    told.set(key, at);
    unknown.push({ flow, packets, since });
  }
  return { state: { counts, known: now, told }, unknown };
}
