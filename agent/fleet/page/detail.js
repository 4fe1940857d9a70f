/** One event with its incidents, or one incident with both ends: report and bundles one click away. Called by fleet.js. */
import { h } from '../../web/page/dom.js';
import { chip, sign } from '../../web/page/first-screen.js';
import { clockTime, coarse, count, instant, many, printable, size } from '../../web/page/format.js';
import { causeWords, memberItem } from './events.js';
import { stateWord } from './fleet-words.js';
import { stateBar } from './picture.js';
import { byStatePieces, facts, go, momentAt, name, pairOf, stateChip, toned, toneOf } from './pieces.js';
import { narrowed } from './view.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('../../web/page/dom.js').Child} Child */
/**
 * @typedef {object} DetailActions
 * @property {() => void} more members of the group
 * @property {(path: string) => void} read a report, here, where a link can not carry the token
 * @property {(path: string, name: string) => void} save
 * @property {() => boolean} needsToken
 */

/** @param {Model} model @param {DetailActions} actions @returns {Child[]} */
export function detail(model, actions) {
  const pieces = [];
  if (model.view.incident !== null) pieces.push(incidentCard(model, actions));
  if (model.view.group !== null) pieces.push(groupCard(model, actions));
  return pieces;
}

/** @param {string} key @param {string} tone @param {string} label @param {...any} children */
const card = (key, tone, label, ...children) =>
  h(`section.live.${tone}`, { key, 'aria-label': label, tabindex: '-1', id: key }, ...children);

/** @param {import('./model.js').Asked | null} asked @param {string} what */
const waiting = (asked, what) =>
  asked?.error ? h('p.bad', null, printable(asked.error, 400)) : h('p.m', null, `Asking for ${what}`);

/** @param {Model} model @param {DetailActions} actions */
function groupCard(model, actions) {
  const { view, group: asked, now } = model;
  const close = go({ ...view, group: null, incident: null }, 'Close this event');
  const data = asked?.of === view.group ? asked?.data : null;
  if (!data) return card('group', 'plain', 'Event', waiting(asked, 'the event'), h('p.last', null, close));
  const { group, lost, incidents, next } = data;
  const tone = toneOf(group.byState);
  return card(
    'group',
    tone,
    'Event',
    h('p.closing', { key: 'above' }, close),
    h('h2', null, sign(tone), ` ${printable(group.headline, 400)}`),
    facts([
      [
        'When',
        [
          ...momentAt(group.fromMs, now),
          group.toMs > group.fromMs ? `, the last ${coarse(group.toMs - group.fromMs)} later` : '',
        ],
      ],
      ['Shared end', [`${printable(group.role, 10)} `, go(narrowed(view, group.role, group.device), name(group.device))]],
      ['Cause', go(narrowed(view, 'cause', group.cause), printable(group.title || group.cause, 200))],
      ['Incidents', [`${count(group.incidents)}, `, ...byStatePieces(group.byState)]],
    ]),
    stateBar(group.byState, 1),
    lost.length > 0 && h('h3', { key: 'lost-title' }, 'Still black-holed'),
    lost.length > 0 &&
      h('ul.list.events', { key: 'lost' }, ...lost.map((/** @type {any} */ one) => memberItem(one, group.role, model))),
    group.byState['black-holed'] > lost.length &&
      lost.length > 0 &&
      h('p.m', { key: 'lost-rest' }, `The newest ${count(lost.length)} of them.`),
    lost.length > 0 && h('h3', { key: 'all-title' }, 'All of it, the newest first'),
    h('ul.list.events', { key: 'members' }, ...incidents.map((/** @type {any} */ one) => memberItem(one, group.role, model))),
    asked?.error && h('p.bad', { key: 'error' }, printable(asked.error, 300)),
    next !== null &&
      h(
        'p.last',
        { key: 'more' },
        h('button', { type: 'button', onclick: actions.more }, `Show more of its ${count(group.incidents)}`),
      ),
    h('p.last', { key: 'below' }, close),
  );
}

/** @param {Model} model @param {DetailActions} actions */
function incidentCard({ view, incident: asked, now }, actions) {
  const close = go({ ...view, incident: null }, view.group === null ? 'Close this incident' : 'Back to the event');
  const one = asked?.of === view.incident ? asked?.data : null;
  if (!one) return card('incident', 'plain', 'Incident', waiting(asked, 'the incident'), h('p.last', null, close));
  const tone = stateWord(one.state).tone;
  const hidden = one.endsCount - one.ends.length;
  return card(
    'incident',
    tone,
    'Incident',
    h('p.closing', { key: 'above' }, close),
    h('h2', null, sign(tone), ` ${pairOf(one)}: ${printable(causeWords(one), 200)}`),
    one.sentence !== null && h('p.sentence', null, printable(one.sentence, 1_000)),
    bothWords(one),
    h(
      'p.chips',
      null,
      stateChip(one.state),
      ' ',
      one.confidence !== null && chip(`confidence: ${printable(one.confidence, 20)}`, 'plain'),
      ' ',
      one.harm !== 'unknown' && chip(printable(one.harm, 20), one.harm === 'persistent' ? 'bad' : 'plain'),
    ),
    reportLinks(one, actions),
    facts([
      ['Opened', momentAt(one.openedAtMs, now)],
      ['Cause', one.cause !== 'not-judged' && go(narrowed(view, 'cause', one.cause), printable(one.title || one.cause, 200))],
      ['Hub', hubsOf(one, view)],
      ['Spokes', one.spokesCount > 1 && `${count(one.spokesCount)}: ${listed(one.spokes)}`],
      ['Flows', count(one.flows)],
      [
        'Incident',
        [
          h('span.mono', null, name(one.id)),
          one.aliases.length > 0 && h('span.m', null, `, also ${one.aliases.slice(0, 5).map(name).join(', ')}`),
        ],
      ],
      ['In a terminal', h('code.cmd', null, `spitrap fleet show ${name(one.id)}`)],
    ]),
    h('div.ends', { key: 'ends' }, ...one.ends.map((/** @type {any} */ end) => endCard(end, one, now, actions))),
    hidden > 0 && h('p.m', { key: 'hidden' }, `And ${many(hidden, 'end')} more: spitrap fleet show ${name(one.id)}.`),
    h('p.last', { key: 'below' }, close),
  );
}

