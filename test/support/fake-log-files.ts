/**
 * Log files of another program, in memory: the LogFiles port for tests and simulation. What a syslog daemon and logrotate do to a file
 * stands here as methods: append, rename, remove, truncate, put a folder in its place, take the right to read it away.
 */
import { basename, dirname } from 'node:path';
import type { LogFile, LogFileLook, LogFiles } from '../../agent/ports.ts';
import { fileUnreadable } from '../../agent/sources/log-files.ts';

interface Inode {
  readonly identity: string;
  /** Of a larger store: a night's lines are not copied for each further one. */
  bytes: Buffer;
  store: Buffer;
  links: number;
  /** Errno of every read. */
  broken: string | null;
  /** A folder, when false. */
  readonly regular: boolean;
}

const NOTHING = Buffer.alloc(0);

function put(inode: Inode, content: Buffer): void {
  inode.bytes = content;
  inode.store = content;
}

function grow(inode: Inode, more: Buffer): void {
  const { length } = inode.bytes;
  if (length + more.length > inode.store.length) {
    inode.store = Buffer.alloc(Math.max(4_096, (length + more.length) * 2));
    inode.store.set(inode.bytes);
  }
  inode.store.set(more, length);
  inode.bytes = inode.store.subarray(0, length + more.length);
}

export class FakeLogFiles implements LogFiles {
  readonly #names = new Map<string, Inode>();
  readonly #refused = new Map<string, string>();
  #nextInode = 100;
  /** Handles that are open: a source must give all of them back. */
  handles = 0;
  /** Bytes of the largest read so far. */
  largestRead = 0;
  /** Told after each read: a test can let the file grow under the reader. */
  onRead: (path: string) => void = () => {};

  /** A writer with O_APPEND; makes the file when it is not there. */
  append(path: string, content: string | Buffer): void {
    const inode = this.#names.get(path) ?? this.#make(path, true);
    grow(inode, Buffer.from(content as string));
  }

  /** As logrotate: the old one keeps its inode under the new name. */
  rename(from: string, to: string): void {
    const inode = this.#names.get(from)!;
    const over = this.#names.get(to);
    if (over !== undefined) over.links--;
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  /** A writer that has a renamed or deleted file open still writes to it. */
  writerOf(path: string): (content: string) => void {
    const inode = this.#names.get(path)!;
    return (content) => grow(inode, Buffer.from(content));
  }

  remove(path: string): void {
    const inode = this.#names.get(path);
    if (inode !== undefined) inode.links--;
    this.#names.delete(path);
  }

  truncate(path: string, to: Buffer | string = ''): void {
    put(this.#names.get(path)!, Buffer.from(to as string));
  }

  /** `sed -i`: another inode with that content takes the name. */
  replace(path: string, content: string, identity?: string): void {
    this.remove(path);
    put(this.#make(path, true, identity), Buffer.from(content));
  }

  folder(path: string): void {
    this.remove(path);
    this.#make(path, false);
  }

  /** Null: readable again. */
  refuse(path: string, errno: string | null): void {
    if (errno === null) this.#refused.delete(path);
    else this.#refused.set(path, errno);
  }

  /** The file itself, whatever its name becomes. Null: whole again. */
  failReads(path: string, errno: string | null): void {
    this.#names.get(path)!.broken = errno;
  }

  #make(path: string, regular: boolean, identity = `8:${this.#nextInode++}`): Inode {
    const inode: Inode = { identity, bytes: NOTHING, store: NOTHING, links: 1, broken: null, regular };
    this.#names.set(path, inode);
    return inode;
  }

  async look(path: string): Promise<LogFileLook | null> {
    await Promise.resolve();
    const inode = this.#names.get(path);
    return inode === undefined ? null : { identity: inode.identity, regular: inode.regular, bytes: inode.bytes.length };
  }

  async open(path: string): Promise<LogFile> {
    await Promise.resolve();
    const inode = this.#names.get(path);
    const errno = this.#refused.get(path) ?? (inode === undefined ? 'ENOENT' : inode.regular ? null : 'EISDIR');
    if (errno !== null || inode === undefined) throw fileUnreadable('open', path, errno ?? 'ENOENT');
    this.handles++;
    return {
      identity: inode.identity,
      look: async () => ({ bytes: inode.bytes.length, links: inode.links }),
      read: async (offset, length) => {
        await Promise.resolve();
        if (inode.broken !== null) throw fileUnreadable('read', path, inode.broken);
        const piece = Buffer.from(inode.bytes.subarray(offset, offset + length));
        this.largestRead = Math.max(this.largestRead, piece.length);
        this.onRead(path);
        return piece;
      },
      close: async () => {
        this.handles--;
      },
    };
  }

  async list(folder: string): Promise<string[]> {
    await Promise.resolve();
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => basename(path))
      .sort();
  }
}
