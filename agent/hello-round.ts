/**
 * Whose hello is due, and when: to a few peers all leave at once, to thousands in small turns over the interval, so that neither this agent
 * nor the path to them has a burst each minute. Used by heartbeat.ts.
 */
import type { Clock, Timer } from '../shared/clock.ts';
import { limits } from '../shared/limits.ts';
import type { DurationMs } from '../shared/model/time.ts';

export class HelloRound {
  readonly #clock: Clock;
  readonly #say: (peer: string) => void;
  readonly #onTurn: () => void;
  /** In the order in which they became due. */
  readonly #due = new Set<string>();
  #perTurn = 1;
  #timer: Timer | null = null;

  /** `onTurn`: after each turn. */
  constructor(clock: Clock, say: (peer: string) => void, onTurn: () => void) {
    this.#clock = clock;
    this.#say = say;
    this.#onTurn = onTurn;
  }

  /** All within that time, in their order; whoever is due already is not due twice. False: they were said at once. */
  begin(peers: readonly string[], withinMs: DurationMs): boolean {
    if (peers.length <= limits.hellosAtOnceMax) {
      this.cancel();
      for (const peer of peers) this.#say(peer);
      return false;
    }
    for (const peer of peers) this.#due.add(peer);
    const turns = Math.max(1, Math.floor(withinMs / limits.helloTurnMs));
    // What an earlier round still owes goes no slower than it went.
    this.#perTurn = Math.max(this.#due.size > peers.length ? this.#perTurn : 1, Math.ceil(this.#due.size / turns));
    this.#timer ??= this.#turnLater();
    return true;
  }

  #turnLater(): Timer {
    return this.#clock.timer('hello turn', limits.helloTurnMs, () => {
      this.#timer = null;
      let left = this.#perTurn;
      for (const peer of this.#due) {
        if (left-- === 0) break;
        this.#due.delete(peer);
        this.#say(peer);
      }
      this.#onTurn();
      if (this.#due.size > 0) this.#timer ??= this.#turnLater();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due.clear();
  }
}
