/**
 * Arming: turns the debugs of this pair on through the pre-flight, keeps them on under a lease, and ends them when the lease, the
 * breaker, a person or an incident says so (pair-protocol.md, "Arming"). Pure; called by step.ts. How they go off: disarming.ts.
 */
import { judgePreflight } from '../arming/preflight.ts';
import type { Finding } from '../model/arming.ts';
import type { Monotonic } from '../model/time.ts';
import { after, earlier, formatDuration } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { ArmState } from './arming-state.ts';
import { armIsDue, debugSpentMs, stopIsOpen } from './arming-state.ts';
import type { Book, Incident } from './book.ts';
import {
  armWake,
  beginDisarm,
  debugsEndedElsewhere,
  noted,
  onDisarmBound,
  onDisarmHung,
  onDisarmRetry,
  withArming,
} from './disarming.ts';
import type { Effect } from './effect.ts';
import { endHoldDown } from './hold-down.ts';
import type { Input } from './input.ts';
import { incidentVerdict } from './judging.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, raiseAlarm, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { reachStopTime } from './stopping.ts';
import { timing } from './timing.ts';

type Now = Pick<Input, 'at' | 'wall'>;
type Armed = Extract<ArmState, { readonly kind: 'armed' }>;

const REFUSED_ALARM = 'arm-refused';
const ENDED_ALARM = 'armed-ended';
const MAX_DEBUG_ALARM = 'max-debug';
const DEAD_MAN_ALARM = 'dead-man';

/** Somebody wants debugs on: a person, a peer's person, or the agent itself because it is due. */
export function onArm(rules: Rules, book: Book, input: Input & { readonly kind: 'arm' }): Step {
  const { state } = book.arming;
  // The end that was told cannot judge for itself: it follows the one that saw the message.
  const follows = input.follows === true && state.kind === 'disarmed' && book.arming.blocked === 'judging';
  if (input.by === 'agent' && !follows && !armIsDue(rules, book, input.at)) return stay(book, 'waiting');
  if (rules.mode !== 'act') return refuse(book, input, 'arm-not-in-this-mode', `mode ${rules.mode} sends no debug`);
  if (book.hold) return refuse(book, input, 'arm-on-hold', 'on hold');
  if (stopIsOpen(book)) return refuse(book, input, 'arm-during-incident', 'an incident has not had its stop yet');
  if (rules.arming.plan.conditions.length === 0)
    return refuse(
      book,
      input,
      'arm-refused',
      'no peer address to make a condition of: without one every tunnel would be debugged',
    );
  if (state.kind === 'armed') return renewByPerson(rules, book, state, input);
  if (state.kind === 'checking' || state.kind === 'arming') return stay(book, 'arm-under-way');
  if (state.kind === 'disarming') return refuse(book, input, 'arm-while-disarming', 'the last debugs are not verified off yet');
  const count = book.arming.count + 1;
  const leaseMs = Math.min(rules.arming.leaseMs, Math.max(timing.leaseMinMs, input.leaseMs ?? rules.arming.leaseMs));
  const next = withArming(book, {
    count,
    state: { kind: 'checking', by: input.by, since: input.at, leaseMs },
    blocked: null,
    ...(input.by === 'agent' ? {} : { spentMs: 0, armAt: null }),
  });
  return {
    book: next,
    effects: [
      { kind: 'preflight', arm: count, timeoutMs: timing.preflightMs },
      armWake('hung', count, after(input.at, timing.preflightHungMs)),
    ],
    reason: 'arm-preflight',
    incident: null,
  };
}

const refuse = (book: Book, now: Now, reason: Reason, text: string): Step => stay(noted(book, now, reason, text), reason);

/** A person who arms what is armed says: go on, for another `maxDebug`. */
function renewByPerson(rules: Rules, book: Book, state: Armed, input: Input & { readonly kind: 'arm' }): Step {
  if (input.by === 'agent') return stay(book, 'waiting');
  const next = withArming(noted(book, input, 'arm-renewed', 'renewed by a person'), {
    state: { ...state, since: input.at, renewedAt: input.at },
    spentMs: 0,
  });
  return andThen({ book: next, effects: leaseTimers(rules, next), reason: 'arm-renewed', incident: null }, (told) =>
    clearAlarm(told, MAX_DEBUG_ALARM),
  );
}

