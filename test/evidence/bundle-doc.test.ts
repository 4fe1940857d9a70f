import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { holeReasons } from '../../agent/evidence/holes.ts';
import { incidentFileSchema } from '../../shared/bundle/incident-file.ts';

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

const isMoment = (schema: JsonSchema): boolean => schema.properties?.['monotonicMs'] !== undefined;

function keysOf(schema: JsonSchema, at = ''): string[] {
  const inner = schema.anyOf?.find((one) => one.properties ?? one.items) ?? schema;
  if (inner.items) return keysOf(inner.items, `${at}[]`);
  if (!inner.properties || isMoment(inner)) return [];
  return Object.entries(inner.properties).flatMap(([name, value]) => {
    const key = at === '' ? name : `${at}.${name}`;
    return [key, ...keysOf(value, key)];
  });
}

test('docs/bundle.md lists every key of incident.json, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/bundle.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map((match) => match[1]!);
  const keys = keysOf(z.toJSONSchema(incidentFileSchema) as JsonSchema);
  expect(keys.length).toBeGreaterThan(80);
  expect(documented.sort()).toEqual(keys.sort());
});

test('and every reason of a hole', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/bundle.md'), 'utf8');
  const [, section = ''] = page.split('## Holes\n');
  const rows = section
    .slice(0, section.indexOf('## '))
    .split('\n')
    .filter((line) => line.startsWith('| '));
  const documented = rows.slice(1).map((row) => /`([a-z-]+)`/.exec(row)?.[1]);
  expect(documented.sort()).toEqual([...holeReasons].sort());
});
