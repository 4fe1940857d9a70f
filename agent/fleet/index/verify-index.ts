/**
 * Counts everything that is derived anew from the records that are kept, and says what differs: `spitrap fleet verify`, and the tests' oracle of
 * what several writers and a kill leave behind. Reads one state of the index; asks nothing of the code that writes it but the pure rules.
 */
import { mergeIncident } from '../../../shared/fleet/merge.ts';
import { limits } from '../../../shared/limits.ts';
import { quoted } from '../../../shared/model/printable.ts';
import { readCounters } from './counters.ts';
import { type Dictionary, OTHER } from './dictionary.ts';
import { rowFactsOf, valuesOf } from './facts.ts';
import { aliasesOf, IncidentTables, linksOf, readDoc } from './incident-tables.ts';
import { FIRST_KEY, numberKey, numbersKey } from './keys.ts';
import { unpackEnd } from './pack.ts';
import { type Cell, cellOf } from './place-rows.ts';
import { orphanCell, orphanKey, rootOf } from './put-records.ts';
import { CHUNK_ROWS, type OpenChunk, openChunk, rowAt } from './rows.ts';
import type { Store, Table } from './store.ts';

/** Differences that are told; one is enough to rebuild. */
const TOLD_MAX = 50;

export function verifyIndex(store: Store, dictionary: Dictionary): readonly string[] {
  const found: string[] = [];
  const check = (so: boolean, what: () => string): void => {
    if (!so && found.length < TOLD_MAX) found.push(what());
  };
  const tables = new IncidentTables(store);
  const counters = readCounters(store.table('meta'));
  const count = (table: Table): number => [...table.keys({ from: FIRST_KEY })].length;

  const chunks = new Map<string, OpenChunk>();
  const apart = new Set<string>();
  let records = 0;
  let links = 0;
  let placed = 0;
  let orphans = 0;
  let last: string | null = null;
  for (const { value } of tables.ends.range({ from: FIRST_KEY })) {
    const end = unpackEnd(Buffer.from(value));
    records += [end.incident, end.verdict, end.bundle].filter((one) => one !== null).length;
    for (const alias of aliasesOf(end))
      for (const [key, other] of linksOf(alias, end)) {
        links++;
        check(
          tables.links.get(key)?.toString('utf8') === other,
          () => `${quoted(end.id)} has the alias ${quoted(alias)}, and no link says so`,
        );
      }
    if (end.id === last) continue;
    last = end.id;
    const [isPlaced, isOrphan] = verifyId(end.id);
    placed += isPlaced;
    orphans += isOrphan;
  }

  /** What stands of this id, and what should: 1, 0 as an incident, and as an orphan. */
  function verifyId(id: string): readonly [number, number] {
    const component = tables.component(id, apart);
    const ends = component.flatMap((one) => tables.endsOf(one));
    const root = rootOf(component, ends);
    const doc = tables.doc(id);
    if (root === null) {
      const cell = orphanCell(id, ends);
      check(doc?.kind === 'orphan' && doc.cell === cell, () => `${quoted(id)} has no incident, and is not told as such`);
      check(tables.orphans.has(orphanKey(cell, id)), () => `${quoted(id)} has no incident, and is not on the list of those`);
      return [0, 1];
    }
    if (root !== id) {
      check(doc === null, () => `${quoted(id)} is a part of ${quoted(root)}, and stands for itself too`);
      return [0, 0];
    }
    if (doc?.kind !== 'placed') {
      check(false, () => `${quoted(id)} is nowhere`);
      return [1, 0];
    }
    const merged = mergeIncident(root, ends.slice(0, limits.fleetEndsMax))!;
    const { cell, chunk, slot } = doc.place;
    const row = rowAt(chunkAt(cell, chunk), slot);
    const facts = rowFactsOf(merged);
    check(
      tables.names.get(numberKey(doc.number))?.toString('utf8') === id,
      () => `number ${doc.number} is not that of ${quoted(id)}`,
    );
    check(cell === cellOf(merged.openedAtMs), () => `${quoted(id)} stands in another cell than it opened in`);
    const { number, profile, cause, ...rest } = row;
    check(number === doc.number, () => `the row of ${quoted(id)} is another's`);
    check(
      JSON.stringify(ordered(rest)) === JSON.stringify(ordered(facts)),
      () => `the row of ${quoted(id)} says ${JSON.stringify(rest)}, its records ${JSON.stringify(facts)}`,
    );
    const has = [...dictionary.profile(profile)]
      .map((one) => dictionary.value(one))
      .map((one) => `${one.dimension} ${one.value}`);
    const should = valuesOf(merged).flatMap(([dimension, value]) =>
      dictionary.idOf(dimension, value) !== null
        ? [`${dimension} ${value}`]
        : dictionary.idOf(dimension, OTHER) !== null
          ? [`${dimension} ${OTHER}`]
          : (counters.values[dimension] ?? 0) > 0
            ? [`${dimension} ${value}`]
            : [],
    );
    check(
      has.toSorted().join('\n') === [...new Set(should)].toSorted().join('\n'),
      () => `${quoted(id)} counts under ${has.join(', ')}; its records say ${should.join(', ')}`,
    );
    const itsCause = dictionary.value(cause).value;
    check(
      itsCause === merged.cause || itsCause === OTHER,
      () => `${quoted(id)} counts under ${itsCause}; its records say ${merged.cause}`,
    );
    return [1, 0];
  }

  let rows = 0;
  function chunkAt(cell: number, chunk: number): OpenChunk {
    const key = `${cell}/${chunk}`;
    const known = chunks.get(key);
    if (known !== undefined) return known;
    const open = openChunk(store.table('rows').peek(numbersKey(cell, chunk)));
    chunks.set(key, open);
    if (chunks.size > 64) chunks.delete(chunks.keys().next().value!);
    return open;
  }
  let chunkCount = 0;
  for (const { key, value } of [...store.table('cells').range({ from: FIRST_KEY })].map((one) => ({
    key: Buffer.from(one.key),
    value: Buffer.from(one.value),
  }))) {
    const number = key.readUInt32BE();
    const cell = JSON.parse(value.toString('utf8')) as Cell;
    let used = 0;
    for (let chunk = 0; chunk < cell.chunks; chunk++) {
      const open = chunkAt(number, chunk);
      for (let slot = 0; slot < open.used; slot++) if (open.number[slot] !== 0) used++;
    }
    check(used === cell.rows, () => `cell ${number} counts ${cell.rows} rows and has ${used}`);
    for (const place of cell.free)
      check(
        chunkAt(number, Math.floor(place / CHUNK_ROWS)).number[place % CHUNK_ROWS] === 0,
        () => `cell ${number} gives a place away that is taken`,
      );
    rows += used;
    chunkCount += cell.chunks;
  }

  const kindsOfDocs = [...tables.docs.range({ from: FIRST_KEY })].map(({ value }) => readDoc(value).kind);
  records += count(store.table('alarms')) + count(store.table('gaps'));
  for (const [what, has, should] of [
    ['incidents that are counted', counters.incidents, placed],
    ['rows', rows, placed],
    ['numbers of incidents', count(tables.names), placed],
    ['entries of incidents', kindsOfDocs.filter((kind) => kind === 'placed').length, placed],
    ['entries without an incident', kindsOfDocs.filter((kind) => kind === 'orphan').length, orphans],
    ['ids on the list of those without an incident', count(tables.orphans), orphans],
    ['links', count(tables.links), links],
    ['chunks', count(store.table('rows')), chunkCount],
    ['records that are counted', counters.records, records],
    ['agents that are counted', counters.agents, count(store.table('agents'))],
    ['messages set aside that are counted', counters.asideKept, count(store.table('aside'))],
  ] as const)
    check(has === should, () => `${what}: ${has}; there should be ${should}`);
  return found;
}

const ordered = (value: object): object => Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
