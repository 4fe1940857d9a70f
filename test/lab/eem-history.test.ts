/** The simulated router keeps what its event manager signalled, and answers for it over SNMP: a trap that was lost is found by source eem-history. */
import { afterEach, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { PeerConfig } from '../../agent/config/config.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import type { Notification } from '../../agent/net/signalling.ts';
import { snmpPolls } from '../../agent/net/snmp-poll.ts';
import type { World } from '../../agent/ports.ts';
import { eemHistory, readHistory } from '../../agent/sources/eem-history.ts';
import { hear } from '../../agent/sources/peer-signal.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';
import { hubApplet, hubSnmp } from './note-a.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const clock = createClock();
const world = { clock, snmp: snmpPolls(clock) } as unknown as World;

/** Note A's hub without its 18 s; whatever it sends is lost. */
async function router(root: 91 | 134) {
  const box = new SimulatedBox({
    hostname: 'hub',
    platform: 'cisco-ios',
    clock,
    seed: 7,
    cryptoAddress: HUB_ADDRESS,
    enableSecret: 'lab',
    vtyLines: 5,
    messageIntervalMs: 0,
    consoleLevel: null,
    eventManagerRoot: root,
  });
  closers.push(() => box.close());
  const lines = [...hubSnmp, ...hubApplet.filter((line) => !/wait|show/.test(line)), 'snmp-server community lookonly ro'];
  expect(box.configure(lines)).toEqual([]);
  const lost = { host: SPOKE_ADDRESS, at: { address: '127.0.0.1', port: 9 } };
  const socket = await openBoxSnmp({
    box,
    datagrams: udpDatagrams,
    bind: { address: '127.0.0.1', port: 0 },
    routes: () => [lost],
  });
  closers.push(() => socket.close());
  const runs = box.appletRuns;
  const signal = async (): Promise<void> => {
    const before = runs.length;
    box.core.receiveUnknownSpi(SPOKE_ADDRESS, 0x68842105 + before, 1, 100);
    await expect.poll(() => box.appletRuns[before]?.ended?.how, { timeout: 10_000 }).toBe('done');
  };
  return { box, to: socket.local, signal };
}

const snmp = { version: '2c', community: 'lookonly' } as const;

test.each([91, 134] as const)('root %i: each signal leaves a row; ten are kept; a stop is made of a new one', async (root) => {
  const { to, signal } = await router(root);
  expect((await readHistory({ send: to, snmp }, world)).rows).toEqual([]);
  await signal();
  const { rows, upTimeMs } = await readHistory({ send: to, snmp }, world);
  expect(rows).toEqual([{ root, index: expect.any(Number), intData1: defaultValues.stop }]);
  expect(upTimeMs).toBeGreaterThanOrEqual(0);

  const heard: Notification[] = [];
  let wake: () => void = () => {};
  const states: string[] = [];
  const peer = { name: 'hub', kind: 'eem', op: 'eq', cryptoAddresses: [] } as unknown as PeerConfig;
  const config = { kind: 'eem-history', name: 'history', peer: 'hub', send: to, snmp, everyMs: 20 } as const;
  const source = await eemHistory.open('history', config, {
    world,
    device: null,
    peer,
    stopValue: defaultValues.stop,
    eemWindowMs: 60_000,
    emit: (o) => {
      if (o.kind === 'source-state') states.push(o.state);
      wake();
    },
    onSignal: (notification) => {
      heard.push(notification);
      wake();
    },
  });
  closers.push(() => source.close());
  while (!states.includes('open')) await new Promise<void>((resolve) => (wake = resolve));
  await signal();
  while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
  expect(heard).toHaveLength(1);
  const told = hear(heard[0]!, [peer], defaultValues, () => '01KAM000000000000000000001');
  expect(told).toMatchObject({ kind: 'input', input: { kind: 'stop', id: null, peer: 'hub' } });
});

test('ten rows are kept; another community gets no answer', async () => {
  const { box, to, signal } = await router(91);
  for (let n = 0; n < 12; n++) await signal();
  const { rows } = await readHistory({ send: to, snmp }, world);
  expect(rows).toHaveLength(10);
  expect(rows[9]!.index - rows[0]!.index).toBe(9);
  const target = { to, credentials: { version: '2c', community: 'guessed' } as const, timeoutMs: 100 };
  await expect(world.snmp.get(target, ['1.3.6.1.2.1.1.3.0'])).rejects.toSatisfy((error: unknown) =>
    isSpitrapError(error, 'SNMP_POLL_FAILED'),
  );
  expect(box.snmp.counters.securityRefused).toBeGreaterThan(0);
});
