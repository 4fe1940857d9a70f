import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentProcess, type LogEntry, startAgentProcess } from '../../../agent/cli/lab/agent-process.ts';
import { createClock } from '../../../agent/clock.ts';
import { createDisk } from '../../../agent/evidence/disk.ts';

let folder = '';
const started: AgentProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spitrap-test-'));
});
afterEach(async () => {
  for (const agent of started.splice(0)) await agent.stop();
  await rm(folder, { recursive: true });
});

/** A stand-in for the executable: a script that gets `run -c FILE`. */
async function start(script: string, entries: LogEntry[] = []): Promise<AgentProcess> {
  const binPath = join(folder, 'stand-in.mjs');
  await writeFile(binPath, script);
  const agent = await startAgentProcess({
    name: 'hub',
    clock: createClock(),
    nodePath: process.execPath,
    binPath,
    configFile: 'hub.yaml',
    logFile: await createDisk().open(join(folder, 'hub.log'), 'create'),
    onEntry: (entry) => entries.push(entry),
    termPatienceMs: 300,
  });
  started.push(agent);
  return agent;
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('an agent process of the lab', () => {
  test('its log entries come in, everything is kept, and SIGTERM ends it', async () => {
    const entries: LogEntry[] = [];
    const agent = await start(
      `process.on('SIGTERM', () => process.exit(0));
       console.error(JSON.stringify({ time: '2026-11-22T00:00:00.000Z', level: 'info', msg: process.argv.slice(2).join(' ') }));
       console.log('not an entry'); console.log('{"torn":'); setInterval(() => {}, 1000);`,
      entries,
    );
    await expect.poll(() => agent.lastWords()).toBe('not an entry\n{"torn":');
    await expect.poll(() => entries.map((entry) => entry.msg)).toEqual(['run -c hub.yaml --until-input-ends']);
    await agent.stop();
    expect(await agent.gone).toBe('exit code 0');
    expect(alive(agent.pid)).toBe(false);
    const kept = (await readFile(join(folder, 'hub.log'), 'utf8')).split('\n');
    expect(kept).toHaveLength(4);
    expect(kept).toEqual(expect.arrayContaining(['', 'not an entry', '{"torn":', expect.stringContaining('run -c hub.yaml')]));
  });

  test('one that ignores SIGTERM is killed', async () => {
    const agent = await start(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`);
    await expect.poll(() => agent.lastWords()).toBe('up');
    await agent.stop();
    expect(await agent.gone).toBe('signal SIGKILL');
    expect(alive(agent.pid)).toBe(false);
  });

  test('one that dies says so, with its last words', async () => {
    const agent = await start(`console.error('CONFIG_INVALID: device.address is missing'); process.exit(2);`);
    expect(await agent.gone).toBe('exit code 2');
    expect(agent.running()).toBe(false);
    await expect.poll(() => agent.lastWords()).toContain('device.address');
  });

  test('an interpreter that is not there is an error with its name', async () => {
    const failing = startAgentProcess({
      name: 'hub',
      clock: createClock(),
      nodePath: join(folder, 'no-node'),
      binPath: 'x',
      configFile: 'x',
      logFile: await createDisk().open(join(folder, 'hub.log'), 'create'),
      onEntry: () => {},
    });
    await expect(failing).rejects.toThrow(/cannot start the hub agent .*no-node/);
  });
});
