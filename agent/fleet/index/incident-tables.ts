/**
 * The records of incidents' ends, and which ids are one incident: by the aliases that they name, each for all. Reads within and outside of
 * transactions; written by put-records.ts and prune-index.ts.
 */
import { byCode, type EndRecords } from '../../../shared/fleet/merge.ts';
import { limits } from '../../../shared/limits.ts';
import { afterPrefix, textKey, textsKey } from './keys.ts';
import { packEnd, unpackEnd } from './pack.ts';
import type { Place } from './place-rows.ts';
import type { Store, Table } from './store.ts';

/** Links from one id that are looked at; with more of them it stands for itself. */
const LINKS_READ_MAX = 4 * limits.fleetEndsMax;

/** Of an id under which there are records: that of an incident, or of verdicts and bundles whose incident is not known (yet). */
export type Doc =
  | { readonly kind: 'placed'; readonly id: string; readonly number: number; readonly place: Place }
  | { readonly kind: 'orphan'; readonly id: string; readonly cell: number };

export class IncidentTables {
  readonly ends: Table;
  readonly docs: Table;
  /** Number of an incident to its id. */
  readonly names: Table;
  /** Id, another that it is one incident with, by the word of site and device. */
  readonly links: Table;
  /** Cell, id. */
  readonly orphans: Table;

  constructor(store: Store) {
    this.ends = store.table('ends');
    this.docs = store.table('docs');
    this.names = store.table('names');
    this.links = store.table('links');
    this.orphans = store.table('orphans');
  }

  endKey = ({ id, site, device }: Pick<EndRecords, 'id' | 'site' | 'device'>): Buffer => textsKey(id, site, device);

  end(key: Buffer): EndRecords | null {
    const value = this.ends.peek(key);
    return value === undefined ? null : unpackEnd(value);
  }

  putEnd(key: Buffer, end: EndRecords): void {
    this.ends.put(key, packEnd(end));
  }

  /** At most `limits.fleetEndsMax`, in order. */
  endsOf(id: string): readonly EndRecords[] {
    const from = textKey(id);
    return [...this.ends.range({ from, to: afterPrefix(from), limit: limits.fleetEndsMax })].map(({ value }) => unpackEnd(value));
  }

  /** All that was told under this id: how many records went. */
  removeEnds(id: string): number {
    const from = textKey(id);
    let records = 0;
    for (;;) {
      const piece = [...this.ends.range({ from, to: afterPrefix(from), limit: limits.fleetEndsMax })].map(
        ({ key, value }) => [Buffer.from(key), unpackEnd(value)] as const,
      );
      for (const [key, end] of piece) {
        records += [end.incident, end.verdict, end.bundle].filter((one) => one !== null).length;
        for (const alias of aliasesOf(end)) this.removeLink(alias, end);
        this.ends.remove(key);
      }
      if (piece.length < limits.fleetEndsMax) return records;
    }
  }

  doc(id: string): Doc | null {
    const value = this.docs.peek(textKey(id));
    return value === undefined ? null : readDoc(value);
  }

  putDoc(doc: Doc): void {
    const told =
      doc.kind === 'placed' ? [doc.id, doc.number, doc.place.cell, doc.place.chunk, doc.place.slot] : [doc.id, 0, doc.cell];
    this.docs.put(textKey(doc.id), Buffer.from(JSON.stringify(told)));
  }

  /**
   * All ids that are one incident with this, itself among them, in order. `apart`: ids that were found to be of too many, added to; good while no
   * link changes.
   */
  component(id: string, apart?: Set<string>): readonly string[] {
    const found = new Set([id]);
    for (const one of found) {
      const linked = apart?.has(one) ? null : this.linked(one);
      for (const other of linked ?? []) found.add(other);
      if (linked !== null && found.size <= limits.fleetAliasesMax) continue;
      for (const member of found) apart?.add(member);
      return [id];
    }
    return [...found].toSorted(byCode);
  }

  /** Ids that name this one, or that it names; null: too many to look at. */
  linked(id: string): readonly string[] | null {
    const from = textKey(id);
    const linked = [...this.links.range({ from, to: afterPrefix(from), limit: LINKS_READ_MAX + 1 })];
    return linked.length > LINKS_READ_MAX ? null : linked.map(({ value }) => value.toString('utf8'));
  }

  /** That the records of this end name `alias`, found from either. */
  putLink(alias: string, end: Pick<EndRecords, 'id' | 'site' | 'device'>): void {
    for (const [key, other] of linksOf(alias, end)) this.links.put(key, Buffer.from(other));
  }

  removeLink(alias: string, end: Pick<EndRecords, 'id' | 'site' | 'device'>): void {
    for (const [key] of linksOf(alias, end)) this.links.remove(key);
  }
}

/** What its incident became: an id is none of its own. */
export const aliasesOf = ({ id, incident }: Pick<EndRecords, 'id' | 'incident'>): readonly string[] => [
  ...new Set((incident?.body.aliases ?? []).filter((alias) => alias !== id)),
];

/** Both directions, as they stand in the table. */
export const linksOf = (
  alias: string,
  { id, site, device }: Pick<EndRecords, 'id' | 'site' | 'device'>,
): readonly (readonly [key: Buffer, other: string])[] => [
  [textsKey(alias, id, `<${site}`, device), id],
  [textsKey(id, alias, `>${site}`, device), alias],
];

export function readDoc(value: Buffer): Doc {
  const [id, number, cell, chunk, slot] = JSON.parse(value.toString('utf8')) as [string, number, number, number, number];
  return number === 0 ? { kind: 'orphan', id, cell } : { kind: 'placed', id, number, place: { cell, chunk, slot } };
}
