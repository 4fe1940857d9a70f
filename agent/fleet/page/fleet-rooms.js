/** The fleet as it is: alarms, agents that are gone, pairs that are silent or half-armed, leases, versions, and how much of all that the index knows. Called by fleet.js. */
import { h } from '../../web/page/dom.js';
import { chip, remedyPieces, sign } from '../../web/page/first-screen.js';
import { count, instant, many, printable, size } from '../../web/page/format.js';
import { doubts } from './fleet-words.js';
import { facts, momentAt, name, rest, room, toned } from './pieces.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('../../web/page/dom.js').Child} Child */

/** Of each list; the numbers are of all. */
const SHOWN = 12;
const WHOLE = 'spitrap fleet now --json';

/** What is wrong now, before what happened. @param {Model} model @returns {Child[]} */
export function wrongRooms(model) {
  const { now } = model.overview;
  return [
    ...(now.alarmsCount > 0 ? [alarmsRoom(model)] : []),
    ...(now.goneCount > 0 ? [goneRoom(model)] : []),
    ...(now.halfArmedCount + now.silentPairsCount > 0 ? [pairsRoom(model)] : []),
  ];
}

/** @param {Model} model @returns {Child[]} */
export const stateRooms = (model) => [agentsRoom(model), leasesRoom(model), indexRoom(model)];

/** @param {Model} model */
function alarmsRoom({ overview, now }) {
  const { alarms, alarmsCount } = overview.now;
  return room(
    'alarms',
    many(alarmsCount, 'alarm'),
    h(
      'ul.list',
      null,
      ...alarms.slice(0, SHOWN).map((/** @type {any} */ { site, device, key, alarm }) => {
        const tone = alarm.severity === 'critical' ? 'bad' : 'warn';
        return h(
          'li',
          { key: `${site} ${device} ${key}` },
          h(
            'p',
            null,
            h(`b.${tone}`, null, sign(tone), ` ${name(device)}`),
            h('span.m', null, ` ${name(site)}, `, ...momentAt(instant(alarm.since), now)),
          ),
          h('p', null, printable(alarm.text, 500)),
          alarm.remedy !== null && h('p.do', null, h('b', null, 'Do: '), ...remedyPieces(alarm.remedy)),
        );
      }),
    ),
    rest(alarmsCount, Math.min(alarms.length, SHOWN), WHOLE),
  );
}

/** @param {Model} model */
function goneRoom({ overview, now }) {
  const { gone, goneCount } = overview.now;
  return room(
    'gone',
    `${many(goneCount, 'agent')} gone`,
    h(
      'p.m',
      null,
      'More than three heartbeats are missing: the agent, its host or its way to the engine. Debugs that it armed end by the dead-man on the router.',
    ),
    h(
      'ul.list',
      null,
      ...gone
        .slice(0, SHOWN)
        .map((/** @type {any} */ one) =>
          h(
            'li',
            { key: `${one.site} ${one.device}` },
            h(
              'p',
              null,
              toned('warn', one.device, 60),
              h('span.m', null, ` ${name(one.site)}, heard of `, ...momentAt(one.heardAtMs, now)),
            ),
            one.armed.state !== 'disarmed' &&
              h('p', null, toned('bad', `was ${one.armed.state}${one.armed.by === null ? '' : ` by ${one.armed.by}`}`, 120)),
          ),
        ),
    ),
    rest(goneCount, Math.min(gone.length, SHOWN), WHOLE),
  );
}

/** @param {Model} model */
function pairsRoom({ overview, now }) {
  const { halfArmed, halfArmedCount, silentPairs, silentPairsCount } = overview.now;
  return room(
    'pairs',
    'Pairs that are not well',
    halfArmedCount > 0 && h('h3', { key: 'half-title' }, `${many(halfArmedCount, 'pair')} armed at one end only`),
    halfArmedCount > 0 &&
      h(
        'ul.plain-list',
        { key: 'half' },
        ...halfArmed
          .slice(0, SHOWN)
          .map((/** @type {any} */ { device, peer }) =>
            h('li', { key: `${device} ${peer}` }, toned('warn', `${name(device)} \u2013 ${name(peer)}`, 140)),
          ),
      ),
    rest(halfArmedCount, Math.min(halfArmed.length, SHOWN), WHOLE),
    silentPairsCount > 0 && h('h3', { key: 'silent-title' }, `${many(silentPairsCount, 'pair')} without a heartbeat`),
    silentPairsCount > 0 &&
      h(
        'ul.plain-list',
        { key: 'silent' },
        ...silentPairs
          .slice(0, SHOWN)
          .map((/** @type {any} */ { device, peer, lastHelloAtMs }) =>
            h(
              'li',
              { key: `${device} ${peer}` },
              toned('warn', `${name(device)} \u2013 ${name(peer)}`, 140),
              h('span.m', null, lastHelloAtMs === null ? ', never heard' : ', heard of '),
              ...(lastHelloAtMs === null ? [] : momentAt(lastHelloAtMs, now)),
            ),
          ),
      ),
    rest(silentPairsCount, Math.min(silentPairs.length, SHOWN), WHOLE),
  );
}

