/**
 * The stop of one incident: from its time to "verified off, or the alarm stands" (pair-protocol.md, promise 1 and "Timeline").
 * Session B, then a fresh one, then A; one more attempt inside the bound; then every 30 s until verified or acknowledged.
 */
import { peerNamed } from '../model/peer-lookup.ts';
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { DebugFlag } from '../platforms/platform.ts';
import { ourDebugs, ourFlags, oursCameAfter } from './arming-state.ts';
import type { Book, Incident, StopAttempt, StopVia } from './book.ts';
import type { Effect } from './effect.ts';
import { holdFlows } from './hold-down.ts';
import type { Input } from './input.ts';
import type { Move, Step } from './move.ts';
import { andThen, clearAlarm, findIncident, go, isActionable, isOwn, isWanted, raiseAlarm, settle, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { sealIfReady, signalDones } from './sealing.ts';
import { timing } from './timing.ts';

const VIAS: readonly StopVia[] = ['control', 'fresh', 'capture'];
const viaOf = (attempt: number): StopVia => VIAS[attempt % VIAS.length]!;

/** The stop's own timer. Only one that is due counts: a merge may have moved the plan, and a clock may fire a fraction early. */
export function onStopTimer(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  if (incident.stopPassed) return stay(book, 'timer-outlived', incident.id);
  const waiting = incident.stop.kind === 'planned' && incident.stop.waiting;
  const due = waiting ? after(incident.stopAt, timing.corroborateHungMs) : incident.stopAt;
  if (input.at < due) return settle(book, go(incident, 'waiting', wakeStop(incident, due)));
  // No answer at all is no answer: a stop that somebody waits for never hangs on it.
  return reachStopTime(rules, book, waiting ? undecide(incident) : incident, input.at, 'stop-time');
}

const wakeStop = (incident: Incident, at: Monotonic): Effect => ({ kind: 'wake', incident: incident.id, name: 'stop', at });

const undecide = (incident: Incident): Incident => ({
  ...incident,
  flows: incident.flows.map((flow) => (flow.corroboration === 'pending' ? { ...flow, corroboration: 'undecided' } : flow)),
});

/** The stop time has come: by the timer, by a peer's stop, or found due after a restart. */
export function reachStopTime(rules: Rules, book: Book, incident: Incident, at: Monotonic, reason: Reason): Step {
  if (incident.stopPassed) return stay(book, 'stop-repeated', incident.id);
  if (incident.stop.kind === 'not-planned') {
    const { incident: quiet, effects } = endAlerts(incident, at);
    const passed = passStopTime(rules, quiet, at, reason);
    return settle(holdFlows(rules, book, incident, at), { ...passed, effects: [...effects, ...passed.effects] });
  }
  const waiting = !isWanted(incident);
  if (waiting && incident.flows.some((flow) => flow.corroboration === 'pending')) {
    // Alert and stop wait for corroboration; t0 and the plan do not move.
    const waits: Incident = { ...incident, stop: { kind: 'planned', waiting: true } };
    return settle(book, go(waits, 'stop-waits-for-corroboration', wakeStop(waits, after(at, timing.corroborateHungMs))));
  }
  if (waiting) {
    const unbelieved: Incident = { ...incident, stop: { kind: 'not-planned', why: 'not-corroborated' } };
    // A peer that only wanted to look has told of a flow, and nothing is stopped for it: our own message about it still counts.
    const ours: Incident = { ...incident, flows: incident.flows.filter(isOwn) };
    return settle(holdFlows(rules, book, ours, at), passStopTime(rules, unbelieved, at, 'not-corroborated'));
  }
  const started = startStop(rules, book, incident, at, reason);
  const nothingOn = started.incident.stop.kind === 'verified';
  const held = holdFlows(rules, book, incident, at);
  return settle(nothingOn ? { ...held, debugsOn: false } : held, started);
}

/** Mode capture sends no stop, and it is the stop that ends an alert's repetition: a dead peer would be alerted for ever. */
function endAlerts(incident: Incident, at: Monotonic): { incident: Incident; effects: Effect[] } {
  const over = { kind: 'given-up', at, attempts: 0, why: 'not acknowledged before the stop time' } as const;
  const effects: Effect[] = [];
  const peers = incident.peers.map((record) => {
    if (record.alert.kind !== 'sending') return record;
    effects.push({ kind: 'cancel-signals', incident: incident.id, peer: record.peer });
    return { ...record, alert: over };
  });
  return { incident: { ...incident, peers }, effects };
}

function startStop(rules: Rules, book: Book, incident: Incident, at: Monotonic, reason: Reason): Move {
  const passed = passStopTime(rules, incident, at, reason);
  // A line that the device does not bear out must not reach anybody's spoke.
  const believed = incident.flows.filter(isActionable).flatMap((flow) => flow.peers);
  // A symptom names nobody: whoever was alerted for it is told, but not whom a person only wanted to look at.
  if (incident.openedBy === 'symptom')
    believed.push(...incident.peers.filter((record) => record.askedCaptureOnly === undefined).map((record) => record.peer));
  const { incident: told, effects: signal } = signalStop(passed.incident, believed, at);
  const nothingWasOn = wasEmpty(incident) && !oursCameAfter(book, incident.openedAt);
  const nothingIsOurs = rules.stopMode === 'own' && ourDebugs(book).length === 0;
  if (nothingWasOn || nothingIsOurs) {
    // `undebug all` now could only end somebody else's debugs.
    const stop = { kind: 'verified', startedAt: at, at, nothingOn: true, last: null } as const;
    return go({ ...told, stop }, 'nothing-on', ...signal, ...passed.effects);
  }
  return go(
    { ...told, stop: { kind: 'running', startedAt: at, attempt: 0, attemptAt: at, last: null } },
    reason,
    ...attemptStop(rules, book, incident, 0, at),
    ...signal,
    { kind: 'wake', incident: incident.id, name: 'stop-bound', at: after(at, timing.stopBoundMs) },
    ...passed.effects,
  );
}

/** The t0 list was read, and nothing was on. */
const wasEmpty = ({ debugsAtStart }: Incident): boolean => debugsAtStart.kind === 'read' && debugsAtStart.flags.length === 0;

/** Stop goes once to each peer; at a stop that was found due hours later nobody else's debugs may end by it. */
export function signalStop(
  incident: Incident,
  believed: readonly string[],
  at: Monotonic,
): { incident: Incident; effects: Effect[] } {
  const late = at - incident.stopAt > timing.stopUnacknowledgedMs;
  const wanted = new Set(believed);
  const told = incident.peers
    .filter((record) => wanted.has(record.peer) && record.stop.kind === 'unsent')
    .map((record) => record.peer);
  if (told.length === 0) return { incident, effects: [] };
  const fresh = new Set(told);
  const stop = late
    ? ({ kind: 'given-up', at, attempts: 0, why: 'the agent was away at the stop' } as const)
    : ({ kind: 'sending', since: at } as const);
  const peers = incident.peers.map((record) => (fresh.has(record.peer) ? { ...record, stop } : record));
  return { incident: { ...incident, peers }, effects: late ? [] : [{ kind: 'signal-stop', incident: incident.id, peers: told }] };
}

/** What happens at the stop time even when there is nothing to stop: second samples of the counters, the log's tail, the deadline. */
function passStopTime(rules: Rules, incident: Incident, at: Monotonic, reason: Reason): Move {
  const sealAtMostMs =
    incident.openedBy === 'message' || incident.openedBy === 'symptom' || incident.openedBy === 'person'
      ? timing.sealAtMostMs
      : timing.sealAtMostSpokeMs;
  const effects: Effect[] = [
    { kind: 'wake', incident: incident.id, name: 'tail', at: after(at, rules.afterMs) },
    { kind: 'wake', incident: incident.id, name: 'seal-deadline', at: after(at, sealAtMostMs) },
  ];
  const second = incident.mode !== 'observe' && incident.captures.some((capture) => capture.round === 'first');
  if (second) {
    const flows = incident.flows.map((record) => record.flow).slice(0, rules.maxPeersCaptured);
    effects.unshift({
      kind: 'capture',
      incident: incident.id,
      round: 'stop',
      scope: incident.captureScope,
      deviceWide: false,
      flows,
    });
  }
  const captures = second
    ? [
        ...incident.captures,
        { round: 'stop', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' } as const,
      ]
    : incident.captures;
  return go({ ...incident, stopPassed: true, captures }, reason, ...effects);
}

function attemptStop(rules: Rules, book: Book, incident: Incident, attempt: number, at: Monotonic, stillOn = 0): Effect[] {
  const known: readonly DebugFlag[] | null =
    incident.debugsAtStart.kind === 'read' ? withOurs(book, incident.debugsAtStart.flags) : null;
  // With nothing on at t0 there is but ours to stop, whatever the mode.
  const byName = rules.stopMode === 'own' || wasEmpty(incident);
  // Found due long after its time (`onlyOurs`), ours go by name, however often they are still on.
  const ownOnly = incident.onlyOurs && rules.stopMode === 'own';
  const own = ownOnly || (byName && stillOn < timing.stillOnEscalates) ? ourDebugs(book) : null;
  const order: Effect = {
    kind: 'attempt-stop',
    incident: incident.id,
    attempt,
    via: viaOf(attempt),
    only: incident.onlyOurs && !ownOnly ? (known ?? withOurs(book, [])) : null,
    expectOff: known,
    own,
    timeoutMs: timing.stopAttemptMs,
  };
  return [order, { kind: 'wake', incident: incident.id, name: 'stop-hung', at: after(at, timing.stopHungMs) }];
}

const withOurs = (book: Book, atStart: readonly DebugFlag[]): readonly DebugFlag[] => [
  ...atStart,
  ...ourFlags(book).filter((flag) => !atStart.some((known) => known.text === flag.text)),
];

/** One attempt has come back. */
export function onStopAttempted(
  rules: Rules,
  book: Book,
  incident: Incident,
  input: Input & { readonly kind: 'stop-attempted' },
): Step {
  const { stop } = incident;
  if (stop.kind !== 'running' && stop.kind !== 'waiting-retry') return stay(book, 'timer-outlived', incident.id);
  // An attempt that was given up as hung may still come back: "off" is true whoever read it, anything else is old news.
  const current = stop.kind === 'running' && stop.attempt === input.attempt;
  if (!current && !(input.outcome.result === 'verified' && input.attempt <= stop.attempt))
    return stay(book, 'timer-outlived', incident.id);
  const { startedAt, attempt } = stop;
  // Evidence that the line once left must outlive a later attempt that could only read.
  const last = rememberSent(stop.last, input.outcome);
  if (input.outcome.result === 'verified') {
    const verified: Incident = { ...incident, stop: { kind: 'verified', startedAt, at: input.at, nothingOn: false, last } };
    const cleared = andThen(settle({ ...book, debugsOn: false }, go(verified, 'stop-verified')), (next) =>
      clearAlarm(next, stopAlarmKey(incident)),
    );
    // The bundle already says that it was not verified: what is true now goes beside it, and to the signallers once more.
    const late: Effect[] =
      incident.sealing === 'sealed'
        ? [
            {
              kind: 'addendum',
              incident: incident.id,
              what: { kind: 'verified-off', atWall: input.wall, via: input.outcome.via },
            },
            ...signalDones(rules, cleared.book, verified),
          ]
        : [];
    return sealIfReady(rules, { ...cleared, effects: [...cleared.effects, ...late] }, incident.id, input);
  }
  const stillOn = input.outcome.result === 'still-on' ? (stop.stillOn ?? 0) + 1 : 0;
  const next = attempt + 1;
  if (next < VIAS.length) {
    return settle(
      book,
      go(
        { ...incident, stop: { kind: 'running', startedAt, attempt: next, attemptAt: input.at, last, stillOn } },
        'stop-retried',
        ...attemptStop(rules, book, incident, next, input.at, stillOn),
      ),
    );
  }
  const inBound = after(startedAt, timing.stopLastInBoundMs);
  const at = next === VIAS.length && inBound > input.at ? inBound : after(input.at, timing.stopRetryEveryMs);
  return settle(
    book,
    go({ ...incident, stop: { kind: 'waiting-retry', startedAt, attempt, last, stillOn } }, 'stop-unverified', {
      kind: 'wake',
      incident: incident.id,
      name: 'stop-retry',
      at,
    }),
  );
}

function rememberSent(before: StopAttempt | null, now: StopAttempt): StopAttempt {
  if (now.sentAt !== null || before === null || before.sentAt === null) return now;
  return { ...now, sentAt: before.sentAt, sentAtWall: before.sentAtWall };
}

/** The attempt was bounded and has not come back all the same: the next session is tried without it. */
export function onStopHung(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  const { stop } = incident;
  if (stop.kind !== 'running') return stay(book, 'timer-outlived', incident.id);
  const due = after(stop.attemptAt, timing.stopHungMs);
  if (input.at < due) {
    const again: Effect = { kind: 'wake', incident: incident.id, name: 'stop-hung', at: due };
    return settle(book, go(incident, 'waiting', again));
  }
  const outcome: StopAttempt = {
    via: viaOf(stop.attempt),
    sentAt: null,
    sentAtWall: null,
    result: 'not-sent',
    detail: `the attempt did not come back within ${timing.stopHungMs / 1_000} s`,
    appeared: [],
  };
  const { at, wall } = input;
  return onStopAttempted(rules, book, incident, {
    kind: 'stop-attempted',
    at,
    wall,
    incident: incident.id,
    attempt: stop.attempt,
    outcome,
  });
}

const isGivenUp = (book: Book, incident: Incident): boolean =>
  book.alarms.some((alarm) => alarm.key === stopAlarmKey(incident) && alarm.acknowledged);

export function onStopRetry(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  if (incident.stop.kind !== 'waiting-retry') return stay(book, 'timer-outlived', incident.id);
  if (isGivenUp(book, incident)) return stay(book, 'acknowledged', incident.id);
  return settle(book, tryAgain(rules, book, incident, incident.stop, input.at, 'stop-retried'));
}

type Trying = Extract<Incident['stop'], { readonly kind: 'running' | 'waiting-retry' }>;

function tryAgain(rules: Rules, book: Book, incident: Incident, trying: Trying, at: Monotonic, reason: Reason): Move {
  const { startedAt, attempt, last, stillOn = 0 } = trying;
  const stop = { kind: 'running', startedAt, attempt: attempt + 1, attemptAt: at, last, stillOn } as const;
  return go({ ...incident, stop }, reason, ...attemptStop(rules, book, incident, attempt + 1, at, stillOn));
}

/** The bound is over: a person is told which device to log in to and what to type; attempts go on. */
export function onStopBound(rules: Rules, book: Book, incident: Incident, input: Input): Step {
  if (incident.stop.kind !== 'running' && incident.stop.kind !== 'waiting-retry')
    return stay(book, 'timer-outlived', incident.id);
  const answer = incident.stop.last === null ? 'no session answered' : incident.stop.last.detail;
  const raised = raiseAlarm(book, input, {
    key: stopAlarmKey(incident),
    text: `debugs on ${rules.device.name} (${rules.device.address}) are not verified off: ${answer}`,
    remedy: `log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
    incident: incident.id,
  });
  return { ...raised, reason: 'stop-given-to-human', incident: incident.id };
}

export const stopAlarmKey = (incident: Incident): string => `stop:${incident.id}`;

/** After a restart: the stop had begun, or was due. More than 2 min late, only what our journal names is turned off. */
export function resumeStop(rules: Rules, book: Book, found: Incident, input: Input & { readonly kind: 'recovered' }): Step {
  // A person has taken it over before the restart: what is on now may be theirs.
  if (isGivenUp(book, found)) return settle(book, go(found, 'acknowledged'));
  const stale = input.resumable && input.at - found.stopAt > timing.staleStopMs;
  const incident: Incident = stale ? { ...found, onlyOurs: true } : found;
  const resumed = resumeLadder(rules, book, incident, input, stale ? 'stop-stale-restart' : 'recovered-stop-due');
  return stale ? alarmStale(rules, resumed, incident, input) : resumed;
}

function resumeLadder(rules: Rules, book: Book, incident: Incident, input: Input, reason: Reason): Step {
  const { stop } = incident;
  if (stop.kind !== 'running' && stop.kind !== 'waiting-retry') return reachStopTime(rules, book, incident, input.at, reason);
  const again = tryAgain(rules, book, incident, stop, input.at, reason);
  const bound: Effect = {
    kind: 'wake',
    incident: incident.id,
    name: 'stop-bound',
    at: after(stop.startedAt, timing.stopBoundMs),
  };
  return settle(book, { ...again, effects: [...again.effects, bound] });
}

/** A peer that was to hear of the stop and never did: its end may still run its debugs. */
export function alarmUntoldPeer(rules: Rules, book: Book, incident: Incident, peer: string, why: string, input: Input): Step {
  const where = peerNamed(rules.peers, peer)?.where ?? peer;
  return raiseAlarm(book, input, {
    key: `peer-stop:${peer}:${incident.id}`,
    text: `${peer} never acknowledged the stop (${why}): its debugs may still be on`,
    remedy: `log in to the device of ${peer} (${where}) and type: ${rules.stopCommand}`,
    incident: incident.id,
  });
}

function alarmStale(rules: Rules, reached: Step, incident: Incident, input: Input): Step {
  const untold = (findIncident(reached.book, incident.id) ?? incident).peers.filter(
    (record) => record.stop.kind === 'given-up' && record.stop.at === input.at,
  );
  const told = untold.reduce(
    (step, record) => andThen(step, (next) => alarmUntoldPeer(rules, next, incident, record.peer, 'the agent was away', input)),
    reached,
  );
  return andThen(told, (next) =>
    raiseAlarm(next, input, {
      key: `stale:${incident.id}`,
      text: `the agent was away at the stop of ${incident.id}: only the debugs of its journal are turned off on ${rules.device.name}, others may be left`,
      remedy: `log in to ${rules.device.name} (${rules.device.address}) and look: show debugging`,
      incident: incident.id,
    }),
  );
}
