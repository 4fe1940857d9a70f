/**
 * dataDir/alarms/ledger.json: the ledger, written whole beside the old one, synced, renamed. The newest state is what counts, so writes
 * that pile up behind a slow disk become one. A disk that refuses is said once and tried again; alarms are told from memory meanwhile.
 * Opened by desk.ts.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { backoffDelays } from '../../shared/backoff.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { emptyLedger, type Ledger, rebased } from './ledger.ts';
import { noticeStatuses } from './notice.ts';

const SCHEMA = 1;

const text = z.string();
const monotonic = z.number().transform((ms) => ms as Monotonic);
const alarm = z.object({
  id: text,
  key: text,
  severity: z.enum(['critical', 'warning']),
  text,
  remedy: text.nullable(),
  incident: text.nullable(),
  sinceWall: z.number().transform((ms) => ms as Wall),
});
const told = z.object({ status: z.enum(noticeStatuses), turn: text, at: monotonic.nullable(), repeats: z.number().int().min(0) });
const entry = z.object({
  alarm,
  state: z.enum(['standing', 'acknowledged', 'over']),
  stateAt: monotonic,
  raisedAt: z.array(monotonic),
  told: z.record(text, told),
});
const file = z.object({ schema: z.literal(SCHEMA), bootId: text, dropped: z.number().int().min(0), entries: z.array(entry) });

export interface LedgerFileRoom {
  readonly folder: string;
  readonly world: Pick<World, 'clock' | 'disk' | 'random'>;
  readonly log: Logger;
}

export class LedgerFile {
  readonly #room: LedgerFileRoom;
  readonly #path: string;
  #wanted: Ledger | null = null;
  #writing = false;
  #retry: Timer | null = null;
  #delays: Iterator<number> | null = null;
  #degraded: string | null = null;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(room: LedgerFileRoom) {
    this.#room = room;
    this.#path = join(room.folder, 'ledger.json');
  }

  /** Why what was told might be told again after a crash; null: all is on disk, or soon. */
  get degraded(): string | null {
    return this.#degraded;
  }

  /** Never rejects: what can not be read is put aside, and alarms that stand are told once more. */
  async read(): Promise<Ledger> {
    const { disk, clock } = this.#room.world;
    try {
      const found = await disk.stat(this.#path);
      if (found === null) return emptyLedger;
      const parsed = found.bytes > limits.alarmLedgerBytesMax ? null : parse((await disk.readFile(this.#path)).toString('utf8'));
      if (parsed === null) {
        await disk.rename(this.#path, `${this.#path}.damaged`);
        this.#unread('is damaged and was put aside as ledger.json.damaged');
        return emptyLedger;
      }
      return parsed.bootId === clock.bootId ? parsed.ledger : rebased(parsed.ledger, clock.monotonic());
    } catch (error) {
      this.#unread(`could not be read: ${asSpitrapError(error, 'DISK_FAILED').message}`);
      return emptyLedger;
    }
  }

  #unread(why: string): void {
    this.#room.log.warn({ event: 'alarm-ledger' }, `${this.#path} ${why}; alarms that stand are told once more`);
  }

  write(ledger: Ledger): void {
    this.#wanted = ledger;
    if (!this.#writing && this.#retry === null) void this.#writeOn();
  }

  /** Resolves when everything written until now is on disk; a caller that must not wait for a disk bounds it. */
  persisted(): Promise<void> {
    if (this.#wanted === null && !this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Never rejects. */
  async #writeOn(): Promise<void> {
    this.#retry = null;
    this.#writing = true;
    while (this.#wanted !== null) {
      const ledger = this.#wanted;
      this.#wanted = null;
      try {
        await this.#writeOne(ledger);
        this.#recovered();
      } catch (error) {
        this.#wanted ??= ledger;
        this.#failed(asSpitrapError(error, 'DISK_FAILED').message);
        break;
      }
    }
    this.#writing = false;
    if (this.#wanted !== null) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #writeOne(ledger: Ledger): Promise<void> {
    const { disk, clock } = this.#room.world;
    const content = { schema: SCHEMA, bootId: clock.bootId, dropped: ledger.dropped, entries: Object.values(ledger.entries) };
    const fresh = `${this.#path}.new`;
    await disk.makeFolder(this.#room.folder);
    const opened = await disk.open(fresh, 'create');
    try {
      await opened.append(Buffer.from(`${JSON.stringify(content)}\n`));
      await opened.sync();
    } finally {
      await opened.close();
    }
    await disk.rename(fresh, this.#path);
    await disk.syncFolder(this.#room.folder);
  }

  #recovered(): void {
    if (this.#degraded !== null)
      this.#room.log.info({ event: 'alarm-ledger' }, 'alarms: what was told to whom is written to disk again');
    this.#degraded = null;
    this.#delays = null;
  }

  #failed(why: string): void {
    if (this.#degraded === null)
      this.#room.log.warn(
        { event: 'alarm-ledger', error: why },
        `alarms: what was told to whom does not reach the disk (${why}); they are told from memory, and after a crash once more`,
      );
    this.#degraded = why;
    if (this.#closed) return;
    const { clock, random } = this.#room.world;
    const schedule = { firstMs: limits.diskRetryFirstMs, factor: 2, mostMs: limits.diskRetryMaxMs, jitter: 0 };
    this.#delays ??= backoffDelays(schedule, () => random.uniform());
    this.#retry = clock.timer('alarm ledger', this.#delays.next().value, () => void this.#writeOn());
  }

  /** What is written is written; a disk that refused gets one attempt more. The caller bounds it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    if (!this.#writing && this.#wanted !== null) await this.#writeOn();
    else if (this.#writing) await this.persisted();
  }
}

function parse(content: string): { readonly ledger: Ledger; readonly bootId: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return null;
  }
  const read = file.safeParse(value);
  if (!read.success) return null;
  const { bootId, dropped, entries } = read.data;
  const kept = entries.slice(0, limits.alarmSubjectsMax);
  return { bootId, ledger: { dropped, entries: Object.fromEntries(kept.map((one) => [one.alarm.key, one])) } };
}
