/**
 * The evidence ring: every line of the device, raw, on disk before anybody knows that it matters (pair-protocol.md, "Sessions and
 * commands"): written within 250 ms, fdatasync every second and at t0, one write in flight. `append` only queues; a disk that refuses
 * or hangs costs counted lines and a hole, never the agent. Fed by the coordinator, copied into bundles by bundle-log.ts.
 */

import type { Timer } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../../shared/model/time.ts';
import { bounded } from '../lifecycle.ts';
import { type Logger, silentLog } from '../log.ts';
import type { World } from '../ports.ts';
import { type Hole, Holes } from './holes.ts';
import { copySegments, type WindowCopy, type WindowSink } from './ring-copy.ts';
import { loadSegments } from './ring-load.ts';
import { type Batch, RingPending } from './ring-pending.ts';
import { RingRoom } from './ring-room.ts';
import { removeSegment, type Segment } from './ring-segment.ts';
import { SegmentWriter } from './ring-writer.ts';
import { ageMs, type Moment, momentNow } from './window.ts';

export interface Arrival {
  readonly at: Monotonic;
  readonly wall: Wall;
  readonly source: string;
}

export interface RingStatus {
  readonly bytes: number;
  readonly segments: number;
  readonly oldestWall: Wall | null;
  readonly newestWall: Wall | null;
  readonly pendingBytes: number;
  readonly droppedLines: number;
  readonly droppedBytes: number;
  readonly lastSyncAt: Monotonic | null;
  readonly writeFailures: number;
  /** Null: written and synced in time. */
  readonly degraded: { readonly reason: string; readonly since: Monotonic } | null;
}

export interface RingBounds {
  readonly maxAgeMs: DurationMs;
  readonly maxBytes: number;
}

type RingWorld = Pick<World, 'clock' | 'disk'>;

/** Rejects with DISK_FAILED when the folder cannot be had or read. `ranFrom`: when the first run of the agent that is known began; null: none did. */
export async function openRing(
  folder: string,
  bounds: RingBounds,
  world: RingWorld,
  log: Logger = silentLog,
  ranFrom: Moment | null = null,
): Promise<Ring> {
  await world.disk.makeFolder(folder);
  const loaded = await loadSegments(folder, world, log);
  const ring = new Ring(folder, bounds, world, log, loaded.segments);
  for (const hole of loaded.holes) ring.remember(hole);
  for (const hole of loaded.unsavedHoles) ring.note(hole);
  // A disk that took nothing kept no line either: then all of the earlier run is in doubt.
  const from = loaded.lastKept ?? ranFrom;
  if (from !== null) {
    const since = loaded.lastKept ? 'from the last line kept' : 'nothing is kept of the run before, from its start';
    const { wall, monotonic, bootId } = from;
    const between = {
      from: { wall, monotonic, bootId },
      to: momentNow(world.clock),
      source: null,
      lostLines: null,
      lostBytes: null,
    };
    ring.note({ ...between, reason: 'agent-not-running', detail: `${since} to the start of this agent` });
  }
  await ring.expire();
  return ring;
}

export class Ring {
  readonly #folder: string;
  readonly #bounds: RingBounds;
  readonly #world: RingWorld;
  readonly #log: Logger;
  readonly #holes = new Holes();
  readonly #writer: SegmentWriter;
  readonly #room: RingRoom;
  /** Oldest first; the one being written is the last. */
  readonly #segments: Segment[];
  readonly #pending = new RingPending();
  /** Chunks ever taken, written, synced: a flush waits for the third to reach what the first was. */
  #taken = 0;
  #written = 0;
  #synced = 0;
  #unsyncedBytes = 0;
  #flushes: { readonly upTo: number; readonly done: (outcome: 'synced' | 'degraded') => void }[] = [];
  #writeTimer: Timer | null = null;
  #syncTimer: Timer | null = null;
  #retryTimer: Timer | null = null;
  #working: Promise<void> | null = null;
  #workingSince: Monotonic | null = null;
  #refusals = 0;
  #degraded: { readonly reason: string; readonly since: Monotonic } | null = null;
  /** Open while chunks are being turned away. */
  #dropHole: Hole | null = null;
  #dropSaidAt: Monotonic | null = null;
  #copies = 0;
  #closed = false;
  #lastSyncAt: Monotonic | null = null;
  readonly #counters = { droppedLines: 0, droppedBytes: 0, writeFailures: 0 };

