/**
 * What runs, room by room, below the first screen: device and arming, peers, sources, what was turned away and lost, what is kept, whom
 * alarms are told to. Called by page.js with the model.
 */
import { h } from './dom.js';
import { chip, moment, sign } from './first-screen.js';
import { clockTime, count, duration, instant, many, printable, rate, size } from './format.js';
import { isSilent } from './words.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./dom.js').Child} Child */

/** Of anything that comes in lists; the rest is in `spitrap status`. */
const SHOWN_MAX = 60;

/** @param {Model} model @returns {Child[]} */
export const rooms = (model) => [
  armingRoom(model),
  deviceRoom(model),
  peersRoom(model),
  sourcesRoom(model),
  lostRoom(model),
  keptRoom(model),
];

/** @param {string} key @param {string} title @param {...any} children */
const room = (key, title, ...children) =>
  h('section.room', { key, 'aria-labelledby': `${key}-title` }, h('h2', { id: `${key}-title` }, title), ...children);

/** @param {[string, any][]} rows what is empty is left out */
const facts = (rows) =>
  h(
    'dl.facts',
    null,
    ...rows
      .filter(([, value]) => value && value.length !== 0)
      .map(([name, value]) => h('div', { key: name }, h('dt', null, name), h('dd', null, ...[value].flat()))),
  );

/** @param {string} tone @param {unknown} text @param {number} [charactersMax] */
const toned = (tone, text, charactersMax = 400) => h(`span.${tone}`, null, sign(tone), ` ${printable(text, charactersMax)}`);

/** @param {any[]} all @param {string} noun */
const rest = (all, noun) =>
  all.length > SHOWN_MAX && h('p.m', { key: 'rest' }, `And ${many(all.length - SHOWN_MAX, noun)} more: spitrap status.`);

/** @param {Model} model */
function armingRoom({ status, now }) {
  const { arming } = status;
  const isOn = arming.state !== 'disarmed';
  const at = instant(status.at) ?? now;
  /** @param {number | null} leftMs */
  const end = (leftMs) =>
    leftMs === null ? null : [clockTime(at + leftMs, now), h('span.m', null, ` in ${duration(Math.max(0, at + leftMs - now))}`)];
  const breaker =
    arming.cpu === null
      ? 'CPU not read'
      : `CPU ${count(arming.cpu.fiveSeconds)} % over 5 s, ${count(arming.cpu.oneMinute)} % over 1 min`;
  return room(
    'arming',
    'Arming',
    h(
      'p',
      { key: 'state' },
      chip(isOn ? printable(arming.state, 20) : 'not armed', arming.state === 'armed' ? 'good' : isOn ? 'warn' : 'plain'),
    ),
    facts([
      ['Since', arming.since !== null && [...moment(arming.since, now), `, by ${printable(arming.by ?? '?', 60)}`]],
      ['Lease', isOn && end(arming.leaseLeftMs)],
      ['Ends for good', isOn && end(arming.debugLeftMs)],
      ['Debugs', arming.debugs.length > 0 && printable(arming.debugs.join(', '), 400)],
      ['For', arming.conditions.length > 0 && h('span.mono', null, printable(arming.conditions.join(', '), 300))],
      ['Breaker', isOn || arming.cpu !== null ? breaker : null],
      [
        'Dead-man',
        isOn &&
          (arming.deadManS === null
            ? toned('warn', 'none: were this agent and its host gone, nothing would turn them off')
            : `on the router: undebug all in at most ${duration(arming.deadManS * 1_000)}`),
      ],
      [
        'Arms',
        `${printable(arming.when, 40)}${arming.armInMs === null ? '' : `, in ${duration(Math.max(0, at + arming.armInMs - now))}`}`,
      ],
      ['Not by itself', arming.blocked !== null && toned('warn', blockedWords(arming.blocked))],
      [
        'Last',
        arming.last !== null && [
          printable(arming.last.text === '' ? arming.last.reason : arming.last.text, 400),
          ' ',
          h('span.m', null, ...moment(arming.last.at, now)),
        ],
      ],
    ]),
    ...arming.warnings
      .slice(0, SHOWN_MAX)
      .map((/** @type {string} */ text) => h('p', { key: `warning ${text.slice(0, 80)}` }, toned('warn', text))),
  );
}

