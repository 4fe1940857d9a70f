/**
 * Orderly end. `Cleanup` is the stack that app.ts fills as it opens rooms: it closes them last-in-first-out, each step bounded, every
 * failure collected. `bounded` is the same promise-with-a-deadline for anyone else who must not wait for ever.
 */
import type { Clock } from '../shared/clock.ts';
import { asSpitrapError, SpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import { type DurationMs, elapsedMs } from '../shared/model/time.ts';

export type Bounded<T> = { readonly inTime: true; readonly value: T } | { readonly inTime: false };

/**
 * The value when it comes within `atMostMs`; else `inTime: false`, and whatever the promise does later, a rejection included, is
 * dropped. A rejection in time is passed on.
 */
export function bounded<T>(promise: Promise<T>, atMostMs: DurationMs, clock: Clock, name = 'bounded'): Promise<Bounded<T>> {
  return new Promise((resolve, reject) => {
    const timer = clock.timer(name, atMostMs, () => resolve({ inTime: false }));
    promise.then(
      (value) => {
        timer.cancel();
        resolve({ inTime: true, value });
      },
      (error: unknown) => {
        timer.cancel();
        reject(asSpitrapError(error));
      },
    );
  });
}

export type Stoppable = { close(): Promise<void> | void } | (() => Promise<void> | void);

export interface StopStep {
  readonly name: string;
  readonly tookMs: DurationMs;
  /** Null: closed in time and without complaint. */
  readonly error: SpitrapError | null;
}

export class Cleanup {
  readonly #clock: Clock;
  readonly #stepMs: DurationMs;
  readonly #stack: { readonly name: string; readonly thing: Stoppable }[] = [];
  #stopping: Promise<readonly StopStep[]> | null = null;

  constructor(clock: Clock, stepMs: DurationMs = limits.stopStepMs) {
    this.#clock = clock;
    this.#stepMs = stepMs;
  }

  /** Returns the thing, so that opening and remembering to close stand in one line. Too late to add once stopping: closed at once. */
  add<T extends Stoppable>(name: string, thing: T): T {
    if (this.#stopping) void this.#step(name, thing);
    else this.#stack.push({ name, thing });
    return thing;
  }

  /** Never rejects; a second call gets the first one's answer. */
  stop(): Promise<readonly StopStep[]> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<readonly StopStep[]> {
    const steps: StopStep[] = [];
    for (let entry = this.#stack.pop(); entry; entry = this.#stack.pop()) steps.push(await this.#step(entry.name, entry.thing));
    return steps;
  }

  async #step(name: string, thing: Stoppable): Promise<StopStep> {
    const startedAt = this.#clock.monotonic();
    const ended = (error: SpitrapError | null): StopStep => ({
      name,
      tookMs: elapsedMs(startedAt, this.#clock.monotonic()),
      error,
    });
    try {
      const closing = async (): Promise<void> => (typeof thing === 'function' ? thing() : thing.close());
      const outcome = await bounded(closing(), this.#stepMs, this.#clock, `stop ${name}`);
      if (outcome.inTime) return ended(null);
      return ended(new SpitrapError('INTERNAL', `${name} did not close within ${this.#stepMs} ms; going on without it`));
    } catch (error) {
      return ended(asSpitrapError(error));
    }
  }
}
