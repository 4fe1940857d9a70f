/** agent/hold.ts: configuration, command and file HOLD; the file is the memory, an event never falls between two looks of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Hold } from '../../agent/hold.ts';
import type { Logger } from '../../agent/log.ts';
import { emptyBook } from '../../shared/coordinate/book.ts';
import type { InputBody } from '../../shared/coordinate/input.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';

let clock: FakeClock;
let disk: FakeDisk;
let book = emptyBook;
let told: string[] = [];
let warned: number;

beforeEach(() => {
  clock = new FakeClock();
  disk = new FakeDisk();
  disk.put('/data/engine.json', '');
  book = emptyBook;
  warned = 0;
  told = [];
});

const iso = (inMs: number): string => new Date(clock.wall() + inMs).toISOString();

async function open(configured = false): Promise<Hold> {
  const log: Logger = {
    debug: () => {},
    info: (_fields, text) => void told.push(text),
    error: () => {},
    warn: () => void warned++,
  };
  const coordinator = {
    get book() {
      return book;
    },
    input: (body: InputBody) => {
      if (body.kind === 'hold') book = { ...book, hold: body.on };
      return null;
    },
  };
  const hold = new Hold({ dataDir: '/data', configured, world: { clock, disk }, coordinator, log });
  await hold.start();
  return hold;
}

describe('at the start', () => {
  test.each<[title: string, content: string | null, on: boolean, by: string | null]>([
    ['no file', null, false, null],
    ['an empty file: until it is taken away', '', true, 'file HOLD'],
    ['words of a person', 'maintenance, ask Ann\n', true, 'file HOLD'],
    ['of the command', 'by spitrap hold\n', true, 'command'],
    ['of the command, for a time', 'until 2026-03-12T18:30:00.000Z by spitrap hold\n', true, 'command'],
    ['of the command, over since', 'until 2026-03-12T18:00:00.000Z by spitrap hold\n', false, null],
    ['a time that is none: on is the safe side', 'until 2026-99-99T99:99Z\n', true, 'file HOLD'],
    ['a megabyte', 'x'.repeat(1_000_000), true, 'file HOLD'],
  ])('%s', async (_title, content, on, by) => {
    if (content !== null) disk.put('/data/HOLD', content);
    const hold = await open();
    expect([hold.status.on, hold.status.by, book.hold]).toEqual([on, by, on]);
  });

  test('by configuration: the file changes nothing', async () => {
    const hold = await open(true);
    await hold.change({ on: false });
    expect([hold.status, book.hold]).toEqual([{ on: true, until: null, by: 'configuration' }, true]);
  });
});

describe('while it runs', () => {
  test('made longer by another: no decision, so the log says who', async () => {
    const hold = await open();
    await hold.change({ on: true, forMs: 60_000 }, 'jo');
    expect(told).toEqual([]);
    await hold.change({ on: true, forMs: 120_000 }, 'page 192.0.2.1');
    expect(told).toEqual([`hold: on already, now until ${iso(120_000)}, by page 192.0.2.1`]);
  });

  test('a file that comes and goes counts within 2 s', async () => {
    await open();
    disk.put('/data/HOLD', '');
    await clock.advance(2_000);
    expect(book.hold).toBe(true);
    await disk.remove('/data/HOLD');
    await clock.advance(2_000);
    expect(book.hold).toBe(false);
  });

  test('the command is in force when it is answered, and its time ends it', async () => {
    const hold = await open();
    expect(await hold.change({ on: true, forMs: 60_000 })).toEqual({ on: true, until: iso(60_000), by: 'command' });
    expect(book.hold).toBe(true);
    await clock.advance(62_000);
    expect([book.hold, disk.paths]).toEqual([false, ['/data/engine.json']]);
  });

  test('a look begun before the command does not take it back', async () => {
    const hold = await open();
    // The look has seen that there is no file, and its answer is late.
    const stat = disk.stat.bind(disk);
    let late = (): void => {};
    disk.stat = async (path) => {
      const found = await stat(path);
      disk.stat = stat;
      await new Promise<void>((resolve) => {
        late = resolve;
      });
      return found;
    };
    await clock.advance(2_000);
    await hold.change({ on: true, forMs: null });
    late();
    await settle();
    expect([hold.status.on, book.hold]).toEqual([true, true]);
  });

  test('a disk that cannot write it: the command says so, nothing has changed', async () => {
    const hold = await open();
    disk.fail('append', 'ENOSPC');
    await expect(hold.change({ on: true, forMs: null })).rejects.toThrow(/ENOSPC/);
  });

  test('a disk that cannot be read: it stays as it was, said once', async () => {
    disk.put('/data/HOLD', '');
    await open();
    disk.fail('stat', 'EIO');
    await clock.advance(20_000);
    expect([book.hold, warned]).toEqual([true, 1]);
    disk.heal();
    await disk.remove('/data/HOLD');
    await clock.advance(2_000);
    expect(book.hold).toBe(false);
  });

  test('a dead disk collects no looks', async () => {
    await open();
    disk.stall((operation) => operation === 'stat');
    const before = disk.operations.length;
    await clock.advance(60_000);
    expect(disk.operations.length - before).toBe(1);
    disk.resume();
  });

  test('closed: no timer is left', async () => {
    const hold = await open();
    hold.close();
    expect(clock.waiting).toEqual([]);
  });
});
