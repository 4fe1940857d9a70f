/** What is fuzzed: one decoder or reader, what it is fed at first, and how such inputs are changed. Listed in targets.ts, run by fuzz.ts. */
import type { Dice } from '../support/dice.ts';

/** `network`: octets from anyone. `text`: what a device, a file or a person brings. */
export type TargetKind = 'network' | 'text';

/** `other`: another input of the same corpus, to take parts from. */
export type Mutate = (input: Buffer, other: Buffer, dice: Dice) => Buffer;

export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  /** Instead of 50 ms, for what is read before the agent runs, or beside it: no stop waits behind it. */
  readonly hangMs?: number;
  /** Of the inputs asked for, for what costs some milliseconds each whatever one does about it; absent: all. */
  readonly share?: number;
  readonly seeds: readonly Buffer[];
  readonly mutate: Mutate;
  /** Throws only where that is a find. State that an agent would keep from one input to the next is kept here too. */
  readonly run: (input: Buffer) => void;
}
