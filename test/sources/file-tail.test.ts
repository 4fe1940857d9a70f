/** Source `file`: a log file that another program writes and rotates. With a fake file system and clock; real ones: test/live/file-rotation.test.ts. */
import { afterEach, describe, expect, test } from 'vitest';
import type { LogFile, World } from '../../agent/ports.ts';
import { type FileConfig, fileTail } from '../../agent/sources/file-tail.ts';
import { FollowedFile } from '../../agent/sources/followed-file.ts';
import type { Closable } from '../../agent/sources/source.ts';
import { limits } from '../../shared/limits.ts';
import type { LineChunk, Observation, SourceGap, SourceState } from '../../shared/model/observation.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { FakeLogFiles } from '../support/fake-log-files.ts';

const LOG = '/var/log/hub1.log';
const config: FileConfig = {
  kind: 'file',
  name: 'hub1',
  path: LOG,
  relay: '127.0.0.1',
  positionFile: '/data/sources/hub1.json',
};

class Stage {
  readonly clock = new FakeClock();
  readonly disk = new FakeDisk();
  readonly files = new FakeLogFiles();
  seen: Observation[] = [];
  /** Until when the ring has none. */
  room: Promise<void> | null = null;
  #source: Closable | null = null;

  async open(): Promise<void> {
    const { clock, disk, files } = this;
    const world = { clock, disk, logFiles: files } as unknown as World;
    this.#source = await fileTail.open('hub1', config, {
      world,
      emit: (observation) => this.seen.push(observation),
      device: null,
      whenRoom: () => this.room,
    });
    await settle(10);
  }

  async close(): Promise<void> {
    const closing = this.#source?.close();
    await settle(10);
    await closing;
    this.#source = null;
  }

  chunks(backlog: boolean): LineChunk[] {
    return this.seen.filter((seen): seen is LineChunk => seen.kind === 'lines' && seen.backlog === backlog);
  }
  live(): string {
    return text(this.chunks(false));
  }
  backlog(): string {
    return text(this.chunks(true));
  }
  states(): string[] {
    return this.seen
      .filter((seen): seen is SourceState => seen.kind === 'source-state')
      .map(({ state, detail }) => `${state} ${detail}`);
  }
  gaps(): SourceGap[] {
    return this.seen.filter((seen): seen is SourceGap => seen.kind === 'gap');
  }
  lags(): number[] {
    return this.seen.flatMap((seen) => (seen.kind === 'lag' ? [seen.behindBytes] : []));
  }
}

const text = (chunks: readonly LineChunk[]): string => chunks.map((chunk) => chunk.bytes.toString('latin1')).join('');

let stage: Stage;
afterEach(async () => {
  await stage.close();
  expect(stage.files.handles).toBe(0);
  expect(stage.clock.waiting).toEqual([]);
});

async function opened(content: string | null = ''): Promise<Stage> {
  stage = new Stage();
  if (content !== null) stage.files.append(LOG, content);
  await stage.open();
  return stage;
}

