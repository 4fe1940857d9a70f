/**
 * The only holder of incident state: every input goes through the pure machine (shared/coordinate/step.ts), is journaled with its
 * reason, and has its effects performed. Urgent effects leave in the same tick; the others wait for their record, 250 ms at most
 * (pair-protocol.md, "Crash, restart, disk"). Opened by app.ts; what performs the effects is effects/perform.ts.
 */
import type { Timer } from '../shared/clock.ts';
import { type Book, emptyBook } from '../shared/coordinate/book.ts';
import type { Effect } from '../shared/coordinate/effect.ts';
import { isUrgent } from '../shared/coordinate/effect.ts';
import type { Input, InputBody, TimerName } from '../shared/coordinate/input.ts';
import type { Rules } from '../shared/coordinate/rules.ts';
import { step } from '../shared/coordinate/step.ts';
import { asSpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import type { Monotonic, Wall } from '../shared/model/time.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { AgentEvents, Decision } from './events.ts';
import type { Entry, Journal } from './journal/journal.ts';
import type { JournalRecord } from './journal/record.ts';
import { newestSnapshot, snapshotParts } from './journal/snapshot.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

/** Carries out one effect. Never throws; results come back through `input`. `wake` stays here: timers are the coordinator's own. */
export type Perform = (effect: Exclude<Effect, { readonly kind: 'wake' }>) => void;

export interface CoordinatorRoom {
  readonly rules: Rules;
  readonly journal: Journal;
  readonly events: AgentEvents;
  readonly world: Pick<World, 'clock'>;
  readonly log: Logger;
}

export interface StepData {
  readonly input: Input;
  readonly reason: Decision['reason'];
  readonly effects: readonly Effect[];
}

export class Coordinator {
  readonly #room: CoordinatorRoom;
  #book: Book = emptyBook;
  #perform: Perform = () => {};
  readonly #timers = new Map<string, Timer>();
  /** The journal of each open incident, for its bundle. */
  readonly #records = new Map<IncidentId, JournalRecord[]>();
  readonly #reasons = new Map<string, number>();
  #closed = false;

  constructor(room: CoordinatorRoom) {
    this.#room = room;
  }

  get book(): Book {
    return this.#book;
  }

  get reasonCounts(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** Before the first input. */
  performWith(perform: Perform): void {
    this.#perform = perform;
  }

  /** The records of an incident and its aliases, oldest first. */
  recordsOf(id: IncidentId): readonly JournalRecord[] {
    return this.#records.get(id) ?? [];
  }

  /** Rebuilds the book by replaying what the journal holds. Effects are not performed: `resume` orders what is still to do. */
  replay(records: readonly JournalRecord[]): { readonly steps: number; readonly refused: number } {
    let steps = 0;
    let refused = 0;
    const base = newestSnapshot(records);
    if (base !== null) this.#book = base.book;
    for (const record of base === null ? records : records.slice(base.from)) {
      if (record.kind !== 'step') continue;
      try {
        const { input } = record.data as StepData;
        const moved = step(this.#room.rules, this.#book, input);
        this.#book = moved.book;
        if (moved.incident !== null) this.#remember(moved.incident, record);
        steps++;
      } catch (error) {
        // A record of another version, or a damaged one: what follows it may still stand.
        refused++;
        this.#room.log.error(
          { seq: record.seq, error: asSpitrapError(error).message },
          'journal: a record could not be replayed',
        );
      }
    }
    this.#forgetClosed();
    return { steps, refused };
  }

  /** After replay and before any source opens: what was under way is taken up again. */
  resume(lastBootId: string | null): void {
    const resumable = lastBootId === null || lastBootId === this.#room.world.clock.bootId;
    this.input({ kind: 'restarted', resumable });
    for (const incident of this.#book.incidents) this.input({ kind: 'recovered', incident: incident.id, resumable });
  }

  /** One input, now or when it happened. Returns its journal entry, or null when nothing changed and nothing needs to be kept. */
  input(body: InputBody, when?: { readonly at: Monotonic; readonly wall: Wall }): Entry | null {
    if (this.#closed) return null;
    const { clock } = this.#room.world;
    const input = { ...body, at: when?.at ?? clock.monotonic(), wall: when?.wall ?? clock.wall() } as Input;
    const before = this.#book;
    const moved = step(this.#room.rules, before, input);
    this.#book = moved.book;
    this.#reasons.set(moved.reason, (this.#reasons.get(moved.reason) ?? 0) + 1);
    const changed = moved.book !== before || moved.effects.length > 0;
    for (const effect of moved.effects) if (isUrgent(effect)) this.#carryOut(effect);
    const entry = changed ? this.#journal(input, moved) : null;
    this.#room.events.emit('decided', {
      input,
      reason: moved.reason,
      incident: moved.incident,
      effects: moved.effects,
      moved: changed,
    });
    const patient = moved.effects.filter((effect) => !isUrgent(effect));
    if (entry !== null && patient.length > 0) void this.#afterRecord(entry, patient);
    return entry;
  }

  #journal(
    input: Input,
    moved: { readonly reason: Decision['reason']; readonly effects: readonly Effect[]; readonly incident: IncidentId | null },
  ): Entry {
    const data: StepData = { input, reason: moved.reason, effects: moved.effects };
    const entry = this.#room.journal.append('step', moved.incident, data);
    if (moved.incident !== null) this.#remember(moved.incident, entry.record);
    return entry;
  }

  async #afterRecord(entry: Entry, effects: readonly Effect[]): Promise<void> {
    await this.#room.journal.wait(entry);
    if (!this.#closed) for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === 'wake') this.#wake(effect.incident, effect.name, effect.at);
    else if (effect.kind === 'alarm-raised') this.#room.events.emit('alarm-raised', effect.alarm);
    else if (effect.kind === 'alarm-cleared') this.#room.events.emit('alarm-cleared', effect.alarm);
    else this.#perform(effect);
  }

  /** One timer a name and incident: a new one takes the place of the old. */
  #wake(incident: IncidentId, name: TimerName, at: Monotonic): void {
    const { clock } = this.#room.world;
    const key = `${name} ${incident}`;
    this.#timers.get(key)?.cancel();
    const timer = clock.timer(key, Math.max(0, at - clock.monotonic()), () => {
      this.#timers.delete(key);
      // A timer may fire a fraction early; the plan is never early.
      if (clock.monotonic() < at) this.#wake(incident, name, at);
      else this.input({ kind: 'timer', incident, name });
    });
    this.#timers.set(key, timer);
  }

  #remember(incident: IncidentId, record: JournalRecord): void {
    const owner = this.#book.incidents.find((known) => known.id === incident || known.aliases.includes(incident))?.id ?? incident;
    const records = this.#records.get(owner) ?? [];
    if (records.length < limits.bundleJournalRecordsMax) records.push(record);
    this.#records.set(owner, records);
  }

  #forgetClosed(): void {
    for (const id of this.#records.keys())
      if (!this.#book.incidents.some((incident) => incident.id === id)) this.#records.delete(id);
  }

  /** Now and then: forgets what is old, and rewrites a journal that has grown. */
  async housekeep(extra: readonly JournalRecord[] = []): Promise<void> {
    this.input({ kind: 'expire' });
    this.#forgetClosed();
    const { journal, log } = this.#room;
    if (journal.bytes <= limits.journalBytesMax || this.#book.incidents.length > 0) return;
    const entries = snapshotParts(this.#book).map((part) => journal.append('snapshot', null, part));
    try {
      await journal.rewrite([...extra, ...entries.map((entry) => entry.record)]);
      log.info({ bytes: journal.bytes }, 'journal rewritten as a snapshot');
    } catch (error) {
      log.warn({ error: asSpitrapError(error, 'DISK_FAILED').message }, 'journal not rewritten; tried again later');
    }
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
