/**
 * The spoke's side: joins an incident that a peer signals, stops by its own timer even if every stop is lost, and is over
 * when its device is verified quiet (pair-protocol.md, "Timeline"). Phases of an id only advance: alert < stop < closed.
 */
import type { Monotonic } from '../model/time.ts';
import { after, earlier } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Book, ClosedIncident, FlowRecord, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { beforeStop, findIncident, go, hasId, raiseAlarm, settle, stay, then } from './move.ts';
import { countOpening, firstOrders, lookAtDevice, newIncident, overBudget, wouldDo } from './opening.ts';
import type { Rules } from './rules.ts';
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
  if (overBudget(rules, book, input.at, timing.hourMs)) return refuseOverBudget(rules, book, input, input.id);
  return openFromAlert(rules, book, input);
}

/** When this alert wants the stop. Nonsense means our own delay; nothing moves it beyond `maxDelay`. */
function deadline(rules: Rules, alert: Alert): Monotonic {
  const wanted = alert.delayMs === null ? rules.delayMs : alert.delayMs;
  return after(alert.at, Math.min(Math.max(0, wanted), rules.maxDelayMs));
}

function openFromAlert(rules: Rules, book: Book, input: Alert): Step {
  const incident = newIncident(rules, book, {
    id: input.id,
    openedBy: 'alert',
    at: input.at,
    wall: input.wall,
    flows: signalledFlows(input),
    peers: [],
    signallers: [{ peer: input.peer, id: input.id }],
    scope: input.scope,
    stopAt: deadline(rules, input),
    act: input.act,
  });
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  if (incident.mode === 'observe') {
    const would = wouldDo(rules, incident, incident.stopAt - input.at);
    return settle(counted, go(incident, incident.onHold ? 'alert-on-hold' : 'alert-observed', ...firstOrders(incident), would));
  }
  const reason = incident.stop.kind === 'planned' ? 'alert-accepted' : 'alert-capture-only';
  return settle(counted, go(incident, reason, ...firstOrders(incident), ...lookAtDevice(incident, 'first')));
}

function signalledFlows(input: Alert): FlowRecord[] {
  if (input.flow === null) return [];
  return [
    {
      flow: input.flow,
      count: 1,
      first: input.at,
      firstWall: input.wall,
      last: input.at,
      lastWall: input.wall,
      interface: null,
      sources: [`peer:${input.peer}`],
      peers: [input.peer],
      late: false,
      corroboration: 'not-needed',
    },
  ];
}

/** A repeated or a second alert can only bring the stop forward: a peer must never keep debugs on. */
function mergeAlert(rules: Rules, book: Book, incident: Incident, input: Alert): Step {
  const repeated =
    hasId(incident, input.id) && incident.signallers.some((known) => known.peer === input.peer && known.id === input.id);
  const nowActs = input.act && incident.stop.kind === 'not-planned' && incident.stop.why === 'peer-asked-capture-only';
  const stopAt = nowActs ? deadline(rules, input) : earlier(incident.stopAt, deadline(rules, input));
  const wake: Effect[] = stopAt !== incident.stopAt ? [{ kind: 'wake', incident: incident.id, name: 'stop', at: stopAt }] : [];
  const stop = nowActs ? ({ kind: 'planned', waiting: false } as const) : incident.stop;
  if (repeated) return settle(book, go({ ...incident, stopAt, stop }, 'alert-repeated', ...wake));
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
    signallers: addSignaller(incident, input.peer, input.id),
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
  return settle(book, go(merged, 'alert-merged', ...wake, ...look));
}

function mergeFlows(rules: Rules, incident: Incident, input: Alert): readonly FlowRecord[] {
  const fresh = signalledFlows(input).filter(
    (flow) => !incident.flows.some((known) => JSON.stringify(known.flow) === JSON.stringify(flow.flow)),
  );
  return [...incident.flows, ...fresh].slice(0, rules.flowsPerIncidentMax);
}

const joinId = (incident: Incident, id: IncidentId): Incident =>
  hasId(incident, id) ? incident : { ...incident, aliases: [...incident.aliases, id] };

