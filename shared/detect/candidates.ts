/**
 * Finds the invalid-SPI message in chunks of lines: the bytes are searched for the anchor, and only lines that hold it are parsed
 * (dependencies.md §8, "Reading"). A message that a console wrapped over two or three lines is joined, across chunks too. Pure:
 * the caller keeps the WrapState and calls `flushCandidates` with the time. What cannot be read is returned with its reason.
 */
import { limits } from '../limits.ts';
import type { LineChunk, Trust } from '../model/observation.ts';
import { elapsedMs, type Monotonic, type Wall } from '../model/time.ts';
import { parseSyslog, type SyslogHeader } from '../wire/syslog.ts';
import { indexOfAnchor } from './anchor-search.ts';
import { type CutMessage, cutMessages } from './glued.ts';
import { type InvalidSpi, type InvalidSpiFault, invalidSpiAnchor, isInvalidSpi, readInvalidSpi } from './invalid-spi.ts';
import { lineText } from './line-text.ts';

/** How and when a line came. `at` and `wall` are those of the message's first bytes. */
export interface Arrival {
  readonly source: string;
  readonly trust: Trust;
  readonly from: string;
  readonly at: Monotonic;
  readonly wall: Wall;
  readonly backlog: boolean;
}

/** `quoted`: stands inside the text of another message (an applet's echo, a logged command). `not-the-message`: the anchor without a mnemonic of ours. */
export type UnreadableFault = InvalidSpiFault | 'quoted' | 'not-the-message';

interface CandidateBase extends Arrival {
  readonly header: SyslogHeader;
  /** The message as received, at most limits.candidateCharsMax characters; wrapped lines are joined by LF. */
  readonly raw: string;
}

export type Candidate =
  | (CandidateBase & { readonly kind: 'message'; readonly message: InvalidSpi })
  | (CandidateBase & { readonly kind: 'unreadable'; readonly fault: UnreadableFault; readonly detail: string });

/** An unfinished message, waiting for the next line of the same source and sender. */
interface Tail {
  readonly arrival: Arrival;
  readonly lines: readonly string[];
}

/** Plain data. */
export interface WrapState {
  readonly tails: Readonly<Record<string, Tail>>;
  /** Messages beyond limits.gluedMessagesMax in one line. */
  readonly gluedDropped: number;
}

export interface Found {
  readonly state: WrapState;
  readonly candidates: readonly Candidate[];
}

export const emptyWrapState: WrapState = { tails: {}, gluedDropped: 0 };

/** A console prints the rest of a message at once; what has not come by then does not come. */
export const wrapWaitMs = 500;

const LF = 10;

export function findCandidates(state: WrapState, chunk: LineChunk): Found {
  const key = `${chunk.source} ${chunk.from}`;
  const tail = state.tails[key];
  // The fast path, taken for nearly every chunk: one native search and nothing else.
  if (tail === undefined && indexOfAnchor(chunk.bytes) === -1) return { state, candidates: [] };
  const reader = new ChunkReader(chunk);
  let next = state;
  if (tail !== undefined) {
    reader.resume(tail);
    next = withoutTail(next, key);
  }
  reader.readAll();
  next = { tails: next.tails, gluedDropped: next.gluedDropped + reader.gluedDropped };
  if (reader.unfinished === null) return { state: next, candidates: reader.candidates };
  const kept = keepTail(next, key, reader.unfinished);
  return { state: kept.state, candidates: [...reader.candidates, ...kept.candidates] };
}

/** Gives up waiting for the rest of messages that began `wrapWaitMs` ago. Also called with a far future when a source closes. */
export function flushCandidates(state: WrapState, now: Monotonic): Found {
  let next = state;
  const candidates: Candidate[] = [];
  for (const [key, tail] of Object.entries(state.tails)) {
    if (elapsedMs(tail.arrival.at, now) < wrapWaitMs) continue;
    candidates.push(conclude(tail));
    next = withoutTail(next, key);
  }
  return { state: next, candidates };
}

