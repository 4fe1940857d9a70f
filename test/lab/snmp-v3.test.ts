/** The box's SNMPv3 against the agent's (two implementations that share no code): traps and informs in both directions, clocks, refusals. */
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { SimulatedBox } from '../../agent/lab/box.ts';
import { noteAHub, noteASpoke } from '../../agent/lab/eem/note-a.ts';
import { Prng } from '../../agent/lab/prng.ts';
import { v3Message } from '../../agent/lab/snmp/message-v3.ts';
import { encodePdu } from '../../agent/lab/snmp/pdu.ts';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { localizedKey, privacyKey, type UsmKeys } from '../../agent/lab/snmp/usm.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine } from '../../agent/net/engine.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { AUTH_KEY, Inbox, PRIV_KEY, peer, stop, v3 } from '../support/snmp-peers.ts';
import { boxOptions, HUB_ADDRESS, SPOKE_ADDRESS } from './lab-support.ts';

const BOX_AT = '127.0.0.2';
const AGENT_AT = '127.0.0.3';
const BOX_ENGINE = '80000009030000C0FFEE01';
const USER = 'pair';
const AUTH = `auth sha ${AUTH_KEY}`;
const clock = createClock();
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function box(cryptoAddress: string, lines: readonly string[]): SimulatedBox {
  const made = new SimulatedBox(boxOptions(clock as unknown as FakeClock, { cryptoAddress, consoleLevel: null }));
  closers.push(() => made.close());
  expect(made.configure([`snmp-server engineID local ${BOX_ENGINE}`, ...lines])).toEqual([]);
  return made;
}

async function socketOf(of: SimulatedBox, host: string, port: number) {
  const bind = { address: BOX_AT, port: 0 };
  const routes = () => [{ host, at: { address: AGENT_AT, port } }];
  const socket = await openBoxSnmp({ box: of, datagrams: udpDatagrams, bind, routes });
  closers.push(() => socket.close());
  return socket;
}

const newWorld = (): World =>
  ({ clock, random: createRandom(), disk: new FakeDisk(), datagrams: udpDatagrams }) as unknown as World;

/** `auth sha …` with or without AES; the agent's AES-256 with Cisco's key extension is its `aes256c`. */
const levels = [
  ['authNoPriv', 'auth', '', null],
  ['authPriv, AES 128', 'priv', ` priv aes 128 ${PRIV_KEY}`, 'aes128'],
  ['authPriv, AES 256', 'priv', ` priv aes 256 ${PRIV_KEY}`, 'aes256c'],
] as const;

