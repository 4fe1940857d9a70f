/**
 * One input, one step: routes it to the room that knows the answer. Pure; the coordinator performs the effects, and journals
 * input and reason. Hub and spoke are one machine: the role decides which inputs may open an incident, and `both` takes all.
 */
import { assertNever } from '../errors.ts';
import { limits } from '../limits.ts';
import { after, earlier } from '../model/time.ts';
import { onArm, onArmAttempted, onArmTimer, onPreflighted, recoverArming, removeLeftConditions } from './arming.ts';
import { followIncidents } from './arming-incidents.ts';
import { isEnding } from './arming-state.ts';
import type { Book, Incident, SignalProgress } from './book.ts';
import { onCapture } from './capture-now.ts';
import { DISARM_ALARM, giveUpDisarm, onDisarmAttempted } from './disarming.ts';
import { disarmOnHold, endDebugs, onBreaker, onDisarm, onSeenOff } from './end-debugs.ts';
import { onDebugsSeen, releaseOnHold } from './hold-down.ts';
import { onCorroborated, onDone, onSighting } from './hub.ts';
import type { Input } from './input.ts';
import { judgeStep, onJudgeTimer } from './judging.ts';
import { onDeadManRenewed, onLeaseRenewed } from './lease.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, countDropped, findIncident, go, raiseAlarm, settle, stay } from './move.ts';
import { peerIn, withPeers } from './peer-list.ts';
import { rebase, recoverIncident } from './recovery.ts';
import type { Rules } from './rules.ts';
import { onSealDeadline, onSealed, onSealFailed, onSealRetry, sealIfReady } from './sealing.ts';
import { onAlert, onStop } from './spoke.ts';
import {
  alarmUntoldPeer,
  onStopAttempted,
  onStopBound,
  onStopHung,
  onStopRetry,
  onStopTimer,
  reachStopTime,
} from './stopping.ts';
import { onSymptom } from './symptom.ts';
import { timing } from './timing.ts';

/** One input, then what it changes about the verdicts of the flows, then what that means for our debugs. */
export function step(rules: Rules, book: Book, input: Input): Step {
  return followIncidents(rules, book, judgeStep(rules, book, decide(rules, book, input), input), input);
}

function decide(rules: Rules, book: Book, input: Input): Step {
  switch (input.kind) {
    case 'sighting':
      return rules.role === 'spoke' ? noteSighting(book, input) : onSighting(rules, book, input);
    case 'symptom':
      return onSymptom(rules, book, input);
    case 'capture':
      return onCapture(rules, book, input);
    case 'alert':
      return rules.role === 'hub' ? stay(book, 'not-my-role', input.id) : onAlert(rules, book, input);
    case 'stop':
      return rules.role === 'hub' ? stay(book, 'not-my-role', input.id) : onStop(rules, book, input);
    case 'done':
      return onDone(rules, book, input);
    case 'corroborated':
      return sealIfReady(rules, onCorroborated(rules, book, input), input.incident, input);
    case 'debugs-seen':
      return input.cryptoOn ? onDebugsSeen(book, input) : onNoneSeen(rules, book, input);
    case 'hold':
      return book.hold === input.on
        ? stay(book, 'waiting')
        : input.on
          ? andThen(stay({ ...book, hold: true }, 'hold-changed'), (next) => disarmOnHold(rules, next, input))
          : stay(releaseOnHold(book), 'hold-changed');
    case 'raise':
      return raiseAlarm(book, input, { key: input.key, text: input.text, remedy: input.remedy, incident: null });
    case 'clear':
      return clearAlarm(book, input.key);
    case 'acknowledge':
      return onAcknowledge(rules, book, input);
    case 'restarted':
      return recoverArming(rules, input.resumable ? book : rebase(rules, book, input.at), input);
    case 'arm':
      return onArm(rules, book, input);
    case 'disarm':
      return onDisarm(rules, book, input);
    case 'preflighted':
      return onPreflighted(rules, book, input);
    case 'arm-attempted':
      return onArmAttempted(rules, book, input);
    case 'disarm-attempted':
      return onDisarmAttempted(rules, book, input);
    case 'lease-renewed':
      return onLeaseRenewed(rules, book, input);
    case 'breaker':
      return onBreaker(rules, book, input);
    case 'dead-man-renewed':
      return onDeadManRenewed(rules, book, input);
    case 'arm-timer':
      return onArmTimer(rules, book, input);
    case 'leaving':
      return onLeaving(rules, book, input);
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
  // Comes after the seal: closed incidents are judged too.
  if (input.kind === 'timer' && input.name === 'judge') return onJudgeTimer(rules, book, input);
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
      return onStopTimer(rules, book, incident, input);
    case 'stop-bound':
      return onStopBound(rules, book, incident, input);
    case 'stop-retry':
      return onStopRetry(rules, book, incident, input);
    case 'stop-hung':
      return onStopHung(rules, book, incident, input);
    case 'tail':
      if (!incident.stopPassed) return stay(book, 'timer-outlived', incident.id);
      return sealIfReady(rules, settle(book, go({ ...incident, tailKept: true }, 'tail-kept')), incident.id, input);
    case 'seal-deadline':
      return onSealDeadline(book, incident);
    case 'seal-retry':
      return onSealRetry(book, incident);
    case 'judge':
      return onJudgeTimer(rules, book, input);
    default:
      return assertNever(input.name);
  }
}

