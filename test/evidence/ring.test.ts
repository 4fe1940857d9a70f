import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { Hole } from '../../agent/evidence/holes.ts';
import { openRing, type Ring } from '../../agent/evidence/ring.ts';
import { type Moment, momentNow, shifted } from '../../agent/evidence/window.ts';
import { silentLog } from '../../agent/log.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { killAfter, runChild } from '../support/run-child.ts';

const HOUR_MS = 3_600_000;
const BOUNDS = { maxAgeMs: 24 * HOUR_MS, maxBytes: 2 ** 30 };

async function fresh(bounds = BOUNDS) {
  const disk = new FakeDisk();
  const clock = new FakeClock();
  const ring = await openRing('/ring', bounds, { disk, clock });
  const say = (text: string, source = 'syslog'): void =>
    ring.append(Buffer.from(text), { at: clock.monotonic(), wall: clock.wall(), source });
  return { disk, clock, ring, say };
}

async function copied(ring: Ring, from: Moment, to: Moment, bytesMax?: number) {
  const pieces: Buffer[] = [];
  const copy = await ring.copyWindow(from, to, (piece) => void pieces.push(Buffer.from(piece)), bytesMax);
  return { text: Buffer.concat(pieces).toString(), largest: Math.max(0, ...pieces.map((piece) => piece.length)), ...copy };
}

const everything = (clock: FakeClock): [Moment, Moment] => [shifted(momentNow(clock), -1_000 * HOUR_MS), momentNow(clock)];
const logs = (disk: FakeDisk): string[] => disk.paths.filter((path) => path.endsWith('.log'));

