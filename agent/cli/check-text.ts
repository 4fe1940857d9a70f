/** The table of `spitrap check`: a line a row with its tick, the remedy under it, and the lines to enter on the device. At most 80 columns, but for those lines. */
import { printable } from '../../shared/model/printable.ts';
import type { CheckRow, CheckSection, CheckState } from '../check/row.ts';
import { type Paint, type Tone, wrapped } from '../status/text-layout.ts';

const MARKS: Readonly<Record<CheckState, readonly [mark: string, tone: Tone]>> = {
  ok: ['✓', 'good'],
  warn: ['!', 'warn'],
  fail: ['✗', 'bad'],
  skipped: ['–', 'quiet'],
};

const TITLE_COLUMNS = 18;
const INDENT = ' '.repeat(4 + TITLE_COLUMNS);
const DETAIL_CHARACTERS_MAX = 1_000;

/** `before`: the row above it, whose section it may share. */
export function rowText(row: CheckRow, before: CheckSection | null, paint: Paint): string {
  const [mark, tone] = MARKS[row.state];
  const title = printable(row.title, 60);
  const detail = printable(row.detail, DETAIL_CHARACTERS_MAX);
  const lead = `  ${mark} ${title.padEnd(TITLE_COLUMNS)}`;
  // A long title, such as a path of a peer, has a line of its own.
  const lines =
    title.length < TITLE_COLUMNS ? wrapped(detail, lead) : [...wrapped(title, `  ${mark} `), ...wrapped(detail, INDENT)];
  const head = row.section === before ? [] : [...(before === null ? [] : ['']), paint('strong', row.section)];
  return [
    ...head,
    lines[0]!.replace(mark, paint(tone, mark)),
    ...lines.slice(1),
    ...(row.remedy === null ? [] : wrapped(printable(row.remedy, DETAIL_CHARACTERS_MAX), `${INDENT}→ `)),
    // Whole, so that they can be pasted.
    ...(row.enter.length === 0 ? [] : [`${INDENT}on the device, in configuration mode:`]),
    ...row.enter.map((line) => `      ${printable(line, 300)}`),
  ].join('\n');
}

export interface CheckCounts {
  readonly ok: number;
  readonly warn: number;
  readonly fail: number;
  readonly skipped: number;
}

export function countRows(rows: readonly CheckRow[]): CheckCounts {
  const of = (state: CheckState): number => rows.filter((row) => row.state === state).length;
  return { ok: of('ok'), warn: of('warn'), fail: of('fail'), skipped: of('skipped') };
}

/** At the end the tick that matters has scrolled away: which rows failed, and which warn. */
export const attentionLines = (rows: readonly CheckRow[]): string[] =>
  (['fail', 'warn'] as const).flatMap((state) => {
    const titles = rows.filter((row) => row.state === state).map(({ title }) => printable(title, 60));
    return titles.length === 0 ? [] : wrapped(titles.join(', '), state === 'fail' ? 'failed:   ' : 'warnings: ');
  });

export function countsText({ ok, warn, fail, skipped }: CheckCounts): string {
  const warnings = `${warn} ${warn === 1 ? 'warning' : 'warnings'}`;
  return `${ok} in order, ${warnings}, ${fail} failed, ${skipped} not looked at`;
}
