/**
 * The way of a line: its device's lines into the evidence ring, the invalid-SPI message out of them, through the gate, to the
 * coordinator. Called for every chunk of every source; the way to the event is one native search, and what is done with every line
 * (its counters) comes after it.
 */
import type { Timer } from '../shared/clock.ts';
import { sameFlow } from '../shared/coordinate/move.ts';
import {
  type Candidate,
  emptyWrapState,
  findCandidates,
  flushCandidates,
  nextFlushAt,
  type WrapState,
  wrapWaitMs,
} from '../shared/detect/candidates.ts';
import { type DetectedEvent, emptyGate, type GateContext, type GateReason, type GateState, gate } from '../shared/detect/gate.ts';
import { findIkmpNoSa } from '../shared/detect/ikmp-no-sa.ts';
import { chunkOwnership, ownLines } from '../shared/detect/origin.ts';
import { PlatformLines, sightingCandidate } from '../shared/detect/platform-lines.ts';
import { assertNever } from '../shared/errors.ts';
import { type Flow, formatSpi } from '../shared/model/flow.ts';
import type { CutMessage, LineChunk, Observation, SourceGap, Symptom, Trust } from '../shared/model/observation.ts';
import { after, type Monotonic, type Wall } from '../shared/model/time.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { UnknownSpiLines } from '../shared/platforms/platform.ts';
import type { Coordinator } from './coordinator.ts';
import { type CounterTotals, CounterWatch } from './evidence/counter-watch.ts';
import type { Hole } from './evidence/holes.ts';
import { type Moment, momentNow } from './evidence/window.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

export interface IntakeRoom {
  readonly world: Pick<World, 'clock'>;
  readonly log: Logger;
  readonly ring: { append(bytes: Buffer, at: { at: Monotonic; wall: Wall; source: string }): void; note(hole: Hole): void };
  /** As of now: the device's clock reading changes. */
  readonly context: () => GateContext;
  readonly onEvent: (event: DetectedEvent) => void;
  /** A second sight of a message, over a source that cannot be spoofed: it bears the first one out. */
  readonly onConnectedDuplicate: (copy: ConnectedCopy) => void;
  /** What tells of packets without an SA and names no flow (symptoms.ts). */
  readonly symptoms?: {
    take(symptom: Symptom): void;
    takeLine(symptom: Symptom, trust: Trust): void;
    takeCut(cut: CutMessage): void;
  };
  /** `%CRYPTO-4-IKMP_NO_SA` counts too. */
  readonly onIkmpNoSa?: boolean;
  /** Live lines of our own device, as they came. */
  readonly onOwnBytes?: (bytes: Buffer) => void;
  /** Of the device's platform. */
  readonly unknownSpi?: UnknownSpiLines;
}

export interface ConnectedCopy {
  readonly flow: Flow;
  readonly source: string;
  /** As received. */
  readonly line: string;
}

export interface SourceCounters {
  /** LFs in what came. */
  lines: number;
  bytes: number;
  candidates: number;
  unparsed: number;
  /** What told of packets without an SA, and of no flow. */
  symptoms: number;
  /** The message, cut before its srcaddr ended. */
  cutMessages: number;
  /** Lines of a relay that are another device's: not kept. */
  foreignLines: number;
  refusals: number;
  lost: number;
  /** Datagrams that came faster than they were read, and that the kernel threw away. */
  kernelDropped: number;
  /** Bytes that stand in a file, or wait in the kernel, and are not read yet. */
  behindBytes: number;
  lastAt: Monotonic | null;
  state: 'open' | 'interrupted' | 'closed';
  detail: string;
}

export class Intake {
  readonly #room: IntakeRoom;
  #wrapped: WrapState = emptyWrapState;
  #gate: GateState = emptyGate;
  #flushTimer: Timer | null = null;
  #interrupted = new Map<string, Moment>();
  readonly sources = new Map<string, SourceCounters>();
  readonly refusals = new Map<string, number>();
  readonly #counters: CounterWatch;
  readonly #platformLines: PlatformLines;

  constructor(room: IntakeRoom) {
    this.#room = room;
    this.#platformLines = new PlatformLines(room.unknownSpi);
    this.#counters = new CounterWatch(room.world.clock, (hole) => room.ring.note(hole));
  }

  /** Of the numbers in front of the device's lines. */
  get counterTotals(): CounterTotals {
    return this.#counters.totals;
  }

