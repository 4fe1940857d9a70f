/**
 * The events of one end on the axis: its log, its buffer and its traces put together, each event once, with the time its stamp or its
 * neighbours give. Called by build-case.ts. Pure, linear in the number of events.
 */
import type { BundleText } from '../bundle/bundle-text.ts';
import { limits } from '../limits.ts';
import type { LogEvent } from '../model/evidence.ts';
import type { IosStamp } from '../wire/ios-timestamp.ts';
import { parseSyslog } from '../wire/syslog.ts';
import type { Span } from './agent-clocks.ts';
import type { DatedEvent, EndIndex, Instant } from './case.ts';
import { type AgentTime, middleOf, stampInstant } from './clocks.ts';
import type { Anchor, DeviceTime } from './device-clock.ts';
import { quoteLog } from './quote.ts';
import type { ReadCapture } from './samples.ts';

export interface EventSources {
  readonly end: EndIndex;
  readonly bundle: BundleText;
  readonly agent: AgentTime;
  readonly device: DeviceTime;
  /** Of device.log, `line` counted in `bundle.log`. */
  readonly log: readonly LogEvent[];
  readonly captured: readonly { readonly event: LogEvent; readonly from: ReadCapture }[];
}

export interface EndEvents {
  readonly events: readonly DatedEvent[];
  /** Not looked at: beyond the limit. */
  readonly left: number;
}

/** Lines of several sources, and datagrams, overtake each other by less. */
const OVERTAKING_MS = 2_000;
/** Lines looked at on either side of one without a stamp. */
const NEIGHBOURS_MAX = 40;
/** A jump of the stamps with another mark is a clock that was set. */
const JUMP_MS = 10_000;
/** As many lines of noted arrival tell the zone of the stamps. */
export const ANCHORS_MAX = 32;

export function datedEvents(given: EventSources): EndEvents {
  const sources = { ...given, stamps: new Map<number, Instant | null>() };
  const { end, bundle, captured } = sources;
  const kept = sources.log.slice(0, limits.caseEventsMax);
  const eras = erasOf(kept, sources.device);
  const known = new KnownEvents();
  const events: DatedEvent[] = [];
  for (const [index, event] of kept.entries()) {
    if (isEcho(event, bundle) || known.has(event, event.line)) continue;
    known.add(event, event.line);
    const at = timeOf(event, sources, eras[index]!);
    events.push({ at, end, event, quote: quoteLog(end, bundle, event.line - 1, event.lines) });
  }
  let left = sources.log.length - kept.length;
  for (const { event, from } of captured) {
    if (isEcho(event, bundle) || known.has(event, null)) continue;
    if (events.length >= 2 * limits.caseEventsMax) {
      left++;
      continue;
    }
    known.add(event, null);
    const at = event.stamp === null ? null : stampInstant(sources.agent, sources.device, event.stamp);
    events.push({ at: notAfter(at, from.at), end, event, quote: from.lines.quote(end, event.line, event.lines) });
  }
  return { events: sorted(events), left };
}

/** By the middle of their intervals; those of the same file and without a time behind what stands before them. */
function sorted(events: readonly DatedEvent[]): DatedEvent[] {
  let last = Number.NEGATIVE_INFINITY;
  const keyed = events.map((dated, index) => {
    if (dated.at !== null) last = middleOf(dated.at);
    return { dated, index, key: dated.at === null ? last : middleOf(dated.at) };
  });
  keyed.sort((a, b) => a.key - b.key || a.index - b.index);
  return keyed.map(({ dated }) => dated);
}

/** What our own work leaves in a log (facts.md §2): our user's CONFIG_I. Messages of the event manager and of logins have no kind. */
function isEcho(event: LogEvent, { incident }: BundleText): boolean {
  const { user } = incident.device;
  return event.kind === 'configured' && typeof user === 'string' && event.detail['user'] === user;
}

/** What a buffer holds was logged before it was shown. */
function notAfter(at: Instant | null, shown: Instant): Instant | null {
  if (at === null || at.toMs <= shown.toMs || at.fromMs > shown.toMs) return at;
  return { ...at, toMs: shown.toMs };
}

