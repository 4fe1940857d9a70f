/** How many, by value and over time: one look at the rows of the window each. Called by open-index.ts. */

import { byCode } from '../../../shared/fleet/merge.ts';
import {
  type FleetDimension,
  type FleetQuery,
  type FleetState,
  fleetStates,
  type TimeBucket,
  type TopRow,
} from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import { CAUSE_SHIFT, HARM_BITS, HARM_SHIFT, harms } from './rows.ts';
import type { Scan } from './scan.ts';

const STATES = fleetStates.length;

const byStateOf = (counts: ArrayLike<number>, at: number): Record<FleetState, number> =>
  Object.fromEntries(fleetStates.map((state, index) => [state, counts[at + index]!])) as Record<FleetState, number>;

export function topOf(scan: Scan, dimension: FleetDimension, query: FleetQuery, limit: number, nowMs: number): readonly TopRow[] {
  const tally =
    dimension === 'state' || dimension === 'harm' || dimension === 'cause'
      ? byCodes(scan, dimension, query, nowMs)
      : byProfile(scan, dimension, query, nowMs);
  return tally
    .filter(({ incidents }) => incidents > 0)
    .sort((a, b) => b.incidents - a.incidents || byCode(a.value, b.value))
    .slice(0, limit);
}

function byProfile(scan: Scan, dimension: FleetDimension, query: FleetQuery, nowMs: number): TopRow[] {
  const { dictionary } = scan;
  const counts = new Uint32Array(dictionary.profileCount * STATES);
  const lastAt = new Float64Array(dictionary.profileCount);
  tally(scan, query, nowMs, (chunk, slot) => chunk.profile[slot]!, counts, lastAt);
  const values = new Map<number, { readonly counts: Uint32Array; lastAtMs: number }>();
  for (let profile = 1; profile < lastAt.length; profile++) {
    const at = profile * STATES;
    if (counts[at]! + counts[at + 1]! + counts[at + 2]! + counts[at + 3]! === 0) continue;
    for (const id of dictionary.profile(profile)) {
      if (dictionary.value(id).dimension !== dimension) continue;
      const known = values.get(id) ?? { counts: new Uint32Array(STATES), lastAtMs: 0 };
      values.set(id, known);
      for (let state = 0; state < STATES; state++) known.counts[state]! += counts[at + state]!;
      known.lastAtMs = Math.max(known.lastAtMs, lastAt[profile]!);
    }
  }
  return [...values].map(([id, one]) => rowOf(dictionary.value(id).value, one.counts, 0, one.lastAtMs));
}

function byCodes(scan: Scan, dimension: 'cause' | 'state' | 'harm', query: FleetQuery, nowMs: number): TopRow[] {
  const names: (number: number) => string =
    dimension === 'cause'
      ? (id) => scan.dictionary.value(id).value
      : (number) => (dimension === 'state' ? fleetStates : harms)[number]!;
  const size = dimension === 'cause' ? scan.dictionary.valueCount : STATES;
  const counts = new Uint32Array(size * STATES);
  const lastAt = new Float64Array(size);
  const placeOf: PlaceOf =
    dimension === 'cause'
      ? ({ code }, slot) => code[slot]! >>> CAUSE_SHIFT
      : dimension === 'harm'
        ? ({ code }, slot) => (code[slot]! >>> HARM_SHIFT) & HARM_BITS
        : (_, __, state) => state;
  tally(scan, query, nowMs, placeOf, counts, lastAt);
  return [...lastAt].flatMap((lastAtMs, at) => (lastAtMs === 0 ? [] : [rowOf(names(at), counts, at * STATES, lastAtMs)]));
}

type PlaceOf = (chunk: Parameters<Scan['matches']>[0], slot: number, state: number) => number;

function tally(scan: Scan, query: FleetQuery, nowMs: number, placeOf: PlaceOf, counts: Uint32Array, lastAt: Float64Array): void {
  const filter = scan.filterOf(query);
  if (!filter.possible) return;
  const nowSeconds = nowMs / 1000;
  for (const cell of scan.cells(query.fromMs, query.toMs))
    scan.chunks(cell, (chunk) =>
      scan.matches(chunk, filter, query, nowSeconds, (slot, state) => {
        const place = placeOf(chunk, slot, state);
        counts[place * STATES + state]!++;
        if (chunk.openedAtMs[slot]! > lastAt[place]!) lastAt[place] = chunk.openedAtMs[slot]!;
      }),
    );
}

const rowOf = (value: string, counts: Uint32Array, at: number, lastAtMs: number): TopRow => {
  const byState = byStateOf(counts, at);
  return { value, incidents: Object.values(byState).reduce((sum, one) => sum + one, 0), byState, lastAtMs };
};

/** A bucket is made wider when there would be more of them than `limits.fleetTimeBucketsMax`. */
export function bucketsOf(scan: Scan, query: FleetQuery, askedMs: DurationMs, nowMs: number): readonly TimeBucket[] {
  const { fromMs, toMs } = query;
  const width = Math.max(1, toMs - fromMs);
  const bucketMs = Math.max(askedMs, Math.ceil(width / limits.fleetTimeBucketsMax), 1);
  const counts = new Uint32Array(Math.ceil(width / bucketMs) * STATES);
  const filter = scan.filterOf(query);
  if (filter.possible)
    for (const cell of scan.cells(fromMs, toMs))
      scan.chunks(cell, (chunk) =>
        scan.matches(chunk, filter, query, nowMs / 1000, (slot, state) => {
          counts[Math.floor((chunk.openedAtMs[slot]! - fromMs) / bucketMs) * STATES + state]!++;
        }),
      );
  return Array.from({ length: counts.length / STATES }, (_, bucket) => {
    const byState = byStateOf(counts, bucket * STATES);
    return { fromMs: fromMs + bucket * bucketMs, incidents: Object.values(byState).reduce((sum, one) => sum + one, 0), byState };
  });
}
