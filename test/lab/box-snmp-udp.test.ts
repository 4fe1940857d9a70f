/** A box's SNMP on a real socket, with loopback addresses that stand for those of the configuration. */
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import type { BoxOptions } from '../../agent/lab/contract.ts';
import { openBoxSnmp, type SnmpRoute } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventVarbinds } from '../../shared/wire/event-manager.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import { HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';
import { hubApplet, hubSnmp, spokeApplet, spokeSnmp } from './note-a.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function box(hostname: string, cryptoAddress: string, lines: readonly string[]): SimulatedBox {
  const options: BoxOptions = {
    hostname,
    platform: 'cisco-ios',
    clock: createClock(),
    seed: 7,
    cryptoAddress,
    enableSecret: 'lab',
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
  };
  const made = new SimulatedBox(options);
  closers.push(() => made.close());
  expect(made.configure(lines)).toEqual([]);
  return made;
}

async function open(of: SimulatedBox, address: string, routes: readonly SnmpRoute[] = []) {
  const socket = await openBoxSnmp({ box: of, datagrams: udpDatagrams, bind: { address, port: 0 }, routes: () => routes });
  closers.push(() => socket.close());
  return socket;
}

/** Note A's hub without its 18 s. */
const quickHub = hubApplet.filter((line) => !/wait|show/.test(line));

describe('Note A’s two applets over UDP', () => {
  test.each([
    ['each on an address of its own', '127.0.0.2', '127.0.0.3'],
    ['both on 127.0.0.1, told apart by their ports', '127.0.0.1', '127.0.0.1'],
  ])('%s', async (_how, hubAt, spokeAt) => {
    const hub = box('hub', HUB_ADDRESS, [...hubSnmp, ...quickHub]);
    const spoke = box('spoke', SPOKE_ADDRESS, [...spokeSnmp, ...spokeApplet]);
    const routes: SnmpRoute[] = [];
    const hubSocket = await open(hub, hubAt, routes);
    const spokeSocket = await open(spoke, spokeAt, routes);
    routes.push({ host: HUB_ADDRESS, at: hubSocket.local }, { host: SPOKE_ADDRESS, at: spokeSocket.local });
    spoke.console('debug crypto condition peer ipv4 213.163.222.7');
    spoke.console('debug crypto isakmp');
    hub.core.receiveUnknownSpi(SPOKE_ADDRESS, 0x68842105, 1, 100);
    await expect.poll(() => spoke.appletRuns[0]?.ended?.how, { timeout: 10_000 }).toBe('done');
    expect(spoke.debugsOn()).toEqual([]);
    expect(hub.snmp.counters).toMatchObject({ sent: 1, received: 0 });
    expect(spoke.snmp.counters).toMatchObject({ sent: 0, received: 1 });
  });

  test('without routes the addresses are what they are, and `udp-port` says where', async () => {
    const spoke = box('spoke', SPOKE_ADDRESS, [
      'snmp-server manager',
      ...spokeApplet.map((line) => line.replace('213.163.222.7', '127.0.0.2')),
    ]);
    const { local } = await open(spoke, '127.0.0.3');
    const hub = box('hub', HUB_ADDRESS, [
      'snmp-server enable traps event-manager',
      `snmp-server host 127.0.0.3 version 2c public udp-port ${local.port} event-manager`,
      ...quickHub,
    ]);
    await open(hub, '127.0.0.2');
    hub.core.receiveUnknownSpi(SPOKE_ADDRESS, 0x68842105, 1, 100);
    await expect.poll(() => spoke.appletRuns.length, { timeout: 10_000 }).toBe(1);
  });
});

test('an inform is answered to the port that it came from, whatever the routes say', async () => {
  const spoke = box('spoke', SPOKE_ADDRESS, [...spokeSnmp, ...spokeApplet]);
  const agent = createSocket('udp4');
  await new Promise<void>((resolve) => agent.bind(0, '127.0.0.4', resolve));
  closers.push(() => new Promise<void>((resolve) => void agent.close(() => resolve())));
  // The agent hears elsewhere than it sends from.
  const { local } = await open(spoke, '127.0.0.3', [{ host: HUB_ADDRESS, at: { address: '127.0.0.4', port: 9 } }]);
  const event = { policyPath: '', policyName: 'spitrap', intData1: 2323232, intData2: null, strData: null };
  const varbinds = notificationVarbinds(1, policyEventTrapOid(91), policyEventVarbinds(91, 1, event));
  const pdu = { type: 'inform', requestId: 77, errorStatus: 0, errorIndex: 0, varbinds } as const;
  const answer = new Promise<Buffer>((resolve) => agent.once('message', resolve));
  agent.send(encodeCommunityMessage({ version: '2c', community: Buffer.from('public'), pdu }), local.port, local.address);
  expect(decodeMessage(await answer)).toMatchObject({ ok: true, message: { pdu: { type: 'response', requestId: 77 } } });
  expect(spoke.appletRuns.map(({ cause }) => cause)).toEqual(['1.3.6.1.4.1.9.10.91.1.2.3.1.9.1 = 2323232 from 213.163.222.7']);
});

test('closed, it neither sends nor hears; an address that is taken is refused', async () => {
  const hub = box('hub', HUB_ADDRESS, ['snmp-server host 127.0.0.3 public', ...quickHub]);
  const socket = await open(hub, '127.0.0.2');
  await expect(openBoxSnmp({ box: hub, datagrams: udpDatagrams, bind: socket.local })).rejects.toMatchObject({
    code: 'LISTEN_REFUSED',
  });
  await socket.close();
  hub.configure([
    'snmp-server enable traps event-manager',
    'event manager applet x',
    'event timer countdown time 0',
    'action 1 snmp-trap intdata1 1',
  ]);
  await expect.poll(() => hub.snmp.counters.sent, { timeout: 10_000 }).toBe(1);
  expect(socket.sendErrors()).toBe(0);
});
