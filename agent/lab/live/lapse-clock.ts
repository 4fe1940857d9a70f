/**
 * A clock with a past: what is told to it before `present()` happens in no time, in order, with the stamps of the minutes before now; from
 * then on it goes with the real clock, and takes the timers that still wait along. For plays of causes/ that need hours or minutes before
 * anything happens, behind boxes that real agents look at (agent/cli/lab).
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import { type DurationMs, type Monotonic, monotonic, type Wall, wall } from '../../../shared/model/time.ts';

interface Waiting {
  readonly name: string;
  readonly dueAt: number;
  readonly fire: () => void;
  /** Once the present has come. */
  real: Timer | null;
}

export class LapseClock implements Clock {
  readonly bootId: string;
  readonly #real: Clock;
  readonly #wallOffsetMs: number;
  /** Null: the present. */
  #pastAt: number | null;
  readonly #waiting = new Set<Waiting>();

  constructor(real: Clock, pastMs: DurationMs) {
    this.#real = real;
    this.bootId = real.bootId;
    this.#wallOffsetMs = real.wall() - real.monotonic();
    this.#pastAt = real.monotonic() - pastMs;
  }

  monotonic(): Monotonic {
    return this.#pastAt === null ? this.#real.monotonic() : monotonic(this.#pastAt);
  }

  wall(): Wall {
    return this.#pastAt === null ? this.#real.wall() : wall(Math.round(this.#pastAt + this.#wallOffsetMs));
  }

  timer(name: string, delayMs: DurationMs, fire: () => void): Timer {
    if (this.#pastAt === null) return this.#real.timer(name, delayMs, fire);
    const waiting: Waiting = { name, dueAt: this.#pastAt + Math.max(0, delayMs), fire, real: null };
    this.#waiting.add(waiting);
    return {
      name,
      cancel: () => {
        this.#waiting.delete(waiting);
        waiting.real?.cancel();
      },
    };
  }

  sleep(name: string, delayMs: DurationMs): Promise<void> {
    return new Promise((resolve) => this.timer(name, delayMs, resolve));
  }

  /** So much of the past, or until `done` says so after a timer. Nothing in the present. */
  pass(forMs: DurationMs, done: () => boolean = () => false): void {
    if (this.#pastAt === null) return;
    const until = this.#pastAt + forMs;
    for (let next = this.#next(); next && next.dueAt <= until; next = this.#next()) {
      this.#waiting.delete(next);
      this.#pastAt = Math.max(this.#pastAt, next.dueAt);
      next.fire();
      if (done()) return;
    }
    this.#pastAt = until;
  }

  present(): void {
    if (this.#pastAt === null) return;
    this.#pastAt = null;
    const now = this.#real.monotonic();
    for (const waiting of [...this.#waiting].sort((a, b) => a.dueAt - b.dueAt)) {
      waiting.real = this.#real.timer(waiting.name, Math.max(0, waiting.dueAt - now), () => {
        this.#waiting.delete(waiting);
        waiting.fire();
      });
    }
  }

  /** Of two that are due at once the one that was made first: a set keeps the order. */
  #next(): Waiting | null {
    let next: Waiting | null = null;
    for (const waiting of this.#waiting) if (next === null || waiting.dueAt < next.dueAt) next = waiting;
    return next;
  }
}
