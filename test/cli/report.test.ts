import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { reportSchema } from '../../shared/analyze/report/json.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { writeBundleFolder } from '../support/bundle-folder.ts';
import { failover } from '../support/diagnosis/failover.ts';
import { cli } from './cli-run.ts';

const root = mkdtempSync(join(tmpdir(), 'spitrap-report-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [hub, spoke] = failover().bundles as [BundleText, BundleText];
const { id } = hub.incident;
const dataDir = join(root, 'hub-data');
const hubFolder = writeBundleFolder(hub, join(dataDir, 'incidents', id));
const spokeFolder = writeBundleFolder(spoke, join(root, 'from-spoke'));

function withId(bundle: BundleText, changed: string): BundleText {
  const incident = { ...bundle.incident, id: changed };
  return { ...bundle, incident, incidentLines: JSON.stringify(incident, null, 2).split('\n') };
}
const OTHER_ID = '01KAX3R2F8M0T9W5Y1Z4H6J999';
const strange = writeBundleFolder(withId(spoke, OTHER_ID), join(root, 'strange'));

describe('what is made', () => {
  test('both ends: the text, by default and on request', async () => {
    const { code, stdout, stderr } = await cli(['report', hubFolder, spokeFolder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Incident ${id}`);
    expect(stdout).toContain('hub-b <-> spoke1');
    expect(stdout).not.toContain('\u001b');
    expect((await cli(['report', hubFolder, spokeFolder, '--text'])).stdout).toBe(stdout);
  });

  test('the order does not matter', async () => {
    const there = await cli(['report', hubFolder, spokeFolder]);
    const back = await cli(['report', spokeFolder, hubFolder]);
    expect(back.stdout).toBe(there.stdout);
  });

  test('titles stand out on a terminal, unless NO_COLOR', async () => {
    expect((await cli(['report', hubFolder], { tty: true })).stdout).toContain('\u001b[1mDO NOW\u001b[0m');
    expect((await cli(['report', hubFolder], { tty: true, noColor: true })).stdout).not.toContain('\u001b');
  });

  test('JSON fits its schema', async () => {
    const { stdout } = await cli(['report', hubFolder, spokeFolder, '--json']);
    const value = reportSchema.parse(JSON.parse(stdout));
    expect(value.incident).toBe(id);
    expect(value.ends.map(({ name }) => name)).toEqual(['hub-b', 'spoke1']);
  });

  test('the page, to a file and to standard output', async () => {
    const file = join(root, 'incident.html');
    const { code, stdout } = await cli(['report', hubFolder, spokeFolder, '--html', file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/incident\.html \(\d+ KiB\)/);
    const page = readFileSync(file, 'utf8');
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect((await cli(['report', hubFolder, spokeFolder, '--html', '-'])).stdout).toBe(page);
  });

  test('one end, by the beginning of its id: says what cannot be known', async () => {
    const { code, stdout } = await cli(['report', id.slice(0, 6).toLowerCase(), '--data-dir', dataDir]);
    expect(code).toBe(0);
    expect(stdout).toContain('one end only');
    expect(stdout).toContain('its bundle is not here');
  });

  test('an id and a folder', async () => {
    const { code, stdout } = await cli(['report', id, spokeFolder, '--data-dir', dataDir]);
    expect(code).toBe(0);
    expect(stdout).toContain('hub-b <-> spoke1');
  });

  test('a bundle that is not whole: the report is made and says so, exit 1', async () => {
    const damaged = writeBundleFolder(hub, join(root, 'damaged'));
    appendFileSync(join(damaged, 'device.log'), 'one line more\n');
    const { code, stdout } = await cli(['report', damaged]);
    expect(code).toBe(1);
    expect(stdout).toContain('THE EVIDENCE IS NOT WHOLE');
    expect(stdout).toContain('device.log');
  });
});

describe('what is refused', () => {
  test.each<[what: string, argv: string[], code: number, says: RegExp]>([
    ['two incidents, naming both', [hubFolder, strange], 2, new RegExp(`USAGE: two incidents: .*${id}.*${OTHER_ID}.*--force`)],
    [
      'the same folder twice',
      [hubFolder, hubFolder],
      2,
      /USAGE: both bundles are of "hub-b", incident 01KAX3R2F8M0T9W5Y1Z4H6J87Q/,
    ],
    ['a copy of it', [hubFolder, writeBundleFolder(hub, join(root, 'copy'))], 2, /USAGE: both bundles are of "hub-b"/],
    ['an id without its agent', [id], 2, /USAGE: there is no folder ".*name its agent: -c FILE or --data-dir DIR/],
    ['an id that no incident has', ['01ZZZZ', '--data-dir', dataDir], 1, /INCIDENT_UNKNOWN: no incident "01ZZZZ"/],
    ['a folder that is not there', [join(root, 'nothing')], 1, /INCIDENT_UNKNOWN: there is no /],
    ['a dataDir', [dataDir], 1, /INCIDENT_UNKNOWN: .* is an agent's dataDir/],
    ['two forms at once', [hubFolder, '--text', '--json'], 2, /USAGE: give one of --html, --text and --json/],
    ['a page into a bundle', [hubFolder, '--html', join(hubFolder, 'report.html')], 2, /USAGE: --html .* is inside the bundle/],
    [
      'a page into another bundle',
      [hubFolder, '--html', join(spokeFolder, 'report.html')],
      2,
      /USAGE: --html .* is inside a bundle/,
    ],
    ['a page over a folder', [hubFolder, '--html', root], 2, /USAGE: --html .* is a folder/],
    ['a page into a folder that is not there', [hubFolder, '--html', join(root, 'no/where.html')], 1, /DISK_FAILED: /],
    ['nothing at all', [], 2, /USAGE: /],
  ])('%s', async (_, argv, code, says) => {
    const ran = await cli(['report', ...argv]);
    expect(ran.stderr.replaceAll('\n', ' ')).toMatch(says);
    expect(ran).toMatchObject({ code, stdout: '' });
  });

  test('unless --force', async () => {
    const { code, stdout } = await cli(['report', hubFolder, strange, '--force']);
    expect(code).toBe(0);
    expect(stdout).toContain('hub-b <-> spoke1');
    expect(existsSync(join(strange, 'report.html'))).toBe(false);
  });
});
