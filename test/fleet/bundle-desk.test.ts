/** Reports of bundles of the object store: made once and kept, of whole bundles of that incident and that device alone, few at a time, and bounded on the disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import { makeReport } from '../../agent/evidence/make-report.ts';
import { BundleDesk, endKey } from '../../agent/fleet/bundle-desk.ts';
import type { Reports } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import type { FleetEnd, FleetIncident } from '../../shared/fleet/view.ts';
import { limits } from '../../shared/limits.ts';
import { failover } from '../support/diagnosis/failover.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { inPieces, objectOf, type StoredBundle, storedBundle } from '../support/stored-bundle.ts';

const [hub, spoke] = failover().bundles as [BundleText, BundleText];
const { id } = hub.incident;
const OTHER = '01KAX3R2F8M0T9W5Y1Z4H6J999';
const disk = createDisk();
const real: Reports = { make: (folders) => makeReport(folders, disk) };

let root: string;
let objects: Map<string, Buffer>;
let asked: string[];
let clock: FakeClock;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spitrap-desk-'));
  objects = new Map();
  asked = [];
  clock = new FakeClock();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function desk(reports: Reports = real): BundleDesk {
  return new BundleDesk({
    world: { clock, disk, random: createRandom(), reports },
    engine: {
      async getObject(_bucket, name) {
        asked.push(name);
        const object = objects.get(name);
        return object === undefined ? null : { bytes: object.length, chunks: inPieces(object) };
      },
    },
    folder: join(root, 'reports'),
  });
}

function put(bundle: StoredBundle): StoredBundle['told'] {
  objects.set(bundle.told.object, bundle.object);
  return bundle.told;
}

const end = (of: BundleText, bundle: FleetEnd['bundle']): FleetEnd => ({
  site: 'east',
  device: of.incident.device.name,
  role: of.incident.role,
  agentVersion: '1',
  software: null,
  tags: {},
  outcome: 'complete',
  debugsOff: 'verified',
  sealedAtMs: 0,
  state: 'healed',
  verdict: null,
  bundle,
});

const incident = (...ends: FleetEnd[]): FleetIncident => ({
  id,
  openedAtMs: 0,
  hub: 'hub-b',
  spoke: 'spoke1',
  hubs: ['hub-b'],
  spokes: ['spoke1'],
  ends,
  cause: 'failover',
  title: '',
  confidence: null,
  sentence: null,
  harm: 'unknown',
  state: 'healed',
  healsAtMs: null,
  flows: 1,
  aliases: [],
});

describe('a report', () => {
  test('of both ends is made once, then kept, also for another process', async () => {
    const both = incident(end(hub, put(storedBundle(hub))), end(spoke, put(storedBundle(spoke))));
    const mine = desk();
    const { files, without } = await mine.report(both);
    expect(without).toEqual([]);
    const text = readFileSync(files.text, 'utf8');
    expect(text).toContain('hub-b <-> spoke1');
    expect(readFileSync(files.html, 'utf8')).toContain('<!doctype html>');
    expect((await mine.report(both)).files).toEqual(files);
    expect((await desk().report(both)).files).toEqual(files);
    expect([mine.made, asked.length]).toEqual([1, 2]);
    // Nothing of the bundles is left behind.
    expect(readdirSync(join(root, 'reports'))).toHaveLength(1);
  });

  test('of one end stands while there is one, and of both as soon as there are', async () => {
    const one = end(hub, put(storedBundle(hub)));
    const first = await desk().report(incident(one, end(spoke, null)));
    const second = await desk().report(incident(one, end(spoke, put(storedBundle(spoke)))));
    expect(second.files.html).not.toBe(first.files.html);
  });

  test('without an end whose bundle is gone from the store says so, and is made whole when it is back', async () => {
    const lost = storedBundle(spoke);
    const both = incident(end(hub, put(storedBundle(hub))), end(spoke, lost.told));
    const partly = await desk().report(both);
    expect(partly.without).toEqual([expect.stringMatching(/^spoke1: .*not in the object store any more/)]);
    put(lost);
    expect((await desk().report(both)).without).toEqual([]);
  });

  test('asked for by many at once is made once', async () => {
    const both = incident(end(hub, put(storedBundle(hub))), end(spoke, put(storedBundle(spoke))));
    const mine = desk();
    const all = await Promise.all(Array.from({ length: 20 }, () => mine.report(both)));
    expect(new Set(all.map(({ files }) => files.html)).size).toBe(1);
    expect(mine.made).toBe(1);
  });

  test('beyond so many that wait: whoever asks is told to come again', async () => {
    const never: Reports = { make: () => new Promise(() => {}) };
    const mine = desk(never);
    const telling = (n: number): FleetIncident => {
      const stored = objectOf(storedBundle(hub).object, `o${n}`);
      return { ...incident(end(hub, { ...put(stored), sha256: String(n).padStart(64, '0') })) };
    };
    for (let n = 0; n < limits.fleetReportsWaitingMax; n++) void mine.report(telling(n)).catch(() => {});
    await Promise.resolve();
    // Each is entered once it was found not to be kept.
    await expect
      .poll(async () => (await mine.report(telling(99)).catch((error: { code: string }) => error.code)) === 'REPORT_FAILED')
      .toBe(true);
    expect(mine.turnedAway).toBeGreaterThan(0);
  });
});

describe('what is refused', () => {
  const refused = (told: FleetEnd['bundle'], of = hub) => desk().report(incident(end(of, told)));

  test('no bundle yet', async () => {
    await expect(refused(null)).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
  });

  test('another one than its agent told of, of the same length', async () => {
    const told = put(storedBundle(hub));
    const object = Buffer.from(objects.get(told.object)!);
    object[object.length - 5]! ^= 1;
    objects.set(told.object, object);
    await expect(refused(told)).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED' });
  });

  test('one of another length, before a byte of it is taken', async () => {
    const told = put(storedBundle(hub));
    objects.set(told.object, Buffer.concat([objects.get(told.object)!, Buffer.alloc(1)]));
    await expect(refused(told)).rejects.toThrow(/its agent told of/);
  });

  test('one whose manifest does not verify', async () => {
    const told = put(
      storedBundle(hub, (files) =>
        files.map((one) => (one.name.endsWith('device.log') ? { ...one, bytes: Buffer.from('other') } : one)),
      ),
    );
    await expect(refused(told)).rejects.toThrow(/device\.log was changed/);
  });

  test('one with a file that its manifest does not name', async () => {
    const told = put(storedBundle(hub, (files) => [...files, { name: `${id}/more.txt`, bytes: Buffer.from('x') }]));
    await expect(refused(told)).rejects.toThrow(/more\.txt is not in the manifest/);
  });

  test('one of another device, or of another incident', async () => {
    await expect(refused(put(storedBundle(spoke)), hub)).rejects.toThrow(/it is of "spoke1"/);
    const told = put(storedBundle(hub));
    await expect(desk().report({ ...incident(end(hub, told)), id: OTHER })).rejects.toMatchObject({ code: 'BUNDLE_DAMAGED' });
    const plain = put(storedBundle(hub, (files) => files.map((one) => ({ ...one, name: one.name.slice(id.length + 1) }))));
    await expect(desk().report({ ...incident(end(hub, plain)), id: OTHER })).rejects.toThrow(
      new RegExp(`it is of incident ${id}`),
    );
  });

  test('not one of an incident that became this one', async () => {
    const merged = { ...incident(end(hub, put(storedBundle(hub)))), id: OTHER, aliases: [id] };
    expect((await desk().report(merged)).without).toEqual([]);
  });

  test('a store that stands still, when its time is up', async () => {
    const told = put(storedBundle(hub));
    const mine = new BundleDesk({
      world: { clock, disk, random: createRandom(), reports: real },
      engine: {
        getObject: async () => ({
          bytes: told.bytes,
          chunks: (async function* () {
            await new Promise(() => {});
          })(),
        }),
      },
      folder: join(root, 'reports'),
    });
    const report = mine.report(incident(end(hub, told)));
    const seen = expect(report).rejects.toThrow(/too slow/);
    await expect.poll(() => clock.waiting).toContain('fleet report');
    await clock.advance(limits.fleetReportMs);
    await seen;
  });
});

test('of kept reports the oldest go', async () => {
  const mine = desk({ make: async () => ({ html: 'h'.repeat(64), text: 't', json: '{}' }) });
  const kept = join(root, 'reports');
  await disk.makeFolder(kept);
  for (let n = 0; n < limits.fleetReportsMax; n++) {
    const folder = join(kept, `old-${String(n).padStart(4, '0')}`);
    await disk.makeFolder(folder);
    const file = await disk.open(join(folder, 'report.html'), 'create');
    await file.append(Buffer.from('x'));
    await file.close();
    utimesSync(join(folder, 'report.html'), 1_000 + n, 1_000 + n);
  }
  await mine.report(incident(end(hub, put(storedBundle(hub)))));
  const left = readdirSync(kept);
  expect(left).toHaveLength(limits.fleetReportsMax);
  expect(left).not.toContain('old-0000');
  expect(left).toContain('old-0001');
});

describe('a bundle', () => {
  test('is given as it is, with its length', async () => {
    const stored = storedBundle(hub);
    const one = end(hub, put(stored));
    const { bytes, chunks, name } = await desk().bundle(incident(one), endKey(one));
    const pieces: Uint8Array[] = [];
    for await (const chunk of chunks) pieces.push(chunk);
    expect([bytes, Buffer.concat(pieces).equals(stored.object), name]).toEqual([
      stored.object.length,
      true,
      `spitrap-${id}-hub-b.tar.gz`,
    ]);
  });

  test('of nobody’s end is not known', async () => {
    await expect(desk().bundle(incident(end(hub, null)), endKey(end(hub, null)))).rejects.toMatchObject({
      code: 'INCIDENT_UNKNOWN',
    });
    await expect(desk().bundle(incident(), 'feedfeedfeedfeed')).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
  });
});
