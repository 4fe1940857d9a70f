/** Peers made ready for packets: at a reload one by one, with a pause after each that is new; nobody is half ready. */
import { expect, test } from 'vitest';
import type { SnmpPeer } from '../../agent/net/signalling.ts';
import { preparePeers } from '../../agent/net/snmp-peers.ts';

const peer = (name: string, key = 'a password of it'): SnmpPeer => ({
  name,
  from: ['192.0.2.7'],
  credentials: { version: 3, user: name, auth: { protocol: 'sha256', key }, priv: null },
  engineId: null,
});

test('who did not change is as it was, and costs no pause', async () => {
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  const before = await preparePeers([peer('one'), peer('two')], null, pause);
  expect(pauses).toBe(2);
  const after = await preparePeers([peer('two'), peer('three'), peer('one', 'another password')], before, pause);
  expect(pauses).toBe(4);
  expect(after.ready.map(({ name }) => name)).toEqual(['two', 'three', 'one']);
  expect(after.ready[0]).toBe(before.ready[1]);
  expect(after.ready[2]).not.toBe(before.ready[0]);
});

test('one that is no peer: rejected by its name, without its key', async () => {
  const bad = { ...peer('two'), from: ['nowhere'] };
  await expect(preparePeers([peer('one'), bad], null, async () => {})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/"two".*nowhere/),
  });
  await expect(preparePeers([peer('one', 'short')], null, async () => {})).rejects.toMatchObject({
    message: expect.not.stringContaining('short,'),
  });
});
