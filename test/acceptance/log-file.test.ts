/** The built agent beside a box whose lines a daemon writes to a file: the incident, a rotation in the middle, and the time when it was down. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { SoloAgent } from '../support/solo-agent.ts';

const deafPeer = (solo: SoloAgent): string => {
  solo.secret('auth', 'authentication key');
  solo.secret('priv', 'privacy key of it');
  return `  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["${solo.address(99)}:10162"]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }
`;
};

let solo: SoloAgent;
afterEach(() => solo.close());

const withFile = (): SoloAgent => {
  solo = new SoloAgent({ role: 'hub', peers: deafPeer, logFile: 'router.log' });
  return solo;
};

const stopped = async (): Promise<void> => {
  await expect.poll(() => solo.box.debugsOn(), { timeout: 15_000 }).toEqual([]);
  await expect.poll(async () => (await solo.status()).incidents[0]?.debugsOff, { timeout: 5_000 }).toBe('verified');
};

const source = async () => (await solo.status()).sources[0]!;

test('the message in a file opens the incident: borne out by the device, debugs end, though the file is renamed in the same moment', async () => {
  await withFile().start();
  solo.writeLog('<189>1: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console');
  await expect.poll(async () => (await source()).lines, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await source()).toMatchObject({ kind: 'file', listen: solo.logFile, state: 'open' });
  solo.debugsOn();
  solo.pair.desync();
  await expect.poll(() => readFileSync(solo.logFile, 'latin1').includes('INV_SPI'), { timeout: 10_000 }).toBe(true);
  renameSync(solo.logFile, `${solo.logFile}.1`);
  await stopped();
  expect(solo.stops()).toBe(1);
  const { incidents } = await solo.status();
  expect(incidents).toHaveLength(1);
});

test('truncated by copytruncate, replaced by a folder, and back: said in status, and the next message counts', async () => {
  await withFile().start();
  solo.writeLog('<189>1: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured from console');
  await expect.poll(async () => (await source()).lines, { timeout: 10_000 }).toBeGreaterThan(0);
  truncateSync(solo.logFile);
  renameSync(solo.logFile, `${solo.logFile}.1`);
  mkdirSync(solo.logFile);
  await expect.poll(async () => (await source()).detail, { timeout: 10_000 }).toContain('EISDIR');
  expect(await source()).toMatchObject({ state: 'interrupted' });
  rmdirSync(solo.logFile);
  solo.debugsOn();
  solo.pair.desync();
  await stopped();
  expect(await source()).toMatchObject({ state: 'open', behindBytes: 0 });
});

test('what came while the agent was down opens nothing, and is kept, once', async () => {
  await withFile().start();
  await expect.poll(async () => (await source()).state, { timeout: 10_000 }).toBe('open');
  await solo.stopAgent();
  const old = `<188>7: *Mar 12 18:23:20.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x0BADCAFE(195939070), srcaddr=11.1.1.3, input interface=Ethernet0/0`;
  solo.writeLog('<189>6: *Mar 12 18:23:19.706: %SYS-5-CONFIG_I: Configured from console');
  solo.writeLog(old);
  await solo.run();
  await solo.loggedIn();
  await expect.poll(async () => (await solo.status()).refusals['stale-backlog'], { timeout: 10_000 }).toBe(1);
  expect((await solo.status()).incidents).toEqual([]);
  solo.debugsOn();
  solo.pair.desync();
  await stopped();
  const ring = join(solo.dataDir, 'ring');
  const kept = readdirSync(ring).map((name) => readFileSync(join(ring, name), 'latin1'));
  expect(kept.join('').split('0x0BADCAFE').length - 1).toBe(1);
});
