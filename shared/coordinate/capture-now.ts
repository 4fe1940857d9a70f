/**
 * A person asks for a capture: an incident that looks at the device now, and once more at the stop time, and turns nothing off. Called by
 * step.ts. What comes meanwhile and may be believed (a message, an alert, a stop, a symptom that opens) makes it one that acts: a person
 * who looks must never keep a pair from stopping.
 */
import { after, type Monotonic } from '../model/time.ts';
import type { Book, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import { go, type Step, settle, stay } from './move.ts';
import { firstOrders, lookAtDevice, newIncident, overBudget } from './opening.ts';
import type { Reason } from './reason.ts';
import type { Rules } from './rules.ts';
import { isSpitrap, makeRoom } from './sealing.ts';
import { timing } from './timing.ts';

type Asked = Input & { readonly kind: 'capture' };

/** Why none is begun now; null: one would be. */
export function captureRefusal(rules: Rules, book: Book, at: Monotonic): Reason | null {
  if (rules.mode === 'observe') return 'capture-not-in-this-mode';
  if (book.hold) return 'capture-on-hold';
  if (book.incidents.some((incident) => incident.sealing !== 'sealed')) return 'capture-under-way';
  return overBudget(rules, book, at, timing.hourMs) || tooManyAsked(rules, book, at) ? 'capture-over-budget' : null;
}

/** They take nothing of the budget that messages act by, and have as much of their own. */
function tooManyAsked(rules: Rules, book: Book, at: Monotonic): boolean {
  const asked = book.closed.filter((closed) => closed.openedBy === 'person' && at - closed.closedAt < timing.hourMs).length;
  return asked >= rules.incidentsPerHour;
}

export function onCapture(rules: Rules, before: Book, input: Asked): Step {
  const refusal = captureRefusal(rules, before, input.at);
  if (refusal !== null) return stay(before, refusal);
  const book = makeRoom(rules, before, input);
  const incident: Incident = {
    ...newIncident(rules, book, {
      id: input.id,
      openedBy: 'person',
      at: input.at,
      wall: input.wall,
      flows: [],
      peers: told(rules, input),
      signallers: [],
      scope: [],
      stopAt: after(input.at, rules.delayMs),
      act: false,
    }),
    askedBy: input.who,
  };
  const asking = alertThem(incident, input.at);
  return settle(
    book,
    go(asking.incident, 'capture-asked', ...firstOrders(incident), ...asking.effects, ...lookAtDevice(incident, 'first')),
  );
}

/** A spoke asks nobody: a hub takes no alerts. */
const told = (rules: Rules, { pair }: Asked): readonly string[] =>
  pair && rules.role !== 'spoke' ? rules.peers.map((peer) => peer.name).filter((name) => isSpitrap(rules, name)) : [];

function alertThem(incident: Incident, at: Monotonic): { incident: Incident; effects: Effect[] } {
  if (incident.peers.length === 0) return { incident, effects: [] };
  const peers = incident.peers.map((record) => ({
    ...record,
    alert: { kind: 'sending', since: at } as const,
    askedCaptureOnly: true as const,
  }));
  const alert: Effect = {
    kind: 'alert',
    incident: incident.id,
    peers: peers.map((record) => record.peer),
    stopAt: incident.stopAt,
    act: false,
    flow: null,
  };
  return { incident: { ...incident, peers }, effects: [alert] };
}
