/** Why an address and port could not be had, for people: the errno, what it means, and where to look. Used by datagram.ts, stream.ts, and those who open them. */
import { isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import type { Endpoint } from '../ports.ts';

export function listenRefused(protocol: 'UDP' | 'TCP', endpoint: Endpoint, errno: string, cause?: Error): SpitrapError {
  const { address, port } = endpoint;
  const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return new SpitrapError('LISTEN_REFUSED', `cannot listen on ${protocol} ${where}: ${errno}${meaning(protocol, errno)}`, {
    context: { address, port, errno },
    ...(cause && { cause }),
  });
}

/** For `catch` at the start of the agent: says which setting asked for the address, and that this ends the start. */
export const naming =
  (setting: string) =>
  (error: unknown): never => {
    if (!isSpitrapError(error, 'LISTEN_REFUSED')) throw error;
    const { context, message } = error;
    throw new SpitrapError('LISTEN_REFUSED', `${setting}: ${message}; nothing was started`, { context, cause: error });
  };

function meaning(protocol: 'UDP' | 'TCP', errno: string): string {
  switch (errno) {
    case 'EADDRINUSE':
      return `, another process has it (ss -ln${protocol === 'UDP' ? 'u' : 't'}p shows which)`;
    case 'EADDRNOTAVAIL':
      return ', no interface of this host has that address';
    case 'EACCES':
      return ', ports below 1024 need root or CAP_NET_BIND_SERVICE';
    default:
      return '';
  }
}
