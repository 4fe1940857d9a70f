/**
 * Arming: turns the debugs of this pair on through the pre-flight, and takes up after a restart what was on (pair-protocol.md,
 * "Arming"). Pure; called by step.ts. How long they stay: lease.ts; who ends them: end-debugs.ts; how they go off: disarming.ts.
 */
import { judgePreflight } from '../arming/preflight.ts';
import type { Finding } from '../model/arming.ts';
import { after, formatDuration } from '../model/time.ts';
import type { ArmState } from './arming-state.ts';
import { armIsDue, cameSince, debugSpentMs, stopIsOpen, strongerWhy } from './arming-state.ts';
import type { Book } from './book.ts';
import {
  afterwards,
  armWake,
  beginDisarm,
  DISARM_ALARM,
  noted,
  onDisarmBound,
  onDisarmHung,
  onDisarmRetry,
  othersLeft,
  withArming,
} from './disarming.ts';
import { ENDED_ALARM, REFUSED_ALARM } from './end-debugs.ts';
import { endHoldDown } from './hold-down.ts';
import type { Input } from './input.ts';
import { leaseOf, leaseTimers, MAX_DEBUG_ALARM, onLeaseTimer, onMaxDebugTimer, renewByPerson } from './lease.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, raiseAlarm, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

type Now = Pick<Input, 'at' | 'wall'>;
type Armed = Extract<ArmState, { readonly kind: 'armed' }>;

