/** The tables of a report: SAs of both ends side by side with the odd one marked, flows by their sender, events, journals. */
import { formatSpi } from '../../model/flow.ts';
import type { Case, EndIndex, FlowCase, SaLife, SideState } from '../case.ts';
import { quoteLink } from './findings.ts';
import { withSpis } from './first-screen.ts';
import { html, type Markup, told } from './html.ts';
import { clockTime, dateTime, middleOf, remaining } from './moments.ts';
import { endName, type Party } from './names.ts';
import { timeWords } from './picture/down.ts';
import { lookWords } from './picture/marks.ts';
import { eventWords, isOdd, livesOf, type Scene } from './picture/scene.ts';
import type { Anchors } from './raw-outputs.ts';
import { count } from './words.ts';

const SAS_FIRST = 8;
const SAS_MAX = 400;
const GROUPS_FIRST = 6;
const FLOWS_FIRST = 4;
const FLOWS_MAX = 600;
const EVENTS_FIRST = 20;
const JOURNAL_MAX = 300;

export function saSection(about: Case): Markup {
  const { ledger } = about;
  if (ledger.length === 0) return html``;
  const own = livesOf(about).sort((a, b) => oddness(b) - oddness(a));
  const mine = new Set(own);
  const others = ledger.filter((sa) => !mine.has(sa));
  const odd = ledger.filter((sa) => isOdd(sa.outboundAtSender, sa.inboundAtReceiver)).length;
  return html`<section aria-labelledby="sas"><h2 id="sas">Security associations, side by side</h2>
<p class="m">${odd === 0 ? 'None' : count(odd, 'SA')} that one end has and the other has not. One row an SA of one direction, at the last look of each end.</p>
${own.length > 0 && saTable(own.slice(0, SAS_FIRST), about)}
${foldedSas(own.slice(SAS_FIRST), `${count(own.length - SAS_FIRST, 'more SA')}`, about)}${foldedSas(others, `${count(others.length, 'SA')} with other peers`, about)}</section>`;
}

function foldedSas(sas: readonly SaLife[], title: string, about: Case): Markup | false {
  const left = sas.length - SAS_MAX;
  return (
    sas.length > 0 &&
    html`<details class="fold"><summary>${title}</summary>${saTable(sas.slice(0, SAS_MAX), about)}${left > 0 && html`<p class="cut">${left} more stand in verdict.json</p>`}</details>`
  );
}

const oddness = (sa: SaLife): number => (isOdd(sa.outboundAtSender, sa.inboundAtReceiver) ? 2 : 0) + (sa.reported ? 1 : 0);

const saTable = (sas: readonly SaLife[], about: Case): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Security associations"><table class="sas"><thead><tr><th scope="col">SA</th><th scope="col">At its sender, outbound</th><th scope="col">At its receiver, inbound</th></tr></thead><tbody>${sas.map((sa) => saRow(sa, about))}</tbody></table></div>`;

function saRow(sa: SaLife, about: Case): Markup {
  const odd = isOdd(sa.outboundAtSender, sa.inboundAtReceiver);
  const from = whom(sa.sender, sa.src, about);
  const to = whom(sa.receiver, sa.dst, about);
  const kin = [
    ...(sa.reported ? ['named by the message'] : []),
    ...(sa.partner === null ? [] : [`pair of ${formatSpi(sa.partner)}`]),
    ...(sa.previous === null ? [] : [`took the place of ${formatSpi(sa.previous)}`]),
    ...(sa.next === null ? [] : [`followed by ${formatSpi(sa.next)}`]),
  ];
  return html`<tr class="${odd && 'odd'}"><th scope="row"><code>${formatSpi(sa.spi)}</code>${odd && html` <span class="tag bad">\u26a0 out of sync</span>`}<br><span>${from} \u2192 ${to}</span>${kin.length > 0 && html`<br><span class="m">${kin.join(', ')}</span>`}</th><td>${side(sa.outboundAtSender, 'out')}</td><td>${side(sa.inboundAtReceiver, 'in')}</td></tr>`;
}

const whom = (end: EndIndex | null, address: string | null, about: Case): string =>
  end === null ? told(address ?? 'not known', 45) : endName(about, end);

function side(
  { first, last, current, lifetimeSeconds, lifetimeKilobytes, packets, errors }: SideState,
  direction: 'in' | 'out',
): Markup {
  if (last === 'unknown') return html`<span class="m">? not known</span>`;
  if (last === 'no')
    return html`<span class="bad">\u2715 not there</span>${first === 'yes' && html`<br><span class="m">it was at the first look</span>`}`;
  const more = [
    ...(packets === null ? [] : [`+${packets} ${direction === 'out' ? 'sent' : 'received'} between the looks`]),
    ...(errors === null || errors === 0 ? [] : [`+${errors} errors`]),
    ...(lifetimeSeconds === null ? [] : [`${remaining(lifetimeSeconds)} left`]),
    ...(lifetimeKilobytes === null ? [] : [`${lifetimeKilobytes} kB left`]),
  ];
  return html`<span class="good">\u2713 ${current === 'yes' && direction === 'out' ? 'there, in use' : current === 'no' && direction === 'out' ? 'there, not in use' : 'there'}</span>${more.map((text) => html`<br><span class="m">${text}</span>`)}`;
}

