/**
 * The spoke's side: joins an incident that a peer signals, stops by its own timer even if every stop is lost, and is over
 * when its device is verified quiet (pair-protocol.md, "Timeline"). Phases of an id only advance: alert < stop < closed.
 */
import { limits } from '../limits.ts';
import type { Monotonic } from '../model/time.ts';
import { after, earlier } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import { doneBits } from '../wire/signal.ts';
import { leaseLeftMs, ourDebugs } from './arming-state.ts';
import type { Book, ClosedIncident, FlowRecord, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import {
  beforeStop,
  countDropped,
  findIncident,
  go,
  hasId,
  isCaptureOnly,
  peerSource,
  raiseAlarm,
  remember,
  sameFlow,
  settle,
  stay,
} from './move.ts';
import { countOpening, firstOrders, lookAtDevice, newFlowRecord, newIncident, overBudget, wouldDo } from './opening.ts';
import type { Rules } from './rules.ts';
import { makeRoom } from './sealing.ts';
import { reachStopTime } from './stopping.ts';
import { timing } from './timing.ts';

type Alert = Input & { readonly kind: 'alert' };
type Stop = Input & { readonly kind: 'stop' };

export function onAlert(rules: Rules, book: Book, input: Alert): Step {
  if (book.closed.some((known) => hasId(known, input.id))) return stay(book, 'closed-incident', input.id);
  const known = findIncident(book, input.id);
  if (known?.stopPassed) return stay(book, 'alert-after-stop', known.id);
  const open = known ?? beforeStop(book);
  if (open !== undefined) return mergeAlert(rules, book, open, input);
  const roomy = makeRoom(rules, book, input);
  // Not remembered as closed: a message at the other end may join what was to be a look, and then this id has to stop.
  if (!input.act && tooManyLooks(rules, roomy, input.at)) return stay(book, 'capture-over-budget', input.id);
  if (overBudget(rules, roomy, input.at, timing.hourMs)) return refuseOverBudget(rules, roomy, input, input.id);
  return openFromAlert(rules, roomy, input);
}

/** What peers only want to look at takes nothing of the budget that stops are made by, and has as much of its own (capture-now.ts). */
function tooManyLooks(rules: Rules, book: Book, at: Monotonic): boolean {
  const isLook = ({ openedBy, signallers }: Pick<Incident, 'openedBy' | 'signallers'>): boolean =>
    openedBy === 'alert' && signallers.every((signaller) => signaller.captureOnly);
  const closed = book.closed.filter((known) => isLook(known) && at - known.closedAt < timing.hourMs);
  return closed.length + book.incidents.filter(isLook).length >= rules.incidentsPerHour;
}

/** When this alert wants the stop. Nonsense means our own delay; nothing moves it beyond `maxDelay`, or the lease of what we armed. */
function deadline(rules: Rules, book: Book, alert: Alert): Monotonic {
  const wanted = alert.delayMs === null || !Number.isFinite(alert.delayMs) ? rules.delayMs : alert.delayMs;
  return after(alert.at, Math.min(Math.max(0, wanted), rules.maxDelayMs, leaseLeftMs(book, alert.at) ?? rules.maxDelayMs));
}

function openFromAlert(rules: Rules, book: Book, input: Alert): Step {
  const incident = newIncident(rules, book, {
    id: input.id,
    openedBy: 'alert',
    at: input.at,
    wall: input.wall,
    flows: signalledFlows(input),
    peers: [],
    signallers: [signaller(input.peer, input.id, input.act)],
    scope: input.scope,
    stopAt: deadline(rules, book, input),
    act: input.act,
  });
  const counted = input.act ? countOpening(rules, book, input.at, timing.hourMs) : book;
  if (incident.mode === 'observe') {
    const would = wouldDo(rules, incident, incident.stopAt - input.at);
    return settle(counted, go(incident, incident.onHold ? 'alert-on-hold' : 'alert-observed', ...firstOrders(incident), would));
  }
  const reason = incident.stop.kind === 'planned' ? 'alert-accepted' : 'alert-capture-only';
  return settle(counted, go(incident, reason, ...firstOrders(incident), ...lookAtDevice(incident, 'first')));
}

function signalledFlows(input: Alert | Stop): FlowRecord[] {
  if (input.flow === null || input.flow === undefined) return [];
  const about = {
    interface: null,
    sources: [peerSource(input.peer)],
    peers: [input.peer],
    late: false,
    corroboration: 'not-needed',
  } as const;
  return [newFlowRecord({ ...input, flow: input.flow }, about)];
}

/** A repeated or a second alert can only bring the stop forward: a peer must never keep debugs on. */
function mergeAlert(rules: Rules, book: Book, incident: Incident, input: Alert): Step {
  const repeated =
    hasId(incident, input.id) && incident.signallers.some((known) => known.peer === input.peer && known.id === input.id);
  const nowActs = input.act && isCaptureOnly(incident);
  // Whoever wants a capture only has no say in when debugs end: the order in which two alerts came must not matter.
  const bringsForward = input.act || incident.stop.kind === 'not-planned';
  const stopAt = nowActs
    ? deadline(rules, book, input)
    : bringsForward
      ? earlier(incident.stopAt, deadline(rules, book, input))
      : incident.stopAt;
  const wake: Effect[] = stopAt !== incident.stopAt ? [{ kind: 'wake', incident: incident.id, name: 'stop', at: stopAt }] : [];
  const stop = nowActs ? ({ kind: 'planned', waiting: false } as const) : incident.stop;
  const counted = nowActs ? countOpening(rules, book, input.at, timing.hourMs) : book;
  if (repeated || isFull(incident)) {
    const known = repeated ? counted : countDropped(counted, 'mergedIdsMax');
    const signallers = repeated ? addSignaller(incident, input.peer, input.id, input.act) : incident.signallers;
    return settle(known, go({ ...incident, signallers, stopAt, stop }, repeated ? 'alert-repeated' : 'alert-merged', ...wake));
  }
  const fresh = input.scope.filter((address) => !incident.captureScope.includes(address));
  const room = Math.max(0, rules.maxPeersCaptured - incident.captureScope.length);
  const scope = fresh.slice(0, room);
  const look: Effect[] =
    scope.length > 0 && incident.mode !== 'observe'
      ? [
          {
            kind: 'capture',
            incident: incident.id,
            round: 'first',
            scope,
            deviceWide: false,
            flows: input.flow === null ? [] : [input.flow],
          },
        ]
      : [];
  const merged: Incident = {
    ...joinId(incident, input.id),
    signallers: addSignaller(incident, input.peer, input.id, input.act),
    flows: mergeFlows(rules, incident, input),
    captureScope: [...incident.captureScope, ...scope],
    captures:
      look.length > 0
        ? [
            ...incident.captures,
            { round: 'first', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' },
          ]
        : incident.captures,
    stopAt,
    stop,
  };
  return settle(counted, go(merged, 'alert-merged', ...wake, ...look));
}

const isFull = (incident: Incident): boolean =>
  incident.aliases.length >= limits.mergedIdsMax || incident.signallers.length >= limits.mergedIdsMax;

function mergeFlows(rules: Rules, incident: Incident, input: Alert): readonly FlowRecord[] {
  const signalled = signalledFlows(input);
  const told = (known: FlowRecord) => signalled.find((flow) => sameFlow(known.flow, flow.flow));
  const merged = incident.flows.map((known) => {
    const again = told(known);
    if (again === undefined) return known;
    const peers = [...new Set([...known.peers, ...again.peers])];
    const sources = [...new Set([...known.sources, ...again.sources])];
    return { ...known, peers, sources, count: known.count + 1, last: input.at, lastWall: input.wall };
  });
  const fresh = signalled.filter((flow) => !incident.flows.some((known) => sameFlow(known.flow, flow.flow)));
  return [...merged, ...fresh].slice(0, rules.flowsPerIncidentMax);
}

const joinId = (incident: Incident, id: IncidentId): Incident =>
  hasId(incident, id) ? incident : { ...incident, aliases: [...incident.aliases, id] };

const signaller = (peer: string, id: IncidentId | null, act: boolean): Incident['signallers'][number] =>
  act ? { peer, id } : { peer, id, captureOnly: true };

/** One that has asked for a stop never takes it back by asking for a capture. */
function addSignaller(incident: Incident, peer: string, id: IncidentId | null, act: boolean): Incident['signallers'] {
  const { signallers } = incident;
  const known = signallers.find((one) => one.peer === peer && one.id === id);
  if (known === undefined) return [...signallers, signaller(peer, id, act)];
  if (known.captureOnly === undefined || !act) return signallers;
  return signallers.map((one) => (one === known ? signaller(peer, id, act) : one));
}

export function onStop(rules: Rules, book: Book, input: Stop): Step {
  if (rules.mode === 'observe') return stay(book, 'stop-observed', input.id);
  const earlierOne = input.id === null ? eemIncident(rules, book, input) : findIncident(book, input.id);
  // What was only captured so far has not had its stop: phases advance, and its bound and its tail begin now.
  if (earlierOne?.stopPassed && isCaptureOnly(earlierOne))
    return stopOpen(rules, book, { ...earlierOne, stopPassed: false, stopAt: input.at, tailKept: false }, input);
  if (earlierOne?.stopPassed) return stay(book, 'stop-repeated', earlierOne.id);
  const over = book.closed.filter((known) => input.id !== null && hasId(known, input.id));
  // A look that is over has had no stop either: a line of its last moment may be borne out at the other end when it is.
  const isLook = ({ stoppedAt, signallers }: ClosedIncident): boolean =>
    stoppedAt === null && signallers.every((signaller) => signaller.captureOnly);
  const mayStillStop = rules.mode === 'act' && over.every(isLook);
  if (input.id !== null && over.length > 0 && !mayStillStop) return stay(book, 'closed-incident', input.id);
  if (input.id === null && earlierOne === undefined && justClosed(rules, book, input) !== undefined)
    return stay(book, 'stop-repeated');
  const open = earlierOne ?? beforeStop(book);
  if (open !== undefined) return stopOpen(rules, book, open, input);
  const roomy = makeRoom(rules, book, input);
  if (overBudget(rules, roomy, input.at, timing.hourMs)) return refuseOverBudget(rules, roomy, input, input.id ?? input.newId);
  return openFromStop(rules, roomy, input, over.length > 0);
}

/** EEM peers have no id: one event per (peer, value) within the window, joined to that peer's open incident. */
function eemIncident(rules: Rules, book: Book, input: Stop): Incident | undefined {
  const theirs = book.incidents.filter((incident) => incident.signallers.some((known) => known.peer === input.peer));
  // One that still waits for its stop comes first: a stop must not be taken for a repetition of an older one.
  return (
    theirs.find((incident) => !incident.stopPassed) ?? theirs.find((incident) => input.at - incident.stopAt <= rules.eemWindowMs)
  );
}

const justClosed = (rules: Rules, book: Book, input: Stop): ClosedIncident | undefined =>
  book.closed.find(
    (known) =>
      known.signallers.some((signaller) => signaller.peer === input.peer) &&
      input.at - (known.stoppedAt ?? known.closedAt) <= rules.eemWindowMs,
  );

function stopOpen(rules: Rules, book: Book, open: Incident, input: Stop): Step {
  const stopAt = earlier(open.stopAt, input.at);
  const joined: Incident = isFull(open)
    ? { ...open, stopAt }
    : {
        ...(input.id === null ? open : joinId(open, input.id)),
        signallers: addSignaller(open, input.peer, input.id, true),
        stopAt,
      };
  const opened = isCaptureOnly(joined) ? countOpening(rules, book, input.at, timing.hourMs) : book;
  const counted = isFull(open) ? countDropped(opened, 'mergedIdsMax') : opened;
  // Not planned here: there is nothing to stop, and the moment for the second look at the counters is now all the same.
  if (joined.stop.kind === 'not-planned' && !isCaptureOnly(joined))
    return reachStopTime(rules, counted, joined, input.at, whyNotStopped(joined));
  const planned: Incident = { ...joined, stop: { kind: 'planned', waiting: false } };
  return reachStopTime(rules, counted, planned, input.at, 'stop-accepted');
}

const whyNotStopped = (incident: Incident): 'stop-on-hold' | 'stop-not-in-this-mode' =>
  incident.onHold ? 'stop-on-hold' : 'stop-not-in-this-mode';

/** A stop that nothing announced is honoured: stop first, then capture what is left to see. `isKnown`: its id has a bundle, and is an alias. */
function openFromStop(rules: Rules, book: Book, input: Stop, isKnown: boolean): Step {
  const id = isKnown ? input.newId : (input.id ?? input.newId);
  const opened = newIncident(rules, book, {
    id,
    openedBy: 'stop',
    at: input.at,
    wall: input.wall,
    flows: signalledFlows(input),
    peers: [],
    signallers: [{ peer: input.peer, id: input.id }],
    scope: input.scope,
    stopAt: input.at,
    act: true,
  });
  const incident = input.id === null ? opened : joinId(opened, input.id);
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  const reason = incident.stop.kind === 'not-planned' ? whyNotStopped(incident) : 'stop-without-alert';
  const stopped = reachStopTime(rules, counted, incident, input.at, reason);
  const settled = findIncident(stopped.book, incident.id) ?? incident;
  const would: Effect[] = settled.mode === 'observe' ? [wouldDo(rules, settled, 0)] : [];
  return { ...stopped, effects: [...stopped.effects, ...firstOrders(settled), ...would, ...lookAtDevice(settled, 'late')] };
}

/**
 * Over budget nothing is sent to the device (with `arm: manual` nothing on it is ours); the signaller is told that it failed,
 * a person is told what to type, and the id is remembered so that its repeats cost nothing.
 */
function refuseOverBudget(rules: Rules, book: Book, input: Alert | Stop, id: IncidentId): Step {
  const closed: ClosedIncident = {
    id,
    aliases: [],
    openedBy: input.kind,
    closedAt: input.at,
    closedAtWall: input.wall,
    stoppedAt: null,
    outcome: { kind: 'partial', reasons: ['over-budget'] },
    peers: [],
    signallers: [{ peer: input.peer, id: input.id }],
    dones: [],
  };
  const raised = raiseAlarm(remember(rules, book, closed), input, {
    key: 'budget',
    text: `more than ${rules.incidentsPerHour} incidents in an hour on ${rules.device.name}, or ${limits.openIncidentsMax} unfinished: signals of ${input.peer} are not acted on`,
    remedy: `if debugs are on, log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
    incident: id,
  });
  // Mode observe signals hello only.
  if (input.id === null || rules.mode === 'observe') return { ...raised, reason: 'over-budget', incident: id };
  // What we armed is ended all the same (arming.ts); whether it is off is not known yet.
  const keys = { off: ourDebugs(book).length > 0 ? 'unverified' : 'failed', cap: '0/0', why: 'budget' };
  const done: Effect = { kind: 'signal-done', incident: id, peer: input.peer, id, bits: doneBits.alarm, keys };
  return { ...raised, effects: [done, ...raised.effects], reason: 'over-budget', incident: id };
}
