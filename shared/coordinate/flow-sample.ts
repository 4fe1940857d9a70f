/** One sample of a device's SAs with the other end of a flow, out of `show crypto ipsec sa peer X detail`. Called by agent/effects/capture.ts; two of them are what flow-evidence.ts compares. */
import type { Flow } from '../model/flow.ts';
import type { IpsecIdent } from '../model/sa.ts';
import type { FlowSample } from './book.ts';

/** As `show crypto ipsec sa detail` prints them, in the parser's spelling (shared/platforms/cisco/ipsec-sa.ts). */
const DECAPS = 'pkts decaps';
const ERRORS = ['pkts invalid sa (rcv)', 'recv errors'];

/** Null: the output shows no SA with the flow's other end, which proves nothing (a VRF, a refusal, another address). */
export function sampleFlow(flow: Flow, idents: readonly IpsecIdent[]): FlowSample | null {
  const ours = idents.filter(({ peer, sas }) => sas.length > 0 && (peer === flow.src || peer === flow.dst));
  if (ours.length === 0) return null;
  const sas = ours.flatMap((ident) => ident.sas);
  const bad = sas.filter((sa) => sa.spi === flow.spi);
  const other = sas.filter((sa) => sa.direction === 'inbound' && sa.spi !== null && sa.spi !== flow.spi);
  return {
    flow,
    spi: bad.some((sa) => sa.direction === 'outbound') ? 'outbound' : bad.length > 0 ? 'inbound' : 'none',
    otherInbound: other.length,
    decaps: total(ours, [DECAPS]),
    errors: total(ours, ERRORS),
  };
}

/** Null when none of them is shown. */
function total(idents: readonly IpsecIdent[], names: readonly string[]): number | null {
  const counts = idents.flatMap(({ counters }) => names.flatMap((name) => counters[name] ?? []));
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}
