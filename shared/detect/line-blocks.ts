/**
 * Pieces of a file as blocks of whole lines for candidates.ts, in bounded memory, with the number of lines counted on the way. Where a
 * piece is cut changes nothing: a message near the end of a block is kept for the next, since its wrapped rest may follow. Pure.
 * Called by agent/cli/detect.ts.
 */
import { limits } from '../limits.ts';
import { invalidSpiAnchor } from './invalid-spi.ts';

const LF = 10;
const LINE_END = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
const ANCHOR = Buffer.from(invalidSpiAnchor, 'latin1');

export class LineBlocks {
  lines = 0;
  /** Lines beyond limits.lineBytesMax: the rest of each is passed over. */
  cutLines = 0;
  #held: Buffer = NOTHING;
  /** Inside a line that was cut: everything up to its end is passed over. */
  #skipping = false;

  /** Whole lines, LF and all; null when there are none yet. The block is `piece`'s memory: read it before the next piece. */
  push(piece: Buffer): Buffer | null {
    const fresh = this.#skipping ? this.#afterCut(piece) : piece;
    if (fresh.length === 0) return null;
    this.lines += countNewlines(fresh);
    let all = this.#held.length > 0 ? Buffer.concat([this.#held, fresh]) : fresh;
    let lineStart = all.lastIndexOf(LF) + 1;
    if (all.length - lineStart > limits.lineBytesMax) {
      all = Buffer.concat([all.subarray(0, lineStart + limits.lineBytesMax), LINE_END]);
      lineStart = all.length;
      this.lines++;
      this.cutLines++;
      this.#skipping = true;
    }
    const cut = beforeLastMessage(all, lineStart);
    // A copy: what is held must not keep a whole piece in memory.
    this.#held = cut === all.length ? NOTHING : Buffer.from(all.subarray(cut));
    return cut === 0 ? null : all.subarray(0, cut);
  }

  /** What is left, a last line without its LF included. */
  end(): Buffer | null {
    const rest = this.#held;
    this.#held = NOTHING;
    if (rest.length > 0 && rest[rest.length - 1] !== LF) this.lines++;
    return rest.length === 0 ? null : rest;
  }

  #afterCut(piece: Buffer): Buffer {
    const end = piece.indexOf(LF);
    if (end === -1) return NOTHING;
    this.#skipping = false;
    return piece.subarray(end + 1);
  }
}

/** `end`, or the start of the first message in the last few lines before it: as many as one message may be wrapped over. */
function beforeLastMessage(bytes: Buffer, end: number): number {
  let start = end;
  for (let line = 0; line < limits.wrappedLinesMax && start > 0; line++)
    start = start < 2 ? 0 : bytes.lastIndexOf(LF, start - 2) + 1;
  const anchor = bytes.subarray(start, end).indexOf(ANCHOR);
  if (anchor === -1) return end;
  const at = start + anchor;
  return at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1;
}

const LFS = 0x0a0a0a0a;
const LOW7 = 0x7f7f7f7f;
/** Rounds after which one of four 8-bit counts could overflow. */
const ROUNDS_MAX = 255;

/** Four bytes at a time: a gigabyte of log has ten million lines, and a call for each would take longer than reading it. */
export function countNewlines(bytes: Buffer): number {
  let count = 0;
  let at = 0;
  for (; at < bytes.length && (bytes.byteOffset + at) % 4 !== 0; at++) if (bytes[at] === LF) count++;
  if (at === bytes.length) return count;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >>> 2);
  for (let from = 0; from < words.length; from += ROUNDS_MAX) {
    const to = Math.min(words.length, from + ROUNDS_MAX);
    let sums = 0;
    for (let word = from; word < to; word++) {
      const x = words[word]! ^ LFS;
      // The high bit of each byte that is zero, and so was an LF; exact, without borrow between bytes.
      sums += (~(((x & LOW7) + LOW7) | x | LOW7) >>> 7) & 0x01010101;
    }
    count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24);
  }
  for (at += words.length * 4; at < bytes.length; at++) if (bytes[at] === LF) count++;
  return count;
}
