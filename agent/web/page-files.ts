/**
 * The files of the page (agent/web/page/), read once when the agent starts: they are served when the disk does not answer any more, too.
 * They stand beside this module, in the sources and in dist/ alike (`npm run build` copies them). Opened by server.ts.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Disk } from '../ports.ts';

/** By name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same for a browser that takes gzip, as all do: a third, over a phone's line or an SSH tunnel. */
  readonly gzip: Buffer;
}

const FOLDER = fileURLToPath(new URL('./page', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files of any other kind are none of the page. Rejects with DISK_FAILED when one can not be read. */
export async function readPageFiles(disk: Pick<Disk, 'list' | 'stat' | 'readFile'>, folder = FOLDER): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  for (const name of await disk.list(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = `${folder}/${name}`;
    const look = await disk.stat(path);
    if (look !== null && look.bytes > limits.pageFileBytesMax)
      throw new SpitrapError('DISK_FAILED', `${path} has ${look.bytes} bytes, more than a file of the page has`);
    const bytes = await disk.readFile(path);
    files.set(name, { type, bytes, gzip: gzipSync(bytes, { level: 9 }) });
  }
  return files;
}
