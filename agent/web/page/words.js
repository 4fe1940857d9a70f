/**
 * What a status means, in words: the sentence at the top, and the four answers under it that the first screen owes (is anything wrong,
 * is an incident running, are debugs on and until when, what must I type). Pure; used by first-screen.js, test/web/page/words.test.ts.
 */
import { clockTime, coarse, count, duration, instant, listed, many, printable, relative } from './format.js';

/** @typedef {'bad' | 'warn' | 'good' | 'plain'} Tone */
/** @typedef {{ tone: Tone, text: string, lead: string, kind: string }} Headline */
/** @typedef {{ name: string, tone: Tone, text: string, more: string, command?: string }} Answer */

/** @param {any} alarm */
const urgency = (alarm) => (alarm.acknowledged ? 2 : 0) + (alarm.severity === 'critical' ? 0 : 1);

/** What nobody has taken over first, critical before warnings, the older one first. @param {any} status @returns {any[]} */
export const alarmsByUrgency = (status) => [...status.alarms].sort((one, other) => urgency(one) - urgency(other));

/** @param {any} status */
export const openIncidents = (status) => status.incidents.filter((/** @type {any} */ one) => one.outcome === null);

/** @param {any} status */
export const deviceName = (status) => printable(status.device.name, 40);

/** @param {any} peers @returns {string} */
export const names = (peers) => listed(peers.map((/** @type {string} */ name) => printable(name, 40)));

/**
 * What is not as it should be, beside alarms: short, for one line.
 * @param {any} status
 * @returns {string[]}
 */
export function troubles(status) {
  const found = [];
  if (status.alarmsDegraded !== null || status.ring.degraded !== null || status.journal.degraded !== null)
    found.push('the disk does not take everything');
  for (const name of ['control', 'capture']) {
    const { state } = status.device.sessions[name];
    const isNeeded = name === 'control' || state === 'backing-off';
    if (isNeeded && state !== 'ready' && state !== 'busy') found.push(`session ${name} is ${state.replace('-', ' ')}`);
  }
  const broken = status.sources.filter((/** @type {any} */ one) => one.state !== 'open');
  if (broken.length > 0) found.push(`${many(broken.length, 'source')} interrupted`);
  const silent = status.peers.filter(isSilent);
  if (silent.length > 0) found.push(`${many(silent.length, 'peer')} silent`);
  const other = status.peers.filter((/** @type {any} */ one) => one.differences.length > 0);
  if (other.length > 0) found.push(`${many(other.length, 'peer')} set up otherwise`);
  const untold = status.alarmChannels.filter((/** @type {any} */ one) => one.lastError !== null);
  if (untold.length > 0) found.push(`${many(untold.length, 'alarm channel')} not delivering`);
  return found;
}

/** @param {any} peer */
export const isSilent = (peer) => peer.kind === 'spitrap' && (peer.lastHelloAt === null || peer.missedHellos >= 2);

/**
 * The most important thing, as one sentence; `kind` changes when it is another thing (and is then read out), not when it counts down.
 * @param {any} status @param {number} now of the agent's clock
 * @returns {Headline}
 */
export function headline(status, now) {
  const device = deviceName(status);
  const standing = alarmsByUrgency(status).filter((one) => !one.acknowledged);
  const critical = standing.filter((one) => one.severity === 'critical');
  if (critical.length > 0) return alarmHeadline(critical, 'bad', 'Act now', now);
  const [running] = openIncidents(status);
  if (running !== undefined) return incidentHeadline(running, status, now);
  if (standing.length > 0) return alarmHeadline(standing, 'warn', 'Look into it', now);
  if (status.hold.on) {
    const until = instant(status.hold.until);
    const end = until === null ? 'until taken off' : `until ${clockTime(until, now)}`;
    return said('warn', 'hold', `On hold ${end}`, 'No new incident acts: debugs that are on stay on.');
  }
  const [trouble] = troubles(status);
  if (trouble !== undefined) return said('warn', `trouble ${trouble}`, `${device}: ${trouble}`, 'No alarm stands.');
  const { arming } = status;
  if (arming.state === 'armed')
    return said(
      'good',
      'armed',
      `Armed: debugs are on at ${device}`,
      'No incident is running. The next one stops them at both ends.',
    );
  if (arming.state !== 'disarmed')
    return said(
      'plain',
      arming.state,
      { checking: 'Checking before arming', arming: 'Turning debugs on', disarming: 'Turning debugs off' }[
        /** @type {string} */ (arming.state)
      ] ?? printable(arming.state, 40),
      `At ${device}.`,
    );
  if (status.device.debugsOn?.length > 0)
    return said(
      'plain',
      'by-hand',
      `Watching: a person’s debugs are on at ${device}`,
      'No incident is running. The next one stops them.',
    );
  return said('good', 'calm', `All quiet at ${device}`, `Watching since ${since(status.startedAt, now)}.`);
}

