/**
 * The clock of a simulated box that a test puts forward: minutes of the router in no time, while agent and network live in real time.
 * What would have been due on the way is done on the way, in order.
 */
import { createClock } from '../../agent/clock.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { type DurationMs, type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';

interface Pending {
  readonly name: string;
  readonly dueMs: number;
  readonly fire: () => void;
  handle: Timer;
}

export class ForwardClock implements Clock {
  readonly #real = createClock();
  readonly #pending = new Set<Pending>();
  #aheadMs = 0;

  get bootId(): string {
    return this.#real.bootId;
  }

  monotonic(): Monotonic {
    return monotonic(this.#real.monotonic() + this.#aheadMs);
  }

  wall(): Wall {
    return wall(this.#real.wall() + this.#aheadMs);
  }

  timer(name: string, delayMs: DurationMs, fire: () => void): Timer {
    const dueMs = this.monotonic() + Math.max(0, delayMs);
    const pending: Pending = { name, dueMs, fire, handle: this.#wait(name, delayMs, () => this.#fire(pending)) };
    this.#pending.add(pending);
    return {
      name,
      cancel: () => {
        pending.handle.cancel();
        this.#pending.delete(pending);
      },
    };
  }

  sleep(name: string, delayMs: DurationMs): Promise<void> {
    return new Promise((resolve) => void this.timer(name, delayMs, resolve));
  }

  forward(byMs: DurationMs): void {
    const until = this.monotonic() + byMs;
    for (let next = this.#soonest(); next !== undefined && next.dueMs <= until; next = this.#soonest()) {
      this.#goTo(next.dueMs);
      next.handle.cancel();
      this.#fire(next);
    }
    this.#goTo(until);
    for (const pending of this.#pending) {
      pending.handle.cancel();
      pending.handle = this.#wait(pending.name, pending.dueMs - this.monotonic(), () => this.#fire(pending));
    }
  }

  #wait(name: string, delayMs: DurationMs, fire: () => void): Timer {
    return this.#real.timer(name, delayMs, fire);
  }

  #fire(pending: Pending): void {
    if (this.#pending.delete(pending)) pending.fire();
  }

  #soonest(): Pending | undefined {
    let soonest: Pending | undefined;
    for (const pending of this.#pending) if (soonest === undefined || pending.dueMs < soonest.dueMs) soonest = pending;
    return soonest;
  }

  #goTo(atMs: number): void {
    this.#aheadMs += Math.max(0, atMs - this.monotonic());
  }
}
