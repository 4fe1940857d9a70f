/**
 * Two simulated routers with Note A's applets and no agent: what people have without spitrap. One plain trap an incident goes over a path
 * that loses what it is told to. Used by measure/skew.ts.
 */
import { createSocket, type Socket } from 'node:dgram';
import { openEemEnd } from '../../../agent/cli/lab/eem-end.ts';
import type { End } from '../../../agent/cli/lab/relay.ts';
import { CRYPTO_ADDRESS } from '../../../agent/cli/lab/setting.ts';
import type { Box, BoxOptions, LabPair } from '../../../agent/lab/contract.ts';
import { createLabPair } from '../../../agent/lab/pair.ts';
import type { World } from '../../../agent/ports.ts';

export interface EemTwin {
  readonly pair: LabPair;
  readonly box: Readonly<Record<End, Box>>;
  /** Traps that the hub has sent, and those that were lost on the way. */
  readonly traps: { sent: number; lost: number };
  close(): Promise<void>;
}

export interface EemTwinOptions {
  readonly index: number;
  readonly delayMs: number;
  readonly messageIntervalMs: number;
  readonly loses: () => boolean;
  readonly world: Pick<World, 'clock' | 'datagrams'>;
}

export async function openEemTwin({ index, delayMs, messageIntervalMs, loses, world }: EemTwinOptions): Promise<EemTwin> {
  const { clock, datagrams } = world;
  const common: Omit<BoxOptions, 'seed' | 'hostname' | 'cryptoAddress'> = {
    ...{ platform: 'cisco-ios', clock, enableSecret: null, vtyLines: 5, messageIntervalMs, consoleLevel: null },
    ...{ trapLevel: 'debugging', behaviour: { thinkMs: 12, clockMark: '' } },
  };
  const pair = createLabPair(
    { ...common, seed: 2 * index + 1_000, hostname: 'hub1', cryptoAddress: CRYPTO_ADDRESS.hub },
    { ...common, seed: 2 * index + 1_001, hostname: 'spoke1', cryptoAddress: CRYPTO_ADDRESS.spoke },
  );
  pair.start();
  const traps = { sent: 0, lost: 0 };
  // The path: what the hub sends to the spoke comes out of `path`, which is the hub's address to the spoke.
  const path = await bound();
  const at = { address: '127.0.0.1', port: path.address().port };
  const end = (which: End, far: End) =>
    openEemEnd({
      ...{ end: which, box: pair[which], datagrams, address: '127.0.0.1', delayMs },
      peer: { cryptoAddress: CRYPTO_ADDRESS[far], agent: at },
    });
  const hub = await end('hub', 'spoke');
  const spoke = await end('spoke', 'hub');
  path.on('message', (bytes, from) => {
    if (from.port !== hub.local.port) return;
    traps.sent += 1;
    if (loses()) traps.lost += 1;
    else path.send(bytes, spoke.local.port, spoke.local.address);
  });
  return {
    pair,
    box: { hub: pair.hub, spoke: pair.spoke },
    traps,
    async close() {
      await hub.close();
      await spoke.close();
      await new Promise<void>((resolve) => path.close(() => resolve()));
      pair.close();
    },
  };
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)));
}
