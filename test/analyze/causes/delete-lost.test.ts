/** A DELETE that leaves the hub and does not reach the spoke. facts.md §6; rule: shared/analyze/causes/delete-lost.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('delete-lost', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['delete-lost']))).toBe('delete-lost certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ["without the spoke's debugs it may have arrived", [/spoke: no debugs/], 'delete-lost likely'],
    ['without what was made before, why the SA was deleted is open', [/hub: no sa-created/], 'delete-lost likely'],
    ['without the line that it left', [/hub: no delete-sent/], 'receiver-lost-sa certain'],
    ['without debugs of the hub', [/hub: no debugs/], 'receiver-lost-sa certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['delete-lost'], ...missing)))).toBe(verdict);
  });

  test('a DELETE that arrived is not lost', () => {
    const { spoke } = textbook['delete-lost'];
    const arrived = { ...textbook['delete-lost'], spoke: { ...spoke, events: [at(-4.8, 'delete-received', { spis: [LOST] })] } };
    expect(verdictOf(arrived).findings.map(({ cause }) => cause)).not.toContain('delete-lost');
  });
});