describe('writing', () => {
  test('a line is on its way to the disk within 250 ms and synced within a second more', async () => {
    const { disk, clock, ring, say } = await fresh();
    say('one\n');
    await clock.advance(limits.ringWriteEveryMs);
    expect(disk.content(logs(disk)[0]!).toString()).toBe('one\n');
    expect(limits.ringWriteEveryMs).toBeLessThan(250);
    expect(ring.status().lastSyncAt).toBeNull();
    await clock.advance(limits.ringSyncEveryMs);
    expect(ring.status().lastSyncAt).not.toBeNull();
    disk.losePower();
    expect(disk.content(logs(disk)[0]!).toString()).toBe('one\n');
  });

  test('a flush puts everything on disk at once, and costs nothing when it is there already', async () => {
    const { disk, ring, say } = await fresh();
    say('one\n');
    say('two\n');
    expect(await ring.flush()).toBe('synced');
    disk.losePower();
    expect(disk.content(logs(disk)[0]!).toString()).toBe('one\ntwo\n');
    const before = disk.operations.length;
    expect(await ring.flush()).toBe('synced');
    expect(disk.operations.length).toBe(before);
  });

  test('much is synced as it is written, not all of it a second later: the journal shares the disk', async () => {
    const { disk, ring, say } = await fresh();
    const syncs = (): number => disk.operations.filter((operation) => /^sync .*\.log$/.test(operation)).length;
    for (let i = 1; i <= 3; i++) {
      say('x'.repeat(limits.ringBatchBytes - 1));
      await settle(10);
      expect(syncs()).toBe(i - 1);
      say('\n');
      await settle(10);
      expect([syncs(), ring.status().pendingBytes]).toEqual([i, 0]);
    }
  });

  test('an idle ring has no timers and touches no disk', async () => {
    const { disk, clock, say, ring } = await fresh();
    say('one\n');
    await clock.advance(5_000);
    const before = disk.operations.length;
    await clock.advance(HOUR_MS);
    expect(disk.operations.length).toBe(before);
    expect(clock.waiting).toEqual([]);
    expect(ring.status()).toMatchObject({ pendingBytes: 0, degraded: null, segments: 1 });
  });

  test('at most one write is in flight, and chunks keep their order', async () => {
    const { disk, clock, ring, say } = await fresh();
    let inFlight = 0;
    let most = 0;
    const open = disk.open.bind(disk);
    disk.open = async (path, how) => {
      const file = await open(path, how);
      const append = file.append.bind(file);
      file.append = async (bytes) => {
        most = Math.max(most, ++inFlight);
        await append(bytes);
        inFlight--;
      };
      return file;
    };
    const block = `${'y'.repeat(300_000)}\n`;
    for (let i = 0; i < 12; i++) say(`${i}\n${block}`, i % 2 ? 'a' : 'b');
    await ring.flush();
    expect(most).toBe(1);
    const { text } = await copied(ring, ...everything(clock));
    expect(text.match(/^\d+$/gm)?.map(Number)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });
});

describe('batches of many chunks', () => {
  test('a short one after a long one, and a longer one, hold their own bytes and no others', async () => {
    const { disk, ring, say } = await fresh();
    let expected = '';
    for (const [chunks, chars] of [
      [3, 200],
      [2, 1],
      [1, 5],
      [4, 400_000],
      [2, 3],
      [5, 500_000],
      [3, 100],
    ] as const) {
      for (let n = 0; n < chunks; n++) {
        const line = `${String.fromCharCode(97 + n).repeat(chars)}\n`;
        say(line);
        expected += line;
      }
      expect(await ring.flush()).toBe('synced');
    }
    expect(
      logs(disk)
        .map((path) => disk.content(path).toString())
        .join('') === expected,
    ).toBe(true);
  });
});

describe('a window', () => {
  test('holds what arrived in it, to the batch, and no more', async () => {
    const { clock, ring, say } = await fresh();
    for (let i = 0; i < 20; i++) {
      say(`line ${i}\n`);
      await clock.advance(60_000);
    }
    const now = momentNow(clock);
    const { text, bytes } = await copied(ring, shifted(now, -5 * 60_000 - 1), shifted(now, -2 * 60_000));
    expect(text).toBe('line 15\nline 16\nline 17\nline 18\n');
    expect(bytes).toBe(text.length);
  });

  test.each([-3_650 * 24 * HOUR_MS, 3_650 * 24 * HOUR_MS])(
    'is not broken by a step of the wall clock of %d ms',
    async (stepMs) => {
      const { clock, ring, say } = await fresh();
      say('long before\n');
      await clock.advance(HOUR_MS / 2);
      say('before\n');
      await clock.advance(60_000);
      const t0 = momentNow(clock);
      clock.stepWall(stepMs);
      say('after\n');
      await clock.advance(60_000);
      const { text } = await copied(ring, shifted(t0, -10 * 60_000), momentNow(clock));
      expect(text).toBe('before\nafter\n');
      expect(ring.status().segments).toBe(1);
    },
  );

  test('beyond bytesMax the newest are kept and the rest is counted', async () => {
    const { clock, ring, say } = await fresh();
    for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n']) say(text);
    const copy = await copied(ring, ...everything(clock), 10);
    expect(copy).toMatchObject({ text: 'bbbb\ncccc\n', bytes: 10, skippedBytes: 5 });
  });

  test('of many segments is copied in pieces, in order, while the ring goes on', async () => {
    const { clock, disk, ring, say } = await fresh();
    const block = `${'z'.repeat(999_999)}\n`;
    for (let i = 0; i < 10; i++) {
      say(block);
      await clock.advance(1_000);
    }
    expect(logs(disk).length).toBeGreaterThan(1);
    let seen = 0;
    const copy = await ring.copyWindow(...everything(clock), async (piece) => {
      seen += piece.length;
      expect(piece.length).toBeLessThanOrEqual(limits.ringCopyBytes);
      say('meanwhile\n');
      await settle(1);
    });
    expect(seen).toBe(10 * block.length);
    expect(copy.problems).toEqual([]);
  });

  test('says what it could not read', async () => {
    const { clock, disk, ring, say } = await fresh();
    say('one\n');
    await ring.flush();
    disk.fail('read', 'EIO');
    expect((await copied(ring, ...everything(clock))).problems.join()).toContain('EIO');
  });
});

describe('age and size', () => {
  test('whole segments go, oldest first, until the ring is within its bytes', async () => {
    const { clock, disk, ring, say } = await fresh({ maxAgeMs: 24 * HOUR_MS, maxBytes: 3 * limits.ringSegmentBytes });
    for (let i = 0; i < 40; i++) {
      say(`${i}\n${'z'.repeat(999_990)}\n`);
      await clock.advance(1_000);
    }
    expect(ring.status().bytes).toBeLessThanOrEqual(3 * limits.ringSegmentBytes + limits.ringBatchBytes);
    const { text } = await copied(ring, ...everything(clock));
    const numbers = text.match(/^\d+$/gm)!.map(Number);
    expect(numbers.at(-1)).toBe(39);
    expect(numbers[0]).toBeGreaterThan(25);
    expect(disk.paths.length).toBe(ring.status().segments * 2);
  });

  test('what is older than its age goes with the next line, however slowly the ring fills', async () => {
    const { clock, ring, say } = await fresh({ maxAgeMs: 24 * HOUR_MS, maxBytes: 2 ** 30 });
    for (let hour = 0; hour < 72; hour++) {
      say(`hour ${hour}\n`);
      await clock.advance(HOUR_MS);
    }
    const { text } = await copied(ring, ...everything(clock));
    const hours = text.match(/\d+/g)!.map(Number);
    expect(hours[0]).toBeGreaterThanOrEqual(72 - 24 - 3);
    expect(hours[0]).toBeLessThanOrEqual(72 - 24 + 1);
  });
});

describe('a disk in trouble', () => {
  test('full: lines wait, then are dropped and counted as a hole; with room again it resumes without a tear', async () => {
    const { clock, disk, ring, say } = await fresh();
    say('first\n');
    await ring.flush();
    disk.capacityBytes = disk.usedBytes + 3;
    say('waits for room\n');
    await clock.advance(1_000);
    expect(ring.status().degraded?.reason).toContain('ENOSPC');
    const block = `${'z'.repeat(1023)}\n`.repeat(1024);
    for (let i = 0; i < 40; i++) say(block);
    const dropped = ring.status();
    expect(dropped.droppedBytes).toBeGreaterThan(0);
    expect(dropped.droppedLines * 1024).toBe(dropped.droppedBytes);
    expect(dropped.pendingBytes).toBeLessThanOrEqual(limits.ringPendingBytesMax);
    disk.heal();
    await clock.advance(limits.diskRetryMaxMs);
    say('last\n');
    await clock.advance(1_000);
    expect(ring.status()).toMatchObject({ degraded: null, pendingBytes: 0 });
    const { text } = await copied(ring, ...everything(clock));
    expect(text.startsWith('first\nwaits for room\nzzz')).toBe(true);
    expect(text.endsWith('z\nlast\n')).toBe(true);
    const hole = ring.holes(...everything(clock)).find((one) => one.reason === 'ring-full');
    expect(hole).toMatchObject({ source: 'syslog', lostLines: dropped.droppedLines, lostBytes: dropped.droppedBytes });
    // The next run still knows of it.
    await ring.close();
    const next = await openRing('/ring', BOUNDS, { disk, clock });
    expect(next.holes(...everything(clock)).find((one) => one.reason === 'ring-full')).toEqual(hole);
  });

  test('hung: append returns, flush and close are bounded, status says so', async () => {
    const { clock, disk, ring, say } = await fresh();
    disk.stall();
    say('one\n');
    const flushing = ring.flush(1_000);
    await clock.advance(1_000);
    expect(await flushing).toBe('degraded');
    await clock.advance(limits.ringStalledMs);
    expect(ring.status().degraded?.reason).toContain('does not answer');
    const closing = ring.close();
    await clock.advance(2 * limits.diskCloseMs);
    await closing;
  });

  test('behind: who can make a sender wait is asked to, until most is written, and nothing is lost', async () => {
    const { disk, ring, say } = await fresh();
    disk.stall();
    const mib = `${'z'.repeat(1023)}\n`.repeat(1024);
    expect(ring.whenRoom()).toBeNull();
    let said = 0;
    for (; ring.whenRoom() === null; said++) say(mib);
    expect(ring.status().pendingBytes).toBe(limits.ringHoldShare * limits.ringPendingBytesMax);
    let room = 0;
    const waiting = [ring.whenRoom()!, ring.whenRoom()!].map((wait) => wait.then(() => room++));
    await settle();
    expect(room).toBe(0);
    disk.resume();
    await Promise.all(waiting);
    expect(ring.status().pendingBytes).toBeLessThan((limits.ringHoldShare / 2) * limits.ringPendingBytesMax);
    expect(ring.whenRoom()).toBeNull();
    expect(await ring.flush()).toBe('synced');
    expect(logs(disk).reduce((sum, path) => sum + disk.content(path).length, 0)).toBe(said * mib.length);
    expect(ring.status().droppedBytes).toBe(0);
  });

  test('hung or refusing: nobody waits longer than a message may, and not again before the disk has caught up', async () => {
    const { clock, disk, ring, say } = await fresh();
    disk.stall();
    const half = `${'z'.repeat(1023)}\n`.repeat((limits.ringHoldShare * limits.ringPendingBytesMax) / 1024);
    say(half);
    let over = false;
    void ring.whenRoom()!.then(() => {
      over = true;
    });
    await clock.advance(limits.ringHoldMs - 1);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
    expect(ring.whenRoom()).toBeNull();
    disk.resume();
    expect(await ring.flush()).toBe('synced');
    // Then again; and a disk that refuses ends the wait.
    disk.stall();
    say(half);
    const wait = ring.whenRoom();
    expect(wait).not.toBeNull();
    disk.fail('append', 'EIO');
    disk.resume();
    await wait;
    expect(ring.status().degraded?.reason).toContain('EIO');
    expect(ring.whenRoom()).toBeNull();
  });

  test('a sync that fails is a hole, a flush that says so, and a new segment', async () => {
    const { clock, disk, ring, say } = await fresh();
    say('one\n');
    disk.fail('sync', 'EIO', 1);
    expect(await ring.flush()).toBe('degraded');
    await clock.advance(1_000);
    say('two\n');
    expect(await ring.flush()).toBe('synced');
    expect(ring.holes(...everything(clock)).map((hole) => hole.reason)).toContain('sync-failed');
    expect(logs(disk).length).toBe(2);
    expect((await copied(ring, ...everything(clock))).text).toBe('one\ntwo\n');
  });
});

describe('holes', () => {
  test('one that is noted open and later closed is one hole, found in every window that it touches', async () => {
    const { clock, ring } = await fresh();
    const from = momentNow(clock);
    const open: Hole = {
      from,
      to: null,
      source: 'monitor',
      reason: 'source-interrupted',
      detail: 'reset',
      lostLines: null,
      lostBytes: null,
    };
    ring.note(open);
    await clock.advance(10_000);
    expect(ring.holes(shifted(from, 5_000), shifted(from, 6_000))).toEqual([open]);
    ring.note({ ...open, to: momentNow(clock) });
    expect(ring.holes(shifted(from, -10_000), shifted(from, -1))).toEqual([]);
    expect(ring.holes(shifted(from, 10_001), shifted(from, 20_000))).toEqual([]);
    expect(ring.holes(from, shifted(from, 20_000))).toHaveLength(1);
  });

  test('are bounded: the oldest become one', async () => {
    const { clock, ring } = await fresh();
    for (let i = 0; i < limits.ringHolesMax + 50; i++) {
      const at = shifted(momentNow(clock), i);
      ring.note({ from: at, to: at, source: 's', reason: 'source-interrupted', detail: null, lostLines: 1, lostBytes: null });
    }
    const holes = ring.holes(shifted(momentNow(clock), -1), shifted(momentNow(clock), 10_000));
    expect(holes.length).toBe(limits.ringHolesMax);
    expect(holes.reduce((sum, hole) => sum + (hole.lostLines ?? 0), 0)).toBe(limits.ringHolesMax + 50);
  });
});

describe('after a crash', () => {
  async function crashed() {
    const { clock, disk, ring, say } = await fresh();
    for (let i = 0; i < 3; i++) {
      say(`line ${i} of the log\n`, i === 1 ? 'monitor' : 'syslog');
      await clock.advance(1_000);
      await ring.flush();
    }
    await clock.advance(2_000);
    return { clock, disk, log: logs(disk)[0]! };
  }

  test('cut at every byte of the log: what is left is in the window, and a new segment is begun', async () => {
    const { clock, disk, log } = await crashed();
    const whole = disk.content(log);
    for (let cut = 1; cut <= whole.length; cut++) {
      const copy = disk.clone();
      copy.put(log, whole.subarray(0, cut));
      const ring = await openRing('/ring', BOUNDS, { disk: copy, clock });
      ring.append(Buffer.from('after\n'), { at: clock.monotonic(), wall: clock.wall(), source: 's' });
      await ring.flush();
      expect((await copied(ring, ...everything(clock))).text).toBe(`${whole.subarray(0, cut)}after\n`);
    }
  });

  test('cut at every byte of the index: no byte of the log is lost, and times stay within their neighbours', async () => {
    const { clock, disk, log } = await crashed();
    const index = log.replace('.log', '.idx');
    const whole = disk.content(index);
    for (let cut = 0; cut <= whole.length; cut++) {
      const copy = disk.clone();
      copy.put(index, whole.subarray(0, cut));
      const ring = await openRing('/ring', BOUNDS, { disk: copy, clock });
      const { text } = await copied(ring, shifted(momentNow(clock), -1_000 * HOUR_MS), shifted(momentNow(clock), HOUR_MS));
      // Without its header the boot is unknown and the wall clock of the file's date is all there is: the fake's is 1970.
      if (cut > whole.indexOf(0x0a)) expect(text).toBe(disk.content(log).toString());
    }
  });

  test('garbage in the index costs an entry its exact time, not its bytes', async () => {
    const { clock, disk, log } = await crashed();
    const index = log.replace('.log', '.idx');
    const lines = disk.content(index).toString().split('\n');
    lines[2] = '\0\0\0\0';
    disk.put(index, lines.join('\n'));
    const ring = await openRing('/ring', BOUNDS, { disk, clock });
    expect((await copied(ring, ...everything(clock))).text).toBe(disk.content(log).toString());
  });

  test('the time in which no agent ran is a hole', async () => {
    const { clock, disk } = await crashed();
    await clock.advance(HOUR_MS);
    const ring = await openRing('/ring', BOUNDS, { disk, clock });
    const [hole] = ring.holes(shifted(momentNow(clock), -HOUR_MS), momentNow(clock));
    expect(hole).toMatchObject({ reason: 'agent-not-running', source: null });
    expect(hole!.to!.monotonic - hole!.from.monotonic).toBeGreaterThan(HOUR_MS);
  });

  test('a run of which nothing was kept is a hole from its start; without one there is none', async () => {
    const clock = new FakeClock();
    const ranFrom = momentNow(clock);
    await clock.advance(HOUR_MS);
    const everSince = [shifted(ranFrom, -1), momentNow(clock)] as const;
    const ring = await openRing('/ring', BOUNDS, { disk: new FakeDisk(), clock }, silentLog, ranFrom);
    expect(ring.holes(...everSince)).toMatchObject([{ reason: 'agent-not-running', from: ranFrom }]);
    expect((await openRing('/ring', BOUNDS, { disk: new FakeDisk(), clock })).holes(...everSince)).toEqual([]);
  });

  test('of a run that lost power after its first lines, whatever the disk kept of it, the time before it is still a hole', async () => {
    const { clock, disk } = await crashed();
    const before = momentNow(clock);
    await clock.advance(HOUR_MS);
    const second = await openRing('/ring', BOUNDS, { disk, clock });
    second.append(Buffer.from('a line of the second run\n'), { at: clock.monotonic(), wall: clock.wall(), source: 's' });
    await clock.advance(limits.ringWriteEveryMs + 1);
    const end = momentNow(clock);
    const [log, index] = [logs(disk).at(-1)!, logs(disk).at(-1)!.replace('.log', '.idx')];
    const [lines, entries] = [disk.content(log), disk.content(index)];
    expect(entries.length).toBeGreaterThan(0);
    for (const keptOfLog of [0, 5, lines.length])
      for (let cut = 0; cut <= entries.length; cut++) {
        const copy = disk.clone();
        copy.put(log, lines.subarray(0, keptOfLog));
        copy.put(index, entries.subarray(0, cut));
        const stat = copy.stat.bind(copy);
        copy.stat = async (path) => {
          const found = await stat(path);
          return found && { ...found, modifiedAtMs: end.wall };
        };
        const rebooted = new FakeClock({ bootId: 'another', monotonicMs: 5_000, wallMs: end.wall + 60_000 });
        const third = await openRing('/ring', BOUNDS, { disk: copy, clock: rebooted });
        const holes = third.holes(shifted(before, 1_000), shifted(before, HOUR_MS - 1_000));
        expect(holes.map(({ reason }) => reason)).toContain('agent-not-running');
      }
  });

  test('a hole of a segment that holds no line is on disk again with the next line', async () => {
    const { clock, disk } = await crashed();
    const lost = { source: 's', reason: 'kernel-dropped', detail: null, lostLines: 7, lostBytes: null } as const;
    const second = await openRing('/ring', BOUNDS, { disk, clock });
    const at = momentNow(clock);
    second.note({ ...lost, from: at, to: at });
    second.append(Buffer.from('x\n'), { at: clock.monotonic(), wall: clock.wall(), source: 's' });
    await clock.advance(limits.ringWriteEveryMs + 1);
    const [log, index] = [logs(disk).at(-1)!, logs(disk).at(-1)!.replace('.log', '.idx')];
    const heads = disk
      .content(index)
      .toString()
      .split('\n')
      .filter((line) => !line.startsWith('['));
    disk.put(log, '');
    disk.put(index, heads.join('\n'));
    for (const run of ['third', 'fourth']) {
      const ring = await openRing('/ring', BOUNDS, { disk, clock });
      expect(ring.holes(shifted(at, -1), shifted(at, 1)), run).toContainEqual(expect.objectContaining(lost));
      ring.append(Buffer.from('y\n'), { at: clock.monotonic(), wall: clock.wall(), source: 's' });
      await ring.close();
    }
  });

  test('under another boot, lines are found by the wall clock', async () => {
    const { clock, disk } = await crashed();
    const rebooted = new FakeClock({ bootId: 'another', monotonicMs: 5_000, wallMs: clock.wall() + 60_000 });
    const ring = await openRing('/ring', BOUNDS, { disk, clock: rebooted });
    const now = momentNow(rebooted);
    expect((await copied(ring, shifted(now, -10 * 60_000), now)).text).toContain('line 0');
    expect((await copied(ring, shifted(now, -30_000), now)).text).toBe('');
  });

  test('kill -9 while writing: every line that a flush acknowledged is there, in order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spitrap-ring-'));
    try {
      const child = await runChild(join(import.meta.dirname, 'ring-kill-child.ts'), join(folder, 'js'), [join(folder, 'ring')]);
      const acknowledged = await killAfter(child, 20_000);
      const clock = createClock();
      const ring = await openRing(join(folder, 'ring'), BOUNDS, { disk: createDisk(), clock });
      const { text } = await copied(ring, shifted(momentNow(clock), -HOUR_MS), momentNow(clock));
      const numbers = [...text.matchAll(/^line (\d+) x{200}$/gm)].map((match) => Number(match[1]));
      expect(numbers.length).toBeGreaterThanOrEqual(acknowledged);
      expect(numbers.every((number, index) => number === index + 1)).toBe(true);
      expect(((await stat(join(folder, 'ring', '000000000001.log'))).mode & 0o777).toString(8)).toBe('600');
      await ring.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
