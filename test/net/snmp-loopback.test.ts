/** Our sender and our receiver over real sockets of this host: both families, one dual-stack socket, v2c and v3 together. */
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine } from '../../agent/net/engine.ts';
import type { SnmpReceiver, SnmpSender } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { community, Inbox, peer, stop, v3 } from '../support/snmp-peers.ts';

const CALM = { timeoutMs: 10_000 };
const closers: (SnmpReceiver | SnmpSender)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((one) => one.close()));
});

async function pair(address: string) {
  const inbox = new Inbox();
  const world = {
    clock: createClock(),
    random: createRandom(),
    disk: new FakeDisk(),
    datagrams: udpDatagrams,
  } as unknown as World;
  const from = ['127.0.0.1', '::1'];
  const hub = await openEngine('/hub', null, world);
  const peers = [peer('v3', v3(), { from, engineId: hub.idHex }), peer('v2c', community, { from })];
  const receiver = await openSnmpReceiver({
    listen: { address, port: 0 },
    peers,
    engine: await openEngine('/spoke', null, world),
    world,
    ...inbox,
  });
  const sender = await openSnmpSender({ peers, engine: hub, world });
  closers.push(receiver, sender);
  return { inbox, receiver, sender };
}

const families = existsSync('/proc/net/if_inet6') ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
describe.each(families)('to %s', (address) => {
  test.each(['v3', 'v2c'])('%s inform is acknowledged and %s trap arrives', async (name) => {
    const { inbox, receiver, sender } = await pair(address);
    const to = { address, port: receiver.local.port };
    expect(await sender.send(name, to, stop, CALM)).toMatchObject({ kind: 'acknowledged', from: to });
    expect(await sender.send(name, to, { ...stop, confirmed: false }, CALM)).toEqual({ kind: 'sent' });
    while (inbox.notifications.length < 2) await inbox.until(inbox.notifications.length + inbox.refusals.length + 1);
    expect(inbox.notifications).toMatchObject([
      { confirmed: true, from: { address } },
      { confirmed: false, strData: stop.strData },
    ]);
  });
});

test.skipIf(families.length < 2)('one dual-stack socket takes both families (skipped where the host has no IPv6)', async () => {
  const { inbox, receiver, sender } = await pair('::');
  for (const address of families)
    expect(await sender.send('v3', { address, port: receiver.local.port }, stop, CALM)).toMatchObject({ kind: 'acknowledged' });
  expect(inbox.notifications.map((notification) => notification.from.address)).toEqual(families);
});

test('an unreachable endpoint: the outcome says what the kernel said', async () => {
  const { sender } = await pair('127.0.0.1');
  const outcome = await sender.send('v2c', { address: '127.0.0.1', port: 0 }, stop, { timeoutMs: 50 });
  expect(outcome).toMatchObject({
    kind: 'failed',
    error: { code: 'SNMP_TIMEOUT', message: expect.stringMatching(/last send error/) },
  });
});
