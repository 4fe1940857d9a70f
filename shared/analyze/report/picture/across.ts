/**
 * The picture for a wide page and for paper: time to the right, one lane an end. The SAs of both stand between the lanes, face to face,
 * because that is where they should agree. Numbers are those of the list below it. Uncertainty is drawn: whiskers, soft edges, hatching.
 */
import type { Instant } from '../../case.ts';
import { html, type Markup, told } from '../html.ts';
import { middleOf, plusMinus, plusMinusOf, relative, remaining } from '../moments.ts';
import type { Party } from '../names.ts';
import { type Axis, axisOf, place, ticksOf } from './axis.ts';
import { badge, hatching, textPx } from './marks.ts';
import { barLabel, eventWords, isAfterwards, type Scene, type SceneBar, type SceneEvent } from './scene.ts';

const WIDTH = 1080;
const LEFT = 104;
const RIGHT = 1072;
const SLOT = 62;
const ROW = 22;
const ROWS_MAX = 6;
const BAR = 18;
const BAR_STEP = 23;
const GAP = 58;
const HEAD = 40;
/** From the middle of a mark to that of the next. */
const MARK_PX = 22;
/** About, at 11.5 px. */
const CHAR_PX = 6.3;
/** A shorter piece of a sentence says nothing. */
const LEAST_CHARS = 12;

interface Placed {
  readonly event: SceneEvent;
  readonly x: number;
  readonly row: number;
  readonly label: Label | null;
}

interface Label {
  readonly x: number;
  readonly anchor: 'start' | 'end';
  readonly text: string;
}

interface Lane {
  readonly party: Party;
  readonly marks: readonly Placed[];
  readonly bars: readonly SceneBar[];
  readonly marksTop: number;
  readonly barsTop: number;
  readonly top: number;
  readonly bottom: number;
}

export function across(
  scene: Scene,
  parties: readonly Party[],
  skew: { readonly ms: number; readonly uncertaintyMs: number } | null,
): Markup {
  const zero = middleOf(scene.t0);
  const since = (at: Instant): number => middleOf(at) - zero;
  const dated = scene.events.filter((event) => event.at !== null && !isAfterwards(event));
  const axis = axisOf(
    dated.map(({ at }) => since(at!)),
    [
      ...(scene.healsAt ? [since(scene.healsAt)] : []),
      ...scene.bars.flatMap(({ from, to }) => [from, to].flatMap((at) => (at ? [since(at)] : []))),
    ],
    { fromPx: LEFT, toPx: RIGHT, slotPx: SLOT },
  );
  const x = (ms: number): number => round(place(axis, ms - zero));
  const lanes = lanesOf(scene, parties, dated, x);
  const bottom = lanes.at(-1)!.bottom + 8;
  return html`<svg class="across" viewBox="0 0 ${WIDTH} ${bottom + 34}" role="img" aria-labelledby="pic-a-title pic-a-desc">
<title id="pic-a-title">What happened at both ends, in time</title>
<desc id="pic-a-desc">Time runs to the right. One lane an end, its SAs as bars. The numbered events stand in the list after the picture.</desc>
${hatching('a')}
${lanes.map((lane) => html`<rect class="lane-box" x="0" y="${lane.top}" width="${WIDTH}" height="${lane.bottom - lane.top}" rx="8"/>`)}
${grid(axis, bottom)}
${lanes.map(
  (lane, index) => html`<g class="lane l${index}">
<text class="who" x="12" y="${lane.top + 24}">${clip(lane.party.name, 13)}</text><text class="m" x="12" y="${lane.top + 40}">${lane.party.role}</text>
${lane.party.end === null ? html`<text class="m" x="${LEFT + 12}" y="${(lane.top + lane.bottom) / 2 + 4}">No bundle of this end is here: what it did is not known.</text>` : ''}
${lane.bars.map((bar, row) => drawBar(bar, lane.barsTop + row * BAR_STEP, x, axis))}</g>`,
)}
${lines(scene, lanes, x, bottom, skew)}
${arrows(scene, lanes, x)}
${lanes.map((lane, index) => html`<g class="l${index}">${lane.marks.map((placed) => mark(placed, lane.marksTop + placed.row * ROW + ROW / 2, x))}</g>`)}
</svg>`;
}

