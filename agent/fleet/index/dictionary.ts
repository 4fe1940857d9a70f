/**
 * Values of dimensions as numbers, and profiles: the whole set of them that an incident has (hubs, spokes, sites, software, versions, tags). Pairs
 * meet again and again, so that there are far fewer profiles than incidents; a question weighs each profile once. Both only grow: what this process
 * read of them stays true. Written within the transactions of put-records.ts, read by query.ts.
 */
import { createHash } from 'node:crypto';
import type { FleetDimension } from '../../../shared/fleet/view.ts';
import { limits } from '../../../shared/limits.ts';
import type { Counters } from './counters.ts';
import { numberKey, textKey } from './keys.ts';
import type { Store, Table } from './store.ts';

/** What values beyond `limits.fleetValuesMax` count under. */
export const OTHER = '(other)';

const HUB = 1;
const SPOKE = 2;

/** Each step reads so many at most before it looks again. */
export interface Value {
  readonly dimension: FleetDimension;
  readonly value: string;
}

export class Dictionary {
  readonly #values: Table;
  readonly #valueIds: Table;
  readonly #profiles: Table;
  readonly #profileIds: Table;

  // What is in the tables, as far as it was read. Index 0 stands for nothing.
  readonly #known: Value[] = [{ dimension: 'cause', value: '' }];
  /** All profiles behind one another: a question looks at each, and memory that lies together is read fast. */
  #flat = new Uint32Array(1_024);
  /** Where each begins, and where the last ends. */
  #starts = new Uint32Array(1_024);
  #profileCount = 1;
  /** Of each profile the ends, laid out likewise: groups are made of nothing else. */
  #ends = new Uint32Array(1_024);
  #endStarts = new Uint32Array(1_024);
  /** By number of a value. */
  #roles = new Uint8Array(1_024);
  readonly #idOf = new Map<string, number>();
  /** Of values committed before; not those of a transaction that may yet come to nothing. */
  readonly #dimensionIds = new Map<FleetDimension, number[]>();

  constructor(store: Store) {
    this.#values = store.table('values');
    this.#valueIds = store.table('value-ids');
    this.#profiles = store.table('profiles');
    this.#profileIds = store.table('profile-ids');
  }

