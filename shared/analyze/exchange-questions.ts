/**
 * What the two ends said to each other and did about it: rekeys, DELETEs, expiries, lifetimes. Asked by the rules in causes/.
 * Same SA, same device, same clock wherever it can be; a gap between two devices counts only with its uncertainty.
 */

import { formatSpi } from '../model/flow.ts';
import { type Answer, no, unknown, yes } from './answer.ts';
import type { DatedEvent, End, SaLife, SaMark } from './case.ts';
import { logCovers } from './end-questions.ts';
import { once } from './once.ts';
import { clockTime, gap, type Moment, near, order } from './order.ts';
import { creationOf, marksAt, marksOf, TOGETHER_MS } from './sa-questions.ts';
import { earliest, eventsOf, isBefore, latest, messageFor, nearMessage, type View } from './view.ts';

/** A rekey and its stray packet: the sender may go on with the old SA for this long. */
export const REKEY_MS = 30_000;

const at = (moment: Moment): string => (moment.at === null ? '' : ` at ${clockTime(moment.at)}`);

/** The SAs of both ways between the two ends, the reported one apart. */
const others = ({ siblings, back }: View): readonly SaLife[] => [...siblings, ...back];

/** A new SA was made between the two within seconds of the message. */
export const rekeyNear = once((view: View): Answer => {
  const { receiver, sender } = view;
  const made = rekeyMarks(view);
  if (made.length > 0)
    return yes(
      `a new SA, ${formatSpi(made[0]!.sa.spi)}, was made${at(made[0]!.mark)}, within ${REKEY_MS / 1_000} s of the message`,
      made.map(({ mark }) => mark.quote),
    );
  const watched = [receiver, sender].some((end) => end?.debugsOn === true && logCovers(end, view.heard.at, REKEY_MS));
  const settled = others(view).every(({ marks }) =>
    marks.some(({ what, at: when, end }) => what === 'created' && near(when, messageFor(view, end).at, REKEY_MS) === 'no'),
  );
  if (watched || (settled && others(view).length > 0))
    return no(`no new SA was made within ${REKEY_MS / 1_000} s of the message`);
  return unknown('whether there was a rekey near the message is not known');
});

/** Lines that tell of an SA being made near the message, the receiver's own first: they share the message's clock. */
export const rekeyMarks = once((view: View): { readonly sa: SaLife; readonly mark: SaMark }[] => {
  return others(view)
    .flatMap((sa) => sa.marks.filter(({ what }) => what === 'created').map((mark) => ({ sa, mark })))
    .filter(({ mark }) => near(mark.at, messageFor(view, mark.end).at, REKEY_MS) === 'yes')
    .sort((a, b) => Number(a.mark.end !== view.receiver?.index) - Number(b.mark.end !== view.receiver?.index));
});

/** Make before break: a new SA the same way was there before the old one went. A clearing breaks first. */
export const madeBeforeBreak = once((view: View): Answer => {
  const gone = marksOf(view, 'receiver', ['deleted']);
  const end = view.receiver?.index ?? null;
  if (end === null || gone.length === 0) return unknown(`when ${view.spi} went is not known`);
  const made = view.siblings.flatMap((sa) => marksAt(sa, end, ['created']).map((mark) => ({ sa, mark })));
  const went = earliest(gone)!;
  const before = made.filter(
    ({ mark }) => ['before', 'same'].includes(order(mark, went)) && near(mark.at, went.at, MAKE_BREAK_MS) !== 'no',
  );
  if (before.length > 0)
    return yes(`${view.receiverName} made ${formatSpi(before[0]!.sa.spi)} before it deleted ${view.spi}`, [
      before[0]!.mark.quote,
      went.quote,
    ]);
  if (made.some(({ mark }) => order(mark, went) === 'after') && view.receiver?.debugsOn === true)
    return no(`${view.receiverName} deleted ${view.spi} before it made another`, [went.quote]);
  return unknown(`whether ${view.spi} was replaced before it went is not known`, [went.quote]);
});

/** IOS keeps the old SA for a while after the new one is in place. */
const MAKE_BREAK_MS = 180_000;

/** The receiver deleted it, by its own lines, before the message. */
export const deletion = once((view: View): SaMark | null => {
  return latest(marksOf(view, 'receiver', ['deleted']).filter((mark) => order(mark, view.message) !== 'after'));
});

