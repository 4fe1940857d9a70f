/**
 * The first questions of facts.md §6, to the SAs: is the bad SPI what the sender encrypts with, does the receiver have it, what stands in its
 * place, how old is it. Answers rest on tables and on the marks of the ledger. Asked by the rules in causes/, by healing.ts and judge.ts.
 */

import { formatSpi } from '../model/flow.ts';
import { type Answer, either, no, unknown, yes } from './answer.ts';
import type { End, Instant, Quote, SaLife, SaMark } from './case.ts';
import { once } from './once.ts';
import { clockTime, gap, type Moment, near, order } from './order.ts';
import { lineIn } from './quote.ts';
import { earliest, nameOf, type View } from './view.ts';

/** Is it the sender's current outbound SPI? */
export const senderUses = once(({ sa, spi, sender, senderName }: View): Answer => {
  if (sender === null) return unknown(`there is no bundle of ${senderName}: whether it still encrypts with ${spi} is not known`);
  if (sa === null) return unknown(`no table of ${senderName} says whether it encrypts with ${spi}`);
  const { first, last, current, quotes } = sa.outboundAtSender;
  if (current === 'yes') return yes(`${spi} is what ${senderName} encrypts with`, quotes);
  if (last === 'no') return no(`${senderName} does not send with ${spi}: no such outbound SA there`, quotes);
  if (current === 'no' && last !== 'unknown') return no(`${senderName} has ${spi} still, and encrypts with another`, quotes);
  if (last === 'yes') return yes(`${senderName} has ${spi} as an outbound SA`, quotes);
  if (first === 'no') return no(`${senderName} did not send with ${spi}: no such outbound SA there`, quotes);
  return unknown(`no whole table of ${senderName} says whether it encrypts with ${spi}`, quotes);
});

/** Did it have it at all, in a table or in a line? */
export const senderHad = once((view: View): Answer => {
  const { sa, spi, senderName, sender } = view;
  const marks = marksOf(view, 'sender', ['created', 'seen', 'rekeyed', 'deleted', 'expired']);
  const side = sa?.outboundAtSender;
  if (side && (side.first === 'yes' || side.last === 'yes'))
    return yes(`${spi} was an outbound SA of ${senderName}`, side.quotes);
  if (marks.length > 0)
    return yes(
      `${spi} was an SA of ${senderName}`,
      marks.map(({ quote }) => quote),
    );
  if (sender !== null && side?.first === 'no' && side.last === 'no')
    return no(`${senderName} has no outbound SA ${spi}, in no table and no line`, side.quotes);
  return unknown(`whether ${senderName} ever sent with ${spi} is not known`);
});

/** Does the receiver have it now? */
export const receiverHas = once(({ sa, spi, receiver, receiverName }: View): Answer => {
  if (receiver === null) return unknown(`there is no bundle of ${receiverName}: whether it has ${spi} is not known`);
  const side = sa?.inboundAtReceiver;
  if (side === undefined) return unknown(`no table of ${receiverName} says whether it has ${spi}`);
  if (side.last === 'yes' || (side.last === 'unknown' && side.first === 'yes'))
    return yes(`${receiverName} has ${spi} as an inbound SA`, side.quotes);
  if (side.last === 'no' || side.first === 'no') return no(`${receiverName} has no inbound SA ${spi}`, side.quotes);
  return unknown(`no whole table of ${receiverName} says whether it has ${spi}`, side.quotes);
});

/** As a need of the causes in which the receiver lost it. */
export const receiverLacks = (view: View): Answer => not(receiverHas(view));

