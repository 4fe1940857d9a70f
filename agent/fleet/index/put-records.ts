/**
 * Records into the index, one transaction a batch: the newest revisions are kept, and what is derived of them (which ids are one incident, its row,
 * the counts) is settled once for each incident that the batch touched. Everything derived is a function of the records that are kept, so that any
 * order and any repetition comes to the same. Called by open-index.ts.
 */
import { type EndRecords, mergeIncident } from '../../../shared/fleet/merge.ts';
import { EVENT_STREAM, type FleetRecordOf } from '../../../shared/fleet/record.ts';
import { limits } from '../../../shared/limits.ts';
import { type Counters, readCounters, writeCounters } from './counters.ts';
import type { Dictionary } from './dictionary.ts';
import { rowFactsOf, valuesOf } from './facts.ts';
import type { SetAside, StoredRecord } from './fleet-index.ts';
import { aliasesOf, IncidentTables } from './incident-tables.ts';
import { afterPrefix, bigKey, FIRST_KEY, numberKey, textKey, textsKey } from './keys.ts';
import { type EndKind, newerOf, toldOf } from './pack.ts';
import { cellOf, RowPlaces } from './place-rows.ts';
import { packState, unpackState } from './state-records.ts';
import type { Store, Table } from './store.ts';

export interface PutResult {
  readonly applied: number;
  readonly stale: number;
}

/** Within a transaction of `store`. */
export function putRecords(
  store: Store,
  dictionary: Dictionary,
  batch: readonly StoredRecord[],
  aside: readonly SetAside[],
): PutResult {
  const counters = openChange(store);
  const work = new Work(store, dictionary, counters);
  let applied = 0;
  let stale = 0;
  for (const stored of batch) {
    counters.sequence = Math.max(counters.sequence, stored.sequence);
    const took = work.take(stored);
    if (took === 'applied') applied++;
    else if (took === 'stale') stale++;
  }
  for (const one of aside) {
    if (one.stream === EVENT_STREAM) counters.sequence = Math.max(counters.sequence, one.sequence);
    work.setAside(one);
  }
  work.settle();
  writeCounters(store.table('meta'), counters);
  return { applied, stale };
}

export function openChange(store: Store): Counters {
  const counters = readCounters(store.table('meta'));
  counters.change++;
  return counters;
}

class Work {
  readonly #tables: IncidentTables;
  readonly #places: RowPlaces;
  readonly #state: Record<'alarm' | 'gap' | 'heartbeat', Table>;
  readonly #aside: Table;
  readonly #dictionary: Dictionary;
  readonly #counters: Counters;
  /** Ids whose incident may be another now. */
  readonly #touched = new Set<string>();
  /** Ends that were changed, by their key. */
  readonly #ends = new Map<string, { readonly key: Buffer; end: EndRecords }>();

  constructor(store: Store, dictionary: Dictionary, counters: Counters) {
    this.#tables = new IncidentTables(store);
    this.#places = new RowPlaces(store);
    this.#state = { alarm: store.table('alarms'), gap: store.table('gaps'), heartbeat: store.table('agents') };
    this.#aside = store.table('aside');
    this.#dictionary = dictionary;
    this.#counters = counters;
  }

  take(stored: StoredRecord): 'applied' | 'stale' | 'refused' {
    switch (stored.record.kind) {
      case 'incident':
      case 'verdict':
      case 'bundle':
        return this.#takeEnd(stored, stored.record.kind);
      case 'alarm':
      case 'gap':
      case 'heartbeat':
        return this.#takeState(stored, stored.record.kind);
    }
  }

