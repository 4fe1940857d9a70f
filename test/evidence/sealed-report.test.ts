import { describe, expect, test } from 'vitest';
import { REPORTS } from '../../agent/evidence/bundle-files.ts';
import { openBundles } from '../../agent/evidence/bundles.ts';
import { makeReport } from '../../agent/evidence/make-report.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { momentNow, shifted } from '../../agent/evidence/window.ts';
import { silentLog } from '../../agent/log.ts';
import type { Reports } from '../../agent/ports.ts';
import { reportSchema } from '../../shared/analyze/report/json.ts';
import { incidentFileSchema } from '../../shared/bundle/incident-file.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { ulid } from '../../shared/model/ulid.ts';
import { createRedactor } from '../../shared/redact/redact.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { incidentFacts } from '../support/incident-facts.ts';

const NAMES = Object.values(REPORTS);

async function world(reports: (disk: FakeDisk) => Reports = (disk) => ({ make: (folders) => makeReport(folders, disk) })) {
  const clock = new FakeClock();
  const disk = new FakeDisk();
  const bundles = await openBundles('/data', {
    retention: { maxAgeMs: 1e12, maxCount: 100, maxBytes: 1e12 },
    redact: createRedactor(Buffer.from('key'), []),
    redactionKey: 'shared',
    disk,
    clock,
    log: silentLog,
    reports: reports(disk),
  });
  const id = ulid(clock.wall(), new Uint8Array(10));
  const bundle = await bundles.open(id);
  const at = momentNow(clock);
  await bundle.saveOutput({
    result: {
      command: 'show clock',
      status: 'ok',
      output: 'snmp-server community s3cret RO\n',
      detail: null,
      sentAt: at.monotonic,
      sentAtWall: at.wall,
      tookMs: 1,
    },
    round: 'first',
    peer: null,
    session: 'capture',
    late: false,
  });
  const facts = {
    incident: incidentFacts(id, at),
    logWindow: { from: shifted(at, -60_000), to: at },
    ring: null,
    journalRecords: [],
  };
  return { clock, disk, bundle, facts, folder: `/data/incidents/${id}`, id };
}
type World = Awaited<ReturnType<typeof world>>;

const content = (w: World, name: string): string => w.disk.content(`${w.folder}/${name}`).toString();
const incidentOf = (w: World) => incidentFileSchema.parse(JSON.parse(content(w, 'incident.json')));
const has = (w: World, name: string): boolean => w.disk.paths.includes(`${w.folder}/${name}`);

test('what this end knew is sealed with the evidence, and the manifest names it', async () => {
  const w = await world();
  const sealed = await w.bundle.seal(w.facts);
  expect(sealed.files).toEqual(expect.arrayContaining(NAMES));
  expect(await verifyBundle(w.folder, w.disk)).toMatchObject({ whole: true, problems: [] });
  expect(content(w, REPORTS.html)).toMatch(/^<!doctype html>/);
  expect(content(w, REPORTS.text)).toContain(`Incident ${w.id}`);
  expect(reportSchema.parse(JSON.parse(content(w, REPORTS.json))).incident).toBe(w.id);
  expect(incidentOf(w).reportProblem).toBeNull();
});

test('it has no secret, and calls the folder by its last name', async () => {
  const w = await world();
  await w.bundle.seal(w.facts);
  for (const name of NAMES) {
    expect(content(w, name)).not.toContain('s3cret');
    expect(content(w, name)).not.toContain(`${w.id}.open`);
  }
});

test('it is what spitrap report makes of the sealed bundle', async () => {
  const w = await world();
  await w.bundle.seal(w.facts);
  const again = await makeReport([w.folder], w.disk);
  expect(again.json).toBe(content(w, REPORTS.json));
  expect(again.html).toBe(content(w, REPORTS.html));
});

test('says when all is read and closed: from there on its thread may be ended', async () => {
  const w = await world();
  await w.bundle.seal(w.facts);
  w.disk.operations.length = 0;
  const of = (operation: string): number => w.disk.operations.filter((one) => one.startsWith(`${operation} `)).length;
  let atRead = 0;
  await makeReport([w.folder], w.disk, () => {
    atRead = w.disk.operations.length;
    expect(of('open')).toBeGreaterThan(0);
    expect(of('close')).toBe(of('open'));
  });
  expect(atRead).toBeGreaterThan(0);
  expect(w.disk.operations.length).toBe(atRead);
});

describe('when it can not be made, the bundle is sealed without it and says why', () => {
  test.each<[what: string, make: Reports['make'], why: RegExp]>([
    ['refused', () => Promise.reject(new SpitrapError('REPORT_FAILED', 'out of memory')), /out of memory/],
    [
      'thrown',
      () => {
        throw new Error('a fault of ours');
      },
      /a fault of ours/,
    ],
  ])('%s', async (_, make, why) => {
    const w = await world(() => ({ make }));
    const { outcome } = await w.bundle.seal(w.facts);
    // There is no ring in this world; the report is no evidence and costs nothing more.
    expect(outcome).toEqual({ kind: 'partial', reasons: ['device-log-unreadable'] });
    expect(NAMES.some((name) => has(w, name))).toBe(false);
    expect(incidentOf(w)).toMatchObject({ reportProblem: expect.stringMatching(why) });
    expect(await verifyBundle(w.folder, w.disk)).toMatchObject({ whole: true });
  });

  test('not in time: it is told to stop, and what comes later goes nowhere', async () => {
    let told: AbortSignal | null = null;
    let late = (): void => {};
    const w = await world(() => ({
      make: (_folder, signal) => {
        told = signal;
        return new Promise((resolve) => {
          late = () => resolve({ html: 'late', text: 'late', json: 'late' });
        });
      },
    }));
    const sealing = w.bundle.seal(w.facts);
    await settle();
    await w.clock.advance(limits.reportWithinMs + 1);
    await sealing;
    expect(told!.aborted).toBe(true);
    late();
    await settle();
    expect(incidentOf(w).reportProblem).toMatch(/not made within 12 s/);
    expect(NAMES.some((name) => has(w, name))).toBe(false);
  });

  test.each(NAMES)('no room for %s: none of them stays', async (name) => {
    const w = await world();
    w.disk.fail('append', 'ENOSPC', 1, name);
    await w.bundle.seal(w.facts);
    expect(incidentOf(w).reportProblem).toMatch(/ENOSPC/);
    expect(NAMES.some((one) => has(w, one))).toBe(false);
    expect(await verifyBundle(w.folder, w.disk)).toMatchObject({ whole: true });
  });
});

test.each([...NAMES, 'MANIFEST.sha256'])('power lost while %s was written: the next seal makes them all anew', async (name) => {
  const w = await world();
  w.disk.fail('sync', 'EIO', 1, name);
  const first = await w.bundle.seal(w.facts).catch((error: unknown) => error);
  w.disk.losePower(0.5);
  if (first instanceof Error) await w.bundle.seal(w.facts);
  expect(await verifyBundle(w.folder, w.disk)).toMatchObject({ whole: true });
  // Each that is there is whole.
  if (has(w, REPORTS.json)) expect(reportSchema.safeParse(JSON.parse(content(w, REPORTS.json))).success).toBe(true);
  else expect(incidentOf(w).reportProblem).toMatch(/EIO/);
});

test('a bundle of before, without reports, is as whole as it was', async () => {
  const w = await world();
  await w.bundle.seal(w.facts);
  const { reportProblem: _, ...before } = incidentOf(w);
  expect(incidentFileSchema.parse(before)).toEqual(before);
});
