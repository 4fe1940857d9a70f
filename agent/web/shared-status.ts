/**
 * The status for all who ask over the page at about the same time: collected and written once, however many hammer at `/healthz`, which
 * is open to strangers. Whatever the agent decides makes it old at once. Made by server.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import type { AgentEvents } from '../events.ts';
import type { AgentStatus } from '../status/status.ts';

/** What changes without a decision (rates, sessions) is told this late. */
const FRESH_MS = 100;

export interface SharedStatusRoom {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly events: AgentEvents;
  readonly status: () => AgentStatus;
}

interface Fresh {
  readonly at: Monotonic;
  readonly status: AgentStatus;
  json: Buffer | null;
  metrics: Promise<string> | null;
}

export class SharedStatus {
  readonly #room: SharedStatusRoom;
  #last: Fresh | null = null;

  constructor(room: SharedStatusRoom) {
    this.#room = room;
    room.events.on('decided', this.forget);
  }

  /** The same object as long as it is fresh. */
  get status(): AgentStatus {
    return this.#fresh().status;
  }

  /** The same, as it is sent. */
  get json(): Buffer {
    const fresh = this.#fresh();
    fresh.json ??= Buffer.from(`${JSON.stringify(fresh.status)}\n`);
    return fresh.json;
  }

  /** What was rendered of it. @param render reads `status`. */
  metrics(render: () => Promise<string>): Promise<string> {
    const fresh = this.#fresh();
    fresh.metrics ??= render();
    return fresh.metrics;
  }

  close(): void {
    this.#room.events.off('decided', this.forget);
    this.forget();
  }

  #fresh(): Fresh {
    const { clock, status } = this.#room;
    const now = clock.monotonic();
    if (this.#last === null || now - this.#last.at >= FRESH_MS)
      this.#last = { at: now, status: status(), json: null, metrics: null };
    return this.#last;
  }

  /** Something was done that it does not show yet. */
  readonly forget = (): void => {
    this.#last = null;
  };
}