const BLOCKED = {
  person: 'a person disarmed it',
  peer: 'a peer disarmed it',
  breaker: 'the breaker ended the debugs',
  'max-debug': 'the debugs had their longest time',
  persistent: 'the last incident is a black hole',
  judging: 'the last incident is being judged',
  'after-incident': 'an incident ended the debugs',
  'given-up': 'arming failed too often',
};
/** @param {string} blocked */
const blockedWords = (blocked) => BLOCKED[/** @type {keyof typeof BLOCKED} */ (blocked)] ?? printable(blocked, 60);

/** @param {Model} model */
function deviceRoom({ status, now }) {
  const { device } = status;
  const on =
    device.debugsOn === null
      ? toned('warn', device.debugsReadAt === null ? 'not read yet' : 'could not be read')
      : device.debugsOn.length === 0
        ? 'none'
        : toned('warn', device.debugsOn.join(', '));
  return room(
    'device',
    'Device',
    facts([
      [
        'Name',
        [
          h('b', null, printable(device.name, 60)),
          ` ${printable(device.address, 60)}:${count(device.port).replace(',', '')}, ${printable(device.platform, 40)}`,
        ],
      ],
      ['Prompt', device.hostname === null ? toned('warn', 'never logged in') : printable(device.hostname, 80)],
      [
        'Debugs on',
        [on, device.debugsReadAt !== null && h('span.m', null, ', read ', ...moment(device.debugsReadAt, now))].filter(Boolean),
      ],
      [
        'Clock',
        device.clock !== null &&
          (device.clock.trusted
            ? printable(device.clock.text, 80)
            : toned('warn', `${printable(device.clock.text, 80)}, not in sync: its stamps order nothing`)),
      ],
      ['Control', session(device.sessions.control)],
      ['Capture', session(device.sessions.capture)],
      ['Logins refused', device.refusedLoginsInARow > 0 && toned('bad', `${device.refusedLoginsInARow} in a row`)],
    ]),
  );
}

/** @param {any} session @returns {Child[]} */
function session({ state, sinceMs, lastError }) {
  const isWell = state === 'ready' || state === 'busy';
  const since = state === 'ready' ? `last used ${duration(sinceMs)} ago` : `for ${duration(sinceMs)}`;
  return [
    toned(isWell ? 'good' : state === 'closed' ? 'plain' : 'warn', `${printable(state, 20).replace('-', ' ')}`),
    h('span.m', null, ` ${since}`),
    ...(lastError === null ? [] : [h('span.bad.error', null, printable(lastError, 500))]),
  ];
}

/** @param {Model} model */
function peersRoom({ status, now }) {
  const { peers } = status;
  return room(
    'peers',
    'Peers',
    peers.length === 0 &&
      h(
        'p.empty',
        { key: 'none' },
        'No peer is configured: incidents stop this device’s debugs alone, and one end’s evidence is kept. Add the other end under ',
        h('code', null, 'peers'),
        '.',
      ),
    peers.length > 0 &&
      h('ul.list', { key: 'list' }, ...peers.slice(0, SHOWN_MAX).map((/** @type {any} */ peer) => peerItem(peer, status, now))),
    rest(peers, 'peer'),
  );
}

