/**
 * Our codec against another implementation of the same RFCs, in one process over loopback: net-snmp's sessions to our receiver, our
 * sender to net-snmp's receiver, with every protocol that both know.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import netSnmp from 'net-snmp';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { openEngine } from '../../agent/net/engine.ts';
import { openSnmpReceiver } from '../../agent/net/snmp-receiver.ts';
import { openSnmpSender } from '../../agent/net/snmp-sender.ts';
import type { World } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import type { AuthProtocol, PrivProtocol } from '../../shared/wire/usm.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import {
  AUTH_KEY,
  authProtocols,
  community,
  everyUser,
  Inbox,
  PRIV_KEY,
  peer,
  privProtocols,
  stop,
  v3,
} from '../support/snmp-peers.ts';

/** What @types/net-snmp leaves out. */
interface OracleReceiver {
  getAuthorizer(): { addUser(user: object): void; addCommunity(name: string): void };
  close(): void;
}
interface OracleSession {
  inform(oid: string, varbinds: object[], callback: (error: Error | null) => void): void;
  trap(oid: string, varbinds: object[], callback: (error: Error | null) => void): void;
  on(event: 'error', handler: (error: Error) => void): void;
  close(): void;
}
interface OracleNotification {
  readonly pdu: {
    readonly type: number;
    readonly varbinds: readonly { readonly oid: string; readonly type: number; readonly value: unknown }[];
  };
}
const oracle = netSnmp as unknown as {
  createReceiver(options: object, callback: (error: Error | null, notification: OracleNotification) => void): OracleReceiver;
  createV3Session(address: string, user: object, options: object): OracleSession;
  createSession(address: string, community: string, options: object): OracleSession;
  SecurityLevel: Record<string, number>;
  AuthProtocols: Record<string, string>;
  PrivProtocols: Record<string, string>;
  ObjectType: Record<string, number>;
  Version2c: number;
};

const theirAuth: Readonly<Record<AuthProtocol, string>> = {
  sha1: 'sha',
  sha224: 'sha224',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
};
const theirPriv: Readonly<Record<PrivProtocol, string>> = { aes128: 'aes', aes256: 'aes256b', aes256c: 'aes256r' };
const THEIR_ENGINE = '80001f8804aabbccddee';
const TRAP_OID = '1.3.6.1.4.1.9.10.91.0.2';
const INT_DATA_1 = '1.3.6.1.4.1.9.10.91.1.2.3.1.9.3';

const combinations = authProtocols.flatMap((auth) => [...privProtocols, null].map((priv) => [auth, priv] as const));
const theirUser = (auth: AuthProtocol, priv: PrivProtocol | null): object => ({
  name: v3(auth, priv).user,
  level: oracle.SecurityLevel[priv ? 'authPriv' : 'authNoPriv'],
  authProtocol: oracle.AuthProtocols[theirAuth[auth]],
  authKey: AUTH_KEY,
  ...(priv && { privProtocol: oracle.PrivProtocols[theirPriv[priv]], privKey: PRIV_KEY }),
});

const clock = createClock();
const worldWith = (disk = new FakeDisk()): World =>
  ({ clock, random: createRandom(), disk, datagrams: udpDatagrams }) as unknown as World;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function freePort(): Promise<number> {
  const socket = await udpDatagrams.bind({ address: '127.0.0.1', port: 0 }, { receiveBufferBytes: 4_096 });
  await socket.close();
  return socket.local.port;
}

async function ourReceiver(disk?: FakeDisk, port = 0) {
  const inbox = new Inbox();
  const world = worldWith(disk);
  const engine = await openEngine('/data', null, world);
  const peers = [...everyUser({ engineId: THEIR_ENGINE }), peer('two', community)];
  const receiver = await openSnmpReceiver({ listen: { address: '127.0.0.1', port }, peers, engine, world, ...inbox });
  closers.push(() => receiver.close());
  return { receiver, inbox };
}

function theirSession(port: number, user: object | string): OracleSession {
  // `port` too: net-snmp sends every inform but the first there (dependencies.md §2).
  const options = { port, trapPort: port, retries: 0, timeout: 2_000, engineID: THEIR_ENGINE };
  const session =
    typeof user === 'string'
      ? oracle.createSession('127.0.0.1', user, { ...options, version: oracle.Version2c })
      : oracle.createV3Session('127.0.0.1', user, options);
  session.on('error', () => {});
  closers.push(() => session.close());
  return session;
}

const theirs = (session: OracleSession, what: 'inform' | 'trap', value = 2323232): Promise<Error | null> =>
  new Promise((resolve) =>
    session[what](TRAP_OID, [{ oid: INT_DATA_1, type: oracle.ObjectType['Integer'], value }], (error) => resolve(error ?? null)),
  );

