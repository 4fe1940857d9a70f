/**
 * UDP in memory: hosts with addresses on one network, datagrams delivered one event-loop turn later, or by the clock where all waits for
 * one. A test may watch, drop, replay and forge: `onPacket` sees each one first and says whether it goes on; `inject` delivers anything from anyone.
 */
import type { DatagramSocket, Datagrams, Endpoint } from '../../agent/ports.ts';
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';

export interface Packet {
  readonly bytes: Buffer;
  readonly from: Endpoint;
  readonly to: Endpoint;
}

export class FakeNetwork {
  readonly packets: Packet[] = [];
  /** What was asked for, on which host. */
  readonly asked: { readonly host: string; readonly endpoint: Endpoint }[] = [];
  /** False: lost on the way. */
  onPacket: (packet: Packet) => boolean = () => true;
  private readonly sockets = new Map<string, (bytes: Buffer, from: Endpoint) => void>();
  private readonly clock: Clock | null;
  private nextPort = 50_000;

  constructor(clock: Clock | null = null) {
    this.clock = clock;
  }

  host(address: string): Datagrams {
    return {
      bind: async (endpoint, options): Promise<DatagramSocket> => {
        this.asked.push({ host: address, endpoint });
        const local = { address, port: endpoint.port || this.nextPort++ };
        const name = `${local.address} ${local.port}`;
        if (this.sockets.has(name)) throw new SpitrapError('LISTEN_REFUSED', `${name} is taken`);
        this.sockets.set(name, () => {});
        return {
          local,
          receiveBufferBytes: options.receiveBufferBytes,
          onMessage: (handler) => this.sockets.set(name, handler),
          onSendError: () => {},
          send: (bytes, to) => {
            const packet = { bytes: Buffer.from(bytes), from: local, to };
            this.packets.push(packet);
            if (this.onPacket(packet)) this.inject(packet);
          },
          close: async () => {
            this.sockets.delete(name);
          },
        };
      },
    };
  }

  inject(packet: Packet): void {
    const arrive = (): void => this.sockets.get(`${packet.to.address} ${packet.to.port}`)?.(packet.bytes, packet.from);
    if (this.clock === null) setImmediate(arrive);
    else this.clock.timer('network', 0, arrive);
  }
}
