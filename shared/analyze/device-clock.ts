/**
 * A head-end's own clock against its agent's: by each `show clock`, the zone included, since its reading is compared with UTC directly. Turns
 * stamps into moments of the agent's clock, as wide as they are uncertain. Called by clocks.ts. Pure.
 */
import type { DeviceClock } from '../platforms/platform.ts';
import { type IosStamp, localMsOf } from '../wire/ios-timestamp.ts';
import type { Span } from './agent-clocks.ts';

/** One `show clock`. It was printed between `sentMs` and `doneMs` of the agent's clock. */
export interface ClockSample {
  readonly clock: DeviceClock;
  readonly resolutionMs: number;
  readonly sentMs: number;
  readonly doneMs: number;
}

/** A line whose arrival the agent noted: its stamp is not later than that. */
export interface Anchor {
  readonly stamp: IosStamp;
  readonly arrivedMs: number;
}

export interface StampMoment {
  /** On the agent's clock. */
  readonly span: Span;
  readonly trusted: boolean;
  readonly clock: 'device' | 'uptime';
  /** The clock's own reading: local milliseconds, or since the start. */
  readonly readingMs: number;
  readonly resolutionMs: number;
}

/** A free-running clock of a router gains or loses less. */
export const DRIFT_PER_MS = 1e-4;
/** Moments are written in whole milliseconds. */
const ROUNDING_MS = 1;
/** Without `show clock`: between a stamp and its line's arrival. */
const ARRIVAL_LAG_MS = 60_000;
const QUARTER_MS = 15 * 60_000;
const ZONE_MAX_MS = 14 * 3_600_000;
/** How far clocks may be apart for their difference still to name the zone. */
const ZONE_DOUBT_MS = 2 * 60_000;
const YEAR_MS = 366 * 86_400_000;

/** Step of the last printed digit: `show clock` prints milliseconds, old releases seconds. */
export function clockResolutionMs(text: string): number {
  const fraction = /\d:\d\d:\d\d(?:\.(\d{1,9}))?/.exec(text)?.[1];
  return fraction === undefined ? 1_000 : Math.max(1, 10 ** (3 - fraction.length));
}

interface Zone {
  /** Added to a stamp, it is what `show clock` would have printed. Several: it cannot be told which. */
  readonly shiftsMs: readonly number[];
  /** Neither the clock's zone nor UTC. */
  readonly odd: boolean;
}

export interface DeviceClockEvidence {
  readonly samples: readonly ClockSample[];
  readonly anchors: readonly Anchor[];
  /** On the agent's clock: when the device had started. */
  readonly started: Span | null;
  /** When the agent took the log in. */
  readonly window: Span;
}

export class DeviceTime {
  readonly #samples: readonly ClockSample[];
  readonly #evidence: DeviceClockEvidence;
  readonly #zones = new Map<string, Zone>();
  /** Zones of stamps that are neither the clock's nor UTC, as printed. */
  readonly oddZones = new Set<string>();

  constructor(evidence: DeviceClockEvidence) {
    this.#samples = [...evidence.samples].sort((a, b) => a.sentMs - b.sentMs);
    this.#evidence = evidence;
  }

  get samples(): readonly ClockSample[] {
    return this.#samples;
  }

  /** Device minus agent, at that moment of the agent's clock; null without `show clock`. */
  offsetAt(agentMs: number): (Span & { readonly stepped: boolean }) | null {
    const spans = this.#samples.map((sample) => ({ sample, span: widened(offsetSpan(sample), driftSince(sample, agentMs)) }));
    if (spans.length === 0) return null;
    const fromMs = Math.max(...spans.map(({ span }) => span.fromMs));
    const toMs = Math.min(...spans.map(({ span }) => span.toMs));
    if (fromMs <= toMs) return { fromMs, toMs, stepped: false };
    // The clock was set in between: what is before the first reading goes by it, what is after the last by that.
    const before = spans.filter(({ sample }) => sample.doneMs <= agentMs).at(-1);
    const behind = spans.find(({ sample }) => sample.sentMs >= agentMs);
    if (before && behind) return { ...hull([before.span, behind.span]), stepped: true };
    return { ...(before ?? behind ?? spans[0]!).span, stepped: true };
  }

  /** Null: the stamp says nothing about time. */
  momentOf(stamp: IosStamp): StampMoment | null {
    return stamp.kind === 'uptime' ? this.#ofUptime(stamp) : this.#ofDate(stamp);
  }

