import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reportJson, reportSchema } from '../../../shared/analyze/report/json.ts';
import { causes } from '../../../shared/analyze/verdict.ts';
import { limits } from '../../../shared/limits.ts';
import type { Told } from '../../support/diagnosis/build.ts';
import { failover } from '../../support/diagnosis/failover.ts';
import { cannotTell, hostile, oneEnded, storm, transient } from '../../support/diagnosis/others.ts';

const all: [string, () => Told][] = [
  ['failover', failover],
  ['one end', oneEnded],
  ['storm', () => storm()],
  ['transient', transient],
  ['cannot tell', cannotTell],
  ['hostile', hostile],
];

describe.each(all)('%s', (_, told) => {
  test('fits its schema, before and after it was written', () => {
    const value = reportJson(told().diagnosis);
    expect(reportSchema.parse(value)).toEqual(value);
    expect(reportSchema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
  });
});

test('has all flows and the whole timeline', () => {
  const { diagnosis } = storm();
  const value = reportJson(diagnosis);
  expect(value.flows).toHaveLength(500);
  expect(value.timeline).toHaveLength(diagnosis.case.timeline.length);
  expect(value.sas[1]!.spi).toBe('0x10001eef');
});

test('is bounded, with its own SAs first', () => {
  const { diagnosis } = failover();
  const [lost, back] = diagnosis.case.ledger;
  const others = Array.from({ length: 3_000 }, (_, i) => ({ ...back!, spi: i + 1, sender: null, partner: null }));
  const value = reportJson({ ...diagnosis, case: { ...diagnosis.case, ledger: [...others, lost!, back!] } });
  expect(value.sas).toHaveLength(limits.reportSasMax);
  expect(value.sas.slice(0, 2).map(({ spi }) => spi)).toEqual(['0x68842105', '0x2f0a11c4']);
  expect(value.sasLeftOut).toBe(3_002 - limits.reportSasMax);
});

test('a moment that no calendar has is null', () => {
  const { diagnosis } = failover();
  const never = { ...diagnosis.case.opened, fromMs: Number.NaN, toMs: 9e15 };
  const value = reportJson({ ...diagnosis, case: { ...diagnosis.case, opened: never } });
  expect(value.opened).toMatchObject({ from: null, to: null });
  expect(reportSchema.safeParse(value).success).toBe(true);
});

const page = readFileSync(join(import.meta.dirname, '../../../docs/report.md'), 'utf8');

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Shapes that occur in many places are described once, under a heading of their own. */
const shapes: Record<string, readonly string[]> = {
  instant: ['from', 'to', 'trusted', 'clock'],
  quote: ['end', 'file', 'line', 'text'],
  reasoned: ['text', 'quotes'],
  step: ['text', 'end', 'command', 'configure'],
  flow: ['src', 'dst', 'spi'],
  side: ['first', 'last', 'current', 'lifetimeSeconds', 'lifetimeKilobytes', 'packets', 'errors'],
};
const isShape = (names: readonly string[]): boolean => Object.values(shapes).some((shape) => shape.join() === names.join());

function keysOf(schema: JsonSchema, at = ''): string[] {
  const inner = schema.anyOf?.find((one) => one.properties ?? one.items) ?? schema;
  if (inner.items) return keysOf(inner.items, `${at}[]`);
  if (!inner.properties || (at !== '' && isShape(Object.keys(inner.properties)))) return [];
  return Object.entries(inner.properties).flatMap(([name, value]) => {
    const key = at === '' ? name : `${at}.${name}`;
    return [key, ...keysOf(value, key)];
  });
}

test('docs/report.md lists every key, and no other', () => {
  const documented = [...page.matchAll(/^\| `([\w.[\]]+)` \|/gm)].map((match) => match[1]!);
  const parts = Object.entries(shapes).flatMap(([shape, names]) => names.map((name) => `${shape}.${name}`));
  expect(documented.sort()).toEqual([...keysOf(z.toJSONSchema(reportSchema) as JsonSchema), ...parts].sort());
});

test('and says which causes there are, by pointing at their page', () => {
  expect(causes.length).toBeGreaterThan(15);
  expect(page).toContain('causes.md');
});
