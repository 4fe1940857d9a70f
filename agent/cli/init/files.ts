/**
 * What `spitrap init` puts on disk: the secrets that are not there yet, then the configuration, each whole or not at all. Judged before
 * anything is written, by the program's own reading of it. Called by init.ts.
 */
import { basename, dirname, isAbsolute, relative } from 'node:path';
import type { ConfigHost } from '../../config/config-host.ts';
import type { Disk, Random } from '../../ports.ts';

export interface PlannedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

const KEY_BYTES = 24;
const SUFFIX_BYTES = 6;

/** 32 characters: letters, digits, - and _. */
export const drawKey = (random: Random): string => random.bytes(KEY_BYTES).toString('base64url');

/** The host as it will be once these files are there. */
export function hostWith(files: readonly PlannedFile[], host: ConfigHost): ConfigHost {
  const planned = new Map(files.map(({ path, text }) => [path, text]));
  return {
    readFile: (path, bytesMax) => planned.get(path) ?? host.readFile(path, bytesMax),
    listFolder: (path) => host.listFolder(path),
    permissions: (path) => (planned.has(path) ? 0o600 : host.permissions(path)),
    environment: host.environment,
  };
}

/** Through a new file beside it and a rename, so that nobody ever reads a half. Rejects with DISK_FAILED. */
export async function writeWhole({ path, text }: PlannedFile, disk: Disk, random: Random): Promise<void> {
  const folder = dirname(path);
  await disk.makeFolder(folder);
  const fresh = `${folder}/.${basename(path)}.${random.bytes(SUFFIX_BYTES).toString('hex')}`;
  try {
    const file = await disk.open(fresh, 'create');
    try {
      await file.append(Buffer.from(text));
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(fresh, path);
  } catch (error) {
    await disk.remove(fresh).catch(() => {});
    throw error;
  }
  await disk.syncFolder(folder);
}

/** As it stands in a configuration in that folder: relative below it, absolute elsewhere. */
export function pathFrom(folder: string, path: string): string {
  const near = relative(folder, path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}
