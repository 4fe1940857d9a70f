/**
 * The tarball as a person installs it: packed from a clone, installed by `npm i -g` into an empty prefix under an empty HOME, and run there.
 * npm takes what it has in its cache; the build (TypeScript) happens at `npm pack` alone.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** Packed, with the examples of the documentation in it. */
const TARBALL_BYTES_MAX = 2 * 1024 * 1024;
/** Unpacked, with every dependency. */
const INSTALLED_BYTES_MAX = 56 * 1024 * 1024;

let folder: string;
let tarball: string;
let prefix: string;
let environment: NodeJS.ProcessEnv;
let home: string;

const bin = (...args: string[]) =>
  run(join(prefix, 'bin', 'spitrap'), args, { env: environment, cwd: home, timeout: 100_000, maxBuffer: 16 * 1024 * 1024 });

/** Regular files below, relative. */
const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-pack-'));
  // A clone that was `npm ci`ed: the files of the repository as they stand here, and the packages.
  const clone = join(folder, 'clone');
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const path of stdout.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    cpSync(join(root, path), join(clone, path));
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const { stdout: cache } = await run('npm', ['config', 'get', 'cache']);
  home = join(folder, 'home');
  mkdirSync(home);
  environment = { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', npm_config_cache: cache.trim() };
  await run('npm', ['pack', '--pack-destination', folder], { cwd: clone, env: environment, maxBuffer: 16 * 1024 * 1024 });
  tarball = join(folder, `spitrap-${version}.tgz`);
  prefix = join(folder, 'prefix');
  await run('npm', ['install', '-g', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund', tarball], {
    env: environment,
    cwd: home,
    maxBuffer: 16 * 1024 * 1024,
  });
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (): string => join(prefix, 'lib', 'node_modules', 'spitrap');

describe('the tarball, installed into an empty prefix', () => {
  test('holds the program and its pages: no test, no TypeScript, no source map, no comment that points at one', () => {
    const files = filesIn(installed()).filter((path) => !path.startsWith('node_modules/'));
    expect(files).toEqual(
      expect.arrayContaining(['dist/bin/spitrap.js', 'docs/guide.md', 'docs/operations.md', 'docs/systemd/spitrap@.service']),
    );
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
    expect(files.filter((path) => /(^|\/)test\/|\.test\.|\.ts$|\.map$|^(agent|shared|bin)\//.test(path))).toEqual([]);
    // What the page is made of is no module: it is copied by the build.
    expect(files).toEqual(expect.arrayContaining(['dist/agent/web/page/index.html', 'dist/agent/web/page/page.js']));
    const scripts = files.filter((path) => path.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(300);
    expect(scripts.filter((path) => readFileSync(join(installed(), path), 'utf8').includes('sourceMappingURL'))).toEqual([]);
  });

  test('brings what it needs and no tool of ours', () => {
    const packages = readdirSync(join(installed(), 'node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['commander', 'ssh2', 'net-snmp', 'pino']));
    for (const name of ['typescript', 'vitest', 'vite', '@biomejs', 'fast-check', 'playwright-core'])
      expect(packages).not.toContain(name);
  });

  test('is as small as the README says', () => {
    expect(statSync(tarball).size).toBeLessThan(TARBALL_BYTES_MAX);
    const bytes = filesIn(installed()).reduce((sum, path) => sum + statSync(join(installed(), path)).size, 0);
    expect(bytes).toBeLessThan(INSTALLED_BYTES_MAX);
    console.info(`tarball ${statSync(tarball).size} bytes, installed ${bytes} bytes`);
  });

  test('says its version, its help and completes for the shells', async () => {
    expect((await bin('--version')).stdout.trim()).toBe(version);
    expect((await bin('--help')).stdout).toContain('spitrap');
    expect((await bin('completion', 'bash')).stdout).toContain('complete');
  });

  test('a configuration at fault is refused with exit code 2', async () => {
    await expect(bin('run', '-c', join(home, 'absent.yaml'))).rejects.toMatchObject({ code: 2 });
  });

  test('runs the lab to its end: both routers stopped, a verdict found', async () => {
    const { stdout } = await bin('lab', '--out', join(folder, 'lab'));
    expect(stdout).toContain('Complete.');
    expect(stdout).toContain('Diagnosis: ike-sa-gone');
  }, 120_000);
});
