/**
 * Pieces of a file as blocks of whole lines for candidates.ts, in bounded memory, with the number of lines counted on the way. Where a
 * piece is cut changes nothing: a message near the end of a block is kept for the next, since its wrapped rest may follow. Pure.
 * Called by agent/cli/detect.ts.
 */
import { limits } from '../limits.ts';
import { indexOfAnchor } from './anchor-search.ts';

const LF = 10;
const LINE_END = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

export class LineBlocks {
  lines = 0;
  /** Lines beyond limits.lineBytesMax: the rest of each is passed over. */
  cutLines = 0;
  #held: Buffer = NOTHING;
  /** Inside a line that was cut: everything up to its end is passed over. */
  #skipping = false;

  /**
   * Whole lines, LF and all; null when there are none yet. The block is `piece`'s memory: read it before the next piece. `roomBefore`:
   * bytes in front of it that may be written over, so that what was held need not be joined to it by a copy of both.
   */
  push(piece: Buffer, roomBefore = 0): Buffer | null {
    const fresh = this.#skipping ? this.#afterCut(piece) : piece;
    if (fresh.length === 0) return null;
    this.lines += countNewlines(fresh);
    let all = inFront(this.#held, fresh, roomBefore);
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

function inFront(held: Buffer, bytes: Buffer, roomBefore: number): Buffer {
  if (held.length === 0) return bytes;
  if (held.length > roomBefore) return Buffer.concat([held, bytes]);
  const both = Buffer.from(bytes.buffer, bytes.byteOffset - held.length, held.length + bytes.length);
  held.copy(both);
  return both;
}

/** `end`, or the start of the first message in the last few lines before it: as many as one message may be wrapped over. */
function beforeLastMessage(bytes: Buffer, end: number): number {
  let start = end;
  for (let line = 0; line < limits.wrappedLinesMax && start > 0; line++)
    start = start < 2 ? 0 : bytes.lastIndexOf(LF, start - 2) + 1;
  const anchor = indexOfAnchor(bytes.subarray(start, end));
  if (anchor === -1) return end;
  const at = start + anchor;
  return at === 0 ? 0 : bytes.lastIndexOf(LF, at - 1) + 1;
}

const LFS = 0x0a0a0a0a;
const LOW7 = 0x7f7f7f7f;
const ONES = 0x01010101;
/** Words after which one of four 8-bit counts could overflow, in steps of four. */
const WORDS_MAX = 252;

/** Four bytes at a time: a gigabyte of log has ten million lines, and a call for each would take longer than reading it. */
export function countNewlines(bytes: Buffer): number {
  let count = 0;
  let at = 0;
  for (; at < bytes.length && (bytes.byteOffset + at) % 4 !== 0; at++) if (bytes[at] === LF) count++;
  if (at === bytes.length) return count;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >>> 2);
  const whole = words.length - (words.length % 4);
  for (let word = 0; word < whole; ) {
    const from = word;
    let others = 0;
    for (const to = Math.min(whole, from + WORDS_MAX); word < to; word += 4)
      // `| 0`: four counts in one word, whatever its sign.
      others =
        (others + othersIn(words[word]!) + othersIn(words[word + 1]!) + othersIn(words[word + 2]!) + othersIn(words[word + 3]!)) |
        0;
    count += (word - from) * 4 - ((others & 0xff) + ((others >>> 8) & 0xff) + ((others >>> 16) & 0xff) + (others >>> 24));
  }
  for (at += whole * 4; at < bytes.length; at++) if (bytes[at] === LF) count++;
  return count;
}

/** A one in each of its four bytes that is no LF: the high bit of what is not zero without it; exact, without borrow between bytes. */
function othersIn(word: number): number {
  const x = word ^ LFS;
  return ((((x & LOW7) + LOW7) | x) >>> 7) & ONES;
}
