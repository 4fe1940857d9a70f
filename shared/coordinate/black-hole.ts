/**
 * The alarm of a black hole: a flow whose message comes again after its minute. One an incident, its text renewed by each message; taken
 * back when no such flow of that incident is held any more (not seen for the hold-down, or the hold-down has ended). Called by judging.ts.
 */
import { type Flow, formatFlow, formatSpi } from '../model/flow.ts';
import { peerNamed } from '../model/peer-lookup.ts';
import { elapsedMs, formatDuration, type Monotonic } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Alarm, Book } from './book.ts';
import { persistentIn } from './flow-list.ts';
import type { Input } from './input.ts';
import { andThen, clearAlarm, findIncident, type Step } from './move.ts';
import type { Rules } from './rules.ts';

const PREFIX = 'black-hole:';
export const blackHoleKey = (incident: IncidentId): string => `${PREFIX}${incident}`;

interface Persistent {
  readonly flow: Flow;
  readonly peers: readonly string[];
  readonly count: number;
  readonly first: Monotonic;
}

/** The worst of them, and how many there are. Before the stop only its incident knows of it; after it, hold-down. */
function persistentFlows(book: Book, id: IncidentId): { readonly worst: Persistent | null; readonly count: number } {
  const incident = findIncident(book, id);
  const recorded = incident === undefined ? none : persistentIn(incident.flows);
  if (recorded.worst !== null) return recorded;
  const { worst, count } = persistentIn(book.held, id);
  // Hold-down counts from the stop on; the message that opened the incident was one more.
  return { worst: worst === null ? null : { ...worst, count: worst.count + 1 }, count };
}

const none = { worst: null, count: 0 } as const;

/** Debugs that were armed again have taken the peers from what is held; the incident knows them, if it had but one. */
function peersOf(book: Book, id: IncidentId, { peers }: Persistent): readonly string[] {
  if (peers.length > 0) return peers;
  const known = book.closed.find((closed) => closed.id === id)?.peers ?? [];
  return known.length === 1 ? known : [];
}

export function blackHoleAlarm(
  rules: Rules,
  book: Book,
  incident: IncidentId,
  { at, wall }: Pick<Input, 'at' | 'wall'>,
): Pick<Alarm, 'key' | 'text' | 'remedy' | 'incident'> {
  const { worst, count: flows } = persistentFlows(book, incident);
  const key = blackHoleKey(incident);
  if (worst === null) return { key, text: `traffic to ${rules.device.name} is black-holed`, remedy: null, incident };
  const { flow, count, first } = worst;
  const peers = peersOf(book, incident, worst);
  const forMs = elapsedMs(first, at);
  const since = new Date(wall - forMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const names = peers.join(', ');
  const more = flows > 1 ? ` (and ${flows - 1} more flows)` : '';
  const where = peers.flatMap((name) => {
    const rule = peerNamed(rules.peers, name);
    return rule === undefined ? [] : [`${rule.name} (${rule.where})`];
  });
  return {
    key,
    text:
      `traffic of ${formatFlow(flow)}${more} is black-holed: ${count} messages in ${formatDuration(forMs)}, since ${since}; ` +
      `${rules.device.name} has no such SA, the other end${names === '' ? '' : ` (${names})`} still encrypts with it`,
    remedy:
      `at the sender, ${where.join(' or ') || flow.src}: show crypto ipsec sa peer ${flow.dst}; while ${formatSpi(flow.spi)} stands there ` +
      `as outbound, type: clear crypto sa peer ${flow.dst}. On ${rules.device.name} nothing needs to be cleared. ` +
      'Without that it heals when the SA expires there, or by its DPD',
    incident,
  };
}

/** After anything that may have ended a hold-down. */
export function clearHealed(step: Step): Step {
  const healed = step.book.alarms.filter(
    ({ key, incident }) => key.startsWith(PREFIX) && incident !== null && persistentFlows(step.book, incident).worst === null,
  );
  return healed.reduce<Step>((moved, { key }) => andThen(moved, (book) => clearAlarm(book, key)), step);
}
