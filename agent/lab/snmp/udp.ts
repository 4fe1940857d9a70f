/**
 * A box's SNMP on a real socket: one UDP port on its own loopback address that sends its notifications and takes those of others.
 * The box speaks of the addresses in its configuration (Note A's 11.1.1.3); the routes say where those are on this host.
 */
import type { Datagrams, Endpoint } from '../../ports.ts';
import type { Box } from '../contract.ts';
import { labLimits } from '../lab-limits.ts';

/** An address as the box's configuration has it, and the socket that stands for it; its `udp-port` is then of no account. */
export interface SnmpRoute {
  readonly host: string;
  readonly at: Endpoint;
}

export interface BoxSnmpSocketOptions {
  readonly box: Box;
  readonly datagrams: Datagrams;
  /** Port 0: one that is free. */
  readonly bind: Endpoint;
  /** Asked for each datagram, so that ports may become known later. Absent: addresses are what they are. */
  readonly routes?: () => readonly SnmpRoute[];
}

export interface BoxSnmpSocket {
  readonly local: Endpoint;
  /** Datagrams that the kernel would not send. */
  sendErrors(): number;
  close(): Promise<void>;
}

/** Rejects with LISTEN_REFUSED. Close it before the box. */
export async function openBoxSnmp(options: BoxSnmpSocketOptions): Promise<BoxSnmpSocket> {
  const { box, datagrams } = options;
  const routes = options.routes ?? (() => []);
  const socket = await datagrams.bind(options.bind, { receiveBufferBytes: labLimits.snmpReceiveBufferBytes });
  let open = true;
  let failed = 0;
  socket.onSendError(() => {
    failed += 1;
  });
  socket.onMessage((bytes, from) => {
    if (!open) return;
    const answer = box.snmp.receive(bytes, { address: hostOf(from, routes()), port: from.port });
    // To where the inform came from, whatever the routes say.
    if (answer) socket.send(answer, from);
  });
  box.snmp.onSend((bytes, to) => {
    if (open) socket.send(bytes, routes().find((route) => route.host === to.address)?.at ?? to);
  });
  return {
    local: socket.local,
    sendErrors: () => failed,
    close: () => {
      open = false;
      return socket.close();
    },
  };
}

/** Several hosts may share one loopback address: then the port tells them apart. An agent may send from another port than it hears. */
function hostOf(from: Endpoint, routes: readonly SnmpRoute[]): string {
  const sameAddress = routes.filter(({ at }) => at.address === from.address);
  const exact = sameAddress.find(({ at }) => at.port === from.port);
  return (exact ?? (sameAddress.length === 1 ? sameAddress[0] : undefined))?.host ?? from.address;
}
