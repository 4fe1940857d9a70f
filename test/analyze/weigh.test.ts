/** The one scale of confidence: what each of its words needs, and what unknown takes away. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answer, no, unknown, yes } from '../../shared/analyze/answer.ts';
import { rank } from '../../shared/analyze/rule.ts';
import { type Grounds, weigh } from '../../shared/analyze/weigh.ts';

const grounds = (more: Partial<Grounds>): Grounds => ({ needs: [], proofs: [], signs: [], rivals: [], ...more });
const Y = yes('y');
const N = no('n');
const U = unknown('u');

test.each<[what: string, given: Partial<Grounds>, confidence: string | null]>([
  ['everything known and proven', { needs: [Y], proofs: [Y], rivals: [N] }, 'certain'],
  ['a need that is not so', { needs: [Y, N], proofs: [Y] }, null],
  ['nothing found', { needs: [Y], proofs: [U], signs: [N] }, null],
  ['a sign and no proof', { needs: [Y], signs: [Y] }, 'likely'],
  ['a rival of which nothing is known', { needs: [Y], proofs: [Y], rivals: [U] }, 'likely'],
  ['a rival that stands', { needs: [Y], proofs: [Y], rivals: [Y] }, 'possible'],
  ['proven, and one need not known', { needs: [Y, U], proofs: [Y] }, 'likely'],
  ['proven, and two needs not known', { needs: [U, U], proofs: [Y] }, 'possible'],
  ['a sign, and a need not known', { needs: [U], signs: [Y] }, 'possible'],
])('%s', (_what, given, confidence) => {
  expect(weigh(grounds(given))?.confidence ?? null).toBe(confidence);
});

test('what stands against it is said, and what is missing', () => {
  const weight = weigh(grounds({ needs: [Y, unknown('not known')], proofs: [Y], rivals: [yes('the other')] }));
  expect(weight?.against.map(({ text }) => text)).toEqual(['the other', 'not known']);
});

const answer = fc.constantFrom<Answer>(Y, N, U);
const list = fc.array(answer, { maxLength: 4 });

test('knowing less never makes it surer', () => {
  fc.assert(
    fc.property(list, list, list, list, fc.nat(15), (needs, proofs, signs, rivals, at) => {
      const all = [needs, proofs, signs, rivals];
      const forget = (answers: readonly Answer[]): Answer[] =>
        answers.map((one, index) => (index === at % 4 && one.known !== 'unknown' ? U : one));
      // A need that was not so, and is forgotten, rules nothing out any more: that is no gain in confidence beyond possible.
      fc.pre(!needs.some(({ known }) => known === 'no') && !rivals.some(({ known }) => known === 'yes'));
      const [before, behind] = [
        weigh(grounds({ needs, proofs, signs, rivals })),
        weigh(
          grounds(Object.fromEntries(['needs', 'proofs', 'signs', 'rivals'].map((name, place) => [name, forget(all[place]!)]))),
        ),
      ];
      expect(behind === null ? 0 : rank[behind.confidence]).toBeLessThanOrEqual(before === null ? 0 : rank[before.confidence]);
    }),
  );
});
