/**
 * Evidence holes from the numbers in front of the device's lines: which of them never came, by which source, between which times.
 * Fed by intake.ts with every line of the device, before it is known to matter; notes its holes in the ring.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Arrived, type CounterFinding, CounterRun } from '../../shared/detect/counter-run.ts';
import { LineCounterReader } from '../../shared/detect/line-counters.ts';
import { limits } from '../../shared/limits.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { after, elapsedMs, type Monotonic } from '../../shared/model/time.ts';
import type { Hole, HoleReason } from './holes.ts';
import type { Moment } from './window.ts';

/** Gaps so close to each other are one hole with their sum. */
const ONE_HOLE_MS = 10_000;
/** A hole that goes on for longer begins anew, so that a bundle's window shows its own part. */
const HOLE_MS_MAX = 10 * 60_000;
const CLOSING_MS = 60_000;
const LF = 10;

/** One source and sender: the numbers of other ways are others. */
interface Way {
  readonly source: string;
  readonly from: string;
  /** Of messages to this logging host. */
  readonly messages: CounterRun;
  /** `service sequence-numbers`, where it is the only number. */
  readonly sequence: CounterRun;
  /** Once padded, always: from 100000 on it looks like the other. */
  isSequence: boolean;
  /** Where both stand: how far the device's own number is ahead. It grows by each line that the device did not send here. */
  ahead: { by: number; came: Arrived } | null;
  /** Not sent here, since the last hole was written. */
  heldBack: { readonly from: Arrived; to: Arrived; lost: number } | null;
  readonly holes: Map<HoleReason, Hole>;
  /** Of lines with a number. */
  began: Arrived | null;
  lastCame: Arrived | null;
  resets: number;
}

export interface CounterTotals {
  /** Numbers of the message counter that never came. */
  readonly missing: number;
  readonly resets: number;
}

export class CounterWatch {
  readonly #clock: Clock;
  readonly #note: (hole: Hole) => void;
  readonly #ways = new Map<string, Way>();
  readonly #reader = new LineCounterReader();
  #timer: Timer | null = null;
  #missing = 0;
  #resets = 0;

  constructor(clock: Clock, note: (hole: Hole) => void) {
    this.#clock = clock;
    this.#note = note;
  }

