/**
 * Hold-down: a black hole repeats its message every minute; after the stop the same flow, and other flows of that peer, add to
 * the closed incident and open none (pair-protocol.md, "Timeline"). It ends when debugs are armed again, but for persistent flows.
 */
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { Book, HeldFlow, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { findIncident, sameFlow, settle, stay } from './move.ts';
import type { Rules } from './rules.ts';
import { timing } from './timing.ts';

/** At the stop: the incident's flows are held from now on. */
export function holdFlows(rules: Rules, book: Book, incident: Incident, at: Monotonic): Book {
  const fresh: HeldFlow[] = incident.flows.map((record) => ({
    flow: record.flow,
    peers: record.peers,
    incident: incident.id,
    until: after(at, rules.holdDownMs),
    count: 0,
    first: record.first,
    last: record.last,
  }));
  const others = book.held.filter((held) => !fresh.some((entry) => sameFlow(entry.flow, held.flow)));
  return { ...book, held: [...others, ...fresh].slice(-rules.heldFlowsMax) };
}

/** Seen again after its minute: traffic is being black-holed, this is no transient. */
export const isPersistent = (held: HeldFlow): boolean => held.last - held.first >= timing.messageIntervalMs;

/** A sighting that hold-down keeps from opening an incident, or null. */
export function heldSighting(rules: Rules, book: Book, input: Input & { readonly kind: 'sighting' }): Step | null {
  const live = book.held.filter((held) => held.until > input.at);
  const same = live.find((held) => sameFlow(held.flow, input.flow));
  const holder = same ?? live.find((held) => held.peers.some((peer) => input.peers.includes(peer)));
  if (holder === undefined) return null;
  const entry: HeldFlow = same
    ? { ...same, count: same.count + 1, last: input.at, until: after(input.at, rules.holdDownMs) }
    : {
        flow: input.flow,
        peers: input.peers,
        incident: holder.incident,
        until: holder.until,
        count: 1,
        first: input.at,
        last: input.at,
      };
  const held = [...book.held.filter((known) => !sameFlow(known.flow, input.flow)), entry].slice(-rules.heldFlowsMax);
  const next: Book = { ...book, held };
  const reason = isPersistent(entry) ? 'held-down-persistent' : 'held-down';
  const open = findIncident(next, holder.incident);
  if (open !== undefined && open.sealing !== 'sealed')
    return settle(next, { incident: addLateFlow(rules, open, input), effects: [], reason });
  const addendum: Effect = {
    kind: 'addendum',
    incident: holder.incident,
    what: { kind: 'seen-again', flow: entry.flow, count: entry.count, atWall: input.wall, persistent: isPersistent(entry) },
  };
  return { book: next, effects: [addendum], reason, incident: holder.incident };
}

function addLateFlow(rules: Rules, incident: Incident, input: Input & { readonly kind: 'sighting' }): Incident {
  const known = incident.flows.find((record) => sameFlow(record.flow, input.flow));
  if (known !== undefined) {
    const flows = incident.flows.map((record) =>
      record === known ? { ...record, count: record.count + 1, last: input.at, lastWall: input.wall } : record,
    );
    return { ...incident, flows };
  }
  if (incident.flows.length >= rules.flowsPerIncidentMax) return { ...incident, flowsNotKept: incident.flowsNotKept + 1 };
  const late = {
    flow: input.flow,
    count: 1,
    first: input.at,
    firstWall: input.wall,
    last: input.at,
    lastWall: input.wall,
    interface: input.interface,
    sources: [input.source],
    peers: input.peers,
    late: true,
    corroboration: input.spoofable ? 'over-limit' : 'not-needed',
  } as const;
  return { ...incident, flows: [...incident.flows, late] };
}

/** `show debugging` at a hello: somebody armed the device again, so the next event counts. */
export function onDebugsSeen(book: Book, input: Input & { readonly kind: 'debugs-seen' }): Step {
  if (book.debugsOn === input.cryptoOn) return stay(book, 'waiting');
  const next: Book = { ...book, debugsOn: input.cryptoOn };
  const armedAgain = book.debugsOn === false && input.cryptoOn && book.incidents.length === 0 && book.held.length > 0;
  if (!armedAgain) return stay(next, 'debugs-seen');
  // A flow that is known to be black-holed opens none even now; its peers' other flows do.
  const held = book.held.filter(isPersistent).map((entry) => ({ ...entry, peers: [] }));
  return stay({ ...next, held }, 'hold-down-ended');
}
