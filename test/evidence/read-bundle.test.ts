/** A bundle's folder as text: whole, damaged, hostile, huge, or none at all. */
import { describe, expect, test } from 'vitest';
import { openBundles } from '../../agent/evidence/bundles.ts';
import { readBundle } from '../../agent/evidence/read-bundle.ts';
import { readLogLines } from '../../agent/evidence/read-log-lines.ts';
import { momentNow, shifted } from '../../agent/evidence/window.ts';
import { silentLog } from '../../agent/log.ts';
import { logLineOf } from '../../shared/bundle/bundle-text.ts';
import type { IncidentFile } from '../../shared/bundle/incident-file.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { incidentFacts } from '../support/incident-facts.ts';
import { instantReports } from '../support/instant-reports.ts';

const ID = '01KN5X3Q9ZJ8T4V2W6Y0ABCDEF';
const FOLDER = `/data/incidents/${ID}`;
const LOG = ['<191>1: Mar 12 18:22:10.000: ISAKMP: one', '<188>2: Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: …'];

/** A bundle that the agent's own room sealed. */
async function sealed(): Promise<{ disk: FakeDisk; clock: FakeClock }> {
  const disk = new FakeDisk();
  const clock = new FakeClock();
  const retention = { maxAgeMs: 1e12, maxCount: 100, maxBytes: 1e12 };
  const redact = (text: string) => ({ text, count: 0 });
  const bundles = await openBundles('/data', {
    retention,
    redact,
    redactionKey: 'shared',
    disk,
    clock,
    log: silentLog,
    reports: instantReports,
  });
  const bundle = await bundles.open(ID);
  const save = (command: string, output: string, more: Partial<CommandResult> = {}) =>
    bundle.saveOutput({
      result: {
        command,
        output,
        status: 'ok',
        detail: null,
        sentAt: clock.monotonic(),
        sentAtWall: clock.wall(),
        tookMs: 31,
        ...more,
      },
      round: 'first',
      peer: null,
      session: 'capture',
      late: false,
    });
  await save('show clock', '18:22:10.956 UTC Thu Mar 12 2026\n');
  await save('show crypto isakmp sa', 'dst  src\n\n11.1.1.3  213.163.222.7\n');
  await save('show dmvpn', '', { status: 'skipped', detail: 'too many SAs', sentAt: null, sentAtWall: null });
  const ring = {
    copyWindow: async (_from: unknown, _to: unknown, write: (piece: Buffer) => Promise<void>) => {
      await write(Buffer.from(`${LOG.join('\n')}\n`));
      return { skippedBytes: 0, problems: [] };
    },
    holes: () => [],
    readWindow: async () => Buffer.alloc(0),
  };
  const opened = momentNow(clock);
  await bundle.seal({
    incident: incidentFacts(ID, opened, { event: null }),
    logWindow: { from: shifted(opened, -600_000), to: opened },
    ring: ring as never,
    journalRecords: [],
  });
  await bundles.addAddendum(ID, { kind: 'judged' });
  return { disk, clock };
}

async function rewrite(disk: FakeDisk, name: string, change: (text: string) => string): Promise<void> {
  const text = change((await disk.readFile(`${FOLDER}/${name}`)).toString());
  const file = await disk.open(`${FOLDER}/${name}`, 'create');
  await file.append(Buffer.from(text));
  await file.close();
}

describe('a whole bundle', () => {
  test('everything in it, with the lines of its files', async () => {
    const { disk } = await sealed();
    const bundle = await readBundle(FOLDER, disk);
    expect(bundle.problems).toEqual([]);
    expect(bundle.name).toBe(ID);
    expect(bundle.incident.id).toBe(ID);
    expect(bundle.log).toEqual(LOG);
    expect(bundle.logRuns).toEqual([]);
    expect(bundle.addenda).toHaveLength(1);
    expect(bundle.captures.map(({ entry }) => entry.command)).toEqual(['show clock', 'show crypto isakmp sa', 'show dmvpn']);
    const [, isakmp, dmvpn] = bundle.captures;
    expect(isakmp!.text).toBe('dst  src\n\n11.1.1.3  213.163.222.7\n');
    const onDisk = disk.content(`${FOLDER}/${isakmp!.file}`).toString().split('\n');
    expect(onDisk[isakmp!.firstLine - 1]).toBe('dst  src');
    expect(onDisk[isakmp!.firstLine + 1]).toBe('11.1.1.3  213.163.222.7');
    expect(dmvpn).toMatchObject({ file: null, text: '' });
    expect(bundle.incidentLines[2]).toBe(`  "id": "${ID}",`);
  });

  test('a slash behind the folder is no other folder', async () => {
    const { disk } = await sealed();
    expect((await readBundle(`${FOLDER}/`, disk)).addenda).toHaveLength(1);
  });
});

