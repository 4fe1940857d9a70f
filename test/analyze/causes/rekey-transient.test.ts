/** A late packet of the old SA, seconds after a rekey. facts.md §6; rule: shared/analyze/causes/rekey-transient.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('rekey-transient', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['rekey-transient']))).toBe('rekey-transient certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the moment at which the old SA went', [/hub: no sa-deleted/], 'rekey-transient likely'],
    ['without a log of the hub', [/hub: no log/], 'rekey-transient likely'],
    ['without a table of the sender', [/SA 68842105: not in a table of its sender/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['rekey-transient'], ...missing)))).toBe(verdict);
  });

  test('what came again after a minute is no transient', () => {
    const options = { ...textbook['rekey-transient'], flows: [{ seen: [0, 70] as const }] };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).not.toContain('rekey-transient');
  });

  test('an SA that the sender still uses is no transient', () => {
    const [, ...others] = textbook['rekey-transient'].sas ?? [];
    const options = {
      ...textbook['rekey-transient'],
      sas: [{ spi: LOST, current: 'yes' as const, inbound: 'no' as const }, ...others],
    };
    expect(verdictOf(options).findings.map(({ cause }) => cause)).not.toContain('rekey-transient');
  });

  test('a clearing that breaks before it makes is the clearing', () => {
    const { hub } = textbook['rekey-transient'];
    const events = [at(-2, 'cleared'), at(-1.9, 'sa-deleted', { spis: [LOST] }), at(-0.8, 'sa-created', { spis: [NEXT] })];
    expect(said(verdictOf({ ...textbook['rekey-transient'], hub: { ...hub, events } }))).toBe('cleared-one-side certain');
  });
});