  /** The stamp's own reading, in the zone of its kind: for lines of the same device. A missing year is the one that fits. */
  localMs(stamp: IosStamp): number | null {
    if (stamp.localMs !== null) return stamp.localMs;
    const { month, day, timeOfDayMs } = stamp;
    if (month === null || day === null || timeOfDayMs === null) return null;
    const near = this.#localNowMs();
    const year = new Date(near).getUTCFullYear();
    const readings = [year - 1, year, year + 1].flatMap((one) => localMsOf(one, month, day, timeOfDayMs) ?? []);
    return readings.length === 0 ? null : readings.reduce((a, b) => (Math.abs(b - near) < Math.abs(a - near) ? b : a));
  }

  #localNowMs(): number {
    return this.#samples.at(-1)?.clock.localMs ?? this.#evidence.window.toMs;
  }

  #ofDate(stamp: IosStamp): StampMoment | null {
    const localMs = this.localMs(stamp);
    if (localMs === null) return null;
    const about = { clock: 'device' as const, resolutionMs: stamp.resolutionMs };
    const zone = this.#zoneOf(stamp);
    const shifts = zone?.shiftsMs ?? [];
    const spans = shifts.flatMap((shiftMs) => this.#agentSpan(localMs + shiftMs, stamp.resolutionMs) ?? []);
    const readingMs = localMs + (shifts[0] ?? 0);
    if (spans.length === 0) {
      const span = this.#byArrival(localMs, stamp);
      return { ...about, readingMs, span, trusted: false };
    }
    const trusted =
      stamp.mark === '' && spans.length === 1 && !spans[0]!.stepped && this.#samples.every((one) => one.clock.mark === '');
    return { ...about, readingMs, span: hull(spans), trusted };
  }

  #agentSpan(localMs: number, resolutionMs: number): (Span & { stepped: boolean }) | null {
    const first = this.#samples[0];
    if (first === undefined) return null;
    // Near enough to know which offset counts; what drift does to the choice is less than a millisecond.
    const guess = localMs - (first.clock.localMs - first.sentMs);
    const offset = this.offsetAt(guess);
    if (offset === null) return null;
    // The last printed digit is cut, not rounded.
    const fromMs = localMs - offset.toMs - ROUNDING_MS;
    const toMs = localMs + resolutionMs - offset.fromMs + ROUNDING_MS;
    return { fromMs, toMs, stepped: offset.stepped };
  }

  /** Without `show clock`: a line that arrived says that no stamp is later than it, and nothing else for certain. */
  #byArrival(localMs: number, stamp: IosStamp): Span {
    const { anchors, window } = this.#evidence;
    const bounds = anchors.flatMap((anchor) => {
      if ((anchor.stamp.zone ?? '') !== (stamp.zone ?? '')) return [];
      const anchorMs = this.localMs(anchor.stamp);
      return anchorMs === null ? [] : [anchor.arrivedMs + (localMs - anchorMs) + stamp.resolutionMs];
    });
    if (bounds.length === 0) return window;
    const toMs = Math.min(...bounds) + ROUNDING_MS;
    return { fromMs: Math.min(window.fromMs, toMs - ARRIVAL_LAG_MS - stamp.resolutionMs), toMs };
  }

  #ofUptime(stamp: IosStamp): StampMoment | null {
    const read = uptimeMs(stamp.text);
    if (read === null) return null;
    const about = { clock: 'uptime' as const, readingMs: read.ms, resolutionMs: read.resolutionMs };
    const { started, window } = this.#evidence;
    if (started === null) return { ...about, span: window, trusted: false };
    const span = { fromMs: started.fromMs + read.ms, toMs: started.toMs + read.ms + read.resolutionMs };
    const driftMs = Math.abs(window.toMs - span.toMs) * DRIFT_PER_MS;
    return { ...about, span: widened(span, driftMs), trusted: stamp.mark === '' };
  }

  #zoneOf(stamp: IosStamp): Zone | null {
    const key = stamp.zone?.toUpperCase() ?? '';
    const known = this.#zones.get(key);
    if (known) return known;
    const last = this.#samples.at(-1);
    if (last === undefined) return null;
    const zone = this.#readZone(key, stamp.zone === null, last);
    this.#zones.set(key, zone);
    if (zone.odd) this.oddZones.add(stamp.zone ?? '');
    return zone;
  }

  #readZone(key: string, unnamed: boolean, { clock, sentMs, doneMs }: ClockSample): Zone {
    const clockZone = clock.zone.toUpperCase();
    if (key === clockZone || (isUtc(key) && isUtc(clockZone))) return { shiftsMs: [0], odd: false };
    const apartMs = clock.localMs - (sentMs + doneMs) / 2;
    const stepped = Math.round(apartMs / QUARTER_MS) * QUARTER_MS;
    const named = Math.abs(apartMs - stepped) <= ZONE_DOUBT_MS && Math.abs(stepped) <= ZONE_MAX_MS ? stepped : null;
    // `service timestamps … datetime` without `localtime` stamps in UTC and prints no zone.
    if (unnamed && isUtc(clockZone)) return { shiftsMs: [0], odd: false };
    if (unnamed && named === 0) return { shiftsMs: [0], odd: false };
    if (unnamed && named !== null) return { shiftsMs: this.#fitting(key, [0, named]), odd: false };
    if (isUtc(key) && named !== null) return { shiftsMs: [named], odd: false };
    // Another zone than the clock's: summer time has begun or ended, or somebody changed it.
    const quarters = Array.from({ length: 2 * 4 * 14 * 2 + 1 }, (_, index) => (index - 4 * 14 * 2) * QUARTER_MS);
    return { shiftsMs: this.#fitting(key, quarters), odd: !unnamed };
  }

  /** Of the candidates those that bring the noted arrivals, else the log's window, nearest. */
  #fitting(key: string, candidates: readonly number[]): readonly number[] {
    const anchors = this.#evidence.anchors.filter((anchor) => (anchor.stamp.zone?.toUpperCase() ?? '') === key);
    if (anchors.length === 0) return candidates.length > 2 ? [] : candidates;
    const off = (shiftMs: number): number =>
      Math.min(
        ...anchors.map(({ stamp, arrivedMs }) => {
          const localMs = this.localMs(stamp);
          const span = localMs === null ? null : this.#agentSpan(localMs + shiftMs, stamp.resolutionMs);
          return span === null ? Number.POSITIVE_INFINITY : Math.abs(arrivedMs - (span.fromMs + span.toMs) / 2);
        }),
      );
    const best = [...candidates].sort((a, b) => off(a) - off(b))[0]!;
    return off(best) < QUARTER_MS / 2 ? [best] : candidates.length > 2 ? [] : candidates;
  }
}

