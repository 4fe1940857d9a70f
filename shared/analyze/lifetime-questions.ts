/**
 * How long SAs live: what ran out of time or volume, whether the ends keep them for different times. A configuration that says nothing has the
 * defaults of IOS. Asked by causes/lifetime-mismatch.ts, kilobyte-lifetime.ts and those that they rival.
 */

import { formatSpi } from '../model/flow.ts';
import { type Answer, no, unknown, yes } from './answer.ts';
import type { DatedEvent, End, Quote, SideState } from './case.ts';
import { deletion, madeBeforeBreak } from './exchange-questions.ts';
import { once } from './once.ts';
import { gap } from './order.ts';
import { lineIn } from './quote.ts';
import { creationOf, marksOf, TOGETHER_MS } from './sa-questions.ts';
import { eventsOf, messageFor, type View } from './view.ts';

/**
 * An SA that ran out at the receiver: of which unit. A threshold of time is reached in every rekey, and
 * says nothing; one of volume says why it was rekeyed, or went.
 */
export function expiry(view: View, unit: 'seconds' | 'kilobytes'): Answer {
  const { receiverName, spi } = view;
  const lines = expiryLines(view);
  const marks = marksOf(view, 'receiver', ['expired']);
  const right = lines.filter(
    ({ event }) => unitOf(event.detail) === unit && (unit === 'kilobytes' || event.detail['phase'] !== 'soft'),
  );
  if (right.length > 0)
    return yes(
      `${spi} ran out of ${unit} at ${receiverName}`,
      right.map(({ quote }) => quote),
    );
  // Some releases print the time that is left whatever ran out: only the end itself denies.
  const wrong = lines.filter(({ event }) => ![unit, null].includes(unitOf(event.detail)) && event.detail['phase'] !== 'soft');
  if (wrong.length > 0)
    return no(
      `${spi} ran out of ${unit === 'seconds' ? 'kilobytes' : 'seconds'}, not of ${unit}`,
      wrong.map(({ quote }) => quote),
    );
  if (marks.length > 0 || lines.length > 0)
    return unknown(
      `${spi} ran out at ${receiverName}; of what is not said`,
      [...marks, ...lines].map(({ quote }) => quote),
    );
  return unknown(`nothing says that ${spi} ran out at ${receiverName}`);
}

/** Those that name the SA; of those that name none, the ones in the minutes before it went. */
function expiryLines(view: View): DatedEvent[] {
  const { receiver, flow, message } = view;
  const wanted = [flow.flow.spi, ...(view.sa?.partner != null ? [view.sa.partner] : [])];
  const moment = deletion(view) ?? message;
  const all = eventsOf(receiver, ['lifetime-expired'], flow.flow.src);
  const named = all.filter(({ event }) => event.spis.some((spi) => wanted.includes(spi)));
  if (named.length > 0) return named;
  return all.filter((event) => {
    const since = gap(event.at, moment.at);
    return event.event.spis.length === 0 && since !== null && since.minMs >= -TOGETHER_MS && since.maxMs <= SOFT_MS;
  });
}

/** The receiver said that the end of the SA was near, and deleted it before it made another: nobody rekeyed it. */
export const ranOut = once((view: View): Answer => {
  const lines = expiryLines(view);
  if (lines.length === 0) return unknown(`nothing says that the lifetime of ${view.spi} came to its end`);
  const order = madeBeforeBreak(view);
  if (order.known === 'yes') return no(`${view.spi} was rekeyed before it went`, order.quotes);
  return yes(`the lifetime of ${view.spi} came to its end at ${view.receiverName}, and it went before another was made`, [
    ...lines.map(({ quote }) => quote),
    ...order.quotes,
  ]);
});

/** IOS begins a rekey this long before the end of an SA, at most. */
const SOFT_MS = 120_000;

const unitOf = (detail: Readonly<Record<string, string>>): 'seconds' | 'kilobytes' | null => {
  const word = (detail['unit'] ?? '').toLowerCase();
  if (/^(?:k|kb|kilobytes?|volume|bytes?)$/.test(word)) return 'kilobytes';
  return /^(?:s|sec|secs|seconds?|time)$/.test(word) ? 'seconds' : null;
};

/** Of IOS and IOS XE, for IPsec SAs. */
const DEFAULTS = { lifetimeSeconds: 3_600, lifetimeKilobytes: 4_608_000 } as const;

