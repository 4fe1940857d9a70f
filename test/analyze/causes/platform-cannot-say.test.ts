/** Counters that rise and no message. facts.md §6; rule: shared/analyze/causes/platform-cannot-say.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('platform-cannot-say', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['platform-cannot-say']))).toBe('platform-cannot-say certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['with a hole in the log the message may be in it', [/hub: a hole in the log/], 'platform-cannot-say likely'],
    ['without counters', [/hub: no counters/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['platform-cannot-say'], ...missing)))).toBe(verdict);
  });

  test('a message in the log says more', () => {
    const { hub } = textbook['platform-cannot-say'];
    const options = { ...textbook['platform-cannot-say'], hub: { ...hub, events: [at(0, 'invalid-spi', { spis: [LOST] })] } };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).not.toContain('platform-cannot-say');
  });
});
