/**
 * When may a login be tried? One gate a device, asked by every session of it: three refused logins in a row and there is at most one
 * attempt every 5 minutes, because devices lock users out; a stop that is due may always make one more. What is unreachable, too slow or
 * out of lines was not refused (pair-protocol.md, "Sessions and commands").
 */
import type { Clock } from '../../shared/clock.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../../shared/model/time.ts';

const REFUSALS_MAX = 3;
const HELD_BACK_MS: DurationMs = 5 * 60_000;

export class LoginGate {
  readonly #clock: Clock;
  #refusals = 0;
  #lastAttemptAt: Monotonic | null = null;
  #underway = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get refusedInARow(): number {
    return this.#refusals;
  }

  /** Milliseconds until an attempt that is not urgent may be made; 0: now. */
  waitMs(): DurationMs {
    if (this.#refusals === 0) return 0;
    // After a refusal one attempt at a time, else two sessions use the three up in one go.
    if (this.#underway > 0) return 1_000;
    if (this.#refusals < REFUSALS_MAX || this.#lastAttemptAt === null) return 0;
    return Math.max(0, HELD_BACK_MS - elapsedMs(this.#lastAttemptAt, this.#clock.monotonic()));
  }

  begin(): void {
    this.#underway += 1;
    this.#lastAttemptAt = this.#clock.monotonic();
  }

  /** `error` null: logged in. */
  end(error: unknown): void {
    this.#underway -= 1;
    if (error === null) this.#refusals = 0;
    else if (isSpitrapError(error, 'SSH_AUTH_REFUSED') || isSpitrapError(error, 'ENABLE_REFUSED')) this.#refusals += 1;
  }
}