/** Somebody wants debugs on: a person, a peer's person, or the agent itself because it is due. */
export function onArm(rules: Rules, book: Book, input: Input & { readonly kind: 'arm' }): Step {
  const { state } = book.arming;
  // The end that was told cannot judge for itself: it follows the one that saw the message.
  const follows = input.follows === true && state.kind === 'disarmed' && book.arming.blocked === 'judging';
  if (input.by === 'agent' && !follows && !armIsDue(rules, book, input.at)) return stay(book, 'waiting');
  if (rules.mode !== 'act')
    return refuse(
      book,
      input,
      'arm-not-in-this-mode',
      `mode ${rules.mode} sends no debug; set mode: act in the configuration and start the agent anew`,
    );
  if (book.hold) return refuse(book, input, 'arm-on-hold', 'on hold; spitrap hold --off takes it off');
  if (stopIsOpen(book)) return refuse(book, input, 'arm-during-incident', 'an incident has not had its stop yet; arm after it');
  if (rules.arming.plan.conditions.length === 0 && rules.arming.unconditional !== true)
    return refuse(
      book,
      input,
      'arm-refused',
      'no peer address to make a condition of: without one every tunnel would be debugged',
    );
  if (state.kind === 'armed')
    return input.by === 'person' ? renewByPerson(rules, book, state, input) : stay(book, 'arm-under-way');
  if (state.kind === 'disarming' || (state.kind === 'arming' && state.unwanted !== null))
    return refuse(book, input, 'arm-while-disarming', 'the last debugs are not verified off yet; see spitrap status');
  if (state.kind !== 'disarmed') {
    if (input.by !== 'person') return stay(book, 'arm-under-way');
    return stay(withArming(book, { state: { ...state, by: 'person' }, spentMs: 0 }), 'arm-under-way');
  }
  const peerArmsAt = book.arming.peerArmsAt.filter((armedAt) => input.at - armedAt < timing.hourMs);
  const no = input.by === 'peer' ? peerMayNot(rules, book, input.at, peerArmsAt.length) : null;
  if (no !== null) return refuse(book, input, 'arm-refused', no);
  const count = book.arming.count + 1;
  const next = withArming(book, {
    count,
    state: { kind: 'checking', by: input.by, since: input.at, leaseMs: leaseOf(rules, input.leaseMs) },
    blocked: null,
    ...(input.by === 'person' ? { spentMs: 0 } : {}),
    ...(input.by === 'peer' ? { peerArmsAt: [...peerArmsAt, input.at] } : {}),
    ...(input.by === 'agent' ? {} : { armAt: null }),
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

/** What nobody waits for is written down once: a peer that repeats itself must not fill the journal. */
function refuse(book: Book, input: Input & { readonly kind: 'arm' }, reason: Reason, text: string): Step {
  const { last } = book.arming;
  const isKnown = input.by !== 'person' && last?.reason === reason && last.text === text;
  return stay(isKnown ? book : noted(book, input, reason, text), reason);
}

const PERSON_HERE = 'only a person here arms again: spitrap arm';

/** A peer, even an authentic one that means ill, never keeps debugs on: what was ended for good stays ended, and `maxDebug` is one total. */
function peerMayNot(rules: Rules, book: Book, at: Input['at'], armsThisHour: number): string | null {
  const { blocked } = book.arming;
  if (blocked === 'person' || blocked === 'breaker' || blocked === 'max-debug' || blocked === 'given-up')
    return `debugs were ended here (${blocked}): ${PERSON_HERE}`;
  if (debugSpentMs(book, at) >= rules.arming.maxDebugMs) return `maxDebug is used up: ${PERSON_HERE}`;
  if (armsThisHour >= rules.incidentsPerHour) return `peers have armed ${armsThisHour} times in an hour: ${PERSON_HERE}`;
  return null;
}

export function onPreflighted(rules: Rules, book: Book, input: Input & { readonly kind: 'preflighted' }): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'checking' || input.arm !== count) return stay(book, 'timer-outlived');
  // What came up meanwhile has the device now.
  if (book.hold || stopIsOpen(book)) return standDown(rules, book, input, book.hold ? 'arm-on-hold' : 'arm-during-incident', []);
  const { plan, ourHosts, terminalMonitor, remedies } = rules.arming;
  const terms = { plan, ourHosts, terminalMonitor, ourConditions: book.arming.leftConditions, ...(remedies ? { remedies } : {}) };
  const verdict = judgePreflight(input.reading, terms);
  if (verdict.refusals.length > 0)
    return standDown(rules, book, input, 'arm-refused', verdict.refusals.map(inWords), whatToDo(rules, verdict.refusals));
  const warnings = verdict.warnings.map(inWords);
  const next = withArming(noted(book, input, 'arm-ordered', warnings.join('; ')), {
    state: { kind: 'arming', by: state.by, since: input.at, leaseMs: state.leaseMs, plan, unwanted: null, warnings },
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

const CHECK_SAYS = 'spitrap check says what to enter on the router';

/** Debugs that are nobody's may be ours, of an agent that lost its dataDir with them on: nothing but a person ends them. */
function whatToDo({ device: { name, address }, stopCommand }: Rules, refusals: readonly Finding[]): string {
  if (!refusals.some(({ word }) => word === 'foreign-debugs')) return CHECK_SAYS;
  return `if nobody needs the debugs that are on, log in to ${name} (${address}) and type: ${stopCommand}; ${CHECK_SAYS}`;
}

const inWords = ({ text, enter }: Finding): string => (enter.length === 0 ? text : `${text}; enter there: ${enter.join(' / ')}`);

/** Not armed, and nothing was put on the device. The agent tries again in a while; a person was told at once. */
function standDown(rules: Rules, book: Book, now: Now, reason: Reason, why: readonly string[], remedy = CHECK_SAYS): Step {
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
        remedy: `it is tried again every ${formatDuration(timing.armAgainMs)}; ${remedy}`,
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
  // Somebody wanted them off while they were being turned on, or an incident has come and had its stop.
  const came = cameSince(book, state.since);
  // One whose stop is still ahead ends what is on at its time.
  const unwanted = state.unwanted ?? (came === undefined || (result === 'armed' && !came.stopPassed) ? null : 'incident');
  const known = came === undefined ? book : withArming(book, { endedBy: came.id });
  if (result === 'undone')
    return unwanted === null
      ? standDown(rules, noted(book, input, 'arm-undone', detail), input, 'arm-refused', [detail])
      : stay(standBack(rules, noted(known, input, 'arm-undone', detail), unwanted, input), 'arm-undone');
  if (result === 'unresolved')
    return alarmUnresolved(rules, beginDisarm(known, input, unwanted ?? 'unresolved', 'debugs', 'arm-unresolved'), detail, input);
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
    warnings: state.warnings,
  };
  const on = withArming(noted({ ...endHoldDown(known), debugsOn: true }, input, 'armed', detail), {
    state: armed,
    armAt: null,
    leftConditions: othersLeft(book, state.plan.conditions),
  });
  if (unwanted !== null) return beginDisarm(on, input, unwanted, 'debugs', 'disarm-ordered');
  // What was spent before counts: a warning about it stands until a person renews. One about debugs that a person took over is over, or
  // whoever takes it over once more would give up these, and the next one would be told to nobody.
  const over = [REFUSED_ALARM, ENDED_ALARM, DISARM_ALARM, ...(on.arming.spentMs === 0 ? [MAX_DEBUG_ALARM] : [])];
  return over.reduce<Step>((told, key) => andThen(told, (open) => clearAlarm(open, key)), {
    book: on,
    effects: leaseTimers(rules, on),
    reason: 'armed',
    incident: null,
  });
}

/** It was not wanted any more, and nothing is on: as if it had been on, and ended for that. */
const standBack = (rules: Rules, book: Book, why: Parameters<typeof afterwards>[2], now: Now): Book =>
  withArming(book, { state: { kind: 'disarmed' }, ...afterwards(rules, book, why, now.at) });

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

/** A bounded errand that has not come back all the same. */
function onHung(rules: Rules, book: Book, now: Now): Step {
  const { state, count } = book.arming;
  if (state.kind === 'disarming') return onDisarmHung(rules, book, now);
  if (state.kind !== 'checking' && state.kind !== 'arming') return stay(book, 'timer-outlived');
  const due = after(state.since, state.kind === 'checking' ? timing.preflightHungMs : timing.armHungMs);
  if (now.at < due) return { ...stay(book, 'waiting'), effects: [armWake('hung', count, due)] };
  if (state.kind === 'checking') return standDown(rules, book, now, 'arm-refused', ['the pre-flight did not come back']);
  const begun = beginDisarm(book, now, state.unwanted ?? 'unresolved', 'debugs', 'arm-unresolved');
  return alarmUnresolved(rules, begun, 'it did not come back', now);
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
    state: { kind: 'arming', by: 'agent', since, leaseMs: rules.arming.leaseMs, plan, unwanted: null, warnings: [] },
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
      return alarmUnresolved(
        rules,
        beginDisarm(book, input, state.unwanted ?? 'restart', 'debugs', 'arm-unresolved'),
        'the agent was away',
        input,
      );
    case 'armed': {
      // A stop that is ahead or under way turns them off itself.
      const inLease = rules.mode === 'act' && input.resumable && input.at < after(state.renewedAt, state.leaseMs);
      if (inLease) return { ...stay(book, 'restarted'), effects: leaseTimers(rules, book) };
      const open = book.incidents.find(({ stop }) => stop.kind !== 'verified' && stop.kind !== 'not-planned');
      if (open === undefined) return beginDisarm(book, input, state.ending ?? 'restart', 'debugs', 'disarm-ordered');
      const why = strongerWhy(state.ending ?? 'incident', 'incident');
      return beginDisarm(withArming(book, { endedBy: open.id }), input, why, 'debugs', 'disarm-ordered');
    }
    case 'disarming': {
      const again: Book = withArming(book, {
        state: {
          kind: 'arming',
          by: 'agent',
          since: input.at,
          leaseMs: rules.arming.leaseMs,
          plan: state.plan,
          unwanted: null,
          warnings: [],
        },
      });
      return beginDisarm(again, input, state.why, state.phase, 'disarm-ordered');
    }
  }
}
