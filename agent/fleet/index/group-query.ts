/**
 * Groups out of rows, by the rule of shared/fleet/groups.ts. What a cell comes to is kept until the cell, or one of its neighbours, is written
 * again, or until something in it heals. Called by open-index.ts.
 */
import { causeTitles } from '../../../shared/analyze/report/words.ts';
import {
  assignCell,
  bucketOf,
  CELL_MS,
  type CellRuns,
  type EndNames,
  GROUP_MEETINGS_MIN,
  noStates,
  partnerOf,
  runsOfCell,
} from '../../../shared/fleet/groups.ts';
import { headlineOf } from '../../../shared/fleet/headline.ts';
import { byCode, NOT_JUDGED } from '../../../shared/fleet/merge.ts';
import { subjectToken } from '../../../shared/fleet/record.ts';
import { type FleetGroup, type FleetQuery, type FleetState, fleetStates, type IncidentPage } from '../../../shared/fleet/view.ts';
import type { IncidentTables } from './incident-tables.ts';
import { gatherRows, type PageAsk, PageGathering } from './list-query.ts';
import { CAUSE_SHIFT, CHUNK_ROWS } from './rows.ts';
import { type NumberedCell, type Scan, stateOfRow } from './scan.ts';

/** Cells of which the runs, and the groups, are kept in memory: more than a year of them. Some tens of bytes a row. */
const CELLS_KEPT_MAX = 2_000;
/** A cell's groups hang on those that a chain may come from, and go on to, and on whether it is cut there. */
const NEIGHBOURS = [-2, -1, 0, 1, 2] as const;

interface KeptRuns {
  readonly stamp: number;
  readonly rows: number;
  readonly runs: CellRuns;
}

/** The part of a group that is in one cell. */
interface Part {
  incidents: number;
  readonly byState: Record<FleetState, number>;
  readonly others: Set<number>;
  fromMs: number;
  toMs: number;
}

interface KeptGroups {
  readonly stamps: string;
  /** Something in it heals then. */
  readonly untilMs: number;
  readonly fromMs: number;
  readonly belongs: Int32Array;
  /** By run. */
  readonly parts: ReadonlyMap<number, Part>;
}

/** A group is named by the run that it begins with. */
interface Found {
  readonly cell: number;
  readonly run: number;
  readonly group: FleetGroup;
}

export class GroupQueries {
  readonly #scan: Scan;
  readonly #tables: IncidentTables;
  readonly #runs = new Map<number, KeptRuns>();
  readonly #groups = new Map<number, KeptGroups>();
  readonly #ends = new Map<number, Uint32Array>();
  /** Of one question: every cell is asked for its stamp once. */
  #cells = new Map<number, NumberedCell | null>();

  constructor(scan: Scan, tables: IncidentTables) {
    this.#scan = scan;
    this.#tables = tables;
  }

