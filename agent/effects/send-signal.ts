/**
 * Effects `alert`, `signal-stop`, `signal-done`, and the hellos: repeats a signal on its schedule, on every path at once, until it
 * is acknowledged, cancelled or over (pair-protocol.md, "Delivery"). Each attempt is a new PDU with IntData2 as of now.
 * Called by perform.ts, pending-dones.ts and heartbeat.ts; tells `onResult` once per signal.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { attemptAfterMs } from '../../shared/coordinate/delivery.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { peerNamed } from '../../shared/model/peer-lookup.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import type { AgreedValues, SignalText } from '../../shared/wire/signal.ts';
import { encodeSignalText, type Phase } from '../../shared/wire/signal.ts';
import type { OutgoingNotification, SendOutcome, SnmpSender } from '../net/signalling.ts';
import type { Endpoint } from '../ports.ts';
import { SignalTurns } from './signal-turns.ts';

export interface Receiver {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  readonly send: readonly Endpoint[];
  readonly notify: 'inform' | 'trap';
  readonly root: 91 | 134;
}

export interface SignalOrder {
  readonly phase: Phase;
  readonly peer: string;
  readonly incident: string | null;
  /** IntData2 and the keys as of this attempt. */
  readonly content: (at: Monotonic) => { readonly intData2: number; readonly keys: Readonly<Record<string, string>> };
  /** Asked before each repetition: true when nothing more is to be said (an alert whose stop time has come). Default: never. */
  readonly isOver?: (at: Monotonic) => boolean;
  /** How long a stop is repeated; absent: as long as without a lease. */
  readonly lastsMs?: DurationMs;
  /** The peer's debugs are on, or may be: of thousands it is told before the others. */
  readonly matters?: boolean;
}

export interface SignalResult {
  readonly result: 'acknowledged' | 'sent' | 'given-up';
  readonly attempts: number;
  readonly roundTripMs: DurationMs | null;
  readonly detail: string;
}

export interface DeliveryRoom {
  readonly clock: Clock;
  readonly sender: SnmpSender;
  readonly receivers: readonly Receiver[];
  readonly values: AgreedValues;
  /** PolicyName of our notifications. */
  readonly policyName: string;
}

export type OnOutcome = (outcome: SendOutcome, path: Endpoint) => void;

/** One attempt is given up on after this; later attempts are under way meanwhile. */
const ATTEMPT_TIMEOUT_MS = 3_000;

export class Delivery {
  readonly #room: DeliveryRoom;
  readonly #running = new Map<string, Repetition>();
  readonly turns: SignalTurns;
  readonly counters = { attempts: 0, acknowledged: 0, givenUp: 0 };
  #closed = false;

  constructor(room: DeliveryRoom) {
    this.#room = room;
    this.turns = new SignalTurns(room.clock);
  }

