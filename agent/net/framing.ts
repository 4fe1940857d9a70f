/**
 * Syslog over a byte stream into whole lines (RFC 6587): octet counting (§3.4.1) and trailers (§3.4.2: LF, CRLF, NUL), told apart
 * frame by frame as rsyslog does. Used by the stream sources, and without octet counting for files. Works on chunks: what stands whole
 * in a read goes on as a slice of it.
 */
import { assertNever } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';

export interface Framed {
  /**
   * Whole lines, LF-terminated, of this read and of what waited before it, in order: none, or one or two runs of them. Two, so that a long
   * read is not copied for the line that it completes.
   */
  readonly runs: readonly Buffer[];
  /** Lines that were longer than the limit and have ended now: cut, the rest skipped. */
  readonly cutLines: number;
  /** Bytes skipped with them. */
  readonly lostBytes: number;
}

type Mode =
  | { readonly kind: 'start' }
  /** In a line that ends with a trailer; its first part is in `parts`. */
  | { readonly kind: 'line' }
  /** Past the limit of a line, until its trailer. */
  | { readonly kind: 'skip-line' }
  /** In an octet-counted frame: `left` bytes are to come, of which `keep` still fit the limit. */
  | { readonly kind: 'counted'; readonly left: number; readonly keep: number };

const START: Mode = { kind: 'start' };
const LINE: Mode = { kind: 'line' };
const SKIP_LINE: Mode = { kind: 'skip-line' };

const LF = 10;
const NUL = 0;
const SPACE = 32;
const NEWLINE = Buffer.from('\n');
/** A run is copied to be one with what stands before it, unless it is as long: then two runs cost less. */
const COPIED_BYTES_MAX = 4 * 1024;
/**
 * What may follow `MSG-LEN SP`. RFC 5424 asks for the `<` of a PRI; devices without one begin with a mark or the message. A digit or
 * a letter would make `2020 Mar  4 …` a frame of 2020 bytes.
 */
const FRAME_BEGINS: ReadonlySet<number> = new Set([...'<*.%'].map((c) => c.charCodeAt(0)));

export class SyslogFramer {
  readonly #lineMax: number;
  readonly #octetCounts: boolean;
  #mode: Mode = START;
  /** Of the line or frame that has not ended. */
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #skipped = 0;
  #out: Buffer[] = [];
  /** Start of the lines in this read that go on as they are; -1: none. */
  #runStart = -1;
  /** The last of them in `#out`, which begins with a line and, when nothing follows it there, ends with one. */
  #lastRun: Buffer | null = null;
  #cutLines = 0;
  #lostBytes = 0;

  /** `octetCounts: false`: trailers alone, as in a file. */
  constructor(lineBytesMax: number = limits.lineBytesMax, { octetCounts = true } = {}) {
    this.#lineMax = lineBytesMax;
    this.#octetCounts = octetCounts;
  }

  /** Of a line that has not ended, kept here. */
  get pendingBytes(): number {
    return this.#partsBytes;
  }

  push(read: Buffer): Framed {
    // A header that was torn by the read's end is looked at again, whole.
    const torn = this.#mode.kind === 'start' && this.#partsBytes > 0;
    const bytes = torn ? Buffer.concat([...this.#takeParts(), read]) : read;
    const ends = new LineEnds(bytes);
    let at = 0;
    while (at < bytes.length) {
      switch (this.#mode.kind) {
        case 'start':
          at = this.#start(bytes, at);
          break;
        case 'line':
          at = this.#line(bytes, at, ends);
          break;
        case 'skip-line':
          at = this.#skipLine(bytes, at, ends);
          break;
        case 'counted':
          at = this.#counted(bytes, at, this.#mode);
          break;
        default:
          assertNever(this.#mode);
      }
    }
    this.#endRun(bytes, at);
    return this.#take();
  }

  /** The connection closed: a last line without its trailer is a line all the same. */
  end(): Framed {
    if (this.#mode.kind === 'skip-line') this.#endCut(this.#skipped);
    else if (this.#skipped > 0) this.#endCounted();
    if (this.#partsBytes > 0) this.#out.push(...this.#takeParts(), NEWLINE);
    this.#mode = START;
    this.#skipped = 0;
    return this.#take();
  }

  /** Decides how the frame at `at` is framed. */
  #start(bytes: Buffer, at: number): number {
    const first = bytes[at]!;
    if (first === NUL || first === LF) return this.#blank(bytes, at);
    if (!this.#octetCounts || first < 49 || first > 57) return this.#beginLine(at);
    const header = readCount(bytes, at);
    if (header === 'none') return this.#beginLine(at);
    this.#endRun(bytes, at);
    if (header === 'torn') {
      this.#keepPart(bytes.subarray(at));
      return bytes.length;
    }
    this.#mode = { kind: 'counted', left: header.count, keep: Math.min(header.count, this.#lineMax) };
    return header.end;
  }

  /** Trailers beyond the one that ended a frame: `\r\n\0`, or an LF after a counted frame. They are no lines. */
  #blank(bytes: Buffer, at: number): number {
    this.#endRun(bytes, at);
    return at + 1;
  }

  #beginLine(at: number): number {
    if (this.#runStart === -1) this.#runStart = at;
    this.#mode = LINE;
    return at;
  }

  #line(bytes: Buffer, at: number, ends: LineEnds): number {
    const end = ends.next(at);
    const room = this.#lineMax - this.#partsBytes;
    if (end - at > room) return this.#cut(bytes, at, room);
    if (end === bytes.length) {
      this.#endRun(bytes, at);
      this.#keepPart(bytes.subarray(at));
      return end;
    }
    if (this.#partsBytes > 0) {
      this.#out.push(...this.#takeParts(), bytes.subarray(at, end), NEWLINE);
    } else if (bytes[end] === NUL) {
      this.#endRun(bytes, end);
      this.#out.push(NEWLINE);
    }
    this.#mode = START;
    return end + 1;
  }

  #cut(bytes: Buffer, at: number, room: number): number {
    this.#endRun(bytes, at);
    this.#skipped = this.#putCut([...this.#takeParts(), bytes.subarray(at, at + room)]);
    this.#mode = SKIP_LINE;
    return at + room;
  }

  /** The first part of a line that is too long; returns the bytes of a character that was cut in two, which go with the rest. */
  #putCut(parts: readonly Buffer[]): number {
    const content = Buffer.concat(parts);
    const end = wholeCharactersEnd(content);
    this.#out.push(content.subarray(0, end), NEWLINE);
    return content.length - end;
  }

  #skipLine(bytes: Buffer, at: number, ends: LineEnds): number {
    const end = ends.next(at);
    this.#skipped += end - at;
    if (end === bytes.length) return end;
    this.#endCut(this.#skipped);
    this.#mode = START;
    return end + 1;
  }

  #counted(bytes: Buffer, at: number, mode: Extract<Mode, { kind: 'counted' }>): number {
    const here = Math.min(mode.left, bytes.length - at);
    const kept = Math.min(mode.keep, here);
    if (kept > 0) this.#keepPart(bytes.subarray(at, at + kept));
    this.#skipped += here - kept;
    const left = mode.left - here;
    this.#mode = { kind: 'counted', left, keep: mode.keep - kept };
    if (left === 0) this.#endCounted();
    return at + here;
  }

