/**
 * Incidents over time, a bar for each step, and how many of something have which state: inline SVG, drawn with attributes alone (the policy of
 * the page lets no style in). Colours are the page's; each has its word in the legend and in the table beside it. Used by events.js.
 */
import { h } from '../../web/page/dom.js';
import { sign } from '../../web/page/first-screen.js';
import { clockTime, count, duration } from '../../web/page/format.js';
import { STATES, stateWord } from './fleet-words.js';

const WIDTH = 720;
const HEIGHT = 120;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Words under the picture, the two ends among them: as many as a phone has room for. */
const MARKS = 4;

/** From the bottom of a bar upwards: what is well first. */
const STACKED = [...STATES].reverse();

/** @param {{ bucketMs: number, buckets: any[] }} overTime @param {number} now */
export function overTimePicture({ bucketMs, buckets }, now) {
  const most = Math.max(0, ...buckets.map(({ incidents }) => incidents));
  const top = niceTop(most);
  const step = WIDTH / Math.max(1, buckets.length);
  const wide = Math.max(1, step * 0.84);
  /** @param {number} value */
  const yOf = (value) => HEIGHT * (1 - value / top);
  const bars = buckets.flatMap((bucket, index) => {
    if (bucket.incidents === 0) return [];
    const x = index * step + (step - wide) / 2;
    let y = HEIGHT;
    const pieces = STACKED.flatMap((state) => {
      const value = bucket.byState[state] ?? 0;
      if (value === 0) return [];
      // A single one among hundreds is seen, too.
      const height = Math.max(3, HEIGHT - yOf(value));
      y = Math.max(0, y - height);
      return [
        h('rect', { class: `b-${state}`, x: x.toFixed(1), y: y.toFixed(1), width: wide.toFixed(1), height: height.toFixed(1) }),
      ];
    });
    return [h('g', { key: String(bucket.fromMs) }, h('title', null, barWords(bucket, bucketMs, now)), ...pieces)];
  });
  return h(
    'figure.picture',
    { key: 'picture' },
    h('p.most', null, count(top), h('span.m', null, ` in ${duration(bucketMs)}`)),
    h(
      'svg',
      {
        class: 'bars',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': 'Incidents over time; the same in numbers below',
      },
      ...[0, top / 2, top].map((value) =>
        h('line', { class: 'grid', x1: '0', x2: String(WIDTH), y1: yOf(value).toFixed(1), y2: yOf(value).toFixed(1) }),
      ),
      ...bars,
    ),
    h('p.marks', { 'aria-hidden': 'true' }, ...marks(buckets, bucketMs, now)),
  );
}

/** @param {any} bucket @param {number} bucketMs @param {number} now */
function barWords({ fromMs, incidents, byState }, bucketMs, now) {
  const states = STATES.filter((state) => (byState[state] ?? 0) > 0).map(
    (state) => `${count(byState[state])} ${stateWord(state).word}`,
  );
  return `${stepWords(fromMs, bucketMs, now)}: ${count(incidents)} (${states.join(', ')})`;
}

/** @param {number} fromMs @param {number} bucketMs @param {number} now */
const stepWords = (fromMs, bucketMs, now) =>
  bucketMs >= DAY_MS ? new Date(fromMs).toISOString().slice(0, 10) : clockTime(fromMs, now).replace(':00 UTC', ' UTC');

/** At equal distances, from the first to the last bar. @param {any[]} buckets @param {number} bucketMs @param {number} now */
function marks(buckets, bucketMs, now) {
  if (buckets.length < MARKS) return [];
  return Array.from({ length: MARKS }, (_, index) => {
    const { fromMs } = buckets[Math.round((index * (buckets.length - 1)) / (MARKS - 1))];
    return h('span', null, bucketMs * buckets.length > 2 * DAY_MS ? dayWords(fromMs) : stepWords(fromMs, bucketMs, now));
  });
}

/** `19 Nov` @param {number} at */
const dayWords = (at) => clockTime(Math.floor(at / DAY_MS) * DAY_MS, at + 2 * DAY_MS).replace(/ (?:\d{4} )?00:00:00 UTC$/, '');

/** The same in numbers, steps without an incident left out. @param {{ bucketMs: number, buckets: any[] }} overTime @param {number} now */
export function overTimeTable({ bucketMs, buckets }, now) {
  const kept = buckets.filter(({ incidents }) => incidents > 0);
  return h(
    'details',
    { key: 'table' },
    h('summary', null, 'As a table'),
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          ...['From', 'Incidents', ...STATES.map((state) => stateWord(state).word)].map((word) =>
            h('th', { scope: 'col' }, word),
          ),
        ),
      ),
      h(
        'tbody',
        null,
        ...kept.map(({ fromMs, incidents, byState }) =>
          h(
            'tr',
            { key: String(fromMs) },
            h('th', { scope: 'row' }, stepWords(fromMs, bucketMs, now)),
            h('td', null, count(incidents)),
            ...STATES.map((state) => h('td', null, count(byState[state] ?? 0))),
          ),
        ),
      ),
    ),
  );
}

/** What each colour is. */
export const legend = () =>
  h(
    'p.legend',
    { key: 'legend' },
    ...STATES.map((state) =>
      h(
        'span',
        null,
        h('span', { class: `swatch b-${state}`, 'aria-hidden': 'true' }),
        sign(stateWord(state).tone),
        ` ${stateWord(state).word} `,
      ),
    ),
  );

/** One line, as wide as `share` of all, in its states. @param {Record<string, number>} byState @param {number} share 0 to 1 */
export function stateBar(byState, share) {
  const all = Math.max(
    1,
    STATES.reduce((sum, state) => sum + (byState[state] ?? 0), 0),
  );
  let x = 0;
  return h(
    'svg',
    { class: 'share', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    ...STATES.flatMap((state) => {
      const value = byState[state] ?? 0;
      if (value === 0) return [];
      const width = Math.max(0.8, (100 * share * value) / all);
      const rect = h('rect', { class: `b-${state}`, x: x.toFixed(2), y: '0', width: width.toFixed(2), height: '6' });
      x += width;
      return [rect];
    }),
  );
}

/** The next of 2, 4, 6, 8, 10, 20, 40 …: its half is a whole number too. @param {number} most */
export function niceTop(most) {
  for (let unit = 1; ; unit *= 10) for (const factor of [2, 4, 6, 8, 10]) if (unit * factor >= most) return unit * factor;
}
