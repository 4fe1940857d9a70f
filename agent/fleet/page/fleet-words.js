/**
 * What a fleet's overview means, in words: the sentence at the top, and the four answers under it (is traffic lost, are agents there, are pairs
 * well, does this page know everything). Pure; used by first.js, test/fleet/page/fleet-words.test.ts.
 */
import { coarse, count, many, printable } from '../../web/page/format.js';

/** @typedef {'bad' | 'warn' | 'good' | 'plain'} Tone */
/** @typedef {{ tone: Tone, text: string, lead: string, kind: string }} Headline */
/** @typedef {{ name: string, tone: Tone, text: string, more: string }} Answer */

/** After so many messages it is not the picture of now. */
const BEHIND_SHOWN = 100;

/** Of an incident. */
export const STATES = ['black-holed', 'open', 'not-known', 'healed'];
/** @type {Record<string, { word: string, tone: Tone }>} */
export const STATE_WORDS = {
  'black-holed': { word: 'black-holed', tone: 'bad' },
  open: { word: 'still open', tone: 'warn' },
  'not-known': { word: 'not known', tone: 'plain' },
  healed: { word: 'healed by itself', tone: 'good' },
};

/** @param {unknown} state */
export const stateWord = (state) =>
  STATE_WORDS[String(state)] ?? { word: printable(state, 30), tone: /** @type {Tone} */ ('plain') };

/** @param {string} since */
export const windowWords = (since) => ({ '24h': '24 hours', '7d': '7 days', '30d': '30 days', '90d': '90 days' })[since] ?? since;

/** Sums of the window. @param {any} overview */
export function totals(overview) {
  /** @type {Record<string, number>} */
  const sum = { incidents: 0, 'black-holed': 0, open: 0, 'not-known': 0, healed: 0 };
  for (const { incidents, byState } of overview.overTime.buckets) {
    sum['incidents'] = (sum['incidents'] ?? 0) + incidents;
    for (const state of STATES) sum[state] = (sum[state] ?? 0) + (byState[state] ?? 0);
  }
  return /** @type {{ incidents: number, 'black-holed': number, open: number, 'not-known': number, healed: number }} */ (sum);
}

/** Whatever may be missing in what is shown: then no zero is to be believed. @param {any} overview @returns {string[]} */
export function doubts({ engine, index }) {
  const found = [];
  if (!engine.connected) found.push('the engine is away');
  if (index.behind !== null && index.behind > BEHIND_SHOWN) found.push(`${count(index.behind)} messages behind`);
  if (index.gaps.length > 0) found.push(`${many(index.gaps.length, 'agent')} could not tell all`);
  if (index.unreadable > 0) found.push(`${many(index.unreadable, 'message')} unreadable`);
  return found;
}

/** @param {any} overview @param {string} since @returns {Headline} */
export function headline(overview, since) {
  const { now, groups } = overview;
  const sum = totals(overview);
  const lost = sum['black-holed'];
  const asked = `in the last ${windowWords(since)}`;
  const doubt = doubts(overview);
  const lead = doubt.length === 0 ? '' : `Not all is known: ${doubt.join(', ')}.`;
  if (lost > 0) {
    const worst = groups.find((/** @type {any} */ one) => one.byState['black-holed'] > 0);
    const of = worst === undefined ? '' : printable(worst.headline, 200);
    return {
      tone: 'bad',
      kind: `lost ${lost}`,
      text: `${many(lost, 'incident')} still black-holed, of ${count(sum.incidents)} ${asked}`,
      lead: [of, lead].filter(Boolean).join('. '),
    };
  }
  const critical = now.alarms.filter((/** @type {any} */ one) => one.alarm.severity === 'critical').length;
  if (critical > 0) return { tone: 'bad', kind: 'critical', text: `${many(critical, 'critical alarm')} of agents`, lead };
  if (!overview.engine.connected)
    return {
      tone: 'warn',
      kind: 'engine',
      text: 'The engine does not answer: nothing new is learnt',
      lead: `What stands here is what was known. ${printable(overview.engine.why ?? '', 200)}`,
    };
  if (now.goneCount > 0)
    return { tone: 'warn', kind: 'gone', text: `${many(now.goneCount, 'agent')} not heard of any more`, lead };
  if (now.halfArmedCount > 0)
    return { tone: 'warn', kind: 'half', text: `${many(now.halfArmedCount, 'pair')} armed at one end only`, lead };
  if (now.alarmsCount > 0) return { tone: 'warn', kind: 'alarms', text: `${many(now.alarmsCount, 'alarm')} of agents`, lead };
  if (now.silentPairsCount > 0)
    return { tone: 'warn', kind: 'silent', text: `${many(now.silentPairsCount, 'pair')} without a heartbeat`, lead };
  if (doubt.length > 0) return { tone: 'warn', kind: 'doubt', text: 'Nothing is known to be wrong, but not all is known', lead };
  if (now.agents === 0 && sum.incidents === 0)
    return {
      tone: 'plain',
      kind: 'empty',
      text: 'No agent has told anything yet',
      lead: 'Agents tell this fleet once their configuration has a key fleet with these servers.',
    };
  const what = sum.incidents === 0 ? `No incident ${asked}` : `${many(sum.incidents, 'incident')} ${asked}, none black-holed`;
  return { tone: 'good', kind: 'well', text: what, lead: `${many(now.agents, 'agent')}, all heard of.` };
}

