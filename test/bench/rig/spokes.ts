/**
 * Thousands of peers of one hub in this process, each on an address of 127.0.0.0/8 with a user and keys of its own: they acknowledge what
 * comes, answer a hello with a hello, and say hello themselves once an interval. Their codec is ours: what is measured is the hub's process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../../agent/clock.ts';
import { udpDatagrams } from '../../../agent/net/datagram.ts';
import { ephemeralEngine } from '../../../agent/net/engine.ts';
import type { Notification, SnmpPeer, SnmpReceiver, SnmpSender } from '../../../agent/net/signalling.ts';
import { startPeers } from '../../../agent/net/snmp-peers.ts';
import { openSnmpReceiver } from '../../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../../agent/net/snmp-sender.ts';
import type { Datagrams } from '../../../agent/ports.ts';
import { createRandom } from '../../../agent/random.ts';
import { defaultValues, encodeSignalText } from '../../../shared/wire/signal.ts';

const clock = createClock();
const random = createRandom();
/** Looks into the kernel's drops cost more than the spokes themselves. */
const datagrams: Datagrams = {
  async bind(endpoint, options) {
    const socket = await udpDatagrams.bind(endpoint, { ...options, receiveBufferBytes: 64 * 1024 });
    return Object.assign(Object.create(socket) as typeof socket, {
      local: socket.local,
      receiveBufferBytes: socket.receiveBufferBytes,
      droppedByKernel: undefined,
      send: socket.send.bind(socket),
      onMessage: socket.onMessage.bind(socket),
      onSendError: socket.onSendError.bind(socket),
      close: socket.close.bind(socket),
    });
  },
};
const world = { clock, random, datagrams };

export const spokeName = (index: number): string => `spoke${index}`;
export const spokeAgent = (index: number): string => `127.${64 + (index >> 14)}.${(index >> 7) & 127}.${1 + (index & 127)}`;
export const spokeTunnel = (index: number): string => `11.${1 + (index >> 14)}.${(index >> 7) & 127}.${1 + (index & 127)}`;
const keyOf = (index: number, what: string): string => `${what} key of spoke ${index}`;

/** All listen on that port, each on its own address. The table and its keys beside the configuration; returns `peersFrom`. `extra`: rows with names beyond. */
export function writeSpokes(folder: string, port: number, count: number, carrier = 'acme'): string {
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const rows = Array.from({ length: count }, (_, index) => {
    const name = spokeName(index);
    for (const what of ['auth', 'priv'])
      writeFileSync(join(folder, 'keys', `${name}.${what}`), `${keyOf(index, what)}\n`, { mode: 0o600 });
    return `${name},${spokeTunnel(index)},${spokeAgent(index)},${carrier}`;
  });
  writeFileSync(join(folder, 'spokes.csv'), `name,tunnel,agent,carrier\n${rows.join('\n')}\n`);
  return `peersFrom:
  table: spokes.csv
  template:
    name: "{name}"
    cryptoAddresses: ["{tunnel}"]
    send: ["{agent}:${port}"]
    snmp: { version: 3, user: "{name}", auth: { protocol: sha256, key: { file: "keys/{name}.auth" } }, priv: { protocol: aes, key: { file: "keys/{name}.priv" } } }
    tags: { carrier: "{carrier}" }
`;
}

export interface Heard {
  readonly hellos: number;
  /** Spokes that have heard a hello. */
  readonly greeted: ReadonlySet<number>;
  /** performance.now() of each spoke's first. */
  readonly alerts: ReadonlyMap<number, number>;
  readonly stops: ReadonlyMap<number, number>;
}

export interface Spokes {
  readonly heard: Heard;
  /** Alerts and stops from here on. */
  forget(): void;
  close(): Promise<void>;
}

interface Spoke {
  readonly receiver: SnmpReceiver;
  readonly sender: SnmpSender;
}

export async function startSpokes(count: number, port: number, hubPort: number, helloMs: number): Promise<Spokes> {
  const engine = ephemeralEngine(null, world);
  const heard = { hellos: 0, greeted: new Set<number>(), alerts: new Map<number, number>(), stops: new Map<number, number>() };
  const hub = { address: '127.0.0.1', port: hubPort };
  const spokes: Spoke[] = [];
  const hello = (spoke: Spoke, keys: Readonly<Record<string, string>>): void => {
    const t = String(Math.round(clock.wall()));
    const text = { ver: '0.1.0', role: 'spoke', mode: 'act', armed: 'no', ...keys, t };
    void spoke.sender.send(
      'hub',
      hub,
      {
        ...{
          confirmed: true,
          root: 91 as const,
          intData1: defaultValues.hello,
          intData2: 0,
          policyName: 'spitrap spoke',
          policyPath: '',
        },
        strData: encodeSignalText({ phase: 'hello', incident: null, keys: text }),
      },
      { timeoutMs: 3_000 },
    );
  };
  const onNotification = (index: number, notification: Notification): void => {
    notification.respond();
    const now = performance.now();
    if (notification.intData1 === defaultValues.alert && !heard.alerts.has(index)) heard.alerts.set(index, now);
    if (notification.intData1 === defaultValues.stop && !heard.stops.has(index)) heard.stops.set(index, now);
    if (notification.intData1 !== defaultValues.hello) return;
    heard.hellos++;
    heard.greeted.add(index);
    if (/ org=/.test(notification.strData)) return;
    const cfg = / cfg=(\w+)/.exec(notification.strData)?.[1] ?? '';
    const org = / t=(\d+)/.exec(notification.strData)?.[1] ?? '0';
    hello(spokes[index]!, { cfg, org, rx: String(Math.round(notification.wall)) });
  };
  for (let index = 0; index < count; index++) {
    const peer: SnmpPeer = {
      name: 'hub',
      from: ['127.0.0.1'],
      credentials: {
        version: 3,
        user: spokeName(index),
        auth: { protocol: 'sha256', key: keyOf(index, 'auth') },
        priv: { protocol: 'aes128', key: keyOf(index, 'priv') },
      },
      engineId: null,
    };
    const { given: peers, ready } = startPeers([peer]);
    const address = spokeAgent(index);
    const room = { peers, ready, engine, world };
    const receiver = await openSnmpReceiver({
      ...room,
      listen: { address, port },
      onNotification: (notification) => onNotification(index, notification),
      onRefusal: () => {},
    });
    spokes.push({ receiver, sender: await openSnmpSender({ ...room, source: { v4: address } }) });
  }
  // Each its own, as agents have them that were started at some time or other.
  let next = 0;
  const turns = setInterval(
    () => {
      for (let some = Math.ceil((count * 100) / helloMs); some > 0; some--) hello(spokes[next++ % count]!, {});
    },
    Math.max(100, helloMs / count),
  );
  return {
    heard,
    forget() {
      heard.alerts.clear();
      heard.stops.clear();
    },
    async close() {
      clearInterval(turns);
      for (const { receiver, sender } of spokes) await Promise.all([receiver.close(), sender.close()]);
    },
  };
}
