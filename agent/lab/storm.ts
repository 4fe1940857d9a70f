/**
 * A hub that has lost all its SAs at once (a reload, a failover without state) while every spoke goes on sending with its own
 * SPI: thousands of flows of the message within a second, each as often as the box's limit lets it. Made by pair.ts.
 */
import type { BoxCore } from './box-core.ts';
import type { LostFlow } from './contract.ts';
import { labLimits } from './lab-limits.ts';
import type { Prng } from './prng.ts';
import type { NamedTimers } from './timers.ts';

/** Each tick is a share of the spokes' turn, so that every one sends each quarter of a second, and none on the beat. */
const TICK_MS = 20;
const TICK_JITTER_MS = 60;
const SHARES = 5;
const PACKET_OCTETS = 132;
const HOSTS_A_NETWORK = 250;

export class Storm {
  private readonly hub: BoxCore;
  private readonly prng: Prng;
  private readonly timers: NamedTimers;
  private readonly timer: string;
  private flows: LostFlow[] = [];
  private ticks = 0;

  constructor(hub: BoxCore, prng: Prng, timers: NamedTimers) {
    this.hub = hub;
    this.prng = prng;
    this.timers = timers;
    this.timer = `lab-storm-${hub.options.cryptoAddress}`;
  }

  /** So many spokes that have no box, with addresses of `network` counted up, send from now on with an SPI that the hub does not know. */
  begin(spokes: number, network: string): readonly LostFlow[] {
    const count = Math.max(0, Math.min(spokes, labLimits.stormFlows));
    const base = network.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    this.flows = Array.from({ length: count }, (_, index) => ({
      source: hostOf(base, index),
      spi: this.prng.spi(),
    }));
    this.ticks = 0;
    if (count > 0)
      this.timers.every(
        this.timer,
        TICK_MS,
        () => this.tick(),
        () => this.prng.between(0, TICK_JITTER_MS),
      );
    return this.flows;
  }

  /** All spokes have noticed, and come up again with SAs that both ends know. */
  end(): void {
    this.timers.cancel(this.timer);
    this.flows = [];
  }

  private tick(): void {
    // Whose packet comes first is chance, and with a limit of the whole box it alone is told.
    const first = this.prng.between(0, this.flows.length - 1);
    for (let index = 0; index < this.flows.length; index += 1) {
      const at = (first + index) % this.flows.length;
      if (at % SHARES !== this.ticks % SHARES) continue;
      const { source, spi } = this.flows[at]!;
      this.hub.receiveUnknownSpi(source, spi, 1, PACKET_OCTETS);
    }
    this.ticks += 1;
  }
}

function hostOf(base: number, index: number): string {
  const address = base + Math.floor(index / HOSTS_A_NETWORK) * 256 + (index % HOSTS_A_NETWORK) + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
