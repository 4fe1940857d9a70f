/**
 * The Datagrams port on this host, over node:dgram. Wired by the entry point, used by the SNMP and syslog rooms through
 * agent/ports.ts. Addresses go up in canonical form: an IPv4 sender on a dual-stack socket is its dotted quad, not ::ffff:….
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { SpitrapError } from '../../shared/errors.ts';
import type { DatagramSocket, Datagrams, Endpoint } from '../ports.ts';
import { readKernelDrops, readKernelQueue } from './kernel-drops.ts';
import { listenRefused } from './listen-refused.ts';

const IPV4_MAPPED = '::ffff:';

export const udpDatagrams: Datagrams = {
  bind: (endpoint, options) => bind(endpoint, options.receiveBufferBytes),
  sourceFor,
};

/** connect(2) on a datagram socket chooses the route and sends nothing. */
function sourceFor(to: Endpoint): Promise<string | null> {
  if (isIP(to.address) === 0) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(to.address) ? 'udp6' : 'udp4' });
    let answered = false;
    const answer = (address: string | null): void => {
      if (answered) return;
      answered = true;
      socket.close();
      resolve(address);
    };
    socket.once('error', () => answer(null));
    socket.connect(to.port, to.address, (error?: Error) => answer(error ? null : socket.address().address));
  });
}

function bind(endpoint: Endpoint, receiveBufferBytes: number): Promise<DatagramSocket> {
  return new Promise((resolve, reject) => {
    if (isIP(endpoint.address) === 0) {
      reject(listenRefused('UDP', endpoint, 'the address is no IP literal'));
      return;
    }
    const socket = createSocket({ type: isIPv6(endpoint.address) ? 'udp6' : 'udp4' });
    const onBindError = (error: Error): void => {
      socket.close();
      reject(listenRefused('UDP', endpoint, errnoOf(error), error));
    };
    socket.once('error', onBindError);
    socket.bind({ address: endpoint.address, port: endpoint.port, exclusive: true }, () => {
      socket.off('error', onBindError);
      resolve(new UdpSocket(socket, receiveBufferBytes));
    });
  });
}

const show = (endpoint: Endpoint): string =>
  endpoint.address.includes(':') ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;

/** The errno when there is one, else the error's own words. */
function errnoOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : error instanceof Error ? error.message : String(error);
}

class UdpSocket implements DatagramSocket {
  readonly local: Endpoint;
  readonly receiveBufferBytes: number;
  private readonly socket: Socket;
  private readonly six: boolean;
  private closed = false;
  /** Datagrams that the kernel has not taken yet: node looks even a literal address up, one turn later. */
  private leaving = 0;
  private onAllGone: () => void = () => {};
  private sendErrorHandler: (error: SpitrapError, to: Endpoint) => void = () => {};

  constructor(socket: Socket, receiveBufferBytes: number) {
    const { address, port, family } = socket.address();
    this.socket = socket;
    this.local = { address, port };
    this.six = family === 'IPv6';
    this.receiveBufferBytes = askBuffer(socket, receiveBufferBytes);
    socket.on('error', (error) => this.sendErrorHandler(this.failure(error, this.local), this.local));
  }

  onMessage(handler: (bytes: Buffer, from: Endpoint) => void): void {
    this.socket.on('message', (bytes, from) => {
      const mapped = this.six && from.address.startsWith(IPV4_MAPPED) && from.address.includes('.');
      handler(bytes, { address: mapped ? from.address.slice(IPV4_MAPPED.length) : from.address, port: from.port });
    });
  }

  droppedByKernel(): Promise<number | null> {
    return this.closed ? Promise.resolve(null) : readKernelDrops(this.local);
  }

  waitingInKernel(): Promise<number | null> {
    return this.closed ? Promise.resolve(null) : readKernelQueue('udp', this.local);
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    const report = (error: unknown): void => this.sendErrorHandler(this.failure(error, to), to);
    if (this.closed || isIP(to.address) === 0) {
      // A name would go to DNS inside dgram: a signal must never wait for a resolver.
      report(new Error(this.closed ? 'the socket is closed' : 'the address is no IP literal'));
      return;
    }
    const address = this.six && !to.address.includes(':') ? `${IPV4_MAPPED}${to.address}` : to.address;
    try {
      this.socket.send(bytes, to.port, address, (error) => {
        this.leaving--;
        if (error) report(error);
        if (this.leaving === 0) this.onAllGone();
      });
      this.leaving++;
    } catch (error) {
      report(error);
    }
  }

  onSendError(handler: (error: SpitrapError, to: Endpoint) => void): void {
    this.sendErrorHandler = handler;
  }

  close(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.closed = true;
    return new Promise((resolve) => {
      const close = () => this.socket.close(() => resolve());
      // What was sent before leaves before: a trap and then the end of the command is one that was sent.
      if (this.leaving === 0) close();
      else this.onAllGone = close;
    });
  }

  private failure(error: unknown, to: Endpoint): SpitrapError {
    const why = errnoOf(error);
    return new SpitrapError('SEND_FAILED', `a datagram from ${show(this.local)} to ${show(to)} was not sent: ${why}`, {
      retryable: true,
      context: { to: show(to), errno: why },
      cause: error,
    });
  }
}

/** Linux gives double what it grants, the other half being its own bookkeeping (socket(7), SO_RCVBUF): told here in what was asked. */
function askBuffer(socket: Socket, bytes: number): number {
  try {
    socket.setRecvBufferSize(bytes);
  } catch {
    // Some systems refuse instead of capping: what they left in place is read back and reported all the same.
  }
  const given = socket.getRecvBufferSize();
  return process.platform === 'linux' ? given / 2 : given;
}
