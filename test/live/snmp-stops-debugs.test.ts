/**
 * net-snmp's C programs in the role of the hub, before a running spoke agent with a simulated box beside it: a stop turns the box's debugs
 * off, and whatever is wrong with it does nothing and is counted. Skipped without the Debian package snmp, but not in CI.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { wall } from '../../shared/model/time.ts';
import { ulid } from '../../shared/model/ulid.ts';
import { defaultValues, encodeSignalText, type Phase } from '../../shared/wire/signal.ts';
import { binPath } from '../support/lab-process.ts';
import { SoloAgent } from '../support/solo-agent.ts';
import { run, SnmpFolder, snmpToolsPresent } from './snmp-tools.ts';

const AUTH = 'authentication key';
const PRIV = 'privacy key of it';
const C_ENGINE = '80001f880455667788';
const COMMUNITY = 'lab-community';
/** Last octets of the addresses that signals come from. */
const FROM = { eem2c: 41, eemV3: 42, hub: 43, stranger: 44, eemV1: 45 } as const;

/** Peers: Note A's router over v2c and v1 (what `snmp-server host X public` sends), the same over v3 (an engine of its own for traps), and a spitrap hub whose answers nobody takes. */
const peers = (spoke: SoloAgent): string => {
  spoke.secret('community', COMMUNITY);
  spoke.secret('auth', AUTH);
  spoke.secret('priv', PRIV);
  const v3 = (user: string): string =>
    `snmp: { version: 3, user: ${user}, auth: { protocol: sha256, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }`;
  return `  - name: router
    kind: eem
    cryptoAddresses: [213.163.222.7]
    from: [${spoke.address(FROM.eem2c)}]
    snmp: { version: "2c", community: { file: secrets/community } }
  - name: router1
    kind: eem
    cryptoAddresses: [213.163.222.6]
    from: [${spoke.address(FROM.eemV1)}]
    snmp: { version: 1, community: { file: secrets/community } }
  - name: router3
    kind: eem
    cryptoAddresses: [213.163.222.8]
    from: [${spoke.address(FROM.eemV3)}]
    engineId: "${C_ENGINE}"
    ${v3('eem')}
  - name: hub1
    kind: spitrap
    cryptoAddresses: [213.163.222.9]
    send: ["${spoke.address(FROM.hub)}:10162"]
    ${v3('pair')}
`;
};

const R = '1.3.6.1.4.1.9.10.91';

/** What follows the address on snmptrap's command line. Note A's applet: `intdata1 2323232 strdata ""`. */
const policyEvent = (intData1: number, intData2 = 0, strData = '', root = R): string[] => [
  '',
  `${root}.0.2`,
  ...[2, 3, 4, 5].flatMap((column) => [`${root}.1.2.3.1.${column}.1`, 'u', '0']),
  ...[`${root}.1.2.3.1.6.1`, 's', 'flash:/policy', `${root}.1.2.3.1.7.1`, 's', 'command_hub'],
  ...[`${root}.1.2.3.1.9.1`, 'i', String(intData1), `${root}.1.2.3.1.10.1`, 'i', String(intData2)],
  ...[`${root}.1.2.3.1.11.1`, 's', strData],
];

/** As `snmptrap -v1` takes it; agent-addr is that of nobody whom the spoke knows. */
const v1Event = (intData1: number, root = R): string[] => [
  ...[root, '203.0.113.99', '6', '2', ''],
  ...policyEvent(intData1, 0, '', root).slice(2),
];
const v1 = (community = COMMUNITY): string[] => ['-v1', '-c', community];
const v2c = (community = COMMUNITY): string[] => ['-v2c', '-c', community];
const v3 = (user: string, change: { auth?: string; priv?: string; level?: string } = {}): string[] => [
  ...['-v3', '-u', user, '-l', change.level ?? 'authPriv', '-a', 'SHA-256', '-A', change.auth ?? AUTH],
  ...['-x', 'AES', '-X', change.priv ?? PRIV],
];

