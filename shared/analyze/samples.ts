/** An end's captured outputs as facts with their moments: tables, counters, events, what is missing, what nobody could read. Called by build-case.ts. Pure. */
import type { BundleText, CapturedText } from '../bundle/bundle-text.ts';
import { limits } from '../limits.ts';
import type { CaptureFacts, LogEvent } from '../model/evidence.ts';
import type { Platform } from '../platforms/platform.ts';
import type { End, EndIndex, Instant, Quote, Sample } from './case.ts';
import type { AgentTime } from './clocks.ts';
import { type ClockSample, clockResolutionMs } from './device-clock.ts';
import { CaptureLines } from './quote.ts';

/** One output that a reader understood. */
export interface ReadCapture {
  readonly lines: CaptureLines;
  readonly at: Instant;
  readonly facts: CaptureFacts;
}

export interface EndSamples
  extends Pick<End, 'ipsec' | 'ike' | 'spis' | 'nhrp' | 'uptime' | 'configuration' | 'counters' | 'missing' | 'unread'> {
  readonly clocks: readonly ClockSample[];
  /** Of the event trace and the log buffer. */
  readonly events: readonly { readonly event: LogEvent; readonly from: ReadCapture }[];
  /** Sentences: outputs that were cut off, readers that failed. */
  readonly troubles: readonly string[];
  readonly unreadLeft: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

export function readSamples(end: EndIndex, bundle: BundleText, platform: Platform | null, agent: AgentTime): EndSamples {
  const found: Mutable<EndSamples> = {
    ipsec: [],
    ike: [],
    spis: [],
    nhrp: [],
    uptime: null,
    configuration: null,
    counters: [],
    missing: [],
    unread: [],
    clocks: [],
    events: [],
    troubles: [],
    unreadLeft: 0,
  };
  const counted = new Map<string, { first: number; last: number; quote: Quote }>();
  for (const capture of bundle.captures) {
    const lack = lackOf(capture);
    if (lack !== null) found.missing.push(lack);
    if (capture.entry.sent === null || (lack !== null && capture.text === '')) continue;
    const at = agent.instant(capture.entry.sent, capture.entry.tookMs);
    const lines = new CaptureLines(capture);
    const facts = platform === null ? null : factsOf(platform, capture, found);
    if (platform !== null && isClock(platform, capture)) readClock(platform, capture, agent, found);
    if (facts === null) continue;
    take(end, { lines, at, facts }, found, counted);
  }
  found.counters = [...counted].map(([name, count]) => ({ name, ...count }));
  return found;
}

/** Why it gave nothing, or not all; null: it ran to its prompt. */
function lackOf({ entry, text }: CapturedText): End['missing'][number] | null {
  const { command, status, detail, round } = entry;
  const about = `${command}${round === 'first' ? '' : ` (${round})`}`;
  if (status === 'ok' && (entry.file !== null || text !== '')) return null;
  const words: Record<typeof status, string> = {
    ok: 'its output was not kept',
    refused: 'refused',
    timeout: 'cut off, no answer in time',
    closed: 'cut off, the session was closed',
    'too-long': 'cut off, too long',
    skipped: 'not sent',
  };
  return { command: about, why: detail === null ? words[status] : `${words[status]}: ${detail}` };
}

/** Readers never throw by contract; a report of a hundred outputs is not lost for one that does. */
function factsOf(platform: Platform, capture: CapturedText, found: Mutable<EndSamples>): CaptureFacts | null {
  // What is no output is no table: "% Invalid input" says nothing about SAs.
  if (capture.entry.status === 'refused' || capture.entry.status === 'skipped') return null;
  try {
    return platform.evidence.capture(capture.entry.command, capture.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    found.troubles.push(`The reader of ${capture.entry.command} failed (${why}): its output was not looked at.`);
    return null;
  }
}

const isClock = (platform: Platform, { entry }: CapturedText): boolean =>
  entry.status === 'ok' && entry.command.trim() === platform.showClock;

function readClock(platform: Platform, capture: CapturedText, agent: AgentTime, found: Mutable<EndSamples>): void {
  const { sent, tookMs } = capture.entry;
  const clock = platform.parsers.clock(capture.text).value;
  if (clock === null || sent === null || !Number.isFinite(clock.localMs)) return;
  const sentMs = agent.agentMs(sent);
  found.clocks.push({ clock, resolutionMs: clockResolutionMs(clock.text), sentMs, doneMs: sentMs + Math.max(0, tookMs) });
}

function take(
  end: EndIndex,
  read: ReadCapture,
  found: Mutable<EndSamples>,
  counted: Map<string, { first: number; last: number; quote: Quote }>,
): void {
  const { lines, at, facts } = read;
  const { entry } = lines.capture;
  const sample = <T>(value: T): Sample<T> => ({
    at,
    round: entry.round,
    file: lines.capture.file ?? '',
    firstLine: lines.capture.firstLine,
    whole: entry.status === 'ok',
    value,
  });
  if (facts.ipsec !== null) found.ipsec.push(sample(facts.ipsec));
  if (facts.ike !== null) found.ike.push(sample(facts.ike));
  if (facts.spis !== null) found.spis.push(sample(facts.spis));
  if (facts.nhrp !== null) found.nhrp.push(sample(facts.nhrp));
  if (facts.uptime !== null) found.uptime = sample(facts.uptime);
  if (facts.configuration !== null) found.configuration = sample(facts.configuration);
  for (const [name, count] of Object.entries(facts.counters)) {
    const known = counted.get(name);
    if (known) known.last = count;
    else counted.set(name, { first: count, last: count, quote: lines.quote(end, lineWith(lines, name)) });
  }
  for (const event of facts.events.slice(0, limits.caseEventsMax)) found.events.push({ event, from: read });
  for (const line of facts.unread) {
    if (found.unread.length < limits.caseUnreadMax) found.unread.push(lines.quote(end, line.number));
    else found.unreadLeft++;
  }
}

const lineWith = ({ capture }: CaptureLines, name: string): number => {
  const index = capture.text.indexOf(name);
  return index === -1 ? 1 : capture.text.slice(0, index).split('\n').length;
};
