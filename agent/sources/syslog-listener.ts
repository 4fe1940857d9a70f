/**
 * Syslog over UDP (RFC 3164, RFC 5424 and what Cisco really sends; one datagram may hold several lines) and over TCP (RFC 6587).
 * Two kinds on the sources shelf; syslog-tls.ts is the third, over the same framing. Decides nothing but who may send: the allow-list of source addresses; the rest is counted. What the
 * kernel threw away of UDP is told as a gap, what waits there to be read as lag.
 */
import type { Timer } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import { type AddressRange, canonicalAddress, rangeContains } from '../../shared/model/address.ts';
import type { GapEdge, Trust } from '../../shared/model/observation.ts';
import type { SourceConfig } from '../config/config.ts';
import { type Framed, SyslogFramer } from '../net/framing.ts';
import type { DatagramSocket, Endpoint, StreamConnection } from '../ports.ts';
import type { Closable, SourceContext, SourceKind } from './source.ts';

export type SyslogListenerConfig = Extract<SourceConfig, { kind: 'syslog-udp' | 'syslog-tcp' }>;

/** A source that listens: where, for `status` and tests (the configured port may be 0). */
export interface Listening extends Closable {
  readonly local: Endpoint;
}

export interface ListeningSourceKind extends SourceKind<SyslogListenerConfig> {
  open(name: string, config: SyslogListenerConfig, context: SourceContext<unknown>): Promise<Listening>;
}

export const syslogUdp: ListeningSourceKind = {
  kind: 'syslog-udp',
  async open(name, config, context) {
    const report = reporter(name, 'spoofable', context);
    const socket = await context.world.datagrams.bind(config.listen, { receiveBufferBytes: limits.udpReceiveBufferBytes });
    socket.onMessage((bytes, remote) => {
      const from = allowed(config.allow, remote);
      if (from === null) report.refused('source-address', remote.address, bytes.length);
      else if (bytes.length === 0) report.refused('empty-datagram', from, 0);
      else report.lines(lineEnded(bytes), from);
    });
    const granted = socket.receiveBufferBytes;
    const less = granted < limits.udpReceiveBufferBytes ? `, less than the ${limits.udpReceiveBufferBytes} asked for` : '';
    report.state('open', `UDP ${shown(socket.local)}, receive buffer ${granted} bytes${less}`);
    const watch = new KernelWatch(name, socket, context);
    return {
      local: socket.local,
      async close() {
        await watch.close();
        await socket.close();
        report.state('closed', `UDP ${shown(socket.local)}`);
      },
    };
  },
};

/** What a listener of either kind can say of the kernel; neither on a host that cannot tell. */
type Watched = Pick<DatagramSocket, 'droppedByKernel' | 'waitingInKernel'>;

/** Now and then: a line that the kernel threw away is a hole in the evidence, and nobody else tells; what waits says how late we are. */
class KernelWatch {
  readonly #source: string;
  readonly #socket: Watched;
  readonly #context: SourceContext<unknown>;
  #timer: Timer | null = null;
  #looking: Promise<void>;
  #closed = false;
  #last: { readonly drops: number; readonly at: GapEdge } | null = null;
  #behindBytes = 0;

  constructor(source: string, socket: Watched, context: SourceContext<unknown>) {
    this.#source = source;
    this.#socket = socket;
    this.#context = context;
    this.#looking = this.#look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#look();
  }

  async #look(): Promise<void> {
    const { clock } = this.#context.world;
    const drops = (await this.#socket.droppedByKernel?.()) ?? null;
    const waiting = (await this.#socket.waitingInKernel?.()) ?? null;
    const at: GapEdge = { wall: clock.wall(), monotonic: clock.monotonic(), bootId: clock.bootId };
    if (drops === null && waiting === null) return;
    if (waiting !== null && waiting !== this.#behindBytes) {
      this.#behindBytes = waiting;
      this.#context.emit({ kind: 'lag', source: this.#source, behindBytes: waiting });
    }
    if (drops !== null) {
      const lost = drops - (this.#last?.drops ?? 0);
      const from = this.#last?.at ?? at;
      this.#last = { drops, at };
      if (lost > 0) this.#tell(from, at, lost);
    }
    if (this.#closed) return;
    this.#timer = clock.timer('kernel watch', KERNEL_EVERY_MS, () => {
      this.#looking = this.#look();
    });
  }

  #tell(from: GapEdge, to: GapEdge, lost: number): void {
    const detail = `${lost} datagrams came faster than they were read, and the kernel threw them away`;
    this.#context.emit({
      kind: 'gap',
      source: this.#source,
      reason: 'kernel-dropped',
      detail,
      from,
      to,
      lostLines: lost,
      lostBytes: null,
    });
  }
}

