/** From the moment at which an agent was told of an incident to the one at which the index shows it, seen by a reader of the index beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import type { Probe } from './crew.ts';

/** Of our own CPU that looking may take; what we measure shares it with us. */
const LOOKING_SHARE = 0.2;
const LOOK_EVERY_MS = 5;

export class Sight {
  readonly #index: FleetIndex;
  #pending: Probe[] = [];
  #delaysMs: number[] = [];
  #stopped = false;

  constructor(index: FleetIndex) {
    this.#index = index;
    void this.#look();
  }

  add(probes: readonly Probe[]): void {
    this.#pending.push(...probes);
  }

  get waiting(): number {
    return this.#pending.length;
  }

  /** Since it was asked last. */
  take(): readonly number[] {
    return this.#delaysMs.splice(0);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #look(): Promise<void> {
    while (!this.#stopped) {
      const began = performance.now();
      this.#pending = this.#pending.filter(({ id, toldAtMs }) => {
        if (this.#index.matching(id, 1).length === 0) return true;
        // The spoke's word may be there before its hub's, of which the probe is.
        if (!this.#index.show(id)?.ends.some(({ role }) => role === 'hub')) return true;
        this.#delaysMs.push(performance.timeOrigin + performance.now() - toldAtMs);
        return false;
      });
      await sleep(Math.max(LOOK_EVERY_MS, (performance.now() - began) / LOOKING_SHARE));
    }
  }
}
