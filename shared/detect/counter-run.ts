/**
 * One counter as it comes by one way: which of its numbers never came. Lines may overtake each other (UDP), come twice, and begin anew
 * after a reload. Told line by line, with the time; used by agent/evidence/counter-watch.ts. Knows no clock of its own.
 */
import { limits } from '../limits.ts';
import { type DurationMs, elapsedMs, type Monotonic, type Wall } from '../model/time.ts';

export interface Arrived {
  readonly at: Monotonic;
  readonly wall: Wall;
}

export type CounterFinding =
  /** `lost` numbers between the line that came at `from` and the one that came at `to`. */
  | { readonly kind: 'missing'; readonly from: Arrived; readonly to: Arrived; readonly lost: number }
  /** The numbers went on from elsewhere: a reload, or more than a million lost. How many are missing is unknown. */
  | {
      readonly kind: 'reset';
      readonly from: Arrived;
      readonly to: Arrived;
      readonly before: number;
      readonly after: number;
    };

interface Gap {
  /** All of it, as it opened: looked at before the ranges, of which a hostile sender can make hundreds. */
  readonly first: number;
  readonly last: number;
  /** What has not come yet, ascending, both ends included. */
  ranges: [first: number, last: number][];
  readonly from: Arrived;
  readonly to: Arrived;
}

/** Numbers that do not fit what came before, until they are enough to be believed. */
interface Stray {
  readonly first: number;
  readonly from: Arrived;
  readonly to: Arrived;
  last: number;
  lines: number;
}

/** What overtook is here by then: syslog travels within a second, and relays forward in order. */
export const overtakingMs: DurationMs = 2_000;
/** A gap that one line alone may show; a longer one is believed when more lines go on from there. */
const LEAP_MAX = 1_000;
const COUNTED_MAX = 1_000_000;
/** Lines that must go on from a new place. After a reload the numbers are small; elsewhere it may be a relay that sends again. */
const STRAYS_AFTER_RELOAD = 3;
const STRAYS_ELSEWHERE = 200;
const RELOADED_BELOW = 5_000;
const COUNTER_WRAP = 2 ** 32;
/** `service sequence-numbers` pads to six digits. Whether it goes on with seven after 999999 is not known: both are taken. */
const PADDED_WRAP = 1_000_000;

export class CounterRun {
  #last: number | null = null;
  #lastCame: Arrived = { at: 0 as Monotonic, wall: 0 as Wall };
  #gaps: Gap[] = [];
  #stray: Stray | null = null;
  #findings: CounterFinding[] = [];

  take(number: number, came: Arrived, padded = false): void {
    if (this.#last === null) {
      this.begin(number, came);
      return;
    }
    const step = stepFrom(this.#last, number, padded);
    if (step === 1) this.#goOn(number, came);
    else if (step > 1 && step <= LEAP_MAX) {
      this.#open(step, number, came);
      this.#goOn(number, came);
    } else if (step > LEAP_MAX || !this.#fill(number)) this.#doubt(number, step, came, padded);
  }

  /** From here on; what was before tells nothing (backlog). */
  begin(number: number, came: Arrived): void {
    this.#last = number;
    this.#lastCame = came;
    this.#gaps = [];
    this.#stray = null;
  }

  /** What is certain by `now`; each told once. */
  settle(now: Monotonic): CounterFinding[] {
    while (this.#gaps[0] !== undefined && elapsedMs(this.#gaps[0].to.at, now) >= overtakingMs) this.#close(this.#gaps.shift()!);
    const findings = this.#findings;
    this.#findings = [];
    return findings;
  }

  /** When `settle` has something to say; null: nothing is open. */
  get dueAt(): Monotonic | null {
    if (this.#findings.length > 0) return this.#lastCame.at;
    return this.#gaps[0] === undefined ? null : ((this.#gaps[0].to.at + overtakingMs) as Monotonic);
  }

  /** Something is missing that may still come. */
  get isOpen(): boolean {
    return this.#gaps.length > 0 || this.#stray !== null;
  }

  #goOn(number: number, came: Arrived): void {
    this.#last = number;
    this.#lastCame = came;
    this.#stray = null;
  }

  #open(step: number, number: number, to: Arrived): void {
    const missing = step - 1;
    const wrapped = number < missing;
    // Over a wrap they are counted, not listed: what overtakes just there is taken for lost.
    const range: [number, number] = wrapped ? [-missing, -1] : [number - missing, number - 1];
    this.#gaps.push({ first: range[0], last: range[1], ranges: [range], from: this.#lastCame, to });
    if (this.#gaps.length > limits.counterGapsOpenMax) this.#close(this.#gaps.shift()!);
  }

  /** A number of an open gap after all. */
  #fill(number: number): boolean {
    for (const gap of this.#gaps) {
      if (number < gap.first || number > gap.last) continue;
      const index = gap.ranges.findIndex(([first, last]) => number >= first && number <= last);
      const range = gap.ranges[index];
      if (range === undefined) continue;
      const rests: [number, number][] = [
        [range[0], number - 1],
        [number + 1, range[1]],
      ];
      gap.ranges.splice(index, 1, ...rests.filter(([first, last]) => first <= last));
      return true;
    }
    return false;
  }

  #close({ ranges, from, to }: Gap): void {
    const lost = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    if (lost > 0) this.#findings.push({ kind: 'missing', from, to, lost });
  }

  /** A line that came twice, a replay, a forgery, or the first after a reload: the next ones tell. */
  #doubt(number: number, step: number, came: Arrived, padded: boolean): void {
    const stray = this.#stray;
    const goesOn = stray !== null && number > stray.last && number - stray.last <= LEAP_MAX;
    if (!goesOn) {
      // The same line once more, while it is in doubt, begins nothing.
      if (stray === null || number < stray.first || number > stray.last)
        this.#stray = { first: number, from: this.#lastCame, to: came, last: number, lines: 1 };
      return;
    }
    stray.last = number;
    stray.lines++;
    const isAhead = step > LEAP_MAX;
    const needed = isAhead || stray.first <= RELOADED_BELOW ? STRAYS_AFTER_RELOAD : STRAYS_ELSEWHERE;
    if (stray.lines < needed) return;
    const before = this.#last!;
    const lost = stepFrom(before, stray.first, padded) - 1;
    for (const gap of this.#gaps.splice(0)) this.#close(gap);
    if (isAhead && lost > 0 && lost <= COUNTED_MAX)
      this.#findings.push({ kind: 'missing', from: stray.from, to: stray.to, lost });
    else this.#findings.push({ kind: 'reset', from: stray.from, to: stray.to, before, after: stray.first });
    this.#goOn(number, came);
  }
}

/** How far `next` is after `last`; 0 or less: not after it. */
function stepFrom(last: number, next: number, padded: boolean): number {
  const step = next - last;
  if (step > 0) return step;
  if (step < -COUNTER_WRAP / 2) return step + COUNTER_WRAP;
  if (padded && last < PADDED_WRAP && last >= PADDED_WRAP - LEAP_MAX && next < LEAP_MAX) return step + PADDED_WRAP;
  return step;
}
