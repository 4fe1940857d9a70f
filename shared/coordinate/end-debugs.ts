/**
 * Who ends the debugs that the pair armed, and what that means for an incident on its way: a person, a hold, the breaker, the lease,
 * the end of the agent (pair-protocol.md, "Arming"). Called by step.ts, lease.ts and arming-incidents.ts. How they go off: disarming.ts.
 */
import { earlier } from '../model/time.ts';
import type { ArmState } from './arming-state.ts';
import { stopIsOpen, strongerWhy } from './arming-state.ts';
import type { Book, Incident } from './book.ts';
import { afterwards, beginDisarm, noted, withArming } from './disarming.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, findIncident, raiseAlarm, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { reachStopTime } from './stopping.ts';

type Now = Pick<Input, 'at' | 'wall'>;

type DisarmWhy = Parameters<typeof beginDisarm>[2];
type Armed = Extract<ArmState, { readonly kind: 'armed' }>;

export const REFUSED_ALARM = 'arm-refused';
export const ENDED_ALARM = 'armed-ended';

/** On hold nothing is armed; a stop that was planned before it goes on, and takes our debugs with it. */
export const disarmOnHold = (rules: Rules, book: Book, now: Now): Step =>
  stopIsOpen(book) ? stay(book, 'waiting') : endDebugs(rules, book, now, 'hold');

/** A person, or the peer's person, wants debugs off. */
export function onDisarm(rules: Rules, book: Book, input: Input & { readonly kind: 'disarm' }): Step {
  // It promises another try, and there is none now.
  const ended = andThen(endDebugs(rules, book, input, input.by), (next) => clearAlarm(next, REFUSED_ALARM));
  if (ended.reason !== 'disarm-nothing') return ended;
  // Nothing is on; the agent is not to arm by itself either.
  const { armAt, blocked } = ended.book.arming;
  const planned = blocked === 'judging' || (blocked === null && (armAt !== null || rules.arming.when === 'always'));
  if (!planned || book.arming.state.kind !== 'disarmed') return ended;
  const said = noted(ended.book, input, 'disarm-nothing', 'nothing was armed');
  return { ...ended, book: withArming(said, { armAt: null, blocked: input.by }) };
}

/** Ends what we armed, now, whatever it is for; with an incident on its way both ends stop together, earlier than planned. */
export function endDebugs(rules: Rules, book: Book, now: Now, why: DisarmWhy, forward: Reason = 'stop-forward'): Step {
  const { state } = book.arming;
  switch (state.kind) {
    case 'disarmed':
      return stay(book, 'disarm-nothing');
    case 'checking':
      return stay(withArming(book, { state: { kind: 'disarmed' }, ...afterwards(rules, book, why, now.at) }), 'disarm-ordered');
    case 'arming': {
      const unwanted = state.unwanted === null ? why : strongerWhy(state.unwanted, why);
      return stay(withArming(book, { state: { ...state, unwanted } }), 'disarm-ordered');
    }
    case 'disarming': {
      const stronger = state.why === 'conditions' ? state.why : strongerWhy(state.why, why);
      if (stronger === state.why) return stay(book, 'disarm-nothing');
      return stay(withArming(book, { state: { ...state, why: stronger } }), 'disarm-ordered');
    }
    case 'armed':
      return endArmed(rules, book, state, now, why, forward);
  }
}

function endArmed(rules: Rules, book: Book, state: Armed, now: Now, why: DisarmWhy, early: Reason): Step {
  const reason = DISARM_REASON[why] ?? 'disarm-ordered';
  const begun = (from: Book) => beginDisarm(from, now, why, 'debugs', reason);
  // That stop is their ladder already; a second one beside it would only cost it the session.
  const ending: Armed = { ...state, ending: state.ending === undefined ? why : strongerWhy(state.ending, why) };
  const left = (from: Book): Step =>
    stay(withArming(noted(from, now, reason, 'the stop of an incident ends them'), { state: ending }), reason);
  if (book.incidents.some(({ stop }) => stop.kind === 'running' || stop.kind === 'waiting-retry')) return left(book);
  const incident = book.incidents.find((known) => !known.stopPassed && known.stop.kind === 'planned');
  if (incident === undefined) return begun(book);
  const forward: Incident = { ...incident, stopAt: earlier(incident.stopAt, now.at) };
  return andThen(reachStopTime(rules, book, forward, now.at, early), (next) => {
    const { stop } = findIncident(next, incident.id) ?? incident;
    return stop.kind === 'running' || stop.kind === 'verified' ? left(next) : begun(next);
  });
}

const DISARM_REASON: Partial<Record<DisarmWhy, Reason>> = {
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

/** `show debugging`, outside an incident, has none of ours any more: somebody was at work there, or its dead-man. */
export function onSeenOff(rules: Rules, book: Book, now: Now): Step {
  if (book.arming.state.kind !== 'armed' || rules.mode !== 'act' || stopIsOpen(book)) return stay(book, 'waiting');
  const { name, address } = rules.device;
  return andThen(beginDisarm(book, now, 'by-hand', 'conditions', 'disarm-ordered'), (open) =>
    raiseAlarm(open, now, {
      key: ENDED_ALARM,
      text: `the debugs that we armed on ${name} (${address}) are off: somebody has turned them off there, or its dead-man has. The agent does not arm again by itself`,
      remedy: 'to arm again: spitrap arm',
      incident: null,
    }),
  );
}