describe('a file that grows', () => {
  test('what stood in it is backlog, what comes is news, from its relay, not beyond spoofing', async () => {
    const { files, clock } = await opened('old 1\nold 2\n');
    files.append(LOG, 'new 1\n');
    await clock.advance(200);
    files.append(LOG, 'new 2\r\nnew 3\n');
    await clock.advance(200);
    expect([stage.backlog(), stage.live()]).toEqual(['old 1\nold 2\n', 'new 1\nnew 2\r\nnew 3\n']);
    expect(stage.chunks(false)[0]).toMatchObject({ source: 'hub1', trust: 'spoofable', from: '127.0.0.1' });
    expect(stage.states()).toEqual([`open ${LOG}`]);
    expect(stage.gaps()).toEqual([]);
  });

  test('a line waits for its end; a line that began before the open and ends after it is news', async () => {
    const { files, clock } = await opened('old\nbeg');
    await clock.advance(1_000);
    expect(stage.seen.some((seen) => seen.kind === 'lines' && seen.bytes.includes('beg'))).toBe(false);
    files.append(LOG, 'un\nnex');
    await clock.advance(200);
    expect([stage.backlog(), stage.live()]).toEqual(['old\n', 'begun\n']);
  });

  test('a line whose end does not come is given after two seconds, once', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'no end');
    await clock.advance(1_800);
    expect(stage.live()).toBe('');
    await clock.advance(600);
    expect(stage.live()).toBe('no end\n');
    await clock.advance(60_000);
    expect(stage.live()).toBe('no end\n');
  });

  test('a last line without an end that stood there at the open is backlog', async () => {
    const { clock } = await opened('old\nno end');
    await clock.advance(3_000);
    expect([stage.backlog(), stage.live()]).toEqual(['old\nno end\n', '']);
  });

  test('NUL ends a line as LF does, other binary stays, no octet count is seen in it', async () => {
    const { files, clock } = await opened();
    files.append(LOG, Buffer.from('\0\0\0a\0\xff\xfe\x01b\n12 <188>c\n\n5 %d\n', 'latin1'));
    await clock.advance(200);
    expect(stage.live()).toBe('a\n\xff\xfe\x01b\n12 <188>c\n5 %d\n');
  });

  test('a huge line is cut and counted, and the next one is whole', async () => {
    const { files, clock } = await opened();
    files.append(LOG, `${'x'.repeat(3_000_000)}\nnext\n`);
    await clock.advance(1_000);
    expect(stage.live()).toBe(`${'x'.repeat(limits.lineBytesMax)}\nnext\n`);
    expect(stage.seen.find((seen) => seen.kind === 'refusal')).toMatchObject({
      reason: 'line-too-long',
      lost: 3_000_000 - limits.lineBytesMax,
    });
  });

  test('one that grows faster than it is read: reads stay small, everything else gets its turn, and the lag is told', async () => {
    const { files, clock } = await opened();
    const piece = `${'x'.repeat(999)}\n`.repeat(300);
    let more = 60;
    files.onRead = () => {
      if (more-- > 0) files.append(LOG, piece);
    };
    files.append(LOG, piece.repeat(20));
    await clock.advance(1_000);
    expect(stage.live().length).toBe(piece.length * 80);
    expect(files.largestRead).toBeLessThanOrEqual(limits.fileReadBytes + limits.fileFingerprintBytes);
    expect(Math.max(...stage.lags())).toBeGreaterThan(1_000_000);
    expect(stage.lags().at(-1)).toBe(0);
  });

  test('while the ring has no room the rest stays in the file', async () => {
    const { files, clock } = await opened();
    let release = (): void => {};
    stage.room = new Promise<void>((resolve) => {
      release = resolve;
    });
    const all = `${'x'.repeat(999)}\n`.repeat(20_000);
    files.append(LOG, all);
    await clock.advance(5_000);
    const read = stage.live().length;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(all.length);
    stage.room = null;
    release();
    await clock.advance(1_000);
    expect(stage.live()).toBe(all);
  });
});

describe('rotation by rename', () => {
  test('the old file is read to its end, then the new one, in order', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\n');
    await clock.advance(200);
    files.append(LOG, 'b\n');
    files.rename(LOG, `${LOG}.1`);
    files.append(LOG, 'c\n');
    await clock.advance(400);
    expect(stage.live()).toBe('a\nb\nc\n');
    expect(stage.gaps()).toEqual([]);
  });

  test('a writer that holds on to the renamed file is still heard, its half line too; after a quiet minute the file is given back', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\n');
    const late = files.writerOf(LOG);
    files.rename(LOG, `${LOG}.1`);
    await clock.advance(10_000);
    expect(stage.states()).toEqual([`open ${LOG}`, expect.stringContaining('renamed or deleted')]);
    files.append(LOG, 'new\n');
    late('late 1\nlate');
    await clock.advance(1_000);
    late(' 2\n');
    await clock.advance(1_000);
    expect(stage.live().split('\n').sort()).toEqual(['', 'a', 'late 1', 'late 2', 'new']);
    await clock.advance(59_000);
    expect(files.handles).toBe(2);
    await clock.advance(2_000);
    expect(files.handles).toBe(1);
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });

  test('again and again: nothing twice, nothing lost, few files open', async () => {
    const { files, clock } = await opened();
    const lines: string[] = [];
    for (let turn = 0; turn < 12; turn++) {
      for (let line = 0; line < 3; line++) {
        lines.push(`${turn} ${line}\n`);
        files.append(LOG, lines.at(-1)!);
      }
      files.rename(LOG, `${LOG}.${turn}`);
      lines.push(`${turn} new\n`);
      files.append(LOG, lines.at(-1)!);
      await clock.advance(400);
    }
    expect(stage.live()).toBe(lines.join(''));
    expect(files.handles).toBeLessThanOrEqual(limits.fileRotatedMax + 1);
  });
});

