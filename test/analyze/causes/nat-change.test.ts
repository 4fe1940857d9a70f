/** A spoke that comes anew through another NAT mapping. facts.md §6; rule: shared/analyze/causes/nat-change.ts. */
import { describe, expect, test } from 'vitest';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('nat-change', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['nat-change']))).toBe('nat-change certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the deletion beside it', [/hub: no sa-deleted at -8\.4/], 'nat-change likely'],
    ['without debugs only the loss is told', [/hub: no debugs/], 'receiver-lost-sa certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['nat-change'], ...missing)))).toBe(verdict);
  });
});