  /**
   * Starts repeating; the first attempt leaves in this tick, to more than a few peers in its turn (signal-turns.ts). A repetition of the same
   * (phase, peer, incident) that is running goes on instead.
   */
  start(order: SignalOrder, onResult: (result: SignalResult) => void): void {
    if (this.#closed) return;
    const receiver = peerNamed(this.#room.receivers, order.peer);
    if (receiver === undefined || receiver.send.length === 0) {
      onResult({ result: 'given-up', attempts: 0, roundTripMs: null, detail: 'the peer has no address to send to' });
      return;
    }
    const key = keyOf(order.phase, order.peer, order.incident);
    if (this.#running.has(key)) return;
    const repetition = new Repetition(this, this.#room, receiver, order, (result) => {
      this.#running.delete(key);
      if (result.result === 'acknowledged') this.counters.acknowledged++;
      if (result.result === 'given-up') this.counters.givenUp++;
      onResult(result);
    });
    this.#running.set(key, repetition);
    repetition.begin();
  }

  /** Ends a repetition without a result: its purpose is over. */
  cancel(phase: Phase, peer: string, incident: string | null): void {
    const key = keyOf(phase, peer, incident);
    this.#running.get(key)?.cancel();
    this.#running.delete(key);
  }

  /** One hello on each of the peer's paths, not repeated: the next one comes in a minute. */
  once(order: SignalOrder, onOutcome: OnOutcome): void {
    if (this.#closed) return;
    const receiver = peerNamed(this.#room.receivers, order.peer);
    if (receiver !== undefined) this.attempt(receiver, order, onOutcome);
  }

  /** An answer on one path counts when it comes; the other paths may be black holes. */
  attempt(receiver: Receiver, order: SignalOrder, onOutcome: OnOutcome): void {
    this.counters.attempts++;
    const notification = this.#build(receiver, order);
    for (const path of receiver.send) {
      void this.#room.sender
        .send(receiver.name, path, notification, { timeoutMs: ATTEMPT_TIMEOUT_MS })
        .then((outcome) => onOutcome(outcome, path));
    }
  }

  #build(receiver: Receiver, order: SignalOrder): OutgoingNotification {
    const { intData2, keys } = order.content(this.#room.clock.monotonic());
    const text: SignalText = { phase: order.phase, incident: order.incident, keys };
    return {
      confirmed: receiver.notify === 'inform',
      root: receiver.root,
      intData1: this.#room.values[order.phase],
      intData2,
      // Note A's applet sends strdata "" and expects no more.
      strData: receiver.kind === 'eem' ? '' : encodeSignalText(text),
      policyName: this.#room.policyName,
      policyPath: '',
    };
  }

  status(): { readonly running: number } {
    return { running: this.#running.size };
  }

  close(): void {
    this.#closed = true;
    this.turns.close();
    for (const repetition of this.#running.values()) repetition.cancel();
    this.#running.clear();
  }
}

const keyOf = (phase: Phase, peer: string, incident: string | null): string => `${phase} ${peer} ${incident ?? '-'}`;

/** One signal to one peer on its way. */
class Repetition {
  readonly #delivery: Delivery;
  readonly #clock: Clock;
  readonly #receiver: Receiver;
  readonly #order: SignalOrder;
  readonly #finish: (result: SignalResult) => void;
  /** When the first attempt left. */
  #startedAt: Monotonic;
  #attempts = 0;
  #timer: Timer | null = null;
  #leaveQueue: () => void = () => {};
  #over = false;
  /** An attempt has left us on some path: all that can be known of a trap. */
  #left = false;
  #lastError = 'no answer';

  constructor(
    delivery: Delivery,
    room: DeliveryRoom,
    receiver: Receiver,
    order: SignalOrder,
    finish: (result: SignalResult) => void,
  ) {
    this.#delivery = delivery;
    this.#clock = room.clock;
    this.#receiver = receiver;
    this.#order = order;
    this.#finish = finish;
    this.#startedAt = room.clock.monotonic();
  }

  begin(): void {
    this.#try();
  }

  cancel(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#leaveQueue();
  }

  #try(): void {
    const { phase, matters = false } = this.#order;
    this.#leaveQueue = this.#delivery.turns.take({ phase, matters, isRepeat: this.#attempts > 0 }, () => this.#send());
  }

  #send(): void {
    if (this.#over) return;
    const now = this.#clock.monotonic();
    if (this.#attempts > 0 && this.#order.isOver?.(now) === true) {
      this.#awaitLastAnswers();
      return;
    }
    if (this.#attempts === 0) this.#startedAt = now;
    this.#attempts++;
    this.#delivery.attempt(this.#receiver, this.#order, (outcome) => this.#judge(outcome));
    this.#planNext();
  }

  #planNext(): void {
    const dueAfterMs = this.#nextAfterMs();
    if (dueAfterMs === null) {
      this.#awaitLastAnswers();
      return;
    }
    const dueAt = after(this.#startedAt, dueAfterMs);
    this.#timer = this.#clock.timer(`${this.#order.phase} again`, Math.max(0, dueAt - this.#clock.monotonic()), () =>
      this.#try(),
    );
  }

  /** Answers to the last attempt may still come: the end is told after them. */
  #awaitLastAnswers(): void {
    this.#timer = this.#clock.timer(`${this.#order.phase} ended`, ATTEMPT_TIMEOUT_MS, () => this.#end());
  }

  /** A trap cannot be acknowledged: an `eem` peer gets its stop twice, 2 s apart (pair-protocol.md, "Delivery"). */
  #nextAfterMs(): DurationMs | null {
    if (this.#receiver.kind === 'eem') return this.#attempts < 2 ? timing.eemRepeatMs : null;
    const { phase } = this.#order;
    return phase === 'hello' ? null : attemptAfterMs(phase, this.#attempts, this.#order.lastsMs);
  }

  #judge(outcome: SendOutcome): void {
    if (this.#over) return;
    if (outcome.kind === 'failed') this.#lastError = `${outcome.error.code}: ${outcome.error.message}`;
    if (outcome.kind === 'sent') this.#left = true;
    if (outcome.kind !== 'acknowledged') return;
    this.cancel();
    this.#finish({ result: 'acknowledged', attempts: this.#attempts, roundTripMs: outcome.roundTripMs, detail: '' });
  }

  #end(): void {
    if (this.#over) return;
    this.cancel();
    const sent = this.#receiver.notify === 'trap' && this.#left;
    this.#finish({
      result: sent ? 'sent' : 'given-up',
      attempts: this.#attempts,
      roundTripMs: null,
      detail: sent ? 'a trap is not acknowledged' : this.#lastError,
    });
  }
}
