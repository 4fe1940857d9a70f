/**
 * Our receiver and sender against net-snmp's C programs (Debian packages snmp, snmptrapd). Skipped where they are missing, but not in CI.
 */
import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine, type SnmpEngine } from '../../agent/net/engine.ts';
import type { SnmpReceiver, SnmpSender } from '../../agent/net/signalling.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import { policyEventV1, policyEventVarbinds } from '../../shared/wire/event-manager.ts';
import { encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { authProtocols, community, communityV1, everyUser, Inbox, peer, privProtocols, stop, v3 } from '../support/snmp-peers.ts';
import { freePort, run, SnmpFolder, SnmpTrapDaemon, snmpToolsPresent, v3Arguments } from './snmp-tools.ts';

const world = { clock: createClock(), random: createRandom(), disk: new FakeDisk(), datagrams: udpDatagrams } as unknown as World;
const combinations = authProtocols.flatMap((auth) => [...privProtocols, null].map((priv) => [auth, priv] as const));
const C_ENGINE = '80001f880411223344';
const CALM = { timeoutMs: 5_000 };

/** The event as snmptrap takes it: trap OID, then nine varbinds; IntData2 is left out where the MIB allows it to be unset. */
const eventArguments = (root: 91 | 134, value = 2323232, strData = ''): string[] => {
  const r = `1.3.6.1.4.1.9.10.${root}`;
  const types = [2, 3, 4, 5].flatMap((column) => [`${r}.1.2.3.1.${column}.7`, 'u', '0']);
  const texts = [`${r}.1.2.3.1.6.7`, 's', 'flash:/', `${r}.1.2.3.1.7.7`, 's', 'command_hub'];
  return [
    ...types,
    ...texts,
    `${r}.1.2.3.1.9.7`,
    'i',
    String(value),
    `${r}.1.2.3.1.10.7`,
    'i',
    '0',
    `${r}.1.2.3.1.11.7`,
    's',
    strData,
  ];
};
const trapArguments = (root: 91 | 134, value?: number): string[] => [
  '',
  `1.3.6.1.4.1.9.10.${root}.0.2`,
  ...eventArguments(root, value),
];

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'snmptrap and snmpinform to our receiver (skipped without the Debian package snmp)',
  () => {
    const folder = new SnmpFolder();
    let engine: SnmpEngine;
    let receiver: SnmpReceiver;
    let inbox: Inbox;
    let to: string;

    beforeAll(async () => {
      engine = await openEngine('/live', null, world);
    });
    afterAll(() => folder.remove());
    const open = async (withV1 = false): Promise<void> => {
      inbox = new Inbox();
      const peers = [...everyUser({ engineId: C_ENGINE }), peer('two', community), ...(withV1 ? [peer('one', communityV1)] : [])];
      receiver = await openSnmpReceiver({ listen: { address: '127.0.0.1', port: 0 }, peers, engine, world, ...inbox });
      to = `127.0.0.1:${receiver.local.port}`;
    };
    afterEach(async () => receiver.close());

    test.each([91, 134] as const)('v2c trap and inform, root %i', async (root) => {
      await open();
      expect(await run(folder, 'snmptrap', ['-v2c', '-c', 'public', to, ...trapArguments(root)])).toMatchObject({ code: 0 });
      expect(await run(folder, 'snmpinform', ['-v2c', '-c', 'public', '-r', '0', to, ...trapArguments(root)])).toMatchObject({
        code: 0,
      });
      await inbox.until(2);
      expect(inbox.reasons).toEqual([]);
      const expected = {
        peer: 'two',
        version: '2c',
        root,
        intData1: 2323232,
        intData2: 0,
        strData: '',
        policyName: 'command_hub',
      };
      expect(inbox.notifications).toMatchObject([
        { ...expected, confirmed: false },
        { ...expected, confirmed: true },
      ]);
    });

    test.each([91, 134] as const)('v1 trap, root %i, whatever agent-addr it claims', async (root) => {
      await open(true);
      const args = [
        '-v1',
        '-c',
        'public',
        to,
        `1.3.6.1.4.1.9.10.${root}`,
        '203.0.113.66',
        '6',
        '2',
        '4711',
        ...eventArguments(root),
      ];
      expect(await run(folder, 'snmptrap', args)).toMatchObject({ code: 0 });
      // The same octets again are another event: a script that gives a fixed time stamp is no reason to lose a stop.
      expect(await run(folder, 'snmptrap', args)).toMatchObject({ code: 0 });
      await inbox.until(2);
      expect(inbox.reasons).toEqual([]);
      const expected = { peer: 'one', version: '1', confirmed: false, root, intData1: 2323232, sysUpTimeMs: 47_110 };
      expect(inbox.notifications).toMatchObject([
        { ...expected, from: { address: '127.0.0.1' }, policyName: 'command_hub', strData: '' },
        expected,
      ]);
    });

    test.each(combinations)('v3 trap and inform, %s with %s', async (auth, priv) => {
      await open();
      const user = v3Arguments(auth, priv);
      expect(await run(folder, 'snmptrap', [...user, '-e', `0x${C_ENGINE}`, to, ...trapArguments(91)])).toMatchObject({
        code: 0,
      });
      expect(await run(folder, 'snmpinform', [...user, '-r', '1', to, ...trapArguments(134)])).toMatchObject({ code: 0 });
      await inbox.until(2);
      expect(inbox.reasons.filter((reason) => reason !== 'not-in-time-window')).toEqual([]);
      const { user: name } = v3(auth, priv);
      expect(inbox.notifications).toMatchObject([
        { peer: name, version: 3, root: 91, confirmed: false, intData1: 2323232 },
        { peer: name, version: 3, root: 134, confirmed: true, intData1: 2323232 },
      ]);
    });

    test('an inform whose first Responses are held back is answered on its retry and delivered once', async () => {
      await open();
      inbox.answer = false;
      const client = run(folder, 'snmpinform', [
        ...v3Arguments('sha256', 'aes128'),
        '-r',
        '5',
        '-t',
        '1',
        to,
        ...trapArguments(91),
      ]);
      await inbox.until(2);
      expect(inbox.reasons).toEqual(['duplicate']);
      inbox.notifications[0]!.respond();
      expect(await client).toMatchObject({ code: 0 });
      expect(inbox.notifications).toHaveLength(1);
    });

    test.each<[what: string, tool: string, args: string[], reason: string]>([
      ['wrong community', 'snmpinform', ['-v2c', '-c', 'private'], 'community'],
      ['v1', 'snmptrap', ['-v1', '-c', 'public'], 'version'],
      ['unknown user', 'snmpinform', v3Arguments('sha256', 'aes128', { user: 'nobody' }), 'user'],
      ['wrong auth key', 'snmpinform', v3Arguments('sha256', 'aes128', { authKey: 'another-password' }), 'hmac'],
      ['wrong priv key', 'snmpinform', v3Arguments('sha256', 'aes128', { privKey: 'another-password' }), 'decryption'],
      ['downgrade to noAuthNoPriv', 'snmpinform', ['-v3', '-u', 'u-sha256-aes128', '-l', 'noAuthNoPriv'], 'level'],
      ['downgrade to authNoPriv', 'snmpinform', [...v3Arguments('sha256', null, { user: 'u-sha256-aes128' })], 'level'],
      ['trap of a foreign engine', 'snmptrap', [...v3Arguments('sha256', 'aes128'), '-e', '0x80001f8804deadbeef'], 'engine'],
    ])('%s does nothing and is counted', async (_what, tool, args, reason) => {
      await open();
      const v1 = ['1.3.6.1.4.1.9.10.91', '127.0.0.1', '6', '2', '', ...eventArguments(91)];
      const retries = tool === 'snmpinform' ? ['-r', '0', '-t', '1'] : [];
      const result = await run(folder, tool, [...args, ...retries, to, ...(reason === 'version' ? v1 : trapArguments(91))]);
      if (tool === 'snmpinform') expect(result.code).not.toBe(0);
      await inbox.until(1);
      expect(inbox.notifications).toEqual([]);
      expect(inbox.reasons).toContain(reason);
      expect(receiver.counters()[reason]).toBeGreaterThan(0);
    });
  },
);

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'our sender to snmptrapd (skipped without the Debian package snmptrapd)',
  () => {
    const folder = new SnmpFolder();
    let engine: SnmpEngine;
    let sender: SnmpSender;
    let daemon: SnmpTrapDaemon;
    let to: { address: string; port: number };

    beforeAll(async () => {
      engine = await openEngine('/live-sender', null, world);
      daemon = new SnmpTrapDaemon(folder, await freePort(), engine.idHex);
      to = { address: '127.0.0.1', port: daemon.port };
      await daemon.start();
      sender = await openSnmpSender({
        peers: [...everyUser(), peer('two', community), peer('one', communityV1)],
        engine,
        world,
      });
      // It prints its version a moment before it binds.
      while ((await sender.send('two', to, stop, { timeoutMs: 250 })).kind !== 'acknowledged');
    });
    afterAll(async () => {
      await sender?.close();
      await daemon?.stop();
      folder.remove();
    });

    const printedVarbinds = (root: 91 | 134, marker: string): RegExp => {
      const r = `\\.1\\.3\\.6\\.1\\.4\\.1\\.9\\.10\\.${root}`;
      const column = (n: number, value: string): string => `${r}\\.1\\.2\\.3\\.1\\.${n}\\.\\d+ = ${value}`;
      const zero = '(?:Gauge32|Unsigned32): 0';
      return new RegExp(
        [
          `\\.1\\.3\\.6\\.1\\.6\\.3\\.1\\.1\\.4\\.1\\.0 = OID: ${r}\\.0\\.2`,
          ...[2, 3, 4, 5].map((n) => column(n, zero)),
          column(6, 'STRING: "agent:/"'),
          column(7, `STRING: "${marker}"`),
          column(9, 'INTEGER: 2323232'),
          column(10, 'INTEGER: -18000'),
          column(11, 'STRING: "1 stop 01JD00000000000000000000AA spi=0x68842105"'),
        ].join('\\s+'),
      );
    };
    const marked = (marker: string, root: 91 | 134, confirmed: boolean) => ({
      ...stop,
      root,
      confirmed,
      intData2: -18000,
      policyName: marker,
    });

    test.each([91, 134] as const)('v2c trap and inform, root %i: nine varbinds printed right', async (root) => {
      expect(await sender.send('two', to, marked(`t${root}`, root, false), CALM)).toEqual({ kind: 'sent' });
      await daemon.printed(printedVarbinds(root, `t${root}`));
      expect(await sender.send('two', to, marked(`i${root}`, root, true), CALM)).toMatchObject({ kind: 'acknowledged' });
      await daemon.printed(printedVarbinds(root, `i${root}`));
    });

    test.each([91, 134] as const)(
      'v1 trap, root %i: enterprise, specific trap, our address and nine varbinds printed right',
      async (root) => {
        expect(await sender.send('one', to, marked(`v1-${root}`, root, false), CALM)).toEqual({ kind: 'sent' });
        const r = `\\.1\\.3\\.6\\.1\\.4\\.1\\.9\\.10\\.${root}`;
        const [, ...objects] = printedVarbinds(root, `v1-${root}`).source.split('\\s+');
        await daemon.printed(
          new RegExp(
            `127\\.0\\.0\\.1\\]? \\(via UDP: \\[127\\.0\\.0\\.1\\]:\\d+->.*\\) TRAP, SNMP v1, community public\\s+${r} Enterprise Specific Trap \\(2\\) Uptime: \\d:\\d\\d:\\d\\d\\.\\d\\d\\s+${objects.join('\\s+')}`,
          ),
        );
      },
    );

    test.each(combinations)('v3 trap and inform, %s with %s', async (auth, priv) => {
      const { user } = v3(auth, priv);
      expect(await sender.send(user, to, marked(`t-${user}`, 91, false), CALM)).toEqual({ kind: 'sent' });
      await daemon.printed(printedVarbinds(91, `t-${user}`));
      expect(await sender.send(user, to, marked(`i-${user}`, 134, true), CALM)).toMatchObject({ kind: 'acknowledged' });
      await daemon.printed(printedVarbinds(134, `i-${user}`));
    });

    test('snmptrapd restarted with its state, and without: the next inform lands', async () => {
      const { user } = v3();
      for (const how of ['with', 'without'] as const) {
        await daemon.stop();
        if (how === 'without') folder.forgetState();
        await daemon.start();
        while ((await sender.send('two', to, stop, { timeoutMs: 250 })).kind !== 'acknowledged');
        expect(await sender.send(user, to, marked(`after-${how}`, 91, true), CALM), how).toMatchObject({ kind: 'acknowledged' });
        await daemon.printed(printedVarbinds(91, `after-${how}`));
      }
    });

    test('we restart, with and without our state: the next inform and, with it, the next trap land', async () => {
      const { user } = v3();
      for (const dataDir of ['/live-sender', '/live-sender-lost']) {
        await sender.close();
        const id = dataDir === '/live-sender' ? null : engine.idHex;
        sender = await openSnmpSender({
          peers: [...everyUser(), peer('two', community)],
          engine: await openEngine(dataDir, id, world),
          world,
        });
        expect(await sender.send(user, to, marked(`again-${dataDir.length}`, 91, true), CALM)).toMatchObject({
          kind: 'acknowledged',
        });
        await daemon.printed(printedVarbinds(91, `again-${dataDir.length}`));
        await sender.send(user, to, marked(`trap-${dataDir.length}`, 91, false), CALM);
        if (id === null) await daemon.printed(printedVarbinds(91, `trap-${dataDir.length}`));
      }
    });

    test('wrong password: refused with the reason that snmptrapd reports', async () => {
      const credentials = v3();
      const wrong = peer('wrong', { ...credentials, auth: { protocol: 'sha256', key: 'another-password' } });
      const other = await openSnmpSender({ peers: [wrong], engine, world });
      const outcome = await other.send('wrong', to, stop, { timeoutMs: 700 });
      expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'SNMP_REFUSED' } });
      expect(outcome.kind === 'failed' && outcome.error.message).toMatch(/wrongDigests/);
      await other.close();
    });
  },
);

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'an engine whose boots went back (skipped without the Debian package snmptrapd)',
  () => {
    test('the same engine id with a lost state is found again within one attempt', async () => {
      const folder = new SnmpFolder();
      const engine = await openEngine('/live-back', null, world);
      const daemon = new SnmpTrapDaemon(folder, await freePort(), engine.idHex, 'exactEngineID 0x80001f8804aabbccdd');
      const to = { address: '127.0.0.1', port: daemon.port };
      const sender = await openSnmpSender({ peers: [...everyUser(), peer('two', community)], engine, world });
      const boot = async (): Promise<void> => {
        await daemon.start();
        while ((await sender.send('two', to, stop, { timeoutMs: 250 })).kind !== 'acknowledged');
      };
      for (let i = 0; i < 3; i++) {
        await boot();
        expect(await sender.send(v3().user, to, stop, CALM)).toMatchObject({ kind: 'acknowledged' });
        await daemon.stop();
      }
      folder.forgetState();
      await boot();
      expect(await sender.send(v3().user, to, stop, CALM)).toMatchObject({ kind: 'acknowledged' });
      await daemon.stop();
      await sender.close();
      folder.remove();
    });
  },
);

