/**
 * The console of one box: a serial line of 9600 baud that the CPU waits for. Messages that come faster than it prints pile up,
 * and a pile hangs the box ("Important Information on Debug Commands", Cisco 10374). Fed by logging.ts; strain.ts acts on it.
 */
import type { Clock } from '../../shared/clock.ts';

/** 9600 baud, 8N1: ten bits a character. */
const CHARACTERS_PER_MS = 0.96;
/** How far behind the console may be. A lone message is nothing (0.2 s); one rekey under debug is too much. */
const BEHIND_MS_MAX = 1_000;

export class ConsolePort {
  private readonly clock: Clock;
  private behindMs = 0;
  private at: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.at = clock.monotonic();
  }

  /** Prints; false: it is so far behind that the box hangs. */
  print(characters: number): boolean {
    const now = this.clock.monotonic();
    this.behindMs = Math.max(0, this.behindMs - (now - this.at)) + characters / CHARACTERS_PER_MS;
    this.at = now;
    return this.behindMs <= BEHIND_MS_MAX;
  }

  /** The pile is gone. */
  clear(): void {
    this.behindMs = 0;
  }
}
