/** A hub that reloads: its SAs are gone, the spoke’s are older than the boot. facts.md §6; rule: shared/analyze/causes/receiver-restarted.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('receiver-restarted', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['receiver-restarted']))).toBe('receiver-restarted certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    [
      "without the spoke's IKE table nothing says that the SA is older than the boot",
      [/spoke: no IKE table/],
      'receiver-restarted likely',
    ],
    [
      "with the hub's bundle alone it is likely: the same SPI comes again after the restart",
      [/no bundle of the spoke/],
      'receiver-restarted likely',
    ],
    ["with the hub's bundle and one message it can not be told", [/no bundle of the spoke/, /one message/], 'cannot-tell'],
    ['by the uptime alone', [/hub: no restart/], 'receiver-restarted certain'],
    ['by the line alone', [/hub: no uptime/], 'receiver-restarted certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['receiver-restarted'], ...missing)))).toBe(verdict);
  });

  test('a restart that is older than the SA is not it', () => {
    const { hub, spoke } = textbook['receiver-restarted'];
    const later = {
      ...textbook['receiver-restarted'],
      hub: { ...hub, upSeconds: 5_000, events: [] },
      spoke: { ...spoke, events: [at(-900, 'sa-created', { spis: [LOST] })] },
    };
    expect(verdictOf(later).findings.map(({ cause }) => cause)).not.toContain('receiver-restarted');
  });

  test('one restart explains a storm, and the stranger in it is told apart', () => {
    const storm = {
      ...textbook['receiver-restarted'],
      sas: [
        ...(textbook['receiver-restarted'].sas ?? []),
        { spi: NEXT, current: 'yes' as const, inbound: 'no' as const, leftSeconds: 900 },
      ],
      flows: [
        { spi: LOST, seen: [0, 60] as const },
        { spi: NEXT, seen: [1, 61] as const },
        { spi: 0x77, src: '192.0.2.77', foreign: 'yes' as const },
      ],
    };
    const { findings } = verdictOf(storm);
    expect(findings.slice(0, 2).map(({ cause, flows }) => [cause, flows.length])).toEqual([
      ['receiver-restarted', 2],
      ['unconfigured-peer', 1],
    ]);
    expect(findings[0]!.sentence).toContain('One more flow fares the same.');
  });
});