  #endCounted(): void {
    this.#mode = START;
    const parts = this.#takeParts();
    if (this.#skipped > 0) {
      this.#endCut(this.#skipped + this.#putCut(parts));
      return;
    }
    this.#out.push(...parts);
    const last = parts.at(-1);
    if (last !== undefined && last[last.length - 1] !== LF) this.#out.push(NEWLINE);
  }

  #endCut(skipped: number): void {
    this.#cutLines++;
    this.#lostBytes += skipped;
    this.#skipped = 0;
  }

  #keepPart(part: Buffer): void {
    this.#parts.push(part);
    this.#partsBytes += part.length;
  }

  #takeParts(): Buffer[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#partsBytes = 0;
    return parts;
  }

  #endRun(bytes: Buffer, at: number): void {
    if (this.#runStart !== -1 && at > this.#runStart) {
      this.#lastRun = bytes.subarray(this.#runStart, at);
      this.#out.push(this.#lastRun);
    }
    this.#runStart = -1;
  }

  #runs(): readonly Buffer[] {
    const out = this.#out;
    if (out.length < 2) return out;
    const last = out[out.length - 1]!;
    if (last !== this.#lastRun || last.length < COPIED_BYTES_MAX) return [Buffer.concat(out)];
    return [Buffer.concat(out.slice(0, -1)), last];
  }

  #take(): Framed {
    const framed: Framed = {
      runs: this.#runs(),
      cutLines: this.#cutLines,
      lostBytes: this.#lostBytes,
    };
    this.#out = [];
    this.#lastRun = null;
    this.#cutLines = 0;
    this.#lostBytes = 0;
    return framed;
  }
}

/** Where the line at hand ends: LF or NUL, the buffer's length when neither comes. Both searches remember their last hit, so that a read is scanned once. */
class LineEnds {
  readonly #bytes: Buffer;
  #lf = -1;
  #nul = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(at: number): number {
    if (this.#lf < at) this.#lf = this.#find(LF, at);
    if (this.#nul < at) this.#nul = this.#find(NUL, at);
    return this.#lf < this.#nul ? this.#lf : this.#nul;
  }

  #find(byte: number, at: number): number {
    const found = this.#bytes.indexOf(byte, at);
    return found === -1 ? this.#bytes.length : found;
  }
}

/** `119 <`; `torn`: the read ends before that can be told. */
function readCount(bytes: Buffer, at: number): 'none' | 'torn' | { readonly count: number; readonly end: number } {
  let count = 0;
  for (let p = at; p < at + limits.frameHeaderBytesMax; p++) {
    if (p >= bytes.length) return 'torn';
    const code = bytes[p]!;
    if (code === SPACE && p > at) {
      if (p + 1 >= bytes.length) return 'torn';
      return FRAME_BEGINS.has(bytes[p + 1]!) ? { count, end: p + 1 } : 'none';
    }
    if (code < 48 || code > 57) return 'none';
    count = count * 10 + (code - 48);
  }
  return 'none';
}

/** Where the last whole UTF-8 character ends; bytes that are no UTF-8 are cut anywhere. */
function wholeCharactersEnd(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const code = bytes[bytes.length - back]!;
    if ((code & 0xc0) === 0x80) continue;
    const length = code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : code >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
