/** A sealed bundle as a gzipped tar, piece by piece as it is asked for, never in memory whole. Used by bundle-courier.ts; agent/fleet/unpack-bundle.ts reads it. */
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Disk } from '../ports.ts';
import { tarEnd, tarHeader, tarPadding } from '../support/tar.ts';

/**
 * The files of `folder`, with `name/` in front. `pace` is asked before each piece is read. Ends with an error when a file is not what it was, or
 * `pace` rejects. Whoever stops asking leaves nothing open.
 */
export async function* bundleTar(
  folder: string,
  name: string,
  disk: Pick<Disk, 'list' | 'stat' | 'open'>,
  pace: (bytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const gzip = createGzip();
  const packing = pipeline(blocks(folder, name, disk, pace), gzip);
  // Told by the loop below, which ends with it.
  packing.catch(() => {});
  try {
    for await (const piece of gzip) yield piece as Buffer;
    await packing;
  } finally {
    gzip.destroy();
  }
}

async function* blocks(
  folder: string,
  name: string,
  disk: Pick<Disk, 'list' | 'stat' | 'open'>,
  pace: (bytes: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for (const path of await filesBelow(folder, '', disk)) {
    const file = await disk.open(join(folder, path), 'read');
    try {
      const size = await file.size();
      const modifiedAtMs = (await disk.stat(join(folder, path)))?.modifiedAtMs ?? 0;
      yield tarHeader(`${name}/${path}`, size, Math.floor(modifiedAtMs / 1_000));
      for (let at = 0; at < size; ) {
        await pace(limits.fleetBundlePieceBytes);
        const piece = await file.read(at, Math.min(limits.fleetBundlePieceBytes, size - at));
        if (piece.length === 0) throw new SpitrapError('BUNDLE_DAMAGED', `${path} ends at ${at} of ${size} bytes`);
        at += piece.length;
        yield piece;
      }
      yield tarPadding(size);
    } finally {
      await file.close().catch(() => {});
    }
  }
  yield tarEnd;
}

async function filesBelow(folder: string, under: string, disk: Pick<Disk, 'list' | 'stat'>): Promise<string[]> {
  const found: string[] = [];
  for (const name of await disk.list(join(folder, under))) {
    const path = under === '' ? name : `${under}/${name}`;
    const look = await disk.stat(join(folder, path));
    if (look === null) continue;
    // A bundle has one level of folders.
    if (!look.folder) found.push(path);
    else if (under === '') found.push(...(await filesBelow(folder, name, disk)));
  }
  return found;
}
