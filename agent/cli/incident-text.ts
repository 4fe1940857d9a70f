/** One incident, and the list of them, for a person. 80 columns, text from devices and peers escaped. Pure: called by incidents.ts. */

import type { CaptureEntry, FileMoment, IncidentFile } from '../../shared/bundle/incident-file.ts';
import { printable } from '../../shared/model/printable.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { StoredIncident, StoredVerdict } from '../evidence/stored-incidents.ts';
import { type Paint, type Tone, wrapped } from '../status/text-layout.ts';
import { verdictText } from './verdict-text.ts';

const INDENT = '            ';

export function incidentListText(incidents: readonly StoredIncident[], paint: Paint): string {
  if (incidents.length === 0) return 'no incidents';
  return incidents
    .flatMap((stored) => {
      if (stored.incident === null) {
        const why = stored.why === null ? 'not sealed yet' : printable(stored.why, 300);
        return wrapped(`${paint('warn', stored.state)}: ${why}`, `${stored.id}  `);
      }
      const { incident } = stored;
      const flow = incident.flows[0];
      const what = flow ? `${printable(flow.src, 45)} -> ${printable(flow.dst, 45)} SPI ${flow.spi}` : 'a stop without a flow';
      const more = incident.flows.length + incident.flowsNotKept - 1;
      return [
        `${stored.id}  ${time(incident.opened)}  ${paint(toneOf(incident), incident.outcome.kind)}`,
        ...wrapped(`${what}${more > 0 ? ` and ${more} more` : ''}; debugs off: ${incident.stop.off}`, '  '),
      ];
    })
    .join('\n');
}

/** `later`: the verdicts of its addenda, oldest first. */
export function incidentText(
  incident: IncidentFile,
  folder: string,
  problems: readonly string[],
  paint: Paint,
  later: readonly StoredVerdict[] = [],
): string {
  const { device, stop, outcome } = incident;
  const verdict = later.at(-1)?.verdict ?? incident.verdict;
  return [
    paint('strong', `incident ${incident.id}`),
    ...row(
      'outcome',
      `${outcome.kind}${outcome.reasons.length > 0 ? `: ${outcome.reasons.join(', ')}` : ''}`,
      paint,
      toneOf(incident),
    ),
    ...row('opened', `${time(incident.opened)} by ${openedWords(incident)}, ${incident.role}, mode ${incident.mode}`, paint),
    ...(incident.aliases.length > 0 ? row('also', incident.aliases.join(', '), paint) : []),
    ...row('device', `${device.name} ${device.address} ${device.platform}`, paint),
    ...row(
      'judged',
      judgedWords(incident, later),
      paint,
      verdict === 'persistent' ? 'bad' : verdict === 'transient' ? 'good' : 'plain',
    ),
    ...(incident.event?.line ? row('message', incident.event.line, paint) : []),
    ...incident.flows
      .slice(0, FLOWS_SHOWN_MAX)
      .flatMap((flow) =>
        row(
          'flow',
          `${flow.src} -> ${flow.dst} SPI ${flow.spi}, ${flow.count} times${flow.late ? ', late' : ''}${flow.verdict === 'unknown' ? '' : `, ${flow.verdict}`}`,
          paint,
        ),
      ),
    ...(incident.flows.length > FLOWS_SHOWN_MAX
      ? row('', `and ${incident.flows.length - FLOWS_SHOWN_MAX} more flows in incident.json`, paint)
      : []),
    ...row('debugs', `at the start: ${debugsWords(incident)}`, paint),
    ...row('off', offWords(incident), paint, stop.off === 'verified' ? 'good' : 'bad'),
    ...(stop.detail === null ? [] : row('', stop.detail, paint)),
    ...(incident.atStop?.hint ? row('hint', incident.atStop.hint, paint, 'warn') : []),
    ...incident.peers.flatMap((peer) => recurrenceWords(peer).flatMap((text) => row('again', text, paint, 'warn'))),
    ...incident.done.flatMap((done) =>
      row(
        'peer',
        `${done.peer}: ${done.received === null ? 'no done' : `off ${done.off ?? '?'}, captured ${yesNo(done.captured)}`}`,
        paint,
      ),
    ),
    ...incident.alarms.flatMap((alarm) =>
      row('ALARM', `${alarm.text}${alarm.remedy === null ? '' : `; do: ${alarm.remedy}`}`, paint, 'bad'),
    ),
    ...row('captured', capturedWords(incident.captures), paint),
    ...incident.captures
      .filter((entry) => entry.status !== 'ok')
      .slice(0, CAPTURES_SHOWN_MAX)
      .flatMap((entry) =>
        row('', `${entry.status}: ${entry.command}${entry.detail === null ? '' : ` (${entry.detail})`}`, paint),
      ),
    ...row(
      'log',
      `${incident.log.bytes} bytes, ${time(incident.log.from)} to ${time(incident.log.to)}, ${incident.log.holes.length} holes`,
      paint,
    ),
    ...row('bundle', folder, paint),
    ...(problems.length === 0
      ? row('manifest', 'verifies', paint, 'good')
      : problems.flatMap((problem) => row('DAMAGED', problem, paint, 'bad'))),
  ].join('\n');
}

