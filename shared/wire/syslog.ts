/**
 * The header of one syslog line as Cisco IOS and IOS XE really send it, with or without a relay's own header in front. Every form
 * of facts.md §2. Called for candidate lines, and for lines that a relay delivers. Never throws; linear in the line's length.
 */
import { digitsEnd, isSpace, skipSpaces, wordEnd } from './ascii.ts';
import { type IosStamp, readIosStamp } from './ios-timestamp.ts';
import { findToken, type MessageToken, readToken } from './message-token.ts';
import { isHostName, type RelayHeader, readRfc3164, readRfc5424 } from './relay-header.ts';

export interface SyslogHeader {
  /** The innermost PRI (the device's own, where a relay kept it); null when there is none. 0..191. */
  readonly pri: number | null;
  readonly facility: number | null;
  /** 0..7, of the PRI. */
  readonly severity: number | null;
  /** The counter next to the stamp: `service sequence-numbers` when on, else the count of messages to this logging host. */
  readonly sequence: number | null;
  /** All counters in front of the stamp, in order. */
  readonly counters: readonly number[];
  /** What the device calls itself (`logging origin-id`). */
  readonly hostname: string | null;
  /** Whom the relay says that it had the line from. */
  readonly relayHostname: string | null;
  readonly stamp: IosStamp | null;
  /** `CRYPTO` of `%CRYPTO-4-RECVD_PKT_INV_SPI`; null in a debug line. */
  readonly facilityName: string | null;
  readonly messageSeverity: number | null;
  readonly mnemonic: string | null;
  /** `%IOSXE-3-PLATFORM` around a message of a packet-processor: the names above are then those of the inner message. */
  readonly carrier: { readonly facilityName: string; readonly mnemonic: string; readonly text: string } | null;
  /** Text between what was understood of the header and the message: '' when all of it was. A console's prompt, an unknown form. */
  readonly unread: string;
  readonly body: string;
}

/** Enough for any real header: PRI, two counters, host, stamp, and the stray colons between them. */
const HEADER_ITEMS_MAX = 12;
const COUNTER_DIGITS_MAX = 10;
const HOST_CHARS_MAX = 256;
/** A stamp with the longest zone and its colon is shorter. */
const STAMP_CHARS_MAX = 96;

interface Parts {
  pri: number | null;
  relay: RelayHeader | null;
  counters: number[];
  hostname: string | null;
  stamp: IosStamp | null;
}

/** @param line one line without its LF; CR, NUL and spaces at its end are ignored. */
export function parseSyslog(line: string): SyslogHeader {
  const parts: Parts = { pri: null, relay: null, counters: [], hostname: null, stamp: null };
  const text = trimLineEnd(line);
  const outer = readPri(text, skipPadding(text));
  parts.pri = outer.pri;
  const relayed = readRelay(text, outer.end, parts);
  const at = readItems(relayed.text, relayed.at, parts);
  return finish(relayed.text, at, parts);
}

function trimLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= 32) end--;
  return end === line.length ? line : line.slice(0, end);
}

/** Spaces, NULs and a byte order mark in front. */
function skipPadding(text: string): number {
  let p = 0;
  while (text.charCodeAt(p) <= 32 || text.charCodeAt(p) === 0xfeff) p++;
  return p;
}

function readPri(text: string, at: number): { readonly pri: number | null; readonly end: number } {
  const end = digitsEnd(text, at + 1, 3);
  if (text[at] !== '<' || text[end] !== '>' || end === at + 1) return { pri: null, end: at };
  const pri = Number(text.slice(at + 1, end));
  return pri <= 191 ? { pri, end: end + 1 } : { pri: null, end: at };
}

/** The relay's header, if any, then a PRI that it may have kept, and the parts of the device's header that it took for its own fields. */
function readRelay(text: string, at: number, parts: Parts): { readonly text: string; readonly at: number } {
  const rfc5424 = readRfc5424(text, at);
  const relay = rfc5424 ?? readRfc3164(text, skipSpaces(text, at));
  if (relay === null) return { text, at };
  parts.relay = relay;
  const inner = readPri(text, skipSpaces(text, relay.end));
  if (inner.pri !== null) {
    parts.pri = inner.pri;
    return { text, at: inner.end };
  }
  return rfc5424 === null ? { text, at: skipTag(text, relay.end) } : { text: rejoin(text, relay), at: 0 };
}

/**
 * A relay that knows no Cisco takes the first word for the program's name (RFC 5424 APP-NAME): `91`, `*Oct`, `hub`, even
 * `%CRYPTO-4-RECVD_PKT_INV_SPI`. It is put back where it stood.
 */
function rejoin(text: string, relay: RelayHeader): string {
  const rest = text.slice(relay.end);
  const app = relay.appName;
  if (app === null) return rest;
  const bare = app.endsWith(':') ? app.slice(0, -1) : app;
  if (digitsEnd(bare, 0, COUNTER_DIGITS_MAX) === bare.length) return `${bare}: ${rest}`;
  if (app.startsWith('%')) return `${bare}: ${rest.startsWith(':') ? rest.slice(1) : rest}`;
  const dated = `${app} ${rest.slice(skipSpaces(rest, 0))}`;
  return readIosStamp(dated, 0) === null ? rest : dated;
}

/** `su[230]: `: a program's name with its process, never a Cisco host name. */
function skipTag(text: string, at: number): number {
  const end = wordEnd(text, at, HOST_CHARS_MAX);
  return text.slice(at, end).endsWith(']:') ? skipSpaces(text, end) : at;
}

