/**
 * What incidents mean for the debugs that the pair armed: a verified stop takes the conditions with it, a verdict arms again, a first
 * sighting arms (pair-protocol.md, "Timeline", re-arming). Called by step.ts after every step.
 */
import type { Monotonic } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import { stopIsOpen, strongerWhy } from './arming-state.ts';
import type { Book } from './book.ts';
import { beginDisarm, debugsEndedElsewhere, withArming } from './disarming.ts';
import { endDebugs } from './end-debugs.ts';
import type { Input } from './input.ts';
import { incidentVerdict } from './judging.ts';
import type { Step } from './move.ts';
import { andThen, stay } from './move.ts';
import type { Rules } from './rules.ts';

type Now = Pick<Input, 'at' | 'wall'>;

/** After every step: what it did to incidents may concern our debugs. Over budget they are still ended, though nobody is signalled. */
export function followIncidents(rules: Rules, before: Book, moved: Step, now: Now): Step {
  if (moved.reason === 'over-budget') return andThen(moved, (book) => endDebugs(rules, book, now, 'over-budget'));
  const judged = moved.book === before ? moved : { ...moved, book: rearmOnVerdict(moved.book, now.at) };
  if (moved.book.incidents === before.incidents) return underHold(rules, judged, now);
  const verified = moved.book.incidents.find(
    ({ id, stop }) => stop.kind === 'verified' && before.incidents.find((known) => known.id === id)?.stop.kind !== 'verified',
  );
  const followed = verified === undefined ? judged : andThen(judged, (book) => afterStop(book, now, verified.id));
  return underHold(rules, { ...followed, book: afterFirstSighting(rules, before, followed.book, now.at) }, now);
}

/** The stop that was to end them has come to nothing: on hold nothing stays armed. */
function underHold(rules: Rules, moved: Step, now: Now): Step {
  const { hold, arming } = moved.book;
  if (!hold || arming.state.kind !== 'armed' || stopIsOpen(moved.book)) return moved;
  return andThen(moved, (book) => endDebugs(rules, book, now, 'hold'));
}

/** An incident's stop is verified: our conditions go next. */
function afterStop(book: Book, now: Now, id: IncidentId): Step {
  const { state } = book.arming;
  if (state.kind === 'disarmed' || state.kind === 'checking') return stay(book, 'waiting');
  const ended = withArming(book, { endedBy: id });
  if (state.kind === 'armed')
    return beginDisarm(ended, now, strongerWhy(state.ending ?? 'incident', 'incident'), 'conditions', 'disarm-ordered');
  if (state.kind === 'arming') {
    const unwanted = strongerWhy(state.unwanted ?? 'incident', 'incident');
    return stay(withArming(ended, { state: { ...state, unwanted } }), 'waiting');
  }
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
