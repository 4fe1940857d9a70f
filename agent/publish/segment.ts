/**
 * One file of the spool: a record a line, with its number and a checksum, so that a torn or damaged line is known as such. Pure; used by spool.ts.
 *
 *     5f1c09aa 17 {"v":1,"site":"east",…}
 */
import { createHash } from 'node:crypto';
import type { FleetRecord } from '../../shared/fleet/record.ts';

export interface Spooled {
  /** Counts up over the life of the folder. */
  readonly seq: number;
  readonly record: FleetRecord;
  /** As it is sent. */
  readonly bytes: Buffer;
}

const LINE = /^([0-9a-f]{8}) ((\d{1,15}) (\{.*\}))$/s;
const NAME = /^(\d{15})\.log$/;

export const segmentName = (first: number): string => `${String(first).padStart(15, '0')}.log`;
export const isSegmentName = (name: string): boolean => NAME.test(name);

export function encodeLine(seq: number, bytes: Buffer): Buffer {
  const said = Buffer.concat([Buffer.from(`${seq} `), bytes]);
  return Buffer.concat([Buffer.from(`${sumOf(said)} `), said, Buffer.from('\n')]);
}

/** In order; a number that was there already is passed over (written again behind a write that failed). `damaged`: lines that are no record. */
export function decodeSegment(content: Buffer, after: number): { readonly entries: Spooled[]; readonly damaged: number } {
  const entries: Spooled[] = [];
  let damaged = 0;
  let last = after;
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(0x0a, at);
    const line = content.subarray(at, end < 0 ? content.length : end);
    at = end < 0 ? content.length : end + 1;
    // Without its end it was torn by a crash, before anybody was told that it is on disk.
    const entry = end < 0 ? null : decodeLine(line);
    if (entry === null) damaged++;
    else if (entry.seq > last) {
      last = entry.seq;
      entries.push(entry);
    }
  }
  return { entries, damaged };
}

function decodeLine(line: Buffer): Spooled | null {
  const match = LINE.exec(line.toString('utf8'));
  if (match === null || sumOf(line.subarray(9)) !== match[1]) return null;
  try {
    // Our own words, by their checksum.
    const record = JSON.parse(match[4]!) as FleetRecord;
    return { seq: Number(match[3]), record, bytes: Buffer.from(match[4]!) };
  } catch {
    return null;
  }
}

const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 8);
