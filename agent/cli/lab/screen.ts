/** The lab's words around the timeline: what is about to happen, and what came of it. Pure; run.ts prints the lines. */
import { type DurationMs, formatDuration } from '../../../shared/model/time.ts';
import { lanes, ofEnd, rule, type Style, sentence, type Words } from './lanes.ts';
import { type End, ends } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import type { LabVerdict } from './verdict.ts';

const words = (text: string, tone: Words['tone'] = 'plain'): Words => ({ text, tone });

export function opening(scenario: Scenario, delayMs: DurationMs, style: Style): string[] {
  return [
    ...sentence('spitrap lab: two simulated head-ends, an agent beside each, and an SA that breaks.', style, 'strong'),
    ...sentence(`${scenario.name}: ${scenario.story}`, style),
    ...sentence(`The stop is planned ${formatDuration(delayMs)} after the message.`, style),
    '',
  ];
}

export interface EndIntroduction {
  readonly hostname: string;
  readonly endpoint: string;
  readonly pid: number;
}

export function introduction(about: Readonly<Record<End, EndIntroduction>>, style: Style): string[] {
  const said = (end: End): Words[] => [
    words(`${end.toUpperCase()}  ${about[end].hostname}`, 'strong'),
    words(`ssh at ${about[end].endpoint}`),
    words(`agent: process ${about[end].pid}, watching`),
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
  return [...lanes(null, { hub: said('hub'), spoke: said('spoke') }, style), rule(style)];
}

export interface Lost {
  readonly from: End;
  readonly phase: string;
  readonly count: number;
}

export function closing({ result, faults }: LabVerdict, folder: string, lost: readonly Lost[], style: Style): string[] {
  const lines: string[] = [rule(style)];
  const say = (text: string, tone: Words['tone'] = 'plain', indent = ''): void =>
    void lines.push(...sentence(text, style, tone, indent));
  for (const { from, phase, count } of lost) say(`Lost on the way from the ${from}: ${phase}, ${count} of ${count} attempts.`);
  if (faults.length === 0) {
    const apart = result.skewMs === null ? '' : `, ${result.skewMs.toFixed(1)} ms apart`;
    say(`Complete. Both boxes received \`undebug all\`${apart}, and say that no debug is on.`, 'good');
  } else {
    say(`Not complete (${result.outcome}):`, 'bad');
    for (const fault of faults) say(`- ${fault}`, 'bad', '  ');
  }
  lines.push('');
  for (const end of ends) {
    const { debugsOff, captured, bundle } = result.ends[end];
    const off = debugsOff === 'verified' ? 'debugs off, verified' : 'DEBUGS STILL ON';
    const kept = bundle === null ? 'no bundle' : `${captured.length} commands captured`;
    lines.push(ofEnd(`  ${end.padEnd(6)}${off}, ${kept}`, end, style));
  }
  const bundles = ends.flatMap((end) => {
    const { bundle } = result.ends[end];
    return bundle === null ? [] : [`  less ${bundle}/${end}.txt`];
  });
  if (bundles.length > 0) lines.push('', 'Look first at what each device showed:', ...bundles);
  if (bundles.length > 0)
    say(
      'Beside them: device.log (its log from before to after, debugs included), incident.json (the story), one file a command in commands/.',
    );
  lines.push('');
  say(`Configurations, agents' logs and bundles stay in ${folder}`, 'quiet');
  return lines;
}
