/** The lab's words around the timeline: what is about to happen, and what came of it. Pure; run.ts prints the lines. */
import { type DurationMs, formatDuration } from '../../../shared/model/time.ts';
import { markOf, type Named, type Played } from './diagnosis.ts';
import { lanes, ofEnd, rule, type Style, sentence, type Words } from './lanes.ts';
import { type End, ends } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import type { LabVerdict } from './verdict.ts';

const words = (text: string, tone: Words['tone'] = 'plain'): Words => ({ text, tone });

export function opening(scenario: Scenario, delayMs: DurationMs, style: Style): string[] {
  return [
    ...sentence(
      `spitrap lab: two simulated head-ends, ${scenario.setting.eem ? 'one agent' : 'two agents'}, and an SA that breaks.`,
      style,
      'strong',
    ),
    ...sentence(`Scenario ${scenario.name}. ${scenario.story}`, style),
    ...sentence(`\`undebug all\` is due ${formatDuration(delayMs)} after the message (18s in the field).`, style),
    '',
  ];
}

export interface EndIntroduction {
  readonly hostname: string;
  readonly endpoint: string;
  /** Null: there is none, the box runs Note A's applet. */
  readonly pid: number | null;
}

export function introduction(about: Readonly<Record<End, EndIntroduction>>, style: Style): string[] {
  const said = (end: End): Words[] => [
    words(`${end.toUpperCase()}  ${about[end].hostname}`, 'strong'),
    words(`ssh at ${about[end].endpoint}`),
    words(about[end].pid === null ? "no agent: the box runs Note A's applet" : `agent: process ${about[end].pid}, watching`),
  ];
  return lanes(null, { hub: said('hub'), spoke: said('spoke') }, style);
}

/** What an engineer typed on both consoles before anything happened. */
export function typed(
  commands: Readonly<Record<End, readonly string[]>>,
  hostnames: Readonly<Record<End, string>>,
  style: Style,
): string[] {
  const said = (end: End): Words[] => commands[end].map((command) => words(`${hostnames[end]}#${command}`, 'quiet'));
  return lanes(null, { hub: said('hub'), spoke: said('spoke') }, style);
}

/** Signals of one phase from one end: those that the relay lost, of all attempts. */
export interface Lost {
  readonly from: End;
  readonly phase: string;
  readonly lost: number;
  readonly attempts: number;
}

export function closing(verdict: LabVerdict, folder: string, losses: readonly Lost[], style: Style): string[] {
  const { result, faults, conclusion, laterDebugs = [], firstLook = {}, truth, reportOf = [] } = verdict;
  const lines: string[] = [rule(style)];
  const say = (text: string, tone: Words['tone'] = 'plain', indent = ''): void =>
    void lines.push(...sentence(text, style, tone, indent));
  for (const { from, phase, lost, attempts } of losses)
    say(`Lost on the way from the ${from}: ${phase}, ${lost} of ${attempts} attempt${attempts === 1 ? '' : 's'}.`);
  if (faults.length === 0) {
    const apart = `${(result.skewMs ?? 0).toFixed(1)} ms apart`;
    const told =
      conclusion === undefined
        ? `received \`undebug all\` ${apart}; both are quiet.`
        : `were told to stop ${apart}. ${conclusion}`;
    say(`Complete. The two boxes ${told}`, 'good');
  } else {
    say(`Not complete (${result.outcome}):`, 'bad');
    for (const fault of faults) say(`- ${fault}`, 'bad', '  ');
  }
  lines.push('');
  for (const end of ends) {
    const { debugsOff, captured, bundle } = result.ends[end];
    const off =
      debugsOff !== 'verified'
        ? 'DEBUGS ARE STILL ON, says the box'
        : laterDebugs.includes(end)
          ? 'only later debugs on, says the box'
          : 'no debug is on, says the box';
    const kept = bundle === null ? 'no bundle' : `${captured.length} commands captured with output`;
    lines.push(ofEnd(`  ${end.padEnd(7)}${off}; ${kept}`, end, style));
  }
  const bundles = ends.flatMap((end) => {
    const { bundle } = result.ends[end];
    return bundle === null ? [] : [`  less ${firstLook[end] ?? `${bundle}/${end}.txt`}`];
  });
  if (bundles.length > 0) lines.push('', 'Look first at what each device showed:', ...bundles);
  if (bundles.length > 0)
    say(
      'Beside them: device.log (its log from before to after, debugs included), incident.json (the story), one file a command in commands/.',
    );
  if (result.verdict) {
    lines.push('');
    for (const line of diagnosed(result.verdict, truth)) say(line.text, line.tone);
    lines.push(`  spitrap report ${reportOf.join(' ')} --html ${folder}/report.html`);
  }
  lines.push('');
  say(`Configurations, agents' logs and bundles stay in ${folder}`, 'quiet');
  return lines;
}

const MARKS = {
  right: ['That is right.', 'good'],
  'less specific': ['That is true, though more could be known.', 'plain'],
  'cannot tell': ['It does not guess.', 'plain'],
  wrong: ['THAT IS WRONG.', 'bad'],
} as const;

/** What the bundles show happened, and what was really played. */
function diagnosed(verdict: Named, truth: Played | undefined): Words[] {
  const { cause, confidence, sentence } = verdict;
  const named = cause === 'cannot-tell' ? 'it cannot be told' : `${cause}, ${confidence}`;
  const said = words(`Diagnosis: ${named}. ${sentence}`, 'strong');
  if (truth === undefined) return [said];
  const [mark, tone] = MARKS[markOf(verdict, truth)];
  return [said, words(`Played: ${truth.cause}, ${truth.what}. ${mark}`, tone)];
}
