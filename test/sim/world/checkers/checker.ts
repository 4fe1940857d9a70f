/**
 * SHELF contract: what must hold in every night, one file a promise (issue C, "Simulation"). `look` after every step, `end` when the
 * night is over and all is well again. A checker judges by stage and truth.ts, and has a world in checkers.test.ts that it must catch.
 */
import type { Stage } from '../stage.ts';
import type { Truth } from '../truth.ts';

export interface Checker {
  look?(): void;
  end?(): Promise<void>;
}

export type Report = (what: string) => void;
export type MakeChecker = (stage: Stage, truth: Truth, report: Report) => Checker;

export const SECOND = 1_000;
/** One look more, and what a step of the stage takes. */
export const SLACK_MS = 3 * SECOND;
/** Three missing hellos, and the one that was on its way. */
export const PEER_NOTICES_MS = 240 * SECOND;
