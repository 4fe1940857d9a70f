/**
 * What strangers and a device in debug send, from a process of its own so that its work is not counted as ours: `generator.js '{"kind":…}'`.
 * Everything is made before the first is sent. Prints one JSON object at its end: what was sent, and how fast.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { monotonicMs } from '../../../agent/clock.ts';
import type { Endpoint } from '../../../agent/ports.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventVarbinds } from '../../../shared/wire/event-manager.ts';
import { defaultValues } from '../../../shared/wire/signal.ts';
import type { Pdu } from '../../../shared/wire/snmp-pdu.ts';
import { encodeV3Message } from '../../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../../shared/wire/usm.ts';

export interface StrangersOrder {
  readonly kind: 'strangers';
  /** Unknown engine ids, wrong HMACs of a known user, or both in turn. */
  readonly what: 'engines' | 'hmacs' | 'both';
  readonly from: string;
  readonly to: Endpoint;
  readonly perSecond: number;
  readonly seconds: number;
  readonly user: string;
  /** Hex, with its boots and time: an HMAC is only looked at when the engine is known. */
  readonly engineId: string;
  readonly boots: number;
}

export interface LinesOrder {
  readonly kind: 'lines';
  readonly transport: 'tcp' | 'udp';
  readonly from: string;
  readonly to: Endpoint;
  /** Infinity as null: as fast as they are taken. */
  readonly perSecond: number | null;
  readonly seconds: number;
}

export interface Sent {
  readonly sent: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Longest that the generator itself was behind its pace. */
  readonly lateMs: number;
}

const MESSAGES = 512;
const TICK_MS = 2;
const TCP_PIECE_LINES = 50;

const order = JSON.parse(process.argv[2] ?? '{}') as StrangersOrder | LinesOrder;
const sent =
  order.kind === 'strangers' ? await strangers(order) : order.transport === 'udp' ? await datagrams(order) : await stream(order);
process.stdout.write(`${JSON.stringify(sent)}\n`);

async function strangers({ what, from, to, perSecond, seconds, user, engineId, boots }: StrangersOrder): Promise<Sent> {
  const wrong = new UserKeys({
    auth: { protocol: 'sha256', key: 'none of theirs' },
    priv: { protocol: 'aes128', key: 'neither this' },
  });
  const theirs = Buffer.from(engineId, 'hex');
  const keysOfTheirs = wrong.forEngine(theirs);
  const messages = Array.from({ length: MESSAGES }, (_, i) => {
    const unknown = what === 'engines' || (what === 'both' && i % 2 === 0);
    return encodeV3Message({
      msgId: i,
      reportable: true,
      engineId: unknown ? Buffer.concat([Buffer.from('80007ed905', 'hex'), randomBytes(8)]) : theirs,
      stamp: { boots, timeS: 100 },
      user: Buffer.from(user),
      level: 'authPriv',
      keys: keysOfTheirs,
      salt: randomBytes(8),
      scoped: { contextEngineId: theirs, contextName: Buffer.alloc(0), pdu: stopPdu(i) },
    });
  });
  return await sendDatagrams(messages, { from, to, perSecond, seconds });
}

function stopPdu(requestId: number): Pdu {
  const event = { policyPath: 'flash:/', policyName: 'command_hub', intData1: defaultValues.stop, intData2: 0, strData: '' };
  const varbinds = notificationVarbinds(requestId, policyEventTrapOid(91), policyEventVarbinds(91, requestId, event));
  return { type: 'inform', requestId, errorStatus: 0, errorIndex: 0, varbinds };
}

interface Pace {
  readonly from: string;
  readonly to: Endpoint;
  readonly perSecond: number | null;
  readonly seconds: number;
}

