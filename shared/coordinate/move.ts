/** The result of one step, and the few ways to change an incident in the book. Used by every file of this room. */

import { limits } from '../limits.ts';
import type { Flow } from '../model/flow.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Alarm, Book, BookBound, ClosedIncident, FlowRecord, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';

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
export function andThen(first: Step, next: (book: Book) => Step): Step {
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

/**
 * The one incident whose stop is still to come, if there is one: new flows and new ids join it.
 * One that a hold keeps from acting takes in nothing once the hold is over: what comes then must act.
 */
export const beforeStop = (book: Book): Incident | undefined =>
  book.incidents.find((incident) => !incident.stopPassed && (!incident.onHold || book.hold));

/** Flows that may cause something: they came over a connection, or the device's own buffer bears them out. */
export const isActionable = (flow: FlowRecord): boolean =>
  flow.corroboration === 'not-needed' || flow.corroboration === 'found' || flow.corroboration === 'undecided';

/** Opened for a peer, or a person, that wants a capture and no stop: whoever wants one after it gets it. */
export const isCaptureOnly = (incident: Incident): boolean =>
  incident.stop.kind === 'not-planned' &&
  (incident.stop.why === 'peer-asked-capture-only' || incident.stop.why === 'person-asked-capture-only');

/** What a peer says of a flow is told by its name. */
export const peerSource = (peer: string): string => `peer:${peer}`;
/** Our own device logged it, too. */
export const isOwn = (flow: FlowRecord): boolean => flow.sources.some((source) => !source.startsWith(peerSource('')));

/** A peer asked for the stop, a line of our own device that may be believed, or a symptom that the configuration trusts: else none is made. */
export const isWanted = (incident: Incident): boolean =>
  incident.signallers.some((signaller) => signaller.captureOnly === undefined) ||
  incident.openedBy === 'symptom' ||
  incident.flows.some((flow) => isActionable(flow) && isOwn(flow));

/** By field: in a storm a key made of text for each comparison is what would take seconds. */
export const sameFlow = (a: Flow, b: Flow): boolean => a.spi === b.spi && a.src === b.src && a.dst === b.dst;

export const countDropped = (book: Book, bound: BookBound, by = 1): Book =>
  by <= 0 ? book : { ...book, dropped: { ...book.dropped, [bound]: (book.dropped[bound] ?? 0) + by } };

/** Remembers a closed id. Beyond the bound refused ones go first: repeats of a real incident must not open it anew. */
export function remember(rules: Rules, book: Book, closed: ClosedIncident): Book {
  const all = [...book.closed, closed];
  if (all.length <= rules.closedIdsMax) return { ...book, closed: all };
  const refused = all.findIndex((known) => known.outcome.reasons[0] === 'over-budget');
  all.splice(Math.max(0, refused), 1);
  return countDropped({ ...book, closed: all }, 'closedIdsMax');
}

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
    book: boundAlarms({ ...book, alarms: [...book.alarms, raised], alarmCount: book.alarmCount + 1 }),
    effects: [{ kind: 'alarm-raised', alarm: raised }],
    reason: 'alarm-raised',
    incident: alarm.incident,
  };
}

/** What a person has seen goes first, then what asks for nothing, then the oldest; never the one just raised. */
function boundAlarms(book: Book): Book {
  if (book.alarms.length <= limits.alarmsMax) return book;
  const older = book.alarms.slice(0, -1);
  const seen = older.findIndex((alarm) => alarm.acknowledged);
  const idle = seen >= 0 ? seen : older.findIndex((alarm) => alarm.remedy === null);
  const gone = Math.max(0, idle);
  return countDropped({ ...book, alarms: book.alarms.filter((_, index) => index !== gone) }, 'alarmsMax');
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
