/** docs/causes.md has a row for each cause, and none for words that are no cause; each cause but the last has its rule on the shelf. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { causeRules } from '../../shared/analyze/causes/index.ts';
import { causes } from '../../shared/analyze/verdict.ts';

const page = readFileSync(new URL('../../docs/causes.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, word]) => word!);

test('a row for each cause', () => {
  expect([...rows].sort()).toEqual([...causes].sort());
});

test('a rule for each cause that evidence can show', () => {
  expect([...causeRules.map(({ cause }) => cause), 'cannot-tell'].sort()).toEqual([...causes].sort());
});
