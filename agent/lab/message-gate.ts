/**
 * How many messages a second may pass: `logging rate-limit`, and what a starved box still gets out to its collector. A bucket
 * that the clock refills; no timers. Used by logging.ts.
 */
import type { Clock } from '../../shared/clock.ts';

export class MessageGate {
  private readonly clock: Clock;
  private readonly perSecond: number;
  private tokens: number;
  private at: number;

  constructor(clock: Clock, perSecond: number) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.tokens = perSecond;
    this.at = clock.monotonic();
  }

  admit(): boolean {
    const now = this.clock.monotonic();
    this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.at) * this.perSecond) / 1_000);
    this.at = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
