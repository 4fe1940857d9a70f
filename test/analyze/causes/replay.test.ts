/** Replay errors on SAs that are there: a control that is no desync. facts.md §6; rule: shared/analyze/causes/replay.ts. */
import { describe, expect, test } from 'vitest';
import { at, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('replay', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook.replay))).toBe('replay certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([['by the counters alone', [/hub: no log/], 'replay likely']])(
    '%s',
    (_what, missing, verdict) => {
      expect(said(verdictOf(without(textbook.replay, ...missing)))).toBe(verdict);
    },
  );

  test('beside an SA that was lost it is not the first finding', () => {
    const { hub } = textbook['cleared-one-side'];
    const options = {
      ...textbook['cleared-one-side'],
      hub: { ...hub, events: [...(hub?.events ?? []), at(-1, 'replay-error', { spis: [NEXT] })] },
    };
    const { findings } = verdictOf(options);
    expect([findings[0]!.cause, findings.find(({ cause }) => cause === 'replay')?.confidence]).toEqual([
      'cleared-one-side',
      'possible',
    ]);
  });
});