  /** Reads what has come since. Outside of transactions. */
  refresh({ value, profile }: Counters): void {
    for (const { value: bytes } of this.#values.range({ from: numberKey(this.#known.length), to: numberKey(value) })) {
      const [dimension, text] = JSON.parse(bytes.toString('utf8')) as [FleetDimension, string];
      const id = this.#known.length;
      this.#known.push({ dimension, value: text });
      this.#roles = roomFor(this.#roles, id + 1);
      this.#roles[id] = dimension === 'hub' ? HUB : dimension === 'spoke' ? SPOKE : 0;
      this.#idOf.set(`${dimension}\0${text}`, id);
      const ids = this.#dimensionIds.get(dimension);
      if (ids === undefined) this.#dimensionIds.set(dimension, [id]);
      else ids.push(id);
    }
    for (const { value: bytes } of this.#profiles.range({ from: numberKey(this.#profileCount), to: numberKey(profile) })) {
      const ids = new Uint32Array(new Uint8Array(bytes).buffer);
      const start = this.#starts[this.#profileCount]!;
      this.#flat = roomFor(this.#flat, start + ids.length);
      this.#flat.set(ids, start);
      let end = this.#endStarts[this.#profileCount]!;
      this.#ends = roomFor(this.#ends, end + ids.length);
      for (const id of ids) if (this.#roles[id] !== 0) this.#ends[end++] = id;
      this.#profileCount++;
      this.#starts = roomFor(this.#starts, this.#profileCount + 1);
      this.#starts[this.#profileCount] = start + ids.length;
      this.#endStarts = roomFor(this.#endStarts, this.#profileCount + 1);
      this.#endStarts[this.#profileCount] = end;
    }
  }

  get valueCount(): number {
    return this.#known.length;
  }

  get profileCount(): number {
    return this.#profileCount;
  }

  value(id: number): Value {
    return this.#known[id] ?? this.#known[0]!;
  }

  /** Null: no incident ever had it. */
  idOf(dimension: FleetDimension, value: string): number | null {
    return this.#idOf.get(`${dimension}\0${value}`) ?? null;
  }

  /** By number of a value: 1 when it is of this dimension. */
  valuesOf(dimension: FleetDimension): Uint8Array {
    const of = new Uint8Array(this.#known.length);
    for (const id of this.#dimensionIds.get(dimension) ?? []) of[id] = 1;
    return of;
  }

  dimensions(): readonly FleetDimension[] {
    return [...this.#dimensionIds.keys()];
  }

  /** Each profile's numbers stand in `flat` from `starts[id]` to before `starts[id + 1]`. Good until the next `refresh`. */
  get laidOut(): { readonly flat: Uint32Array; readonly starts: Uint32Array } {
    return { flat: this.#flat, starts: this.#starts };
  }

  /** Numbers of values, in order. */
  profile(id: number): Uint32Array {
    return id < this.#profileCount ? this.#flat.subarray(this.#starts[id], this.#starts[id + 1]) : new Uint32Array();
  }

  /** Hubs and spokes of a profile. */
  endCount(profile: number): number {
    return profile < this.#profileCount ? this.#endStarts[profile + 1]! - this.#endStarts[profile]! : 0;
  }

  /** `at` before `endCount`. */
  endAt(profile: number, at: number): number {
    return this.#ends[this.#endStarts[profile]! + at]!;
  }

  /** Of the value that an end is. */
  roleOf(id: number): 'hub' | 'spoke' {
    return this.#roles[id] === HUB ? 'hub' : 'spoke';
  }

  /** Within a transaction. */
  numberOf(dimension: FleetDimension, value: string, counters: Counters): number {
    const known = this.#idOf.get(`${dimension}\0${value}`) ?? this.#stored(dimension, value);
    if (known !== null) return known;
    const count = counters.values[dimension] ?? 0;
    const newKey = dimension.startsWith('tag:') && count === 0;
    if (newKey && Object.keys(counters.values).filter((one) => one.startsWith('tag:')).length >= limits.fleetTagKeysMax) {
      counters.otherValues++;
      return 0;
    }
    if (count >= limits.fleetValuesMax && value !== OTHER) {
      counters.otherValues++;
      return this.numberOf(dimension, OTHER, counters);
    }
    const id = counters.value++;
    counters.values[dimension] = count + 1;
    this.#values.put(numberKey(id), Buffer.from(JSON.stringify([dimension, value])));
    this.#valueIds.put(keyOf(dimension, value), numberKey(id));
    return id;
  }

  /** Within a transaction. `ids` of values. */
  profileOf(ids: readonly number[], counters: Counters): number {
    const sorted = Uint32Array.from([...new Set(ids)].filter((id) => id !== 0)).sort();
    const bytes = new Uint8Array(sorted.buffer);
    const key = createHash('sha256').update(bytes).digest().subarray(0, 20);
    const stored = this.#profileIds.peek(key);
    if (stored !== undefined) return stored.readUInt32BE();
    const id = counters.profile++;
    this.#profiles.put(numberKey(id), bytes);
    this.#profileIds.put(key, numberKey(id));
    return id;
  }

  #stored(dimension: FleetDimension, value: string): number | null {
    return this.#valueIds.peek(keyOf(dimension, value))?.readUInt32BE() ?? null;
  }
}

function roomFor<T extends Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(list: T, length: number): T {
  if (length <= list.length) return list;
  const larger = new (list.constructor as new (length: number) => T)(Math.max(length, 2 * list.length));
  larger.set(list);
  return larger;
}

const keyOf = (dimension: FleetDimension, value: string): Buffer => Buffer.concat([textKey(dimension), textKey(value)]);
