/**
 * The breaker (pair-protocol.md, "Arming"): what the device shows while debugs are on, and when they have to go off at once. Pure: a
 * state and a sample give the next state, and a trip. Fed by agent/arm-watch.ts.
 */
import type { BreakerTrip } from '../model/arming.ts';
import { type DurationMs, elapsedMs, formatDuration, type Monotonic } from '../model/time.ts';
import type { CpuReading } from '../platforms/platform.ts';

export const breakerBounds = {
  /** 5-second CPU, in so many samples in a row. */
  cpuPercent: 80,
  cpuSamples: 3,
  cpuEveryMs: 5_000,
  debugLinesPerSecond: 2_000,
  freeMemoryPercent: 10,
  memoryEveryMs: 30_000,
  cpuUnreadableMs: 60_000,
} as const;

export type BreakerSample =
  /** Null: it could not be read. */
  | { readonly kind: 'cpu'; readonly at: Monotonic; readonly cpu: CpuReading | null }
  /** Null: it could not be read; the CPU decides then. */
  | { readonly kind: 'memory'; readonly at: Monotonic; readonly freePercent: number | null }
  /** Debug lines of our device since the last one of these, over so long. */
  | { readonly kind: 'lines'; readonly at: Monotonic; readonly lines: number; readonly overMs: DurationMs };

export interface BreakerState {
  /** 5-second loads of the samples in a row that were too high. */
  readonly high: readonly number[];
  readonly lastHighAt: Monotonic | null;
  readonly cpuReadAt: Monotonic;
}

export interface Trip {
  readonly trip: BreakerTrip;
  /** A sentence with the figures. */
  readonly detail: string;
}

/** `at`: when it was armed. An unreadable CPU counts from there. */
export const newBreaker = (at: Monotonic): BreakerState => ({ high: [], lastHighAt: null, cpuReadAt: at });

export function breakerStep(state: BreakerState, sample: BreakerSample): { state: BreakerState; trip: Trip | null } {
  switch (sample.kind) {
    case 'cpu':
      return sample.cpu === null ? onUnreadableCpu(state, sample.at) : onCpu(state, sample.cpu, sample.at);
    case 'memory':
      return { state, trip: onMemory(sample.freePercent) };
    case 'lines':
      return { state, trip: onLines(sample.lines, sample.overMs) };
  }
}

function onCpu(state: BreakerState, cpu: CpuReading, at: Monotonic): { state: BreakerState; trip: Trip | null } {
  const { cpuPercent, cpuSamples, cpuEveryMs } = breakerBounds;
  const read = { ...state, cpuReadAt: at };
  if (cpu.fiveSeconds < cpuPercent) return { state: { ...read, high: [], lastHighAt: null }, trip: null };
  // Two samples of the same five seconds are one. Half of it: timers are late and answers take their time.
  if (state.lastHighAt !== null && elapsedMs(state.lastHighAt, at) < cpuEveryMs / 2) return { state: read, trip: null };
  const high = [...state.high, cpu.fiveSeconds].slice(-cpuSamples);
  const next = { ...read, high, lastHighAt: at };
  if (high.length < cpuSamples) return { state: next, trip: null };
  const figures = high.map((load) => `${load}%`).join(', ');
  return {
    state: next,
    trip: { trip: 'cpu', detail: `the CPU was at ${figures} in ${cpuSamples} samples in a row (the bound is ${cpuPercent}%)` },
  };
}

/** A CPU that cannot be read is no reason to forget that it was busy. */
function onUnreadableCpu(state: BreakerState, at: Monotonic): { state: BreakerState; trip: Trip | null } {
  const sinceMs = elapsedMs(state.cpuReadAt, at);
  if (sinceMs < breakerBounds.cpuUnreadableMs) return { state, trip: null };
  const bound = formatDuration(breakerBounds.cpuUnreadableMs);
  return {
    state,
    trip: { trip: 'cpu-unreadable', detail: `the CPU could not be read for ${formatDuration(sinceMs)} (the bound is ${bound})` },
  };
}

function onMemory(freePercent: number | null): Trip | null {
  const { freeMemoryPercent } = breakerBounds;
  if (freePercent === null || freePercent >= freeMemoryPercent) return null;
  const free = `${Number(freePercent.toFixed(1))}%`;
  return { trip: 'memory', detail: `${free} of the processor memory is free (the bound is ${freeMemoryPercent}%)` };
}

/** Over less than a second nothing is judged by rate: a burst is as many lines as it has. */
function onLines(lines: number, overMs: DurationMs): Trip | null {
  const perSecond = Math.round(lines / Math.max(1, overMs / 1_000));
  if (perSecond <= breakerBounds.debugLinesPerSecond) return null;
  return {
    trip: 'debug-rate',
    detail: `the device sent ${perSecond} debug lines a second (the bound is ${breakerBounds.debugLinesPerSecond})`,
  };
}
