/**
 * What happened at the two ends, put in order of time while it happens. Boxes, relay and the agents' logs tell of moments in no
 * particular order; each is held back for a moment of its own, then printed. Fed by narrate.ts, printed by run.ts.
 */
import type { Clock, Timer } from '../../../shared/clock.ts';
import { after, type DurationMs, elapsedMs, type Monotonic } from '../../../shared/model/time.ts';
import { lanes, pause, type Style, type Tone } from './lanes.ts';
import type { End } from './relay.ts';

export interface Moment {
  readonly at: Monotonic;
  readonly end: End;
  readonly text: string;
  readonly tone: Tone;
}

/** An agent's log line reaches us a little later than it was written: pipes, the other process's turn. */
const REORDER_MS: DurationMs = 150;
const LOOK_MS: DurationMs = 40;
/** Longer than this between two moments is shown as a pause. */
const PAUSE_MS: DurationMs = 500;
/** A run has some forty moments; a storm of them is not for a screen. */
const WAITING_MAX = 1_000;

export class Timeline {
  readonly #clock: Clock;
  readonly #style: Style;
  readonly #print: (line: string) => void;
  #waiting: Moment[] = [];
  #zero: Monotonic | null = null;
  #last: Monotonic | null = null;
  #timer: Timer | null = null;
  #ended = false;

  constructor(clock: Clock, style: Style, print: (line: string) => void) {
    this.#clock = clock;
    this.#style = style;
    this.#print = print;
  }

  /** The message: everything is told relative to it, and nothing is printed before it is known. The first call counts. */
  begin(at: Monotonic): void {
    this.#zero ??= at;
    this.#schedule();
  }

  get zero(): Monotonic | null {
    return this.#zero;
  }

  tell(at: Monotonic, end: End, text: string, tone: Tone = 'plain'): void {
    if (this.#ended || this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push({ at, end, text, tone });
    this.#schedule();
  }

  /** Prints what is left. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#flush(null);
  }

  /** For a cleanup: what the agents did as they were told to end is part of the story. */
  close(): void {
    this.end();
  }

  #schedule(): void {
    if (this.#zero === null || this.#timer || this.#ended || this.#waiting.length === 0) return;
    this.#timer = this.#clock.timer('lab timeline', LOOK_MS, () => {
      this.#timer = null;
      this.#flush(after(this.#clock.monotonic(), -REORDER_MS));
      this.#schedule();
    });
  }

  /** Moments up to `until`; all of them when null. A late one is printed where it comes, with its own time. */
  #flush(until: Monotonic | null): void {
    const zero = this.#zero;
    if (zero === null) return;
    const due = (moment: Moment): boolean => until === null || moment.at <= until;
    // A stable sort: two moments of one millisecond stay in the order in which they were told.
    const ready = this.#waiting.filter(due).sort((a, b) => a.at - b.at);
    this.#waiting = this.#waiting.filter((moment) => !due(moment));
    for (const { at, end, text, tone } of ready) {
      if (this.#last !== null && elapsedMs(this.#last, at) >= PAUSE_MS) this.#print(pause(this.#style));
      this.#last = at;
      for (const line of lanes(elapsedMs(zero, at), { [end]: [{ text, tone }] }, this.#style)) this.#print(line);
    }
  }
}
