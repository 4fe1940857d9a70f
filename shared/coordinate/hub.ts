/**
 * The hub's side: its own device's message opens an incident, alerts the peers, plans the stop for both ends
 * (pair-protocol.md, "What counts as the event" and "Timeline"). Also what peers report back: done.
 */
import { formatFlow } from '../model/flow.ts';
import { peerNamed } from '../model/peer-lookup.ts';
import { after, earlier } from '../model/time.ts';
import { doneBits } from '../wire/signal.ts';
import type { Book, DoneReport, FlowRecord, Incident, PeerRecord } from './book.ts';
import type { Effect } from './effect.ts';
import { flowIn, withFlow } from './flow-list.ts';
import { heldSighting } from './hold-down.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import {
  andThen,
  beforeStop,
  clearAlarm,
  findIncident,
  go,
  hasId,
  isActionable,
  isCaptureOnly,
  isOwn,
  raiseAlarm,
  settle,
  stay,
} from './move.ts';
import {
  countOpening,
  firstOrders,
  lookAtDevice,
  newFlowRecord,
  newIncident,
  newPeerRecord,
  overBudget,
  wouldDo,
} from './opening.ts';
import { peerIn, withPeers } from './peer-list.ts';
import type { Rules } from './rules.ts';
import { isSpitrap, makeRoom, sealIfReady } from './sealing.ts';
import { reachStopTime, signalStop } from './stopping.ts';
import { timing } from './timing.ts';

type Sighting = Input & { readonly kind: 'sighting' };

export function onSighting(rules: Rules, book: Book, input: Sighting): Step {
  const held = heldSighting(rules, book, input);
  if (held !== null) return held;
  const open = beforeStop(book);
  if (open !== undefined) return joinFlow(rules, book, open, input);
  const roomy = makeRoom(rules, book, input);
  if (overBudget(rules, roomy, input.at, timing.hourMs)) return refuseOverBudget(rules, roomy, input);
  return openFromSighting(rules, roomy, input);
}

function openFromSighting(rules: Rules, book: Book, input: Sighting): Step {
  const flow = flowOf(input, input.spoofable ? 'pending' : 'not-needed');
  const incident = newIncident(rules, book, {
    id: input.id,
    openedBy: 'message',
    at: input.at,
    wall: input.wall,
    flows: [flow],
    peers: input.peers,
    signallers: [],
    scope: [input.flow.src],
    stopAt: after(input.at, rules.delayMs),
    act: true,
  });
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  if (incident.mode === 'observe') {
    const reason = incident.onHold ? 'incident-opened-on-hold' : 'incident-opened-observing';
    return settle(counted, go(incident, reason, ...firstOrders(incident), wouldDo(rules, incident, rules.delayMs)));
  }
  const told = input.spoofable
    ? { incident, effects: [corroborate(incident, input)] }
    : alertPeers(rules, incident, input.peers, input);
  return settle(
    counted,
    go(told.incident, 'incident-opened', ...firstOrders(incident), ...told.effects, ...lookAtDevice(incident, 'first')),
  );
}

const corroborate = (incident: Incident, input: Sighting): Effect => ({
  kind: 'corroborate',
  incident: incident.id,
  flow: input.flow,
  spiAsReceived: input.spiAsReceived,
  timeoutMs: timing.corroborateMs,
});

/** Alerts go to `spitrap` peers alone; an `eem` peer is told at the stop. */
function alertPeers(
  rules: Rules,
  incident: Incident,
  peers: readonly string[],
  now: { readonly at: Input['at']; readonly flow: FlowRecord['flow'] },
) {
  // Found due hours late: an alert now would end debugs that have nothing to do with this event.
  if (incident.onlyOurs) return { incident, effects: [] };
  const alerted: PeerRecord[] = [];
  const act = incident.mode === 'act' && incident.stop.kind !== 'not-planned';
  const again: Effect[] = [];
  for (const peer of peers) {
    const record = peerIn(incident.peers, peer);
    if (record === undefined || !isSpitrap(rules, peer)) continue;
    // A person only wanted to look there; now it is to stop by its own timer too.
    const isMore = act && record.askedCaptureOnly === true;
    if (record.alert.kind !== 'unsent' && !isMore) continue;
    if (isMore) again.push({ kind: 'cancel-signals', incident: incident.id, peer });
    const { askedCaptureOnly: _asked, ...rest } = record;
    alerted.push({ ...rest, alert: { kind: 'sending', since: now.at } });
  }
  if (alerted.length === 0) return { incident, effects: [] };
  const alert: Effect = {
    kind: 'alert',
    incident: incident.id,
    peers: alerted.map((record) => record.peer),
    stopAt: incident.stopAt,
    act,
    flow: now.flow,
  };
  return { incident: { ...incident, peers: withPeers(incident.peers, alerted) }, effects: [...again, alert] };
}

