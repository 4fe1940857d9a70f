/**
 * The Clock port on this host (shared/clock.ts). Monotonic is CLOCK_MONOTONIC (what libuv's hrtime reads), so two agents under one
 * kernel can compare it. Timers keep the process alive on purpose: whatever is due is due, and app.ts cancels what it no longer needs.
 */
import { readFileSync } from 'node:fs';
import type { Clock, Timer } from '../shared/clock.ts';
import { type Monotonic, monotonic, type Wall, wall } from '../shared/model/time.ts';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
/** setTimeout fires at once beyond 2^31-1 ms: longer waits are made of several. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** Null outside Linux, or where /proc is hidden. */
function readBootId(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^[0-9a-f-]{36}$/i.test(text) ? text.toLowerCase() : null;
  } catch {
    return null;
  }
}

/**
 * Without a boot id the moment of boot, to the nearest ten seconds, stands for it: the same for every process of this boot unless the
 * wall clock is stepped, and then a restart errs on the safe side (another boot: a stop that was due is due now).
 */
const guessedBootId = (): string => `boot-at-${Math.round((Date.now() - nowMs()) / 10_000)}`;

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** For the adapters of this folder's neighbours, to see how long something took; rooms take the Clock. */
export const monotonicMs = nowMs;

class SystemTimer implements Timer {
  readonly name: string;
  readonly #dueMs: number;
  readonly #fire: () => void;
  #handle: NodeJS.Timeout | null = null;

  constructor(name: string, delayMs: number, fire: () => void) {
    this.name = name;
    // A delay that is no number is a bug upstream; firing at once is what shows it soonest.
    this.#dueMs = nowMs() + (Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs));
    this.#fire = fire;
    this.#arm();
  }

  cancel(): void {
    if (this.#handle) clearTimeout(this.#handle);
    this.#handle = null;
  }

  #arm(): void {
    const leftMs = this.#dueMs - nowMs();
    this.#handle = setTimeout(() => this.#wake(), Math.min(LONGEST_TIMEOUT_MS, Math.max(0, Math.ceil(leftMs))));
  }

  #wake(): void {
    this.#handle = null;
    // libuv counts in whole milliseconds and may wake up to one early by hrtime: a deadline is never seen before it is reached.
    if (nowMs() < this.#dueMs) this.#arm();
    else this.#fire();
  }
}

export function createClock(bootIdFile: string = BOOT_ID_FILE): Clock {
  return {
    bootId: readBootId(bootIdFile) ?? guessedBootId(),
    monotonic: (): Monotonic => monotonic(nowMs()),
    wall: (): Wall => wall(Date.now()),
    timer: (name, delayMs, fire) => new SystemTimer(name, delayMs, fire),
    sleep: (name, delayMs) => new Promise((resolve) => void new SystemTimer(name, delayMs, resolve)),
  };
}

/** After what I/O and timers have to do now; for work in portions, not for waiting. */
export const onNextTurn = (act: () => void): void => void setImmediate(act);

/** The same, for those that await. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => onNextTurn(resolve));
