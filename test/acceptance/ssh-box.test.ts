/** The simulated head-end as an engineer meets it: the real box behind real SSH, driven by ssh2's client. OpenSSH's is in test/live/lab-openssh.test.ts. */
import { afterEach, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { LabPair } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { type LabSshServer, startSshServer } from '../../agent/lab/ssh-server.ts';
import { openShell, type SshScreen } from '../support/ssh-client.ts';

const clock = createClock();
const enableSecret = 'lab enable';
const password = 'lab login';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Hub {
  readonly pair: LabPair;
  readonly server: LabSshServer;
  login(): Promise<SshScreen>;
}

async function startHub(vtyLines = 5): Promise<Hub> {
  const common = {
    platform: 'cisco-ios',
    clock,
    seed: 7,
    enableSecret,
    vtyLines,
    messageIntervalMs: 60_000,
    consoleLevel: null,
  } as const;
  const pair = createLabPair(
    { ...common, hostname: 'hub1', cryptoAddress: '213.163.222.7' },
    { ...common, hostname: 'spoke1', cryptoAddress: '11.1.1.3' },
  );
  cleanups.push(() => pair.close());
  pair.start();
  const server = await startSshServer({
    box: pair.hub,
    clock,
    listen: { address: '127.0.0.1', port: 0 },
    users: [{ user: 'noc', password }],
    legacy: false,
  });
  cleanups.push(() => server.close());
  const { address: host, port } = server.local;
  return { pair, server, login: () => openShell({ host, port, username: 'noc', password }) };
}

async function enabled(hub: Hub): Promise<SshScreen> {
  const screen = await hub.login();
  await screen.until('hub1>');
  screen.type('enable\r');
  await screen.until('Password:');
  screen.type(`${enableSecret}\r`);
  await screen.until('hub1#');
  screen.type('terminal length 0\r');
  await screen.until('hub1#');
  return screen;
}

test('login, enable, show clock, exit', async () => {
  const hub = await startHub();
  const screen = await enabled(hub);
  screen.type('show clock\r');
  expect(await screen.until('hub1#')).toMatch(/^show clock\r\n[.*]?\d\d:\d\d:\d\d\.\d{3} \S+ \w{3} \w{3} +\d+ \d{4}\r\n/);
  screen.type('exit\r');
  await screen.closed;
  await expect.poll(() => hub.server.connections()).toBe(0);
  expect(hub.pair.hub.commandLog.map((entry) => entry.expanded)).toEqual(
    expect.arrayContaining(['enable', 'terminal length 0', 'show clock']),
  );
});

test('a wrong enable secret leaves the user in exec', async () => {
  const hub = await startHub();
  const screen = await hub.login();
  await screen.until('hub1>');
  screen.type('enable\r');
  for (let attempt = 0; attempt < 3; attempt++) {
    await screen.until('Password:');
    screen.type('nonsense\r');
  }
  expect(await screen.until('hub1>')).toMatch(/% (Access denied|Bad (secrets|passwords))/);
  screen.end();
});

test('abbreviations, filters, a refusal, and the debugs that one session turns on and another sees', async () => {
  const hub = await startHub();
  const one = await enabled(hub);
  const two = await enabled(hub);
  one.type('debug crypto condition peer ipv4 11.1.1.3\r');
  await one.until('hub1#');
  one.type('deb cry isa\r');
  await one.until('hub1#');
  two.type('sh deb\r');
  expect(await two.until('hub1#')).toContain('Crypto ISAKMP debugging is on');
  two.type('sh cry isa sa | inc 11.1.1.3\r');
  expect(await two.until('hub1#')).toMatch(/11\.1\.1\.3 +213\.163\.222\.7|213\.163\.222\.7 +11\.1\.1\.3/);
  two.type('show nonsense\r');
  expect(await two.until('hub1#')).toContain("% Invalid input detected at '^' marker.");
  two.type('u all\r');
  expect(await two.until('hub1#')).toContain('All possible debugging has been turned off');
  expect(hub.pair.hub.debugsOn()).toEqual([]);
});

test('the pager asks, and q ends the output', async () => {
  const hub = await startHub();
  const screen = await hub.login();
  await screen.until('hub1>');
  screen.type('enable\r');
  await screen.until('Password:');
  screen.type(`${enableSecret}\r`);
  await screen.until('hub1#');
  screen.type('show crypto ipsec sa detail\r');
  expect((await screen.until('--More--')).split('\r\n').length).toBeLessThanOrEqual(26);
  screen.type(' ');
  await screen.until('--More--');
  screen.type('q');
  await screen.until('hub1#');
  screen.end();
});

test('five engineers are in, the sixth is turned away, and let in when one has left', async () => {
  const hub = await startHub(5);
  const screens: SshScreen[] = [];
  for (let i = 0; i < 5; i++) screens.push(await hub.login());
  await expect(hub.login()).rejects.toThrow(/ECONNRESET|closed/);
  screens[2]!.type('exit\r');
  await screens[2]!.closed;
  await expect.poll(() => hub.server.connections()).toBe(4);
  const late = await hub.login();
  await late.until('hub1>');
  for (const screen of [...screens, late]) screen.end();
});

test('terminal monitor shows the message on the session that asked for it, and nowhere else', async () => {
  const hub = await startHub();
  const monitor = await enabled(hub);
  const other = await enabled(hub);
  monitor.type('terminal monitor\r');
  await monitor.until('hub1#');
  hub.pair.desync();
  expect(await monitor.until(/srcaddr=11\.1\.1\.3/)).toContain('%CRYPTO-4-RECVD_PKT_INV_SPI: decaps:');
  expect(other.text()).not.toContain('INV_SPI');
});
