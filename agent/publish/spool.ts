/**
 * What is to be told and was not acknowledged yet, on disk: `<dataDir>/fleet/spool/`, segments of lines (segment.ts) that are only appended to,
 * and `cursor.json`, up to which all was told. Made by publisher.ts. `append` queues and returns; groups leave in one write and one fdatasync.
 * A write that failed may have left a part of itself: the next goes into a segment of its own. After a crash at most the cursor is behind, and
 * then records are sent once more, with the ids that they had.
 */
import { join } from 'node:path';
import { backoffDelays } from '../../shared/backoff.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { encodeRecord, type FleetRecord } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import { writeDurably } from '../evidence/bundle-files.ts';
import { bounded } from '../lifecycle.ts';
import type { DiskFile, World } from '../ports.ts';
import { decodeSegment, encodeLine, isSegmentName, type Spooled, segmentName } from './segment.ts';

export interface SpoolRoom {
  readonly folder: string;
  readonly world: Pick<World, 'clock' | 'disk' | 'random'>;
  readonly bytesMax: () => number;
  /** There is something new to read. */
  onDurable(): void;
  /** The spool is full: these, never told, are about to be deleted. Once it settles they are. `last`: number of the last of the segment. */
  onOverflow(entries: readonly Spooled[], last: number): Promise<void>;
  /** Never written: the disk refused for so long that its queue was full. */
  onRefused(record: FleetRecord): void;
}

interface Segment {
  readonly path: string;
  readonly first: number;
  last: number;
  bytes: number;
}

interface Queued {
  readonly spooled: Spooled;
  readonly line: Buffer;
}

/** Of those that were written last and not acknowledged: whoever keeps up reads no file. */
const FRESH_MAX = 128;

const CURSOR = 'cursor.json';

export class Spool {
  readonly #room: SpoolRoom;
  readonly #folder: string;
  /** Oldest first; the last one is written to while #file is open. */
  readonly #segments: Segment[] = [];
  #file: DiskFile | null = null;
  #queue: Queued[] = [];
  /** Without a hole, up to the last that is on disk. */
  #fresh: Spooled[] = [];
  #queuedBytes = 0;
  #next = 1;
  #sent = 0;
  #sentOnDisk = 0;
  #running: Promise<void> | null = null;
  #cursorRunning: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #degraded: string | null = null;
  #closed = false;
  /** Of the segment that is read from, decoded once. */
  #reading: { readonly path: string; readonly last: number; readonly entries: readonly Spooled[] } | null = null;

  constructor(room: SpoolRoom) {
    this.#room = room;
    this.#folder = join(room.folder, 'spool');
  }

  /** Up to which all was acknowledged, or dropped. */
  get sent(): number {
    return this.#sent;
  }

