/** Incidents themselves: pages of a list, newest first, and one by its id. Called by open-index.ts and group-query.ts. */
import { SpitrapError } from '../../../shared/errors.ts';
import { byCode, incidentAt, mergeIncident } from '../../../shared/fleet/merge.ts';
import type { FleetIncident, FleetQuery, IncidentPage } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import { quoted } from '../../../shared/model/printable.ts';
import { type IncidentTables, readDoc } from './incident-tables.ts';
import { afterPrefix, numberKey, textPrefix } from './keys.ts';
import { rootOf } from './put-records.ts';
import type { Chunk } from './rows.ts';
import type { Scan } from './scan.ts';

/** Newest first; of one moment by hash, then by id: the same in every index. */
interface Spot {
  readonly openedAtMs: number;
  readonly hash: number;
  readonly number: number;
}

interface Cursor {
  readonly openedAtMs: number;
  readonly hash: number;
  readonly id: string;
}

export interface PageAsk {
  readonly limit: number;
  readonly after: string | null;
}

/** Gathers the first of a page while rows come in any order. */
export class PageGathering {
  readonly #tables: IncidentTables;
  readonly #limit: number;
  readonly #after: Cursor | null;
  #spots: Spot[] = [];

  constructor(tables: IncidentTables, { limit, after }: PageAsk) {
    this.#tables = tables;
    this.#limit = Math.min(Math.max(1, Math.floor(limit)), limits.fleetPageMax);
    this.#after = after === null ? null : readCursor(after);
  }

  /** Rows that opened later are on the pages before. */
  get untilMs(): number {
    return this.#after === null ? Number.POSITIVE_INFINITY : this.#after.openedAtMs + 1;
  }

  add(chunk: Chunk, slot: number): void {
    const spot = { openedAtMs: chunk.openedAtMs[slot]!, hash: chunk.hash[slot]!, number: chunk.number[slot]! };
    if (this.#after !== null && this.#inOrder(spot, this.#after) <= 0) return;
    this.#spots.push(spot);
    if (this.#spots.length > 8 * this.#limit + 1_000) this.#cut();
  }

  /** No older row can be on this page. */
  full(): boolean {
    return this.#spots.length > this.#limit;
  }

  page(nowMs: number): IncidentPage {
    this.#cut();
    const shown = this.#spots.slice(0, this.#limit);
    const incidents = shown.flatMap(({ number }) => incidentOf(this.#idOf(number), this.#tables, nowMs) ?? []);
    const last = shown.at(-1);
    const more = this.#spots.length > this.#limit && last !== undefined;
    return { incidents, next: more ? `${last.openedAtMs}.${last.hash}.${this.#idOf(last.number)}` : null };
  }

  #cut(): void {
    this.#spots = this.#spots.sort((a, b) => this.#inOrder(a, b)).slice(0, this.#limit + 1);
  }

  #inOrder(a: Spot | Cursor, b: Spot | Cursor): number {
    return b.openedAtMs - a.openedAtMs || b.hash - a.hash || byCode(this.#nameOf(a), this.#nameOf(b));
  }

  #nameOf(of: Spot | Cursor): string {
    return 'id' in of ? of.id : this.#idOf(of.number);
  }

  #idOf(number: number): string {
    return this.#tables.names.get(numberKey(number))?.toString('utf8') ?? '';
  }
}

function readCursor(text: string): Cursor {
  const match = /^(\d{1,16})\.(\d{1,10})\.(.*)$/s.exec(text);
  if (match === null)
    throw new SpitrapError('USAGE', `${quoted(text)} is no place in a list of incidents; begin with its first page`);
  return { openedAtMs: Number(match[1]), hash: Number(match[2]), id: match[3]! };
}

export function pageOf(scan: Scan, tables: IncidentTables, query: FleetQuery, ask: PageAsk, nowMs: number): IncidentPage {
  const gathering = new PageGathering(tables, ask);
  const filter = scan.filterOf(query);
  const window = { ...query, toMs: Math.min(query.toMs, gathering.untilMs) };
  if (filter.possible)
    for (const cell of [...scan.cells(window.fromMs, window.toMs)].reverse()) {
      scan.chunks(cell, (chunk) => scan.matches(chunk, filter, window, nowMs / 1000, (slot) => gathering.add(chunk, slot)));
      if (gathering.full()) break;
    }
  return gathering.page(nowMs);
}

export function incidentOf(id: string, tables: IncidentTables, nowMs: number): FleetIncident | null {
  const component = tables.component(id);
  const ends = component.flatMap((one) => tables.endsOf(one));
  const root = rootOf(component, ends);
  const merged = root === null ? null : mergeIncident(root, ends.slice(0, limits.fleetEndsMax));
  return merged === null ? null : incidentAt(merged, nowMs);
}

const PREFIX_CHARS_MIN = 4;

/** Ids of incidents that begin so, or have an alias that does. */
export function matchingIds(prefix: string, tables: IncidentTables, limit: number): readonly string[] {
  if (prefix.length < PREFIX_CHARS_MIN) return [];
  const from = textPrefix(prefix);
  const found = new Set<string>();
  const add = (id: string): void => {
    const component = tables.component(id);
    const root = rootOf(
      component,
      component.flatMap((one) => tables.endsOf(one)),
    );
    if (root !== null) found.add(root);
  };
  for (const { value } of tables.docs.range({ from, to: afterPrefix(from) })) {
    const { id, kind } = readDoc(value);
    if (kind === 'placed' && id.startsWith(prefix)) add(id);
    if (found.size >= limit) break;
  }
  // What is linked with an id that begins so is one incident with it.
  for (const { value } of tables.links.range({ from, to: afterPrefix(from), limit: 4 * limits.fleetEndsMax })) {
    if (found.size >= limit) break;
    add(value.toString('utf8'));
  }
  return [...found].toSorted(byCode);
}

export function showOf(idOrPrefix: string, tables: IncidentTables, nowMs: number): FleetIncident | null {
  const exact = incidentOf(idOrPrefix, tables, nowMs);
  if (exact !== null) return exact;
  const [only, ...others] = matchingIds(idOrPrefix, tables, 2);
  return only === undefined || others.length > 0 ? null : incidentOf(only, tables, nowMs);
}