describe('their session to our receiver', () => {
  test.each(combinations)('v3 inform and trap, %s with %s', async (auth, priv) => {
    const { receiver, inbox } = await ourReceiver();
    const session = theirSession(receiver.local.port, theirUser(auth, priv));
    expect(await theirs(session, 'inform')).toBeNull();
    expect(await theirs(session, 'trap')).toBeNull();
    while (inbox.notifications.length < 2) await inbox.until(inbox.notifications.length + inbox.refusals.length + 1);
    const { user } = v3(auth, priv);
    expect(inbox.notifications).toMatchObject([
      { peer: user, version: 3, confirmed: true, intData1: 2323232, trapOid: TRAP_OID },
      { peer: user, version: 3, confirmed: false, intData1: 2323232 },
    ]);
  });

  test('v2c inform and trap', async () => {
    const { receiver, inbox } = await ourReceiver();
    const session = theirSession(receiver.local.port, 'public');
    expect(await theirs(session, 'inform')).toBeNull();
    expect(await theirs(session, 'trap')).toBeNull();
    await inbox.until(2);
    expect(inbox.notifications).toMatchObject([
      { peer: 'two', confirmed: true },
      { peer: 'two', confirmed: false },
    ]);
  });

  test.each(['with', 'without'] as const)(
    'our receiver restarts %s its dataDir: their session lands again within one retry',
    async (how) => {
      const disk = new FakeDisk();
      const first = await ourReceiver(disk);
      const { port } = first.receiver.local;
      const session = theirSession(port, theirUser('sha256', 'aes128'));
      expect(await theirs(session, 'inform')).toBeNull();
      await first.receiver.close();
      const second = await ourReceiver(how === 'with' ? disk : new FakeDisk(), port);
      const landed = (await theirs(session, 'inform')) === null || (await theirs(session, 'inform')) === null;
      expect(landed).toBe(true);
      expect(second.inbox.notifications).toMatchObject([{ confirmed: true, intData1: 2323232 }]);
    },
  );
});

describe('our sender to their receiver', () => {
  async function theirReceiver(user: object | null) {
    const seen: OracleNotification[] = [];
    const errors: Error[] = [];
    let wake = (): void => {};
    // Their port 0 means 162, and their module option is the only way to learn when they listen.
    const port = await freePort();
    const listening: Promise<unknown>[] = [];
    const dgramModule = {
      createSocket: (...args: Parameters<typeof createSocket>) => {
        const socket = createSocket(...args);
        listening.push(once(socket, 'listening'));
        return socket;
      },
    };
    const receiver = oracle.createReceiver(
      { port, dgramModule, address: '127.0.0.1', engineID: THEIR_ENGINE, disableAuthorization: false },
      (error, notification) => {
        if (error) errors.push(error);
        else seen.push(notification);
        wake();
      },
    );
    closers.push(() => receiver.close());
    if (user) receiver.getAuthorizer().addUser(user);
    else receiver.getAuthorizer().addCommunity('public');
    const world = worldWith();
    const sender = await openSnmpSender({
      peers: [...everyUser(), peer('two', community)],
      engine: await openEngine('/data', null, world),
      world,
    });
    closers.push(() => sender.close());
    await Promise.all(listening);
    const until = async (count: number): Promise<void> => {
      while (seen.length + errors.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { sender, to: { address: '127.0.0.1', port }, seen, errors, until };
  }
  const valuesOf = (notification: OracleNotification): unknown[] =>
    notification.pdu.varbinds.slice(1).map(({ value }) => (Buffer.isBuffer(value) ? value.toString('latin1') : value));
  const expected = [TRAP_OID, 0, 0, 0, 0, 'agent:/', 'spitrap', 2323232, 0, stop.strData];

  test.each(combinations)('v3 inform and trap, %s with %s', async (auth, priv) => {
    const { sender, to, seen, errors, until } = await theirReceiver(theirUser(auth, priv));
    const { user } = v3(auth, priv);
    expect(await sender.send(user, to, stop, { timeoutMs: 5_000 })).toMatchObject({ kind: 'acknowledged' });
    expect(valuesOf(seen[0]!)).toEqual(expected);
    await sender.send(user, to, { ...stop, confirmed: false }, { timeoutMs: 5_000 });
    await until(2);
    expect(errors).toEqual([]);
    expect(valuesOf(seen[1]!)).toEqual(expected);
  });

  test('v2c inform and trap', async () => {
    const { sender, to, seen, errors, until } = await theirReceiver(null);
    expect(await sender.send('two', to, stop, { timeoutMs: 5_000 })).toMatchObject({ kind: 'acknowledged' });
    await sender.send('two', to, { ...stop, confirmed: false }, { timeoutMs: 5_000 });
    await until(2);
    expect(errors).toEqual([]);
    expect(seen.map(valuesOf)).toEqual([expected, expected]);
  });
});
