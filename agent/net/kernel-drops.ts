/**
 * What Linux keeps for us and what it threw away: bytes that wait in receive buffers, and datagrams for which one was full (/proc/net/udp,
 * udp6, tcp and tcp6: proc(5)). Used by datagram.ts and stream.ts. Null wherever that cannot be known for sure: another system, a hidden /proc, two sockets on one endpoint.
 */
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { canonicalAddress } from '../../shared/model/address.ts';
import type { Endpoint } from '../ports.ts';

export async function readKernelDrops(local: Endpoint): Promise<number | null> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return null;
  try {
    return dropsIn(await readFile(local.address.includes(':') ? '/proc/net/udp6' : '/proc/net/udp', 'latin1'), local);
  } catch {
    return null;
  }
}

/** Bytes that came and were not read yet: of a UDP socket, or of all connections to a TCP listener. */
export async function readKernelQueue(protocol: 'udp' | 'tcp', local: Endpoint): Promise<number | null> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return null;
  try {
    const table = await readFile(`/proc/net/${protocol}${local.address.includes(':') ? '6' : ''}`, 'latin1');
    return queuedIn(table, local, protocol === 'tcp' ? ESTABLISHED : null);
  } catch {
    return null;
  }
}

const ESTABLISHED = '01';
const QUEUE = /^\s*\d+: ([0-9A-F]{8,32}:[0-9A-F]{4}) [0-9A-F:]+ ([0-9A-F]{2}) [0-9A-F]{8}:([0-9A-F]{8}) /;

/** `state`: of the rows that count; null: whatever it is. */
export function queuedIn(table: string, local: Endpoint, state: string | null): number | null {
  const wanted = kernelForm(local);
  if (wanted === null) return null;
  let bytes = 0;
  for (const line of table.split('\n')) {
    const [, endpoint, found, queue] = QUEUE.exec(line) ?? [];
    if (endpoint === wanted && (state === null || found === state)) bytes += Number.parseInt(queue!, 16);
  }
  return bytes;
}

//   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
//  2147: 0100007F:1A0A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 42423 2 0000000000000000 17
const ROW = /^\s*\d+: ([0-9A-F]{8,32}:[0-9A-F]{4}) .* (\d+)\s*$/;

/** `table`: /proc/net/udp or udp6 of a little-endian host. */
export function dropsIn(table: string, local: Endpoint): number | null {
  const wanted = kernelForm(local);
  if (wanted === null) return null;
  const ours = table.split('\n').flatMap((line) => {
    const [, endpoint, drops] = ROW.exec(line) ?? [];
    return endpoint === wanted ? [Number(drops)] : [];
  });
  return ours.length === 1 ? ours[0]! : null;
}

/** Each 32 bits of the address in the host's order of bytes, the port in the network's. */
function kernelForm({ address, port }: Endpoint): string | null {
  const bytes = address.includes(':') ? bytesOfV6(address) : bytesOfV4(address);
  if (bytes === null) return null;
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4)
    words.push(hex(bytes[at + 3]!) + hex(bytes[at + 2]!) + hex(bytes[at + 1]!) + hex(bytes[at]!));
  return `${words.join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

const bytesOfV4 = (address: string): number[] | null => {
  const bytes = address.split('.').map(Number);
  return bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255) ? bytes : null;
};

function bytesOfV6(address: string): number[] | null {
  const canonical = canonicalAddress(address);
  if (canonical === null || !canonical.includes(':')) return null;
  const [front = '', back] = canonical.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(front), back === undefined ? [] : groups(back)];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return all.length === 8 ? all.flatMap((group) => [group >> 8, group & 0xff]) : null;
}
