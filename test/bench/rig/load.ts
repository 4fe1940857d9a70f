/**
 * The sender of notifications, a process of its own: `load.js '{"kind":…}'` (`ssh-timer`: the control of the skew; `lines`: line-load.ts). All messages are made before the first is sent. Traps go as
 * fast as the receiver's socket takes them without a loss (its queue in /proc/net/udp is kept short of full), informs with a number of
 * them unanswered. Prints when it began (CLOCK_MONOTONIC, ms) and, for informs, when the last was answered.
 */
import { createSocket, type Socket } from 'node:dgram';
import { monotonicMs } from '../../../agent/clock.ts';
import { wall } from '../../../shared/model/time.ts';
import { ulid } from '../../../shared/model/ulid.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventVarbinds } from '../../../shared/wire/event-manager.ts';
import { defaultValues, encodeSignalText } from '../../../shared/wire/signal.ts';
import { decodeMessage, encodeCommunityMessage } from '../../../shared/wire/snmp-message.ts';
import type { Pdu, PduType } from '../../../shared/wire/snmp-pdu.ts';
import { encodeV3Message, type V3Message } from '../../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../../shared/wire/usm.ts';
import { type LineOrder, sendLines } from './line-load.ts';
import { runSshTimer } from './ssh-timer.ts';
import { socketOf } from './udp-queue.ts';

export interface LoadOrder {
  readonly kind: 'traps' | 'informs';
  readonly port: number;
  readonly count: number;
  /** Informs unanswered at once. */
  readonly window: number;
  readonly community: string;
  readonly user: string;
  readonly auth: string;
  readonly priv: string;
}

export interface LoadTold {
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  /** Informs sent again, because no answer came. */
  readonly resent: number;
}

/** Each takes some 800 bytes of the 208 KiB that a socket has which does not ask for more. */
const SEND_BETWEEN_LOOKS = 64;
const QUEUED_BYTES_MAX = 80 * 1024;
const RESEND_AFTER_MS = 3_000;
const RESEND_LOOK_MS = 250;

const asked = process.argv[2] ?? '{}';
const any = (asked.startsWith('{') ? JSON.parse(asked) : {}) as LoadOrder | LineOrder;
const order = any as LoadOrder;
const socket = createSocket('udp4');
if (asked === 'ssh-timer') runSshTimer();
else if (any.kind === 'lines') sendLines(any);
else await sendAll();

async function sendAll(): Promise<void> {
  await new Promise<void>((resolve) => socket.connect(order.port, '127.0.0.1', resolve));
  const told = order.kind === 'traps' ? await sendTraps() : await sendInforms();
  process.stdout.write(`${JSON.stringify(told)}\n`);
  socket.close();
}

/** Note A's own notification; `text`: of a spitrap peer. */
function stopPdu(type: PduType & Pdu['type'], requestId: number, text: string | null): Pdu {
  const event = {
    policyPath: 'flash:/',
    policyName: 'command_hub',
    intData1: defaultValues.stop,
    intData2: 0,
    strData: text ?? '',
  };
  const varbinds = notificationVarbinds(requestId, policyEventTrapOid(91), policyEventVarbinds(91, requestId, event));
  return { type, requestId, errorStatus: 0, errorIndex: 0, varbinds };
}

async function sendTraps(): Promise<LoadTold> {
  const community = Buffer.from(order.community);
  const messages = Array.from({ length: order.count }, (_, index) =>
    encodeCommunityMessage({ version: '2c', community, pdu: stopPdu('trap', index + 1, null) }),
  );
  const beganAtMs = monotonicMs();
  for (let sent = 0; sent < messages.length; ) {
    if (socketOf(order.port).queuedBytes < QUEUED_BYTES_MAX)
      for (const message of messages.slice(sent, sent + SEND_BETWEEN_LOOKS)) {
        socket.send(message);
        sent += 1;
      }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { beganAtMs, endedAtMs: monotonicMs(), resent: 0 };
}

async function sendInforms(): Promise<LoadTold> {
  const engine = await discover(socket);
  const keys = new UserKeys({ auth: { protocol: 'sha256', key: order.auth }, priv: { protocol: 'aes128', key: order.priv } });
  const localized = keys.forEngine(engine.engineId);
  const messages = Array.from({ length: order.count }, (_, index) => {
    const id = ulid(wall(Date.now()), Buffer.from(String(index).padStart(10, '0')));
    const salt = Buffer.alloc(8);
    salt.writeUInt32BE(index + 1, 4);
    return encodeV3Message({
      ...{ msgId: index + 1, reportable: true, engineId: engine.engineId, stamp: engine.stamp, user: Buffer.from(order.user) },
      ...{ level: 'authPriv', keys: localized, salt },
      scoped: {
        contextEngineId: engine.engineId,
        contextName: Buffer.alloc(0),
        pdu: stopPdu('inform', index + 1, encodeSignalText({ phase: 'stop', incident: id, keys: {} })),
      },
    });
  });
  return await sendWindowed(messages);
}

function sendWindowed(messages: readonly Buffer[]): Promise<LoadTold> {
  const sentAt = new Map<number, number>();
  let next = 0;
  let answered = 0;
  let resent = 0;
  const beganAtMs = monotonicMs();
  return new Promise((resolve) => {
    const fill = (): void => {
      for (; next < messages.length && sentAt.size < order.window; next += 1) {
        sentAt.set(next + 1, monotonicMs());
        socket.send(messages[next]!);
      }
    };
    const look = setInterval(() => {
      for (const [msgId, at] of sentAt)
        if (monotonicMs() - at > RESEND_AFTER_MS) {
          resent += 1;
          sentAt.set(msgId, monotonicMs());
          socket.send(messages[msgId - 1]!);
        }
    }, RESEND_LOOK_MS);
    socket.on('message', (bytes) => {
      if (!sentAt.delete(msgIdOf(bytes))) return;
      answered += 1;
      if (answered < messages.length) return fill();
      clearInterval(look);
      resolve({ beganAtMs, endedAtMs: monotonicMs(), resent });
    });
    fill();
  });
}

/** The first thing in the header, without reading the rest: the receiver is measured, not this. */
function msgIdOf(bytes: Buffer): number {
  const decoded = decodeMessage(bytes);
  return decoded.ok && decoded.message.version === 3 ? decoded.message.msgId : -1;
}

/** RFC 3414 §4, without the second step: the Report brings boots and time along. */
async function discover(from: Socket): Promise<V3Message> {
  const probe = encodeV3Message({
    ...{ msgId: 1_000_000, reportable: true, engineId: Buffer.alloc(0), stamp: { boots: 0, timeS: 0 } },
    ...{ user: Buffer.alloc(0), level: 'noAuthNoPriv', keys: null, salt: Buffer.alloc(0) },
    scoped: {
      contextEngineId: Buffer.alloc(0),
      contextName: Buffer.alloc(0),
      pdu: { type: 'get', requestId: 1, errorStatus: 0, errorIndex: 0, varbinds: [] },
    },
  });
  const answer = new Promise<Buffer>((resolve) => from.once('message', resolve));
  from.send(probe);
  const decoded = decodeMessage(await answer);
  if (!decoded.ok || decoded.message.version !== 3) throw new Error('bench: no Report to the discovery');
  return decoded.message;
}
