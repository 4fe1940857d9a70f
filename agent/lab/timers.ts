/** Named timers of one owner, each name once: what a tunnel, a storm or the hub's other peers wait for, and what close ends. */
import type { Clock, Timer } from '../../shared/clock.ts';

export class NamedTimers {
  private readonly clock: Clock;
  private readonly timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A name that waits already waits anew. */
  once(name: string, delayMs: number, fire: () => void): void {
    this.cancel(name);
    const timer = this.clock.timer(name, delayMs, () => {
      this.timers.delete(name);
      fire();
    });
    this.timers.set(name, timer);
  }

  /** `jitterMs` is asked each time, and added to the period. */
  every(name: string, periodMs: number, fire: () => void, jitterMs: () => number = () => 0): void {
    this.once(name, periodMs + jitterMs(), () => {
      fire();
      this.every(name, periodMs, fire, jitterMs);
    });
  }

  has(name: string): boolean {
    return this.timers.has(name);
  }

  cancel(name: string): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  close(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }
}
