import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { startSyslogSender } from '../../agent/lab/syslog-sender.ts';
import { echoBox } from '../support/echo-box.ts';

const COLLECTOR = '127.0.0.1';
const BOX = '127.0.0.9';
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Collector {
  readonly port: number;
  readonly text: () => string;
  readonly peers: string[];
  cut(): void;
  close(): Promise<void>;
}

async function collect(port = 0): Promise<Collector> {
  let text = '';
  const peers: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    peers.push(socket.remoteAddress ?? '');
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
    });
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, COLLECTOR, resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      cut();
      server.close(() => resolve());
    });
  cleanups.push(close);
  return { port: (server.address() as { port: number }).port, text: () => text, peers, cut, close };
}

const tcpTo = async (port: number, box: ReturnType<typeof echoBox>) => {
  const to = { address: COLLECTOR, port };
  const sender = await startSyslogSender({ box, clock: createClock(), transport: 'tcp', to, sourceAddress: BOX });
  cleanups.push(() => sender.close());
  return sender;
};

describe('logging host over TCP', () => {
  test('one LF after each message, from the box’s own address', async () => {
    const collector = await collect();
    const box = echoBox(0);
    const sender = await tcpTo(collector.port, box);
    await expect.poll(() => sender.connected()).toBe(true);
    box.say('<189>1: %SYS-5-CONFIG_I: one');
    box.say('<189>2: %SYS-5-CONFIG_I: two');
    await expect.poll(() => collector.text()).toBe('<189>1: %SYS-5-CONFIG_I: one\n<189>2: %SYS-5-CONFIG_I: two\n');
    expect(collector.peers).toEqual([BOX]);
  });

  test('a collector that comes later gets the last 100 messages, the rest are counted', async () => {
    const { port, close } = await collect();
    await close();
    const box = echoBox(0);
    const sender = await tcpTo(port, box);
    for (let i = 1; i <= 130; i++) box.say(`<189>${i}: %SYS-5-CONFIG_I: x`);
    expect(sender.dropped()).toBe(30);
    const collector = await collect(port);
    await expect.poll(() => collector.text().split('\n').length - 1, { timeout: 5_000 }).toBe(100);
    expect(collector.text()).toMatch(/^<189>31:/);
  });

  test('reconnects after a reset', async () => {
    const collector = await collect();
    const box = echoBox(0);
    const sender = await tcpTo(collector.port, box);
    await expect.poll(() => collector.peers.length).toBe(1);
    collector.cut();
    await expect.poll(() => sender.connected()).toBe(false);
    await expect.poll(() => sender.connected(), { timeout: 5_000 }).toBe(true);
    box.say('<189>7: %SYS-5-CONFIG_I: back');
    await expect.poll(() => collector.text()).toContain('back');
  });
});

test('logging host over UDP: a message a datagram, from the box’s own address', async () => {
  const socket = createSocket('udp4');
  const got: string[] = [];
  socket.on('message', (bytes, from) => got.push(`${from.address} ${bytes.toString('latin1')}`));
  await new Promise<void>((resolve) => socket.bind(0, COLLECTOR, resolve));
  cleanups.push(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
  const box = echoBox(0);
  const to = { address: COLLECTOR, port: socket.address().port };
  const sender = await startSyslogSender({ box, clock: createClock(), transport: 'udp', to, sourceAddress: BOX });
  cleanups.push(() => sender.close());
  box.say('<188>5: %CRYPTO-4-RECVD_PKT_INV_SPI: x');
  await expect.poll(() => got).toEqual([`${BOX} <188>5: %CRYPTO-4-RECVD_PKT_INV_SPI: x`]);
  expect(sender.sent()).toBe(1);
});