/** Did the receiver have it before? Never `no`: its log does not reach back for ever. */
export const receiverHad = once((view: View): Answer => {
  const { sa, spi, receiver, receiverName } = view;
  const marks = marksOf(view, 'receiver', ['created', 'seen', 'rekeyed', 'deleted', 'expired', 'delete-sent']).filter(
    (mark) => order(mark, view.message) !== 'after',
  );
  if (marks.length > 0)
    return yes(
      `${receiverName} had ${spi} before`,
      marks.map(({ quote }) => quote),
    );
  if (sa?.inboundAtReceiver.first === 'yes') return yes(`${receiverName} had ${spi}`, sa.inboundAtReceiver.quotes);
  for (const sample of receiver?.spis ?? []) {
    const row = [...(sample.value.transient ?? []), ...(sample.value.active ?? [])].find((one) => one.spi === view.flow.flow.spi);
    if (row && receiver)
      return yes(`${receiverName} lists ${spi} as known of late`, [
        { end: receiver.index, file: sample.file, line: lineIn(sample, row.line), text: formatSpi(row.spi) },
      ]);
  }
  return unknown(`nothing shows ${spi} at ${receiverName} before the message`);
});

export const marksOf = (view: View, side: 'sender' | 'receiver', what: readonly SaMark['what'][]): SaMark[] =>
  marksAt(view.sa, view[side]?.index ?? null, what);

export const marksAt = (sa: SaLife | null, end: number | null, what: readonly SaMark['what'][]): SaMark[] =>
  end === null || sa === null ? [] : sa.marks.filter((mark) => mark.end === end && what.includes(mark.what));

/** Its place is taken: another SA, the same way, that the sender encrypts with and the receiver has. */
export const replaced = once((view: View): Answer => {
  const { siblings, sa, sender, receiver, senderName, receiverName } = view;
  const current = siblings.filter(({ outboundAtSender }) => outboundAtSender.current === 'yes');
  const taker = siblings.find(({ spi }) => spi === sa?.next) ?? current[0] ?? null;
  if (sa?.outboundAtSender.current === 'yes') return no(`${senderName} has put nothing in the place of ${formatSpi(sa.spi)}`);
  if (taker === null) {
    const arrived = siblings.filter(({ inboundAtReceiver: { last } }) => last === 'yes');
    if (sender === null && arrived.length > 0)
      return yes(
        `${receiverName} has another inbound SA from there, ${formatSpi(arrived[0]!.spi)}`,
        arrived[0]!.inboundAtReceiver.quotes,
      );
    return unknown('what stands in its place is not known');
  }
  const name = formatSpi(taker.spi);
  const quotes = [...taker.outboundAtSender.quotes, ...taker.inboundAtReceiver.quotes];
  const { outboundAtSender: out, inboundAtReceiver: into } = taker;
  if (out.last === 'no' || (into.last === 'no' && receiver !== null))
    return no(`${name} took its place and is not at both ends`, quotes);
  if (out.current === 'yes' && into.last === 'yes')
    return yes(`${name} stands in its place: ${senderName} encrypts with it, ${receiverName} has it`, quotes);
  return unknown(`${name} took its place; that both ends have it is not known`, quotes);
});

/** The moment from which it existed, by the earliest line that says it was made; null: no line does. */
export function creationOf(sa: SaLife | null, end: number | null = null): SaMark | null {
  return earliest((sa?.marks ?? []).filter((mark) => mark.what === 'created' && (end === null || mark.end === end)));
}

/** What a router does in one go, or answers at once. */
export const TOGETHER_MS = 5_000;

/** Was it there before `when`? By its creation, by its age at the sender, by the age of the sender's IKE SA with the receiver. */
export function existedBefore(view: View, when: Moment, what: string): Answer {
  const { spi, sa, senderName } = view;
  const made = (sa?.marks ?? []).filter(({ what }) => what === 'created');
  for (const created of made) {
    const way = order(created, when);
    const at = created.at === null ? '' : ` at ${clockTime(created.at)}`;
    if (way === 'before') return yes(`${spi} was made${at}, before ${what}`, [created.quote]);
    if (way === 'after') return no(`${spi} was made${at}, after ${what}`, [created.quote]);
  }
  const seen = (sa?.marks ?? []).find((mark) => mark.what === 'seen' && order(mark, when) === 'before');
  if (seen) return yes(`${spi} was seen before ${what}`, [seen.quote]);
  const aged = ageOf(view, when.at);
  if (aged !== null && aged.olderMs > 0)
    return yes(`${spi} is older than ${what}, by what is left of its lifetime at ${senderName}`, aged.quotes);
  if (aged !== null && aged.youngerMs > 0)
    return no(`${spi} is younger than ${what}, by what is left of its lifetime at ${senderName}`, aged.quotes);
  const ike = ikeAges(view)
    .filter(({ from }) => (gap(from, when.at)?.minMs ?? 0) > 1_000)
    .map(({ quote }) => quote);
  if (ike.length > 0) return yes(`the IKE SA of ${senderName} is older than ${what}`, ike);
  return unknown(`whether ${spi} is older than ${what} is not known`);
}

