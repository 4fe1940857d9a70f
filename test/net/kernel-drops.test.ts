/** Datagrams that the kernel threw away: its table read, and on Linux a real socket whose buffer overflows. */
import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { dropsIn, queuedIn } from '../../agent/net/kernel-drops.ts';
import { tcpStreams } from '../../agent/net/stream.ts';

const HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n';
const row = (local: string, drops: number): string =>
  ` 2147: ${local} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42423 2 0000000000000000 ${drops}         \n`;

test.each<[table: string, address: string, port: number, drops: number | null]>([
  [row('0100007F:1A0A', 17), '127.0.0.1', 6_666, 17],
  [row('00000000:0202', 0), '0.0.0.0', 514, 0],
  [row('B80D0120000000000000000001000000:1972', 5), '2001:db8::1', 6_514, 5],
  [row('00000000000000000000000000000000:1972', 6), '::', 6_514, 6],
  [row('00000000000000000000000001000000:1972', 7), '::1', 6_514, 7],
  [row('0100007F:1A0B', 17), '127.0.0.1', 6_666, null],
  [row('0100007F:1A0A', 17) + row('0100007F:1A0A', 3), '127.0.0.1', 6_666, null],
  ['', '127.0.0.1', 6_666, null],
  ['garbage\n', '127.0.0.1', 6_666, null],
  [row('0100007F:1A0A', 17), 'no address', 6_666, null],
])('%s for %s port %i: %s', (table, address, port, drops) => {
  expect(dropsIn(HEAD + table, { address, port })).toBe(drops);
});

const queued = (local: string, state: string, bytes: number): string =>
  ` 12: ${local} 0200007F:C350 ${state} 00000000:${bytes.toString(16).toUpperCase().padStart(8, '0')} 00:00000000 00000000     0        0 42423 2 0000000000000000 20 4 0 10 -1\n`;

test('what waits in the kernel: of a UDP socket, and of all connections to a TCP listener, not of the listener itself or of others', () => {
  const here = { address: '127.0.0.1', port: 6_666 };
  expect(queuedIn(HEAD + queued('0100007F:1A0A', '07', 4_096), here, null)).toBe(4_096);
  const listener = queued('0100007F:1A0A', '0A', 3);
  const connections = queued('0100007F:1A0A', '01', 100) + queued('0100007F:1A0A', '01', 65_536);
  const others = queued('0100007F:1A0B', '01', 7) + queued('0200007F:1A0A', '01', 9) + queued('0100007F:1A0A', '08', 11);
  expect(queuedIn(HEAD + listener + connections + others, here, '01')).toBe(65_636);
  expect(queuedIn('garbage', here, '01')).toBe(0);
  expect(queuedIn(HEAD, { address: 'no address', port: 1 }, '01')).toBeNull();
});

test.skipIf(process.platform !== 'linux')(
  'a real listener whose connection is not read says what waits, and nothing once it is read (skipped outside Linux)',
  async () => {
    const listener = await tcpStreams.listen({ address: '127.0.0.1', port: 0 }, () => {});
    expect(await listener.waitingInKernel?.()).toBe(0);
    const sender = createConnection(listener.local.port, '127.0.0.1', () => void sender.write(Buffer.alloc(1_000_000)));
    sender.on('error', () => {});
    // Nobody asks the connection for its data: what node does not read ahead stays where it is.
    await expect.poll(async () => await listener.waitingInKernel?.()).toBeGreaterThan(1_000);
    sender.destroy();
    await listener.close();
    expect(await listener.waitingInKernel?.()).toBeNull();
  },
);

test.skipIf(process.platform !== 'linux')(
  'a real socket with a small buffer, sent more than it holds (skipped outside Linux)',
  async () => {
    const socket = await udpDatagrams.bind({ address: '127.0.0.1', port: 0 }, { receiveBufferBytes: 4_096 });
    expect(await socket.droppedByKernel?.()).toBe(0);
    let received = 0;
    socket.onMessage(() => received++);
    const sender = createSocket('udp4');
    const sent = 400;
    await new Promise<void>((resolve) => {
      let left = sent;
      for (let n = 0; n < sent; n++)
        sender.send(Buffer.alloc(1_000), socket.local.port, '127.0.0.1', () => --left === 0 && resolve());
    });
    const dropped = (await socket.droppedByKernel?.()) ?? 0;
    expect(dropped).toBeGreaterThan(0);
    await expect.poll(() => received).toBe(sent - dropped);
    await new Promise<void>((resolve) => sender.close(() => resolve()));
    await socket.close();
  },
);
