/** A bundle from a stranger, on a real file system: what `spitrap report` reads of it, and what not. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDisk } from '../../agent/evidence/disk.ts';
import { readBundle } from '../../agent/evidence/read-bundle.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { limits } from '../../shared/limits.ts';
import { writeBundleFolder } from '../support/bundle-folder.ts';
import { bundleOf } from '../support/bundle-of.ts';

const SECRET = 'root:$6$TOPSECRET:19000:0:99999:7:::';
const disk = createDisk();
let away: string;
let folder: string;
let command: string;

beforeEach(() => {
  away = mkdtempSync(join(tmpdir(), 'spitrap-stranger-'));
  folder = join(away, 'bundle');
  const bundle = bundleOf({
    name: 'bundle',
    id: '01KN5X3Q9ZJ8T4V2W6Y0ABCDEF',
    openedMs: Date.UTC(2026, 2, 12, 18, 22, 10, 706),
    captures: [{ command: 'show clock', afterMs: 100, output: '18:22:10.956 UTC Thu Mar 12 2026\n' }],
    log: ['*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: …'],
  });
  writeBundleFolder(bundle, folder);
  command = bundle.captures[0]!.file!;
  mkdirSync(join(away, 'etc'));
  writeFileSync(join(away, 'etc', 'shadow'), `${SECRET}\n`);
  writeFileSync(join(away, 'etc', command.replace('commands/', '')), `${SECRET}\n`);
});
afterEach(() => rmSync(away, { recursive: true, force: true }));

/** In the place of a file of the bundle. */
function put(name: string, make: (path: string) => void): void {
  rmSync(join(folder, name), { recursive: true, force: true });
  make(join(folder, name));
}

/** Everything that a report could be made of, or why there is none. */
async function read(): Promise<string> {
  const { problems } = await verifyBundle(folder, disk);
  const bundle = await readBundle(folder, disk).catch((error: unknown) => String(error));
  return JSON.stringify([problems, bundle]);
}

test('as it was it is whole', async () => {
  expect(await read()).toMatch(/^\[\[\],.*18:22:10\.956 UTC/);
});

test('of a folder with more files than any bundle has none is read for its manifest, and that is said', async () => {
  mkdirSync(join(folder, 'more'));
  for (let i = 0; i < limits.bundleFilesMax; i += 1) writeFileSync(join(folder, 'more', `${i}`), '');
  const { whole, problems } = await verifyBundle(folder, disk);
  expect(whole).toBe(false);
  expect(problems).toEqual([expect.stringContaining(`more than any bundle of ours: ${limits.bundleFilesMax} at most`)]);
});

describe('a link to a file of ours gives nothing of it', () => {
  test.each(['incident.json', 'MANIFEST.sha256', 'device.log', 'journal.jsonl', 'the output of a command'])(
    '%s',
    async (name) => {
      put(name === 'the output of a command' ? command : name, (path) => symlinkSync(join(away, 'etc', 'shadow'), path));
      const said = await read();
      expect(said).not.toContain('TOPSECRET');
      expect(said).toMatch(/ELOOP|not in the manifest|no file of a bundle/);
    },
  );

  test('the folder of the outputs', async () => {
    renameSync(join(folder, 'commands'), join(away, 'commands'));
    symlinkSync(join(away, 'etc'), join(folder, 'commands'));
    const said = await read();
    expect(said).not.toContain('TOPSECRET');
    expect(said).toMatch(/show-clock.txt is missing/);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe keeps nobody waiting', () => {
  test.each(['incident.json', 'MANIFEST.sha256', 'device.log', 'journal.jsonl', 'the output of a command'])(
    '%s',
    async (name) => {
      put(name === 'the output of a command' ? command : name, (path) => execFileSync('mkfifo', [path]));
      expect(await read()).toMatch(/ENOTREG/);
    },
  );
});

describe('a giant costs nothing', () => {
  test.each(['incident.json', 'MANIFEST.sha256', 'device.log', 'journal.jsonl', 'the output of a command'])(
    '%s',
    async (name) => {
      // A terabyte of nothing: a sparse file, as tar unpacks it.
      const file = name === 'the output of a command' ? command : name;
      truncateSync(join(folder, file), 2 ** 40);
      const before = process.memoryUsage().arrayBuffers;
      const said = await read();
      expect(said).toMatch(/1099511627776 bytes, more than any of ours|is larger than \d+ bytes/);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * limits.reportCaptureBytesMax);
    },
  );
});

test('names in the manifest, and what it says of them, reach no terminal as they are', async () => {
  put('MANIFEST.sha256', (path) => writeFileSync(path, '\u009b31m\u202e../../etc/shadow\u001b]0;x\u0007\n'));
  const { problems } = await verifyBundle(folder, disk);
  expect(problems.join('\n')).toMatch(/none of ours: "\\x9b31m/);
  for (const problem of problems) expect(problem).toMatch(/^[\x20-\x7e]+$/);
});
