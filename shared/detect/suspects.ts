/**
 * Whom to suspect when packets come without an SA and nothing says whose they are: what one sample of all SAs of the device shows of each
 * other end. Called by agent/effects/capture.ts for incidents without a flow; the diagnosis of both ends is shared/analyze.
 */
import type { IpsecIdent } from '../model/sa.ts';

/** Named in one capture; the rest is counted by whoever tells them. */
export const suspectsMax = 20;

/** As `show crypto ipsec sa detail` prints them, in the parser's spelling. */
const INVALID = 'pkts invalid sa (rcv)';
const ERRORS = 'recv errors';
const DECAPS = 'pkts decaps';
const ENCAPS = 'pkts encaps';

/**
 * `11.1.1.3: 12 packets for an invalid SA`; the strongest sign first. Empty: nothing stands out. `expected`: canonical addresses of other
 * ends that are configured; who of them has no SA at all may be the one whose SAs this end lost.
 */
export function suspectsIn(idents: readonly IpsecIdent[], expected: readonly string[] = []): string[] {
  const byPeer = new Map<string, IpsecIdent[]>();
  for (const ident of idents) {
    const peer = ident.peer ?? ident.remoteEndpoint;
    if (peer !== null) byPeer.set(peer, [...(byPeer.get(peer) ?? []), ident]);
  }
  for (const peer of expected) if (!byPeer.has(peer)) byPeer.set(peer, []);
  return [...byPeer]
    .flatMap(([peer, ours]) =>
      signOf(ours, expected.includes(peer)).map(({ weight, words }) => ({ weight, text: `${peer}: ${words}` })),
    )
    .sort((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1))
    .map(({ text }) => text)
    .slice(0, suspectsMax);
}

/** The strongest sign of one peer. */
function signOf(idents: readonly IpsecIdent[], configured: boolean): { readonly weight: number; readonly words: string }[] {
  const sas = idents.flatMap((ident) => ident.sas);
  const inbound = sas.filter((sa) => sa.direction === 'inbound').length;
  const outbound = sas.length - inbound;
  const invalid = total(idents, INVALID);
  if (invalid > 0) return [{ weight: 4, words: `${invalid} packets for an invalid SA` }];
  if (outbound > 0 && inbound === 0) return [{ weight: 3, words: 'an outbound SA and no inbound one' }];
  if (sas.length === 0 && total(idents, DECAPS) > 0) return [{ weight: 3, words: 'traffic before, and no SA now' }];
  if (sas.length === 0 && configured) return [{ weight: 3, words: 'configured, and no SA with it' }];
  const errors = total(idents, ERRORS);
  if (errors > 0) return [{ weight: 2, words: `${errors} receive errors` }];
  const encaps = total(idents, ENCAPS);
  if (encaps > 0 && total(idents, DECAPS) === 0) return [{ weight: 1, words: `${encaps} packets sent and none received` }];
  return [];
}

const total = (idents: readonly IpsecIdent[], name: string): number =>
  idents.reduce((sum, { counters }) => sum + ((counters as Readonly<Record<string, number | undefined>>)[name] ?? 0), 0);
