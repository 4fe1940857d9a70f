/**
 * What the fleet was told: of each (kind, about) the newest revision and a digest of its words, so that only what has changed is told again,
 * and each restatement has a higher number, over restarts too. Beside it what had to be dropped. On disk as `ledger.json`, written whole when
 * segments of the spool go; what was told since then stands in those that are left (publisher.ts replays them).
 */
import { join } from 'node:path';
import { z } from 'zod';
import type { FleetBody, FleetKind, FleetRecord } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import { writeDurably } from '../evidence/bundle-files.ts';
import type { Disk } from '../ports.ts';

interface Told {
  readonly revision: number;
  /** Empty: it was dropped, and is to be told again. */
  readonly digest: string;
  /** In the spool. */
  readonly seq: number;
}

const SCHEMA = 1;
const count = z.number().int().nonnegative();
const file = z.object({
  schema: z.literal(SCHEMA),
  seq: count,
  highest: count,
  droppedTo: count,
  gap: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), dropped: z.record(z.string(), count) }).nullable(),
  told: z.array(z.tuple([z.string(), count, z.string()])),
});

export class Ledger {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #folder: string;
  /** Oldest told first. */
  readonly #told = new Map<string, Told>();
  #highest = 0;
  /** Number in the spool of the last record that is in here. */
  seq = 0;
  droppedTo = 0;
  gap: FleetBody<'gap'> | null = null;
  /** Something in here was dropped, and could be told again. */
  hasForgotten = false;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#path = join(folder, 'ledger.json');
    this.#disk = disk;
  }

  /** False: what stands there cannot be read, and was put aside. Rejects with DISK_FAILED. */
  async read(): Promise<boolean> {
    await this.#disk.makeFolder(this.#folder);
    if ((await this.#disk.stat(this.#path)) === null) return true;
    const read = file.safeParse(parsed((await this.#disk.readFile(this.#path)).toString('utf8')));
    if (!read.success) {
      await this.#disk.rename(this.#path, `${this.#path}.damaged`);
      return false;
    }
    const { seq, highest, droppedTo, gap, told } = read.data;
    Object.assign(this, { seq, droppedTo, gap });
    this.#highest = highest;
    this.#told.clear();
    for (const [key, revision, digest] of told.slice(-limits.fleetLedgerMax)) {
      this.#told.set(key, { revision, digest, seq });
      if (digest === '') this.hasForgotten = true;
    }
    return true;
  }

  /**
   * `durable`: number of the last record that the spool has on its disk; what was told behind it a crash would lose, and then it is told again.
   * Rejects with DISK_FAILED.
   */
  async write(durable: number): Promise<void> {
    const { droppedTo, gap } = this;
    const told = [...this.#told].map(([key, { revision, digest, seq }]) => [key, revision, seq > durable ? '' : digest]);
    const content = JSON.stringify({
      schema: SCHEMA,
      seq: Math.min(this.seq, durable),
      highest: this.#highest,
      droppedTo,
      gap,
      told,
    });
    await writeDurably(`${this.#path}.new`, [Buffer.from(`${content}\n`)], this.#disk);
    await this.#disk.rename(`${this.#path}.new`, this.#path);
    await this.#disk.syncFolder(this.#folder);
  }

  /** Null: it was told in the same words. Else its number, and it counts as told. */
  next(
    kind: FleetKind,
    about: string,
    digest: string,
    { seq, wallMs }: { readonly seq: number; readonly wallMs: number },
  ): number | null {
    const key = keyOf(kind, about);
    if (digest !== '' && this.#told.get(key)?.digest === digest) return null;
    // Of the clock, so that a lost folder does not begin anew below what was told; above all before, for when the clock was set back.
    this.#highest = Math.max(this.#highest + 1, Math.floor(wallMs));
    this.#set(key, { revision: this.#highest, digest, seq });
    this.seq = Math.max(this.seq, seq);
    return this.#highest;
  }

  has(kind: FleetKind, about: string): boolean {
    return (this.#told.get(keyOf(kind, about))?.digest ?? '') !== '';
  }

  /** As of a record that stands in the spool. */
  replay(seq: number, { kind, about, revision }: FleetRecord, digest: string): void {
    if (seq <= this.seq) return;
    this.seq = seq;
    this.#highest = Math.max(this.#highest, revision);
    this.#set(keyOf(kind, about), { revision, digest, seq });
  }

  /** It will not be told: unless something newer was said of the same since, it is to be told again. */
  forget({ kind, about, revision }: FleetRecord): void {
    const key = keyOf(kind, about);
    const told = this.#told.get(key);
    if (told?.revision !== revision) return;
    this.#told.set(key, { ...told, digest: '' });
    this.hasForgotten = true;
  }

  /** What is told of no more: `alive` says of which (kind, about) something still can be. */
  prune(alive: (kind: string, about: string) => boolean): void {
    for (const key of this.#told.keys()) {
      const at = key.indexOf(' ');
      if (!alive(key.slice(0, at), key.slice(at + 1))) this.#told.delete(key);
    }
  }

  /** Keys of one kind that were told, with what they are about. */
  aboutsOf(kind: FleetKind): string[] {
    return [...this.#told].flatMap(([key, { digest }]) =>
      digest !== '' && key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : [],
    );
  }

  noteDropped(record: Pick<FleetRecord, 'kind' | 'at'>): void {
    const { from, to, dropped } = this.gap ?? { from: record.at, to: record.at, dropped: {} };
    this.gap = {
      from: record.at < from ? record.at : from,
      to: record.at > to ? record.at : to,
      dropped: { ...dropped, [record.kind]: (dropped[record.kind] ?? 0) + 1 },
    };
  }

  #set(key: string, told: Told): void {
    this.#told.delete(key);
    this.#told.set(key, told);
    while (this.#told.size > limits.fleetLedgerMax) this.#told.delete(this.#told.keys().next().value!);
  }
}

const keyOf = (kind: string, about: string): string => `${kind} ${about}`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
