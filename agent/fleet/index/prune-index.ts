/**
 * Forgets what is older than is kept: whole cells of 6 hours, an incident with all that was told of it, in pieces of one transaction each, so that
 * nobody waits long for the index. What comes later and is older is turned away and counted. Called by open-index.ts.
 */
import { CELL_MS } from '../../../shared/fleet/groups.ts';
import type { FleetBody } from '../../../shared/fleet/record.ts';
import { type Counters, writeCounters } from './counters.ts';
import type { Dictionary } from './dictionary.ts';
import { IncidentTables } from './incident-tables.ts';
import { FIRST_KEY, numberKey, numbersKey } from './keys.ts';
import { type Cell, cellOf, RowPlaces } from './place-rows.ts';
import { openChange, settleIncident, unplace } from './put-records.ts';
import { openChunk } from './rows.ts';
import { unpackState } from './state-records.ts';
import type { Store, Table } from './store.ts';

/** Incidents of one transaction: some ten milliseconds. */
const PIECE = 500;

/** One piece; `left`: there is more to forget. */
export function pruneOnce(
  store: Store,
  dictionary: Dictionary,
  nowMs: number,
  keepMs: number,
): { readonly incidents: number; readonly left: boolean } {
  return store.write(() => {
    const counters = openChange(store);
    const horizon = cellOf(nowMs - keepMs);
    counters.horizonMs = Math.max(counters.horizonMs, horizon * CELL_MS);
    const tables = new IncidentTables(store);
    const places = new RowPlaces(store);
    const ids = [...oldIncidents(store, tables, horizon), ...oldOrphans(tables, horizon)].slice(0, PIECE);
    const before = counters.incidents;
    forget(ids, tables, places, dictionary, counters);
    places.flush(counters);
    if (ids.length < PIECE) forgetStates(store, counters);
    writeCounters(store.table('meta'), counters);
    return { incidents: Math.max(0, before - counters.incidents), left: ids.length === PIECE };
  });
}

function* oldIncidents(store: Store, tables: IncidentTables, horizon: number): Generator<string> {
  const rows = store.table('rows');
  const cells = [...store.table('cells').range({ from: FIRST_KEY, to: numberKey(horizon), limit: PIECE })].map(
    ({ key, value }) => [key.readUInt32BE(), JSON.parse(value.toString('utf8')) as Cell] as const,
  );
  let found = 0;
  for (const [cell, { chunks }] of cells)
    for (let index = 0; index < chunks; index++) {
      const chunk = openChunk(rows.peek(numbersKey(cell, index)));
      for (let slot = 0; slot < chunk.used; slot++) {
        if (chunk.number[slot] === 0) continue;
        const id = tables.names.get(numberKey(chunk.number[slot]!));
        if (id !== undefined) yield id.toString('utf8');
        if (++found === PIECE) return;
      }
    }
}

const oldOrphans = (tables: IncidentTables, horizon: number): readonly string[] =>
  [...tables.orphans.range({ from: FIRST_KEY, to: numberKey(horizon), limit: PIECE })].map(({ value }) => value.toString('utf8'));

function forget(
  ids: readonly string[],
  tables: IncidentTables,
  places: RowPlaces,
  dictionary: Dictionary,
  counters: Counters,
): void {
  const gone = new Set<string>();
  const neighbours = new Set<string>();
  for (const id of ids) {
    // An orphan goes alone: what it is linked with has an age of its own.
    const all = tables.doc(id)?.kind === 'orphan' ? [id] : tables.component(id);
    for (const one of all) {
      if (gone.has(one)) continue;
      gone.add(one);
      for (const other of tables.linked(one) ?? []) neighbours.add(other);
      unplace(one, tables, places, counters);
    }
    for (const one of all) counters.records -= tables.removeEnds(one);
  }
  const settled = new Set<string>();
  for (const id of neighbours) {
    if (gone.has(id) || settled.has(id)) continue;
    const component = tables.component(id);
    for (const one of component) settled.add(one);
    settleIncident(component, tables, places, dictionary, counters);
  }
}

/** Cleared alarms, agents and gaps of which nothing was heard since. */
function forgetStates(store: Store, counters: Counters): void {
  const { horizonMs } = counters;
  const old = (table: Table, isOld: (value: Buffer) => boolean): number => {
    const keys = [...table.range({ from: FIRST_KEY })].flatMap(({ key, value }) => (isOld(value) ? [Buffer.from(key)] : []));
    for (const key of keys) table.remove(key);
    return keys.length;
  };
  const storedBefore = (value: Buffer): boolean => unpackState(value).storedAtMs < horizonMs;
  counters.records -= old(
    store.table('alarms'),
    (value) => storedBefore(value) && (unpackState(value).body as FleetBody<'alarm'>).state === 'cleared',
  );
  counters.records -= old(store.table('gaps'), storedBefore);
  counters.agents -= old(store.table('agents'), storedBefore);
  counters.asideKept -= old(store.table('aside'), storedBefore);
}
