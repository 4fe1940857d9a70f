/**
 * Done signals until they are acknowledged: repeated like a stop, then offered again on each hello of the peer, up to 24 h
 * (pair-protocol.md, "Delivery"). Kept in the journal, so that a restart forgets none. Called by perform.ts and heartbeat.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import { ageMs, type Moment, momentNow } from '../evidence/window.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Logger } from '../log.ts';
import type { Delivery } from './send-signal.ts';

type Done = Omit<Extract<Effect, { readonly kind: 'signal-done' }>, 'kind'>;

interface Pending {
  readonly done: Done;
  readonly record: JournalRecord;
}

export class PendingDones {
  readonly #pending = new Map<string, Pending>();
  readonly #delivery: Delivery;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(delivery: Delivery, journal: Journal, clock: Clock, log: Logger) {
    this.#delivery = delivery;
    this.#journal = journal;
    this.#clock = clock;
    this.#log = log;
  }

  /** What earlier runs still owe. */
  restore(records: readonly JournalRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'done-owed' && record.kind !== 'done-heard') continue;
      // A damaged one costs a done, not the start.
      const done = (record.data ?? {}) as Partial<Done>;
      if (typeof done.peer !== 'string' || typeof done.id !== 'string') continue;
      const key = keyOf({ peer: done.peer, id: done.id });
      if (record.kind === 'done-heard') this.#pending.delete(key);
      else if (isDone(done)) this.#pending.set(key, { done, record });
    }
  }

  /** A newer done of the same id takes the place of an older one. */
  offer(effect: Done): void {
    const { incident, peer, id, bits, keys } = effect;
    const done: Done = { incident, peer, id, bits, keys };
    const { record } = this.#journal.append('done-owed', incident, done);
    this.#pending.set(keyOf(done), { done, record });
    this.#delivery.cancel('done', peer, id);
    this.#send(done);
  }

  /** A hello came from the peer: it is there again. */
  offerAgain(peer: string): void {
    const now = momentNow(this.#clock);
    for (const [key, { done, record }] of this.#pending) {
      if (ageOf(record, now) > timing.doneKeptMs) this.#pending.delete(key);
      else if (done.peer === peer) this.#send(done);
    }
  }

  #send(done: Done): void {
    const { peer, id, bits, keys, incident } = done;
    this.#delivery.start({ phase: 'done', peer, incident: id, content: () => ({ intData2: bits, keys }) }, (result) => {
      if (result.result === 'given-up') {
        this.#log.warn(
          { event: 'done-undelivered', incident, peer, detail: result.detail },
          `done not acknowledged by ${peer}; offered again on its next hello`,
        );
        return;
      }
      if (this.#pending.get(keyOf(done))?.done !== done) return;
      this.#pending.delete(keyOf(done));
      this.#journal.append('done-heard', incident, { peer, id });
      this.#log.info(
        { event: 'done-delivered', incident, peer, at: this.#clock.monotonic(), attempts: result.attempts },
        `done acknowledged by ${peer}`,
      );
    });
  }

  /** Journal records that a compaction must keep. */
  records(): JournalRecord[] {
    return [...this.#pending.values()].map((pending) => pending.record);
  }

  get owed(): number {
    return this.#pending.size;
  }
}

const isDone = (done: Partial<Done>): done is Done =>
  typeof done.incident === 'string' && typeof done.bits === 'number' && typeof done.keys === 'object' && done.keys !== null;

/** By the monotonic clock within one boot: a step of the wall clock forgets nothing. */
const ageOf = ({ wall, monotonic, bootId }: JournalRecord, now: Moment): DurationMs =>
  ageMs({ wallFirst: wall, wallLast: wall, monotonicFirst: monotonic, monotonicLast: monotonic }, bootId, now);

const keyOf = (done: Pick<Done, 'peer' | 'id'>): string => `${done.peer} ${done.id}`;
