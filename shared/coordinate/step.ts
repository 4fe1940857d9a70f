/**
 * One input, one step: routes it to the room that knows the answer. Pure; the coordinator performs the effects, and journals
 * input and reason. Hub and spoke are one machine: the role decides which inputs may open an incident.
 */
import { assertNever } from '../errors.ts';
import { after } from '../model/time.ts';
import type { Book, Incident, SignalProgress } from './book.ts';
import { onDebugsSeen } from './hold-down.ts';
import { onCorroborated, onDone, onSighting } from './hub.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { clearAlarm, findIncident, go, raiseAlarm, settle, stay, then } from './move.ts';
import { rebase, recoverIncident } from './recovery.ts';
import type { Rules } from './rules.ts';
import { closeIfSettled, onSealDeadline, onSealed, onSealFailed, onSealRetry, sealIfReady } from './sealing.ts';
import { onAlert, onStop } from './spoke.ts';
import { onStopAttempted, onStopBound, onStopRetry, reachStopTime } from './stopping.ts';
import { timing } from './timing.ts';

const OWN_SIGHTINGS_MAX = 100;

export function step(rules: Rules, book: Book, input: Input): Step {
  switch (input.kind) {
    case 'sighting':
      return rules.role === 'hub' ? onSighting(rules, book, input) : noteSighting(book, input);
    case 'alert':
      return rules.role === 'spoke' ? onAlert(rules, book, input) : stay(book, 'not-my-role', input.id);
    case 'stop':
      return rules.role === 'spoke' ? onStop(rules, book, input) : stay(book, 'not-my-role', input.id);
    case 'done':
      return onDone(rules, book, input);
    case 'corroborated':
      return onCorroborated(rules, book, input);
    case 'debugs-seen':
      return onDebugsSeen(book, input);
    case 'hold':
      return book.hold === input.on ? stay(book, 'waiting') : stay({ ...book, hold: input.on }, 'hold-changed');
    case 'raise':
      return raiseAlarm(book, input, { key: input.key, text: input.text, remedy: input.remedy, incident: null });
    case 'clear':
      return clearAlarm(book, input.key);
    case 'acknowledge':
      return onAcknowledge(book, input);
    case 'restarted':
      return input.resumable ? stay(book, 'restarted') : stay(rebase(rules, book, input.at), 'restarted');
    case 'expire':
      return stay(expire(rules, book, input), 'expired');
    case 'debugs-read':
    case 'capture-ended':
    case 'stop-attempted':
    case 'delivery':
    case 'timer':
    case 'sealed':
    case 'seal-failed':
    case 'recovered':
      return withIncident(rules, book, input);
    default:
      return assertNever(input);
  }
}

type OfIncident = Extract<Input, { readonly incident: string }>;

function withIncident(rules: Rules, book: Book, input: Exclude<OfIncident, { kind: 'corroborated' }>): Step {
  const incident = findIncident(book, input.incident);
  if (incident === undefined) return stay(book, 'timer-outlived', input.incident);
  switch (input.kind) {
    case 'debugs-read':
      return onDebugsRead(book, incident, input);
    case 'capture-ended':
      return sealIfReady(rules, onCaptureEnded(book, incident, input), incident.id, input);
    case 'stop-attempted':
      return onStopAttempted(rules, book, incident, input);
    case 'delivery':
      return onDelivery(rules, book, incident, input);
    case 'timer':
      return onTimer(rules, book, incident, input);
    case 'sealed':
      return onSealed(rules, book, incident, input);
    case 'seal-failed':
      return onSealFailed(rules, book, incident, input);
    case 'recovered':
      return recoverIncident(rules, book, incident, input);
    default:
      return assertNever(input);
  }
}

function onTimer(rules: Rules, book: Book, incident: Incident, input: Input & { readonly kind: 'timer' }): Step {
  switch (input.name) {
    case 'stop':
      // A merge may have moved the plan: only the timer that is due counts.
      return incident.stopPassed || input.at < incident.stopAt
        ? stay(book, 'timer-outlived', incident.id)
        : reachStopTime(rules, book, incident, input.at, 'stop-time');
    case 'stop-bound':
      return onStopBound(rules, book, incident, input);
    case 'stop-retry':
      return onStopRetry(book, incident);
    case 'tail':
      return sealIfReady(rules, settle(book, go({ ...incident, tailKept: true }, 'tail-kept')), incident.id, input);
    case 'seal-deadline':
      return onSealDeadline(book, incident);
    case 'seal-retry':
      return onSealRetry(book, incident);
    default:
      return assertNever(input.name);
  }
}