describe('an agent at the hub, a box alone at the spoke', () => {
  describe.each(levels)('%s', (_name, security, priv, cipher) => {
    test.each([true, false])('a stop, inform: %s', async (confirmed) => {
      const world = newWorld();
      const engine = await openEngine('/data', null, world);
      // Of its informs the box's engine is the authority, of its traps the agent's.
      const user = confirmed ? `${USER} pairs` : `${USER} pairs remote ${HUB_ADDRESS}`;
      const spoke = box(SPOKE_ADDRESS, [
        ...noteASpoke({ peer: HUB_ADDRESS }),
        `snmp-server engineID remote ${HUB_ADDRESS} ${engine.idHex}`,
        `snmp-server group pairs v3 ${security}`,
        `snmp-server user ${user} v3 ${AUTH}${priv}`,
      ]);
      const { local } = await socketOf(spoke, HUB_ADDRESS, 9);
      spoke.console('debug crypto condition peer ipv4 213.163.222.7');
      spoke.console('debug crypto isakmp');
      const peers = [peer('box', v3('sha1', cipher, USER), { from: [BOX_AT] })];
      const sender = await openSnmpSender({ peers, engine, world, source: { v4: AGENT_AT } });
      closers.push(() => sender.close());
      const send = () => sender.send('box', local, { ...stop, confirmed }, { timeoutMs: 5_000 });
      expect(await send()).toMatchObject({ kind: confirmed ? 'acknowledged' : 'sent' });
      await expect.poll(() => spoke.debugsOn(), { timeout: 10_000, interval: 20 }).toEqual([]);
      // The second goes without discovery.
      expect(await send()).toMatchObject({ kind: confirmed ? 'acknowledged' : 'sent' });
      await expect.poll(() => spoke.appletRuns.length, { timeout: 10_000, interval: 10 }).toBe(2);
      expect(new Set(spoke.appletRuns.map(({ cause }) => cause))).toEqual(
        new Set([
          '1.3.6.1.4.1.9.10.91.1.2.3.1.9.1 = 2323232 from 213.163.222.7',
          '1.3.6.1.4.1.9.10.91.1.2.3.1.9.2 = 2323232 from 213.163.222.7',
        ]),
      );
    });
  });

  test('a wrong key, an unknown user, a level below the group’s: no applet, no answer', async () => {
    const spoke = box(SPOKE_ADDRESS, [
      ...noteASpoke({ peer: HUB_ADDRESS }),
      'snmp-server group pairs v3 priv',
      `snmp-server user ${USER} pairs v3 ${AUTH} priv aes 128 other-password`,
      `snmp-server user low pairs v3 ${AUTH}`,
      `snmp-server user short pairs v3 auth sha other-password`,
    ]);
    const { local } = await socketOf(spoke, HUB_ADDRESS, 9);
    const world = newWorld();
    const engine = await openEngine('/data', null, world);
    const users = [v3('sha1', 'aes128', USER), v3('sha1', null, 'low'), v3('sha1', null, 'short'), v3('sha1', null, 'nobody')];
    const peers = users.map((credentials) => peer(credentials.user, credentials, { from: [BOX_AT] }));
    const sender = await openSnmpSender({ peers, engine, world, source: { v4: AGENT_AT } });
    closers.push(() => sender.close());
    for (const { user } of users)
      expect([user, (await sender.send(user, local, stop, { timeoutMs: 400 })).kind]).toEqual([user, 'failed']);
    expect(spoke.appletRuns).toEqual([]);
    expect(spoke.snmp.counters.securityRefused).toBeGreaterThanOrEqual(4);
  });
});

describe('a box alone at the hub, an agent at the spoke', () => {
  describe.each(levels)('%s', (_name, security, priv, cipher) => {
    test.each([true, false])('a stop, inform: %s', async (confirmed) => {
      const world = newWorld();
      const engine = await openEngine('/data', null, world);
      const inbox = new Inbox();
      const receiver = await openSnmpReceiver({
        listen: { address: AGENT_AT, port: 0 },
        peers: [peer('hub', v3('sha1', cipher, USER), { from: [BOX_AT], engineId: BOX_ENGINE.toLowerCase() })],
        engine,
        world,
        ...inbox,
      });
      closers.push(() => receiver.close());
      const user = confirmed ? `${USER} pairs remote ${SPOKE_ADDRESS}` : `${USER} pairs`;
      const lines = noteAHub({
        peer: SPOKE_ADDRESS,
        host: `${confirmed ? 'informs ' : ''}version 3 ${security} ${USER} event-manager`,
      });
      const hub = box(HUB_ADDRESS, [
        `snmp-server engineID remote ${SPOKE_ADDRESS} ${receiver.engineId}`,
        `snmp-server user ${user} v3 ${AUTH}${priv}`,
        ...lines.filter((line) => !/wait|show/.test(line)),
      ]);
      await socketOf(hub, SPOKE_ADDRESS, receiver.local.port);
      hub.core.receiveUnknownSpi(SPOKE_ADDRESS, 0x68842105, 1, 100);
      while (inbox.notifications.length === 0) await inbox.until(inbox.notifications.length + inbox.refusals.length + 1);
      expect(inbox.notifications).toMatchObject([
        {
          peer: 'hub',
          version: 3,
          confirmed,
          root: 91,
          intData1: 2323232,
          intData2: null,
          strData: '',
          policyName: 'command_hub',
        },
      ]);
      if (!confirmed) return;
      await expect.poll(() => hub.snmp.counters.informsAnswered, { timeout: 10_000, interval: 10 }).toBe(1);
      // Once with boots 0, once with the clock that the agent has told.
      expect(hub.snmp.counters.sent).toBe(2);
    });
  });
});

