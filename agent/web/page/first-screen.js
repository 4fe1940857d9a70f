/**
 * What stands without scrolling: who this is and how fresh it is, the one sentence, the four answers, the alarms with what to type.
 * Called by page.js with the model, on each change and once a second.
 */
import { byId, h, patch } from './dom.js';
import { clockTime, duration, instant, many, printable, relative, remedyParts } from './format.js';
import { alarmsByUrgency, answers, deviceName, goneAnswers, goneHeadline, headline } from './words.js';

/** The rest is in `spitrap alarms`. */
const ALARMS_SHOWN_MAX = 20;
/** The sign beside each colour. */
export const SIGNS = { bad: '\u2715', warn: '!', good: '\u2713', plain: '\u00b7' };

/** Asking again changes nothing: another name in the address line, another site, a certificate. */
const REFUSED = new Set([400, 403, 404, 421]);
/** Nothing was ever heard. */
const UNKNOWN = ['Wrong', 'Incident', 'Debugs', 'To type'].map((name) => ({
  name,
  tone: /** @type {const} */ ('plain'),
  text: 'Not known',
  more: '',
}));

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./dom.js').Child} Child */

/** @param {string} tone */
export const sign = (tone) =>
  h('span.sign', { 'aria-hidden': 'true' }, SIGNS[/** @type {keyof typeof SIGNS} */ (tone)] ?? '\u00b7');

/** @param {string} text @param {string} tone */
export const chip = (text, tone) => h(`span.chip.${tone}`, null, sign(tone), ` ${text}`);

/** An instant of the agent: absolute with its zone, and how long ago. @param {unknown} iso @param {number} now @returns {Child[]} */
export function moment(iso, now) {
  const at = instant(iso);
  if (at === null) return ['never'];
  return [h('time', { datetime: new Date(at).toISOString() }, clockTime(at, now)), h('span.m', null, ` ${relative(at, now)}`)];
}

/** What to do, its commands set off. @param {string} remedy @returns {Child[]} */
export const remedyPieces = (remedy) =>
  remedyParts(printable(remedy, 1_000)).map(({ text, command }) => (command ? h('code.cmd', null, text) : text));

/** @param {Model} model */
export function drawBar(model) {
  const { status, link } = model;
  const who = byId('who');
  if (status !== null) {
    patch(who, [
      h('b', null, printable(status.device.name, 28)),
      h('span.m', null, `, ${printable(status.role, 12)} `),
      ...(status.mode === 'act' ? [] : [chip(`mode ${printable(status.mode, 12)}`, 'warn'), ' ']),
      ...(status.hold.on ? [chip('on hold', 'warn')] : []),
    ]);
  }
  const at = status === null ? null : instant(status.at);
  const asOf = at === null ? '' : clockTime(at, at);
  const state = model.isStale ? 'bad' : link.kind === 'live' ? 'good' : 'warn';
  const word = model.isStale
    ? `stale ${asOf}`
    : link.kind === 'live'
      ? `live ${asOf}`
      : asOf === ''
        ? link.kind === 'token'
          ? 'token wanted'
          : 'connecting'
        : `connecting, ${asOf}`;
  const line = byId('link');
  line.className = state;
  patch(line, [sign(state), ` ${word}`]);
}

/** @param {Model} model */
export function drawFirst(model) {
  const { status, now } = model;
  const top = status === null ? waiting(model) : model.isStale ? goneHeadline(model) : headline(status, now);
  const first = byId('first');
  first.className = `first ${top.tone}${model.isStale ? ' stale' : ''}`;
  patch(byId('headline'), [sign(top.tone), ` ${top.text}`]);
  patch(byId('lead'), [top.lead]);
  if (status === null && top.tone === 'bad') patch(byId('answers'), UNKNOWN.map(answerRow));
  if (status !== null) patch(byId('answers'), (model.isStale ? goneAnswers(status, now) : answers(status, now)).map(answerRow));
  const running = status?.incidents.some((/** @type {any} */ one) => one.outcome === null);
  const mark = model.isStale ? '? ' : running ? '\u25cf ' : top.tone === 'bad' ? '\u2715 ' : top.tone === 'warn' ? '! ' : '';
  const title = status === null ? 'spitrap' : `${mark}${deviceName(status)} \u00b7 spitrap`;
  if (document.title !== title) document.title = title;
  return top;
}