/** When `flushCandidates` is next due; null when nothing waits. */
export function nextFlushAt(state: WrapState): Monotonic | null {
  let first: Monotonic | null = null;
  for (const { arrival } of Object.values(state.tails)) if (first === null || arrival.at < first) first = arrival.at;
  return first === null ? null : ((first + wrapWaitMs) as Monotonic);
}

function withoutTail(state: WrapState, key: string): WrapState {
  const { [key]: _gone, ...tails } = state.tails;
  return { ...state, tails };
}

/** Over the limit the oldest waiting message is concluded as it stands: it is not dropped. */
function keepTail(state: WrapState, key: string, tail: Tail): Found {
  const entries = Object.entries(state.tails);
  if (entries.length < limits.wrappedSendersMax)
    return { state: { ...state, tails: { ...state.tails, [key]: tail } }, candidates: [] };
  const [oldestKey, oldest] = entries.reduce((a, b) => (b[1].arrival.at < a[1].arrival.at ? b : a));
  const { tails } = withoutTail(state, oldestKey);
  return { state: { ...state, tails: { ...tails, [key]: tail } }, candidates: [conclude(oldest)] };
}

/** Walks the candidate lines of one chunk, in order. */
class ChunkReader {
  readonly candidates: Candidate[] = [];
  unfinished: Tail | null = null;
  gluedDropped = 0;
  readonly #bytes: Buffer;
  readonly #arrival: Arrival;
  #at = 0;

  constructor(chunk: LineChunk) {
    this.#bytes = chunk.bytes;
    const { source, trust, from, at, wall, backlog } = chunk;
    this.#arrival = { source, trust, from, at, wall, backlog };
  }

  resume(tail: Tail): void {
    this.#join(tail);
  }

