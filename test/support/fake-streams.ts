/** The Datagrams and Streams ports without a network: tests deliver bytes and close connections by hand. */
import type { DatagramSocket, Datagrams, Endpoint, StreamConnection, StreamListener, Streams } from '../../agent/ports.ts';

export class FakeDatagramSocket implements DatagramSocket {
  readonly local: Endpoint;
  readonly receiveBufferBytes: number;
  readonly sent: { readonly bytes: Buffer; readonly to: Endpoint }[] = [];
  closed = false;
  #handler: (bytes: Buffer, from: Endpoint) => void = () => {};

  constructor(local: Endpoint, receiveBufferBytes: number) {
    this.local = local;
    this.receiveBufferBytes = receiveBufferBytes;
  }

  onMessage(handler: (bytes: Buffer, from: Endpoint) => void): void {
    this.#handler = handler;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    this.sent.push({ bytes: Buffer.from(bytes), to });
  }

  onSendError(): void {}

  async close(): Promise<void> {
    this.closed = true;
  }

  deliver(bytes: Buffer | string, from: string, port = 514): void {
    this.#handler(Buffer.from(bytes as string), { address: from, port });
  }
}

export class FakeDatagrams implements Datagrams {
  readonly sockets: FakeDatagramSocket[] = [];
  /** What the kernel grants of the receive buffer asked for. */
  grant = (asked: number): number => asked;

  async bind(endpoint: Endpoint, options: { readonly receiveBufferBytes: number }): Promise<DatagramSocket> {
    const socket = new FakeDatagramSocket(endpoint, this.grant(options.receiveBufferBytes));
    this.sockets.push(socket);
    return socket;
  }
}

export class FakeConnection implements StreamConnection {
  readonly remote: Endpoint;
  closed = false;
  #onData: (bytes: Buffer) => void = () => {};
  #onClose: () => void = () => {};

  constructor(remote: Endpoint) {
    this.remote = remote;
  }

  onData(handler: (bytes: Buffer) => void): void {
    this.#onData = handler;
  }

  onClose(handler: () => void): void {
    this.#onClose = handler;
  }

  /** What holds it, while a test cares. */
  held: Promise<void> | null = null;

  hold(until: Promise<void>): void {
    this.held = until;
  }

  /** Our end closes, or (from a test) the far end does. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#onClose();
  }

  deliver(bytes: Buffer | string): void {
    if (!this.closed) this.#onData(Buffer.from(bytes as string));
  }
}

export class FakeStreams implements Streams {
  readonly connections: FakeConnection[] = [];
  #onConnection: (connection: StreamConnection) => void = () => {};

  async listen(endpoint: Endpoint, onConnection: (connection: StreamConnection) => void): Promise<StreamListener> {
    this.#onConnection = onConnection;
    return {
      local: endpoint,
      close: async () => {
        for (const connection of this.connections) connection.close();
      },
    };
  }

  connect(from: string, port = 40_000 + this.connections.length): FakeConnection {
    const connection = new FakeConnection({ address: from, port });
    this.connections.push(connection);
    this.#onConnection(connection);
    return connection;
  }
}
