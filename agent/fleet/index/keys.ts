/** Keys of the index's tables: bytes whose order is the order of what they stand for. Used in agent/fleet/index/ alone. */
import { createHash } from 'node:crypto';

/** LMDB takes 1,978 bytes for a key with pages of 4 KiB; three texts and a number fit. */
const TEXT_BYTES_MAX = 400;
const END = 0;
/** Stands before what would end the text, and before itself. */
const ESCAPE = 1;
/** Begins what stands for a longer text. */
const DIGEST = 2;

/** One text, ended, so that no text's key begins with another's. One that is too long is told by its digest, and has no order. */
export function textKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > TEXT_BYTES_MAX)
    return Buffer.concat(
      [Buffer.of(ESCAPE, DIGEST), createHash('sha256').update(bytes).digest('hex').slice(0, 48), Buffer.of(END)].map(asBytes),
    );
  return Buffer.concat([escaped(bytes), Buffer.of(END)]);
}

/** How keys begin of texts that begin so. */
export const textPrefix = (text: string): Buffer => escaped(Buffer.from(text, 'utf8').subarray(0, TEXT_BYTES_MAX));

export const textsKey = (...texts: readonly string[]): Buffer => Buffer.concat(texts.map(textKey));

export function numberKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(number);
  return key;
}

export function numbersKey(...numbers: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(4 * numbers.length);
  for (const [at, number] of numbers.entries()) key.writeUInt32BE(number, 4 * at);
  return key;
}

export function bigKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeBigUInt64BE(BigInt(number));
  return key;
}

/** What follows all keys that begin so. */
export function afterPrefix(prefix: Buffer): Buffer {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return Buffer.alloc(TEXT_BYTES_MAX, 0xff);
  const after = Buffer.from(prefix.subarray(0, length));
  after[length - 1]!++;
  return after;
}

export const FIRST_KEY = Buffer.of(0);

const asBytes = (part: Buffer | string): Buffer => (typeof part === 'string' ? Buffer.from(part) : part);

function escaped(bytes: Buffer): Buffer {
  if (!bytes.some((byte) => byte <= ESCAPE)) return bytes;
  return Buffer.from([...bytes].flatMap((byte) => (byte <= ESCAPE ? [ESCAPE, byte === END ? ESCAPE : ESCAPE + 2] : [byte])));
}