export function onPreflighted(rules: Rules, book: Book, input: Input & { readonly kind: 'preflighted' }): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'checking' || input.arm !== count) return stay(book, 'timer-outlived');
  // What came up meanwhile has the device now.
  if (book.hold || stopIsOpen(book)) return standDown(rules, book, input, book.hold ? 'arm-on-hold' : 'arm-during-incident', []);
  const { plan, ourHosts, terminalMonitor, remedies } = rules.arming;
  const terms = { plan, ourHosts, terminalMonitor, ourConditions: book.arming.leftConditions, ...(remedies ? { remedies } : {}) };
  const verdict = judgePreflight(input.reading, terms);
  if (verdict.refusals.length > 0) return standDown(rules, book, input, 'arm-refused', verdict.refusals.map(inWords));
  const warnings = verdict.warnings.map(inWords);
  const next = withArming(noted(book, input, 'arm-ordered', warnings.join('; ')), {
    state: { kind: 'arming', by: state.by, since: input.at, leaseMs: state.leaseMs, plan, unwanted: null },
  });
  return {
    book: next,
    effects: [
      { kind: 'arm-device', arm: count, plan, timeoutMs: timing.armMs },
      armWake('hung', count, after(input.at, timing.armHungMs)),
    ],
    reason: 'arm-ordered',
    incident: null,
  };
}

const inWords = ({ text, enter }: Finding): string => (enter.length === 0 ? text : `${text}; enter there: ${enter.join(' / ')}`);

/** Not armed, and nothing was put on the device. The agent tries again in a while; a person was told at once. */
function standDown(rules: Rules, book: Book, now: Now, reason: Reason, why: readonly string[]): Step {
  const { state } = book.arming;
  const by = state.kind === 'checking' || state.kind === 'arming' ? state.by : 'agent';
  const text = why.join('; ') || (reason === 'arm-on-hold' ? 'on hold' : 'an incident has not had its stop yet');
  const isLast = by !== 'agent' && rules.arming.when !== 'always';
  const next = withArming(noted(book, now, reason, text), {
    state: { kind: 'disarmed' },
    armAt: isLast ? null : after(now.at, timing.armAgainMs),
  });
  const stood = stay(next, reason);
  if (by !== 'agent' || reason !== 'arm-refused') return stood;
  const { name, address } = rules.device;
  return {
    ...andThen(stood, (open) =>
      raiseAlarm(open, now, {
        key: REFUSED_ALARM,
        text: `${name} (${address}) is not armed: ${text}`,
        remedy: `it is tried again every ${formatDuration(timing.armAgainMs)}; spitrap check says what to enter on the router`,
        incident: null,
      }),
    ),
    reason,
  };
}

export function onArmAttempted(rules: Rules, book: Book, input: Input & { readonly kind: 'arm-attempted' }): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'arming' || input.arm !== count) return stay(book, 'timer-outlived');
  const { result, flags, deadMan, detail } = input.attempt;
  if (result === 'undone') return standDown(rules, noted(book, input, 'arm-undone', detail), input, 'arm-refused', [detail]);
  if (result === 'unresolved')
    return alarmUnresolved(rules, beginDisarm(book, input, 'unresolved', 'debugs', 'arm-unresolved'), detail, input);
  const armed: Armed = {
    kind: 'armed',
    by: state.by,
    since: input.at,
    sinceWall: input.wall,
    leaseMs: state.leaseMs,
    plan: { ...state.plan, deadManS: deadMan ? state.plan.deadManS : null },
    flags,
    renewedAt: input.at,
    deadManSetAt: deadMan ? input.at : null,
    warnings: book.arming.last?.reason === 'arm-ordered' && book.arming.last.text !== '' ? book.arming.last.text.split('; ') : [],
  };
  const on = withArming(noted({ ...endHoldDown(book), debugsOn: true }, input, 'armed', detail), {
    state: armed,
    armAt: null,
    leftConditions: [],
  });
  // Somebody wanted them off while they were being turned on, or an incident has come and had its stop.
  const unwanted =
    state.unwanted ??
    (book.incidents.some((incident) => incident.stopPassed && incident.openedAt >= state.since) ? 'incident' : null);
  if (unwanted !== null) return beginDisarm(on, input, unwanted, 'debugs', 'disarm-ordered');
  return [REFUSED_ALARM, ENDED_ALARM, MAX_DEBUG_ALARM].reduce<Step>(
    (told, key) => andThen(told, (open) => clearAlarm(open, key)),
    { book: on, effects: leaseTimers(rules, on), reason: 'armed', incident: null },
  );
}

function alarmUnresolved(rules: Rules, begun: Step, detail: string, now: Now): Step {
  const { name, address } = rules.device;
  return andThen(begun, (book) =>
    raiseAlarm(book, now, {
      key: REFUSED_ALARM,
      text: `arming ${name} (${address}) did not come to its end (${detail}): what it turned on is turned off again`,
      remedy: null,
      incident: null,
    }),
  );
}

