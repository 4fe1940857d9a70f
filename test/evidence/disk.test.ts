import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { Disk } from '../../agent/ports.ts';
import { FakeDisk } from '../support/fake-disk.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spitrap-disk-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

// The fake is held to the same contract: what tests learn from it must be true of the real one.
describe.each<[name: string, make: () => Disk]>([
  ['the real disk', createDisk],
  ['the fake disk', () => new FakeDisk()],
])('%s', (_, make) => {
  test('appends, reads at an offset, truncates and appends there', async () => {
    const disk = make();
    await disk.makeFolder(join(folder, 'a/b'));
    const file = await disk.open(join(folder, 'a/b/f'), 'append');
    await file.append(Buffer.from('hello '));
    await file.append(Buffer.from('world'));
    await file.sync();
    expect(await file.size()).toBe(11);
    expect((await file.read(6, 100)).toString()).toBe('world');
    expect(await file.read(50, 10)).toHaveLength(0);
    await file.truncate(6);
    await file.append(Buffer.from('all'));
    await file.close();
    expect((await disk.readFile(join(folder, 'a/b/f'))).toString()).toBe('hello all');
    const again = await disk.open(join(folder, 'a/b/f'), 'create');
    expect(await again.size()).toBe(0);
    await again.close();
  });

  test('lists, renames, removes; absent is empty, null, fine', async () => {
    const disk = make();
    await disk.makeFolder(join(folder, 'x.open/commands'));
    await (await disk.open(join(folder, 'x.open/commands/f'), 'create')).close();
    await disk.syncFolder(folder);
    await disk.rename(join(folder, 'x.open'), join(folder, 'x'));
    expect(await disk.list(folder)).toEqual(['x']);
    expect(await disk.list(join(folder, 'x/commands'))).toEqual(['f']);
    expect(await disk.stat(join(folder, 'x'))).toMatchObject({ folder: true });
    expect(await disk.stat(join(folder, 'x.open'))).toBeNull();
    expect(await disk.list(join(folder, 'nothing'))).toEqual([]);
    await disk.remove(join(folder, 'x'));
    await disk.remove(join(folder, 'x'));
    expect(await disk.list(folder)).toEqual([]);
  });

  test('a failure is DISK_FAILED with path and errno', async () => {
    const path = join(folder, 'absent');
    await expect(make().open(path, 'read')).rejects.toMatchObject({ code: 'DISK_FAILED', context: { path, errno: 'ENOENT' } });
    await expect(make().readFile(path)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
});

describe('the real disk', () => {
  test('files are 0600, folders 0700', async () => {
    const disk = createDisk();
    await disk.makeFolder(join(folder, 'd'));
    await (await disk.open(join(folder, 'd/f'), 'append')).close();
    expect((await stat(join(folder, 'd'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'd/f'))).mode & 0o777).toBe(0o600);
  });

  test('a symbolic link does not choose where evidence is written', async () => {
    await writeFile(join(folder, 'victim'), 'precious');
    await symlink(join(folder, 'victim'), join(folder, 'f'));
    await expect(createDisk().open(join(folder, 'f'), 'create')).rejects.toMatchObject({ context: { errno: 'ELOOP' } });
  });

  test('a file in the way of a folder is said, with the remedy', async () => {
    await writeFile(join(folder, 'f'), '');
    await expect(createDisk().makeFolder(join(folder, 'f/inner'))).rejects.toThrow(/f\/inner: ENOTDIR: .*choose another dataDir/);
  });

  test('a folder where none can be made is refused, and not tried for ever as by mkdir -p of Node', async () => {
    // /proc answers ENOENT although the parent is there.
    await expect(createDisk().makeFolder('/proc/spitrap-test/inner')).rejects.toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringContaining('/proc/spitrap-test/inner'),
    });
  });

  test('a full disk is said, with the remedy, and may pass', async () => {
    // /dev/full refuses every write with ENOSPC.
    const file = await createDisk().open('/dev/full', 'append');
    await expect(file.append(Buffer.from('x'))).rejects.toMatchObject({
      code: 'DISK_FAILED',
      retryable: true,
      message: expect.stringContaining('free space'),
    });
    await file.close();
  });
});