/** Which setting of the clock an event's stamp belongs to: empty is the one at the end of the log, that `show clock` was read of. */
function erasOf(events: readonly LogEvent[], device: DeviceTime): readonly string[] {
  const eras: string[] = new Array(events.length).fill('');
  let later: { readonly readingMs: number; readonly mark: string } | null = null;
  let era = '';
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index]!;
    const readingMs = event.stamp === null || event.stamp.kind !== 'datetime' ? null : device.localMs(event.stamp);
    const mark = event.stamp?.mark ?? '';
    if (later !== null && readingMs !== null && mark !== later.mark && Math.abs(later.readingMs - readingMs) > JUMP_MS)
      era = `, before line ${event.line + 1}`;
    eras[index] = era;
    // Its own stamp is the new clock's. A clock that nobody sets begins anew with each start.
    const isBegun = event.kind === 'clock-changed' || (event.kind === 'restart' && mark !== '');
    if (isBegun) era = `, before line ${event.line}`;
    if (readingMs !== null) later = { readingMs, mark };
    if (isBegun) later = null;
  }
  return eras;
}

function timeOf(event: LogEvent, sources: EventSources & Stamps, era: string): Instant | null {
  const { agent, device } = sources;
  const dated = event.stamp === null ? null : stampInstant(agent, device, event.stamp, era);
  if (dated === null) return byNeighbours(event.line - 1, sources);
  if (era === '') return dated;
  // Before the clock was set: what it showed orders its own lines, and says nothing of when.
  return agent.onAxis(windowOf(sources), dated.clock, dated.atClockMs, dated.resolutionMs, false);
}

/** When the agent took its log in, on its own clock. */
export function windowOf({ agent, bundle }: Pick<EventSources, 'agent' | 'bundle'>): Span {
  const { from, to } = bundle.incident.log;
  return { fromMs: agent.agentMs(from), toMs: agent.agentMs(to) };
}

/** Between the stamps before and behind it, in order of arrival; without those, within the log's window. */
function byNeighbours(index: number, sources: EventSources & Stamps): Instant {
  const before = neighbour(index, -1, sources);
  const behind = neighbour(index, 1, sources);
  const { agent } = sources;
  const window = agent.onAxis(windowOf(sources), '', 0, 1, false);
  const fromMs = before === null ? window.fromMs : before.fromMs - OVERTAKING_MS;
  const toMs = behind === null ? window.toMs : behind.toMs + OVERTAKING_MS;
  const trusted = (before?.trusted ?? false) && (behind?.trusted ?? false);
  // A clock of its own: its place among other lines is the file's order.
  return {
    fromMs: Math.min(fromMs, toMs),
    toMs: Math.max(fromMs, toMs),
    trusted: trusted && fromMs <= toMs,
    clock: `line ${index + 1} of ${agent.end}`,
    atClockMs: 0,
    resolutionMs: 1,
  };
}

function neighbour(index: number, step: -1 | 1, sources: EventSources & Stamps): Instant | null {
  for (let at = index + step; Math.abs(at - index) <= NEIGHBOURS_MAX; at += step) {
    const line = sources.bundle.log[at];
    if (line === undefined) return null;
    const instant = stampedAt(at, line, sources);
    if (instant !== null) return instant;
  }
  return null;
}

/** Stamps of lines that are no events, read once: in a log without stamps each line has eighty neighbours. */
interface Stamps {
  readonly stamps: Map<number, Instant | null>;
}

function stampedAt(index: number, line: string, { agent, device, stamps }: EventSources & Stamps): Instant | null {
  const known = stamps.get(index);
  if (known !== undefined) return known;
  const { stamp } = parseSyslog(line.slice(0, limits.candidateCharsMax));
  const instant = stamp === null ? null : stampInstant(agent, device, stamp);
  stamps.set(index, instant);
  return instant;
}

