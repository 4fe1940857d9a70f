/** The Random port on this host (agent/ports.ts): the operating system's cryptographic generator for both halves. */
import { randomBytes } from 'node:crypto';
import type { Random } from './ports.ts';

/** 53 bits fill a double's mantissa: every value is a multiple of 2^-53 and 1 is never reached. */
function uniform(): number {
  const bytes = randomBytes(8);
  const high = bytes.readUInt32BE(0) >>> 5;
  const low = bytes.readUInt32BE(4) >>> 6;
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

export function createRandom(): Random {
  return { bytes: (count) => randomBytes(count), uniform };
}
