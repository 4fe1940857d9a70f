/**
 * The Disk port on this host (agent/ports.ts), used by journal, ring and bundles. Everything it makes is for the agent's own user:
 * files 0600, folders 0700. Each failure is a DISK_FAILED that names what was tried, the path, the errno and the remedy.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SpitrapError } from '../../shared/errors.ts';
import type { Disk, DiskFile } from '../ports.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the file system is full: free space, or lower evidence.ringMaxBytes and evidence.retainMaxBytes',
  EDQUOT: "the user's disk quota is used up: raise it, or lower evidence.ringMaxBytes and evidence.retainMaxBytes",
  EACCES: "the agent's user has no right to it: chown the folder to that user, or choose another dataDir",
  EPERM: "the agent's user has no right to it: chown the folder to that user, or choose another dataDir",
  EROFS:
    'the file system is mounted read-only: remount it writable (a disk error may have caused it: see dmesg), or choose another dataDir',
  EIO: 'the disk reports an input/output error: see dmesg, and move dataDir to a healthy disk',
  EMFILE: 'too many open files: raise LimitNOFILE of the service',
  ENOTDIR: 'a part of the path is a file, not a folder: choose another dataDir',
  ENOTREG: 'it is no regular file (a pipe, a socket or a device)',
};
/** What can pass by itself, or by an operator's hand, while the agent runs. */
const PASSING: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
  'EAGAIN',
  'EBUSY',
]);

const errnoOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

/** DISK_FAILED as every adapter of the port words it. */
export function diskFailed(tried: string, path: string, errno: string, cause?: unknown): SpitrapError {
  const advice = ADVICE[errno];
  return new SpitrapError('DISK_FAILED', `cannot ${tried} ${path}: ${errno}${advice ? `: ${advice}` : ''}`, {
    retryable: PASSING.has(errno),
    context: { path, errno, tried },
    ...(cause === undefined ? {} : { cause }),
  });
}

async function attempt<T>(tried: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailed(tried, path, errnoOf(error), error);
  }
}

class SystemFile implements DiskFile {
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  append(bytes: Uint8Array): Promise<void> {
    return attempt('write to', this.#path, async () => {
      // A nearly full disk takes a part and says so only at the next write.
      for (let written = 0; written < bytes.length; ) {
        const step = await this.#handle.write(bytes, written, bytes.length - written, null);
        written += step.bytesWritten;
      }
    });
  }

  sync(): Promise<void> {
    return attempt('sync', this.#path, () => this.#handle.datasync());
  }

  read(offset: number, length: number): Promise<Buffer> {
    return attempt('read', this.#path, async () => {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    });
  }

  truncate(bytes: number): Promise<void> {
    return attempt('truncate', this.#path, () => this.#handle.truncate(bytes));
  }

  size(): Promise<number> {
    return attempt('stat', this.#path, async () => (await this.#handle.stat()).size);
  }

  close(): Promise<void> {
    return attempt('close', this.#path, () => this.#handle.close());
  }
}

// O_APPEND in every writing mode: what is written goes to the end, also after a truncate. O_NOFOLLOW: dataDir is ours, and a
// symbolic link put there by another user must not choose where evidence is written.
// Reading too: a bundle may be a stranger's, and its links must not choose which of our files stands in a report; nor may a pipe
// in it keep a reader waiting for ever (O_NONBLOCK means nothing to a regular file).
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC } = constants;
const FLAGS = {
  append: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW,
  create: O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW,
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
} as const;

async function openFile(path: string, how: keyof typeof FLAGS): Promise<FileHandle> {
  const handle = await open(path, FLAGS[how], FILE_MODE);
  if (how !== 'read') return handle;
  const found = await handle.stat();
  if (found.isFile() || found.isDirectory()) return handle;
  await handle.close();
  throw Object.assign(new Error('no regular file'), { code: 'ENOTREG' });
}

async function readWhole(path: string): Promise<Buffer> {
  const handle = await openFile(path, 'read');
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw diskFailed('stat', path, errnoOf(error), error);
  }
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskFailed('list', path, errnoOf(error), error);
  }
}

async function makeFolder(path: string): Promise<void> {
  await attempt('make folder', path, () => makeFolders(path));
  const made = await attempt('stat', path, () => stat(path));
  if (!made.isDirectory()) throw diskFailed('make folder', path, 'ENOTDIR');
}

/**
 * With its parents, 0700. Not by mkdir's own `recursive`: where a file system answers ENOENT although the parent is there (/proc), Node
 * tries again for ever.
 */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || (await statOrNull(parent)) !== null) throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

async function syncFolder(path: string): Promise<void> {
  await attempt('sync folder', path, async () => {
    const handle = await open(path, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

export function createDisk(): Disk {
  return {
    makeFolder,
    syncFolder,
    list: namesIn,
    open: (path, how) =>
      attempt(how === 'read' ? 'open' : 'open for writing', path, async () => new SystemFile(await openFile(path, how), path)),
    readFile: (path) => attempt('read', path, () => readWhole(path)),
    stat: async (path) => {
      const found = await statOrNull(path);
      return found && { bytes: found.size, modifiedAtMs: found.mtimeMs, folder: found.isDirectory() };
    },
    rename: (from, to) => attempt(`rename to ${to}`, from, () => rename(from, to)),
    remove: (path) => attempt('remove', path, () => rm(path, { recursive: true, force: true })),
  };
}
