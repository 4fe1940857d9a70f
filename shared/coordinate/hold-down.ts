/**
 * Hold-down: a black hole repeats its message every minute; after the stop the same flow, and other flows of that peer, add to
 * the closed incident and open none (pair-protocol.md, "Timeline"). It ends when debugs are armed again, but for persistent flows.
 */
import { type Flow, flowKey } from '../model/flow.ts';
import type { Monotonic } from '../model/time.ts';
import { after } from '../model/time.ts';
import type { Book, HeldFlow, Incident } from './book.ts';
import type { Effect } from './effect.ts';
import { flowIn, withFlow, withFlowLast } from './flow-list.ts';
import type { Input } from './input.ts';
import type { Step } from './move.ts';
import { countDropped, findIncident, isActionable, isCaptureOnly, isOwn, settle, stay } from './move.ts';
import { newFlowRecord } from './opening.ts';
import type { Rules } from './rules.ts';

/** At the stop: the incident's flows are held from now on. Keyed, because a storm's thousands are held in the tick of the stop. */
export function holdFlows(rules: Rules, book: Book, incident: Incident, at: Monotonic): Book {
  // Nothing was stopped for it, and the hold that was the reason is over.
  if (incident.onHold && !book.hold) return book;
  // Nothing was stopped for a peer that wanted a capture only: our own device's message about it still counts, also about the very flow.
  const stopped = isCaptureOnly(incident) ? incident.flows.filter(isOwn) : incident.flows;
  const fresh: HeldFlow[] = stopped.map((record) => ({
    flow: record.flow,
    peers: isCaptureOnly(incident) ? [] : record.peers,
    // A line that the device does not bear out must not silence the peer that it names.
    believed: isActionable(record),
    onHold: incident.onHold,
    incident: incident.id,
    until: after(at, rules.holdDownMs),
    count: 0,
    first: record.first,
    last: record.last,
  }));
  const keys = new Set(fresh.map((entry) => flowKey(entry.flow)));
  const others = book.held.filter((held) => !keys.has(flowKey(held.flow)));
  return boundHeld(rules, book, [...others, ...fresh]);
}

function boundHeld(rules: Rules, book: Book, held: readonly HeldFlow[]): Book {
  if (held.length <= rules.heldFlowsMax) return { ...book, held };
  const kept = held.slice(-rules.heldFlowsMax);
  return countDropped({ ...book, held: kept }, 'heldFlowsMax', held.length - kept.length);
}

/** A hold is over: what it kept from acting may act when it comes again. */
export const releaseOnHold = (book: Book): Book => ({ ...book, hold: false, held: book.held.filter((held) => !held.onHold) });

/** Seen again after its minute: traffic is being black-holed, this is no transient. */
const isPersistent = ({ messageIntervalMs }: Rules, held: HeldFlow): boolean => held.last - held.first >= messageIntervalMs;

/** A sighting that hold-down keeps from opening an incident, or null. */
export function heldSighting(rules: Rules, book: Book, input: Input & { readonly kind: 'sighting' }): Step | null {
  const { same, holder } = findHolder(book, input);
  if (holder === null) return null;
  const entry: HeldFlow =
    same !== null
      ? { ...same, count: same.count + 1, last: input.at, until: after(input.at, rules.holdDownMs) }
      : {
          flow: input.flow,
          peers: input.peers,
          believed: !input.spoofable,
          onHold: holder.onHold,
          incident: holder.incident,
          until: holder.until,
          count: 1,
          first: input.at,
          last: input.at,
        };
  const next = boundHeld(rules, book, withFlowLast(book.held, entry));
  const reason = isPersistent(rules, entry) ? 'held-down-persistent' : 'held-down';
  const open = findIncident(next, holder.incident);
  if (open !== undefined && open.sealing !== 'sealed') {
    const isNew = flowIn(open.flows, input.flow) === undefined;
    const late = addLateFlow(rules, open, input);
    return settle(next, { incident: late, effects: [], reason: isNew ? 'flow-late' : reason });
  }
  const addendum: Effect = {
    kind: 'addendum',
    incident: holder.incident,
    what: {
      kind: 'seen-again',
      flow: entry.flow,
      count: entry.count,
      atWall: input.wall,
      persistent: isPersistent(rules, entry),
    },
  };
  return { book: next, effects: [addendum], reason, incident: holder.incident };
}

/** The flow's own entry, or the first that holds all flows of a peer of it. This runs for every message of a storm, the second part for new flows alone. */
function findHolder(
  book: Book,
  input: { readonly at: Monotonic; readonly flow: Flow; readonly peers: readonly string[]; readonly spoofable: boolean },
) {
  const holds = (held: HeldFlow): boolean => held.until > input.at && (held.believed || input.spoofable);
  const own = flowIn(book.held, input.flow);
  const same = own !== undefined && holds(own) ? own : null;
  const ofPeer = (held: HeldFlow): boolean =>
    held.believed && holds(held) && held.peers.some((peer) => input.peers.includes(peer));
  return { same, holder: same ?? book.held.find(ofPeer) ?? null };
}

function addLateFlow(rules: Rules, incident: Incident, input: Input & { readonly kind: 'sighting' }): Incident {
  const known = flowIn(incident.flows, input.flow);
  if (known !== undefined) {
    const seen = { ...known, count: known.count + 1, last: input.at, lastWall: input.wall };
    return { ...incident, flows: withFlow(incident.flows, seen) };
  }
  if (incident.flows.length >= rules.flowsPerIncidentMax) return { ...incident, flowsNotKept: incident.flowsNotKept + 1 };
  const late = newFlowRecord(input, {
    interface: input.interface,
    sources: [input.source],
    peers: input.peers,
    late: true,
    corroboration: input.spoofable ? 'over-limit' : 'not-needed',
  });
  return { ...incident, flows: withFlow(incident.flows, late) };
}

/** `show debugging` at a hello: somebody armed the device again, so the next event counts. */
export function onDebugsSeen(book: Book, input: Input & { readonly kind: 'debugs-seen' }): Step {
  // Read while a stop is under way, or before it and told after it: "on" says nothing about arming.
  const stopping = book.incidents.some((incident) => incident.stop.kind === 'running' || incident.stop.kind === 'waiting-retry');
  if (book.debugsOn === input.cryptoOn || stopping) return stay(book, 'waiting');
  const next: Book = { ...book, debugsOn: input.cryptoOn };
  const armedAgain = book.debugsOn === false && input.cryptoOn && book.held.length > 0;
  if (!armedAgain) return stay(next, 'debugs-seen');
  return stay(endHoldDown(next), 'hold-down-ended');
}

/** Debugs are on again. */
export function endHoldDown(book: Book): Book {
  // Other flows of the peers count again. The known ones stay held: a message that comes again after its minute is the same black
  // hole, and an incident for it would end the debugs that somebody has just turned on.
  return { ...book, held: book.held.filter((entry) => !isNews(entry)).map((entry) => ({ ...entry, peers: [] })) };
}

/**
 * Seen once, under the hold of its peer's other flow: no incident had it, and nothing says yet that it is a black hole. The debugs may
 * have been typed before it came, for we read them at the hello alone; were it kept, its next message would be told as persistent and
 * spring no trap, and those debugs would stay on.
 */
const isNews = ({ count, first, last, judged }: HeldFlow): boolean =>
  count === 1 && first === last && judged?.verdict !== 'persistent';
