/**
 * `show monitor event-trace crypto [merged] all|latest|… [detail]`: each trace under its heading, one trace alone, or all of them merged with
 * the trace's name in each line. Shape: EventTrace in ../../model/event-trace.ts. An entry may run over lines, which bear no stamp.
 */
import type { EventTrace, TraceEntry } from '../../model/event-trace.ts';
import { type IosStamp, readIosStamp } from '../../wire/ios-timestamp.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines, PROMPT } from './output-lines.ts';
import { readEndsText, readSaText } from './sa-text.ts';

type Building = { -readonly [K in keyof TraceEntry]: TraceEntry[K] };

// pki_event:
// ikev2_internal_event:
// ipsec_exception:
const HEADING = /^\s*(?<name>[a-z][a-z0-9]{1,15}(?:_[a-z]{1,15}){1,3}):$/;
// Tracing currently disabled, from exec command
// Tracing currently disabled, from config
const OFF = /^\s*Tracing currently disabled, from (?<from>[a-z ]{1,40})$/;
// interrupt context allocation count = 0
const ALLOCATIONS = /^\s*interrupt context allocation count = (?<count>\d{1,10})$/;
// -Traceback= 1#3c677f5693d4a1da4989c9342fd445a2 :AAAACD000000+B371FD8  :AAAACD000000+6CA9C90
const TRACEBACK = /^\s*-Traceback= ?(?<trace>\S.{0,2000})$/;
// % Event trace is not enabled   /   No events   /   There is no entry in the trace
const NOTHING = /^\s*(?:%? ?(?:Event trace|No (?:event|trace|entr))|There (?:is|are) no)\b/i;
// IPSEC-EVENT:IPSEC-DELETE-SA:  SESSION ID:0, sa delete : (sa) …
// IKEv2-EVENT:…      pki_event: EST client initialized.                     merged
const TYPE = /^(?<type>[A-Z][A-Za-z0-9]{1,15}-(?:EVENT|ERROR|EXCEPTION|INTERNAL)(?:-EVENT)?(?::[A-Z][A-Z0-9-]{1,40})?): {0,4}/;
const TRACE = /^(?<trace>[a-z][a-z0-9]{1,15}(?:_[a-z]{1,15}){1,3}): {0,4}/;
const SESSION = /\bSESSION ID: ?(?<id>\d{1,10})\b/;
const ACTION = /\bsa (?<action>create|delete) : \(sa\)/;
// KMI Received: Crypto IKMP->IPSEC key engine:KEY_MGR_DELETE_SAS, loc: …
const KMI = /\bKMI (?<direction>Sent|Received): (?<from>[\w -]{1,40})->(?<to>[\w -]{1,40}):(?<type>[A-Z][A-Z0-9_]{2,60})/;
/** A certificate's text has some; a hostile file has a million. */
const MORE_LINES_MAX = 64;

export const parseEventTrace: Parser<EventTrace> = (output) => {
  const traces: { name: string; off: string | null }[] = [];
  const entries: Building[] = [];
  const unread: Line[] = [];
  let off: string | null = null;
  let interruptAllocations: number | null = null;
  let trace: string | null = null;
  let entry: Building | null = null;
  let more = 0;
  for (const line of dataLines(ownOutput(output))) {
    const stamped = stampOf(line.text);
    const heading = HEADING.exec(line.text)?.groups?.['name'];
    const from = OFF.exec(line.text)?.groups?.['from'];
    const count = ALLOCATIONS.exec(line.text)?.groups?.['count'];
    const traceback = TRACEBACK.exec(line.text)?.groups?.['trace'];
    if (stamped !== null) {
      entry = newEntry(line.number, stamped.stamp, trace, stamped.text);
      entries.push(entry);
      more = 0;
    } else if (heading !== undefined) {
      trace = heading;
      entry = null;
      traces.push({ name: heading, off: null });
    } else if (from !== undefined) {
      const last = traces.at(-1);
      if (last) last.off = from;
      else off = from;
    } else if (count !== undefined) interruptAllocations = Number(count);
    else if (traceback !== undefined && entry !== null) entry.traceback = traceback;
    else if (entry !== null && more < MORE_LINES_MAX) {
      more += 1;
      entry.message += `\n${line.text.trim()}`;
    } else if (!NOTHING.test(line.text)) unread.push(line);
  }
  return { value: { traces, off, entries: entries.map(finished), interruptAllocations }, unread };
};

/** A prompt behind the first entry ends the output: what follows in a pasted transcript is another command's. */
function ownOutput(output: string): string {
  const lines = output.split('\n');
  const first = lines.findIndex((line) => stampOf(line.trimEnd()) !== null);
  const end = first < 0 ? -1 : lines.findIndex((line, index) => index > first && PROMPT.test(line.trimEnd()));
  return end < 0 ? output : lines.slice(0, end).join('\n');
}

// *Apr  3 23:53:30.374: EST client initialized.
// Jun  9 13:08:59.391: Trustpoint- client:
function stampOf(text: string): { readonly stamp: IosStamp; readonly text: string } | null {
  const at = text.search(/\S/);
  const read = at < 0 ? null : readIosStamp(text, at);
  if (read === null || read.stamp.kind !== 'datetime' || text[read.end] !== ':') return null;
  return { stamp: read.stamp, text: text.slice(read.end + 1).trim() };
}

function newEntry(line: number, stamp: IosStamp, heading: string | null, text: string): Building {
  const merged = TRACE.exec(text);
  const rest = merged ? text.slice(merged[0].length) : text;
  const typed = TYPE.exec(rest);
  return {
    line,
    stamp,
    trace: merged?.groups?.['trace'] ?? heading,
    type: typed?.groups?.['type'] ?? null,
    message: typed ? rest.slice(typed[0].length) : rest,
    traceback: null,
    action: null,
    sa: null,
    sessionId: null,
    kmi: null,
    local: null,
    remote: null,
    localProxy: null,
    remoteProxy: null,
    localPort: null,
    remotePort: null,
    prot: null,
  };
}

/** Once all its lines are there. */
function finished(entry: TraceEntry): TraceEntry {
  const { message } = entry;
  const session = SESSION.exec(message)?.groups?.['id'];
  const action = ACTION.exec(message)?.groups?.['action'];
  const kmi = KMI.exec(message)?.groups;
  return {
    ...entry,
    ...(entry.type === null ? {} : readEndsText(message)),
    action: (action as TraceEntry['action']) ?? null,
    sa: readSaText(message),
    sessionId: session === undefined ? null : Number(session),
    kmi: kmi
      ? { direction: kmi['direction'] as 'Sent' | 'Received', from: kmi['from']!, to: kmi['to']!, type: kmi['type']! }
      : null,
  };
}
