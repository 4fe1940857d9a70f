/**
 * Virtual time for tests: the Clock port under our thumb. `advance` fires due timers in order of time (then of creation) and lets
 * promises, and one turn of the event loop, run between them. The wall clock can be stepped apart from the monotonic one.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, monotonic, type Wall, wall } from '../../shared/model/time.ts';

interface Pending {
  readonly name: string;
  readonly dueAt: number;
  readonly order: number;
  readonly fire: () => void;
}

export interface FakeClockStart {
  readonly monotonicMs?: number;
  readonly wallMs?: number;
  readonly bootId?: string;
}

/** Lets everything that is ready run: promises to the end, and one round of immediates (an injected fake disk needs no more). */
export async function settle(rounds = 3): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  readonly bootId: string;
  #nowMs: number;
  #wallMs: number;
  #order = 0;
  #pending: Pending[] = [];

  constructor(start: FakeClockStart = {}) {
    this.#nowMs = start.monotonicMs ?? 1_000_000;
    this.#wallMs = start.wallMs ?? Date.UTC(2026, 2, 12, 18, 22, 10, 706);
    this.bootId = start.bootId ?? '11111111-2222-3333-4444-555555555555';
  }

  monotonic(): Monotonic {
    return monotonic(this.#nowMs);
  }

  wall(): Wall {
    return wall(this.#wallMs);
  }

  timer(name: string, delayMs: number, fire: () => void): Timer {
    const entry: Pending = { name, dueAt: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#pending.push(entry);
    return {
      name,
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry);
      },
    };
  }

  sleep(name: string, delayMs: number): Promise<void> {
    return new Promise((resolve) => this.timer(name, delayMs, resolve));
  }

  /** Names of the timers that wait, soonest first. */
  get waiting(): string[] {
    return [...this.#pending].sort(byTime).map((entry) => entry.name);
  }

  /** An NTP step or an operator's `date -s`: the wall clock alone moves. */
  stepWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  async advance(byMs: number): Promise<void> {
    const until = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const next = this.#pending.filter((entry) => entry.dueAt <= until).sort(byTime)[0];
      if (!next) break;
      this.#moveTo(next.dueAt);
      this.#pending = this.#pending.filter((other) => other !== next);
      next.fire();
      await settle();
    }
    this.#moveTo(until);
    await settle();
  }

  #moveTo(nowMs: number): void {
    const stepMs = Math.max(0, nowMs - this.#nowMs);
    this.#nowMs += stepMs;
    this.#wallMs += stepMs;
  }
}

const byTime = (a: Pending, b: Pending): number => a.dueAt - b.dueAt || a.order - b.order;