/** The configured lifetime of one end towards the other. */
export function configured(
  end: End | null,
  peer: string,
  unit: 'lifetimeSeconds' | 'lifetimeKilobytes',
): { value: number; quotes: Quote[] } | null {
  const sample = end?.configuration ?? null;
  if (end === null || sample === null) return null;
  const { peerings } = sample.value;
  const peering =
    peerings.find(({ peers }) => peers.includes(peer)) ??
    peerings.find(({ peers }) => peers.length === 0) ??
    (peerings.length === 1 ? peerings[0] : undefined);
  // A configuration that was shown and says nothing of lifetimes has the default.
  const isShown = sample.value.invalidSpiRecovery !== null && end.platform.startsWith('cisco-');
  const value = peering?.[unit] ?? sample.value[unit] ?? (isShown ? DEFAULTS[unit] : null);
  if (value === null) return null;
  return {
    value,
    quotes:
      peering?.line != null
        ? [{ end: end.index, file: sample.file, line: lineIn(sample, peering.line), text: peering.where }]
        : [],
  };
}

/** Do the ends keep their SAs for different times, the receiver for the shorter? */
export const lifetimesDiffer = once((view: View): Answer => {
  const { receiver, sender, flow, receiverName, senderName } = view;
  const [here, there] = [
    configured(receiver, flow.flow.src, 'lifetimeSeconds'),
    configured(sender, flow.flow.dst, 'lifetimeSeconds'),
  ];
  if (here && there) {
    const quotes = [...here.quotes, ...there.quotes];
    const both = `${receiverName} keeps SAs for ${here.value} s, ${senderName} for ${there.value} s`;
    if (here.value < there.value) return yes(both, quotes);
    return here.value === there.value
      ? no(`both ends keep SAs for ${here.value} s`, quotes)
      : no(`${both}: the sender drops them first`, quotes);
  }
  const agreed = lifetimesAsMade(view);
  if (agreed !== null) return agreed;
  const left = [...view.siblings, ...view.back, ...(view.sa ? [view.sa] : [])].flatMap((sa) => {
    // The same SA at both ends: `receiver` and `sender` of the way that it goes.
    const [ours, theirs] =
      sa.receiver === receiver?.index ? [sa.inboundAtReceiver, sa.outboundAtSender] : [sa.outboundAtSender, sa.inboundAtReceiver];
    return ours.lifetimeSeconds !== null && theirs.lifetimeSeconds !== null
      ? [{ sa, ours: ours.lifetimeSeconds, theirs: theirs.lifetimeSeconds, quotes: [...ours.quotes, ...theirs.quotes] }]
      : [];
  });
  const apart = left.find(({ ours, theirs }) => theirs - ours > APART_SECONDS);
  if (apart)
    return yes(
      `${formatSpi(apart.sa.spi)} has ${apart.ours} s left at ${receiverName}, and ${apart.theirs} s at ${senderName}`,
      apart.quotes,
    );
  if (left.some(({ ours, theirs }) => Math.abs(theirs - ours) <= APART_SECONDS))
    return no(
      'remaining lifetimes are alike at both ends',
      left.flatMap(({ quotes }) => quotes),
    );
  return unknown('whether lifetimes differ between the ends is not known');
});

// IPSEC(create_sa): sa created, (sa) … sa_lifetime(k/sec)= (4608000/270)
const madeWithLifetime = once((end: End): ReadonlyMap<number, DatedEvent> => {
  const found = new Map<number, DatedEvent>();
  for (const dated of end.events)
    if (dated.event.kind === 'sa-created' && /^\d+$/.test(dated.event.detail['lifetimeSeconds'] ?? ''))
      for (const spi of dated.event.spis) if (!found.has(spi)) found.set(spi, dated);
  return found;
});

/** The same SA as each end made it, with the lifetime that its line says; null: not both lines are there. */
function lifetimesAsMade(view: View): Answer | null {
  const { receiver, sender, receiverName, senderName } = view;
  const made = (end: End | null, spi: number) => (end === null ? undefined : madeWithLifetime(end).get(spi));
  for (const { spi } of [...(view.sa ? [view.sa] : []), ...view.siblings, ...view.back]) {
    const [here, there] = [made(receiver, spi), made(sender, spi)];
    if (!here || !there) continue;
    const [ours, theirs] = [here, there].map(({ event }) => Number(event.detail['lifetimeSeconds'])) as [number, number];
    const quotes = [here.quote, there.quote];
    const both = `${formatSpi(spi)} was made for ${ours} s at ${receiverName} and for ${theirs} s at ${senderName}`;
    return ours < theirs ? yes(both, quotes) : no(both, quotes);
  }
  return null;
}

/** Samples of two ends are seconds apart, and some releases print minutes. */
const APART_SECONDS = 120;