  get totals(): CounterTotals {
    return { missing: this.#missing, resets: this.#resets };
  }

  /** `bytes`: the device's own lines of the chunk, whole. */
  take(bytes: Buffer, { source, from, at, wall, backlog }: Omit<LineChunk, 'bytes'>): void {
    const way = this.#wayOf(source, from);
    if (way === null || way.resets > limits.counterResetsMax) return;
    const came: Arrived = { at, wall };
    for (let start = 0; start < bytes.length; ) {
      const lf = bytes.indexOf(LF, start);
      const end = lf === -1 ? bytes.length : lf;
      if (this.#reader.read(bytes, start, end)) takeLine(way, this.#reader, came, backlog);
      start = end + 1;
    }
    this.#plan();
  }

  /** After the sources: what waits for a line that overtook waits no longer. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#settle(after(this.#clock.monotonic(), CLOSING_MS));
  }

  #wayOf(source: string, from: string): Way | null {
    const key = `${source} ${from}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    if (this.#ways.size >= limits.counterWaysMax) return null;
    const runs = { messages: new CounterRun(), sequence: new CounterRun() };
    const way: Way = {
      source,
      from,
      ...runs,
      isSequence: false,
      ahead: null,
      heldBack: null,
      holes: new Map(),
      began: null,
      lastCame: null,
      resets: 0,
    };
    this.#ways.set(key, way);
    return way;
  }

  #plan(): void {
    if (this.#timer !== null) return;
    const due = [...this.#ways.values()].flatMap(({ messages, sequence, heldBack }) =>
      [messages.dueAt, sequence.dueAt, heldBack?.to.at ?? null].filter((at) => at !== null),
    );
    if (due.length === 0) return;
    const delayMs = Math.max(limits.counterHolesEveryMs, Math.min(...due) - this.#clock.monotonic());
    this.#timer = this.#clock.timer('counter gaps', delayMs, () => {
      this.#timer = null;
      this.#settle(this.#clock.monotonic());
      this.#plan();
    });
  }

  #settle(now: Monotonic): void {
    for (const way of this.#ways.values()) {
      for (const finding of way.messages.settle(now)) this.#found(way, 'counter-gap', finding);
      for (const finding of way.sequence.settle(now)) this.#found(way, 'sequence-gap', finding);
      const { heldBack } = way;
      if (heldBack === null) continue;
      way.heldBack = null;
      this.#add(way, 'sequence-gap', heldBack, heldBack.lost, HELD_BACK);
    }
  }

  #found(way: Way, reason: 'counter-gap' | 'sequence-gap', finding: CounterFinding): void {
    if (finding.kind === 'missing') {
      if (reason === 'sequence-gap') this.#add(way, reason, finding, finding.lost, NOT_SEEN);
      else this.#missed(way, finding);
      return;
    }
    this.#resets++;
    way.resets++;
    way.ahead = null;
    const numbers = `numbers went on from ${finding.after} after ${finding.before}: a reload, or a long interruption`;
    const given = way.resets > limits.counterResetsMax ? '; too often by this way: its numbers are not looked at any more' : '';
    this.#add(way, 'counter-reset', finding, null, `${numbers}${given}`);
  }

  #missed(way: Way, finding: Extract<CounterFinding, { kind: 'missing' }>): void {
    this.#missing += finding.lost;
    const other = [...this.#ways.values()].find((one) => one.source !== way.source && cameWhole(one, finding));
    if (other === undefined) this.#add(way, 'counter-gap', finding, finding.lost, NOT_ARRIVED);
    else this.#add(way, 'counter-gap-one-way', finding, finding.lost, `${NOT_ARRIVED}; ${other.source} had no gap then`);
  }

  #add(way: Way, reason: HoleReason, { from, to }: { from: Arrived; to: Arrived }, lost: number | null, why: string): void {
    const known = way.holes.get(reason);
    const goesOn =
      known !== undefined &&
      known.to !== null &&
      lost !== null &&
      elapsedMs(known.to.monotonic, from.at) <= ONE_HOLE_MS &&
      elapsedMs(known.from.monotonic, to.at) <= HOLE_MS_MAX;
    const began = goesOn ? known.from : this.#moment(from);
    const hole: Hole = {
      from: began,
      to: this.#moment(to),
      source: way.source,
      reason,
      detail: `from ${way.from}: ${why}`,
      lostLines: goesOn && lost !== null ? (known.lostLines ?? 0) + lost : lost,
      lostBytes: null,
    };
    way.holes.set(reason, hole);
    this.#note(hole);
  }

  #moment = ({ at, wall }: Arrived): Moment => ({ wall, monotonic: at, bootId: this.#clock.bootId });
}

/** Lines with a message counter came by it before and after, and none is missing in between. */
function cameWhole(way: Way, { from, to }: { readonly from: Arrived; readonly to: Arrived }): boolean {
  const { began, lastCame, messages } = way;
  if (began === null || lastCame === null || way.isSequence) return false;
  if (elapsedMs(began.at, from.at) < 0 || elapsedMs(to.at, lastCame.at) < 0 || messages.isOpen) return false;
  return (['counter-gap', 'counter-gap-one-way', 'counter-reset'] as const).every((reason) => {
    const hole = way.holes.get(reason);
    return hole === undefined || hole.to === null || elapsedMs(hole.to.monotonic, from.at) > 0;
  });
}

const NOT_ARRIVED = 'the device counted these messages to its logging host and they did not come';
const NOT_SEEN = 'these sequence numbers were not seen; the level of this way may keep their lines away';
const HELD_BACK =
  'the device numbered these lines and did not send them here: below the level of this logging host, or over its limits';

function takeLine(way: Way, { first, second, padded, sent }: LineCounterReader, came: Arrived, backlog: boolean): void {
  way.began ??= came;
  way.lastCame = came;
  if (second === null && (padded || !sent)) way.isSequence = true;
  const run = second === null && way.isSequence ? way.sequence : way.messages;
  if (backlog) run.begin(first, came);
  else run.take(first, came, padded);
  if (second !== null) compare(way, second - first, came, backlog);
}

/** Less than before: a line that was overtaken, or one of the numbers began anew. */
function compare(way: Way, by: number, came: Arrived, backlog: boolean): void {
  const { ahead, heldBack } = way;
  if (ahead === null) {
    way.ahead = { by, came };
    return;
  }
  if (by < ahead.by && !backlog) return;
  const lost = backlog ? 0 : by - ahead.by;
  const from = ahead.came;
  ahead.by = by;
  ahead.came = came;
  if (lost === 0 || lost > limits.counterAheadMax) return;
  if (heldBack === null) way.heldBack = { from, to: came, lost };
  else {
    heldBack.to = came;
    heldBack.lost += lost;
  }
}