  get waiting(): { readonly records: number; readonly bytes: number } {
    let records = 0;
    let bytes = this.#queuedBytes;
    for (const segment of this.#segments) {
      const left = Math.max(0, segment.last - Math.max(this.#sent, segment.first - 1));
      records += left;
      if (left > 0) bytes += segment.bytes;
    }
    return { records: records + this.#queue.length, bytes };
  }

  /** Number of the last that is on disk. */
  get durable(): number {
    return (this.#queue[0]?.spooled.seq ?? this.#next) - 1;
  }

  /** Why what is told does not reach the disk; null: it does. */
  get degraded(): string | null {
    return this.#degraded;
  }

  /**
   * What stands there, each entry in order, told or not: the ledger is made whole by it. `droppedTo`: of an earlier run, segments up to here were
   * counted as dropped and may not have been deleted yet. Returns the number of lines that are no records. Rejects with DISK_FAILED.
   */
  async recover(droppedTo: number, numbersFrom: number, each: (entry: Spooled) => void): Promise<number> {
    const { disk } = this.#room.world;
    await disk.makeFolder(this.#folder);
    this.#segments.length = 0;
    const cursor = await this.#readCursor();
    let last = 0;
    let damaged = 0;
    for (const name of (await disk.list(this.#folder)).filter(isSegmentName)) {
      const path = join(this.#folder, name);
      const content = await disk.readFile(path);
      const read = decodeSegment(content, last);
      const end = read.entries.at(-1)?.seq ?? null;
      if (end === null || end <= droppedTo) {
        await disk.remove(path);
        if (end === null) damaged += read.damaged;
        last = Math.max(last, end ?? 0);
        continue;
      }
      damaged += read.damaged;
      this.#segments.push({ path, first: read.entries[0]!.seq, last: end, bytes: content.length });
      last = end;
      for (const entry of read.entries) each(entry);
    }
    this.#sent = this.#sentOnDisk = Math.max(cursor, droppedTo);
    this.#next = Math.max(last, this.#sent, numbersFrom) + 1;
    return damaged;
  }

  /** Number of the next that is appended. */
  get next(): number {
    return this.#next;
  }

  /** Returns at once; never throws. */
  append(record: FleetRecord): void {
    const bytes = encodeRecord(record);
    const line = encodeLine(this.#next, bytes);
    if (
      this.#closed ||
      this.#queue.length >= limits.fleetPendingRecordsMax ||
      this.#queuedBytes + line.length > limits.fleetPendingBytesMax
    ) {
      this.#room.onRefused(record);
      return;
    }
    this.#queue.push({ spooled: { seq: this.#next++, record, bytes }, line });
    this.#queuedBytes += line.length;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** The next ones behind `after` that are on disk, `most` at most, of one segment. Rejects with DISK_FAILED. */
  async read(after: number, most: number): Promise<readonly Spooled[]> {
    const [fresh] = this.#fresh;
    if (fresh !== undefined && fresh.seq <= after + 1) return this.#fresh.filter(({ seq }) => seq > after).slice(0, most);
    const segment = this.#segments.find(({ last }) => last > after);
    if (segment === undefined) return [];
    // It may have grown since; what was decoded is used up first, or a sender behind a fast writer would decode it all for each record.
    if (this.#reading?.path !== segment.path || this.#reading.last <= after) {
      const { path, last } = segment;
      const content = await this.#room.world.disk.readFile(path);
      // What a failed write left behind the last that is known to be on disk is in the next segment too.
      const entries = decodeSegment(content, segment.first - 1).entries.filter(({ seq }) => seq <= last);
      this.#reading = { path, last, entries };
    }
    const { entries } = this.#reading;
    let from = 0;
    for (let to = entries.length; from < to; ) {
      const middle = (from + to) >> 1;
      if (entries[middle]!.seq > after) to = middle;
      else from = middle + 1;
    }
    return entries.slice(from, from + most);
  }

  /** All up to here was acknowledged. */
  acknowledged(seq: number): void {
    if (seq <= this.#sent) return;
    this.#sent = seq;
    this.#forget();
    this.#cursorRunning ??= this.#keepCursor().finally(() => {
      this.#cursorRunning = null;
    });
  }

  /** Of what is in memory, what nobody will read. */
  #forget(): void {
    const told = this.#fresh.findIndex(({ seq }) => seq > this.#sent);
    this.#fresh = told < 0 ? [] : this.#fresh.slice(Math.max(told, this.#fresh.length - FRESH_MAX));
    if (this.#reading !== null && this.#reading.last <= this.#sent) this.#reading = null;
  }

  /** Deletes segments of which all was told; `known`: what the ledger on disk knows of. Rejects with DISK_FAILED. */
  async removeTold(known: number): Promise<void> {
    for (;;) {
      const [oldest] = this.#segments;
      const inUse = this.#segments.length === 1 && this.#file !== null;
      if (oldest === undefined || inUse || oldest.last > Math.min(this.#sent, known)) return;
      if (this.#sentOnDisk < oldest.last) await this.#writeCursor();
      await this.#room.world.disk.remove(oldest.path);
      if (this.#segments[0] === oldest) this.#segments.shift();
    }
  }

  /** A segment is full, and all in it was told: worth a ledger. */
  get removable(): boolean {
    const [oldest] = this.#segments;
    return oldest !== undefined && oldest.last <= this.#sent && (this.#segments.length > 1 || this.#file === null);
  }

  /** What is queued is written, within a bound. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    const { clock } = this.#room.world;
    await bounded(this.#running ?? Promise.resolve(), limits.diskCloseMs, clock, 'fleet spool close').catch(() => {});
    const cursor = (this.#cursorRunning ?? Promise.resolve()).then(() => this.#writeCursor());
    await bounded(cursor, limits.diskCloseMs, clock, 'fleet cursor close').catch(() => {});
    void this.#file?.close().catch(() => {});
    this.#file = null;
  }

  /** Alone in writing segments. Never rejects. */
  async #run(): Promise<void> {
    // Whatever is told in the same turn is of one group.
    await Promise.resolve();
    const retry = { firstMs: limits.diskRetryFirstMs, factor: 2, mostMs: limits.diskRetryMaxMs, jitter: 0 };
    let delays = backoffDelays(retry, () => 0);
    while (this.#queue.length > 0) {
      try {
        await this.#writeGroup();
        this.#degraded = null;
        delays = backoffDelays(retry, () => 0);
        this.#room.onDurable();
      } catch (error) {
        this.#degraded = asSpitrapError(error, 'DISK_FAILED').message;
        void this.#file?.close().catch(() => {});
        this.#file = null;
        if (this.#closed) return;
        await this.#pause(delays.next().value);
      }
    }
  }

  async #writeGroup(): Promise<void> {
    const { disk } = this.#room.world;
    const segmentMax = Math.max(64 * 1024, Math.min(limits.fleetSegmentBytesMax, Math.floor(this.#room.bytesMax() / 8)));
    const group: Queued[] = [];
    let bytes = 0;
    for (const queued of this.#queue) {
      if (group.length > 0 && bytes + queued.line.length > segmentMax) break;
      group.push(queued);
      bytes += queued.line.length;
    }
    await this.#makeRoom(bytes);
    let segment = this.#segments.at(-1);
    if (this.#file === null || segment === undefined || segment.bytes + bytes > segmentMax) {
      void this.#file?.close().catch(() => {});
      this.#file = null;
      const first = group[0]!.spooled.seq;
      const path = join(this.#folder, segmentName(first));
      this.#file = await disk.open(path, 'create');
      await disk.syncFolder(this.#folder);
      segment = { path, first, last: first - 1, bytes: 0 };
      await this.#file.append(Buffer.concat(group.map(({ line }) => line)));
      await this.#file.sync();
      this.#segments.push(segment);
    } else {
      await this.#file.append(Buffer.concat(group.map(({ line }) => line)));
      await this.#file.sync();
    }
    segment.last = group.at(-1)!.spooled.seq;
    this.#fresh.push(...group.map(({ spooled }) => spooled));
    this.#forget();
    segment.bytes += bytes;
    this.#queue.splice(0, group.length);
    this.#queuedBytes -= bytes;
  }

  /** Whole segments go, the oldest first: what they told of is the oldest, and what still stands on disk is told again later. */
  async #makeRoom(bytes: number): Promise<void> {
    const total = (): number => this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
    while (total() + bytes > this.#room.bytesMax()) {
      const [oldest] = this.#segments;
      if (oldest === undefined) return;
      if (this.#segments.length === 1) {
        void this.#file?.close().catch(() => {});
        this.#file = null;
      }
      const content = await this.#room.world.disk.readFile(oldest.path);
      const untold = decodeSegment(content, oldest.first - 1).entries.filter(({ seq }) => seq > this.#sent && seq <= oldest.last);
      await this.#room.onOverflow(untold, oldest.last);
      this.#sent = Math.max(this.#sent, oldest.last);
      this.#forget();
      await this.#room.world.disk.remove(oldest.path);
      this.#segments.shift();
    }
  }

  async #keepCursor(): Promise<void> {
    while (this.#sentOnDisk < this.#sent && !this.#closed) {
      await this.#writeCursor().catch(() => {});
      await this.#room.world.clock.sleep('fleet cursor', limits.fleetCursorMs);
    }
  }

  async #writeCursor(): Promise<void> {
    const sent = this.#sent;
    if (sent <= this.#sentOnDisk) return;
    const { disk } = this.#room.world;
    const path = join(this.#folder, CURSOR);
    await writeDurably(`${path}.new`, [Buffer.from(`${JSON.stringify({ sent })}\n`)], disk);
    await disk.rename(`${path}.new`, path);
    this.#sentOnDisk = Math.max(this.#sentOnDisk, sent);
  }

  /** 0 when there is none that can be read: all that stands there is sent again, and changes nothing. */
  async #readCursor(): Promise<number> {
    const { disk } = this.#room.world;
    const path = join(this.#folder, CURSOR);
    if ((await disk.stat(path)) === null) return 0;
    try {
      const { sent } = JSON.parse((await disk.readFile(path)).toString('utf8')) as { sent?: unknown };
      return Number.isSafeInteger(sent) && (sent as number) >= 0 ? (sent as number) : 0;
    } catch {
      return 0;
    }
  }

  #pause(delayMs: DurationMs): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      const timer = this.#room.world.clock.timer('fleet spool retry', delayMs, go);
      this.#wake = go;
    });
  }
}