async function sendDatagrams(messages: readonly Uint8Array[], { from, to, perSecond, seconds }: Pace): Promise<Sent> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  socket.connect(to.port, to.address);
  await once(socket, 'connect');
  socket.on('error', () => {});
  // What comes back (Reports) is not read by anybody else.
  socket.on('message', () => {});
  let bytes = 0;
  const result = await paced(perSecond, seconds, (n) => {
    const message = messages[n % messages.length]!;
    bytes += message.length;
    socket.send(message);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.close();
  return { ...result, bytes };
}

/** As many a tick as are due by the clock: a tick that was late is made up for. */
async function paced(perSecond: number | null, seconds: number, send: (n: number) => void): Promise<Omit<Sent, 'bytes'>> {
  const began = monotonicMs();
  const endsAt = began + seconds * 1_000;
  let n = 0;
  let lateMs = 0;
  for (let last = began; ; ) {
    const now = Math.min(monotonicMs(), endsAt);
    lateMs = Math.max(lateMs, now - last - TICK_MS);
    last = now;
    const due = perSecond === null ? n + 64 : Math.floor(((now - began) * perSecond) / 1_000);
    for (; n < due; n += 1) send(n);
    if (now >= endsAt) break;
    if (perSecond === null) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  return { sent: n, seconds: (monotonicMs() - began) / 1_000, lateMs };
}

/** What `debug crypto isakmp` and `ipsec` print, with counters and stamps that go on. */
function debugLines(): string[] {
  const bodies = [
    'ISAKMP:(9577):processing NONCE payload. message ID = 3155837424',
    'ISAKMP:(9577):processing SA payload. message ID = 3155837424',
    'ISAKMP:(9577):Checking IPSec proposal 1',
    'ISAKMP: transform 1, ESP_AES',
    'ISAKMP:   SA life duration (VPI) of  0x0 0x46 0x50 0x0',
    'IPSEC(validate_proposal_request): proposal part #1,',
    '  (key eng. msg.) INBOUND local= 213.163.222.7:0, remote= 11.1.1.3:0,',
    'IPSEC(key_engine): got a queue event with 1 KMI message(s)',
    'ISAKMP:(9577):Node 3155837424, Input = IKE_MESG_FROM_PEER, IKE_QM_EXCH',
    'ISAKMP:(9577):Old State = IKE_QM_READY  New State = IKE_QM_SPI_STARVE',
  ];
  return Array.from({ length: 5_000 }, (_, i) => {
    const ms = String(i % 1_000).padStart(3, '0');
    return `<191>${100_000 + i}: ${900_000 + i}: Mar 12 18:22:${String(10 + (i % 50)).padStart(2, '0')}.${ms}: ${bodies[i % bodies.length]}`;
  });
}

function datagrams(lines: LinesOrder): Promise<Sent> {
  const messages = debugLines().map((line) => Buffer.from(line));
  return sendDatagrams(messages, lines);
}

async function stream({ from, to, perSecond, seconds }: LinesOrder): Promise<Sent> {
  const socket = createConnection({ host: to.address, port: to.port, localAddress: from });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const lines = debugLines();
  const pieces = Array.from({ length: lines.length / TCP_PIECE_LINES }, (_, i) =>
    Buffer.from(
      lines
        .slice(i * TCP_PIECE_LINES, (i + 1) * TCP_PIECE_LINES)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
  let bytes = 0;
  const send = (n: number): boolean => {
    const piece = pieces[n % pieces.length]!;
    bytes += piece.length;
    return socket.write(piece);
  };
  const began = monotonicMs();
  let result: Omit<Sent, 'bytes'>;
  if (perSecond === null) {
    let n = 0;
    for (; monotonicMs() - began < seconds * 1_000; n += 1) if (!send(n)) await once(socket, 'drain');
    result = { sent: n, seconds: (monotonicMs() - began) / 1_000, lateMs: 0 };
  } else result = await paced(perSecond / TCP_PIECE_LINES, seconds, (n) => void send(n));
  socket.end();
  await once(socket, 'close');
  return { ...result, sent: result.sent * TCP_PIECE_LINES, bytes, seconds: (monotonicMs() - began) / 1_000 };
}
