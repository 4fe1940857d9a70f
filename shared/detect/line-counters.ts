/**
 * The numbers that IOS puts in front of a message: the count of messages to this logging host (`<188>179767: `) and, with
 * `service sequence-numbers`, the device's own (`000123: `); both stand in `<165>7433: ASR920: 007439: …`. Read from the bytes of every
 * line of the device (agent/evidence/counter-watch.ts), so the usual forms are not parsed; a relay's header in front is.
 */
import { limits } from '../limits.ts';
import { parseSyslog } from '../wire/syslog.ts';
import { lineText } from './line-text.ts';

export interface LineCounters {
  /** Left to right; one or two. */
  readonly numbers: readonly number[];
  /** The last one has leading zeros: `service sequence-numbers` pads to six digits, the message counter to none. */
  readonly padded: boolean;
  /** A PRI or a relay's header stood in front: the line was sent to a logging host. A terminal line has neither. */
  readonly sent: boolean;
}

const DIGITS_MAX = 10;
/** Of a host name between the two counters. */
const WORD_MAX = 64;
/** No counter stands further to the right than this, whatever relay headers are in front. */
const HEADER_BYTES_MAX = 512;

const [LT, GT, COLON, SPACE, STAR, PERCENT, ZERO, NINE] = [60, 62, 58, 32, 42, 37, 48, 57];
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** The line is `bytes[start..end)`. Null: it has none. */
export function readLineCounters(bytes: Buffer, start: number, end: number): LineCounters | null {
  const afterPri = skipPri(bytes, start, end);
  const first = counterAt(bytes, afterPri, end);
  if (first !== null) {
    const at = skipSpaces(bytes, first.end, end);
    const second = counterAt(bytes, at, end) ?? counterAt(bytes, skipWord(bytes, at, end), end);
    const sent = afterPri > start;
    return second === null
      ? { numbers: [first.number], padded: first.padded, sent }
      : { numbers: [first.number, second.number], padded: second.padded, sent };
  }
  return startsLikeRelay(bytes[afterPri]) ? parsed(bytes, start, end) : null;
}

/** A month, a year, the `1` of RFC 5424: worth a parse. A mark, a `%`, a bracket: the device's own text. */
const startsLikeRelay = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && ((byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)));

function parsed(bytes: Buffer, start: number, end: number): LineCounters | null {
  const text = lineText(bytes.subarray(start, Math.min(end, start + Math.min(HEADER_BYTES_MAX, limits.lineBytesMax))));
  const { counters, relayHostname, pri } = parseSyslog(text);
  if (counters.length === 0) return null;
  const last = counters.at(-1)!;
  const padded = text.includes(`${String(last).padStart(6, '0')}:`) && last < 100_000;
  return { numbers: counters.slice(0, 2), padded, sent: relayHostname !== null || pri !== null };
}

function skipPri(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== LT) return start;
  for (let p = start + 1; p < Math.min(end, start + 5); p++) if (bytes[p] === GT) return p + 1;
  return start;
}

/** `179767: `, `000123: *Mar`. */
function counterAt(bytes: Buffer, at: number, end: number): { number: number; padded: boolean; end: number } | null {
  let p = at;
  let number = 0;
  while (p < end && p - at < DIGITS_MAX && isDigit(bytes[p])) number = number * 10 + (bytes[p++]! - ZERO!);
  if (p === at || p + 1 >= end || bytes[p] !== COLON) return null;
  const next = bytes[p + 1];
  if (next !== SPACE && next !== STAR && next !== PERCENT) return null;
  return { number, padded: bytes[at] === ZERO && p - at > 1, end: p + 1 };
}

function skipSpaces(bytes: Buffer, at: number, end: number): number {
  let p = at;
  while (p < end && bytes[p] === SPACE) p++;
  return p;
}

/** `ASR920: `; where it is no such word, `end`: no counter stands there. */
function skipWord(bytes: Buffer, at: number, end: number): number {
  for (let p = at; p < Math.min(end, at + WORD_MAX); p++) {
    if (bytes[p] === SPACE) return end;
    if (bytes[p] === COLON && bytes[p + 1] === SPACE) return skipSpaces(bytes, p + 1, end);
  }
  return end;
}
