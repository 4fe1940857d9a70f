/** Something that a source looks at every so often, one look at a time, until it is closed. Used by the polling sources. */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { DurationMs } from '../../shared/model/time.ts';

export class PollLoop {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #everyMs: DurationMs;
  readonly #look: () => Promise<void>;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  /** Looks at once, and then `everyMs` after the end of each look. `look` never rejects. */
  constructor(name: string, clock: Clock, everyMs: DurationMs, look: () => Promise<void>) {
    this.#name = name;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#look = look;
    this.#run();
  }

  get closed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #run(): void {
    this.#looking = this.#look().then(() => {
      if (!this.#closed) this.#timer = this.#clock.timer(this.#name, this.#everyMs, () => this.#run());
    });
  }
}
