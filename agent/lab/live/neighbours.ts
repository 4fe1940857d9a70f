/** EIGRP over the tunnel: hellos go unheard for the hold time and the neighbour is lost; it comes back when packets do. Used by world.ts. */
import type { LiveEnd } from './live-end.ts';
import type { World } from './world.ts';

const HOLD_MS = { least: 10_500, most: 15_000 } as const;
const HELLO_MS = { least: 300, most: 4_800 } as const;

export class Neighbours {
  private readonly world: World;
  private up = true;
  private generation = 0;
  /** Ends that said that it is down. */
  private readonly down = new Set<LiveEnd>();

  constructor(world: World) {
    this.world = world;
  }

  /** Do hellos arrive? Of both ends, because who hears nothing says nothing either. */
  look(): void {
    const ends = this.world.ends.filter((end) => this.world.link.host(end.address) === end && end.settings.neighbour);
    if (ends.length < 2) return;
    const works = ends.every((end) => end.path.delivers() && end.hellosPass);
    if (works === this.up) return;
    this.up = works;
    this.generation += 1;
    const { generation } = this;
    for (const end of ends) {
      const { least, most } = works ? HELLO_MS : HOLD_MS;
      this.world.timeouts.in(this.world.prng.between(least, most), () => {
        if (generation !== this.generation || this.world.link.host(end.address) !== end || works !== this.down.has(end)) return;
        if (works) this.down.delete(end);
        else this.down.add(end);
        end.neighbourChanged(works);
      });
    }
  }
}
