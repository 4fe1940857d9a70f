/**
 * device.log for the analysis: all of it, or, of a storm's hundred megabytes, what is near the incident and whatever else has a mnemonic (a
 * restart, a failover). Lines keep the numbers that they have in the file. Called by read-bundle.ts.
 */
import type { LogRun } from '../../shared/bundle/bundle-text.ts';
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
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
// %CRYPTO-4-RECVD_PKT_INV_SPI
const MNEMONIC = /%[A-Z][A-Z0-9_]{1,40}-(?:[A-Z0-9_]{1,20}-)?[0-7]-/;

/** Rejects with DISK_FAILED. */
export async function readLogLines(path: string, { event }: IncidentFile, disk: Disk): Promise<LogLines> {
  const near = new NearIncident(event?.line ?? null);
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of readPieces(path, disk)) {
    let from = 0;
    for (let end = piece.indexOf(LF); end !== -1; end = piece.indexOf(LF, from)) {
      const own = piece.subarray(from, end);
      near.push(lineText(rest.length === 0 ? own : Buffer.concat([rest, own])));
      rest = Buffer.alloc(0);
      from = end + 1;
    }
    const tail = piece.subarray(from);
    // Longer than any line: its beginning is enough.
    if (rest.length < limits.lineBytesMax) rest = rest.length === 0 ? Buffer.from(tail) : Buffer.concat([rest, tail]);
  }
  if (rest.length > 0) near.push(lineText(rest));
  return near.end();
}

interface Kept {
  readonly line: number;
  readonly text: string;
}

class NearIncident {
  readonly #message: string | null;
  /** Of a deque: what is before `#head` is given up. */
  #before: Kept[] = [];
  #head = 0;
  #beforeBytes = 0;
  readonly #after: Kept[] = [];
  #afterBytes = 0;
  readonly #farBefore: Kept[] = [];
  readonly #farAfter: Kept[] = [];
  #farBytes = 0;
  #found = false;
  #line = 0;

  constructor(message: string | null) {
    this.#message = message?.trim() || null;
  }

  push(raw: string): void {
    this.#line++;
    const text = raw.length > limits.lineBytesMax ? raw.slice(0, limits.lineBytesMax) : raw;
    const kept = { line: this.#line, text };
    if (this.#found) this.#pushAfter(kept);
    else this.#pushBefore(kept);
  }

  #pushBefore(kept: Kept): void {
    this.#before.push(kept);
    this.#beforeBytes += kept.text.length + 1;
    this.#found = this.#message !== null && kept.text.includes(this.#message);
    // Until the message is found, all the room is what came last: at a spoke there is none, and its end is the incident.
    const room = this.#found ? limits.reportLogBytesMax / 2 : limits.reportLogBytesMax;
    while (this.#beforeBytes > room && this.#head < this.#before.length - 1) {
      const gone = this.#before[this.#head]!;
      this.#head++;
      this.#beforeBytes -= gone.text.length + 1;
      this.#far(gone, this.#farBefore);
    }
    if (this.#head > 10_000 && this.#head * 2 > this.#before.length) {
      this.#before = this.#before.slice(this.#head);
      this.#head = 0;
    }
  }

  #pushAfter(kept: Kept): void {
    if (this.#beforeBytes + this.#afterBytes + kept.text.length < limits.reportLogBytesMax) {
      this.#after.push(kept);
      this.#afterBytes += kept.text.length + 1;
    } else this.#far(kept, this.#farAfter);
  }

  #far(kept: Kept, list: Kept[]): void {
    if (this.#farBytes > limits.reportFarLogBytesMax || !MNEMONIC.test(kept.text)) return;
    list.push(kept);
    this.#farBytes += kept.text.length + 1;
  }

  end(): LogLines {
    const lines: string[] = [];
    const runs: LogRun[] = [];
    let expected = 0;
    for (const part of [this.#farBefore, this.#before.slice(this.#head), this.#after, this.#farAfter])
      for (const { line, text } of part) {
        if (line !== expected) runs.push({ index: lines.length, line });
        lines.push(text);
        expected = line + 1;
      }
    return { lines, runs: lines.length === this.#line ? [] : runs };
  }
}
