/**
 * What a report says before anybody scrolls: the verdict in a sentence, how sure, both ends' state with the broken SA between them, and
 * what to do now. Beside it: what to change, when it heals, whether recovery would have helped.
 */
import { flowKey, formatSpi } from '../../model/flow.ts';
import type { Case, FlowCase } from '../case.ts';
import type { Diagnosis, Step, Verdict } from '../verdict.ts';
import type { EndState, StateRow } from './end-state.ts';
import { type Hole, html, type Markup, told } from './html.ts';
import { dateTime, middleOf } from './moments.ts';
import { promptBefore } from './names.ts';
import { causeTitles, confidenceMarks, count, harmWords } from './words.ts';

/** Quotes as numbered links to their lines. */
export type Cite = (quotes: Verdict['healing']['quotes']) => Hole;

export function firstScreen({ case: about, verdict }: Diagnosis, ends: readonly EndState[], cite: Cite): Markup {
  const sentence = told(verdict.sentence, 400);
  const names = ends.map(({ party }) => party.name).join(' \u2194 ');
  const here = about.ends.length === 2 ? 'both ends captured' : 'one end captured';
  return html`<header class="top"><span>Incident <b class="mono">${told(about.incidentId, 40)}</b></span><time>${dateTime(middleOf(about.opened))}</time><span>${names}</span><span class="${about.ends.length < 2 && 'warn'}">${here}</span></header>
<section class="verdict" aria-labelledby="verdict"><p class="chips"><span class="chip ${verdict.cause === 'cannot-tell' ? 'unsure' : verdict.confidence}"><span aria-hidden="true">${verdict.cause === 'cannot-tell' ? '?' : confidenceMarks[verdict.confidence]}</span> ${verdict.cause === 'cannot-tell' ? 'cannot tell' : verdict.confidence}</span>${verdict.cause !== 'cannot-tell' && html`<span class="chip cause">${causeTitles[verdict.cause]}</span>`}<span class="chip ${verdict.harm}">${verdict.harm === 'persistent' ? '\u2715 ' : verdict.harm === 'transient' ? '\u2713 ' : '? '}${harmWords[verdict.harm]}</span></p>
<h1 id="verdict" class="${sentence.length > 150 && 'long'}">${withSpis(sentence)}</h1>
<p class="lead">${told(verdict.healing.text, 400)}${cite(verdict.healing.quotes)}</p></section>
<section class="ends" aria-label="Both ends">${card(ends[0]!, 0)}${link(about, verdict)}${card(ends[1]!, 1)}</section>`;
}

/** SPIs stand in a fixed width, so that they can be compared. */
const SPI = /(0x[0-9a-fA-F]{1,8}\b)/;
export const withSpis = (text: string): Markup =>
  html`${text.split(SPI).map((part) => (SPI.test(part) ? html`<code>${part}</code>` : part))}`;

function card({ party, rows }: EndState, side: number): Markup {
  return html`<article class="card l${side}"><h2>${party.name} <span class="m">${party.role}${party.addresses.length > 0 && ` \u00b7 ${party.addresses[0]}`}${party.addresses.length > 1 && ` +${party.addresses.length - 1}`}</span></h2>
<dl>${rows.map(stateRow)}</dl></article>`;
}

const TONE_MARKS: Readonly<Record<StateRow['tone'], string>> = { bad: '\u2715 ', good: '\u2713 ', warn: '! ', plain: '' };

const stateRow = ({ label, value, tone, detail }: StateRow): Markup =>
  html`<div class="${label === 'Captured' && 'captured'}"><dt>${label}</dt><dd class="${tone}"><span aria-hidden="true">${TONE_MARKS[tone]}</span>${withSpis(value)}${detail !== null && html` <span class="m">(${withSpis(detail)})</span>`}</dd></div>`;

/** One that stands between the two ends that are here, still in use before others; else the first that the verdict is about. */
function mainFlow({ flows }: Case, { findings }: Verdict): FlowCase | undefined {
  const explained = new Set((findings[0]?.flows ?? []).map(flowKey));
  const weight = ({ flow, sender, receiver, sa }: FlowCase): number =>
    (sender !== null && receiver !== null ? 4 : 0) +
    (sa?.outboundAtSender.current === 'yes' ? 2 : 0) +
    (explained.has(flowKey(flow)) ? 1 : 0);
  return flows.reduce<FlowCase | undefined>(
    (best, one) => (best === undefined || weight(one) > weight(best) ? one : best),
    undefined,
  );
}

/** The SA that should join them: an arrow from its sender, broken where the receiver has none. */
function link(about: Case, verdict: Verdict): Markup {
  const first = mainFlow(about, verdict);
  if (first === undefined) return html`<p class="link"><span class="m">no flow was named</span></p>`;
  const sa = first.sa;
  const lost = sa?.inboundAtReceiver.last === 'no';
  const used = sa?.outboundAtSender.current;
  const more = about.flows.length - 1;
  // The hub stands first; most packets come from the spoke.
  const upwards = first.receiver === null ? first.sender !== 0 : first.receiver === 0;
  const words = lost ? 'no SA for it here' : sa?.inboundAtReceiver.last === 'yes' ? 'SA is there now' : 'refused';
  const sender = used === 'yes' ? 'still in use' : used === 'no' ? 'no longer in use' : 'use not known';
  return html`<div class="link ${upwards ? 'up' : 'down'} ${lost && used === 'yes' ? 'broken' : 'loose'}"><p><code>${formatSpi(first.flow.spi)}</code></p><p class="shaft"><span aria-hidden="true"></span></p><p class="m">${upwards ? html`${words}; ${sender} there` : html`${sender} here; ${words.replace('here', 'there')}`}${more > 0 && html` and ${count(more, 'more flow')}`}</p></div>`;
}

export function doNow(about: Case, verdict: Verdict): Markup {
  const steps = verdict.findings[0]?.doNow ?? [];
  const collect = verdict.findings[0]?.collectNext ?? [];
  return html`<section class="do" aria-labelledby="do"><h2 id="do">Do now</h2>
${steps.length > 0 ? stepList(about, steps) : html`<p>${verdict.harm === 'transient' ? 'Nothing: it is over, and was benign.' : 'Nothing that this evidence supports. See what to collect next time.'}</p>`}
${steps.length === 0 && verdict.harm !== 'transient' && collect.length > 0 && html`<ul>${collect.slice(0, 3).map((text) => html`<li>${told(text, 300)}</li>`)}</ul>`}</section>`;
}

export function change(about: Case, verdict: Verdict, cite: Cite): Markup {
  const steps = verdict.findings[0]?.change ?? [];
  const { recovery } = verdict;
  return html`<section class="change" aria-labelledby="change"><h2 id="change">Change</h2>
${steps.length > 0 ? stepList(about, steps) : html`<p>Nothing follows from this incident.</p>`}
<dl class="facts"><div><dt>invalid-spi-recovery</dt><dd>${told(recovery.text, 400)}${cite(recovery.quotes)}</dd></div></dl></section>`;
}

const stepList = (about: Case, steps: readonly Step[]): Markup =>
  html`<ol>${steps.slice(0, 12).map((step) => html`<li>${step.command !== null && html`<span class="cmd"><span class="m">${promptBefore(about, step)}</span><code>${told(step.command, 300)}</code></span> `}<span>${withSpis(told(step.text, 400))}</span></li>`)}</ol>`;
