/**
 * Where rows stand: cells of 6 hours by when their incident opened, chunks in them. Within one transaction: what it changes is gathered and written
 * once, by `flush`. Used by put-records.ts and prune-index.ts.
 */
import { CELL_MS } from '../../../shared/fleet/groups.ts';
import type { Counters } from './counters.ts';
import { numberKey, numbersKey } from './keys.ts';
import { CHUNK_ROWS, freeRow, type OpenChunk, openChunk, type Row, setRow } from './rows.ts';
import type { Store, Table } from './store.ts';

export interface Place {
  readonly cell: number;
  readonly chunk: number;
  readonly slot: number;
}

export interface Cell {
  /** Counters.change of the transaction that wrote to it last. */
  stamp: number;
  chunks: number;
  /** Rows in use. */
  rows: number;
  /** Places that may be used again: chunk × CHUNK_ROWS + slot. */
  free: number[];
}

/** Holes beyond it stay holes until the cell is forgotten. */
const FREE_MAX = 1_024;

/** Before 1970, or after it ends, is told as such. */
export const cellOf = (openedAtMs: number): number => Math.min(0xffff_fffe, Math.max(0, Math.floor(openedAtMs / CELL_MS)));

export class RowPlaces {
  readonly #cells: Table;
  readonly #rows: Table;
  readonly #open = new Map<number, Cell>();
  readonly #chunks = new Map<string, { readonly cell: number; readonly chunk: number; open: OpenChunk; dirty: boolean }>();

  constructor(store: Store) {
    this.#cells = store.table('cells');
    this.#rows = store.table('rows');
  }

  put(row: Row, at: Place | null): Place {
    const cell = cellOf(row.openedAtMs);
    if (at !== null && at.cell === cell) {
      this.#set(at, row);
      return at;
    }
    if (at !== null) this.free(at);
    const place = this.#freePlace(cell);
    this.#set(place, row);
    this.#cell(cell).rows++;
    return place;
  }

  free(at: Place): void {
    this.#set(at, freeRow);
    const cell = this.#cell(at.cell);
    cell.rows--;
    if (cell.free.length < FREE_MAX) cell.free.push(at.chunk * CHUNK_ROWS + at.slot);
  }

  /** Writes what was changed. */
  flush(counters: Counters): void {
    for (const { cell, chunk, open, dirty } of this.#chunks.values())
      if (dirty && this.#cell(cell).rows > 0) this.#rows.put(numbersKey(cell, chunk), open.bytes);
    for (const [number, cell] of this.#open)
      if (cell.rows > 0) this.#cells.put(numberKey(number), Buffer.from(JSON.stringify({ ...cell, stamp: counters.change })));
      else {
        for (let chunk = 0; chunk < cell.chunks; chunk++) this.#rows.remove(numbersKey(number, chunk));
        this.#cells.remove(numberKey(number));
      }
  }

  #freePlace(number: number): Place {
    const cell = this.#cell(number);
    const again = cell.free.pop();
    if (again !== undefined) return { cell: number, chunk: Math.floor(again / CHUNK_ROWS), slot: again % CHUNK_ROWS };
    if (cell.chunks > 0) {
      const { used } = this.#chunk(number, cell.chunks - 1).open;
      if (used < CHUNK_ROWS) return { cell: number, chunk: cell.chunks - 1, slot: used };
    }
    cell.chunks++;
    return { cell: number, chunk: cell.chunks - 1, slot: 0 };
  }

  #set({ cell, chunk, slot }: Place, row: Row): void {
    this.#cell(cell);
    const kept = this.#chunk(cell, chunk);
    kept.open = setRow(kept.open, slot, row);
    kept.dirty = true;
  }

  #cell(number: number): Cell {
    const known = this.#open.get(number);
    if (known !== undefined) return known;
    const value = this.#cells.peek(numberKey(number));
    const cell = value === undefined ? { stamp: 0, chunks: 0, rows: 0, free: [] } : (JSON.parse(value.toString('utf8')) as Cell);
    this.#open.set(number, cell);
    return cell;
  }

  #chunk(cell: number, chunk: number): { readonly cell: number; readonly chunk: number; open: OpenChunk; dirty: boolean } {
    const key = `${cell}/${chunk}`;
    const known = this.#chunks.get(key);
    if (known !== undefined) return known;
    const kept = { cell, chunk, open: openChunk(this.#rows.peek(numbersKey(cell, chunk))), dirty: false };
    this.#chunks.set(key, kept);
    return kept;
  }
}
