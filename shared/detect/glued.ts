/**
 * Cuts one line into the system messages that stand in it: relays and full buffers glue messages without a newline, consoles put
 * them behind a prompt, and other messages quote ours. Called by candidates.ts for lines that hold the anchor. Linear.
 */
import { findToken, type MessageToken } from '../wire/message-token.ts';
import { parseSyslog, type SyslogHeader } from '../wire/syslog.ts';
import { isInvalidSpi } from './invalid-spi.ts';

/** One message of the line that names an invalid SPI: by its own mnemonic, or (`quoted`) inside the text of another message. */
export interface CutMessage {
  readonly text: string;
  readonly quoted: boolean;
  /** The message runs to the end of the line: a wrapped rest may follow on the next one. */
  readonly reachesLineEnd: boolean;
}

interface Span {
  readonly start: number;
  readonly tokens: MessageToken[];
}

/** Longer than any header with its relay's in front. */
const HEADER_CHARS_MAX = 1_024;
/** PRIs tried as the start of one message: its own, a relay's in front, and one to spare. */
const PRI_TRIALS_MAX = 3;
/** Of any kind, for each message of ours that is cut out: what lies behind so many in one line is counted, and not looked at one by one. */
const TOKENS_PER_MESSAGE = 2;
/** `*Mar 12 2026 18:22:10.706 UTC+07:30: ` fits well. */
const STAMP_CHARS_MAX = 96;

export function cutMessages(line: string, messagesMax: number): { readonly messages: CutMessage[]; readonly dropped: number } {
  const { spans, beyond } = spansOf(line, TOKENS_PER_MESSAGE * messagesMax);
  const messages: CutMessage[] = [];
  let dropped = beyond;
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i]!;
    const named = span.tokens.find(isInvalidSpi);
    if (named === undefined) continue;
    if (messages.length >= messagesMax) {
      dropped++;
      continue;
    }
    // No text of ours holds a `<`: a PRI behind the mnemonic is the next message, even one without a mnemonic (a debug line).
    const end = nextPri(line, named.end, spans[i + 1]?.start ?? line.length);
    const carrier = span.tokens[0]!.facilityName.startsWith('IOSXE') && span.tokens[1] === named;
    const quoted = (span.tokens[0] !== named && !carrier) || !isItsOwnHeader(line, span.start, span.tokens[0]!);
    messages.push({ text: line.slice(span.start, end), quoted, reachesLineEnd: end === line.length });
  }
  return { messages, dropped };
}

/**
 * All messages of one line, each as a line of its own, for readers of any message: shared/platforms/cisco/log-events. A message that is
 * only quoted is left out of the text that quotes it. A line without a message is one text. Stricter than `cutMessages`, whose findings are
 * corroborated on the device: only a PRI begins a further message, because a stamp alone can stand in a stranger's user name.
 */
export function cutLine(line: string, messagesMax: number): string[] {
  const spans = spansOf(line, TOKENS_PER_MESSAGE * messagesMax).spans.filter(({ start }, i) => i === 0 || line[start] === '<');
  if (spans.length === 0) return [line];
  const texts = spans.slice(0, messagesMax).map(({ start, tokens }, i) => {
    const [named] = tokens;
    if (!isItsOwnHeader(line, start, named!)) return line.slice(start, named!.start);
    return line.slice(start, nextPri(line, named!.end, spans[i + 1]?.start ?? line.length));
  });
  const before = line.slice(0, spans[0]!.start);
  return before.trim() === '' ? texts : [before, ...texts];
}

/** `beyond`: messages of ours behind the last token that was looked at. */
function spansOf(line: string, tokensMax: number): { readonly spans: Span[]; readonly beyond: number } {
  const spans: Span[] = [];
  let regionStart = 0;
  let looked = 0;
  let beyond = 0;
  const opening = openingOf(line);
  for (let token = findToken(line, 0); token !== null; token = findToken(line, token.end)) {
    looked += 1;
    if (looked > tokensMax) {
      if (isInvalidSpi(token)) beyond += 1;
      continue;
    }
    const current = spans.at(-1);
    const start =
      current === undefined ? firstStart(line, token, opening) : laterStart(line, regionStart, token, current, opening);
    if (start === null) current!.tokens.push(token);
    else spans.push({ start, tokens: [token] });
    regionStart = token.end;
  }
  return { spans, beyond };
}

/** The line's own start, unless something that is no header stands before a later PRI. */
function firstStart(line: string, token: MessageToken, opening: Opening): number {
  if (headerOf(line, 0, token).unread === '') return 0;
  return priStart(line, 0, token, opening) ?? 0;
}

