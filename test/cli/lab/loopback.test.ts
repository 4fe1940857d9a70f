import { describe, expect, test } from 'vitest';
import { chooseLoopback } from '../../../agent/cli/lab/loopback.ts';
import type { Datagrams, Endpoint, Random, Streams } from '../../../agent/ports.ts';
import { SpitrapError } from '../../../shared/errors.ts';

/** A host on which `refuses` says which addresses cannot be bound. */
function host(refuses: (endpoint: Endpoint) => boolean): { streams: Streams; datagrams: Datagrams; open: () => number } {
  let open = 0;
  let next = 40_000;
  const bind = (endpoint: Endpoint): { local: Endpoint; close(): Promise<void> } => {
    if (refuses(endpoint)) throw new SpitrapError('LISTEN_REFUSED', 'in use');
    open += 1;
    return {
      local: { address: endpoint.address, port: endpoint.port || next++ },
      close: async () => {
        open -= 1;
      },
    };
  };
  return {
    open: () => open,
    streams: { listen: async (endpoint) => bind(endpoint) },
    datagrams: {
      bind: async (endpoint) => ({
        ...bind(endpoint),
        receiveBufferBytes: 1,
        onMessage: () => {},
        send: () => {},
        onSendError: () => {},
      }),
    },
  };
}

const draws = (...values: number[]): Random => ({ bytes: (count) => Buffer.alloc(count), uniform: () => values.shift() ?? 0.5 });

describe('where the lab lives', () => {
  test('each party has an address of its own, and nothing stays bound', async () => {
    const sockets = host(() => false);
    const chosen = await chooseLoopback(sockets, draws(0, 0.999));
    expect(chosen).toMatchObject({
      box: { hub: '127.1.255.11', spoke: '127.1.255.12' },
      syslog: { hub: { address: '127.1.255.21', port: 6514 } },
      signal: { spoke: { address: '127.1.255.22', port: 10_162 } },
      relay: '127.1.255.31',
    });
    expect(sockets.open()).toBe(0);
  });

  test('a net in use is passed over', async () => {
    const sockets = host((endpoint) => endpoint.address.startsWith('127.1.0.') && endpoint.port === 10_162);
    expect((await chooseLoopback(sockets, draws(0, 0, 0.5, 0.5))).relay).toBe('127.128.128.31');
    expect(sockets.open()).toBe(0);
  });

  test('a system with 127.0.0.1 alone: one address, four ports', async () => {
    const sockets = host((endpoint) => endpoint.address !== '127.0.0.1');
    const chosen = await chooseLoopback(sockets, draws());
    expect(chosen.box).toEqual({ hub: '127.0.0.1', spoke: '127.0.0.1' });
    const ports = [chosen.syslog.hub, chosen.syslog.spoke, chosen.signal.hub, chosen.signal.spoke].map(
      (endpoint) => endpoint.port,
    );
    expect(new Set(ports).size).toBe(4);
    expect(sockets.open()).toBe(0);
  });

  test('no loopback at all is LISTEN_REFUSED', async () => {
    await expect(
      chooseLoopback(
        host(() => true),
        draws(),
      ),
    ).rejects.toMatchObject({ code: 'LISTEN_REFUSED' });
  });
});