function leaseTimers(rules: Rules, { arming: { state, spentMs, count } }: Book): Effect[] {
  if (state.kind !== 'armed') return [];
  const { maxDebugMs } = rules.arming;
  const warnAt = after(state.since, maxDebugMs * timing.maxDebugWarnsAt - spentMs);
  const endAt = after(state.since, maxDebugMs - spentMs);
  return [
    armWake('lease', count, after(state.renewedAt, state.leaseMs)),
    armWake('max-debug', count, warnAt > state.renewedAt ? warnAt : endAt),
  ];
}

/** The agent is well: sessions up, CPU readable, every spitrap peer heard. */
export function onLeaseRenewed(rules: Rules, book: Book, input: Input & { readonly kind: 'lease-renewed' }): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'armed') return stay(book, 'waiting');
  const again = state.deadManSetAt !== null && input.at - state.deadManSetAt >= rules.arming.leaseMs;
  const next = withArming(book, {
    state: { ...state, renewedAt: input.at, deadManSetAt: again ? input.at : state.deadManSetAt },
  });
  const renew: Effect[] =
    again && state.plan.deadManS !== null ? [{ kind: 'renew-dead-man', arm: count, seconds: state.plan.deadManS }] : [];
  return {
    book: next,
    effects: [...renew, armWake('lease', count, after(input.at, state.leaseMs))],
    reason: 'lease-renewed',
    incident: null,
  };
}

export function onDeadManRenewed(rules: Rules, book: Book, input: Input & { readonly kind: 'dead-man-renewed' }): Step {
  if (book.arming.state.kind !== 'armed' || input.arm !== book.arming.count) return stay(book, 'timer-outlived');
  if (input.ok) return andThen(stay(book, 'dead-man-renewed'), (next) => clearAlarm(next, DEAD_MAN_ALARM));
  const { name, address } = rules.device;
  return {
    ...raiseAlarm(book, input, {
      key: DEAD_MAN_ALARM,
      text: `the dead-man applet on ${name} (${address}) could not be renewed (${input.detail}): it will end the debugs by itself`,
      remedy: null,
      incident: null,
    }),
    reason: 'dead-man-failed',
  };
}

/** On hold nothing is armed; a stop that was planned before it goes on, and takes our debugs with it. */
export const disarmOnHold = (rules: Rules, book: Book, now: Now): Step =>
  stopIsOpen(book) ? stay(book, 'waiting') : endDebugs(rules, book, now, 'hold');

/** A person, or the peer's person, wants debugs off. */
export function onDisarm(rules: Rules, book: Book, input: Input & { readonly kind: 'disarm' }): Step {
  const ended = endDebugs(rules, book, input, input.by);
  if (ended.reason !== 'disarm-nothing') return ended;
  // Nothing is on; the agent is not to arm by itself either.
  const planned = book.arming.armAt !== null || rules.arming.when === 'always';
  return planned
    ? stay(
        withArming(noted(book, input, 'disarm-nothing', 'nothing was armed'), { armAt: null, blocked: 'person' }),
        'disarm-nothing',
      )
    : ended;
}

/** Ends what we armed, now, whatever it is for; with an incident on its way both ends stop together, earlier than planned. */
export function endDebugs(rules: Rules, book: Book, now: Now, why: Parameters<typeof beginDisarm>[2]): Step {
  const { state } = book.arming;
  if (state.kind === 'checking')
    return { ...stay(withArming(book, { state: { kind: 'disarmed' }, armAt: null }), 'disarm-ordered') };
  if (state.kind === 'arming') return stay(withArming(book, { state: { ...state, unwanted: why } }), 'disarm-ordered');
  if (state.kind !== 'armed') return stay(book, 'disarm-nothing');
  const incident = book.incidents.find((known) => !known.stopPassed && known.stop.kind === 'planned');
  const begun = (from: Book) => beginDisarm(from, now, why, 'debugs', DISARM_REASON[why] ?? 'disarm-ordered');
  if (incident === undefined) return begun(book);
  const forward: Incident = { ...incident, stopAt: earlier(incident.stopAt, now.at) };
  return andThen(reachStopTime(rules, book, forward, now.at, 'stop-forward'), begun);
}

const DISARM_REASON: Partial<Record<Parameters<typeof beginDisarm>[2], Reason>> = {
  lease: 'lease-expired',
  breaker: 'breaker-tripped',
  'max-debug': 'max-debug-reached',
};

