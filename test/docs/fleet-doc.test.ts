/** docs/fleet.md: every route of a fleet's page stands in it, its curl lines are answered, its commands are ones; docs/metrics.md has its metrics. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetRoutes } from '../../agent/fleet/routes/index.ts';
import { fleetFamilies } from '../../agent/metrics/fleet-metrics.ts';
import { type FleetStand, standFleet } from '../support/fleet-stand.ts';
import { ask } from '../support/page-stand.ts';

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const page = read('fleet.md');

test('every route stands in fleet.md, with who may and what it answers', () => {
  const rows = page.split('\n').filter((line) => /^\| `(?:GET|POST) /.test(line));
  expect([...rows].sort()).toEqual(
    fleetRoutes.map(({ method, path, access, about }) => `| \`${method} ${path}\` | ${access} | ${about} |`).sort(),
  );
});

test('every metric of a fleet process stands in metrics.md, with its labels', () => {
  const section = read('metrics.md').split('\n## A fleet process\n')[1] ?? '';
  const rows = [...section.matchAll(/^\| `(spitrap_fleet_\w+)(?:\{([^}]*)\})?` \| (\w+) \|/gm)].map(
    ([, name, labels = '', kind]) => `${name} ${labels} ${kind}`,
  );
  expect([...rows].sort()).toEqual(fleetFamilies.map(({ name, labels, kind }) => `${name} ${labels.join(', ')} ${kind}`).sort());
});

describe('the curl lines', () => {
  let stand: FleetStand;
  beforeAll(async () => {
    stand = await standFleet();
  });
  afterAll(() => stand.close());

  const lines = [...page.matchAll(/^curl -s "http:\/\/127\.0\.0\.1:7424(\/[^"]*)"$/gm)].map((match) => match[1]!);

  test('are there', () => {
    expect(lines.length).toBeGreaterThan(2);
  });

  test.each(lines)('%s', async (path) => {
    expect((await ask(stand.port, path)).status).toBe(200);
  });
});