describe('truncation', () => {
  test('copytruncate: from its beginning, with a hole for what the rotation itself lost', async () => {
    const { files, clock } = await opened('old\n');
    files.append(LOG, 'a\n');
    await clock.advance(200);
    files.truncate(LOG);
    await clock.advance(200);
    files.append(LOG, 'b\n');
    await clock.advance(200);
    expect(stage.live()).toBe('a\nb\n');
    expect(stage.gaps()).toMatchObject([{ reason: 'file-truncated', lostLines: null, lostBytes: null }]);
    const [gap] = stage.gaps();
    expect(gap!.to.monotonic - gap!.from.monotonic).toBeLessThanOrEqual(200);
  });

  test('truncated and grown past the old size between two looks: nothing of the new is missed', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'first line\nsecond line\n');
    await clock.advance(200);
    files.truncate(LOG, 'third line, longer\nfourth line, much longer than that\n');
    await clock.advance(200);
    files.append(LOG, 'fifth\n');
    await clock.advance(200);
    expect(stage.live()).toBe('first line\nsecond line\nthird line, longer\nfourth line, much longer than that\nfifth\n');
    expect(stage.gaps()).toHaveLength(1);
  });

  test('grown to exactly the old size between two looks: seen all the same', async () => {
    const { files, clock } = await opened();
    files.append(LOG, '1234567\n');
    await clock.advance(200);
    files.truncate(LOG, 'abcdefg\n');
    await clock.advance(200);
    expect(stage.live()).toBe('1234567\nabcdefg\n');
  });

  test('a half line before the cut is given as it stands', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\nhalf');
    await clock.advance(200);
    files.truncate(LOG, 'b\n');
    await clock.advance(200);
    expect(stage.live()).toBe('a\nhalf\nb\n');
  });

  test('a writer without O_APPEND leaves NULs up to its old place: they are no lines', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a line\n');
    await clock.advance(200);
    files.truncate(LOG, `${'\0'.repeat(7)}b\n`);
    await clock.advance(200);
    expect(stage.live()).toBe('a line\nb\n');
  });
});

describe('a file that somebody edits', () => {
  const history = `${'Mar 12 18:22:10 hub: an old line\n'.repeat(20)}`;

  test.each<[how: string, edit: (files: FakeLogFiles) => void]>([
    ['sed -i: another inode with the same beginning', (files) => files.replace(LOG, `${history}one more\n`)],
    ['in place', (files) => files.truncate(LOG, `${history.slice(0, -33)}one more\n`)],
  ])('%s: its old lines are no news', async (_how, edit) => {
    const { files, clock } = await opened();
    files.append(LOG, history);
    await clock.advance(200);
    edit(files);
    await clock.advance(1_000);
    files.append(LOG, 'news\n');
    await clock.advance(200);
    expect(stage.live()).toBe(`${history}news\n`);
    expect(stage.backlog()).toContain('one more\n');
  });
});

