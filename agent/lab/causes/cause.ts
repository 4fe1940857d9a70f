/**
 * A cause of facts.md §6 as a play: what is configured, what happens, what really was the matter. A play only pushes: routers, messages and
 * timers of live/ do the rest, and what the boxes show follows from it. Registered in index.ts.
 */

import type { CauseStage, EndName, StagePlan } from '../live/stage.ts';
import type { Prng } from '../prng.ts';

/** Words of facts.md §6, a row each. */
export type CauseWord =
  | 'rekey-transient'
  | 'receiver-restarted'
  | 'cleared-one-side'
  | 'failover'
  | 'ike-sa-gone'
  | 'lifetime-mismatch'
  | 'kilobyte-lifetime'
  | 'delete-lost'
  | 'crossing-rekeys'
  | 'early-new-spi'
  | 'keys-differ'
  | 'replay'
  | 'nat-change'
  | 'stale-peer'
  | 'middlebox-replay'
  | 'unconfigured-peer'
  | 'tunnel-key-mismatch'
  | 'receiver-lost-sa';

export interface Truth {
  readonly cause: CauseWord;
  /** Where it happened; null: at neither end. */
  readonly end: EndName | null;
  /** What was done, in a sentence. */
  readonly what: string;
  /** Words that are as true of what the devices can show, with all evidence. Each cause's file says why. */
  readonly also: readonly CauseWord[];
  /** Words that are true besides where evidence is missing. */
  readonly alsoWithLess: readonly CauseWord[];
}

export interface Cause {
  readonly word: CauseWord;
  readonly title: string;
  /** A control: nothing of an SA out of step is at the root of it. */
  readonly control: boolean;
  /** Insists on what it needs; the rest of the plan stays as drawn. */
  prepare(plan: StagePlan, prng: Prng): void;
  /** Begins the play; what follows is on timers. Returns the truth, which `act` may still complete while it plays. */
  act(stage: CauseStage): Truth;
}

export function settle(plan: StagePlan, end: EndName, change: Partial<StagePlan['settings']['receiver']>): void {
  Object.assign(plan.settings[end], change);
}

export const both = (plan: StagePlan, change: Partial<StagePlan['settings']['receiver']>): void => {
  settle(plan, 'receiver', change);
  settle(plan, 'sender', change);
};

/** Enough packets that some are on their way at any moment. */
export function busy(plan: StagePlan, prng: Prng): void {
  settle(plan, 'sender', { packetsPerSecond: prng.pick([80, 150, 300]) });
  plan.latencyMs = Math.max(plan.latencyMs, prng.between(15, 60));
}

/** In a DMVPN the receiver is the hub: what comes next is up to the sender. */
export function receiverIsHub(plan: StagePlan): void {
  if (plan.settings.receiver.kind !== 'dmvpn') return;
  settle(plan, 'receiver', { role: 'hub', knowsPeer: false });
  settle(plan, 'sender', { role: 'spoke', knowsPeer: true, answersOnly: false });
}
