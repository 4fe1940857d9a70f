/**
 * A segment of the evidence ring: `<number>.log` holds the lines as they came, `<number>.idx` says which bytes came when. A segment
 * belongs to one run of the agent, so to one kernel boot. Written by ring.ts; whatever a crash leaves of either file can be read.
 *
 * Index, JSON lines: a header {"version":1,"bootId":…}, then an array a run of bytes from one source
 * [offset, bytes, wallFirst, wallLast, monotonicFirst, monotonicLast, source], and {"hole":…} where lines are missing.
 */
import { join } from 'node:path';
import { type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';
import type { Disk } from '../ports.ts';
import type { Hole } from './holes.ts';
import type { Span } from './window.ts';

export interface IndexEntry extends Span {
  readonly offset: number;
  readonly bytes: number;
  readonly source: string;
}

export interface SegmentIndex {
  readonly bootId: string;
  readonly entries: IndexEntry[];
  readonly holes: Hole[];
  /** Lines of the index that could not be read, and bytes of the log that no line speaks of: both after a crash only. */
  readonly damagedLines: number;
  readonly unindexedBytes: number;
}

const NUMBER_DIGITS = 12;
const NAME = /^(\d{12})\.log$/;

export const logFile = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(NUMBER_DIGITS, '0')}.log`);
export const indexFile = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(NUMBER_DIGITS, '0')}.idx`);
export const segmentNumber = (name: string): number | null => {
  const match = NAME.exec(name);
  return match ? Number(match[1]) : null;
};

export const headerLine = (bootId: string): string => `${JSON.stringify({ version: 1, bootId })}\n`;
export const holeLine = (hole: Hole): string => `${JSON.stringify({ hole })}\n`;
export const entryLine = (entry: IndexEntry): string =>
  `${JSON.stringify([entry.offset, entry.bytes, entry.wallFirst, entry.wallLast, entry.monotonicFirst, entry.monotonicLast, entry.source])}\n`;

type IndexLine = { bootId: string } | { hole: Hole } | IndexEntry | null;

function parseIndexLine(line: string): IndexLine {
  try {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) return entryFrom(value);
    if (typeof value !== 'object' || value === null) return null;
    if ('bootId' in value && typeof value.bootId === 'string') return { bootId: value.bootId };
    if ('hole' in value && isHole(value.hole)) return { hole: value.hole };
    return null;
  } catch {
    return null;
  }
}

function entryFrom(value: readonly unknown[]): IndexEntry | null {
  const numbers = value.slice(0, 6) as number[];
  const source = value[6];
  if (numbers.length < 6 || !numbers.every((number) => Number.isFinite(number)) || typeof source !== 'string') return null;
  const [offset, bytes, wallFirst, wallLast, first, last] = numbers as [number, number, number, number, number, number];
  return {
    offset,
    bytes,
    wallFirst: wall(wallFirst),
    wallLast: wall(wallLast),
    monotonicFirst: monotonic(first),
    monotonicLast: monotonic(last),
    source,
  };
}

const isMoment = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'wall' in value && 'monotonic' in value && 'bootId' in value;
const isHole = (value: unknown): value is Hole =>
  typeof value === 'object' &&
  value !== null &&
  'from' in value &&
  isMoment(value.from) &&
  'to' in value &&
  (value.to === null || isMoment(value.to)) &&
  'reason' in value &&
  typeof value.reason === 'string';

/**
 * The index as far as it agrees with the log's `logBytes`: entries beyond the log are cut to it, log bytes beyond the entries get one
 * of their own, dated from the last known moment to the file's `modifiedAt`.
 */
export function readIndex(content: string, logBytes: number, modifiedAt: Wall): SegmentIndex {
  let bootId = '';
  let damagedLines = 0;
  let covered = 0;
  const entries: IndexEntry[] = [];
  const holes: Hole[] = [];
  for (const line of content.split('\n')) {
    if (line === '') continue;
    const parsed = parseIndexLine(line);
    if (parsed === null) damagedLines++;
    else if ('hole' in parsed) holes.push(parsed.hole);
    else if ('bootId' in parsed) bootId = parsed.bootId;
    else if (parsed.offset < covered || parsed.bytes <= 0) damagedLines++;
    else if (parsed.offset < logBytes) {
      // A line of the index was damaged: what it spoke of lies between its neighbours in time, too.
      if (parsed.offset > covered) entries.push(unindexed(entries.at(-1), covered, parsed.offset - covered, parsed.wallFirst));
      const bytes = Math.min(parsed.bytes, logBytes - parsed.offset);
      entries.push({ ...parsed, bytes });
      covered = parsed.offset + bytes;
    }
  }
  const unindexedBytes = logBytes - covered;
  if (unindexedBytes > 0) entries.push(unindexed(entries.at(-1), covered, unindexedBytes, modifiedAt));
  return { bootId, entries, holes, damagedLines, unindexedBytes };
}

function unindexed(last: IndexEntry | undefined, offset: number, bytes: number, modifiedAt: Wall): IndexEntry {
  const wallFirst = last?.wallLast ?? modifiedAt;
  const monotonicFirst = last?.monotonicLast ?? (0 as Monotonic);
  const lastedMs = Math.max(0, modifiedAt - wallFirst);
  return {
    offset,
    bytes,
    wallFirst,
    wallLast: wall(wallFirst + lastedMs),
    monotonicFirst,
    monotonicLast: monotonic(monotonicFirst + lastedMs),
    source: '?',
  };
}

/** What ring.ts keeps of each segment in memory. */
export interface Segment {
  readonly number: number;
  readonly bootId: string;
  bytes: number;
  indexBytes: number;
  /** Null while it holds nothing. */
  span: Span | null;
}

export const widened = (span: Span | null, by: Span): Span =>
  span === null ? { ...by } : { ...span, wallLast: by.wallLast, monotonicLast: by.monotonicLast };

export async function loadIndex(folder: string, number: number, disk: Disk): Promise<SegmentIndex> {
  const log = await disk.stat(logFile(folder, number));
  const sidecar = await disk.stat(indexFile(folder, number));
  const content = sidecar ? (await disk.readFile(indexFile(folder, number))).toString('utf8') : '';
  return readIndex(content, log?.bytes ?? 0, wall(log?.modifiedAtMs ?? 0));
}

export async function removeSegment(folder: string, number: number, disk: Disk): Promise<void> {
  await disk.remove(logFile(folder, number));
  await disk.remove(indexFile(folder, number));
}
