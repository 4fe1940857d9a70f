/** A Random port without randomness: no jitter. */
import type { Random } from '../../agent/ports.ts';

export const fixedRandom: Random = { bytes: (count) => Buffer.alloc(count), uniform: () => 0 };
