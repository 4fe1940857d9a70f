/**
 * One place for a session of the pool: its queue, its logins with backoff, its keepalive. Kept up for `capture` and `control`, opened for
 * an errand and let go for `fresh`. A line that hangs here holds up nobody but those behind it in this queue. Used by pool.ts.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { type DurationMs, formatDuration, type Monotonic } from '../../shared/model/time.ts';
import type { Random } from '../ports.ts';
import type { RunOptions, SessionStatus } from './device.ts';
import type { LoginGate } from './login-gate.ts';
import type { Session } from './session.ts';

export interface HeldSessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly gate: LoginGate;
  readonly open: () => Promise<Session>;
  /** True: kept up, with keepalives. False: logged out after it was idle for a moment. */
  readonly held: boolean;
  readonly onChange: () => void;
  /** After each login of a held session. */
  readonly onReady: () => void;
  /** May this line interrupt another? */
  readonly stops: (command: string) => boolean;
}

interface Job {
  readonly command: string;
  /** An errand in configuration mode; null: the command itself. */
  readonly lines: readonly string[] | null;
  readonly options: RunOptions;
  readonly resolve: (result: CommandResult) => void;
  readonly askedAt: Monotonic;
  /** A stop came while this line still waited for a session. */
  overtaken: boolean;
}

const BACKOFF = { firstMs: 1_000, factor: 2, mostMs: 60_000, jitter: 0.3 };
/** exec-timeout is 10 min by default. */
const KEEPALIVE_MS = 4 * 60_000;
const KEEPALIVE_ANSWER_MS = 10_000;
/** A fresh session waits this long for the next line of the same errand (the stop, then its verification). */
const LINGER_MS = 3_000;
/** How long a line may go on once a stop waits behind it. */
const GRACE_MS = 500;
/** A starved router answers after seconds, and a new login takes it longer still: the stop waits rather for this prompt. */
const STOP_PATIENCE_MS = 4_500;
const STOP_FIRST = 'a stop had to be sent first';

export class HeldSession {
  readonly #options: HeldSessionOptions;
  #session: Session | null = null;
  #opening = false;
  #queue: Job[] = [];
  #running: Job | null = null;
  #delays = backoffDelays(BACKOFF, () => 0);
  #retry: Timer | null = null;
  #idle: Timer | null = null;
  #wake: (() => void) | null = null;
  #wanted = false;
  #stopped = false;
  #lastError: string | null = null;
  #since: Monotonic;
  #state: SessionStatus['state'] = 'closed';

  constructor(options: HeldSessionOptions) {
    this.#options = options;
    this.#since = options.clock.monotonic();
    this.#resetBackoff();
  }

  get hostname(): string | null {
    return this.#session?.hostname ?? null;
  }

  /** Nothing queued, nothing running. */
  get free(): boolean {
    return this.#running === null && this.#queue.length === 0;
  }