/** A read of a small table; a hole is told to so many seconds. */
const KERNEL_EVERY_MS = 5_000;

export const syslogTcp: ListeningSourceKind = {
  kind: 'syslog-tcp',
  async open(name, config, context) {
    const report = reporter(name, 'connected', context);
    const open = new Map<StreamConnection, string>();
    let closing = false;
    const listener = await context.world.streams.listen(config.listen, (connection) => {
      const from = allowed(config.allow, connection.remote);
      const refusal = from === null ? 'source-address' : open.size >= limits.syslogConnectionsMax ? 'too-many-connections' : null;
      if (from === null || refusal !== null) {
        report.refused(refusal ?? 'source-address', connection.remote.address);
        connection.close();
        return;
      }
      open.set(connection, from);
      report.state('open', `connection from ${shown(connection.remote)}`);
      receive(connection, from, report, context.whenRoom, () => {
        open.delete(connection);
        // A sender that reconnected before its old connection was seen to end has left no hole.
        if (!closing && ![...open.values()].includes(from))
          report.state('interrupted', `connection from ${shown(connection.remote)} closed`);
      });
    });
    report.state('open', `TCP ${shown(listener.local)}`);
    const { waitingInKernel } = listener;
    const watch = new KernelWatch(
      name,
      waitingInKernel ? { waitingInKernel: () => waitingInKernel.call(listener) } : {},
      context,
    );
    return {
      local: listener.local,
      async close() {
        closing = true;
        await watch.close();
        await listener.close();
        report.state('closed', `TCP ${shown(listener.local)}`);
      },
    };
  },
};

/** `whenRoom`: of the context. While the disk is behind, the sender waits. */
export function receive(
  connection: StreamConnection,
  from: string,
  report: Reporter,
  whenRoom: SourceContext<unknown>['whenRoom'],
  closed: () => void,
): void {
  const framer = new SyslogFramer();
  const pass = (framed: Framed): void => {
    for (const run of framed.runs) report.lines(run, from);
    if (framed.cutLines > 0) report.refused('line-too-long', from, framed.lostBytes);
  };
  connection.onData((bytes) => {
    pass(framer.push(bytes));
    const room = whenRoom?.() ?? null;
    if (room !== null) connection.hold(room);
  });
  connection.onClose(() => {
    pass(framer.end());
    closed();
  });
}

/** The sender's canonical address; null when nobody allowed it. */
export function allowed(allow: readonly AddressRange[], remote: Endpoint): string | null {
  const address = canonicalAddress(remote.address);
  return address !== null && allow.some((range) => rangeContains(range, address)) ? address : null;
}

const LF = 10;
const NUL = 0;

/** RFC 3164 asks for no trailer in a datagram; some senders put LF or NUL. */
function lineEnded(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === NUL) end--;
  if (end > 0 && bytes[end - 1] === LF) return bytes.subarray(0, end);
  const ended = Buffer.allocUnsafe(end + 1);
  bytes.copy(ended, 0, 0, end);
  ended[end] = LF;
  return ended;
}

export const shown = (endpoint: Endpoint): string =>
  endpoint.address.includes(':') ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;

export interface Reporter {
  lines(bytes: Buffer, from: string): void;
  refused(reason: string, from: string, lost?: number, detail?: string): void;
  state(state: 'open' | 'interrupted' | 'closed', detail: string): void;
}

export function reporter(source: string, trust: Trust, { world: { clock }, emit }: SourceContext<unknown>): Reporter {
  return {
    lines: (bytes, from) =>
      emit({ kind: 'lines', source, trust, bytes, from, at: clock.monotonic(), wall: clock.wall(), backlog: false }),
    refused: (reason, from, lost, detail) =>
      emit({
        kind: 'refusal',
        source,
        reason,
        from,
        at: clock.monotonic(),
        ...(lost !== undefined && { lost }),
        ...(detail !== undefined && { detail }),
      }),
    state: (state, detail) => emit({ kind: 'source-state', source, state, detail, at: clock.monotonic() }),
  };
}
