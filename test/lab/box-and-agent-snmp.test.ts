/** A box that runs Note A's applet itself and an agent's SNMP, over UDP: what each sends, the other understands. */
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { noteAHub, noteASpoke } from '../../agent/lab/eem/note-a.ts';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine } from '../../agent/net/engine.ts';
import type { SnmpCredentials } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { community, communityV1, Inbox, peer, stop } from '../support/snmp-peers.ts';
import { HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';

const BOX_AT = '127.0.0.2';
const AGENT_AT = '127.0.0.3';
const clock = createClock();
const world = { clock, random: createRandom(), disk: new FakeDisk(), datagrams: udpDatagrams } as unknown as World;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function box(cryptoAddress: string, lines: readonly string[]): SimulatedBox {
  const made = new SimulatedBox({
    hostname: 'router',
    platform: 'cisco-ios',
    clock,
    seed: 7,
    cryptoAddress,
    enableSecret: 'lab',
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
  });
  closers.push(() => made.close());
  expect(made.configure(lines)).toEqual([]);
  return made;
}

async function socketOf(of: SimulatedBox, host: string, port: number) {
  const bind = { address: BOX_AT, port: 0 };
  const routes = () => [{ host, at: { address: AGENT_AT, port } }];
  const socket = await openBoxSnmp({ box: of, datagrams: udpDatagrams, bind, routes });
  closers.push(() => socket.close());
  return socket;
}

describe('an agent at the hub, a box alone at the spoke', () => {
  async function stopsSpoke(credentials: SnmpCredentials, confirmed: boolean) {
    const spoke = box(SPOKE_ADDRESS, noteASpoke({ peer: HUB_ADDRESS }));
    const { local } = await socketOf(spoke, HUB_ADDRESS, 9);
    for (const line of ['condition peer ipv4 213.163.222.7', 'isakmp', 'ipsec']) spoke.console(`debug crypto ${line}`);
    const engine = await openEngine('/data', null, world);
    const peers = [peer('box', credentials, { from: [BOX_AT] })];
    const sender = await openSnmpSender({ peers, engine, world, source: { v4: AGENT_AT } });
    closers.push(() => sender.close());
    const outcome = await sender.send('box', local, { ...stop, confirmed }, { timeoutMs: 5_000 });
    await expect.poll(() => spoke.debugsOn(), { timeout: 10_000, interval: 20 }).toEqual([]);
    expect(spoke.appletRuns.map(({ cause }) => cause)).toEqual(['1.3.6.1.4.1.9.10.91.1.2.3.1.9.1 = 2323232 from 213.163.222.7']);
    return outcome;
  }

  test('a stop as v1 trap', async () => {
    expect(await stopsSpoke(communityV1, false)).toEqual({ kind: 'sent' });
  });
  test('a stop as v2c trap', async () => {
    expect(await stopsSpoke(community, false)).toEqual({ kind: 'sent' });
  });
  test('a stop as v2c inform, acknowledged by the box', async () => {
    expect(await stopsSpoke(community, true)).toMatchObject({ kind: 'acknowledged', from: { address: BOX_AT } });
  });
});

describe('a box alone at the hub, an agent at the spoke', () => {
  test.each([
    ['v1, as Note A has it', 'public event-manager', communityV1, false],
    ['v2c', 'version 2c public event-manager', community, false],
    ['v2c inform', 'informs version 2c public event-manager', community, true],
  ] as const)('%s: the agent has its stop, without a text of ours', async (_how, host, credentials, confirmed) => {
    const inbox = new Inbox();
    const engine = await openEngine('/data', null, world);
    const receiver = await openSnmpReceiver({
      listen: { address: AGENT_AT, port: 0 },
      peers: [peer('hub', credentials, { from: [BOX_AT] })],
      engine,
      world,
      ...inbox,
    });
    closers.push(() => receiver.close());
    const lines = noteAHub({ peer: SPOKE_ADDRESS, host }).filter((line) => !/wait|show/.test(line));
    const hub = box(HUB_ADDRESS, lines);
    await socketOf(hub, SPOKE_ADDRESS, receiver.local.port);
    hub.core.receiveUnknownSpi(SPOKE_ADDRESS, 0x68842105, 1, 100);
    await inbox.until(1);
    expect(inbox.refusals).toEqual([]);
    expect(inbox.notifications).toMatchObject([
      { peer: 'hub', confirmed, root: 91, intData1: 2323232, intData2: null, strData: '', policyName: 'command_hub' },
    ]);
    if (confirmed) await expect.poll(() => hub.snmp.counters.informsAnswered, { timeout: 10_000, interval: 10 }).toBe(1);
  });
});