export const deletedAtReceiver = once((view: View): Answer => {
  const mark = deletion(view);
  return mark
    ? yes(`${view.receiverName} deleted ${view.spi}${at(mark)}`, [mark.quote])
    : unknown(`nothing shows that ${view.receiverName} deleted ${view.spi}`);
});

/** Events that name the SA or its partner; of those that name none, the ones in one go with the deletion. */
function aboutSa(view: View, end: End | null, kinds: readonly DatedEvent['event']['kind'][], peer: string): DatedEvent[] {
  const gone = deletion(view);
  const wanted = [view.flow.flow.spi, ...(view.sa?.partner != null ? [view.sa.partner] : [])];
  return eventsOf(end, kinds, peer).filter(
    ({ event, at: when }) =>
      event.spis.some((spi) => wanted.includes(spi)) ||
      (event.spis.length === 0 && gone !== null && near(when, gone.at, TOGETHER_MS) === 'yes'),
  );
}

export const deleteSent = once((view: View): Answer => {
  const { receiver, receiverName, spi, flow } = view;
  const marks = marksOf(view, 'receiver', ['delete-sent']);
  const lines = aboutSa(view, receiver, ['delete-sent'], flow.flow.src);
  const quotes = [...marks.map(({ quote }) => quote), ...lines.map(({ quote }) => quote)];
  if (quotes.length > 0) return yes(`${receiverName} sent a DELETE for ${spi}`, quotes);
  const notSent = aboutSa(view, receiver, ['delete-not-sent'], flow.flow.src);
  if (notSent.length > 0)
    return no(
      `${receiverName} could not send a DELETE: it had no IKE SA`,
      notSent.map(({ quote }) => quote),
    );
  return unknown(`nothing shows that ${receiverName} sent a DELETE for ${spi}`);
});

/** The moment at which the DELETE left; null: no line says. */
export const deleteMoment = once((view: View): Moment | null => {
  return earliest([
    ...marksOf(view, 'receiver', ['delete-sent']),
    ...aboutSa(view, view.receiver, ['delete-sent'], view.flow.flow.src),
  ]);
});

/** Did it arrive? `no` only where the sender's debugs were on and its log whole, or where its tables show that it did not act on it. */
export const deleteReceived = once((view: View): Answer => {
  const { sender, senderName, spi, flow } = view;
  const marks = marksOf(view, 'sender', ['delete-received']);
  const lines = eventsOf(sender, ['delete-received', 'delete-enqueued'], flow.flow.dst).filter(({ event }) =>
    event.spis.includes(flow.flow.spi),
  );
  const quotes = [...marks.map(({ quote }) => quote), ...lines.map(({ quote }) => quote)];
  if (quotes.length > 0) return yes(`${senderName} received the DELETE of ${spi}`, quotes);
  const left = deleteMoment(view);
  const unnamed = eventsOf(sender, ['delete-received', 'delete-enqueued'], flow.flow.dst).filter(
    ({ event, at: when }) => event.spis.length === 0 && left !== null && near(when, left.at, TOGETHER_MS) !== 'no',
  );
  if (unnamed.length > 0)
    return unknown(
      `${senderName} received a DELETE then; of which SPI is not shown`,
      unnamed.map(({ quote }) => quote),
    );
  if (sender?.debugsOn === true && left !== null && logCovers(sender, left.at, 0))
    return no(`${senderName} did not receive it: its debugs were on and show no DELETE of ${spi}`);
  return unknown(`whether ${senderName} received a DELETE of ${spi} is not known`);
});

/** Requests that were not answered, at either end, near the message or the deletion. */
export const retransmits = once((view: View): Answer => {
  const { receiver, sender, flow } = view;
  const gone = deletion(view);
  const lines = [...eventsOf(receiver, ['retransmit'], flow.flow.src), ...eventsOf(sender, ['retransmit'], flow.flow.dst)].filter(
    ({ at: when, end }) =>
      near(when, messageFor(view, end).at, 120_000) === 'yes' || (gone !== null && near(when, gone.at, 120_000) === 'yes'),
  );
  return lines.length > 0
    ? yes(
        'messages of IKE were retransmitted: some did not arrive',
        lines.map(({ quote }) => quote),
      )
    : unknown('no line tells of retransmitted messages');
});

/** Not as the one that answers. */
const began = ({ event }: DatedEvent): boolean => event.detail['role'] !== 'responder';

