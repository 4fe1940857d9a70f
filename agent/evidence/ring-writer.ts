/**
 * The segment being written: its two files, when to begin the next, and how to go on after a write that failed half way. Called by
 * ring.ts alone, one call at a time. Every method rejects with DISK_FAILED and may then be called again.
 */
import { limits } from '../../shared/limits.ts';
import type { DurationMs, Monotonic } from '../../shared/model/time.ts';
import type { DiskFile, World } from '../ports.ts';
import type { Hole } from './holes.ts';
import { entryLine, headerLine, holeLine, type IndexEntry, indexFile, logFile, type Segment, widened } from './ring-segment.ts';

interface ArrivedBytes {
  readonly bytes: Buffer;
  readonly at: Monotonic;
  readonly wall: IndexEntry['wallFirst'];
  readonly source: string;
}

interface OpenSegment {
  readonly segment: Segment;
  readonly log: DiskFile;
  readonly index: DiskFile;
  /** Either file may end in a part of a failed write. */
  torn: boolean;
}

/** Whatever fills slowly still ends some time, so that age can delete it: a segment spans at most this part of the ring's age. */
const SPANS_PER_RING = 24;

export class SegmentWriter {
  readonly #folder: string;
  readonly #spanMaxMs: DurationMs;
  readonly #world: Pick<World, 'clock' | 'disk'>;
  /** Shared with ring.ts: a new segment is pushed here once its files are there. */
  readonly #segments: Segment[];
  #open: OpenSegment | null = null;
  #nextNumber: number;
  #folderSynced = true;
  /** Where a batch is gathered: one memory for all, since a new one for each would have the collector run at every other. */
  #gathered = Buffer.alloc(0);

  constructor(folder: string, maxAgeMs: DurationMs, world: Pick<World, 'clock' | 'disk'>, segments: Segment[]) {
    this.#folder = folder;
    this.#spanMaxMs = maxAgeMs / SPANS_PER_RING;
    this.#world = world;
    this.#segments = segments;
    this.#nextNumber = (segments.at(-1)?.number ?? 0) + 1;
  }

  get current(): Segment | null {
    return this.#open?.segment ?? null;
  }

  /** The next write begins a new segment: sync first, the old one is closed then. */
  wantsToRoll(): boolean {
    const segment = this.current;
    if (!segment) return false;
    const spanMs = segment.span ? this.#world.clock.monotonic() - segment.span.monotonicFirst : 0;
    return segment.bytes >= limits.ringSegmentBytes || spanMs > this.#spanMaxMs;
  }

  async write(batch: readonly ArrivedBytes[], totalBytes: number): Promise<void> {
    if (this.wantsToRoll()) await this.finish();
    const open = await this.#ready();
    const { segment } = open;
    const entries = entriesOf(batch, segment.bytes);
    const lines = Buffer.from(entries.map(entryLine).join(''));
    open.torn = true;
    await open.log.append(this.#gather(batch, totalBytes));
    await open.index.append(lines);
    open.torn = false;
    segment.bytes += totalBytes;
    segment.indexBytes += lines.length;
    for (const entry of entries) segment.span = widened(segment.span, entry);
  }

  /** The bytes are the caller's until the next call: one write at a time. */
  #gather(batch: readonly ArrivedBytes[], totalBytes: number): Buffer {
    const [first] = batch;
    if (batch.length === 1 && first) return first.bytes;
    if (this.#gathered.length < totalBytes)
      this.#gathered = Buffer.allocUnsafeSlow(Math.max(totalBytes, limits.ringBatchBytes + limits.streamPieceBytesMax));
    let end = 0;
    for (const { bytes } of batch) end += bytes.copy(this.#gathered, end);
    return this.#gathered.subarray(0, end);
  }

  /** Into the index of the open segment. */
  async writeHoles(holes: readonly Hole[]): Promise<void> {
    const open = await this.#ready();
    const lines = Buffer.from(holes.map(holeLine).join(''));
    open.torn = true;
    await open.index.append(lines);
    open.torn = false;
    open.segment.indexBytes += lines.length;
  }

  async sync(): Promise<void> {
    await this.#open?.log.sync();
    await this.#open?.index.sync();
    // Without it the files themselves, not only their bytes, may be gone after a power cut.
    if (!this.#folderSynced) await this.#world.disk.syncFolder(this.#folder);
    this.#folderSynced = true;
  }

  /** Closes the open segment; the next write begins another. Never rejects. */
  async finish(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    if (open.torn) await cutBack(open).catch(() => {});
    await open.log.close().catch(() => {});
    await open.index.close().catch(() => {});
  }

  /** For a segment whose bytes are in doubt. Never rejects, never waits: its handles may hang. */
  async abandon(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    void open?.log.close().catch(() => {});
    void open?.index.close().catch(() => {});
  }

  async #ready(): Promise<OpenSegment> {
    if (!this.#open) this.#open = await this.#begin();
    if (this.#open.torn) await cutBack(this.#open);
    return this.#open;
  }

  async #begin(): Promise<OpenSegment> {
    const { clock, disk } = this.#world;
    const number = this.#nextNumber;
    const header = Buffer.from(headerLine(clock.bootId));
    const log = await disk.open(logFile(this.#folder, number), 'create');
    try {
      const index = await disk.open(indexFile(this.#folder, number), 'create');
      const segment: Segment = { number, bootId: clock.bootId, bytes: 0, indexBytes: header.length, span: null };
      try {
        await index.append(header);
      } catch (error) {
        await index.close().catch(() => {});
        throw error;
      }
      this.#nextNumber++;
      this.#segments.push(segment);
      this.#folderSynced = false;
      return { segment, log, index, torn: false };
    } catch (error) {
      await log.close().catch(() => {});
      throw error;
    }
  }
}

async function cutBack(open: OpenSegment): Promise<void> {
  await open.log.truncate(open.segment.bytes);
  await open.index.truncate(open.segment.indexBytes);
  open.torn = false;
}

/** One entry for each run of chunks from one source; sources that alternate wildly share the last one. */
function entriesOf(batch: readonly ArrivedBytes[], from: number): IndexEntry[] {
  const entries: IndexEntry[] = [];
  let offset = from;
  for (const { bytes, at, wall, source } of batch) {
    const last = entries.at(-1);
    const full = entries.length >= limits.ringIndexEntriesPerBatchMax;
    if (last && (last.source === source || full)) {
      const shared = last.source === source ? source : '*';
      entries[entries.length - 1] = {
        ...last,
        bytes: last.bytes + bytes.length,
        wallLast: wall,
        monotonicLast: at,
        source: shared,
      };
    } else {
      const span = { wallFirst: wall, wallLast: wall, monotonicFirst: at, monotonicLast: at };
      entries.push({ offset, bytes: bytes.length, ...span, source });
    }
    offset += bytes.length;
  }
  return entries;
}
