/**
 * The simulated box's event manager against net-snmp's C programs: `snmptrap` and `snmpinform` start Note A's spoke applet, and what the
 * box sends is what `snmptrap -v1` would, and what snmptrapd prints. Skipped without the Debian packages snmp and snmptrapd, but not in CI.
 */
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { HUB_ADDRESS, SPOKE_ADDRESS } from '../lab/lab-support.ts';
import { spokeApplet, spokeSnmp } from '../lab/note-a.ts';
import { AUTH_KEY, PRIV_KEY } from '../support/snmp-peers.ts';
import { freePort, run, SnmpFolder, SnmpTrapDaemon, snmpToolsPresent } from './snmp-tools.ts';

const R = '1.3.6.1.4.1.9.10.91';
const INT_DATA_1 = `${R}.1.2.3.1.9.7`;
const BOX_ENGINE = '80000009030000c0ffee01';

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'a box with an event manager (skipped without the Debian packages snmp and snmptrapd)',
  () => {
    const closers: (() => unknown)[] = [];
    let folder: SnmpFolder;
    beforeEach(() => {
      folder = new SnmpFolder();
    });
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
      folder.remove();
    });

    async function boxWith(cryptoAddress: string, lines: readonly string[]) {
      const box = new SimulatedBox({
        hostname: 'router',
        platform: 'cisco-ios',
        clock: createClock(),
        seed: 7,
        cryptoAddress,
        enableSecret: 'lab',
        vtyLines: 5,
        messageIntervalMs: 60_000,
        consoleLevel: null,
      });
      closers.push(() => box.close());
      expect(box.configure(lines)).toEqual([]);
      const socket = await openBoxSnmp({
        box,
        datagrams: udpDatagrams,
        bind: { address: '127.0.0.1', port: 0 },
        routes: () => [{ host: HUB_ADDRESS, at: { address: '127.0.0.2', port: 9 } }],
      });
      closers.push(() => socket.close());
      return { box, port: socket.local.port };
    }

    const intData1 = (value: string): string[] => [INT_DATA_1, 'i', value];

    test.each([
      ['snmptrap -v1', 'snmptrap', ['-v1'], [R, '192.0.2.1', '6', '2', '4711']],
      ['snmptrap -v2c', 'snmptrap', ['-v2c'], ['', `${R}.0.2`]],
      ['snmptrap -v2c of another type', 'snmptrap', ['-v2c'], ['', '1.3.6.1.6.3.1.1.5.3']],
      ['snmpinform -v2c', 'snmpinform', ['-v2c', '-r', '1', '-t', '5'], ['', `${R}.0.2`]],
    ] as const)('%s stops the debugs of Note A’s spoke', async (_name, tool, version, head) => {
      const { box, port } = await boxWith(SPOKE_ADDRESS, [...spokeSnmp, ...spokeApplet]);
      box.console('debug crypto condition peer ipv4 213.163.222.7');
      box.console('debug crypto isakmp');
      const send = (clientAddress: string, value: string) =>
        run(folder, tool, [
          ...version,
          ...['-c', 'public', `--clientaddr=${clientAddress}`, `udp:127.0.0.1:${port}`],
          ...head,
          ...intData1(value),
        ]);
      // What does not match is answered all the same: it is the manager that answers, not the applet.
      expect(await send('127.0.0.3', '2323232')).toMatchObject({ code: 0 });
      expect(await send('127.0.0.2', '2323233')).toMatchObject({ code: 0 });
      await expect.poll(() => box.snmp.counters.received, { timeout: 10_000, interval: 10 }).toBe(2);
      expect(box.appletRuns).toEqual([]);
      expect(await send('127.0.0.2', '2323232')).toMatchObject({ code: 0 });
      await expect.poll(() => box.debugsOn(), { timeout: 10_000, interval: 20 }).toEqual([]);
      expect(box.appletRuns.map(({ cause }) => cause)).toEqual([`${INT_DATA_1} = 2323232 from ${HUB_ADDRESS}`]);
    });

    test('an inform to a box without `snmp-server manager` times out', async () => {
      const { port } = await boxWith(SPOKE_ADDRESS, spokeApplet);
      const args = [
        '-v2c',
        '-c',
        'public',
        '-r',
        '0',
        '-t',
        '1',
        `udp:127.0.0.1:${port}`,
        '',
        `${R}.0.2`,
        ...intData1('2323232'),
      ];
      const { code, output } = await run(folder, 'snmpinform', args);
      expect(code).not.toBe(0);
      expect(output).toMatch(/Timeout/);
    });

    const v3Of = (auth: string, priv: string | null): string[] => [
      ...['-v3', '-u', 'pair', '-l', priv ? 'authPriv' : 'authNoPriv', '-a', auth, '-A', AUTH_KEY],
      ...(priv ? ['-x', priv, '-X', PRIV_KEY] : []),
    ];
    const userOf = (auth: string, priv: string | null): string => {
      const cipher = priv === 'AES' ? 'aes 128' : priv === 'AES-192-C' ? 'aes 192' : 'aes 256';
      return `v3 auth ${auth.toLowerCase()} ${AUTH_KEY}${priv ? ` priv ${cipher} ${PRIV_KEY}` : ''}`;
    };

    describe.each([
      ['SHA', 'AES'],
      ['SHA', 'AES-256-C'],
      ['MD5', 'AES'],
      ['MD5', 'AES-192-C'],
      ['MD5', null],
    ] as const)('v3, %s with %s', (auth, priv) => {
      test.each(['snmptrap', 'snmpinform'] as const)('%s stops the debugs of Note A’s spoke', async (tool) => {
        const engine = '80001f880411223344';
        const of = tool === 'snmptrap' ? `pair pairs remote ${HUB_ADDRESS}` : 'pair pairs';
        const { box, port } = await boxWith(SPOKE_ADDRESS, [
          ...spokeSnmp,
          ...spokeApplet,
          `snmp-server engineID remote ${HUB_ADDRESS} ${engine}`,
          `snmp-server user ${of} ${userOf(auth, priv)}`,
        ]);
        box.console('debug crypto condition peer ipv4 213.163.222.7');
        box.console('debug crypto isakmp');
        const sent = await run(folder, tool, [
          ...v3Of(auth, priv),
          ...(tool === 'snmptrap' ? ['-e', `0x${engine}`] : ['-r', '1', '-t', '5']),
          ...['--clientaddr=127.0.0.2', `udp:127.0.0.1:${port}`, '', `${R}.0.2`, ...intData1('2323232')],
        ]);
        expect(sent).toMatchObject({ code: 0 });
        await expect.poll(() => box.debugsOn(), { timeout: 10_000, interval: 20 }).toEqual([]);
      });
    });

    const speaker = (host: string): string[] => [
      'snmp-server enable traps event-manager',
      `snmp-server host ${host}`,
      'event manager applet command_hub',
      'event timer countdown time 0',
      'action 8.1 snmp-trap intdata1 2323232 intdata2 -5 strdata "x y"',
    ];

    test('its v1 trap is that of `snmptrap -v1`, octet by octet', async () => {
      const captured: Buffer[] = [];
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      closers.push(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
      socket.on('message', (bytes) => captured.push(bytes));
      const { port } = socket.address();
      await boxWith(HUB_ADDRESS, speaker(`127.0.0.1 public udp-port ${port} event-manager`));
      await expect.poll(() => captured.length, { timeout: 10_000, interval: 10 }).toBe(1);
      const upTime = upTimeOf(captured[0]!);
      const column = (number: number, type: string, value: string): string[] => [`${R}.1.2.3.1.${number}.1`, type, value];
      const varbinds = [
        ...column(2, 'u', '4'),
        ...[3, 4, 5].flatMap((number) => column(number, 'u', '0')),
        ...column(6, 's', ''),
        ...column(7, 's', 'command_hub'),
        ...column(9, 'i', '2323232'),
        ...column(10, 'i', '-5'),
        ...column(11, 's', 'x y'),
      ];
      const head = [R, HUB_ADDRESS, '6', '2', String(upTime)];
      const sent = await run(folder, 'snmptrap', ['-v1', '-c', 'public', `127.0.0.1:${port}`, ...head, ...varbinds]);
      expect(sent).toMatchObject({ code: 0 });
      await expect.poll(() => captured.length, { timeout: 10_000, interval: 10 }).toBe(2);
      expect(captured[0]!.toString('hex')).toBe(captured[1]!.toString('hex'));
    });

    test.each([
      ['v1 trap', 'public', /Enterprise Specific Trap \(2\) Uptime: \d+ days/],
      ['v2c trap', 'version 2c public', /\.1\.3\.6\.1\.6\.3\.1\.1\.4\.1\.0 = OID: \.1\.3\.6\.1\.4\.1\.9\.10\.91\.0\.2/],
      ['v2c inform', 'informs version 2c public', /\.1\.3\.6\.1\.6\.3\.1\.1\.4\.1\.0 = OID: \.1\.3\.6\.1\.4\.1\.9\.10\.91\.0\.2/],
    ] as const)('snmptrapd prints its %s', async (_name, host, printed) => {
      const daemon = new SnmpTrapDaemon(folder, await freePort(), '80001f880411223344');
      await daemon.start();
      closers.push(() => daemon.stop());
      const probe = ['-v2c', '-c', 'public', '-r', '20', '-t', '0.25', `udp:127.0.0.1:${daemon.port}`, '', `${R}.0.3`];
      // It prints its version a moment before it binds.
      expect(await run(folder, 'snmpinform', probe)).toMatchObject({ code: 0 });
      const { box } = await boxWith(HUB_ADDRESS, speaker(`127.0.0.1 ${host} udp-port ${daemon.port}`));
      await daemon.printed(printed);
      expect(daemon.output).toMatch(
        /\.1\.2\.3\.1\.9\.1 = INTEGER: 2323232\s+\.\S+\.10\.1 = INTEGER: -5\s+\.\S+\.11\.1 = STRING: "x y"/,
      );
      if (host.startsWith('informs'))
        await expect.poll(() => box.snmp.counters.informsAnswered, { timeout: 10_000, interval: 10 }).toBe(1);
    });

    test.each(['trap', 'inform'] as const)('snmptrapd prints its v3 %s', async (kind) => {
      const theirs = '80001f880455667788';
      const user = `createUser -e 0x${theirs} rtr SHA ${AUTH_KEY} AES ${PRIV_KEY}`;
      const extra = [`exactEngineID 0x${theirs}`, user, `createUser -e 0x${BOX_ENGINE} rtr SHA ${AUTH_KEY} AES ${PRIV_KEY}`];
      const daemon = new SnmpTrapDaemon(
        folder,
        await freePort(),
        '80001f880411223344',
        [...extra, 'authUser log rtr priv'].join('\n'),
      );
      await daemon.start();
      closers.push(() => daemon.stop());
      const probe = ['-v2c', '-c', 'public', '-r', '20', '-t', '0.25', `udp:127.0.0.1:${daemon.port}`, '', `${R}.0.3`];
      expect(await run(folder, 'snmpinform', probe)).toMatchObject({ code: 0 });
      const { box } = await boxWith(HUB_ADDRESS, [
        `snmp-server engineID local ${BOX_ENGINE}`,
        `snmp-server engineID remote 127.0.0.1 ${theirs}`,
        `snmp-server user rtr pairs ${kind === 'inform' ? 'remote 127.0.0.1 ' : ''}v3 auth sha ${AUTH_KEY} priv aes 128 ${PRIV_KEY}`,
        ...speaker(`127.0.0.1 ${kind === 'inform' ? 'informs ' : ''}version 3 priv rtr udp-port ${daemon.port}`),
      ]);
      await daemon.printed(/\.1\.2\.3\.1\.9\.1 = INTEGER: 2323232/);
      if (kind === 'inform')
        await expect.poll(() => box.snmp.counters.informsAnswered, { timeout: 10_000, interval: 10 }).toBe(1);
    });
  },
);

/** time-stamp of a v1 trap, by its place: after enterprise, agent-addr and the two trap numbers. */
function upTimeOf(trap: Buffer): number {
  const at = trap.indexOf(Buffer.from('020106020102', 'hex')) + 6;
  return trap.subarray(at + 2, at + 2 + trap[at + 1]!).reduce((sum, octet) => sum * 256 + octet, 0);
}
