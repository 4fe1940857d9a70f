/**
 * The end of an incident: when its bundle is sealed, with which outcome, and what the signallers are then told
 * (pair-protocol.md, "Timeline"). Sealed when the stop is settled, captures have ended, awaited dones are in and the tail is kept.
 */

import { limits } from '../limits.ts';
import { peerNamed } from '../model/peer-lookup.ts';
import { after } from '../model/time.ts';
import { doneBits } from '../wire/signal.ts';
import type { Book, ClosedIncident, Incident, Outcome, PeerRecord } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, countDropped, findIncident, go, raiseAlarm, remember, settle, stay } from './move.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

type Now = Pick<Input, 'at' | 'wall'>;

export const isSpitrap = ({ peers }: Rules, peer: string): boolean => peerNamed(peers, peer)?.kind === 'spitrap';

/** Done is owed by every spitrap peer that was told anything. */
const awaitsDone = (rules: Rules, record: PeerRecord): boolean =>
  record.done === null && isSpitrap(rules, record.peer) && (record.alert.kind !== 'unsent' || record.stop.kind !== 'unsent');

const NOT_OFF = 'debugs-not-verified-off';

const stopSettled = (incident: Incident): boolean => incident.stop.kind === 'verified' || incident.stop.kind === 'not-planned';

/** Nothing is missing any more but, perhaps, what other ends have to say. */
const isReadyHere = (incident: Incident): boolean =>
  incident.sealing === 'no' &&
  incident.stopPassed &&
  incident.tailKept &&
  stopSettled(incident) &&
  incident.captures.every((capture) => capture.state === 'ended') &&
  !isAsked(incident);

/** A line that came into a look becomes a stop of its own once it is borne out: the answer, a matter of seconds, comes before the seal. */
const isAsked = ({ mode, stop, flows }: Incident): boolean =>
  mode !== 'observe' && stop.kind === 'not-planned' && flows.some(({ corroboration }) => corroboration === 'pending');

/** After any step that may have been the last one missing. */
export function sealIfReady(rules: Rules, step: Step, id: string, now: Now): Step {
  const incident = findIncident(step.book, id);
  if (incident === undefined) return step;
  if (incident.sealing === 'sealed') return andThen(step, (book) => closeIfSettled(rules, book, incident, now));
  if (!isReadyHere(incident)) return step;
  if (incident.peers.some((record) => awaitsDone(rules, record))) return tellEarly(rules, step, incident);
  return andThen(step, (book) => settle(book, requestSeal(incident, false)));
}

/**
 * Ends that signalled each other would wait for each other's done: it is told as soon as nothing else is missing, and once more when
 * the bundle is sealed.
 */
function tellEarly(rules: Rules, step: Step, incident: Incident): Step {
  if (incident.toldEarly || incident.signallers.length === 0) return step;
  const told: Incident = { ...incident, toldEarly: true };
  return andThen(step, (book) => settle(book, go(told, 'tail-kept', ...signalDones(rules, book, told))));
}

const requestSeal = (incident: Incident, overdue: boolean) =>
  go({ ...incident, sealing: 'requested' }, overdue ? 'seal-deadline' : 'tail-kept', {
    kind: 'seal',
    incident: incident.id,
    overdue,
  });

export function onSealDeadline(book: Book, incident: Incident): Step {
  if (incident.sealing !== 'no' || !incident.stopPassed) return stay(book, 'timer-outlived', incident.id);
  return settle(book, requestSeal(incident, true));
}

export function onSealRetry(book: Book, incident: Incident): Step {
  if (incident.sealing !== 'failed') return stay(book, 'timer-outlived', incident.id);
  return settle(book, requestSeal(incident, true));
}

