/** The first question alone: the sender uses it, the receiver has it not. facts.md §6; rule: shared/analyze/causes/receiver-lost-sa.ts. */
import { describe, expect, test } from 'vitest';
import { LOST } from '../../support/case.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('receiver-lost-sa', () => {
  const options = {
    hub: { ike: 900 },
    spoke: { ike: 900 },
    sas: [{ spi: LOST, current: 'yes' as const, inbound: 'no' as const, leftSeconds: 600 }],
    flows: [{ seen: [0, 120] as const }],
  };

  test('is told, and that nothing says why', () => {
    const verdict = verdictOf(options);
    expect([said(verdict), verdict.harm]).toEqual(['receiver-lost-sa certain', 'persistent']);
    expect(verdict.sentence).toBe('hub-b lost the SA that spoke1 still encrypts with, SPI 0x68842105; why is not known.');
  });

  test('without a table of the sender it can not be told', () => {
    expect(said(verdictOf(without(options, /not in a table of its sender/)))).toBe('cannot-tell');
  });

  test('not where the sender encrypts with another, nor where the receiver has it', () => {
    for (const sa of [
      { current: 'no' as const, inbound: 'no' as const },
      { current: 'yes' as const, inbound: 'yes' as const },
    ])
      expect(verdictOf({ ...options, sas: [{ spi: LOST, ...sa }] }).findings.map(({ cause }) => cause)).not.toContain(
        'receiver-lost-sa',
      );
  });
});
