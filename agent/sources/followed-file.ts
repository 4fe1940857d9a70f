/**
 * One open log file of the `file` source, read from a position to its end again and again. Knows when the bytes before its position are
 * no longer the ones that it read (truncated, and perhaps grown again since), and which bytes are backlog. Used by file-tail.ts.
 */
import { createHash } from 'node:crypto';
import { limits } from '../../shared/limits.ts';
import { SyslogFramer } from '../net/framing.ts';
import type { LogFile } from '../ports.ts';

/** Where reading goes on: kept over a restart (file-position.ts). */
export interface FilePosition {
  readonly identity: string;
  /** Bytes read. */
  readonly offset: number;
  /** Of them, the beginning of a line that has not ended: read again. */
  readonly pendingBytes: number;
  /** SHA-256, hex, of the last `printBytes` bytes before `offset`. */
  readonly print: string;
  readonly printBytes: number;
}

export interface FollowedSink {
  lines(bytes: Buffer, backlog: boolean): void;
  /** Lines beyond limits.lineBytesMax were cut. */
  cut(lostBytes: number): void;
  /** Not read: skipped at a bound. */
  skipped(lostBytes: number): void;
  /** `unreadBytes`: known to have stood there unread; null: unknown. */
  truncated(readBytes: number, unreadBytes: number | null): void;
}

export interface Advance {
  readonly grew: boolean;
  /** Bytes left to read. */
  readonly behindBytes: number;
  /** 0: deleted. */
  readonly links: number;
}

export class FollowedFile {
  readonly identity: string;
  readonly #file: LogFile;
  readonly #sink: FollowedSink;
  #framer = newFramer();
  #offset = 0;
  /** Up to here the bytes stood in the file when it was opened, or are a copy of such. */
  #backlogUpTo = 0;
  /** The last bytes before `#offset`, and the first of the file, as they were read. */
  #tail: Buffer = NOTHING;
  #head: Buffer = NOTHING;
  #bytesSeen = 0;
  #skippingToLine = false;

  constructor(file: LogFile, sink: FollowedSink) {
    this.identity = file.identity;
    this.#file = file;
    this.#sink = sink;
  }

  /** What stands in the file now is backlog; of it at most limits.fileBacklogBytesMax are read. */
  async beginWithBacklog(): Promise<void> {
    const { bytes } = await this.#file.look();
    this.#backlogUpTo = bytes;
    await this.#skipTo(Math.max(0, bytes - limits.fileBacklogBytesMax));
  }

  /** Goes on at `position`; false, and nothing has happened, when the file no longer has the bytes that were read. */
  async resume(position: FilePosition): Promise<boolean> {
    const { bytes } = await this.#file.look();
    if (bytes < position.offset) return false;
    const tail = await this.#readExactly(position.offset - position.printBytes, position.printBytes);
    if (tail === null || printOf(tail) !== position.print) return false;
    const from = position.offset - position.pendingBytes;
    this.#backlogUpTo = bytes;
    this.#offset = from;
    this.#tail = (await this.#readExactly(...before(from))) ?? NOTHING;
    this.#head = (await this.#readExactly(0, Math.min(from, limits.fileFingerprintBytes))) ?? NOTHING;
    if (bytes - from > limits.fileBacklogBytesMax) {
      this.#sink.skipped(bytes - limits.fileBacklogBytesMax - from);
      await this.#skipTo(bytes - limits.fileBacklogBytesMax);
    }
    return true;
  }