/** Lines of which the agent noted the arrival: the message that opened the incident, and what its journal has of others. */
export function anchorsOf(
  bundle: BundleText,
  agent: AgentTime,
  read: (lines: readonly string[]) => readonly LogEvent[],
): Anchor[] {
  const noted: { readonly line: string; readonly arrivedMs: number }[] = [];
  const { event } = bundle.incident;
  if (event?.line != null) noted.push({ line: event.line, arrivedMs: agent.agentMs(event.arrived) });
  for (const line of bundle.journal) {
    if (noted.length >= ANCHORS_MAX) break;
    const sighting = sightingOf(line);
    if (sighting !== null) noted.push(sighting);
  }
  return noted.flatMap(({ line, arrivedMs }): Anchor[] => {
    const stamp = stampOf(line, read);
    return stamp === null || !Number.isFinite(arrivedMs) ? [] : [{ stamp, arrivedMs }];
  });
}

const stampOf = (line: string, read: (lines: readonly string[]) => readonly LogEvent[]): IosStamp | null =>
  read([line])[0]?.stamp ?? parseSyslog(line.slice(0, limits.candidateCharsMax)).stamp;

function sightingOf(line: string): { readonly line: string; readonly arrivedMs: number } | null {
  if (!line.includes('"sighting"') || line.length > limits.journalRecordBytesMax) return null;
  try {
    const record = JSON.parse(line) as { data?: { input?: { kind?: unknown; line?: unknown; wall?: unknown } } } | null;
    const input = record?.data?.input;
    if (input?.kind !== 'sighting' || typeof input.line !== 'string' || typeof input.wall !== 'number') return null;
    return { line: input.line, arrivedMs: input.wall };
  } catch {
    return null;
  }
}

/**
 * The same event by two ways: over two sources in one log, in the log and in the buffer that a command showed, in the event trace. Same kind,
 * same stamp as far as both print it, and nothing that differs.
 */
class KnownEvents {
  readonly #byKey = new Map<string, Known[]>();

  has(event: LogEvent, line: number | null): boolean {
    return this.#alike(event).some((one) => (line === null || one.line !== line) && sameEvent(one.event, event));
  }

  add(event: LogEvent, line: number | null): void {
    const second = secondOf(event);
    if (second === null) return;
    for (const key of [`${second} ${event.spis.join()}`, `${second} any`]) {
      const known = this.#byKey.get(key);
      if (known === undefined) this.#byKey.set(key, [{ event, line }]);
      else if (known.length < KNOWN_IN_SECOND_MAX) known.push({ event, line });
    }
  }

  /** One that names no SPI may be any of its second's; one that does, those that name the same, or none. */
  #alike(event: LogEvent): readonly Known[] {
    const second = secondOf(event);
    if (second === null) return [];
    const of = (key: string): readonly Known[] => this.#byKey.get(`${second} ${key}`) ?? [];
    return event.spis.length === 0 ? of('any') : [...of(event.spis.join()), ...of('')];
  }
}

interface Known {
  readonly event: LogEvent;
  readonly line: number | null;
}

/** Compared with each other; a storm has thousands in one second. */
const KNOWN_IN_SECOND_MAX = 64;

function secondOf({ kind, stamp }: LogEvent): string | null {
  if (stamp === null || stamp.kind !== 'datetime' || stamp.timeOfDayMs === null) return null;
  return `${kind} ${stamp.month} ${stamp.day} ${Math.floor(stamp.timeOfDayMs / 1_000)}`;
}

function sameEvent(a: LogEvent, b: LogEvent): boolean {
  if (a.kind !== b.kind || a.stamp === null || b.stamp === null) return false;
  const stepMs = Math.max(a.stamp.resolutionMs, b.stamp.resolutionMs);
  const floor = (stamp: IosStamp): number => Math.floor((stamp.timeOfDayMs ?? 0) / stepMs);
  if (floor(a.stamp) !== floor(b.stamp)) return false;
  // A filter (`show logging | include …`) leaves the first line of an event alone: it names less, and nothing else.
  return (
    agree(a.spis.join(), b.spis.join(), '') &&
    agree(a.src, b.src, null) &&
    agree(a.dst, b.dst, null) &&
    agree(a.peer, b.peer, null) &&
    agree(a.ike, b.ike, null)
  );
}

const agree = <T>(a: T, b: T, unsaid: T): boolean => a === b || a === unsaid || b === unsaid;
