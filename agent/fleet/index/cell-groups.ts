/**
 * What cells come to by the rule of shared/fleet/groups.ts: their runs, and the parts of groups in them. Kept until the cell, or one of its
 * neighbours, is written again, or until something in it heals. Asked by group-query.ts, in pieces.
 */
import {
  assignCell,
  CELL_MS,
  type CellRuns,
  type EndNames,
  type GroupRows,
  noStates,
  type RunsAt,
  runsOfCell,
  type Work,
} from '../../../shared/fleet/groups.ts';
import { type FleetState, fleetStates } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import type { Dictionary } from './dictionary.ts';
import { SharedWork } from './pieces.ts';
import { CAUSE_SHIFT, CHUNK_ROWS, type Chunk } from './rows.ts';
import { type Scan, stateOfRow } from './scan.ts';

/** A cell's groups hang on those that a chain may come from, and go on to, and on whether it is cut there. */
const NEIGHBOURS = [-2, -1, 0, 1, 2] as const;
/** Once writers have come between the pieces of a cell so often, it is copied in one. */
const COPY_TRIES = 3;
const IDS_MAX = 2 ** 24;

/** A cell as it was at one moment: all its rows of one state of the index. */
export interface CellSeen {
  readonly stamp: number;
  readonly chunks: readonly Chunk[];
  readonly runs: CellRuns;
}

/** The part of a group that is in one cell. */
export interface Part {
  readonly incidents: number;
  readonly byState: Readonly<Record<FleetState, number>>;
  /** Ends that it met, each once, in order. */
  readonly others: Uint32Array;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CellParts {
  /** Of the cell and its neighbours. */
  readonly stamps: string;
  /** As of then. */
  readonly fromMs: number;
  /** Something in it heals then. */
  readonly untilMs: number;
  /** By row: its run, or -1. */
  readonly belongs: Int32Array;
  /** By run. */
  readonly parts: ReadonlyMap<number, Part>;
}

export class CellGroups {
  readonly scan: Scan;
  readonly names: EndNames;
  readonly #runs = new Kept<{ readonly stamp: number; readonly runs: CellRuns }>();
  readonly #parts = new Kept<CellParts>();
  readonly #seeing = new Map<number, { readonly stamp: number; readonly work: SharedWork<CellSeen | null> }>();
  readonly #parting = new Map<string, SharedWork<CellParts>>();

  constructor(scan: Scan) {
    this.scan = scan;
    this.names = {
      role: (end) => scan.dictionary.roleOf(end),
      name: (end) => scan.dictionary.value(end).value,
    };
  }

