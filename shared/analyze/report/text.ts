/**
 * The report as plain text of 80 columns, for a ticket or a terminal: the same story as the page, from the verdict to the timeline, with
 * file and line beside each quote. Punctuation is ASCII; text of devices is made printable. Called by agent/cli/report.ts and at the seal.
 */
import type { BundleText } from '../../bundle/bundle-text.ts';
import { formatSpi } from '../../model/flow.ts';
import type { Case, Quote, SaLife, SideState } from '../case.ts';
import type { Diagnosis, Finding, Reasoned, Step } from '../verdict.ts';
import { type EndState, endStates } from './end-state.ts';
import { told } from './html.ts';
import { dateTime, middleOf, remaining } from './moments.ts';
import { endName, promptBefore } from './names.ts';
import { isOdd, sceneOf } from './picture/scene.ts';
import { shownOnce } from './shown-once.ts';
import { timeLines } from './text-timeline.ts';
import { causeTitles, count, harmWords } from './words.ts';
import { ascii, COLUMNS, wrap } from './wrap.ts';

const QUOTES_MAX = 4;
const QUOTE_CHARS_MAX = 400;
const SAS_MAX = 12;
const FLOWS_MAX = 12;
const LIST_MAX = 25;

/** `heading`: makes a title stand out, on a terminal. */
export function reportText(
  diagnosis: Diagnosis,
  bundles: readonly BundleText[],
  heading: (text: string) => string = (text) => text,
): string {
  const { case: about, verdict } = diagnosis;
  const ends = endStates(about, bundles, verdict.harm === 'transient');
  const [first] = verdict.findings;
  const cannot = verdict.cause === 'cannot-tell';
  const verdictLine = `${cannot ? 'cannot tell' : `${verdict.confidence}: ${causeTitles[verdict.cause]}`}; ${harmWords[verdict.harm]}`;
  const problems = bundles.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
  const unknowns = [...new Set([...verdict.unknowns, ...about.unknowns])];
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', heading(title), ...lines];
  const lines = [
    heading(`Incident ${told(about.incidentId, 40)}`),
    ...para(
      `${dateTime(middleOf(about.opened))}, ${ends.map(({ party }) => party.name).join(' <-> ')}${about.ends.length < 2 ? ', one end only' : ''}`,
      '',
    ),
    '',
    ...para(verdict.sentence, '', 500),
    ...para(verdictLine, '  '),
    ...para(verdict.healing.text, '  '),
    ...section(
      'DO NOW',
      first && first.doNow.length > 0
        ? first.doNow.flatMap((step, index) => stepLines(about, step, index))
        : [verdict.harm === 'transient' ? '  Nothing: it is over, and was benign.' : '  Nothing that this evidence supports.'],
    ),
    ...section('THE ENDS', ends.flatMap(endLines)),
    ...section('CHANGE', [
      ...(first?.change ?? []).flatMap((step, index) => stepLines(about, step, index)),
      ...para(`invalid-spi-recovery: ${verdict.recovery.text}`, '  '),
    ]),
    ...section(
      'THE EVIDENCE IS NOT WHOLE',
      problems.slice(0, LIST_MAX).flatMap((text) => para(text, '  - ')),
    ),
    ...section(
      'WHY',
      first === undefined || first.evidence.length === 0
        ? ['  There is no line that says why.']
        : reasonLines(about, first.evidence),
    ),
    ...section(
      'AGAINST IT',
      first === undefined || first.against.length === 0 ? ['  Nothing was found.'] : reasonLines(about, first.against),
    ),
    ...section('WHAT ELSE WAS FOUND', verdict.findings.slice(1, 6).flatMap(otherLines)),
    ...section(
      'KNOWN BUGS TO LOOK UP (candidates: their conditions are met, no more)',
      verdict.findings.flatMap(({ bugs }) => bugs.slice(0, 5).flatMap(({ id, why }) => para(`${id}: ${why}`, '  - '))),
    ),
    ...section(
      'NOT KNOWN',
      unknowns.length === 0
        ? ['  Nothing that would change the verdict.']
        : unknowns.slice(0, LIST_MAX).flatMap((text) => para(text, '  - ')),
    ),
    ...section(
      'TO COLLECT NEXT TIME',
      (first?.collectNext ?? []).slice(0, LIST_MAX).flatMap((text) => para(text, '  - ')),
    ),
    ...section('FLOWS', flowLines(about)),
    ...section('SECURITY ASSOCIATIONS, one a direction', saLines(about)),
    ...section(
      'TIMELINE (0: the message, * clock not to be trusted, ~ may be before or after)',
      timeLines(about, sceneOf(about, verdict)),
    ),
  ];
  return `${lines.map((line) => ascii(line).trimEnd()).join('\n')}\n`;
}

/** The first line starts with `lead`, the others with as many spaces. */
function para(text: string, lead: string, charsMax = 700): string[] {
  const indent = ' '.repeat(lead.length);
  return wrap(ascii(told(text, charsMax)), COLUMNS - lead.length).map((line, index) => (index === 0 ? lead : indent) + line);
}

function stepLines(about: Case, step: Step, index: number): string[] {
  const { text, command } = step;
  const lead = `  ${index + 1}. `;
  if (command === null) return para(text, lead);
  return [...para(`${promptBefore(about, step)}${told(command, 300)}`, lead), ...para(text, ' '.repeat(lead.length))];
}