/** @param {Tone} tone @param {string} kind @param {string} text @param {string} lead @returns {Headline} */
const said = (tone, kind, text, lead) => ({ tone, kind, text, lead });

/** @param {any} iso @param {number} now */
function since(iso, now) {
  const at = instant(iso);
  return at === null ? '?' : `${clockTime(at, now)} (${coarse(now - at)})`;
}

/** Its first clause as the sentence; all of it stands below. @param {any[]} alarms @param {Tone} tone @param {string} call @param {number} now @returns {Headline} */
function alarmHeadline(alarms, tone, call, now) {
  const text = printable(alarms[0].text, 400);
  const clause = /^.{12,}?(?=[:;](?:\s|$)|\.(?:\s|$))/.exec(text)?.[0] ?? text;
  const cut = clause.length > 110 ? `${clause.slice(0, 109)}…` : clause;
  const more = alarms.length > 1 ? `, and ${many(alarms.length - 1, 'alarm')} more below` : '';
  const at = instant(alarms[0].since);
  const first = `${alarms[0].severity === 'critical' ? 'critical' : 'a warning'}${at === null ? '' : ` for ${coarse(Math.max(0, now - at))}`}`;
  return said(
    tone,
    `alarm ${alarms.map(({ id }) => id).join()}`,
    cut.charAt(0).toUpperCase() + cut.slice(1),
    `${call}: ${first}${more}.`,
  );
}

/** @param {any} incident @param {any} status @param {number} now @returns {Headline} */
function incidentHeadline(incident, status, now) {
  const peers = names(incident.peers);
  const whom = peers === '' ? '' : ` with ${peers}`;
  const flow = incident.firstFlow === null ? '' : ` ${printable(incident.firstFlow, 120)}.`;
  const doing = phaseWords(incident, stopAt(incident, status), now);
  if (incident.openedBy === 'person' && incident.stopInMs === null)
    return said(
      'plain',
      `capture ${incident.id}`,
      `A capture is running${whom}`,
      `Asked by a person ${since(incident.openedAt, now)}; debugs are not touched.`,
    );
  return said(
    'warn',
    `incident ${incident.id} ${incident.phase}`,
    `Incident${whom}: ${doing}`,
    `Out of sync since ${since(incident.openedAt, now)}.${flow}`,
  );
}

/** When its debugs are to stop, by the agent's clock; null: none is planned. @param {any} incident @param {any} status */
export function stopAt(incident, status) {
  const at = instant(status.at);
  return incident.stopInMs === null || at === null ? null : at + incident.stopInMs;
}

/** @param {any} incident @param {number | null} stop @param {number} now */
export function phaseWords(incident, stop, now) {
  switch (incident.phase) {
    case 'alerted':
      if (stop === null) return 'capturing';
      return stop > now ? `debugs stop in ${duration(stop - now)}` : 'debugs stop now';
    case 'collecting':
      return 'capturing';
    case 'stopping':
      return 'turning debugs off';
    case 'verifying':
      return 'checking that debugs are off';
    case 'sealing':
      return incident.debugsOff === 'verified' ? 'debugs are off, writing the bundle' : 'writing the bundle';
    case 'sealed':
      if (incident.debugsOff === 'not-sent') return 'sealed, debugs not touched';
      return incident.debugsOff === 'verified'
        ? 'sealed, debugs verified off'
        : `sealed, debugs off: ${printable(incident.debugsOff, 30)}`;
    default:
      return printable(incident.phase, 40);
  }
}

