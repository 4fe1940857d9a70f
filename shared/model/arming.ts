/**
 * Words of arming (pair-protocol.md, "Arming"), spoken by the machine (shared/coordinate/arming.ts), the platforms (which lines do
 * it) and the effects (agent/effects/arm-debugs.ts, agent/arm-watch.ts). Plain JSON: readings and results are journaled as inputs.
 */
import type { CpuReading, DebugConditions, DebugFlag } from '../platforms/platform.ts';
import type { Monotonic, Wall } from './time.ts';

/** `engine` is opt-in: hardware engines may not filter it by condition. */
export type DebugName = 'isakmp' | 'ikev2' | 'ipsec' | 'engine';

export const debugNames: readonly DebugName[] = ['isakmp', 'ikev2', 'ipsec', 'engine'];

/** `manual`: a person turns debugs on by hand; the others are armed by the agent, after the pre-flight. */
export type ArmWhen = 'manual' | 'always' | 'on-first-sighting';

/** Levels 0..7; -1: off. Null: the device did not say, or was not understood. */
export interface LoggingLevels {
  readonly console: number | null;
  readonly monitor: number | null;
  readonly buffer: number | null;
  readonly trap: number | null;
  /** Addresses or names of the `logging host` lines. */
  readonly hosts: readonly string[];
  /** `logging rate-limit` in force for what is not console. Null: not said. */
  readonly rateLimited: boolean | null;
}

/** What the pre-flight saw. Null: could not be read, `unread` says why, and what must be known refuses. */
export interface PreflightReading {
  readonly cpu: CpuReading | null;
  /** Of the processor pool, percent free. */
  readonly memoryFreePercent: number | null;
  /** Everything that is on, crypto or not. */
  readonly flags: readonly DebugFlag[] | null;
  readonly conditions: DebugConditions | null;
  readonly logging: LoggingLevels | null;
  /** VTY lines that a person could still have now, with our own sessions logged in. */
  readonly freeVtys: number | null;
  /** Null: not said. */
  readonly msecStamps: boolean | null;
  readonly sequenceNumbers: boolean | null;
  /** `*`: never set. `.`: not in sync. */
  readonly clockMark: '*' | '.' | '' | null;
  /** `show processes cpu: % Authorization failed.` */
  readonly unread: readonly string[];
  /** Questions that there is nothing to ask for on this platform (PlatformArming.absent): their values are null, and refuse nothing. */
  readonly absent?: readonly string[];
}

/** Refusals keep it from arming; warnings are told and journaled. Each a sentence with the figures, and what to enter on the router. */
export interface Finding {
  readonly word: string;
  readonly text: string;
  /** Lines to enter on the device, in configuration mode; empty: nothing there helps. */
  readonly enter: readonly string[];
}

export interface PreflightVerdict {
  readonly refusals: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** What is put on the device: conditions first. Addresses are canonical. */
export interface ArmPlan {
  readonly conditions: readonly string[];
  readonly debugs: readonly DebugName[];
  /** On-box dead-man: a countdown applet of so many seconds. Null: none. */
  readonly deadManS: number | null;
}

/**
 * One arming, to its end. `armed`: conditions and debugs were read back. `undone`: it failed, and what it had put there was read
 * to be gone. `unresolved`: anything else; the machine resolves it by reading and turning off, never by repeating it.
 */
export interface ArmAttempt {
  readonly result: 'armed' | 'undone' | 'unresolved';
  /** Read back: the flags that are on now and were not before. */
  readonly flags: readonly DebugFlag[];
  readonly deadMan: boolean;
  readonly detail: string;
}

export interface DisarmAttempt {
  readonly via: 'control' | 'fresh' | 'capture';
  /** When the first line that turns a debug off left; null: nothing needed to be sent, or no session. */
  readonly sentAt: Monotonic | null;
  readonly sentAtWall: Wall | null;
  readonly debugs: 'off' | 'still-on' | 'unreadable' | 'not-sent';
  /** `left`: somebody's crypto debug is on, so that the last condition must stay. Only after debugs are verified off. */
  readonly conditions: 'none' | 'removed' | 'left' | 'failed';
  readonly conditionsLeft: readonly string[];
  readonly deadMan: 'none' | 'removed' | 'failed';
  /** Flags still on, or what the device or SSH answered. */
  readonly detail: string;
}

/** Why the breaker tripped. */
export type BreakerTrip = 'cpu' | 'debug-rate' | 'memory' | 'cpu-unreadable';