function endLines({ party, rows }: EndState): string[] {
  const where = party.addresses.length > 0 ? `, ${party.addresses.join(', ')}` : '';
  return [
    ...para(`${party.name} (${party.role}${where})`, '  '),
    ...rows.flatMap(({ label, value, tone, detail }) =>
      para(
        `${value}${detail === null ? '' : ` (${detail})`}`,
        `    ${tone === 'bad' ? '!' : ' '} ${label.slice(0, 22).padEnd(23)}`,
      ),
    ),
  ];
}

function reasonLines(about: Case, reasons: readonly Reasoned[]): string[] {
  const lines = shownOnce(about, reasons.slice(0, LIST_MAX)).flatMap(({ text, full, also }, index) => {
    const more = full.length + also.length - QUOTES_MAX;
    return [
      ...para(text, `  ${index + 1}. `),
      ...full.slice(0, QUOTES_MAX).flatMap((quote) => quoteLines(about, quote)),
      ...placesOf(about, also.slice(0, Math.max(0, QUOTES_MAX - full.length))).flatMap((place) =>
        para(place, full.length > 0 ? '     also ' : '     see '),
      ),
      ...(more > 0 ? [`     and ${count(more, 'more line')}`] : []),
    ];
  });
  return reasons.length > LIST_MAX ? [...lines, `  and ${reasons.length - LIST_MAX} more`] : lines;
}

const placeOf = (about: Case, { end, file, line }: Quote): string =>
  `${endName(about, end)} ${file}${isWhole({ file, line }) ? '' : `:${line}`}`;

/** Lines of one file behind its name: `device.log:7, 9`. */
function placesOf(about: Case, quotes: readonly Quote[]): string[] {
  const lines = new Map<string, { readonly first: Quote; readonly more: number[] }>();
  for (const quote of quotes) {
    const key = `${quote.end} ${quote.file} ${isWhole(quote)}`;
    const known = lines.get(key);
    if (known === undefined) lines.set(key, { first: quote, more: [] });
    else if (quote.line !== known.first.line) known.more.push(quote.line);
  }
  return [...lines.values()].map(({ first, more }) => [placeOf(about, first), ...more].join(', '));
}

/** Line 1 of a command's file is its head: what is said is said of the whole. */
const isWhole = ({ file, line }: Pick<Quote, 'file' | 'line'>): boolean => line === 1 && file.startsWith('commands/');

function quoteLines(about: Case, quote: Quote): string[] {
  if (isWhole(quote)) return para(`${placeOf(about, quote)}: ${quote.text}`, '       ', QUOTE_CHARS_MAX);
  const lines = quote.text
    .slice(0, QUOTE_CHARS_MAX * 2)
    .split('\n')
    .slice(0, 4);
  return [...lines.flatMap((line) => para(line.trim(), '     | ', QUOTE_CHARS_MAX)), ...para(placeOf(about, quote), '       ')];
}

const otherLines = (finding: Finding): string[] =>
  para(`${causeTitles[finding.cause]}, ${finding.confidence}: ${finding.sentence}`, '  - ');

function flowLines({ flows }: Case): string[] {
  if (flows.length < 2) return [];
  const shown = flows
    .slice(0, FLOWS_MAX)
    .flatMap(({ flow, count: times, judged }) =>
      para(`${flow.src} -> ${flow.dst} SPI ${formatSpi(flow.spi)}, ${times === 1 ? 'once' : `${times} times`}, ${judged}`, '  '),
    );
  return flows.length > FLOWS_MAX
    ? [...shown, `  and ${flows.length - FLOWS_MAX} more, of ${count(new Set(flows.map(({ flow }) => flow.src)).size, 'sender')}`]
    : shown;
}

function saLines(about: Case): string[] {
  const sorted = [...about.ledger].sort((a, b) => rank(b) - rank(a));
  const shown = sorted.slice(0, SAS_MAX).flatMap((sa) => {
    const ends = `${sa.sender === null ? (sa.src ?? '?') : endName(about, sa.sender)} -> ${sa.receiver === null ? (sa.dst ?? '?') : endName(about, sa.receiver)}`;
    const odd = isOdd(sa.outboundAtSender, sa.inboundAtReceiver);
    return para(
      `${ends}; sender: ${sideWords(sa.outboundAtSender)}; receiver: ${sideWords(sa.inboundAtReceiver)}${odd ? '; OUT OF SYNC' : ''}`,
      `  ${formatSpi(sa.spi)}  `,
    );
  });
  return sorted.length > SAS_MAX ? [...shown, `  and ${sorted.length - SAS_MAX} more`] : shown;
}

const rank = (sa: SaLife): number => (isOdd(sa.outboundAtSender, sa.inboundAtReceiver) ? 2 : 0) + (sa.reported ? 1 : 0);

function sideWords({ last, current, packets, lifetimeSeconds }: SideState): string {
  if (last === 'unknown') return 'not known';
  if (last === 'no') return 'not there';
  const more = [
    ...(current === 'yes' ? ['in use'] : []),
    ...(packets === null ? [] : [`+${packets} packets`]),
    ...(lifetimeSeconds === null ? [] : [`${remaining(lifetimeSeconds)} left`]),
  ];
  return more.length === 0 ? 'there' : more.join(', ');
}