function onDebugsRead(book: Book, incident: Incident, input: Input & { readonly kind: 'debugs-read' }): Step {
  // After the stop a reading says nothing about t0 any more.
  if (incident.stopPassed) return stay(book, 'timer-outlived', incident.id);
  if (input.flags === null)
    return settle(book, go({ ...incident, debugsAtStart: { kind: 'unreadable', detail: input.detail } }, 'debugs-unreadable'));
  return settle(book, go({ ...incident, debugsAtStart: { kind: 'read', flags: input.flags } }, 'debugs-read'));
}

function onCaptureEnded(book: Book, incident: Incident, input: Input & { readonly kind: 'capture-ended' }): Step {
  const index = incident.captures.findIndex((capture) => capture.round === input.round && capture.state === 'running');
  if (index < 0) return stay(book, 'timer-outlived', incident.id);
  const { round, withOutput, planned, whole, spiSeen } = input;
  const captures = incident.captures.map((capture, at) =>
    at === index ? ({ round, state: 'ended', withOutput, planned, whole, spiSeen } as const) : capture,
  );
  return settle(book, go({ ...incident, captures }, 'capture-ended'));
}

/** A signal was acknowledged, or its schedule is over. */
function onDelivery(rules: Rules, book: Book, incident: Incident, input: Input & { readonly kind: 'delivery' }): Step {
  const { attempts, at } = input;
  const progress: SignalProgress =
    input.result === 'acknowledged'
      ? { kind: 'acknowledged', at, attempts, roundTripMs: input.roundTripMs }
      : input.result === 'sent'
        ? { kind: 'sent', at, attempts }
        : { kind: 'given-up', at, attempts, why: input.detail };
  const peers = incident.peers.map((record) => (record.peer === input.peer ? { ...record, [input.phase]: progress } : record));
  const noted = settle(book, go({ ...incident, peers }, input.result === 'given-up' ? 'undelivered' : 'delivered'));
  if (input.result !== 'given-up' || input.phase !== 'stop') return noted;
  return then(noted, (next) =>
    raiseAlarm(next, input, {
      key: `peer-stop:${input.peer}:${incident.id}`,
      text: `${input.peer} never acknowledged the stop (${input.attempts} attempts, ${input.detail}): its debugs may still be on`,
      remedy: `log in to the device of ${input.peer} (${rules.peers.find((rule) => rule.name === input.peer)?.where ?? input.peer}) and type: ${rules.stopCommand}`,
      incident: incident.id,
    }),
  );
}

/** At a spoke its own device's message opens nothing; it is told in done. */
function noteSighting(book: Book, input: Input & { readonly kind: 'sighting' }): Step {
  const ownSightings = [...book.ownSightings, { flow: input.flow, at: input.at }].slice(-OWN_SIGHTINGS_MAX);
  return stay({ ...book, ownSightings }, 'not-my-role');
}

function onAcknowledge(book: Book, input: Input & { readonly kind: 'acknowledge' }): Step {
  const alarm = book.alarms.find((known) => known.id === input.alarm);
  if (alarm === undefined) return stay(book, 'unknown-alarm');
  const alarms = book.alarms.map((known) => (known === alarm ? { ...known, acknowledged: true } : known));
  const next: Step = stay({ ...book, alarms }, 'acknowledged', alarm.incident);
  const incident = alarm.incident === null ? undefined : findIncident(next.book, alarm.incident);
  return incident === undefined ? next : then(next, (acknowledged) => closeIfSettled(acknowledged, incident, input));
}

/** Forgets what is older than it must be remembered; acknowledged alarms go with it. */
function expire(rules: Rules, book: Book, input: Input): Book {
  return {
    ...book,
    held: book.held.filter((held) => held.until > input.at),
    closed: book.closed.filter((known) => after(known.closedAt, timing.closedIdsKeptMs) > input.at).slice(-rules.closedIdsMax),
    openedAt: book.openedAt.filter((opened) => input.at - opened < timing.hourMs),
    alarms: book.alarms.filter((alarm) => !alarm.acknowledged || input.at - alarm.since < timing.doneKeptMs),
  };
}
