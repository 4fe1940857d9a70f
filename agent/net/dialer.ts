/**
 * The Dialer port on this host, over node:net. Wired by world.ts, used by alarms/syslog.ts. Syslog over TCP has no acknowledgement
 * (RFC 6587): that the far end read to our end and closed is the nearest thing to one.
 */
import { connect, isIP } from 'node:net';
import type { Clock, Timer } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { Dialer, Endpoint } from '../ports.ts';

export function tcpDialer(clock: Clock): Dialer {
  return {
    push: (to, bytes, { lingerMs, signal }) =>
      new Promise((resolve, reject) => {
        const fail = (errno: string, cause?: unknown): void => reject(undelivered(to, errno, cause));
        if (isIP(to.address) === 0) return fail('the address is no IP literal');
        if (signal.aborted) return fail('ABORTED');
        const socket = connect({ host: to.address, port: to.port, noDelay: true });
        let linger: Timer | null = null;
        const onAbort = (): void => {
          socket.destroy();
          fail('ABORTED');
        };
        signal.addEventListener('abort', onAbort, { once: true });
        socket.on('error', (error) => fail(errnoOf(error), error));
        // Answers are none of syslog's: read so that the far end's close is seen.
        socket.resume();
        socket.once('close', (hadError) => {
          linger?.cancel();
          signal.removeEventListener('abort', onAbort);
          if (!hadError) resolve('closed');
        });
        socket.once('finish', () => {
          linger = clock.timer('syslog linger', lingerMs, () => {
            resolve('written');
            socket.destroy();
          });
        });
        socket.end(bytes);
      }),
  };
}

function undelivered({ address, port }: Endpoint, errno: string, cause?: unknown): SpitrapError {
  return new SpitrapError('ALARM_UNDELIVERED', `TCP ${address.includes(':') ? `[${address}]` : address}:${port}: ${errno}`, {
    retryable: true,
    context: { address, port, errno },
    ...(cause === undefined ? {} : { cause }),
  });
}

function errnoOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.message;
}
