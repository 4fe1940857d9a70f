/**
 * The incident that runs, as it runs, and those that are over. Called by page.js with the model; reports open in a tab of their own where
 * reading is free, and here as text where a token must go with the request.
 */
import { h } from './dom.js';
import { chip, moment, sign } from './first-screen.js';
import { instant, many, printable, stepTime } from './format.js';
import { names, phaseWords, stopAt } from './words.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./dom.js').Child} Child */

const PHASES = ['alerted', 'stopping', 'verifying', 'sealing', 'sealed'];
/** Five of them fit beside each other on the smallest phone. */
const PHASE_WORDS = ['alert', 'stop', 'verify', 'seal', 'sealed'];
const LIVE_SHOWN = 3;
/** After that it is one of the past ones. */
const JUST_OVER_MS = 30 * 60_000;
/** After its opening: the delay, the seal, the report. */
const REPORT_WITHIN_MS = 10 * 60_000;
const STEPS_SHOWN = 6;
const PAST_SHOWN = 8;
const PAST_SHOWN_MAX = 200;

/** @param {string} id */
export const isId = (id) => /^[\w-]{1,64}$/.test(id);
/** @param {string} id @param {string} file */
const pathOf = (id, file) => `/api/v1/incidents/${id}/${file}`;

/**
 * @typedef {object} IncidentActions
 * @property {(id: string) => void} timeline load what the agent knows of its steps
 * @property {(id: string) => void} readReport
 * @property {(id: string) => void} saveReport
 * @property {() => void} more
 * @property {boolean} areAllShown
 * @property {boolean} needsToken
 */

/**
 * What runs, and what this page saw come to its end, newest first.
 * @param {Model} model @param {IncidentActions} actions
 * @returns {Child[]}
 */
export function liveIncidents(model, actions) {
  const { status } = model;
  if (status === null) return [];
  return status.incidents
    .filter((/** @type {any} */ one) => isLive(one, model))
    .slice(0, LIVE_SHOWN)
    .map((/** @type {any} */ one) => liveCard(one, model, actions));
}

/** Open, or seen running here and over not long ago. @param {any} incident @param {Model} model */
function isLive(incident, model) {
  if (incident.outcome === null) return true;
  return model.steps.has(incident.id) && model.now - (instant(incident.openedAt) ?? 0) < JUST_OVER_MS;
}

/** @param {any} incident @param {Model} model @param {IncidentActions} actions */
function liveCard(incident, model, actions) {
  const { now, status } = model;
  const isOver = incident.outcome !== null;
  const known = model.past?.find(({ id }) => id === incident.id);
  const at = PHASES.indexOf(incident.phase);
  const peers = names(incident.peers);
  const steps = model.steps.get(incident.id) ?? [];
  const isAsked = incident.openedBy === 'person' && incident.debugsOff === 'not-sent';
  const isWell = isOver && incident.outcome !== 'partial' && incident.verdict !== 'persistent';
  const tone = isWell ? 'good' : isAsked && !isOver ? 'plain' : 'warn';
  return h(
    `section.live.${tone}${isOver ? '' : '.runs'}`,
    { key: `live ${incident.id}`, 'aria-label': `Incident ${printable(incident.id, 64)}` },
    h(
      'h2',
      null,
      sign(tone),
      isOver ? (isAsked ? ' Captured' : ' Just over') : isAsked ? ' A capture' : ' Running',
      peers === '' ? '' : `: ${peers}`,
      ' ',
      h('span.m', null, ...moment(incident.openedAt, now)),
    ),
    !isAsked &&
      h(
        'ol.phases',
        null,
        ...PHASE_WORDS.map((word, index) =>
          h(
            `li${index < at || isOver ? '.past' : index === at ? '.now' : ''}`,
            { 'aria-current': index === at && !isOver ? 'step' : null },
            h('span', null, word),
          ),
        ),
      ),
    h(
      'p.doing',
      null,
      h('b', null, capital(phaseWords(incident, model.isStale ? null : stopAt(incident, status), now))),
      isOver ? '' : `; ${debugsWords(incident)}`,
      !isAsked && `; ${verdictWords(incident.verdict)}`,
    ),
    incident.firstFlow !== null &&
      h(
        'p.mono',
        null,
        printable(incident.firstFlow, 200),
        incident.flows > 1 && `, and ${many(incident.flows - 1, 'flow')} more`,
      ),
    incident.reasons.length > 0 && h('p', null, h('b', null, 'Missing: '), printable(incident.reasons.join(', '), 400)),
    known?.cause && h('p', null, h('b', null, 'Cause: '), causeText(known.cause)),
    stepList(steps),
    isOver && links(known ?? { ...incident, report: undefined }, actions, now),
  );
}