describe('what is no file', () => {
  test('absent at the start: said, looked for; what then comes is news', async () => {
    const { files, clock } = await opened(null);
    expect(stage.states()).toEqual([`open there is no ${LOG}; waiting for one`]);
    await clock.advance(600_000);
    expect(stage.states()).toHaveLength(1);
    files.append(LOG, 'a\n');
    await clock.advance(400);
    expect([stage.backlog(), stage.live()]).toEqual(['', 'a\n']);
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });

  test('deleted: its last writer is heard, its space is given back, the next file is news', async () => {
    const { files, clock } = await opened('old\n');
    const writer = files.writerOf(LOG);
    files.remove(LOG);
    writer('a\n');
    await clock.advance(400);
    expect(stage.live()).toBe('a\n');
    await clock.advance(61_000);
    expect(files.handles).toBe(0);
    expect(stage.states().at(-1)).toBe(`open there is no ${LOG}; waiting for one`);
    files.append(LOG, 'b\n');
    await clock.advance(400);
    expect(stage.live()).toBe('a\nb\n');
  });

  test('a folder in its place: said with its remedy; a file again is followed', async () => {
    const { files, clock } = await opened('old\n');
    files.folder(LOG);
    await clock.advance(1_000);
    expect(stage.states().at(-1)).toBe(`interrupted cannot open ${LOG}: EISDIR: it is a folder: give the file in it`);
    files.replace(LOG, 'a\n');
    await clock.advance(1_000);
    expect(stage.live()).toBe('a\n');
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });

  test.each([400, 600_000])(
    'not ours to read at the start, for %i ms: said; what stood in it is backlog when it may be read',
    async (forMs) => {
      stage = new Stage();
      stage.files.append(LOG, 'old\n');
      stage.files.refuse(LOG, 'EACCES');
      await stage.open();
      await stage.clock.advance(forMs);
      expect(stage.states()).toEqual([expect.stringMatching(/^interrupted cannot open .*EACCES.*group adm/)]);
      stage.files.refuse(LOG, null);
      await stage.clock.advance(400);
      stage.files.append(LOG, 'a\n');
      await stage.clock.advance(200);
      expect([stage.backlog(), stage.live()]).toEqual(['old\n', 'a\n']);
    },
  );

  test.each([
    ['for a moment, as a daemon that sets its mode late: news', 400, ''],
    ['for long: what came meanwhile opens nothing any more', 120_000, 'b\n'],
  ])('a new file that is not ours to read %s', async (_how, forMs, backlog) => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\n');
    await clock.advance(200);
    files.rename(LOG, `${LOG}.1`);
    files.refuse(LOG, 'EACCES');
    files.append(LOG, 'b\n');
    await clock.advance(forMs);
    files.refuse(LOG, null);
    await clock.advance(400);
    expect([stage.backlog(), stage.live()]).toEqual([backlog, backlog === '' ? 'a\nb\n' : 'a\n']);
  });

  test('reads that fail: said, tried again from where it stood', async () => {
    const { files, clock } = await opened();
    files.failReads(LOG, 'EIO');
    files.append(LOG, 'a\n');
    await clock.advance(2_000);
    expect(stage.states().at(-1)).toContain('EIO');
    files.failReads(LOG, null);
    await clock.advance(400);
    expect(stage.live()).toBe('a\n');
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });
});

describe('a file that fails for good', () => {
  test('the one under the path, then another takes its place: a hole for the rest of the old one, and the new one is read', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\n');
    await clock.advance(200);
    files.append(LOG, 'b\n');
    files.failReads(LOG, 'ESTALE');
    await clock.advance(1_000);
    expect(stage.states().at(-1)).toContain('ESTALE');
    files.rename(LOG, `${LOG}.1`);
    files.append(LOG, 'c\n');
    await clock.advance(1_000);
    expect(stage.live()).toBe('a\nc\n');
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone', detail: expect.stringContaining('ESTALE') }]);
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });

  test('a renamed one that is still followed: a hole, and it holds up nothing', async () => {
    const { files, clock } = await opened();
    files.append(LOG, 'a\n');
    await clock.advance(200);
    files.rename(LOG, `${LOG}.1`);
    files.append(LOG, 'b\n');
    await clock.advance(400);
    const late = files.writerOf(`${LOG}.1`);
    files.failReads(`${LOG}.1`, 'EIO');
    late('late\n');
    files.append(LOG, 'c\n');
    await clock.advance(400);
    expect(stage.live()).toBe('a\nb\nc\n');
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone' }]);
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });
});

