import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { tcpStreams } from '../../agent/net/stream.ts';
import type { StreamConnection } from '../../agent/ports.ts';
import { isSpitrapError } from '../../shared/errors.ts';

describe('the Streams port over TCP', () => {
  test.each([
    ['localhost', 'no IP literal'],
    ['192.0.2.250', 'EADDRNOTAVAIL'],
  ])('cannot listen on %s: says where and why', async (address, why) => {
    const error = await tcpStreams.listen({ address, port: 0 }, () => {}).catch((thrown: unknown) => thrown);
    expect(isSpitrapError(error, 'LISTEN_REFUSED')).toBe(true);
    expect(String(error)).toContain(`TCP ${address}:0`);
    expect(String(error)).toContain(why);
  });

  test.each([
    ['the far end closes', (_mine: StreamConnection, theirs: ReturnType<typeof connect>) => void theirs.end()],
    ['the far end resets', (_mine: StreamConnection, theirs: ReturnType<typeof connect>) => void theirs.resetAndDestroy()],
    ['we close', (mine: StreamConnection) => mine.close()],
  ])('bytes arrive, and the close is told exactly once: %s', async (_how, close) => {
    const arrived: StreamConnection[] = [];
    let accepted: () => void = () => {};
    const accept = new Promise<void>((resolve) => (accepted = resolve));
    const listener = await tcpStreams.listen({ address: '127.0.0.1', port: 0 }, (connection) => {
      arrived.push(connection);
      accepted();
    });
    const theirs = connect(listener.local.port, '127.0.0.1');
    theirs.on('error', () => {});
    theirs.resume();
    await Promise.all([accept, once(theirs, 'connect')]);
    const mine = arrived[0]!;
    expect(mine.remote).toEqual({ address: '127.0.0.1', port: theirs.localPort });
    const first = new Promise<Buffer>((resolve) => mine.onData(resolve));
    let closes = 0;
    const closed = new Promise<void>((resolve) =>
      mine.onClose(() => {
        closes++;
        resolve();
      }),
    );
    theirs.write('<188>x');
    expect(await first).toEqual(Buffer.from('<188>x'));
    close(mine, theirs);
    await closed;
    mine.close();
    await listener.close();
    await listener.close();
    expect(closes).toBe(1);
  });
});
