/**
 * What is wrong with packets whose SA is there: replay, integrity, tunnel keys, drops that no message tells of; and whether the two ends agree
 * about their SAs at all. Asked by the rules of faults that are no desync (facts.md §6).
 */
import { formatSpi } from '../model/flow.ts';
import { type Answer, no, unknown, yes } from './answer.ts';
import type { Case, End, Quote, SaLife } from './case.ts';
import { lineIn } from './quote.ts';
import { eventsOf, nameOf } from './view.ts';

export type PacketFault = 'replay-error' | 'mac-error';

/** Messages of a kind at an end, and whether the SPIs that they name are SAs that it has. */
export function packetErrors(about: Case, end: End, kind: PacketFault): { lines: Answer; onItsSa: Answer } {
  const events = eventsOf(end, [kind], null);
  const what = kind === 'replay-error' ? 'replay errors' : 'integrity errors';
  if (events.length === 0)
    return { lines: unknown(`no line of ${nameOf(end)} tells of ${what}`), onItsSa: unknown(`no SA of ${nameOf(end)} is named`) };
  const spis = new Set(events.flatMap(({ event }) => event.spis));
  const has = about.ledger.filter(
    ({ spi, receiver, inboundAtReceiver }) =>
      spis.has(spi) && receiver === end.index && (inboundAtReceiver.last === 'yes' || inboundAtReceiver.first === 'yes'),
  );
  return {
    lines: yes(
      `${nameOf(end)} logs ${what}`,
      events.map(({ quote }) => quote),
    ),
    onItsSa:
      has.length > 0
        ? yes(
            `they are of ${formatSpi(has[0]!.spi)}, which ${nameOf(end)} has`,
            has.flatMap(({ inboundAtReceiver }) => inboundAtReceiver.quotes),
          )
        : // To check a packet's number or its hash an SA must have been found for it.
          yes(
            `a packet is checked only by an SA that ${nameOf(end)} has`,
            events.slice(0, 1).map(({ quote }) => quote),
          ),
  };
}

const COUNTERS = {
  'replay-error': /replay/,
  'mac-error': /verify failed|auth|hmac|digest failed|decrypt failed/,
} as const;

/** Counters of the same ident rise between the first and the last table. */
export function countersRise(end: End, kind: PacketFault): Answer {
  const tables = end.ipsec.filter(({ value }) => value.idents.length > 0);
  const [first, last] = [tables[0], tables.at(-1)];
  if (!first || !last || first === last) return unknown(`counters of ${nameOf(end)} were not seen twice`);
  const quotes: Quote[] = [];
  for (const ident of last.value.idents) {
    const before = first.value.idents.find(
      (one) => one.peer === ident.peer && one.localIdent === ident.localIdent && one.remoteIdent === ident.remoteIdent,
    );
    for (const [name, count] of Object.entries(ident.counters))
      if (COUNTERS[kind].test(name) && before !== undefined && count > (before.counters[name] ?? count))
        quotes.push({
          end: end.index,
          file: last.file,
          line: lineIn(last, ident.counterLines[name] ?? ident.line),
          text: `#${name}: ${count}, was ${before.counters[name]}`,
        });
  }
  return quotes.length > 0
    ? yes(
        `${kind === 'replay-error' ? 'packets fail the replay check' : 'packets fail the integrity check'} between the two captures`,
        quotes,
      )
    : unknown(`no such counter of ${nameOf(end)} is seen to rise`);
}

/** Flows of which the evidence says that the sender uses an SA that the receiver has not: a desync, whatever else there is. */
export const desynced = (about: Case): readonly SaLife[] =>
  about.flows.flatMap(({ sa }) =>
    sa &&
    sa.outboundAtSender.current === 'yes' &&
    (sa.inboundAtReceiver.last === 'no' || (sa.inboundAtReceiver.last === 'unknown' && sa.inboundAtReceiver.first === 'no'))
      ? [sa]
      : [],
  );

/** As a rival of the faults that are none. */
export function desync(about: Case): Answer {
  const lost = desynced(about);
  if (lost.length > 0)
    return yes(
      `${formatSpi(lost[0]!.spi)} is in use at its sender and gone at its receiver: a desync beside it`,
      lost.flatMap(({ outboundAtSender }) => outboundAtSender.quotes),
    );
  return no('no SA is in use at one end and gone at the other, as far as the tables show');
}

/** What each end encrypts with, the other has: both ways. */
export function endsAgree(about: Case): Answer {
  const used = about.ledger.filter(({ outboundAtSender }) => outboundAtSender.current === 'yes');
  const lost = used.filter(({ inboundAtReceiver: { last, first } }) => last === 'no' || (last === 'unknown' && first === 'no'));
  if (lost.length > 0) return no(`${formatSpi(lost[0]!.spi)} is not at both ends`, lost[0]!.outboundAtSender.quotes);
  const ways = new Set(
    used
      .filter(({ inboundAtReceiver: { last, first } }) => last === 'yes' || first === 'yes')
      .map(({ sender, receiver }) => `${sender} ${receiver}`),
  );
  return ways.size >= 2
    ? yes(
        'what each end encrypts with, the other has',
        used.flatMap(({ outboundAtSender, inboundAtReceiver }) => [
          ...outboundAtSender.quotes.slice(0, 1),
          ...inboundAtReceiver.quotes.slice(0, 1),
        ]),
      )
    : unknown('that both ends have each other’s SAs is not shown for both ways');
}

/** GRE keys of the tunnels between the two, by their configurations. */
export function tunnelKeysDiffer(about: Case): Answer {
  const [a, b] = about.ends;
  if (!a || !b) return unknown('tunnel keys of one end alone say nothing');
  const keys = [a, b].map((end) => {
    const sample = end.configuration;
    const other = end === a ? b : a;
    const tunnels = (sample?.value.peerings ?? []).filter(
      ({ kind, peers, tunnelKey }) =>
        tunnelKey !== undefined &&
        !kind.includes('crypto map') &&
        (peers.length === 0 || peers.some((peer) => other.addresses.includes(peer))),
    );
    return { end, file: sample?.file ?? '', tunnels };
  });
  const [here, there] = keys as [(typeof keys)[number], (typeof keys)[number]];
  if (here.tunnels.length === 0 || there.tunnels.length === 0) return unknown('tunnel keys of both ends are not shown');
  const quotes = keys.flatMap(({ end, file, tunnels }) =>
    tunnels.map(({ where, tunnelKey, line }) => ({
      end: end.index,
      file,
      line: line ?? 1,
      text: `${where}: ${tunnelKey == null ? 'no tunnel key' : `tunnel key ${tunnelKey}`}`,
    })),
  );
  const shared = here.tunnels.some(({ tunnelKey }) =>
    there.tunnels.some((other) => (other.tunnelKey ?? null) === (tunnelKey ?? null)),
  );
  return shared
    ? no('the ends have a tunnel key in common', quotes)
    : yes('the tunnels of the two ends have different keys', quotes);
}