export function onBreaker(rules: Rules, book: Book, input: Input & { readonly kind: 'breaker' }): Step {
  if (book.arming.state.kind !== 'armed' || input.arm !== book.arming.count) return stay(book, 'timer-outlived');
  const { name, address } = rules.device;
  return andThen(endDebugs(rules, book, input, 'breaker'), (open) =>
    raiseAlarm(open, input, {
      key: ENDED_ALARM,
      text: `the breaker ended the debugs on ${name} (${address}): ${input.detail}. It does not arm again by itself`,
      remedy: `look at the load of ${name} (${address}), then: spitrap arm`,
      incident: null,
    }),
  );
}

export function onArmTimer(rules: Rules, book: Book, input: Input & { readonly kind: 'arm-timer' }): Step {
  if (input.arm !== book.arming.count) return stay(book, 'timer-outlived');
  switch (input.name) {
    case 'lease':
      return onLeaseTimer(rules, book, input);
    case 'max-debug':
      return onMaxDebugTimer(rules, book, input);
    case 'hung':
      return onHung(rules, book, input);
    case 'disarm-bound':
      return onDisarmBound(rules, book, input);
    case 'disarm-retry':
      return onDisarmRetry(book, input);
  }
}

function onLeaseTimer(rules: Rules, book: Book, now: Now): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'armed') return stay(book, 'timer-outlived');
  const due = after(state.renewedAt, state.leaseMs);
  if (now.at < due) return { ...stay(book, 'waiting'), effects: [armWake('lease', count, due)] };
  const { name, address } = rules.device;
  return andThen(endDebugs(rules, book, now, 'lease'), (open) =>
    raiseAlarm(open, now, {
      key: ENDED_ALARM,
      text: `the lease of ${name} (${address}) was not renewed for ${formatDuration(state.leaseMs)} (sessions, CPU or a peer failed): debugs are turned off`,
      remedy: null,
      incident: null,
    }),
  );
}

function onMaxDebugTimer(rules: Rules, book: Book, now: Now): Step {
  const { state } = book.arming;
  if (state.kind !== 'armed') return stay(book, 'timer-outlived');
  const { maxDebugMs } = rules.arming;
  const spent = debugSpentMs(book, now.at);
  const { name, address } = rules.device;
  const total = formatDuration(maxDebugMs);
  if (spent < maxDebugMs * timing.maxDebugWarnsAt) return { ...stay(book, 'waiting'), effects: leaseTimers(rules, book) };
  if (spent < maxDebugMs) {
    const end = armWake('max-debug', book.arming.count, after(state.since, maxDebugMs - book.arming.spentMs));
    const told = raiseAlarm(book, now, {
      key: MAX_DEBUG_ALARM,
      text: `debugs on ${name} (${address}) have been on for ${formatDuration(spent)} of ${total}: they end in ${formatDuration(maxDebugMs - spent)}`,
      remedy: 'to keep them on: spitrap arm',
      incident: null,
    });
    return { ...told, effects: [...told.effects, end], reason: 'max-debug-soon' };
  }
  return andThen(
    andThen(endDebugs(rules, book, now, 'max-debug'), (open) => clearAlarm(open, MAX_DEBUG_ALARM)),
    (open) =>
      raiseAlarm(open, now, {
        key: ENDED_ALARM,
        text: `debugs on ${name} (${address}) had been on for ${total} since a person last armed: they are turned off`,
        remedy: 'to arm again: spitrap arm',
        incident: null,
      }),
  );
}

/** A bounded errand that has not come back all the same. */
function onHung(rules: Rules, book: Book, now: Now): Step {
  const { state, count } = book.arming;
  if (state.kind === 'disarming') return onDisarmHung(rules, book, now);
  if (state.kind !== 'checking' && state.kind !== 'arming') return stay(book, 'timer-outlived');
  const due = after(state.since, state.kind === 'checking' ? timing.preflightHungMs : timing.armHungMs);
  if (now.at < due) return { ...stay(book, 'waiting'), effects: [armWake('hung', count, due)] };
  if (state.kind === 'checking') return standDown(rules, book, now, 'arm-refused', ['the pre-flight did not come back']);
  return alarmUnresolved(rules, beginDisarm(book, now, 'unresolved', 'debugs', 'arm-unresolved'), 'it did not come back', now);
}

