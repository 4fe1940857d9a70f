/** docs/fleet.md, the agent's half, has each kind and each key of a record, and none that does not exist. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { EVENT_STREAM, eventKinds, fleetKinds, recordSchema, STATE_STREAM } from '../../shared/fleet/record.ts';
import { differences } from '../support/tidy-rules.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/fleet.md', import.meta.url)), 'utf8');
const section = (title: string): string => page.slice(page.indexOf(title)).split(/\n#{1,3} /)[0] ?? '';
const namesOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const shapes = new Map(
  recordSchema.options.map((option) => [String([...option.shape.kind.values][0]), option.shape as Record<string, z.ZodType>]),
);

describe('docs/fleet.md', () => {
  test('each kind, with its stream', () => {
    const rows = rowsOf(section('## What is told'));
    expect(
      differences(
        fleetKinds,
        rows.map(([kind]) => namesOf(kind!)[0]!),
      ),
    ).toEqual([]);
    for (const [kind, stream] of rows)
      expect(stream).toBe(`\`${eventKinds.some((name) => kind === `\`${name}\``) ? EVENT_STREAM : STATE_STREAM}\``);
  });

  test('each key of a record', () => {
    const rows = rowsOf(section('### Keys'));
    const head = Object.keys(shapes.get('gap')!);
    const headRows = rows.filter((row) => row.length === 2).flatMap(([keys]) => namesOf(keys!));
    expect(differences(head, headRows)).toEqual([]);
  });

  test.each(fleetKinds)('each key of the body of %s', (kind) => {
    const body = shapes.get(kind)!['body'] as z.ZodObject;
    const rows = rowsOf(section('### Keys')).filter((row) => row.length === 3 && row[1]!.split(', ').includes(kind));
    expect(
      differences(
        Object.keys(body.shape),
        rows.flatMap(([keys]) => namesOf(keys!)),
      ),
    ).toEqual([]);
  });
});
