/** Integrity errors on a current SPI: a control that is no desync. facts.md §6; rule: shared/analyze/causes/keys-differ.ts. */
import { describe, expect, test } from 'vitest';
import { at, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('keys-differ', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['keys-differ']))).toBe('keys-differ certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['by the counters alone', [/hub: no log/], 'keys-differ likely'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['keys-differ'], ...missing)))).toBe(verdict);
  });

  test('beside an SA that was lost it is not the first finding', () => {
    const { hub } = textbook['cleared-one-side'];
    const options = {
      ...textbook['cleared-one-side'],
      hub: { ...hub, events: [...(hub?.events ?? []), at(-1, 'mac-error', { spis: [NEXT] })] },
    };
    expect(verdictOf(options).cause).toBe('cleared-one-side');
  });
});
