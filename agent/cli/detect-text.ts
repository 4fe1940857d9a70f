/** What `spitrap detect` prints: a line a flow as NDJSON, or a table in 80 columns with its totals. Pure. */
import type { FileFlow, FileFlows } from '../../shared/detect/file-flows.ts';
import type { LineBlocks } from '../../shared/detect/line-blocks.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { printable } from '../../shared/model/printable.ts';
import type { IosStamp } from '../../shared/wire/ios-timestamp.ts';
import { columns, type Paint, wrapped } from '../status/text-layout.ts';

/** The keys of docs/cli.md, in their order. */
export const flowJson = (flow: FileFlow): string =>
  JSON.stringify({
    src: flow.src,
    dst: flow.dst,
    spi: formatSpi(flow.spi),
    count: flow.count,
    first: flow.first?.text ?? null,
    last: flow.last?.text ?? null,
    class: flow.judged.verdict,
    interface: flow.interface,
  });

export interface ReadFile {
  /** `standard input`, or the file as it was named. */
  readonly name: string;
  readonly bytes: number;
}

const LEAD = ' '.repeat(11);
const PAIR = 34;
const FORMS_SHOWN_MAX = 8;

export function detectText(found: FileFlows, blocks: LineBlocks, file: ReadFile, paint: Paint): string {
  const flows = found.flows();
  const of = (verdict: string): number => flows.filter((flow) => flow.judged.verdict === verdict).length;
  const untimed = flows.filter((flow) => flow.judged.grounds.includes('no-trusted-time')).length;
  const table =
    flows.length === 0
      ? []
      : [
          paint('strong', row('COUNT', 'CLASS', 'SPI', 'SOURCE -> DESTINATION', 'LAST SEEN')),
          ...flows.flatMap((flow) => flowRows(flow, paint)),
          '',
        ];
  const lost = found.notKept > 0 ? [`${found.notKept} messages of further flows are not listed`] : [];
  return [
    ...table,
    ...named(
      'found',
      `${counted(found.messages, 'message')} of ${counted(flows.length, 'flow')}: ${of('persistent')} persistent, ${of('unknown')} unknown`,
    ),
    ...(of('persistent') > 0 ? named('', 'persistent: came again after its minute, traffic is black-holed') : []),
    ...(of('unknown') > 0 ? named('', 'unknown: a file alone proves no flow benign; silence is no proof') : []),
    ...(untimed > 0 ? named('', `${counted(untimed, 'flow')} without a stamp that can be trusted (*, ., uptime, none)`) : []),
    ...lost.flatMap((text) => named('LOST', text).map((line) => paint('bad', line))),
    ...named('read', `${counted(blocks.lines, 'line')}, ${file.bytes} bytes of ${printable(file.name, 400)}`),
    ...unreadableLines(found, blocks, paint),
    ...formLines(found),
  ].join('\n');
}

const named = (name: string, text: string): string[] => wrapped(text, name.padEnd(LEAD.length));
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const row = (count: string, verdict: string, spi: string, pair: string, last: string): string =>
  `${count.padStart(6)} ${verdict.padEnd(10)} ${spi.padEnd(10)} ${pair.padEnd(PAIR)} ${last}`.trimEnd();

function flowRows(flow: FileFlow, paint: Paint): string[] {
  const pair = `${flow.src} -> ${flow.dst}`;
  const { verdict } = flow.judged;
  const fits = pair.length <= PAIR;
  const line = row(String(flow.count), verdict, formatSpi(flow.spi), fits ? pair : '', lastSeen(flow.last));
  const tone = verdict === 'persistent' ? 'bad' : 'plain';
  return [paint(tone, line.slice(0, columns)), ...(fits ? [] : wrapped(pair, ' '.repeat(7)))];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const STAMP_CHARS = 16;

/** `*Mar 12 18:22:10`: to the second, the year and the zone are in --json. */
function lastSeen(stamp: IosStamp | null): string {
  if (stamp === null) return 'no stamp';
  const { month, day, timeOfDayMs } = stamp;
  if (month === null || day === null || timeOfDayMs === null) return printable(stamp.text, STAMP_CHARS);
  const seconds = Math.floor(timeOfDayMs / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${stamp.mark}${MONTHS[month - 1]} ${String(day).padStart(2)} ${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

const FAULTS = {
  'field-missing': 'a field is missing',
  'field-unreadable': 'a field cannot be read',
  'spi-disagrees': 'its two SPIs disagree',
  quoted: 'quoted inside another message',
  'not-the-message': 'names the message without being one',
} as const;

function unreadableLines(found: FileFlows, blocks: LineBlocks, paint: Paint): string[] {
  const parts = [...found.unreadable].map(([fault, count]) => `${count}: ${FAULTS[fault]}`);
  if (blocks.cutLines > 0) parts.push(`${blocks.cutLines}: longer than 64 KiB, cut there`);
  if (parts.length === 0) return named('unreadable', 'none');
  return named('unreadable', parts.join('; ')).map((line) => paint('warn', line));
}

function formLines({ forms }: FileFlows): string[] {
  const all = [...forms].sort((a, b) => b[1] - a[1]);
  const shown = all
    .slice(0, FORMS_SHOWN_MAX)
    .flatMap(([form, count], index) => named(index === 0 ? 'headers' : '', `${count}: ${form}`));
  const rest = all.length - FORMS_SHOWN_MAX;
  return rest > 0 ? [...shown, ...named('', `and ${rest} further forms`)] : shown;
}
