/**
 * The processor memory of one box: `show processes memory`, `show memory statistics`. A debug flood eats it (messages that wait
 * for a console, monitors and a collector that are too slow), and its end gives it back. Read lazily, like cpu-load.ts.
 */
import type { Clock } from '../../shared/clock.ts';

/** IOS refuses allocations long before (strain.ts: MALLOCFAIL, no logins); the box of the lab stays there. */
const LOWEST_FREE_PERCENT = 1;

export class MemoryPool {
  readonly totalBytes: number;
  private readonly clock: Clock;
  private restingFreePercent: number;
  private free: number;
  private lowest: number;
  /** Percent points a second; above 0: a flood eats. */
  private eating = 0;
  private readonly eatPercentPerSecond: number;
  private at: number;

  constructor(clock: Clock, totalBytes: number, freePercent: number, eatPercentPerSecond: number) {
    this.clock = clock;
    this.totalBytes = totalBytes;
    this.restingFreePercent = freePercent;
    this.free = freePercent;
    this.lowest = freePercent;
    this.eatPercentPerSecond = eatPercentPerSecond;
    this.at = clock.monotonic();
  }

  /** The share that is free while nothing eats; takes effect at once. */
  rest(freePercent: number): void {
    this.settle();
    if (freePercent !== this.restingFreePercent) this.free = freePercent;
    this.restingFreePercent = freePercent;
    this.lowest = Math.min(this.lowest, this.free);
  }

  flooded(on: boolean): void {
    this.settle();
    this.eating = on ? this.eatPercentPerSecond : 0;
  }

  restart(): void {
    this.settle();
    this.eating = 0;
    this.free = this.restingFreePercent;
    this.lowest = this.free;
  }

  freePercent(): number {
    this.settle();
    return this.free;
  }

  /** Bytes, as the renderers print them. */
  read(): { total: number; used: number; free: number; lowest: number } {
    const free = Math.round((this.totalBytes * this.freePercent()) / 100);
    return {
      total: this.totalBytes,
      used: this.totalBytes - free,
      free,
      lowest: Math.round((this.totalBytes * this.lowest) / 100),
    };
  }

  private settle(): void {
    const now = this.clock.monotonic();
    const seconds = (now - this.at) / 1_000;
    this.at = now;
    if (this.eating > 0) this.free = Math.max(LOWEST_FREE_PERCENT, this.free - this.eating * seconds);
    else this.free = Math.min(this.restingFreePercent, this.free + this.eatPercentPerSecond * seconds);
    this.lowest = Math.min(this.lowest, this.free);
  }
}
