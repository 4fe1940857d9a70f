/** A standby hub that takes over without the SAs. facts.md §6; rule: shared/analyze/causes/failover.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST, NEXT } from '../../support/case.ts';
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

  test('over: the ends began anew by themselves within seconds, nothing is to be done now', () => {
    const { hub, spoke } = textbook.failover;
    const verdict = verdictOf({
      hub: { ...hub, ike: 2 },
      spoke: { ...spoke, ike: 2, events: [at(-900, 'sa-created', { spis: [LOST] }), at(0.4, 'sa-deleted', { spis: [LOST] })] },
      sas: [
        { spi: LOST, outbound: ['yes', 'no'], current: 'no', inbound: 'no', next: NEXT },
        { spi: NEXT, outbound: ['no', 'yes'], current: 'yes', inbound: ['no', 'yes'] },
      ],
      flows: [{}],
    });
    expect([said(verdict), verdict.harm, verdict.healing.kind]).toEqual(['failover certain', 'transient', 'healed']);
    expect(verdict.sentence).toBe('hub-b took over at 18:21:52 without the SAs; spoke1 has given SPI 0x68842105 up since.');
    expect(verdict.findings[0]!.doNow.flatMap(({ command }) => command ?? [])).toEqual([]);
  });
});