const flowOf = (input: Sighting, corroboration: FlowRecord['corroboration']): FlowRecord =>
  newFlowRecord(input, {
    interface: input.interface,
    sources: [input.source],
    peers: input.peers,
    late: false,
    corroboration,
  });

/** Another message before the stop: the same incident, perhaps a new flow, perhaps a new peer. */
function joinFlow(rules: Rules, book: Book, incident: Incident, input: Sighting): Step {
  const known = flowIn(incident.flows, input.flow);
  if (known !== undefined) return repeatFlow(rules, book, incident, known, input);
  if (incident.flows.length >= rules.flowsPerIncidentMax) {
    return settle(book, go({ ...incident, flowsNotKept: incident.flowsNotKept + 1 }, 'flow-merged'));
  }
  const corroboration = !input.spoofable ? 'not-needed' : mayAsk(incident) ? 'pending' : 'over-limit';
  const widened = widen(rules, { ...incident, flows: withFlow(incident.flows, flowOf(input, corroboration)) }, input);
  if (incident.mode === 'observe') return settle(book, go(widened.incident, 'flow-merged'));
  if (corroboration === 'pending')
    return settle(book, go(widened.incident, 'flow-merged', corroborate(incident, input), ...widened.effects));
  if (corroboration === 'over-limit') return settle(book, go(widened.incident, 'corroboration-over-limit', ...widened.effects));
  const planned = planStop(rules, widened.incident, input.at);
  const told = alertPeers(rules, planned.incident, input.peers, input);
  const joined = settle(book, go(told.incident, 'flow-merged', ...planned.effects, ...told.effects, ...widened.effects));
  return resumeWaitingStop(rules, joined, told.incident, input);
}

/**
 * A message that may be believed has a plan of its own: the earliest of all counts, and what was only to be captured for a peer is
 * stopped after all. Merging is commutative: whether the peer's signal or our own message came first makes no difference.
 */
function planStop(rules: Rules, incident: Incident, firstSeen: Input['at']): { incident: Incident; effects: Effect[] } {
  const own = after(firstSeen, rules.delayMs);
  const nowActs = isCaptureOnly(incident) && incident.mode === 'act' && incident.sealing === 'no';
  const stopAt = nowActs ? own : earlier(incident.stopAt, own);
  if (!nowActs && (incident.stopPassed || stopAt === incident.stopAt)) return { incident, effects: [] };
  const planned: Incident = nowActs
    ? // The tail that the look has kept is not the tail of this stop.
      { ...incident, stopAt, stop: { kind: 'planned', waiting: false }, stopPassed: false, tailKept: false }
    : { ...incident, stopAt };
  return { incident: planned, effects: [{ kind: 'wake', incident: incident.id, name: 'stop', at: stopAt }] };
}

/** Stops counting at the bound: a storm of spoofable lines would count thousands for each of thousands. */
function mayAsk(incident: Incident): boolean {
  let waiting = 0;
  for (const record of incident.flows)
    if (record.corroboration === 'pending' && ++waiting >= timing.corroborationsMax) return false;
  return true;
}

