/** Less evidence never makes another cause certain; with any single thing missing the right one is still first, or nothing is claimed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../shared/analyze/judge.ts';
import type { Cause } from '../../shared/analyze/verdict.ts';
import { type CaseOptions, caseOf } from '../support/case.ts';
import { removalsOf } from '../support/less-evidence.ts';
import { textbook } from '../support/textbook-cases.ts';

const RUNS = 400;
/** Where the receiver did lose an SA in use, saying just that is no error. */
const notLost: ReadonlySet<string> = new Set([
  'early-new-spi',
  'rekey-transient',
  'stale-peer',
  'unconfigured-peer',
  'middlebox-replay',
  'replay',
  'keys-differ',
  'tunnel-key-mismatch',
  'platform-cannot-say',
]);

function wronglyCertain(cause: string, options: CaseOptions): Cause[] {
  return judge(caseOf(options))
    .findings.filter(
      (one) => one.confidence === 'certain' && one.cause !== cause && (one.cause !== 'receiver-lost-sa' || notLost.has(cause)),
    )
    .map((one) => one.cause);
}

describe.each(Object.entries(textbook))('%s', (cause, options) => {
  const removals = removalsOf(options);

  test('is certain with everything there', () => {
    const verdict = judge(caseOf(options));
    expect([verdict.cause, verdict.confidence]).toEqual([cause, 'certain']);
  });

  test('any one thing missing: no other cause is certain', () => {
    for (const { name, apply } of removals) expect([name, ...wronglyCertain(cause, apply(options))]).toEqual([name]);
  });

  test('any set of things missing: no other cause is certain', () => {
    fc.assert(
      fc.property(fc.subarray([...removals]), (chosen) => {
        expect(
          wronglyCertain(
            cause,
            chosen.reduce((less, { apply }) => apply(less), options),
          ),
        ).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