/** Deletions of SAs with this peer come at a fixed period. Needs three, in one log. */
export const deletesAtPeriod = once((view: View): Answer => {
  const { receiver, receiverName, flow } = view;
  const times = eventsOf(receiver, ['sa-deleted', 'lifetime-expired'], flow.flow.src)
    .flatMap(({ at: when, quote }) => (when === null ? [] : [{ ms: when.atClockMs, quote }]))
    .sort((a, b) => a.ms - b.ms)
    .filter((one, index, all) => index === 0 || one.ms - all[index - 1]!.ms > TOGETHER_MS);
  const gaps = times.slice(1).map(({ ms }, index) => ms - times[index]!.ms);
  if (gaps.length < 2) return unknown('too few deletions are in the log to show a period');
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  return most - least <= Math.max(2_000, least / 10)
    ? yes(
        `${receiverName} deletes SAs with it every ${Math.round(least / 1_000)} s`,
        times.map(({ quote }) => quote),
      )
    : no(
        'deletions come at no fixed period',
        times.map(({ quote }) => quote),
      );
});

/** Few kilobytes are left on an SA of the one way, and many on the other. */
export const kilobytesLow = once((view: View): Answer => {
  const shown = (sides: readonly SideState[]) =>
    sides.flatMap(({ lifetimeKilobytes, quotes }) => (lifetimeKilobytes === null ? [] : [{ left: lifetimeKilobytes, quotes }]));
  const all = [view.sa, ...view.siblings].filter((sa) => sa !== null);
  const here = shown(all.flatMap(({ inboundAtReceiver, outboundAtSender }) => [inboundAtReceiver, outboundAtSender]));
  const back = shown(view.back.flatMap(({ inboundAtReceiver, outboundAtSender }) => [inboundAtReceiver, outboundAtSender]));
  const limit = [
    configured(view.receiver, view.flow.flow.src, 'lifetimeKilobytes'),
    configured(view.sender, view.flow.flow.dst, 'lifetimeKilobytes'),
  ].flatMap((one) => (one === null ? [] : [one.value]));
  const most = Math.max(0, ...limit, ...here.map(({ left }) => left), ...back.map(({ left }) => left));
  const low = here.find(({ left }) => left < most / 10);
  if (here.length === 0 || most === 0) return unknown('how many kilobytes are left is not known');
  return low
    ? yes(`${low.left} kB of ${most} are left on an SA from ${view.senderName}`, low.quotes)
    : no(
        'plenty of kilobytes are left',
        here.flatMap(({ quotes }) => quotes),
      );
});

/** Is the SA older than the receiver's own lifetime of SAs? Then it dropped it by itself, and the sender has time left. */
export const outlived = once((view: View): Answer => {
  const { receiver, sender, receiverName, spi, flow, sa } = view;
  const ours = configured(receiver, flow.flow.src, 'lifetimeSeconds');
  const theirs = configured(sender, flow.flow.dst, 'lifetimeSeconds');
  const left = sa?.outboundAtSender.lifetimeSeconds ?? null;
  const made = creationOf(sa, receiver?.index ?? null) ?? creationOf(sa);
  const gone = deletion(view);
  // By the receiver's own two lines, where it has both.
  const since =
    made === null ? null : gap(made.at, gone !== null && gone.end === made.end ? gone.at : messageFor(view, made.end).at);
  const quotes = [...(made ? [made.quote] : []), ...(sa?.outboundAtSender.quotes ?? []), ...(ours?.quotes ?? [])];
  const ageSeconds =
    since !== null
      ? { least: since.minMs / 1_000, most: since.maxMs / 1_000 }
      : theirs !== null && left !== null
        ? { least: theirs.value - left - APART_SECONDS, most: theirs.value - left }
        : null;
  if (ours === null || ageSeconds === null)
    return unknown(`whether ${spi} is older than the lifetime of SAs at ${receiverName} is not known`);
  // A router is done with an SA a little before its time.
  if (
    ageSeconds.most >= ours.value * 0.9 &&
    ageSeconds.least <= ours.value * 1.5 + APART_SECONDS &&
    theirs !== null &&
    theirs.value > ours.value
  )
    return yes(
      `${spi} is about as old as SAs get at ${receiverName}: ${Math.round(ageSeconds.most)} s of ${ours.value} s`,
      quotes,
    );
  if (ageSeconds.most < ours.value * 0.9)
    return no(`${spi} is ${Math.round(ageSeconds.most)} s old: ${receiverName} keeps SAs for ${ours.value} s`, quotes);
  return unknown(`whether ${spi} went for its age is not known`);
});
