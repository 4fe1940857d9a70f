/** Two ends written by `spitrap init`, the second by the command that the first one prints: they load, they pass `check`, and they find each other. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Agent, startAgent } from '../../agent/app.ts';
import type { CheckRow } from '../../agent/check/row.ts';
import { labUser } from '../../agent/cli/lab/config-files.ts';
import { type End, ends, otherEnd } from '../../agent/cli/lab/relay.ts';
import { scenarios } from '../../agent/cli/lab/scenarios.ts';
import { type Stage, setStage } from '../../agent/cli/lab/stage.ts';
import { thisHost } from '../../agent/config/config-host.ts';
import { formatEndpoint } from '../../agent/config/fields.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { openControlSocket } from '../../agent/control/control-socket.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { silentLog } from '../../agent/log.ts';
import { createWorld } from '../../agent/world.ts';
import { cli } from '../cli/cli-run.ts';

const world = createWorld();
const cleanup = new Cleanup(world.clock, 15_000);
const folder = mkdtempSync(join(tmpdir(), 'spitrap-init-pair-'));
let stage: Stage;

beforeAll(async () => {
  const quiet = { onRelay: () => {}, onSyslog: () => {} };
  stage = await setStage(
    { folder: join(folder, 'lab'), scenario: scenarios[0]!, delayMs: 1_000, seed: 11, lossPercent: 0, ...quiet },
    world,
    cleanup,
  );
  stage.pair!.start();
});
afterAll(async () => {
  await cleanup.stop();
  rmSync(folder, { recursive: true });
});

const at = (end: End, ...names: string[]): string => join(folder, end, ...names);
const secret = (end: End, what: string): string => join(folder, 'lab', 'secrets', `${end}-${what}`);
const device = (end: End): string[] => [
  ...['--device', stage.facts[end].ssh.address, '--port', String(stage.facts[end].ssh.port), '--user', labUser],
  ...['--password-file', secret(end, 'ssh'), '--enable-file', secret(end, 'enable'), '--fetch-host-key'],
  ...['--listen-syslog', formatEndpoint(stage.facts[end].syslog), '--log-from', stage.facts[end].boxAddress],
  ...['-o', at(end, `${end}.yaml`)],
];

async function start(end: End): Promise<Agent> {
  const { config, secrets } = loadConfig(at(end, `${end}.yaml`), thisHost);
  const options = { openControl: openControlSocket, version: 'test', pid: process.pid, secrets, trustOnFirstUse: null };
  const agent = await startAgent(config, world, silentLog, options);
  cleanup.add(end, () => void agent.stop('test'));
  return agent;
}

test('from nothing to two agents that hear each other, and on to an incident', async () => {
  const { hub, spoke } = stage.facts;
  const first = await cli([
    ...['init', '--role', 'hub', '--name', 'hub1', ...device('hub'), '--crypto-address', hub.cryptoAddress],
    ...['--listen-signals', formatEndpoint(hub.signal), '--peer-name', 'spoke1', '--delay', '1s'],
    ...['--peer-crypto-address', spoke.cryptoAddress, '--peer-send', formatEndpoint(spoke.signal)],
  ]);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stderr.replace(/\s+/g, ' ')).toContain('compare it with the device');
  expect(await cli(['check', '-c', at('hub', 'hub.yaml'), '--offline'])).toMatchObject({ code: 0 });

  mkdirSync(at('spoke', 'secrets'), { recursive: true, mode: 0o700 });
  for (const name of ['pair-auth', 'pair-priv', 'redaction'])
    copyFileSync(at('hub', 'secrets', name), at('spoke', 'secrets', name));
  const printed = first.stdout.slice(first.stdout.indexOf('  spitrap init'), first.stdout.indexOf('\nNext here'));
  const words = printed.replaceAll('\\\n', ' ').trim().split(/\s+/).slice(1);
  const theirs = words.filter((word, index) => !/^[A-Z]+$/.test(word) && !/^[A-Z]+$/.test(words[index + 1] ?? ''));
  const second = await cli([...theirs, ...device('spoke'), '--listen-signals', formatEndpoint(spoke.signal)]);
  expect(second.code, second.stderr).toBe(0);
  expect(await cli(['check', '-c', at('spoke', 'spoke.yaml'), '--offline'])).toMatchObject({ code: 0 });

  const agents = { spoke: await start('spoke'), hub: await start('hub') };
  for (const end of ends)
    await expect.poll(() => agents[end].status().peers[0]?.lastHelloAt ?? null, { timeout: 20_000 }).not.toBeNull();
  for (const end of ends) expect(agents[end].status().peers[0]).toMatchObject({ differences: [], mode: 'observe' });

  const { code, stdout } = await cli(['check', '-c', at('hub', 'hub.yaml'), '--json']);
  const { rows } = JSON.parse(stdout) as { rows: CheckRow[] };
  expect(rows.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(code).toBe(0);
  expect(rows.find(({ title }) => title === 'login')?.detail).toContain(', as pinned');
  for (const end of ends) await agents[end].stop('test');

  // Up the ladder, in one step; the debugs as a person turns them on.
  for (const end of ends) {
    const file = at(end, `${end}.yaml`);
    writeFileSync(file, readFileSync(file, 'utf8').replace('mode: observe', 'mode: act'));
    for (const line of [`debug crypto condition peer ipv4 ${stage.facts[otherEnd(end)].cryptoAddress}`, 'debug crypto isakmp'])
      stage.boxes[end].console(line);
  }
  const acting = { spoke: await start('spoke'), hub: await start('hub') };
  for (const end of ends)
    await expect.poll(() => acting[end].status().peers[0]?.lastHelloAt ?? null, { timeout: 20_000 }).not.toBeNull();
  stage.pair!.desync();
  for (const end of ends)
    await expect.poll(() => acting[end].status().incidents[0]?.outcome, { timeout: 60_000 }).toBe('complete');
  for (const end of ends) {
    expect(stage.boxes[end].debugsOn()).toEqual([]);
    expect((await cli(['incidents', '-c', at(end, `${end}.yaml`)])).stdout).toContain('complete');
  }
});

test('a device that does not answer: the key can not be fetched, nothing is written', async () => {
  writeFileSync(join(folder, 'pw'), 'x\n', { mode: 0o600 });
  const run = await cli([
    ...['init', '--role', 'hub', '-o', join(folder, 'none.yaml'), '--device', '127.0.0.1', '--port', '1', '--fetch-host-key'],
    ...['--password-file', join(folder, 'pw'), '--crypto-address', '192.0.2.1', '--peer-crypto-address', '192.0.2.2'],
    ...['--peer-send', '192.0.2.3:10162'],
  ]);
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^spitrap: SSH_UNREACHABLE: /) });
  expect(() => loadConfig(join(folder, 'none.yaml'), thisHost)).toThrow(/no such file/);
});
