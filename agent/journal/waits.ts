/**
 * Many waits of one length on one timer: each notification waits for its record, thousands a second, and a timer of its own costs more than
 * all else that is done for it. Used by journal.ts. A wait that ends takes the timer with it when it was the last.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import type { Bounded } from '../lifecycle.ts';

interface Wait {
  readonly until: Monotonic;
  readonly expire: () => void;
  over: boolean;
}

export class Waits {
  readonly #clock: Clock;
  readonly #lengthMs: DurationMs;
  readonly #name: string;
  /** Oldest first, so that the first is due first. */
  #waits: Wait[] = [];
  #open = 0;
  #timer: Timer | null = null;

  constructor(clock: Clock, lengthMs: DurationMs, name: string) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#name = name;
  }

  /** As lifecycle.ts `bounded`, `lengthMs` from now. */
  for<T>(promise: Promise<T>): Promise<Bounded<T>> {
    return new Promise((resolve, reject) => {
      const until = after(this.#clock.monotonic(), this.#lengthMs);
      const wait: Wait = { until, expire: () => resolve({ inTime: false }), over: false };
      this.#waits.push(wait);
      this.#open++;
      this.#timer ??= this.#clock.timer(this.#name, this.#lengthMs, () => this.#due());
      promise.then(
        (value) => {
          this.#end(wait);
          resolve({ inTime: true, value });
        },
        (error: unknown) => {
          this.#end(wait);
          reject(asSpitrapError(error));
        },
      );
    });
  }

  #end(wait: Wait): void {
    if (wait.over) return;
    wait.over = true;
    this.#open--;
    if (this.#open > 0) return;
    this.#waits = [];
    this.#timer?.cancel();
    this.#timer = null;
  }

  #due(): void {
    const now = this.#clock.monotonic();
    const due = this.#waits.filter(({ over, until }) => !over && until <= now);
    this.#waits = this.#waits.filter(({ over, until }) => !over && until > now);
    this.#open = this.#waits.length;
    const next = this.#waits[0];
    this.#timer = next === undefined ? null : this.#clock.timer(this.#name, next.until - now, () => this.#due());
    for (const wait of due) {
      wait.over = true;
      wait.expire();
    }
  }
}
