/**
 * Virtual time without the event loop: timers fire synchronously, in order of time and then of creation, while `runTo` is under way. For
 * the bench, where thousands of hours have to pass; FakeClock is for code that awaits. A view of it may have a wall clock of its own.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';
import { TimerHeap } from './timer-heap.ts';

/** Wall time = monotonic time + offset, gaining `driftPpm` microseconds a second since the start. */
export interface WallView {
  readonly offsetMs: number;
  readonly driftPpm: number;
  readonly bootId: string;
}

export class VirtualClock {
  nowMs: number;
  readonly #startMs: number;
  readonly #timers = new TimerHeap();

  constructor(startMs = 1_000_000) {
    this.nowMs = startMs;
    this.#startMs = startMs;
  }

  view({ offsetMs, driftPpm, bootId }: WallView): Clock {
    return {
      bootId,
      monotonic: (): Monotonic => monotonic(this.nowMs),
      wall: (): Wall => wall(Math.round(this.nowMs + offsetMs + ((this.nowMs - this.#startMs) * driftPpm) / 1_000_000)),
      timer: (name, delayMs, fire) => this.#timer(name, delayMs, fire),
      sleep: (name, delayMs) => new Promise((resolve) => this.#timer(name, delayMs, resolve)),
    };
  }

  /** Until then, or until `done` says so after a timer. */
  runTo(untilMs: number, done: () => boolean = () => false): void {
    for (let next = this.#timers.take(untilMs); next !== null; next = this.#timers.take(untilMs)) {
      this.nowMs = Math.max(this.nowMs, next.dueAt);
      next.fire();
      if (done()) return;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #timer(name: string, delayMs: number, fire: () => void): Timer {
    const entry = this.#timers.add(name, this.nowMs + Math.max(0, delayMs), fire);
    return {
      name,
      cancel: () => {
        entry.live = false;
      },
    };
  }
}
