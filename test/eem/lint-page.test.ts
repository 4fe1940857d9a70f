/** docs/eem-lint.md has each word of lint once, with its level and its source, and none that does not exist. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lintWords } from '../../shared/eem/lint-words.ts';

test('docs/eem-lint.md keeps up with the rules', () => {
  const page = readFileSync(new URL('../../docs/eem-lint.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (\w+) \| (.*?) \|/gm)].map(
    ([, word, level, source]) => `${word} ${level} ${source}`,
  );
  expect(rows.sort()).toEqual(
    Object.entries(lintWords)
      .map(([word, { level, source }]) => `${word} ${level} ${source}`)
      .sort(),
  );
});
