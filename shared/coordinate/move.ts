/** The result of one step, and the few ways to change an incident in the book. Used by every file of this room. */
import type { Flow } from '../model/flow.ts';
import { flowKey } from '../model/flow.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Alarm, Book, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Reason } from './reason.ts';

export interface Step {
  readonly book: Book;
  readonly effects: readonly Effect[];
  readonly reason: Reason;
  /** The incident that this step was about: its journal is made of these. */
  readonly incident: IncidentId | null;
}

/** A step of one incident, before it is put back into its book. */
export interface Move {
  readonly incident: Incident;
  readonly effects: readonly Effect[];
  readonly reason: Reason;
}

export const stay = (book: Book, reason: Reason, incident: IncidentId | null = null): Step => ({
  book,
  effects: [],
  reason,
  incident,
});

export const go = (incident: Incident, reason: Reason, ...effects: Effect[]): Move => ({ incident, effects, reason });

/** Puts a moved incident back; a new one is added. */
export function settle(book: Book, move: Move): Step {
  const known = book.incidents.some((incident) => incident.id === move.incident.id);
  const incidents = known
    ? book.incidents.map((incident) => (incident.id === move.incident.id ? move.incident : incident))
    : [...book.incidents, move.incident];
  return { book: { ...book, incidents }, effects: move.effects, reason: move.reason, incident: move.incident.id };
}

/** Continues a step with another on its book; the first one's reason stands, effects follow each other. */
export function then(first: Step, next: (book: Book) => Step): Step {
  const second = next(first.book);
  return {
    ...second,
    effects: [...first.effects, ...second.effects],
    reason: first.reason,
    incident: first.incident ?? second.incident,
  };
}

export const hasId = (incident: { readonly id: IncidentId; readonly aliases: readonly IncidentId[] }, id: IncidentId): boolean =>
  incident.id === id || incident.aliases.includes(id);

export const findIncident = (book: Book, id: IncidentId): Incident | undefined =>
  book.incidents.find((incident) => hasId(incident, id));

/** The one incident whose stop is still to come, if there is one: new flows and new ids join it. */
export const beforeStop = (book: Book): Incident | undefined => book.incidents.find((incident) => !incident.stopPassed);

export const sameFlow = (a: Flow, b: Flow): boolean => flowKey(a) === flowKey(b);

/** Raises an alarm, or leaves the standing one with the same key (its text is renewed). */
export function raiseAlarm(
  book: Book,
  input: Pick<Input, 'at' | 'wall'>,
  alarm: { readonly key: string; readonly text: string; readonly remedy: string | null; readonly incident: IncidentId | null },
): Step {
  const standing = book.alarms.find((known) => known.key === alarm.key);
  if (standing !== undefined) {
    const alarms = book.alarms.map((known) =>
      known.key === alarm.key ? { ...known, text: alarm.text, remedy: alarm.remedy } : known,
    );
    return { book: { ...book, alarms }, effects: [], reason: 'alarm-raised', incident: alarm.incident };
  }
  const raised: Alarm = { id: `a${book.alarmCount + 1}`, ...alarm, since: input.at, sinceWall: input.wall, acknowledged: false };
  return {
    book: { ...book, alarms: [...book.alarms, raised], alarmCount: book.alarmCount + 1 },
    effects: [{ kind: 'alarm-raised', alarm: raised }],
    reason: 'alarm-raised',
    incident: alarm.incident,
  };
}

/** Takes an alarm back: what it warned of is verified to be over. */
export function clearAlarm(book: Book, key: string): Step {
  const standing = book.alarms.find((known) => known.key === key);
  if (standing === undefined) return stay(book, 'waiting');
  return {
    book: { ...book, alarms: book.alarms.filter((known) => known.key !== key) },
    effects: [{ kind: 'alarm-cleared', alarm: standing }],
    reason: 'alarm-cleared',
    incident: standing.incident,
  };
}
