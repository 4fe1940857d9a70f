/**
 * The verdict of each flow in the book, revised by whatever bears on it: the next message, a peer's done, a capture, the silence after
 * (timer `judge`). The rule itself is shared/detect/judge.ts. Called by step.ts around every step; arming.ts asks `incidentVerdict`.
 * A revision after the seal is an addendum; a black hole is one alarm an incident.
 */
import {
  cameAgain,
  combineVerdicts,
  type FlowEvidence,
  firstJudgement,
  type Judgement,
  judgeFlow,
  judgeTimesFor,
  type Verdict,
} from '../detect/judge.ts';
import { limits } from '../limits.ts';
import { formatFlow } from '../model/flow.ts';
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import { blackHoleAlarm, clearHealed } from './black-hole.ts';
import type { Book, ClosedIncident, FlowRecord, HeldFlow, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import { evidenceOfHeld, evidenceOfRecord, newestOther, signsIn, withLateDone } from './flow-evidence.ts';
import { flowIn, flowsOfPeer, withFlow } from './flow-list.ts';
import type { Input } from './input.ts';
import { andThen, findIncident, hasId, isActionable, isOwn, raiseAlarm, type Step, sameFlow, stay } from './move.ts';
import type { Reason } from './reason.ts';
import { noteRecurrence } from './recurrence.ts';
import type { Rules } from './rules.ts';

const verdictOf = (flow: { readonly judged?: Judgement }): Verdict => (flow.judged ?? firstJudgement).verdict;

/** Of an open incident: all its flows together. What was not kept cannot be called benign. */
export function verdictOfIncident({ flows, flowsNotKept }: Pick<Incident, 'flows' | 'flowsNotKept'>): Verdict {
  const verdict = combineVerdicts(flows.map(verdictOf));
  return verdict === 'transient' && flowsNotKept > 0 ? 'unknown' : verdict;
}

/** Of an incident, open or closed, by any of its ids: what re-arming `if-transient` asks. Unknown incidents are `unknown`. */
export function incidentVerdict(book: Book, id: IncidentId): Verdict {
  const open = findIncident(book, id);
  if (open !== undefined) return verdictOfIncident(open);
  return book.closed.find((known) => hasId(known, id))?.judged?.verdict ?? 'unknown';
}

/** What a step means for verdicts: its own effects first, then ours. The same step when it means nothing. */
export function judgeStep(rules: Rules, before: Book, moved: Step, input: Input): Step {
  const closed = before.incidents.length === 0 ? moved : noteClosed(rules, before, moved);
  switch (input.kind) {
    case 'sighting':
      return judgeSighting(rules, closed, input);
    case 'done':
    case 'capture-ended':
      return closed.book === before || closed.incident === null
        ? closed
        : andThen(closed, (book) => rejudge(rules, book, closed, input));
    case 'restarted':
      return andThen(closed, (book) => watchAnew(rules, book, input.at));
    case 'expire':
    case 'hold':
    case 'debugs-seen':
      return clearHealed(closed);
    default:
      return closed;
  }
}

/** The silence has lasted long enough, or not quite yet: then it is looked at again. */
export function onJudgeTimer(rules: Rules, book: Book, input: Input & { readonly kind: 'timer' }): Step {
  const judged = judgeIncident(rules, book, input.incident, input);
  const wake = wakeFor(rules, judged.book, input.incident, input.at);
  if (judged.changed.length === 0) return { ...stay(judged.book, 'waiting', input.incident), effects: wake };
  return { book: judged.book, effects: [...judged.effects, ...wake], reason: judged.reason, incident: input.incident };
}

interface Judged {
  readonly book: Book;
  readonly changed: readonly Changed[];
  readonly effects: readonly Effect[];
  readonly reason: Reason;
}
interface Changed {
  readonly flow: FlowRecord['flow'];
  readonly judged: Judgement;
  readonly before: Verdict;
}

const REASONS = {
  transient: 'judged-transient',
  persistent: 'judged-persistent',
  unknown: 'judged-unknown',
} as const satisfies Record<Verdict, Reason>;

function rejudge(rules: Rules, book: Book, step: Step, input: Input): Step {
  const id = step.incident!;
  const told = input.kind === 'done' ? withLateDone(book, id, input.peer) : book;
  const judged = judgeIncident(rules, told, id, input);
  return { book: judged.book, effects: judged.effects, reason: judged.reason, incident: id };
}

/** Those whose verdict it can change: in a storm each of thousands of peers sends its done, and none may walk the others' flows. */
function concernedBy<T extends FlowRecord | HeldFlow>(flows: readonly T[], input: Input): readonly T[] {
  switch (input.kind) {
    case 'done':
      return flowsOfPeer<FlowRecord | HeldFlow>(flows, input.peer) as readonly T[];
    case 'capture-ended':
      return flows.filter(({ flow }) => input.seen?.some((seen) => sameFlow(seen.flow, flow)) ?? false);
    default:
      return flows;
  }
}

/** Flows of one incident, anew: its records while it is open, its held flows after. The same book when no judgement changes. */
function judgeIncident(rules: Rules, book: Book, id: IncidentId, input: Input): Judged {
  const open = findIncident(book, id);
  const owner = open?.id ?? book.closed.find((known) => hasId(known, id))?.id ?? id;
  const times = judgeTimesFor(rules.messageIntervalMs);
  const newest = newestOther(book, times.againMs);
  const changed: Changed[] = [];
  const revised = new Map<FlowRecord | HeldFlow, Judgement>();
  const revise = (flow: FlowRecord | HeldFlow, evidence: FlowEvidence): void => {
    const judged = judgeFlow(evidence, times);
    // A black hole that heals was one all the same.
    if (verdictOf(flow) === 'persistent' || sameJudgement(flow.judged ?? firstJudgement, judged)) return;
    changed.push({ flow: flow.flow, judged, before: verdictOf(flow) });
    revised.set(flow, judged);
  };
  if (open === undefined) {
    for (const flow of concernedBy(book.held, input))
      if (flow.incident === owner) revise(flow, evidenceOfHeld(flow, input.at, newest));
  } else {
    const isEarly = (record: FlowRecord): boolean => input.kind === 'done' && isTooEarly(record, input.at, times.quietMs);
    const records = concernedBy(open.flows, input).filter((record) => !isEarly(record));
    const about = input.kind === 'done' ? new Set(records.flatMap((record) => record.peers)) : null;
    const signsOf = signsIn(open, open.peers, about);
    for (const record of records) revise(record, evidenceOfRecord(signsOf, record, input.at, newest));
  }
  // In a storm each of thousands of dones comes by here, and hardly one changes anything.
  if (changed.length === 0) return { book, changed, effects: [], reason: 'waiting' };
  const anew = <T extends FlowRecord | HeldFlow>(flow: T): T => {
    const judged = revised.get(flow);
    return judged === undefined ? flow : { ...flow, judged };
  };
  const incidents = book.incidents.map((known) => (known === open ? { ...known, flows: known.flows.map(anew) } : known));
  const held = open === undefined ? book.held.map(anew) : book.held;
  const next = judgeClosed({ ...book, incidents, held }, owner);
  const verdict = incidentVerdict(next, owner);
  const sealed = open === undefined || open.sealing === 'sealed' || open.sealing === 'requested';
  // Other grounds for the same verdict are told once, when the silence is over: the done or capture that brought them is there already.
  const tells = sealed && (input.kind === 'timer' || changed.some(({ judged, before }) => judged.verdict !== before));
  return { book: next, changed, effects: tells ? [addendum(owner, verdict, changed, input)] : [], reason: REASONS[verdict] };
}

/** Before the silence is long enough no word of a sender counts (rows 6 and 8 to 13); a storm's thousands of dones come before. */
const isTooEarly = (record: FlowRecord, at: Monotonic, quietMs: number): boolean =>
  at - record.last < quietMs && record.judged === undefined && isActionable(record) && isOwn(record);

const sameJudgement = (a: Judgement, b: Judgement): boolean => a.verdict === b.verdict && a.grounds.join() === b.grounds.join();

const addendum = (
  incident: IncidentId,
  verdict: Verdict,
  changed: readonly Pick<Changed, 'flow' | 'judged'>[],
  input: Input,
): Effect => ({
  kind: 'addendum',
  incident,
  what: {
    kind: 'judged',
    verdict,
    flows: changed.slice(0, limits.judgedFlowsNamedMax).map(({ flow, judged }) => ({ flow, ...judged })),
    more: Math.max(0, changed.length - limits.judgedFlowsNamedMax),
    atWall: input.wall,
  },
});

/** Of a closed incident: its verdict as its held flows now stand. What is not held any more cannot make it transient. */
function judgeClosed(book: Book, id: IncidentId): Book {
  const closed = book.closed.find((known) => known.id === id);
  // Once a black hole, it was one: whatever becomes of its flows.
  if (closed?.judged === undefined || closed.judged.verdict === 'persistent') return book;
  const flows = book.held.filter((held) => held.incident === id);
  const combined = combineVerdicts(flows.map(verdictOf));
  const verdict = combined === 'transient' && flows.length < closed.judged.flows ? 'unknown' : combined;
  if (verdict === closed.judged.verdict) return book;
  const judged: ClosedIncident = { ...closed, judged: { ...closed.judged, verdict } };
  return { ...book, closed: book.closed.map((known) => (known === closed ? judged : known)) };
}

/** A message of a flow that is held or open: the one that turns it into a black hole raises the alarm, later ones renew its text. */
function judgeSighting(rules: Rules, moved: Step, input: Input & { readonly kind: 'sighting' }): Step {
  if (moved.incident === null) return moved;
  const { book } = moved;
  const id = moved.incident;
  // An entry whose time is over may still stand there; the one that this message has touched is meant.
  const inHold = flowIn(book.held, input.flow);
  const held = inHold?.last === input.at && inHold.incident === id ? inHold : undefined;
  const open = findIncident(book, id);
  const record = open === undefined ? undefined : flowIn(open.flows, input.flow);
  const flow = held ?? record;
  if (flow === undefined) return moved;
  const times = judgeTimesFor(rules.messageIntervalMs);
  const mayPersist = flow.last - flow.first >= times.againMs;
  const known = verdictOf(flow);
  // It was silent for minutes to be called transient: it has come again after one, though a reboot has taken the time of its first message.
  const judged =
    known === 'transient'
      ? cameAgain
      : !mayPersist
        ? firstJudgement
        : judgeFlow(
            held !== undefined ? evidenceOfHeld(held, input.at, null) : evidenceOfRecord(signsIn(open!), record!, input.at, null),
            times,
          );
  if (judged.verdict !== 'persistent') return held?.count === 1 ? judgeLater(rules, moved, held, input.at) : moved;
  const marked = known === 'persistent' ? book : markPersistent(book, { open, record, held }, judged);
  const told = known === 'persistent' || (open !== undefined && open.sealing === 'no') ? [] : [input.flow];
  // One black hole is enough for the incident.
  const effects = told.map((one) => addendum(id, judged.verdict, [{ flow: one, judged }], input));
  return andThen({ ...moved, book: marked, effects: [...moved.effects, ...effects] }, (next) =>
    raiseAlarm(next, input, blackHoleAlarm(rules, next, id, input)),
  );
}

/** The record of an open incident, the entry of hold-down, or both. */
function markPersistent(
  book: Book,
  { open, record, held }: { open: Incident | undefined; record: FlowRecord | undefined; held: HeldFlow | undefined },
  judged: Judgement,
): Book {
  const mark = <T extends FlowRecord | HeldFlow>(all: readonly T[], one: T | undefined): readonly T[] =>
    one === undefined ? all : withFlow(all, { ...one, judged });
  const marked = open === undefined ? undefined : { ...open, flows: mark(open.flows, record) };
  const incidents = marked === undefined ? book.incidents : book.incidents.map((known) => (known === open ? marked : known));
  return judgeClosed({ ...book, incidents, held: mark(book.held, held) }, (held?.incident ?? open?.id)!);
}

/** A late flow of a closed incident: looked at once it has been silent, unless that is planned already. */
function judgeLater(rules: Rules, moved: Step, held: HeldFlow, at: Monotonic): Step {
  const { book } = moved;
  if (book.incidents.some((incident) => incident.id === held.incident)) return moved;
  const planned = book.held.some(
    (other) => other !== held && other.incident === held.incident && isOpenQuestion(rules, other, at),
  );
  return planned ? moved : { ...moved, effects: [...moved.effects, ...wakeFor(rules, book, held.incident, at)] };
}

const silentFrom = (held: HeldFlow): Monotonic =>
  held.watchedFrom !== undefined && held.watchedFrom > held.last ? held.watchedFrom : held.last;

const isUndecided = (held: HeldFlow): boolean => verdictOf(held) === 'unknown' && held.believed && held.signs?.receiver !== false;

const isOpenQuestion = (rules: Rules, held: HeldFlow, at: Monotonic): boolean =>
  isUndecided(held) && at - silentFrom(held) < judgeTimesFor(rules.messageIntervalMs).quietMs;

const A_MICROSECOND_MS = 0.001;

/** When the first flow of a closed incident will have been silent long enough; nothing when none is waited for. */
function wakeFor(rules: Rules, book: Book, incident: IncidentId, at: Monotonic): Effect[] {
  return wakeAtFirst(
    rules,
    incident,
    book.held.filter((held) => held.incident === incident && isOpenQuestion(rules, held, at)),
  );
}

function wakeAtFirst(rules: Rules, incident: IncidentId, flows: readonly HeldFlow[]): Effect[] {
  const { quietMs } = judgeTimesFor(rules.messageIntervalMs);
  let first: Monotonic | null = null;
  for (const held of flows) {
    const from = silentFrom(held);
    const sum = after(from, quietMs);
    // A sum of fractions may be rounded down: woken at it the silence would be too short by a bit, and woken again at once, for ever.
    const due = sum - from < quietMs ? after(sum, A_MICROSECOND_MS) : sum;
    if (first === null || due < first) first = due;
  }
  return first === null ? [] : [{ kind: 'wake', incident, name: 'judge', at: first }];
}

/** An incident has left the open ones: what its evidence says of its flows stays with them, and the silence is waited for. */
function noteClosed(rules: Rules, before: Book, moved: Step): Step {
  const gone = before.incidents.filter((incident) => !moved.book.incidents.some((known) => known.id === incident.id));
  return gone.reduce<Step>((step, incident) => {
    const closed = step.book.closed.findLast((known) => known.id === incident.id);
    return closed === undefined ? step : andThen(step, (book) => closeJudged(rules, book, incident, closed));
  }, moved);
}

function closeJudged(rules: Rules, book: Book, incident: Incident, closed: ClosedIncident): Step {
  const signsOf = signsIn(incident, closed.dones);
  const records = new Map(incident.flows.map((record) => [formatFlow(record.flow), record]));
  const held = book.held.map((flow) => {
    if (flow.incident !== incident.id) return flow;
    const record = records.get(formatFlow(flow.flow));
    const signs = record === undefined ? null : signsOf(record);
    const judged = flow.judged ?? record?.judged;
    return signs === null && judged === undefined
      ? flow
      : { ...flow, ...(signs === null ? {} : { signs }), ...(judged === undefined ? {} : { judged }) };
  });
  const verdict = verdictOfIncident(incident);
  const flows = incident.flows.length + incident.flowsNotKept;
  const judged: ClosedIncident = { ...closed, judged: { verdict, flows } };
  const next = noteRecurrence(
    { ...book, held, closed: book.closed.map((known) => (known === closed ? judged : known)) },
    incident,
  );
  // One that closes late (a stop that was never acknowledged) has been silent long enough already: its timer fires at once.
  const undecided = held.filter((flow) => flow.incident === incident.id && isUndecided(flow));
  return { book: next, effects: wakeAtFirst(rules, incident.id, undecided), reason: 'waiting', incident: incident.id };
}

/** The agent was away: what was silent meanwhile is not known to have been. */
function watchAnew(rules: Rules, book: Book, at: Monotonic): Step {
  const closed = new Set(book.closed.map((known) => known.id));
  const waiting = new Set<IncidentId>();
  const held = book.held.map((flow) => {
    if (!closed.has(flow.incident) || verdictOf(flow) !== 'unknown' || flow.signs?.receiver === false) return flow;
    waiting.add(flow.incident);
    return { ...flow, watchedFrom: at };
  });
  if (waiting.size === 0) return stay(book, 'restarted');
  const next: Book = { ...book, held };
  return { ...stay(next, 'restarted'), effects: [...waiting].flatMap((incident) => wakeFor(rules, next, incident, at)) };
}
