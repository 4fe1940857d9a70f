/**
 * Alarms as syslog, to a collector's address: UDP (RFC 5426), where nobody can tell whether it arrived, or TCP, octet-counted (RFC 6587
 * §3.4.1), a connection a message, so that the far end's close says that it was read. On the shelf of index.ts.
 */
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { Endpoint } from '../ports.ts';
import { type ChannelPorts, failed, type OpenChannel, type Sent } from './channel.ts';
import { syslogMessage } from './syslog-message.ts';

/** An error of the local stack (no route, a filter) is there by then. */
const UDP_ERROR_MS = 50;
/** For a collector to close its side: one that keeps connections open is not waited for. */
const LINGER_MS = 2_000;

export const openSyslog: OpenChannel<'syslog'> = ({ send: to, transport, format, facility, timeoutMs }, ports) => {
  const target = `${transport} ${formatEndpoint(to)}`;
  const pass = transport === 'udp' ? overUdp : overTcp;
  return {
    target,
    async send(notice, signal) {
      try {
        return {
          kind: 'delivered',
          detail: `${target}: ${await pass(syslogMessage(notice, format, facility), to, ports, signal)}`,
        };
      } catch (error) {
        const { context, message } = asSpitrapError(error);
        const errno = typeof context['errno'] === 'string' ? context['errno'] : message;
        return notSent(target, errno, timeoutMs);
      }
    },
  };
};

type Pass = (message: Buffer, to: Endpoint, ports: ChannelPorts, signal: AbortSignal) => Promise<string>;

const overTcp: Pass = async (message, to, { dialer }, signal) => {
  const frame = Buffer.concat([Buffer.from(`${message.length} `), message]);
  const end = await dialer.push(to, frame, { lingerMs: LINGER_MS, signal });
  return end === 'closed' ? 'sent, and the collector closed in order' : 'sent; whether it was read the collector did not show';
};

/** A socket a message: it is then never one that the kernel has forgotten. */
const overUdp: Pass = async (message, to, { datagrams, clock }) => {
  const local = { address: to.address.includes(':') ? '::' : '0.0.0.0', port: 0 };
  const socket = await datagrams.bind(local, { receiveBufferBytes: limits.alarmReceiveBufferBytes });
  try {
    let refused: Error | null = null;
    socket.onSendError((error) => {
      refused = error;
    });
    socket.send(message, to);
    await clock.sleep('syslog send error', UDP_ERROR_MS);
    if (refused !== null) throw refused;
    return 'sent; nobody acknowledges UDP';
  } finally {
    await socket.close();
  }
};

function notSent(target: string, errno: string, timeoutMs: number): Sent {
  if (errno === 'ABORTED') return failed(`${target}: nothing came back within ${timeoutMs} ms`, 'look at routes and firewalls');
  return failed(
    `${target}: ${errno}`,
    'look whether the collector listens there (alarms[].send, alarms[].transport), and at routes and firewalls',
  );
}
