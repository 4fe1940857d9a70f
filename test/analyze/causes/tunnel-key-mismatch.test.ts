/** SAs up at both ends, and tunnels of different keys in them: a control that is no desync. facts.md §6; rule: shared/analyze/causes/tunnel-key-mismatch.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('tunnel-key-mismatch', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['tunnel-key-mismatch']))).toBe('tunnel-key-mismatch certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without one configuration', [/spoke: no configuration/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['tunnel-key-mismatch'], ...missing)))).toBe(verdict);
  });

  test('the same key is not it', () => {
    const { hub } = textbook['tunnel-key-mismatch'];
    const options = {
      ...textbook['tunnel-key-mismatch'],
      hub: { ...hub, peerings: [{ kind: 'point-to-point GRE with tunnel protection', tunnelKey: '101' }] },
    };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).not.toContain('tunnel-key-mismatch');
  });
});
