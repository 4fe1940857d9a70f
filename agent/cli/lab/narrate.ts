/**
 * Turns what boxes, relay and the agents' logs report into the lab's timeline, in plain words. The boxes are the truth of what was typed,
 * the relay of what passed between the agents, the logs of what an agent thought. Called by run.ts.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type Monotonic, monotonic } from '../../../shared/model/time.ts';
import type { LogEntry } from './agent-process.ts';
import type { Tone } from './lanes.ts';
import type { End, RelayEvent } from './relay.ts';
import type { Lost } from './screen.ts';
import type { Timeline } from './timeline.ts';
import { turnsDebugsOff } from './verdict.ts';

const SPI = /\bspi=(0x[0-9A-Fa-f]{1,8})/;
const SOURCE = /\bsrcaddr=([\d.]+)/;
const MESSAGE = '%CRYPTO-4-RECVD_PKT_INV_SPI';

export class Narrator {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #told = new Set<string>();
  readonly #attempts = new Map<string, Lost>();
  readonly #sealed = new Set<End>();

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#clock = clock;
  }

  /** A message as the box sends it to its logging host. */
  syslog(end: End, message: string): void {
    const at = this.#clock.monotonic();
    if (!message.includes(MESSAGE)) return;
    this.#timeline.begin(at);
    const fields = [SPI, SOURCE].map((field) => field.exec(message)?.[0] ?? '').join(' ');
    this.#once(`message ${end}`, at, end, `${MESSAGE} ${fields}`, 'strong');
  }

  /** A line that a session typed into the box. */
  command(end: End, at: Monotonic, expanded: string): void {
    if (turnsDebugsOff(expanded)) this.#once(`stop ${end} ${expanded}`, at, end, `the box receives: ${expanded}`, 'strong');
  }

  /** What passed between the agents. Their acknowledgements are told by the logs. */
  relay(event: RelayEvent): void {
    if (event.kind === 'answer' || event.phase === null || event.phase === 'hello') return;
    const { at, from, phase, dropped } = event;
    const arrow = from === 'hub' ? `${phase} ──▶` : `◀── ${phase}`;
    const key = `${from} ${phase}`;
    const count = this.#attempts.get(key) ?? { from, phase, lost: 0, attempts: 0 };
    this.#attempts.set(key, { ...count, lost: count.lost + (dropped ? 1 : 0), attempts: count.attempts + 1 });
    if (dropped) this.#once(`lost ${key}`, at, from, `${arrow}  lost on the way`, 'bad');
    else this.#once(`signal ${key}`, at, from, arrow);
  }

  /** Signals of which some were lost, for the summary. */
  lost(): readonly Lost[] {
    return [...this.#attempts.values()].filter(({ lost }) => lost > 0);
  }

  /** This end's agent has said that its bundle is sealed. */
  sealed(end: End): boolean {
    return this.#sealed.has(end);
  }

  entry(end: End, entry: LogEntry): void {
    if (entry['event'] === 'sealed') this.#sealed.add(end);
    const said = wordsFor(end, entry);
    if (said) this.#once(`${end} ${said.text}`, this.#when(entry), end, said.text, said.tone);
  }

  /** Decisions carry the monotonic clock; for the rest the wall clock's milliseconds must do. Both processes run under one kernel. */
  #when({ at, time }: LogEntry): Monotonic {
    if (typeof at === 'number') return monotonic(at);
    const lagMs = this.#clock.wall() - Date.parse(time);
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
  readonly text: string;
  readonly tone: Tone;
}

/** Null: for the log alone. `event` is the machine's reason (shared/coordinate/reason.ts), `msg` what narrate.ts made of it. */
function wordsFor(end: End, { event, msg, incident }: LogEntry): Said | null {
  const plain = (text: string): Said => ({ text, tone: 'plain' });
  const quiet = (text: string): Said => ({ text, tone: 'quiet' });
  const good = (text: string): Said => ({ text, tone: 'good' });
  switch (event) {
    case 'incident-opened':
      return plain(`event accepted, incident ${String(incident)}`);
    case 'alert-accepted':
      return plain('alert accepted, own timer set');
    case 'delivered':
    case 'done-delivered': {
      const trip = /(\w+) acknowledged.*?(?:round trip ([\d.]+ ms))?$/.exec(msg);
      return trip ? quiet(`${trip[1]} acknowledged${trip[2] ? ` after ${trip[2]}` : ''}`) : null;
    }
    case 'debugs-read':
      return quiet(msg.replace(/^debugs on at the event: /, 'on now: ').replaceAll(/Crypto (\w+) debugging/g, '$1'));
    case 'capture-ended':
      return plain(captureWords(msg));
    case 'stop-time':
      return end === 'spoke' ? plain('own timer: the stop is due') : null;
    case 'stop-agent-leaving':
      return plain('told to end: debugs off first');
    case 'stop-accepted':
      return plain('stop accepted');
    case 'stop-without-alert':
      return plain('stop accepted, without an alert');
    case 'stop-verified':
      return good(`verified off: DONE ON ${end.toUpperCase()}`);
    case 'done-accepted':
      return plain(`done received: ${/debugs (\w+)/.exec(msg)?.[1] ?? 'unknown'} off`);
    case 'sealed':
      return /^bundle sealed, complete(-one-ended)?$/.test(msg) ? good(msg) : { text: cut(msg), tone: 'bad' };
    case 'stop-unverified':
    case 'alarm':
      return { text: cut(msg), tone: 'bad' };
    default:
      return null;
  }
}

/** `capture (first) ended, 15 of 18 commands with output, …` */
function captureWords(msg: string): string {
  const [, round, withOutput, planned] = /^capture \((\w+)\) ended, (\d+) of (\d+)/.exec(msg) ?? [];
  const how = round === 'stop' ? 'captured again' : round === 'late' ? 'captured late' : 'commands captured';
  const empty = Number(planned) - Number(withOutput);
  return `${planned} ${how}${empty > 0 ? `, ${empty} empty` : ''}`;
}

const ALARM_CHARACTERS = 160;
const cut = (text: string): string => (text.length > ALARM_CHARACTERS ? `${text.slice(0, ALARM_CHARACTERS)}…` : text);
