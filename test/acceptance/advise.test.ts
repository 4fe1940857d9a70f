/**
 * `spitrap advise -c` by the built executable, against the lab's boxes behind real SSH: what it sends, what it says of router and agent, and
 * what it says where the router does not show its configuration.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startAgent } from '../../agent/app.ts';
import { scenarios } from '../../agent/cli/lab/scenarios.ts';
import { type Stage, setStage } from '../../agent/cli/lab/stage.ts';
import { thisHost } from '../../agent/config/config-host.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { openControlSocket } from '../../agent/control/control-socket.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { silentLog } from '../../agent/log.ts';
import type { Shell } from '../../agent/ports.ts';
import { shellTarget } from '../../agent/wiring.ts';
import { createWorld } from '../../agent/world.ts';
import type { Report } from '../../shared/advise/advise.ts';
import { runSpitrap } from '../support/run-spitrap.ts';

const world = createWorld();
const cleanup = new Cleanup(world.clock, 15_000);
const folder = mkdtempSync(join(tmpdir(), 'spitrap-advise-'));
let stage: Stage;

beforeAll(async () => {
  const quiet = { onRelay: () => {}, onSyslog: () => {} };
  stage = await setStage({ folder, scenario: scenarios[0]!, delayMs: 1_000, seed: 11, lossPercent: 0, ...quiet }, world, cleanup);
});
afterEach(() => stage.boxes.hub.behave({ refuse: [] }));
afterAll(async () => {
  await cleanup.stop();
  rmSync(folder, { recursive: true });
});

const dataDir = (): string => join(folder, 'hub-data');
const advise = (...more: string[]) => runSpitrap(['advise', '-c', stage.configs.hub, ...more]);
const typedSince = (count: number): string[] =>
  stage.boxes.hub.commandLog
    .slice(count)
    .map(({ expanded }) => expanded)
    .filter((line) => line !== '');

/** Everything under a folder, as text. */
function textsUnder(path: string): string {
  return readdirSync(path)
    .map((name) => join(path, name))
    .map((each) => (statSync(each).isDirectory() ? textsUnder(each) : statSync(each).isFile() ? readFileSync(each, 'utf8') : ''))
    .join('\n');
}

test('classified, held against the agent; only lines of the change board, each audited; no key printed or kept', async () => {
  const before = stage.boxes.hub.commandLog.length;
  const { code, stdout, stderr } = await advise('--json');
  expect([code, stderr]).toEqual([0, '']);
  const report = JSON.parse(stdout) as Report;
  expect(report).toMatchObject({ hostname: 'hub1', whole: true });
  expect(report.peerings).toMatchObject([
    { where: 'Tunnel0', kind: 'mGRE with tunnel protection, dynamic NHRP map', recovery: 'no' },
  ]);
  const words = report.advice.map(({ word }) => word);
  expect(words).toEqual(expect.arrayContaining(['recovery-does-not-work', 'peer-not-judged']));

  const typed = typedSince(before);
  expect(typed.filter((line) => line.startsWith('show running-config'))).toHaveLength(5);
  expect(typed.filter((line) => !/^(?:show |terminal |enable$|exit$)/.test(line))).toEqual([]);
  expect(typed.at(-1)).toBe('exit');
  const listed = (await runSpitrap(['commands', '-c', stage.configs.hub, '--json'])).stdout;
  const audit = readFileSync(join(dataDir(), 'audit.log'), 'utf8');
  for (const line of typed.filter((each) => each.startsWith('show'))) {
    expect(listed).toContain(JSON.stringify(line));
    expect(audit, line).toContain(`"session":"advise","line":${JSON.stringify(line)}`);
  }

  const whole = stage.boxes.hub.console('show running-config');
  const secrets = [/crypto isakmp key (\S+)/, /nhrp authentication (\S+)/].map((pattern) => pattern.exec(whole)?.[1] ?? '');
  const text = (await advise()).stdout;
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(4);
    expect(stdout + text + textsUnder(dataDir())).not.toContain(secret);
  }
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('the spoke has its hub as a peer; with the other end’s configuration lifetimes are compared', async () => {
  const other = join(folder, 'hub1-confg');
  writeFileSync(other, stage.boxes.hub.console('show running-config'));
  const { code, stdout } = await runSpitrap(['advise', '-c', stage.configs.spoke, '--peer-config', other, '--json']);
  expect(code).toBe(0);
  const words = (JSON.parse(stdout) as Report).advice.map(({ word }) => word);
  expect(words).toEqual(expect.arrayContaining(['recovery-works', 'peers-fit', 'lifetime-same']));
});

test.each([
  ['refused', [/^show running-config/], 'Authorization failed'],
  ['a part of it refused', [/section \^interface/], 'Authorization failed'],
] as const)('%s: what to do, exit 1, logged out', async (_what, refuse, quotes) => {
  stage.boxes.hub.behave({ refuse });
  const before = stage.boxes.hub.commandLog.length;
  const { code, stdout, stderr } = await advise();
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^spitrap: RUNNING_CONFIG_REFUSED: /);
  expect(stderr).toContain(quotes);
  expect(stderr).toContain('privilege 15');
  expect(stderr).toContain('advise --config FILE');
  expect(typedSince(before).at(-1)).toBe('exit');
});

test('a file that is not there is told before the router is asked', async () => {
  const before = stage.boxes.hub.commandLog.length;
  expect((await advise('--peer-config', join(folder, 'none'))).code).toBe(2);
  expect((await advise('--config', join(folder, 'none'))).stderr).toContain('USAGE');
  expect(typedSince(before)).toEqual([]);
});

test('an agent that runs on this dataDir keeps its sessions; where the last VTY line would be taken, it is given back', async () => {
  const { config, secrets } = loadConfig(stage.configs.hub, thisHost);
  const running = await startAgent(config, world, silentLog, {
    openControl: openControlSocket,
    version: 'test',
    pid: process.pid,
    secrets,
    trustOnFirstUse: null,
  });
  const persons: Shell[] = [];
  try {
    const sessions = async () => (await callControl(config.dataDir, { request: 'status' }, world.clock)).device.sessions;
    await expect.poll(async () => JSON.stringify(await sessions()), { timeout: 20_000 }).toMatch(/ready.*ready/);
    const before = stage.boxes.hub.commandLog.length;
    expect((await advise('--json')).code).toBe(0);
    expect(JSON.stringify(await sessions())).toMatch(/ready.*ready/);
    // One login, one logout.
    expect(typedSince(before).filter((line) => line === 'exit')).toHaveLength(1);

    for (let count = 0; count < 2; count += 1)
      persons.push(await world.shells.open(shellTarget(config.device, null), { timeoutMs: 10_000 }));
    const { code, stderr } = await advise();
    expect([code, stderr.slice(0, 22)]).toEqual([1, 'spitrap: NO_FREE_VTY: ']);
    expect(JSON.stringify(await sessions())).toMatch(/ready.*ready/);
  } finally {
    for (const person of persons) await person.close();
    await running.stop('test');
  }
});
