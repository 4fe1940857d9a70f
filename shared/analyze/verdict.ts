/**
 * What a case comes to: findings, each with its cause, its confidence and its evidence. Made by judge.ts from the rules in causes/, told by
 * report/, `spitrap report --json` prints it (docs/report.md). "Cannot tell" is a verdict; a wrong `certain` is the worst.
 */
import type { Flow } from '../model/flow.ts';
import type { Case, EndIndex, Instant, Quote } from './case.ts';

/** One word a row of facts.md §6. docs/causes.md explains each. */
export const causes = [
  'rekey-transient',
  'receiver-restarted',
  'cleared-one-side',
  'failover',
  'ike-sa-gone',
  'lifetime-mismatch',
  'kilobyte-lifetime',
  'delete-lost',
  'crossing-rekeys',
  'early-new-spi',
  'keys-differ',
  'replay',
  'nat-change',
  'stale-peer',
  'middlebox-replay',
  'unconfigured-peer',
  'tunnel-key-mismatch',
  'platform-cannot-say',
  /** The receiver lost the SA that the sender still uses; nothing says why. */
  'receiver-lost-sa',
  'cannot-tell',
] as const;
export type Cause = (typeof causes)[number];

export type Confidence = 'certain' | 'likely' | 'possible';

export interface Finding {
  readonly cause: Cause;
  /** The end that lost or kept what it should not; null: neither, or not known. */
  readonly end: EndIndex | null;
  readonly confidence: Confidence;
  /** One sentence for a person: which end, what, since when. Names and addresses printable. */
  readonly sentence: string;
  readonly flows: readonly Flow[];
  readonly evidence: readonly Reasoned[];
  readonly against: readonly Reasoned[];
  readonly doNow: readonly Step[];
  readonly change: readonly Step[];
  readonly collectNext: readonly string[];
  /** Candidates only, with the conditions that are met: `CSCty30063`. */
  readonly bugs: readonly { readonly id: string; readonly why: string }[];
}

/** A statement and the lines that it rests on; without lines it rests on an absence, which it says. */
export interface Reasoned {
  readonly text: string;
  readonly quotes: readonly Quote[];
}

/** `command` is typed on `end`'s device, in enable mode unless `configure`. */
export interface Step {
  readonly text: string;
  readonly end: EndIndex | null;
  readonly command: string | null;
  readonly configure: boolean;
}

export interface Healing {
  /** `healed`: over already. `at`: the sender's SA expires, or DPD acts. `never`: nothing will end it. */
  readonly kind: 'healed' | 'at' | 'never' | 'unknown' | 'not-applicable';
  /** Latest moment. */
  readonly at: Instant | null;
  readonly by: 'sa-lifetime' | 'dpd' | null;
  readonly text: string;
  readonly quotes: readonly Quote[];
}

export interface Recovery {
  /** Would `crypto isakmp invalid-spi-recovery` have worked on this configuration? (Cisco 115801's table) */
  readonly works: 'yes' | 'no' | 'not applicable' | 'not known';
  readonly configured: 'on' | 'off' | 'unknown';
  readonly text: string;
  readonly quotes: readonly Quote[];
}

export interface Verdict {
  /** The first finding's sentence, or why it cannot be told. */
  readonly sentence: string;
  readonly cause: Cause;
  readonly confidence: Confidence;
  /** Benign or a black hole, over all flows. */
  readonly harm: 'transient' | 'persistent' | 'unknown';
  /** Best first; never empty: `cannot-tell` is a finding. */
  readonly findings: readonly Finding[];
  readonly healing: Healing;
  readonly recovery: Recovery;
  /** What would have to be known to be surer. */
  readonly unknowns: readonly string[];
}

export interface Diagnosis {
  readonly case: Case;
  readonly verdict: Verdict;
}

/** A rule: one file of causes/, one line in its index. Looks at the case alone; null: does not apply. */
export interface CauseRule {
  readonly cause: Cause;
  judge(about: Case): Finding | null;
}