/** Newest first: what changed stands where one looks. @param {import('./model.js').Step[]} steps */
function stepList(steps) {
  if (steps.length === 0) return h('p.m', null, 'Its steps come here as they are made.');
  const newest = [...steps].reverse();
  const older = newest.slice(STEPS_SHOWN);
  return h(
    'div',
    null,
    h('ol.steps', { reversed: true }, ...newest.slice(0, STEPS_SHOWN).map(stepLine)),
    older.length > 0 &&
      h(
        'details',
        { key: 'older' },
        h('summary', null, `${many(older.length, 'earlier step')}`),
        h('ol.steps', null, ...older.map(stepLine)),
      ),
  );
}

/** @param {import('./model.js').Step} step */
function stepLine(step) {
  const at = instant(step.at);
  const text = printable(step.text, 400);
  return h(
    'li',
    { key: `${step.at} ${step.reason} ${step.text.length}` },
    h('time.mono', null, at === null ? '?' : stepTime(at)),
    h('span', null, text, text !== '' && ' ', h('span.m.mono', null, printable(step.reason, 60))),
  );
}

/** @param {any} incident */
const debugsWords = ({ debugsOff }) =>
  ({
    verified: 'debugs verified off',
    unverified: 'debugs not verified off',
    failed: 'debugs could not be turned off',
    pending: 'debugs not off yet',
    'not-sent': 'debugs not touched',
  })[/** @type {string} */ (debugsOff)] ?? `debugs off: ${printable(debugsOff, 30)}`;

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} verdict */
const verdictWords = (verdict) =>
  ({ persistent: 'black hole: traffic is lost', transient: 'benign: a transient', unknown: 'benign or not: not known yet' })[
    verdict
  ] ?? printable(verdict, 30);
/** @param {string} verdict */
const verdictTone = (verdict) => ({ persistent: 'bad', transient: 'good' })[verdict] ?? 'warn';

/** @param {any} cause */
const causeText = (cause) => `${printable(cause.title, 120)} (${printable(cause.confidence, 20)})`;

/**
 * What is over, newest first.
 * @param {Model} model @param {IncidentActions} actions
 * @returns {Child}
 */
export function pastIncidents(model, actions) {
  const all = model.past ?? model.status.incidents;
  const over = all.filter((/** @type {any} */ one) => one.outcome !== null && !isLive(one, model));
  const shown = over.slice(0, actions.areAllShown ? PAST_SHOWN_MAX : PAST_SHOWN);
  const isFirst = all.some((/** @type {any} */ one) => isLive(one, model));
  const empty = isFirst
    ? h('p.empty', { key: 'empty' }, 'None before the one above.')
    : h(
        'p.empty',
        { key: 'empty' },
        'No incident yet. When an end loses its SAs, both ends’ debugs stop together, and what they said is kept here with its cause.',
      );
  return h(
    'section.room.wide',
    { key: 'past', 'aria-labelledby': 'past-title' },
    h('h2', { id: 'past-title' }, 'Incidents', over.length > 0 && h('span.m', null, ` ${over.length}`)),
    model.pastError !== null &&
      h(
        'p.warn',
        { key: 'error' },
        sign('warn'),
        ` The list could not be had: ${printable(model.pastError, 300)} Shown is what the agent remembers.`,
      ),
    over.length === 0
      ? empty
      : h('ul.list', { key: 'list' }, ...shown.map((/** @type {any} */ one) => pastItem(one, model, actions))),
    over.length > shown.length &&
      !actions.areAllShown &&
      h(
        'button',
        { key: 'more', type: 'button', onclick: actions.more },
        `Show ${over.length - shown.length > PAST_SHOWN_MAX ? 'more' : 'all'}`,
      ),
    over.length > PAST_SHOWN_MAX &&
      actions.areAllShown &&
      h('p.m', { key: 'rest' }, `And ${many(over.length - PAST_SHOWN_MAX, 'older one')}: spitrap incidents.`),
  );
}