const offsetSpan = ({ clock, resolutionMs, sentMs, doneMs }: ClockSample): Span => ({
  fromMs: clock.localMs - doneMs - ROUNDING_MS,
  toMs: clock.localMs + resolutionMs - sentMs + ROUNDING_MS,
});

const driftSince = ({ sentMs, doneMs }: ClockSample, agentMs: number): number =>
  Math.min(YEAR_MS, Math.max(0, sentMs - agentMs, agentMs - doneMs)) * DRIFT_PER_MS;

const widened = ({ fromMs, toMs }: Span, byMs: number): Span => ({ fromMs: fromMs - byMs, toMs: toMs + byMs });

export const hull = (spans: readonly Span[]): Span => ({
  fromMs: Math.min(...spans.map((span) => span.fromMs)),
  toMs: Math.max(...spans.map((span) => span.toMs)),
});

const isUtc = (zone: string): boolean => zone === 'UTC' || zone === 'GMT' || zone === 'Z';

// 00:01:02     101:12:09.123     1d02h     2y10w     3w4d
const CLOCK = /^(?<h>\d{1,4}):(?<m>\d{2}):(?<s>\d{2})(?:\.(?<fraction>\d{1,9}))?$/;
const UNITS = /^(?<a>\d{1,4})(?<ua>[ywdh])(?<b>\d{1,3})(?<ub>[wdhm])$/;
const UNIT_MS: Readonly<Record<string, number>> = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000 };

/** An uptime stamp's value and the step of its last unit; null for `101 21`, of which nobody knows what it counts. */
export function uptimeMs(text: string): { readonly ms: number; readonly resolutionMs: number } | null {
  const bare = text.replace(/^[*.]/, '').trim();
  const clock = CLOCK.exec(bare)?.groups;
  if (clock) {
    const fraction = clock['fraction'];
    const ms = (Number(clock['h']) * 3_600 + Number(clock['m']) * 60 + Number(clock['s'])) * 1_000;
    if (fraction === undefined) return { ms, resolutionMs: 1_000 };
    return { ms: ms + Number(fraction.padEnd(3, '0').slice(0, 3)), resolutionMs: Math.max(1, 10 ** (3 - fraction.length)) };
  }
  const units = UNITS.exec(bare)?.groups;
  if (!units) return null;
  const step = UNIT_MS[units['ub']!]!;
  return { ms: Number(units['a']) * UNIT_MS[units['ua']!]! + Number(units['b']) * step, resolutionMs: step };
}
