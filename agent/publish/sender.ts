/**
 * Sends what the spool holds, in its order, some at a time without waiting for each acknowledgement. Used by publisher.ts. While the engine is
 * away, or answers nothing, it waits and begins where the acknowledgements ended: at least once. A record that the engine refuses while it takes
 * others is not waited for: it is set aside. While it refuses all, nothing is: then it is the account, which a person can mend.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError, type SpitrapError } from '../../shared/errors.ts';
import { messageIdOf, subjectOf } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import { after, type Monotonic } from '../../shared/model/time.ts';
import type { Engine } from '../fleet-ports.ts';
import { bounded } from '../lifecycle.ts';
import type { World } from '../ports.ts';
import type { Spooled } from './segment.ts';
import type { Spool } from './spool.ts';

export interface SenderRoom {
  readonly engine: Pick<Engine, 'state' | 'onState' | 'publish'>;
  readonly spool: Pick<Spool, 'read' | 'sent' | 'acknowledged'>;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** Settles when it stands somewhere else; until then it is kept. */
  setAside(entry: Spooled, why: string): Promise<void>;
  onAccepted(): void;
  /** The spool was told how far all was acknowledged. */
  onAdvanced(): void;
}

interface Entry {
  readonly spooled: Spooled;
  state: 'waiting' | 'flying' | 'done';
  refusals: number;
  /** How many were accepted when it was first refused. */
  acceptedBefore: number;
  dueAt: Monotonic;
}

const AGAIN = { firstMs: 500, factor: 2, mostMs: 60_000, jitter: 0.3 };
/** Of one record, before it is set aside. */
const REFUSALS_MAX = 5;

export class Sender {
  readonly #room: SenderRoom;
  #entries: Entry[] = [];
  #loaded = 0;
  #delays: Iterator<number> | null = null;
  #retry: Timer | null = null;
  #pumping = false;
  #again = false;
  #closed = false;
  readonly #idle: (() => void)[] = [];
  #flying = 0;
  accepted = 0;
  setAside = 0;
  refusing: string | null = null;
  lastError: string | null = null;

  constructor(room: SenderRoom) {
    this.#room = room;
    room.engine.onState(({ connected }) => {
      // A new connection, a new chance.
      if (connected) this.#resume();
    });
  }