/** As of the seal, or as revised after it; the grounds of its first flow. */
function judgedWords(incident: IncidentFile, later: readonly StoredVerdict[]): string {
  const revised = later.at(-1);
  if (revised === undefined) return verdictText(incident.verdict, incident.flows[0]?.grounds ?? []);
  const was = revised.verdict === incident.verdict ? '' : ` (at the seal: ${incident.verdict})`;
  return `${verdictText(revised.verdict, revised.grounds)}${was}`;
}

function recurrenceWords({ name, recurrence }: IncidentFile['peers'][number]): string[] {
  if (recurrence === null || recurrence.incidentsInWeek < 2) return [];
  const { incidentsInDay, incidentsInWeek, flowsInWeek } = recurrence;
  const day = incidentsInDay > 1 ? `number ${incidentsInDay} in 24 hours, ` : '';
  return [`with ${name}: ${day}number ${incidentsInWeek} in 7 days, ${flowsInWeek} flows`];
}

/** The rest is counted and stands in incident.json. */
const FLOWS_SHOWN_MAX = 10;
const CAPTURES_SHOWN_MAX = 20;

function row(name: string, text: string, paint: Paint, tone: Tone = 'plain'): string[] {
  return wrapped(printable(text, 1_000), name.padEnd(INDENT.length)).map((line) => paint(tone, line));
}

function toneOf({ outcome }: IncidentFile): Tone {
  if (outcome.kind === 'partial') return 'bad';
  return outcome.kind === 'observed' ? 'quiet' : 'good';
}

function debugsWords({ debugsAtStart }: IncidentFile): string {
  if (debugsAtStart.kind !== 'read')
    return `${debugsAtStart.kind}${debugsAtStart.detail === null ? '' : ` (${debugsAtStart.detail})`}`;
  return debugsAtStart.flags.length === 0 ? 'none on' : debugsAtStart.flags.join(', ');
}

function offWords({ stop, opened }: IncidentFile): string {
  if (stop.nothingOn) return `${stop.off}: nothing was on, nothing was sent`;
  if (stop.sent === null) return stop.off;
  const comparable = stop.sent.bootId === opened.bootId;
  const after = comparable ? `, ${formatDuration(stop.sent.monotonicMs - opened.monotonicMs)} after the message` : '';
  return `${stop.off}; sent ${time(stop.sent)}${after}${stop.via === null ? '' : ` on session ${stop.via}`}, ${stop.attempts} attempt${stop.attempts === 1 ? '' : 's'}`;
}

/** `22 of 25 commands with output, 3 empty`, and every other way in which a command can come back. */
function capturedWords(captures: readonly CaptureEntry[]): string {
  const count = (fits: (entry: CaptureEntry) => boolean): number => captures.filter(fits).length;
  const parts: [number, string][] = [
    [count((entry) => entry.status === 'ok' && entry.bytes === 0), 'empty'],
    [count((entry) => entry.status === 'refused'), 'refused'],
    [count((entry) => entry.status === 'skipped'), 'skipped'],
    [count((entry) => entry.status === 'timeout' || entry.status === 'closed' || entry.status === 'too-long'), 'cut short'],
    [count((entry) => entry.late), 'late'],
  ];
  const rest = parts.filter(([number]) => number > 0).map(([number, word]) => `, ${number} ${word}`);
  return `${count((entry) => entry.status === 'ok' && entry.bytes > 0)} of ${captures.length} commands with output${rest.join('')}`;
}

const yesNo = (value: boolean | null): string => (value === null ? 'unknown' : value ? 'yes' : 'no');
const time = (moment: FileMoment): string =>
  printable(moment.at, 30)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');

function openedWords({ openedBy }: IncidentFile): string {
  switch (openedBy) {
    case 'message':
      return 'a message';
    case 'symptom':
      return 'a symptom without a flow';
    case 'person':
      return 'a person, who asked for a capture';
    case 'alert':
    case 'stop':
      return `the peer's ${openedBy}`;
    case 'unknown':
      return 'not known: the journal had lost it';
  }
}
