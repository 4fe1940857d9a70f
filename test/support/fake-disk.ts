/**
 * An in-memory Disk for tests. It can be full (a nearly full one takes a part of the last write, as real ones do), torn at any byte,
 * stalled, made to fail, and it can lose power: what was never synced is then gone.
 */
import { dirname } from 'node:path';
import { diskFailed } from '../../agent/evidence/disk.ts';
import type { Disk, DiskFile } from '../../agent/ports.ts';

export type DiskOperation = keyof Disk | 'append' | 'sync' | 'read' | 'truncate' | 'size' | 'close';

interface Inode {
  bytes: Buffer;
  length: number;
  /** As of the last sync: a part of `bytes`, which is written on behind it and never in it. */
  durable: Buffer;
  modifiedAtMs: number;
}

export class FakeDisk implements Disk {
  /** Bytes all files together may have. */
  capacityBytes = Number.POSITIVE_INFINITY;
  readonly operations: string[] = [];
  /** Told after each write and sync that was done. */
  onWritten: (operation: 'append' | 'sync', path: string) => void = () => {};
  readonly #files = new Map<string, Inode>();
  readonly #folders = new Set<string>(['/']);
  #failing: { matches: (operation: DiskOperation, path: string) => boolean; errno: string; left: number }[] = [];
  #stall: { released: Promise<void>; release: () => void; only: (operation: DiskOperation, path: string) => boolean } | null =
    null;

