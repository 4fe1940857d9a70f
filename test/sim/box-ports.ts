/** Where a simulated box meets its agent: SSH and TCP syslog as ports, without SSH and without TCP. Used by sim-pair.ts. */
import type { Box } from '../../agent/lab/contract.ts';
import type { Endpoint, Shell, ShellTransport, StreamConnection, Streams } from '../../agent/ports.ts';
import { type ErrorCode, SpitrapError } from '../../shared/errors.ts';
import type { FakeClock } from '../support/fake-clock.ts';

/** Syslog over TCP, in memory: one connection from the box. */
export class MemoryStreams implements Streams {
  #onConnection: ((connection: StreamConnection) => void) | null = null;
  #onData: ((bytes: Buffer) => void) | null = null;
  readonly #from: string;

  constructor(from: string) {
    this.#from = from;
  }

  async listen(endpoint: Endpoint, onConnection: (connection: StreamConnection) => void) {
    this.#onConnection = onConnection;
    this.#onData = null;
    return {
      local: endpoint,
      close: async () => {
        this.#onConnection = null;
        this.#onData = null;
      },
    };
  }

  deliver(bytes: Buffer): void {
    if (this.#onConnection === null) return;
    if (this.#onData === null) this.#connect();
    this.#onData?.(bytes);
  }

  #connect(): void {
    const connection: StreamConnection = {
      remote: { address: this.#from, port: 40_000 },
      onData: (handler) => {
        this.#onData = handler;
      },
      onClose: () => {},
      // A box brings some hundred lines: no disk is that far behind.
      hold: () => {},
      close: () => {
        this.#onData = null;
      },
    };
    this.#onConnection?.(connection);
  }
}

/** SSH without SSH: a shell is a VTY line of the box. What the box prints in one moment comes in one piece, as by TCP. */
export class BoxShells implements ShellTransport {
  refuse: SpitrapError | null = null;
  /** Logins tried. */
  opened = 0;
  readonly #box: Box;
  readonly #clock: FakeClock;
  readonly #open = new Set<() => void>();
  #drops = 0;

  constructor(box: Box, clock: FakeClock) {
    this.#box = box;
    this.#clock = clock;
  }

  async open(): Promise<Shell> {
    this.opened++;
    const drops = this.#drops;
    await this.#clock.sleep('ssh handshake', 20);
    // Whoever was on the way in is cut off too: a line for an agent that has died meanwhile would be kept for ever.
    if (drops !== this.#drops)
      throw new SpitrapError('SSH_CLOSED', `${this.#box.hostname}: the connection was lost in the handshake`, {
        retryable: true,
      });
    if (this.refuse !== null) throw this.refuse;
    const line = this.#box.connectVty('198.51.100.1');
    if (line === null) throw new SpitrapError('NO_FREE_VTY', `${this.#box.hostname}: all lines are in use`, { retryable: true });
    let onClose: (reason: SpitrapError | null) => void = () => {};
    let onData: (bytes: Buffer) => void = () => {};
    let over = false;
    let printed = '';
    const arrive = (): void => {
      const text = printed;
      printed = '';
      if (text !== '' && !over) onData(Buffer.from(text, 'latin1'));
    };
    const end = (reason: SpitrapError | null): void => {
      if (over) return;
      over = true;
      this.#open.delete(drop);
      line.close();
      onClose(reason);
    };
    // What was printed before the end comes before it.
    const drop = (): void => {
      arrive();
      end(new SpitrapError('SSH_CLOSED', `${this.#box.hostname}: the connection was lost`, { retryable: true }));
    };
    this.#open.add(drop);
    line.onClose(() => drop());
    return {
      hostKeyFingerprint: 'SHA256:sim',
      onData: (handler) => {
        onData = handler;
        line.onOutput((text) => {
          if (printed === '') queueMicrotask(arrive);
          printed += text;
        });
      },
      onClose: (handler) => {
        onClose = handler;
      },
      write: (text) => void (over || line.input(text)),
      close: async () => end(null),
    };
  }

  /** Null: lets in again. */
  refuseWith(code: ErrorCode | null): void {
    this.refuse =
      code === null ? null : new SpitrapError(code, `${this.#box.hostname}: refused by the test`, { retryable: true });
  }

  dropAll(): void {
    this.#drops++;
    for (const drop of [...this.#open]) drop();
  }

  /** One of those that are open, the oldest is 0. False: there is none. */
  dropOne(index: number): boolean {
    const drop = [...this.#open][index];
    drop?.();
    return drop !== undefined;
  }
}