/** @param {any} one @param {import('./view.js').View} view */
const hubsOf = ({ hub, hubs, hubsCount }, view) =>
  hub === null
    ? null
    : [
        go(narrowed(view, 'hub', hub), name(hub)),
        hubsCount > 1 && ` and ${count(hubsCount - 1)} more: ${listed(hubs.filter((/** @type {string} */ one) => one !== hub))}`,
      ];

/** @param {string[]} names */
const listed = (names) => `${names.slice(0, 12).map(name).join(', ')}${names.length > 12 ? ' \u2026' : ''}`;

/** Each agent knows its own end; what they say together is asked for when the incident is opened. @param {any} one */
function bothWords({ both }) {
  if (!both) return false;
  if (both.state === 'asking') return h('p.m', { key: 'both' }, 'Both ends\u2019 evidence is put together \u2026');
  if (both.state === 'failed')
    return h('p.m', { key: 'both' }, `Both ends\u2019 evidence could not be put together: ${printable(both.why, 300)}`);
  const { cause, confidence, sentence } = both.verdict ?? {};
  return h(
    'p.sentence',
    { key: 'both' },
    h('b', null, 'Both ends together: '),
    printable(sentence, 600),
    h('span.m', null, ` (${printable(cause, 60)}, ${printable(confidence, 20)})`),
  );
}

/** @param {any} one @param {DetailActions} actions */
function reportLinks(one, actions) {
  if (!one.report)
    return h('p.m', { key: 'report' }, 'No bundle is in the object store (yet): its agents put it there once it is sealed.');
  const at = `/api/v1/incidents/${one.id}`;
  if (actions.needsToken())
    return h(
      'p.row',
      { key: 'report' },
      h('button.go', { type: 'button', onclick: () => actions.read(`${at}/report.txt`) }, 'Read the report'),
      h('button', { type: 'button', onclick: () => actions.save(`${at}/report.html`, `spitrap-${one.id}.html`) }, 'Save it'),
    );
  const tab = { target: '_blank', rel: 'noopener noreferrer' };
  return h(
    'p.links',
    { key: 'report' },
    h('a.go-link', { href: `${at}/report.html`, ...tab }, 'Report'),
    h('a', { href: `${at}/report.txt`, ...tab }, 'as text'),
    h('a', { href: `${at}/verdict.json`, ...tab }, 'as data'),
    h(
      'span.m',
      null,
      one.ends.filter((/** @type {any} */ end) => end.bundle !== null).length > 1
        ? 'of both ends, made now'
        : 'of one end, made now',
    ),
  );
}

/** @param {any} end @param {any} one @param {number} now @param {DetailActions} actions */
function endCard(end, one, now, actions) {
  const { verdict, bundle } = end;
  const at = `/api/v1/incidents/${one.id}/ends/${end.key}/bundle.tar.gz`;
  const tags = Object.entries(end.tags).map(([key, value]) => `${name(key)}: ${name(value)}`);
  return h(
    'section.end',
    { key: `end ${end.key}`, 'aria-label': `${end.role} ${name(end.device)}` },
    h('h3', null, `${printable(end.role, 10)} ${name(end.device)} `, h('span.m', null, name(end.site))),
    facts([
      ['By itself', stateChip(end.state)],
      [
        'Verdict',
        verdict === null
          ? h('span.m', null, 'none yet')
          : [
              printable(verdict.title, 200),
              h('span.m', null, `, ${printable(verdict.confidence, 20)}, ${verdict.twoEnded ? 'of both ends' : 'of one end'}`),
            ],
      ],
      ['Healing', verdict !== null && healing(verdict.healing, now)],
      [
        'Sealed',
        end.sealedAtMs === null
          ? toned('warn', 'not yet')
          : [...momentAt(end.sealedAtMs, now), `, ${printable(end.outcome ?? '?', 40)}`],
      ],
      ['Debugs off', toned(end.debugsOff === 'verified' || end.debugsOff === 'not-sent' ? 'good' : 'warn', end.debugsOff, 40)],
      ['Device', printable(end.software ?? 'not told', 100)],
      ['Agent', `spitrap ${printable(end.agentVersion, 40)}`],
      ['Tags', tags.length > 0 && tags.join(', ')],
      [
        'Bundle',
        bundle === null
          ? h('span.m', null, 'not in the object store (yet)')
          : actions.needsToken()
            ? h(
                'button.plain',
                { type: 'button', onclick: () => actions.save(at, `spitrap-${one.id}-${end.key}.tar.gz`) },
                `Save, ${size(bundle.bytes)}`,
              )
            : h('a', { href: at, download: '' }, `Bundle, ${size(bundle.bytes)}`),
      ],
    ]),
  );
}

/** @param {{ kind: string, at: string | null }} healing @param {number} now */
function healing({ kind, at }, now) {
  const moment = instant(at);
  if (kind === 'healed') return toned('good', 'by itself');
  if (kind === 'at') return moment === null ? 'by a timer' : [`by itself at ${clockTime(moment, now)}`];
  if (kind === 'never') return toned('bad', 'never by itself: somebody has to act');
  return printable(kind === 'unknown' ? 'not known' : kind, 40);
}
