/**
 * The engine's adapter (agent/net/nats.ts) against a real nats-server: logins, TLS, refusals, `kill -9` of the server, objects, consumers.
 * Needs Debian's nats-server and openssl (test/live/setup.sh).
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { Engine, EngineKeeps, EngineMessage, EngineOptions } from '../../agent/fleet-ports.ts';
import { hostOf, natsEngines } from '../../agent/net/nats.ts';
import { aboutDelivery } from '../../agent/net/nats-consumer.ts';
import { createRandom } from '../../agent/random.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { makeCertificates, NatsServer, natsServerPath } from '../support/nats-server.ts';

const mustRun = process.env['CI'] !== undefined;
const engines = natsEngines(createClock(), createRandom());

const opened: Engine[] = [];
const started: NatsServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((engine) => engine.close()));
  await Promise.all(started.splice(0).map((server) => server.end()));
});

async function server(configuration = ''): Promise<NatsServer> {
  const one = await NatsServer.start(configuration);
  started.push(one);
  return one;
}

function open(servers: string | readonly string[], more: Partial<EngineOptions> = {}): Engine {
  const engine = engines.open({
    servers: typeof servers === 'string' ? [servers] : servers,
    name: 'spitrap test',
    tls: null,
    login: { kind: 'none' },
    ...more,
  });
  opened.push(engine);
  return engine;
}

async function until(what: string, is: () => boolean | Promise<boolean>, mostMs = 20_000): Promise<void> {
  for (let waited = 0; waited < mostMs; waited += 20) {
    if (await is()) return;
    await sleep(20);
  }
  throw new Error(`not in time: ${what}`);
}

const connected = (engine: Engine): Promise<void> => until('connected', () => engine.state().connected);
const why = async (engine: Engine): Promise<string> => {
  await until('a reason', () => engine.state().why !== null && engine.state().why !== 'not connected yet');
  return engine.state().why!;
};

const keeps: EngineKeeps = {
  streams: [
    {
      name: 'EVENTS',
      subjects: ['ev.>'],
      perSubjectMax: null,
      bytesMax: 64 * 1024 * 1024,
      ageMaxMs: null,
      duplicateWindowMs: 120_000,
      replicas: 1,
    },
  ],
  buckets: [{ name: 'things', bytesMax: 64 * 1024 * 1024, ageMaxMs: 3_600_000, replicas: 1 }],
};

const failure = async (doing: Promise<unknown>): Promise<string> => {
  try {
    await doing;
  } catch (error) {
    if (isSpitrapError(error, 'ENGINE_FAILED')) return `${error.retryable ? 'later' : 'never'}: ${error.message}`;
    throw error;
  }
  throw new Error('it did not fail');
};

describe.skipIf(natsServerPath === null && !mustRun)('NATS (skipped without Debian package nats-server)', () => {
  test('nats-server is there', () => expect(natsServerPath).not.toBeNull());

  test('streams and buckets are made once, and never altered', async () => {
    const engine = open((await server()).url);
    await connected(engine);
    expect(await engine.streamState('EVENTS')).toBeNull();
    expect(await engine.ensure(keeps)).toEqual([]);
    expect(await engine.ensure(keeps)).toEqual([]);
    const other = { ...keeps, streams: [{ ...keeps.streams[0]!, bytesMax: 1024 }] };
    expect(await engine.ensure(other)).toEqual(['EVENTS: max_bytes is 67108864, not 1024; left as it is']);
    expect(await engine.streamState('EVENTS')).toEqual({ messages: 0, bytes: 0, first: 0, last: 0 });
  });

  test('a publish settles with its sequence; the same id within the window is one message', async () => {
    const engine = open((await server()).url);
    await connected(engine);
    expect(await failure(engine.publish('ev.a', Buffer.from('x'), null))).toMatch(
      /^later: publish to ev\.a at 127\.0\.0\.1:\d+: nothing there takes it/,
    );
    await engine.ensure(keeps);
    expect(await engine.publish('ev.a', Buffer.from('one'), 'id-1')).toEqual({ sequence: 1, duplicate: false });
    expect(await engine.publish('ev.a', Buffer.from('one'), 'id-1')).toEqual({ sequence: 1, duplicate: true });
    expect(await engine.publish('ev.b', Buffer.from('two'), null)).toEqual({ sequence: 2, duplicate: false });
    expect(await failure(engine.publish('ev.a', Buffer.alloc(2 * 1024 * 1024), null))).toMatch(/^never: .*max_payload/);
    expect((await engine.streamState('EVENTS'))?.messages).toBe(2);
  });

  test('while nobody is there it says so at once; it connects when somebody is; a killed server comes back', async () => {
    const one = await server();
    const engine = open(['nats://127.0.0.1:1', one.url]);
    const states: string[] = [];
    engine.onState(({ connected, why }) => states.push(connected ? 'there' : `away: ${why}`));
    await connected(engine);
    await engine.ensure(keeps);
    await engine.publish('ev.a', Buffer.from('before'), 'a');
    const underWay = Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => engine.publish('ev.a', Buffer.from(`${index}`), `k${index}`)),
    );
    await one.kill();
    expect((await underWay).length).toBe(50);
    await until('away', () => !engine.state().connected);
    expect(await failure(engine.publish('ev.a', Buffer.from('x'), null))).toMatch(
      /^later: publish to ev\.a: not connected to 127\.0\.0\.1:1, 127/,
    );
    await one.run();
    await connected(engine);
    for (let index = 0; index < 50; index++) await engine.publish('ev.a', Buffer.from(`${index}`), `k${index}`);
    // Each of the fifty is there, once: what was acknowledged before the kill was on disk.
    expect((await engine.streamState('EVENTS'))?.messages).toBe(51);
    expect(states.at(-1)).toBe('there');
    expect(states.some((state) => state.startsWith('away: '))).toBe(true);
  });

  test('close comes though nothing ever answered', async () => {
    const engine = open('nats://127.0.0.1:1');
    expect(await why(engine)).toMatch(/^127\.0\.0\.1:1: connection refused|ECONNREFUSED/);
    await engine.close();
    expect(engine.state()).toEqual({ connected: false, server: null, why: 'closed' });
    expect(await failure(engine.publish('ev.a', Buffer.from('x'), null))).toContain('closed');
  });

  describe('logins', () => {
    test('user and password, right and wrong', async () => {
      const { url } = await server('authorization { users: [ { user: "ed", password: "s3cret-word" } ] }\n');
      await connected(open(url, { login: { kind: 'user', user: 'ed', password: 's3cret-word' } }));
      const wrong = open(url, { login: { kind: 'user', user: 'ed', password: 'not-my-w0rd' } });
      expect(await why(wrong)).toMatch(/^127\.0\.0\.1:\d+: the login was refused \(Authorization Violation\)$/);
      expect(await failure(wrong.publish('ev.a', Buffer.from('x'), null))).not.toContain('not-my-w0rd');
      expect(await why(open(url))).toMatch(/the login was refused/);
    });

    test('a token', async () => {
      const { url } = await server('authorization { token: "t0ken-of-ours" }\n');
      await connected(open(url, { login: { kind: 'token', token: 't0ken-of-ours' } }));
      expect(await why(open(url, { login: { kind: 'token', token: 'another' } }))).toMatch(/the login was refused/);
    });

    test('a .creds file: JWT of an operator’s account, and nkey seed', async () => {
      const { configuration, creds } = operatorAndUser();
      const { url } = await server(configuration);
      const engine = open(url, { login: { kind: 'creds', creds } });
      await connected(engine);
      expect(await engine.ensure(keeps)).toEqual([]);
      expect(await engine.publish('ev.a', Buffer.from('x'), null)).toEqual({ sequence: 1, duplicate: false });
      const stranger = operatorAndUser().creds;
      expect(await why(open(url, { login: { kind: 'creds', creds: stranger } }))).toMatch(/the login was refused/);
      const broken = open(url, { login: { kind: 'creds', creds: 'no creds at all' } });
      expect(await why(broken)).not.toBe('not connected yet');
    });

    test('wrong credentials made right at the server: it is let in by itself', async () => {
      const one = await server('authorization { token: "old" }\n');
      const engine = open(one.url, { login: { kind: 'token', token: 'new' } });
      expect(await why(engine)).toMatch(/refused/);
      await one.kill();
      one.configure('authorization { token: "new" }\n');
      await one.run();
      await connected(engine);
    });

    test('what the account may not do is refused with the subject, soon', async () => {
      const { url } = await server(
        'authorization { users: [ { user: "all", password: "p" }, { user: "few", password: "p", permissions: { publish: ["ev.mine.>"], subscribe: ["_INBOX.spitrap%20test.>"] } } ] }\n',
      );
      const all = open(url, { login: { kind: 'user', user: 'all', password: 'p' } });
      await connected(all);
      await all.ensure(keeps);
      const few = open(url, { login: { kind: 'user', user: 'few', password: 'p' } });
      await connected(few);
      expect(await few.publish('ev.mine.x', Buffer.from('x'), null)).toEqual({ sequence: 1, duplicate: false });
      expect(await failure(few.publish('ev.other', Buffer.from('x'), null))).toMatch(
        /^never: publish to ev\.other at .*: the account may not publish to ev\.other$/,
      );
      expect(await failure(few.streamState('EVENTS'))).toMatch(/^never: .*may not publish to \$JS\.API\.STREAM\.INFO\.EVENTS/);
      expect(await few.publish('ev.mine.x', Buffer.from('y'), null)).toEqual({ sequence: 2, duplicate: false });
    });

    test('may not hear its own answers: said as such', async () => {
      const { url } = await server(
        'authorization { users: [ { user: "deaf", password: "p", permissions: { publish: [">"], subscribe: ["nothing"] } } ] }\n',
      );
      const deaf = open(url, { login: { kind: 'user', user: 'deaf', password: 'p' } });
      await connected(deaf);
      expect(await failure(deaf.streamState('EVENTS'))).toMatch(/may not subscribe to _INBOX/);
    });
  });

  describe('TLS', () => {
    let folder: string;
    let ca: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'spitrap-nats-tls-'));
      makeCertificates(folder);
      ca = readFileSync(join(folder, 'ca.pem'), 'utf8');
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const tlsConfiguration = (more = ''): string =>
      `tls { cert_file: "${folder}/server.pem", key_file: "${folder}/server.key"${more} }\n`;

    test('an own CA; without it the server is not believed; without TLS at the server nothing is said', async () => {
      const { url } = await server(tlsConfiguration());
      await connected(open(url.replace('nats:', 'tls:'), { tls: { ca, certificate: null, key: null } }));
      expect(await why(open(url.replace('nats:', 'tls:')))).toMatch(
        /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|unable to verify/,
      );
      const plain = await server();
      expect(await why(open(plain.url, { tls: { ca, certificate: null, key: null } }))).toMatch(/does not support 'tls'/);
      expect(await why(open(plain.url.replace('nats:', 'tls:')))).toMatch(/does not support 'tls'/);
    });

    test('a certificate of the client, where the server asks for one', async () => {
      const { url } = await server(tlsConfiguration(`, ca_file: "${folder}/ca.pem", verify: true`));
      await connected(open(url, { tls: { ca, certificate: pem('client.pem'), key: pem('client.key') } }));
      const without = open(url, { tls: { ca, certificate: null, key: null } });
      expect(await why(without)).toMatch(/certificate|connection was lost|ECONNRESET|closed/);
    });

    test('another name in the certificate is refused', async () => {
      const { url } = await server(tlsConfiguration().replaceAll('/server.', '/elsewhere.'));
      const engine = open(url, { tls: { ca, certificate: null, key: null } });
      expect(await why(engine)).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID/);
    });
  });

  describe('objects', () => {
    async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const whole = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) parts.push(chunk);
      return Buffer.concat(parts);
    };

    test('put in pieces and got back; replaced; read by any other client of the object store, and theirs by us', async () => {
      const one = await server();
      const engine = open(one.url);
      await connected(engine);
      await engine.ensure(keeps);
      const bytes = randomBytes(700_001);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(await engine.getObject('things', 'site/hub/one.tar.gz')).toBeNull();
      expect(await engine.putObject('things', 'site/hub/one.tar.gz', pieces(bytes, 33_333))).toEqual({ bytes: 700_001, sha256 });
      const got = await engine.getObject('things', 'site/hub/one.tar.gz');
      expect(got?.bytes).toBe(700_001);
      expect((await whole(got!.chunks)).equals(bytes)).toBe(true);
      await engine.putObject('things', 'site/hub/one.tar.gz', pieces(Buffer.from('new'), 2));
      expect((await whole((await engine.getObject('things', 'site/hub/one.tar.gz'))!.chunks)).toString()).toBe('new');
      await engine.putObject('things', 'empty', pieces(Buffer.alloc(0), 1));
      expect((await whole((await engine.getObject('things', 'empty'))!.chunks)).length).toBe(0);

      const connection = await connect({ servers: one.url });
      const store = await new Objm(jetstream(connection)).open('things');
      await engine.putObject('things', 'ours', pieces(bytes, 100_000));
      expect(Buffer.from((await store.getBlob('ours'))!).equals(bytes)).toBe(true);
      await store.putBlob({ name: 'theirs' }, bytes);
      expect((await whole((await engine.getObject('things', 'theirs'))!.chunks)).equals(bytes)).toBe(true);
      await store.delete('theirs');
      expect(await engine.getObject('things', 'theirs')).toBeNull();
      await connection.close();
    });

    test('what was altered on the way is not given as whole; a source that fails puts nothing', async () => {
      const one = await server();
      const engine = open(one.url);
      await connected(engine);
      await engine.ensure(keeps);
      const bytes = randomBytes(300_000);
      await engine.putObject('things', 'a', pieces(bytes, 50_000));
      const connection = await connect({ servers: one.url });
      const manager = await jetstream(connection).jetstreamManager();
      await manager.streams.deleteMessage('OBJ_things', 2);
      const got = await engine.getObject('things', 'a');
      await expect(whole(got!.chunks)).rejects.toThrow(/chunk 3 of 3 is gone/);
      await connection.close();
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield bytes;
        throw new Error('the disk went');
      }
      expect(await failure(engine.putObject('things', 'b', failing()))).toContain('the disk went');
      expect(await engine.getObject('things', 'b')).toBeNull();
    });
  });

  describe('consumers', () => {
    const ask = { stream: 'EVENTS', durable: 'index-1', from: 1, batchMax: 100, ackWaitMs: 2_000 };

    test('batches in order, acknowledged behind the handler; what a handler rejected comes again; goes on over a killed server', async () => {
      const one = await server();
      const engine = open(one.url);
      await connected(engine);
      const seen: number[] = [];
      let refuse = 1;
      let largest = 0;
      const again: number[] = [];
      const consumer = engine.consume(ask, async (batch) => {
        largest = Math.max(largest, batch.length);
        if (refuse-- > 0) throw new Error('disk full');
        for (const { bytes, delivery } of batch) {
          seen.push(Number(Buffer.from(bytes).toString()));
          if (delivery > 1) again.push(delivery);
        }
      });
      // The stream comes later than its consumer.
      await engine.ensure(keeps);
      for (let index = 0; index < 1_000; index++)
        void engine.publish(`ev.${index % 7}`, Buffer.from(String(index)), null).catch(() => {});
      await until('all thousand', () => new Set(seen).size === 1_000);
      expect(largest).toBeLessThanOrEqual(100);
      expect(again.length).toBeGreaterThan(0);
      await until('nothing behind', () => consumer.behind() === 0);
      await one.kill();
      await until('away', () => !engine.state().connected);
      expect(consumer.behind()).toBeNull();
      await one.run();
      await connected(engine);
      await engine.publish('ev.1', Buffer.from('1000'), null);
      await until('the one after', () => seen.includes(1_000));
      // Acknowledgements that the server had not on disk when it was killed: it gives those out once more, and then all are.
      await until('all acknowledged', async () => (await infoOf(one, 'index-1')).num_ack_pending === 0);
      await consumer.close();
    });

    test('two of one name share; what one did not acknowledge, another gets; forgotten and made anew from where it is asked', async () => {
      const one = await server();
      const [a, b] = [open(one.url), open(one.url)];
      await Promise.all([connected(a), connected(b)]);
      await a.ensure(keeps);
      for (let index = 0; index < 500; index++) await a.publish('ev.x', Buffer.from(String(index)), null);
      const seen = new Set<number>();
      const take = (batch: readonly EngineMessage[]): void => {
        for (const { bytes } of batch) seen.add(Number(Buffer.from(bytes).toString()));
      };
      // One that never settles: dead, for all the other can see.
      a.consume(ask, () => new Promise(() => {}));
      await until('it has its batch', async () => (await infoOf(one, 'index-1').catch(() => null))?.num_ack_pending === 100);
      const lives = b.consume(ask, async (batch) => take(batch));
      await until('all five hundred', () => seen.size === 500);
      await lives.close();
      await b.forget('EVENTS', 'index-1');
      await b.forget('EVENTS', 'index-1');
      const from: number[] = [];
      const anew = b.consume(
        { ...ask, durable: 'index-2', from: 400 },
        async (batch) => void from.push(...batch.map(({ sequence }) => sequence)),
      );
      await until('from 400 on', () => from.length === 101);
      expect(from[0]).toBe(400);
      await anew.close();
    });

    test('a consumer deleted from under it is made again', async () => {
      const one = await server();
      const engine = open(one.url);
      await connected(engine);
      await engine.ensure(keeps);
      const seen: string[] = [];
      engine.consume(
        { ...ask, durable: 'gone' },
        async (batch) => void seen.push(...batch.map(({ bytes }) => Buffer.from(bytes).toString())),
      );
      await engine.publish('ev.a', Buffer.from('one'), null);
      await until('the first', () => seen.includes('one'));
      await engine.forget('EVENTS', 'gone');
      await engine.publish('ev.a', Buffer.from('two'), null);
      await until('the second', () => seen.includes('two'), 30_000);
    });
  });
});

describe('what needs no server', () => {
  test('a server is named by host and port alone', () => {
    expect(hostOf('nats://ed:secret@h1.example:4333')).toBe('h1.example:4333');
    expect(hostOf('tls://h1')).toBe('h1:4222');
    expect(hostOf('nats://[2001:db8::1]:4223/x')).toBe('[2001:db8::1]:4223');
    expect(hostOf('[2001:db8::1]')).toBe('[2001:db8::1]:4222');
  });

  test('what a delivery says of itself, in both forms', () => {
    const about = { delivery: 2, sequence: 17, storedAtMs: 1_700_000_000_123, pending: 5 };
    expect(aboutDelivery('$JS.ACK.EVENTS.index.2.17.9.1700000000123456789.5')).toEqual(about);
    expect(aboutDelivery('$JS.ACK._.ACC.EVENTS.index.2.17.9.1700000000123456789.5')).toEqual(about);
    expect(aboutDelivery('$JS.ACK._.ACC.EVENTS.index.2.17.9.1700000000123456789.5.rnd')).toEqual(about);
    expect(aboutDelivery('reply.to.me')).toBeNull();
    expect(aboutDelivery('$JS.ACK.EVENTS.index.2.x.9.1.5')).toBeNull();
  });
});

async function infoOf(one: NatsServer, durable: string): Promise<{ readonly num_ack_pending: number }> {
  const connection = await connect({ servers: one.url });
  const manager = await jetstream(connection).jetstreamManager();
  const info = await manager.consumers.info('EVENTS', durable);
  await connection.close();
  return info;
}

/** An operator, an account with JetStream and a user of it, as `nsc` makes them: JWTs signed with nkeys (nats-io/jwt, version 2). */
function operatorAndUser(): { readonly configuration: string; readonly creds: string } {
  const [operator, system, account, user] = [createOperator(), createAccount(), createAccount(), createUser()];
  const token = (issuer: KeyPair, subject: KeyPair, name: string, nats: object): string => {
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iat: 1_700_000_000, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name, nats };
    const jti = createHash('sha256').update(JSON.stringify(claims)).digest('base64url');
    const text = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode({ ...claims, jti })}`;
    return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
  };
  const limits = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1, wildcards: true };
  const operatorToken = token(operator, operator, 'O', { type: 'operator', version: 2 });
  const systemToken = token(operator, system, 'SYS', { type: 'account', version: 2, limits });
  const accountToken = token(operator, account, 'A', {
    type: 'account',
    version: 2,
    limits: { ...limits, mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
  });
  const userToken = token(account, user, 'U', { type: 'user', version: 2, subs: -1, data: -1, payload: -1 });
  return {
    configuration: `operator: "${operatorToken}"\nresolver: MEMORY\nresolver_preload: { ${account.getPublicKey()}: "${accountToken}", ${system.getPublicKey()}: "${systemToken}" }\nsystem_account: ${system.getPublicKey()}\n`,
    creds: [
      '-----BEGIN NATS USER JWT-----',
      userToken,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      Buffer.from(user.getSeed()).toString(),
      '------END USER NKEY SEED------',
      '',
    ].join('\n'),
  };
}