  /** The cell as it is now; null: nothing is in it. */
  *see(cell: number): Work<CellSeen | null> {
    const stamp = this.scan.cell(cell)?.stamp ?? null;
    if (stamp === null) return null;
    const going = this.#seeing.get(cell);
    if (going !== undefined && going.stamp === stamp) return yield* going.work.join();
    const started = { stamp, work: new SharedWork(this.#look(cell)) };
    this.#seeing.set(cell, started);
    try {
      return yield* started.work.join();
    } finally {
      if (this.#seeing.get(cell) === started) this.#seeing.delete(cell);
    }
  }

  *#look(number: number): Work<CellSeen | null> {
    for (let tries = 1; ; tries++) {
      const cell = this.scan.cell(number);
      if (cell === null) return null;
      const chunks: Chunk[] = [];
      for (const chunk of this.scan.copies(cell)) {
        chunks.push(chunk);
        if (tries < COPY_TRIES) yield chunk.used;
      }
      if (this.scan.cell(number)?.stamp !== cell.stamp) continue;
      const known = this.#runs.get(number);
      if (known?.stamp === cell.stamp) return { stamp: cell.stamp, chunks, runs: known.runs };
      const rows = rowsOf(chunks, this.scan.dictionary);
      const runs = yield* runsOfCell(rows, number * CELL_MS, this.names.role);
      this.#runs.keep(number, { stamp: cell.stamp, runs }, rows.count);
      return { stamp: cell.stamp, chunks, runs };
    }
  }

  /** Of a cell that was seen; `seenAt` has its neighbours too. */
  *parts(number: number, seenAt: (cell: number) => CellSeen | null, nowMs: number): Work<CellParts> {
    const stamps = NEIGHBOURS.map((step) => seenAt(number + step)?.stamp ?? 0).join(' ');
    const fits = (one: CellParts | undefined): one is CellParts =>
      one !== undefined && one.stamps === stamps && nowMs >= one.fromMs && nowMs < one.untilMs;
    const known = this.#parts.get(number);
    if (fits(known)) return known;
    const key = `${number} ${stamps}`;
    const going = this.#parting.get(key);
    if (going !== undefined) {
      const made = yield* going.join();
      if (fits(made)) return made;
    }
    const started = new SharedWork(this.#part(number, stamps, seenAt, nowMs));
    this.#parting.set(key, started);
    try {
      const made = yield* started.join();
      this.#parts.keep(number, made, made.belongs.length);
      return made;
    } finally {
      if (this.#parting.get(key) === started) this.#parting.delete(key);
    }
  }

  *#part(number: number, stamps: string, seenAt: (cell: number) => CellSeen | null, nowMs: number): Work<CellParts> {
    const seen = seenAt(number);
    const of = { stamps, fromMs: nowMs };
    if (seen === null) return { ...of, untilMs: Number.POSITIVE_INFINITY, belongs: new Int32Array(), parts: new Map() };
    const { dictionary } = this.scan;
    const { chunks, runs } = seen;
    const runsAt: RunsAt = (cell) => seenAt(cell)?.runs ?? null;
    const belongs = yield* assignCell(number, chunks.length * CHUNK_ROWS, runsAt, this.names);
    const roles = runs.runs.map(({ end }) => this.names.role(end));
    const parts = new Map<number, Gathered>();
    const met: number[] = [];
    let untilMs = Number.POSITIVE_INFINITY;
    for (const [index, chunk] of chunks.entries()) {
      for (let slot = 0; slot < chunk.used; slot++) {
        const run = belongs[index * CHUNK_ROWS + slot]!;
        if (run < 0) continue;
        const role = roles[run]!;
        let part = parts.get(run);
        if (part === undefined) {
          part = { incidents: 0, byState: noStates(), fromMs: Number.POSITIVE_INFINITY, toMs: 0 };
          parts.set(run, part);
        }
        const healsMs = chunk.healsAt[slot]! * 1000;
        if (healsMs > nowMs) untilMs = Math.min(untilMs, healsMs);
        const atMs = chunk.openedAtMs[slot]!;
        part.incidents++;
        part.fromMs = Math.min(part.fromMs, atMs);
        part.toMs = Math.max(part.toMs, atMs);
        if (role === 'spoke') part.byState[fleetStates[stateOfRow(chunk, slot, nowMs / 1000)]!]++;
        else addPairs(part.byState, chunk.pairs, 4 * slot, healsMs !== 0 && healsMs <= nowMs);
        const profile = chunk.profile[slot]!;
        for (let at = dictionary.endCount(profile) - 1; at >= 0; at--) {
          const end = dictionary.endAt(profile, at);
          if (dictionary.roleOf(end) !== role) met.push(run * IDS_MAX + end);
        }
      }
      yield chunk.used;
    }
    const othersOf = othersByRun(met);
    yield chunks.length * CHUNK_ROWS;
    return {
      ...{ ...of, untilMs, belongs },
      parts: new Map([...parts].map(([run, part]) => [run, { ...part, others: othersOf.get(run) ?? NONE }])),
    };
  }
}

/** Rows of chunks as the rule asks for them. */
function rowsOf(chunks: readonly Chunk[], dictionary: Dictionary): GroupRows {
  const chunkOf = (row: number): Chunk => chunks[(row / CHUNK_ROWS) | 0]!;
  // A chunk has room for as many as it has, and no more.
  const profileOf = (row: number): number => chunkOf(row).profile[row % CHUNK_ROWS] ?? 0;
  return {
    count: chunks.length * CHUNK_ROWS,
    openedAtMs: (row) => chunkOf(row).openedAtMs[row % CHUNK_ROWS]!,
    cause: (row) => chunkOf(row).code[row % CHUNK_ROWS]! >>> CAUSE_SHIFT,
    endCount: (row) => dictionary.endCount(profileOf(row)),
    endAt: (row, at) => dictionary.endAt(profileOf(row), at),
    pairs: (row) => {
      const { pairs } = chunkOf(row);
      const four = 4 * (row % CHUNK_ROWS);
      return pairs[four]! + pairs[four + 1]! + pairs[four + 2]! + pairs[four + 3]!;
    },
  };
}

const NONE = new Uint32Array();

interface Gathered {
  incidents: number;
  readonly byState: Record<FleetState, number>;
  fromMs: number;
  toMs: number;
}

/** `over`: what was to end at a moment has. */
function addPairs(byState: Record<FleetState, number>, pairs: Uint16Array, at: number, over: boolean): void {
  for (let number = 0; number < fleetStates.length; number++) {
    const state = fleetStates[number]!;
    byState[over && (state === 'black-holed' || state === 'not-known') ? 'healed' : state] += pairs[at + number]!;
  }
}

/** `met`: run × IDS_MAX + end. */
function othersByRun(met: readonly number[]): ReadonlyMap<number, Uint32Array> {
  const sorted = Float64Array.from(met).sort();
  const ends = new Uint32Array(sorted.length);
  const found = new Map<number, Uint32Array>();
  let begin = 0;
  let count = 0;
  let before = -1;
  for (let at = 0; at < sorted.length; at++) {
    const one = sorted[at]!;
    if (one === before) continue;
    const run = Math.floor(one / IDS_MAX);
    if (before >= 0 && run !== Math.floor(before / IDS_MAX)) {
      found.set(Math.floor(before / IDS_MAX), ends.slice(begin, count));
      begin = count;
    }
    ends[count++] = one % IDS_MAX;
    before = one;
  }
  if (before >= 0) found.set(Math.floor(before / IDS_MAX), ends.slice(begin, count));
  return found;
}

/** How many different numbers stand in both, each of which has them in order. */
export function countBoth(one: Uint32Array, other: Uint32Array): number {
  let both = 0;
  for (let a = 0, b = 0; a < one.length && b < other.length; )
    if (one[a] === other[b]) {
      both++;
      a++;
      b++;
    } else if (one[a]! < other[b]!) a++;
    else b++;
  return one.length + other.length - both;
}

/** By cell, as many as have `limits.fleetGroupRowsKept` rows; those that were not asked for the longest go first. */
class Kept<T> {
  readonly #kept = new Map<number, { readonly value: T; readonly rows: number }>();
  #rows = 0;

  get(cell: number): T | undefined {
    const known = this.#kept.get(cell);
    if (known === undefined) return undefined;
    this.#kept.delete(cell);
    this.#kept.set(cell, known);
    return known.value;
  }

  keep(cell: number, value: T, rows: number): void {
    this.#drop(cell);
    this.#kept.set(cell, { value, rows });
    this.#rows += rows;
    for (const oldest of this.#kept.keys()) {
      if (this.#rows <= limits.fleetGroupRowsKept) break;
      this.#drop(oldest);
    }
  }

  #drop(cell: number): void {
    this.#rows -= this.#kept.get(cell)?.rows ?? 0;
    this.#kept.delete(cell);
  }
}
