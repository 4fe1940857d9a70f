/**
 * The lab's screen: two lanes, hub left and spoke right, the time since the message in front. Pure: moments in, lines out; run.ts prints
 * them. 80 columns by default, so that a transcript fits a README.
 */
import type { End } from './relay.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'quiet' | 'strong';

export interface Style {
  /** Columns, 72 to 100. */
  readonly width: number;
  readonly colour: boolean;
}

export interface Words {
  readonly text: string;
  readonly tone: Tone;
}

export const widthMin = 72;
export const widthMax = 100;
export const widthDefault = 80;

/** `+300.000 s`: the longest delay. */
const TIME_COLUMNS = 10;
const GAP = '  ';
/** Of what goes on from the line above. */
const INDENT = ' ';
const BAR = '│ ';
/** Cyan and yellow: told apart by nearly everybody, on dark and on light. */
const LANE_COLOUR: Readonly<Record<End, string>> = { hub: '36', spoke: '33' };
const TONE_CODE: Readonly<Record<Tone, string | null>> = { plain: null, good: '32', bad: '31;1', quiet: '2', strong: '1' };

export const laneWidth = (style: Style): number => Math.floor((style.width - TIME_COLUMNS - GAP.length - BAR.length) / 2);

/** `+0.004 s`, `-1.180 s`: milliseconds since the message, in front of one or both lanes. Null: no time. */
export function lanes(atMs: number | null, said: Partial<Record<End, readonly Words[]>>, style: Style): string[] {
  const width = laneWidth(style);
  const left = wrapAll(said.hub ?? [], width);
  const right = wrapAll(said.spoke ?? [], width);
  const time = atMs === null ? '' : formatSince(atMs);
  const rows: string[] = [];
  for (let row = 0; row < Math.max(left.length, right.length, 1); row++) {
    const clock = paint((row === 0 ? time : '').padStart(TIME_COLUMNS), '2', style);
    rows.push(
      `${clock}${GAP}${cell(left[row], 'hub', width, style)}${paint(BAR, '2', style)}${cell(right[row], 'spoke', 0, style)}`.trimEnd(),
    );
  }
  return rows;
}

/** A sentence over the whole width, outside the lanes. */
export function sentence(text: string, style: Style, tone: Tone = 'plain', indent = ''): string[] {
  return wrap(text, style.width - indent.length).map((line) => `${indent}${paint(line, TONE_CODE[tone], style)}`);
}

/** Time passes. */
export const pause = (style: Style): string =>
  paint(`${'⋮'.padStart(TIME_COLUMNS)}${GAP}${' '.repeat(laneWidth(style))}${BAR}`.trimEnd(), '2', style);

export const rule = (style: Style): string => paint('─'.repeat(style.width), '2', style);

/** Text in the colour of an end. */
export const ofEnd = (text: string, end: End, style: Style): string => paint(text, LANE_COLOUR[end], style);

/** Always three decimals: the eye compares columns. */
export function formatSince(ms: number): string {
  const seconds = (Math.abs(ms) / 1_000).toFixed(3);
  return `${ms < 0 ? '-' : '+'}${seconds} s`;
}

function cell(words: Words | undefined, end: End, width: number, style: Style): string {
  const text = words?.text ?? '';
  const padding = ' '.repeat(Math.max(0, width - [...text].length));
  if (!words) return padding;
  const tone = TONE_CODE[words.tone];
  return (
    paint(text, tone === null ? LANE_COLOUR[end] : words.tone === 'strong' ? `${LANE_COLOUR[end]};1` : tone, style) + padding
  );
}

function wrapAll(words: readonly Words[], width: number): Words[] {
  return words.flatMap(({ text, tone }) => wrap(text, width).map((line) => ({ text: line, tone })));
}

/** At spaces; a word longer than the line is cut where the line ends. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line.trim() !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = INDENT;
    }
    const glue = line === '' || line === INDENT ? '' : ' ';
    while (line.length + glue.length + rest.length > width) {
      const room = width - line.length - glue.length;
      lines.push(`${line}${glue}${rest.slice(0, room)}`);
      rest = rest.slice(room);
      line = INDENT;
    }
    line = `${line}${line === INDENT ? '' : glue}${rest}`;
  }
  lines.push(line);
  return lines;
}

function paint(text: string, code: string | null, style: Style): string {
  return style.colour && code !== null && text.trim() !== '' ? `\x1b[${code}m${text}\x1b[0m` : text;
}
