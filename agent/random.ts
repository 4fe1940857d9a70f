/** The Random port on this host (agent/ports.ts): the operating system's cryptographic generator for both halves. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from './ports.ts';

/** 53 bits fill a double's mantissa: every value is a multiple of 2^-53 and 1 is never reached. */
function uniform(): number {
  const bytes = randomBytes(8);
  const high = bytes.readUInt32BE(0) >>> 5;
  const low = bytes.readUInt32BE(4) >>> 6;
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

/** Drawn in advance: a call into the generator costs ten microseconds, and every notification needs an id. */
const POOL_BYTES = 1_024;
const POOLED_BYTES_MAX = 16;

function pooledBytes(): (count: number) => Buffer {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (count) => {
    if (count > POOLED_BYTES_MAX) return randomBytes(count);
    if (used + count > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const drawn = Buffer.from(pool.subarray(used, used + count));
    // Nothing that was given away stays here.
    pool.fill(0, used, used + count);
    used += count;
    return drawn;
  };
}

export function createRandom(): Random {
  return { bytes: pooledBytes(), uniform };
}
