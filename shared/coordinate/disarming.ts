/**
 * Takes what the pair put on its device off again: debugs first, verified, only then our conditions one by one and the dead-man
 * (pair-protocol.md, "Arming"). The ladder is that of the stop: session B, a fresh one, A; then every 30 s until verified or a
 * person has taken it over. Called by arming.ts and step.ts.
 */
import type { DisarmAttempt } from '../model/arming.ts';
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { ArmingBook, ArmState, Blocked, DisarmWhy } from './arming-state.ts';
import { debugSpentMs, strongerWhy } from './arming-state.ts';
import type { Book, StopVia } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, raiseAlarm, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

type Now = Pick<Input, 'at' | 'wall'>;
type Disarming = Extract<ArmState, { readonly kind: 'disarming' }>;

export const DISARM_ALARM = 'disarm';
export const CONDITIONS_ALARM = 'conditions-left';

const VIAS: readonly StopVia[] = ['control', 'fresh', 'capture'];

export const withArming = (book: Book, arming: Partial<ArmingBook>): Book => ({
  ...book,
  arming: { ...book.arming, ...arming },
});

/** What a person reads of the last thing that happened to arming. */
export const noted = (book: Book, now: Now, reason: Reason, text: string): Book =>
  withArming(book, { last: { reason, text, at: now.at, atWall: now.wall } });

const step = (book: Book, reason: Reason, ...effects: Effect[]): Step => ({ book, effects, reason, incident: null });

export const armWake = (
  name: 'lease' | 'max-debug' | 'hung' | 'disarm-bound' | 'disarm-retry',
  arm: number,
  at: Monotonic,
): Effect => ({ kind: 'arm-wake', name, arm, at });

/** Starts the ladder. `phase` conditions: the debugs were just verified off by an incident's stop. */
export function beginDisarm(book: Book, now: Now, why: DisarmWhy, phase: Disarming['phase'], reason: Reason): Step {
  const { state } = book.arming;
  if (state.kind !== 'armed' && state.kind !== 'arming') return stay(book, 'waiting');
  const disarming: Disarming = {
    kind: 'disarming',
    why,
    plan: state.plan,
    deadMan: state.plan.deadManS !== null,
    since: now.at,
    phase,
    attempt: 0,
    attemptAt: now.at,
    stillOn: 0,
    last: null,
  };
  const spentMs = debugSpentMs(book, now.at);
  const next = withArming(noted(book, now, reason, DISARM_TEXT[why]), { state: disarming, spentMs, armAt: null });
  return step(
    next,
    reason,
    ...attempt(next, now.at),
    armWake('disarm-bound', next.arming.count, after(now.at, timing.stopBoundMs)),
  );
}

const DISARM_TEXT: Readonly<Record<DisarmWhy, string>> = {
  incident: 'an incident has ended the debugs',
  person: 'a person disarmed',
  peer: 'a peer disarmed',
  breaker: 'the breaker tripped',
  lease: 'the lease was not renewed',
  'max-debug': 'debugs had been on for as long as a person allowed',
  hold: 'on hold',
  leaving: 'the agent ends',
  restart: 'the agent was away',
  unresolved: 'the arming did not come to its end',
  'over-budget': 'more incidents than the budget allows',
  'by-hand': 'somebody has turned them off on the device',
  conditions: 'conditions were left behind',
};

function attempt({ arming: { state, count } }: Book, at: Monotonic): Effect[] {
  if (state.kind !== 'disarming') return [];
  const { phase, plan, stillOn } = state;
  const isLast = phase === 'conditions';
  return [
    {
      kind: 'disarm-device',
      arm: count,
      attempt: state.attempt,
      via: VIAS[state.attempt % VIAS.length]!,
      // Verified off already: one of the same name that is on now is somebody else's.
      debugs: isLast ? [] : plan.debugs,
      conditions: isLast ? plan.conditions : [],
      deadMan: isLast && state.deadMan,
      all: stillOn >= timing.stillOnEscalates,
      timeoutMs: isLast ? timing.disarmConditionsMs : timing.stopAttemptMs,
    },
    armWake('hung', count, after(at, isLast ? timing.disarmConditionsHungMs : timing.stopHungMs)),
  ];
}