/** Both ends began a rekey within seconds of each other. */
export const rekeysCrossed = once((view: View): Answer => {
  const { receiver, sender, flow, message } = view;
  const ours = eventsOf(receiver, ['rekey-started'], flow.flow.src).filter(began);
  const theirs = eventsOf(sender, ['rekey-started'], flow.flow.dst).filter(began);
  for (const a of ours)
    for (const b of theirs)
      if (near(a.at, b.at, CROSSING_MS) === 'yes' && order(a, message) !== 'after' && near(a.at, message.at, 600_000) !== 'no')
        return yes(`both ends began a rekey within ${CROSSING_MS / 1_000} s of each other`, [a.quote, b.quote]);
  // One end's own lines tell it too: it began one, and answered one.
  for (const [end, peer] of [
    [receiver, flow.flow.src],
    [sender, flow.flow.dst],
  ] as const) {
    const all = eventsOf(end, ['rekey-started'], peer);
    for (const a of all.filter(({ event }) => event.detail['role'] === 'initiator'))
      for (const b of all.filter(({ event }) => event.detail['role'] === 'responder'))
        if (near(a.at, b.at, CROSSING_MS) === 'yes' && nearMessage(view, a, a.end, 600_000) !== 'no')
          return yes(`one end began a rekey and answered another within ${CROSSING_MS / 1_000} s`, [a.quote, b.quote]);
  }
  return unknown('that both ends began a rekey at the same time is not shown');
});

const CROSSING_MS = 5_000;

/** The bad SPI itself is one of two that were made at once. */
export const isTwin = once((view: View): Answer => {
  const { sa, spi, siblings } = view;
  if (creationOf(sa) === null) return unknown(`when ${spi} was made is not known`);
  // Each end's own lines: of two clocks a rekey's two lines would be twins.
  const made = ({ marks }: SaLife) => marks.filter(({ what }) => what === 'created');
  for (const own of sa === null ? [] : made(sa))
    for (const other of siblings)
      for (const created of made(other))
        if (own.end === created.end && near(own.at, created.at, CROSSING_MS) === 'yes')
          return yes(`${spi} and ${formatSpi(other.spi)} were made within ${CROSSING_MS / 1_000} s of each other`, [
            own.quote,
            created.quote,
          ]);
  return no(`${spi} was made alone`, [creationOf(sa)!.quote]);
});

/** May the bad SPI be one of two that were made at once? `no` only where it is shown to be older, or a whole log would have its making. */
export const mayBeTwin = once((view: View): Answer => {
  const { receiver, sa, spi, siblings, heard } = view;
  const twin = isTwin(view);
  if (twin.known === 'yes') return twin;
  // What took its place took that of another, as the tables have it: then this one was no generation of its own.
  const taker = siblings.find((one) => one.spi === sa?.next);
  if (taker && taker.previous !== null && taker.previous !== sa?.spi)
    return yes(
      `${formatSpi(taker.spi)} took the place of ${formatSpi(taker.previous)}, not of ${spi}`,
      taker.outboundAtSender.quotes,
    );
  const made = (sa?.marks ?? []).filter(({ what }) => what === 'created');
  if (made.some((mark) => (gap(mark.at, messageFor(view, mark.end).at)?.minMs ?? 0) > 2 * REKEY_MS))
    return no(
      `${spi} was made long before`,
      made.map(({ quote }) => quote),
    );
  if (made.length === 0 && receiver?.debugsOn === true && logCovers(receiver, heard.at, 2 * REKEY_MS))
    return no(`${spi} was not made in the minute before the message`);
  return unknown(`whether ${spi} was one of two that were made at once is not known`);
});

/** The receiver has several inbound SAs from the sender. */
export const severalInbound = once((view: View): Answer => {
  const there = view.siblings.filter(({ inboundAtReceiver: { first, last } }) => first === 'yes' || last === 'yes');
  if (there.length > 1)
    return yes(
      `${view.receiverName} has ${there.length} inbound SAs from ${view.senderName}`,
      there.flatMap(({ inboundAtReceiver }) => inboundAtReceiver.quotes.slice(0, 1)),
    );
  return unknown(`${view.receiverName} is not shown to have several inbound SAs from there`);
});

/** The sender's SA has no partner: nothing inbound was made with it, or what was is gone. */
export const partnerless = once((view: View): Answer => {
  const { sa, senderName, spi } = view;
  if (sa === null || sa.outboundAtSender.last !== 'yes') return unknown(`whether ${spi} has a partner is not known`);
  if (sa.partner === null) return yes(`${senderName} has no inbound SA to go with ${spi}`, sa.outboundAtSender.quotes);
  const partner = view.back.find((one) => one.spi === sa.partner);
  if (partner?.inboundAtReceiver.last === 'no')
    return yes(`the partner of ${spi}, ${formatSpi(sa.partner)}, is gone at ${senderName}`, [
      ...sa.outboundAtSender.quotes,
      ...partner.inboundAtReceiver.quotes,
    ]);
  return no(`${spi} has its partner at ${senderName}`, sa.outboundAtSender.quotes);
});

