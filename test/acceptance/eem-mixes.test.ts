/**
 * Note A's applets and ours, on routers without an agent, against each other and against agents: real time, real UDP, the built executable
 * for every agent and every export. Judged by the boxes: debugs, disk0, counters of traps. Note A against agents: the lab's eem-hub
 * and eem-spoke; every combination in virtual time: test/lab/eem-export.test.ts and test/sim/eem-export.test.ts.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Box, SnmpCounters } from '../../agent/lab/contract.ts';
import { noteAHub, noteASpoke } from '../../agent/lab/eem/note-a.ts';
import { openBoxSnmp, type SnmpRoute } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { armExported, pasteExport } from '../support/exported-router.ts';
import { CRYPTO_ADDRESS, SoloAgent } from '../support/solo-agent.ts';

const HUB_LAST = 50;
const SPOKE_LAST = 51;
/** Longer than Note A's 18 s and what its commands take. */
const WITHIN_MS = 60_000;

let solo: SoloAgent;
const sockets: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.close();
  await solo?.close();
});

/** A peer without an agent; `at` is where its box takes signals, and from where it sends. */
const routerPeer = (of: SoloAgent, name: 'hub1' | 'spoke1', last: number, version: string): string => {
  of.secret('community', 'public');
  return `  - name: ${name}
    kind: eem
    cryptoAddresses: [${name === 'hub1' ? CRYPTO_ADDRESS.hub : CRYPTO_ADDRESS.spoke}]
    from: [${of.address(last)}]
    send: ["${of.address(last)}:${ROUTER_PORT}"]
    snmp: { version: ${version}, community: { file: secrets/community } }
`;
};
/** The nets of two labs differ, so that the port may be one and the same. */
const ROUTER_PORT = 10_162;

async function onUdp(box: Box, last: number, port: number, routes: readonly SnmpRoute[] = []) {
  const bind = { address: solo.address(last), port };
  const socket = await openBoxSnmp({ box, datagrams: udpDatagrams, bind, routes: () => routes });
  sockets.push(socket);
  return socket;
}

const debugsOf = (...boxes: readonly Box[]): Promise<void> =>
  expect.poll(() => boxes.map((box) => box.debugsOn()), { timeout: WITHIN_MS }).toEqual(boxes.map(() => []));
const runsOf = (box: Box) =>
  expect.poll(() => box.appletRuns.map(({ applet, ended }) => [applet, ended?.how]), { timeout: WITHIN_MS });
const stoppedAt = (box: Box): number => box.commandLog.findLast(({ expanded }) => expanded === 'undebug all')!.at;

/** Not one was lost, refused or sent twice. */
function counted(box: Box, change: Partial<SnmpCounters>): void {
  const none = Object.fromEntries(Object.keys(box.snmp.counters).map((name) => [name, 0]));
  expect(box.snmp.counters).toEqual({ ...none, ...change });
}

/** As an engineer would, on the console: what Note A has running all the time. */
function armByHand(box: Box, peer: string): void {
  for (const line of [`condition peer ipv4 ${peer}`, 'isakmp', 'ipsec']) box.console(`debug crypto ${line}`);
  expect(box.debugsOn()).toHaveLength(2);
}

