/** Copies a window of time out of the ring's segments, with memory bounded by limits.ringCopyBytes. Called by ring.ts. */

import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Disk } from '../ports.ts';
import { type IndexEntry, loadIndex, logFile, type Segment } from './ring-segment.ts';
import { overlaps, type Window } from './window.ts';

/** Awaited before the next piece is read. A piece may end inside a line. */
export type WindowSink = (piece: Buffer) => Promise<void> | void;

export interface WindowCopy {
  readonly bytes: number;
  /** Older bytes of the window that were left out because of `bytesMax`. */
  readonly skippedBytes: number;
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

interface Stretch {
  readonly offset: number;
  readonly bytes: number;
}

export async function copySegments(
  folder: string,
  segments: readonly Segment[],
  window: Window,
  sink: WindowSink,
  bytesMax: number,
  disk: Disk,
): Promise<WindowCopy> {
  const problems: string[] = [];
  const parts: { readonly number: number; readonly stretches: Stretch[] }[] = [];
  for (const { number, bootId, span } of segments) {
    if (!span || !overlaps(span, bootId, window)) continue;
    try {
      const index = await loadIndex(folder, number, disk);
      parts.push({ number, stretches: stretchesOf(index.entries.filter((entry) => overlaps(entry, bootId, window))) });
    } catch (error) {
      problems.push(`segment ${number} cannot be read: ${asSpitrapError(error).message}`);
    }
  }
  const total = parts.reduce((sum, part) => sum + part.stretches.reduce((all, one) => all + one.bytes, 0), 0);
  const skippedBytes = Math.max(0, total - bytesMax);
  let toSkip = skippedBytes;
  let bytes = 0;
  for (const { number, stretches } of parts) {
    const kept: Stretch[] = [];
    for (const stretch of stretches) {
      const skipped = Math.min(toSkip, stretch.bytes);
      toSkip -= skipped;
      if (skipped < stretch.bytes) kept.push({ offset: stretch.offset + skipped, bytes: stretch.bytes - skipped });
    }
    if (kept.length > 0) bytes += await copyStretches(logFile(folder, number), kept, sink, disk, problems);
  }
  return { bytes, skippedBytes, problems };
}

/** Neighbours as one, so that a window is read in large pieces. */
function stretchesOf(entries: readonly IndexEntry[]): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { offset, bytes } of entries) {
    const last = stretches.at(-1);
    if (last && last.offset + last.bytes === offset) stretches[stretches.length - 1] = { ...last, bytes: last.bytes + bytes };
    else stretches.push({ offset, bytes });
  }
  return stretches;
}

/** Bytes copied. Only reading may fail quietly into `problems`: what the sink throws is its caller's. */
async function copyStretches(
  file: string,
  stretches: readonly Stretch[],
  sink: WindowSink,
  disk: Disk,
  problems: string[],
): Promise<number> {
  let copied = 0;
  const read = async (work: () => Promise<Buffer>): Promise<Buffer | null> => {
    try {
      return await work();
    } catch (error) {
      problems.push(asSpitrapError(error).message);
      return null;
    }
  };
  const handle = await disk.open(file, 'read').catch((error: unknown) => {
    problems.push(asSpitrapError(error).message);
    return null;
  });
  if (!handle) return 0;
  try {
    for (const { offset, bytes } of stretches) {
      for (let done = 0; done < bytes; ) {
        const piece = await read(() => handle.read(offset + done, Math.min(limits.ringCopyBytes, bytes - done)));
        if (!piece || piece.length === 0) return copied;
        await sink(piece);
        done += piece.length;
        copied += piece.length;
      }
    }
    return copied;
  } finally {
    await handle.close().catch(() => {});
  }
}