  #takeEnd(stored: StoredRecord, kind: EndKind): 'applied' | 'stale' | 'refused' {
    const { site, device, about: id } = stored.record;
    const { horizonMs } = this.#counters;
    if (momentOf(stored) < horizonMs) {
      this.#counters.tooOld++;
      return 'refused';
    }
    const key = this.#tables.endKey({ id, site, device });
    const text = key.toString('latin1');
    const known = this.#ends.get(text) ?? {
      key,
      end: this.#tables.end(key) ?? { id, site, device, incident: null, verdict: null, bundle: null },
    };
    const kept = known.end[kind];
    const came = toldOf(stored);
    const { record, changed } = newerOf(kept, came);
    if (!changed) return 'stale';
    if (kept === null) this.#counters.records++;
    this.#touched.add(id);
    const was = known.end;
    known.end = { ...was, [kind]: record } as EndRecords;
    this.#ends.set(text, known);
    if (kind === 'incident') this.#relink(was, known.end);
    return 'applied';
  }

  /** What was one incident may not be any more, and what was not may be now: all of both are looked at in the end. */
  #relink(was: EndRecords, is: EndRecords): void {
    const [before, after] = [was, is].map((end) => new Set(aliasesOf(end)));
    const gone = [...before!].filter((alias) => !after!.has(alias));
    const come = [...after!].filter((alias) => !before!.has(alias));
    if (gone.length === 0 && come.length === 0) return;
    for (const id of [is.id, ...come]) for (const one of this.#tables.component(id)) this.#touched.add(one);
    for (const alias of [...gone, ...come]) this.#touched.add(alias);
    for (const alias of gone) this.#tables.removeLink(alias, is);
    for (const alias of come) this.#tables.putLink(alias, is);
  }

  #takeState(stored: StoredRecord, kind: 'alarm' | 'gap' | 'heartbeat'): 'applied' | 'stale' | 'refused' {
    const { site, device, about } = stored.record;
    const table = this.#state[kind];
    const key = kind === 'alarm' ? textsKey(site, device, about) : textsKey(site, device);
    const value = table.get(key);
    const came = packState(stored);
    if (value !== undefined && !isNewer(kind, unpackState(value), came)) return 'stale';
    if (value === undefined && !this.#hasRoom(kind, site, device)) {
      this.#counters.beyondLimits++;
      return 'refused';
    }
    if (value === undefined) {
      if (kind === 'heartbeat') this.#counters.agents++;
      else this.#counters.records++;
    }
    table.put(key, Buffer.from(JSON.stringify(came)));
    return 'applied';
  }

  #hasRoom(kind: 'alarm' | 'gap' | 'heartbeat', site: string, device: string): boolean {
    if (kind === 'heartbeat') return this.#counters.agents < limits.fleetAgentsMax;
    if (kind === 'gap') return true;
    const from = textsKey(site, device);
    const max = limits.fleetAlarmsPerDeviceMax;
    return [...this.#state.alarm.keys({ from, to: afterPrefix(from), limit: max })].length < max;
  }

  setAside(one: SetAside): void {
    const key = Buffer.concat([bigKey(one.sequence), textKey(one.stream)]);
    if (this.#aside.has(key)) return;
    this.#counters.unreadable++;
    this.#counters.asideKept++;
    this.#aside.put(key, Buffer.from(JSON.stringify(one)));
    if (this.#counters.asideKept <= limits.fleetSetAsideMax) return;
    const [oldest] = [...this.#aside.keys({ from: FIRST_KEY, limit: 1 })];
    if (oldest === undefined) return;
    this.#aside.remove(Buffer.from(oldest));
    this.#counters.asideKept--;
  }

  settle(): void {
    for (const { key, end } of this.#ends.values()) this.#tables.putEnd(key, end);
    const settled = new Set<string>();
    const apart = new Set<string>();
    for (const id of this.#touched) {
      if (settled.has(id)) continue;
      const component = this.#tables.component(id, apart);
      for (const one of component) settled.add(one);
      settleIncident(component, this.#tables, this.#places, this.#dictionary, this.#counters);
    }
    this.#places.flush(this.#counters);
  }
}

/** The row and the docs of ids that are one incident, from the records that stand. */
export function settleIncident(
  component: readonly string[],
  tables: IncidentTables,
  places: RowPlaces,
  dictionary: Dictionary,
  counters: Counters,
): void {
  const ends = component.flatMap((id) => tables.endsOf(id));
  const root = rootOf(component, ends);
  for (const id of component) if (id !== root) unplace(id, tables, places, counters);
  if (root === null) {
    for (const id of new Set(ends.map((end) => end.id))) placeOrphan(id, ends, tables);
    return;
  }
  const merged = mergeIncident(root, ends.slice(0, limits.fleetEndsMax))!;
  const known = tables.doc(root);
  if (known?.kind === 'orphan') unplace(root, tables, places, counters);
  const number = known?.kind === 'placed' ? known.number : counters.number++;
  const row = {
    ...rowFactsOf(merged),
    number,
    profile: dictionary.profileOf(
      valuesOf(merged).map(([dimension, value]) => dictionary.numberOf(dimension, value, counters)),
      counters,
    ),
    cause: dictionary.numberOf('cause', merged.cause, counters),
  };
  const before = known?.kind === 'placed' ? known.place : null;
  const place = places.put(row, before);
  if (before === null) {
    counters.incidents++;
    tables.names.put(numberKey(number), Buffer.from(root));
  }
  if (before === null || before.cell !== place.cell || before.chunk !== place.chunk || before.slot !== place.slot)
    tables.putDoc({ kind: 'placed', id: root, number, place });
}

/** The first by name of those that somebody told the incident of; null: nobody did. Ids are ULIDs: the oldest. */
export function rootOf(component: readonly string[], ends: readonly EndRecords[]): string | null {
  const told = new Set(ends.slice(0, limits.fleetEndsMax).flatMap(({ id, incident }) => (incident === null ? [] : [id])));
  return component.find((id) => told.has(id)) ?? null;
}

/** Nothing of this id is derived any more. */
export function unplace(id: string, tables: IncidentTables, places: RowPlaces, counters: Counters): void {
  const doc = tables.doc(id);
  if (doc === null) return;
  if (doc.kind === 'placed') {
    places.free(doc.place);
    tables.names.remove(numberKey(doc.number));
    counters.incidents--;
  } else tables.orphans.remove(orphanKey(doc.cell, id));
  tables.docs.remove(textKey(id));
}

export const orphanKey = (cell: number, id: string): Buffer => Buffer.concat([numberKey(cell), textKey(id)]);

/** When the last word of it was said. */
export const orphanCell = (id: string, ends: readonly EndRecords[]): number =>
  cellOf(
    Math.max(
      ...ends
        .filter((end) => end.id === id)
        .flatMap(({ verdict, bundle }) =>
          [verdict, bundle].flatMap((one) => (one === null ? [] : [Math.min(Date.parse(one.at), one.storedAtMs)])),
        ),
    ),
  );

function placeOrphan(id: string, ends: readonly EndRecords[], tables: IncidentTables): void {
  const cell = orphanCell(id, ends);
  tables.orphans.put(orphanKey(cell, id), Buffer.from(id));
  tables.putDoc({ kind: 'orphan', id, cell });
}

const momentOf = ({ record, storedAtMs }: StoredRecord): number =>
  Math.min(Date.parse(record.kind === 'incident' ? record.body.openedAt : record.at), storedAtMs);

/** A heartbeat is the newest that the engine has of the device: its revisions begin again when the agent's disk is new. */
function isNewer(
  kind: FleetRecordOf<'alarm' | 'gap' | 'heartbeat'>['kind'],
  kept: ReturnType<typeof unpackState>,
  came: ReturnType<typeof packState>,
): boolean {
  const order = (a: ReturnType<typeof packState>): readonly number[] =>
    kind === 'heartbeat' ? [a.storedAtMs, a.revision] : [a.revision];
  const [old, fresh] = [order(kept), order(came)];
  for (const [at, number] of fresh.entries()) if (number !== old[at]) return number > old[at]!;
  const text = ({ storedAtMs: _, ...said }: ReturnType<typeof packState>): string => JSON.stringify(said);
  if (text(came) !== text(kept)) return text(came) > text(kept);
  return came.storedAtMs < kept.storedAtMs;
}
