/**
 * One end's moments on the axis: those of its agent, of its device's stamps, and of lines that have none. Made by build-case.ts from the
 * agent's offset (agent-clocks.ts) and the device's (device-clock.ts). Two moments are compared by order.ts. Pure.
 */
import type { FileMoment } from '../bundle/incident-file.ts';
import type { IosStamp } from '../wire/ios-timestamp.ts';
import { type AgentClock, type Span, wallOf } from './agent-clocks.ts';
import type { End, EndIndex, Instant } from './case.ts';
import type { DeviceTime } from './device-clock.ts';

/** An agent of whose clock nothing is known: its moments are drawn as if it went right, and compared with nothing. */
const UNKNOWN_AGENT_MS = 10 * 60_000;

export class AgentTime {
  readonly end: EndIndex;
  readonly offset: AgentClock;
  readonly #opened: FileMoment;

  constructor(end: EndIndex, offset: AgentClock, opened: FileMoment) {
    this.end = end;
    this.offset = offset;
    this.#opened = opened;
  }

  /** Wall milliseconds of the agent's own clock, by its monotonic one where that is possible: a wall clock may be stepped in between. */
  agentMs(moment: FileMoment): number {
    const elapsed = moment.monotonicMs - this.#opened.monotonicMs;
    const byOpening = wallOf(this.#opened) + elapsed;
    return moment.bootId === this.#opened.bootId && Number.isFinite(byOpening) ? byOpening : wallOf(moment);
  }

  /** `tookMs`: it was at some time within it. */
  instant(moment: FileMoment, tookMs = 0): Instant {
    const ms = this.agentMs(moment);
    return this.onAxis({ fromMs: ms, toMs: ms + Math.max(0, tookMs) }, `agent ${this.end}`, ms, 1, true);
  }

  /** Of a record that has the wall clock alone. */
  atWall(ms: number): Instant {
    return this.onAxis({ fromMs: ms, toMs: ms }, `agent ${this.end}`, ms, 1, true);
  }

  /** A span of the agent's clock, on the axis. */
  onAxis(span: Span, clock: string, atClockMs: number, resolutionMs: number, trusted: boolean): Instant {
    const { offsetMs, uncertaintyMs } = this.offset ?? { offsetMs: 0, uncertaintyMs: UNKNOWN_AGENT_MS };
    return {
      fromMs: finite(span.fromMs - offsetMs - uncertaintyMs),
      toMs: finite(span.toMs - offsetMs + uncertaintyMs),
      trusted: trusted && this.offset !== null,
      clock,
      atClockMs: finite(atClockMs),
      resolutionMs,
    };
  }
}

/** Dates that no calendar has, out of a file that somebody changed. */
const finite = (ms: number): number => (Number.isFinite(ms) ? ms : 0);

/** By the device's stamp; null: it says nothing about time. `era` tells its readings from those before its clock was set. */
export function stampInstant(agent: AgentTime, device: DeviceTime, stamp: IosStamp, era = ''): Instant | null {
  const moment = device.momentOf(stamp);
  if (moment === null) return null;
  const { span, clock, readingMs, resolutionMs, trusted } = moment;
  return agent.onAxis(span, `${clock} ${agent.end}${era}`, readingMs, resolutionMs, trusted);
}

/** The device's clock against the axis, for people; null: no `show clock` was read, or nothing is known of the agent. */
export function deviceClockOf(agent: AgentTime, device: DeviceTime): End['deviceClock'] {
  const last = device.samples.at(-1);
  const offset = last === undefined ? null : device.offsetAt(last.sentMs);
  if (last === undefined || offset === null || agent.offset === null) return null;
  const half = (offset.toMs - offset.fromMs) / 2;
  return {
    offsetMs: (offset.fromMs + offset.toMs) / 2 + agent.offset.offsetMs,
    uncertaintyMs: half + agent.offset.uncertaintyMs,
    mark: last.clock.mark,
  };
}

export const middleOf = (at: Instant): number => (at.fromMs + at.toMs) / 2;