/**
 * The four answers, always the same four in the same order.
 * @param {any} status @param {number} now of the agent's clock
 * @returns {Answer[]}
 */
export const answers = (status, now) => [wrong(status), incident(status, now), debugs(status, now), toType(status)];

/** Alarms in the line's own weight, what is merely off the usual beside it. @param {any} status @returns {Answer} */
function wrong(status) {
  const standing = status.alarms.filter((/** @type {any} */ one) => !one.acknowledged);
  const critical = standing.filter((/** @type {any} */ one) => one.severity === 'critical').length;
  const warnings = standing.length - critical;
  const taken = status.alarms.length - standing.length;
  const also = troubles(status);
  const parts = [
    ...(critical > 0 ? [many(critical, 'critical alarm')] : []),
    ...(warnings > 0 ? [many(warnings, 'warning')] : []),
    ...(standing.length > 0 ? [] : also.splice(0, 1)),
  ];
  const more = [
    ...also.slice(0, 2),
    ...(also.length > 2 ? [`${count(also.length - 2)} more below`] : []),
    ...(taken > 0 ? [`${many(taken, 'alarm')} acknowledged, not over`] : []),
  ].join('; ');
  if (parts.length === 0)
    return { name: 'Wrong', tone: taken > 0 ? 'warn' : 'good', text: taken > 0 ? 'Nothing new' : 'Nothing', more };
  const text = listed(parts);
  return { name: 'Wrong', tone: critical > 0 ? 'bad' : 'warn', text: text.charAt(0).toUpperCase() + text.slice(1), more };
}

/** @param {string} verdict */
const verdictWord = (verdict) =>
  ({ persistent: 'a black hole', transient: 'a transient', unknown: 'benign or not, not known' })[verdict] ??
  printable(verdict, 20);

/** @param {any} status @param {number} now @returns {Answer} */
function incident(status, now) {
  const open = openIncidents(status);
  const [first] = open;
  if (first !== undefined) {
    const others = open.length > 1 ? `${many(open.length - 1, 'more')}`.replace('mores', 'more') : '';
    const stop = stopAt(first, status);
    return { name: 'Incident', tone: 'warn', text: `Running: ${phaseWords(first, stop, now)}`, more: others };
  }
  const last = status.incidents[0];
  const at = last === undefined ? null : instant(last.openedAt);
  if (at === null) return { name: 'Incident', tone: 'plain', text: 'None', more: '' };
  return {
    name: 'Incident',
    tone: 'plain',
    text: 'None running',
    more: `last ${relative(at, now)}: ${verdictWord(last.verdict)}`,
  };
}

/** @param {any} status @param {number} now @returns {Answer} */
function debugs(status, now) {
  const { arming, device } = status;
  const peers = peersOn(status, now);
  const [running] = openIncidents(status);
  const stop = running === undefined ? null : stopAt(running, status);
  if (running?.phase === 'alerted' && stop !== null && device.debugsOn?.length !== 0)
    return { name: 'Debugs', tone: 'warn', text: stop > now ? `On; stop at ${clockTime(stop, now)}` : 'Stopping', more: peers };
  if (running !== undefined && running.debugsOff !== 'pending' && running.debugsOff !== 'not-sent')
    return running.debugsOff === 'verified'
      ? { name: 'Debugs', tone: 'good', text: 'Off, verified', more: peers }
      : { name: 'Debugs', tone: 'bad', text: `Off: ${printable(running.debugsOff, 30)}`, more: peers };
  if (arming.state === 'armed') {
    const at = instant(status.at) ?? now;
    const end = arming.debugLeftMs === null ? '' : `On until ${clockTime(at + arming.debugLeftMs, now)} at the latest`;
    const lease =
      arming.leaseLeftMs === null
        ? ''
        : `lease ${duration(Math.max(0, at + arming.leaseLeftMs - now))}, renewed while all is well`;
    return { name: 'Debugs', tone: 'warn', text: end === '' ? 'On' : end, more: [lease, peers].filter(Boolean).join('; ') };
  }
  if (arming.state !== 'disarmed')
    return { name: 'Debugs', tone: 'warn', text: `Changing: ${printable(arming.state, 20)}`, more: peers };
  if (device.debugsOn === null)
    return {
      name: 'Debugs',
      tone: 'warn',
      text: 'Not known',
      more: ['the device was not read', peers].filter(Boolean).join('; '),
    };
  const read = instant(device.debugsReadAt);
  const asOf = read === null ? '' : `read ${relative(read, now)}`;
  if (device.debugsOn.length === 0)
    return { name: 'Debugs', tone: 'good', text: 'Off', more: [asOf, peers].filter(Boolean).join('; ') };
  return { name: 'Debugs', tone: 'warn', text: 'On, by a person, with no end', more: [asOf, peers].filter(Boolean).join('; ') };
}

