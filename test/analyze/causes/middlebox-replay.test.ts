/** An old packet, minutes after a clean rekey. facts.md §6; rule: shared/analyze/causes/middlebox-replay.ts. */
import { describe, expect, test } from 'vitest';
import { at, LOST, NEXT } from '../../support/case.ts';
import { textbook } from '../../support/textbook-cases.ts';
import { said, verdictOf, without } from '../../support/verdict-of.ts';

describe('middlebox-replay', () => {
  test('with everything there', () => {
    expect(said(verdictOf(textbook['middlebox-replay']))).toBe('middlebox-replay certain');
  });

  test.each<[what: string, missing: RegExp[], verdict: string]>([
    ['without a table of the sender', [/SA 68842105: not in a table of its sender/], 'middlebox-replay likely'],
    ["with the hub's bundle alone", [/no bundle of the spoke/], 'cannot-tell'],
  ])('%s', (_what, missing, verdict) => {
    expect(said(verdictOf(without(textbook['middlebox-replay'], ...missing)))).toBe(verdict);
  });

  test('seconds after the rekey it is the sender’s own late packet', () => {
    const { spoke, hub } = textbook['middlebox-replay'];
    const options = {
      ...textbook['middlebox-replay'],
      hub: { ...hub, events: [at(-6, 'sa-created', { spis: [NEXT] }), at(-2, 'sa-deleted', { spis: [LOST] })] },
      spoke: { ...spoke, events: [at(-6, 'sa-created', { spis: [NEXT] }), at(-1, 'sa-deleted', { spis: [LOST] })] },
      flows: [{}],
    };
    expect(said(verdictOf(options))).toBe('rekey-transient certain');
  });
});