/** The peers of a new flow join the incident; its source is captured too, up to a bound. */
function widen(rules: Rules, incident: Incident, input: Sighting): { incident: Incident; effects: Effect[] } {
  const strangers = input.peers.filter((peer) => peerIn(incident.peers, peer) === undefined);
  const peers = withPeers(incident.peers, strangers.map(newPeerRecord));
  const isNew = !incident.captureScope.includes(input.flow.src) && incident.captureScope.length < rules.maxPeersCaptured;
  if (!isNew) return { incident: { ...incident, peers }, effects: [] };
  const widened: Incident = { ...incident, peers, captureScope: [...incident.captureScope, input.flow.src] };
  if (incident.mode === 'observe') return { incident: widened, effects: [] };
  const running = { round: 'first', state: 'running', withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' } as const;
  const capture: Effect = {
    kind: 'capture',
    incident: incident.id,
    round: 'first',
    scope: [input.flow.src],
    deviceWide: false,
    flows: [input.flow],
  };
  return { incident: { ...widened, captures: [...widened.captures, running] }, effects: [capture] };
}

function repeatFlow(rules: Rules, book: Book, incident: Incident, known: FlowRecord, input: Sighting): Step {
  // A peer that wants a capture only may have told of this very flow before: its word must not keep our own message from a stop.
  const isPeersWord = !isOwn(known);
  const onlyPeers = isPeersWord && isCaptureOnly(incident);
  const believed = !input.spoofable && (onlyPeers || !isActionable(known));
  // It found no room among the questions the first time; forged lines must not silence a true one.
  const asked =
    input.spoofable && (onlyPeers || known.corroboration === 'over-limit') && mayAsk(incident) && !incident.stopPassed;
  const again: FlowRecord = {
    ...known,
    count: known.count + 1,
    last: input.at,
    lastWall: input.wall,
    sources: known.sources.includes(input.source) ? known.sources : [...known.sources, input.source],
    corroboration: believed ? 'not-needed' : asked ? 'pending' : known.corroboration,
  };
  const flows = withFlow(incident.flows, again);
  if (asked && incident.mode !== 'observe')
    return settle(book, go({ ...incident, flows }, 'flow-repeated', corroborate(incident, input)));
  if (!believed && isPeersWord && !input.spoofable && incident.mode !== 'observe') {
    // Nor may it put the stop further off than our own message would.
    const { incident: planned, effects } = planStop(rules, { ...incident, flows }, input.at);
    return settle(book, go(planned, 'flow-repeated', ...effects));
  }
  if (!believed || incident.mode === 'observe') return settle(book, go({ ...incident, flows }, 'flow-repeated'));
  // The same message has now come over a connection too: nothing needs to be asked any more.
  return believe(rules, book, { ...incident, flows }, again, input, 'corroborated');
}

export function onCorroborated(rules: Rules, book: Book, input: Input & { readonly kind: 'corroborated' }): Step {
  const incident = findIncident(book, input.incident);
  const known = incident === undefined ? undefined : flowIn(incident.flows, input.flow);
  if (incident === undefined || known === undefined || known.corroboration !== 'pending')
    return stay(book, 'timer-outlived', input.incident);
  const flows = withFlow(incident.flows, { ...known, corroboration: input.result });
  const judged: Incident = { ...incident, flows };
  if (input.result !== 'absent') {
    const reason = input.result === 'found' ? 'corroborated' : 'corroboration-undecided';
    return believe(rules, book, judged, { ...known, corroboration: input.result }, input, reason);
  }
  const told = andThen(settle(book, go(judged, 'not-corroborated')), (next) =>
    raiseAlarm(next, input, {
      key: `uncorroborated:${incident.id}`,
      text: `a syslog line claims ${formatFlow(input.flow)}, ${rules.device.name} does not have it in its own log buffer: no signal, no stop (${input.detail})`,
      remedy: null,
      incident: incident.id,
    }),
  );
  return resumeWaitingStop(rules, told, judged, input);
}

/** A flow has become actionable: its peers are alerted, and a stop that was waiting goes on. */
function believe(
  rules: Rules,
  book: Book,
  found: Incident,
  flow: FlowRecord,
  input: Input,
  reason: 'corroborated' | 'corroboration-undecided',
): Step {
  // Its copy over a connection bears a line out unasked, also where nothing may be sent for it.
  if (found.mode === 'observe') return settle(book, go(found, reason));
  const { incident, effects } = planStop(rules, found, flow.first);
  if (incident.stopPassed) {
    // Its answer came after the stop, which another flow had let go: the peers of this one are told now.
    const late = incident.stop.kind === 'not-planned' ? { incident, effects: [] } : signalStop(incident, flow.peers, input.at);
    return settle(book, go(late.incident, reason, ...late.effects));
  }
  const told = alertPeers(rules, incident, flow.peers, { at: input.at, flow: flow.flow });
  return resumeWaitingStop(rules, settle(book, go(told.incident, reason, ...effects, ...told.effects)), told.incident, input);
}

function resumeWaitingStop(rules: Rules, step: Step, incident: Incident, input: Input): Step {
  if (incident.stop.kind !== 'planned' || !incident.stop.waiting) return step;
  return andThen(step, (book) => reachStopTime(rules, book, findIncident(book, incident.id) ?? incident, input.at, 'stop-time'));
}

function refuseOverBudget(rules: Rules, book: Book, input: Sighting): Step {
  const raised = raiseAlarm(book, input, {
    key: 'budget',
    text: `more than ${rules.incidentsPerHour} incidents in an hour on ${rules.device.name}: ${formatFlow(input.flow)} and further ones are not acted on`,
    remedy: `if debugs are on, log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
    incident: null,
  });
  return { ...raised, reason: 'over-budget' };
}

/** A peer says that it has stopped, verified and captured, or how far it came. */
export function onDone(rules: Rules, book: Book, input: Input & { readonly kind: 'done' }): Step {
  const incident = findIncident(book, input.id);
  const report = readDone(input);
  if (incident === undefined) return onLateDone(rules, book, input, report);
  const record = peerIn(incident.peers, input.peer);
  if (record === undefined) return stay(book, 'done-unknown-incident', incident.id);
  if (record.done !== null && record.done.bits === report.bits) return stay(book, 'done-repeated', incident.id);
  // A first or better word replaces an older one; a schedule that crossed with it must not take "verified" back.
  if (record.done !== null && record.done.off === 'verified' && report.off !== 'verified')
    return stay(book, 'done-repeated', incident.id);
  const peers = withPeers(incident.peers, [{ ...record, done: report }]);
  // While the bundle is being written it may or may not be in it: beside it, it is in any case.
  const addendum: Effect[] =
    incident.sealing === 'sealed' || incident.sealing === 'requested' ? [doneAddendum(incident.id, input.peer, report)] : [];
  // It may be the done of a look, told before the stop arrived: a stop on its way goes on until it is acknowledged.
  const mayNotKnow = record.stop.kind === 'sending' && report.off !== 'verified';
  const quiet: Effect[] = mayNotKnow ? [] : [{ kind: 'cancel-signals', incident: incident.id, peer: input.peer }];
  const heard = settle(book, go({ ...incident, peers }, 'done-accepted', ...quiet, ...addendum));
  return sealIfReady(
    rules,
    andThen(heard, (next) => judgeDone(rules, next, incident, input, report)),
    incident.id,
    input,
  );
}

function readDone(input: Input & { readonly kind: 'done' }): DoneReport {
  const verified = (input.bits & doneBits.verified) !== 0;
  const sent = (input.bits & doneBits.sent) !== 0;
  const said = input.keys['off'];
  const off = verified ? 'verified' : said === 'failed' || !sent ? 'failed' : 'unverified';
  return { at: input.at, atWall: input.wall, bits: input.bits, off, keys: input.keys };
}

const doneAddendum = (incident: string, peer: string, done: DoneReport): Effect => ({
  kind: 'addendum',
  incident,
  what: { kind: 'done', peer, done },
});

/** The other end could not be verified off: a person here must know, with what to type there. */
function judgeDone(
  rules: Rules,
  book: Book,
  incident: Incident,
  input: Input & { readonly kind: 'done' },
  report: DoneReport,
): Step {
  const key = `peer-stop:${input.peer}:${incident.id}`;
  if (report.off === 'verified') return clearAlarm(book, key);
  // Told of a capture alone, it has turned nothing off.
  if (incident.mode !== 'act' || incident.stop.kind === 'not-planned') return stay(book, 'done-accepted', incident.id);
  return alarmPeerNotOff(rules, book, incident.id, input, report);
}

function alarmPeerNotOff(
  rules: Rules,
  book: Book,
  id: string,
  input: Input & { readonly kind: 'done' },
  report: DoneReport,
): Step {
  const where = peerNamed(rules.peers, input.peer)?.where ?? input.peer;
  return raiseAlarm(book, input, {
    key: `peer-stop:${input.peer}:${id}`,
    text: `${input.peer} reports its debugs ${report.off === 'failed' ? 'not stopped' : 'stopped, not verified'} (off=${input.keys['off'] ?? '?'}${input.keys['mode'] ? ` mode=${input.keys['mode']}` : ''})`,
    remedy: `log in to the device of ${input.peer} (${where}) and type: ${rules.stopCommand}`,
    incident: id,
  });
}

function onLateDone(rules: Rules, book: Book, input: Input & { readonly kind: 'done' }, report: DoneReport): Step {
  const closed = book.closed.find((known) => hasId(known, input.id));
  const entry = closed?.dones.find((known) => known.peer === input.peer);
  if (closed === undefined || entry === undefined) return stay(book, 'done-unknown-incident', input.id);
  if (entry.done !== null && (entry.done.bits === report.bits || (entry.done.off === 'verified' && report.off !== 'verified')))
    return stay(book, 'done-repeated', closed.id);
  const dones = closed.dones.map((known) => (known === entry ? { ...known, done: report } : known));
  const next: Book = { ...book, closed: book.closed.map((known) => (known === closed ? { ...known, dones } : known)) };
  const step: Step = {
    book: next,
    effects: [doneAddendum(closed.id, input.peer, report)],
    reason: 'done-late',
    incident: closed.id,
  };
  if (report.off === 'verified') return andThen(step, (late) => clearAlarm(late, `peer-stop:${input.peer}:${closed.id}`));
  return closed.stoppedAt === null ? step : andThen(step, (late) => alarmPeerNotOff(rules, late, closed.id, input, report));
}
