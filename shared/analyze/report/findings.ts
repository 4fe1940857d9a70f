/** Why the report says so: findings with their evidence, each quote linked to its line; what speaks against; other findings, folded. */
import type { Case, Quote } from '../case.ts';
import type { Finding, Reasoned, Verdict } from '../verdict.ts';
import { withSpis } from './first-screen.ts';
import { type Hole, html, type Markup, told } from './html.ts';
import { endName } from './names.ts';
import type { Anchors } from './raw-outputs.ts';
import { shownOnce } from './shown-once.ts';
import { causeTitles, confidenceMarks, count } from './words.ts';

const REASONS_MAX = 40;
const QUOTES_MAX = 6;
const ALSO_MAX = 4;
const QUOTE_CHARS_MAX = 900;

export function whySection(about: Case, verdict: Verdict, anchors: Anchors): Markup {
  const [first, ...others] = verdict.findings;
  if (first === undefined) return html``;
  return html`<section aria-labelledby="why"><h2 id="why">Why we say so</h2>
${first.evidence.length > 0 ? reasons(about, first.evidence, anchors) : html`<p>There is no line that says why; see what is not known.</p>`}</section>
<section aria-labelledby="against"><h2 id="against">What speaks against it</h2>
${first.against.length > 0 ? reasons(about, first.against, anchors) : html`<p>${first.cause === 'cannot-tell' ? 'Nothing is claimed.' : 'Nothing was found.'}</p>`}</section>
${others.length > 0 && html`<section aria-labelledby="others"><h2 id="others">What else was found</h2>${others.map((finding) => otherFinding(about, finding, anchors))}</section>`}
${bugs(verdict.findings)}`;
}

export function unknownSection(about: Case, verdict: Verdict): Markup {
  const unknowns = [...new Set([...verdict.unknowns, ...about.unknowns])];
  const collect = verdict.findings[0]?.collectNext ?? [];
  return html`<section aria-labelledby="unknown"><h2 id="unknown">What is not known</h2>
${unknowns.length > 0 ? html`<ul>${unknowns.slice(0, 40).map((text) => html`<li>${withSpis(told(text, 500))}</li>`)}</ul>` : html`<p>Nothing that would change the verdict.</p>`}
${collect.length > 0 && html`<h3>To collect next time</h3><ul>${collect.slice(0, 20).map((text) => html`<li>${told(text, 400)}</li>`)}</ul>`}
${about.ends.map(({ missing, name, unread }) => html`${missing.length > 0 && html`<details><summary>${told(name, 60)}: ${count(missing.length, 'command')} gave nothing</summary><ul>${missing.slice(0, 60).map(({ command, why }) => html`<li><code>${told(command, 120)}</code>: ${told(why, 200)}</li>`)}</ul></details>`}${unread.length > 0 && html`<p class="m">${told(name, 60)}: ${count(unread.length, 'line')} of its outputs could not be read.</p>`}`)}</section>`;
}

function reasons(about: Case, all: readonly Reasoned[], anchors: Anchors): Markup {
  const items = shownOnce(about, all.slice(0, REASONS_MAX)).map(({ text, full, also }) => {
    const more = full.length - QUOTES_MAX;
    const again = also.slice(0, ALSO_MAX).map((quote, index) => html`${index > 0 && '; '}${quoteLink(about, quote, anchors)}`);
    return html`<li><p>${withSpis(told(text, 600))}</p>${full.slice(0, QUOTES_MAX).map((quote) => quoteBlock(about, quote, anchors))}${more > 0 && html`<p class="m">and ${count(more, 'more line')}</p>`}${also.length > 0 && html`<p class="also">${full.length > 0 ? 'Also' : 'See'} ${again}${also.length > ALSO_MAX && ` and ${also.length - ALSO_MAX} more`}</p>`}</li>`;
  });
  return html`<ol class="reasons">${items}</ol>${all.length > REASONS_MAX && html`<p class="m">and ${all.length - REASONS_MAX} more</p>`}`;
}

function quoteBlock(about: Case, quote: Quote, anchors: Anchors): Markup {
  // A command's head: what is said is said of its whole output, such as that something is not in it.
  if (anchors.idOf(quote) === null && anchors.fileIdOf(quote) !== null)
    return html`<p class="also">${quoteLink(about, quote, anchors)}: ${told(quote.text, QUOTE_CHARS_MAX)}</p>`;
  const lines = quote.text
    .slice(0, QUOTE_CHARS_MAX * 2)
    .split('\n')
    .slice(0, 8);
  return html`<blockquote class="l${quote.end}"><pre>${lines.map((line, index) => html`${index > 0 && html`<br>`}${told(line, QUOTE_CHARS_MAX)}`)}</pre><footer>${quoteLink(about, quote, anchors)}</footer></blockquote>`;
}

export function quoteLink(about: Case, quote: Quote, anchors: Anchors): Hole {
  const id = anchors.idOf(quote);
  const words = `${endName(about, quote.end)}, ${told(shortFile(quote.file), 80)} line ${quote.line}`;
  if (id !== null) return html`<a href="#${id}">${words}</a>`;
  const file = anchors.fileIdOf(quote);
  return file === null ? words : html`<a href="#${file}">${endName(about, quote.end)}, ${told(shortFile(quote.file), 80)}</a>`;
}

/** Numbered links where a sentence rests on lines. */
export const citeWith =
  (about: Case, anchors: Anchors) =>
  (quotes: readonly Quote[]): Hole =>
    quotes.slice(0, 1).map((quote) => {
      const id = anchors.idOf(quote);
      return id === null
        ? ''
        : html` <a class="cite" href="#${id}" title="${endName(about, quote.end)}, ${told(shortFile(quote.file), 80)} line ${quote.line}">line ${quote.line}</a>`;
    });

export const shortFile = (file: string): string => file.replace(/^commands\//, '');

function otherFinding(about: Case, finding: Finding, anchors: Anchors): Markup {
  return html`<details><summary><b>${causeTitles[finding.cause]}</b>, ${confidenceMarks[finding.confidence]} ${finding.confidence}: ${withSpis(told(finding.sentence, 400))}</summary>
${finding.evidence.length > 0 && reasons(about, finding.evidence, anchors)}${finding.against.length > 0 && html`<h3>Against it</h3>${reasons(about, finding.against, anchors)}`}</details>`;
}

function bugs(findings: readonly Finding[]): Markup | false {
  const all = findings.flatMap((finding) => finding.bugs);
  return (
    all.length > 0 &&
    html`<section aria-labelledby="bugs"><h2 id="bugs">Known bugs to look up</h2><p class="m">Candidates only: their conditions are met, nothing more.</p><ul>${all.slice(0, 10).map(({ id, why }) => html`<li><b>${told(id, 40)}</b>: ${told(why, 300)}</li>`)}</ul></section>`
  );
}

/** Every line that the page speaks of, for the anchors. */
export function quotesOf({ timeline, flows, ledger }: Case, verdict: Verdict): Quote[] {
  const found = verdict.findings.flatMap(({ evidence, against }) => [...evidence, ...against].flatMap(({ quotes }) => quotes));
  const beside = [...verdict.healing.quotes, ...verdict.recovery.quotes];
  const timed = timeline.flatMap(({ quote }) => (quote === null ? [] : [quote]));
  const sas = ledger.slice(0, 200).flatMap((sa) => [...sa.outboundAtSender.quotes, ...sa.inboundAtReceiver.quotes]);
  return [...found, ...beside, ...timed, ...flows.slice(0, 200).flatMap(({ quote }) => (quote === null ? [] : [quote])), ...sas];
}
