/**
 * The LogFiles port on this host (agent/ports.ts): files that rsyslog or syslog-ng write, for the `file` source. Opened without
 * waiting (a named pipe without a writer would hold us for ever), read by position, never locked and never changed.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { SpitrapError } from '../../shared/errors.ts';
import type { LogFile, LogFileLook, LogFiles } from '../ports.ts';

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "the agent's user may not read it: on Debian add the user to the group adm, or give the file that user's group",
  EPERM: "the agent's user may not read it: on Debian add the user to the group adm, or give the file that user's group",
  EISDIR: 'it is a folder: give the file in it',
  ENOTREG: 'it is no regular file (a pipe, a socket, a device): let the daemon write a file, or forward over TCP to syslog-tcp',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ELOOP: 'its symbolic links lead in a circle',
  EIO: 'the disk reports an input/output error: see dmesg',
  ESTALE: 'the network file system lost it',
  EMFILE: 'too many open files: raise LimitNOFILE of the service',
};

export function fileUnreadable(tried: string, path: string, errno: string, cause?: unknown): SpitrapError {
  const advice = ADVICE[errno];
  return new SpitrapError('FILE_UNREADABLE', `cannot ${tried} ${path}: ${errno}${advice === undefined ? '' : `: ${advice}`}`, {
    retryable: true,
    context: { path, errno, tried },
    ...(cause === undefined ? {} : { cause }),
  });
}

const errnoOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';

async function attempt<T>(tried: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SpitrapError) throw error;
    throw fileUnreadable(tried, path, errnoOf(error), error);
  }
}

const identityOf = (found: { readonly dev: number | bigint; readonly ino: number | bigint }): string =>
  `${found.dev}:${found.ino}`;

class SystemLogFile implements LogFile {
  readonly identity: string;
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string, identity: string) {
    this.#handle = handle;
    this.#path = path;
    this.identity = identity;
  }

  look(): Promise<{ readonly bytes: number; readonly links: number }> {
    return attempt('look at', this.#path, async () => {
      const { size, nlink } = await this.#handle.stat();
      return { bytes: size, links: nlink };
    });
  }

  read(offset: number, length: number, into?: Buffer): Promise<Buffer> {
    return attempt('read', this.#path, async () => {
      const buffer = into ?? Buffer.allocUnsafe(length);
      const { bytesRead } = await this.#handle.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  }

  close(): Promise<void> {
    return attempt('close', this.#path, () => this.#handle.close());
  }
}

async function look(path: string): Promise<LogFileLook | null> {
  try {
    // bigint: inode numbers of 64 bits lose their last digits otherwise.
    const found = await stat(path, { bigint: true });
    return { identity: identityOf(found), regular: found.isFile(), bytes: Number(found.size) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw fileUnreadable('look at', path, errnoOf(error), error);
  }
}

async function openFile(path: string): Promise<LogFile> {
  return attempt('open', path, async () => {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) throw fileUnreadable('open', path, found.isDirectory() ? 'EISDIR' : 'ENOTREG');
      return new SystemLogFile(handle, path, identityOf(found));
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

export const systemLogFiles: LogFiles = {
  look,
  open: openFile,
  list: (folder) => attempt('list', folder, async () => (await readdir(folder)).sort()),
};