describe.skipIf(!snmpToolsPresent && !process.env['CI'])('byte for byte (skipped without the Debian package snmp)', () => {
  test.each([91, 134] as const)('our v1 trap is that of snmptrap -v1, root %i', async (root) => {
    const folder = new SnmpFolder();
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const captured = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const strData = 'x'.repeat(200);
    const v1 = [`1.3.6.1.4.1.9.10.${root}`, '192.0.2.1', '6', '2', '4711', ...eventArguments(root, 2323232, strData)];
    await run(folder, 'snmptrap', ['-v1', '-c', 'public', `127.0.0.1:${socket.address().port}`, ...v1]);
    const event = { policyPath: 'flash:/', policyName: 'command_hub', intData1: 2323232, intData2: 0, strData };
    const ours = encodeCommunityMessage({
      version: '1',
      community: Buffer.from('public'),
      pdu: {
        type: 'trap-v1',
        ...policyEventV1(root),
        agentAddress: '192.0.2.1',
        genericTrap: 6,
        timeStamp: 4711,
        varbinds: policyEventVarbinds(root, 7, event),
      },
    });
    expect(ours.toString('hex')).toBe((await captured).toString('hex'));
    socket.close();
    folder.remove();
  });

  test.each([91, 134] as const)(
    'what our sender really sends over v1 is what snmptrap -v1 sends for the same values, root %i',
    async (root) => {
      const folder = new SnmpFolder();
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      const next = (): Promise<Buffer> => new Promise((resolve) => socket.once('message', resolve));
      const to = { address: '127.0.0.1', port: socket.address().port };
      const engine = { ...(await openEngine('/live-v1', null, world)), upTimeTicks: () => 4711 };
      const sender = await openSnmpSender({ peers: [peer('one', communityV1)], engine, world });
      const heard = next();
      const strData = '1 stop 01JD00000000000000000000AA';
      const event = { ...stop, confirmed: false, root, strData, policyName: 'command_hub', policyPath: 'flash:/' };
      expect(await sender.send('one', to, event, CALM)).toEqual({ kind: 'sent' });
      const ours = await heard;
      // The route's own address, since nothing says another; ceemHistoryEventIndex is the first.
      const arguments_ = eventArguments(root, 2323232, strData).map((text) => text.replace(/\.7$/, '.1'));
      const theirs = next();
      const v1 = [`1.3.6.1.4.1.9.10.${root}`, '127.0.0.1', '6', '2', '4711', ...arguments_];
      await run(folder, 'snmptrap', ['-v1', '-c', 'public', `127.0.0.1:${to.port}`, ...v1]);
      expect(ours.toString('hex')).toBe((await theirs).toString('hex'));
      await sender.close();
      socket.close();
      folder.remove();
    },
  );
});
