/** `spitrap fleet incidents | top | groups | now | show | verify`, over a real index with a night in it: what a person sees in 80 columns, what a program gets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetNight } from '../support/fleet-night.ts';
import { type FleetStand, standFleet } from '../support/fleet-stand.ts';
import { cli } from './cli-run.ts';

let stand: FleetStand;
const none = mkdtempSync(join(tmpdir(), 'spitrap-fleet-none-'));

beforeAll(async () => {
  stand = await standFleet();
  const { events, heartbeats } = fleetNight(Date.now());
  await stand.tell(events, heartbeats);
});
afterAll(async () => {
  await stand.close();
  rmSync(none, { recursive: true, force: true });
});

const fleet = (...argv: string[]) => cli(['fleet', ...argv, '--folder', stand.folder]);
const said = async (...argv: string[]): Promise<string> => {
  const { code, stdout, stderr } = await fleet(...argv);
  expect([argv, code, stderr]).toEqual([argv, 0, '']);
  if (argv.includes('--json')) return stdout;
  // Nothing of a device's name acts on a terminal, and every line fits one.
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return stdout;
};

describe('what is printed', () => {
  test('groups: the event as one sentence', async () => {
    const text = (await said('groups', '--since', '48h')).replace(/\s+/g, ' ');
    expect(text).toContain('hub-2 failed over at 03:12 UTC: 412 spokes, 409 healed by themselves, 3 still black-holed');
    const [id] = /hub\.hub-2\.failover\.\d{8}T0310Z/.exec(text)!;
    expect(await said('groups', id, '--limit', '5')).toMatch(/there are more/);
  });

  test('incidents: those that are black-holed at one hub', async () => {
    const text = await said('incidents', '--where', 'hub=hub-2', '--where', 'state=black-holed', '--since', '48h');
    expect(text.match(/^[0-9A-Z]{26} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}black-holed$/gm)).toHaveLength(3);
    expect(text).toContain('hub-2 - spoke-001: The hub failed over');
  });

  test('top, by a tag, by cause, and over time', async () => {
    const carriers = await said('top', '--by', 'tag:carrier', '--since', '48h');
    expect(carriers.split('\n')[0]).toMatch(/^tag:carrier +incidents +black-holed +open +not known +healed$/);
    expect(carriers).toMatch(/^acme +\d+ +1 /m);
    expect(await said('top', '--since', '48h')).toMatch(/^failover +412 +3 +0 +0 +409$/m);
    expect(await said('top', '--over-time', '--since', '24h')).toMatch(/^from /);
  });

  test('now: what is wrong, and what is not known', async () => {
    const text = await said('now');
    for (const words of [
      /24, 1 of them gone/,
      /debugs may be left on/,
      /do: On hub-2 type: undebug all/,
      /hub-2 - spoke-003/,
      /hub-3 could not tell/,
    ])
      expect(text).toMatch(words);
  });

  test('show: both ends, by the beginning of its id', async () => {
    const { incidents } = JSON.parse(await said('incidents', '--json', '--where', 'spoke=spoke-001', '--since', '48h')) as {
      incidents: { id: string }[];
    };
    const { id } = incidents[0]!;
    const text = await said('show', id.slice(0, 20).toLowerCase());
    for (const words of [
      `${id}  hub-2 - spoke-001`,
      'hub hub-2 (berlin)',
      'spoke spoke-001 (berlin-branch)',
      'not in the object store (yet)',
    ])
      expect(text).toContain(words);
    const { code, stderr } = await fleet('show', id.slice(0, 4));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/several incidents begin with .*give more of the id/)]);
  });

  test('verify: whole', async () => {
    expect(await said('verify')).toMatch(/^whole: 430 incidents/);
  });

  test('colours on a terminal alone', async () => {
    const shown = await cli(['fleet', 'groups', '--since', '48h', '--folder', stand.folder], { tty: true });
    expect(shown.stdout).toContain('\u001b[31m');
  });
});

test('as JSON: the view as it is', async () => {
  const { rows, dimensions } = JSON.parse(await said('top', '--json', '--since', '48h')) as {
    rows: { value: string; incidents: number }[];
    dimensions: string[];
  };
  expect(rows[0]).toMatchObject({ value: 'failover', incidents: 412, byState: { 'black-holed': 3 } });
  expect(dimensions).toContain('tag:carrier');
  expect(Object.keys(JSON.parse(await said('now', '--json')) as object)).toEqual([
    'now',
    'index',
    'instances',
    'nowMs',
    'setAside',
  ]);
});

describe('what is refused', () => {
  test.each([
    [['top', '--by', 'tag:colour'], 2, /no incident has a tag "colour"; there are tag:carrier/],
    [['top', '--by', 'colour'], 2, /nothing that incidents are counted by/],
    [['incidents', '--limit', 'all'], 2, /--limit is a whole number/],
    [['incidents', '--since', 'ever'], 2, /write a duration/],
    [['show', 'ZZZZ'], 1, /no incident "ZZZZ" is known here/],
    [['show', 'ZZZZ', '--report', '--bundle', 'x'], 2, /give one of/],
    [['groups', 'hub.none.x.20260101T0000Z'], 1, /no group/],
  ] as const)('fleet %j: exit %i', async (argv, code, words) => {
    const run = await fleet(...argv);
    expect([run.code, run.stdout]).toEqual([code, '']);
    expect(run.stderr).toMatch(words);
  });

  test('a folder on which none ever ran is no empty fleet, and one that is not there a mistake', async () => {
    const never = await cli(['fleet', 'now', '--folder', none]);
    expect([never.code, never.stderr]).toEqual([3, expect.stringMatching(/NOT_RUNNING.*no spitrap fleet has run on it yet/)]);
    expect((await cli(['fleet', 'now', '--folder', join(none, 'x')])).code).toBe(2);
    expect((await cli(['fleet', 'now', '-c', join(none, 'none.yaml')])).stderr).toMatch(/CONFIG_UNREADABLE/);
  });
});
