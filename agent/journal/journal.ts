/**
 * The journal: what the agent intends and what came of it, in the order decided (pair-protocol.md, "Crash, restart, disk"). One
 * writer; `append` only queues, records leave in groups of one write and one fdatasync, and whatever is queued meanwhile makes the
 * next group. A disk that refuses or hangs degrades it: the caller goes on after 250 ms, the journal keeps trying.
 */
import { dirname, join } from 'node:path';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { bounded } from '../lifecycle.ts';
import { type Logger, silentLog } from '../log.ts';
import type { DiskFile, World } from '../ports.ts';
import { encodeRecord, type JournalRecord } from './record.ts';
import { recover, type Torn } from './recover.ts';
import { Waits } from './waits.ts';

export type { JournalRecord } from './record.ts';

export interface Entry {
  readonly record: JournalRecord;
  /** Resolves once on disk for good; rejects with DISK_FAILED when it was dropped. Nobody has to listen. */
  readonly synced: Promise<void>;
}

export interface Degraded {
  readonly reason: string;
  readonly since: Monotonic;
  readonly sinceWall: Wall;
}

export interface JournalCounters {
  readonly appended: number;
  readonly synced: number;
  /** Turned away because the queue of a dead disk was full. */
  readonly dropped: number;
  readonly failures: number;
  readonly waitsOver: number;
  readonly groups: number;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** What was there, in order. */
  readonly records: JournalRecord[];
  readonly torn: Torn | null;
  readonly damagedLines: number;
}

interface Queued {
  readonly seq: number;
  readonly line: Buffer;
  readonly done: () => void;
  readonly failed: (error: SpitrapError) => void;
}

/** A compacted file, written and synced, that waits for the writer to put it in the journal's place. */
interface Swap {
  readonly handle: DiskFile;
  readonly bytes: number;
  readonly done: () => void;
  readonly failed: (error: SpitrapError) => void;
}

/** Rejects with DISK_FAILED when the folder or the file cannot be had at all. */
export async function openJournal(
  folder: string,
  world: Pick<World, 'clock' | 'disk'>,
  log: Logger = silentLog,
): Promise<OpenedJournal> {
  const file = join(folder, 'journal.jsonl');
  await world.disk.makeFolder(folder);
  const { records, torn, damagedLines, bytes } = await recover(file, world.disk, log);
  const handle = await world.disk.open(file, 'append');
  await world.disk
    .syncFolder(folder)
    .catch((error: unknown) => log.warn({ folder, error }, 'journal: folder not synced; going on'));
  const journal = new Journal({ file, handle, bytes, nextSeq: (records.at(-1)?.seq ?? 0) + 1, world, log });
  return { journal, records, torn, damagedLines };
}

interface Opening {
  readonly file: string;
  readonly handle: DiskFile;
  readonly bytes: number;
  readonly nextSeq: number;
  readonly world: Pick<World, 'clock' | 'disk'>;
  readonly log: Logger;
}

export class Journal {
  readonly #file: string;
  readonly #world: Pick<World, 'clock' | 'disk'>;
  readonly #log: Logger;
  readonly #waits: Waits;
  #handle: DiskFile;
  /** After a failed write the file may end in a part of it: cut back to #bytes before the next attempt. */
  #dirty = false;
  /** Synced bytes. */
  #bytes: number;
  #nextSeq: number;
  /** What is not on disk, the group in flight included. */
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | null = null;
  /** While a rewrite is under way: lines of records appended since, which go behind the compacted ones. */
  #tail: { readonly afterSeq: number; readonly lines: Buffer[] } | null = null;
  #swap: Swap | null = null;
  #degraded: Degraded | null = null;
  #droppedSinceGap = 0;
  #closed = false;
  #writingSince: Monotonic | null = null;
  #retryNow: (() => void) | null = null;
  readonly #counters = { appended: 0, synced: 0, dropped: 0, failures: 0, waitsOver: 0, groups: 0 };

  constructor(opening: Opening) {
    this.#file = opening.file;
    this.#handle = opening.handle;
    this.#bytes = opening.bytes;
    this.#nextSeq = opening.nextSeq;
    this.#world = opening.world;
    this.#log = opening.log;
    this.#waits = new Waits(opening.world.clock, limits.journalWaitMs, 'journal wait');
  }

  /** Null: every record so far is on disk, or on its way there in time. */
  get degraded(): Degraded | null {
    return this.#degraded;
  }

  /** How long the write that is under way has neither ended nor failed; 0: none is. */
  get writingMs(): DurationMs {
    return this.#writingSince === null ? 0 : elapsedMs(this.#writingSince, this.#world.clock.monotonic());
  }