  get status(): SessionStatus {
    return { state: this.#state, since: this.#since, lastError: this.#lastError };
  }

  /** Wants the session up from now on. */
  connect(): void {
    this.#wanted = true;
    this.#tryOpen(false);
  }

  run(command: string, options: RunOptions): Promise<CommandResult> {
    return this.#enqueue(command, null, options);
  }

  configure(lines: readonly string[], options: RunOptions): Promise<CommandResult> {
    return this.#enqueue(lines.join(' / '), lines, options);
  }

  #enqueue(command: string, lines: readonly string[] | null, options: RunOptions): Promise<CommandResult> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve(notSent(command, 'the agent is stopping'));
      if (this.#queue.length >= limits.commandsQueuedMax)
        return resolve(notSent(command, `more than ${limits.commandsQueuedMax} lines wait on this session`));
      const { stops } = this.#options;
      if (lines !== null && [this.#running, ...this.#queue].some((other) => other !== null && stops(other.command)))
        return resolve(notSent(command, STOP_FIRST));
      const { clock } = this.#options;
      const job: Job = {
        ...{ command, lines, options, askedAt: clock.monotonic(), overtaken: false },
        resolve: (result) => {
          patience.cancel();
          resolve(result);
        },
      };
      const patience = clock.timer('session line wanted', options.timeoutMs, () => this.#giveUp(job));
      // Urgent lines keep their order among themselves.
      const at = overtakes(options) ? this.#queue.findIndex((other) => !overtakes(other.options)) : -1;
      if (at < 0) this.#queue.push(job);
      else this.#queue.splice(at, 0, job);
      this.#preempt(job);
      void this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#idle?.cancel();
    for (const job of this.#queue.splice(0)) job.resolve(notSent(job.command, 'the agent is stopping'));
    this.#wake?.();
    const session = this.#session;
    session?.abort('the agent is stopping');
    await session?.close();
    this.#become('closed');
  }

  #preempt(job: Job): void {
    const { clock, stops } = this.#options;
    const running = this.#running;
    if (!stops(job.command)) return;
    // What verifies the stop would wait behind it: an errand takes some twenty seconds where a line takes some.
    const errands = this.#queue.filter(({ lines }) => lines !== null);
    this.#queue = this.#queue.filter(({ lines }) => lines === null);
    for (const errand of errands) errand.resolve(notSent(errand.command, STOP_FIRST));
    if (running === null || stops(running.command)) return;
    if (this.#session === null) {
      running.overtaken = true;
      this.#wake?.();
      return;
    }
    clock.timer('session stop waits', GRACE_MS, () => {
      if (this.#running === running) this.#session?.abort(`interrupted: ${job.command} had to be sent`, STOP_PATIENCE_MS);
    });
  }

  /** A line behind one that has longer to wait for the session: its own time is up, and nobody is to wait on for what it would say. */
  #giveUp(job: Job): void {
    if (this.#session !== null || !this.#queue.includes(job)) return;
    this.#queue = this.#queue.filter((other) => other !== job);
    job.resolve(this.#noSession(job, `no session within ${formatDuration(job.options.timeoutMs)}`));
  }

  #noSession({ command, askedAt }: Job, waited: string): CommandResult {
    const why = this.#stopped ? 'the agent is stopping' : waited;
    const detail = this.#lastError === null ? why : `${this.#lastError} (${why})`;
    return notSent(command, detail, this.#options.clock.monotonic() - askedAt);
  }

  async #pump(): Promise<void> {
    if (this.#running !== null) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#running = job;
    this.#idle?.cancel();
    job.resolve(await this.#perform(job));
    this.#running = null;
    this.#whenIdle();
    void this.#pump();
  }

  async #perform(job: Job): Promise<CommandResult> {
    const { clock } = this.#options;
    // Lines that wait for the same missing session wait for it together; behind another's output each has its own time.
    const startedAt = this.#session === null ? job.askedAt : clock.monotonic();
    const left = () => job.options.timeoutMs - (clock.monotonic() - startedAt);
    const session = await this.#sessionWithin(job, left);
    if (session === null)
      return this.#noSession(job, job.overtaken ? STOP_FIRST : `no session within ${formatDuration(job.options.timeoutMs)}`);
    this.#become('busy');
    const budget = { timeoutMs: Math.max(1, left()), bytesMax: job.options.bytesMax ?? limits.commandOutputBytesMax };
    const result = await (job.lines === null ? session.run(job.command, budget) : session.configure(job.lines, budget));
    if (this.#session === session) this.#become('ready');
    return result;
  }

  /** Null when the time is up. */
  async #sessionWithin(job: Job, left: () => number): Promise<Session | null> {
    // A timer may fire a fraction early: by the clock alone it would be waited on, with nothing left to end that, and typed minutes later.
    let isLate = false;
    const late = this.#options.clock.timer('session wanted', left(), () => {
      isLate = true;
      this.#wake?.();
    });
    let urgent = job.options.urgent === true;
    while (this.#session === null && !isLate && left() > 0 && !this.#stopped && !job.overtaken) {
      const tried = this.#tryOpen(urgent);
      // One more attempt, not one after the other.
      if (tried) urgent = false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    late.cancel();
    return job.overtaken ? null : this.#session;
  }

  /** True when an attempt was begun. Else one is underway, or planned. */
  #tryOpen(urgent: boolean): boolean {
    if (this.#session !== null || this.#opening || this.#stopped) return false;
    if (this.#retry !== null && !urgent) return false;
    const waitMs = urgent ? 0 : this.#options.gate.waitMs();
    if (waitMs > 0) {
      this.#retryIn(waitMs);
      return false;
    }
    this.#retry?.cancel();
    this.#retry = null;
    void this.#open();
    return true;
  }

  async #open(): Promise<void> {
    const { gate, open, held, onReady } = this.#options;
    this.#opening = true;
    this.#become('connecting');
    gate.begin();
    try {
      const session = await open();
      gate.end(null);
      this.#opening = false;
      if (this.#stopped) return await session.close();
      this.#opened(session);
      if (held) onReady();
    } catch (error) {
      gate.end(error);
      this.#opening = false;
      const failure = asSpitrapError(error);
      this.#lastError = `${failure.code}: ${failure.message}`;
      this.#failed();
    }
  }

  #opened(session: Session): void {
    this.#session = session;
    this.#lastError = null;
    this.#resetBackoff();
    this.#become('ready');
    session.onClose((reason) => {
      if (this.#session !== session) return;
      this.#session = null;
      this.#idle?.cancel();
      if (reason !== null) this.#lastError = `${reason.code}: ${reason.message}`;
      this.#failed();
    });
    this.#whenIdle();
    this.#wake?.();
  }

  /** Down: tried again when it is held, or when lines wait. */
  #failed(): void {
    if (!this.#stopped && (this.#wanted || !this.free)) this.#retryIn(this.#delays.next().value);
    else this.#become('closed');
    this.#wake?.();
  }

  #retryIn(delayMs: DurationMs): void {
    const { clock, gate } = this.#options;
    this.#retry?.cancel();
    this.#become('backing-off');
    this.#retry = clock.timer('session retry', Math.max(delayMs, gate.waitMs()), () => {
      this.#retry = null;
      if (this.#wanted || !this.free) this.#tryOpen(false);
      else this.#become('closed');
    });
  }

  #whenIdle(): void {
    const { clock, held } = this.#options;
    this.#idle?.cancel();
    this.#idle = null;
    const session = this.#session;
    if (session === null || !this.free || this.#stopped) return;
    this.#idle = clock.timer(held ? 'session keepalive' : 'session linger', held ? KEEPALIVE_MS : LINGER_MS, () => {
      if (!held) void session.close();
      else void session.keepalive(KEEPALIVE_ANSWER_MS).then(() => this.#whenIdle());
    });
  }

  #resetBackoff(): void {
    this.#delays = backoffDelays(BACKOFF, () => this.#options.random.uniform());
  }

  #become(state: SessionStatus['state']): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = this.#options.clock.monotonic();
    this.#options.onChange();
  }
}

export function notSent(command: string, detail: string, tookMs: DurationMs = 0): CommandResult {
  return { command, status: 'closed', output: '', detail, sentAt: null, sentAtWall: null, tookMs };
}

const overtakes = (options: RunOptions): boolean => options.urgent === true || options.first === true;
