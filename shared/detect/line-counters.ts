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

const [LT, GT, COLON, SPACE, STAR, PERCENT, ZERO, NINE] = [60, 62, 58, 32, 42, 37, 48, 57] as const;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** The line is `bytes[start..end)`. Null: it has none. */
export function readLineCounters(bytes: Buffer, start: number, end: number): LineCounters | null {
  const reader = new LineCounterReader();
  if (!reader.read(bytes, start, end)) return null;
  const { first, second, padded, sent } = reader;
  return { numbers: second === null ? [first] : [first, second], padded, sent };
}

/** The same for a million lines: what it found stands in its fields until the next line, so that a line costs no object. */
export class LineCounterReader {
  first = 0;
  second: number | null = null;
  padded = false;
  sent = false;
  /** Of the counter that was read last. */
  #number = 0;
  #end = 0;

  /** False: the line has none. */
  read(bytes: Buffer, start: number, end: number): boolean {
    const afterPri = skipPri(bytes, start, end);
    if (!this.#counterAt(bytes, afterPri, end)) return startsLikeRelay(bytes[afterPri]) && this.#parsed(bytes, start, end);
    this.first = this.#number;
    this.sent = afterPri > start;
    const at = skipSpaces(bytes, this.#end, end);
    const hasSecond = this.#counterAt(bytes, at, end) || this.#counterAt(bytes, skipWord(bytes, at, end), end);
    this.second = hasSecond ? this.#number : null;
    return true;
  }

  /** `179767: `, `000123: *Mar`. */
  #counterAt(bytes: Buffer, at: number, end: number): boolean {
    let p = at;
    let number = 0;
    for (const last = Math.min(end, at + DIGITS_MAX); p < last; p++) {
      const digit = bytes[p]! - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    if (p === at || p + 1 >= end || bytes[p] !== COLON) return false;
    const next = bytes[p + 1];
    if (next !== SPACE && next !== STAR && next !== PERCENT) return false;
    this.#number = number;
    this.#end = p + 1;
    this.padded = bytes[at] === ZERO && p - at > 1;
    return true;
  }

  #parsed(bytes: Buffer, start: number, end: number): boolean {
    const text = lineText(bytes.subarray(start, Math.min(end, start + Math.min(HEADER_BYTES_MAX, limits.lineBytesMax))));
    const { counters, relayHostname, pri } = parseSyslog(text);
    const [first, second = null] = counters;
    if (first === undefined) return false;
    const last = counters.at(-1)!;
    this.first = first;
    this.second = second;
    this.padded = text.includes(`${String(last).padStart(6, '0')}:`) && last < 100_000;
    this.sent = relayHostname !== null || pri !== null;
    return true;
  }
}

/** A month, a year, the `1` of RFC 5424: worth a parse. A mark, a `%`, a bracket: the device's own text. */
const startsLikeRelay = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && ((byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)));

function skipPri(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== LT) return start;
  for (let p = start + 1; p < Math.min(end, start + 5); p++) if (bytes[p] === GT) return p + 1;
  return start;
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
