/**
 * One channel's way from "this must be told" to "this was told": asks the pipeline what is due, sends one notice at a time, tries again with
 * backoff. A receiver that hangs holds up this lane alone. Driven by desk.ts, which keeps the ledger.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { after, type Monotonic, monotonic, type Wall } from '../../shared/model/time.ts';
import type { AlarmChannelConfig } from '../config/config.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import type { AlarmChannel, Sent } from './channel.ts';
import { type Entry, isFlapping, type Told, turnOf } from './ledger.ts';
import { headline, type Notice, noticeOf, type Speaker } from './notice.ts';
import { judge, type Verdict } from './pipeline.ts';

export interface LaneRoom {
  readonly config: AlarmChannelConfig;
  readonly channel: AlarmChannel;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly log: Logger;
  readonly speaker: Speaker;
  readonly clean: (text: string) => string;
  entries(): Iterable<Entry>;
  entry(key: string): Entry | null;
  /** Null: told that it is over. */
  told(key: string, told: Told | null): void;
  /** Nothing was delivered since then, and this came back last. */
  failing(since: Monotonic, why: string): void;
  working(): void;
  /** Resolves when the ledger is on disk; may never. */
  persisted(): Promise<void>;
}

export interface LaneStatus {
  readonly state: 'idle' | 'sending' | 'backing-off';
  /** Notices due and not delivered. */
  readonly waiting: number;
  readonly delivered: number;
  readonly failed: number;
  /** Raised and over again before the receiver could be told. */
  readonly collapsed: number;
  readonly lastDeliveredWall: Wall | null;
  /** What came back, and what to do about it; null after a success. */
  readonly lastError: string | null;
}

interface Due {
  readonly entry: Entry;
  readonly verdict: Extract<Verdict, { readonly kind: 'tell' }>;
  /** Made so far, in vain. */
  readonly attempts: number;
  /** That this very channel reaches nobody: told when nothing else is left to try it with. */
  readonly isOwn: boolean;
}

/** A receiver that is restarted is back in seconds; one that is gone for the night is asked every five minutes. */
const RETRY = { firstMs: 1_000, factor: 2, mostMs: 5 * 60_000, jitter: 0.2 } as const;
/** It understood and did not want it: nothing changes by itself. */
const REFUSED_RETRY = { firstMs: 5 * 60_000, factor: 2, mostMs: 30 * 60_000, jitter: 0.2 } as const;
/** For a channel to end after it was called off. */
const CALLED_OFF_MS = 5_000;

export class Lane {
  readonly #room: LaneRoom;
  #timer: Timer | null = null;
  #underWay: { readonly ended: Promise<void>; readonly calledOff: AbortController } | null = null;
  #retries: { readonly kind: 'failed' | 'refused'; readonly delays: Iterator<number> } | null = null;
  #retryAt: Monotonic = monotonic(0);
  /** The receiver asked for it: nothing goes out before, however urgent. */
  #patientUntil: Monotonic = monotonic(0);
  #failingSince: Monotonic | null = null;
  readonly #attempts = new Map<string, number>();
  #waiting = 0;
  #delivered = 0;
  #failed = 0;
  #collapsed = 0;
  #lastDeliveredWall: Wall | null = null;
  #lastError: string | null = null;
  #closed = false;

  constructor(room: LaneRoom) {
    this.#room = room;
  }

  get status(): LaneStatus {
    const now = this.#room.world.clock.monotonic();
    const resting = this.#waiting > 0 && now < this.#startAt(now, null);
    return {
      state: this.#underWay !== null ? 'sending' : resting ? 'backing-off' : 'idle',
      waiting: this.#waiting,
      delivered: this.#delivered,
      failed: this.#failed,
      collapsed: this.#collapsed,
      lastDeliveredWall: this.#lastDeliveredWall,
      lastError: this.#lastError,
    };
  }

  /** Is there something that this receiver must still hear of it? */
  owes(entry: Entry): boolean {
    return this.#judge(entry).kind !== 'rest';
  }

