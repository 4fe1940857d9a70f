/**
 * What a crash may leave of a journal, read and repaired before the writer (journal.ts) goes on: a torn last line is cut, garbage in
 * the middle is skipped, both are kept aside in `<file>.damaged` and reported. Only the cut is needed to go on: a full disk at start
 * does not keep the agent, and with it the end of the debugs, from starting.
 */
import { dirname } from 'node:path';
import { limits } from '../../shared/limits.ts';
import { escapeControls, type Logger } from '../log.ts';
import type { Disk, DiskFile } from '../ports.ts';
import { decodeRecord, type JournalRecord } from './record.ts';

export interface Torn {
  readonly bytes: number;
  /** The first of it, escaped. */
  readonly text: string;
}

export interface Recovered {
  readonly records: JournalRecord[];
  readonly torn: Torn | null;
  /** Lines in the middle that are no records. */
  readonly damagedLines: number;
  /** Good bytes of the file as it now is. */
  readonly bytes: number;
}

const QUOTED_CHARS = 120;
const LF = 0x0a;

interface Reading {
  records: JournalRecord[];
  good: Buffer[];
  damaged: Buffer[];
  torn: Buffer | null;
  /** Where the last whole line ends. */
  wholeBytes: number;
  /** A whole record that lost only its line end. */
  unended: boolean;
}

function readLines(content: Buffer): Reading {
  const reading: Reading = { records: [], good: [], damaged: [], torn: null, wholeBytes: 0, unended: false };
  let lastSeq = 0;
  let start = 0;
  const take = (bytes: Buffer): boolean => {
    const record = decodeRecord(bytes.toString('utf8'));
    // A number seen before is a copy that a retried write left behind.
    if (!record || record.seq <= lastSeq) return false;
    lastSeq = record.seq;
    reading.records.push(record);
    reading.good.push(bytes);
    return true;
  };
  for (let end = content.indexOf(LF); end >= 0; end = content.indexOf(LF, start)) {
    const line = content.subarray(start, end);
    if (line.length > 0 && !take(line)) reading.damaged.push(line);
    start = end + 1;
  }
  reading.wholeBytes = start;
  const rest = content.subarray(start);
  if (rest.length > 0) {
    reading.unended = take(rest);
    if (!reading.unended) reading.torn = rest;
  }
  return reading;
}

/** Rejects with DISK_FAILED only when the file can be neither read nor cut. */
export async function recover(file: string, disk: Disk, log: Logger): Promise<Recovered> {
  // A rewrite that did not get to its rename.
  await disk.remove(`${file}.new`);
  if (!(await disk.stat(file))) return { records: [], torn: null, damagedLines: 0, bytes: 0 };
  const content = await disk.readFile(file);
  const reading = readLines(content);
  const torn = reading.torn && { bytes: reading.torn.length, text: quote(reading.torn) };
  const aside = reading.torn ? [...reading.damaged, reading.torn] : reading.damaged;
  if (aside.length > 0) await keepAside(file, aside, disk, log);
  const found = { records: reading.records, torn, damagedLines: reading.damaged.length };
  if (torn) log.warn({ file, ...torn }, 'journal: the last line was torn by a crash; cut, going on without it');
  if (found.damagedLines > 0)
    log.error(
      { file, lines: found.damagedLines },
      'journal: lines that are no records were skipped; the disk or another writer damaged them',
    );
  if (found.damagedLines > 0 && (await replaced(file, reading.good, disk, log)))
    return { ...found, bytes: reading.good.reduce((sum, line) => sum + line.length + 1, 0) };
  const bytes = reading.torn || reading.unended ? await mend(file, reading, disk) : content.length;
  return { ...found, bytes };
}

const quote = (bytes: Buffer): string => escapeControls(bytes.toString('utf8', 0, QUOTED_CHARS));

async function mend(file: string, reading: Reading, disk: Disk): Promise<number> {
  const handle = await disk.open(file, 'append');
  try {
    const endedBytes = reading.unended ? await ended(handle) : null;
    if (endedBytes === null) await handle.truncate(reading.wholeBytes);
    await handle.sync();
    return endedBytes ?? reading.wholeBytes;
  } finally {
    await handle.close();
  }
}

/** The missing line end, or null on a disk that cannot take even that: the record is known, and its line is given up. */
async function ended(handle: DiskFile): Promise<number | null> {
  try {
    await handle.append(Buffer.from([LF]));
    return await handle.size();
  } catch {
    return null;
  }
}

async function keepAside(file: string, lines: readonly Buffer[], disk: Disk, log: Logger): Promise<void> {
  try {
    const handle = await disk.open(`${file}.damaged`, 'append');
    try {
      if ((await handle.size()) > limits.journalBytesMax) await handle.truncate(0);
      await handle.append(Buffer.concat(lines.flatMap((line) => [line, Buffer.from([LF])])));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    log.warn({ file, error }, 'journal: damaged lines could not be kept aside; going on without the copy');
  }
}

async function replaced(file: string, lines: readonly Buffer[], disk: Disk, log: Logger): Promise<boolean> {
  try {
    const handle = await disk.open(`${file}.new`, 'create');
    try {
      await handle.append(Buffer.concat(lines.flatMap((line) => [line, Buffer.from([LF])])));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await disk.rename(`${file}.new`, file);
    await disk.syncFolder(dirname(file));
    return true;
  } catch (error) {
    log.warn(
      { file, error },
      'journal: could not be rewritten without its damaged lines; going on, they are skipped at each start',
    );
    return false;
  }
}
