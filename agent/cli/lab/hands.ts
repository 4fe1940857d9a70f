/**
 * What the play of a scenario has in hand: the boxes, the agents' answers, the screen. run.ts gives it; the plays (plays/) use nothing
 * else, so that each reads as the story that it plays.
 */

import type { IncidentFile } from '../../../shared/bundle/incident-file.ts';
import type { DurationMs, Monotonic } from '../../../shared/model/time.ts';
import type { Box, LabPair } from '../../lab/contract.ts';
import type { AgentStatus } from '../../status/status.ts';
import type { CastCause } from './cause-cast.ts';
import type { Played } from './diagnosis.ts';
import type { Tone } from './lanes.ts';
import type { End } from './relay.ts';

/** The message as a box sent it to its logging host. */
export interface BoxMessage {
  readonly at: Monotonic;
  readonly end: End;
  readonly source: string;
  readonly spi: number;
}

export interface Hands {
  /** Not there where a cause is played. */
  readonly pair: LabPair;
  /** There where a cause is played. */
  readonly cause: CastCause;
  readonly boxes: Readonly<Record<End, Box>>;
  readonly delayMs: DurationMs;
  readonly messageIntervalMs: DurationMs;
  /** Every RECVD_PKT_INV_SPI so far, of both boxes. */
  readonly messages: readonly BoxMessage[];
  now(): Monotonic;
  /** Conditions, then debugs, typed at both consoles; then a rekey, so that the debugs have something to tell. */
  debugsByHand(): void;
  /** The lines that somebody types at one console: a condition of the other end first. */
  typeDebugs(end: End): void;
  /** From here on the line between the agents loses what the scenario, or `--loss`, says. */
  loseFromNow(): void;
  /** Into the timeline, as of now. */
  tell(end: End, text: string, tone?: Tone): void;
  tellAt(at: Monotonic, end: End, text: string): void;
  /** At once, for what comes before the message. */
  say(end: End, text: string, tone?: Tone): void;
  /** Over the whole width, before the message. */
  note(text: string): void;
  /** Of an agent that is there; null: it does not answer. */
  status(end: End): Promise<AgentStatus | null>;
  /** `spitrap arm`. Rejects with ARM_REFUSED. */
  arm(end: End): Promise<void>;
  /** Looks until it is so. Rejects when it took too long, or when an agent is gone. */
  until(what: string, withinMs: DurationMs, holds: () => boolean | Promise<boolean>): Promise<void>;
  message(): Promise<void>;
  /** Every agent has sealed its bundle, and said so; prints why, when one has not. */
  sealed(): Promise<void>;
  /** Sealed and open incidents of an agent, by their ids. */
  incidents(end: End): Promise<readonly string[]>;
}

/** What a scenario asks for beyond what is asked of every run. */
export interface Finding {
  /** The scenario's own keys of `--json`. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
}

export interface Ending extends Finding {
  /** Read from the sealed bundles, once the agents are gone. Null: none that can be read. */
  readonly ofBundles?: (incidents: Readonly<Record<End, IncidentFile | null>>) => Finding;
  /** What it has shown, in a sentence, when all holds. */
  readonly conclusion?: string;
  /** Debugs that a person has turned on after the stop: the box must still have them at the very end. */
  readonly laterDebugs?: Partial<Record<End, readonly string[]>>;
  /** Where a cause was acted. */
  readonly truth?: Played;
}

export type Play = (hands: Hands) => Promise<Ending>;

/** A fault for everything that does not hold. */
export const faultsOf = (claims: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(claims).flatMap(([fault, holds]) => (holds ? [] : [fault]));

export const spiText = (spi: number): string => `0x${spi.toString(16).padStart(8, '0')}`;
