/**
 * The only holder of incident state: every input goes through the pure machine (shared/coordinate/step.ts), is journaled with its
 * reason, and has its effects performed. Urgent effects leave in the same tick; the others wait for their record, 250 ms at most
 * (pair-protocol.md, "Crash, restart, disk"). Opened by app.ts; what performs the effects is effects/perform.ts.
 */
import type { Timer } from '../shared/clock.ts';
import { type Book, emptyBook } from '../shared/coordinate/book.ts';
import type { Effect } from '../shared/coordinate/effect.ts';
import { isUrgent } from '../shared/coordinate/effect.ts';
import type { Input, InputBody } from '../shared/coordinate/input.ts';
import type { Step } from '../shared/coordinate/move.ts';
import type { Reason } from '../shared/coordinate/reason.ts';
import type { Rules } from '../shared/coordinate/rules.ts';
import { step } from '../shared/coordinate/step.ts';
import { asSpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import type { Monotonic, Wall } from '../shared/model/time.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { AgentEvents, Decision } from './events.ts';
import type { Degraded, Entry, Journal } from './journal/journal.ts';
import type { JournalRecord } from './journal/record.ts';
import { newestSnapshot, snapshotParts } from './journal/snapshot.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

/** Carries out one effect; results come back through `input`. Wakes stay here: timers are the coordinator's own. */
export type Perform = (effect: Exclude<Effect, { readonly kind: 'wake' | 'arm-wake' }>) => void;

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

/** Change nothing, and are written down all the same: mode observe journals what comes in (pair-protocol.md, "Roles, modes, peers"). */
const KEPT: ReadonlySet<Reason> = new Set<Reason>(['stop-observed']);
const JOURNAL_ALARM = 'journal-degraded';
/** Journal record: the rules that the following steps were decided under. */
const RULES = 'rules';

export class Coordinator {
  readonly #room: CoordinatorRoom;
  #book: Book = emptyBook;
  #perform: Perform = () => {};
  readonly #timers = new Map<string, Timer>();
  /** The journal of each open incident, for its bundle. */
  readonly #records = new Map<IncidentId, JournalRecord[]>();
  readonly #reasons = new Map<string, number>();
  /** Incidents of which an act went ahead of its record. */
  readonly #outran = new Map<IncidentId, Degraded>();
  #lastEntry: Entry | null = null;
  #notJournaled = 0;
  /** Of the journal when it was last rewritten: with much that must be kept, once is enough until it has doubled. */
  #rewrittenBytes = 0;
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

  /** Repeats of the message beyond limits.bundleJournalRecordsMax. */
  get notJournaled(): number {
    return this.#notJournaled;
  }

  /** The newest record of a step; whatever came before it is on disk when it is. Null: nothing was decided yet. */
  get lastEntry(): Entry | null {
    return this.#lastEntry;
  }

  /** The journal did not keep up with this incident, now or at some moment of it. */
  degradedFor(id: IncidentId): Degraded | null {
    return this.#outran.get(id) ?? this.#room.journal.degraded;
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
    // What was decided was decided under the configuration of that run: a changed one must not forget a stop, or what is armed.
    let { rules } = this.#room;
    const base = newestSnapshot(records);
    if (base !== null) {
      this.#book = base.book;
      // Of what is still open the records were kept, for its bundle; the snapshot holds what they came to.
      for (const record of records.slice(0, base.from))
        if (record.kind === 'step' && record.incident !== null) this.#remember(record.incident, record);
    }
    for (const [index, record] of records.entries()) {
      if (record.kind === RULES) rules = { ...this.#room.rules, ...(record.data as Partial<Rules>) };
      if (record.kind !== 'step' || index < (base?.from ?? 0)) continue;
      try {
        const { input } = record.data as StepData;
        const moved = step(rules, this.#book, input);
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

  /** After replay, before any input, and after a reload: the configuration that decides from here on. */
  noteRules(): void {
    this.#room.journal.append(RULES, null, { ...this.#room.rules });
  }

  /** After replay and before any source opens: what was under way is taken up again. */
  resume(lastBootId: string | null): void {
    const resumable = lastBootId === null || lastBootId === this.#room.world.clock.bootId;
    this.input({ kind: 'restarted', resumable });
    for (const incident of this.#book.incidents) this.input({ kind: 'recovered', incident: incident.id, resumable });
  }

  /** One input, now or when it happened. Returns its journal entry, or null when nothing changed and nothing needs to be kept. Never throws. */
  input(body: InputBody, when?: { readonly at: Monotonic; readonly wall: Wall }): Entry | null {
    if (this.#closed) return null;
    const { clock } = this.#room.world;
    const input = { ...body, at: when?.at ?? clock.monotonic(), wall: when?.wall ?? clock.wall() } as Input;
    const before = this.#book;
    const moved = this.#step(input);
    if (moved === null) return null;
    this.#book = moved.book;
    this.#reasons.set(moved.reason, (this.#reasons.get(moved.reason) ?? 0) + 1);
    const changed = moved.book !== before || moved.effects.length > 0;
    for (const effect of moved.effects) if (isUrgent(effect)) this.#carryOut(effect);
    const entry = (changed || KEPT.has(moved.reason)) && !this.#isFlood(input, moved) ? this.#journal(input, moved) : null;
    this.#tell({ input, reason: moved.reason, incident: moved.incident, effects: moved.effects, moved: changed }, before);
    const patient = moved.effects.filter((effect) => !isUrgent(effect));
    if (entry !== null && patient.length > 0) void this.#afterRecord(entry, patient);
    return entry;
  }

  /** Null: a bug of ours met this input. The book stays as it was; a process that dies of it at three in the morning stops nothing. */
  #step(input: Input): Step | null {
    try {
      return step(this.#room.rules, this.#book, input);
    } catch (error) {
      this.#room.log.error(
        { event: 'internal', input: input.kind, error: asSpitrapError(error).message },
        `an input of kind ${input.kind} could not be decided, a fault of this program: please report it`,
      );
      return null;
    }
  }

  /** A message more of an incident that has more records than its bundle takes: counted in the book, not written down. */
  #isFlood(input: Input, moved: Step): boolean {
    if (input.kind !== 'sighting' || moved.incident === null || moved.effects.some((effect) => effect.kind !== 'addendum'))
      return false;
    if (this.recordsOf(moved.incident).length < limits.bundleJournalRecordsMax) return false;
    this.#notJournaled++;
    return true;
  }

  /**
   * For the watchdog: whether an input would be decided now, by the same function and book; nothing of it is kept. Null: it would; else why
   * not. A disk that hangs is no reason while something is at stake: acts go on without it, and a restart would wait for it for ever.
   */
  ailing(): string | null {
    const { clock } = this.#room.world;
    if (this.#closed) return 'the coordinator is closed';
    if (this.#step({ kind: 'expire', at: clock.monotonic(), wall: clock.wall() }) === null)
      return 'the coordinator decides nothing';
    const { writingMs } = this.#room.journal;
    const isIdle = this.#book.incidents.length === 0 && this.#book.arming.state.kind === 'disarmed';
    return isIdle && writingMs > limits.journalHungMs ? `a write of the journal hangs for ${Math.round(writingMs)} ms` : null;
  }

  #tell(decision: Decision, before: Book): void {
    try {
      this.#room.events.emit('decided', decision, before);
    } catch (error) {
      this.#room.log.error({ event: 'internal', error: asSpitrapError(error).message }, 'a listener failed on a decision');
    }
  }

  #journal(input: Input, moved: Step): Entry {
    const data: StepData = { input, reason: moved.reason, effects: moved.effects };
    const entry = this.#room.journal.append('step', moved.incident, data);
    this.#lastEntry = entry;
    if (moved.incident !== null) this.#remember(moved.incident, entry.record);
    return entry;
  }

  async #afterRecord(entry: Entry, effects: readonly Effect[]): Promise<void> {
    const outcome = await this.#room.journal.wait(entry);
    if (this.#closed) return;
    this.#judgeJournal(outcome === 'synced' ? null : entry.record.incident);
    for (const effect of effects) this.#carryOut(effect);
  }

  /** Acts go on without it, and a person must know: what they announce would not survive a crash. */
  #judgeJournal(outran: IncidentId | null): void {
    const { degraded } = this.#room.journal;
    const { clock } = this.#room.world;
    if (outran !== null) {
      const reason = degraded?.reason ?? 'a record was not on disk in time';
      this.#outran.set(outran, degraded ?? { reason, since: clock.monotonic(), sinceWall: clock.wall() });
    }
    const standing = this.#book.alarms.some((alarm) => alarm.key === JOURNAL_ALARM);
    if (degraded === null && standing) this.input({ kind: 'clear', key: JOURNAL_ALARM });
    if (degraded === null || standing) return;
    this.input({
      kind: 'raise',
      key: JOURNAL_ALARM,
      text: `the journal does not reach the disk (${degraded.reason}): acts go on without it, a crash now would forget them`,
      remedy: 'look at the disk under dataDir: room, mount, errors',
    });
  }

  /** One effect that fails keeps no other from being performed. */
  #carryOut(effect: Effect): void {
    try {
      if (effect.kind === 'wake')
        this.#wake(`${effect.name} ${effect.incident}`, effect.at, {
          kind: 'timer',
          incident: effect.incident,
          name: effect.name,
        });
      else if (effect.kind === 'arm-wake')
        this.#wake(`arm ${effect.name}`, effect.at, { kind: 'arm-timer', arm: effect.arm, name: effect.name });
      else if (effect.kind === 'alarm-raised') this.#room.events.emit('alarm-raised', effect.alarm);
      else if (effect.kind === 'alarm-cleared') this.#room.events.emit('alarm-cleared', effect.alarm);
      else this.#perform(effect);
    } catch (error) {
      this.#room.log.error(
        { event: 'internal', effect: effect.kind, error: asSpitrapError(error).message },
        `effect ${effect.kind} failed, a fault of this program: please report it`,
      );
    }
  }

  /** One timer a key (name and incident): a new one takes the place of the old. */
  #wake(key: string, at: Monotonic, input: InputBody): void {
    const { clock } = this.#room.world;
    this.#timers.get(key)?.cancel();
    const timer = clock.timer(key, Math.max(0, at - clock.monotonic()), () => {
      this.#timers.delete(key);
      // A timer may fire a fraction early; the plan is never early.
      if (clock.monotonic() < at) this.#wake(key, at, input);
      else this.input(input);
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
    const open = new Set(this.#book.incidents.map((incident) => incident.id));
    for (const id of this.#records.keys()) if (!open.has(id)) this.#records.delete(id);
    for (const id of this.#outran.keys()) if (!open.has(id)) this.#outran.delete(id);
  }

  /** Now and then: forgets what is old, and rewrites a journal that has grown. `extra`: records of others that must be kept. */
  async housekeep(extra: readonly JournalRecord[] = []): Promise<void> {
    if (this.#closed) return;
    this.input({ kind: 'expire' });
    this.#forgetClosed();
    this.#judgeJournal(null);
    const { journal, log } = this.#room;
    if (journal.bytes <= Math.max(limits.journalBytesMax, 2 * this.#rewrittenBytes)) return;
    // Writing it all takes a moment in which nothing else is done: not with a stop ahead.
    if (this.#book.incidents.some((incident) => !incident.stopPassed)) return;
    const rules = journal.append(RULES, null, { ...this.#room.rules });
    const entries = [rules, ...snapshotParts(this.#book).map((part) => journal.append('snapshot', null, part))];
    const open = [...this.#records.values()].flat();
    try {
      await journal.rewrite([...extra, ...open, ...entries.map((entry) => entry.record)]);
      this.#rewrittenBytes = journal.bytes;
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
