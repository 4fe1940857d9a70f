/**
 * Looks at the rows of a window that a question is of, cell by cell. What the question asks of values that profiles have is settled once for each
 * profile; what is left is a few comparisons a row. Used by count-query.ts, list-query.ts and group-query.ts.
 */
import { CELL_MS } from '../../../shared/fleet/groups.ts';
import { type FleetQuery, fleetStates } from '../../../shared/fleet/view.ts';
import { readCounters } from './counters.ts';
import type { Dictionary } from './dictionary.ts';
import { numberKey, numbersKey } from './keys.ts';
import type { Cell } from './place-rows.ts';
import { CAUSE_SHIFT, type Chunk, ChunkReader, HARM_BITS, HARM_SHIFT, harms, openChunk, STATE_BITS } from './rows.ts';
import type { Store, Table } from './store.ts';

export interface NumberedCell extends Readonly<Cell> {
  readonly cell: number;
}

const HEALED = fleetStates.indexOf('healed');

/** Number of the state as of then. */
export const stateOfRow = (chunk: Chunk, slot: number, nowSeconds: number): number => {
  const healsAt = chunk.healsAt[slot]!;
  return healsAt !== 0 && healsAt <= nowSeconds ? HEALED : chunk.code[slot]! & STATE_BITS;
};

export interface Filter {
  /** False: no row can be of it. */
  readonly possible: boolean;
  /** Every row of the window is of it. */
  readonly all: boolean;
  readonly profiles: Uint8Array | null;
  readonly cause: number | null;
  readonly state: number | null;
  readonly harm: number | null;
}

export class Scan {
  readonly dictionary: Dictionary;
  readonly #store: Store;
  readonly #meta: Table;
  readonly #cells: Table;
  readonly #rows: Table;
  readonly #reader = new ChunkReader();

  constructor(store: Store, dictionary: Dictionary) {
    this.#store = store;
    this.dictionary = dictionary;
    this.#meta = store.table('meta');
    this.#cells = store.table('cells');
    this.#rows = store.table('rows');
  }

  /** First of all: what follows in the same turn sees one state of the index. */
  fresh(): void {
    this.#store.fresh();
    this.dictionary.refresh(readCounters(this.#meta));
  }

  /** Cells with rows in the window, oldest first. */
  cells(fromMs: number, toMs: number): readonly NumberedCell[] {
    const [first, end] = [cellNumber(fromMs), Math.min(0xffff_ffff, cellNumber(toMs - 1) + 1)];
    if (toMs <= fromMs) return [];
    return [...this.#cells.range({ from: numberKey(first), to: numberKey(end) })].map(({ key, value }) => ({
      cell: key.readUInt32BE(),
      ...(JSON.parse(value.toString('utf8')) as Cell),
    }));
  }

  cell(cell: number): NumberedCell | null {
    if (cell < 0) return null;
    const value = this.#cells.peek(numberKey(cell));
    return value === undefined ? null : { cell, ...(JSON.parse(value.toString('utf8')) as Cell) };
  }

  /** The chunk is gone when `look` returns. */
  chunks({ cell, chunks }: NumberedCell, look: (chunk: Chunk, index: number) => void): void {
    for (let index = 0; index < chunks; index++) {
      const value = this.#rows.peek(numbersKey(cell, index));
      if (value !== undefined) look(this.#reader.read(value), index);
    }
  }

  /** The chunks are kept by who asked. Each is read when it is its turn: for whoever takes them over several turns of the event loop. */
  *copies({ cell, chunks }: NumberedCell): Generator<Chunk, void, void> {
    for (let index = 0; index < chunks; index++) yield openChunk(this.#rows.peek(numbersKey(cell, index)));
  }

  filterOf({ where }: FleetQuery): Filter {
    const { dictionary } = this;
    let possible = true;
    const one: { cause: number | null; state: number | null; harm: number | null } = { cause: null, state: null, harm: null };
    const wanted: number[] = [];
    const ask = (what: 'cause' | 'state' | 'harm', number: number | null): void => {
      if (number === null || number < 0 || (one[what] !== null && one[what] !== number)) possible = false;
      else one[what] = number;
    };
    for (const { dimension, value } of where)
      if (dimension === 'cause') ask('cause', dictionary.idOf('cause', value));
      else if (dimension === 'state') ask('state', (fleetStates as readonly string[]).indexOf(value));
      else if (dimension === 'harm') ask('harm', (harms as readonly string[]).indexOf(value));
      else {
        const id = dictionary.idOf(dimension, value);
        if (id === null) possible = false;
        else wanted.push(id);
      }
    return {
      possible,
      all: where.length === 0,
      profiles: wanted.length === 0 ? null : this.#profilesWith([...new Set(wanted)]),
      ...one,
    };
  }

  #profilesWith(wanted: readonly number[]): Uint8Array {
    const { dictionary } = this;
    const found = new Uint8Array(dictionary.profileCount);
    const { flat, starts } = dictionary.laidOut;
    for (let id = 1; id < found.length; id++) {
      let has = 0;
      for (let at = starts[id]!; at < starts[id + 1]!; at++) if (wanted.includes(flat[at]!)) has++;
      found[id] = has === wanted.length ? 1 : 0;
    }
    return found;
  }

  /** Rows of one chunk that the question is of. `state`: as of `nowSeconds`. */
  matches(
    chunk: Chunk,
    filter: Filter,
    { fromMs, toMs }: FleetQuery,
    nowSeconds: number,
    found: (slot: number, state: number) => void,
  ): void {
    const { used, openedAtMs, number, profile, code } = chunk;
    const { profiles, cause, state: wantedState, harm } = filter;
    for (let slot = 0; slot < used; slot++) {
      const at = openedAtMs[slot]!;
      if (number[slot] === 0 || at < fromMs || at >= toMs) continue;
      if (profiles !== null && profiles[profile[slot]!] !== 1) continue;
      const word = code[slot]!;
      if (cause !== null && word >>> CAUSE_SHIFT !== cause) continue;
      if (harm !== null && ((word >>> HARM_SHIFT) & HARM_BITS) !== harm) continue;
      const state = stateOfRow(chunk, slot, nowSeconds);
      if (wantedState !== null && state !== wantedState) continue;
      found(slot, state);
    }
  }
}

const cellNumber = (ms: number): number => Math.min(0xffff_fffe, Math.max(0, Math.floor(ms / CELL_MS)));