describe.skipIf(!snmpToolsPresent && !process.env['CI'])(
  'snmptrap and snmpinform stop the debugs of a box beside a spoke agent (skipped without the Debian packages snmp and snmptrapd)',
  () => {
    let spoke: SoloAgent;
    let folder: SnmpFolder;
    beforeEach(async () => {
      folder = new SnmpFolder();
      spoke = new SoloAgent({ role: 'spoke', peers });
      await spoke.start();
      spoke.debugsOn();
    });
    afterEach(async () => {
      await spoke.close();
      folder.remove();
    });

    const send = (tool: 'snmptrap' | 'snmpinform', last: number, credentials: readonly string[], event: readonly string[]) =>
      run(folder, tool, [
        ...credentials,
        ...(tool === 'snmpinform' ? ['-r', '1', '-t', '2'] : []),
        `--clientaddr=${spoke.address(last)}`,
        `udp:${spoke.signal.address}:${spoke.signal.port}`,
        ...event,
      ]);
    const stopped = async (stops = 1): Promise<void> => {
      await expect.poll(() => spoke.box.debugsOn(), { timeout: 10_000, interval: 20 }).toEqual([]);
      expect(spoke.stops()).toBe(stops);
    };
    const text = (phase: Phase, incident: string): string => encodeSignalText({ phase, incident, keys: {} });

    describe('a stop that counts', () => {
      test.each([
        ['v2c trap, Note A’s own', 'snmptrap', FROM.eem2c, v2c(), R],
        ['v2c inform', 'snmpinform', FROM.eem2c, v2c(), R],
        ['v2c trap under the other root', 'snmptrap', FROM.eem2c, v2c(), '1.3.6.1.4.1.9.10.134'],
        ['v3 authPriv trap', 'snmptrap', FROM.eemV3, ['-e', `0x${C_ENGINE}`, ...v3('eem')], R],
        ['v3 authPriv inform', 'snmpinform', FROM.eemV3, v3('eem'), R],
      ] as const)('%s of an eem peer, without StrData', async (_name, tool, last, credentials, root) => {
        expect(await send(tool, last, credentials, policyEvent(defaultValues.stop, 0, '', root))).toMatchObject({ code: 0 });
        await stopped();
        await expect
          .poll(async () => (await spoke.status()).incidents[0], { timeout: 20_000 })
          .toMatchObject({
            openedBy: 'stop',
            debugsOff: 'verified',
            // The router's own debugs cannot be verified from here.
            outcome: 'complete-one-ended',
          });
      });

      test.each([
        ['91', R],
        ['134', '1.3.6.1.4.1.9.10.134'],
      ])('v1 trap of an eem peer under root %s, as routers send by default', async (_name, root) => {
        expect(await send('snmptrap', FROM.eemV1, v1(), v1Event(defaultValues.stop, root))).toMatchObject({ code: 0 });
        await stopped();
        await expect
          .poll(async () => (await spoke.status()).incidents[0], { timeout: 20_000 })
          .toMatchObject({ openedBy: 'stop', debugsOff: 'verified', outcome: 'complete-one-ended' });
      });

      test('v3 informs of a spitrap hub: alert, then stop, under one id', async () => {
        const incident = ulid(wall(Date.UTC(2026, 10, 22)), Buffer.alloc(10, 7));
        const alert = policyEvent(defaultValues.alert, 60_000, text('alert', incident));
        expect(await send('snmpinform', FROM.hub, v3('pair'), alert)).toMatchObject({ code: 0 });
        await expect.poll(async () => (await spoke.status()).incidents[0]).toMatchObject({ id: incident, openedBy: 'alert' });
        expect(spoke.stops()).toBe(0);
        const stop = policyEvent(defaultValues.stop, 0, text('stop', incident));
        expect(await send('snmpinform', FROM.hub, v3('pair'), stop)).toMatchObject({ code: 0 });
        await stopped();
      });

      test('a hub that alerts and is never heard again: the spoke’s own timer', async () => {
        const incident = ulid(wall(Date.UTC(2026, 10, 22)), Buffer.alloc(10, 8));
        const alert = policyEvent(defaultValues.alert, 1_500, text('alert', incident));
        expect(await send('snmpinform', FROM.hub, v3('pair'), alert)).toMatchObject({ code: 0 });
        await stopped();
      });

      test('the same stop again, within the window, is the same event', async () => {
        const again = () => send('snmpinform', FROM.eem2c, v2c(), policyEvent(defaultValues.stop));
        expect(await again()).toMatchObject({ code: 0 });
        await stopped();
        spoke.debugsOn();
        // Answered, which is after it was judged; and nobody's later debugs are killed.
        expect(await again()).toMatchObject({ code: 0 });
        expect((await spoke.status()).incidents.length).toBe(1);
        expect(spoke.box.debugsOn().length).toBe(2);
        expect(spoke.stops()).toBe(1);
      });
    });

    test('wrong community, user, key, level, source address, value, phase, text: each does nothing and is counted', async () => {
      const stop = policyEvent(defaultValues.stop);
      const refusals = async (): Promise<Readonly<Record<string, number>>> => {
        const { stdout } = await promisify(execFile)(process.execPath, [
          binPath,
          'status',
          '--json',
          '--data-dir',
          spoke.dataDir,
        ]);
        return (JSON.parse(stdout) as { refusals: Record<string, number> }).refusals;
      };
      const wrong: [reason: string, send: () => Promise<unknown>][] = [
        ['community', () => send('snmptrap', FROM.eem2c, v2c('public'), stop)],
        ['source-address', () => send('snmptrap', FROM.stranger, v2c(), stop)],
        ['value', () => send('snmptrap', FROM.eem2c, v2c(), policyEvent(2323239))],
        ['eem-phase', () => send('snmptrap', FROM.eem2c, v2c(), policyEvent(defaultValues.alert))],
        ['not-a-signal', () => send('snmptrap', FROM.eem2c, v2c(), ['', '1.3.6.1.6.3.1.1.5.3'])],
        ['user', () => send('snmpinform', FROM.eemV3, v3('nobody'), stop)],
        ['hmac', () => send('snmpinform', FROM.eemV3, v3('eem', { auth: 'another password' }), stop)],
        ['decryption', () => send('snmpinform', FROM.eemV3, v3('eem', { priv: 'another password' }), stop)],
        ['level', () => send('snmpinform', FROM.eemV3, v3('eem', { level: 'authNoPriv' }), stop)],
        ['engine', () => send('snmptrap', FROM.eemV3, ['-e', '0x80001f8804deadbeef', ...v3('eem')], stop)],
        ['version', () => send('snmptrap', FROM.eemV3, v2c(), stop)],
        ['version', () => send('snmptrap', FROM.eem2c, v1(), v1Event(defaultValues.stop))],
        ['version', () => send('snmptrap', FROM.eemV1, v2c(), stop)],
        ['community', () => send('snmptrap', FROM.eemV1, v1('public'), v1Event(defaultValues.stop))],
        ['source-address', () => send('snmptrap', FROM.stranger, v1(), v1Event(defaultValues.stop))],
        ['eem-phase', () => send('snmptrap', FROM.eemV1, v1(), v1Event(defaultValues.done))],
        ['not-a-signal', () => send('snmptrap', FROM.eemV1, v1(), [R, '203.0.113.99', '3', '0', ''])],
        ['strdata-missing', () => send('snmpinform', FROM.hub, v3('pair'), stop)],
        [
          'strdata-malformed',
          () => send('snmpinform', FROM.hub, v3('pair'), policyEvent(defaultValues.stop, 0, '1 stop not-a-ulid')),
        ],
      ];
      for (const [reason, attempt] of wrong) {
        const before = (await refusals())[reason] ?? 0;
        await attempt();
        await expect.poll(async () => (await refusals())[reason] ?? 0, { message: reason }).toBeGreaterThan(before);
      }
      expect(spoke.box.debugsOn().length).toBe(2);
      expect(spoke.stops()).toBe(0);
      expect((await spoke.status()).incidents).toEqual([]);
      // And after all that the right one still lands.
      await send('snmptrap', FROM.eem2c, v2c(), stop);
      await stopped();
    });

    describe('restarts', () => {
      const inform = () => send('snmpinform', FROM.eemV3, v3('eem'), policyEvent(defaultValues.stop));

      test.each([
        ['with its dataDir', () => {}],
        ['without its dataDir', () => rmSync(spoke.dataDir, { recursive: true })],
      ])('the agent restarted %s: the next inform lands', async (_name, between) => {
        // A value that does nothing: the C side learns our engine, boots and time, and keeps them.
        await send('snmpinform', FROM.eemV3, v3('eem'), policyEvent(2323239));
        await spoke.stopAgent();
        between();
        await spoke.run();
        await spoke.loggedIn();
        expect(spoke.stops()).toBe(0);
        expect(await inform()).toMatchObject({ code: 0 });
        await stopped();
      });

      test.each([
        ['with its state', () => {}],
        ['without its state', () => folder.forgetState()],
      ])('the C programs %s: the next trap lands', async (_name, between) => {
        const trap = (value: number) => send('snmptrap', FROM.eemV3, ['-e', `0x${C_ENGINE}`, ...v3('eem')], policyEvent(value));
        await trap(2323239);
        between();
        await trap(defaultValues.stop);
        await stopped();
      });
    });
  },
);
