/**
 * The adapter of LMDB: ordered tables of bytes in one folder, open in several processes at once. Reads see the newest whole transaction; a write is
 * one transaction of all or nothing, and on disk when it returns. A process that is killed within one leaves nothing of it, and its lock goes to
 * the next. Used by the rest of agent/fleet/index/ alone.
 */
import { type Database, open, type RootDatabase } from 'lmdb';
import { asSpitrapError, SpitrapError } from '../../../shared/errors.ts';
import { printable } from '../../../shared/model/printable.ts';

export interface Range {
  readonly from: Buffer;
  /** Not included; absent: to the end. */
  readonly to?: Buffer;
  /** From the end of it backwards. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface Table {
  get(key: Buffer): Buffer | undefined;
  /** Without a copy: good until the next look at any table. */
  peek(key: Buffer): Buffer | undefined;
  has(key: Buffer): boolean;
  put(key: Buffer, value: Uint8Array): void;
  remove(key: Buffer): void;
  /** Good until the table is written; make a list first. */
  range(range: Range): Iterable<{ readonly key: Buffer; readonly value: Buffer }>;
  keys(range: Range): Iterable<Buffer>;
}

/** Address space, not bytes on disk or in memory: the file grows as it is written. A hundred million incidents; a process has room for 500 such maps. */
const MAP_BYTES = 256 * 1024 ** 3;
const TABLES_MAX = 24;
/** Processes that read at once: instances of `spitrap fleet`, and commands that people type. */
const READERS_MAX = 512;

export class Store {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #folder: string;
  readonly #tables = new Map<string, Table>();
  #open = true;

  /** Throws INDEX_UNREADABLE when there is something that is not LMDB's, INDEX_FAILED when the host does not let us. */
  constructor(folder: string, mapBytes = MAP_BYTES) {
    this.#folder = folder;
    try {
      this.#root = open<Buffer, Buffer>({
        path: folder,
        noSubdir: false,
        mapSize: mapBytes,
        maxDbs: TABLES_MAX,
        maxReaders: READERS_MAX,
        keyEncoding: 'binary',
        encoding: 'binary',
        // Committed means: on disk. What comes back earlier would be acknowledged too early.
        overlappingSync: false,
        cache: false,
      });
    } catch (error) {
      throw failed(folder, 'opened', error);
    }
  }

  table(name: string): Table {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const database = this.#guard('opened', () =>
      this.#root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
    );
    const table = this.#tableOf(database);
    this.#tables.set(name, table);
    return table;
  }

  /** One transaction; throws INDEX_FAILED with nothing of it done. What `work` throws comes out as it is, and nothing is done either. */
  write<T>(work: () => T): T {
    let thrown: unknown;
    try {
      return this.#root.transactionSync(() => {
        try {
          return work();
        } catch (error) {
          thrown = error;
          throw error;
        }
      });
    } catch (error) {
      if (thrown !== undefined && thrown instanceof SpitrapError) throw thrown;
      // A fault of ours, not of the disk: who gave us the batch may try its parts.
      if (thrown instanceof TypeError || thrown instanceof RangeError || thrown instanceof SyntaxError)
        throw asSpitrapError(thrown);
      throw failed(this.#folder, 'written', thrown ?? error);
    }
  }

  /** Reads from here on see what other processes have written. */
  fresh(): void {
    this.#guard('read', () => this.#root.resetReadTxn());
  }

  /** Of which the file is made, and the last page that it should have. */
  extent(): { readonly bytes: number } {
    const { lastPageNumber, pageSize } = this.#guard(
      'read',
      () => this.#root.getStats() as { readonly lastPageNumber: number; readonly pageSize: number },
    );
    return { bytes: (lastPageNumber + 1) * pageSize };
  }

  /** Slots of readers that were killed. */
  clearDeadReaders(): void {
    this.#guard('read', () => this.#root.readerCheck());
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#root.close();
  }

  #tableOf(database: Database<Buffer, Buffer>): Table {
    const guard = <T>(work: () => T): T => this.#guard('read', work);
    const optionsOf = ({ from, to, reverse, limit }: Range): object => ({
      ...(reverse === true ? { ...(to === undefined ? {} : { start: to }), end: from, reverse: true } : { start: from, end: to }),
      ...(limit === undefined ? {} : { limit }),
    });
    return {
      get: (key) => guard(() => database.getBinary(key)),
      peek: (key) =>
        guard(() => {
          // Memory that every look shares: its `length` is that of the value, its own is larger.
          const shared = database.getBinaryFast(key);
          return shared?.subarray(0, shared.length);
        }),
      has: (key) => guard(() => database.getBinaryFast(key) !== undefined),
      put: (key, value) => database.putSync(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
      remove: (key) => void database.removeSync(key),
      range: (range) => this.#each(guard(() => database.getRange(optionsOf(range)) as Iterable<{ key: Buffer; value: Buffer }>)),
      keys: (range) => this.#each(guard(() => database.getKeys(optionsOf(range)))),
    };
  }

  /** A page that is not what it should be is met on the way. */
  *#each<T>(entries: Iterable<T>): Generator<T> {
    try {
      yield* entries;
    } catch (error) {
      throw failed(this.#folder, 'read', error);
    }
  }

  #guard<T>(what: string, work: () => T): T {
    if (!this.#open) throw new SpitrapError('INDEX_FAILED', `the index in ${this.#folder} is closed`);
    try {
      return work();
    } catch (error) {
      throw failed(this.#folder, what, error);
    }
  }
}

function failed(folder: string, what: string, error: unknown): SpitrapError {
  const text = error instanceof Error ? error.message : String(error);
  if (/MDB_INVALID|MDB_CORRUPTED|MDB_VERSION_MISMATCH|MDB_PAGE_NOTFOUND|not an LMDB file/i.test(text))
    return new SpitrapError(
      'INDEX_UNREADABLE',
      `the index in ${folder} can not be ${what}: ${printable(text)}. It is left as it is; \`spitrap fleet rebuild\` makes it anew from the stream`,
      { cause: error },
    );
  // LMDB says EIO where the kernel took a part of a page: a full disk too.
  const full = /MDB_MAP_FULL|ENOSPC|No space left|Input\/output error/i.test(text);
  return new SpitrapError(
    'INDEX_FAILED',
    `the index in ${folder} can not be ${what}: ${printable(text)}. ${full ? 'The disk is full, or fails (df, dmesg): nothing of this was written, and what is there is whole' : 'Nothing of this was written'}; it is tried again`,
    { retryable: true, cause: error },
  );
}