describe('two routers', () => {
  /** Joined over UDP, with the addresses of Note A. No agent runs; its configuration is what the export is made from. */
  async function routers(): Promise<{ hub: Box; spoke: Box }> {
    solo = new SoloAgent({ role: 'hub', peers: (of) => routerPeer(of, 'spoke1', SPOKE_LAST, '1') });
    await solo.prepare();
    const { hub, spoke } = solo.pair;
    const routes: SnmpRoute[] = [];
    const hubSocket = await onUdp(hub, HUB_LAST, 0, routes);
    const spokeSocket = await onUdp(spoke, SPOKE_LAST, 0, routes);
    routes.push({ host: CRYPTO_ADDRESS.hub, at: hubSocket.local }, { host: CRYPTO_ADDRESS.spoke, at: spokeSocket.local });
    return { hub, spoke };
  }
  const exported = (name: string): string[] => ['--for', 'both', '--router', name];

  test('Note A’s hub, as printed with its 18 s, stops our spoke', async () => {
    const { hub, spoke } = await routers();
    expect(hub.configure(noteAHub({ peer: CRYPTO_ADDRESS.spoke }))).toEqual([]);
    await pasteExport(spoke, solo.configFile, ...exported('spoke1'));
    armByHand(hub, CRYPTO_ADDRESS.spoke);
    await armExported(spoke, solo.configFile, ...exported('spoke1'));
    solo.pair.desync();
    await debugsOf(hub, spoke);
    await runsOf(hub).toEqual([['command_hub', 'done']]);
    await runsOf(spoke).toEqual([['spitrap_spoke_hub1', 'done']]);
    expect(Math.abs(stoppedAt(hub) - stoppedAt(spoke))).toBeLessThan(10_000);
    expect(hub.readFile('disk0:hub.txt')).toContain('Crypto');
    expect(spoke.readFile('disk0:spoke.txt')).toContain('Crypto Session Details');
    counted(hub, { sent: 1 });
    counted(spoke, { received: 1 });
  });

  test('our hub stops Note A’s spoke', async () => {
    const { hub, spoke } = await routers();
    await pasteExport(hub, solo.configFile, ...exported('hub1'));
    expect(spoke.configure(noteASpoke({ peer: CRYPTO_ADDRESS.hub }))).toEqual([]);
    await armExported(hub, solo.configFile, ...exported('hub1'));
    armByHand(spoke, CRYPTO_ADDRESS.hub);
    solo.pair.desync();
    await debugsOf(hub, spoke);
    await runsOf(hub).toEqual([['spitrap_hub_spoke1', 'done']]);
    await runsOf(spoke).toEqual([['spoke_app', 'done']]);
    expect(Math.abs(stoppedAt(hub) - stoppedAt(spoke))).toBeLessThan(10_000);
    expect(hub.readFile('disk0:hub.txt')).toContain('Crypto Session Details');
    // It keeps nothing.
    expect(spoke.readFile('disk0:hub.txt')).toBeNull();
    counted(hub, { sent: 1 });
    counted(spoke, { received: 1 });
  });
});

describe('a router and an agent', () => {
  test('our hub stops the agent of the spoke, which verifies it', async () => {
    solo = new SoloAgent({ role: 'spoke', peers: (of) => routerPeer(of, 'hub1', HUB_LAST, '"2c"') });
    await solo.start();
    const { hub, spoke } = solo.pair;
    await onUdp(hub, HUB_LAST, ROUTER_PORT);
    await pasteExport(hub, solo.configFile);
    await armExported(hub, solo.configFile);
    solo.debugsOn();
    solo.pair.desync();
    await debugsOf(hub, spoke);
    await runsOf(hub).toEqual([['spitrap_hub_spoke1', 'done']]);
    await expect
      .poll(async () => (await solo.status()).incidents.map(({ openedBy, outcome }) => [openedBy, outcome]), {
        timeout: WITHIN_MS,
      })
      .toEqual([['stop', 'complete-one-ended']]);
    expect(solo.stops()).toBe(1);
    expect((await solo.status()).refusals).toEqual({});
    expect(hub.readFile('disk0:hub.txt')).toContain('Crypto Session Details');
    counted(hub, { sent: 1 });
  });

  test('the agent of the hub stops our spoke', async () => {
    solo = new SoloAgent({ role: 'hub', peers: (of) => routerPeer(of, 'spoke1', SPOKE_LAST, '"2c"') });
    await solo.start();
    const { hub, spoke } = solo.pair;
    await onUdp(spoke, SPOKE_LAST, ROUTER_PORT);
    await pasteExport(spoke, solo.configFile);
    await armExported(spoke, solo.configFile);
    solo.debugsOn();
    solo.pair.desync();
    await debugsOf(hub, spoke);
    await expect
      .poll(async () => (await solo.status()).incidents.map(({ openedBy, outcome }) => [openedBy, outcome]), {
        timeout: WITHIN_MS,
      })
      .toEqual([['message', 'complete-one-ended']]);
    // Nobody answers a trap, so the stop goes twice, 2 s apart (docs/eem.md): the applet runs for each.
    await runsOf(spoke).toEqual([
      ['spitrap_spoke_hub1', 'done'],
      ['spitrap_spoke_hub1', 'done'],
    ]);
    expect(solo.stops()).toBe(1);
    expect(spoke.readFile('disk0:spoke.txt')).toContain('Crypto Session Details');
    counted(spoke, { received: 2 });
  });
});
