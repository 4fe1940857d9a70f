/** What the kernel says of a UDP socket on 127.0.0.1: bytes that wait to be read, and datagrams that found no room. Linux. */
import { readFileSync } from 'node:fs';

export interface UdpSocketState {
  readonly queuedBytes: number;
  readonly drops: number;
}

export function socketOf(port: number): UdpSocketState {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const table = readFileSync('/proc/net/udp', 'latin1');
  const at = table.indexOf(`: ${local} `);
  if (at === -1) return { queuedBytes: 0, drops: 0 };
  // `: local remote state tx_queue:rx_queue … drops`
  const fields = table.slice(at, table.indexOf('\n', at)).trim().split(/\s+/);
  return { queuedBytes: Number.parseInt(fields[4]!.split(':')[1]!, 16), drops: Number(fields.at(-1)) };
}