  /** What it warned of has just ended. */
  noteOver(entry: Entry): void {
    if (this.#judge(entry).reason === 'never-told-over') this.#collapsed++;
  }

  /** Something may be due: now, or at a later time that is planned. */
  look(): void {
    if (this.#closed || this.#underWay !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
    const { clock } = this.#room.world;
    const now = clock.monotonic();
    const { due, nextAt } = this.#survey();
    this.#waiting = due.length;
    const [next] = due;
    const at = next === undefined ? nextAt : this.#startAt(now, next);
    if (at === null) return;
    if (next !== undefined && at <= now) this.#begin(next);
    else this.#timer = clock.timer(`alarm ${this.#room.config.name}`, Math.max(0, at - now), () => this.look());
  }

  #judge(entry: Entry): Verdict {
    const { config, world } = this.#room;
    const told = Object.hasOwn(entry.told, config.name) ? entry.told[config.name]! : null;
    return judge({ entry, told, channel: config, at: world.clock.monotonic() });
  }

  #survey(): { readonly due: readonly Due[]; readonly nextAt: Monotonic | null } {
    const due: Due[] = [];
    let nextAt: Monotonic | null = null;
    const attempted = new Set<string>();
    for (const entry of this.#room.entries()) {
      const verdict = this.#judge(entry);
      if (verdict.kind === 'wait' && (nextAt === null || verdict.until < nextAt)) nextAt = verdict.until;
      if (verdict.kind !== 'tell') continue;
      const identity = identityOf(entry, verdict);
      attempted.add(identity);
      const isOwn = entry.alarm.key === untoldKey(this.#room.config.name);
      due.push({ entry, verdict, attempts: this.#attempts.get(identity) ?? 0, isOwn });
    }
    for (const identity of this.#attempts.keys()) if (!attempted.has(identity)) this.#attempts.delete(identity);
    return { due: due.sort(byUrgency), nextAt };
  }

  /** A critical alarm that was not tried yet is tried at once, whatever became of the others. */
  #startAt(now: Monotonic, next: Due | null): Monotonic {
    if (next !== null && isFresh(next)) return this.#patientUntil > now ? this.#patientUntil : now;
    return this.#retryAt > this.#patientUntil ? this.#retryAt : this.#patientUntil;
  }

  #begin(next: Due): void {
    const calledOff = new AbortController();
    const ended = this.#deliver(next, calledOff).finally(() => {
      this.#underWay = null;
      this.look();
    });
    this.#underWay = { ended, calledOff };
  }

