/**
 * Groups: incidents that share an end, a cause and a window are one event. Pure; over the rows of cells (agent/fleet/index/rows.ts), so that only
 * cells that changed are looked at again. The rule, as docs/fleet.md has it:
 *
 *   chain      incidents of one end (by name and role) and one cause, each at most 15 minutes after the one before
 *   cut        a chain that goes on for more than 6 hours is no event but a state of things: it is cut at 00, 06, 12 and 18 UTC
 *   group      a chain in which its end met at least three: spokes of incidents for a hub, incidents for a spoke
 *   once       an incident is in one group: that of its longest chain; of equal ones the hub's, then the first by name
 *   told       what is left of at least three after that
 */
import type { FleetState } from './view.ts';

export const GROUP_GAP_MS = 15 * 60_000;
export const GROUP_MEETINGS_MIN = 3;
/** Width of a cell, and the longest chain that is not cut. */
export const CELL_MS = 6 * 3_600_000;
/** By which a group's id says when it began. */
export const GROUP_BUCKET_MS = 5 * 60_000;

/** Incidents of one cell. An end is a number, one for each role and name; so is a cause. */
export interface GroupRows {
  readonly count: number;
  openedAtMs(row: number): number;
  cause(row: number): number;
  /** Of both roles. */
  endCount(row: number): number;
  /** `at` before `endCount`. */
  endAt(row: number, at: number): number;
  /** How many of the other role it met, over all states. */
  pairs(row: number): number;
}

export interface EndNames {
  role(end: number): 'hub' | 'spoke';
  name(end: number): string;
}

export interface Run {
  readonly end: number;
  readonly cause: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** What it counts for: `pairs` of a hub's incidents, incidents of a spoke. */
  readonly meetings: number;
}

/** Chains within one cell. */
export interface CellRuns {
  readonly runs: readonly Run[];
  /** Runs of row r: `runOf[first[r]]` to before `first[r + 1]`; -1: a chain that can be no group. */
  readonly first: Int32Array;
  readonly runOf: Int32Array;
  /** Indices of runs that a neighbouring cell may go on with, by end and cause. */
  readonly atStart: ReadonlyMap<number, number>;
  readonly atEnd: ReadonlyMap<number, number>;
}

/** Causes are numbered below this. */
const CAUSES_MAX = 2 ** 24;

/** Yields how many rows it has looked at since: whoever runs it may let others have their turn there. */
export type Work<T> = Generator<number, T, void>;

/** Between two yields. */
const STEP_ROWS = 1_024;

export function* runsOfCell(rows: GroupRows, cellFromMs: number, roleOf: EndNames['role']): Work<CellRuns> {
  const first = new Int32Array(rows.count + 1);
  for (let row = 0; row < rows.count; row++) {
    first[row + 1] = first[row]! + rows.endCount(row);
    if (row % STEP_ROWS === STEP_ROWS - 1) yield STEP_ROWS;
  }
  const chains = yield* chainsOf(rows, first, yield* inOrder(rows, first));
  const { keys, begins, places, rowOf } = chains;
  const runOf = new Int32Array(places.length).fill(-1);
  const runs: Run[] = [];
  const atStart = new Map<number, number>();
  const atEnd = new Map<number, number>();
  const cellToMs = cellFromMs + CELL_MS;
  let looked = 0;
  for (const [chain, key] of keys.entries()) {
    const [from, to] = [begins[chain]!, begins[chain + 1]!];
    const hub = roleOf(Math.floor(key / CAUSES_MAX)) === 'hub';
    let start = from;
    while (start < to) {
      const fromMs = rows.openedAtMs(rowOf[places[start]!]!);
      let toMs = fromMs;
      let meetings = 0;
      let end = start;
      for (; end < to; end++) {
        const row = rowOf[places[end]!]!;
        const atMs = rows.openedAtMs(row);
        if (atMs - toMs > GROUP_GAP_MS) break;
        toMs = atMs;
        meetings += hub ? rows.pairs(row) : 1;
      }
      const startsIt = fromMs - cellFromMs <= GROUP_GAP_MS;
      const endsIt = cellToMs - toMs <= GROUP_GAP_MS;
      if (meetings >= GROUP_MEETINGS_MIN || startsIt || endsIt) {
        for (let at = start; at < end; at++) runOf[places[at]!] = runs.length;
        if (startsIt && start === from) atStart.set(key, runs.length);
        if (endsIt && end === to) atEnd.set(key, runs.length);
        runs.push({ end: Math.floor(key / CAUSES_MAX), cause: key % CAUSES_MAX, fromMs, toMs, meetings });
      }
      looked += end - start;
      start = end;
      if (looked >= STEP_ROWS) {
        yield looked;
        looked = 0;
      }
    }
  }
  return { runs, first, runOf, atStart, atEnd };
}

/** Rows with ends by their moment, those of one moment by number: sorted once for all chains. */
function* inOrder(rows: GroupRows, first: Int32Array): Work<Int32Array> {
  const order = new Int32Array(rows.count);
  const atMs = new Float64Array(rows.count);
  let count = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let sorted = true;
  for (let row = 0; row < rows.count; row++) {
    if (first[row + 1]! > first[row]!) {
      atMs[row] = rows.openedAtMs(row);
      if (atMs[row]! < lastMs) sorted = false;
      lastMs = atMs[row]!;
      order[count++] = row;
    }
    if (row % STEP_ROWS === STEP_ROWS - 1) yield STEP_ROWS;
  }
  const some = order.subarray(0, count);
  if (sorted) return some;
  some.sort((a, b) => atMs[a]! - atMs[b]! || a - b);
  yield count;
  return some;
}

