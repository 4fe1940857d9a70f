/**
 * When will it end by itself? The sender's SA expires, or its DPD acts: the earlier of the two, without DPD unbounded (facts.md §1, Note B).
 * DPD asks for the IKE SA alone: where the receiver still has one it is answered, and a lost IPsec SA goes unnoticed. Called by judge.ts.
 */
import { formatDuration } from '../model/time.ts';
import type { Case, End, Instant, Quote } from './case.ts';
import { quoteOfLine } from './configuration-quotes.ts';
import { receiverIke } from './end-questions.ts';
import { clockTime, shifted } from './order.ts';
import { senderUses } from './sa-questions.ts';
import type { Cause, Finding, Healing } from './verdict.ts';
import { type View, viewOf } from './view.ts';

const OVER: ReadonlySet<Cause> = new Set(['rekey-transient', 'early-new-spi']);
const BY_CONFIGURATION: ReadonlySet<Cause> = new Set(['tunnel-key-mismatch', 'unconfigured-peer']);
const NO_SA: ReadonlySet<Cause> = new Set(['stale-peer', 'middlebox-replay', 'replay', 'platform-cannot-say']);

export function healingOf(about: Case, finding: Finding): Healing {
  const flow = about.flows.find((one) => one.flow === finding.flows[0]);
  if (OVER.has(finding.cause)) return told('healed', 'It is over: both ends have the same SAs.');
  if (BY_CONFIGURATION.has(finding.cause)) return told('never', 'It does not heal: only a change of configuration ends it.');
  if (NO_SA.has(finding.cause)) return told('not-applicable', 'No SA of the two was lost: there is nothing to heal.');
  if (finding.cause === 'keys-differ') return told('unknown', 'The next rekey brings new keys; when that is due is not known.');
  if (flow === undefined) return told('unknown', 'When it ends is not known: no flow was named.');
  return ofLostSa(viewOf(about, flow));
}

function ofLostSa(view: View): Healing {
  const { senderName, spi, sender } = view;
  const uses = senderUses(view);
  if (uses.known === 'no')
    return { ...told('healed', `It is over: ${senderName} does not send with ${spi} any more.`), quotes: uses.quotes };
  if (sender === null) return told('unknown', `When it ends is not known: the lifetime left at ${senderName} was not seen.`);
  const expiry = expiryOf(view, sender);
  const dpd = dpdOf(view, sender);
  const both = [...(expiry?.quotes ?? []), ...dpd.quotes];
  if (dpd.at !== null && (expiry === null || dpd.at.toMs < expiry.at.toMs))
    return {
      kind: 'at',
      at: dpd.at,
      by: 'dpd',
      text: `It heals by ${clockTime(dpd.at)} at the latest: ${dpd.text}`,
      quotes: both,
    };
  if (expiry !== null)
    return {
      kind: 'at',
      at: expiry.at,
      by: 'sa-lifetime',
      text: `It will not heal by itself before ${clockTime(expiry.at)}, when ${senderName}'s SA expires${dpd.acts === 'unknown' ? ', unless DPD acts' : ''}: ${dpd.text}`,
      quotes: both,
    };
  return { kind: 'unknown', at: null, by: null, text: `When ${senderName}'s SA expires is not known; ${dpd.text}`, quotes: both };
}

/** What is left of the SA, from the moment of the table that says so. */
function expiryOf({ sa, flow }: View, sender: End): { at: Instant; quotes: readonly Quote[] } | null {
  const left = sa?.outboundAtSender.lifetimeSeconds ?? null;
  if (left === null) return null;
  const sample = sender.ipsec
    .filter(({ value }) =>
      value.idents.some(({ sas }) => sas.some((one) => one.spi === flow.flow.spi && one.direction === 'outbound')),
    )
    .reduce<End['ipsec'][number] | null>((last, one) => (last === null || one.at.toMs > last.at.toMs ? one : last), null);
  if (sample === null) return null;
  return { at: shifted(sample.at, left * 1_000), quotes: sa?.outboundAtSender.quotes ?? [] };
}

interface Dpd {
  readonly acts: 'yes' | 'no' | 'unknown';
  readonly at: Instant | null;
  readonly text: string;
  readonly quotes: readonly Quote[];
}

/** IOS asks five times more before it gives a peer up; the pause between is configured, and never longer than the interval in practice. */
const RETRIES = 5;

function dpdOf(view: View, sender: End): Dpd {
  const { senderName, receiverName, sa, flow } = view;
  const sample = sender.configuration;
  const dpd = sample?.value.dpd ?? null;
  if (sample === null || dpd === null)
    return { acts: 'unknown', at: null, text: `whether ${senderName} has DPD is not known.`, quotes: [] };
  const quotes = quoteOfLine(
    sender,
    sample,
    dpd.line,
    `DPD ${dpd.mode}${dpd.intervalSeconds === null ? '' : ` ${dpd.intervalSeconds} s`}`,
  );
  if (dpd.mode === 'none') return { acts: 'no', at: null, text: `${senderName} has no DPD.`, quotes };
  const ike = receiverIke(view);
  if (ike.known === 'yes')
    return {
      acts: 'no',
      at: null,
      text: `${receiverName} still has its IKE SA and answers DPD, which so never acts.`,
      quotes: [...quotes, ...ike.quotes],
    };
  if (ike.known === 'unknown')
    return { acts: 'unknown', at: null, text: `whether ${receiverName} still answers DPD is not known.`, quotes };
  const seconds = dpd.intervalSeconds;
  const latest = seconds === null ? null : shifted(flow.last, (1 + RETRIES) * seconds * 1_000);
  const packets = sa?.outboundAtSender.packets ?? null;
  if (dpd.mode === 'on-demand' && packets === 0)
    return { acts: 'no', at: null, text: `DPD is on demand, and ${senderName} sends nothing that would make it ask.`, quotes };
  if (dpd.mode === 'on-demand' && packets === null)
    return {
      acts: 'unknown',
      at: null,
      text: 'DPD is on demand: it asks only when traffic is sent and nothing comes back.',
      quotes,
    };
  return {
    acts: 'yes',
    at: latest,
    text: `${senderName}'s DPD (${dpd.mode}${seconds === null ? '' : `, ${formatDuration(seconds * 1_000)}`}) gets no answer, as ${receiverName} has no IKE SA.`,
    quotes: [...quotes, ...ike.quotes],
  };
}

const told = (kind: Healing['kind'], text: string): Healing => ({ kind, at: null, by: null, text, quotes: [] });
