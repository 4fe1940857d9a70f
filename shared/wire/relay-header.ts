/**
 * The header that a relay writes in front of a device's line: RFC 5424 in full, or the TIMESTAMP and HOSTNAME of RFC 3164
 * (rsyslog's TraditionalForwardFormat, ForwardFormat with an ISO stamp, util-linux logger). Called by wire/syslog.ts. Linear.
 */
import { digitsEnd, isDigit, isSpace, skipSpaces, wordEnd } from './ascii.ts';
import { readDate, readTimeOfDay } from './ios-timestamp.ts';

export interface RelayHeader {
  /** As the relay spells it; null for RFC 5424's NILVALUE. */
  readonly hostname: string | null;
  /** The relay's own time: says nothing about the device's clock. */
  readonly stampText: string | null;
  /** APP-NAME of RFC 5424; null elsewhere. */
  readonly appName: string | null;
  /** Where the device's line begins. */
  readonly end: number;
}

/** RFC 5424 §6: HOSTNAME has at most 255 characters; no other field of the header is longer. */
const FIELD_CHARS_MAX = 255;

/** `1 2026-11-22T03:10:04.003Z relay app procid msgid [id a="b"] msg`; null when it is not of that form. */
export function readRfc5424(text: string, at: number): RelayHeader | null {
  const versionEnd = digitsEnd(text, at, 3);
  if (versionEnd === at || text[at] === '0' || text[versionEnd] !== ' ') return null;
  const fields: string[] = [];
  let p = versionEnd;
  for (let i = 0; i < 5; i++) {
    const start = p + 1;
    if (text[p] !== ' ') return null;
    p = wordEnd(text, start, FIELD_CHARS_MAX);
    if (p === start) return null;
    fields.push(text.slice(start, p));
  }
  const [stamp, hostname, appName] = fields as [string, string, string];
  if (stamp !== '-' && !isIsoStamp(stamp)) return null;
  if (text[p] !== ' ' && p < text.length) return null;
  const end = skipStructuredData(text, p + 1);
  return {
    hostname: hostname === '-' ? null : hostname,
    stampText: stamp === '-' ? null : stamp,
    appName: appName === '-' ? null : appName,
    end: skipByteOrderMark(text, end),
  };
}

/** Behind `-` or the SD-ELEMENTs and the space after them. What is no structured data is taken as the message itself: nothing is lost. */
function skipStructuredData(text: string, at: number): number {
  if (text[at] === '-' && (text[at + 1] === ' ' || at + 1 >= text.length)) return Math.min(text.length, at + 2);
  let p = at;
  while (text[p] === '[') {
    const end = elementEnd(text, p);
    if (end === null) return at;
    p = end;
  }
  return p > at && text[p] === ' ' ? p + 1 : Math.min(p, text.length);
}

/** `[id name="va\"l\\u\]e" …]`: in a value only `"`, `\` and `]` are escaped, and a bare bracket or quote ends nothing. */
function elementEnd(text: string, at: number): number | null {
  let inValue = false;
  for (let p = at + 1; p < text.length; p++) {
    const c = text[p];
    if (inValue) {
      if (c === '\\') p++;
      else if (c === '"') inValue = false;
    } else if (c === '"') inValue = true;
    else if (c === ']') return p + 1;
  }
  return null;
}

const skipByteOrderMark = (text: string, at: number): number =>
  text.charCodeAt(at) === 0xfeff ? at + 1 : text.startsWith('\u00ef\u00bb\u00bf', at) ? at + 3 : at;

/**
 * `Oct 24 04:31:10 relay `, `2026-11-22T03:10:04.003+01:00 relay `. The word after the time must not end in a colon: that would
 * be the zone of an IOS stamp (`Oct 24 04:31:10 EDT: %…`).
 */
export function readRfc3164(text: string, at: number): RelayHeader | null {
  const stampEnd = bsdStampEnd(text, at) ?? isoStampEnd(text, at);
  if (stampEnd === null || text[stampEnd] !== ' ') return null;
  const hostStart = skipSpaces(text, stampEnd);
  const hostEnd = wordEnd(text, hostStart, FIELD_CHARS_MAX);
  if (hostEnd === hostStart || !isSpace(text.charCodeAt(hostEnd)) || text[hostEnd - 1] === ':') return null;
  const hostname = text.slice(hostStart, hostEnd);
  return isHostName(hostname)
    ? { hostname, stampText: text.slice(at, stampEnd), appName: null, end: skipSpaces(text, hostEnd) }
    : null;
}

function bsdStampEnd(text: string, at: number): number | null {
  const date = readDate(text, at);
  return date === null ? null : (readTimeOfDay(text, date.end)?.end ?? null);
}

function isoStampEnd(text: string, at: number): number | null {
  const end = wordEnd(text, at, 40);
  return isIsoStamp(text.slice(at, end)) ? end : null;
}

/** RFC 3339: `2026-11-22T03:10:04`, a fraction or none, `Z` or an offset. */
function isIsoStamp(word: string): boolean {
  if (word.length < 19 || word.length > 40 || word[4] !== '-' || word[7] !== '-' || word[10] !== 'T') return false;
  if (digitsEnd(word, 0, 4) !== 4 || digitsEnd(word, 5, 2) !== 7 || digitsEnd(word, 8, 2) !== 10) return false;
  return isDigit(word.charCodeAt(11)) && readTimeOfDay(word, 11) !== null;
}

/** Names and addresses as devices and relays print them: dotted, IPv6, underscores and all. */
export function isHostName(word: string): boolean {
  if (word.length === 0 || word.length > FIELD_CHARS_MAX) return false;
  for (let p = 0; p < word.length; p++) {
    const code = word.charCodeAt(p);
    const plain = (code >= 45 && code <= 58) || code === 95 || code === 64; // - . / 0-9 : _ @
    if (!plain && !(code >= 65 && code <= 90) && !(code >= 97 && code <= 122) && code < 128) return false;
  }
  return true;
}
