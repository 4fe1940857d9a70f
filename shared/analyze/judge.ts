/**
 * The verdict of a case: every rule of causes/ is asked, flows that none explains are asked again apart, findings that are one story are put in
 * order, those that contradict each other lose confidence. Nothing that stands: "cannot tell" is a finding. Called by diagnose.ts. Pure.
 */

import { limits } from '../limits.ts';
import { flowKey, formatSpi } from '../model/flow.ts';
import { printable } from '../model/printable.ts';
import type { Case, FlowCase } from './case.ts';
import { causeRules } from './causes/index.ts';
import { desynced } from './control-questions.ts';
import { receiverIke } from './end-questions.ts';
import { healingOf } from './healing.ts';
import { recoveryOf } from './recovery.ts';
import { rank } from './rule.ts';
import { cameAgain, receiverHas, senderUses } from './sa-questions.ts';
import { collect, onlyIfLost } from './steps.ts';
import type { Cause, Confidence, Finding, Verdict } from './verdict.ts';
import { nameOf, viewOf } from './view.ts';

/** What a cause brings with it: where it stands, these are its consequences and no rivals. */
const explains: Partial<Record<Cause, readonly Cause[]>> = {
  'receiver-restarted': ['receiver-lost-sa', 'ike-sa-gone', 'delete-lost'],
  failover: ['receiver-lost-sa', 'ike-sa-gone', 'delete-lost'],
  'cleared-one-side': ['receiver-lost-sa', 'ike-sa-gone', 'delete-lost', 'rekey-transient'],
  'nat-change': ['receiver-lost-sa', 'ike-sa-gone', 'delete-lost', 'rekey-transient', 'cleared-one-side'],
  'kilobyte-lifetime': ['receiver-lost-sa', 'delete-lost', 'rekey-transient', 'ike-sa-gone', 'cleared-one-side'],
  'lifetime-mismatch': ['receiver-lost-sa', 'delete-lost', 'rekey-transient', 'ike-sa-gone', 'cleared-one-side'],
  'crossing-rekeys': ['receiver-lost-sa', 'delete-lost', 'rekey-transient', 'cleared-one-side'],
  'ike-sa-gone': ['receiver-lost-sa', 'cleared-one-side'],
  'delete-lost': ['receiver-lost-sa', 'cleared-one-side'],
  'early-new-spi': ['rekey-transient'],
  'rekey-transient': ['cleared-one-side'],
  'middlebox-replay': ['cleared-one-side'],
  'unconfigured-peer': ['stale-peer', 'receiver-lost-sa'],
  'stale-peer': ['receiver-lost-sa', 'middlebox-replay', 'cleared-one-side', 'rekey-transient', 'unconfigured-peer'],
};

/** Faults of packets whose SA is there: they stand beside any other finding. */
const apart: ReadonlySet<Cause> = new Set(['replay', 'keys-differ', 'tunnel-key-mismatch', 'platform-cannot-say']);

/** No traffic of the two is lost, or no more than a packet. */
const BENIGN: ReadonlySet<Cause> = new Set(['rekey-transient', 'early-new-spi', 'middlebox-replay']);

const shelf = new Map(causeRules.map(({ cause }, index) => [cause, index]));

export function judge(about: Case): Verdict {
  // In a storm of thousands the one flow of which both ends are here tells the most.
  const flows = [...about.flows].sort((a, b) => endsHere(b) - endsHere(a)).slice(0, limits.verdictFlowsMax);
  const looked: Case = { ...about, flows };
  const settled = settle(findings(looked));
  const sure = settled.filter(({ confidence }) => confidence !== 'possible');
  const ordered = sure.length > 0 ? settled : [cannotTell(looked, settled), ...settled];
  const first = ordered[0]!;
  return {
    sentence: `${first.sentence}${othersWords(about, ordered)}`,
    cause: first.cause,
    confidence: first.confidence,
    harm: harmOf(looked, first),
    findings: ordered,
    healing: healingOf(looked, first),
    recovery: recoveryOf(looked, first),
    unknowns: unknownsOf(about, looked),
  };
}

/** Of a storm: that it was not this one flow alone. */
function othersWords(about: Case, found: readonly Finding[]): string {
  // "Cannot tell" is about all of them, and names the first.
  const told = new Set(found.flatMap(({ cause, flows }) => (cause === 'cannot-tell' ? flows.slice(0, 1) : flows)).map(flowKey));
  const others = about.flows.filter(({ flow }) => !told.has(flowKey(flow)));
  if (others.length === 0) return '';
  const peers = new Set(others.map(({ flow }) => flow.src)).size;
  return ` ${others.length} more ${others.length === 1 ? 'SPI' : 'SPIs'} of ${peers} ${peers === 1 ? 'peer' : 'peers'} met the same, without a bundle of theirs.`;
}

const endsHere = ({ sender, receiver }: FlowCase): number => (sender === null ? 0 : 1) + (receiver === null ? 0 : 1);

/** Every rule on all flows; then again on those that nothing at least likely explains: a storm has one cause, and a stranger in it his own. */
function findings(about: Case): Finding[] {
  const all: Finding[] = [];
  let open = about;
  for (let round = 0; round < causeRules.length; round++) {
    const found = causeRules.flatMap((rule) => (round > 0 && apart.has(rule.cause) ? [] : (rule.judge(open) ?? [])));
    all.push(...found);
    const told = new Set(
      found.filter(({ confidence, cause }) => confidence !== 'possible' && !apart.has(cause)).flatMap(({ flows }) => flows),
    );
    const left = open.flows.filter(({ flow }) => !told.has(flow));
    if (told.size === 0 || left.length === 0) break;
    open = { ...open, flows: left };
  }
  return all;
}

