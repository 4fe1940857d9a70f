/** What happened: over time, as events (incidents that share an end, a cause and a window are one) and single incidents, and by what. Called by fleet.js. */
import { h } from '../../web/page/dom.js';
import { chip, sign } from '../../web/page/first-screen.js';
import { clockTime, coarse, count, many, printable, relative } from '../../web/page/format.js';
import { stateWord, windowWords } from './fleet-words.js';
import { legend, overTimePicture, overTimeTable, stateBar } from './picture.js';
import { byStatePieces, go, hubsOf, momentAt, name, pairOf, room, spokesOf, stateChip, toneOf, wideRoom } from './pieces.js';
import { hashOf, narrowed } from './view.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('../../web/page/dom.js').Child} Child */

/** What each dimension is called over its table. @type {Record<string, string>} */
const TITLES = {
  cause: 'By cause',
  hub: 'By hub',
  spoke: 'By spoke',
  site: 'By site',
  software: 'By software of the device',
  'agent-version': 'By version of the agent',
  state: 'By state',
  harm: 'Transient or persistent',
};

/** @param {Model} model @param {{ more: () => void }} actions @returns {Child[]} */
export const happened = (model, actions) => [overTimeRoom(model), eventsRoom(model, actions), ...topRooms(model)];

/** What is lost until somebody acts, before anything else. @param {Model} model @returns {Child[]} */
export function lostRooms(model) {
  const { groups, incidents, more } = model.overview.lost;
  if (groups.length + incidents.length === 0) return [];
  return [
    wideRoom(
      'lost',
      'Still black-holed, as far as is known',
      h(
        'ul.list.events',
        { key: 'list' },
        ...groups.map((/** @type {any} */ group) => groupItem(group, model)),
        ...incidents.map((/** @type {any} */ incident) => incidentItem(incident, model)),
      ),
      more &&
        h(
          'p.last',
          { key: 'more' },
          h('a', { href: hashOf(narrowed(model.view, 'state', 'black-holed')) }, 'Everything that is black-holed'),
        ),
    ),
  ];
}

/** @param {Model} model */
function overTimeRoom({ overview, view, now }) {
  return wideRoom(
    'over-time',
    `Incidents in the last ${windowWords(view.since)}`,
    overTimePicture(overview.overTime, now),
    legend(),
    overTimeTable(overview.overTime, now),
  );
}

/** @param {Model} model @param {{ more: () => void }} actions */
function eventsRoom(model, actions) {
  const { overview, view, older } = model;
  const all = [
    ...overview.groups.map((/** @type {any} */ group) => ({ at: group.toMs, draw: () => groupItem(group, model) })),
    ...overview.incidents.map((/** @type {any} */ incident) => ({
      at: incident.openedAtMs,
      draw: () => incidentItem(incident, model),
    })),
  ].sort((one, other) => other.at - one.at);
  if (all.length === 0)
    return wideRoom(
      'events',
      'Events',
      h(
        'p.empty',
        null,
        sign(view.where.length > 0 ? 'plain' : 'good'),
        view.where.length > 0 ? ' No incident of this kind.' : ` No incident in the last ${windowWords(view.since)}.`,
        overview.index.incidents > 0 ? ` The index knows ${many(overview.index.incidents, 'incident')} in all.` : '',
      ),
    );
  return wideRoom(
    'events',
    'Events',
    h(
      'ul.list.events',
      { key: 'list' },
      ...all.map(({ draw }) => draw()),
      ...(older?.incidents ?? []).map((one) => incidentItem(one, model)),
    ),
    older?.error && h('p.bad', { key: 'error' }, printable(older.error, 300)),
    (older === null ? overview.more : older.next !== null) &&
      h(
        'p.last',
        { key: 'more' },
        h('button', { type: 'button', onclick: actions.more, disabled: older?.isAsking === true }, 'Show every incident'),
      ),
  );
}

/** @param {any} group @param {Model} model */
function groupItem(group, { view, now }) {
  const tone = toneOf(group.byState);
  return h(
    'li',
    { key: `group ${group.id}` },
    h(
      'p.top',
      null,
      h(`b.${tone}`, null, sign(tone), ' ', go({ ...view, group: group.id, incident: null }, printable(group.headline, 300))),
    ),
    h(
      'p.under',
      null,
      chip('one event', 'plain'),
      ' ',
      ...momentAt(group.fromMs, now),
      group.toMs - group.fromMs >= 60_000 && `, over ${coarse(group.toMs - group.fromMs)}`,
      ', ',
      ...byStatePieces(group.byState),
    ),
    stateBar(group.byState, 1),
  );
}

/** @param {any} incident @param {Model} model */
export function incidentItem(incident, { view, now }) {
  const tone = stateWord(incident.state).tone;
  return h(
    'li',
    { key: `incident ${incident.id}` },
    h(
      'p.top',
      null,
      h(
        `b.${tone}`,
        null,
        sign(tone),
        ' ',
        go({ ...view, incident: incident.id }, `${pairOf(incident)}: `, printable(causeWords(incident), 160)),
      ),
    ),
    h('p.under', null, stateChip(incident.state), ' ', ...opened(incident, now)),
  );
}

/** In a list of its event, whose cause and shared end stand above it. @param {any} incident @param {string} role of the shared end @param {Model} model */
export function memberItem(incident, role, { view, now }) {
  const other = role === 'hub' ? spokesOf(incident) : hubsOf(incident);
  return h(
    'li.member',
    { key: `incident ${incident.id}` },
    h('b', null, go({ ...view, incident: incident.id }, other)),
    stateChip(incident.state),
    h('span', null, ...opened(incident, now)),
  );
}

/** @param {any} incident @param {number} now */
const opened = ({ openedAtMs, report }, now) => [
  h('time', null, clockTime(openedAtMs, now)),
  h('span.m', null, ` ${relative(openedAtMs, now)}`),
  report && h('span.m', null, ', with report'),
];

/** @param {string} value */
const valueWords = (value) => (value === '' ? '(not told)' : value === 'not-judged' ? 'no report yet' : printable(value, 80));

/** @param {any} incident */
export const causeWords = ({ cause, title }) => (cause === 'not-judged' ? 'no report yet' : title || cause);

/** @param {Model} model @returns {Child[]} */
function topRooms({ overview, view }) {
  return overview.top
    .filter((/** @type {any} */ one) => one.rows.length > 0)
    .map((/** @type {any} */ { dimension, rows }) => {
      const most = Math.max(...rows.map((/** @type {any} */ row) => row.incidents));
      return room(
        `top-${dimension}`,
        TITLES[dimension] ?? `By ${name(dimension.replace(/^tag:/, ''))}`,
        h(
          'ul.list.top-list',
          null,
          ...rows.map((/** @type {any} */ row) =>
            h(
              'li',
              { key: row.value },
              h(
                'p.line',
                null,
                h('a', { href: hashOf(narrowed(view, dimension, row.value)) }, valueWords(row.value)),
                h('span.number', null, count(row.incidents)),
              ),
              stateBar(row.byState, row.incidents / most),
              (row.byState['black-holed'] ?? 0) > 0 &&
                h('p.bad.small', null, sign('bad'), ` ${count(row.byState['black-holed'])} black-holed`),
            ),
          ),
        ),
      );
    });
}
