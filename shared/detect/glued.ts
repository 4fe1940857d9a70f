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

/** PRIs tried as the start of one message: its own, a relay's in front, and one to spare. */
const PRI_TRIALS_MAX = 3;
/** `*Mar 12 2026 18:22:10.706 UTC+07:30: ` fits well. */
const STAMP_CHARS_MAX = 96;

export function cutMessages(line: string, messagesMax: number): { readonly messages: CutMessage[]; readonly dropped: number } {
  const spans = spansOf(line);
  const messages: CutMessage[] = [];
  let dropped = 0;
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
    const quoted = span.tokens[0] !== named && !carrier;
    messages.push({ text: line.slice(span.start, end), quoted, reachesLineEnd: end === line.length });
  }
  return { messages, dropped };
}

function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let regionStart = 0;
  for (let token = findToken(line, 0); token !== null; token = findToken(line, token.end)) {
    const current = spans.at(-1);
    const start = current === undefined ? firstStart(line, token) : laterStart(line, regionStart, token, current);
    if (start === null) current!.tokens.push(token);
    else spans.push({ start, tokens: [token] });
    regionStart = token.end;
  }
  return spans;
}

/** The line's own start, unless something that is no header stands before a later PRI. */
function firstStart(line: string, token: MessageToken): number {
  if (headerOf(line, 0, token).unread === '') return 0;
  return priStart(line, 0, token) ?? 0;
}

/** Null: the token belongs to the text of the message that is already there. */
function laterStart(line: string, regionStart: number, token: MessageToken, current: Span): number | null {
  const atPri = priStart(line, regionStart, token);
  if (atPri !== null) return atPri;
  // An applet's `action syslog msg "$_syslog_msg"` repeats our line, stamp and all, inside its own: an echo, not a second message.
  if (current.tokens[0]!.facilityName === 'HA_EM') return null;
  return stampStart(line, regionStart, token);
}

const headerOf = (line: string, start: number, token: MessageToken): SyslogHeader => parseSyslog(line.slice(start, token.end));

/** The earliest of the last few PRIs from which the header reads clean up to the token; else the last PRI; null without any. */
function priStart(line: string, from: number, token: MessageToken): number | null {
  const found: number[] = [];
  for (let at = token.start - 1; at >= from && found.length < PRI_TRIALS_MAX; at--) if (isPri(line, at)) found.unshift(at);
  for (const at of found) if (headerOf(line, at, token).unread === '') return at;
  return found.at(-1) ?? null;
}

function stampStart(line: string, from: number, token: MessageToken): number | null {
  const windowStart = Math.max(from, token.start - STAMP_CHARS_MAX);
  const header = headerOf(line, windowStart, token);
  return header.stamp === null ? null : line.indexOf(header.stamp.text, windowStart);
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
