/** What an earlier run left of the ring: its segments and holes, and the moment of its last line. Called by ring.ts at open. */
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import type { Hole } from './holes.ts';
import { indexFile, loadIndex, logFile, removeSegment, type Segment, segmentNumber, widened } from './ring-segment.ts';
import type { Moment } from './window.ts';

export interface LoadedRing {
  readonly segments: Segment[];
  readonly holes: Hole[];
  /** Of segments that hold no line, and are gone now: in no index any more. */
  readonly unsavedHoles: Hole[];
  /** The last line of a segment whose index dates any: a segment that a crash left without entries may have lost its holes with them. */
  readonly lastKept: Moment | null;
}

/** Rejects with DISK_FAILED when the folder cannot be read. A segment that cannot be read is left alone, and said. */
export async function loadSegments(folder: string, { disk }: Pick<World, 'disk'>, log: Logger): Promise<LoadedRing> {
  const segments: Segment[] = [];
  const holes: Hole[] = [];
  const unsavedHoles: Hole[] = [];
  let last: Segment | undefined;
  for (const name of await disk.list(folder)) {
    const number = segmentNumber(name);
    if (number === null) continue;
    try {
      const index = await loadIndex(folder, number, disk);
      if (index.unindexedBytes > 0 || index.damagedLines > 0)
        log.warn(
          { segment: logFile(folder, number), unindexedBytes: index.unindexedBytes, damagedLines: index.damagedLines },
          'ring: a crash tore the end of a segment; its bytes are kept, dated by their neighbours',
        );
      if (index.entries.length === 0) {
        unsavedHoles.push(...index.holes);
        await removeSegment(folder, number, disk);
        continue;
      }
      holes.push(...index.holes);
      const segment: Segment = { number, bootId: index.bootId, bytes: 0, indexBytes: 0, span: null };
      for (const entry of index.entries) {
        segment.bytes = entry.offset + entry.bytes;
        segment.span = widened(segment.span, entry);
      }
      segment.indexBytes = (await disk.stat(indexFile(folder, number)))?.bytes ?? 0;
      segments.push(segment);
      if (index.unindexedBytes < segment.bytes) last = segment;
    } catch (error) {
      log.error(
        { segment: logFile(folder, number), error },
        'ring: a segment cannot be read; left as it is, going on without it',
      );
    }
  }
  const lastKept = last?.span ? { wall: last.span.wallLast, monotonic: last.span.monotonicLast, bootId: last.bootId } : null;
  return { segments: segments.sort((a, b) => a.number - b.number), holes, unsavedHoles, lastKept };
}