/** @param {any} peer @param {any} status @param {number} now */
function peerItem(peer, status, now) {
  const silent = isSilent(peer);
  const state =
    peer.kind === 'eem'
      ? chip('sends no hello', 'plain')
      : silent
        ? chip('silent', 'bad')
        : peer.missedHellos > 0
          ? chip('a hello missed', 'warn')
          : chip('heard', 'good');
  const says = [peer.role, peer.mode && `mode ${peer.mode}`, peer.version && `spitrap ${peer.version}`]
    .filter(Boolean)
    .join(', ');
  const until = instant(peer.leaseEndsAt);
  const armed = { yes: `on${until === null ? '' : ` until ${clockTime(until, now)}`}`, no: 'off', unknown: 'not known' }[
    /** @type {string} */ (peer.armed)
  ];
  const offset =
    peer.offsetMs === null
      ? null
      : Math.abs(peer.offsetMs) < 1
        ? 'as ours'
        : `${duration(peer.offsetMs)} ${peer.offsetMs < 0 ? 'behind' : 'ahead'}`;
  const { recurrence } = peer;
  return h(
    'li',
    { key: peer.name },
    h('h3', null, printable(peer.name, 60), ' ', state),
    facts([
      [
        'Hello',
        peer.kind === 'spitrap' &&
          [
            ...moment(peer.lastHelloAt, now),
            peer.missedHellos > 0 && h('span.bad', null, `, ${count(peer.missedHellos)} missing in a row`),
          ].filter(Boolean),
      ],
      ['Round trip', peer.roundTripMs !== null && duration(peer.roundTripMs)],
      ['Its clock', offset],
      ['Is', says !== '' && printable(says, 120)],
      ['Its debugs', peer.armed !== null && (armed ?? printable(peer.armed, 30))],
      [
        'Version',
        peer.version !== null &&
          peer.version !== status.version &&
          toned('warn', `${printable(peer.version, 30)}, here ${printable(status.version, 30)}`),
      ],
      [
        'Incidents',
        recurrence !== null && `${count(recurrence.incidentsInDay)} in 24 h, ${count(recurrence.incidentsInWeek)} in 7 d`,
      ],
      ['Differs', peer.differences.length > 0 && toned('bad', peer.differences.join('; '))],
      ...peer.paths
        .slice(0, 8)
        .map((/** @type {any} */ path) => [
          printable(path.endpoint, 60),
          [
            `${count(path.acknowledged)} of ${count(path.sent)} acknowledged`,
            ...(path.lastError === null ? [] : [h('span.bad.error', null, printable(path.lastError, 400))]),
          ],
        ]),
    ]),
  );
}

/** @param {Model} model */
function sourcesRoom({ status, now, rates }) {
  const { sources } = status;
  return room(
    'sources',
    'Sources',
    sources.length === 0 &&
      h('p.empty', { key: 'none' }, 'No source is configured: nothing can be seen here but what peers say.'),
    sources.length > 0 &&
      h(
        'ul.list',
        { key: 'list' },
        ...sources.slice(0, SHOWN_MAX).map((/** @type {any} */ source) => sourceItem(source, now, rates)),
      ),
    rest(sources, 'source'),
  );
}

/** They ask, and bring no lines. */
const POLLED = new Set(['qfp-drops', 'snmp-counter', 'eem-history']);

/** @param {any} source @param {number} now @param {import('./rates.js').Rates} rates */
function sourceItem(source, now, rates) {
  const tone = source.state === 'open' ? 'good' : source.state === 'closed' ? 'plain' : 'bad';
  const odd = [
    source.unparsed > 0 && `${count(source.unparsed)} not parsed`,
    source.cutMessages > 0 && `${count(source.cutMessages)} cut short`,
    source.foreign > 0 && `${count(source.foreign)} of other devices`,
    source.symptoms > 0 && `${many(source.symptoms, 'symptom')}`,
  ].filter(Boolean);
  const isLines = !POLLED.has(source.kind);
  const detail = source.detail === '' || source.detail === source.listen ? null : source.detail;
  return h(
    'li',
    { key: source.name },
    h('h3', null, printable(source.name, 60), ' ', chip(printable(source.state, 20), tone)),
    facts([
      ['On', source.listen !== null && h('span.mono', null, printable(source.listen, 200))],
      [
        'Rate',
        isLines && [
          h('b', null, rate(rates.of(`lines ${source.name}`))),
          h('span.m', null, ` ${many(source.lines, 'line')}, ${size(source.bytes)}`),
        ],
      ],
      ['Last', isLines && moment(source.lastLineAt, now)],
      [
        'Candidates',
        isLines && [count(source.candidates), odd.length > 0 && h('span.warn', null, `, ${odd.join(', ')}`)].filter(Boolean),
      ],
      ['Symptoms', !isLines && count(source.symptoms)],
      [
        'Refused',
        source.refused > 0 && [count(source.refused), h('span.m', null, `, ${rate(rates.of(`refused ${source.name}`))}`)],
      ],
      ['Behind', source.behindBytes > 0 && size(source.behindBytes)],
      ['State', detail !== null && (source.state === 'open' ? printable(detail, 300) : toned('bad', detail))],
    ]),
  );
}