/** After every step: what it did to incidents may concern our debugs. Over budget they are still ended, though nobody is signalled. */
export function followIncidents(rules: Rules, before: Book, moved: Step, now: Now): Step {
  if (moved.reason === 'over-budget') return andThen(moved, (book) => endDebugs(rules, book, now, 'over-budget'));
  const judged = moved.book === before ? moved : { ...moved, book: rearmOnVerdict(moved.book, now.at) };
  if (moved.book.incidents === before.incidents) return judged;
  const verified = moved.book.incidents.find(
    ({ id, stop }) => stop.kind === 'verified' && before.incidents.find((known) => known.id === id)?.stop.kind !== 'verified',
  );
  const followed = verified === undefined ? judged : andThen(judged, (book) => afterStop(book, now, verified.id));
  return { ...followed, book: afterFirstSighting(rules, before, followed.book, now.at) };
}

/** An incident's stop is verified: our conditions go next. */
function afterStop(book: Book, now: Now, id: IncidentId): Step {
  const { state } = book.arming;
  if (state.kind === 'disarmed' || state.kind === 'checking') return stay(book, 'waiting');
  const ended = withArming(book, { endedBy: id });
  if (state.kind === 'armed') return beginDisarm(ended, now, 'incident', 'conditions', 'disarm-ordered');
  if (state.kind === 'arming') return stay(withArming(ended, { state: { ...state, unwanted: 'incident' } }), 'waiting');
  return debugsEndedElsewhere(ended, now);
}

/** `arm: on-first-sighting`: the capture-only incident is over, so that the next one finds debugs on. */
function afterFirstSighting(rules: Rules, before: Book, book: Book, at: Monotonic): Book {
  if (rules.arming.when !== 'on-first-sighting' || book.arming.blocked !== null || book.arming.armAt !== null) return book;
  if (book.arming.state.kind !== 'disarmed') return book;
  const isOver = before.incidents.some(
    ({ id, stop }) =>
      stop.kind === 'not-planned' &&
      (stop.why === 'arms-after' || stop.why === 'peer-asked-capture-only') &&
      !book.incidents.some((known) => known.id === id),
  );
  return isOver ? withArming(book, { armAt: at }) : book;
}

/** A benign rekey must not use up the trap; a black hole waits for a person. */
function rearmOnVerdict(book: Book, at: Monotonic): Book {
  const { blocked, endedBy } = book.arming;
  if (blocked !== 'judging' || endedBy === null) return book;
  const verdict = incidentVerdict(book, endedBy);
  if (verdict === 'transient') return withArming(book, { blocked: null, armAt: at });
  return verdict === 'persistent' ? withArming(book, { blocked: 'persistent' }) : book;
}

/** `show debugging` shows no crypto debug any more: conditions that had to stay can go. */
export function removeLeftConditions(rules: Rules, book: Book, now: Now): Step {
  const { state, leftConditions } = book.arming;
  if (state.kind !== 'disarmed' || leftConditions.length === 0 || rules.mode !== 'act' || stopIsOpen(book))
    return stay(book, 'waiting');
  const count = book.arming.count + 1;
  const plan = { conditions: leftConditions, debugs: [], deadManS: null };
  const since = now.at;
  const pretended = withArming(book, {
    count,
    state: { kind: 'arming', by: 'agent', since, leaseMs: rules.arming.leaseMs, plan, unwanted: null },
  });
  const { armAt, blocked } = book.arming;
  const begun = beginDisarm(pretended, now, 'conditions', 'conditions', 'disarm-ordered');
  return { ...begun, book: withArming(begun.book, { armAt, blocked }) };
}

/** After a restart: an arm that is not known to have come to its end is resolved by reading and turning off, never repeated. */
export function recoverArming(rules: Rules, book: Book, input: Input & { readonly kind: 'restarted' }): Step {
  const { state } = book.arming;
  switch (state.kind) {
    case 'disarmed':
      return stay(book, 'restarted');
    case 'checking':
      return stay(withArming(book, { state: { kind: 'disarmed' } }), 'restarted');
    case 'arming':
      return alarmUnresolved(rules, beginDisarm(book, input, 'restart', 'debugs', 'arm-unresolved'), 'the agent was away', input);
    case 'armed': {
      // A stop that is ahead or under way turns them off itself.
      const inLease = rules.mode === 'act' && input.resumable && input.at < after(state.renewedAt, state.leaseMs);
      if (inLease) return { ...stay(book, 'restarted'), effects: leaseTimers(rules, book) };
      return beginDisarm(book, input, 'restart', 'debugs', 'disarm-ordered');
    }
    case 'disarming': {
      const again: Book = withArming(book, {
        state: { kind: 'arming', by: 'agent', since: input.at, leaseMs: rules.arming.leaseMs, plan: state.plan, unwanted: null },
      });
      return beginDisarm(again, input, state.why, state.phase, 'disarm-ordered');
    }
  }
}
