/**
 * The book as journal records, in parts that stay far below the size at which a record is cut. Written by coordinator.ts when the
 * journal has grown, read back at the start.
 */
import { type Book, emptyBook } from '../../shared/coordinate/book.ts';
import type { JournalRecord } from './record.ts';

const PART_CHARS = 256 * 1_024;

export interface SnapshotPart {
  readonly part: number;
  readonly of: number;
  readonly text: string;
}

export function snapshotParts(book: Book): SnapshotPart[] {
  const text = JSON.stringify(book);
  const of = Math.max(1, Math.ceil(text.length / PART_CHARS));
  return Array.from({ length: of }, (_, part) => ({ part, of, text: text.slice(part * PART_CHARS, (part + 1) * PART_CHARS) }));
}

function isSnapshotPart(record: JournalRecord): record is JournalRecord & { readonly data: SnapshotPart } {
  const data = record.data as Partial<SnapshotPart> | null;
  return (
    record.kind === 'snapshot' && typeof data?.part === 'number' && typeof data.of === 'number' && typeof data.text === 'string'
  );
}

/** The last whole one, and the index of its first part; one that a crash cut short is passed over. Null: there is none. */
export function newestSnapshot(records: readonly JournalRecord[]): { readonly book: Book; readonly from: number } | null {
  for (let from = records.length - 1; from >= 0; from--) {
    const record = records[from]!;
    if (!isSnapshotPart(record) || record.data.part !== 0) continue;
    const book = readSnapshot(records.slice(from));
    if (book !== null) return { book, from };
  }
  return null;
}

/** From records that begin with part 0; null when parts are missing or it is no book. */
function readSnapshot(records: readonly JournalRecord[]): Book | null {
  const parts = records.filter(isSnapshotPart).map((record) => record.data);
  const of = parts[0]?.of ?? 0;
  const whole = parts.slice(0, of);
  if (of === 0 || whole.length < of || whole.some((part, index) => part.part !== index || part.of !== of)) return null;
  try {
    const book = JSON.parse(whole.map((part) => part.text).join('')) as Partial<Book>;
    return Array.isArray(book.incidents) && Array.isArray(book.closed) ? { ...emptyBook, ...book } : null;
  } catch {
    return null;
  }
}
