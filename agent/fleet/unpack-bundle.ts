/**
 * A bundle as it came from the object store, a gzipped tar, into a folder of ours. Called by bundle-desk.ts. Whoever may write to the
 * store may have made it: only regular files that a bundle of ours could have, in the one place that is given, so many, so large; anything
 * else and the whole is refused. Whether it is whole is for evidence/verify.ts. Format: POSIX.1-1988 ustar, as agent/publish/ packs it.
 */
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { isBundleName } from '../evidence/bundle-listing.ts';
import type { Disk } from '../ports.ts';
import { readTarHeader, TAR_BLOCK, type TarHeader } from './tar-header.ts';

/** `folder` is made. `ids`: names may have one of them in front, as the agent knew the incident. Rejects with BUNDLE_DAMAGED, DISK_FAILED, and with what `chunks` reject with. */
export async function unpackBundle(
  chunks: AsyncIterable<Uint8Array>,
  folder: string,
  ids: ReadonlySet<string>,
  disk: Pick<Disk, 'makeFolder' | 'open'>,
): Promise<void> {
  await disk.makeFolder(folder);
  const made = new Set<string>();
  const names = new Set<string>();
  let bytes = 0;

  async function take(source: AsyncIterable<Buffer>): Promise<void> {
    const reader = new BlockReader(source);
    for (;;) {
      const block = await reader.exactly(TAR_BLOCK);
      if (block === null) throw damaged('it ends in the middle');
      const header = readTarHeader(block);
      if (header === 'end') break;
      if (typeof header === 'string') throw damaged(header);
      const name = nameOf(header, ids);
      if (header.kind === 'folder') continue;
      if (name === null) throw damaged(`${quotedName(header)} is no name of a file of ours`);
      if (names.has(name)) throw damaged(`${quotedName(header)} stands in it twice`);
      names.add(name);
      if (names.size > limits.bundleFilesMax) throw damaged(`more than ${limits.bundleFilesMax} files`);
      bytes += header.bytes;
      if (header.bytes > limits.bundleFileBytesMax || bytes > limits.peerBundleBytesMax)
        throw damaged(`${quotedName(header)} makes it larger than any of ours`);
      await write(name, header.bytes, reader);
    }
    if (names.size === 0) throw damaged('there is no file in it');
    await reader.rest(limits.bundleTrailerBytesMax);
  }

  async function write(name: string, length: number, reader: BlockReader): Promise<void> {
    const [first, second] = name.split('/');
    if (second !== undefined && first !== undefined && !made.has(first)) {
      await disk.makeFolder(`${folder}/${first}`);
      made.add(first);
    }
    const file = await disk.open(`${folder}/${name}`, 'create');
    try {
      for (let left = length; left > 0; ) {
        const piece = await reader.upTo(left);
        if (piece === null) throw damaged(`it ends in the middle of ${name}`);
        await file.append(piece);
        left -= piece.length;
      }
    } finally {
      await file.close().catch(() => {});
    }
    const padding = (TAR_BLOCK - (length % TAR_BLOCK)) % TAR_BLOCK;
    if (padding > 0 && (await reader.exactly(padding)) === null) throw damaged('it ends in the middle');
  }

  try {
    await pipeline(chunks, createGunzip(), take);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (isSpitrapError(error)) throw error;
    if (typeof code === 'string' && code.startsWith('Z_')) throw damaged('it is not a gzip file, or not all of one');
    throw error;
  }
}

const damaged = (why: string): SpitrapError =>
  new SpitrapError('BUNDLE_DAMAGED', `what the object store has is no bundle of ours: ${why}; nothing of it is shown`);

const quotedName = ({ name }: TarHeader): string => JSON.stringify(printable(name, 80));

/** Below the folder of the bundle; null: a bundle has no such file. */
function nameOf({ name }: TarHeader, ids: ReadonlySet<string>): string | null {
  const at = name.indexOf('/');
  const inside = at > 0 && ids.has(name.slice(0, at)) ? name.slice(at + 1) : name;
  return isBundleName(inside) ? inside : null;
}

/** Bytes of a stream, as many as are wanted at a time. */
class BlockReader {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At least one byte and at most `length`; null: there are none any more. */
  async upTo(length: number): Promise<Buffer | null> {
    while (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return null;
      this.#held = next.value;
    }
    const piece = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }

  /** Null: there are fewer. */
  async exactly(length: number): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const piece = await this.upTo(left);
      if (piece === null) return null;
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** What follows the end, which is nothing to us: read, so that the whole stream is judged, and bounded. */
  async rest(bytesMax: number): Promise<void> {
    for (let bytes = 0; ; ) {
      const piece = await this.upTo(TAR_BLOCK * 16);
      if (piece === null) return;
      bytes += piece.length;
      if (bytes > bytesMax) throw damaged('there is more behind its end');
    }
  }
}