  /** Takes what a source emits; never throws. */
  observe = (observation: Observation): void => {
    const counters = this.#countersOf(observation.source);
    switch (observation.kind) {
      case 'lines':
        counters.lastAt = observation.at;
        this.#lines(observation, counters);
        return;
      case 'sighting':
        counters.lastAt = observation.at;
        counters.lines++;
        this.#judge(sightingCandidate(observation));
        this.#room.ring.append(Buffer.from(`${observation.line}\n`), observation);
        return;
      case 'refusal':
        counters.refusals++;
        counters.lost += observation.lost ?? 0;
        this.#refuse(
          observation.reason,
          `${observation.source} from ${observation.from}${observation.detail === undefined ? '' : `: ${observation.detail}`}`,
        );
        return;
      case 'source-state':
        this.#sourceState(observation.source, observation.state, observation.detail, counters);
        return;
      case 'gap':
        this.#gap(observation, counters);
        return;
      case 'symptom':
        counters.lastAt = observation.at;
        counters.symptoms++;
        this.#room.symptoms?.take(observation);
        return;
      case 'cut-message':
        counters.lastAt = observation.at;
        counters.cutMessages++;
        this.#room.symptoms?.takeCut(observation);
        return;
      case 'lag':
        counters.behindBytes = observation.behindBytes;
        return;
      default:
        assertNever(observation);
    }
  };

  #lines(chunk: LineChunk, counters: SourceCounters): void {
    counters.lines += countLines(chunk.bytes);
    counters.bytes += chunk.bytes.length;
    const { match } = this.#room.context();
    const found = findCandidates(this.#wrapped, chunk);
    this.#wrapped = found.state;
    // First the event, then the ring: nothing that is written may delay an alert.
    for (const candidate of found.candidates) this.#judge(candidate);
    for (const candidate of this.#platformLines.read(chunk)) this.#judge(candidate);
    this.#keep(chunk, match, counters);
    this.#planFlush();
  }

  #keep(chunk: LineChunk, match: GateContext['match'], counters: SourceCounters): void {
    const { source } = chunk;
    switch (chunkOwnership(match, chunk.from)) {
      case 'all':
        this.#own(chunk.bytes, chunk);
        return;
      case 'by-line': {
        const own = ownLines(match, chunk.from, chunk.bytes);
        counters.foreignLines += own.dropped;
        this.#own(own.bytes, chunk);
        return;
      }
      case 'none':
        counters.foreignLines++;
        this.#refuse('foreign-device', `${source} from ${chunk.from}`);
        return;
    }
  }

  #own(bytes: Buffer, chunk: LineChunk): void {
    const { at, wall, source } = chunk;
    this.#room.ring.append(chunk.asCame ?? bytes, { at, wall, source });
    this.#counters.take(bytes, chunk);
    if (chunk.backlog) return;
    this.#room.onOwnBytes?.(bytes);
    if (this.#room.onIkmpNoSa === true) this.#lookForIkmpNoSa(bytes, chunk);
  }

  #lookForIkmpNoSa(bytes: Buffer, { source, trust, at, wall }: LineChunk): void {
    for (const { remote, line } of findIkmpNoSa(bytes)) {
      this.#countersOf(source).symptoms++;
      const symptom = { kind: 'symptom', source, cause: 'ikmp-no-sa', opens: true, remote, detail: line, at, wall } as const;
      this.#room.symptoms?.takeLine(symptom, trust);
    }
  }

  #judge(candidate: Candidate): void {
    const counters = this.#countersOf(candidate.source);
    counters.candidates++;
    if (candidate.kind === 'unreadable') counters.unparsed++;
    const { state, decision } = gate(this.#gate, candidate, this.#room.context());
    this.#gate = state;
    const { log } = this.#room;
    switch (decision.kind) {
      case 'event':
        this.#room.onEvent(decision.event);
        return;
      case 'duplicate':
        if (decision.reason === 'duplicate-other-source' && candidate.trust === 'connected')
          this.#room.onConnectedDuplicate({ flow: decision.flow, source: candidate.source, line: candidate.raw });
        return;
      case 'waiting':
        log.info(
          { event: 'waiting', flow: decision.event.flow, occurrence: decision.event.occurrence, needed: decision.needed },
          'the message was seen; the trigger waits for it to come again',
        );
        return;
      case 'stale':
        log.info(
          { event: decision.reason, flow: decision.flow, lagMs: decision.lagMs },
          'an old message was recorded; it opens nothing',
        );
        return;
      default:
        // Anybody can send these: the first of a kind is logged; the gate counts them all.
        if (this.#gate.counts[decision.reason] === 1)
          this.#tellRefusal(decision.reason, 'detail' in decision ? decision.detail : candidate.raw);
    }
  }

  /** Logged once a reason; the count says the rest. */
  #refuse(reason: string, detail: string): void {
    const count = (this.refusals.get(reason) ?? 0) + 1;
    this.refusals.set(reason, count);
    if (count === 1) this.#tellRefusal(reason, detail);
  }

  #tellRefusal(reason: string, detail: string): void {
    this.#room.log.warn(
      { event: reason, detail: detail.slice(0, 300) },
      `turned away: ${reason}; further ones are counted in status`,
    );
  }

  #sourceState(source: string, state: SourceCounters['state'], detail: string, counters: SourceCounters): void {
    counters.state = state;
    counters.detail = detail;
    const now = momentNow(this.#room.world.clock);
    const since = this.#interrupted.get(source);
    if (state === 'interrupted' && since === undefined) {
      this.#interrupted.set(source, now);
      this.#room.ring.note({
        from: now,
        to: null,
        source,
        reason: 'source-interrupted',
        detail,
        lostLines: null,
        lostBytes: null,
      });
    }
    if (state === 'open' && since !== undefined) {
      this.#interrupted.delete(source);
      this.#room.ring.note({
        from: since,
        to: now,
        source,
        reason: 'source-interrupted',
        detail,
        lostLines: null,
        lostBytes: null,
      });
    }
    this.#room.log.info({ event: 'source-state', source, state, detail }, `source ${source}: ${state}`);
  }

  #gap({ kind: _kind, ...gap }: SourceGap, counters: SourceCounters): void {
    counters.lost += gap.lostBytes ?? 0;
    if (gap.reason === 'kernel-dropped') counters.kernelDropped += gap.lostLines ?? 0;
    this.#room.ring.note(gap);
    const { source, reason, detail, lostLines, lostBytes } = gap;
    this.#room.log.warn({ event: 'gap', source, reason, lostLines, lostBytes }, `source ${source}: lines are missing: ${detail}`);
  }

  /** A wrapped message whose rest does not come is judged as it stands. */
  #planFlush(): void {
    if (this.#flushTimer !== null) return;
    const due = nextFlushAt(this.#wrapped);
    if (due === null) return;
    const { clock } = this.#room.world;
    this.#flushTimer = clock.timer('wrapped message', Math.max(0, due - clock.monotonic()), () => {
      this.#flushTimer = null;
      this.#conclude(clock.monotonic());
      this.#planFlush();
    });
  }

  #conclude(now: Monotonic): void {
    const found = flushCandidates(this.#wrapped, now);
    this.#wrapped = found.state;
    for (const candidate of found.candidates) this.#judge(candidate);
  }

  get gateCounts(): Readonly<Record<GateReason, number>> {
    return this.#gate.counts;
  }

  #countersOf(source: string): SourceCounters {
    let counters = this.sources.get(source);
    if (counters === undefined) {
      counters = {
        lines: 0,
        bytes: 0,
        candidates: 0,
        unparsed: 0,
        symptoms: 0,
        cutMessages: 0,
        foreignLines: 0,
        refusals: 0,
        lost: 0,
        kernelDropped: 0,
        behindBytes: 0,
        lastAt: null,
        state: 'open',
        detail: '',
      };
      this.sources.set(source, counters);
    }
    return counters;
  }

  /** After the sources: a message whose rest was still to come is judged as it stands, and journaled for the next start. */
  close(): void {
    this.#flushTimer?.cancel();
    this.#flushTimer = null;
    this.#counters.close();
    this.#conclude(after(this.#room.world.clock.monotonic(), wrapWaitMs));
  }
}