  readAll(): void {
    for (;;) {
      const anchor = indexOfAnchor(this.#bytes, this.#at);
      if (anchor === -1) return;
      const lineStart = anchor === 0 ? 0 : Math.max(this.#at, this.#bytes.lastIndexOf(LF, anchor - 1) + 1);
      const line = this.#lineAt(lineStart);
      this.#at = line.next;
      this.#readLine(line.text);
    }
  }

  #lineAt(start: number): { readonly text: string; readonly next: number } {
    const end = this.#bytes.indexOf(LF, start);
    const stop = end === -1 ? this.#bytes.length : end;
    return {
      text: lineText(this.#bytes.subarray(start, Math.min(stop, start + limits.lineBytesMax))),
      next: end === -1 ? stop : end + 1,
    };
  }

  #readLine(text: string): void {
    const { messages, dropped } = cutMessages(text, limits.gluedMessagesMax);
    this.gluedDropped += dropped;
    if (messages.length === 0 && dropped === 0) this.candidates.push(notTheMessage(text, this.#arrival));
    for (const message of messages) this.#readMessage(message);
  }

  #readMessage(message: CutMessage): void {
    if (message.quoted) this.candidates.push(quoted(message.text, this.#arrival));
    else if (message.reachesLineEnd) this.#join({ arrival: this.#arrival, lines: [message.text] });
    else this.candidates.push(conclude({ arrival: this.#arrival, lines: [message.text] }));
  }

  /** Takes following lines while the message is unfinished and they can be its rest; without a following line it waits as `unfinished`. */
  #join(start: Tail): void {
    let tail = start;
    for (let wish = appetite(tail); wish !== 'done'; wish = appetite(tail)) {
      if (this.#at >= this.#bytes.length) {
        if (wish === 'peek') break;
        this.unfinished = tail;
        return;
      }
      const line = this.#lineAt(this.#at);
      if (!isRest(line.text)) break;
      const longer: Tail = { arrival: tail.arrival, lines: [...tail.lines, line.text] };
      if (wish !== 'hungry' && !readsOn(tail, longer, line.text)) break;
      this.#at = line.next;
      tail = longer;
    }
    this.candidates.push(conclude(tail));
  }
}

const bodyOf = (tail: Tail): string => {
  const [first, ...rest] = tail.lines;
  return [parseSyslog(first ?? '').body, ...rest].join('\n');
};

/**
 * What a message wants of the next line. `hungry`: it is not whole. `wary`: it is whole, but the last of several wrapped lines is
 * exactly as long as the ones before, so that the console may have broken an address right there (11.1.1.3|0). `peek`: whole, without an
 * interface: worth a look at a next line that is here already, never worth a wait.
 */
function appetite(tail: Tail): 'hungry' | 'wary' | 'peek' | 'done' {
  if (tail.lines.length >= limits.wrappedLinesMax) return 'done';
  // Spaces at the end count: the console filled the line with them.
  const lengths = tail.lines.map((line) => (line.endsWith('\r') ? line.length - 1 : line.length));
  if (lengths.reduce((sum, length) => sum + length, 0) > limits.candidateCharsMax) return 'done';
  const read = readInvalidSpi(bodyOf(tail));
  // A number that contradicts itself is whole; no further line heals it.
  if (!read.ok) return read.reason === 'spi-disagrees' ? 'done' : 'hungry';
  if (read.open) return 'hungry';
  if (lengths.length > 1 && lengths.every((length) => length === lengths[0])) return 'wary';
  return read.message.interface === null ? 'peek' : 'done';
}

/** The next line goes on inside the last word of a whole message: with the rest of the source address, or of the interface's name. */
function readsOn(tail: Tail, longer: Tail, rest: string): boolean {
  const before = readInvalidSpi(bodyOf(tail));
  const after = readInvalidSpi(bodyOf(longer));
  if (!before.ok || !after.ok) return false;
  if (after.message.src !== before.message.src) return RESUMES_ADDRESS.test(rest);
  if (before.message.interface === null) return after.message.interface !== null;
  return after.message.interface !== before.message.interface && RESUMES_NAME.test(rest);
}

//   0, input interface=Ethernet0/0
//   .1.3
const RESUMES_ADDRESS = /^[0-9a-fA-F.:]{1,39}\s*(,|$)/;
//   tEthernet0/0
const RESUMES_NAME = /^[A-Za-z0-9/.:_-]{1,64}\s*$/;

/** The next line can be the rest of a message: it has text, and no header of its own. */
function isRest(text: string): boolean {
  if (text.trim() === '') return false;
  const header = parseSyslog(text);
  const own = header.pri ?? header.stamp ?? header.mnemonic ?? header.relayHostname ?? header.sequence;
  return own === null;
}

function conclude(tail: Tail): Candidate {
  const header = parseSyslog(tail.lines[0] ?? '');
  const base = { ...tail.arrival, header: bounded(header), raw: kept(tail.lines.join('\n')) };
  if (!isInvalidSpi(header)) return { ...base, kind: 'unreadable', fault: 'not-the-message', detail: 'another message' };
  const read = readInvalidSpi(bodyOf(tail));
  if (read.ok) return { ...base, kind: 'message', message: read.message };
  return { ...base, kind: 'unreadable', fault: read.reason, detail: read.detail };
}

function notTheMessage(text: string, arrival: Arrival): Candidate {
  const base = { ...arrival, header: bounded(parseSyslog(text)), raw: kept(text) };
  return { ...base, kind: 'unreadable', fault: 'not-the-message', detail: `${invalidSpiAnchor} without the message` };
}

function quoted(text: string, arrival: Arrival): Candidate {
  const header = parseSyslog(text);
  const detail = `inside %${header.facilityName ?? ''}-${header.messageSeverity ?? ''}-${header.mnemonic ?? ''}`;
  return { ...arrival, header: bounded(header), raw: kept(text), kind: 'unreadable', fault: 'quoted', detail };
}

const kept = (text: string): string => text.slice(0, limits.candidateCharsMax);
const bounded = (header: SyslogHeader): SyslogHeader => ({ ...header, unread: kept(header.unread), body: kept(header.body) });
