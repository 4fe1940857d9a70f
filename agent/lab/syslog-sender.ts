/**
 * The `logging host` of a simulated head-end: its messages over UDP (one a datagram) or TCP (`transport tcp`: LF after each,
 * RFC 6587 §3.4.2), from the box's own address. Used by cli/lab and by tests. It reconnects for as long as it lives.
 */
import { createSocket } from 'node:dgram';
import { createConnection, type Socket } from 'node:net';
import type { Clock, Timer } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { Endpoint } from '../ports.ts';
import type { Box } from './contract.ts';

export interface LabSyslogOptions {
  readonly box: Box;
  readonly clock: Clock;
  readonly transport: 'udp' | 'tcp';
  readonly to: Endpoint;
  /** `logging source-interface`: the box's own address. */
  readonly sourceAddress: string;
}

export interface LabSyslogSender {
  /** TCP: a connection stands. UDP: always true, nobody can know better. */
  connected(): boolean;
  /** Messages handed to the network. */
  sent(): number;
  /** Messages lost here: the queue was full while there was no connection, or the collector did not read. */
  dropped(): number;
  /** TCP: the connection is reset, as by a path that fails; it is made anew. UDP has none. */
  dropConnection(): void;
  close(): Promise<void>;
}

/** `logging queue-limit trap`: IOS keeps 100 messages for a collector that is not there. The oldest go first. */
const QUEUE_MESSAGES_MAX = 100;
/** Bytes waiting in a connection whose far end does not read. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;
const RECONNECT_MS = 250;

/** Rejects with LISTEN_REFUSED when the source address cannot be bound (UDP); TCP starts and goes on trying. */
export function startSyslogSender(options: LabSyslogOptions): Promise<LabSyslogSender> {
  return options.transport === 'udp' ? startUdp(options) : Promise.resolve(startTcp(options));
}

async function startUdp(options: LabSyslogOptions): Promise<LabSyslogSender> {
  const { address, port } = options.to;
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new SpitrapError('LISTEN_REFUSED', `cannot send syslog from ${options.sourceAddress} (${cause.code})`, { cause })),
    );
    socket.bind(0, options.sourceAddress, () => resolve());
  });
  socket.removeAllListeners('error');
  let sent = 0;
  let dropped = 0;
  let open = true;
  socket.on('error', () => {});
  options.box.onSyslog((message) => {
    if (!open) return;
    socket.send(Buffer.from(message, 'latin1'), port, address, (error) => {
      if (error) dropped += 1;
      else sent += 1;
    });
  });
  return {
    connected: () => true,
    sent: () => sent,
    dropped: () => dropped,
    dropConnection: () => {},
    close: () =>
      new Promise((resolve) => {
        if (!open) return resolve();
        open = false;
        socket.close(() => resolve());
      }),
  };
}

function startTcp(options: LabSyslogOptions): LabSyslogSender {
  let socket: Socket | null = null;
  let up = false;
  let retry: Timer | null = null;
  let closed = false;
  let sent = 0;
  let dropped = 0;
  const queue: string[] = [];

  const write = (message: string): void => {
    if (!socket || socket.writableLength > UNSENT_BYTES_MAX) {
      dropped += 1;
      return;
    }
    socket.write(Buffer.from(`${message}\n`, 'latin1'));
    sent += 1;
  };

  const connect = (): void => {
    retry = null;
    const attempt = createConnection({ host: options.to.address, port: options.to.port, localAddress: options.sourceAddress });
    socket = attempt;
    attempt.setNoDelay(true);
    attempt.on('connect', () => {
      up = true;
      for (const message of queue.splice(0)) write(message);
    });
    // A collector says nothing back; reading is what notices that it has gone.
    attempt.resume();
    attempt.on('error', () => attempt.destroy());
    attempt.on('end', () => attempt.destroy());
    attempt.on('close', () => {
      up = false;
      socket = null;
      if (!closed) retry = options.clock.timer('lab syslog reconnect', RECONNECT_MS, connect);
    });
  };

  options.box.onSyslog((message) => {
    if (closed) return;
    if (up) return write(message);
    queue.push(message);
    if (queue.length > QUEUE_MESSAGES_MAX) {
      queue.shift();
      dropped += 1;
    }
  });
  connect();

  return {
    connected: () => up,
    sent: () => sent,
    dropped: () => dropped,
    dropConnection: () => void socket?.resetAndDestroy(),
    close: () =>
      new Promise((resolve) => {
        closed = true;
        retry?.cancel();
        if (!socket) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
}
