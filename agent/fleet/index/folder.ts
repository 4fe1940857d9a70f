/**
 * The folder of the index: `index/` at first, and after a rebuild the one that the file `current` names. A rebuilt one is made beside it and takes
 * its place at once; who has the old one open finds out by `currentOf` and opens the new. Called by open-index.ts and rebuild.ts.
 */
import { join } from 'node:path';
import { SpitrapError } from '../../../shared/errors.ts';
import { quoted } from '../../../shared/model/printable.ts';
import type { Disk, Random } from '../../ports.ts';

const FIRST = 'index';
const CURRENT = 'current';
const NAME = /^index(?:-[0-9a-f]{12})?$/;
/**
 * LMDB begins with two meta pages: a page's header of 24 bytes, then what says that it is one (lmdb.h, MDB_MAGIC and MDB_DATA_VERSION). It is
 * looked at here because the library ends the process over a file that has none.
 */
const PAGE_BYTES = 4_096;
const META_AT = 24;
const META = Buffer.from([0xde, 0xc0, 0xef, 0xbe, 0x02, 0x00, 0x00, 0x00]);

/** The name of the index in use. Rejects with INDEX_UNREADABLE. */
export async function currentOf(disk: Disk, folder: string): Promise<string> {
  const file = join(folder, CURRENT);
  if ((await disk.stat(file)) !== null) {
    const name = (await disk.readFile(file)).toString('utf8').trim();
    if (!NAME.test(name)) throw unreadable(folder, `its file ${CURRENT} says ${quoted(name)}, which is no index of ours`);
    return name;
  }
  return FIRST;
}

/** Makes the folder of one index; a torn file in it rejects with INDEX_UNREADABLE before anything maps it. */
export async function makeReady(disk: Disk, folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await disk.makeFolder(path);
  const file = join(path, 'data.mdb');
  const data = await disk.stat(file);
  // Of no bytes: another process makes it at this moment.
  if (data === null || data.bytes === 0) return path;
  const open = await disk.open(file, 'read');
  try {
    const head = await open.read(0, 2 * PAGE_BYTES);
    for (const page of [0, PAGE_BYTES])
      if (!head.subarray(page + META_AT, page + META_AT + META.length).equals(META))
        throw unreadable(folder, `its file ${name}/data.mdb (${data.bytes} bytes) does not begin as one of LMDB does`);
  } finally {
    await open.close();
  }
  return path;
}

export const newName = (random: Random): string => `${FIRST}-${random.bytes(6).toString('hex')}`;

/** From now on this is the index. */
export async function makeCurrent(disk: Disk, folder: string, name: string): Promise<void> {
  const file = join(folder, CURRENT);
  const draft = `${file}.${name}`;
  const open = await disk.open(draft, 'create');
  try {
    await open.append(Buffer.from(`${name}\n`));
    await open.sync();
  } finally {
    await open.close();
  }
  await disk.rename(draft, file);
  await disk.syncFolder(folder);
}

/** Indexes that are not in use. */
export async function othersOf(disk: Disk, folder: string, current: string): Promise<readonly string[]> {
  return (await disk.list(folder)).filter((name) => NAME.test(name) && name !== current);
}

export const unreadable = (folder: string, why: string): SpitrapError =>
  new SpitrapError(
    'INDEX_UNREADABLE',
    `${folder} is no index that this version of spitrap can read: ${why}. It is left as it is; \`spitrap fleet rebuild\` makes it anew from the stream`,
  );