export function onDisarmAttempted(rules: Rules, book: Book, input: Input & { readonly kind: 'disarm-attempted' }): Step {
  const { state, count } = book.arming;
  const { outcome } = input;
  if (state.kind !== 'disarming' || input.arm !== count) return stay(book, 'timer-outlived');
  const current = state.attemptAt !== null && input.attempt === state.attempt;
  // One that was given up as hung may still come back: "off" is true whoever read it.
  if (!current && !(outcome.debugs === 'off' && state.phase === 'debugs')) return stay(book, 'timer-outlived');
  if (state.phase === 'debugs')
    return outcome.debugs === 'off'
      ? toConditions(book, { ...state, last: outcome }, input)
      : retry(book, { ...state, last: outcome }, input);
  // Verified off once: a session that is lost now does not turn off what somebody else may be debugging by then.
  const settled =
    outcome.debugs === 'off' &&
    (outcome.conditions === 'removed' || outcome.conditions === 'none' || outcome.conditions === 'left');
  if ((!settled || outcome.deadMan === 'failed') && state.attempt + 1 < VIAS.length)
    return retry(book, { ...state, last: outcome }, input);
  return finish(rules, book, state, outcome, input);
}

/** Debugs are verified off: the alarm about them is over, and what is left is harmless. */
function toConditions(book: Book, state: Disarming, now: Now): Step {
  const next: Book = withArming(
    { ...book, debugsOn: false },
    { state: { ...state, phase: 'conditions', attempt: 0, attemptAt: now.at, stillOn: 0 } },
  );
  return andThen(step(next, 'disarm-verified', ...attempt(next, now.at)), (cleared) => clearAlarm(cleared, DISARM_ALARM));
}

/** An incident's own stop has verified them off meanwhile: what it means for re-arming counts too. */
export function debugsEndedElsewhere(book: Book, now: Now): Step {
  const { state } = book.arming;
  if (state.kind !== 'disarming' || state.why === 'conditions') return stay(book, 'waiting');
  const known: Disarming = { ...state, why: strongerWhy(state.why, 'incident') };
  return state.phase === 'debugs' ? toConditions(book, known, now) : stay(withArming(book, { state: known }), 'waiting');
}

function retry(book: Book, state: Disarming, now: Now): Step {
  const stillOn = state.last?.debugs === 'still-on' ? state.stillOn + 1 : 0;
  const next = state.attempt + 1;
  if (next < VIAS.length) {
    const again = withArming(book, { state: { ...state, attempt: next, attemptAt: now.at, stillOn } });
    return step(again, 'disarm-retried', ...attempt(again, now.at));
  }
  const at =
    next === VIAS.length && after(state.since, timing.stopLastInBoundMs) > now.at
      ? after(state.since, timing.stopLastInBoundMs)
      : after(now.at, timing.stopRetryEveryMs);
  const waiting = withArming(book, { state: { ...state, attemptAt: null, stillOn } });
  return step(waiting, 'disarm-unverified', armWake('disarm-retry', book.arming.count, at));
}

export function onDisarmRetry(book: Book, now: Now): Step {
  const { state } = book.arming;
  if (state.kind !== 'disarming' || state.attemptAt !== null) return stay(book, 'timer-outlived');
  const again = withArming(book, { state: { ...state, attempt: state.attempt + 1, attemptAt: now.at } });
  return step(again, 'disarm-retried', ...attempt(again, now.at));
}

/** The attempt was bounded and has not come back all the same. */
export function onDisarmHung(rules: Rules, book: Book, now: Now): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'disarming' || state.attemptAt === null) return stay(book, 'timer-outlived');
  const dueMs = state.phase === 'conditions' ? timing.disarmConditionsHungMs : timing.stopHungMs;
  const due = after(state.attemptAt, dueMs);
  if (now.at < due) return step(book, 'waiting', armWake('hung', count, due));
  const outcome: DisarmAttempt = {
    via: VIAS[state.attempt % VIAS.length]!,
    sentAt: null,
    sentAtWall: null,
    debugs: state.phase === 'conditions' ? 'off' : 'not-sent',
    conditions: 'failed',
    conditionsLeft: state.plan.conditions,
    deadMan: state.deadMan ? 'failed' : 'none',
    detail: `the attempt did not come back within ${dueMs / 1_000} s`,
  };
  return onDisarmAttempted(rules, book, { kind: 'disarm-attempted', ...now, arm: count, attempt: state.attempt, outcome });
}

