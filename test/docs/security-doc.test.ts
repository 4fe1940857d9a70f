/** docs/security.md: each row of the threat model names tests that exist, by file and title. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Sent '))
  .map((line) => line.slice(2, -2).split(' | '));
const HELD = /^`(?<file>test\/[\w./-]+\.test\.ts)` "(?<title>.+)"$/;

test('the table was found, and each row has its four cells', () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const cells of rows) expect(cells, cells.join(' | ')).toHaveLength(4);
});

test.each(rows.map((cells) => [cells[0]!, cells[3]!]))('%s', (_sent, held) => {
  for (const one of held.split('; `').map((part, i) => (i === 0 ? part : `\`${part}`))) {
    const found = HELD.exec(one)?.groups;
    expect(found, one).toBeDefined();
    const { file, title } = found as { file: string; title: string };
    const url = new URL(file, root);
    expect(existsSync(url), file).toBe(true);
    expect(hasTitle(readFileSync(url, 'utf8'), title), `${file} has no test "${title}"`).toBe(true);
  }
});

/** As a literal of its own: the title of a test, of a group, or of a row of a table. */
const hasTitle = (source: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => source.includes(quote + title.replaceAll(quote, `\\${quote}`) + quote));
