/**
 * Who ends the debugs that the pair armed, and what that means for an incident on its way: a person, a hold, the breaker, the lease,
 * the end of the agent (pair-protocol.md, "Arming"). Called by step.ts, lease.ts and arming-incidents.ts. How they go off: disarming.ts.
 */
import { earlier } from '../model/time.ts';
import { stopIsOpen } from './arming-state.ts';
import type { Book, Incident } from './book.ts';
import { beginDisarm, noted, withArming } from './disarming.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { andThen, raiseAlarm, stay } from './move.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { reachStopTime } from './stopping.ts';

type Now = Pick<Input, 'at' | 'wall'>;

export const ENDED_ALARM = 'armed-ended';

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
