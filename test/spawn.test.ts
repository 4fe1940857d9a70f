/** agent/spawn.ts with real programs: what they are given, what they leave, and that time's up ends them with all they started. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClock } from '../agent/clock.ts';
import { nodeSpawn } from '../agent/spawn.ts';

const spawn = nodeSpawn(createClock());
const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-spawn-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sh = (script: string, more: { input?: string; outputBytesMax?: number; environment?: Record<string, string> } = {}) => ({
  argv: ['/bin/sh', '-c', script],
  environment: more.environment ?? {},
  input: Buffer.from(more.input ?? ''),
  outputBytesMax: more.outputBytesMax ?? 1_000,
});
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('input, environment, exit code and last words; nothing of our own environment', async () => {
  process.env['SPITRAP_TEST_SECRET'] = 'hunter2';
  const run = sh('cat >&2; echo "$A|$SPITRAP_TEST_SECRET|$(pwd)" >&2; exit 3', { input: 'in ', environment: { A: 'b c; $(d)' } });
  expect(await spawn.run(run, never)).toEqual({ exitCode: 3, killedBy: null, output: Buffer.from('in b c; $(d)||/\n') });
  delete process.env['SPITRAP_TEST_SECRET'];
});

test('output beyond the bound is read and dropped; a program that reads nothing is fine', async () => {
  const run = sh('head -c 3000000 /dev/zero >&2', { input: 'x'.repeat(3_000_000), outputBytesMax: 10 });
  expect(await spawn.run(run, never)).toMatchObject({ exitCode: 0, output: Buffer.alloc(10) });
});

test('a background child that keeps the pipe open does not hold us up', async () => {
  const { output, exitCode } = await spawn.run(sh('sleep 30 & echo $! >&2'), never);
  const pid = Number(output.toString());
  expect([exitCode, isAlive(pid)]).toEqual([0, true]);
  process.kill(pid, 'SIGKILL');
});

test('no such program, no right to it', async () => {
  writeFileSync(join(folder, 'plain'), 'exit 0\n', { mode: 0o600 });
  const run = (file: string) => spawn.run({ ...sh(''), argv: [file] }, never);
  await expect(run('/no/such/program')).rejects.toMatchObject({ code: 'ALARM_UNDELIVERED', context: { errno: 'ENOENT' } });
  await expect(run(join(folder, 'plain'))).rejects.toMatchObject({ context: { errno: 'EACCES' } });
});

test.each([
  ['ends at SIGTERM', 'sleep 100 & echo $$ $! > pids; wait', 'SIGTERM'],
  ['ignores SIGTERM', "trap '' TERM; sleep 100 & echo $$ $! > pids; wait; wait", 'SIGKILL'],
])('called off: one that %s goes with what it started', async (_title, script, killedBy) => {
  const calledOff = new AbortController();
  const running = spawn.run(sh(`cd ${folder}; ${script}`), calledOff.signal);
  const pids = await expect
    .poll(() => {
      try {
        return readFileSync(join(folder, 'pids'), 'utf8');
      } catch {
        return '';
      }
    })
    .toMatch(/\d+ \d+\n/)
    .then(() => readFileSync(join(folder, 'pids'), 'utf8').trim().split(' ').map(Number));
  expect(pids.map(isAlive)).toEqual([true, true]);
  calledOff.abort();
  expect(await running).toMatchObject({ exitCode: null, killedBy });
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
});