  get counters(): JournalCounters {
    return { ...this.#counters };
  }

  /** Of the file on disk; beyond limits.journalBytesMax its owner calls `rewrite`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues a record and returns at once. Never throws. */
  append(kind: string, incident: IncidentId | null, data: unknown): Entry {
    const { clock } = this.#world;
    const stamp = { monotonic: clock.monotonic(), wall: clock.wall(), bootId: clock.bootId };
    const record: JournalRecord = { seq: this.#nextSeq++, ...stamp, kind, incident, data };
    const line = encodeRecord(record);
    this.#counters.appended++;
    const refusal = this.#refusal(line.length);
    const synced = refusal
      ? Promise.reject(refusal)
      : new Promise<void>((done, failed) => this.#queue.push({ seq: record.seq, line, done, failed }));
    // Nobody has to listen to it.
    synced.catch(() => {});
    if (refusal) this.#drop(refusal);
    else this.#queuedBytes += line.length;
    this.#start();
    return { record, synced };
  }

  /** `synced` when the record is on disk within `atMostMs`; else `degraded`, and the act that waits for it proceeds. Never rejects. */
  async wait(entry: Entry, atMostMs: DurationMs = limits.journalWaitMs): Promise<'synced' | 'degraded'> {
    try {
      const outcome =
        atMostMs === limits.journalWaitMs
          ? await this.#waits.for(entry.synced)
          : await bounded(entry.synced, atMostMs, this.#world.clock, 'journal wait');
      if (outcome.inTime) return 'synced';
      // A process that had no CPU for a while finds the timer and the disk's answer in one turn: the disk is not to blame then.
      if ((await bounded(entry.synced, 0, this.#world.clock, 'journal wait, answers that are here')).inTime) return 'synced';
      this.#counters.waitsOver++;
      // A disk that says why is the better reason.
      if (this.#degraded === null) this.#degrade(`a record was not on disk after ${atMostMs} ms`);
    } catch {
      // Dropped: #drop has said so.
    }
    return 'degraded';
  }

  /**
   * Replaces everything appended before this call by `records` (some of those records); what is appended meanwhile follows them.
   * Resolves when the new file is durable under the journal's name; rejects with DISK_FAILED, and then the old one stands.
   */
  async rewrite(records: readonly JournalRecord[]): Promise<void> {
    if (this.#tail || this.#closed)
      throw new SpitrapError(
        'DISK_FAILED',
        `journal ${this.#file} not rewritten: ${this.#closed ? 'closed' : 'a rewrite is under way'}`,
      );
    const tail = { afterSeq: this.#nextSeq - 1, lines: [] };
    this.#tail = tail;
    const { disk } = this.#world;
    const temporary = `${this.#file}.new`;
    try {
      const kept = records.filter((record) => record.seq <= tail.afterSeq).sort((a, b) => a.seq - b.seq);
      const handle = await disk.open(temporary, 'create');
      const bytes = await writeRecords(handle, kept).catch(async (error: unknown) => {
        await handle.close().catch(() => {});
        throw error;
      });
      await new Promise<void>((done, failed) => {
        this.#swap = { handle, bytes, done, failed };
        this.#start();
      });
    } catch (error) {
      await disk.remove(temporary).catch(() => {});
      throw asSpitrapError(error, 'DISK_FAILED');
    } finally {
      this.#tail = null;
    }
  }

  /** Writes what is queued, within limits.diskCloseMs, and lets go of the file. Later appends are refused and counted. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#retryNow?.();
    const ending = (this.#running ?? Promise.resolve()).then(() => this.#handle.close());
    const { inTime } = await bounded(ending, limits.diskCloseMs, this.#world.clock, 'journal close').catch(() => ({
      inTime: false,
    }));
    if (inTime && this.#queue.length === 0) return;
    this.#log.error(
      { file: this.#file, records: this.#queue.length },
      'journal: closed with records that did not reach the disk',
    );
    for (const lost of this.#queue)
      lost.failed(new SpitrapError('DISK_FAILED', `journal ${this.#file} was closed before this record was written`));
  }

  #refusal(bytes: number): SpitrapError | null {
    if (this.#closed) return new SpitrapError('DISK_FAILED', `journal ${this.#file} is closed: the record is dropped`);
    if (this.#queue.length < limits.journalPendingMax && this.#queuedBytes + bytes <= limits.journalPendingBytesMax) return null;
    const why = this.#degraded?.reason ?? 'the disk is too slow';
    return new SpitrapError(
      'DISK_FAILED',
      `journal ${this.#file}: ${this.#queue.length} records wait for the disk (${why}): the record is dropped`,
    );
  }

  #drop(refusal: SpitrapError): void {
    this.#counters.dropped++;
    this.#droppedSinceGap++;
    this.#degrade(refusal.message);
  }

  #degrade(reason: string): void {
    const { clock } = this.#world;
    if (!this.#degraded) this.#log.error({ file: this.#file, reason }, 'journal: degraded; acts go on without waiting for it');
    this.#degraded = {
      reason,
      since: this.#degraded?.since ?? clock.monotonic(),
      sinceWall: this.#degraded?.sinceWall ?? clock.wall(),
    };
  }

  #recovered(): void {
    if (!this.#degraded) return;
    const forMs = Math.round(elapsedMs(this.#degraded.since, this.#world.clock.monotonic()));
    const dropped = this.#droppedSinceGap;
    this.#log.warn({ file: this.#file, forMs, dropped }, 'journal: on disk again');
    this.#degraded = null;
    this.#droppedSinceGap = 0;
    if (dropped > 0 && !this.#closed) this.append('journal-gap', null, { dropped });
  }

  #start(): void {
    if (!this.#running && (this.#queue.length > 0 || this.#swap)) this.#running = this.#run();
  }

  /** Alone in touching the file. */
  async #run(): Promise<void> {
    // Whatever is appended in the same tick belongs to the first group.
    await Promise.resolve();
    let refusals = 0;
    while (this.#queue.length > 0 || this.#swap) {
      const first = this.#queue[0];
      const stepped =
        this.#swap && !(first && this.#tail && first.seq <= this.#tail.afterSeq)
          ? await this.#takeOver(this.#swap)
          : await this.#writeGroup();
      if (stepped) refusals = 0;
      else if (this.#closed) break;
      else await this.#pause(Math.min(limits.diskRetryMaxMs, limits.diskRetryFirstMs * 2 ** refusals++));
    }
    this.#running = null;
  }

  async #writeGroup(): Promise<boolean> {
    const group = [...this.#queue];
    const bytes = Buffer.concat(group.map((queued) => queued.line));
    this.#writingSince = this.#world.clock.monotonic();
    try {
      if (this.#dirty) await this.#reopen();
      // Cleared only by success: a failed fdatasync may have lost pages that a second one would call clean, so all of it is written again.
      this.#dirty = true;
      await this.#handle.append(bytes);
      await this.#handle.sync();
      this.#dirty = false;
    } catch (error) {
      this.#counters.failures++;
      this.#degrade(asSpitrapError(error, 'DISK_FAILED').message);
      return false;
    } finally {
      this.#writingSince = null;
    }
    this.#bytes += bytes.length;
    this.#queue.splice(0, group.length);
    this.#queuedBytes -= bytes.length;
    this.#counters.synced += group.length;
    this.#counters.groups++;
    for (const { seq, line, done } of group) {
      if (this.#tail && seq > this.#tail.afterSeq) this.#tail.lines.push(line);
      done();
    }
    this.#recovered();
    return true;
  }

  async #reopen(): Promise<void> {
    void this.#handle.close().catch(() => {});
    this.#handle = await this.#world.disk.open(this.#file, 'append');
    // Shorter than we left it: someone emptied or removed it. Then that is where we go on.
    this.#bytes = Math.min(this.#bytes, await this.#handle.size());
    await this.#handle.truncate(this.#bytes);
  }

  /** Always steps on: a rewrite that fails is its caller's to repeat, the old file stands. */
  async #takeOver(swap: Swap): Promise<boolean> {
    this.#swap = null;
    try {
      const tail = Buffer.concat(this.#tail?.lines ?? []);
      await swap.handle.append(tail);
      await swap.handle.sync();
      await this.#world.disk.rename(`${this.#file}.new`, this.#file);
      void this.#handle.close().catch(() => {});
      this.#handle = swap.handle;
      this.#bytes = swap.bytes + tail.length;
      this.#dirty = false;
      await this.#world.disk.syncFolder(dirname(this.#file));
      swap.done();
    } catch (error) {
      if (this.#handle !== swap.handle) void swap.handle.close().catch(() => {});
      swap.failed(asSpitrapError(error, 'DISK_FAILED'));
    }
    return true;
  }

  async #pause(delayMs: DurationMs): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#world.clock.timer('journal retry', delayMs, resolve);
      this.#retryNow = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#retryNow = null;
  }
}

/** Of a rewrite, in one write. */
const REWRITE_RECORDS = 64;

/** Made durable. In pieces: a storm's flows are megabytes, and each write ends a turn of the event loop. Returns the bytes. */
async function writeRecords(handle: DiskFile, records: readonly JournalRecord[]): Promise<number> {
  let bytes = 0;
  for (let next = 0; next < records.length; next += REWRITE_RECORDS) {
    const piece = Buffer.concat(records.slice(next, next + REWRITE_RECORDS).map(encodeRecord));
    bytes += piece.length;
    await handle.append(piece);
  }
  await handle.sync();
  return bytes;
}