/** @param {any} incident @param {Model} model @param {IncidentActions} actions */
function pastItem(incident, model, actions) {
  const peers = names(incident.peers);
  const facts = [
    peers === '' ? '' : `with ${peers}`,
    incident.flows > 0 ? many(incident.flows, 'flow') : '',
    debugsWords(incident),
    incident.twoEnded ? 'both ends captured' : '',
    incident.reasons.length > 0 ? `missing: ${printable(incident.reasons.join(', '), 300)}` : '',
  ].filter(Boolean);
  return h(
    'li',
    { key: incident.id },
    h(
      'p.top',
      null,
      h('b', null, ...moment(incident.openedAt, model.now)),
      ' ',
      chip(verdictWords(incident.verdict).replace(' yet', ''), verdictTone(incident.verdict)),
      incident.outcome === 'partial' && ' ',
      incident.outcome === 'partial' && chip('partial', 'warn'),
    ),
    h(
      'p',
      null,
      incident.cause
        ? h('b', null, causeText(incident.cause))
        : incident.firstFlow !== null
          ? h('span.mono', null, printable(incident.firstFlow, 200))
          : incident.peers.length === 0
            ? 'Without a flow or a peer'
            : 'Without a flow',
    ),
    h('p.m', null, facts.join('; ')),
    links(incident, actions, model.now),
    isId(incident.id) &&
      h(
        'details',
        { key: 'steps', ontoggle: (/** @type {any} */ event) => event.target.open && actions.timeline(incident.id) },
        h('summary', null, 'Steps ', h('span.mono', null, printable(incident.id, 64))),
        pastSteps(incident.id, model),
      ),
  );
}

/** @param {string} id @param {Model} model */
function pastSteps(id, { read }) {
  const steps = read.get(id);
  if (steps === undefined) return h('p.m', null, 'Asking the agent');
  if (typeof steps === 'string') return h('p.warn', null, sign('warn'), ` ${printable(steps, 300)}`);
  return steps.length === 0 ? h('p.m', null, 'No step is on record.') : h('ol.steps', null, ...steps.map(stepLine));
}

/** @param {any} incident @param {IncidentActions} actions @param {number} now */
function links({ id, report, bundle, openedAt }, actions, now) {
  if (!isId(id)) return null;
  // Not known yet: the list was not had.
  if (report === undefined) return null;
  if (bundle === false) return h('p.m', null, 'Its bundle is not on disk, so there is no report.');
  if (!report)
    return h(
      'p.m',
      null,
      now - (instant(openedAt) ?? 0) < REPORT_WITHIN_MS
        ? 'The report is being written.'
        : `No report was written; spitrap report ${id} does.`,
    );
  const which = `of ${printable(openedAt, 19)}`;
  if (actions.needsToken)
    return h(
      'p.row',
      null,
      h(
        'button',
        { type: 'button', onclick: () => actions.readReport(id), 'aria-label': `Read the report ${which}` },
        'Read the report',
      ),
      h('button', { type: 'button', onclick: () => actions.saveReport(id), 'aria-label': `Save the report ${which}` }, 'Save it'),
    );
  const tab = { target: '_blank', rel: 'noopener noreferrer' };
  return h(
    'p.links',
    null,
    h('a', { href: pathOf(id, 'report.html'), 'aria-label': `Report ${which}`, ...tab }, 'Report'),
    h('a', { href: pathOf(id, 'report.txt'), 'aria-label': `Report as text ${which}`, ...tab }, 'as text'),
    h('a', { href: pathOf(id, 'verdict.json'), 'aria-label': `Report as data ${which}`, ...tab }, 'as data'),
  );
}
