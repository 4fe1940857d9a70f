/**
 * Hold: no new incident acts and nothing is armed; what was undertaken goes on (pair-protocol.md, "Roles, modes, peers"). Comes from
 * the configuration, from `spitrap hold`, or from a file HOLD that anybody with a shell may put into dataDir. The file is the one
 * memory, so it outlives a restart: empty for "until taken off", or an ISO time. Opened by app.ts.
 */
import { join } from 'node:path';
import type { Timer } from '../shared/clock.ts';
import { asSpitrapError } from '../shared/errors.ts';
import type { HoldChange } from './control/protocol.ts';
import type { Coordinator } from './coordinator.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';
import type { HoldStatus } from './status/status.ts';

/** How soon a HOLD file counts. */
const LOOK_EVERY_MS = 2_000;
const COMMAND_MARK = 'by spitrap hold';
const FILE_BYTES_MAX = 256;

export interface HoldRoom {
  readonly dataDir: string;
  readonly configured: boolean;
  readonly world: Pick<World, 'clock' | 'disk'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly log: Logger;
}

export class Hold {
  readonly #room: HoldRoom;
  readonly #file: string;
  #timer: Timer | null = null;
  #status: HoldStatus;
  #closed = false;
  #turn = 0;
  /** Of the newest look that has answered: one begun before it says nothing any more. */
  #answeredTurn = 0;
  #unreadableSaid = false;

  constructor(room: HoldRoom) {
    this.#room = room;
    this.#file = join(room.dataDir, 'HOLD');
    this.#status = { on: room.configured, until: null, by: room.configured ? 'configuration' : null };
  }

  /** The first look is awaited: a hold that stands counts before the first line. */
  async start(): Promise<void> {
    await this.#look();
    this.#plan();
  }

  /** One look at a time: a dead disk must not collect them. */
  #plan(): void {
    if (this.#closed) return;
    this.#timer = this.#room.world.clock.timer('hold', LOOK_EVERY_MS, () => void this.#look().then(() => this.#plan()));
  }

  get status(): HoldStatus {
    return this.#status;
  }

  /** Never rejects. */
  async #look(who?: string): Promise<void> {
    const turn = ++this.#turn;
    if (this.#room.configured) return this.#settle({ on: true, until: null, by: 'configuration' });
    try {
      const status = await this.#read();
      if (turn < this.#answeredTurn || this.#closed) return;
      this.#answeredTurn = turn;
      this.#unreadableSaid = false;
      this.#settle(status, who);
    } catch (error) {
      // A disk that cannot be read says nothing about a hold: what stood goes on standing.
      if (this.#unreadableSaid) return;
      this.#unreadableSaid = true;
      this.#room.log.warn(
        { event: 'hold-unreadable', error: asSpitrapError(error, 'DISK_FAILED').message },
        'the HOLD file could not be read; the hold stays as it was, and the file is looked at every 2 s',
      );
    }
  }

  async #read(): Promise<HoldStatus> {
    const { disk, clock } = this.#room.world;
    const found = await disk.stat(this.#file);
    if (found === null) return { on: false, until: null, by: null };
    const text = found.folder || found.bytes > FILE_BYTES_MAX ? '' : (await disk.readFile(this.#file)).toString('latin1');
    const until = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(text)?.[0] ?? null;
    const by = text.includes(COMMAND_MARK) ? 'command' : 'file HOLD';
    if (until === null || !(Date.parse(until) <= clock.wall())) return { on: true, until, by };
    await disk.remove(this.#file);
    return { on: false, until: null, by: null };
  }

  #settle(status: HoldStatus, who?: string): void {
    this.#status = status;
    if (this.#room.coordinator.book.hold === status.on) return;
    this.#room.coordinator.input({ kind: 'hold', on: status.on, ...(who !== undefined && { who }) });
  }

  /** Rejects with DISK_FAILED when the file cannot be written: then nothing has changed. */
  async change(change: HoldChange, who?: string): Promise<HoldStatus> {
    const { disk, clock } = this.#room.world;
    const wasOn = this.#room.coordinator.book.hold;
    if (!change.on) await disk.remove(this.#file);
    else {
      const until = change.forMs === null ? '' : `until ${new Date(clock.wall() + change.forMs).toISOString()} `;
      const file = await disk.open(this.#file, 'create');
      try {
        await file.append(Buffer.from(`${until}${COMMAND_MARK}\n`));
        await file.sync();
      } finally {
        await file.close();
      }
    }
    await this.#look(who);
    // Longer or shorter is no decision, and stands in no journal.
    if (wasOn && change.on)
      this.#room.log.info(
        { event: 'hold', who },
        `hold: on already, now until ${this.#status.until ?? 'it is taken off'}, by ${who ?? 'somebody'}`,
      );
    return this.#status;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
