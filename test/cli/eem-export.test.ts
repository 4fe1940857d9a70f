/** `spitrap eem export` as a person uses it: the text, its parts, what it refuses. What the lines do: test/lab/eem-export.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { exportParts } from '../../shared/eem/export-plan.ts';
import { boxOptions } from '../lab/lab-support.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cli } from './cli-run.ts';

const SECRETS = ['auth-password-of-the-pair', 'priv-password-of-the-pair', 'login-password', 'community-of-it'];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-export-'));
  for (const [index, name] of ['auth', 'priv', 'hub.pw', 'community'].entries())
    writeFileSync(join(folder, name), SECRETS[index]!, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const V3 =
  '{ version: 3, user: pair, auth: { protocol: sha1, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } } }';
const spoke = (n: number, snmp: string, kind = 'spitrap') =>
  `  - { name: spoke${n}, kind: ${kind}, cryptoAddresses: [11.1.1.${n}], send: ["198.51.100.${n}:10162"], snmp: ${snmp} }\n`;

function config(peers: string, { role = 'hub', listen = '198.51.100.1:10162' } = {}): string {
  const file = join(folder, 'agent.yaml');
  writeFileSync(
    file,
    `role: ${role}
dataDir: data
device:
  { name: hub1, address: 192.0.2.1, platform: cisco-ios, user: spitrap, password: { file: hub.pw }, hostKey: "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", cryptoAddresses: [213.163.222.7] }
sources: [{ kind: syslog-tcp, listen: "0.0.0.0:6514", allow: [192.0.2.1] }]
signal: { listen: "${listen}", allowInsecure: true }
peers:
${peers}`,
  );
  return file;
}

const exported = (file: string, ...more: string[]) => cli(['eem', 'export', '-c', file, ...more]);
const filled = (text: string): string =>
  text
    .replaceAll(/<address of [^>]+>/g, '192.0.2.200')
    .replaceAll(/<engine id [^>]+>/g, '80007ED905A1B2C3')
    .replaceAll(/<[a-z][^>]+>/g, 'filled-in');

test.each([
  ['a pair over v3', spoke(3, V3), []],
  ['a pair over v2c, both routers alone', spoke(3, '{ version: 2c, community: { file: community } }'), ['--for', 'both']],
  ['a hub of three, at the spokes', spoke(3, V3) + spoke(4, V3) + spoke(5, V3), ['--for', 'spoke']],
])('%s: no secret, ASCII, no question mark, and the router takes all of it', async (_what, peers, more) => {
  const { code, stdout, stderr } = await exported(config(peers), '--explain', ...more);
  expect([code, stderr]).toEqual([0, '']);
  for (const secret of SECRETS) expect(stdout).not.toContain(secret);
  expect(stdout).not.toMatch(/[^\n -~]|\?/);
  for (const text of filled(stdout).split('\n\n')) {
    const box = new SimulatedBox(boxOptions(new FakeClock()));
    const answers = text.split('\n').map((line) => box.console(line));
    expect(answers.filter((answer) => !/^(?:|Enter configuration commands.*)$/.test(answer))).toEqual([]);
    expect(box.console('show event manager policy registered')).toContain('spitrap_');
    // What is for later is behind a !: a paste arms nothing and takes nothing off.
    expect(box.debugsOn()).toEqual([]);
  }
});

test('--explain says of each block why, and where that is from; without it neither', async () => {
  const file = config(spoke(3, V3));
  const [plain, explained] = [await exported(file), await exported(file, '--explain')];
  const titles = (text: string): number => text.split('\n').filter((line) => line.startsWith('! --- ')).length;
  const sources = (text: string): number => text.split('\n').filter((line) => line.startsWith('! Source: ')).length;
  expect(titles(explained.stdout)).toBeGreaterThan(7);
  expect(sources(explained.stdout)).toBe(titles(explained.stdout));
  expect(sources(plain.stdout)).toBe(0);
  expect(plain.stdout).toContain('EEM 3.0: IOS 12.4(22)T');
  expect(plain.stdout).toContain('15.1(4)M4');
});

test.each(exportParts)('--part %s is that part alone, without the !', async (part) => {
  const { stdout } = await exported(config(spoke(3, V3)), '--part', part);
  expect(stdout.match(/^! =====/gm)).toHaveLength(1);
  expect(stdout.split('\n').filter((line) => /^!\s{3}/.test(line))).toEqual([]);
  expect(stdout.split('\n').some((line) => !line.startsWith('!'))).toBe(true);
});

test('--with-secrets prints them; one that can not be typed is refused by name', async () => {
  const file = config(spoke(3, V3));
  const { stdout } = await exported(file, '--with-secrets');
  expect(stdout).toContain(`v3 auth sha ${SECRETS[0]} priv aes 128 ${SECRETS[1]}`);
  writeFileSync(join(folder, 'auth'), 'what is it?');
  try {
    const refused = await exported(file, '--with-secrets');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the authentication password of spoke3');
    expect(refused.stderr).not.toContain('what is it');
  } finally {
    writeFileSync(join(folder, 'auth'), SECRETS[0]!);
  }
});

test('the end without an agent is the default: the routers of eem peers, else the device', async () => {
  const community = '{ version: 2c, community: { file: community } }';
  expect((await exported(config(spoke(3, community)))).stdout).toMatch(/^! hub1: the hub by itself/);
  const eem = await exported(config(spoke(3, community, 'eem')));
  expect(eem.stdout).toMatch(/^! spoke3: the spoke by itself/);
  // Who really sends: the agent, not the tunnel.
  expect(eem.stdout).toContain('src-ip-address 198.51.100.1 ');
});

test('two routers speak between their tunnels, as in Note A', async () => {
  const { stdout } = await exported(config(spoke(3, '{ version: 2c, community: { file: community } }')), '--for', 'both');
  const [hub, other] = stdout.split('\n\n');
  expect(hub).toContain('snmp-server host 11.1.1.3 version 2c <community of spoke3> event-manager');
  expect(other).toContain('src-ip-address 213.163.222.7 ');
});

test('role both: both applets on one router', async () => {
  const { stdout } = await exported(config(spoke(3, V3), { role: 'both' }));
  expect(stdout).toMatch(/^event manager applet spitrap_hub_spoke3$/m);
  expect(stdout).toMatch(/^event manager applet spitrap_spoke_spoke3$/m);
});

test('--json has the same lines, by part', async () => {
  const { stdout } = await exported(config(spoke(3, V3)), '--json');
  const { routers } = JSON.parse(stdout) as {
    routers: { name: string; runs: string; blocks: { part: string; lines: string[] }[] }[];
  };
  expect(routers.map(({ name, runs }) => [name, runs])).toEqual([['hub1', 'hub']]);
  expect([...new Set(routers[0]!.blocks.map(({ part }) => part))]).toEqual([...exportParts]);
});

test.each([
  [
    'an address that the router can not see',
    config.bind(null),
    { listen: '0.0.0.0:10162' },
    ['--for', 'spoke'],
    /--agent-address/,
  ],
  ['a router that is not there', config.bind(null), {}, ['--router', 'spoke9'], /"spoke9".*hub1/],
] as const)('%s is refused, with what to do', async (_what, write, change, more, says) => {
  const { code, stdout, stderr } = await exported(write(spoke(3, V3), change), ...more);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(says);
});

test('a range of addresses is refused: an applet compares texts', async () => {
  const { code, stderr } = await exported(config(spoke(3, V3).replace('[11.1.1.3]', '[11.1.0.0/16]')));
  expect(code).toBe(2);
  expect(stderr).toMatch(/11\.1\.0\.0\/16.*range/);
});
