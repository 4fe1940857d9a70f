/**
 * What tells of packets without an SA, and of no flow: a drop counter that climbs, a trap without addresses, a message that lost its
 * srcaddr on the way, an IKE message without an SA. Called by step.ts. Such a thing opens an incident only where the configuration
 * says so, and only when nothing tells of the same trouble already: whoever is meant is found by the capture.
 */
import { after, type Monotonic } from '../model/time.ts';
import type { Book, ClosedIncident, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import { beforeStop, go, isCaptureOnly, isWanted, raiseAlarm, type Step, settle, stay } from './move.ts';
import { countOpening, firstOrders, lookAtDevice, newIncident, newPeerRecord, overBudget, wouldDo } from './opening.ts';
import type { Rules } from './rules.ts';
import { isSpitrap, makeRoom } from './sealing.ts';
import { timing } from './timing.ts';

type Symptom = Input & { readonly kind: 'symptom' };

export function onSymptom(rules: Rules, book: Book, input: Symptom): Step {
  if (rules.role === 'spoke') return stay(book, 'not-my-role');
  if (!input.opens) return stay(book, 'symptom-noted');
  const open = beforeStop(book);
  if (open?.openedBy === 'person' && isCaptureOnly(open)) return takeOver(rules, book, open, input);
  if (open !== undefined) return stay(book, 'symptom-merged', open.id);
  const holder = heldBy(rules, book, input.at);
  if (holder !== null) return stay(book, 'symptom-held-down', holder);
  const roomy = makeRoom(rules, book, input);
  if (overBudget(rules, roomy, input.at, timing.hourMs)) return refuseOverBudget(rules, roomy, input);
  return openFromSymptom(rules, roomy, input);
}

/**
 * It names no flow, so any believed incident within hold-down may be its trouble: a black hole goes on after its stop. One that only a
 * line that can be spoofed asked for, or that was never acted on, silences nothing.
 */
function heldBy(rules: Rules, book: Book, now: Monotonic): string | null {
  const open = book.incidents.find((incident) => isWanted(incident) && !incident.onHold);
  if (open !== undefined) return open.id;
  const recent = (closed: ClosedIncident): boolean =>
    now - closed.closedAt < rules.holdDownMs &&
    closed.openedBy !== 'person' &&
    !closed.outcome.reasons.some((reason) => reason === 'not-corroborated' || reason === 'over-budget') &&
    (closed.outcome.kind !== 'observed' || rules.mode === 'observe');
  return book.closed.findLast(recent)?.id ?? null;
}

function openFromSymptom(rules: Rules, book: Book, input: Symptom): Step {
  const incident: Incident = {
    ...newIncident(rules, book, {
      id: input.id,
      openedBy: 'symptom',
      at: input.at,
      wall: input.wall,
      flows: [],
      peers: peersOf(rules, input),
      signallers: [],
      scope: input.scope,
      stopAt: after(input.at, rules.delayMs),
      act: true,
    }),
    symptom: { cause: input.cause, source: input.source, detail: input.detail },
  };
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  if (incident.mode === 'observe') {
    const reason = incident.onHold ? 'incident-opened-on-hold' : 'incident-opened-observing';
    return settle(counted, go(incident, reason, ...firstOrders(incident), wouldDo(rules, incident, rules.delayMs)));
  }
  const told = alertAll(rules, incident, input.at);
  return settle(
    counted,
    go(told.incident, 'incident-opened', ...firstOrders(incident), ...told.effects, ...lookAtDevice(incident, 'first')),
  );
}

/** A person looks already: it goes on as if the symptom had opened it, by the symptom's plan. */
function takeOver(rules: Rules, book: Book, open: Incident, input: Symptom): Step {
  if (open.mode !== 'act') return stay(book, 'symptom-merged', open.id);
  const meant = new Set(peersOf(rules, input));
  const fresh = [...meant].filter((peer) => !open.peers.some((record) => record.peer === peer));
  const asked = open.peers.filter((record) => record.askedCaptureOnly === true && meant.has(record.peer));
  const known = open.peers.map((record) => (asked.includes(record) ? newPeerRecord(record.peer) : record));
  const taken: Incident = {
    ...open,
    openedBy: 'symptom',
    symptom: { cause: input.cause, source: input.source, detail: input.detail },
    peers: [...known, ...fresh.map(newPeerRecord)],
    stop: { kind: 'planned', waiting: false },
    stopAt: after(input.at, rules.delayMs),
  };
  const counted = countOpening(rules, book, input.at, timing.hourMs);
  const again = asked.map(({ peer }): Effect => ({ kind: 'cancel-signals', incident: open.id, peer }));
  const told = alertAll(rules, taken, input.at);
  const wake: Effect = { kind: 'wake', incident: open.id, name: 'stop', at: taken.stopAt };
  return settle(counted, go(told.incident, 'symptom-merged', wake, ...again, ...told.effects));
}

/** Whom it names; else everybody, where that is few: a hub of hundreds does not stop them all because a counter climbs. */
function peersOf(rules: Rules, input: Symptom): readonly string[] {
  if (input.peers.length > 0) return input.peers;
  return rules.peers.length <= rules.maxPeersCaptured ? rules.peers.map((peer) => peer.name) : [];
}

function alertAll(rules: Rules, incident: Incident, at: Monotonic): { incident: Incident; effects: Effect[] } {
  const unheard = incident.peers.filter((record) => record.alert.kind === 'unsent');
  const speaking = unheard.map((record) => record.peer).filter((peer) => isSpitrap(rules, peer));
  if (speaking.length === 0) return { incident, effects: [] };
  const peers = incident.peers.map((record) =>
    speaking.includes(record.peer) ? { ...record, alert: { kind: 'sending', since: at } as const } : record,
  );
  const act = incident.mode === 'act' && incident.stop.kind !== 'not-planned';
  return {
    incident: { ...incident, peers },
    effects: [{ kind: 'alert', incident: incident.id, peers: speaking, stopAt: incident.stopAt, act, flow: null }],
  };
}

function refuseOverBudget(rules: Rules, book: Book, input: Symptom): Step {
  const raised = raiseAlarm(book, input, {
    key: 'budget',
    text: `more than ${rules.incidentsPerHour} incidents in an hour on ${rules.device.name}: ${input.cause} of ${input.source} and further ones are not acted on`,
    remedy: `if debugs are on, log in to ${rules.device.name} (${rules.device.address}) and type: ${rules.stopCommand}`,
    incident: null,
  });
  return { ...raised, reason: 'over-budget' };
}