/**
 * The message that came over UDP has come over a connection too: it needs no other proof. The answer that is awaited is given; one
 * that denied it, or was never asked for, is overruled by the device's own word, also after the incident that denied it is closed.
 */
export function bearOut(
  coordinator: Pick<Coordinator, 'book' | 'input'>,
  { flow, source, line }: ConnectedCopy,
  newId: () => IncidentId,
): void {
  const overrule = (peers: readonly string[], inputInterface: string | null): void => {
    const spiAsReceived = formatSpi(flow.spi);
    const about = { flow, peers, interface: inputInterface, source, spoofable: false, spiAsReceived, line };
    coordinator.input({ kind: 'sighting', id: newId(), ...about });
  };
  const { held, incidents } = coordinator.book;
  let isOpen = false;
  for (const incident of incidents) {
    const known = incident.flows.find((record) => sameFlow(record.flow, flow));
    if (known === undefined) continue;
    isOpen = true;
    if (known.corroboration === 'pending') {
      const detail = `also seen by ${source}, over a connection`;
      coordinator.input({ kind: 'corroborated', incident: incident.id, flow, result: 'found', detail });
    } else if (known.corroboration === 'absent' || known.corroboration === 'over-limit') {
      overrule(known.peers, known.interface);
      return;
    }
  }
  // Its copy over UDP came first, and hold-down kept that one from asking anew.
  const denied = isOpen ? undefined : held.find((entry) => !entry.believed && sameFlow(entry.flow, flow));
  if (denied !== undefined) overrule(denied.peers, null);
}

const LF = 0x0a;

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