/** @param {Model} model */
function lostRoom({ status, rates }) {
  const refused = Object.entries(status.refusals).filter(([, number]) => number > 0);
  const lost = Object.entries(status.drops).filter(([, number]) => number > 0);
  return room(
    'lost',
    'Turned away and lost',
    refused.length + lost.length === 0 &&
      h('p.empty', { key: 'none' }, sign('good'), ' Nothing was turned away, nothing was lost.'),
    tally('Turned away', refused, 'refusal', rates),
    tally('Lost at a bound', lost, 'drop', rates),
    refused.length + lost.length > 0 && h('p.m', { key: 'since' }, 'Since the agent started, and the rate over the last minute.'),
  );
}

/** @param {string} title @param {[string, any][]} entries @param {string} kind @param {import('./rates.js').Rates} rates */
function tally(title, entries, kind, rates) {
  if (entries.length === 0) return null;
  const rows = [...entries].sort((one, other) => other[1] - one[1]).slice(0, SHOWN_MAX);
  return h(
    'table',
    { key: title },
    h('caption', null, title),
    h(
      'thead',
      null,
      h('tr', null, h('th', { scope: 'col' }, 'why'), h('th', { scope: 'col' }, 'in all'), h('th', { scope: 'col' }, 'rate')),
    ),
    h(
      'tbody',
      null,
      ...rows.map(([name, number]) =>
        h(
          'tr',
          { key: name },
          h('th', { scope: 'row' }, printable(name, 60)),
          h('td', null, count(number)),
          h('td', null, rate(rates.of(`${kind} ${name}`))),
        ),
      ),
    ),
  );
}

/** @param {Model} model */
function keptRoom({ status, now }) {
  const { ring, journal, alarmChannels } = status;
  const span =
    ring.oldestAt === null
      ? 'empty'
      : [`${size(ring.bytes)} in ${many(ring.segments, 'segment')}, `, h('span.m', null, 'from '), ...moment(ring.oldestAt, now)];
  return room(
    'kept',
    'Kept and told',
    facts([
      ['Ring', span],
      ['', ring.droppedLines > 0 && toned('bad', `${many(ring.droppedLines, 'line')} lost`)],
      ['Ring degraded', ring.degraded !== null && toned('bad', ring.degraded)],
      ['Journal', `${many(journal.records, 'record')}, ${size(journal.bytes)}`],
      ['Journal degraded', journal.degraded !== null && toned('bad', journal.degraded)],
      ['Alarms degraded', status.alarmsDegraded !== null && toned('bad', status.alarmsDegraded)],
      ['Data', h('span.mono', null, printable(status.dataDir, 200))],
      ['Signals', h('span.mono', null, printable(status.signalListen, 80))],
    ]),
    alarmChannels.length === 0 &&
      h(
        'p.empty',
        { key: 'none' },
        'Alarms are told to nobody: they stand here and in ',
        h('code', null, 'spitrap status'),
        '. Add a channel under ',
        h('code', null, 'alarms'),
        '.',
      ),
    alarmChannels.length > 0 &&
      h(
        'ul.list',
        { key: 'channels', 'aria-label': 'Whom alarms are told to' },
        ...alarmChannels.slice(0, SHOWN_MAX).map((/** @type {any} */ channel) =>
          h(
            'li',
            { key: channel.name },
            h(
              'h3',
              null,
              printable(channel.name, 60),
              ' ',
              channel.lastError === null ? chip('tells', 'good') : chip(printable(channel.state, 20).replace('-', ' '), 'bad'),
            ),
            facts([
              [
                printable(channel.kind, 20),
                [
                  h('span.mono', null, printable(channel.target, 120)),
                  channel.severity === 'critical' && ', critical alarms only',
                ].filter(Boolean),
              ],
              [
                'Told',
                [
                  `${count(channel.delivered)}, last `,
                  ...moment(channel.lastDeliveredAt, now),
                  channel.waiting > 0 && h('span.warn', null, `; ${count(channel.waiting)} waiting`),
                ].filter(Boolean),
              ],
              ['Error', channel.lastError !== null && h('span.bad', null, printable(channel.lastError, 400))],
            ]),
          ),
        ),
      ),
  );
}