  /** There may be something to send. */
  stir(): void {
    if (this.#closed || this.#retry !== null) return;
    this.#again = true;
    if (!this.#pumping) void this.#pump();
  }

  #resume(): void {
    this.#retry?.cancel();
    this.#retry = null;
    this.#delays = null;
    this.stir();
  }

  /** Nothing further is sent; what is on its way gets a moment to be acknowledged. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    if (this.#flying === 0) return;
    const settled = new Promise<void>((resolve) => this.#idle.push(resolve));
    await bounded(settled, limits.fleetCloseMs, this.#room.world.clock, 'fleet sender close');
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#again && !this.#closed && this.#retry === null) {
      this.#again = false;
      if (!this.#room.engine.state().connected) break;
      try {
        await this.#load();
      } catch (error) {
        this.#fail(asSpitrapError(error, 'DISK_FAILED'));
        break;
      }
      const now = this.#room.world.clock.monotonic();
      let soonest: Monotonic | null = null;
      for (const entry of this.#entries) {
        if (this.#flying >= limits.fleetWindowMax) break;
        if (entry.state !== 'waiting') continue;
        if (entry.dueAt <= now) void this.#fly(entry);
        else if (soonest === null || entry.dueAt < soonest) soonest = entry.dueAt;
      }
      if (soonest !== null) this.#wakeAt(soonest);
    }
    this.#pumping = false;
  }

  #timer: Timer | null = null;

  #wakeAt(at: Monotonic): void {
    this.#timer?.cancel();
    const { clock } = this.#room.world;
    this.#timer = clock.timer('fleet refused again', Math.max(0, at - clock.monotonic()), () => this.stir());
  }

  /** Behind records that are refused others are looked at, up to a bound: whether they are taken tells whose fault it is. */
  async #load(): Promise<void> {
    const { spool } = this.#room;
    this.#loaded = Math.max(this.#loaded, spool.sent);
    // Dropped from the spool meanwhile.
    this.#entries = this.#entries.filter(({ state, spooled }) => state === 'flying' || spooled.seq > spool.sent);
    const refused = this.#entries.filter(({ refusals }) => refusals > 0).length;
    const most = limits.fleetWindowMax + Math.min(refused, limits.fleetRefusedWindowMax);
    // Those that are done stand here while one before them is not: the cursor cannot pass it.
    let left = most - this.#entries.filter(({ state }) => state !== 'done').length;
    while (left > 0 && this.#entries.length < limits.fleetPendingRecordsMax) {
      const more = await spool.read(this.#loaded, left);
      if (more.length === 0) return;
      left -= more.length;
      for (const spooled of more) {
        this.#loaded = spooled.seq;
        this.#entries.push({ spooled, state: 'waiting', refusals: 0, acceptedBefore: 0, dueAt: 0 as Monotonic });
      }
    }
  }

  async #fly(entry: Entry): Promise<void> {
    const { engine, world } = this.#room;
    const { record, bytes } = entry.spooled;
    entry.state = 'flying';
    this.#flying++;
    try {
      const publishing = engine.publish(subjectOf(record), bytes, messageIdOf(record));
      const answered = await bounded(publishing, limits.fleetPublishMs, world.clock, 'fleet publish');
      if (!answered.inTime) throw new Error(`no answer within ${limits.fleetPublishMs / 1_000} s`);
      entry.state = 'done';
      this.accepted++;
      this.lastError = null;
      this.#delays = null;
      this.#room.onAccepted();
    } catch (error) {
      entry.state = 'waiting';
      const failed = asSpitrapError(error, 'ENGINE_FAILED');
      if (failed.retryable || failed.code !== 'ENGINE_FAILED' || failed.context['server'] === undefined) this.#fail(failed);
      else await this.#refused(entry, failed);
    } finally {
      this.#flying--;
      if (this.#flying === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
    this.#advance();
    this.stir();
  }

  async #refused(entry: Entry, why: SpitrapError): Promise<void> {
    const { world } = this.#room;
    if (entry.refusals === 0) entry.acceptedBefore = this.accepted;
    entry.refusals++;
    this.lastError = why.message;
    this.refusing = why.message;
    if (entry.refusals >= REFUSALS_MAX && this.accepted > entry.acceptedBefore) {
      entry.state = 'flying';
      try {
        await this.#room.setAside(entry.spooled, why.message);
        entry.state = 'done';
        this.setAside++;
        return;
      } catch {
        // The disk: it stays where it is.
        entry.state = 'waiting';
      }
    }
    const delayMs = Math.min(AGAIN.mostMs, AGAIN.firstMs * AGAIN.factor ** entry.refusals);
    entry.dueAt = after(world.clock.monotonic(), delayMs);
  }

  #advance(): void {
    let last: number | null = null;
    while (this.#entries[0]?.state === 'done') last = this.#entries.shift()!.spooled.seq;
    if (last !== null) {
      this.#room.spool.acknowledged(last);
      this.#room.onAdvanced();
    }
    if (this.refusing !== null && this.#entries.every(({ refusals }) => refusals === 0)) this.refusing = null;
  }

  /** The engine, not the record: everything waits. */
  #fail(why: SpitrapError): void {
    this.lastError = why.message;
    if (this.#closed || this.#retry !== null) return;
    const { clock, random } = this.#room.world;
    this.#delays ??= backoffDelays(AGAIN, () => random.uniform());
    this.#retry = clock.timer('fleet sends again', this.#delays.next().value as number, () => {
      this.#retry = null;
      this.stir();
    });
  }
}
