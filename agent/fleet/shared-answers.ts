/**
 * Answers for all who ask a fleet's page the same at about the same time: asked of the index and written once, also for those who come while it is
 * being made. Made by fleet-page.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../../shared/model/time.ts';

/** Nobody sees that a picture of a fleet is a second old. */
const FRESH_MS = 1_000;
/** One that takes long to make (90 days of a million incidents) is made in a fifth of the time at most: everything else waits meanwhile. */
const FRESH_PER_COST = 5;
const FRESH_MAX_MS = 30_000;

export class SharedAnswers {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #making = new Map<string, Promise<Buffer>>();
  readonly #answers = new Map<string, { readonly at: Monotonic; readonly freshMs: DurationMs; readonly json: Buffer }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** As it is sent. Rejects with what `make` throws, or rejects with. */
  async json(key: string, make: () => unknown): Promise<Buffer> {
    const now = this.#clock.monotonic();
    const known = this.#answers.get(key);
    if (known !== undefined && now - known.at < known.freshMs) return known.json;
    const going = this.#making.get(key);
    if (going !== undefined) return going;
    const made = this.#make(key, now, make).finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return made;
  }

  async #make(key: string, now: Monotonic, make: () => unknown): Promise<Buffer> {
    const json = Buffer.from(`${JSON.stringify(await make())}\n`);
    this.#answers.delete(key);
    const at = this.#clock.monotonic();
    const freshMs = Math.min(FRESH_MAX_MS, Math.max(FRESH_MS, FRESH_PER_COST * elapsedMs(now, at)));
    this.#answers.set(key, { at, freshMs, json });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > limits.fleetAnswersMax && oldest !== undefined) this.#answers.delete(oldest);
    return json;
  }
}
