/**
 * Whether the ring has room, for sources that can make their sender wait (a connection, a file): with half of what it may hold in memory
 * they read no more until the disk has taken most of that. Not for long, and not from a disk that refuses: among what waits unread may be
 * the message, and no alert waits for a disk. Then lines are read and dropped, and counted, as over UDP. Asked through ring.ts.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';

interface Wait {
  readonly over: Promise<void>;
  readonly end: () => void;
  readonly timer: Timer;
}

export class RingRoom {
  readonly #clock: Pick<Clock, 'timer'>;
  #wait: Wait | null = null;
  /** The disk had its time: nobody waits before it has caught up. */
  #spent = false;

  constructor(clock: Pick<Clock, 'timer'>) {
    this.#clock = clock;
  }

  /** `share`: of what may be pending, that is. Null: there is room, or no time left to wait for it. Never rejects. */
  whenRoom(share: number): Promise<void> | null {
    if (this.#wait !== null) return this.#wait.over;
    if (share < limits.ringHoldShare || this.#spent) return null;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timer = this.#clock.timer('ring room', limits.ringHoldMs, () => {
      this.#spent = true;
      this.release();
    });
    this.#wait = { over, end, timer };
    return over;
  }

  /** After a write. */
  written(share: number): void {
    if (share >= limits.ringHoldShare / 2) return;
    this.#spent = false;
    this.release();
  }

  /** Nobody waits any more. */
  release(): void {
    const wait = this.#wait;
    this.#wait = null;
    wait?.timer.cancel();
    wait?.end();
  }
}
