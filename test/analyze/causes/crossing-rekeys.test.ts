/** Two rekeys at once, of which each end keeps another. facts.md §6; rule: shared/analyze/causes/crossing-rekeys.ts. */
import { describe, expect, test } from 'vitest';
import { at, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('crossing-rekeys', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['crossing-rekeys']))).toBe('crossing-rekeys certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ["without the sender's table", [/SA 68842105: not in a table of its sender/], 'crossing-rekeys certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['crossing-rekeys'], ...missing)))).toBe(verdict);
  });

  test('two inbound SAs of one rekey are not it: old and new stand side by side after each', () => {
    const { hub, spoke } = textbook['crossing-rekeys'];
    const plain = {
      ...textbook['crossing-rekeys'],
      hub: { ...hub, events: [at(-20, 'sa-created', { spis: [NEXT] })] },
      spoke: { ...spoke, events: [at(-20, 'sa-created', { spis: [NEXT] })] },
    };
    expect(verdictOf(plain).findings.map(({ cause }) => cause)).not.toContain('crossing-rekeys');
  });
});