function onDebugsRead(book: Book, incident: Incident, input: Input & { readonly kind: 'debugs-read' }): Step {
  // After the stop a reading says nothing about t0 any more, and the first one is the t0 list.
  if (incident.stopPassed || incident.debugsAtStart.kind === 'read') return stay(book, 'timer-outlived', incident.id);
  if (input.flags === null)
    return settle(book, go({ ...incident, debugsAtStart: { kind: 'unreadable', detail: input.detail } }, 'debugs-unreadable'));
  return settle(book, go({ ...incident, debugsAtStart: { kind: 'read', flags: input.flags } }, 'debugs-read'));
}

function onCaptureEnded(book: Book, incident: Incident, input: Input & { readonly kind: 'capture-ended' }): Step {
  const index = incident.captures.findIndex((capture) => capture.round === input.round && capture.state === 'running');
  if (index < 0) return stay(book, 'timer-outlived', incident.id);
  const { round, withOutput, planned, whole, spiSeen, seen, suspects } = input;
  const captures = incident.captures.map((capture, at) =>
    at === index
      ? ({
          round,
          state: 'ended',
          withOutput,
          planned,
          whole,
          spiSeen,
          ...(seen === undefined ? {} : { seen }),
          ...(suspects === undefined ? {} : { suspects }),
        } as const)
      : capture,
  );
  return settle(book, go({ ...incident, captures }, 'capture-ended'));
}

/** A signal was acknowledged, or its schedule is over. */
function onDelivery(rules: Rules, book: Book, incident: Incident, input: Input & { readonly kind: 'delivery' }): Step {
  const { attempts, at } = input;
  const record = peerIn(incident.peers, input.peer);
  const before = record?.[input.phase].kind;
  // Several paths, and a late answer: an acknowledgement is final, and it alone may still follow "given up".
  if (record === undefined || (before !== 'sending' && !(before === 'given-up' && input.result === 'acknowledged')))
    return stay(book, 'timer-outlived', incident.id);
  const progress: SignalProgress =
    input.result === 'acknowledged'
      ? { kind: 'acknowledged', at, attempts, roundTripMs: input.roundTripMs }
      : input.result === 'sent'
        ? { kind: 'sent', at, attempts }
        : { kind: 'given-up', at, attempts, why: input.detail };
  const peers = withPeers(incident.peers, [{ ...record, [input.phase]: progress }]);
  const noted = settle(book, go({ ...incident, peers }, input.result === 'given-up' ? 'undelivered' : 'delivered'));
  const told =
    input.result === 'given-up' && input.phase === 'stop' && record.done?.off !== 'verified'
      ? andThen(noted, (next) =>
          alarmUntoldPeer(rules, next, incident, input.peer, `${input.attempts} attempts, ${input.detail}`, input),
        )
      : noted;
  // A sealed incident was kept for this alone.
  return sealIfReady(rules, told, incident.id, input);
}

