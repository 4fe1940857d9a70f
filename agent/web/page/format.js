/**
 * Values as a tired person reads them: times with their zone and how long ago, durations, counts, rates, and text of the network made
 * harmless. Pure: no page, no clock. Used by every part of the page; test/web/page/format.test.ts.
 */

/** Control characters, C1, soft hyphen, bidirectional marks, invisible and line separators: as shared/model/printable.ts. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * One line, at most `charactersMax` characters; a cut ends in `…`. What is no text becomes a word that says so.
 * @param {unknown} text @param {number} [charactersMax]
 * @returns {string}
 */
export function printable(text, charactersMax = 300) {
  if (typeof text !== 'string') return text === null || text === undefined ? '?' : printable(String(text), charactersMax);
  const bounded = text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text;
  return bounded.replace(UNPRINTABLE, escaped).replace(LONE_SURROGATE, '\ufffd');
}

/** @param {string} character */
function escaped(character) {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * ISO 8601 to milliseconds since 1970; null when it is none.
 * @param {unknown} iso
 */
export function instant(iso) {
  const at = typeof iso === 'string' ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** @param {number} value */
const two = (value) => String(value).padStart(2, '0');
/** @param {number} at */
const dayOf = (at) => Math.floor(at / 86_400_000);

/**
 * `18:30:02 UTC`, with the day in front when it is not `now`'s: `11 Mar 18:30:02 UTC`. UTC, as the report, the log and the terminal.
 * @param {number} at @param {number} now
 */
export function clockTime(at, now) {
  if (Math.abs(at) > 8.64e15) return '?';
  const date = new Date(at);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} UTC`;
  if (dayOf(at) === dayOf(now)) return time;
  const year = date.getUTCFullYear() === new Date(now).getUTCFullYear() ? '' : ` ${date.getUTCFullYear()}`;
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year} ${time}`;
}

/**
 * `18:22:10.706`, for steps of an incident that are milliseconds apart.
 * @param {number} at
 */
export const stepTime = (at) => (Math.abs(at) > 8.64e15 ? '?' : new Date(at).toISOString().slice(11, 23));

/**
 * `300 ms`, `18 s`, `2 min 30 s`, `1 h 05 min`, `3 d 4 h`. From ten minutes on without seconds, so that it does not flicker. Number and unit stay on one line.
 * @param {number} ms
 */
export function duration(ms) {
  const value = Math.abs(ms);
  if (value < 1_000) return `${Math.round(value)}\u00a0ms`;
  const seconds = Math.floor(value / 1_000);
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}\u00a0min` : `${minutes}\u00a0min ${two(seconds % 60)}\u00a0s`;
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}\u00a0h` : `${hours}\u00a0h ${two(minutes % 60)}\u00a0min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days}\u00a0d` : `${days}\u00a0d ${hours % 24}\u00a0h`;
}

/**
 * The same without seconds from two minutes on: of what was, nobody counts them.
 * @param {number} ms
 */
export const coarse = (ms) => duration(Math.abs(ms) < 120_000 ? ms : Math.floor(Math.abs(ms) / 60_000) * 60_000);

/**
 * `just now`, `8 s ago`, `in 14 min`.
 * @param {number} at @param {number} now
 */
export function relative(at, now) {
  const ms = at - now;
  if (Math.abs(ms) < 1_000) return 'just now';
  return ms < 0 ? `${coarse(ms)} ago` : `in ${duration(ms)}`;
}

/** @param {unknown} value */
export const count = (value) => (typeof value === 'number' && Number.isFinite(value) ? value.toLocaleString('en-US') : '?');

/** @param {unknown} bytes */
export function size(bytes) {
  if (typeof bytes !== 'number' || !Number.isFinite(bytes)) return '?';
  if (bytes < 1_024 ** 2) return `${Math.ceil(bytes / 1_024)} KiB`;
  return bytes < 1_024 ** 3 ? `${(bytes / 1_024 ** 2).toFixed(1)} MiB` : `${(bytes / 1_024 ** 3).toFixed(1)} GiB`;
}

/**
 * A rate in the unit that gives it a digit before the point: `1,240/s`, `3.2/s`, `4/min`, `0/s`. Null: not known yet.
 * @param {number | null} perSecond
 */
export function rate(perSecond) {
  if (perSecond === null) return 'measuring';
  if (perSecond === 0) return '0/s';
  if (perSecond >= 10) return `${count(Math.round(perSecond))}/s`;
  if (perSecond >= 1) return `${perSecond.toFixed(1)}/s`;
  const perMinute = perSecond * 60;
  return perMinute >= 9.5 ? `${Math.round(perMinute)}/min` : `${Number(perMinute.toFixed(1))}/min`;
}

/**
 * `1 alarm`, `3 alarms`.
 * @param {number} number @param {string} noun @param {string} [plural]
 */
export const many = (number, noun, plural = `${noun}s`) => `${count(number)} ${number === 1 ? noun : plural}`;

/** `a`, `a and b`, `a, b and c`. @param {readonly string[]} names */
export const listed = (names) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;

/**
 * A remedy as words and commands: what stands between `type: ` and the end of its sentence is a command. Dots within addresses end nothing.
 * @param {string} remedy
 * @returns {{ text: string, command: boolean }[]}
 */
export function remedyParts(remedy) {
  return remedy
    .split(/(?<=\btype: )(.*?)(?=[.;](?:\s|$)|$)/)
    .flatMap((text, index) => (text === '' ? [] : [{ text, command: index % 2 === 1 }]));
}
