/** The Random port with a seed: the same bytes in every run (xorshift32; nothing here is secret). */
import type { Random } from '../../agent/ports.ts';

export function seededRandom(seed = 1): Random {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => next() & 0xff)),
    uniform: () => next() / 0x1_0000_0000,
  };
}
