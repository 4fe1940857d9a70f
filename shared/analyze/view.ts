/**
 * One flow of a case as the questions look at it: its two ends by name, its SA, the moment of its first message, the other SAs that go
 * the same way. Made once a flow by the rules (rule.ts).
 */
import { limits } from '../limits.ts';
import { formatSpi } from '../model/flow.ts';
import { printable } from '../model/printable.ts';
import type { Case, DatedEvent, End, FlowCase, Instant, Known, SaLife } from './case.ts';
import { once } from './once.ts';
import { type Moment, near, order } from './order.ts';

export interface View {
  readonly about: Case;
  readonly flow: FlowCase;
  readonly sa: SaLife | null;
  /** Null: that end has no bundle in this case. */
  readonly receiver: End | null;
  readonly sender: End | null;
  readonly receiverName: string;
  readonly senderName: string;
  /** `0x68842105`. */
  readonly spi: string;
  /** The first message of the flow, by the receiver's device: what it is compared with is of the same clock, or in the same file. */
  readonly message: Moment;
  /** The same by the clock of the agent that took it in: what the other end's moments are compared with. */
  readonly heard: Moment;
  /** Other SAs from the sender to the receiver; `back`: those of the other way. */
  readonly siblings: readonly SaLife[];
  readonly back: readonly SaLife[];
}

const NAME_CHARS_MAX = 40;

/** Of one peer a handful is real; lines that anybody may send can name thousands. Those that stand in a table go first. */
function foremost(lives: readonly SaLife[]): readonly SaLife[] {
  if (lives.length <= limits.verdictSiblingsMax) return lives;
  const shown = ({ outboundAtSender: out, inboundAtReceiver: into }: SaLife): boolean =>
    [out.first, out.last, into.first, into.last].includes('yes');
  return [...lives.filter(shown), ...lives.filter((life) => !shown(life))].slice(0, limits.verdictSiblingsMax);
}

/** By addresses; what is known by its ends alone, by those. */
const ledgerByWay = once((ledger: readonly SaLife[]): ReadonlyMap<string, readonly SaLife[]> => {
  const found = new Map<string, SaLife[]>();
  for (const sa of ledger) {
    const key = sa.src === null && sa.dst === null ? `end ${sa.sender}>${sa.receiver}` : `${sa.src}>${sa.dst}`;
    const known = found.get(key);
    if (known) known.push(sa);
    else found.set(key, [sa]);
  }
  return found;
});

/** The ledger of a hub is long, and every rule asks anew. */
const made = new WeakMap<FlowCase, View>();

export function viewOf(about: Case, flow: FlowCase): View {
  const known = made.get(flow);
  if (known && known.about.ledger === about.ledger && known.about.ends === about.ends) return known;
  const view = makeView(about, flow);
  made.set(flow, view);
  return view;
}

function makeView(about: Case, flow: FlowCase): View {
  const receiver = endOf(about, flow.receiver);
  const sender = endOf(about, flow.sender);
  const { src, dst, spi } = flow.flow;
  const ways = ledgerByWay(about.ledger);
  const going = (from: string, to: string, sendingEnd: End | null, receivingEnd: End | null): readonly SaLife[] =>
    foremost([
      ...(ways.get(`${from}>${to}`) ?? []),
      ...(sendingEnd && receivingEnd ? (ways.get(`end ${sendingEnd.index}>${receivingEnd.index}`) ?? []) : []),
    ]);
  return {
    about,
    flow,
    sa: flow.sa,
    receiver,
    sender,
    receiverName: printable(receiver?.name ?? dst, NAME_CHARS_MAX),
    senderName: printable(sender?.name ?? src, NAME_CHARS_MAX),
    spi: formatSpi(spi),
    message: firstMessage(flow, receiver),
    heard: { at: flow.first, quote: null },
    siblings: going(src, dst, sender, receiver).filter((sa) => sa.spi !== spi),
    back: going(dst, src, receiver, sender),
  };
}

