/** A person who clears SAs at the hub, and a spoke that does not follow. facts.md §6; rule: shared/analyze/causes/cleared-one-side.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('cleared-one-side', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['cleared-one-side']))).toBe('cleared-one-side certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without the line of the command: nothing else made it delete the SA', [/hub: no cleared/], 'cleared-one-side likely'],
    ['without debugs the deletion is not seen', [/hub: no debugs/], 'cleared-one-side likely'],
    ['without a log of the hub only the loss is told', [/hub: no log/], 'receiver-lost-sa certain'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['cleared-one-side'], ...missing)))).toBe(verdict);
  });

  test('a change of configuration just as the SA went is likely, not certain', () => {
    const { hub } = textbook['cleared-one-side'];
    const events = [at(-8, 'configured'), at(-7.9, 'sa-deleted', { spis: [LOST] })];
    expect(said(verdictOf({ ...textbook['cleared-one-side'], hub: { ...hub, events } }))).toBe('cleared-one-side likely');
  });

  test('with the DELETE received it is over, and still the clearing', () => {
    const { hub, spoke } = textbook['cleared-one-side'];
    const verdict = verdictOf({
      hub: { ...hub, events: [...(hub?.events ?? []), at(0.5, 'sa-created', { spis: [NEXT] })] },
      spoke: { ...spoke, events: [at(0.2, 'delete-received', { spis: [LOST] })] },
      sas: [
        { spi: LOST, outbound: 'no', current: 'no', inbound: 'no', next: NEXT },
        { spi: NEXT, current: 'yes', inbound: 'yes', previous: LOST },
      ],
      flows: [{}],
    });
    expect([said(verdict), verdict.healing.kind]).toEqual(['cleared-one-side certain', 'healed']);
  });

  test('clearing of another peer is not it', () => {
    const { hub } = textbook['cleared-one-side'];
    const events = [at(-8, 'cleared', { peer: '10.9.9.9' })];
    expect(said(verdictOf({ ...textbook['cleared-one-side'], hub: { ...hub, events } }))).toBe('receiver-lost-sa certain');
  });
});
