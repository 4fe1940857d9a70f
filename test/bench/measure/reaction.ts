/**
 * From the arrival of the line over TCP to the alert on the wire: an agent with many peers, a message of a new flow of each, and for each
 * peer a socket that takes the alert and answers it. First alone, then while another connection brings debug lines.
 */
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { monotonicMs } from '../../../agent/clock.ts';
import { readPolicyEvent, SNMP_TRAP_OID } from '../../../shared/wire/event-manager.ts';
import { defaultValues } from '../../../shared/wire/signal.ts';
import { decodeMessage, encodeCommunityMessage } from '../../../shared/wire/snmp-message.ts';
import type { BenchContext, Finding, Measurement } from '../measurement.ts';
import { startAgent } from '../rig/agent.ts';
import { eventBody, ikeLine, iosStamp, LOG_MIX } from '../rig/ike-lines.ts';
import type { LineOrder } from '../rig/line-load.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { pause, start, until } from '../rig/process.ts';
import { fixed, percentile, whole } from '../stats.ts';

const LOAD_LINES_A_SECOND = 50_000;
/** Between two messages, and so that they do not fall in step with anything. */
const APART_MS = 40;
const JITTER_MS = 25;
const ALERT_WITHIN_MS = 5_000;
const WARM_UP = 10;

interface Taken {
  readonly reactionMs: readonly number[];
  readonly linesASecond: number;
}

export const reaction: Measurement = {
  name: 'reaction',
  title: 'Reaction: from the line to the alert',
  async run(context) {
    const events = context.quick ? 60 : 400;
    const idle = await take(context, events, 0);
    const loaded = await take(context, events, LOAD_LINES_A_SECOND);
    return finding(events, idle, loaded);
  },
};

function finding(events: number, idle: Taken, loaded: Taken): Finding {
  const ms = fixed(2);
  const row = (name: string, { reactionMs, linesASecond }: Taken): string[] => [
    name,
    ...[0.5, 0.9, 0.99, 1].map((share) => ms(percentile(reactionMs, share))),
    whole(linesASecond),
  ];
  const [p50, p99] = [percentile(idle.reactionMs, 0.5), percentile(idle.reactionMs, 0.99)];
  const busy = percentile(loaded.reactionMs, 0.99);
  return {
    setting: [
      `${whole(events)} messages, each of another peer's flow (v2c informs, all in one incident, delay 5 min), from the write into the TCP connection to the alert at the peer's socket, both in one process. The load is a second connection from the same device; ${LOG_MIX}.`,
    ],
    head: ['', 'p50, ms', 'p90', 'p99', 'most', 'lines a second beside it'],
    rows: [row('idle', idle), row('under load', loaded)],
    bars: [
      { text: 'idle, p50 at most 5 ms', measured: `${ms(p50)} ms`, met: p50 <= 5 },
      { text: "idle, p99 at most 21 ms (Note A's)", measured: `${ms(p99)} ms`, met: p99 <= 21 },
      { text: 'under 50,000 lines a second, p99 at most 50 ms', measured: `${ms(busy)} ms`, met: busy <= 50 },
    ],
  };
}

async function take({ bin, load, folder }: BenchContext, events: number, lineRate: number): Promise<Taken> {
  const own = join(folder, `agent-${lineRate}`);
  mkdirSync(own);
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const total = events + WARM_UP;
  const peers = await Promise.all(
    Array.from({ length: total }, (_, index) => openPeer(`127.3.${1 + (index >> 8)}.${index & 255}`)),
  );
  const source = (index: number): string => `11.1.${1 + (index >> 8)}.${index & 255}`;
  const agent = await startAgent({
    ...{ folder: own, bin, role: 'hub', mode: 'act', signalPort: udp, signalMore: 'hello: 10m, allowInsecure: true' },
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: peers
      .map(
        ({ address, port }, index) =>
          `  - { name: spoke${index}, cryptoAddresses: [${source(index)}], send: ["${address}:${port}"], snmp: { version: 2c, community: { file: secrets/community } } }\n`,
      )
      .join(''),
    more: 'stop: { delay: 5m }\n',
  });
  const order: LineOrder = { kind: 'lines', port: tcp, linesASecond: lineRate };
  const lines = lineRate === 0 ? null : start([process.execPath, load, JSON.stringify(order)], join(own, 'load.log'));
  try {
    // The first hellos are over, and what was compiled on the way.
    await pause(2_000);
    const device = connect({ port: tcp, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve) => device.once('connect', resolve));
    const before = await linesSeen(agent);
    const reactionMs: number[] = [];
    for (const [index, peer] of peers.entries()) {
      await pause(APART_MS + Math.random() * JITTER_MS);
      const alert = peer.alert();
      const spi = 0x1000_0000 + index;
      const body = eventBody(0, spi).replace('srcaddr=11.1.1.0', `srcaddr=${source(index)}`);
      const line = `${ikeLine(index + 1, body, iosStamp(new Date()), 188)}\n`;
      const sentAt = monotonicMs();
      device.write(line);
      const arrivedAt = await Promise.race([alert, pause(ALERT_WITHIN_MS).then(() => null)]);
      if (arrivedAt === null) throw new Error(`bench: no alert to peer ${index} within ${ALERT_WITHIN_MS} ms`);
      if (index >= WARM_UP) reactionMs.push(arrivedAt - sentAt);
    }
    const after = await linesSeen(agent);
    device.destroy();
    return { reactionMs, linesASecond: (after.lines - before.lines) / ((after.atMs - before.atMs) / 1_000) };
  } finally {
    await lines?.stop();
    await agent.stop();
    for (const { close } of peers) close();
  }
}

async function linesSeen(agent: {
  status(): Promise<{ sources: readonly { lines: number }[] }>;
}): Promise<{ lines: number; atMs: number }> {
  const status = await until('a status', () => agent.status());
  return { lines: status.sources[0]!.lines, atMs: monotonicMs() };
}

interface Peer {
  readonly address: string;
  readonly port: number;
  /** When the next alert arrives. */
  alert(): Promise<number>;
  close(): void;
}

/** Answers every inform, as a peer does. */
async function openPeer(address: string): Promise<Peer> {
  const socket: Socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, () => resolve()));
  let onAlert: ((atMs: number) => void) | null = null;
  socket.on('message', (bytes, from) => {
    const atMs = monotonicMs();
    const decoded = decodeMessage(bytes);
    if (!decoded.ok || decoded.message.version === 3 || decoded.message.pdu.type === 'trap-v1') return;
    const { community, pdu } = decoded.message;
    const trapOid = pdu.varbinds.find(({ oid }) => oid === SNMP_TRAP_OID)?.value;
    const event = readPolicyEvent(trapOid?.type === 'oid' ? trapOid.value : '', pdu.varbinds);
    if (event?.intData1 === defaultValues.alert) onAlert?.(atMs);
    const response = { ...pdu, type: 'response', errorStatus: 0, errorIndex: 0 } as const;
    socket.send(encodeCommunityMessage({ version: '2c', community, pdu: response }), from.port, from.address);
  });
  return {
    address,
    port: socket.address().port,
    alert: () =>
      new Promise((resolve) => {
        onAlert = resolve;
      }),
    close: () => void socket.close(),
  };
}