function lanesOf(scene: Scene, parties: readonly Party[], dated: readonly SceneEvent[], x: (ms: number) => number): Lane[] {
  let top = HEAD;
  return parties.map((party, index): Lane => {
    const lane = party.end?.index ?? -1;
    const marks = rowsOf(
      dated.filter((event) => event.lane === lane),
      x,
    );
    const bars = scene.bars.filter((bar) => bar.lane === lane);
    const marksHeight = Math.max(1, ...marks.map(({ row }) => row + 1)) * ROW;
    const barsHeight = bars.length * BAR_STEP;
    const height = Math.max(56, marksHeight + barsHeight + 22);
    const marksTop = index === 0 ? top + 8 : top + height - marksHeight - 8;
    const barsTop = index === 0 ? top + height - barsHeight - 4 : top + 9;
    const made = { party, marks, bars, marksTop, barsTop, top, bottom: top + height };
    top += height + GAP;
    return made;
  });
}

/** Marks that would cover each other stand in rows. */
function rowsOf(events: readonly SceneEvent[], x: (ms: number) => number): Placed[] {
  const ends: number[] = [];
  const placed = events.map((event) => {
    const at = x(middleOf(event.at!));
    const free = ends.findIndex((end) => x(event.at!.fromMs) - end >= MARK_PX && at - end >= MARK_PX);
    const row = free >= 0 ? free : ends.length < ROWS_MAX ? ends.length : ends.indexOf(Math.min(...ends));
    // In the last row they are pushed aside rather than covered.
    const shown = free < 0 && ends.length >= ROWS_MAX ? Math.min(RIGHT - 8, ends[row]! + MARK_PX) : at;
    ends[row] = Math.min(RIGHT, Math.max(shown, x((event.until ?? event.at!).toMs)));
    return { event, x: round(shown), row };
  });
  const usedTo: number[] = [];
  return placed.map((one, index) => {
    const next = placed.slice(index + 1).find(({ row }) => row === one.row);
    // A whisker takes the room of words.
    const from = Math.max(one.x + 15, x((one.event.until ?? one.event.at!).toMs) + 5);
    const label = labelOf(one.event, one.x, from, (next?.x ?? WIDTH) - 12, usedTo[one.row] ?? LEFT, x);
    usedTo[one.row] = label?.anchor === 'start' ? label.x + label.text.length * CHAR_PX : one.x + 12;
    return { ...one, label };
  });
}

/** To the right of its mark, else to the left, else as much as fits to the right. */
function labelOf(
  event: SceneEvent,
  at: number,
  from: number,
  to: number,
  usedTo: number,
  x: (ms: number) => number,
): Label | null {
  const whole = eventWords(event);
  const chars = Math.floor((to - from) / CHAR_PX);
  if (whole.length <= chars) return { x: round(from), anchor: 'start', text: told(whole, chars) };
  const left = Math.min(at - 15, x(event.at!.fromMs) - 5);
  const charsLeft = Math.floor((left - usedTo - 8) / CHAR_PX);
  if (whole.length <= charsLeft) return { x: round(left), anchor: 'end', text: told(whole, charsLeft) };
  return chars < LEAST_CHARS ? null : { x: round(from), anchor: 'start', text: told(whole, chars) };
}

function mark({ event, x: at, label }: Placed, y: number, x: (ms: number) => number): Markup {
  const from = x(event.at!.fromMs);
  const to = x((event.until ?? event.at!).toMs);
  const isWide = to - from > 4;
  return html`${isWide && html`<path class="whisker" d="M${from} ${y}H${to}M${from} ${y - 4}V${y + 4}M${to} ${y - 4}V${y + 4}"/>`}${badge(event, at, y)}${label !== null && words(label, y)}`;
}