/** By how much it is surely older, or surely younger, than a moment; null: its lifetime is not known. */
function ageOf(view: View, when: Instant | null): { olderMs: number; youngerMs: number; quotes: readonly Quote[] } | null {
  const { sa, sender } = view;
  const left = sa?.outboundAtSender.lifetimeSeconds ?? null;
  const lifetimes = lifetimesOf(view);
  const sample = [...(sender?.ipsec ?? [])]
    .reverse()
    .find(({ value }) => value.idents.some(({ sas }) => sas.some((one) => one.spi === sa?.spi && one.direction === 'outbound')));
  if (left === null || sample === undefined || lifetimes === null) return null;
  const since = gap(when, sample.at);
  if (since === null) return null;
  const [shortest, longest] = lifetimes;
  return {
    olderMs: (shortest - left) * 1_000 - since.maxMs - SLACK_MS,
    youngerMs: since.minMs - (longest - left) * 1_000 - SLACK_MS,
    quotes: sa?.outboundAtSender.quotes ?? [],
  };
}

/** Tables print whole seconds or minutes, and an SA is made a moment after it was agreed. */
const SLACK_MS = 61_000;

/** Both ends' configured lifetimes in seconds, the shorter first; null: not both are known. */
function lifetimesOf(view: View): readonly [number, number] | null {
  const found = [view.sender, view.receiver].map((end, at) => {
    const facts = end?.configuration?.value;
    if (!facts) return null;
    const peer = at === 0 ? view.flow.flow.dst : view.flow.flow.src;
    const peering =
      facts.peerings.find(({ peers }) => peers.includes(peer)) ?? (facts.peerings.length === 1 ? facts.peerings[0] : undefined);
    return peering?.lifetimeSeconds ?? facts.lifetimeSeconds;
  });
  const [a, b] = found;
  return a == null || b == null ? null : [Math.min(a, b), Math.max(a, b)];
}

/** Since when the sender has its IKE SA with the receiver. */
function ikeAges({ sender, flow }: View): { from: Instant; quote: Quote }[] {
  if (sender === null) return [];
  return sender.ike.flatMap(({ value, at, file }) =>
    value.sas
      .filter(
        ({ established, ageSeconds, remote, local }) =>
          established && ageSeconds !== null && (remote === flow.flow.dst || local === flow.flow.dst),
      )
      .map(({ ageSeconds, line, state }) => ({
        from: {
          ...at,
          fromMs: at.fromMs - ageSeconds! * 1_000,
          toMs: at.toMs - ageSeconds! * 1_000,
          atClockMs: at.atClockMs - ageSeconds! * 1_000,
        },
        quote: { end: sender.index, file, line, text: `${state}, ${ageSeconds} s old` },
      })),
  );
}

/** It came again a minute or more after the first: the message's limit, so traffic goes on into a black hole. */
export const cameAgain = once(({ flow, spi }: View): Answer => {
  const span = gap(flow.first, flow.last);
  const quotes = flow.quote ? [flow.quote] : [];
  if (flow.judged === 'persistent') return yes(`the message of ${spi} came again after a minute`, quotes);
  if (flow.count > 1 && span !== null && span.minMs >= AGAIN_MS)
    return yes(`the message of ${spi} came ${flow.count} times, over ${Math.round(span.minMs / 1_000)} s`, quotes);
  return unknown(`that the message of ${spi} came once proves nothing: it is limited to one a minute`);
});

