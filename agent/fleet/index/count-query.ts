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

/** In the order of `fleetStates`. */
const byStateOf = (counts: ArrayLike<number>, at: number): Record<FleetState, number> => ({
  open: counts[at]!,
  healed: counts[at + 1]!,
  'black-holed': counts[at + 2]!,
  'not-known': counts[at + 3]!,
});

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
  const totals = new Uint32Array(dictionary.valueCount * STATES);
  const newest = new Float64Array(dictionary.valueCount);
  const isOf = dictionary.valuesOf(dimension);
  const { flat, starts } = dictionary.laidOut;
  for (let profile = 1; profile < lastAt.length; profile++) {
    if (lastAt[profile] === 0) continue;
    const at = profile * STATES;
    for (let index = starts[profile]!; index < starts[profile + 1]!; index++) {
      const id = flat[index]!;
      if (isOf[id] !== 1) continue;
      for (let state = 0; state < STATES; state++) totals[id * STATES + state]! += counts[at + state]!;
      if (lastAt[profile]! > newest[id]!) newest[id] = lastAt[profile]!;
    }
  }
  return rowsOf((id) => dictionary.value(id).value, totals, newest);
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
  return rowsOf(names, counts, lastAt);
}

function rowsOf(nameOf: (number: number) => string, counts: Uint32Array, lastAt: Float64Array): TopRow[] {
  const rows: TopRow[] = [];
  for (let at = 0; at < lastAt.length; at++) if (lastAt[at] !== 0) rows.push(rowOf(nameOf(at), counts, at * STATES, lastAt[at]!));
  return rows;
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

const rowOf = (value: string, counts: Uint32Array, at: number, lastAtMs: number): TopRow => ({
  value,
  incidents: counts[at]! + counts[at + 1]! + counts[at + 2]! + counts[at + 3]!,
  byState: byStateOf(counts, at),
  lastAtMs,
});

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