describe('a restart', () => {
  async function restarted(meanwhile: (files: FakeLogFiles) => void, before = 'a\nb\n'): Promise<void> {
    const { files, clock } = await opened('old\n');
    files.append(LOG, before);
    await clock.advance(200);
    await stage.close();
    meanwhile(files);
    stage.seen = [];
    await stage.open();
    await clock.advance(400);
  }

  test('what was written meanwhile is backlog, nothing is read twice', async () => {
    await restarted((files) => files.append(LOG, 'meanwhile\n'));
    stage.files.append(LOG, 'c\n');
    await stage.clock.advance(200);
    expect([stage.backlog(), stage.live()]).toEqual(['meanwhile\n', 'c\n']);
    expect(stage.gaps()).toEqual([]);
  });

  test('the half line of then is read again, whole', async () => {
    await restarted((files) => files.append(LOG, 'f\n'), 'a\nhal');
    expect(stage.backlog()).toBe('half\n');
  });

  test('rotated meanwhile: the rest of the old file, under its new name, then the new one', async () => {
    await restarted((files) => {
      files.append(LOG, 'rest\n');
      files.rename(LOG, `${LOG}-20260312`);
      files.append(LOG, 'new\n');
    });
    expect([stage.backlog(), stage.live()]).toEqual(['rest\nnew\n', '']);
    expect(stage.gaps()).toEqual([]);
  });

  test('rotated and compressed meanwhile: a hole from then to now, and the new file', async () => {
    await restarted((files) => {
      files.remove(LOG);
      files.append(`${LOG}.1.gz`, 'zip');
      files.append(LOG, 'new\n');
    });
    expect([stage.backlog(), stage.live()]).toEqual(['new\n', '']);
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone' }]);
  });

  test('truncated meanwhile, the inode given to another file: not taken for the one that was read', async () => {
    await restarted((files) => files.truncate(LOG, 'quite another file, and longer\n'));
    expect(stage.backlog()).toBe('quite another file, and longer\n');
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone' }]);
  });

  test('rotated meanwhile and the new file not ours to read: all of it once it may be read, nothing twice', async () => {
    await restarted((files) => {
      files.append(LOG, 'rest\n');
      files.rename(LOG, `${LOG}.1`);
      files.append(LOG, 'new\n');
      files.refuse(LOG, 'EACCES');
    });
    await stage.clock.advance(2_000);
    expect(stage.backlog()).toBe('');
    stage.files.refuse(LOG, null);
    await stage.clock.advance(400);
    expect([stage.backlog(), stage.live()]).toEqual(['rest\nnew\n', '']);
    expect(stage.gaps()).toEqual([]);
  });

  test('another file meanwhile, not ours to read for long: one hole, not one a look', async () => {
    await restarted((files) => {
      files.remove(LOG);
      files.append(LOG, 'new\n');
      files.refuse(LOG, 'EACCES');
    });
    await stage.clock.advance(5_000);
    stage.files.refuse(LOG, null);
    await stage.clock.advance(400);
    expect([stage.backlog(), stage.live()]).toEqual(['new\n', '']);
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone' }]);
  });

  test('rotated meanwhile, and the old one not ours to read any more: a hole, and the new one', async () => {
    await restarted((files) => {
      files.append(LOG, 'rest\n');
      files.rename(LOG, `${LOG}.1`);
      files.refuse(`${LOG}.1`, 'EACCES');
      files.append(LOG, 'new\n');
    });
    expect([stage.backlog(), stage.live()]).toEqual(['new\n', '']);
    expect(stage.gaps()).toMatchObject([{ reason: 'file-gone' }]);
  });

  test('gone meanwhile: what comes later is news', async () => {
    await restarted((files) => files.remove(LOG));
    expect(stage.states().at(-1)).toContain('there is no');
    stage.files.append(LOG, 'new\n');
    await stage.clock.advance(400);
    expect([stage.backlog(), stage.live()]).toEqual(['', 'new\n']);
  });

  test('more than is of use was written meanwhile: the newest is read, the rest is a hole with its size', async () => {
    const line = `${'x'.repeat(9_999)}\n`;
    await restarted((files) => files.append(LOG, line.repeat(3_000)));
    expect(stage.backlog().length).toBeGreaterThan(limits.fileBacklogBytesMax - line.length);
    expect(stage.backlog().length).toBeLessThanOrEqual(limits.fileBacklogBytesMax);
    expect(stage.backlog().startsWith('x')).toBe(true);
    expect(stage.gaps()).toMatchObject([{ reason: 'file-skipped', lostBytes: 3_000 * 10_000 - limits.fileBacklogBytesMax }]);
  });

  test.each([
    ['no JSON', '{"files":'],
    ['another form', '{"files":[{"identity":5}],"at":{}}'],
    [
      'a position that contradicts itself',
      '{"files":[{"identity":"8:100","offset":3,"pendingBytes":9,"print":"","printBytes":0}],"at":{"wall":0,"monotonic":0,"bootId":""}}',
    ],
  ])('a damaged position (%s): the file is read as at the first start', async (_what, damaged) => {
    stage = new Stage();
    stage.disk.put(config.positionFile, damaged);
    stage.files.append(LOG, 'old\n');
    await stage.open();
    expect(stage.backlog()).toBe('old\n');
  });

  test('a crash: at most the last seconds are read twice, as backlog', async () => {
    const { files, clock, disk } = await opened();
    files.append(LOG, 'a\n');
    await clock.advance(10_000);
    files.append(LOG, 'b\n');
    await clock.advance(200);
    const kept = disk.content(config.positionFile);
    await stage.close();
    stage.seen = [];
    disk.put(config.positionFile, kept);
    await stage.open();
    expect([stage.backlog(), stage.live()]).toEqual(['b\n', '']);
  });

  test('a disk that takes no position: said, and everything else goes on', async () => {
    const { files, clock, disk } = await opened();
    disk.fail('any', 'ENOSPC');
    files.append(LOG, 'a\n');
    await clock.advance(10_000);
    expect(stage.states().at(-1)).toContain('the position cannot be written');
    disk.heal();
    files.append(LOG, 'b\n');
    await clock.advance(10_000);
    expect(stage.live()).toBe('a\nb\n');
    expect(stage.states().at(-1)).toBe(`open ${LOG}`);
  });
});