function settle(found: readonly Finding[]): Finding[] {
  const standing = found.filter(
    (one) =>
      !found.some((other) => goesBefore(other, one) && (one.cause === 'receiver-lost-sa' || one.confidence === 'possible')),
  );
  return standing.map((one) => contested(one, standing)).sort((a, b) => inOrder(a, b));
}

/** `a` explains `b`, of the same flows, and is itself at least likely. */
const goesBefore = (a: Finding, b: Finding): boolean =>
  a !== b && a.confidence !== 'possible' && (explains[a.cause] ?? []).includes(b.cause) && overlap(a, b);

const overlap = (a: Finding, b: Finding): boolean => a.flows.some((flow) => b.flows.includes(flow));

function inOrder(a: Finding, b: Finding): number {
  if (goesBefore(a, b)) return -1;
  if (goesBefore(b, a)) return 1;
  return (
    rank[b.confidence] - rank[a.confidence] ||
    weightOf(a) - weightOf(b) ||
    b.flows.length - a.flows.length ||
    shelf.get(a.cause)! - shelf.get(b.cause)!
  );
}

/** A black hole first, then faults and strangers, then what is over. */
const weightOf = ({ cause }: Finding): number => (BENIGN.has(cause) ? 2 : NOBODY.has(cause) || apart.has(cause) ? 1 : 0);
const NOBODY: ReadonlySet<Cause> = new Set(['stale-peer', 'unconfigured-peer']);

/** Two stories of one flow, neither part of the other, and as sure as each other: neither is that sure. */
function contested(one: Finding, all: readonly Finding[]): Finding {
  if (one.confidence === 'possible' || apart.has(one.cause)) return one;
  const rivals = all.filter(
    (other) =>
      other !== one &&
      !apart.has(other.cause) &&
      rank[other.confidence] >= rank[one.confidence] &&
      overlap(one, other) &&
      !goesBefore(one, other) &&
      !goesBefore(other, one),
  );
  if (rivals.length === 0) return one;
  const lower: Confidence = one.confidence === 'certain' ? 'likely' : 'possible';
  return {
    ...one,
    confidence: lower,
    against: [
      ...one.against,
      ...rivals.map(({ cause, evidence }) => ({
        text: `${cause} fits as well`,
        quotes: evidence.flatMap(({ quotes }) => quotes).slice(0, 3),
      })),
    ],
  };
}

/** With what is missing, and what it may be. */
function cannotTell(about: Case, possible: readonly Finding[]): Finding {
  const flow = about.flows[0];
  const view = flow ? viewOf(about, flow) : null;
  const questions = view ? [senderUses(view), receiverHas(view), receiverIke(view), cameAgain(view)] : [];
  const open = questions.filter(({ known }) => known === 'unknown');
  const steps = possible[0]?.doNow ?? [];
  const may = possible.slice(0, 3).map(({ cause }) => cause);
  const what = view
    ? `why ${view.receiverName} did not know SPI ${view.spi} of ${view.senderName}`
    : 'what happened: no flow was named';
  return {
    cause: 'cannot-tell',
    end: null,
    confidence: 'possible',
    sentence: `It cannot be told ${what}${may.length > 0 ? `; possible: ${may.join(', ')}` : ''}.`,
    flows: about.flows.map((one) => one.flow),
    evidence: questions.filter(({ known }) => known !== 'unknown').map(({ text, quotes }) => ({ text, quotes })),
    against: open.map(({ text, quotes }) => ({ text, quotes })),
    doNow: steps.some(({ command }) => command !== null) ? [onlyIfLost, ...steps] : steps,
    change: [],
    collectNext: view ? collect(view) : ['The device’s own log, and both ends’ captures.'],
    bugs: [],
  };
}

function harmOf(about: Case, first: Finding): Verdict['harm'] {
  const { flows } = about;
  if (desynced(about).length > 0) return 'persistent';
  // What comes again is a black hole, unless it is known to be nobody's traffic.
  const repeated = first.cause === 'middlebox-replay' && first.confidence !== 'possible';
  if (repeated && flows.every(({ flow }) => first.flows.includes(flow))) return 'transient';
  if (flows.some(({ judged }) => judged === 'persistent')) return 'persistent';
  if (flows.some((flow) => cameAgain(viewOf(about, flow)).known === 'yes')) return 'persistent';
  if (flows.length > 0 && flows.every(({ judged }) => judged === 'transient')) return 'transient';
  if (BENIGN.has(first.cause) && first.confidence !== 'possible' && flows.every(({ flow }) => first.flows.includes(flow)))
    return 'transient';
  // It was a loss, and the ends have begun anew.
  const over = flows.every((flow) => senderUses(viewOf(about, flow)).known === 'no');
  return over && flows.length > 0 && first.cause !== 'cannot-tell' && !NOBODY.has(first.cause) && !apart.has(first.cause)
    ? 'transient'
    : 'unknown';
}

function unknownsOf(about: Case, looked: Case): string[] {
  const left = about.flows.length - looked.flows.length;
  const open = looked.flows
    .slice(0, 3)
    .flatMap((flow) => {
      const view = viewOf(looked, flow);
      return [senderUses(view), receiverHas(view)];
    })
    .filter(({ known }) => known === 'unknown')
    .map(({ text }) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
  const undebugged = about.ends
    .filter(({ debugsOn }) => debugsOn !== true)
    .map((end) => `What IKE did at ${nameOf(end)} before the message: its debugs were not on, or it is not known.`);
  return [
    ...new Set([
      ...about.unknowns,
      ...open,
      ...undebugged,
      ...(left > 0
        ? [
            `${left} more flows were not judged, such as ${formatSpi(about.flows.at(-1)!.flow.spi)} of ${printable(about.flows.at(-1)!.flow.src, 60)}.`,
          ]
        : []),
    ]),
  ];
}
