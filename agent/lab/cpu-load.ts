/**
 * The three CPU averages of `show processes cpu`, as exponential averages of a load that changes at known moments. Read
 * lazily from the clock, so that no timer runs for it. The debug flood raises the load (strain.ts).
 */
import type { Clock } from '../../shared/clock.ts';

/** Time constants: a load that lasts is fully in the five-second figure after five seconds. */
const WINDOWS_MS = { fiveSeconds: 1_000, oneMinute: 25_000, fiveMinutes: 120_000 } as const;

export interface CpuReading {
  readonly fiveSeconds: number;
  readonly interrupt: number;
  readonly oneMinute: number;
  readonly fiveMinutes: number;
}

export class CpuLoad {
  private readonly clock: Clock;
  private load: number;
  private at: number;
  private averages: { fiveSeconds: number; oneMinute: number; fiveMinutes: number };

  constructor(clock: Clock, idlePercent: number) {
    this.clock = clock;
    this.load = idlePercent;
    this.at = clock.monotonic();
    this.averages = { fiveSeconds: idlePercent, oneMinute: idlePercent, fiveMinutes: idlePercent };
  }

  set(loadPercent: number): void {
    this.settle();
    this.load = loadPercent;
  }

  /** The load has been so for long: all three averages. */
  setSteady(loadPercent: number): void {
    this.set(loadPercent);
    this.averages = { fiveSeconds: loadPercent, oneMinute: loadPercent, fiveMinutes: loadPercent };
  }

  read(): CpuReading {
    this.settle();
    const fiveSeconds = Math.round(this.averages.fiveSeconds);
    return {
      fiveSeconds,
      interrupt: Math.floor(fiveSeconds / 6),
      oneMinute: Math.round(this.averages.oneMinute),
      fiveMinutes: Math.round(this.averages.fiveMinutes),
    };
  }

  private settle(): void {
    const now = this.clock.monotonic();
    const passedMs = now - this.at;
    this.at = now;
    for (const window of ['fiveSeconds', 'oneMinute', 'fiveMinutes'] as const) {
      const weight = Math.exp(-passedMs / WINDOWS_MS[window]);
      this.averages[window] = this.load + (this.averages[window] - this.load) * weight;
    }
  }
}