function grid(axis: Axis, bottom: number): Markup {
  const nearFar = (px: number): boolean =>
    (axis.earlier.length > 0 && px - axis.focus.fromPx < 26) || (axis.later.length > 0 && axis.focus.toPx - px < 26);
  const even = ticksOf(axis, 9)
    .map((ms) => ({ ms, px: round(place(axis, ms)) }))
    .filter(({ px }) => !nearFar(px));
  const far = [...axis.earlier, ...axis.later].map(({ ms, px }) => ({ ms, px: round(px) }));
  const breaks = [
    ...(axis.earlier.length > 0 ? [axis.focus.fromPx] : []),
    ...(axis.later.length > 0 ? [axis.focus.toPx] : []),
  ].map(round);
  return html`<g class="grid">${even.map(({ px }) => html`<path d="M${px} ${HEAD - 6}V${bottom}"/>`)}</g>
<path class="axis" d="M${LEFT} ${bottom}H${RIGHT}"/>
${breaks.map((px) => html`<path class="break" d="M${px} ${HEAD - 6}V${bottom + 4}"/>`)}
<g class="ticks">${even.map(({ ms, px }) => html`<text x="${px}" y="${bottom + 18}">${ms === 0 ? 'message' : relative(ms)}</text>`)}
${far.map(({ ms, px }) => html`<text class="far" x="${px}" y="${bottom + 18}">${shortly(ms)}</text>`)}
${axis.earlier.length > 0 && html`<text class="far" x="${round((LEFT + axis.focus.fromPx) / 2)}" y="${bottom + 31}">not to scale</text>`}
${axis.later.length > 0 && html`<text class="far" x="${round((RIGHT + axis.focus.toPx) / 2)}" y="${bottom + 31}">not to scale</text>`}</g>`;
}

/** Narrow enough for a slot: without the small unit. */
const shortly = (ms: number): string => relative(ms).replace(/ (\d+ (?:s|min))$/, '');

function drawBar(bar: SceneBar, y: number, x: (ms: number) => number, axis: Axis): Markup {
  const { from, to, presence, odd } = bar;
  if (presence !== 'here') {
    const left = round(axis.focus.fromPx) + 3;
    return html`<g class="bar absent${odd && ' odd'}"><rect x="${left}" y="${y}" width="${round(axis.focus.toPx) - left - 3}" height="${BAR}" rx="4"/>
<text x="${left + 8}" y="${y + 13}">${presence === 'absent' && '\u2715 '}${barLabel(bar)}</text></g>`;
  }
  const left = from ? x(middleOf(from)) : LEFT;
  const right = Math.max(left + 6, to ? x(middleOf(to)) : RIGHT);
  const label = `${odd ? '\u26a0 ' : ''}${barLabel(bar)}${to ? ' until here' : bar.lifetimeSeconds === null ? '' : `, ${remaining(bar.lifetimeSeconds)} left`}`;
  const labelX = labelPlace(left, right, textPx(label) * 1.05, axis);
  return html`<g class="bar${odd && ' odd'}"><rect x="${left}" y="${y}" width="${round(right - left)}" height="${BAR}" rx="4"/>
${soft(from, y, x)}${soft(to, y, x)}
${!from && html`<path class="open" d="M${LEFT + 6} ${y + 4}l-4 5l4 5"/>`}${!to && html`<path class="open" d="M${RIGHT - 6} ${y + 4}l4 5l-4 5"/>`}
<text x="${round(labelX)}" y="${y + 13}">${label}</text></g>`;
}

/** In the bar, where it runs through the even part; beside one that is too short for its words. */
function labelPlace(left: number, right: number, width: number, { focus }: Axis): number {
  const inside = Math.max(left, focus.fromPx) + 8;
  if (inside + width <= right) return inside;
  if (left + 8 + width <= right) return left + 8;
  return right + 6 + width <= WIDTH ? right + 6 : left - width - 6;
}