/** No crypto debug is on, outside an incident: conditions of ours that had to stay can go, and what we armed is not on any more. */
function onNoneSeen(rules: Rules, book: Book, input: Input & { readonly kind: 'debugs-seen' }): Step {
  const seen = onDebugsSeen(book, input);
  const next =
    book.arming.state.kind === 'armed' ? onSeenOff(rules, seen.book, input) : removeLeftConditions(rules, seen.book, input);
  return next.reason === 'waiting' ? seen : { ...next, effects: [...seen.effects, ...next.effects] };
}

/** At a spoke its own device's message opens nothing; it is told in done. */
function noteSighting(book: Book, input: Input & { readonly kind: 'sighting' }): Step {
  const ownSightings = [...book.ownSightings, { flow: input.flow, at: input.at }].slice(-limits.ownSightingsMax);
  const lost = book.ownSightings.length + 1 - ownSightings.length;
  return stay(countDropped({ ...book, ownSightings }, 'ownSightingsMax', lost), 'not-my-role');
}

function onAcknowledge(rules: Rules, book: Book, input: Input & { readonly kind: 'acknowledge' }): Step {
  const alarm = book.alarms.find((known) => known.id === input.alarm);
  if (alarm === undefined) return stay(book, 'unknown-alarm');
  const alarms = book.alarms.map((known) => (known === alarm ? { ...known, acknowledged: true } : known));
  const seen: Book = { ...book, alarms };
  // A stop's alarm too: what it was to turn off is that person's now, and not armed any more.
  const given = alarm.key === DISARM_ALARM || (alarm.key.startsWith('stop:') && isEnding(book));
  const next: Step = stay(given ? giveUpDisarm(seen, input) : seen, 'acknowledged', alarm.incident);
  const incident = alarm.incident === null ? undefined : findIncident(next.book, alarm.incident);
  return incident === undefined ? next : sealIfReady(rules, next, incident.id, input);
}

/** Promise 1 before promise 2: seconds of evidence are given up rather than debugs left on with nobody there. */
function onLeaving(rules: Rules, book: Book, input: Input): Step {
  // Not simply the one that takes in new flows: beside it one may stand that a hold keeps from stopping.
  const incident = book.incidents.find((known) => !known.stopPassed && known.stop.kind === 'planned');
  if (incident === undefined || book.arming.state.kind === 'armed')
    return endDebugs(rules, book, input, 'leaving', 'stop-agent-leaving');
  const forward: Incident = { ...incident, stopAt: earlier(incident.stopAt, input.at) };
  return andThen(reachStopTime(rules, book, forward, input.at, 'stop-agent-leaving'), (next) =>
    endDebugs(rules, next, input, 'leaving'),
  );
}

/** Forgets what is older than it must be remembered; acknowledged alarms go with it. The same book when there is nothing to forget. */
function expire(rules: Rules, book: Book, input: Input): Book {
  const next: Book = {
    ...book,
    held: book.held.filter((held) => held.until > input.at),
    closed: book.closed.filter((known) => after(known.closedAt, timing.closedIdsKeptMs) > input.at).slice(-rules.closedIdsMax),
    openedAt: book.openedAt.filter((opened) => input.at - opened < timing.hourMs),
    // An acknowledgement says "no more attempts" for as long as its incident is open.
    alarms: book.alarms.filter(
      (alarm) =>
        !alarm.acknowledged ||
        input.at - alarm.since < timing.doneKeptMs ||
        (alarm.incident !== null && findIncident(book, alarm.incident) !== undefined),
    ),
  };
  const lists = ['held', 'closed', 'openedAt', 'alarms'] as const;
  return lists.every((list) => next[list].length === book[list].length) ? book : next;
}
