/**
 * Virtual time for tests: the Clock port under our thumb. `advance` fires due timers in order of time (then of creation) and lets
 * promises, and a few turns of the event loop, run between them; where everything under it waits for promises and for this clock alone
 * (`promisesOnly`), promises suffice, and thousands of timers fire in a turn. The wall clock can be stepped apart from the monotonic one.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';
import { TimerHeap } from './timer-heap.ts';

export interface FakeClockStart {
  readonly monotonicMs?: number;
  readonly wallMs?: number;
  readonly bootId?: string;
  /** Nothing under this clock waits for the event loop: no setImmediate, no sockets, no files. */
  readonly promisesOnly?: boolean;
}

/** Immediates asked for at once: Node runs promises to their end after each, and looks for I/O only after all of them. */
const FIRINGS_PER_TURN = 256;

/** Lets everything that is ready run: promises to the end, and one round of immediates (an injected fake disk needs no more). */
export async function settle(rounds = 3): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  readonly bootId: string;
  #nowMs: number;
  #wallMs: number;
  readonly #timers = new TimerHeap();
  readonly #promisesOnly: boolean;

  constructor(start: FakeClockStart = {}) {
    this.#nowMs = start.monotonicMs ?? 1_000_000;
    this.#wallMs = start.wallMs ?? Date.UTC(2026, 2, 12, 18, 22, 10, 706);
    this.#promisesOnly = start.promisesOnly ?? false;
    this.bootId = start.bootId ?? '11111111-2222-3333-4444-555555555555';
  }

  monotonic(): Monotonic {
    return monotonic(this.#nowMs);
  }

  wall(): Wall {
    return wall(this.#wallMs);
  }

  timer(name: string, delayMs: number, fire: () => void): Timer {
    const entry = this.#timers.add(name, this.#nowMs + Math.max(0, delayMs), fire);
    return {
      name,
      cancel: () => {
        entry.live = false;
      },
    };
  }

  sleep(name: string, delayMs: number): Promise<void> {
    return new Promise((resolve) => this.timer(name, delayMs, resolve));
  }

  /** Names of the timers that wait, soonest first. */
  get waiting(): string[] {
    return this.#timers.waiting().map(({ name }) => name);
  }

  /** An NTP step or an operator's `date -s`: the wall clock alone moves. */
  stepWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  async advance(byMs: number): Promise<void> {
    const until = this.#nowMs + byMs;
    if (this.#promisesOnly) await this.#fireInBatches(until);
    else {
      await settle();
      while (this.#fireNext(until)) await settle();
    }
    this.#moveTo(until);
    if (!this.#promisesOnly) await settle();
  }

  #fireNext(until: number): boolean {
    const next = this.#timers.take(until);
    if (next === null) return false;
    this.#moveTo(next.dueAt);
    next.fire();
    return true;
  }

  #fireInBatches(until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const fire = (): void => {
        if (over) return;
        try {
          over = !this.#fireNext(until);
          if (over) resolve();
        } catch (error) {
          over = true;
          reject(error);
        }
      };
      const batch = (): void => {
        if (over) return;
        // Whatever one of them sets that is due too is fired in the next turn.
        for (let left = Math.min(FIRINGS_PER_TURN, this.#timers.dueBy(until) + 1); left > 0; left--) setImmediate(fire);
        setImmediate(batch);
      };
      batch();
    });
  }

  #moveTo(nowMs: number): void {
    const stepMs = Math.max(0, nowMs - this.#nowMs);
    this.#nowMs += stepMs;
    this.#wallMs += stepMs;
  }
}
