/** How an incident begins, for either role: its record and the first orders. Called by hub.ts and spoke.ts. */

import { limits } from '../limits.ts';
import type { Monotonic, Wall } from '../model/time.ts';
import { formatDuration } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Mode } from '../model/watch.ts';
import type { Book, FlowRecord, Incident, PeerRecord, StopProgress } from './book.ts';
import type { Effect } from './effect.ts';
import type { Rules } from './rules.ts';

export interface Opening {
  readonly id: IncidentId;
  readonly openedBy: Incident['openedBy'];
  readonly at: Monotonic;
  readonly wall: Wall;
  readonly flows: readonly FlowRecord[];
  readonly peers: readonly string[];
  readonly signallers: Incident['signallers'];
  readonly scope: readonly string[];
  readonly stopAt: Monotonic;
  /** False: the signaller wants a capture and no stop (it runs in mode capture), or a person does. */
  readonly act: boolean;
}

/** What a message, or a signal, says of a flow that this incident did not have. */
export const newFlowRecord = (
  seen: { readonly at: Monotonic; readonly wall: Wall; readonly flow: FlowRecord['flow'] },
  about: Pick<FlowRecord, 'interface' | 'sources' | 'peers' | 'late' | 'corroboration'>,
): FlowRecord => ({
  flow: seen.flow,
  count: 1,
  first: seen.at,
  firstWall: seen.wall,
  last: seen.at,
  lastWall: seen.wall,
  ...about,
});

export const newPeerRecord = (peer: string): PeerRecord => ({
  peer,
  alert: { kind: 'unsent' },
  stop: { kind: 'unsent' },
  done: null,
});

/** Hold counts at the moment of opening: a stop already undertaken goes on. */
export const effectiveMode = (rules: Rules, book: Book): Mode => (book.hold ? 'observe' : rules.mode);

function plannedStop(rules: Rules, book: Book, { act, openedBy }: Opening): StopProgress {
  if (rules.mode === 'observe') return { kind: 'not-planned', why: 'observe' };
  if (book.hold) return { kind: 'not-planned', why: 'hold' };
  if (rules.mode === 'capture') return { kind: 'not-planned', why: 'capture-mode' };
  if (!act) return { kind: 'not-planned', why: openedBy === 'person' ? 'person-asked-capture-only' : 'peer-asked-capture-only' };
  if (armsAfter(rules, book)) return { kind: 'not-planned', why: 'arms-after' };
  return { kind: 'planned', waiting: false };
}

/** `arm: on-first-sighting`, and nothing is on: there is nothing to stop, the incident is captured and the next one finds debugs on. */
const armsAfter = ({ arming: { when } }: Rules, { arming, debugsOn }: Book): boolean =>
  when === 'on-first-sighting' && arming.state.kind === 'disarmed' && arming.blocked === null && debugsOn !== true;

export function newIncident(rules: Rules, book: Book, opening: Opening): Incident {
  const mode = effectiveMode(rules, book);
  const round = opening.openedBy === 'stop' ? 'late' : 'first';
  return {
    id: opening.id,
    aliases: [],
    openedBy: opening.openedBy,
    openedAt: opening.at,
    openedAtWall: opening.wall,
    mode,
    onHold: book.hold && rules.mode !== 'observe',
    flows: opening.flows,
    flowsNotKept: 0,
    peers: opening.peers.map(newPeerRecord),
    signallers: opening.signallers,
    captureScope: opening.scope.slice(0, rules.maxPeersCaptured),
    debugsAtStart: { kind: 'unread' },
    stop: plannedStop(rules, book, opening),
    stopAt: opening.stopAt,
    stopPassed: false,
    onlyOurs: false,
    captures:
      mode === 'observe' ? [] : [{ round, state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' }],
    tailKept: false,
    sealing: 'no',
    outcome: null,
  };
}

/** Within budget again: an alarm of that kind which a person has seen is over, so that the next one is told anew. */
export const countOpening = (rules: Rules, book: Book, at: Monotonic, hourMs: number): Book => ({
  ...book,
  openedAt: [...book.openedAt.filter((opened) => at - opened < hourMs), at].slice(-rules.incidentsPerHour),
  alarms: book.alarms.filter((alarm) => alarm.key !== 'budget' || !alarm.acknowledged),
});

/** Also when too many stops are still unverified: each is tried every 30 s on the same few sessions. */
export const overBudget = (rules: Rules, book: Book, at: Monotonic, hourMs: number): boolean =>
  book.openedAt.filter((opened) => at - opened < hourMs).length >= rules.incidentsPerHour ||
  book.incidents.length >= limits.openIncidentsMax;

/** Evidence first: the ring goes to disk before anything else is asked of the device. */
export function firstOrders(incident: Incident): Effect[] {
  const orders: Effect[] = [
    { kind: 'open-bundle', incident: incident.id },
    { kind: 'flush-ring', incident: incident.id },
  ];
  return incident.stopPassed ? orders : [...orders, { kind: 'wake', incident: incident.id, name: 'stop', at: incident.stopAt }];
}

/** Capture on session A, `show debugging` on session B: the t0 list. */
export function lookAtDevice(incident: Incident, round: 'first' | 'late'): Effect[] {
  if (incident.mode === 'observe') return [];
  const flows = incident.flows.map((record) => record.flow).slice(0, 10);
  const capture: Effect = {
    kind: 'capture',
    incident: incident.id,
    round,
    scope: incident.captureScope,
    deviceWide: true,
    flows,
  };
  return round === 'late' ? [capture] : [capture, { kind: 'read-debugs', incident: incident.id }];
}

/** Mode observe and hold: the same plan, in words. */
export function wouldDo(rules: Rules, incident: Incident, stopInMs: number): Effect {
  const acts = [`capture for ${incident.captureScope.join(', ') || 'the device'}`, 'show debugging'];
  const peers = incident.peers.map((record) => record.peer).join(', ');
  if (peers !== '') acts.push(`alert ${peers}`);
  acts.push(`in ${formatDuration(stopInMs)}: ${rules.stopCommand}${peers === '' ? '' : ` and stop to ${peers}`}`);
  return { kind: 'would', incident: incident.id, acts };
}
