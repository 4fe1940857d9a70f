/** A standby hub that takes over without the SAs. facts.md §6; rule: shared/analyze/causes/failover.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('failover', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook.failover))).toBe('failover certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the line of the takeover it is not claimed', [/hub: no ha-active/], 'receiver-lost-sa certain'],
    ['without a log of the hub only the loss is told', [/hub: no log/], 'receiver-lost-sa certain'],
    ['without what says that the SA is older', [/spoke: no IKE table/], 'failover likely'],
    ["with the hub's bundle alone", [/no bundle of the spoke/], 'failover likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook.failover, ...missing)))).toBe(verdict);
  });

  test('a takeover before the SA was made is not it', () => {
    const { spoke } = textbook.failover;
    const later = { ...textbook.failover, spoke: { ...spoke, ike: 5, events: [at(-10, 'sa-created', { spis: [LOST] })] } };
    expect(verdictOf(later).findings.map(({ cause }) => cause)).not.toContain('failover');
  });

  test('names the end, what it lost and the SPI', () => {
    expect(verdictOf(textbook.failover).sentence).toBe(
      'hub-b took over at 18:21:52 without the SAs; spoke1 still encrypts with SPI 0x68842105.',
    );
  });
});