test('a disk that hangs with the position on its way: the log is read on, and the last position is kept when it answers', async () => {
  const { files, clock, disk } = await opened();
  disk.stall();
  for (const line of ['a\n', 'b\n', 'c\n']) {
    files.append(LOG, line);
    await clock.advance(30_000);
  }
  expect(stage.live()).toBe('a\nb\nc\n');
  disk.resume();
  await clock.advance(10_000);
  await stage.close();
  stage.seen = [];
  await stage.open();
  expect([stage.backlog(), stage.live()]).toEqual(['', '']);
});

describe('further behind than is of use', () => {
  /** A file of lines of ten bytes, each its own offset; nobody has 300 MiB for a test. */
  const huge = (bytes: () => number): LogFile => ({
    identity: '8:1',
    look: async () => ({ bytes: bytes(), links: 1 }),
    read: async (offset, length) => {
      const end = Math.min(bytes(), offset + length);
      const first = Math.floor(offset / 10);
      const lines = Array.from(
        { length: Math.ceil((end - first * 10) / 10) },
        (_, n) => `${String((first + n) * 10).padStart(9, '0')}\n`,
      );
      return Buffer.from(lines.join('')).subarray(offset - first * 10, end - first * 10);
    },
    close: async () => {},
  });

  test('the oldest is left out and counted, and reading goes on at a line', async () => {
    let bytes = 0;
    const skipped: number[] = [];
    const got: string[] = [];
    const file = new FollowedFile(
      huge(() => bytes),
      {
        lines: (piece, backlog) => got.push(`${backlog} ${piece.toString('latin1', 0, 9)}`),
        cut: () => got.push('cut'),
        skipped: (lost) => skipped.push(lost),
        truncated: () => got.push('truncated'),
      },
    );
    await file.beginWithBacklog();
    bytes = 300 * 1024 * 1024 + 5;
    const { behindBytes } = await file.advance(1_000);
    const from = bytes - limits.fileBacklogBytesMax;
    expect(skipped).toEqual([from]);
    expect(got).toEqual([`false ${String(Math.ceil(from / 10) * 10).padStart(9, '0')}`]);
    expect(behindBytes).toBe(limits.fileBacklogBytesMax - 1_000);
  });
});
