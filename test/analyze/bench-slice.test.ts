/**
 * The cases of `npm run bench:diagnosis`: repeatable, as a bundle has to be, and with the share of evidence that they claim. The bars are
 * held in bench-bars.test.ts.
 */
import { expect, test } from 'vitest';
import { causes as played } from '../../agent/lab/causes/index.ts';
import { causes as words } from '../../shared/analyze/verdict.ts';
import { incidentFileSchema } from '../../shared/bundle/incident-file.ts';
import { makeCase } from '../bench/diagnosis/case-maker.ts';
import { bundlesOf } from '../bench/diagnosis/run-case.ts';
import { mark } from '../bench/diagnosis/score.ts';

const SEED = 20;

test('the words of the plays are words of verdicts', () => {
  for (const { word } of played) expect(words).toContain(word);
});

test('cases are the same for the same seed, fit the schema of incident.json, and name the flow', () => {
  for (let index = 0; index < played.length; index += 1) {
    const made = makeCase(SEED, index);
    expect(made.truth.cause).toBe(played[index]!.word);
    for (const evidence of ['full', 'third-removed'] as const) {
      for (const bundle of bundlesOf(made, SEED, evidence)) {
        expect(incidentFileSchema.safeParse(bundle.incident).error?.issues).toBeUndefined();
        expect(bundle.captures.map(({ entry }) => entry)).toEqual(bundle.incident.captures);
      }
    }
    expect(made.ends[0]!.incident.flows.length).toBeGreaterThan(0);
    expect(makeCase(SEED, index)).toEqual(made);
  }
});

test('a third of the evidence is gone, and says so', () => {
  let whole = 0;
  let left = 0;
  for (let index = 0; index < 51; index += 1) {
    const made = makeCase(SEED, index);
    const kept = bundlesOf(made, SEED, 'third-removed');
    const ok = (bundles: typeof kept): number =>
      bundles.reduce((sum, bundle) => sum + bundle.captures.filter(({ entry }) => entry.status === 'ok').length, 0);
    whole += ok(made.ends);
    left += ok(kept);
    for (const { incident } of kept)
      expect(incident.captures.every((entry) => entry.status === 'ok' || entry.detail !== null)).toBe(true);
  }
  expect(left / whole).toBeGreaterThan(0.5);
  expect(left / whole).toBeLessThan(0.7);
});

test('marks: what is true, less specific, wrong, or not said', () => {
  const { truth } = makeCase(SEED, 1);
  expect(truth.cause).toBe('receiver-restarted');
  expect(mark(truth, 'full', 'receiver-restarted')).toBe('right');
  expect(mark(truth, 'full', 'receiver-lost-sa')).toBe('less specific');
  expect(mark(truth, 'third-removed', 'receiver-lost-sa')).toBe('right');
  expect(mark(truth, 'full', 'rekey-transient')).toBe('wrong');
  expect(mark(truth, 'full', 'cannot-tell')).toBe('cannot tell');
});
