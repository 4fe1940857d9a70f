/**
 * A small seeded slice of `npm run bench:diagnosis`: `npm test` holds the diagnosis to the bars. A case that fails here is replayed
 * with `npm run bench:diagnosis -- --seed 20 --only INDEX --write DIR`.
 */
import { describe, expect, test } from 'vitest';
import { runCase } from '../bench/diagnosis/run-case.ts';
import { bars, shares } from '../bench/diagnosis/score.ts';

const SEED = 20;
const CASES = 153;

describe('the bars of the issue', () => {
  const scored = Array.from({ length: CASES }, (_, index) => runCase(SEED, index)).flat();
  const of = (evidence: 'full' | 'third-removed') => shares(scored.filter((one) => one.evidence === evidence));
  test.each(bars(of('full'), of('third-removed')).map(({ text, met }) => [text, met] as const))('%s', (text, met) => {
    expect([text, met]).toEqual([text, true]);
  });
});