  constructor(folder: string, bounds: RingBounds, world: RingWorld, log: Logger, segments: Segment[]) {
    this.#folder = folder;
    this.#bounds = bounds;
    this.#world = world;
    this.#log = log;
    this.#segments = segments;
    this.#room = new RingRoom(world.clock);
    this.#writer = new SegmentWriter(folder, bounds.maxAgeMs, world, segments);
  }

  /** Takes whole lines as they came; the buffer is the ring's from here on. Never throws, never waits. */
  append(bytes: Buffer, at: Arrival): void {
    if (bytes.length === 0) return;
    if (this.#closed || !this.#pending.hasRoomFor(bytes.length)) {
      this.#drop(bytes, at);
      return;
    }
    this.#pending.add({ bytes, at: at.at, wall: at.wall, source: at.source });
    this.#taken++;
    this.#workSoon();
  }

  /** Asked after an `append` by who can make a sender wait; null: there is room (ring-room.ts). */
  whenRoom = (): Promise<void> | null => (this.#degraded || this.#closed ? null : this.#room.whenRoom(this.#pending.share));

  /** Everything appended so far onto the disk, now: called at t0. `degraded` when that takes longer than `atMostMs`. Never rejects. */
  async flush(atMostMs: DurationMs = limits.ringSyncEveryMs): Promise<'synced' | 'degraded'> {
    if (this.#synced === this.#taken) return 'synced';
    const done = new Promise<'synced' | 'degraded'>((resolve) => this.#flushes.push({ upTo: this.#taken, done: resolve }));
    this.#work();
    const outcome = await bounded(done, atMostMs, this.#world.clock, 'ring flush');
    return outcome.inTime ? outcome.value : 'degraded';
  }

  /** A span in which lines may be missing, for a reason that the ring cannot see: a source that was interrupted. */
  note(hole: Hole): void {
    this.#holes.note(hole);
    if (!this.#closed) this.#workSoon();
  }

  /** A hole that an index on disk already holds. */
  remember(hole: Hole): void {
    this.#holes.note(hole, true);
  }

  holes(from: Moment, to: Moment): Hole[] {
    return this.#holes.in({ from, to });
  }

  /**
   * Gives `sink` the bytes of the window in order, piece by piece (a piece may end inside a line), waiting for each: memory stays at
   * limits.ringCopyBytes. Beyond `bytesMax` the oldest are left out and counted. What cannot be read is a problem in the answer.
   */
  async copyWindow(from: Moment, to: Moment, sink: WindowSink, bytesMax = Number.POSITIVE_INFINITY): Promise<WindowCopy> {
    const flushed = await this.flush();
    this.#copies++;
    try {
      const copy = await copySegments(this.#folder, [...this.#segments], { from, to }, sink, bytesMax, this.#world.disk);
      if (flushed === 'synced') return copy;
      return {
        ...copy,
        problems: [...copy.problems, `the newest lines were not on disk yet: ${this.#degraded?.reason ?? 'slow disk'}`],
      };
    } finally {
      this.#copies--;
    }
  }

  status(): RingStatus {
    return {
      bytes: this.#segments.reduce((sum, segment) => sum + segment.bytes + segment.indexBytes, 0),
      segments: this.#segments.length,
      oldestWall: this.#segments.find((segment) => segment.span)?.span?.wallFirst ?? null,
      newestWall: this.#segments.findLast((segment) => segment.span)?.span?.wallLast ?? null,
      pendingBytes: this.#pending.bytes,
      droppedLines: this.#counters.droppedLines,
      droppedBytes: this.#counters.droppedBytes,
      lastSyncAt: this.#lastSyncAt,
      writeFailures: this.#counters.writeFailures,
      degraded: this.#degraded ?? this.#stalled(),
    };
  }

  /** Deletes whole segments, oldest first, while the ring is too old or too large. Called after writes; not while a window is copied. */
  async expire(): Promise<void> {
    for (let oldest = this.#segments[0]; oldest && this.#copies === 0 && this.#isOver(oldest); oldest = this.#segments[0]) {
      if (oldest === this.#writer.current) await this.#writer.finish();
      try {
        await removeSegment(this.#folder, oldest.number, this.#world.disk);
      } catch (error) {
        this.#log.warn(
          { folder: this.#folder, segment: oldest.number, error },
          'ring: an old segment could not be deleted; trying again later',
        );
        return;
      }
      this.#segments.shift();
    }
  }

  /** Writes and syncs what is pending, within limits.diskCloseMs. Later lines are dropped and counted. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const flushed = await this.flush(limits.diskCloseMs);
    this.#closed = true;
    this.#room.release();
    for (const timer of [this.#writeTimer, this.#syncTimer, this.#retryTimer]) timer?.cancel();
    if (flushed !== 'synced')
      this.#log.error({ bytes: this.#pending.bytes }, 'ring: closed with lines that did not reach the disk');
    const ended = (this.#working ?? Promise.resolve()).then(() => this.#writer.finish());
    await bounded(ended, limits.diskCloseMs, this.#world.clock, 'ring close').catch(() => {});
  }

  #isOver(oldest: Segment): boolean {
    const now = momentNow(this.#world.clock);
    if (oldest.span && ageMs(oldest.span, oldest.bootId, now) > this.#bounds.maxAgeMs) return true;
    if (this.#segments.length < 2) return false;
    const bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes + segment.indexBytes, 0);
    return bytes > this.#bounds.maxBytes || this.#segments.length > limits.ringSegmentsMax;
  }

  #stalled(): RingStatus['degraded'] {
    if (this.#workingSince === null) return null;
    const forMs = elapsedMs(this.#workingSince, this.#world.clock.monotonic());
    return forMs < limits.ringStalledMs ? null : { reason: 'the disk does not answer', since: this.#workingSince };
  }

  #drop(bytes: Buffer, at: Arrival): void {
    let lines = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, end + 1)) lines++;
    this.#counters.droppedLines += lines;
    this.#counters.droppedBytes += bytes.length;
    const moment: Moment = { wall: at.wall, monotonic: at.at, bootId: this.#world.clock.bootId };
    const hole = this.#dropHole ?? { from: moment, source: at.source, lostLines: 0, lostBytes: 0 };
    this.#sayDropping(at.at);
    this.#dropHole = {
      from: hole.from,
      to: moment,
      source: hole.source === at.source ? at.source : null,
      reason: this.#closed ? 'ring-closed' : 'ring-full',
      detail: (this.#degraded ?? this.#stalled())?.reason ?? 'more lines than the disk takes',
      lostLines: (hole.lostLines ?? 0) + lines,
      lostBytes: (hole.lostBytes ?? 0) + bytes.length,
    };
    this.#holes.note(this.#dropHole);
  }

  /** Now and then: an overload comes and goes many times a second. */
  #sayDropping(now: Monotonic): void {
    if (this.#dropSaidAt !== null && elapsedMs(this.#dropSaidAt, now) < limits.ringDropSaidEveryMs) return;
    this.#dropSaidAt = now;
    this.#log.error(
      { ...this.#counters, pendingBytes: this.#pending.bytes },
      'ring: the disk does not keep up; lines are dropped and counted',
    );
  }

  #workSoon(): void {
    // A disk that refused is left alone until its retry is due; only a flush asks at once.
    if (this.#working || this.#retryTimer) return;
    if (this.#pending.bytes >= limits.ringBatchBytes) this.#work();
    else this.#writeTimer ??= this.#world.clock.timer('ring write', limits.ringWriteEveryMs, () => this.#work());
  }

  #work(): void {
    this.#writeTimer?.cancel();
    this.#writeTimer = null;
    if (this.#working || this.#closed) return;
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    this.#working = this.#writeAndSync();
  }

  /** The one thing that touches the disk. Ends with nothing left to do, or with a retry under way. */
  async #writeAndSync(): Promise<void> {
    // #working is set by the time that anything is looked at.
    await Promise.resolve();
    try {
      // What came during a write gathers again: a write costs as much as a thousand lines.
      for (let due = true; ; due = false) {
        this.#workingSince = this.#world.clock.monotonic();
        const next = this.#pending.first;
        if (next && (due || this.#isUrgent())) await this.#writeBatch(next);
        else if (this.#holes.unsaved().length > 0 && this.#writer.current) await this.#saveHoles();
        else if (this.#flushes.length > 0 && this.#synced < this.#written) await this.#sync();
        else break;
        this.#succeeded();
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#working = null;
    this.#workingSince = null;
    if (this.#pending.chunks > 0 && !this.#closed) this.#workSoon();
  }

  /** Pending lines that wait no longer: many, or somebody waits for them. */
  #isUrgent(): boolean {
    return this.#pending.bytes >= limits.ringBatchBytes || this.#flushes.length > 0;
  }

  async #writeBatch(batch: Batch): Promise<void> {
    batch.full = true;
    // Before the lines: a crash that tears the index behind a line that it keeps must not take the hole before that line away.
    if (this.#holes.unsaved().length > 0) await this.#saveHoles();
    if (this.#writer.wantsToRoll()) await this.#sync();
    await this.#writer.write(batch.chunks, batch.bytes);
    this.#pending.written(batch);
    this.#written += batch.chunks.length;
    this.#room.written(this.#pending.share);
    this.#dropHole = null;
    this.#unsyncedBytes += batch.bytes;
    // Little at a time: the journal's record of an alert waits behind what the disk is given at once.
    if (this.#unsyncedBytes >= limits.ringBatchBytes) await this.#sync();
    else this.#syncTimer ??= this.#world.clock.timer('ring sync', limits.ringSyncEveryMs, () => void this.flush());
    await this.expire();
  }

  async #saveHoles(): Promise<void> {
    const holes = this.#holes.unsaved();
    await this.#writer.writeHoles(holes);
    this.#holes.saved(holes);
  }

  async #sync(): Promise<void> {
    const upTo = this.#written;
    this.#unsyncedBytes = 0;
    this.#syncTimer?.cancel();
    this.#syncTimer = null;
    try {
      await this.#writer.sync();
    } catch (error) {
      // The pages may be gone, and the bytes are no longer ours to write again: said as a hole, and a new segment begun.
      const now = momentNow(this.#world.clock);
      const from = { ...now, monotonic: this.#lastSyncAt ?? now.monotonic };
      this.#holes.note({
        from,
        to: now,
        source: null,
        reason: 'sync-failed',
        detail: String(error),
        lostLines: null,
        lostBytes: null,
      });
      await this.#writer.abandon();
      this.#settle(upTo, 'degraded');
      throw error;
    }
    this.#lastSyncAt = this.#world.clock.monotonic();
    this.#settle(upTo, 'synced');
  }

  #settle(upTo: number, outcome: 'synced' | 'degraded'): void {
    this.#synced = upTo;
    const reached = this.#flushes.filter((flush) => flush.upTo <= upTo);
    this.#flushes = this.#flushes.filter((flush) => flush.upTo > upTo);
    for (const flush of reached) flush.done(outcome);
  }

  #succeeded(): void {
    this.#refusals = 0;
    if (this.#degraded) this.#log.warn({ ...this.#counters }, 'ring: on disk again');
    this.#degraded = null;
  }

  #failed(error: unknown): void {
    this.#counters.writeFailures++;
    this.#room.release();
    const reason = error instanceof SpitrapError ? error.message : String(error);
    if (!this.#degraded) this.#log.error({ reason }, 'ring: cannot write; lines are kept in memory while there is room');
    this.#degraded = { reason, since: this.#degraded?.since ?? this.#world.clock.monotonic() };
    const delayMs = Math.min(limits.diskRetryMaxMs, limits.diskRetryFirstMs * 2 ** this.#refusals++);
    if (!this.#closed) this.#retryTimer = this.#world.clock.timer('ring retry', delayMs, () => this.#work());
  }
}
