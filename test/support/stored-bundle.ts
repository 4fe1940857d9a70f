/** A sealed bundle as an agent puts it into the object store: a folder made by hand, as a gzipped tar, and what its agent tells of it. For tests of the fleet. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarFile, tar } from '../../agent/support/tar.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import type { FleetBody } from '../../shared/fleet/record.ts';
import { writeBundleFolder } from './bundle-folder.ts';

export interface StoredBundle {
  readonly object: Buffer;
  readonly told: FleetBody<'bundle'>;
}

/** `change`: of the files before they are packed. */
export function storedBundle(bundle: BundleText, change: (files: TarFile[]) => TarFile[] = (files) => files): StoredBundle {
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-stored-'));
  try {
    writeBundleFolder(bundle, folder);
    const { id } = bundle.incident;
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    const files = names.sort().map((name) => ({ name: `${id}/${name}`, bytes: readFileSync(join(folder, name)) }));
    return objectOf(gzipSync(tar(change(files), 1_700_000_000)), `${bundle.incident.device.name}/${id}.tar.gz`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const objectOf = (object: Buffer, name: string): StoredBundle => ({
  object,
  told: { object: name, bytes: object.length, sha256: createHash('sha256').update(object).digest('hex') },
});

/** In pieces, as they come from the store. */
export async function* inPieces(bytes: Buffer, size = 4_096): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