/** Nothing came from the agent yet. @param {Model} model */
function waiting({ link }) {
  if (link.kind !== 'lost') return { tone: 'plain', kind: 'waiting', text: 'Asking the agent', lead: '' };
  const wait = Math.max(0, link.retryAt - Date.now());
  const next = `Next try ${wait < 1_000 ? 'now' : `in ${duration(wait)}`}. On its host: spitrap status.`;
  if (REFUSED.has(link.why.status))
    return { tone: 'bad', kind: 'forbidden', text: 'The agent does not serve you', lead: printable(link.why.message, 400) };
  const text = link.why.status === 0 ? 'The agent does not answer' : 'The agent can not be looked at now';
  return { tone: 'bad', kind: 'gone', text, lead: `${printable(link.why.message, 300).replace(/\.$/, '')}. ${next}` };
}

/** @param {import('./words.js').Answer} answer */
function answerRow({ name, tone, text, more, command }) {
  return h(
    'div',
    null,
    h('dt', null, name),
    h(
      `dd.${tone}`,
      null,
      sign(tone),
      h(
        'span',
        null,
        command === undefined ? text : null,
        ...(command === undefined ? [] : remedyPieces(command)),
        more !== '' && h('span.m', null, `${text === '' ? ' ' : ', '}${more}`),
      ),
    ),
  );
}

/**
 * Alarms, and what else the reader must know before reading on.
 * @param {Model} model
 * @param {{ acknowledge: (alarm: any) => void }} actions
 * @returns {Child[]}
 */
export function urgent(model, actions) {
  const { status, now } = model;
  if (status === null) return [];
  const pieces = [];
  if (model.version !== status.version)
    pieces.push(
      h(
        'section.notice.warn',
        { key: 'version' },
        h(
          'p',
          null,
          sign('warn'),
          ` The agent is now spitrap ${printable(status.version, 30)}; this page is of ${printable(model.version, 30)}. What it shows may be wrong. `,
        ),
        h('button', { type: 'button', onclick: reload }, 'Load the new page'),
      ),
    );
  const alarms = alarmsByUrgency(status);
  for (const alarm of alarms.slice(0, ALARMS_SHOWN_MAX)) pieces.push(alarmCard(alarm, now, actions));
  if (alarms.length > ALARMS_SHOWN_MAX)
    pieces.push(h('p.m', { key: 'more' }, `And ${many(alarms.length - ALARMS_SHOWN_MAX, 'alarm')} more: spitrap alarms.`));
  return pieces;
}

const reload = () => location.reload();

/** @param {any} alarm @param {number} now @param {{ acknowledge: (alarm: any) => void }} actions */
function alarmCard(alarm, now, actions) {
  const tone = alarm.acknowledged ? 'plain' : alarm.severity === 'critical' ? 'bad' : 'warn';
  const id = printable(alarm.id, 64);
  const word = alarm.severity === 'critical' ? 'Critical' : 'Warning';
  return h(
    `section.alarm.${tone}`,
    { key: `alarm ${alarm.id}`, 'aria-label': `Alarm ${id}` },
    h(
      'h2',
      null,
      sign(tone),
      ` ${word} `,
      h('span.m', null, `${id}, since `, ...moment(alarm.since, now), alarm.acknowledged && ', acknowledged'),
    ),
    h('p', null, printable(alarm.text, 1_000)),
    alarm.remedy !== null && h('p.do', null, h('b', null, 'Do: '), ...remedyPieces(alarm.remedy)),
    !alarm.acknowledged && h('button', { type: 'button', onclick: () => actions.acknowledge(alarm) }, `Acknowledge ${id}`),
  );
}

/**
 * What is at the foot: which agent, which process, and whether the reader's clock is off.
 * @param {Model} model
 * @returns {Child[]}
 */
export function foot({ status, now }) {
  if (status === null) return [];
  const skewMs = Date.now() - now;
  const skew = `This browser’s clock is ${duration(skewMs)} ${skewMs < 0 ? 'behind' : 'ahead of'} the agent’s; all times here are the agent’s, in UTC.`;
  return [
    h(
      'p',
      null,
      `spitrap ${printable(status.version, 30)}, process ${printable(String(status.pid), 12)}, up ${duration(status.upMs)}, on ${printable(location.host, 80)}. `,
      Math.abs(skewMs) > 30_000 ? h('b', null, skew) : 'Times are in UTC, by the agent’s clock.',
    ),
  ];
}
