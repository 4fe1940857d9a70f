/** docs/reasons.md and shared/coordinate/reason.ts name the same words, and somebody gives each of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reasons } from '../../shared/coordinate/reason.ts';

const root = join(import.meta.dirname, '../..');
const rows = readFileSync(join(root, 'docs/reasons.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

const sources = ['shared', 'agent'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('coordinate/reason.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);

describe('docs/reasons.md', () => {
  test('has one row for each reason, and no other', () => {
    expect(rows.map(([, word]) => word).sort()).toEqual(reasons.map((reason) => `\`${reason}\``).sort());
  });

  test.each(rows)('%s%s says what it means and what to do', (_, _word, meaning, act) => {
    expect(meaning).toMatch(/\.$/);
    expect(act).toMatch(/^(Yes|No|Only|Not yet|Read|Lift|Prefer|If|For|The|Look)\b/);
  });
});

test.each(reasons)('%s is given somewhere', (reason) => {
  expect(sources.some((text) => text.includes(`'${reason}'`))).toBe(true);
});
