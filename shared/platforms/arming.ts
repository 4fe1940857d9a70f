/**
 * What a platform knows about arming (pair-protocol.md, "Arming"): which lines put conditions and debugs on, which read them back,
 * what the pre-flight asks, what a person may enter. Part of the Platform contract (platform.ts); used by agent/effects/arm-debugs.ts,
 * shared/arming/ and the list for the change board (commands.ts).
 */
import type { DebugName } from '../model/arming.ts';
import type { DebugFlag } from './platform.ts';

/** What the pre-flight asks, in this order: the CPU first, before our own questions load it. */
export const preflightQuestions = ['cpu', 'memory', 'debugging', 'conditions', 'logging', 'settings', 'lines', 'clock'] as const;
export type PreflightQuestion = (typeof preflightQuestions)[number];
/** The others are asked on every platform: without them no debug goes on. */
export type AbsentQuestion = Extract<PreflightQuestion, 'conditions' | 'logging' | 'settings' | 'lines'>;

export interface PlatformArming {
  /** The line that answers it. `cpu` and `memory` are the breaker's samples as well. */
  readonly ask: Readonly<Record<PreflightQuestion, string>>;
  /** What there is not on this platform: nothing is asked, refused or put on for it, and its lines are empty. */
  readonly absent?: readonly (AbsentQuestion | 'dead-man')[];
  /** Null: not an address. */
  condition(address: string): { readonly on: string; readonly off: string } | null;
  /** The canonical address of a condition that `condition` can put there; null for any other, which is somebody else's. */
  conditionAddress(filter: { readonly kind: string; readonly value: string }): string | null;
  /** The one debug there is, whichever are configured; absent: each of its own. */
  readonly onlyDebug?: DebugName;
  debugOn(name: DebugName): string;
  debugOff(name: DebugName): string;
  /** The flag that `debugOn(name)` puts on. */
  flagIs(name: DebugName, flag: DebugFlag): boolean;
  /** The debug that this flag is, or is a part of (`Crypto ISAKMP Error debugging` of `isakmp`); null: none that this pair arms. */
  debugOf(flag: DebugFlag): DebugName | null;
  /** A line of output that tells of something that went wrong, beside the refusals of the dialogue: `% Maximum number of conditions reached`. */
  readonly complaint: RegExp;
  readonly deadMan: DeadMan;
  readonly remedies: Remedies;
}

/** On-box dead-man: a countdown that turns all debugs off although we and the network are gone. Setting it anew starts it anew. */
export interface DeadMan {
  /** As the device lists it. */
  readonly name: string;
  /** Lines in configuration mode; the session enters and leaves it. Seconds: 1 to 4,294,967. */
  set(seconds: number): readonly string[];
  readonly remove: readonly string[];
  /** Lists it, by its name, while it is set; prints nothing else. */
  readonly show: string;
}

/** Lines that a person enters in configuration mode, for findings of the pre-flight. Data alone: it may travel into a report. */
export interface Remedies {
  readonly console: readonly string[];
  readonly monitor: readonly string[];
  readonly trap: readonly string[];
  readonly rateLimit: readonly string[];
  readonly msecStamps: readonly string[];
  readonly sequenceNumbers: readonly string[];
  readonly clock: readonly string[];
  /** `<host>` stands for our address. */
  readonly loggingHost: readonly string[];
}

/** What the configuration says about log lines. Null: not said. */
export interface LoggingSettings {
  readonly msecStamps: boolean | null;
  readonly sequenceNumbers: boolean | null;
  /** Of what is not the console. */
  readonly rateLimited: boolean | null;
}

export interface VtyUse {
  readonly total: number;
  readonly busy: number;
}
