/**
 * Groups out of what cells come to (cell-groups.ts). A question sees each cell once, as it is when it comes to it, and answers from that alone:
 * every group is of whole cells, none is counted from two states of the same one. Of what writers change meanwhile it may see the one cell
 * before and the other after: an incident that moves between two cells in that very moment may be missed, or counted in both, until it is asked
 * again. Called by open-index.ts.
 */
import { causeTitles } from '../../../shared/analyze/report/words.ts';
import {
  bucketOf,
  CELL_MS,
  GROUP_MEETINGS_MIN,
  noStates,
  partnerOf,
  type RunsAt,
  type Work,
} from '../../../shared/fleet/groups.ts';
import { headlineOf } from '../../../shared/fleet/headline.ts';
import { byCode, NOT_JUDGED } from '../../../shared/fleet/merge.ts';
import { subjectToken } from '../../../shared/fleet/record.ts';
import { type FleetGroup, type FleetQuery, type FleetState, fleetStates, type IncidentPage } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { CellGroups, type CellParts, type CellSeen, countBoth } from './cell-groups.ts';
import type { IncidentTables } from './incident-tables.ts';
import { type PageAsk, PageGathering } from './list-query.ts';
import { CHUNK_ROWS } from './rows.ts';
import type { Filter, Scan } from './scan.ts';

/** Told between two steps. */
const TOLD_STEP = 64;
/** A group that is put together costs about as much as so many rows that are looked at. */
const ROWS_A_GROUP = 8;

/** Runs of a cell that a question is of. */
type Wanted = ReadonlySet<number> | 'all';

/** A group is named by the run that it begins with. */
interface Found {
  readonly cell: number;
  readonly run: number;
  /** With which it goes on in the next cell. */
  readonly partner: number | null;
  readonly role: 'hub' | 'spoke';
  readonly device: string;
  readonly cause: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly incidents: number;
  readonly others: number;
  readonly byState: Readonly<Record<FleetState, number>>;
}

/** Cells as one question sees them. */
class View {
  readonly nowMs: number;
  readonly #cells: CellGroups;
  readonly #seen = new Map<number, CellSeen | null>();
  readonly #parts = new Map<number, CellParts>();

  constructor(cells: CellGroups, nowMs: number) {
    this.#cells = cells;
    this.nowMs = nowMs;
  }

