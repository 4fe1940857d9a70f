/** Answers for all who ask a fleet's page the same at about the same time: asked of the index and written once. Made by fleet-page.ts. */
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import type { Monotonic } from '../../shared/model/time.ts';

/** Nobody sees that a picture of a fleet is a second old. */
const FRESH_MS = 1_000;

export class SharedAnswers {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #answers = new Map<string, { readonly at: Monotonic; readonly json: Buffer }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** As it is sent. @throws what `make` throws */
  json(key: string, make: () => unknown): Buffer {
    const now = this.#clock.monotonic();
    const known = this.#answers.get(key);
    if (known !== undefined && now - known.at < FRESH_MS) return known.json;
    const json = Buffer.from(`${JSON.stringify(make())}\n`);
    this.#answers.delete(key);
    this.#answers.set(key, { at: now, json });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > limits.fleetAnswersMax && oldest !== undefined) this.#answers.delete(oldest);
    return json;
  }
}
