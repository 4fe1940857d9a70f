import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { type Entry, openJournal } from '../../agent/journal/journal.ts';
import { decodeRecord, encodeRecord, type JournalRecord } from '../../agent/journal/record.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { killAfter, runChild } from '../support/run-child.ts';

const FILE = '/data/journal.jsonl';
const kinds = (records: readonly JournalRecord[]): string[] => records.map((record) => record.kind);

async function fresh() {
  const disk = new FakeDisk();
  const clock = new FakeClock();
  const { journal } = await openJournal('/data', { disk, clock });
  return { disk, clock, journal };
}

const reopen = (disk: FakeDisk) => openJournal('/data', { disk, clock: new FakeClock() });

describe('append', () => {
  test('a record carries both clocks, the boot, its kind and data, and survives a loss of power once synced', async () => {
    const { disk, clock, journal } = await fresh();
    const entry = journal.append('incident-opened', '01J00000000000000000000000', { spi: '0x68842105' });
    expect(await journal.wait(entry)).toBe('synced');
    disk.losePower();
    const { records } = await reopen(disk);
    expect(records).toEqual([entry.record]);
    expect(records[0]).toMatchObject({ seq: 1, wall: clock.wall(), bootId: clock.bootId, data: { spi: '0x68842105' } });
  });

  test('what is appended in one tick is one write and one sync; what comes meanwhile is the next', async () => {
    const { disk, journal } = await fresh();
    const before = disk.operations.length;
    const first = [1, 2, 3].map((n) => journal.append('a', null, n));
    disk.stall((operation) => operation === 'sync');
    await settle();
    const second = [4, 5, 6].map((n) => journal.append('b', null, n));
    disk.resume();
    await Promise.all([...first, ...second].map((entry) => entry.synced));
    expect(disk.operations.slice(before)).toEqual([`append ${FILE}`, `sync ${FILE}`, `append ${FILE}`, `sync ${FILE}`]);
    expect(journal.counters).toMatchObject({ appended: 6, synced: 6, groups: 2 });
  });

  test('data that is no JSON, or too large, is recorded as what can be said of it', async () => {
    const { disk, journal } = await fresh();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    journal.append('cycle', null, cycle);
    journal.append('big', null, 'x'.repeat(limits.journalRecordBytesMax + 1));
    await journal.append('none', null, undefined).synced;
    const { records } = await reopen(disk);
    expect(records[0]!.data).toHaveProperty('notJson');
    expect(records[1]!.data).toMatchObject({ cutFromChars: limits.journalRecordBytesMax + 3 });
    expect(records[2]!.data).toBeNull();
  });
});

describe('a disk in trouble', () => {
  test('full: the wait ends after 250 ms, the journal is degraded, and everything is there once there is room', async () => {
    const { disk, clock, journal } = await fresh();
    await journal.append('before', null, 1).synced;
    disk.capacityBytes = disk.usedBytes + 40;
    const entry = journal.append('stop-sent', null, 'x'.repeat(200));
    const waited = journal.wait(entry);
    await clock.advance(limits.journalWaitMs);
    expect(await waited).toBe('degraded');
    expect(journal.degraded?.reason).toContain('ENOSPC');
    await clock.advance(60_000);
    expect(journal.degraded?.reason).toContain('ENOSPC');
    expect(journal.degraded!.since).toBeLessThan(clock.monotonic() - 59_000);
    journal.append('while-full', null, 2);
    disk.heal();
    await clock.advance(limits.diskRetryMaxMs);
    await entry.synced;
    expect(journal.degraded).toBeNull();
    const { records, torn, damagedLines } = await reopen(disk.clone());
    expect(kinds(records)).toEqual(['before', 'stop-sent', 'while-full']);
    expect({ torn, damagedLines }).toEqual({ torn: null, damagedLines: 0 });
  });

  test('a failed sync is not believed: the group is written again', async () => {
    const { disk, clock, journal } = await fresh();
    disk.fail('sync', 'EIO', 1);
    const entry = journal.append('a', null, 1);
    await settle();
    expect(journal.degraded?.reason).toContain('EIO');
    await clock.advance(limits.diskRetryFirstMs);
    await entry.synced;
    disk.losePower();
    expect(kinds((await reopen(disk)).records)).toEqual(['a']);
  });

  test('hung: nobody waits longer than asked, memory is bounded, what is dropped is counted and leaves a gap record', async () => {
    const { disk, clock, journal } = await fresh();
    disk.stall();
    const entries: Entry[] = [];
    for (let n = 0; n < limits.journalPendingMax + 5; n++) entries.push(journal.append('r', null, n));
    const waits = Promise.all([journal.wait(entries[0]!), journal.wait(entries.at(-1)!)]);
    await clock.advance(limits.journalWaitMs);
    expect(await waits).toEqual(['degraded', 'degraded']);
    expect(journal.counters.dropped).toBe(5);
    disk.resume();
    await entries[0]!.synced;
    await settle();
    expect(journal.degraded).toBeNull();
    await expect(entries.at(-1)!.synced).rejects.toMatchObject({ code: 'DISK_FAILED' });
    const { records } = await reopen(disk.clone());
    expect(records.at(-1)).toMatchObject({ kind: 'journal-gap', data: { dropped: 5 } });
    expect(records.length).toBe(limits.journalPendingMax + 1);
  });

  test('close is bounded when the disk hangs, and orderly when it does not', async () => {
    const hung = await fresh();
    hung.disk.stall();
    const lost = hung.journal.append('never', null, 1);
    const closing = hung.journal.close();
    await hung.clock.advance(limits.diskCloseMs);
    await closing;
    await expect(lost.synced).rejects.toMatchObject({ code: 'DISK_FAILED' });

    const well = await fresh();
    well.journal.append('last', null, 1);
    await well.journal.close();
    expect(kinds((await reopen(well.disk)).records)).toEqual(['last']);
    await expect(well.journal.append('too-late', null, 1).synced).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });

  test('an emptied file is gone on with, without holes of zeros', async () => {
    const { disk, clock, journal } = await fresh();
    await journal.append('a', null, 1).synced;
    disk.put(FILE, '');
    disk.fail('append', 'EIO', 1);
    const entry = journal.append('b', null, 2);
    await clock.advance(limits.diskRetryFirstMs);
    await entry.synced;
    expect(kinds((await reopen(disk.clone())).records)).toEqual(['b']);
  });
});

