/** What stands without scrolling: whose page this is and how fresh, the one sentence, the four answers, and what is shown. Called by fleet.js. */
import { byId, h, patch } from '../../web/page/dom.js';
import { sign } from '../../web/page/first-screen.js';
import { clockTime, count, duration, printable } from '../../web/page/format.js';
import { answers, headline, windowWords } from './fleet-words.js';
import { go } from './pieces.js';
import { WINDOWS, widened } from './view.js';

/** @typedef {import('./model.js').Model} Model */

/** @param {Model} model */
export function drawBar(model) {
  const { overview, link } = model;
  const at = overview === null ? null : Date.parse(overview.at);
  const asOf = at === null ? '' : clockTime(at, at);
  const tone = model.isStale ? 'bad' : link.kind === 'live' ? 'good' : 'warn';
  const word = model.isStale
    ? `stale ${asOf}`
    : link.kind === 'live'
      ? `live ${asOf}`
      : link.kind === 'token'
        ? 'token wanted'
        : asOf === ''
          ? 'connecting'
          : `connecting, ${asOf}`;
  const line = byId('link');
  line.className = tone;
  patch(line, [sign(tone), ` ${word}`]);
}

/** @param {Model} model */
export function drawFirst(model) {
  const { overview, view } = model;
  const top = overview === null ? waiting(model) : model.isStale ? gone(model) : headline(overview, view.since);
  byId('first').className = `first ${top.tone}${model.isStale ? ' stale' : ''}`;
  patch(byId('headline'), [sign(top.tone), ` ${top.text}`]);
  patch(byId('lead'), [top.lead]);
  if (overview !== null)
    patch(
      byId('answers'),
      answers(overview, view.since).map(({ name, tone, text, more }) =>
        h(
          'div',
          null,
          h('dt', null, name),
          h(
            `dd.${model.isStale ? 'plain' : tone}`,
            null,
            sign(model.isStale ? 'plain' : tone),
            h('span', null, model.isStale ? `not known; was: ${text}` : text, more !== '' && h('span.m', null, `, ${more}`)),
          ),
        ),
      ),
    );
  const mark = model.isStale ? '? ' : top.tone === 'bad' ? '\u2715 ' : top.tone === 'warn' ? '! ' : '';
  const title = `${mark}spitrap fleet`;
  if (document.title !== title) document.title = title;
  return top;
}

/** @param {Model} model @returns {import('./fleet-words.js').Headline} */
function waiting({ link }) {
  if (link.kind !== 'lost') return { tone: 'plain', kind: 'waiting', text: 'Asking for the fleet', lead: '' };
  const lead = `${printable(link.why, 300).replace(/\.$/, '')}. On its host: spitrap fleet now.`;
  return { tone: 'bad', kind: 'gone', text: 'The fleet can not be looked at now', lead };
}

/** @param {Model} model @returns {import('./fleet-words.js').Headline} */
function gone(model) {
  return {
    tone: 'bad',
    kind: 'gone',
    text: `This page has heard nothing for ${duration(Math.floor(model.ageMs / 1_000) * 1_000)}`,
    lead: 'What stands below is what was known. Agents work on without it. On its host: spitrap fleet now. Another process of the fleet may serve it, too.',
  };
}

/** What is shown: since when, and of which. @param {Model} model */
export function drawFilters({ overview, view }) {
  const nav = byId('filters');
  nav.hidden = overview === null;
  patch(nav, [
    h(
      'p.windows',
      { key: 'windows' },
      h('span.m', null, 'Last '),
      ...WINDOWS.map((since) =>
        h(
          'a',
          { key: since, class: 'pick', href: hashFor({ ...view, since }), 'aria-current': since === view.since ? 'true' : null },
          windowWords(since),
        ),
      ),
    ),
    ...(view.where.length === 0
      ? []
      : [
          h(
            'p.conditions',
            { key: 'where' },
            h('span.m', null, 'Only '),
            ...view.where.map((one) =>
              h(
                'a',
                {
                  key: one,
                  class: 'pick on',
                  href: hashFor(widened(view, one)),
                  'aria-label': `${printable(one, 120)}: take this condition away`,
                },
                printable(one.replace('=', ' = '), 80),
                h('span', { 'aria-hidden': 'true' }, ' \u2715'),
              ),
            ),
            view.where.length > 1 && go({ ...view, where: [] }, 'all again'),
          ),
        ]),
  ]);
}

/** @param {import('./view.js').View} view */
const hashFor = (view) => /** @type {string} */ (go(view).props['href']);

/** @param {Model} model @returns {import('../../web/page/dom.js').Child[]} */
export function foot({ overview }) {
  if (overview === null) return [];
  const skewMs = Date.now() - Date.parse(overview.at);
  const { instances } = overview;
  return [
    h(
      'p',
      null,
      `spitrap fleet ${printable(overview.version, 30)}, ${printable(overview.instance, 40)}, one of ${count(Math.max(1, instances.length))} that share the work here, on ${printable(location.host, 80)}. `,
      Math.abs(skewMs) > 30_000
        ? h(
            'b',
            null,
            `This browser\u2019s clock is ${duration(skewMs)} ${skewMs < 0 ? 'behind' : 'ahead'}; all times here are in UTC, of incidents by their agents\u2019 clocks.`,
          )
        : 'Times are in UTC, of incidents by their agents\u2019 clocks.',
    ),
  ];
}