const AGAIN_MS = 59_000;

/** As `senderUsed`; where its tables do not tell, that it was an SA of the sender, or a message that came again: enough to be likely, no proof. */
export const sendsOn = once((view: View): Answer => {
  const used = senderUsed(view);
  if (used.known !== 'unknown') return used;
  const again = cameAgain(view);
  return again.known === 'yes' ? again : view.sender === null ? used : either(senderHad(view), used);
});

/** Packets go out on it and none come back. */
export const packetsClimb = once(({ sa, spi, senderName }: View): Answer => {
  const packets = sa?.outboundAtSender.packets ?? null;
  // Counters are of the tunnel, whatever SA carries it.
  if (packets === null || sa?.outboundAtSender.current !== 'yes')
    return unknown(`whether ${senderName} goes on sending with ${spi} is not known`);
  return packets > 0
    ? yes(`${senderName} encrypted ${packets} packets between the two captures`, sa.outboundAtSender.quotes)
    : no(`${senderName} sent nothing between the two captures`, sa.outboundAtSender.quotes);
});

/** Did the sender encrypt with it around the message, whether it still does or not? The need of causes that may have healed since. */
export const senderUsed = once((view: View): Answer => {
  const uses = senderUses(view);
  if (uses.known === 'yes') return uses;
  const { sa, spi, senderName } = view;
  if (sa?.outboundAtSender.first === 'yes')
    return yes(`${senderName} had ${spi} as an outbound SA at the message`, sa.outboundAtSender.quotes);
  const gone = marksOf(view, 'sender', ['deleted', 'delete-received']);
  const went = gone.find(
    (mark) => order(view.heard, mark) === 'before' || near(view.heard.at, mark.at, 3 * TOGETHER_MS) === 'yes',
  );
  if (went) return yes(`${senderName} gave ${spi} up only as the message came`, [went.quote]);
  const early = gone.find((mark) => (gap(mark.at, view.heard.at)?.minMs ?? 0) > TOGETHER_MS);
  if (early) return no(`${senderName} gave ${spi} up before the message`, [early.quote]);
  const had = senderHad(view);
  if (had.known === 'yes') return unknown(`when ${senderName} gave ${spi} up is not known`, had.quotes);
  return uses;
});

/** `yes` is `no`, `no` is `yes`: for a need or a rival that is asked the other way round. */
export const not = (answer: Answer): Answer =>
  answer.known === 'unknown' ? answer : { ...answer, known: answer.known === 'yes' ? 'no' : 'yes' };

/** As a rival that counts only when it is shown: not knowing of it takes nothing away. */
export const onlyIfShown = (answers: readonly Answer[]): Answer[] => answers.filter(({ known }) => known !== 'unknown');

/** An address that is nobody's, as far as both ends' inventories and tables go; or that sends with what was an SA of a box that is elsewhere. */
export const fromStranger = once((view: View): Answer => {
  const { flow, receiver, sender } = view;
  const { src } = flow.flow;
  const quotes = flow.quote ? [flow.quote] : [];
  if (flow.foreign === 'yes') return yes(`${src} is the address of no peer and of no tunnel of either end`, quotes);
  const owner = ownerElsewhere(view);
  if (owner !== null)
    return yes(
      `${view.spi} was an SA of ${owner.name}, which has its tunnel from ${owner.addresses.join(', ')}, not from ${src}`,
      [...quotes, ...owner.quotes],
    );
  if (sender !== null || receiver === null || flow.foreign === 'no') return no(`${src} is a peer's address`);
  return unknown(`whose address ${src} is, is not known`);
});

