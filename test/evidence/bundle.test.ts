import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Bundles, openBundles } from '../../agent/evidence/bundles.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { makeReport } from '../../agent/evidence/make-report.ts';
import { openRing } from '../../agent/evidence/ring.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { type Moment, momentNow, shifted } from '../../agent/evidence/window.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import { silentLog } from '../../agent/log.ts';
import type { Disk, Reports } from '../../agent/ports.ts';
import { parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { ulid } from '../../shared/model/ulid.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { incidentFacts } from '../support/incident-facts.ts';
import { instantReports } from '../support/instant-reports.ts';

const redact = createRedactor(Buffer.from('key'), ['enable-secret-1']);
const KEEP_ALL = { maxAgeMs: 1e12, maxCount: 1_000, maxBytes: 1e12 };
const SECRET_LINE = 'snmp-server community s3cretCommunity RO';

async function world(disk: Disk = new FakeDisk(), retention = KEEP_ALL, dataDir = '/data', more: Partial<Reports> = {}) {
  const clock = new FakeClock();
  const reports: Reports = { make: (folders) => makeReport(folders, disk), ...more };
  const options = { retention, redact, redactionKey: 'shared' as const, disk, clock, log: silentLog, reports };
  const bundles = await openBundles(dataDir, options);
  const ring = await openRing(join(dataDir, 'ring'), { maxAgeMs: 1e9, maxBytes: 2 ** 30 }, { disk, clock });
  const { journal } = await openJournal(dataDir, { disk, clock });
  const id = ulid(clock.wall(), new Uint8Array(10));
  return { clock, disk: disk as FakeDisk, bundles, ring, journal, id, dataDir };
}
type World = Awaited<ReturnType<typeof world>>;

function result(clock: FakeClock, command: string, output: string, more: Partial<CommandResult> = {}): CommandResult {
  return {
    command,
    status: 'ok',
    output,
    detail: null,
    sentAt: clock.monotonic(),
    sentAtWall: clock.wall(),
    tookMs: 12.5,
    ...more,
  };
}

const save = (bundle: Awaited<ReturnType<Bundles['open']>>, one: CommandResult, round: 'first' | 'stop' = 'first') =>
  bundle.saveOutput({ result: one, round, peer: '11.1.1.3', session: 'capture', late: false });

/** An incident from its first line to its seal. */
async function sealOne(w: World, id = w.id, more: Parameters<typeof incidentFacts>[2] = {}) {
  const t0 = momentNow(w.clock);
  w.ring.append(Buffer.from(`*Mar 12: %SYS-5-X: before\n*Mar 12: ${SECRET_LINE}\n`), {
    at: t0.monotonic,
    wall: t0.wall,
    source: 'syslog',
  });
  const bundle = await w.bundles.open(id);
  await save(bundle, result(w.clock, 'show crypto sockets', `Number of Crypto Socket connections 1\n${SECRET_LINE}\n`));
  await save(bundle, result(w.clock, 'show crypto isa sa', '', { status: 'refused', detail: '% Invalid input detected' }));
  await save(
    bundle,
    result(w.clock, 'show dmvpn detail', '', { status: 'skipped', detail: 'skipped: 900 SAs', sentAt: null, sentAtWall: null }),
  );
  const entry = w.journal.append('incident-opened', id, { line: SECRET_LINE });
  await entry.synced;
  const sealed = await bundle.seal(facts(w, id, t0, [entry.record], more));
  return { bundle, sealed, t0 };
}

function facts(
  w: World,
  id: string,
  t0: Moment,
  journalRecords: Parameters<Awaited<ReturnType<Bundles['open']>>['seal']>[0]['journalRecords'] = [],
  more = {},
) {
  const planned = ['show crypto sockets', 'show crypto isa sa', 'show dmvpn detail'].map((command) => ({
    round: 'first' as const,
    command,
  }));
  const logWindow = { from: shifted(t0, -600_000), to: momentNow(w.clock) };
  return { incident: incidentFacts(id, t0, { planned, ...more }), logWindow, ring: w.ring, journalRecords };
}

describe('a sealed bundle', () => {
  test('holds every output, the log, the journal and its description, redacted, and verifies', async () => {
    const w = await world();
    const { sealed } = await sealOne(w);
    const folder = `/data/incidents/${w.id}`;
    expect(sealed).toMatchObject({ folder, outcome: { kind: 'complete', reasons: [] } });
    expect(
      w.disk.paths.filter((path) => path.startsWith('/data/incidents')).map((path) => path.slice(folder.length + 1)),
    ).toEqual([
      'MANIFEST.sha256',
      'captures.jsonl',
      'commands/01-first-show-crypto-sockets.txt',
      'commands/02-first-show-crypto-isa-sa.txt',
      'device.log',
      'hub.txt',
      'incident.json',
      'journal.jsonl',
      'report.html',
      'report.txt',
      'verdict.json',
    ]);
    for (const path of w.disk.paths.filter((one) => one.startsWith(folder)))
      expect(w.disk.content(path).toString()).not.toContain('s3cretCommunity');
    expect(w.disk.content(`${folder}/device.log`).toString()).toContain('before\n*Mar 12: snmp-server community <redacted:');
    const verdict = await verifyBundle(folder, w.disk);
    expect(verdict).toMatchObject({ whole: true, problems: [] });
    expect(verdict.incident).toMatchObject({
      redaction: { key: 'shared', values: 3 },
      journalRecords: 1,
      log: { bytes: expect.any(Number), holes: [] },
    });
    expect(await w.bundles.readIncident(w.id)).toEqual(verdict.incident);
  });

  test('hub.txt is every output, one after the other, each under a line that says what it is', async () => {
    const w = await world();
    await sealOne(w);
    const text = w.disk.content(`/data/incidents/${w.id}/hub.txt`).toString();
    expect(text.match(/^======== .* ========$/gm)).toEqual([
      expect.stringMatching(/2026-03-12T18:22:10.706Z {2}show crypto sockets {2}\[first, ok, 13 ms\]/),
      expect.stringMatching(/show crypto isa sa {2}\[first, refused/),
      expect.stringMatching(/not sent {2}show dmvpn detail {2}\[first, skipped/),
    ]);
    expect(text).toContain('========\nNumber of Crypto Socket connections 1\n');
    expect(text).toContain('-------- skipped: 900 SAs');
    expect(text).not.toContain('# command');
  });

  test("survives a loss of power right after the seal's answer", async () => {
    const w = await world();
    await sealOne(w);
    w.disk.losePower();
    expect(await verifyBundle(`/data/incidents/${w.id}`, w.disk)).toMatchObject({ whole: true });
  });

  test('is verified by sha256sum, and belongs to its user alone', async () => {
    const root = await mkdtemp(join(tmpdir(), 'spitrap-bundle-'));
    try {
      const w = await world(createDisk(), KEEP_ALL, root);
      const { sealed } = await sealOne(w);
      expect(execFileSync('sha256sum', ['-c', 'MANIFEST.sha256'], { cwd: sealed.folder, encoding: 'utf8' })).toMatch(
        /incident.json: OK/,
      );
      for (const name of await readdir(sealed.folder, { recursive: true })) {
        const found = await stat(join(sealed.folder, name));
        expect((found.mode & 0o777).toString(8)).toBe(found.isDirectory() ? '700' : '600');
      }
      expect(await verifyBundle(sealed.folder, createDisk())).toMatchObject({ whole: true });
      await w.ring.close();
      await w.journal.close();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  test('is never changed: what comes later is written beside it', async () => {
    const w = await world();
    const { bundle, sealed } = await sealOne(w);
    const before = w.disk.content(`${sealed.folder}/MANIFEST.sha256`);
    expect(await save(bundle, result(w.clock, 'show clock', 'late'))).toMatchObject({ file: null });
    expect(await bundle.seal(facts(w, w.id, momentNow(w.clock)))).toEqual(sealed);
    await Promise.all([
      w.bundles.addAddendum(w.id, { kind: 'done', text: SECRET_LINE }),
      w.bundles.addAddendum(w.id, { kind: 'seen-again' }),
    ]);
    const lines = w.disk.content(`/data/incidents/${w.id}.addendum.jsonl`).toString().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).record.kind)).toEqual(['done', 'seen-again']);
    expect(lines.join()).not.toContain('s3cretCommunity');
    expect(w.disk.content(`${sealed.folder}/MANIFEST.sha256`)).toEqual(before);
    expect(await verifyBundle(sealed.folder, w.disk)).toMatchObject({ whole: true });
  });
});

describe('what verify finds', () => {
  test.each<[what: string, harm: (w: World, folder: string) => void | Promise<void>, problem: RegExp]>([
    ['a changed byte', (w, folder) => w.disk.put(`${folder}/device.log`, 'other'), /device.log was changed/],
    [
      'a missing file',
      (w, folder) => w.disk.remove(`${folder}/commands/01-first-show-crypto-sockets.txt`),
      /01-first.*is missing/,
    ],
    ['a file too many', (w, folder) => w.disk.put(`${folder}/extra`, ''), /extra is not in the manifest/],
    ['no manifest', (w, folder) => w.disk.remove(`${folder}/MANIFEST.sha256`), /MANIFEST/],
    [
      'a manifest that points outside',
      (w, folder) => w.disk.put(`${folder}/MANIFEST.sha256`, `${'0'.repeat(64)}  ../../etc/passwd\n`),
      /none of ours/,
    ],
    ['a later schema', (w, folder) => w.disk.put(`${folder}/incident.json`, '{"schema":99}'), /schema 99/],
    ['no JSON', (w, folder) => w.disk.put(`${folder}/incident.json`, '{'), /no JSON/],
  ])('%s', async (_, harm, problem) => {
    const w = await world();
    const { sealed } = await sealOne(w);
    await harm(w, sealed.folder);
    const verdict = await verifyBundle(sealed.folder, w.disk);
    expect(verdict.whole).toBe(false);
    expect(verdict.problems.join('\n')).toMatch(problem);
  });

  test('a planned command of which nothing is said', async () => {
    const w = await world();
    const { sealed } = await sealOne(w, w.id, { planned: [{ round: 'stop', command: 'show clock' }] });
    expect((await verifyBundle(sealed.folder, w.disk)).problems).toEqual([
      'show clock (stop): planned, and nothing is said of it',
    ]);
  });
});

describe('a disk in trouble', () => {
  test('while outputs are saved: no exception; saved at the seal when there is room again', async () => {
    const w = await world();
    const bundle = await w.bundles.open(w.id);
    w.disk.fail('append', 'ENOSPC');
    const entry = await save(bundle, result(w.clock, 'show clock', '18:22'));
    expect(entry).toMatchObject({ file: null, detail: expect.stringMatching(/not saved: .*ENOSPC/) });
    w.disk.heal();
    const sealed = await bundle.seal({
      ...facts(w, w.id, momentNow(w.clock)),
      incident: incidentFacts(w.id, momentNow(w.clock)),
    });
    expect(w.disk.content(`${sealed.folder}/commands/01-first-show-clock.txt`).toString()).toContain('18:22');
    expect(await verifyBundle(sealed.folder, w.disk)).toMatchObject({ whole: true });
  });

  test('an output that can never be saved makes the incident partial, with the reason', async () => {
    const w = await world();
    const bundle = await w.bundles.open(w.id);
    w.disk.fail('open', 'EIO', Number.POSITIVE_INFINITY, 'show-clock');
    await save(bundle, result(w.clock, 'show clock', '18:22'));
    const sealed = await bundle.seal({
      ...facts(w, w.id, momentNow(w.clock)),
      incident: incidentFacts(w.id, momentNow(w.clock)),
    });
    expect(sealed.outcome).toEqual({ kind: 'partial', reasons: expect.arrayContaining(['outputs-not-saved:1']) });
    expect(await verifyBundle(sealed.folder, w.disk)).toMatchObject({ whole: true });
  });

  test.each(['open', 'append', 'sync', 'rename', 'syncFolder'] as const)(
    'a seal that fails at %s rejects, and works when it is repeated',
    async (operation) => {
      const w = await world();
      const bundle = await w.bundles.open(w.id);
      await save(bundle, result(w.clock, 'show crypto sockets', 'x'));
      w.disk.fail(operation, 'ENOSPC', 1);
      const what = { ...facts(w, w.id, momentNow(w.clock)), incident: incidentFacts(w.id, momentNow(w.clock)) };
      await expect(bundle.seal(what)).rejects.toMatchObject({ code: 'DISK_FAILED' });
      const sealed = await bundle.seal(what);
      expect(await verifyBundle(sealed.folder, w.disk)).toMatchObject({ whole: true });
      expect(w.disk.paths.some((path) => path.includes('.open'))).toBe(false);
    },
  );

  test('lines that the ring lost are a hole and a reason', async () => {
    const w = await world();
    const t0 = momentNow(w.clock);
    w.ring.note({
      from: t0,
      to: shifted(t0, 5),
      source: 'syslog',
      reason: 'ring-full',
      detail: null,
      lostLines: 7,
      lostBytes: 700,
    });
    const { sealed } = await sealOne(w);
    expect(sealed.outcome).toEqual({ kind: 'partial', reasons: ['device-log-hole:ring-full'] });
    expect((await w.bundles.readIncident(w.id)).log.holes).toMatchObject([{ lostLines: 7, reason: 'ring-full' }]);
  });
});

test.each<[reason: string, endsAfterMs: number, lostLines: number | null, kind: string]>([
  ['counter-gap', -60_000, 3, 'partial'],
  ['counter-gap-one-way', 1, 3, 'complete'],
  ['sequence-gap', 1, 900, 'complete'],
  ['counter-reset', 1, null, 'complete'],
  ['file-truncated', 1, null, 'partial'],
  ['file-truncated', -60_000, null, 'complete'],
])('a hole %s that ends %i ms from the opening, %s lines lost: %s', async (reason, endsAfterMs, lostLines, kind) => {
  const w = await world();
  const t0 = momentNow(w.clock);
  const to = shifted(t0, endsAfterMs);
  w.ring.note({ from: shifted(to, -100), to, source: 'udp', reason, detail: null, lostLines, lostBytes: null });
  const { sealed } = await sealOne(w);
  expect(sealed.outcome.kind).toBe(kind);
  expect((await w.bundles.readIncident(w.id)).log.holes).toMatchObject([{ reason, lostLines }]);
});

describe('after a restart', () => {
  test('an open folder is found, gone on with and sealed with everything in it', async () => {
    const w = await world();
    const first = await w.bundles.open(w.id);
    await save(first, result(w.clock, 'show crypto sockets', 'from before'));
    w.disk.losePower();
    const again = await world(w.disk);
    expect(await again.bundles.listOpen()).toEqual([w.id]);
    expect((await again.bundles.listIncidents()).map((one) => one.state)).toEqual(['open']);
    const bundle = await again.bundles.open(w.id);
    const entry = await save(bundle, result(w.clock, 'show clock', 'after'));
    expect(entry.number).toBe(2);
    const sealed = await bundle.seal({
      ...facts(again, w.id, momentNow(w.clock)),
      incident: incidentFacts(w.id, momentNow(w.clock)),
    });
    expect(w.disk.content(`${sealed.folder}/hub.txt`).toString()).toMatch(/from before[\s\S]*after/);
    expect(await verifyBundle(sealed.folder, w.disk)).toMatchObject({ whole: true });
  });

  test('one that was sealed just before the crash is not sealed again', async () => {
    const w = await world();
    const { sealed } = await sealOne(w);
    const again = await world(w.disk);
    const bundle = await again.bundles.open(w.id);
    expect(await bundle.seal(facts(again, w.id, momentNow(w.clock)))).toMatchObject({
      folder: sealed.folder,
      manifestSha256: sealed.manifestSha256,
    });
    expect(await again.bundles.listOpen()).toEqual([]);
  });
});

describe('retention', () => {
  async function several(retention: typeof KEEP_ALL) {
    const w = await world();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const id = ulid(w.clock.wall(), new Uint8Array(10).fill(i));
      await sealOne(w, id);
      ids.push(id);
      await w.clock.advance(60_000);
    }
    const running = ulid(0 as never, new Uint8Array(10));
    await w.bundles.open(running);
    await w.bundles.addAddendum(ids[0]!, {});
    const bundles = await openBundles('/data', {
      retention,
      redact,
      redactionKey: 'random',
      disk: w.disk,
      clock: w.clock,
      log: silentLog,
      reports: instantReports,
    });
    return { ...w, ids, running, bundles, left: (await bundles.listIncidents()).map((one) => one.id) };
  }

  test('by count, the newest and the open one stay', async () => {
    const { ids, running, left, disk } = await several({ ...KEEP_ALL, maxCount: 2 });
    expect(left).toEqual([ids[4], ids[3], running]);
    expect(disk.paths.some((path) => path.includes(ids[0]!))).toBe(false);
  });

  test('by age', async () => {
    const { ids, running, left } = await several({ ...KEEP_ALL, maxAgeMs: 150_000 });
    expect(left).toEqual([ids[4], ids[3], running]);
  });

  test('by size, and never the last one', async () => {
    const { ids, running, left } = await several({ ...KEEP_ALL, maxBytes: 1 });
    expect(left).toEqual([ids[4], running]);
  });
});

test('an unknown id, an alias, a folder that is no incident', async () => {
  const w = await world();
  const alias = ulid(w.clock.wall(), new Uint8Array(10).fill(9));
  await sealOne(w, w.id, { aliases: [alias] });
  w.disk.put('/data/incidents/lost+found/x', '');
  expect((await w.bundles.readIncident(alias)).id).toBe(w.id);
  await expect(w.bundles.readIncident('nope')).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
  expect(await w.bundles.listIncidents()).toHaveLength(1);
  await expect(w.bundles.open('../../etc')).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('an output beyond the bytes of one incident is cut, and says so', async () => {
  const w = await world();
  const bundle = await w.bundles.open(w.id);
  const big = 'é'.repeat(12 * 1024 * 1024);
  const entries = [];
  for (let i = 0; i < 3; i++) entries.push(await save(bundle, result(w.clock, `show ${i}`, big)));
  expect(entries[1]!.detail).toBeNull();
  expect(entries[2]!.detail).toContain('not kept');
  expect(entries.reduce((sum, entry) => sum + entry.bytes, 0)).toBeLessThanOrEqual(64 * 1024 * 1024);
});

test('incident.json that does not fit names the key', () => {
  expect(parseIncidentFile('{"schema":1}')).toMatchObject({ kind: 'unreadable', why: expect.stringContaining('id:') });
});