/** Where in it a bar begins or ends is not known: hatched over that interval. */
function soft(at: Instant | null, y: number, x: (ms: number) => number): Markup | false {
  if (at === null || plusMinusOf(at) < 1) return false;
  const left = x(at.fromMs);
  const width = Math.max(3, x(at.toMs) - left);
  return html`<rect class="soft" x="${left}" y="${y}" width="${round(width)}" height="${BAR}"/>`;
}

/** What it is, where there is room to say so; the list says it in any case. */
function words(label: Label, y: number): Markup {
  return html`<text class="words" x="${label.x}" y="${y + 4}" text-anchor="${label.anchor}">${label.text}</text>`;
}

/** The message and the two stops run through both lanes. */
function lines(
  scene: Scene,
  lanes: readonly Lane[],
  x: (ms: number) => number,
  bottom: number,
  skew: { readonly ms: number; readonly uncertaintyMs: number } | null,
): Markup {
  const t0 = x(middleOf(scene.t0));
  const stops = scene.events.filter(({ kind, at }) => kind === 'off-verified' && at !== null);
  const stopAt = stops.length === 0 ? null : x(Math.max(...stops.map(({ at }) => middleOf(at!))));
  const apart =
    skew === null
      ? ''
      : `, ${Math.round(skew.ms)} ms apart${plusMinus({ ...scene.t0, fromMs: -skew.uncertaintyMs, toMs: skew.uncertaintyMs })}`;
  const words = `debugs off${stops.length > 1 ? ' at both ends' : ''}${apart}`;
  const fits = stopAt !== null && stopAt + textPx(words) < WIDTH;
  const top = lanes[0]!.top;
  return html`<path class="line message" d="M${t0} ${top - 8}V${bottom}"/>
<text class="flag message" x="${t0}" y="${14}" text-anchor="middle">\u25b2 message</text>
${stopAt !== null && html`<path class="line stop" d="M${stopAt} ${top - 8}V${bottom}"/><text class="flag stop" x="${fits ? stopAt - 4 : WIDTH - 4}" y="${Math.abs(stopAt - t0) < textPx(words) / 2 + 60 ? 29 : 14}" text-anchor="${fits ? 'start' : 'end'}">\u25a0 ${words}</text>`}`;
}

/** Between the lanes: the packet that was refused, the alert, the stop. */
function arrows(scene: Scene, lanes: readonly Lane[], x: (ms: number) => number): Markup {
  const [hub, spoke] = lanes;
  if (!hub || !spoke) return html``;
  const upper = hub.bottom;
  const lower = spoke.top;
  const message = x(middleOf(scene.t0));
  const sent = scene.events.filter(({ kind, at }) => at !== null && (kind === 'alert-sent' || kind === 'stop-signal-sent'));
  return html`<g class="esp"><path d="M${message - 9} ${lower}L${message - 2} ${upper + 13}"/><path d="M${message - 6} ${upper + 4}l8 8m0 -8l-8 8"/><text x="${message - 16}" y="${(upper + lower) / 2 + 4}" text-anchor="end">ESP refused: unknown SPI</text></g>
${sent.map(({ at, kind }) => {
  const from = x(middleOf(at!));
  const heard = scene.events.find((one) => one.kind === kind.replace('sent', 'received') && one.at !== null);
  const to = heard ? x(middleOf(heard.at!)) : from;
  const downwards = spoke.party.end?.index !== scene.events.find((one) => one.kind === kind)?.lane;
  const [y1, y2] = downwards ? [upper, lower] : [lower, upper];
  const tip = downwards ? -7 : 7;
  return html`<g class="signal"><path d="M${from + 3} ${y1}L${to + 4} ${y2}"/><path d="M${to} ${y2 + tip}l4 ${-tip}l4 ${tip}"/><text x="${to + 12}" y="${(upper + lower) / 2 + 4}">${kind === 'alert-sent' ? 'alert' : 'stop'}</text></g>`;
})}`;
}

const round = (px: number): number => Math.round(px * 10) / 10;
const clip = (text: string, most: number): string => told(text, most);
