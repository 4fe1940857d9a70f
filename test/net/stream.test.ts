import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { tcpStreams } from '../../agent/net/stream.ts';
import type { StreamConnection, StreamListener } from '../../agent/ports.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';

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

  test('a lot at once comes in pieces, one a turn of the event loop, and all of it before the close', async () => {
    const sent = Buffer.from(
      Array.from({ length: 5_000 }, (_, index) => `<188>${index}: %CRYPTO-4-RECVD_PKT_INV_SPI\n`).join(''),
    );
    const pieces: Buffer[] = [];
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (open) setImmediate(turn);
    };
    let open = true;
    const turnsAt: number[] = [];
    const closed = new Promise<void>((resolve) => {
      void tcpStreams
        .listen({ address: '127.0.0.1', port: 0 }, (connection) => {
          turn();
          connection.onData((bytes) => {
            turnsAt.push(turns);
            pieces.push(Buffer.from(bytes));
          });
          connection.onClose(() => {
            open = false;
            void listening?.close();
            resolve();
          });
        })
        .then((listener) => {
          listening = listener;
          connect(listener.local.port, '127.0.0.1').end(sent);
        });
    });
    let listening: StreamListener | null = null;
    await closed;
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    expect(pieces[0]!.length).toBe(limits.streamPieceBytesMin);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(limits.streamPieceBytesMax);
    expect(new Set(turnsAt).size).toBe(turnsAt.length);
  });

  test('lines that cost much come in the smallest pieces', async () => {
    const pieces: number[] = [];
    await new Promise<void>((resolve) => {
      const listening = tcpStreams.listen({ address: '127.0.0.1', port: 0 }, (connection) => {
        connection.onClose(() => void listening.then((listener) => listener.close()).then(resolve));
        connection.onData((bytes) => {
          pieces.push(bytes.length);
          const until = process.hrtime.bigint() + BigInt(4 * limits.streamTurnMs) * 1_000_000n;
          while (process.hrtime.bigint() < until);
        });
      });
      void listening.then(({ local }) =>
        connect(local.port, '127.0.0.1').end(Buffer.alloc(20 * limits.streamPieceBytesMin, 'x')),
      );
    });
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(20 * limits.streamPieceBytesMin);
    expect(Math.max(...pieces)).toBe(limits.streamPieceBytesMin);
  });

  test('held, nothing more is handed up or read, and its sender waits; then all of it, before the close', async () => {
    const sent = Buffer.alloc(32 * 1024 * 1024, 'x');
    const got = { bytes: 0, whileHeld: 0, closed: false };
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isHeld = false;
    const closed = new Promise<void>((resolve) => {
      const listening = tcpStreams.listen({ address: '127.0.0.1', port: 0 }, (connection) => {
        connection.onData((bytes) => {
          got.bytes += bytes.length;
          if (isHeld) got.whileHeld += 1;
          if (isHeld || got.bytes > bytes.length) return;
          isHeld = true;
          connection.hold(held);
        });
        connection.onClose(() => {
          got.closed = true;
          void listening.then((listener) => listener.close()).then(resolve);
        });
      });
      void listening.then(({ local }) => {
        const theirs = connect(local.port, '127.0.0.1');
        theirs.end(sent);
        // The kernel takes some of it; the rest waits at the sender as long as we hold.
        let last = -1;
        const look = (): void => {
          if (theirs.bytesWritten > 0 && theirs.writableLength === last) {
            expect([got.whileHeld, got.closed]).toEqual([0, false]);
            expect(theirs.writableLength).toBeGreaterThan(0);
            isHeld = false;
            release();
          } else {
            last = theirs.writableLength;
            setTimeout(look, 50);
          }
        };
        theirs.once('connect', () => setTimeout(look, 50));
      });
    });
    await closed;
    expect(got).toEqual({ bytes: sent.length, whileHeld: 0, closed: true });
  });

  test('what waits when we close is not handed up any more', async () => {
    let handed = 0;
    await new Promise<void>((resolve) => {
      const listening = tcpStreams.listen({ address: '127.0.0.1', port: 0 }, (connection) => {
        connection.onClose(() => void listening.then((listener) => listener.close()).then(resolve));
        connection.onData(() => {
          handed += 1;
          connection.close();
        });
      });
      void listening.then(({ local }) => {
        const theirs = connect(local.port, '127.0.0.1');
        theirs.on('error', () => {});
        theirs.write(Buffer.alloc(4 * limits.streamPieceBytesMin, 'x'));
      });
    });
    expect(handed).toBe(1);
  });
});
