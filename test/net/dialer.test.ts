/** agent/net/dialer.ts on loopback: what arrives, when it counts as read, and every way to end badly. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { tcpDialer } from '../../agent/net/dialer.ts';

const dialer = tcpDialer(createClock());
const never = new AbortController().signal;
const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function serve(onSocket: (socket: Socket) => void): Promise<{ address: string; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: '127.0.0.1', port: (server.address() as { port: number }).port };
}

test('closed: the far end read it all and closed', async () => {
  let got = '';
  const to = await serve((socket) => {
    socket.on('data', (bytes) => {
      got += bytes.toString();
    });
    socket.on('end', () => socket.end());
  });
  expect(await dialer.push(to, Buffer.from('5 hello'), { lingerMs: 60_000, signal: never })).toBe('closed');
  expect(got).toBe('5 hello');
});

test('written: the far end stays', async () => {
  const to = await serve((socket) => socket.resume());
  expect(await dialer.push(to, Buffer.from('5 hello'), { lingerMs: 1, signal: never })).toBe('written');
});

test('reset', async () => {
  const to = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await expect(dialer.push(to, Buffer.from('5 hello'), { lingerMs: 60_000, signal: never })).rejects.toMatchObject({
    code: 'ALARM_UNDELIVERED',
    context: { errno: 'ECONNRESET' },
  });
});

test('nobody listens, a name, called off before and while it waits', async () => {
  const to = await serve(() => {});
  const calledOff = new AbortController();
  const waiting = dialer.push(to, Buffer.from('x'), { lingerMs: 60_000, signal: calledOff.signal });
  calledOff.abort();
  await expect(waiting).rejects.toMatchObject({ context: { errno: 'ABORTED' } });
  await expect(dialer.push(to, Buffer.from('x'), { lingerMs: 1, signal: calledOff.signal })).rejects.toThrow('ABORTED');
  await expect(dialer.push({ address: 'localhost', port: 1 }, Buffer.from('x'), { lingerMs: 1, signal: never })).rejects.toThrow(
    'no IP literal',
  );
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => servers.pop()!.close(resolve));
  await expect(dialer.push(to, Buffer.from('x'), { lingerMs: 1, signal: never })).rejects.toThrow('ECONNREFUSED');
});