/** What the bundle will say of itself. Pure, so that the sealing room and the machine cannot disagree; holes of disk and ring are added there. */
export function judgeOutcome(rules: Rules, incident: Incident): Outcome {
  const reasons: string[] = [];
  if (!stopSettled(incident)) reasons.push(NOT_OFF);
  if (incident.stop.kind === 'not-planned' && incident.stop.why === 'not-corroborated') reasons.push('not-corroborated');
  for (const capture of incident.captures) {
    if (capture.state === 'running') reasons.push(`capture-unfinished:${capture.round}`);
    else if (!capture.whole) reasons.push(`capture-incomplete:${capture.round}`);
  }
  for (const record of incident.peers) {
    if (awaitsDone(rules, record)) reasons.push(`no-done:${record.peer}`);
    if (record.stop.kind === 'given-up') reasons.push(`stop-not-delivered:${record.peer}`);
    if (record.done !== null && record.done.off !== 'verified' && incident.stop.kind !== 'not-planned')
      reasons.push(`peer-not-verified-off:${record.peer}`);
    if (record.done !== null && (record.done.bits & doneBits.captured) === 0)
      reasons.push(`peer-capture-incomplete:${record.peer}`);
  }
  if (incident.flowsNotKept > 0) reasons.push('flows-over-limit');
  if (incident.mode === 'observe') return { kind: 'observed', reasons };
  if (reasons.length > 0) return { kind: 'partial', reasons };
  if (incident.stop.kind === 'not-planned') return { kind: 'captured', reasons };
  const told = incident.peers.filter((record) => record.alert.kind !== 'unsent' || record.stop.kind !== 'unsent');
  const involved = [...told.map((record) => record.peer), ...incident.signallers.map((signaller) => signaller.peer)];
  return { kind: involved.some((peer) => !isSpitrap(rules, peer)) ? 'complete-one-ended' : 'complete', reasons };
}

export function onSealed(rules: Rules, book: Book, incident: Incident, input: Input & { readonly kind: 'sealed' }): Step {
  if (incident.sealing !== 'requested') return stay(book, 'timer-outlived', incident.id);
  const sealed: Incident = { ...incident, sealing: 'sealed', outcome: input.outcome };
  // While it was being written the stop was verified after all: what is true now goes beside it.
  const outrun: Effect[] =
    incident.stop.kind === 'verified' && input.outcome.reasons.includes(NOT_OFF)
      ? [{ kind: 'addendum', incident: incident.id, what: { kind: 'verified-off', atWall: input.wall } }]
      : [];
  const cleared = andThen(settle(book, go(sealed, 'sealed', ...outrun)), (next) => clearAlarm(next, `seal:${incident.id}`));
  const told: Step = { ...cleared, effects: [...cleared.effects, ...signalDones(rules, cleared.book, sealed)] };
  return andThen(told, (next) => closeIfSettled(rules, next, sealed, input));
}

/** The peer must not wait for our disk: done goes out without its `sealed` bit, and the seal is tried again. */
export function onSealFailed(
  rules: Rules,
  book: Book,
  incident: Incident,
  input: Input & { readonly kind: 'seal-failed' },
): Step {
  if (incident.sealing !== 'requested') return stay(book, 'timer-outlived', incident.id);
  const key = `seal:${incident.id}`;
  const toldBefore = book.alarms.some((alarm) => alarm.key === key);
  const failed: Incident = { ...incident, sealing: 'failed' };
  const retry: Effect = {
    kind: 'wake',
    incident: incident.id,
    name: 'seal-retry',
    at: after(input.at, timing.stopRetryEveryMs),
  };
  const alarmed = andThen(settle(book, go(failed, 'seal-failed', retry)), (next) =>
    raiseAlarm(next, input, {
      key,
      text: `the bundle of ${incident.id} on ${rules.device.name} could not be sealed: ${input.detail}`,
      remedy: 'make room in dataDir; it is tried again every 30 s',
      incident: incident.id,
    }),
  );
  return toldBefore ? alarmed : { ...alarmed, effects: [...alarmed.effects, ...signalDones(rules, alarmed.book, failed)] };
}

/** One done for each signaller, under the id it used. An EEM peer has no ear for it; mode observe signals hello only. */
export function signalDones(rules: Rules, book: Book, incident: Incident): Effect[] {
  if (incident.mode === 'observe' && !incident.onHold) return [];
  const { bits, keys } = describeDone(book, incident);
  return incident.signallers.flatMap(({ peer, id }) =>
    id === null || !isSpitrap(rules, peer) ? [] : [{ kind: 'signal-done', incident: incident.id, peer, id, bits, keys } as const],
  );
}

/** Of several captures the one that saw it counts. */
const SPI_SEEN = ['outbound', 'inbound', 'none'] as const;

