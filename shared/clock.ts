/** The Clock port. Production: agent/clock.ts; simulation: virtual time. Every timer has a name, so that a trace reads well. */
import type { DurationMs, Monotonic, Wall } from './model/time.ts';

export interface Timer {
  readonly name: string;
  cancel(): void;
}

export interface Clock {
  monotonic(): Monotonic;
  wall(): Wall;
  /** Identifies the kernel boot under which `monotonic()` counts; compared after a restart. */
  readonly bootId: string;
  /** Runs `fire` once after `delayMs` (0 or less: as soon as possible, never synchronously). */
  timer(name: string, delayMs: DurationMs, fire: () => void): Timer;
  /** Resolves after `delayMs`. */
  sleep(name: string, delayMs: DurationMs): Promise<void>;
}