  /** The next `times` operations of this kind (on paths that contain `path`) fail with errno. */
  fail(operation: DiskOperation | 'any', errno: string, times = Number.POSITIVE_INFINITY, path = ''): void {
    this.#failing.push({
      matches: (tried, at) => (operation === 'any' || operation === tried) && at.includes(path),
      errno,
      left: times,
    });
  }

  heal(): void {
    this.#failing = [];
    this.capacityBytes = Number.POSITIVE_INFINITY;
    this.resume();
  }

  /** Operations that write hang until `resume`. */
  stall(
    only: (operation: DiskOperation, path: string) => boolean = (operation) => operation === 'append' || operation === 'sync',
  ): void {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#stall = { released, release, only };
  }

  resume(): void {
    this.#stall?.release();
    this.#stall = null;
  }

  /**
   * The machine loses power: every file is what its last sync left, and of what was written since then, such a share (0 to 1) of its
   * bytes, torn wherever it ends. Renames and removals have happened.
   */
  losePower(share = 0): void {
    for (const file of this.#files.values()) {
      const kept = file.durable.length + Math.floor(Math.max(0, file.length - file.durable.length) * share);
      const whole = share > 0 && file.length >= file.durable.length ? file.bytes.subarray(0, kept) : file.durable;
      this.#set(file, Buffer.from(whole));
    }
  }

  /** A copy that shares nothing: to open "after the crash" many times over. */
  clone(): FakeDisk {
    const copy = new FakeDisk();
    for (const folder of this.#folders) copy.#folders.add(folder);
    for (const [path, file] of this.#files) copy.put(path, file.bytes.subarray(0, file.length));
    return copy;
  }

  put(path: string, content: Buffer | string): void {
    const bytes = Buffer.from(content as string);
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) this.#folders.add(folder);
    this.#files.set(path, { bytes, length: bytes.length, durable: Buffer.from(bytes), modifiedAtMs: 0 });
  }

  content(path: string): Buffer {
    const file = this.#files.get(path);
    if (!file) throw diskFailed('read', path, 'ENOENT');
    return Buffer.from(file.bytes.subarray(0, file.length));
  }

  get paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  get usedBytes(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.length, 0);
  }

  async #enter(operation: DiskOperation, path: string): Promise<void> {
    this.operations.push(`${operation} ${path}`);
    while (this.#stall?.only(operation, path)) await this.#stall.released;
    await Promise.resolve();
    const rule = this.#failing.find((one) => one.left > 0 && one.matches(operation, path));
    if (rule) {
      rule.left--;
      throw diskFailed(operation, path, rule.errno);
    }
  }

  #set(file: Inode, bytes: Buffer): void {
    file.bytes = bytes;
    file.length = bytes.length;
  }

  #grow(file: Inode, more: Uint8Array): void {
    if (file.length + more.length > file.bytes.length) {
      const larger = Buffer.alloc(Math.max(1_024, (file.length + more.length) * 2));
      file.bytes.copy(larger, 0, 0, file.length);
      file.bytes = larger;
    }
    file.bytes.set(more, file.length);
    file.length += more.length;
  }

  async makeFolder(path: string): Promise<void> {
    await this.#enter('makeFolder', path);
    for (let folder = path; folder !== '/'; folder = dirname(folder)) this.#folders.add(folder);
  }

  async open(path: string, how: 'append' | 'read' | 'create'): Promise<DiskFile> {
    await this.#enter('open', path);
    if (!this.#folders.has(dirname(path))) throw diskFailed('open', path, 'ENOENT');
    const found = this.#files.get(path);
    if (!found && how === 'read') throw diskFailed('open', path, 'ENOENT');
    const file = found ?? { bytes: Buffer.alloc(0), length: 0, durable: Buffer.alloc(0), modifiedAtMs: 0 };
    if (how === 'create') this.#set(file, Buffer.alloc(0));
    this.#files.set(path, file);
    return this.#handle(path, file);
  }

  #handle(path: string, file: Inode): DiskFile {
    return {
      append: async (bytes) => {
        const kept = Buffer.from(bytes);
        await this.#enter('append', path);
        const endless = this.capacityBytes === Number.POSITIVE_INFINITY;
        const free = endless ? kept.length : Math.max(0, this.capacityBytes - this.usedBytes);
        this.#grow(file, kept.subarray(0, free));
        this.onWritten('append', path);
        if (kept.length > free) throw diskFailed('append', path, 'ENOSPC');
      },
      sync: async () => {
        await this.#enter('sync', path);
        file.durable = file.bytes.subarray(0, file.length);
        this.onWritten('sync', path);
      },
      read: async (offset, length) => {
        await this.#enter('read', path);
        return Buffer.from(file.bytes.subarray(offset, Math.min(file.length, offset + length)));
      },
      truncate: async (bytes) => {
        await this.#enter('truncate', path);
        if (bytes < file.length) this.#set(file, Buffer.from(file.bytes.subarray(0, bytes)));
      },
      size: async () => {
        await this.#enter('size', path);
        return file.length;
      },
      close: async () => {
        await this.#enter('close', path);
      },
    };
  }

  async readFile(path: string): Promise<Buffer> {
    await this.#enter('readFile', path);
    return this.content(path);
  }

  async stat(path: string): Promise<{ bytes: number; modifiedAtMs: number; folder: boolean } | null> {
    await this.#enter('stat', path);
    const file = this.#files.get(path);
    if (file) return { bytes: file.length, modifiedAtMs: file.modifiedAtMs, folder: false };
    return this.#folders.has(path) ? { bytes: 0, modifiedAtMs: 0, folder: true } : null;
  }

  async list(path: string): Promise<string[]> {
    await this.#enter('list', path);
    const inside = [...this.#files.keys(), ...this.#folders].filter((one) => one !== '/' && dirname(one) === path);
    return inside.map((one) => one.slice(path === '/' ? 1 : path.length + 1)).sort();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#enter('rename', from);
    const file = this.#files.get(from);
    if (file) {
      this.#files.set(to, file);
      this.#files.delete(from);
      return;
    }
    if (!this.#folders.has(from)) throw diskFailed('rename', from, 'ENOENT');
    if (this.#folders.has(to)) throw diskFailed('rename', from, 'ENOTEMPTY');
    const moved = (path: string): string => to + path.slice(from.length);
    const inside = (path: string): boolean => path === from || path.startsWith(`${from}/`);
    for (const folder of [...this.#folders].filter(inside)) {
      this.#folders.delete(folder);
      this.#folders.add(moved(folder));
    }
    for (const [path, each] of [...this.#files].filter(([path]) => inside(path))) {
      this.#files.delete(path);
      this.#files.set(moved(path), each);
    }
  }

  async remove(path: string): Promise<void> {
    await this.#enter('remove', path);
    const inside = (one: string): boolean => one === path || one.startsWith(`${path}/`);
    for (const one of [...this.#files.keys()].filter(inside)) this.#files.delete(one);
    for (const one of [...this.#folders].filter(inside)) this.#folders.delete(one);
  }

  async syncFolder(path: string): Promise<void> {
    await this.#enter('syncFolder', path);
  }
}