/** Null: the token belongs to the text of the message that is already there. */
function laterStart(line: string, regionStart: number, token: MessageToken, current: Span, opening: Opening): number | null {
  const atPri = priStart(line, regionStart, token, opening);
  if (atPri !== null) return atPri;
  // An applet's `action syslog msg "$_syslog_msg"` repeats our line, stamp and all, inside its own: an echo, not a second message.
  if (current.tokens[0]!.facilityName === 'HA_EM') return null;
  return stampStart(line, regionStart, token, opening);
}

/** Some way past the token: a relay may have put its own fields behind it (RFC 5424, `%CRYPTO-…` taken for APP-NAME). */
const headerOf = (line: string, start: number, token: MessageToken): SyslogHeader =>
  parseSyslog(line.slice(start, token.end + HEADER_CHARS_MAX));

/** The earliest of the last few PRIs from which the header reads clean up to the token; else the last PRI; null without any. */
function priStart(line: string, from: number, token: MessageToken, opening: Opening): number | null {
  const found: number[] = [];
  for (let at = token.start - 1; at >= from && found.length < PRI_TRIALS_MAX; at--) if (isPri(line, at)) found.unshift(at);
  for (const at of found) {
    const header = headerOf(line, at, token);
    if (header.unread === '' && followsOn(opening(at), header)) return at;
  }
  return null;
}

function stampStart(line: string, from: number, token: MessageToken, opening: Opening): number | null {
  const windowStart = Math.max(from, token.start - STAMP_CHARS_MAX);
  const header = headerOf(line, windowStart, token);
  if (header.stamp === null) return null;
  const at = line.indexOf(header.stamp.text, windowStart);
  const own = headerOf(line, at, token);
  return own.unread === '' && followsOn(opening(from), own) ? at : null;
}

/** The header with which the line began, of what stands before `end`. */
type Opening = (end: number) => SyslogHeader;

/** Far into the line it is the same for every message. */
function openingOf(line: string): Opening {
  let whole: SyslogHeader | null = null;
  return (end) => {
    if (end < HEADER_CHARS_MAX) return parseSyslog(line.slice(0, end));
    whole ??= parseSyslog(line.slice(0, HEADER_CHARS_MAX));
    return whole;
  };
}

/** The counter of one message and of the next that got glued to it. */
const COUNTER_STEP_MAX = 1_000;

/**
 * Could `next` come from the device (or relay) that sent `first`? User names, IKE identities and the like are strangers' text inside
 * our device's lines: a whole message with a PRI can be written there, but hardly with our host's name and its running counter.
 */
function followsOn(first: SyslogHeader, next: SyslogHeader): boolean {
  const bare = first.pri === null && first.stamp === null && first.counters.length === 0;
  // A prompt, or the rest of a line whose beginning is lost: nothing to compare with.
  if (bare) return true;
  if ((first.pri === null) !== (next.pri === null)) return false;
  if (first.relayHostname !== null || next.relayHostname !== null)
    return first.relayHostname !== null && next.relayHostname !== null;
  if ((first.stamp === null) !== (next.stamp === null) || first.hostname !== next.hostname) return false;
  return (
    first.counters.length === next.counters.length &&
    next.counters.every((counter, i) => counter >= first.counters[i]! && counter - first.counters[i]! <= COUNTER_STEP_MAX)
  );
}

/** A prompt and half a command are the most that may stand in front of a message unread. */
const UNREAD_WORDS_MAX = 2;

/**
 * Text in front of the mnemonic that is no header makes the message a quotation (`…: ID FQDN name: %CRYPTO-4-…` in a debug line),
 * unless it is short and of an unknown form, or a console's line before a stamp.
 */
function isItsOwnHeader(line: string, start: number, token: MessageToken): boolean {
  const { unread, stamp, pri } = headerOf(line, start, token);
  if (unread === '') return true;
  const short = unread.trim().split(/\s+/, UNREAD_WORDS_MAX + 1).length <= UNREAD_WORDS_MAX;
  if (stamp === null) return short;
  const beforeStamp = line.slice(start, token.start).lastIndexOf(stamp.text) >= unread.length;
  return beforeStamp && (pri === null || short);
}

function nextPri(line: string, from: number, to: number): number {
  for (let at = line.indexOf('<', from); at !== -1 && at < to; at = line.indexOf('<', at + 1)) if (isPri(line, at)) return at;
  return to;
}

/** `<188>` */
function isPri(line: string, at: number): boolean {
  if (line[at] !== '<') return false;
  const close = line.slice(at + 1, at + 5).indexOf('>');
  return close > 0 && /^\d+$/.test(line.slice(at + 1, at + 1 + close)) && Number(line.slice(at + 1, at + 1 + close)) <= 191;
}
