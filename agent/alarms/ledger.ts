/**
 * What stands, and whom we told what of it: one entry a key, plain JSON, so that it outlives the agent (ledger-file.ts). Follows the book's
 * alarms by their state, not by events: whatever happened in between, a receiver is told how it is now. Changed by desk.ts. Pure.
 */
import type { Alarm } from '../../shared/coordinate/book.ts';
import { limits } from '../../shared/limits.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { type AlarmFacts, type NoticeStatus, tellable } from './notice.ts';
import { severityOf } from './severity.ts';

export interface Told {
  /** The last notice that was delivered. */
  readonly status: NoticeStatus;
  /** Of which turn of the key: the alarm's id and since. */
  readonly turn: string;
  /** Null: in an earlier boot of this host, which is long ago. */
  readonly at: Monotonic | null;
  readonly repeats: number;
}

export interface Entry {
  readonly alarm: AlarmFacts;
  readonly state: 'standing' | 'acknowledged' | 'over';
  readonly stateAt: Monotonic;
  /** Its newest turns, within flapping.withinMs, oldest first. */
  readonly raisedAt: readonly Monotonic[];
  /** By channel name. */
  readonly told: Readonly<Record<string, Told>>;
}

export interface Ledger {
  /** By key. */
  readonly entries: Readonly<Record<string, Entry>>;
  /** What was forgotten at limits.alarmSubjectsMax. */
  readonly dropped: number;
}

export const emptyLedger: Ledger = { entries: {}, dropped: 0 };

/** A key flaps when it was raised so often within so long; it ends when it has been over for quietMs, or had no turn for withinMs. */
export const flapping = { turns: 4, withinMs: 30 * 60_000, quietMs: 10 * 60_000 } as const;

export const turnOf = ({ id, sinceWall }: Pick<AlarmFacts, 'id' | 'sinceWall'>): string => `${id} ${Math.round(sinceWall)}`;

export function isFlapping({ raisedAt }: Entry, at: Monotonic): boolean {
  const last = raisedAt.at(-1);
  return last !== undefined && raisedAt.length >= flapping.turns && at - last < flapping.withinMs;
}

export interface Following {
  readonly at: Monotonic;
  /** As it is told (factsOf); the caller remembers it, so that a storm does not escape every text anew at each step. */
  readonly factsOf: (alarm: Alarm) => AlarmFacts;
  /** Of one that the book has no longer: is what it warned of verified to be over? Else it is forgotten without a word. */
  readonly isOver: (entry: Entry) => boolean;
}

/** The same ledger when nothing has changed. */
export function follow(ledger: Ledger, alarms: readonly Alarm[], { at, factsOf, isOver }: Following): Ledger {
  const entries: Record<string, Entry> = { ...ledger.entries };
  let changed = false;
  const put = (entry: Entry): void => {
    entries[entry.alarm.key] = entry;
    changed = true;
  };
  const standing = new Set(alarms.map(({ key }) => key));
  for (const alarm of alarms) {
    const next = withAlarm(Object.hasOwn(entries, alarm.key) ? entries[alarm.key]! : null, alarm, factsOf(alarm), at);
    if (next !== entries[alarm.key]) put(next);
  }
  for (const entry of Object.values(ledger.entries)) {
    if (entry.state === 'over' || standing.has(entry.alarm.key)) continue;
    if (isOver(entry)) put({ ...entry, state: 'over', stateAt: at });
    else {
      delete entries[entry.alarm.key];
      changed = true;
    }
  }
  return changed ? bounded({ ...ledger, entries }) : ledger;
}

function withAlarm(known: Entry | null, alarm: Alarm, facts: AlarmFacts, at: Monotonic): Entry {
  const state = alarm.acknowledged ? 'acknowledged' : 'standing';
  if (known === null) return { alarm: facts, state, stateAt: at, raisedAt: [at], told: {} };
  if (turnOf(known.alarm) !== turnOf(facts)) {
    const raisedAt = [...turnsKept(known, at), at].slice(-flapping.turns);
    return { ...known, alarm: facts, state, stateAt: at, raisedAt };
  }
  const same = (Object.keys(facts) as (keyof AlarmFacts)[]).every((name) => facts[name] === known.alarm[name]);
  if (same && known.state === state) return known;
  return { ...known, alarm: facts, state, stateAt: known.state === state ? known.stateAt : at };
}

function turnsKept(known: Entry, at: Monotonic): readonly Monotonic[] {
  const quiet = known.state === 'over' && at - known.stateAt >= flapping.quietMs;
  // It goes on, however old its first turns have become.
  if (isFlapping(known, at) && !quiet) return known.raisedAt;
  return known.raisedAt.filter((turn) => at - turn < flapping.withinMs);
}

/** `clean` takes our own secrets out of a text. */
export const factsOf = (alarm: Alarm, clean: (text: string) => string): AlarmFacts => ({
  id: alarm.id,
  key: alarm.key,
  severity: severityOf(alarm),
  text: tellable(clean(alarm.text)),
  remedy: alarm.remedy === null ? null : tellable(clean(alarm.remedy)),
  incident: alarm.incident,
  sinceWall: alarm.sinceWall,
});

/** The newest delivery to one channel; null: it was told that it is over. An entry that is gone meanwhile stays gone. */
export function withTold(ledger: Ledger, key: string, channel: string, told: Told | null): Ledger {
  const entry = Object.hasOwn(ledger.entries, key) ? ledger.entries[key] : undefined;
  if (entry === undefined) return ledger;
  const { [channel]: _before, ...others } = entry.told;
  const next = told === null ? others : { ...others, [channel]: told };
  return { ...ledger, entries: { ...ledger.entries, [key]: { ...entry, told: next } } };
}

/** Takes out what is over, told to all who must hear it, and no longer needed to see it flap. The same ledger when there is none. */
export function forget(ledger: Ledger, at: Monotonic, owes: (entry: Entry) => boolean): Ledger {
  const kept = Object.entries(ledger.entries).filter(
    ([, entry]) => entry.state !== 'over' || at - entry.stateAt < flapping.withinMs || owes(entry),
  );
  return kept.length === Object.keys(ledger.entries).length ? ledger : { ...ledger, entries: Object.fromEntries(kept) };
}

/** What is over goes first, then warnings, then the oldest: the newest critical ones are what a person must still hear. */
function bounded(ledger: Ledger): Ledger {
  const all = Object.values(ledger.entries);
  const over = all.length - limits.alarmSubjectsMax;
  if (over <= 0) return ledger;
  const worth = (entry: Entry): number => (entry.state === 'over' ? 0 : entry.alarm.severity === 'warning' ? 1 : 2);
  const ordered = [...all].sort((a, b) => worth(a) - worth(b) || a.stateAt - b.stateAt);
  const kept = ordered.slice(over).map((entry) => [entry.alarm.key, entry] as const);
  return { entries: Object.fromEntries(kept), dropped: ledger.dropped + over };
}

/** Read back under another boot: monotonic times of the old one mean nothing. What was told then was told long ago. */
export function rebased(ledger: Ledger, at: Monotonic): Ledger {
  const entries = Object.entries(ledger.entries).map(([key, entry]): [string, Entry] => {
    const told = Object.entries(entry.told).map(([channel, was]): [string, Told] => [channel, { ...was, at: null }]);
    return [key, { ...entry, stateAt: at, raisedAt: [], told: Object.fromEntries(told) }];
  });
  return { ...ledger, entries: Object.fromEntries(entries) };
}