const addSignaller = (incident: Incident, peer: string, id: IncidentId | null): Incident['signallers'] =>
  incident.signallers.some((known) => known.peer === peer && known.id === id)
    ? incident.signallers
    : [...incident.signallers, { peer, id }];

export function onStop(rules: Rules, book: Book, input: Stop): Step {
  if (rules.mode === 'observe') return stay(book, 'stop-observed', input.id);
  const earlierOne = input.id === null ? eemIncident(rules, book, input) : findIncident(book, input.id);
  if (earlierOne?.stopPassed) return stay(book, 'stop-repeated', earlierOne.id);
  if (input.id !== null && book.closed.some((known) => hasId(known, input.id!))) return stay(book, 'closed-incident', input.id);
  if (input.id === null && earlierOne === undefined && justClosed(rules, book, input) !== undefined)
    return stay(book, 'stop-repeated');
  const open = earlierOne ?? beforeStop(book);
  if (open !== undefined) return stopOpen(rules, book, open, input);
  if (overBudget(rules, book, input.at, timing.hourMs)) return refuseOverBudget(rules, book, input, input.id ?? input.newId);
  return openFromStop(rules, book, input);
}

/** EEM peers have no id: one event per (peer, value) within the window, joined to that peer's open incident. */
function eemIncident(rules: Rules, book: Book, input: Stop): Incident | undefined {
  return book.incidents.find(
    (incident) =>
      incident.signallers.some((known) => known.peer === input.peer) &&
      (!incident.stopPassed || input.at - incident.openedAt <= rules.eemWindowMs + rules.maxDelayMs),
  );
}

const justClosed = (rules: Rules, book: Book, input: Stop): ClosedIncident | undefined =>
  book.closed.find(
    (known) =>
      known.signallers.some((signaller) => signaller.peer === input.peer) &&
      input.at - (known.stoppedAt ?? known.closedAt) <= rules.eemWindowMs,
  );

function stopOpen(rules: Rules, book: Book, open: Incident, input: Stop): Step {
  const joined: Incident = {
    ...(input.id === null ? open : joinId(open, input.id)),
    signallers: addSignaller(open, input.peer, input.id),
    stopAt: earlier(open.stopAt, input.at),
  };
  if (joined.stop.kind === 'not-planned' && joined.stop.why !== 'peer-asked-capture-only') {
    return settle(book, go(joined, joined.onHold ? 'stop-on-hold' : 'stop-not-in-this-mode'));
  }
  const planned: Incident = { ...joined, stop: { kind: 'planned', waiting: false } };
  return reachStopTime(rules, book, planned, input.at, 'stop-accepted');
}

/** A stop that nothing announced is honoured: stop first, then capture what is left to see. */
function openFromStop(rules: Rules, book: Book, input: Stop): Step {
  const incident = newIncident(rules, book, {
    id: input.id ?? input.newId,
    openedBy: 'stop',
    at: input.at,
    wall: input.wall,
    flows: [],
    peers: [],
    signallers: [{ peer: input.peer, id: input.id }],
    scope: input.scope,
    stopAt: input.at,
    act: true,
  });
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  const stopped = reachStopTime(rules, counted, incident, input.at, 'stop-without-alert');
  const opened = findIncident(stopped.book, incident.id) ?? incident;
  const would: Effect[] = opened.mode === 'observe' ? [wouldDo(rules, opened, 0)] : [];
  return { ...stopped, effects: [...stopped.effects, ...firstOrders(opened), ...would, ...lookAtDevice(opened, 'late')] };
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
  const done: Effect[] =
    input.id === null
      ? []
      : [
          {
            kind: 'signal-done',
            incident: id,
            peer: input.peer,
            id,
            bits: 0,
            keys: { off: 'failed', cap: '0/0', why: 'budget' },
          },
        ];
  const refused: Step = {
    book: { ...book, closed: [...book.closed, closed] },
    effects: done,
    reason: 'over-budget',
    incident: id,
  };
  return then(refused, (next) =>
    raiseAlarm(next, input, {
      key: 'budget',
      text: `more than ${rules.incidentsPerHour} incidents in an hour on ${rules.device.name}: signals of ${input.peer} are not acted on`,
      remedy: `if debugs are on, log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
      incident: id,
    }),
  );
}
