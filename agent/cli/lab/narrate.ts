/**
 * Turns what boxes, relay and the agents' logs report into the lab's timeline, in plain words. The boxes are the truth of what was typed,
 * the relay of what passed between the agents, the logs of what an agent thought. Called by run.ts.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type Monotonic, monotonic } from '../../../shared/model/time.ts';
import type { Phase } from '../../../shared/wire/signal.ts';
import type { LogEntry } from './agent-process.ts';
import type { Tone } from './lanes.ts';
import { type End, otherEnd, type RelayEvent } from './relay.ts';
import type { Timeline } from './timeline.ts';

const SPI = /\bspi=(0x[0-9A-Fa-f]{1,8})/;
const SOURCE = /\bsrcaddr=([\d.]+)/;
const MESSAGE = '%CRYPTO-4-RECVD_PKT_INV_SPI';
const STOP = 'undebug all';

export class Narrator {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #told = new Set<string>();
  readonly #lost = new Map<string, number>();

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#clock = clock;
  }

  /** A message as the box sends it to its logging host. */
  syslog(end: End, message: string): void {
    const at = this.#clock.monotonic();
    if (end !== 'hub' || !message.includes(MESSAGE)) return;
    this.#timeline.begin(at);
    this.#once('message', at, end, MESSAGE, 'strong');
    this.#once('message-2', at, end, `spi=${SPI.exec(message)?.[1] ?? '?'} srcaddr=${SOURCE.exec(message)?.[1] ?? '?'}`);
  }

  /** A line that a session typed into the box. */
  command(end: End, at: Monotonic, expanded: string): void {
    if (expanded === STOP) this.#once(`stop ${end}`, at, end, `${STOP}   ◀── the box`, 'strong');
  }

  relay(event: RelayEvent): void {
    const { at, from, phase } = event;
    if (phase === null || phase === 'hello') return;
    const arrow = from === 'hub' ? '──▶' : '◀──';
    if (event.kind === 'answer')
      this.#once(`answer ${from} ${phase}`, at, from, `${phase} answered after ${event.roundTripMs.toFixed(1)} ms`, 'quiet');
    else if (!event.dropped) this.#once(`signal ${from} ${phase}`, at, from, `${phase} ${arrow}`);
    else {
      this.#lost.set(`${from} ${phase}`, (this.#lost.get(`${from} ${phase}`) ?? 0) + 1);
      this.#once(`lost ${from} ${phase}`, at, from, `${phase} ${arrow} lost on the way`, 'bad');
    }
  }

  /** How many signals of each kind were lost, for the summary. */
  lost(): readonly { readonly from: End; readonly phase: Phase; readonly count: number }[] {
    return [...this.#lost].map(([key, count]) => {
      const [from, phase] = key.split(' ') as [End, Phase];
      return { from, phase, count };
    });
  }

  /** An entry of an agent's log. Its `time` is of the wall clock, in milliseconds; the two clocks are compared as they stand now. */
  entry(end: End, entry: LogEntry): void {
    const at = this.#when(entry);
    const said = wordsFor(entry, otherEnd(end));
    if (said) this.#once(`${end} ${said.key}`, at, end, said.text, said.tone);
  }

  #when(entry: LogEntry): Monotonic {
    const lagMs = this.#clock.wall() - Date.parse(entry.time);
    return Number.isFinite(lagMs) ? monotonic(this.#clock.monotonic() - Math.max(0, lagMs)) : this.#clock.monotonic();
  }

  /** Repetitions are for the journal: a screen tells a thing once. */
  #once(key: string, at: Monotonic, end: End, text: string, tone: Tone = 'plain'): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#timeline.tell(at, end, text, tone);
  }
}

interface Said {
  /** What it is about: told once. */
  readonly key: string;
  readonly text: string;
  readonly tone: Tone;
}

function wordsFor(_entry: LogEntry, _peer: End): Said | null {
  return null;
}