export function flowSection(about: Case): Markup {
  const { flows } = about;
  if (flows.length < 2) return html``;
  const bySource = new Map<string, FlowCase[]>();
  for (const flow of flows.slice(0, FLOWS_MAX)) bySource.set(flow.flow.src, [...(bySource.get(flow.flow.src) ?? []), flow]);
  const groups = [...bySource].sort((a, b) => b[1].length - a[1].length).map(([src, those]) => flowGroup(src, those));
  return html`<section aria-labelledby="flows"><h2 id="flows">${flows.length} flows from ${count(new Set(flows.map(({ flow }) => flow.src)).size, 'sender')}</h2>
<div class="flowlist">${groups.slice(0, GROUPS_FIRST)}</div>
${groups.length > GROUPS_FIRST && html`<details class="fold"><summary>${count(groups.length - GROUPS_FIRST, 'more sender')}</summary><div class="flowlist">${groups.slice(GROUPS_FIRST)}</div></details>`}${flows.length > FLOWS_MAX && html`<p class="m">${flows.length - FLOWS_MAX} more flows stand in verdict.json.</p>`}</section>`;
}

function flowGroup(src: string, flows: readonly FlowCase[]): Markup {
  const to = new Set(flows.map(({ flow }) => flow.dst));
  const items = flows.map(
    ({ flow, count: times, judged, foreign }) =>
      html`<li><code>${formatSpi(flow.spi)}</code>${to.size > 1 && ` to ${told(flow.dst, 45)}`}, ${times === 1 ? 'once' : `${times} times`}, <b>${judged}</b>${foreign === 'yes' && html`, <b class="bad">an address of nobody here</b>`}</li>`,
  );
  return html`<div class="flows"><h3>${told(src, 45)} <span class="m">${count(flows.length, 'flow')}${to.size === 1 && ` to ${told(flows[0]!.flow.dst, 45)}`}</span></h3><ul>${items.slice(0, FLOWS_FIRST)}</ul>${items.length > FLOWS_FIRST && html`<details class="fold"><summary>${items.length - FLOWS_FIRST} more</summary><ul>${items.slice(FLOWS_FIRST)}</ul></details>`}</div>`;
}

export function eventList(about: Case, scene: Scene, anchors: Anchors): Markup {
  const zero = middleOf(scene.t0);
  const rows = scene.events.map((event) => {
    const { number, at, lane, quote, look, unordered } = event;
    const loose =
      unordered.length > 0 &&
      html` <abbr class="m" title="before or after ${unordered.join(', ')}: not known">\u2248 ${unordered.join(', ')}</abbr>`;
    return html`<tr class="${look}"><th scope="row">${number}</th><td class="when">${timeWords(at, [], zero)}</td><td class="l${lane}">${endName(about, lane)}</td><td>${withSpis(told(eventWords(event), 300))}${loose}</td><td>${quote !== null && quoteLink(about, quote, anchors)}</td></tr>`;
  });
  const table = (some: readonly Markup[]): Markup =>
    html`<div class="scroll" tabindex="0" role="region" aria-label="Events"><table class="events"><thead><tr><th scope="col">#</th><th scope="col">When</th><th scope="col">End</th><th scope="col">What</th><th scope="col">Line</th></tr></thead><tbody>${some}</tbody></table></div>`;
  return html`${table(rows.slice(0, EVENTS_FIRST))}${rows.length > EVENTS_FIRST && html`<details class="fold"><summary>${rows.length - EVENTS_FIRST} more events</summary>${table(rows.slice(EVENTS_FIRST))}</details>`}${scene.eventsLeftOut > 0 && html`<p class="m">${count(scene.eventsLeftOut, 'lesser event')} left out; verdict.json has them.</p>`}`;
}

export const legend = (): Markup =>
  html`<p class="legend m"><span>\u25b2 ${lookWords.message}</span><span>\u25c6 ${lookWords.cause}</span><span>\u25ac ${lookWords.signal}</span><span>\u25a0 ${lookWords.stop}</span><span>\u25cf ${lookWords.plain}</span><span>\u251c\u2524 may be anywhere between</span><span>\u25a8 clock not to be trusted (*)</span><span>\u2248 order not known</span></p>`;

/** What the agents themselves did, in their own words. */
export function journalSection(parties: readonly Party[]): Markup {
  const those = parties.flatMap((party) => (party.bundle === null ? [] : [{ party, incident: party.bundle.incident }]));
  return html`${those.map(({ party, incident }, side) => html`<details class="raw"><summary>Journal of the agent of ${party.name} <span class="m">${count(incident.timeline.length, 'entry', 'entries')}</span></summary><div class="scroll" tabindex="0" role="region" aria-label="Journal of ${party.name}"><table class="journal l${side}"><tbody>${incident.timeline.slice(0, JOURNAL_MAX).map(({ phase, at, detail }) => html`<tr><td class="when">${clockTime(Date.parse(at.at))}</td><th scope="row">${told(phase, 60)}</th><td>${detail !== null && told(detail, 400)}</td></tr>`)}</tbody></table></div>${incident.timeline.length > JOURNAL_MAX && html`<p class="cut">${incident.timeline.length - JOURNAL_MAX} more in incident.json</p>`}<p class="m">Sealed ${dateTime(Date.parse(incident.sealed.at))}. Outcome: ${told(incident.outcome.kind, 40)}${incident.outcome.reasons.length > 0 && ` (${told(incident.outcome.reasons.join(', '), 400)})`}. Written by spitrap ${told(incident.versions['spitrap'] ?? '?', 20)}.</p></details>`)}`;
}
