/**
 * Rows: what an incident can be found, counted and grouped by, 36 bytes each, in chunks of a cell of 6 hours, column by column. A question looks
 * at the columns of the cells of its window: some nanoseconds a row, whatever it filters by. Read by query.ts, written by place-rows.ts.
 *
 *   chunk: capacity u32, used u32, then capacity × openedAtMs f64 | number u32 | hash u32 | profile u32 | code u32 | healsAt u32 | pairs 4 × u16
 */
import type { FleetIncident, FleetState } from '../../../shared/fleet/view.ts';
import { fleetStates } from '../../../shared/fleet/view.ts';

export interface Row {
  readonly openedAtMs: number;
  /** The index's own for the incident; 0: this row is free. */
  readonly number: number;
  /** Of its id: orders incidents of one moment the same way in every index. */
  readonly hash: number;
  /** Its dictionary's number for all else that it is counted by. */
  readonly profile: number;
  /** Value of the dimension `cause`. */
  readonly cause: number;
  readonly state: FleetState;
  readonly harm: FleetIncident['harm'];
  /** Seconds since 1970; 0: does not, or not known. */
  readonly healsAt: number;
  /** Of what it met, by state as `fleetStates`. */
  readonly pairs: readonly number[];
}

export const CHUNK_ROWS = 1_024;
const FIRST_ROWS = 16;
const HEAD_BYTES = 8;
const ROW_BYTES = 36;

export const harms = ['transient', 'persistent', 'unknown'] as const;
export const STATE_BITS = 3;
export const HARM_SHIFT = 2;
export const HARM_BITS = 3;
export const CAUSE_SHIFT = 4;
/** 28 bits. */
export const CAUSES_MAX = 2 ** 28;

/** Columns over one chunk. */
export interface Chunk {
  readonly used: number;
  readonly openedAtMs: Float64Array;
  readonly number: Uint32Array;
  readonly hash: Uint32Array;
  readonly profile: Uint32Array;
  /** cause << 4 | harm << 2 | state */
  readonly code: Uint32Array;
  readonly healsAt: Uint32Array;
  readonly pairs: Uint16Array;
}

export interface OpenChunk extends Chunk {
  readonly bytes: Uint8Array;
  readonly head: Uint32Array;
}

/** A copy, in memory that typed arrays can lie over. */
export function openChunk(value: Uint8Array | undefined): OpenChunk {
  const bytes = new Uint8Array(value === undefined ? HEAD_BYTES + FIRST_ROWS * ROW_BYTES : value.length);
  if (value === undefined) new Uint32Array(bytes.buffer, 0, 2)[0] = FIRST_ROWS;
  else bytes.set(value);
  return over(bytes);
}

function over(bytes: Uint8Array): OpenChunk {
  const head = new Uint32Array(bytes.buffer, 0, 2);
  const capacity = head[0]!;
  let at = HEAD_BYTES;
  const column = <T>(
    kind: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
    width: number,
    length = capacity,
  ): T => {
    const made = new kind(bytes.buffer, at, length);
    at += width * length;
    return made;
  };
  return {
    bytes,
    head,
    used: head[1]!,
    openedAtMs: column(Float64Array, 8),
    number: column(Uint32Array, 4),
    hash: column(Uint32Array, 4),
    profile: column(Uint32Array, 4),
    code: column(Uint32Array, 4),
    healsAt: column(Uint32Array, 4),
    pairs: column(Uint16Array, 2, 4 * capacity),
  };
}

/** One with twice the room, or itself. */
function roomFor(chunk: OpenChunk, slot: number): OpenChunk {
  const capacity = chunk.head[0]!;
  if (slot < capacity) return chunk;
  const more = Math.min(CHUNK_ROWS, capacity * 4);
  const bytes = new Uint8Array(HEAD_BYTES + more * ROW_BYTES);
  new Uint32Array(bytes.buffer, 0, 2).set([more, chunk.head[1]!]);
  const larger = over(bytes);
  for (const name of ['openedAtMs', 'number', 'hash', 'profile', 'code', 'healsAt', 'pairs'] as const)
    larger[name].set(chunk[name]);
  return larger;
}

/** The chunk with the row in it; another object when it had to grow. */
export function setRow(chunk: OpenChunk, slot: number, row: Row): OpenChunk {
  const open = roomFor(chunk, slot);
  open.openedAtMs[slot] = row.openedAtMs;
  open.number[slot] = row.number;
  open.hash[slot] = row.hash;
  open.profile[slot] = row.profile;
  open.code[slot] = row.cause * 2 ** CAUSE_SHIFT + harms.indexOf(row.harm) * 2 ** HARM_SHIFT + fleetStates.indexOf(row.state);
  open.healsAt[slot] = row.healsAt;
  for (let state = 0; state < 4; state++) open.pairs[4 * slot + state] = row.pairs[state]!;
  if (slot < open.head[1]!) return open;
  open.head[1] = slot + 1;
  return { ...open, used: slot + 1 };
}

export const freeRow: Row = {
  openedAtMs: 0,
  number: 0,
  hash: 0,
  profile: 0,
  cause: 0,
  state: 'open',
  harm: 'unknown',
  healsAt: 0,
  pairs: [0, 0, 0, 0],
};

export function rowAt(chunk: Chunk, slot: number): Row {
  const code = chunk.code[slot]!;
  return {
    openedAtMs: chunk.openedAtMs[slot]!,
    number: chunk.number[slot]!,
    hash: chunk.hash[slot]!,
    profile: chunk.profile[slot]!,
    cause: code >>> CAUSE_SHIFT,
    state: fleetStates[code & STATE_BITS]!,
    harm: harms[(code >>> HARM_SHIFT) & HARM_BITS]!,
    healsAt: chunk.healsAt[slot]!,
    pairs: [...chunk.pairs.subarray(4 * slot, 4 * slot + 4)],
  };
}

/** Looks at one chunk after another in the same memory: the chunk before is gone. */
export class ChunkReader {
  readonly #byCapacity = new Map<number, OpenChunk>();

  read(value: Uint8Array): Chunk {
    const known = this.#byCapacity.get(value.length);
    if (known === undefined) {
      const made = openChunk(value);
      this.#byCapacity.set(value.length, made);
      return made;
    }
    known.bytes.set(value);
    // Every column lies over the same bytes; how many are used stands in their head.
    (known as { used: number }).used = known.head[1]!;
    return known;
  }
}
