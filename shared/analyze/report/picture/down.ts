/**
 * The picture for a phone: time runs down, one row an event, the SAs of each end along its edge. Rows are as high as their words, so the
 * scale is not even, and each row says its time. Events link to their lines.
 */
import type { Instant } from '../../case.ts';
import { html, type Markup, told } from '../html.ts';
import { middleOf, plusMinus, plusMinusOf, relative } from '../moments.ts';
import type { Party } from '../names.ts';
import { wrap } from '../wrap.ts';
import { type Axis, place } from './axis.ts';
import { badge, hatching } from './marks.ts';
import { barLabel, eventWords, type Scene, type SceneBar, type SceneEvent } from './scene.ts';

const WIDTH = 360;
const BAR = 17;
const BAR_STEP = 20;
const BARS_MAX = 3;
const HEAD = 34;
const LINE = 16;
const CHAR_PX = 6.7;
const BADGE = 28;
const LINES_MAX = 4;
/** More would be a page nobody scrolls through on a phone; the list has them. */
const ROWS_MAX = 26;

interface Row {
  readonly event: SceneEvent;
  readonly y: number;
  readonly height: number;
  readonly lines: readonly string[];
  readonly time: string;
}

export function down(scene: Scene, parties: readonly Party[], linkOf: (event: SceneEvent) => string | null): Markup {
  const zero = middleOf(scene.t0);
  const bars = parties.map(({ end }) => scene.bars.filter(({ lane }) => lane === end?.index).slice(0, BARS_MAX));
  const left = 4 + (bars[0]?.length ?? 0) * BAR_STEP;
  const right = WIDTH - 4 - (bars[1]?.length ?? 0) * BAR_STEP;
  const chars = Math.floor((right - left - 2 * BADGE - 12) / CHAR_PX);
  const rows = rowsOf(scene, zero, chars);
  const bottom = rows.length === 0 ? HEAD + 40 : rows.at(-1)!.y + rows.at(-1)!.height;
  const axis = axisOfRows(rows, bottom);
  const message = rows.find(({ event }) => event.kind === 'message') ?? rows.find(({ event }) => event.look === 'message');
  return html`<svg class="down" viewBox="0 0 ${WIDTH} ${bottom + 8}" role="group" aria-labelledby="pic-d-title pic-d-desc">
<title id="pic-d-title">What happened at both ends, in time</title>
<desc id="pic-d-desc">Time runs down. The first end stands on the left, the second on the right, their SAs as bars along the edges.</desc>
${hatching('d')}
<text class="who l0" x="4" y="20">${told(parties[0]?.name ?? '', 18)}</text><text class="who l1" x="${WIDTH - 4}" y="20" text-anchor="end">${told(parties[1]?.name ?? '', 18)}</text>
${message && html`<path class="line message" d="M0 ${message.y - 3}H${WIDTH}"/>`}
${bars.map((lane, side) => html`<g class="l${side}">${lane.map((bar, index) => drawBar(bar, side === 0 ? 4 + index * BAR_STEP : WIDTH - 4 - BAR - index * BAR_STEP, axis, bottom))}</g>`)}
${rows.map((row) => drawRow(row, parties, left, right, linkOf(row.event)))}
</svg>`;
}

export const rowsLeftOut = (scene: Scene): number => Math.max(0, scene.events.length - ROWS_MAX);

function rowsOf(scene: Scene, zero: number, chars: number): Row[] {
  let y = HEAD;
  return scene.events.slice(0, ROWS_MAX).map((event) => {
    const lines = wrap(told(eventWords(event), 200), chars).slice(0, LINES_MAX);
    const row = { event, y, height: LINE * (lines.length + 1) + 10, lines, time: timeWords(event.at, event.unordered, zero) };
    y += row.height;
    return row;
  });
}

export function timeWords(at: Instant | null, unordered: readonly number[], zero: number): string {
  if (at === null) return 'no time';
  const moment = middleOf(at) === zero ? '0' : relative(middleOf(at) - zero);
  return `${moment}${plusMinus(at)}${at.trusted ? '' : ' *'}${unordered.length > 0 ? ` \u2248 ${unordered.join(', ')}` : ''}`;
}

/** Events without a time stand last and carry no place. */
function axisOfRows(rows: readonly Row[], bottom: number): Axis {
  const knots = rows
    .filter(({ event }) => event.at !== null)
    .map(({ event, y }) => ({ ms: middleOf(event.at!), px: y + 11 }))
    .filter(({ ms }, index, all) => all.slice(0, index).every((before) => before.ms < ms));
  const first = knots[0]?.ms ?? 0;
  const all = [{ ms: first - 1, px: HEAD }, ...knots, { ms: (knots.at(-1)?.ms ?? first) + 1, px: bottom }];
  return { knots: all, focus: { fromMs: 0, toMs: 0, fromPx: 0, toPx: 0 }, earlier: [], later: [] };
}

function drawBar(bar: SceneBar, x: number, axis: Axis, bottom: number): Markup {
  const { from, to, presence, odd } = bar;
  const isHere = presence === 'here';
  const top = isHere && from ? place(axis, middleOf(from)) : HEAD - 4;
  const end = isHere && to ? place(axis, middleOf(to)) : bottom;
  const height = Math.max(10, end - top);
  const baseline = x + BAR / 2 - 4;
  return html`<g class="bar${!isHere && ' absent'}${odd && ' odd'}"><rect x="${x}" y="${px(top)}" width="${BAR}" height="${px(height)}" rx="4"/>${soft(from, x, axis)}${soft(to, x, axis)}
${height > 120 && html`<text transform="translate(${baseline} ${px(top + 8)}) rotate(90)" y="0">${odd && (isHere ? '\u26a0 ' : '\u2715 ')}${barLabel(bar)}</text>`}</g>`;
}

function soft(at: Instant | null, x: number, axis: Axis): Markup | false {
  if (at === null || plusMinusOf(at) < 1) return false;
  const top = place(axis, at.fromMs);
  return html`<rect class="soft" x="${x}" y="${px(top)}" width="${BAR}" height="${px(Math.max(3, place(axis, at.toMs) - top))}"/>`;
}

function drawRow(
  { event, y, lines, time }: Row,
  parties: readonly Party[],
  left: number,
  right: number,
  link: string | null,
): Markup {
  const isLeft = parties[0]?.end?.index === event.lane;
  const at = isLeft ? left + BADGE / 2 + 2 : right - BADGE / 2 - 2;
  const x = isLeft ? left + BADGE + 6 : right - BADGE - 6;
  const anchor = isLeft ? 'start' : 'end';
  const words = lines.map(
    (line, index) => html`<text x="${x}" y="${y + 15 + LINE * (index + 1)}" text-anchor="${anchor}">${line}</text>`,
  );
  return html`<g class="l${isLeft ? 0 : 1}">${badge(event, at, y + 12)}<text class="m" x="${x}" y="${y + 15}" text-anchor="${anchor}">${time}</text>${link === null ? words : html`<a href="${link}">${words}</a>`}</g>`;
}

const px = (value: number): number => Math.round(value * 10) / 10;