/** Within `ms` of the message: by the device's own clock, or, where that says too little, by the agent's. */
export function nearMessage(view: View, moment: { readonly at: Instant | null }, end: number, ms: number): Known {
  const own = near(messageFor(view, end).at, moment.at, ms);
  return own === 'unknown' ? near(view.heard.at, moment.at, ms) : own;
}

/** The message as something at that end can be compared with it. */
export const messageFor = (view: View, end: number): Moment =>
  view.receiver !== null && end === view.receiver.index ? view.message : view.heard;

export const endOf = (about: Case, index: number | null): End | null => about.ends.find((end) => end.index === index) ?? null;

/** The device's own line tells the time best: its other lines bear the same clock. */
function firstMessage(flow: FlowCase, receiver: End | null): Moment {
  const line = eventsOf(receiver, ['invalid-spi'], null).find(
    ({ event, at }) => event.spis.includes(flow.flow.spi) && at !== null && !other(event.src, flow.flow.src),
  );
  if (!line || line.at === null) return { at: flow.first, quote: flow.quote };
  // Without a stamp, or with one of hours, the line says in which order, and the agent when.
  return { at: line.at.toMs - line.at.fromMs > VAGUE_MS ? flow.first : line.at, quote: line.quote };
}

const VAGUE_MS = 60_000;

const other = (named: string | null, wanted: string): boolean => named !== null && named !== wanted;

/** What an end saw of one kind, that is not about somebody else. */
export function eventsOf(end: End | null, kinds: readonly DatedEvent['event']['kind'][], peer: string | null): DatedEvent[] {
  if (end === null) return [];
  const byKind = eventsByKind(end);
  const found = kinds.flatMap((kind) => byKind.get(kind) ?? []);
  return peer === null ? found : found.filter(({ event }) => concerns(event, peer));
}

/** A storm's log has tens of thousands. */
const eventsByKind = once((end: End): ReadonlyMap<string, readonly DatedEvent[]> => {
  const found = new Map<string, DatedEvent[]>();
  for (const event of end.events) {
    const known = found.get(event.event.kind);
    if (known) known.push(withinLog(end, event));
    else found.set(event.event.kind, [withinLog(end, event)]);
  }
  return found;
});

/** A stamp of a week's resolution says less than that the line is in the log: it came while that was taken in. */
function withinLog(end: End, event: DatedEvent): DatedEvent {
  const { at, quote } = event;
  const window = end.logWindow;
  if (at === null || window === null || !quote.file.endsWith('.log')) return event;
  if (at.fromMs >= window.from.fromMs && at.toMs <= window.to.toMs) return event;
  const fromMs = Math.max(at.fromMs, window.from.fromMs);
  const toMs = Math.min(at.toMs, window.to.toMs);
  return fromMs <= toMs ? { ...event, at: { ...at, fromMs, toMs } } : event;
}

/** An event that names no other end may be of this one. */
const concerns = ({ peer, src, dst }: DatedEvent['event'], wanted: string): boolean =>
  (peer === null && src === null && dst === null) || peer === wanted || src === wanted || dst === wanted;

export const namesPeer = ({ peer, src, dst }: DatedEvent['event'], wanted: string): boolean =>
  peer === wanted || src === wanted || dst === wanted;

export const isBefore = (a: Moment, b: Moment): boolean => order(a, b) === 'before';
export const latest = <T extends Moment>(moments: readonly T[]): T | null =>
  moments.reduce<T | null>((last, one) => (last === null || order(last, one) === 'before' ? one : last), null);
export const earliest = <T extends Moment>(moments: readonly T[]): T | null =>
  moments.reduce<T | null>((first, one) => (first === null || order(first, one) === 'after' ? one : first), null);

/** `hub-b: lines` where one end is meant in a clause. */
export const nameOf = (end: End): string => printable(end.name, NAME_CHARS_MAX);
