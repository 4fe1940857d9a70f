/** What the ends of live/ share: the network, the clock, chance, and the order to count before a change and to look after it. */
import type { Clock } from '../../../shared/clock.ts';
import type { Prng } from '../prng.ts';
import { Link } from './link.ts';
import type { LiveEnd } from './live-end.ts';
import { Neighbours } from './neighbours.ts';
import { Timeouts } from './timeouts.ts';

export class World {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly timeouts: Timeouts;
  readonly link: Link;
  readonly ends: LiveEnd[] = [];
  private readonly neighbours: Neighbours;
  private depth = 0;

  constructor(clock: Clock, prng: Prng, latencyMs: number) {
    this.clock = clock;
    this.prng = prng;
    this.timeouts = new Timeouts(clock);
    this.link = new Link(latencyMs, this.timeouts, prng.fork('link'), () => this.now());
    this.neighbours = new Neighbours(this);
  }

  now(): number {
    return this.clock.monotonic();
  }

  /** Whoever answers for the address now. */
  end(address: string): LiveEnd | undefined {
    const host = this.link.host(address);
    return this.ends.find((end) => end === host);
  }

  /** Every counter is brought up to now. */
  count(): void {
    for (const end of this.ends) end.path.count();
  }

  /** A change of SAs: what was sent until now is counted with the SAs of before, then everybody looks what he sends with. */
  change<T>(act: () => T): T {
    if (this.depth === 0) this.count();
    this.depth += 1;
    try {
      return act();
    } finally {
      this.depth -= 1;
      if (this.depth === 0) {
        for (const end of this.ends) end.path.look();
        for (const end of this.ends) end.want();
        this.neighbours.look();
      }
    }
  }

  close(): void {
    this.timeouts.close();
    for (const end of this.ends) end.path.close();
  }
}
