/** Choices of a random world, all from its seed: the same seed makes the same choices in the same order. Used by test/sim's worlds. */
import { seededRandom } from './seeded-random.ts';

export class Dice {
  readonly #random: ReturnType<typeof seededRandom>;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** 0 up to and including `most`. */
  upTo(most: number): number {
    return Math.floor(this.#random.uniform() * (most + 1));
  }

  pick<T>(of: readonly T[]): T {
    return of[this.upTo(of.length - 1)]!;
  }

  percent(): number {
    return this.#random.uniform() * 100;
  }
}
