/**
 * Dead Peer Detection of each peering: periodic, on demand, not known, none. What the profile of a peering says goes before what is said for
 * all (IOS IPsec Dead Peer Detection). Called by crypto-points.ts.
 */
import { type AddressRange, canonicalAddress, parseRange, rangeContains } from '../model/address.ts';
import type { ConfigFacts, Peering } from './facts.ts';
import { allLines, findLine, type Statement } from './statements.ts';
import { type Advice, advice, type Evidence } from './words.ts';

export const namesOf = (peerings: readonly Peering[]): string => [...new Set(peerings.map(({ where }) => where))].join(', ');

/** Not for a peering of IKEv2 or with a profile of its own. Other kinds of identity (a name, a group) may be anybody's. */
function mayMatch(profile: readonly Statement[], { ike, peers, ikeProfile }: Peering): boolean {
  if (ike !== 1 || ikeProfile) return false;
  return allLines(profile, /^match identity \S/).some(({ words }) => {
    if (words[2] !== 'address' || peers.length === 0) return true;
    const range = maskedRange(words[3] ?? '', words[4]);
    return range === null || peers.some((peer) => canonicalAddress(peer) === null || rangeContains(range, peer));
  });
}

/** `192.0.2.0 255.255.255.0`; what follows an address without a mask is its VRF. */
function maskedRange(address: string, mask: string | undefined): AddressRange | null {
  const bits = /^(?:\d+\.){3}\d+$/.test(mask ?? '')
    ? mask!.split('.').reduce((sum, octet) => sum + Number(octet).toString(2).replaceAll('0', '').length, 0)
    : 32;
  return address.includes(':') ? parseRange(address) : parseRange(`${address}/${bits}`);
}

/** Its own profile first, else what is said for all. */
export function dpdPoints({ globals, sections, peerings, ikeOff }: ConfigFacts): Advice[] {
  const all = { 1: findLine(globals, /^(?:no )?crypto isakmp keepalive/), 2: findLine(globals, /^(?:no )?crypto ikev2 dpd/) };
  const on = (line: Statement | null): Evidence | null => (line === null || line.words[0] === 'no' ? null : line);
  // An EzVPN client has DPD of its own.
  const judged = peerings
    .filter(({ kind, negotiated }) => kind !== 'EzVPN client' && negotiated)
    .filter(({ ike }) => ikeOff === null || ike !== 1)
    .map((peering) => ({ peering, dpd: peering.dpd ?? on(peering.ike === null ? (all[1] ?? all[2]) : all[peering.ike]) }));
  const pick = (test: (dpd: Evidence | null) => boolean) => judged.filter(({ dpd }) => test(dpd));
  const periodic = (dpd: Evidence | null): boolean => dpd !== null && /\bperiodic\b/.test(dpd.text);
  // A profile that is not in the file may have it.
  const without = pick((dpd) => dpd === null)
    .map(({ peering }) => peering)
    .filter((peering) => peering.missing.every(({ name }) => name.startsWith('crypto dynamic-map')));
  // As responder IOS takes the ISAKMP profile whose `match identity` fits, though no map names it.
  const matching = sections.filter(
    ({ head, body }) => head.words.slice(0, 3).join(' ') === 'crypto isakmp profile' && findLine(body, /^keepalive \d/) !== null,
  );
  const maybe = without.filter((peering) => matching.some(({ body }) => mayMatch(body, peering)));
  const missing = without.filter((peering) => !maybe.includes(peering));
  const demand = pick((dpd) => dpd !== null && !periodic(dpd));
  const good = pick(periodic);
  const lines = (found: typeof judged): Evidence[] => [...new Map(found.map(({ dpd }) => [dpd!.line, dpd!])).values()];
  const enter = (found: readonly Peering[]): string[] => [
    ...(found.some(({ ike }) => ike === 1) ? ['crypto isakmp keepalive 10 3 periodic'] : []),
    ...(found.some(({ ike }) => ike === 2) ? ['crypto ikev2 dpd 10 3 periodic'] : []),
  ];
  return [
    ...(maybe.length === 0
      ? []
      : [
          advice(
            'dpd-unknown',
            `DPD not known: ${namesOf(maybe)}`,
            'An ISAKMP profile with keepalive may be matched by the identity of the peer; where this end begins, none is.',
            matching.filter(({ body }) => maybe.some((peering) => mayMatch(body, peering))).map(({ head }) => head),
            enter(maybe),
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [
          advice(
            'dpd-missing',
            `no DPD: ${namesOf(missing)}`,
            'Without it a black hole lasts until the SA of the sender expires: up to its whole lifetime.',
            [],
            enter(missing),
          ),
        ]),
    ...(demand.length === 0
      ? []
      : [
          advice(
            'dpd-on-demand',
            `DPD on demand: ${namesOf(demand.map(({ peering }) => peering))}`,
            'It asks only when there is traffic to send and nothing comes back: an idle end notices late. Periodic asks always, and costs messages.',
            lines(demand),
            // What the profile of a peering says goes before what is said for all.
            enter(demand.map(({ peering }) => peering).filter(({ dpd }) => dpd === null)),
          ),
        ]),
    ...(good.length === 0
      ? []
      : [
          advice(
            'dpd-periodic',
            `DPD, periodic: ${namesOf(good.map(({ peering }) => peering))}`,
            'A dead end is noticed without traffic.',
            lines(good),
          ),
        ]),
  ];
}
