/** Datagrams that the kernel threw away: its table read, and on Linux a real socket whose buffer overflows. */
import { createSocket } from 'node:dgram';
import { expect, test } from 'vitest';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { dropsIn } from '../../agent/net/kernel-drops.ts';

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
