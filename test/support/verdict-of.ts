/** The verdict of a case made by hand, in two words, for tests of the rules; and the same with named evidence missing. */
import { judge } from '../../shared/analyze/judge.ts';
import type { Verdict } from '../../shared/analyze/verdict.ts';
import { type CaseOptions, caseOf } from './case.ts';
import { removalsOf } from './less-evidence.ts';

/** `failover certain`. */
export const said = ({ cause, confidence }: Verdict): string => (cause === 'cannot-tell' ? cause : `${cause} ${confidence}`);

export const verdictOf = (options: CaseOptions): Verdict => judge(caseOf(options));

/** Each name must be one of removalsOf: a test that takes nothing away proves nothing. */
export function without(options: CaseOptions, ...names: readonly RegExp[]): CaseOptions {
  const all = removalsOf(options);
  return names.reduce((less, name) => {
    const found = all.filter((one) => name.test(one.name));
    if (found.length === 0) throw new Error(`nothing to remove by ${name}: ${all.map((one) => one.name).join(', ')}`);
    return found.reduce((sofar, { apply }) => apply(sofar), less);
  }, options);
}