/** Not verified within the bound: a person is told which device, and what to type; attempts go on. */
export function onDisarmBound(rules: Rules, book: Book, now: Now): Step {
  const { state } = book.arming;
  if (state.kind !== 'disarming' || state.phase !== 'debugs') return stay(book, 'timer-outlived');
  const { name, address } = rules.device;
  const raised = raiseAlarm(book, now, {
    key: DISARM_ALARM,
    text: `debugs that we armed on ${name} (${address}) are not verified off: ${state.last?.detail ?? 'no session answered'}`,
    remedy: `log in to ${name} (${address}) and type: ${rules.stopCommand}`,
    incident: null,
  });
  return { ...raised, reason: 'disarm-given-to-human' };
}

/** A person has taken it over: attempts that only wait for somebody end. */
export function giveUpDisarm(book: Book, now: Now): Book {
  const { state } = book.arming;
  if (state.kind !== 'disarming' && state.kind !== 'armed') return book;
  return withArming(noted(book, now, 'acknowledged', 'handed to a person before it was verified off'), {
    state: { kind: 'disarmed' },
    spentMs: debugSpentMs(book, now.at),
    armAt: null,
    blocked: 'given-up',
    leftConditions: [...othersLeft(book, state.plan.conditions), ...state.plan.conditions],
  });
}

/** Left behind by an earlier arm, and not part of this one. */
export const othersLeft = ({ arming: { leftConditions } }: Book, conditions: readonly string[]): readonly string[] =>
  leftConditions.filter((address) => !conditions.includes(address));

function finish(rules: Rules, book: Book, state: Disarming, outcome: DisarmAttempt, now: Now): Step {
  const kept = outcome.conditions === 'removed' || outcome.conditions === 'none' ? [] : outcome.conditionsLeft;
  const left = [...othersLeft(book, state.plan.conditions), ...kept];
  const next = withArming(noted({ ...book, debugsOn: false }, now, 'disarmed', DISARM_TEXT[state.why]), {
    state: { kind: 'disarmed' },
    leftConditions: left,
    ...afterwards(rules, book, state.why, now.at),
  });
  const { name, address } = rules.device;
  const cleared = andThen(step(next, 'disarmed'), (quiet) => clearAlarm(quiet, DISARM_ALARM));
  const told =
    left.length === 0
      ? andThen(cleared, (quiet) => clearAlarm(quiet, CONDITIONS_ALARM))
      : andThen(cleared, (open) =>
          raiseAlarm(open, now, {
            key: CONDITIONS_ALARM,
            text: `conditions of ours are left on ${name} (${address}): ${outcome.detail}`,
            remedy: `when no crypto debug is on there: ${left.map((address) => `no debug crypto condition peer ${family(address)} ${address}`).join('; ')}`,
            incident: null,
          }),
        );
  if (outcome.deadMan !== 'failed') return told;
  return andThen(told, (open) =>
    raiseAlarm(open, now, {
      key: 'dead-man-left',
      text: `the dead-man applet is left on ${name} (${address}): it will run undebug all there by itself`,
      remedy: `log in to ${name} (${address}) and configure: no event manager applet spitrap-deadman`,
      incident: null,
    }),
  );
}

const family = (address: string): string => (address.includes(':') ? 'ipv6' : 'ipv4');

/** Who arms next: a person, or the agent after a while (pair-protocol.md, "Re-arming"). */
export function afterwards(
  rules: Rules,
  { arming: { armAt, blocked } }: Book,
  why: DisarmWhy,
  at: Monotonic,
): { armAt: Monotonic | null; blocked: Blocked | null } {
  const { rearm, when } = rules.arming;
  switch (why) {
    case 'incident':
      if (rearm.kind === 'never') return { armAt: null, blocked: 'after-incident' };
      if (rearm.kind === 'after') return { armAt: after(at, rearm.afterMs), blocked: null };
      return { armAt: null, blocked: 'judging' };
    case 'person':
    case 'by-hand':
      return { armAt: null, blocked: 'person' };
    case 'peer':
    case 'breaker':
    case 'max-debug':
      return { armAt: null, blocked: why };
    case 'lease':
    case 'hold':
    case 'leaving':
    case 'restart':
    case 'unresolved':
    case 'over-budget':
      return { armAt: armAt ?? (when === 'always' ? after(at, timing.armAgainMs) : null), blocked };
    // Left behind by an end that has had its say.
    case 'conditions':
      return { armAt, blocked };
  }
}