/** What the peers say of theirs. @param {any} status @param {number} now */
function peersOn(status, now) {
  return status.peers
    .filter((/** @type {any} */ peer) => peer.armed === 'yes')
    .slice(0, 3)
    .map((/** @type {any} */ peer) => {
      const until = instant(peer.leaseEndsAt);
      return `on at ${printable(peer.name, 40)}${until === null ? '' : ` until ${clockTime(until, now)}`}`;
    })
    .join(', ');
}

/** @param {any} status @returns {Answer} */
function toType(status) {
  const [first, ...rest] = alarmsByUrgency(status).filter((one) => one.remedy !== null && !one.acknowledged);
  if (first === undefined) return { name: 'To type', tone: 'plain', text: 'Nothing', more: '' };
  const more = rest.length > 0 ? `and ${count(rest.length)} more below` : '';
  return {
    name: 'To type',
    tone: first.severity === 'critical' ? 'bad' : 'warn',
    text: '',
    more,
    command: printable(first.remedy, 240),
  };
}

/**
 * The agent is silent, and what stands below is old.
 * @param {import('./model.js').Model} model
 * @returns {Headline}
 */
export function goneHeadline({ status, ageMs, link }) {
  const at = instant(status.at);
  const asOf = at === null ? '' : ` Below is how it was at ${clockTime(at, at)}; it may be otherwise now.`;
  const wait = link.kind === 'lost' ? Math.max(0, link.retryAt - Date.now()) : 0;
  const next = wait < 1_000 ? ' Trying again.' : ` Next try in ${duration(wait)}.`;
  const why = link.kind === 'lost' && link.why.status >= 400 ? ` It said: ${printable(link.why.message, 200)}` : '';
  return said('bad', 'gone', `No word from the agent for ${duration(ageMs)}`, `${asOf.trim()}${why}${next}`);
}

/**
 * The four answers when nobody knows them any more.
 * @param {any} status @param {number} now when it was last known
 * @returns {Answer[]}
 */
export function goneAnswers(status, now) {
  const { arming, device } = status;
  const wereOn = arming.state !== 'disarmed' || device.debugsOn === null || device.debugsOn.length > 0;
  const last = answers(status, now);
  const deadMan =
    arming.state === 'armed' && arming.deadManS !== null
      ? `the router itself ends them in at most ${duration(arming.deadManS * 1_000)}`
      : '';
  const hand = `; if debugs may be on, log in to ${deviceName(status)} (${printable(device.address, 60)}) and type: undebug all`;
  return last.map((answer) => {
    if (answer.name === 'Wrong')
      return {
        ...answer,
        tone: 'bad',
        text: 'The agent does not answer',
        more: answer.tone === 'good' ? '' : `before: ${answer.text}`,
      };
    if (answer.name === 'To type')
      return {
        ...answer,
        tone: 'bad',
        text: '',
        more: '',
        command: `on the agent’s host type: spitrap status${wereOn ? hand : ''}`,
      };
    const was = answer.text === '' ? '' : `Not known; was: ${answer.text.charAt(0).toLowerCase()}${answer.text.slice(1)}`;
    return { ...answer, tone: 'warn', text: was, more: answer.name === 'Debugs' ? deadMan : answer.more };
  });
}