describe('in virtual time', () => {
  test('what is missing for a host of version 3 is counted, never sent in the clear', async () => {
    const speaker = [
      'snmp-server enable traps event-manager',
      'event manager applet s',
      'event timer countdown time 1',
      'action 1 snmp-trap intdata1 1',
    ];
    for (const [lines, sent] of [
      [['snmp-server host 192.0.2.9 version 3 priv pair'], 0],
      [['snmp-server host 192.0.2.9 version 3 priv pair', `snmp-server user pair g v3 ${AUTH}`], 0],
      [['snmp-server host 192.0.2.9 version 3 priv pair', `snmp-server user pair g v3 ${AUTH} priv des ${PRIV_KEY}`], 0],
      [['snmp-server host 192.0.2.9 version 3 auth pair', 'snmp-server user pair g v3 encrypted auth sha aa:bb'], 0],
      [['snmp-server host 192.0.2.9 informs version 3 auth pair', `snmp-server user pair g v3 ${AUTH}`], 0],
      [['snmp-server host 192.0.2.9 version 3 auth pair', `snmp-server user pair g v3 ${AUTH}`], 1],
      [['snmp-server host 192.0.2.9 version 3 noauth pair', 'snmp-server user pair g v3'], 1],
    ] as const) {
      const virtual = new FakeClock();
      const made = new SimulatedBox(boxOptions(virtual));
      expect(made.configure([...lines, ...speaker])).toEqual([]);
      await virtual.advance(2_000);
      expect([lines, made.snmp.counters.sent]).toEqual([lines, sent]);
      expect(made.snmp.counters.unsendable).toBe(1 - sent);
      made.close();
    }
  });

  test('a trap is good for 150 s of its engine’s time, and not after a later boot', async () => {
    const virtual = new FakeClock();
    const [sender, other] = [1, 2].map((seed) => new SimulatedBox(boxOptions(virtual, { seed })));
    const engine = /engineID: (\S+)/.exec(sender!.console('show snmp engineID'))![1]!;
    sender!.configure([
      'snmp-server enable traps event-manager',
      'snmp-server host 192.0.2.9 version 3 auth pair',
      `snmp-server user pair g v3 ${AUTH}`,
      'event manager applet s',
      'event syslog pattern "go"',
      'action 1 snmp-trap intdata1 2323232',
    ]);
    other!.configure([
      'snmp-server manager',
      `snmp-server engineID remote 192.0.2.1 ${engine}`,
      `snmp-server user pair g remote 192.0.2.1 v3 ${AUTH}`,
      'event manager applet l',
      'event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9 oid-val "2323232" op eq',
      'action 1 syslog msg "x"',
    ]);
    const traps: Buffer[] = [];
    sender!.snmp.onSend((bytes) => void traps.push(Buffer.from(bytes)));
    for (let i = 0; i < 2; i += 1) {
      sender!.core.log.message(5, 'TEST-5-GO', 'go');
      await virtual.advance(160_000);
    }
    const hear = (bytes: Buffer): number => {
      other!.snmp.receive(bytes, { address: '192.0.2.1', port: 1 });
      return other!.appletRuns.length;
    };
    expect(hear(traps[0]!)).toBe(1);
    // The same again, within the window: USM alone does not stop it.
    expect(hear(traps[0]!)).toBe(2);
    expect(hear(traps[1]!)).toBe(3);
    expect(hear(traps[0]!)).toBe(3);
    const forged = Buffer.from(traps[1]!);
    forged[forged.length - 1]! ^= 1;
    expect(hear(forged)).toBe(3);
    expect(other!.snmp.counters).toMatchObject({ securityRefused: 2, malformed: 0 });
  });

  test('20,000 mutants of a trap, an inform and a discovery: nothing throws, each is accounted for, none is believed', () => {
    const made = new SimulatedBox(boxOptions(new FakeClock()));
    const theirs = '80000009030000C0FFEE02';
    made.configure([
      ...noteASpoke({ peer: HUB_ADDRESS }),
      `snmp-server engineID local ${BOX_ENGINE}`,
      `snmp-server engineID remote ${HUB_ADDRESS} ${theirs}`,
      `snmp-server user ${USER} g v3 ${AUTH}`,
      `snmp-server user ${USER} g remote ${HUB_ADDRESS} v3 ${AUTH}`,
    ]);
    const varbinds = [{ oid: '1.3.6.1.4.1.9.10.91.1.2.3.1.9.1', value: { type: 'integer', value: 2323232 } }] as const;
    const of = (type: 'trap' | 'inform', engineId: string, keyed: boolean): Buffer => {
      const keys: UsmKeys | null = keyed
        ? { auth: { name: 'sha', key: localizedKey('sha', AUTH_KEY, Buffer.from(engineId, 'hex')) }, priv: null }
        : null;
      const moment = { messageId: 5, reportable: type === 'inform', engineId, boots: 0, time: 0, salt: Buffer.alloc(8) };
      return v3Message({
        ...moment,
        user: keyed ? USER : '',
        keys,
        pdu: encodePdu(type, 5, varbinds),
      });
    };
    const seeds = [of('trap', theirs, true), of('inform', BOX_ENGINE, true), of('inform', '', false)];
    const from = { address: HUB_ADDRESS, port: 1 };
    expect(made.snmp.receive(seeds[0]!, from)).toBeNull();
    expect(made.appletRuns).toHaveLength(1);
    // Out of its time window, and unknown: both are told our clock.
    for (const seed of seeds.slice(1)) expect(made.snmp.receive(seed, from)?.length).toBeGreaterThan(90);
    const dice = new Prng(3);
    for (let sent = 0; sent < 20_000; ) {
      const seed = dice.pick(seeds);
      const bytes = Buffer.from(seed);
      for (let flips = dice.between(1, 4); flips > 0; flips -= 1) bytes[dice.between(0, bytes.length - 1)] = dice.between(0, 255);
      if (bytes.equals(seed)) continue;
      made.snmp.receive(bytes, from);
      sent += 1;
    }
    expect(made.appletRuns).toHaveLength(1);
    const { received, malformed, versionRefused, otherPdu, securityRefused } = made.snmp.counters;
    expect(malformed + versionRefused + otherPdu + securityRefused).toBe(received - 1);
    for (const count of [malformed, versionRefused, securityRefused]) expect(count).toBeGreaterThan(20);
  });
});

describe('keys', () => {
  const engine = Buffer.from('000000000000000000000002', 'hex');
  test('of RFC 3414 §A.3', () => {
    expect(localizedKey('md5', 'maplesyrup', engine).toString('hex')).toBe('526f5eed9fcce26f8964c2930787d82b');
    expect(localizedKey('sha', 'maplesyrup', engine).toString('hex')).toBe('6695febc9288e36282235fc7151f128497b38f3f');
  });
  test('AES keys have their length, the shorter one begins the longer', () => {
    const keys = ([128, 192, 256] as const).map((bits) => privacyKey('sha', bits, 'maplesyrup', engine).toString('hex'));
    expect(keys.map((key) => key.length / 2)).toEqual([16, 24, 32]);
    expect(keys[2]).toMatch(new RegExp(`^${keys[1]}`));
    expect(keys[1]).toMatch(new RegExp(`^${keys[0]}`));
  });
});
