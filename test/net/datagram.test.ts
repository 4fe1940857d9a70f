import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import type { DatagramSocket, Endpoint } from '../../agent/ports.ts';
import type { SpitrapError } from '../../shared/errors.ts';

const sockets: DatagramSocket[] = [];
const bind = async (address: string, port = 0, receiveBufferBytes = 65_536): Promise<DatagramSocket> => {
  const socket = await udpDatagrams.bind({ address, port }, { receiveBufferBytes });
  sockets.push(socket);
  return socket;
};
afterEach(async () => {
  await Promise.all(sockets.splice(0).map((socket) => socket.close()));
});
const next = (socket: DatagramSocket): Promise<[string, Endpoint]> =>
  new Promise((resolve) => socket.onMessage((bytes, from) => resolve([bytes.toString(), from])));
const nextError = (socket: DatagramSocket): Promise<[SpitrapError, Endpoint]> =>
  new Promise((resolve) => socket.onSendError((error, to) => resolve([error, to])));
const hasIpv6 = existsSync('/proc/net/if_inet6');

test('a datagram there and back over IPv4', async () => {
  const [a, b] = [await bind('127.0.0.1'), await bind('127.0.0.1')];
  const arrived = next(b);
  a.send(Buffer.from('hello'), b.local);
  expect(await arrived).toEqual(['hello', a.local]);
});

test('what was sent before the close has left when it is closed', async () => {
  const [a, b] = [await bind('127.0.0.1'), await bind('127.0.0.1')];
  const arrived = next(b);
  a.send(Buffer.from('last word'), b.local);
  await a.close();
  expect(await arrived).toMatchObject(['last word', a.local]);
});

test('the source address that the routes choose, without sending anything; null for what is no address', async () => {
  const listener = await bind('127.0.0.1');
  expect(await udpDatagrams.sourceFor?.(listener.local)).toBe('127.0.0.1');
  expect(await udpDatagrams.sourceFor?.({ address: 'localhost', port: 162 })).toBeNull();
});

test.skipIf(!hasIpv6)('a datagram over IPv6 (skipped where the host has none)', async () => {
  const [a, b] = [await bind('::1'), await bind('::1')];
  const arrived = next(b);
  a.send(Buffer.from('six'), b.local);
  expect(await arrived).toEqual(['six', a.local]);
});

test.skipIf(!hasIpv6)('on a dual-stack socket an IPv4 sender has its IPv4 address, and is answered there', async () => {
  const [dual, four] = [await bind('::'), await bind('127.0.0.1')];
  const asked = next(dual);
  four.send(Buffer.from('ask'), { address: '127.0.0.1', port: dual.local.port });
  const [, from] = await asked;
  expect(from).toEqual(four.local);
  const answered = next(four);
  dual.send(Buffer.from('answer'), from);
  expect((await answered)[0]).toBe('answer');
});

test('the receive buffer that the kernel gave is told in the units of the request', async () => {
  expect((await bind('127.0.0.1', 0, 65_536)).receiveBufferBytes).toBe(65_536);
  const greedy = await bind('127.0.0.1', 0, 1_073_741_824);
  expect(greedy.receiveBufferBytes).toBeLessThan(1_073_741_824);
  expect(greedy.receiveBufferBytes).toBeGreaterThan(0);
});

test('an occupied port, a foreign address and a name are LISTEN_REFUSED with the endpoint', async () => {
  const taken = await bind('127.0.0.1');
  await expect(bind('127.0.0.1', taken.local.port)).rejects.toMatchObject({
    code: 'LISTEN_REFUSED',
    message: expect.stringContaining(`127.0.0.1:${taken.local.port}: EADDRINUSE`),
  });
  await expect(bind('192.0.2.77')).rejects.toMatchObject({
    code: 'LISTEN_REFUSED',
    message: expect.stringContaining('EADDRNOTAVAIL'),
  });
  await expect(bind('localhost')).rejects.toMatchObject({
    code: 'LISTEN_REFUSED',
    message: expect.stringContaining('no IP literal'),
  });
});

test.each<[what: string, to: Endpoint, bytes: number]>([
  ['port 0', { address: '127.0.0.1', port: 0 }, 1],
  ['a name', { address: 'localhost', port: 9 }, 1],
  ['a datagram that UDP cannot carry', { address: '127.0.0.1', port: 9 }, 70_000],
  ['IPv6 from an IPv4 socket', { address: '::1', port: 9 }, 1],
])('%s: the error goes to the handler and nothing throws', async (_what, to, bytes) => {
  const socket = await bind('127.0.0.1');
  const failed = nextError(socket);
  socket.send(Buffer.alloc(bytes), to);
  const [error, where] = await failed;
  expect(error.code).toBe('SEND_FAILED');
  expect(where).toEqual(to);
});

test('after close nothing is sent, and closing again is fine', async () => {
  const socket = await bind('127.0.0.1');
  await socket.close();
  await socket.close();
  const failed = nextError(socket);
  socket.send(Buffer.from('late'), { address: '127.0.0.1', port: 9 });
  expect((await failed)[0].message).toMatch(/closed/);
});
