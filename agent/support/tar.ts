/** A tar archive in memory, in the old POSIX form that every tar reads (ustar, POSIX.1-1988): regular files alone. Used by archive.ts; its parts by publish/bundle-tar.ts. Pure. */
import { SpitrapError } from '../../shared/errors.ts';

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

export interface TarFile {
  /** Relative, with `/` between folders; ASCII. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `atS`: the time of all of them, seconds since 1970. Throws INTERNAL for a name that fits in no header. */
export function tar(files: readonly TarFile[], atS: number): Buffer {
  const parts = files.flatMap(({ name, bytes }) => [tarHeader(name, bytes.length, atS), bytes, tarPadding(bytes.length)]);
  return Buffer.concat([...parts, tarEnd]);
}

/** Behind the last file. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * BLOCK);

/** Behind a file of so many bytes. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);

/** In front of a file. Throws INTERNAL for a name that fits in no header. */
export function tarHeader(path: string, bytes: number, atS: number): Buffer {
  const { name, prefix } = split(path);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  octal(block, 100, 8, 0o600);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, bytes);
  octal(block, 136, 12, atS);
  // The checksum counts its own field as spaces.
  block.fill(' ', 148, 156);
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write('root', 265, 'latin1');
  block.write('root', 297, 'latin1');
  block.write(prefix, 345, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

const octal = (block: Buffer, offset: number, width: number, value: number): void =>
  void block.write(
    `${Math.max(0, Math.floor(value))
      .toString(8)
      .padStart(width - 1, '0')}\u0000`,
    offset,
    'latin1',
  );

function split(path: string): { readonly name: string; readonly prefix: string } {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(path)) throw unfit(path);
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at >= 0 && at <= PREFIX_BYTES; at = path.indexOf('/', at + 1))
    if (path.length - at - 1 <= NAME_BYTES) return { name: path.slice(at + 1), prefix: path.slice(0, at) };
  throw unfit(path);
}

const unfit = (path: string): SpitrapError =>
  new SpitrapError('INTERNAL', `${JSON.stringify(path)} is no name of a file in a tar archive`);