/** @param {Model} model */
function agentsRoom({ overview }) {
  const { agents, goneCount, versions, versionsCount } = overview.now;
  return room(
    'agents',
    many(agents, 'agent'),
    agents === 0
      ? h('p.empty', null, 'None has sent a heartbeat yet: an agent does so once its configuration has a key fleet.')
      : h(
          'p',
          null,
          goneCount === 0
            ? toned('good', 'all are heard of')
            : toned('warn', `${count(agents - goneCount)} are heard of, ${count(goneCount)} gone`),
        ),
    versions.length > 0 &&
      h(
        'table',
        { key: 'versions' },
        h('caption', null, versionsCount > 1 ? `${count(versionsCount)} versions run` : 'One version runs'),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Version of spitrap'), h('th', { scope: 'col' }, 'Agents'))),
        h(
          'tbody',
          null,
          ...versions
            .slice(0, SHOWN)
            .map((/** @type {any} */ one) =>
              h('tr', { key: one.version }, h('th', { scope: 'row' }, name(one.version)), h('td', null, count(one.agents))),
            ),
        ),
      ),
    rest(versionsCount, Math.min(versions.length, SHOWN), WHOLE),
  );
}

/** @param {Model} model */
function leasesRoom({ overview, now }) {
  const { armed, armedCount } = overview.now;
  return room(
    'leases',
    'Leases',
    armedCount === 0
      ? h('p.empty', null, sign('plain'), ' No device has debugs on for us.')
      : h('p', null, `${many(armedCount, 'device')} with debugs on:`),
    armedCount > 0 &&
      h(
        'ul.list',
        { key: 'armed' },
        ...armed
          .slice(0, SHOWN)
          .map((/** @type {any} */ one) =>
            h(
              'li',
              { key: `${one.site} ${one.device}` },
              h(
                'p.top',
                null,
                h('b', null, name(one.device)),
                chip(printable(one.armed.state, 20), one.gone ? 'bad' : 'good'),
                h('span.m', null, name(one.site)),
              ),
              h(
                'p.m',
                null,
                one.armed.by !== null && `by ${printable(one.armed.by, 60)}, `,
                one.armed.leaseEndsAt === null ? 'no end told' : 'until ',
                ...(one.armed.leaseEndsAt === null ? [] : momentAt(instant(one.armed.leaseEndsAt), now)),
              ),
              one.armed.debugs.length > 0 && h('p.m', null, printable(one.armed.debugs.join(', '), 200)),
            ),
          ),
      ),
    rest(armedCount, Math.min(armed.length, SHOWN), WHOLE),
  );
}

/** How much of what happened is known here: a number that lies is worse than none. @param {Model} model */
function indexRoom({ overview, now }) {
  const { index, engine, instances } = overview;
  const found = doubts(overview);
  return room(
    'index',
    'What this page knows',
    h(
      'p',
      null,
      found.length === 0
        ? toned('good', 'all that agents told, as far as is known')
        : toned('warn', `not all: ${found.join(', ')}`),
    ),
    facts([
      [
        'Engine',
        engine.connected
          ? toned('good', `connected, ${engine.server ?? ''}`)
          : toned('warn', `away: ${engine.why ?? 'not known why'}`, 300),
      ],
      [
        'Behind',
        index.behind === null
          ? engine.connected
            ? 'not known yet'
            : 'not known: the engine is away'
          : index.behind === 0
            ? 'nothing'
            : many(index.behind, 'message'),
      ],
      ['Holds', `${many(index.incidents, 'incident')}, ${many(index.records, 'record')}, ${size(index.bytes)}`],
      [
        'Unreadable',
        index.unreadable > 0 && toned('warn', `${many(index.unreadable, 'message')} set aside: spitrap fleet now --json`),
      ],
      ['Not counted', index.otherValues > 0 && `${many(index.otherValues, 'value')} beyond the bound stand as (other)`],
      ['Too old', index.tooOld > 0 && `${many(index.tooOld, 'record')} of before what is kept`],
    ]),
    index.gaps.length > 0 &&
      h(
        'ul.list',
        { key: 'gaps' },
        ...index.gaps
          .slice(0, SHOWN)
          .map((/** @type {any} */ { site, device, gap }) =>
            h(
              'li',
              { key: `${site} ${device}` },
              h('p', null, toned('warn', `${name(device)}: its spool was full, ${dropped(gap.dropped)}`, 300)),
              h('p.m', null, 'between ', ...momentAt(instant(gap.from), now), ' and ', ...momentAt(instant(gap.to), now)),
            ),
          ),
      ),
    rest(index.gaps.length, Math.min(index.gaps.length, SHOWN), WHOLE),
    instances.length > 0 &&
      h(
        'table',
        { key: 'instances' },
        h('caption', null, 'Processes that share the work'),
        h('thead', null, h('tr', null, ...['Process', 'Messages', 'Heard of'].map((word) => h('th', { scope: 'col' }, word)))),
        h(
          'tbody',
          null,
          ...instances
            .slice(0, SHOWN)
            .map((/** @type {any} */ one) =>
              h(
                'tr',
                { key: one.name },
                h('th', { scope: 'row' }, `${name(one.name)}, pid ${count(one.pid).replaceAll(',', '')}`),
                h('td', null, count(one.messages)),
                h('td', null, ...momentAt(one.heardAtMs, now).slice(1)),
              ),
            ),
        ),
      ),
  );
}

/** @param {Record<string, number>} kinds */
const dropped = (kinds) =>
  Object.entries(kinds)
    .map(([kind, number]) => `${count(number)} ${printable(kind, 20)}`)
    .join(', ') || 'records were dropped';