  /** It, and what it hangs on, is seen. */
  *parts(cell: number): Work<CellParts> {
    const known = this.#parts.get(cell);
    if (known !== undefined) return known;
    for (let one = cell + 2; one >= cell - 2; one--) if (!this.#seen.has(one)) this.#seen.set(one, yield* this.#cells.see(one));
    const made = yield* this.#cells.parts(cell, this.#seenAt, this.nowMs);
    this.#parts.set(cell, made);
    return made;
  }

  /** Of a cell whose parts were asked for. */
  seen(cell: number): CellSeen | null {
    return this.#seen.get(cell) ?? null;
  }

  readonly runsAt: RunsAt = (cell) => this.#seen.get(cell)?.runs ?? null;

  /** Of those after it nothing is needed any more but their runs. */
  letGo(after: number): void {
    for (const [cell, seen] of this.#seen)
      if (cell > after && seen !== null && seen.chunks.length > 0) this.#seen.set(cell, { ...seen, chunks: [] });
  }

  readonly #seenAt = (cell: number): CellSeen | null => this.#seen.get(cell) ?? null;
}

export class GroupQueries {
  readonly #scan: Scan;
  readonly #tables: IncidentTables;
  readonly #cells: CellGroups;

  constructor(scan: Scan, tables: IncidentTables) {
    this.#scan = scan;
    this.#tables = tables;
    this.#cells = new CellGroups(scan);
  }

  /** Newest first. */
  *groups(query: FleetQuery, limit: number, nowMs: number): Work<readonly FleetGroup[]> {
    const shown = (yield* this.#found(query, limit, nowMs)).slice(0, limit);
    const told: FleetGroup[] = [];
    for (const found of shown) {
      told.push(groupOf(found));
      if (told.length % TOLD_STEP === 0) yield TOLD_STEP * ROWS_A_GROUP;
    }
    return told;
  }

  *#found(query: FleetQuery, limit: number, nowMs: number): Work<readonly Found[]> {
    const { dictionary } = this.#scan;
    let filter = this.#scan.filterOf(query);
    let profiles = dictionary.profileCount;
    if (!filter.possible) return [];
    const numbers = this.#scan.cells(query.fromMs, query.toMs).map(({ cell }) => cell);
    const view = new View(this.#cells, nowMs);
    const asked = new Map<number, Wanted>();
    const found: Found[] = [];
    for (const number of numbers.toReversed()) {
      view.letGo(number + 2);
      const { belongs } = yield* view.parts(number);
      // Rows that came meanwhile may have profiles that came meanwhile.
      if (dictionary.profileCount > profiles) filter = this.#scan.filterOf(query);
      profiles = dictionary.profileCount;
      const from = number * CELL_MS;
      const whole = filter.all && from >= query.fromMs && from + CELL_MS <= query.toMs;
      asked.set(number, whole ? 'all' : yield* this.#runsWith(view.seen(number), belongs, { query, filter, nowMs }));
      for (const one of yield* this.#beginning(view, number, asked)) found.push(one);
      if (found.length >= limit) return found;
    }
    // Those that began before the window, and have incidents in it.
    const [first] = numbers;
    if (first !== undefined) found.push(...(yield* this.#beginning(view, first - 1, asked)));
    return found;
  }

  /** Runs of the cell with a row that the question is of. */
  *#runsWith(
    seen: CellSeen | null,
    belongs: Int32Array,
    { query, filter, nowMs }: { readonly query: FleetQuery; readonly filter: Filter; readonly nowMs: number },
  ): Work<ReadonlySet<number>> {
    const runs = new Set<number>();
    for (const [index, chunk] of (seen?.chunks ?? []).entries()) {
      this.#scan.matches(chunk, filter, query, nowMs / 1000, (slot) => {
        const run = belongs[index * CHUNK_ROWS + slot]!;
        if (run >= 0) runs.add(run);
      });
      yield chunk.used;
    }
    return runs;
  }

  /** Groups that begin in the cell and that the question is of, newest first. */
  *#beginning(view: View, cell: number, asked: ReadonlyMap<number, Wanted>): Work<readonly Found[]> {
    const { parts } = yield* view.parts(cell);
    const wanted = asked.get(cell);
    const next = asked.get(cell + 1);
    const found: Found[] = [];
    let looked = 0;
    for (const run of parts.keys()) {
      if (wanted === 'all' || wanted?.has(run) === true || next !== undefined) {
        const after = partnerOf(cell, run, 1, view.runsAt);
        if (wanted === 'all' || wanted?.has(run) === true || (after !== null && (next === 'all' || next?.has(after) === true))) {
          const one = yield* this.#groupFrom(view, cell, run);
          if (one !== null) found.push(one);
        }
      }
      if (++looked % TOLD_STEP === 0) yield TOLD_STEP * ROWS_A_GROUP;
    }
    return found.sort((a, b) => b.fromMs - a.fromMs || byCode(idOf(a), idOf(b)));
  }

  /** The group that begins with this run; null: it began before, or is too small for one. */
  *#groupFrom(view: View, cell: number, run: number): Work<Found | null> {
    const before = partnerOf(cell, run, -1, view.runsAt);
    if (before !== null && (yield* view.parts(cell - 1)).parts.has(before)) return null;
    const here = (yield* view.parts(cell)).parts.get(run)!;
    const partner = partnerOf(cell, run, 1, view.runsAt);
    const there = partner === null ? undefined : (yield* view.parts(cell + 1)).parts.get(partner);
    const byState = noStates();
    for (const state of fleetStates) byState[state] = here.byState[state] + (there?.byState[state] ?? 0);
    if (fleetStates.reduce((sum, state) => sum + byState[state], 0) < GROUP_MEETINGS_MIN) return null;
    const { end, cause } = view.runsAt(cell)!.runs[run]!;
    return {
      ...{ cell, run, byState, partner },
      role: this.#cells.names.role(end),
      device: this.#cells.names.name(end),
      cause: this.#cells.names.name(cause),
      fromMs: Math.min(here.fromMs, there?.fromMs ?? here.fromMs),
      toMs: Math.max(here.toMs, there?.toMs ?? here.toMs),
      incidents: here.incidents + (there?.incidents ?? 0),
      others: there === undefined ? here.others.length : countBoth(here.others, there.others),
    };
  }

  *group(id: string, nowMs: number): Work<FleetGroup | null> {
    const found = yield* this.#find(id, new View(this.#cells, nowMs));
    return found === null ? null : groupOf(found);
  }

  *members(id: string, ask: PageAsk, nowMs: number): Work<IncidentPage> {
    const gathering = new PageGathering(this.#tables, ask);
    const view = new View(this.#cells, nowMs);
    const found = yield* this.#find(id, view);
    if (found === null) return { incidents: [], next: null };
    const { cell, run, partner } = found;
    for (const [number, its] of [[cell, run] as const, ...(partner === null ? [] : [[cell + 1, partner] as const])]) {
      const { belongs } = yield* view.parts(number);
      for (const [index, chunk] of view.seen(number)!.chunks.entries()) {
        for (let slot = 0; slot < chunk.used; slot++) if (belongs[index * CHUNK_ROWS + slot] === its) gathering.add(chunk, slot);
        yield chunk.used;
      }
    }
    return gathering.page(nowMs);
  }

  *#find(id: string, view: View): Work<Found | null> {
    const match = /^(hub|spoke)\.([^.]+)\.([^.]+)\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/.exec(id);
    if (match === null) return null;
    const [, role, device, cause, ...moment] = match;
    const [year, month, day, hour, minute] = moment.map(Number) as [number, number, number, number, number];
    const atMs = Date.UTC(year, month - 1, day, hour, minute);
    const cell = Math.floor(atMs / CELL_MS);
    for (const number of [cell, cell - 1, cell + 1])
      for (const run of (yield* view.parts(number)).parts.keys()) {
        const told = view.runsAt(number)!.runs[run]!;
        const { names } = this.#cells;
        if (names.role(told.end) !== role || subjectToken(names.name(told.end)) !== device) continue;
        if (subjectToken(names.name(told.cause)) !== cause) continue;
        const found = yield* this.#groupFrom(view, number, run);
        if (found !== null && atMs >= bucketOf(found.fromMs) && atMs <= found.toMs) return found;
      }
    return null;
  }

  /** The newest cells, until so many rows were seen that half of what is kept is theirs, or a question would go further back than most do. */
  *warm(nowMs: number, isEnough: () => boolean): Work<void> {
    const fromMs = nowMs - limits.fleetWarmMs;
    const view = new View(this.#cells, nowMs);
    let rows = 0;
    for (const { cell, rows: its } of this.#scan.cells(fromMs, Number.MAX_SAFE_INTEGER).toReversed()) {
      rows += its;
      if (isEnough() || rows > limits.fleetGroupRowsKept / 2) return;
      view.letGo(cell + 2);
      yield* view.parts(cell);
    }
  }
}

function idOf({ role, device, cause, fromMs }: Found): string {
  const moment = new Date(bucketOf(fromMs)).toISOString().replaceAll(/[-:]/g, '').slice(0, 13);
  return `${role}.${subjectToken(device)}.${subjectToken(cause)}.${moment}Z`;
}

function groupOf(found: Found): FleetGroup {
  const { cell: _, run: __, partner: ___, ...of } = found;
  const { cause } = of;
  const title = Object.hasOwn(causeTitles, cause) ? causeTitles[cause as keyof typeof causeTitles] : cause;
  const told = { ...of, title: cause === NOT_JUDGED ? 'Not judged yet' : title };
  return { id: idOf(found), ...told, headline: headlineOf(told) };
}
