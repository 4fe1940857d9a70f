/** The end without an agent: its box takes Note A's lines, speaks to the other end's agent, and what it kept is found. */
import { afterEach, expect, test } from 'vitest';
import { disk0Evidence, openEemEnd } from '../../../agent/cli/lab/eem-end.ts';
import { SimulatedBox } from '../../../agent/lab/box.ts';
import type { BoxSnmpSocket } from '../../../agent/lab/snmp/udp.ts';
import type { DatagramSocket } from '../../../agent/ports.ts';
import { createWorld } from '../../../agent/world.ts';

const { datagrams, clock } = createWorld();
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
const closing = <T extends { close(): unknown }>(one: T): T => {
  opened.push(one);
  return one;
};

const any = { address: '127.0.0.1', port: 0 };

async function setUp(end: 'hub' | 'spoke', delayMs: number) {
  const agent: DatagramSocket = closing(await datagrams.bind(any, { receiveBufferBytes: 65_536 }));
  const box = closing(
    new SimulatedBox({
      hostname: end,
      platform: 'cisco-ios',
      clock,
      seed: 7,
      cryptoAddress: end === 'hub' ? '213.163.222.7' : '11.1.1.3',
      enableSecret: null,
      vtyLines: 5,
      messageIntervalMs: 60_000,
      consoleLevel: null,
    }),
  );
  const peer = { cryptoAddress: end === 'hub' ? '11.1.1.3' : '213.163.222.7', agent: agent.local };
  const snmp: BoxSnmpSocket = closing(await openEemEnd({ end, box, datagrams, address: '127.0.0.1', peer, delayMs }));
  return { agent, box, snmp };
}

test('the hub waits as long as the lab’s delay, in whole seconds, and its trap reaches the agent', async () => {
  const { agent, box, snmp } = await setUp('hub', 600);
  expect(box.console('show running-config')).toContain('wait 1');
  expect(disk0Evidence(box)).toBeNull();
  const heard = new Promise<string>((resolve) => agent.onMessage((bytes, from) => resolve(`${bytes.length} ${from.port}`)));
  box.core.receiveUnknownSpi('11.1.1.3', 0x68842105, 1, 100);
  expect(await heard).toMatch(new RegExp(`^\\d{2,} ${snmp.local.port}$`));
  const kept = disk0Evidence(box);
  expect(kept).toMatchObject({ name: 'hub.txt' });
  expect(kept?.captured).toEqual([
    'show crypto sockets',
    'show crypto isakmp sa',
    'show crypto ipsec sa detail',
    'show dmvpn detail',
  ]);
  expect(kept?.text).toContain('Crypto Socket connections');
});

test('the spoke has the hub’s trap as its event, and keeps nothing', async () => {
  const { box } = await setUp('spoke', 3_000);
  expect(box.console('show running-config')).toMatch(/event snmp-notification .*2323232.* src-ip-address 213\.163\.222\.7/);
  expect(disk0Evidence(box)).toBeNull();
});
