/**
 * The path between the lab's two agents: a UDP relay that forwards their signals and can lose chosen ones. Each agent has the relay's
 * address as its peer's, in `send` and in `from`. Every socket that an agent sends from gets a way of its own, so that Responses find
 * back to the one that asked. Started by run.ts; what is lost in which scenario stands in scenarios.ts.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../../../shared/model/time.ts';
import type { Phase } from '../../../shared/wire/signal.ts';
import type { DatagramSocket, Datagrams, Endpoint } from '../../ports.ts';
import type { Datagram, SignalReader } from './signal-reader.ts';

export type End = 'hub' | 'spoke';
export const ends: readonly End[] = ['hub', 'spoke'];
export const otherEnd = (end: End): End => (end === 'hub' ? 'spoke' : 'hub');

export type RelayEvent =
  | {
      readonly kind: 'signal';
      readonly at: Monotonic;
      readonly from: End;
      readonly phase: Phase | null;
      readonly incident: string | null;
      readonly dropped: boolean;
    }
  /** The Response to a signal of `from`, as it passes back; `roundTripMs` is measured at the relay. */
  | {
      readonly kind: 'answer';
      readonly at: Monotonic;
      readonly from: End;
      readonly phase: Phase | null;
      readonly roundTripMs: DurationMs;
    };

export interface RelayOptions {
  readonly datagrams: Datagrams;
  readonly clock: Clock;
  /** The relay's own loopback address. */
  readonly address: string;
  /** Where each agent listens for signals. */
  readonly agents: Readonly<Record<End, Endpoint>>;
  readonly read: SignalReader;
  /** Is this datagram to be lost? Asked once for each, in both directions. */
  readonly drops: (datagram: Datagram, sender: End) => boolean;
  readonly onEvent: (event: RelayEvent) => void;
}

export interface Relay {
  /** `hub`: where the hub's agent sends to reach its peer; `spoke` likewise. */
  readonly front: Readonly<Record<End, Endpoint>>;
  readonly dropped: () => number;
  close(): Promise<void>;
}

/** Sockets that one agent sends from; it has one or a few. The oldest way goes first. */
const WAYS_MAX = 64;
/** Informs waiting for their Response, a way. */
const UNANSWERED_MAX = 256;
const RECEIVE_BUFFER_BYTES = 256 * 1024;

/** Rejects with LISTEN_REFUSED. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const [hub, spoke] = await Promise.all(ends.map((end) => openSide(end, options)));
  return {
    front: { hub: hub!.local, spoke: spoke!.local },
    dropped: () => hub!.dropped() + spoke!.dropped(),
    async close() {
      await Promise.all([hub!.close(), spoke!.close()]);
    },
  };
}

interface Side {
  readonly local: Endpoint;
  dropped(): number;
  close(): Promise<void>;
}

/** From one socket of this end's agent to the other agent and back. */
interface Way {
  readonly socket: Promise<DatagramSocket>;
  readonly unanswered: Map<number, { readonly at: Monotonic; readonly phase: Phase | null }>;
}

async function openSide(from: End, options: RelayOptions): Promise<Side> {
  const { clock, datagrams, read, onEvent } = options;
  const bind = (): Promise<DatagramSocket> =>
    datagrams.bind({ address: options.address, port: 0 }, { receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  const front = await bind();
  const ways = new Map<string, Way>();
  let dropped = 0;
  let closed = false;

  const wayOf = (sender: Endpoint): Way => {
    const name = `${sender.address}:${sender.port}`;
    const known = ways.get(name);
    if (known) return known;
    const way: Way = { socket: bind(), unanswered: new Map() };
    ways.set(name, way);
    way.socket.then(
      (socket) => socket.onMessage((bytes) => back(way, sender, bytes)),
      () => ways.delete(name),
    );
    const [oldest] = ways.keys();
    if (ways.size > WAYS_MAX && oldest !== undefined) {
      void closeWay(ways.get(oldest)!);
      ways.delete(oldest);
    }
    return way;
  };

  const back = (way: Way, sender: Endpoint, bytes: Buffer): void => {
    if (closed) return;
    const datagram = read(bytes);
    if (options.drops(datagram, otherEnd(from))) {
      dropped += 1;
      return;
    }
    const asked = datagram.kind === 'response' ? way.unanswered.get(datagram.id) : undefined;
    if (asked && datagram.kind === 'response') {
      way.unanswered.delete(datagram.id);
      const at = clock.monotonic();
      onEvent({ kind: 'answer', at, from, phase: asked.phase, roundTripMs: elapsedMs(asked.at, at) });
    }
    front.send(bytes, sender);
  };

  front.onMessage((bytes, sender) => {
    if (closed) return;
    const datagram = read(bytes);
    const lost = options.drops(datagram, from);
    const at = clock.monotonic();
    if (datagram.kind === 'signal')
      onEvent({ kind: 'signal', at, from, phase: datagram.phase, incident: datagram.incident, dropped: lost });
    if (lost) {
      dropped += 1;
      return;
    }
    const way = wayOf(sender);
    if (datagram.kind === 'signal' && datagram.confirmed) {
      way.unanswered.set(datagram.id, { at, phase: datagram.phase });
      const [oldest] = way.unanswered.keys();
      if (way.unanswered.size > UNANSWERED_MAX && oldest !== undefined) way.unanswered.delete(oldest);
    }
    way.socket.then(
      (socket) => socket.send(bytes, options.agents[otherEnd(from)]),
      () => {
        dropped += 1;
      },
    );
  });

  return {
    local: front.local,
    dropped: () => dropped,
    async close() {
      closed = true;
      await Promise.all([front.close(), ...[...ways.values()].map(closeWay)]);
    },
  };
}

async function closeWay(way: Way): Promise<void> {
  const socket = await way.socket.catch(() => null);
  await socket?.close();
}
