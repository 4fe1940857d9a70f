/**
 * `spitrap eem export` with the built executable: all that it prints is pasted into the console of a router without an agent, and that
 * router stops a real agent with it, over SNMPv3 with the engine that the agent has. The other mixes: eem-mixes.test.ts; in virtual time:
 * test/sim/eem-export.test.ts.
 */
import { afterEach, expect, test } from 'vitest';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { armExported, pasteExport } from '../support/exported-router.ts';
import { SoloAgent } from '../support/solo-agent.ts';

let solo: SoloAgent;
afterEach(() => solo?.close());

const HUB_LAST = 50;

test('pasted whole into the hub’s console, it stops the agent of the spoke', async () => {
  solo = new SoloAgent({
    role: 'spoke',
    peers: (of) => {
      of.secret('auth', 'auth-key-of-the-pair');
      of.secret('priv', 'priv-key-of-the-pair');
      return `  - name: hub1
    kind: eem
    cryptoAddresses: [213.163.222.7]
    from: [${of.address(HUB_LAST)}]
    snmp: { version: 3, user: pair, auth: { protocol: sha1, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }
`;
    },
  });
  await solo.start();
  const { hub } = solo.pair;
  const snmp = await openBoxSnmp({ box: hub, datagrams: udpDatagrams, bind: { address: solo.address(HUB_LAST), port: 0 } });
  try {
    await pasteExport(hub, solo.configFile);
    await armExported(hub, solo.configFile);
    solo.debugsOn();
    solo.pair.desync();
    await expect.poll(() => [hub.debugsOn(), solo.box.debugsOn()], { timeout: 60_000 }).toEqual([[], []]);
    const status = await solo.status();
    expect(status.refusals).toEqual({});
    expect(status.incidents.map(({ openedBy }) => openedBy)).toEqual(['stop']);
    expect(hub.appletRuns[0]?.applet).toBe('spitrap_hub_spoke1');
    expect(hub.readFile('disk0:hub.txt')).toContain('Crypto Session Details');
  } finally {
    await snmp.close();
  }
});
