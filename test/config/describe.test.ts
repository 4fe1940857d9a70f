/** The page docs/configuration.md is the schema's own description, and its example loads. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configurationPage, describeConfig } from '../../agent/config/describe.ts';
import { bare } from '../../agent/config/field-notes.ts';
import { platformNames, rootSchema } from '../../agent/config/schema.ts';
import { fleetSchema, loadFleetConfigText } from '../../agent/fleet/config.ts';
import { fleetConfigurationPage } from '../../agent/fleet/describe-config.ts';
import { platformNames as shelf } from '../../shared/platforms/index.ts';
import { host, load } from './smallest-pair.ts';

describe('docs/configuration.md', () => {
  // Differs: `npm run docs:config` (vitest -u) writes the page anew.
  test('is what the schema says', async () => {
    await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md');
  });

  test('its example loads', () => {
    const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const { config, warnings } = load(example, host());
    expect(config.mode).toBe('act');
    expect(warnings).toEqual([]);
  });

  test('every key of the schema has a spelling and a purpose', () => {
    const settings = describeConfig();
    expect(settings.filter(({ doc, spelled }) => doc === '' || spelled === 'value').map(({ path }) => path)).toEqual([]);
    expect(settings.length).toBeGreaterThan(keysIn(rootSchema) - 10);
  });
});

describe('docs/fleet-configuration.md', () => {
  test('is what the schema of a fleet process says', async () => {
    await expect(fleetConfigurationPage()).toMatchFileSnapshot('../../docs/fleet-configuration.md');
  });

  test('its examples load', () => {
    const page = readFileSync(new URL('../../docs/fleet-configuration.md', import.meta.url), 'utf8');
    const files: Record<string, string> = {
      'fleet.pw': 'a-password',
      'fleet.creds': 'x',
      'nats-ca.pem': '-----BEGIN CERTIFICATE-----',
      'page.token': 'a-token-of-more-than-16-characters',
      'page.key': 'k',
    };
    const on = host({ files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`/etc/spitrap/${name}`, text])) });
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
    expect(examples).toHaveLength(2);
    for (const example of examples)
      expect(loadFleetConfigText(example, '/etc/spitrap/fleet.yaml', on).warnings, example).toEqual([]);
  });

  test('every key has a spelling and a purpose', () => {
    const settings = describeConfig(fleetSchema);
    expect(settings.filter(({ doc, spelled }) => doc === '' || spelled === 'value').map(({ path }) => path)).toEqual([]);
    expect(settings.length).toBeGreaterThan(20);
  });
});

test('the platforms of the schema are those of the shelf', () => {
  expect([...platformNames]).toEqual(shelf);
});

/** Counted without describe.ts, so that a branch it forgets is seen. */
function keysIn(schema: z.ZodType): number {
  const plain = bare(schema);
  if (plain instanceof z.ZodObject) {
    const shape = Object.values(plain.shape) as z.ZodType[];
    return shape.length + shape.reduce((sum, field) => sum + keysIn(field), 0);
  }
  if (plain instanceof z.ZodArray) return keysIn(plain.element as z.ZodType);
  if (plain instanceof z.ZodDiscriminatedUnion)
    return (plain.options as z.ZodType[]).reduce((sum, option) => sum + keysIn(option), 0);
  return 0;
}
