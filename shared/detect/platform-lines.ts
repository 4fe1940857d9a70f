/**
 * Flows of no SA as a platform's own log names them (Platform.unknownSpi), and as a source has seen them itself (`sighting`): candidates
 * for the gate, beside the message that every Cisco logs. Used by agent/intake.ts. charon says it for each packet, so a flow is taken
 * once a minute, as IOS tells it. The state of half-told packets is kept for each source and sender.
 */
import { limits } from '../limits.ts';
import { type Flow, flowKey, formatSpi } from '../model/flow.ts';
import type { FlowSighting, LineChunk } from '../model/observation.ts';
import { elapsedMs, type Monotonic } from '../model/time.ts';
import type { UnknownSpiLines, UnknownSpiState } from '../platforms/platform.ts';
import { parseSyslog } from '../wire/syslog.ts';
import type { Arrival, Candidate } from './candidates.ts';
import { lineText } from './line-text.ts';
import { tellAgainMs } from './unknown-flows.ts';

const LF = 0x0a;
const ESP = 50;

export class PlatformLines {
  readonly #lines: UnknownSpiLines | undefined;
  readonly #anchors: readonly Buffer[];
  readonly #states = new Map<string, UnknownSpiState>();
  readonly #taken = new Map<string, Monotonic>();
  /** Lines that named a flow taken within the minute. */
  repeated = 0;

  constructor(lines: UnknownSpiLines | undefined) {
    this.#lines = lines;
    this.#anchors = (lines?.anchors ?? []).map((anchor) => Buffer.from(anchor, 'latin1'));
  }

  read(chunk: LineChunk): Candidate[] {
    if (this.#lines === undefined || !this.#anchors.some((anchor) => chunk.bytes.includes(anchor))) return [];
    const { source, trust, from, at, wall, backlog } = chunk;
    const key = `${source} ${from}`;
    let state = this.#states.get(key) ?? this.#lines.start;
    const candidates: Candidate[] = [];
    for (const bytes of linesOf(chunk.bytes)) {
      if (!this.#anchors.some((anchor) => bytes.includes(anchor))) continue;
      const text = lineText(bytes);
      const step = this.#lines.read(state, text);
      state = step.state;
      if (step.flow === null) continue;
      if (this.#isNews(step.flow, source, at))
        candidates.push(candidate(step.flow, text, { source, trust, from, at, wall, backlog }));
      else this.repeated += 1;
    }
    if (this.#states.size >= limits.wrappedSendersMax) this.#states.clear();
    this.#states.set(key, state);
    return candidates;
  }

  #isNews(flow: Flow, source: string, at: Monotonic): boolean {
    const key = `${source} ${flowKey(flow)}`;
    const last = this.#taken.get(key);
    if (last !== undefined && elapsedMs(last, at) < tellAgainMs) return false;
    if (this.#taken.size >= limits.watchedFlowsMax) this.#taken.clear();
    this.#taken.set(key, at);
    return true;
  }
}

/** What a source has seen itself is its own word: nobody can have sent it. */
export function sightingCandidate({ flow, line, source, from, at, wall }: FlowSighting): Candidate {
  return candidate(flow, line, { source, trust: 'connected', from, at, wall, backlog: false });
}

function candidate({ src, dst, spi }: Flow, text: string, arrival: Arrival): Candidate {
  const message = { src, dst, spi, prot: ESP, interface: null, spiAsReceived: formatSpi(spi) };
  const header = parseSyslog(text);
  const raw = text.slice(0, limits.candidateCharsMax);
  const kept = {
    ...header,
    unread: header.unread.slice(0, limits.candidateCharsMax),
    body: header.body.slice(0, limits.candidateCharsMax),
  };
  return { ...arrival, kind: 'message', header: kept, raw, message };
}

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    const stop = end === -1 ? bytes.length : end;
    yield bytes.subarray(start, Math.min(stop, start + limits.lineBytesMax));
    start = stop + 1;
  }
}