/** The SPI was a known peer's, whose tunnels come from other addresses, and with the source the receiver never dealt. */
function ownerElsewhere(view: View): { name: string; addresses: readonly string[]; quotes: Quote[] } | null {
  const { about, flow, receiver, sa } = view;
  const { src } = flow.flow;
  if (receiver === null || sa === null || dealtWith(receiver, src)) return null;
  const partners = sa.partner === null ? [] : (ledgerBySpi(about.ledger).get(sa.partner) ?? []);
  const pairs = [...partners.filter((one) => one.sender === receiver.index), ...handledTogether(view)];
  if (pairs.some(({ dst }) => dst === src)) return null;
  const owner = about.ends.find((end) => end !== receiver) ?? null;
  const marks = sa.marks.filter(({ end, what }) => owner !== null && end === owner.index && what !== 'refused');
  const isOwners = owner !== null && (marks.length > 0 || pairs.some((one) => one.receiver === owner.index));
  if (isOwners && owner.addresses.length > 0 && !owner.addresses.includes(src))
    return {
      name: nameOf(owner),
      addresses: owner.addresses,
      quotes: [...marks, ...(pairs[0]?.marks.slice(0, 1) ?? [])].map(({ quote }) => quote),
    };
  const [pair] = pairs.filter(({ dst }) => dst !== null);
  return pair ? { name: pair.dst!, addresses: [pair.dst!], quotes: pair.marks.slice(0, 2).map(({ quote }) => quote) } : null;
}

const dealtWith = (end: End, address: string): boolean => addressesDealtWith(end).has(address);

const ledgerBySpi = once((ledger: readonly SaLife[]): ReadonlyMap<number, readonly SaLife[]> => {
  const found = new Map<number, SaLife[]>();
  for (const life of ledger) found.set(life.spi, [...(found.get(life.spi) ?? []), life]);
  return found;
});

/** All that an end has SAs with, or names in a line other than that of a bad SPI. */
const addressesDealtWith = once((end: End): ReadonlySet<string | null> => {
  const found = new Set<string | null>();
  for (const { value } of end.ipsec) for (const { peer, remoteEndpoint } of value.idents) found.add(peer).add(remoteEndpoint);
  for (const { value } of end.ike) for (const { remote, local } of value.sas) found.add(remote).add(local);
  for (const { event } of end.events)
    if (event.kind !== 'invalid-spi' && event.kind !== 'delete-not-sent') found.add(event.peer).add(event.src).add(event.dst);
  return found;
});

/** A pair is made and deleted in one go: the SAs of the other way that the receiver made or deleted in the same moment as this one. */
function handledTogether({ about, receiver, sa }: View): SaLife[] {
  if (receiver === null) return [];
  const found = new Set<SaLife>();
  for (const mine of doneAt(sa?.marks ?? [], receiver.index)) {
    const slot = slotOf(mine);
    if (slot === null) continue;
    for (const at of [slot - 1, slot, slot + 1])
      for (const { life, mark } of handledBySlot(about.ledger).get(`${receiver.index} ${mine.what} ${at}`) ?? [])
        if (near(mine.at, mark.at, PAIR_MS) === 'yes') found.add(life);
  }
  return [...found];
}

const doneAt = (marks: readonly SaMark[], end: number): SaMark[] =>
  marks.filter((mark) => mark.end === end && (mark.what === 'deleted' || mark.what === 'created'));
const slotOf = ({ at }: SaMark): number | null => (at === null ? null : Math.floor(at.atClockMs / PAIR_MS));

/** A storm has thousands of marks: those of one moment are looked up. By sender, as the SA of the other way is meant. */
const handledBySlot = once((ledger: readonly SaLife[]): ReadonlyMap<string, readonly { life: SaLife; mark: SaMark }[]> => {
  const found = new Map<string, { life: SaLife; mark: SaMark }[]>();
  for (const life of ledger) {
    if (life.sender === null) continue;
    for (const mark of doneAt(life.marks, life.sender)) {
      const slot = slotOf(mark);
      if (slot === null) continue;
      const key = `${life.sender} ${mark.what} ${slot}`;
      const known = found.get(key);
      if (known) known.push({ life, mark });
      else found.set(key, [{ life, mark }]);
    }
  }
  return found;
});

const PAIR_MS = 100;