describe('after a crash', () => {
  test('cut at every byte of the last two records: whole ones are kept, a torn one is cut and reported, and writing goes on', async () => {
    const { disk, journal } = await fresh();
    for (const kind of ['one', 'two', 'three']) await journal.append(kind, null, { text: 'ünïcode "quoted"\n' }).synced;
    const whole = disk.content(FILE);
    const lines = whole
      .toString('utf8')
      .split('\n')
      .slice(0, 3)
      .map((line) => Buffer.byteLength(line));
    const firstEnd = lines[0]! + 1;
    const secondEnd = firstEnd + lines[1]! + 1;
    for (let cut = firstEnd; cut <= whole.length; cut++) {
      const crashed = new FakeDisk();
      crashed.put(FILE, whole.subarray(0, cut));
      const opened = await reopen(crashed);
      // A record that lacks only its line end is whole.
      const expected = ['one', ...(cut >= secondEnd - 1 ? ['two'] : []), ...(cut >= whole.length - 1 ? ['three'] : [])];
      expect(kinds(opened.records)).toEqual(expected);
      const isClean = [firstEnd, secondEnd - 1, secondEnd, whole.length - 1, whole.length].includes(cut);
      expect(opened.torn === null).toBe(isClean);
      expect(opened.damagedLines).toBe(0);
      await opened.journal.append('after', null, 1).synced;
      const again = await reopen(crashed);
      expect(kinds(again.records)).toEqual([...expected, 'after']);
      expect(again.torn).toBeNull();
      expect(again.records.at(-1)!.seq).toBe(expected.length + 1);
    }
  });

  test('garbage in the middle is skipped, counted, kept aside, and gone from the file', async () => {
    const { disk, journal } = await fresh();
    for (const kind of ['one', 'two', 'three']) await journal.append(kind, null, 0).synced;
    const [first, , third] = disk.content(FILE).toString().split('\n');
    disk.put(
      FILE,
      Buffer.concat([Buffer.from(`${first}\n`), Buffer.from([0, 0, 0xff, 0x0a]), Buffer.from(`{"seq":2}\n${first}\n${third}\n`)]),
    );
    const opened = await reopen(disk);
    expect(kinds(opened.records)).toEqual(['one', 'three']);
    expect(opened.damagedLines).toBe(3);
    expect(disk.content(FILE).toString()).toBe(`${first}\n${third}\n`);
    expect(disk.content(`${FILE}.damaged`).toString()).toContain('{"seq":2}\n');
    expect((await reopen(disk)).damagedLines).toBe(0);
  });

  test.each([
    ['torn', '{"seq":'],
    ['garbage', 'x\n'],
  ])('a full disk does not keep it from opening over a %s line', async (_, tail) => {
    const { disk, journal } = await fresh();
    await journal.append('one', null, 0).synced;
    disk.put(FILE, Buffer.concat([disk.content(FILE), Buffer.from(tail)]));
    disk.capacityBytes = disk.usedBytes;
    expect(kinds((await reopen(disk)).records)).toEqual(['one']);
  });

  test('kill -9 while writing: every record acknowledged before it is there, in order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spitrap-journal-'));
    try {
      const child = await runChild(join(import.meta.dirname, 'kill-child.ts'), join(folder, 'js'), [join(folder, 'data')]);
      const acknowledged = await killAfter(child, 50);
      const { records, journal } = await openJournal(join(folder, 'data'), { disk: createDisk(), clock: createClock() });
      expect(acknowledged).toBeGreaterThanOrEqual(50);
      expect(records.length).toBeGreaterThanOrEqual(acknowledged);
      expect(records.map((record) => record.seq)).toEqual(records.map((_, index) => index + 1));
      await journal.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('rewrite', () => {
  test('keeps the records given and everything appended meanwhile; sequence numbers go on', async () => {
    const { disk, journal } = await fresh();
    const entries = ['a', 'b', 'c'].map((kind) => journal.append(kind, null, 0));
    await Promise.all(entries.map((entry) => entry.synced));
    const before = journal.bytes;
    const queued = journal.append('queued-before', null, 0);
    disk.stall((operation, path) => operation === 'sync' && path.endsWith('.new'));
    const rewriting = journal.rewrite([entries[1]!.record, queued.record]);
    const meanwhile = journal.append('meanwhile', null, 0);
    await meanwhile.synced;
    disk.resume();
    const inTheSwap = journal.append('in-the-swap', null, 0);
    await rewriting;
    await inTheSwap.synced;
    await journal.append('after', null, 0).synced;
    disk.losePower();
    const { records, damagedLines } = await reopen(disk);
    expect(kinds(records)).toEqual(['b', 'queued-before', 'meanwhile', 'in-the-swap', 'after']);
    expect(damagedLines).toBe(0);
    expect(records.at(-1)!.seq).toBe(7);
    expect(before).toBeGreaterThan(0);
    expect(disk.paths).toEqual([FILE]);
  });

  test.each(['open', 'append', 'sync', 'rename'] as const)(
    'that fails at %s leaves the old file, nothing open of the new one, and a journal that works',
    async (operation) => {
      const { disk, journal } = await fresh();
      const kept = journal.append('a', null, 0);
      await kept.synced;
      disk.fail(operation, 'ENOSPC', 1, operation === 'rename' ? '' : '.new');
      await expect(journal.rewrite([kept.record])).rejects.toMatchObject({ code: 'DISK_FAILED' });
      const isClosed = disk.operations.includes(`close ${FILE}.new`);
      expect(isClosed).toBe(operation !== 'open');
      disk.heal();
      await journal.append('b', null, 0).synced;
      expect(kinds((await reopen(disk)).records)).toEqual(['a', 'b']);
    },
  );

  test('a crash before the rename leaves the old file; the new one is removed', async () => {
    const { disk, journal } = await fresh();
    await journal.append('a', null, 0).synced;
    disk.put(`${FILE}.new`, 'half');
    expect(kinds((await reopen(disk)).records)).toEqual(['a']);
    expect(disk.paths).toEqual([FILE]);
  });
});

test('a folder that cannot be had is said with path, errno and remedy', async () => {
  const disk = new FakeDisk();
  disk.fail('makeFolder', 'EROFS');
  await expect(openJournal('/data', { disk, clock: new FakeClock() })).rejects.toThrow(/\/data.*EROFS.*remount/);
});

test('a record and its line are inverses', () => {
  const clock = new FakeClock();
  const record: JournalRecord = {
    seq: 7,
    monotonic: clock.monotonic(),
    wall: clock.wall(),
    bootId: 'b',
    kind: 'k',
    incident: null,
    data: { a: [1, '\u2028'] },
  };
  const line = encodeRecord(record).toString();
  expect(line.endsWith('\n') && !line.slice(0, -1).includes('\n')).toBe(true);
  expect(decodeRecord(line)).toEqual(record);
  for (const bad of ['', '[]', 'null', '{}', '{"seq":1.5}', line.slice(1)]) expect(decodeRecord(bad)).toBeNull();
});

test('on a real disk: 0600, read back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spitrap-journal-'));
  try {
    const world = { disk: createDisk(), clock: createClock() };
    const { journal } = await openJournal(join(folder, 'data'), world);
    await Promise.all(Array.from({ length: 500 }, (_, n) => journal.append('n', null, n).synced));
    await journal.close();
    expect((await readFile(join(folder, 'data/journal.jsonl'), 'utf8')).split('\n').length).toBe(501);
    expect(((await stat(join(folder, 'data/journal.jsonl'))).mode & 0o777).toString(8)).toBe('600');
    expect(((await stat(join(folder, 'data'))).mode & 0o777).toString(8)).toBe('700');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
