/**
 * device.log for the analysis: all of it, or, of a storm's hundred megabytes, what is near the incident and whatever else has a mnemonic (a
 * restart, a failover). Lines keep the numbers that they have in the file. Called by read-bundle.ts.
 */
import type { LogRun } from '../../shared/bundle/bundle-text.ts';
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import { countNewlines } from '../../shared/detect/line-blocks.ts';
import { lineText } from '../../shared/detect/line-text.ts';
import { limits } from '../../shared/limits.ts';
import type { Disk } from '../ports.ts';
import { readPieces } from './bundle-files.ts';

export interface LogLines {
  readonly lines: readonly string[];
  /** Empty: every line is there. */
  readonly runs: readonly LogRun[];
}

const LF = 0x0a;
const PERCENT = 0x25;
const NEWLINE = Buffer.from('\n');
// %CRYPTO-4-RECVD_PKT_INV_SPI
const MNEMONIC = /%[A-Z][A-Z0-9_]{1,40}-(?:[A-Z0-9_]{1,20}-)?[0-7]-/;

/** Rejects with DISK_FAILED. */
export async function readLogLines(path: string, { event }: IncidentFile, disk: Disk): Promise<LogLines> {
  const near = new NearIncident(event?.line ?? null);
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of readPieces(path, disk)) {
    const cut = piece.lastIndexOf(LF) + 1;
    if (cut > 0) {
      const whole = piece.subarray(0, cut);
      near.push(rest.length === 0 ? whole : Buffer.concat([rest, whole]));
      rest = Buffer.alloc(0);
    }
    const tail = piece.subarray(cut);
    // Longer than any line: its beginning is enough.
    if (rest.length < limits.lineBytesMax) rest = rest.length === 0 ? Buffer.from(tail) : Buffer.concat([rest, tail]);
  }
  if (rest.length > 0) near.push(Buffer.concat([rest, NEWLINE]));
  return near.end();
}

/** Whole lines, undecoded: of a hundred megabytes nearly all are given up again, and as strings they would cost twice their size. */
interface Block {
  readonly bytes: Buffer;
  readonly firstLine: number;
}

interface Kept {
  readonly line: number;
  readonly text: string;
}

class NearIncident {
  readonly #message: Buffer | null;
  #before: Block[] = [];
  #beforeBytes = 0;
  readonly #after: Block[] = [];
  #afterBytes = 0;
  readonly #farBefore: Kept[] = [];
  readonly #farAfter: Kept[] = [];
  #farBytes = 0;
  #found = false;
  #line = 1;

  constructor(message: string | null) {
    const wanted = message?.trim() ?? '';
    this.#message = wanted === '' ? null : Buffer.from(wanted, 'utf8');
  }

  /** `bytes`: whole lines, LF-terminated. */
  push(bytes: Buffer): void {
    const block: Block = { bytes, firstLine: this.#line };
    this.#line += countNewlines(bytes);
    if (this.#found) {
      this.#pushAfter(block);
      return;
    }
    const at = this.#message === null ? -1 : bytes.indexOf(this.#message);
    if (at === -1) {
      this.#pushBefore(block);
      return;
    }
    // The message's own line is the last before; what follows it is after.
    this.#found = true;
    const [upTo, beyond] = split(block, bytes.indexOf(LF, at) + 1);
    this.#pushBefore(upTo);
    if (beyond !== null) this.#pushAfter(beyond);
  }

  #pushBefore(block: Block): void {
    this.#before.push(block);
    this.#beforeBytes += block.bytes.length;
    // Until the message is found, all the room is what came last: at a spoke there is none, and its end is the incident.
    const room = this.#found ? limits.reportLogBytesMax / 2 : limits.reportLogBytesMax;
    while (this.#beforeBytes > room && this.#beforeBytes > lastLineBytes(block.bytes)) {
      const oldest = this.#before[0]!;
      const over = this.#beforeBytes - room;
      // The first line end at which enough is given up; of the newest block its last line stays.
      const end = over >= oldest.bytes.length ? oldest.bytes.length : oldest.bytes.indexOf(LF, over - 1) + 1;
      const most = this.#before.length === 1 ? oldest.bytes.length - lastLineBytes(oldest.bytes) : oldest.bytes.length;
      const [gone, kept] = split(oldest, Math.min(end, most));
      this.#beforeBytes -= gone.bytes.length;
      this.#far(gone, this.#farBefore);
      if (kept === null) this.#before.shift();
      else this.#before[0] = kept;
    }
  }

  #pushAfter(block: Block): void {
    const room = limits.reportLogBytesMax - this.#beforeBytes - this.#afterBytes;
    // Whole lines of it, once: what comes later is farther away.
    const end = block.bytes.length <= room ? block.bytes.length : room <= 0 ? 0 : block.bytes.lastIndexOf(LF, room - 1) + 1;
    const [near, far] = end === 0 ? [null, block] : split(block, end);
    if (near !== null) {
      this.#after.push(near);
      this.#afterBytes += near.bytes.length;
    }
    if (far !== null) this.#far(far, this.#farAfter);
  }

  /** Only lines with a `%` are decoded. */
  #far({ bytes, firstLine }: Block, list: Kept[]): void {
    let counted = 0;
    let line = firstLine;
    for (let at = bytes.indexOf(PERCENT); at !== -1 && this.#farBytes <= limits.reportFarLogBytesMax; ) {
      const start = bytes.lastIndexOf(LF, at) + 1;
      const end = bytes.indexOf(LF, at);
      const text = lineOf(bytes, start, end);
      if (MNEMONIC.test(text)) {
        line += countNewlines(bytes.subarray(counted, start));
        counted = start;
        list.push({ line, text });
        this.#farBytes += text.length + 1;
      }
      at = bytes.indexOf(PERCENT, end);
    }
  }

  end(): LogLines {
    const lines: string[] = [];
    const runs: LogRun[] = [];
    let expected = 0;
    const take = (line: number, text: string): void => {
      if (line !== expected) runs.push({ index: lines.length, line });
      lines.push(text);
      expected = line + 1;
    };
    for (const { line, text } of this.#farBefore) take(line, text);
    for (const blocks of [this.#before, this.#after])
      for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
        let line = block.firstLine;
        for (let start = 0; start < block.bytes.length; line++) {
          const end = block.bytes.indexOf(LF, start);
          take(line, lineOf(block.bytes, start, end));
          start = end + 1;
        }
      }
    for (const { line, text } of this.#farAfter) take(line, text);
    return { lines, runs: lines.length === this.#line - 1 ? [] : runs };
  }
}

const lineOf = (bytes: Buffer, start: number, end: number): string =>
  lineText(bytes.subarray(start, Math.min(end, start + limits.lineBytesMax)));

const lastLineBytes = (bytes: Buffer): number =>
  bytes.length < 2 ? bytes.length : bytes.length - (bytes.lastIndexOf(LF, bytes.length - 2) + 1);

/** At a line's end; null: nothing is left. */
function split({ bytes, firstLine }: Block, at: number): [Block, Block | null] {
  const head = bytes.subarray(0, at);
  if (at >= bytes.length) return [{ bytes, firstLine }, null];
  return [
    { bytes: head, firstLine },
    { bytes: bytes.subarray(at), firstLine: firstLine + countNewlines(head) },
  ];
}