  /** `head`: how the file before it began. One that begins alike is a copy of it (`sed -i`, an editor): what stands in it is not new. */
  async beginAfter(head: Buffer): Promise<void> {
    if (await this.#beginsWith(head)) await this.beginWithBacklog();
  }

  /** Reads what has come, at most `bytesMax`. */
  async advance(bytesMax: number): Promise<Advance> {
    const { bytes, links } = await this.#file.look();
    const unread = Math.max(0, this.#bytesSeen - this.#offset);
    if (bytes < this.#offset) await this.#restart(unread);
    this.#bytesSeen = bytes;
    await this.#catchUp(bytes);
    const began = this.#offset;
    let grew = false;
    // Truncated, and grown to exactly what it was: rare, and one small read to know.
    if (bytes === this.#offset && (await this.#readOn(0)) === null) await this.#restart(null);
    for (let left = bytesMax; left > 0 && this.#offset < bytes; ) {
      const piece = await this.#readOn(Math.min(left, limits.fileReadBytes));
      if (piece === null) await this.#restart(null);
      else if (piece.length === 0) break;
      else {
        left -= piece.length;
        this.#take(piece);
      }
      grew = true;
    }
    return { grew: grew || this.#offset !== began, behindBytes: Math.max(0, bytes - this.#offset), links };
  }

  /** The beginning of a line whose end has not come. */
  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  get head(): Buffer {
    return this.#head;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Gives up waiting for the end of a last line. */
  endLine(): void {
    this.#put(this.#framer.end(), this.#offset <= this.#backlogUpTo && this.#backlogUpTo > 0);
  }

  position(): FilePosition {
    const { identity, pendingBytes } = this;
    return { identity, offset: this.#offset, pendingBytes, print: printOf(this.#tail), printBytes: this.#tail.length };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The next bytes; null when what stands before them is no longer what was read there. */
  async #readOn(length: number): Promise<Buffer | null> {
    const tail = this.#tail;
    // Backlog and news never share a read.
    const most = this.#offset < this.#backlogUpTo ? Math.min(length, this.#backlogUpTo - this.#offset) : length;
    const read = await this.#file.read(this.#offset - tail.length, tail.length + most);
    if (read.length < tail.length || !read.subarray(0, tail.length).equals(tail)) return null;
    return read.subarray(tail.length);
  }

  #take(piece: Buffer): void {
    const backlog = this.#offset < this.#backlogUpTo;
    if (this.#offset === this.#head.length && this.#head.length < limits.fileFingerprintBytes)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, limits.fileFingerprintBytes - this.#head.length)]);
    this.#offset += piece.length;
    this.#tail = lastOf(this.#tail, piece);
    let lines = piece;
    if (this.#skippingToLine) {
      const end = piece.indexOf(LF);
      if (end === -1) return;
      this.#skippingToLine = false;
      lines = piece.subarray(end + 1);
    }
    this.#put(this.#framer.push(lines), backlog);
  }

  #put({ runs, cutLines, lostBytes }: ReturnType<SyslogFramer['push']>, backlog: boolean): void {
    for (const run of runs) this.#sink.lines(run, backlog);
    if (cutLines > 0) this.#sink.cut(lostBytes);
  }

  /** The file was truncated (copytruncate, `> file`), whether or not it has grown again. */
  async #restart(unreadBytes: number | null): Promise<void> {
    const head = this.#head;
    this.endLine();
    this.#sink.truncated(this.#offset, unreadBytes);
    this.#framer = newFramer();
    this.#offset = 0;
    this.#backlogUpTo = 0;
    this.#tail = NOTHING;
    this.#head = NOTHING;
    this.#skippingToLine = false;
    // An editor writes the same file anew: its old lines are not news.
    if (await this.#beginsWith(head)) await this.beginWithBacklog();
  }

  /** Too far behind to be of use: the oldest are left out. */
  async #catchUp(bytes: number): Promise<void> {
    if (bytes - this.#offset <= limits.fileLagBytesMax) return;
    const to = bytes - limits.fileBacklogBytesMax;
    this.endLine();
    this.#sink.skipped(to - this.#offset);
    await this.#skipTo(to);
  }

  /** On to the first line that begins after `offset`. */
  async #skipTo(offset: number): Promise<void> {
    if (offset <= this.#offset) return;
    this.#framer = newFramer();
    this.#offset = offset;
    this.#tail = (await this.#readExactly(...before(offset))) ?? NOTHING;
    this.#skippingToLine = this.#tail.at(-1) !== LF;
    if (this.#head.length === 0) this.#head = (await this.#readExactly(0, limits.fileFingerprintBytes)) ?? NOTHING;
  }

  async #beginsWith(head: Buffer): Promise<boolean> {
    if (head.length === 0) return false;
    return (await this.#readExactly(0, head.length))?.equals(head) ?? false;
  }

  async #readExactly(offset: number, length: number): Promise<Buffer | null> {
    const read = await this.#file.read(offset, length);
    return read.length === length ? read : null;
  }
}

const LF = 10;
const NOTHING: Buffer = Buffer.alloc(0);
const newFramer = (): SyslogFramer => new SyslogFramer(limits.lineBytesMax, { octetCounts: false });
const printOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const before = (offset: number): [offset: number, length: number] => {
  const length = Math.min(offset, limits.fileFingerprintBytes);
  return [offset - length, length];
};

/** A copy: the read's buffer is the ring's. */
const lastOf = (tail: Buffer, piece: Buffer): Buffer =>
  piece.length >= limits.fileFingerprintBytes
    ? Buffer.from(piece.subarray(-limits.fileFingerprintBytes))
    : Buffer.concat([tail, piece]).subarray(-limits.fileFingerprintBytes);
