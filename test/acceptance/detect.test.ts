/** `spitrap detect` of the built executable: files, pipes, readers that leave, signals; and the corpus of real syslog where it is present. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noteA } from '../support/invalid-spi-lines.ts';
import { binPath } from '../support/lab-process.ts';
import { runSpitrap } from '../support/run-spitrap.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-detect-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const NOISE = '<191>421370: hub: Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA reason "No reason" state (R) QM_IDLE\r\n';
const lineAt = (minute: number, spi: number): string =>
  `<188>${minute}: hub: Mar 12 18:${String(minute % 60).padStart(2, '0')}:10.706: ${noteA
    .slice(noteA.indexOf('%'))
    .replace('0x68842105(1753489669)', `0x${spi.toString(16)}(${spi})`)}\r\n`;

function fileOf(name: string, lines: Iterable<string>): string {
  const path = join(folder, name);
  writeFileSync(path, [...lines].join(''));
  return path;
}

/** Standard input from a file descriptor, as a shell gives it. */
async function piped(args: readonly string[], from: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const input = openSync(from, 'r');
  const child = spawn(process.execPath, [binPath, ...args], { stdio: [input, 'pipe', 'pipe'] });
  closeSync(input);
  const said = { stdout: '', stderr: '' };
  child.stdout!.on('data', (bytes: Buffer) => {
    said.stdout += bytes.toString();
  });
  child.stderr!.on('data', (bytes: Buffer) => {
    said.stderr += bytes.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

describe('a file of some megabytes', () => {
  const flows = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('gives the same by name, by standard input, and through a pipe', async () => {
    const lines = Array.from({ length: 40_000 }, (_, n) =>
      n % 1_000 === 999 ? lineAt(Math.floor(n / 1_000), n % 2_000 === 999 ? 7 : n) : NOISE,
    );
    const path = fileOf('large.log', lines);
    const named = await runSpitrap(['detect', '--json', path]);
    expect([named.code, named.stderr]).toEqual([0, '']);
    expect(flows(named.stdout)).toHaveLength(21);
    expect(flows(named.stdout)[0]).toEqual({
      src: '11.1.1.3',
      dst: '213.163.222.7',
      spi: '0x00000007',
      count: 20,
      first: 'Mar 12 18:00:10.706',
      last: 'Mar 12 18:38:10.706',
      class: 'persistent',
      interface: 'Ethernet0/0',
    });
    expect(await piped(['detect', '--json'], path)).toEqual(named);
    expect(await piped(['detect', '--json', '-'], path)).toEqual(named);
    const text = await piped(['detect'], path);
    expect(text.stdout).toContain('read       40000 lines, ');
    expect(text.stdout).toContain('found      40 messages of 21 flows: 1 persistent, 20 unknown');
  });

  test('a reader that is slow gets all of it', async () => {
    const path = fileOf(
      'many.log',
      Array.from({ length: 5_000 }, (_, n) => lineAt(n, n + 1)),
    );
    const child = spawn(process.execPath, [binPath, 'detect', '--json', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    // A pipe holds 64 KiB: by the time that the first is looked at, all has been written or waits.
    for await (const chunk of child.stdout) {
      chunks.push(chunk as Buffer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(flows(Buffer.concat(chunks).toString())).toHaveLength(5_000);
  });

  test('a reader that leaves is no error', async () => {
    const path = fileOf(
      'flows.log',
      Array.from({ length: 10_000 }, (_, n) => lineAt(n, n + 1)),
    );
    const child = spawn(process.execPath, [binPath, 'detect', '--json', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });
});

test('Ctrl-C ends it at once, whatever it waits for', async () => {
  const child = spawn(process.execPath, [binPath, 'detect'], { stdio: ['pipe', 'pipe', 'pipe'] });
  // More than a pipe holds: when all of it is taken, it is reading.
  await new Promise<void>((resolve) => child.stdin.write(Buffer.from(NOISE.repeat(20_000)), () => resolve()));
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
});

test.each([
  ['a folder as standard input', [], /^spitrap: FILE_UNREADABLE: cannot read standard input: EISDIR\n$/],
  ['a folder by name', ['/'], /^spitrap: FILE_UNREADABLE: cannot open \/: EISDIR: [^\n]*\n$/],
])('%s: one line, exit 1', async (_, args, says) => {
  const run = await piped(['detect', ...args], '/');
  expect([run.code, run.stdout]).toEqual([1, '']);
  expect(run.stderr).toMatch(says);
});

const CORPUS = '/work/shared/corpus';
const corpus = existsSync(CORPUS)
  ? readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.txt'))
      .map((name) => join(CORPUS, name))
  : [];

describe.skipIf(corpus.length === 0)(`real outputs (skipped where ${CORPUS} is absent)`, () => {
  test('all of them together: every line read, every message of ours found, nothing else taken for one', async () => {
    const bytes = Buffer.concat(corpus.map((path) => Buffer.concat([readFileSync(path), Buffer.from('\n')])));
    const path = join(folder, 'corpus.log');
    writeFileSync(path, bytes);
    const { code, stdout } = await runSpitrap(['detect', path]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${bytes.toString('latin1').split('\n').length - 1} lines, ${bytes.length} bytes`);
    const messages = bytes.toString('latin1').match(/%(?:CRYPTO|IPSEC)-\d-RECV[D]?_PKT_INV_SPI: decaps/g)?.length ?? 0;
    expect(stdout).toContain(`found      ${messages} messages`);
  });
});
