/** The list of incidents and one of them: live ones beside those on disk, what is on disk read once, and no report that is none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { Disk } from '../../agent/ports.ts';
import { causeIn } from '../../agent/web/stored-index.ts';
import { INCIDENT_SCHEMA, type IncidentFile } from '../../shared/bundle/incident-file.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { statusSample } from '../status/status-sample.ts';
import { incidentFacts } from '../support/incident-facts.ts';
import { ask, type Stand, type StandOptions, standPage } from '../support/page-stand.ts';

let dataDir: string;
const stands: Stand[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spitrap-page-'));
});
afterEach(async () => {
  for (const { page } of stands.splice(0)) await page.close();
  rmSync(dataDir, { recursive: true });
});

const idOf = (n: number): string => `01HV5T0000000000000000${String(n).padStart(4, '0')}`;
const now = { at: '2026-03-12T18:23:20.706Z', monotonicMs: 1, bootId: 'b' };
const fileOf = (id: string, more: Partial<IncidentFile> = {}): IncidentFile => ({
  schema: INCIDENT_SCHEMA,
  ...incidentFacts(id, { wall: wall(1_773_339_800_706), monotonic: monotonic(1), bootId: 'b' }),
  captures: [],
  log: { file: null, from: now, to: now, bytes: 0, redacted: 0, skippedBytes: 0, holes: [], problems: [] },
  atStop: null,
  journalRecords: 0,
  journalRecordsNotKept: 0,
  redaction: { key: 'random', values: 0 },
  sealed: now,
  ...more,
});

async function bundle(id: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = join(dataDir, 'incidents', id);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ 'incident.json': JSON.stringify(fileOf(id)), ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

async function stand(options: StandOptions = {}): Promise<Stand> {
  const made = await standPage({ dataDir, ...options });
  stands.push(made);
  return made;
}

const listed = async ({ port }: Stand) =>
  (JSON.parse((await ask(port, '/api/v1/incidents')).text) as { incidents: Record<string, unknown>[] }).incidents;

const VERDICT =
  '{"schema":1,"incident":"x","ends":[],"verdict":{"sentence":"s \\"cause\\":\\"replay\\",","cause":"failover","confidence":"likely","harm":"persistent","findings":[{"cause":"replay","end":0,"confidence":"certain"}]}}';

describe('the list', () => {
  test('of disk, newest first, with its cause; what is open or no bundle is left out', async () => {
    await bundle(idOf(1), { 'report.html': '<p>', 'verdict.json': VERDICT });
    await bundle(idOf(2));
    await mkdir(join(dataDir, 'incidents', `${idOf(3)}.open`));
    await mkdir(join(dataDir, 'incidents', 'lost+found'));
    const rows = await listed(await stand());
    expect(rows.map(({ id }) => id)).toEqual([idOf(2), idOf(1)]);
    expect(rows[1]).toMatchObject({
      ...{ phase: 'sealed', bundle: true, report: true, twoEnded: false },
      cause: { name: 'failover', title: expect.any(String), confidence: 'likely' },
    });
    expect(rows[0]).toMatchObject({ cause: null, report: false });
  });

  test('what the agent knows is newer than what was sealed', async () => {
    await bundle(idOf(1));
    const live = { ...statusSample.incidents[0]!, id: idOf(1), verdict: 'persistent' as const, flows: 0 };
    const open = { ...statusSample.incidents[0]!, id: idOf(9), outcome: null, phase: 'alerted' };
    const rows = await listed(await stand({ control: { incidents: async () => [open, live] } }));
    expect(rows).toMatchObject([
      { id: idOf(9), phase: 'alerted', bundle: false, report: false },
      { id: idOf(1), verdict: 'persistent', bundle: true, flows: fileOf('x').flows.length },
    ]);
    expect(Object.keys(rows[0]!)).not.toContain('stopInMs');
  });

  test('a revised verdict counts, and a file is read again when it changed, else never', async () => {
    const folder = await bundle(idOf(1));
    const reads: string[] = [];
    const disk = createDisk();
    const counting: Disk = {
      ...disk,
      list: disk.list.bind(disk),
      stat: disk.stat.bind(disk),
      open: disk.open.bind(disk),
      makeFolder: disk.makeFolder.bind(disk),
      rename: disk.rename.bind(disk),
      remove: disk.remove.bind(disk),
      syncFolder: disk.syncFolder.bind(disk),
      readFile: (path) => {
        reads.push(path);
        return disk.readFile(path);
      },
    };
    const made = await stand({ disk: counting });
    reads.length = 0;
    expect((await listed(made))[0]).toMatchObject({ verdict: 'unknown' });
    expect(reads).toHaveLength(1);
    await listed(made);
    expect(reads).toHaveLength(1);
    writeFileSync(
      `${folder}.addendum.jsonl`,
      `{"added":"t","record":{"kind":"judged","verdict":"transient","flows":[{"grounds":["x"]}]}}\n`,
    );
    expect((await listed(made))[0]).toMatchObject({ verdict: 'transient' });
  });

  test('a bundle that can not be read is listed as such', async () => {
    await bundle(idOf(1), { 'incident.json': 'no JSON' });
    await bundle(idOf(2), { 'incident.json': ' '.repeat(limits.pageIncidentBytesMax + 1) });
    expect((await listed(await stand())).map(({ phase, bundle: has }) => [phase, has])).toEqual([
      ['unreadable', true],
      ['unreadable', true],
    ]);
  });

  test('at most so many, the newest', async () => {
    for (let n = 1; n <= limits.pageIncidentsMax + 3; n++) await bundle(idOf(n), { 'incident.json': '{}' });
    const rows = await listed(await stand());
    expect([rows.length, rows[0]!['id']]).toEqual([limits.pageIncidentsMax, idOf(limits.pageIncidentsMax + 3)]);
  });
});

describe('one incident', () => {
  test('sealed: its file and its timeline', async () => {
    await bundle(idOf(1), {
      'incident.json': JSON.stringify(fileOf(idOf(1), { timeline: [{ phase: 'sealed', at: now, detail: null }] })),
    });
    const { port } = await stand();
    const got = JSON.parse((await ask(port, `/api/v1/incidents/${idOf(1)}`)).text) as Record<string, unknown>;
    expect(got).toMatchObject({
      summary: { id: idOf(1) },
      incident: { id: idOf(1), schema: 1 },
      timeline: [{ at: now.at, text: 'sealed', reason: 'sealed' }],
    });
  });

  test('open: its journal so far', async () => {
    const entry = { at: now.at, text: 'alert from hub1', reason: 'alert-accepted' };
    const open = { ...statusSample.incidents[0]!, id: idOf(9) };
    const { port } = await stand({ control: { incidents: async () => [open] }, timelineOf: () => [entry] });
    const got = JSON.parse((await ask(port, `/api/v1/incidents/${idOf(9)}`)).text) as Record<string, unknown>;
    expect(got).toMatchObject({ summary: { id: idOf(9) }, incident: null, timeline: [entry] });
  });

  test.each([idOf(8), 'journal', '..', '.', 'incidents'])('not there: %s', async (id) => {
    const { port } = await stand();
    expect([400, 404]).toContain((await ask(port, `/api/v1/incidents/${id}`)).status);
    expect([400, 404]).toContain((await ask(port, `/api/v1/incidents/${id}/report.html`)).status);
  });
});

describe('a report', () => {
  test('is a page of its own, that no script of runs in', async () => {
    await bundle(idOf(1), { 'report.html': '<script>alert(1)</script>', 'report.txt': 't', 'verdict.json': VERDICT });
    const { port } = await stand();
    const html = await ask(port, `/api/v1/incidents/${idOf(1)}/report.html`);
    expect(html).toMatchObject({ status: 200, text: '<script>alert(1)</script>' });
    const policy = String(html.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox');
    expect(policy).not.toContain('script-src');
    expect((await ask(port, `/api/v1/incidents/${idOf(1)}/report.txt`)).headers['content-type']).toBe(
      'text/plain; charset=utf-8',
    );
    expect((await ask(port, `/api/v1/incidents/${idOf(1)}/verdict.json`)).text).toBe(VERDICT);
  });

  test('of a bundle without one, 404', async () => {
    await bundle(idOf(1));
    const { port } = await stand();
    expect((await ask(port, `/api/v1/incidents/${idOf(1)}/report.html`)).status).toBe(404);
  });
});

describe('the cause', () => {
  test.each<[head: string, name: string | null]>([
    [VERDICT, 'failover'],
    [VERDICT.replaceAll(':', ': ').replaceAll(',', ',\n  '), 'failover'],
    ['{"cause":"made-up","confidence":"likely","harm":"x"', null],
    ['{"cause":"failover","confidence":"likely"}', null],
    ['', null],
  ])('%#', (head, name) => {
    expect(causeIn(head)?.name ?? null).toBe(name);
  });
});
