/**
 * A journal record and its line: JSON, one a line, LF-terminated. Written by journal.ts, read back by recover.ts, copied into bundles.
 * Keys are documented in docs/bundle.md ("journal.jsonl").
 */
import { limits } from '../../shared/limits.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';

export interface JournalRecord {
  /** Counts up over the life of the dataDir; a gap is a lost record. */
  readonly seq: number;
  readonly monotonic: Monotonic;
  readonly wall: Wall;
  /** Which kernel boot `monotonic` counts under. */
  readonly bootId: string;
  /** The word of the decision or act, the same as in metric label and page. */
  readonly kind: string;
  readonly incident: IncidentId | null;
  /** JSON of whatever belongs to the kind. */
  readonly data: unknown;
}

const HEAD_CHARS = 4_096;

/** Data that is too large or no JSON (a cycle, a bigint) is replaced by what can be said of it: a record is never refused. */
export function encodeRecord(record: JournalRecord): Buffer {
  let data: string;
  try {
    data = JSON.stringify(record.data) ?? 'null';
  } catch (error) {
    data = JSON.stringify({ notJson: error instanceof Error ? error.message : String(error) });
  }
  if (data.length > limits.journalRecordBytesMax)
    data = JSON.stringify({ cutFromChars: data.length, head: data.slice(0, HEAD_CHARS) });
  const { seq, monotonic, wall, bootId, kind, incident } = record;
  const head = JSON.stringify({ seq, monotonic, wall, bootId, kind, incident });
  return Buffer.from(`${head.slice(0, -1)},"data":${data}}\n`);
}

/** Null for anything that is not a whole record. */
export function decodeRecord(line: string): JournalRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { seq, monotonic, wall, bootId, kind, incident, data } = value as Partial<Record<keyof JournalRecord, unknown>>;
  if (!Number.isSafeInteger(seq) || !Number.isFinite(monotonic) || !Number.isFinite(wall)) return null;
  if (typeof bootId !== 'string' || typeof kind !== 'string' || (incident !== null && typeof incident !== 'string')) return null;
  return {
    seq: seq as number,
    monotonic: monotonic as Monotonic,
    wall: wall as Wall,
    bootId,
    kind,
    incident,
    data: data ?? null,
  };
}
