/** What of the ring waits for the disk, in memory and bounded: gathered into one batch a write, so that a slow disk is given fewer and larger ones. Kept by ring.ts. */
import { limits } from '../../shared/limits.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';

export interface Chunk {
  readonly bytes: Buffer;
  readonly at: Monotonic;
  readonly wall: Wall;
  readonly source: string;
}

/** What one write will take: filled until its write begins. */
export interface Batch {
  readonly chunks: Chunk[];
  bytes: number;
  full: boolean;
}

export class RingPending {
  #batches: Batch[] = [];
  bytes = 0;
  chunks = 0;

  /** Of the next write. */
  get first(): Batch | undefined {
    return this.#batches[0];
  }

  /** Of what may wait, that does. */
  get share(): number {
    return Math.max(this.bytes / limits.ringPendingBytesMax, this.chunks / limits.ringPendingChunksMax);
  }

  hasRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= limits.ringPendingBytesMax && this.chunks < limits.ringPendingChunksMax;
  }

  add(chunk: Chunk): void {
    const batch = this.#toFill();
    batch.chunks.push(chunk);
    batch.bytes += chunk.bytes.length;
    batch.full = batch.bytes >= limits.ringSegmentBytes;
    this.bytes += chunk.bytes.length;
    this.chunks++;
  }

  /** The first is on disk. */
  written(batch: Batch): void {
    this.#batches.shift();
    this.bytes -= batch.bytes;
    this.chunks -= batch.chunks.length;
  }

  #toFill(): Batch {
    const last = this.#batches.at(-1);
    if (last && !last.full) return last;
    const batch: Batch = { chunks: [], bytes: 0, full: false };
    this.#batches.push(batch);
    return batch;
  }
}