describe('a damaged bundle is read as far as possible', () => {
  test('a changed output, a missing one', async () => {
    const { disk } = await sealed();
    await rewrite(disk, 'commands/01-first-show-clock.txt', (text) => text.replace('18:22:10.956', '03:14:10.956'));
    await disk.remove(`${FOLDER}/commands/02-first-show-crypto-isakmp-sa.txt`);
    const { problems, captures, log } = await readBundle(FOLDER, disk);
    expect(problems.join('\n')).toMatch(/01-first-show-clock.txt was changed/);
    expect(problems.join('\n')).toMatch(/02-first-show-crypto-isakmp-sa.txt is missing/);
    expect(captures[0]!.text).toContain('03:14');
    expect(captures[1]!.text).toBe('');
    expect(log).toEqual(LOG);
  });

  test('no manifest, no log', async () => {
    const { disk } = await sealed();
    await disk.remove(`${FOLDER}/MANIFEST.sha256`);
    await disk.remove(`${FOLDER}/device.log`);
    const { problems, log, captures } = await readBundle(FOLDER, disk);
    expect(problems.join('\n')).toMatch(/MANIFEST/);
    expect(problems.join('\n')).toMatch(/device.log/);
    expect(log).toEqual([]);
    expect(captures[0]!.text).toContain('18:22');
  });

  test('incident.json that is none: an error that says why', async () => {
    const { disk } = await sealed();
    await rewrite(disk, 'incident.json', (text) => text.slice(0, 300));
    await expect(readBundle(FOLDER, disk)).rejects.toMatchObject({
      code: 'BUNDLE_DAMAGED',
      message: expect.stringMatching(/no JSON/),
    });
    await rewrite(disk, 'incident.json', () => '{"schema": 7}');
    await expect(readBundle(FOLDER, disk)).rejects.toMatchObject({
      code: 'BUNDLE_DAMAGED',
      message: expect.stringMatching(/schema 7/),
    });
  });

  test('names that lead out of the bundle are not followed', async () => {
    const { disk } = await sealed();
    for (const name of ['../../secret', '/secret', 'commands/../../../secret', 'commands/.secret']) {
      await rewrite(disk, 'incident.json', (text) => {
        const incident = JSON.parse(text) as { captures: { file: string }[]; log: { file: string } };
        incident.captures[0]!.file = name;
        incident.log.file = name;
        return JSON.stringify(incident);
      });
      for (const path of ['/data/secret', '/secret', `${FOLDER}/commands/.secret`]) {
        const file = await disk.open(path, 'create');
        await file.append(Buffer.from('TOP SECRET\n'));
        await file.close();
      }
      const bundle = await readBundle(FOLDER, disk);
      expect(JSON.stringify(bundle)).not.toContain('TOP SECRET');
      expect(bundle.problems.join('\n')).toMatch(/no file of a bundle/);
    }
  });
});

describe('no bundle', () => {
  test.each([
    ['/nowhere', /there is no "\/nowhere"/],
    ['/data', /is an agent's dataDir/],
    ['/data/incidents', /holds several bundles: give one of them, such as \/data\/incidents\/01KN5X/],
    [`${FOLDER}/commands`, /it has no incident.json/],
    ['/open/01KN5X3Q9ZJ8T4V2W6Y0ABCDEF.open', /is not sealed yet/],
  ])('%s', async (folder, message) => {
    const { disk } = await sealed();
    await disk.makeFolder('/open/01KN5X3Q9ZJ8T4V2W6Y0ABCDEF.open');
    await expect(readBundle(folder, disk)).rejects.toMatchObject({
      code: 'INCIDENT_UNKNOWN',
      message: expect.stringMatching(message),
    });
  });
});

describe('a log that is larger than memory may be', () => {
  const MESSAGE = '%CRYPTO-4-RECVD_PKT_INV_SPI: the one that opened it';
  const event = { event: { line: MESSAGE } } as IncidentFile;

  async function logOf(lines: (index: number) => string, count: number): Promise<FakeDisk> {
    const disk = new FakeDisk();
    const file = await disk.open('/device.log', 'create');
    for (let from = 0; from < count; from += 10_000) {
      const piece = Array.from({ length: Math.min(10_000, count - from) }, (_, index) => `${lines(from + index + 1)}\n`);
      await file.append(Buffer.from(piece.join('')));
    }
    return disk;
  }
  const bytesOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0);
  const noise = (line: number): string => `${line}: ISAKMP: ${'x'.repeat(180)}`;

  test('keeps what is near the message, and mnemonics from afar, each with its number', async () => {
    const count = 120_000;
    const at = 60_000;
    const disk = await logOf(
      (line) => (line === at ? `${line}: ${MESSAGE}` : line % 10_000 === 7 ? `${line}: %SYS-5-RESTART: x` : noise(line)),
      count,
    );
    const { lines, runs } = await readLogLines('/device.log', event, disk);
    expect(bytesOf(lines)).toBeLessThan(limits.reportLogBytesMax + limits.reportFarLogBytesMax);
    expect(runs.length).toBeGreaterThan(1);
    for (const [index, line] of lines.entries()) expect(line.startsWith(`${logLineOf(runs, index)}: `)).toBe(true);
    const has = (line: number): boolean => lines.some((text) => text.startsWith(`${line}: `));
    for (const line of [7, 10_007, at - 1_000, at, at + 1_000, 110_007]) expect(has(line)).toBe(true);
    for (const line of [8, count]) expect(has(line)).toBe(false);
  });

  test('without the message (a spoke has none) keeps the end', async () => {
    const disk = await logOf(noise, 80_000);
    const { lines, runs } = await readLogLines('/device.log', { event: null } as IncidentFile, disk);
    expect(lines.at(-1)).toBe(noise(80_000));
    expect(bytesOf(lines)).toBeGreaterThan(limits.reportLogBytesMax * 0.9);
    expect(logLineOf(runs, lines.length - 1)).toBe(80_000);
  });

  test('a log that fits is whole, CR and a last line without an end included', async () => {
    const disk = new FakeDisk();
    const file = await disk.open('/device.log', 'create');
    await file.append(Buffer.from(`one\ntwo\n\n${'é'.repeat(3)} three`));
    expect(await readLogLines('/device.log', event, disk)).toEqual({ lines: ['one', 'two', '', 'ééé three'], runs: [] });
  });

  test('one line without an end is cut', async () => {
    const disk = new FakeDisk();
    const file = await disk.open('/device.log', 'create');
    for (let piece = 0; piece < 50; piece++) await file.append(Buffer.alloc(1024 * 1024, 0x61));
    const { lines } = await readLogLines('/device.log', event, disk);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThanOrEqual(limits.lineBytesMax);
  });
});
