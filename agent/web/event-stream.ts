/**
 * Server-sent events (WHATWG HTML, 9.2) for whoever looks: the status when it changed, twice a second at most and every five seconds
 * anyway; decisions and alarms as they come. Opened by server.ts. One text for all streams; who does not take it is closed at a named
 * bound, and a browser's stream comes back by itself.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Alarm } from '../../shared/coordinate/book.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Role } from '../../shared/model/watch.ts';
import type { AgentEvents, Decision } from '../events.ts';
import type { HttpStream } from '../http-ports.ts';
import type { Logger } from '../log.ts';
import { narrate } from '../narrate.ts';
import { describeAlarm } from '../status/collect.ts';
import type { AgentStatus } from '../status/status.ts';
import { Refusal } from './route.ts';

/** Between two statuses. */
const STATUS_EVERY_MS = 500;
/** Rates and ages change without any event. */
const STATUS_ANYWAY_MS = 5_000;
const DECISIONS_WINDOW_MS = 1_000;
/** Of an agent's time, at most so much goes into statuses: one of 5,000 peers is 3 MB and takes some 50 ms. */
const STATUS_SHARE = 0.02;
/** How soon a browser comes back after a close. */
const RETRY_MS = 2_000;

export interface EventStreamRoom {
  readonly clock: Clock;
  readonly events: AgentEvents;
  readonly log: Logger;
  readonly role: Role;
  readonly status: () => AgentStatus;
}

export class EventStreams {
  readonly #room: EventStreamRoom;
  readonly #streams = new Set<HttpStream>();
  #timer: Timer | null = null;
  #lastStatusAt: number | null = null;
  #decisions = { from: Number.NEGATIVE_INFINITY, told: 0 };
  #closed = false;
  readonly drops = { pageStreamsMax: 0, pageStreamPendingBytesMax: 0, pageDecisionsPerSecondMax: 0 };

  constructor(room: EventStreamRoom) {
    this.#room = room;
    room.events.on('decided', this.#onDecided);
    room.events.on('alarm-raised', this.#onRaised);
    room.events.on('alarm-cleared', this.#onCleared);
    room.events.on('hello', this.#onHello);
  }

  get open(): number {
    return this.#streams.size;
  }

  /** What opens the stream of one client. @throws Refusal too-many-streams */
  admit(): (stream: HttpStream) => void {
    if (!this.#hasRoom()) {
      this.drops.pageStreamsMax++;
      throw new Refusal(503, 'too-many-streams', `${limits.pageStreamsMax} look at events already; close one`, {
        'retry-after': '5',
      });
    }
    // Nothing is held for it until then: of a HEAD, and of whoever hung up, it is never opened.
    return (stream) => {
      if (!this.#hasRoom()) {
        if (!this.#closed) this.drops.pageStreamsMax++;
        stream.close();
        return;
      }
      this.#streams.add(stream);
      stream.onClose(() => void this.#streams.delete(stream));
      // A comment at once: a proxy that buffers shows itself.
      this.#give(stream, `retry: ${RETRY_MS}\n: spitrap\n\n${this.#statusText()}`);
      if (this.#timer === null) this.#planStatus(STATUS_ANYWAY_MS);
    };
  }

  #hasRoom(): boolean {
    return !this.#closed && this.#streams.size < limits.pageStreamsMax;
  }

  close(): void {
    this.#closed = true;
    const { events } = this.#room;
    events.off('decided', this.#onDecided);
    events.off('alarm-raised', this.#onRaised);
    events.off('alarm-cleared', this.#onCleared);
    events.off('hello', this.#onHello);
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  readonly #onDecided = (decision: Decision): void => {
    const { moved, input, incident, reason } = decision;
    if (this.#streams.size === 0 || !moved || input.kind === 'expire') return;
    this.#soon();
    const now = this.#room.clock.monotonic();
    if (now - this.#decisions.from >= DECISIONS_WINDOW_MS) this.#decisions = { from: now, told: 0 };
    if (this.#decisions.told >= limits.pageDecisionsPerSecondMax) {
      this.drops.pageDecisionsPerSecondMax++;
      return;
    }
    this.#decisions.told++;
    const at = new Date(this.#room.clock.wall()).toISOString();
    this.#tell('decision', { at, incident, reason, text: narrate(this.#room.role, decision) });
  };

  readonly #onRaised = (alarm: Alarm): void => this.#onAlarm('raised', alarm);
  readonly #onCleared = (alarm: Alarm): void => this.#onAlarm('cleared', alarm);
  readonly #onHello = (): void => this.#soon();

  #onAlarm(what: 'raised' | 'cleared', alarm: Alarm): void {
    if (this.#streams.size === 0) return;
    this.#soon();
    this.#tell('alarm', { what, alarm: describeAlarm(alarm) });
  }

  /** A status as soon as one is due again. */
  #soon(): void {
    if (this.#streams.size === 0) return;
    const sinceMs = this.#room.clock.monotonic() - (this.#lastStatusAt ?? Number.NEGATIVE_INFINITY);
    this.#planStatus(Math.max(0, this.#statusEveryMs - sinceMs));
  }

  #dueAt: number | null = null;
  #statusEveryMs = STATUS_EVERY_MS;

  #planStatus(inMs: number): void {
    const dueAt = this.#room.clock.monotonic() + inMs;
    if (this.#timer !== null && this.#dueAt !== null && this.#dueAt <= dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = this.#room.clock.timer('page status', inMs, () => {
      this.#timer = null;
      if (this.#streams.size === 0) return;
      this.#broadcast(this.#statusText());
      this.#planStatus(STATUS_ANYWAY_MS);
    });
  }

  #statusText(): string {
    this.#lastStatusAt = this.#room.clock.monotonic();
    try {
      const text = eventText('status', this.#room.status());
      const tookMs = this.#room.clock.monotonic() - this.#lastStatusAt;
      this.#statusEveryMs = Math.min(STATUS_ANYWAY_MS, Math.max(STATUS_EVERY_MS, tookMs / STATUS_SHARE));
      return text;
    } catch (error) {
      this.#room.log.error({ event: 'internal', error: asSpitrapError(error).message }, 'the status for the page failed');
      return ': no status\n\n';
    }
  }

  #tell(event: string, data: unknown): void {
    this.#broadcast(eventText(event, data));
  }

  #broadcast(text: string): void {
    for (const stream of this.#streams) this.#give(stream, text);
  }

  #give(stream: HttpStream, text: string): void {
    if (stream.pendingBytes > limits.pageStreamPendingBytesMax) {
      this.drops.pageStreamPendingBytesMax++;
      this.#streams.delete(stream);
      stream.close();
    } else stream.write(text);
  }
}

/** JSON has no line break of its own. */
export const eventText = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