/** @param {any} overview @param {string} since @returns {Answer[]} */
export function answers(overview, since) {
  const { now, engine, index } = overview;
  const sum = totals(overview);
  const doubt = doubts(overview);
  return [
    {
      name: 'Lost',
      tone: sum['black-holed'] > 0 ? 'bad' : sum['not-known'] + sum.open > 0 ? 'warn' : 'good',
      text: sum['black-holed'] > 0 ? `${count(sum['black-holed'])} black-holed` : 'none black-holed',
      more: parts([
        `of ${many(sum.incidents, 'incident')} in ${windowWords(since)}`,
        sum.open > 0 && `${count(sum.open)} still open`,
        sum['not-known'] > 0 && `${count(sum['not-known'])} not known`,
      ]),
    },
    {
      name: 'Agents',
      tone: now.goneCount > 0 ? 'warn' : now.agents === 0 ? 'plain' : 'good',
      text: now.goneCount > 0 ? `${count(now.goneCount)} gone` : now.agents === 0 ? 'none yet' : 'all heard of',
      more: parts([
        now.agents > 0 && `${count(now.agents)} in all`,
        now.versionsCount > 1 && `${count(now.versionsCount)} versions`,
        now.alarmsCount > 0 && many(now.alarmsCount, 'alarm'),
      ]),
    },
    {
      name: 'Pairs',
      tone: now.silentPairsCount + now.halfArmedCount > 0 ? 'warn' : 'good',
      text:
        now.halfArmedCount > 0
          ? `${count(now.halfArmedCount)} half-armed`
          : now.silentPairsCount > 0
            ? `${count(now.silentPairsCount)} silent`
            : 'none silent, none half-armed',
      more: parts([
        now.halfArmedCount > 0 && now.silentPairsCount > 0 && `${count(now.silentPairsCount)} silent`,
        now.armedCount > 0 && `${many(now.armedCount, 'device')} armed`,
      ]),
    },
    {
      name: 'Index',
      tone: doubt.length > 0 ? 'warn' : index.behind === null ? 'plain' : 'good',
      text:
        doubt.length > 0
          ? (doubt[0] ?? '')
          : index.behind === null
            ? 'not known how far behind'
            : index.behind === 0
              ? 'knows all that was told'
              : `${count(index.behind)} messages behind`,
      more: parts([...doubt.slice(1), !engine.connected && 'what stands here is what was known']),
    },
  ];
}

/** @param {(string | false)[]} all */
const parts = (all) => all.filter(Boolean).join(', ');

/** `03:12 to 03:14 UTC`, the day in front when it is another. @param {number} fromMs @param {number} toMs @param {(at: number) => string} clock */
export const span = (fromMs, toMs, clock) =>
  Math.floor(fromMs / 60_000) === Math.floor(toMs / 60_000) || toMs < fromMs
    ? clock(fromMs)
    : `${clock(fromMs)}, over ${coarse(toMs - fromMs)}`;
