/** Small pieces that every part of a fleet's page draws with: moments, states, rooms, links into another view. Used by the other scripts beside it. */
import { h } from '../../web/page/dom.js';
import { chip, sign } from '../../web/page/first-screen.js';
import { clockTime, count, printable, relative } from '../../web/page/format.js';
import { STATES, stateWord } from './fleet-words.js';
import { hashOf } from './view.js';

/** @typedef {import('../../web/page/dom.js').Child} Child */
/** @typedef {import('./view.js').View} View */

/** An instant of an agent, by its clock. @param {unknown} at milliseconds since 1970 @param {number} now @returns {Child[]} */
export function momentAt(at, now) {
  if (typeof at !== 'number' || !Number.isFinite(at)) return ['never'];
  return [
    h('time', { datetime: Math.abs(at) > 8.64e15 ? null : new Date(at).toISOString() }, clockTime(at, now)),
    h('span.m', null, ` ${relative(at, now)}`),
  ];
}

/** @param {unknown} state */
export const stateChip = (state) => chip(stateWord(state).word, stateWord(state).tone);

/** `3 black-holed, 409 healed by itself`, those that there are. @param {Record<string, number>} byState @returns {Child[]} */
export const byStatePieces = (byState) =>
  STATES.filter((state) => (byState[state] ?? 0) > 0).flatMap((state, index) => [
    index > 0 ? ', ' : '',
    h(`span.${stateWord(state).tone}`, null, sign(stateWord(state).tone), ` ${count(byState[state])} ${stateWord(state).word}`),
  ]);

/** The worst that there is. @param {Record<string, number>} byState */
export const toneOf = (byState) => stateWord(STATES.find((state) => (byState[state] ?? 0) > 0)).tone;

/** @param {string} key @param {string} title @param {...any} children */
export const room = (key, title, ...children) =>
  h('section.room', { key, 'aria-labelledby': `${key}-title` }, h('h2', { id: `${key}-title` }, title), ...children);

/** @param {string} key @param {string} title @param {...any} children */
export const wideRoom = (key, title, ...children) =>
  h('section.room.wide', { key, 'aria-labelledby': `${key}-title` }, h('h2', { id: `${key}-title` }, title), ...children);

/** @param {[string, any][]} rows what is empty is left out */
export const facts = (rows) =>
  h(
    'dl.facts',
    null,
    ...rows
      .filter(([, value]) => value && value.length !== 0)
      .map(([name, value]) => h('div', { key: name }, h('dt', null, name), h('dd', null, ...[value].flat()))),
  );

/** @param {string} tone @param {unknown} text @param {number} [charactersMax] */
export const toned = (tone, text, charactersMax = 400) =>
  h(`span.${tone}`, null, sign(tone), ` ${printable(text, charactersMax)}`);

/** Into another view of this page. @param {View} view @param {...any} children */
export const go = (view, ...children) => h('a', { href: hashOf(view) }, ...children);

/** @param {number} all @param {number} shown @param {string} command */
export const rest = (all, shown, command) =>
  all > shown && h('p.m', { key: 'rest' }, `And ${count(all - shown)} more: ${command}.`);

/** Names of a device as the network gave them. @param {unknown} text */
export const name = (text) => printable(text, 60);

/** @param {any} incident */
export const hubsOf = ({ hub, hubsCount }) => namesOf(hub, hubsCount, 'hubs');

/** @param {any} incident */
export const spokesOf = ({ spoke, spokesCount }) => namesOf(spoke, spokesCount, 'spokes');

/** @param {any} incident */
export const pairOf = (incident) => `${hubsOf(incident)} \u2013 ${spokesOf(incident)}`;

/** @param {string | null} first @param {number} all @param {string} what */
function namesOf(first, all, what) {
  if (first === null) return all > 0 ? `${count(all)} ${what}` : '?';
  return all > 1 ? `${name(first)} and ${count(all - 1)} more` : name(first);
}