  /** Never rejects. */
  async #deliver(asked: Due, calledOff: AbortController): Promise<void> {
    const { clock } = this.#room.world;
    // Written before the send, but a dead disk silences no alarm.
    await bounded(this.#room.persisted(), limits.journalWaitMs, clock, 'alarm ledger written');
    const entry = this.#room.entry(asked.entry.alarm.key);
    if (this.#closed || entry === null) return;
    const verdict = this.#judge(entry);
    if (verdict.kind !== 'tell') return;
    const { status, repeats } = verdict;
    const telling = { status, repeats, alarm: entry.alarm, flapping: isFlapping(entry, clock.monotonic()) };
    const notice = noticeOf(telling, this.#room.speaker, clock.wall());
    const sent = await this.#send(notice, calledOff);
    // Called off by the end of the agent: told again at the next start.
    if (this.#closed && sent.kind !== 'delivered') return;
    if (sent.kind === 'delivered') this.#noteDelivered(entry, notice, sent.detail);
    else this.#noteFailed(identityOf(entry, verdict), notice, sent);
  }

  async #send(notice: Notice, calledOff: AbortController): Promise<Sent> {
    const { channel, config, world } = this.#room;
    const name = `alarm ${config.name} timeout`;
    const timeout = world.clock.timer(name, config.timeoutMs, () => calledOff.abort());
    try {
      const sent = await bounded(channel.send(notice, calledOff.signal), config.timeoutMs + CALLED_OFF_MS, world.clock, name);
      if (sent.inTime) return sent.value;
      return { kind: 'failed', detail: 'it did not end when it was called off', remedy: 'report it', retryAfterMs: null };
    } catch (error) {
      return {
        kind: 'failed',
        detail: asSpitrapError(error).message,
        remedy: 'a fault of this program: please report it',
        retryAfterMs: null,
      };
    } finally {
      timeout.cancel();
    }
  }

  #noteDelivered({ alarm }: Entry, notice: Notice, detail: string): void {
    const { clock } = this.#room.world;
    const { config, log } = this.#room;
    const again = this.#lastError === null ? '' : ', which had failed before';
    this.#delivered++;
    this.#lastDeliveredWall = clock.wall();
    this.#lastError = null;
    this.#retries = null;
    this.#retryAt = monotonic(0);
    const { status, repeats } = notice;
    log.info(
      { event: 'alarm-told', channel: config.name, alarm: alarm.id, status, repeats },
      `told over ${config.name}${again}: ${headline(notice)} (${this.#room.clean(detail)})`,
    );
    this.#failingSince = null;
    this.#room.told(alarm.key, status === 'cleared' ? null : { status, turn: turnOf(alarm), at: clock.monotonic(), repeats });
    this.#room.working();
  }

  #noteFailed(identity: string, notice: Notice, sent: Exclude<Sent, { readonly kind: 'delivered' }>): void {
    const { config, log, world } = this.#room;
    const now = world.clock.monotonic();
    this.#failed++;
    this.#attempts.set(identity, (this.#attempts.get(identity) ?? 0) + 1);
    const why = printable(this.#room.clean(`${sent.detail}; ${sent.remedy}`), 600);
    // Once a reason: a receiver that is gone for the night is tried a hundred times.
    if (why !== this.#lastError) {
      const urgent = notice.alarm.severity === 'critical' && notice.status !== 'cleared';
      log[urgent ? 'error' : 'warn'](
        { event: 'alarm-untold', channel: config.name, alarm: notice.alarm.id, status: notice.status },
        `not told over ${config.name}: ${headline(notice)}: ${why}; it is tried again until it is`,
      );
    }
    this.#lastError = why;
    if (this.#retries?.kind !== sent.kind) {
      const schedule = sent.kind === 'refused' ? REFUSED_RETRY : RETRY;
      this.#retries = { kind: sent.kind, delays: backoffDelays(schedule, () => world.random.uniform()) };
    }
    this.#retryAt = after(now, this.#retries.delays.next().value as number);
    if (sent.kind === 'failed' && sent.retryAfterMs !== null) this.#patientUntil = after(now, sent.retryAfterMs);
    this.#failingSince ??= now;
    this.#room.failing(this.#failingSince, why);
  }

  /** What is on its way gets `withinMs`, then it is called off. */
  async close(withinMs: number): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    const underWay = this.#underWay;
    if (underWay === null) return;
    const ended = await bounded(underWay.ended, withinMs, this.#room.world.clock, `alarm ${this.#room.config.name} ends`);
    if (!ended.inTime) underWay.calledOff.abort();
  }
}

/** The alarm about a channel that reaches nobody. */
export const untoldKey = (name: string): string => `alarm-untold:${name}`;

const identityOf = ({ alarm }: Entry, { status, repeats }: Due['verdict']): string =>
  `${turnOf(alarm)} ${status} ${repeats} ${alarm.key}`;

const isStanding = ({ verdict: { status } }: Due): boolean => status === 'raised' || status === 'repeated';
const isFresh = (due: Due): boolean => due.attempts === 0 && due.entry.alarm.severity === 'critical' && isStanding(due);

/** Fresh critical ones first; else what failed less often, so that one that a receiver chokes on does not hold up the rest. */
function byUrgency(a: Due, b: Due): number {
  const critical = (due: Due): number => (due.entry.alarm.severity === 'critical' && isStanding(due) ? 0 : 1);
  return (
    Number(a.isOwn) - Number(b.isOwn) ||
    Number(isFresh(b)) - Number(isFresh(a)) ||
    a.attempts - b.attempts ||
    critical(a) - critical(b) ||
    a.entry.stateAt - b.entry.stateAt
  );
}
