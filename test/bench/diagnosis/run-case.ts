/** One case, both ways, through the diagnosis. Used by main.ts and by test/analyze. */
import { Prng } from '../../../agent/lab/prng.ts';
import { diagnose } from '../../../shared/analyze/diagnose.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { platformNamed } from '../../../shared/platforms/index.ts';
import { type MadeCase, makeCase } from './case-maker.ts';
import { degrade } from './degrade.ts';
import { type Evidence, mark, type Scored } from './score.ts';

/** The case's bundles with all evidence, or with a third of it gone: always the same third. */
export function bundlesOf(made: MadeCase, seed: number, evidence: Evidence): readonly BundleText[] {
  return evidence === 'full' ? made.ends : degrade(made.ends, new Prng((seed * 31 + made.index * 7 + 1) >>> 0));
}

export function runCase(seed: number, index: number): Scored[] {
  const made = makeCase(seed, index);
  return (['full', 'third-removed'] as const).map((evidence) => {
    const { verdict } = diagnose(bundlesOf(made, seed, evidence), platformNamed);
    const { cause, confidence } = verdict;
    return { index, evidence, truth: made.truth, cause, confidence, mark: mark(made.truth, evidence, cause) };
  });
}
