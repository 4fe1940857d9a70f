/**
 * What the book knows that bears on a flow's verdict, as shared/detect/judge.ts asks for it: from an open incident's captures and dones,
 * and, once it is closed, from the signs that it left on its held flows. Called by judging.ts.
 */
import type { FlowEvidence } from '../detect/judge.ts';
import type { Flow } from '../model/flow.ts';
import type { DurationMs, Monotonic } from '../model/time.ts';
import type { IncidentId } from '../model/ulid.ts';
import type { Book, ClosedIncident, DoneReport, FlowRecord, FlowSample, FlowSigns, HeldFlow, Incident } from './book.ts';
import { hasId, isActionable, sameFlow } from './move.ts';

const noSigns: FlowSigns = { receiver: true, senders: [], atSender: 'unknown', newSpiInUse: false, errorsClimb: false };

/** The two flows that this device logged last: another one's message after ours may be what kept ours from being logged. Looked for when it is asked. */
export interface Newest {
  readonly of: () => readonly Logged[];
  /** The interval of the message's limit. */
  readonly againMs: DurationMs;
}
interface Logged {
  readonly flow: Flow;
  readonly last: Monotonic;
}

export function newestOther(book: Book, againMs: DurationMs): Newest {
  let found: readonly Logged[] | null = null;
  return { of: () => (found ??= newestTwo(book)), againMs };
}

function newestTwo(book: Book): readonly Logged[] {
  let first: Logged | null = null;
  let second: Logged | null = null;
  for (const { flow, last } of book.held) {
    if (first === null || last > first.last) [first, second] = [{ flow, last }, first];
    else if (second === null || last > second.last) second = { flow, last };
  }
  return [first, second].filter((one) => one !== null);
}

/** A minute later and more: within the same minute the limit would have been ours as well. */
function isMaskable(newest: Newest | null, flow: Flow, last: Monotonic, at: Monotonic): boolean {
  if (newest === null || at - last < newest.againMs) return false;
  return newest.of().some((other) => !sameFlow(other.flow, flow) && other.last - last >= newest.againMs);
}

export function evidenceOfRecord(signsOf: SignsOf, record: FlowRecord, at: Monotonic, newest: Newest | null): FlowEvidence {
  const { receiver, atSender, newSpiInUse, errorsClimb } = signsOf(record) ?? noSigns;
  return {
    believed: isActionable(record) || record.corroboration === 'pending',
    receiver,
    spanMs: record.last - record.first,
    quietMs: at - record.last,
    maskable: isMaskable(newest, record.flow, record.last, at),
    atSender,
    newSpiInUse,
    errorsClimb,
  };
}

export function evidenceOfHeld(held: HeldFlow, at: Monotonic, newest: Newest | null): FlowEvidence {
  const { receiver, atSender, newSpiInUse, errorsClimb } = held.signs ?? noSigns;
  return {
    believed: held.believed,
    receiver,
    spanMs: held.last - held.first,
    quietMs: at - (held.watchedFrom !== undefined && held.watchedFrom > held.last ? held.watchedFrom : held.last),
    maskable: isMaskable(newest, held.flow, held.last, at),
    atSender,
    newSpiInUse,
    errorsClimb,
  };
}

/** Null: nothing is known beyond the messages. */
export type SignsOf = (record: FlowRecord) => FlowSigns | null;

/** For records of one incident, or for those `about` the peers alone: in a storm of thousands none may walk the others. */
export function signsIn(
  incident: Incident,
  dones: ClosedIncident['dones'] = incident.peers,
  about: ReadonlySet<string> | null = null,
): SignsOf {
  const sendersOf = sendersIn(incident, about);
  const doneOf = new Map<string, DoneReport | null>();
  for (const { peer, done } of dones) {
    if (about === null || about.has(peer)) doneOf.set(peer, done);
    if (doneOf.size === about?.size) break;
  }
  return (record) => {
    const receiver = !record.sources.every((source) => source.startsWith('peer:'));
    const senders = receiver ? sendersOf(record) : [];
    const said = wordOf(senders.map((peer) => doneOf.get(peer) ?? null));
    const signs: FlowSigns = { receiver, senders, atSender: said, ...samplesOf(incident, record.flow) };
    const says = !receiver || senders.length > 0 || signs.newSpiInUse || signs.errorsClimb;
    return says ? signs : null;
  };
}

/** The peers whose dones speak of a flow: an alert names one flow, the first that the peer was alerted for (hub.ts); the stop the incident's first. */
function sendersIn({ flows, peers }: Incident, about: ReadonlySet<string> | null): (record: FlowRecord) => readonly string[] {
  const firstOf = new Map<string, Flow>();
  for (const { flow, peers: named } of flows) {
    for (const peer of named) if ((about === null || about.has(peer)) && !firstOf.has(peer)) firstOf.set(peer, flow);
    if (firstOf.size === about?.size) break;
  }
  const alerted = new Map<string, boolean>();
  for (const { peer, alert } of peers) {
    if (about === null || about.has(peer)) alerted.set(peer, alert.kind === 'acknowledged');
    if (alerted.size === about?.size) break;
  }
  return ({ flow, peers: named }) => {
    const spoken = (peer: string): boolean =>
      firstOf.get(peer) === flow && alerted.has(peer) && (alerted.get(peer) === true || flows[0]?.flow === flow);
    // Of several behind one address each may be the sender: only all of them together can say that none is.
    return named.every(spoken) ? named : [];
  };
}

/** Of several dones: one that has it is enough, and all must say that they do not. */
function wordOf(dones: readonly (DoneReport | null)[]): FlowSigns['atSender'] {
  const words = dones.map(atSender);
  if (words.includes('current')) return 'current';
  return words.length > 0 && words.every((word) => word === 'not-current') ? 'not-current' : 'unknown';
}

/** `later` is where it stood at the stop, where that differs: a rekey's old SPI may be outbound for seconds. */
function atSender(done: DoneReport | null): FlowSigns['atSender'] {
  const where = done?.keys['later'] ?? done?.keys['spi'];
  if (where === 'outbound') return 'current';
  return where === 'inbound' || where === 'none' ? 'not-current' : 'unknown';
}

/** This device's two samples: at the start, and at the stop. */
function samplesOf(incident: Incident, flow: Flow): Pick<FlowSigns, 'newSpiInUse' | 'errorsClimb'> {
  const sample = (round: 'first' | 'stop'): FlowSample | undefined =>
    incident.captures
      .filter((capture) => capture.round === round)
      .flatMap((capture) => capture.seen ?? [])
      .find((seen) => sameFlow(seen.flow, flow));
  const [start, end] = [sample('first'), sample('stop')];
  if (start === undefined || end === undefined) return { newSpiInUse: false, errorsClimb: false };
  const climbs = (key: 'decaps' | 'errors'): boolean => start[key] !== null && end[key] !== null && end[key] > start[key];
  return { newSpiInUse: end.otherInbound > 0 && climbs('decaps'), errorsClimb: climbs('errors') };
}

/** A done that came after its incident was closed speaks of the held flows that waited for it. */
export function withLateDone(book: Book, id: IncidentId, peer: string): Book {
  const closed = book.closed.find((known) => hasId(known, id));
  if (closed === undefined) return book;
  const doneOf = (name: string): DoneReport | null => closed.dones.find((known) => known.peer === name)?.done ?? null;
  const held = book.held.map((flow) =>
    flow.incident === closed.id && flow.signs?.senders.includes(peer)
      ? { ...flow, signs: { ...flow.signs, atSender: wordOf(flow.signs.senders.map(doneOf)) } }
      : flow,
  );
  return { ...book, held };
}
