/**
 * Where the lab's boxes, agents and relay live: 127.<a>.<b>.x with <a> and <b> drawn at random, so that several labs run at once and
 * each party has an address of its own, as in a real network. Systems with 127.0.0.1 alone (macOS) share it and differ by port.
 */
import { isSpitrapError } from '../../../shared/errors.ts';
import type { Datagrams, Endpoint, Random, Streams } from '../../ports.ts';
import type { End } from './relay.ts';

export interface Loopback {
  readonly box: Readonly<Record<End, string>>;
  /** Where each agent takes syslog (TCP) and signals (UDP). */
  readonly syslog: Readonly<Record<End, Endpoint>>;
  readonly signal: Readonly<Record<End, Endpoint>>;
  readonly relay: string;
}

const SYSLOG_PORT = 6514;
const SIGNAL_PORT = 10_162;
const DRAWS = 8;
const PROBE_BUFFER_BYTES = 64 * 1024;

interface Sockets {
  readonly streams: Streams;
  readonly datagrams: Datagrams;
}

/** Rejects with LISTEN_REFUSED when not even 127.0.0.1 can be had. */
export async function chooseLoopback(sockets: Sockets, random: Random): Promise<Loopback> {
  for (let draw = 0; draw < DRAWS; draw++) {
    // 127.0.x.x is where everybody else is.
    const net = `127.${1 + Math.floor(random.uniform() * 254)}.${Math.floor(random.uniform() * 256)}`;
    const choice: Loopback = {
      box: { hub: `${net}.11`, spoke: `${net}.12` },
      syslog: { hub: { address: `${net}.21`, port: SYSLOG_PORT }, spoke: { address: `${net}.22`, port: SYSLOG_PORT } },
      signal: { hub: { address: `${net}.21`, port: SIGNAL_PORT }, spoke: { address: `${net}.22`, port: SIGNAL_PORT } },
      relay: `${net}.31`,
    };
    if (await free(choice, sockets)) return choice;
  }
  return onOneAddress('127.0.0.1', sockets);
}

async function free(choice: Loopback, sockets: Sockets): Promise<boolean> {
  try {
    const tried: Endpoint[] = [
      choice.syslog.hub,
      choice.syslog.spoke,
      { address: choice.box.hub, port: 0 },
      { address: choice.box.spoke, port: 0 },
    ];
    for (const endpoint of tried) await probeTcp(endpoint, sockets);
    for (const endpoint of [choice.signal.hub, choice.signal.spoke, { address: choice.relay, port: 0 }])
      await probeUdp(endpoint, sockets);
    return true;
  } catch (error) {
    if (isSpitrapError(error, 'LISTEN_REFUSED')) return false;
    throw error;
  }
}

async function onOneAddress(address: string, { streams, datagrams }: Sockets): Promise<Loopback> {
  const any: Endpoint = { address, port: 0 };
  const udp = { receiveBufferBytes: PROBE_BUFFER_BYTES };
  // All four are held open until the last is there, or the kernel may give one port twice.
  const syslog = { hub: await streams.listen(any, (one) => one.close()), spoke: await streams.listen(any, (one) => one.close()) };
  const signal = { hub: await datagrams.bind(any, udp), spoke: await datagrams.bind(any, udp) };
  await Promise.all([syslog.hub, syslog.spoke, signal.hub, signal.spoke].map((socket) => socket.close()));
  return {
    box: { hub: address, spoke: address },
    syslog: { hub: syslog.hub.local, spoke: syslog.spoke.local },
    signal: { hub: signal.hub.local, spoke: signal.spoke.local },
    relay: address,
  };
}

async function probeTcp(endpoint: Endpoint, { streams }: Sockets): Promise<void> {
  const listener = await streams.listen(endpoint, (connection) => connection.close());
  await listener.close();
}

async function probeUdp(endpoint: Endpoint, { datagrams }: Sockets): Promise<void> {
  const socket = await datagrams.bind(endpoint, { receiveBufferBytes: PROBE_BUFFER_BYTES });
  await socket.close();
}
