/**
 * In which order attempts leave, and how many in one turn of the event loop. To a few peers all leave in the tick that orders them; of
 * thousands a few leave in each turn, so that between two turns the device's own stop, the acknowledgements and everybody else are heard:
 * sent all at once, repetitions would be due before the first answer could be read, and each would make the next answer later.
 * Used by send-signal.ts (pair-protocol.md, "Delivery").
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import type { Phase } from '../../shared/wire/signal.ts';

export interface Turn {
  readonly phase: Phase;
  /** The peer's debugs are on, or may be. */
  readonly matters: boolean;
  /** A repetition: the peer may have its answer on the way. */
  readonly isRepeat: boolean;
}

/** Smaller leaves first. Whom a stop would save leaves before everybody; who has heard nothing before who was told already. */
export function rankOf({ phase, matters, isRepeat }: Turn): number {
  if (phase === 'done' || phase === 'hello') return 5;
  if (matters) return 0;
  return (phase === 'alert' ? 2 : 1) + (isRepeat ? 2 : 0);
}

const RANKS = 6;

export class SignalTurns {
  readonly #clock: Clock;
  readonly #queues: readonly Set<() => void>[] = Array.from({ length: RANKS }, () => new Set<() => void>());
  /** Attempts that may still leave in this turn. */
  #left: number = limits.signalsPerTurnMax;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Now, where this turn has room; else in its turn. Returns what takes it back. */
  take(turn: Turn, leave: () => void): () => void {
    if (this.#left > 0 && this.waiting === 0) {
      this.#left--;
      this.#timer ??= this.#next();
      leave();
      return () => {};
    }
    const queue = this.#queues[rankOf(turn)]!;
    queue.add(leave);
    this.#timer ??= this.#next();
    return () => void queue.delete(leave);
  }

  get waiting(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0);
  }

  #next(): Timer {
    return this.#clock.timer('signal turn', 0, () => {
      this.#timer = null;
      this.#left = limits.signalsPerTurnMax;
      try {
        this.#leave();
      } finally {
        // The turn after one in which something left, whatever became of it: a full budget waits for nobody.
        if (this.#left < limits.signalsPerTurnMax) this.#timer ??= this.#next();
      }
    });
  }

  #leave(): void {
    for (const queue of this.#queues)
      for (const leave of queue) {
        if (this.#left === 0) return;
        queue.delete(leave);
        this.#left--;
        leave();
      }
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const queue of this.#queues) queue.clear();
  }
}