/** How long before the message the sender was done with the SA; null: not known. */
export const outOfUseFor = once(
  (view: View): { readonly moment: SaMark; readonly leastMs: number; readonly mostMs: number } | null => {
    const marks = [
      ...marksOf(view, 'sender', ['deleted', 'rekeyed']),
      ...marksOf(view, 'receiver', ['deleted', 'rekeyed']),
    ].filter((mark) => isBefore(mark, view.message));
    const found = marks.flatMap((moment) => {
      const since = gap(moment.at, messageFor(view, moment.end).at);
      return since === null ? [] : [{ moment, leastMs: since.minMs, mostMs: since.maxMs }];
    });
    // One event may be told by a debug without a time and by a trace with one.
    const exact = found.filter(({ leastMs, mostMs }) => mostMs - leastMs < REKEY_MS);
    return (exact.length > 0 ? exact : found).sort((a, b) => a.mostMs - b.mostMs)[0] ?? null;
  },
);

/** The tables show the peer on another UDP port than before, or on 4500 at one sample and 500 at the other. */
export const portChanged = once(({ receiver, sender, flow, senderName }: View): Answer => {
  for (const [end, peer] of [
    [receiver, flow.flow.src],
    [sender, flow.flow.dst],
  ] as const) {
    if (end === null) continue;
    const rows = end.ipsec.flatMap(({ value, file }) =>
      value.idents
        .filter((ident) => ident.peer === peer && ident.peerPort !== null)
        .map(({ peerPort, line }) => ({ peerPort, file, line })),
    );
    const first = rows[0];
    const changed = rows.find(({ peerPort }) => peerPort !== first?.peerPort);
    if (first && changed)
      return yes(
        `the port of the peer is ${changed.peerPort}, and was ${first.peerPort}`,
        [first, changed].map(({ file, line, peerPort }) => ({
          end: end.index,
          file,
          line,
          text: `current_peer ${peer} port ${peerPort}`,
        })),
      );
  }
  return unknown(`that the port of ${senderName} changed is not shown`);
});

/**
 * The receiver deleted it, and nothing that makes a router do so is in a log that would show it: no rekey, no expiry, no DELETE of the peer, no
 * contact anew, no dead peer. What is left is a person, or a fault.
 */
export const outOfTheBlue = once((view: View): Answer => {
  const { receiver, receiverName, spi, flow, heard } = view;
  const gone = deletion(view);
  if (gone === null) return unknown(`nothing shows how ${spi} went at ${receiverName}`);
  const around = (kinds: readonly DatedEvent['event']['kind'][], ms: number) =>
    eventsOf(receiver, kinds, flow.flow.src).filter(
      (event) => near(event.at, gone.at, ms) !== 'no' && order(event, view.message) !== 'after',
    );
  const reasons = [
    ...around(
      ['delete-received', 'initial-contact', 'port-float', 'ike-established', 'ha-active', 'restart', 'delete-not-sent'],
      TOGETHER_MS,
    ),
    ...around(['lifetime-expired', 'dpd-failed', 'retransmit'], 60_000),
    ...around(['ike-deleted'], TOGETHER_MS).filter(({ event }) =>
      /lifetime|tunnel|dead|p1 delete/i.test(event.detail['reason'] ?? ''),
    ),
  ];
  if (reasons.length > 0)
    return no(
      `what made ${receiverName} delete ${spi} is in its log`,
      reasons.map(({ quote }) => quote),
    );
  if (madeBeforeBreak(view).known === 'yes') return no(`${spi} was replaced before it went`, [gone.quote]);
  if (receiver?.debugsOn !== true || !logCovers(receiver, heard.at, 30_000))
    return unknown(`what made ${receiverName} delete ${spi} may be missing from its log`, [gone.quote]);
  if (nearMessage(view, gone, gone.end, 120_000) !== 'yes') return unknown(`${spi} went long before the message`, [gone.quote]);
  return yes(`${receiverName} deleted ${spi} out of the blue: no rekey, no expiry, no DELETE, no new contact before it`, [
    gone.quote,
  ]);
});
