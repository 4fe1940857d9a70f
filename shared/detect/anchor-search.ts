/**
 * Where the next invalid-SPI message may stand in the bytes of a log: every byte that comes in, or of a file, is searched with this.
 * Pure. Called by candidates.ts and line-blocks.ts.
 */
import { invalidSpiAnchor } from './invalid-spi.ts';

const ANCHOR = Buffer.from(invalidSpiAnchor, 'latin1');
/**
 * Its end is searched for and what stands before it compared: in a log there are underscores everywhere and hardly a V, and a search for
 * few bytes goes from one first byte to the next at the speed of memory (0.03 s a gigabyte of debugs; the whole anchor takes 0.35 s).
 */
const RARE = Buffer.from('V_SPI', 'latin1');
const BEFORE = ANCHOR.length - RARE.length;
/** Then it is no log, or made to be slow: the rest is searched for the whole anchor. */
const MISSES_MAX = 256;

/** As `bytes.indexOf(anchor, from)`. */
export function indexOfAnchor(bytes: Buffer, from = 0): number {
  let at = from;
  for (let misses = 0; misses < MISSES_MAX; misses++) {
    const rare = bytes.indexOf(RARE, at + BEFORE);
    if (rare === -1) return -1;
    at = rare - BEFORE;
    if (isAnchorBefore(bytes, at)) return at;
    at++;
  }
  return bytes.indexOf(ANCHOR, at);
}

function isAnchorBefore(bytes: Buffer, at: number): boolean {
  for (let n = 0; n < BEFORE; n++) if (bytes[at + n] !== ANCHOR[n]) return false;
  return true;
}
