/** Bundles in, diagnosis out: what `spitrap report` and the seal of a bundle call. Pure, throws at nothing that stands in a bundle. */
import type { BundleText } from '../bundle/bundle-text.ts';
import { buildCase, type PlatformNamed } from './build-case.ts';
import { judge } from './judge.ts';
import type { Diagnosis } from './verdict.ts';

/** One bundle, or those of both ends in any order. */
export function diagnose(bundles: readonly BundleText[], platformNamed: PlatformNamed): Diagnosis {
  const about = buildCase(bundles, platformNamed);
  return { case: about, verdict: judge(about) };
}