/** Counters, host name, stamp, in whatever order they come, up to the message. Returns where the message, or what was not understood, begins. */
function readItems(text: string, from: number, parts: Parts): number {
  let p = from;
  // A label counts as the host name only once a stamp or a message follows: `ISAKMP: received` is no host.
  let label: { readonly name: string; readonly at: number } | null = null;
  for (let i = 0; i < HEADER_ITEMS_MAX; i++) {
    p = skipSeparators(text, p);
    if (text[p] === '%' && readToken(text, p) !== null) break;
    const counterEnd = counterAt(text, p);
    if (counterEnd !== null && parts.stamp === null) {
      parts.counters.push(Number(text.slice(p, counterEnd)));
      p = counterEnd + 1;
      continue;
    }
    const stamp = parts.stamp === null ? stampAt(text, p) : null;
    if (stamp !== null) {
      parts.stamp = stamp.stamp;
      p = stamp.end;
      continue;
    }
    const host: { readonly name: string; readonly end: number } | null =
      parts.hostname === null && label === null ? hostAt(text, p, parts.stamp !== null) : null;
    if (host === null) break;
    label = { name: host.name, at: p };
    p = host.end;
  }
  if (label === null) return p;
  if (parts.stamp === null && text[p] !== '%') return label.at;
  parts.hostname = label.name;
  return p;
}

/** Spaces, and colons that stand alone: `EDT: : %`, `: 2020 Mar`. */
function skipSeparators(text: string, at: number): number {
  let p = at;
  while (isSpace(text.charCodeAt(p)) || (text[p] === ':' && (isSpace(text.charCodeAt(p + 1)) || text[p + 1] === '%'))) p++;
  return p;
}

/** `179767: `; an IPv6 host name such as `2001:db8::1: ` is none. */
function counterAt(text: string, at: number): number | null {
  const end = digitsEnd(text, at, COUNTER_DIGITS_MAX);
  if (end === at || text[end] !== ':') return null;
  const next = text.charCodeAt(end + 1);
  return isSpace(next) || next === 42 /* * */ || next === 37 /* % */ ? end : null;
}

/** A stamp closed by a colon, or standing right before the message. */
function stampAt(text: string, at: number): { readonly stamp: IosStamp; readonly end: number } | null {
  const read = readIosStamp(text, at);
  if (read === null) return null;
  const p = skipSpaces(text, read.end);
  if (text[p] === ':') return { stamp: read.stamp, end: p + 1 };
  return text[p] === '%' && readToken(text, p) !== null ? { stamp: read.stamp, end: p } : null;
}

/** `mydevice.com %…`, `ASR920: `. After the stamp only right before the message: there `ISAKMP: ` begins a debug's text. */
function hostAt(text: string, at: number, afterStamp: boolean): { readonly name: string; readonly end: number } | null {
  const end = wordEnd(text, at, HOST_CHARS_MAX);
  const closed = text[end - 1] === ':';
  const name = text.slice(at, closed ? end - 1 : end);
  if (!isHostName(name)) return null;
  const next = skipSeparators(text, end);
  if (closed && !afterStamp) return { name, end };
  return text[next] === '%' && readToken(text, next) !== null ? { name, end: next } : null;
}

function finish(text: string, at: number, parts: Parts): SyslogHeader {
  const token = findToken(text, at);
  if (token === null) return header(parts, null, null, '', text.slice(at));
  const unread = token.start > at ? lateStamp(text, at, token, parts) : '';
  const body = bodyAfter(text, token);
  const inner = token.facilityName.startsWith('IOSXE') ? findToken(body, 0) : null;
  if (inner === null) return header(parts, token, null, unread, body);
  const carrier = { facilityName: token.facilityName, mnemonic: token.mnemonic, text: body.slice(0, inner.start).trimEnd() };
  return header(parts, inner, carrier, unread, bodyAfter(body, inner));
}

function bodyAfter(text: string, token: MessageToken): string {
  const p = skipSpaces(text, token.end);
  return text.slice(text[p] === ':' ? skipSpaces(text, p + 1) : p);
}

/**
 * Something unknown stands before the message: `hub#show cr*Mar 12 18:22:10.706: %…` on a console. The stamp is looked for close
 * to the message; what is in front of it is returned as unread.
 */
function lateStamp(text: string, at: number, token: MessageToken, parts: Parts): string {
  if (parts.stamp === null) {
    for (let p = Math.max(at, token.start - STAMP_CHARS_MAX); p < token.start; p++) {
      const trial: Parts = { ...parts, counters: [], hostname: null };
      if (stampAt(text, p)?.stamp.kind !== 'datetime' || readItems(text, p, trial) !== token.start) continue;
      parts.stamp = trial.stamp;
      parts.hostname ??= trial.hostname;
      return text.slice(at, p);
    }
  }
  return text.slice(at, token.start).trimEnd();
}

function header(
  parts: Parts,
  token: MessageToken | null,
  carrier: SyslogHeader['carrier'],
  unread: string,
  body: string,
): SyslogHeader {
  return {
    pri: parts.pri,
    facility: parts.pri === null ? null : parts.pri >> 3,
    severity: parts.pri === null ? null : parts.pri & 7,
    sequence: parts.counters.at(-1) ?? null,
    counters: parts.counters,
    hostname: parts.hostname,
    relayHostname: parts.relay?.hostname ?? null,
    stamp: parts.stamp,
    facilityName: token?.facilityName ?? null,
    messageSeverity: token?.severity ?? null,
    mnemonic: token?.mnemonic ?? null,
    carrier,
    unread,
    body,
  };
}
