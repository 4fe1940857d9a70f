/**
 * Watches the device while debugs are on (pair-protocol.md, "Arming"): CPU and memory by session B, debug lines as they come in; feeds the
 * breaker (shared/arming/breaker.ts) and says whether the agent is healthy enough to renew the lease. Started and stopped by app.ts.
 */
import {
  type BreakerSample,
  type BreakerState,
  breakerBounds,
  breakerStep,
  newBreaker,
  type Trip,
} from '../shared/arming/breaker.ts';
import { countDebugLines } from '../shared/arming/debug-lines.ts';
import type { Clock, Timer } from '../shared/clock.ts';
import type { BreakerTrip } from '../shared/model/arming.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../shared/model/time.ts';
import type { CpuReading } from '../shared/platforms/platform.ts';
import type { Device } from './device/device.ts';

export interface ArmWatchRoom {
  readonly device: Device;
  readonly clock: Clock;
  readonly onSample?: (sample: ArmSample) => void;
  /** At most once for each start: the breaker has tripped. `detail` is a sentence with the figures. */
  readonly onTrip: (trip: BreakerTrip, detail: string) => void;
  /** True in the quiet time before a planned stop and until it is verified: session B is not used for anything else. */
  readonly quiet: () => boolean;
}

/** What was seen last, for status. Null: never, since it was started. */
export interface ArmSample {
  readonly at: Monotonic;
  readonly cpu: CpuReading | null;
  readonly cpuReadAt: Monotonic | null;
  readonly memoryFreePercent: number | null;
  /** Debug lines of the device in the last whole second, and since the start. */
  readonly debugLinesPerSecond: number;
  readonly debugLines: number;
}

/** A `show` line of a sample; the next sample comes after five seconds. */
const SAMPLE_MS: DurationMs = 4_500;
const LINES_EVERY_MS: DurationMs = 1_000;
/** Three samples: one may be late, or give way to a stop. */
const HEALTHY_FOR_MS: DurationMs = 15_000;

export class ArmWatch {
  readonly #room: ArmWatchRoom;
  #timers: Timer[] = [];
  /** Which start the running samples belong to; an answer for an earlier one is dropped. */
  #run = 0;
  #isOn = false;
  #breaker: BreakerState;
  #tripped: Trip | null = null;
  #busy = { cpu: false, memory: false };
  #linesNow = 0;
  #linesFrom: Monotonic;
  #last: ArmSample;

  constructor(room: ArmWatchRoom) {
    this.#room = room;
    const now = room.clock.monotonic();
    this.#breaker = newBreaker(now);
    this.#linesFrom = now;
    this.#last = nothingSeen(now);
  }

  /** When debugs went on; starting again begins anew. */
  start(): void {
    this.stop();
    const now = this.#room.clock.monotonic();
    this.#run += 1;
    this.#isOn = true;
    this.#breaker = newBreaker(now);
    this.#tripped = null;
    this.#busy = { cpu: false, memory: false };
    this.#linesNow = 0;
    this.#linesFrom = now;
    this.#last = nothingSeen(now);
    this.#every('arm cpu', breakerBounds.cpuEveryMs, () => void this.#sampleCpu(), 0);
    this.#every('arm memory', breakerBounds.memoryEveryMs, () => void this.#sampleMemory(), 0);
    this.#every('arm lines', LINES_EVERY_MS, () => this.#sampleLines(), 1);
  }

  stop(): void {
    this.#isOn = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Since the last start. */
  get tripped(): Trip | null {
    return this.#tripped;
  }

  get last(): ArmSample {
    return this.#last;
  }

  /** Lines that our own device sent now (no backlog), as they came. Which of them are debugs: debug-lines.ts. */
  noteBytes(bytes: Buffer): void {
    if (this.#isOn) this.#linesNow += countDebugLines(bytes);
  }

  /** Session B is up, and a CPU sample of the last 15 s was below the breaker's bound: the lease may be renewed. */
  healthy(): boolean {
    const { clock, device } = this.#room;
    const { state } = device.status().sessions.control;
    const { cpu, cpuReadAt } = this.#last;
    if (!this.#isOn || this.#tripped !== null || (state !== 'ready' && state !== 'busy')) return false;
    if (cpu === null || cpuReadAt === null || elapsedMs(cpuReadAt, clock.monotonic()) >= HEALTHY_FOR_MS) return false;
    return cpu.fiveSeconds < breakerBounds.cpuPercent;
  }

  /** One timer at a time, named; `firstAfter` periods until the first. */
  #every(name: string, periodMs: DurationMs, act: () => void, firstAfter: number): void {
    const index = this.#timers.length;
    const run = this.#run;
    const wait = (delayMs: DurationMs): void => {
      this.#timers[index] = this.#room.clock.timer(name, delayMs, () => {
        if (!this.#isOn || this.#run !== run) return;
        wait(periodMs);
        act();
      });
    };
    wait(firstAfter * periodMs);
  }

  async #sampleCpu(): Promise<void> {
    const { device } = this.#room;
    const cpu = await this.#ask('cpu', device.platform.parsers.cpu);
    if (cpu === undefined) return;
    const at = this.#room.clock.monotonic();
    if (cpu !== null) this.#last = { ...this.#last, at, cpu, cpuReadAt: at };
    this.#judge({ kind: 'cpu', at, cpu });
  }

  async #sampleMemory(): Promise<void> {
    const { device } = this.#room;
    const freePercent = await this.#ask('memory', device.platform.parsers.memory);
    if (freePercent === undefined) return;
    const at = this.#room.clock.monotonic();
    this.#last = { ...this.#last, at, memoryFreePercent: freePercent };
    this.#judge({ kind: 'memory', at, freePercent });
  }

  /** Undefined: not asked, or no longer wanted. Null: it could not be read. */
  async #ask<T>(what: 'cpu' | 'memory', parse: (output: string) => { readonly value: T | null }): Promise<T | null | undefined> {
    const { device, quiet } = this.#room;
    if (this.#busy[what] || quiet()) return undefined;
    const run = this.#run;
    const busy = this.#busy;
    busy[what] = true;
    const result = await device.run('control', device.platform.arming.ask[what], { timeoutMs: SAMPLE_MS });
    busy[what] = false;
    if (!this.#isOn || this.#run !== run) return undefined;
    // A stop went first: nothing is wrong with the device.
    if (result.status !== 'ok' && quiet()) return undefined;
    return result.status === 'ok' ? parse(result.output).value : null;
  }

  #sampleLines(): void {
    const at = this.#room.clock.monotonic();
    const overMs = elapsedMs(this.#linesFrom, at);
    const lines = this.#linesNow;
    this.#linesNow = 0;
    this.#linesFrom = at;
    const debugLinesPerSecond = Math.round(lines / Math.max(1, overMs / 1_000));
    this.#last = { ...this.#last, at, debugLinesPerSecond, debugLines: this.#last.debugLines + lines };
    this.#judge({ kind: 'lines', at, lines, overMs });
  }

  #judge(sample: BreakerSample): void {
    const { state, trip } = breakerStep(this.#breaker, sample);
    this.#breaker = state;
    this.#room.onSample?.(this.#last);
    if (trip === null || this.#tripped !== null) return;
    this.#tripped = trip;
    this.#room.onTrip(trip.trip, trip.detail);
  }
}

const nothingSeen = (at: Monotonic): ArmSample => ({
  at,
  cpu: null,
  cpuReadAt: null,
  memoryFreePercent: null,
  debugLinesPerSecond: 0,
  debugLines: 0,
});
