/** Does the receiver's configuration know the source of a flow? Asked by the rules of strangers: causes/stale-peer.ts, causes/unconfigured-peer.ts. */

import { type Answer, no, unknown, yes } from './answer.ts';
import { quotesOfPeerings } from './configuration-quotes.ts';
import { once } from './once.ts';
import type { View } from './view.ts';

/** `no` only where each peering names its peers: a dynamic map, a hub's mGRE take anybody who has the key. */
export const peerConfigured = once(({ receiver, receiverName, flow, sender }: View): Answer => {
  const sample = receiver?.configuration ?? null;
  if (receiver === null || sample === null) return unknown(`the configuration of ${receiverName} was not seen`);
  const { peerings } = sample.value;
  const { src } = flow.flow;
  const quotes = quotesOfPeerings(receiver, sample, peerings);
  if (peerings.some(({ peers }) => peers.includes(src))) return yes(`${receiverName} is configured for ${src}`, quotes);
  if (peerings.length === 0) return unknown(`no peering stands in what was shown of the configuration of ${receiverName}`);
  if (peerings.some(({ peers }) => peers.length === 0))
    return unknown(`${receiverName} takes peers that its configuration does not name`);
  // The tunnels of both ends fit by another address: a NAT, a loopback.
  if (
    sender !== null &&
    flow.foreign !== 'yes' &&
    peerings.some(({ peers }) => peers.some((peer) => sender.addresses.includes(peer)))
  )
    return unknown(`${receiverName} is configured for another address of ${sender.name}`);
  return no(`${src} is no peer in the configuration of ${receiverName}`, quotes);
});

/** Nothing of the receiver knows the address: whole tables of all its SAs are without it, and so is its log. */
export const neverKnown = once(({ receiver, receiverName, flow }: View): Answer => {
  const { src } = flow.flow;
  if (receiver === null) return unknown(`there is no bundle of ${receiverName}`);
  const lines = receiver.events.filter(
    ({ event }) => event.kind !== 'invalid-spi' && [event.peer, event.src, event.dst].includes(src),
  );
  if (lines.length > 0)
    return no(
      `${receiverName} has dealt with ${src}`,
      lines.map(({ quote }) => quote),
    );
  const tables = receiver.ipsec.filter(({ whole, value }) => whole && (value.peers === null || value.peers.includes(src)));
  if (tables.some(({ value }) => value.idents.some(({ peer, remoteEndpoint }) => peer === src || remoteEndpoint === src)))
    return no(`${receiverName} has SAs with ${src}`);
  if (tables.length === 0) return unknown(`no whole table of SAs of ${receiverName} was seen`);
  return yes(
    `${receiverName} has no SA with ${src}, and no line of its log names it but the message`,
    tables.slice(0, 2).map(({ file }) => ({ end: receiver.index, file, line: 1, text: `no SA with ${src}` })),
  );
});
