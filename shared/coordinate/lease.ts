/**
 * How long debugs may stay on: the lease that a healthy agent renews, and `maxDebug`, the total until a person renews
 * (pair-protocol.md, "Arming"). Called by arming.ts and step.ts; how they then end: end-debugs.ts.
 */
import type { DurationMs, Monotonic } from '../model/time.ts';
import { after, formatDuration } from '../model/time.ts';
import type { ArmState } from './arming-state.ts';
import { debugSpentMs, needsControlFree } from './arming-state.ts';
import type { Book } from './book.ts';
import { armWake, noted, withArming } from './disarming.ts';
import type { Effect } from './effect.ts';
import { ENDED_ALARM, endDebugs } from './end-debugs.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, clearAlarm, raiseAlarm, stay } from './move.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

type Now = Pick<Input, 'at' | 'wall'>;
type Armed = Extract<ArmState, { readonly kind: 'armed' }>;

export const MAX_DEBUG_ALARM = 'max-debug';
const DEAD_MAN_ALARM = 'dead-man';

/** Shorter than configured, never longer. Null: as configured. */
export const leaseOf = ({ arming: { leaseMs } }: Rules, wanted: DurationMs | null): DurationMs =>
  Math.min(leaseMs, Math.max(timing.leaseMinMs, wanted ?? leaseMs));

/** A person who arms what is armed says: go on, for another `maxDebug`. */
export function renewByPerson(rules: Rules, book: Book, state: Armed, input: Input & { readonly kind: 'arm' }): Step {
  const leaseMs = input.leaseMs === null ? state.leaseMs : leaseOf(rules, input.leaseMs);
  const next = withArming(noted(book, input, 'arm-renewed', 'renewed by a person'), {
    state: { ...state, since: input.at, renewedAt: input.at, leaseMs },
    spentMs: 0,
  });
  return andThen({ book: next, effects: leaseTimers(rules, next), reason: 'arm-renewed', incident: null }, (told) =>
    clearAlarm(told, MAX_DEBUG_ALARM),
  );
}

export function leaseTimers(rules: Rules, { arming: { state, spentMs, count } }: Book): Effect[] {
  if (state.kind !== 'armed') return [];
  const warnAt = maxDebugWarnsAt(rules, state, spentMs);
  return [armWake('lease', count, after(state.renewedAt, state.leaseMs)), armWake('max-debug', count, warnAt)];
}

const maxDebugWarnsAt = (rules: Rules, { since }: Armed, spentMs: DurationMs): Monotonic =>
  after(since, rules.arming.maxDebugMs * timing.maxDebugWarnsAt - spentMs);

/** The agent is well: sessions up, CPU readable, every spitrap peer heard. */
export function onLeaseRenewed(rules: Rules, book: Book, input: Input & { readonly kind: 'lease-renewed' }): Step {
  const { state, count } = book.arming;
  if (state.kind !== 'armed') return stay(book, 'waiting');
  const isDue = state.deadManSetAt !== null && input.at - state.deadManSetAt >= rules.arming.leaseMs;
  // It has another lease to run, and is asked for again with the next renewal: a stop would wait behind its lines on the same session.
  const again = isDue && !needsControlFree(book, input.at, timing.deadManMs);
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

export function onLeaseTimer(rules: Rules, book: Book, now: Now): Step {
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

export function onMaxDebugTimer(rules: Rules, book: Book, now: Now): Step {
  const { state } = book.arming;
  if (state.kind !== 'armed') return stay(book, 'timer-outlived');
  const { maxDebugMs } = rules.arming;
  const spent = debugSpentMs(book, now.at);
  const { name, address } = rules.device;
  const total = formatDuration(maxDebugMs);
  // By the very sums that woke it: a difference of fractions may be a bit less, and it would wake itself again at once, for ever.
  if (now.at < maxDebugWarnsAt(rules, state, book.arming.spentMs))
    return { ...stay(book, 'waiting'), effects: leaseTimers(rules, book) };
  const endsAt = after(state.since, maxDebugMs - book.arming.spentMs);
  if (now.at < endsAt) {
    const end = armWake('max-debug', book.arming.count, endsAt);
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
