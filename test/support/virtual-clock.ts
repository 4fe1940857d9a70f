/**
 * Virtual time without the event loop: timers fire synchronously, in order of time and then of creation, while `runTo` is under way. For
 * the bench, where thousands of hours have to pass; FakeClock is for code that awaits. A view of it may have a wall clock of its own.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';

interface Pending {
  readonly dueAt: number;
  readonly order: number;
  readonly fire: () => void;
  live: boolean;
}

/** Wall time = monotonic time + offset, gaining `driftPpm` microseconds a second since the start. */
export interface WallView {
  readonly offsetMs: number;
  readonly driftPpm: number;
  readonly bootId: string;
}

export class VirtualClock {
  nowMs: number;
  readonly #startMs: number;
  readonly #heap: Pending[] = [];
  #order = 0;

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
    for (let next = this.#heap[0]; next && next.dueAt <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (!next.live) continue;
      this.nowMs = Math.max(this.nowMs, next.dueAt);
      next.fire();
      if (done()) return;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  #timer(name: string, delayMs: number, fire: () => void): Timer {
    const entry: Pending = { dueAt: this.nowMs + Math.max(0, delayMs), order: this.#order++, fire, live: true };
    this.#push(entry);
    return {
      name,
      cancel: () => {
        entry.live = false;
      },
    };
  }

  #push(entry: Pending): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Pending, b: Pending): boolean => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
