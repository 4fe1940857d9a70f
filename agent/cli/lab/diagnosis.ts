/**
 * What `spitrap report` says of a lab run's bundles, for the last lines of its screen and the `verdict` of its --json; and, where the lab
 * has played a cause, whether that is true of it. Called by run.ts and real/run.ts, told by screen.ts.
 */
import { diagnose } from '../../../shared/analyze/diagnose.ts';
import type { Cause, Diagnosis, Verdict } from '../../../shared/analyze/verdict.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { platformNamed } from '../../../shared/platforms/index.ts';
import { readBundle } from '../../evidence/read-bundle.ts';
import type { Disk } from '../../ports.ts';
import type { End } from './relay.ts';

export interface Named {
  readonly cause: Cause;
  readonly confidence: Verdict['confidence'];
  readonly sentence: string;
}

/** What was acted. `also` is as true of what the devices can show; `less`, where some of it is missing. */
export interface Played {
  readonly cause: string;
  /** Null: at neither end. */
  readonly end: End | null;
  readonly what: string;
  readonly also: readonly string[];
  readonly less: readonly string[];
}

export type Mark = 'right' | 'less specific' | 'cannot tell' | 'wrong';

/** Of one end or both, the hub's first. Null: none of them can be read; the judge of the run says why. */
export async function diagnoseBundles(folders: readonly string[], disk: Disk): Promise<Diagnosis | null> {
  const bundles: BundleText[] = [];
  for (const folder of folders) {
    const bundle = await readBundle(folder, disk).catch(() => null);
    if (bundle) bundles.push(bundle);
  }
  return bundles.length === 0 ? null : diagnose(bundles, platformNamed);
}

export const nameOf = ({ cause, confidence, sentence }: Named): Named => ({ cause, confidence, sentence });

export function markOf({ cause }: Named, truth: Played): Mark {
  if (cause === 'cannot-tell') return 'cannot tell';
  if (cause === truth.cause || truth.also.includes(cause)) return 'right';
  return truth.less.includes(cause) ? 'less specific' : 'wrong';
}
