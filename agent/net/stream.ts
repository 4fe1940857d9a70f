/**
 * The Streams port on this host, over node:net. Wired by the entry point, used by the syslog-tcp source through agent/ports.ts.
 * Addresses go up in canonical form (::ffff:192.0.2.1 is 192.0.2.1). No error of a connection leaves this room: it closes.
 */
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { canonicalAddress } from '../../shared/model/address.ts';
import { monotonicMs, onNextTurn } from '../clock.ts';
import type { Endpoint, StreamConnection, StreamListener, Streams } from '../ports.ts';
import { readKernelQueue } from './kernel-drops.ts';
import { listenRefused } from './listen-refused.ts';

/** A sender that is gone without a word (power cut, NAT state lost) gives its connection back within some minutes. */
export const KEEPALIVE_IDLE_MS = 60_000;

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

export function errnoOf(error: Error): string {
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

  waitingInKernel(): Promise<number | null> {
    return this.#closed === null ? readKernelQueue('tcp', this.local) : Promise.resolve(null);
  }

  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#open) socket.destroy();
    });
    return this.#closed;
  }
}

export function connectionOf(socket: Socket): StreamConnection {
  const address = socket.remoteAddress ?? '';
  let turns: Turns | null = null;
  return {
    // A socket that was reset before it got here has no address any more; no allow-list matches ''.
    remote: { address: canonicalAddress(address) ?? address, port: socket.remotePort ?? 0 },
    onData: (handler) => {
      const own = new Turns(socket, handler);
      turns = own;
      socket.on('data', (bytes) => own.take(bytes));
    },
    onClose: (handler) => {
      const gone = (): void => {
        if (turns) turns.end(handler);
        else handler();
      };
      if (socket.closed) queueMicrotask(gone);
      else socket.once('close', gone);
    },
    hold: (until) => turns?.hold(until),
    close: () => {
      turns?.forget();
      socket.destroy();
    },
  };
}

/**
 * Hands up what a connection brings in pieces, one a turn of the event loop, and reads no more meanwhile: the lines of a storm come many in
 * a read, and what waits for the disk, the peer or a timer must not wait for them all. Debug lines cost a microsecond each and messages
 * that count fifty, so a piece is as long as its forerunners say that a turn may be.
 */
class Turns {
  readonly #socket: Socket;
  readonly #handler: (bytes: Buffer) => void;
  #pieceBytes: number = limits.streamPieceBytesMin;
  #waiting: Buffer | null = null;
  /** In this turn. */
  #handed = false;
  #paused = false;
  /** By whoever takes what is handed up. */
  #held = false;
  /** To be told once all is handed up. */
  #ended: (() => void) | null = null;

  constructor(socket: Socket, handler: (bytes: Buffer) => void) {
    this.#socket = socket;
    this.#handler = handler;
  }

  take(bytes: Buffer): void {
    if (!this.#handed && !this.#held && this.#waiting === null) {
      this.#hand(bytes);
      return;
    }
    // A second read in one turn, or one that was under way when we paused.
    this.#waiting = this.#waiting === null ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#pause();
  }

  #hand(bytes: Buffer): void {
    const piece = bytes.subarray(0, this.#pieceBytes);
    this.#waiting = bytes.length > piece.length ? bytes.subarray(piece.length) : null;
    if (this.#waiting !== null) this.#pause();
    this.#handed = true;
    onNextTurn(this.#turn);
    const began = monotonicMs();
    this.#handler(piece);
    this.#size(piece.length, monotonicMs() - began);
  }

  hold(until: Promise<void>): void {
    this.#held = true;
    this.#pause();
    void until.then(() => {
      this.#held = false;
      // Else that turn goes on.
      if (!this.#handed) this.#turn();
    });
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Twice as long while that stays within a turn; after one that took longer, as long as would have fitted. */
  #size(bytes: number, tookMs: number): void {
    const turnMs = limits.streamTurnMs;
    if (tookMs > turnMs) this.#pieceBytes = Math.max(limits.streamPieceBytesMin, Math.floor((bytes * turnMs) / tookMs));
    else if (bytes === this.#pieceBytes && 2 * tookMs < turnMs)
      this.#pieceBytes = Math.min(limits.streamPieceBytesMax, 2 * this.#pieceBytes);
  }

  #turn = (): void => {
    this.#handed = false;
    if (this.#held) return;
    const bytes = this.#waiting;
    if (bytes !== null) {
      this.#hand(bytes);
      return;
    }
    if (this.#paused) this.#socket.resume();
    this.#paused = false;
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  };

  /** The connection is gone. What its far end had still to say goes on in turns; after a reset, or at our own end, nobody can wait. */
  end(handler: () => void): void {
    if ((this.#waiting !== null || this.#held) && this.#socket.readableEnded) {
      this.#ended = handler;
      return;
    }
    const bytes = this.#waiting;
    this.#waiting = null;
    if (bytes !== null) this.#handler(bytes);
    handler();
  }

  /** We have closed it. */
  forget(): void {
    this.#held = false;
    this.#waiting = null;
    this.#ended?.();
    this.#ended = null;
  }
}