  groups(query: FleetQuery, limit: number, nowMs: number): readonly FleetGroup[] {
    this.#cells = new Map();
    const filter = this.#scan.filterOf(query);
    if (!filter.possible) return [];
    const cells = [...this.#scan.cells(query.fromMs, query.toMs)].reverse();
    for (const cell of cells) this.#cells.set(cell.cell, cell);
    const found: Found[] = [];
    const asked = new Map<number, ReadonlySet<number> | 'all'>();
    const look = (cell: number): void => {
      const wanted = asked.get(cell);
      for (const [run] of this.#groupsOf(cell, nowMs).parts) found.push(...this.#ask(cell, run, wanted, asked, nowMs));
    };
    for (const cell of cells) {
      const from = cell.cell * CELL_MS;
      const whole = filter.all && from >= query.fromMs && from + CELL_MS <= query.toMs;
      asked.set(cell.cell, whole ? 'all' : this.#runsWith(cell, query, filter, nowMs));
      look(cell.cell);
      if (found.length >= limit) break;
    }
    // One that began before the window, and has incidents in it.
    const first = cells.at(-1)?.cell;
    if (first !== undefined && this.#cellAt(first - 1) !== null) look(first - 1);
    return found
      .map(({ group }) => group)
      .sort((a, b) => b.fromMs - a.fromMs || byCode(a.id, b.id))
      .slice(0, limit);
  }

  group(id: string, nowMs: number): FleetGroup | null {
    return this.#find(id, nowMs)?.group ?? null;
  }

  members(id: string, ask: PageAsk, nowMs: number): IncidentPage {
    const found = this.#find(id, nowMs);
    if (found === null) return { incidents: [], next: null };
    const gathering = new PageGathering(this.#tables, ask);
    const { cell, run } = found;
    const partner = partnerOf(cell, run, 1, this.#runsAt);
    for (const [number, its] of [[cell, run], ...(partner === null ? [] : [[cell + 1, partner]])] as const) {
      const { belongs } = this.#groupsOf(number!, nowMs);
      gatherRows(this.#scan, this.#cellAt(number!)!, gathering, (chunk, slot) => belongs[chunk * CHUNK_ROWS + slot] === its);
    }
    return gathering.page(nowMs);
  }

  #find(id: string, nowMs: number): Found | null {
    this.#cells = new Map();
    const match = /^(hub|spoke)\.([^.]+)\.([^.]+)\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/.exec(id);
    if (match === null) return null;
    const [, role, device, cause, ...moment] = match;
    const [year, month, day, hour, minute] = moment.map(Number) as [number, number, number, number, number];
    const atMs = Date.UTC(year, month - 1, day, hour, minute);
    const cell = Math.floor(atMs / CELL_MS);
    for (const number of [cell, cell - 1, cell + 1])
      for (const [run] of this.#groupsOf(number, nowMs).parts) {
        const [found] = this.#ask(number, run, 'all', new Map(), nowMs);
        if (found === undefined) continue;
        const { group } = found;
        if (group.role !== role || subjectToken(group.device) !== device || subjectToken(group.cause) !== cause) continue;
        if (atMs >= bucketOf(group.fromMs) && atMs <= group.toMs) return found;
      }
    return null;
  }

  /** The group that begins with this run, when it is one, and when the question is of it. */
  #ask(
    cell: number,
    run: number,
    wanted: ReadonlySet<number> | 'all' | undefined,
    asked: ReadonlyMap<number, ReadonlySet<number> | 'all'>,
    nowMs: number,
  ): readonly Found[] {
    if (
      partnerOf(cell, run, -1, this.#runsAt) !== null &&
      this.#groupsOf(cell - 1, nowMs).parts.has(partnerOf(cell, run, -1, this.#runsAt)!)
    )
      return [];
    const after = partnerOf(cell, run, 1, this.#runsAt);
    const next = after === null ? undefined : asked.get(cell + 1);
    const isOf = wanted === 'all' || wanted?.has(run) === true || next === 'all' || (after !== null && next?.has(after) === true);
    if (!isOf) return [];
    const here = this.#groupsOf(cell, nowMs).parts.get(run)!;
    const there = after === null ? undefined : this.#groupsOf(cell + 1, nowMs).parts.get(after);
    const group = this.#told(cell, run, there === undefined ? here : together(here, there));
    return group === null ? [] : [{ cell, run, group }];
  }

  #told(cell: number, run: number, part: Part): FleetGroup | null {
    const { dictionary } = this.#scan;
    const { end, cause: causeId } = this.#runsAt(cell)!.runs[run]!;
    const { dimension, value: device } = dictionary.value(end);
    const role = dimension === 'hub' ? 'hub' : 'spoke';
    if (Object.values(part.byState).reduce((sum, one) => sum + one, 0) < GROUP_MEETINGS_MIN) return null;
    const cause = dictionary.value(causeId).value;
    const told = {
      device,
      role,
      cause,
      title:
        cause === NOT_JUDGED
          ? 'Not judged yet'
          : Object.hasOwn(causeTitles, cause)
            ? causeTitles[cause as keyof typeof causeTitles]
            : cause,
      fromMs: part.fromMs,
      toMs: part.toMs,
      incidents: part.incidents,
      others: part.others.size,
      byState: part.byState,
    } as const;
    const moment = new Date(bucketOf(part.fromMs)).toISOString().replaceAll(/[-:]/g, '').slice(0, 13);
    return { id: `${role}.${subjectToken(device)}.${subjectToken(cause)}.${moment}Z`, ...told, headline: headlineOf(told) };
  }

  #runsWith(cell: NumberedCell, query: FleetQuery, filter: ReturnType<Scan['filterOf']>, nowMs: number): ReadonlySet<number> {
    const { belongs } = this.#groupsOf(cell.cell, nowMs);
    const runs = new Set<number>();
    this.#scan.chunks(cell, (chunk, index) =>
      this.#scan.matches(chunk, filter, query, nowMs / 1000, (slot) => {
        const run = belongs[index * CHUNK_ROWS + slot]!;
        if (run >= 0) runs.add(run);
      }),
    );
    return runs;
  }

  readonly #names: EndNames = {
    role: (end) => (this.#scan.dictionary.value(end).dimension === 'hub' ? 'hub' : 'spoke'),
    name: (end) => this.#scan.dictionary.value(end).value,
  };

  readonly #cellAt = (cell: number): NumberedCell | null => {
    const known = this.#cells.get(cell);
    if (known !== undefined) return known;
    const read = this.#scan.cell(cell);
    this.#cells.set(cell, read);
    return read;
  };

  readonly #runsAt = (number: number): CellRuns | null => {
    const cell = this.#cellAt(number);
    if (cell === null) return null;
    const known = this.#runs.get(number);
    if (known !== undefined && known.stamp === cell.stamp) return known.runs;
    const rows = cell.chunks * CHUNK_ROWS;
    const openedAtMs = new Float64Array(rows);
    const causes = new Uint32Array(rows);
    const profiles = new Uint32Array(rows);
    const pairs = new Uint16Array(rows);
    this.#scan.chunks(cell, (chunk, index) => {
      const at = index * CHUNK_ROWS;
      openedAtMs.set(chunk.openedAtMs.subarray(0, chunk.used), at);
      profiles.set(chunk.profile.subarray(0, chunk.used), at);
      for (let slot = 0; slot < chunk.used; slot++) {
        causes[at + slot] = chunk.code[slot]! >>> CAUSE_SHIFT;
        const four = 4 * slot;
        pairs[at + slot] = chunk.pairs[four]! + chunk.pairs[four + 1]! + chunk.pairs[four + 2]! + chunk.pairs[four + 3]!;
      }
    });
    const runs = runsOfCell(
      {
        count: rows,
        openedAtMs: (row) => openedAtMs[row]!,
        cause: (row) => causes[row]!,
        ends: (row) => this.#endsOf(profiles[row]!),
        pairs: (row) => pairs[row]!,
      },
      number * CELL_MS,
      this.#names.role,
    );
    keep(this.#runs, number, { stamp: cell.stamp, rows, runs });
    return runs;
  };

  /** Both roles' ends of a profile. */
  #endsOf(profile: number): Uint32Array {
    const known = this.#ends.get(profile);
    if (known !== undefined) return known;
    const { dictionary } = this.#scan;
    const ends = dictionary.profile(profile).filter((id) => ['hub', 'spoke'].includes(dictionary.value(id).dimension));
    this.#ends.set(profile, ends);
    return ends;
  }

  #groupsOf(number: number, nowMs: number): KeptGroups {
    const stamps = NEIGHBOURS.map((step) => this.#cellAt(number + step)?.stamp ?? 0).join(' ');
    const known = this.#groups.get(number);
    if (known !== undefined && known.stamps === stamps && nowMs >= known.fromMs && nowMs < known.untilMs) return known;
    const made = this.#makeGroups(number, stamps, nowMs);
    keep(this.#groups, number, made);
    return made;
  }

  #makeGroups(number: number, stamps: string, nowMs: number): KeptGroups {
    const cell = this.#cellAt(number);
    const runs = this.#runsAt(number);
    const parts = new Map<number, Part>();
    if (cell === null || runs === null)
      return { stamps, untilMs: Number.POSITIVE_INFINITY, fromMs: nowMs, belongs: new Int32Array(), parts };
    const belongs = assignCell(number, cell.chunks * CHUNK_ROWS, this.#runsAt, this.#names);
    let untilMs = Number.POSITIVE_INFINITY;
    this.#scan.chunks(cell, (chunk, index) => {
      for (let slot = 0; slot < chunk.used; slot++) {
        const run = belongs[index * CHUNK_ROWS + slot]!;
        if (run < 0) continue;
        const part = parts.get(run) ?? newPart();
        parts.set(run, part);
        const healsMs = chunk.healsAt[slot]! * 1000;
        if (healsMs > nowMs) untilMs = Math.min(untilMs, healsMs);
        const atMs = chunk.openedAtMs[slot]!;
        part.incidents++;
        part.fromMs = Math.min(part.fromMs, atMs);
        part.toMs = Math.max(part.toMs, atMs);
        const role = this.#names.role(runs.runs[run]!.end);
        const state = stateOfRow(chunk, slot, nowMs / 1000);
        if (role === 'spoke') part.byState[fleetStates[state]!]++;
        else addPairs(part.byState, chunk.pairs.subarray(4 * slot, 4 * slot + 4), healsMs !== 0 && healsMs <= nowMs);
        for (const end of this.#endsOf(chunk.profile[slot]!)) if (this.#names.role(end) !== role) part.others.add(end);
      }
    });
    return { stamps, untilMs, fromMs: nowMs, belongs, parts };
  }
}

const newPart = (): Part => ({ incidents: 0, byState: noStates(), others: new Set(), fromMs: Number.POSITIVE_INFINITY, toMs: 0 });

/** `over`: what was to end at a moment has. */
function addPairs(byState: Record<FleetState, number>, pairs: Uint16Array, over: boolean): void {
  for (const [at, state] of fleetStates.entries())
    byState[over && (state === 'black-holed' || state === 'not-known') ? 'healed' : state] += pairs[at]!;
}

function together(a: Part, b: Part): Part {
  const byState = noStates();
  for (const state of fleetStates) byState[state] = a.byState[state] + b.byState[state];
  return {
    incidents: a.incidents + b.incidents,
    byState,
    others: new Set([...a.others, ...b.others]),
    fromMs: Math.min(a.fromMs, b.fromMs),
    toMs: Math.max(a.toMs, b.toMs),
  };
}

function keep<T>(kept: Map<number, T>, key: number, value: T): void {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > CELLS_KEPT_MAX) kept.delete(kept.keys().next().value!);
}
