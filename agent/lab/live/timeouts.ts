/** Timers without names, as many as are needed, which end with their owner. For live/; NamedTimers is for what there is one of. */
import type { Clock, Timer } from '../../../shared/clock.ts';

export class Timeouts {
  private readonly clock: Clock;
  private readonly waiting = new Set<Timer>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  in(delayMs: number, fire: () => void): Timer {
    const timer = this.clock.timer('lab-live', Math.max(0, delayMs), () => {
      this.waiting.delete(timer);
      fire();
    });
    this.waiting.add(timer);
    return timer;
  }

  close(): void {
    for (const timer of this.waiting) timer.cancel();
    this.waiting.clear();
  }
}
