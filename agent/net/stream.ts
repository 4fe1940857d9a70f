/**
 * The Streams port on this host, over node:net. Wired by the entry point, used by the syslog-tcp source through agent/ports.ts.
 * Addresses go up in canonical form (::ffff:192.0.2.1 is 192.0.2.1). No error of a connection leaves this room: it closes.
 */
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { SpitrapError } from '../../shared/errors.ts';
import { canonicalAddress } from '../../shared/model/address.ts';
import type { Endpoint, StreamConnection, StreamListener, Streams } from '../ports.ts';
import { listenRefused } from './listen-refused.ts';

/** A sender that is gone without a word (power cut, NAT state lost) gives its connection back within some minutes. */
const KEEPALIVE_IDLE_MS = 60_000;

export const tcpStreams: Streams = { listen };

function listen(endpoint: Endpoint, onConnection: (connection: StreamConnection) => void): Promise<StreamListener> {
  return new Promise((resolve, reject) => {
    if (isIP(endpoint.address) === 0) {
      reject(listenRefused('TCP', endpoint, 'the address is no IP literal'));
      return;
    }
    const open = new Set<Socket>();
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEPALIVE_IDLE_MS, noDelay: true }, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      // A reset is followed by `close`, which says all that the source needs to know.
      socket.on('error', () => {});
      onConnection(connectionOf(socket));
    });
    const onListenError = (error: Error): void => reject(listenRefused('TCP', endpoint, errnoOf(error), error));
    server.once('error', onListenError);
    server.listen({ host: endpoint.address, port: endpoint.port, exclusive: true }, () => {
      server.off('error', onListenError);
      // Out of descriptors while accepting: that one connection is lost, the listener stands.
      server.on('error', () => {});
      resolve(new TcpListener(server, open));
    });
  });
}

function errnoOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : error.message;
}

class TcpListener implements StreamListener {
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #open: ReadonlySet<Socket>;
  #closed: Promise<void> | null = null;

  constructor(server: Server, open: ReadonlySet<Socket>) {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new SpitrapError('INTERNAL', 'a TCP server without an address');
    this.local = { address: bound.address, port: bound.port };
    this.#server = server;
    this.#open = open;
  }

  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#open) socket.destroy();
    });
    return this.#closed;
  }
}

function connectionOf(socket: Socket): StreamConnection {
  const address = socket.remoteAddress ?? '';
  return {
    // A socket that was reset before it got here has no address any more; no allow-list matches ''.
    remote: { address: canonicalAddress(address) ?? address, port: socket.remotePort ?? 0 },
    onData: (handler) => {
      socket.on('data', handler);
    },
    onClose: (handler) => {
      if (socket.closed) queueMicrotask(handler);
      else socket.once('close', () => handler());
    },
    close: () => {
      socket.destroy();
    },
  };
}