export function describeDone(book: Book, incident: Incident): { bits: number; keys: Record<string, string> } {
  const { stop } = incident;
  const last = stop.kind === 'running' || stop.kind === 'waiting-retry' || stop.kind === 'verified' ? stop.last : null;
  const nothingOn = stop.kind === 'verified' && stop.nothingOn;
  const sent = last !== null && last.sentAt !== null;
  const verified = stop.kind === 'verified';
  const ended = incident.captures.filter((capture) => capture.state === 'ended');
  const whole = incident.captures.length > 0 && incident.captures.every((capture) => capture.state === 'ended' && capture.whole);
  const alarmed = book.alarms.some((alarm) => alarm.incident === incident.id);
  const bits =
    (sent ? doneBits.sent : 0) |
    (verified ? doneBits.verified : 0) |
    (whole ? doneBits.captured : 0) |
    (incident.sealing === 'sealed' ? doneBits.sealed : 0) |
    (alarmed ? doneBits.alarm : 0);
  const withOutput = ended.reduce((sum, capture) => sum + capture.withOutput, 0);
  const planned = ended.reduce((sum, capture) => sum + capture.planned, 0);
  const keys: Record<string, string> = {
    off: verified ? 'verified' : sent && last?.result !== 'still-on' ? 'unverified' : 'failed',
    cap: `${withOutput}/${planned}`,
    spi: SPI_SEEN.find((seen) => incident.captures.some((capture) => capture.spiSeen === seen)) ?? 'unknown',
  };
  // A rekey's old SPI may still have been outbound in the first capture: what the verdict needs is where it stood after.
  const later = incident.captures.findLast((capture) => capture.round === 'stop' && capture.spiSeen !== 'unknown')?.spiSeen;
  if (later !== undefined && later !== keys['spi']) keys['later'] = later;
  if (incident.onHold) keys['mode'] = 'hold';
  else if (incident.mode !== 'act') keys['mode'] = incident.mode;
  if (nothingOn) keys['on'] = 'nothing';
  const seen = book.ownSightings.filter((sighting) => sighting.at >= incident.openedAt).length;
  if (seen > 0) keys['sightings'] = String(seen);
  return { bits, keys };
}

/**
 * Room for a new incident: what waits only for a disk that has not taken its bundle leaves, unsealed, its alarm standing.
 * Debugs must end even when the disk is full.
 */
export function makeRoom(rules: Rules, book: Book, now: Now): Book {
  if (book.incidents.length < limits.openIncidentsMax) return book;
  const stuck = book.incidents.find((incident) => stopSettled(incident) && incident.stopPassed && incident.sealing !== 'no');
  if (stuck === undefined) return book;
  const outcome: Outcome = stuck.outcome ?? { kind: 'partial', reasons: [...judgeOutcome(rules, stuck).reasons, 'not-sealed'] };
  const peers = stuck.peers.map((record) => ({ ...record, stop: { kind: 'unsent' } as const }));
  const leaving: Incident = { ...stuck, peers, sealing: 'sealed', outcome };
  return countDropped(closeIfSettled(rules, book, leaving, now).book, 'openIncidentsMax');
}

/** A stop on its way to a peer, which has not said done: its end (acknowledged, given up with an alarm) belongs to the incident. */
const tellsPeer = (record: PeerRecord): boolean => record.stop.kind === 'sending' && record.done === null;

/** A sealed incident leaves the open ones as soon as nothing is attempted any more for it. */
export function closeIfSettled(rules: Rules, book: Book, incident: Incident, now: Now): Step {
  const given = book.alarms.some((alarm) => alarm.key === `stop:${incident.id}` && alarm.acknowledged);
  if (incident.sealing !== 'sealed' || incident.outcome === null || !(stopSettled(incident) || given))
    return stay(book, 'waiting', incident.id);
  if (incident.peers.some(tellsPeer)) return stay(book, 'waiting', incident.id);
  const { stop } = incident;
  const closed: ClosedIncident = {
    id: incident.id,
    aliases: incident.aliases,
    openedBy: incident.openedBy,
    closedAt: now.at,
    closedAtWall: now.wall,
    stoppedAt: stop.kind === 'planned' || stop.kind === 'not-planned' ? null : stop.startedAt,
    outcome: incident.outcome,
    peers: incident.peers.map((record) => record.peer),
    signallers: incident.signallers,
    dones: incident.peers.map((record) => ({ peer: record.peer, done: record.done })),
  };
  const incidents = book.incidents.filter((other) => other.id !== incident.id);
  return stay(remember(rules, { ...book, incidents }, closed), 'sealed', incident.id);
}