/** Places (an end of a row each) chain by chain, in order of time within each. */
interface Chains {
  readonly keys: readonly number[];
  /** Where each chain begins in `places`, and where the last ends. */
  readonly begins: Int32Array;
  readonly places: Int32Array;
  /** By place. */
  readonly rowOf: Int32Array;
}

function* chainsOf(rows: GroupRows, first: Int32Array, order: Int32Array): Work<Chains> {
  const total = first[rows.count]!;
  const numbers = new Map<number, number>();
  const keys: number[] = [];
  const counts: number[] = [];
  const chainOf = new Int32Array(total);
  const rowOf = new Int32Array(total);
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    const count = first[row + 1]! - first[row]!;
    const cause = rows.cause(row);
    for (let one = 0; one < count; one++) {
      const key = rows.endAt(row, one) * CAUSES_MAX + cause;
      let chain = numbers.get(key);
      if (chain === undefined) {
        chain = keys.length;
        numbers.set(key, chain);
        keys.push(key);
        counts.push(0);
      }
      counts[chain]!++;
      chainOf[first[row]! + one] = chain;
      rowOf[first[row]! + one] = row;
    }
    if (at % STEP_ROWS === STEP_ROWS - 1) yield STEP_ROWS;
  }
  const begins = new Int32Array(keys.length + 1);
  for (const [chain, count] of counts.entries()) begins[chain + 1] = begins[chain]! + count;
  const next = begins.slice();
  const places = new Int32Array(total);
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!;
    for (let place = first[row]!; place < first[row + 1]!; place++) places[next[chainOf[place]!]!++] = place;
    if (at % STEP_ROWS === STEP_ROWS - 1) yield STEP_ROWS;
  }
  return { keys, begins, places, rowOf };
}

/** Runs of a cell by its number; null: nothing is in it. */
export type RunsAt = (cell: number) => CellRuns | null;

/** The run that `run` of `cell` is one chain with in the next cell (`step` 1) or the one before (-1); null: none. */
export function partnerOf(cell: number, run: number, step: 1 | -1, runsAt: RunsAt): number | null {
  const here = runsAt(cell);
  if (here === null) return null;
  const key = keyOf(here.runs[run]!);
  const earlier = step === 1 ? cell : cell - 1;
  const pair = across(earlier, key, runsAt);
  if (pair === null || (step === 1 ? pair[0] : pair[1]) !== run) return null;
  const [before, after] = pair;
  const first = runsAt(earlier)!;
  const second = runsAt(earlier + 1)!;
  // Longer than a cell: it is cut where cells end.
  if (first.atStart.get(key) === before && across(earlier - 1, key, runsAt) !== null) return null;
  if (second.atEnd.get(key) === after && across(earlier + 1, key, runsAt) !== null) return null;
  if (second.runs[after]!.toMs - first.runs[before]!.fromMs > CELL_MS) return null;
  return step === 1 ? after : before;
}

const keyOf = ({ end, cause }: Run): number => end * CAUSES_MAX + cause;

function across(cell: number, key: number, runsAt: RunsAt): readonly [number, number] | null {
  const [first, second] = [runsAt(cell), runsAt(cell + 1)];
  const before = first?.atEnd.get(key);
  const after = second?.atStart.get(key);
  if (before === undefined || after === undefined) return null;
  return second!.runs[after]!.fromMs - first!.runs[before]!.toMs <= GROUP_GAP_MS ? [before, after] : null;
}

/** Which run each row of the cell belongs to; -1: none. */
export function* assignCell(cell: number, rowCount: number, runsAt: RunsAt, names: EndNames): Work<Int32Array> {
  const belongs = new Int32Array(rowCount).fill(-1);
  const here = runsAt(cell);
  if (here === null) return belongs;
  const meetings = here.runs.map((run, index) => {
    const before = here.atStart.get(keyOf(run)) === index ? partnerOf(cell, index, -1, runsAt) : null;
    const after = here.atEnd.get(keyOf(run)) === index ? partnerOf(cell, index, 1, runsAt) : null;
    return (
      run.meetings +
      (before === null ? 0 : runsAt(cell - 1)!.runs[before]!.meetings) +
      (after === null ? 0 : runsAt(cell + 1)!.runs[after]!.meetings)
    );
  });
  const better = (a: number, b: number): boolean => {
    if (meetings[a] !== meetings[b]) return meetings[a]! > meetings[b]!;
    const [one, other] = [here.runs[a]!.end, here.runs[b]!.end];
    if (names.role(one) !== names.role(other)) return names.role(one) === 'hub';
    return names.name(one) < names.name(other);
  };
  yield here.runs.length;
  for (let row = 0; row < rowCount; row++) {
    for (let at = here.first[row]!; at < here.first[row + 1]!; at++) {
      const run = here.runOf[at]!;
      if (run < 0 || meetings[run]! < GROUP_MEETINGS_MIN) continue;
      if (belongs[row]! < 0 || better(run, belongs[row]!)) belongs[row] = run;
    }
    if (row % STEP_ROWS === STEP_ROWS - 1) yield STEP_ROWS;
  }
  return belongs;
}

/** `hub.hub-2.failover.20261122T0310Z`: stable while it grows, but for what comes later and was before. */
export const bucketOf = (fromMs: number): number => Math.floor(fromMs / GROUP_BUCKET_MS) * GROUP_BUCKET_MS;

export const noStates = (): Record<FleetState, number> => ({ open: 0, healed: 0, 'black-holed': 0, 'not-known': 0 });
