/** One agent whose peer is out of reach: what it bears, and still ends the debugs. The rest of what bad input gets stands in the bad-input tests. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { binPath } from '../support/lab-process.ts';
import { SoloAgent } from '../support/solo-agent.ts';

/** A spitrap peer at an address where nobody is. */
const deafPeer = (solo: SoloAgent): string => {
  solo.secret('auth', 'authentication key');
  solo.secret('priv', 'privacy key of it');
  return `  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["${solo.address(99)}:10162"]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }
`;
};

const made: SoloAgent[] = [];
afterEach(async () => {
  for (const solo of made.splice(0)) await solo.close();
});

function hub(): SoloAgent {
  const solo = new SoloAgent({ role: 'hub', peers: deafPeer });
  made.push(solo);
  return solo;
}

test('garbage on every socket: 10 MB without a line end, binary, torn frames, SNMP noise, a control request that is none: counted, and the next message counts', async () => {
  const solo = hub();
  await solo.start();
  solo.debugsOn();
  const tcp = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket = createConnection({
        ...{ host: solo.syslog.address, port: solo.syslog.port },
        localAddress: solo.address(11),
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve());
      socket.resume();
      socket.end(bytes);
    });
  const noise = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7_919 + (index >> 3)) & 0xff));
  await tcp(Buffer.alloc(10_000_000, 'x'));
  await tcp(noise);
  await tcp(Buffer.from('999999 <188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps:'));
  await tcp(
    Buffer.from("<188>1: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=, spi=0xZZ\n"),
  );
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, solo.address(98), resolve));
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0x30]),
    Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
    noise.subarray(0, 9_000),
    noise.subarray(0, 60_000),
  ])
    await new Promise<void>((resolve) => udp.send(bytes, solo.signal.port, solo.signal.address, () => resolve()));
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  await new Promise<void>((resolve) => {
    const socket = createConnection(join(solo.dataDir, 'control.sock'));
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
    socket.end(Buffer.concat([noise, Buffer.from('\n{"request":"explode"}\n')]));
  });

  const status = await solo.status();
  expect(status.refusals).toMatchObject({ 'source-address': 5, 'line-too-long': 1 });
  expect(status.sources[0]).toMatchObject({ unparsed: 1 });
  expect(Object.values(status.drops).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(status.incidents).toEqual([]);

  solo.pair.desync();
  await expect.poll(() => solo.box.debugsOn(), { timeout: 15_000 }).toEqual([]);
  await expect.poll(async () => (await solo.status()).incidents[0]?.debugsOff, { timeout: 5_000 }).toBe('verified');
});

test('a log that nobody reads any more: the agent goes on, debugs must still end', async () => {
  const solo = hub();
  await solo.prepare();
  const child = spawn(process.execPath, [binPath, 'run', '-c', solo.configFile], { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    await solo.loggedIn();
    child.stdout.destroy();
    child.stderr.destroy();
    solo.debugsOn();
    solo.pair.desync();
    await expect.poll(() => solo.stops(), { timeout: 10_000 }).toBe(1);
    expect(solo.box.debugsOn()).toEqual([]);
    await expect.poll(async () => (await solo.status()).incidents[0]?.debugsOff, { timeout: 5_000 }).toBe('verified');
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
});
