/** The sabotages still fit the code: each line stands where its list says. Whether each is caught, `npm run sim:sabotage` says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blindSabotages } from './blind.ts';
import { seeingSabotages } from './seeing.ts';

const root = join(import.meta.dirname, '../../..');
const all = [...blindSabotages, ...seeingSabotages];

test('at least twenty-five, half of them chosen blind, each with a name of its own', () => {
  expect(all.length).toBeGreaterThanOrEqual(25);
  expect(blindSabotages.length * 2).toBeGreaterThanOrEqual(all.length);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

test.each(all)('$name', ({ file, find, replace }) => {
  expect(file).toMatch(/^(?:agent|shared)\/.*\.ts$/);
  expect(find).not.toMatch(/\n/);
  expect(replace).not.toBe(find);
  expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
});
