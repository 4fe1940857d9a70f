/**
 * A time axis in three parts: what was long before the message and what comes long after it stand in order, not to scale; between them
 * the scale is even. Without that, an SA made an hour ago leaves two pixels to the incident.
 */
export interface Knot {
  readonly ms: number;
  readonly px: number;
}

export interface Axis {
  readonly knots: readonly Knot[];
  /** The even part, relative to the message. */
  readonly focus: { readonly fromMs: number; readonly toMs: number; readonly fromPx: number; readonly toPx: number };
  /** Knots that stand before and after the even part. */
  readonly earlier: readonly Knot[];
  readonly later: readonly Knot[];
}

export interface AxisRoom {
  readonly fromPx: number;
  readonly toPx: number;
  /** Of one moment that is not to scale. */
  readonly slotPx: number;
}

const FOCUS_MS = 90_000;
const FOCUS_LEAST_MS = 1_500;
const EARLIER_MAX = 3;
const LATER_MAX = 2;

/** `moments`: relative to the message. Those before or after FOCUS_MS are out of scale. */
export function axisOf(moments: readonly number[], outOfScale: readonly number[], room: AxisRoom): Axis {
  const inFocus = moments.filter((ms) => Math.abs(ms) <= FOCUS_MS);
  const lowest = Math.min(-FOCUS_LEAST_MS, ...inFocus);
  const highest = Math.max(FOCUS_LEAST_MS, ...inFocus);
  const pad = (highest - lowest) * 0.06;
  const focus = { fromMs: lowest - pad, toMs: highest + pad };
  const out = [...moments.filter((ms) => Math.abs(ms) > FOCUS_MS), ...outOfScale];
  const earlier = spread(
    [...new Set(out.filter((ms) => ms < focus.fromMs))].sort((a, b) => a - b),
    EARLIER_MAX,
  );
  const later = spread(
    [...new Set(out.filter((ms) => ms > focus.toMs))].sort((a, b) => a - b),
    LATER_MAX,
  );
  const fromPx = room.fromPx + earlier.length * room.slotPx;
  const toPx = room.toPx - later.length * room.slotPx;
  const early = earlier.map((ms, index) => ({ ms, px: room.fromPx + (index + 0.5) * room.slotPx }));
  const late = later.map((ms, index) => ({ ms, px: toPx + (index + 0.5) * room.slotPx }));
  return {
    knots: [...early, { ms: focus.fromMs, px: fromPx }, { ms: focus.toMs, px: toPx }, ...late],
    focus: { ...focus, fromPx, toPx },
    earlier: early,
    later: late,
  };
}

/** At most `most` of them: the first, the last, and evenly between. */
function spread(sorted: readonly number[], most: number): number[] {
  if (sorted.length <= most) return [...sorted];
  const step = (sorted.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => sorted[Math.round(index * step)]!);
}

/** Between knots in proportion, beyond them at the edge. */
export function place({ knots }: Axis, ms: number): number {
  const next = knots.findIndex((knot) => knot.ms >= ms);
  if (next === 0) return knots[0]!.px;
  if (next < 0) return knots.at(-1)!.px;
  const [a, b] = [knots[next - 1]!, knots[next]!];
  return b.ms === a.ms ? b.px : a.px + ((ms - a.ms) / (b.ms - a.ms)) * (b.px - a.px);
}

const STEPS_MS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000];

/** Round moments of the even part, at most about `most`, 0 among them. */
export function ticksOf({ focus }: Axis, most: number): number[] {
  const step = STEPS_MS.find((ms) => (focus.toMs - focus.fromMs) / ms <= most) ?? STEPS_MS.at(-1)!;
  const ticks: number[] = [];
  for (let ms = Math.ceil(focus.fromMs / step) * step; ms <= focus.toMs; ms += step) ticks.push(ms === 0 ? 0 : ms);
  return ticks;
}
