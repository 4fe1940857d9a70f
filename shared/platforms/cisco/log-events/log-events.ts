/**
 * Lines of a device's log (syslog with any header of facts.md §2, a console's, a buffer's) as events: which device said what, when. A small
 * state machine over the lines, because messages are wrapped and debugs spread one event over several lines. Pure, never throws, linear.
 * Called through `Platform.evidence` and by `spitrap parse log`.
 */
import { cutLine } from '../../../detect/glued.ts';
import { limits } from '../../../limits.ts';
import type { LogEvent } from '../../../model/evidence.ts';
import { parseSyslog, type SyslogHeader } from '../../../wire/syslog.ts';
import { parseEventTrace } from '../event-trace.ts';
import { addressOf, type Draft, draft, spiOf } from './draft.ts';
import { ikev2Drafts, payloadDrafts } from './ikev2.ts';
import { ipsecDrafts, OPENS_BLOCK, SA_WORDS } from './ipsec.ts';
import { isakmpDrafts } from './isakmp.ts';
import { LogMemory } from './memory.ts';
import { clearedBy, messageDraft } from './messages.ts';
import { traceEvents } from './trace-events.ts';

/** A line without any of these says nothing here, unless it goes on with what another began. */
const MAY_SAY = /%[A-Za-z]|ISAKMP|IPSEC|IKEv2|sa_|\(sa\)|SA from|has spi|bring down|NOTIFY\(I|# ?cle/;
// HQ#clear cry sa peer 11.1.1.3             typed on the console whose log this is
const TYPED = /^\s*[A-Za-z0-9][\w.:/-]{0,62}# ?(?<command>cle(?:a|ar)? cry[a-z]{0,3} \S.{0,150})$/;
// inbound SA from 11.1.1.3 to 213.163.222.7 (f/i)  0/ 0
// has spi 0x68842105 and conn_id 0
const FROM_TO = /^(?:inbound|outbound) SA from (?<src>[0-9A-Fa-f:.]{2,45}) to (?<dst>[0-9A-Fa-f:.]{2,45})(?:\s|$)/;
// ISAKMP: (1003):        inbound SA from …
const PREFIXED = /^ISAKMP(?:-[A-Z]{2,8})? {0,2}:? {0,2}(?:\([\w:]{1,24}\))? {0,2}:? {0,2}/;
const HAS_SPI = /^has (?:client )?spi {1,2}(?<spi>(?:0x)?[0-9A-Fa-f]{1,8}) and conn_id/;
/** Without a stamp in front, what begins a message of its own. */
const STARTS_DEBUG = /^(?:ISAKMP|IPSEC ?\(|IPSEC-[A-Z]|IKEv2|crypto[_ ]|CRYPTO|NHRP|EIGRP|OSPF|BGP|AAA|RADIUS|PKI)/;
// IPSEC-EVENT:IPSEC-DELETE-SA:  SESSION ID:0, sa delete : (sa) …           an entry of an event trace
const TRACE = /^(?:[a-z][a-z0-9]{1,15}(?:_[a-z]{1,15}){1,3}: {0,4})?IPSEC-[A-Z]{2,12}:/;

interface Piece {
  /** From 1. */
  readonly line: number;
  lines: number;
  readonly header: SyslogHeader;
  /** What follows the header; further lines joined by LF. */
  body: string;
  text: string;
}

export function readLogEvents(lines: readonly string[]): LogEvent[] {
  const reader = new LogReader();
  for (const [index, line] of lines.entries()) reader.line(line, index + 1);
  return reader.end();
}

class LogReader {
  readonly #events: LogEvent[] = [];
  readonly #memory = new LogMemory();
  /** The message that lines without a header go on with. */
  #open: Piece | null = null;
  /** The block of an SA whose words may stand among other lines. */
  #block: Piece | null = null;
  /** Other lines since the block's last. */
  #between = 0;
  /** `inbound SA from A to B`, until its SPI comes. */
  #flow: { readonly src: string; readonly dst: string } | null = null;

  line(raw: string, number: number): void {
    const text = raw.length > limits.candidateCharsMax ? raw.slice(0, limits.candidateCharsMax) : raw;
    // Blank lines end nothing: IOS puts them into its debugs.
    if (text.trim() === '') return;
    if (MAY_SAY.test(text)) for (const piece of piecesOf(text, number)) this.#piece(piece);
    else if (this.#open !== null || this.#block !== null) this.#other(text, number);
  }

  /** It says nothing by itself: the rest of a wrapped message, or another message. */
  #other(text: string, number: number): void {
    const header = parseSyslog(text);
    if (header.stamp === null && header.mnemonic === null && !STARTS_DEBUG.test(header.body)) this.#rest(header.body, number);
    else this.#interrupt();
  }

  /** Another message than the open ones. */
  #interrupt(): void {
    this.#close();
    if (this.#block !== null && ++this.#between > limits.wrappedLinesMax) this.#closeBlock();
  }

  end(): LogEvent[] {
    this.#close();
    this.#closeBlock();
    // A block ends later than the lines that came in between.
    return this.#events.sort((a, b) => a.line - b.line);
  }

  #piece(piece: Piece): void {
    const { header, body } = piece;
    if (this.#block !== null && SA_WORDS.test(body)) {
      extend(this.#block, piece.text, body, piece.line);
      this.#between = 0;
      return;
    }
    if (header.stamp === null && header.mnemonic === null && !STARTS_DEBUG.test(body)) {
      this.#rest(body, piece.line);
      return;
    }
    this.#interrupt();
    if (OPENS_BLOCK.test(body)) {
      this.#closeBlock();
      this.#block = piece;
      this.#between = 0;
    } else this.#open = piece;
  }

  /** A line without header and prefix: of the block, of the open message, or a person's. */
  #rest(text: string, number: number): void {
    const typed = TYPED.exec(text.trimEnd())?.groups?.['command'];
    if (typed !== undefined) {
      this.#close();
      this.#push({ line: number, lines: 1, header: parseSyslog(''), body: text, text }, [clearedBy(typed, undefined)]);
    } else if (this.#block !== null && SA_WORDS.test(text)) extend(this.#block, text, text, number);
    else if (this.#open !== null) {
      if (number - this.#open.line <= limits.logContinuationLinesMax) extend(this.#open, text, text, number);
      else this.#close();
    }
  }

  #close(): void {
    const piece = this.#open;
    this.#open = null;
    if (piece !== null) this.#push(piece, this.#drafts(piece));
  }

  #closeBlock(): void {
    const piece = this.#block;
    this.#block = null;
    if (piece !== null) this.#push(piece, ipsecDrafts(piece.body) ?? []);
  }

  #drafts(piece: Piece): readonly Draft[] {
    const { header, body } = piece;
    if (header.mnemonic !== null) {
      const found = messageDraft(header, body);
      return found === null ? [] : [found];
    }
    // Text in front of a debug's own prefix makes it a quotation.
    if (header.unread !== '') return [];
    const trace = header.stamp === null ? null : traced(piece);
    if (trace !== null) return trace;
    const drafts =
      isakmpDrafts(body, this.#memory) ??
      ikev2Drafts(body, this.#memory) ??
      ipsecDrafts(body) ??
      payloadDrafts(body, this.#memory);
    return [...drafts, ...this.#flowDrafts(piece)];
  }

  /** `Creating IPSec SAs`: who, then the SPI, for each direction; under one stamp or each under its own. */
  #flowDrafts({ body }: Piece): Draft[] {
    const found: Draft[] = [];
    for (const line of body.split('\n')) {
      const bare = line.replace(PREFIXED, '').trim();
      const flow = FROM_TO.exec(bare)?.groups;
      if (flow) this.#flow = { src: flow['src']!, dst: flow['dst']! };
      const spi = this.#flow === null ? undefined : HAS_SPI.exec(bare)?.groups?.['spi'];
      if (spi === undefined || this.#flow === null) continue;
      found.push(createdOf(spi, this.#flow));
      this.#flow = null;
    }
    return found;
  }

  #push(piece: Piece, drafts: readonly Draft[]): void {
    for (const one of drafts)
      this.#events.push({
        ...one,
        line: piece.line,
        lines: piece.lines,
        text: piece.text.slice(0, limits.quoteCharsMax),
        stamp: piece.header.stamp,
      });
  }
}

/** Messages glued into one line are pieces of their own; what a message quotes is not. */
const piecesOf = (line: string, number: number): Piece[] =>
  cutLine(line, limits.gluedMessagesMax).map((text) => {
    const header = parseSyslog(text);
    return { line: number, lines: 1, header, body: header.body, text };
  });

function extend(piece: Piece, text: string, body: string, line: number): void {
  piece.lines = Math.max(piece.lines, line - piece.line + 1);
  if (piece.body.length > limits.candidateCharsMax) return;
  piece.text += `\n${text.trimEnd()}`;
  piece.body += `\n${body}`;
}

function traced({ header, body, line }: Piece): readonly Draft[] | null {
  if (!TRACE.test(body)) return null;
  const { entries } = parseEventTrace(`${header.stamp!.text}: ${body}`).value;
  return traceEvents(entries.map((entry) => ({ ...entry, line })));
}

function createdOf(spi: string, { src, dst }: { readonly src: string; readonly dst: string }): Draft {
  return draft('sa-created', { spis: spiOf(spi), src: addressOf(src), dst: addressOf(dst) });
}
