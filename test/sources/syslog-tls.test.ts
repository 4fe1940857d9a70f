/** Syslog over TLS on real sockets: who may send, what a bad certificate or client costs, and a renewal without a restart. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { TlsClientRule } from '../../agent/config/config.ts';
import { tlsStreams } from '../../agent/net/tls.ts';
import type { TlsListenOptions, TlsStreams, World } from '../../agent/ports.ts';
import { sourceKinds } from '../../agent/sources/index.ts';
import type { Listening } from '../../agent/sources/syslog-listener.ts';
import { outOfTime, type SyslogTlsConfig, syslogTls } from '../../agent/sources/syslog-tls.ts';
import { limits } from '../../shared/limits.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { wall } from '../../shared/model/time.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { noteA } from '../support/invalid-spi-lines.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../net/fixtures/tls', name), 'utf8');
const fingerprintOf = (name: string): string => `SHA256:${new X509Certificate(fixture(name)).fingerprint256}`;
/** Within the fixtures' hundred years. */
const NOW = Date.UTC(2030, 0, 1);

const opened: Listening[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const source of opened.splice(0)) await source.close();
});

interface Asked {
  readonly clients?: readonly TlsClientRule[];
  readonly clientCa?: boolean;
  readonly allow?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly wallMs?: number;
  readonly tls?: TlsStreams;
}

async function watching(asked: Asked = {}) {
  const seen: Observation[] = [];
  const clock = new FakeClock({ wallMs: asked.wallMs ?? NOW });
  const disk = new FakeDisk();
  const put = async (path: string, text: string): Promise<void> => {
    const file = await disk.open(path, 'create');
    await file.append(Buffer.from(text));
    await file.sync();
    await file.close();
  };
  await disk.makeFolder('/etc/tls');
  await put('/etc/tls/server.pem', asked.certificate ?? fixture('server.pem'));
  await put('/etc/tls/server.key', asked.key ?? fixture('server.key'));
  await put('/etc/tls/ca.pem', fixture('authority.pem'));
  let wake: () => void = () => {};
  const emit = (observation: Observation): void => {
    seen.push(observation);
    wake();
  };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const config: SyslogTlsConfig = {
    kind: 'syslog-tls',
    name: 'tls',
    listen: { address: '127.0.0.1', port: 0 },
    allow: [parseRange(asked.allow ?? '127.0.0.1')!],
    files: {
      certificate: '/etc/tls/server.pem',
      key: { file: '/etc/tls/server.key' },
      clientCa: asked.clientCa ? '/etc/tls/ca.pem' : null,
    },
    clients: asked.clients ?? null,
  };
  const world = { clock, disk, tls: asked.tls ?? tlsStreams } as unknown as World;
  const open = async () => {
    const source = await syslogTls.open('tls', config, { world, emit, device: null });
    opened.push(source);
    return source;
  };
  const chunks = () => seen.flatMap((o) => (o.kind === 'lines' ? [o] : []));
  const text = () =>
    chunks()
      .map(({ bytes }) => bytes.toString('latin1'))
      .join('');
  const refusals = () =>
    seen.flatMap((o) => (o.kind === 'refusal' ? [{ reason: o.reason, from: o.from, detail: o.detail ?? '' }] : []));
  const states = () => seen.flatMap((o) => (o.kind === 'source-state' ? [`${o.state}: ${o.detail}`] : []));
  return { seen, clock, disk, put, until, open, chunks, text, refusals, states };
}

function dial(port: number, client?: string, ca = 'authority.pem'): TLSSocket {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: fixture(ca),
    ...(client !== undefined && { cert: fixture(`${client}.pem`), key: fixture(`${client}.key`) }),
  });
  sockets.push(socket);
  socket.on('error', () => {});
  return socket;
}

const counted = (line: string): string => `${Buffer.byteLength(line)} ${line}`;

test('it stands on the shelf under its own name', () => {
  expect(sourceKinds['syslog-tls']).toBe(syslogTls);
});

describe('lines', () => {
  test('octet-counted and LF-ended ones come whole, over a connection that is believed', async () => {
    const w = await watching();
    const { local } = await w.open();
    const socket = dial(local.port);
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    const first = `<188>1 - - - - - - ${noteA}`;
    socket.write(counted(first).slice(0, 40));
    socket.write(counted(first).slice(40));
    socket.write(`${counted('<189>two\nlines')}<188>plain\n`);
    await w.until(() => w.text().includes('plain'));
    expect(w.text()).toBe(`${first}\n<189>two\nlines\n<188>plain\n`);
    expect(w.chunks()[0]).toMatchObject({ trust: 'connected', from: '127.0.0.1', backlog: false });
    socket.end();
    await w.until(() => w.states().some((state) => state.startsWith('interrupted')));
  });
  test('a stranger is turned away before any handshake, and a port in use is told', async () => {
    const w = await watching({ allow: '192.0.2.0/24' });
    const { local } = await w.open();
    const stranger = dial(local.port);
    await new Promise((resolve) => stranger.once('close', resolve));
    expect(w.refusals()).toEqual([{ reason: 'source-address', from: '127.0.0.1', detail: '' }]);
    const taken = await watching();
    await expect(
      tlsStreams.listen(
        local,
        { certificate: fixture('server.pem'), key: fixture('server.key'), clientCa: null },
        {} as TlsListenOptions,
      ),
    ).rejects.toMatchObject({ code: 'LISTEN_REFUSED' });
    await taken.open();
  });
  test('what is no TLS, and a half of a handshake, harm nothing and are counted with their reason', async () => {
    const w = await watching();
    const { local } = await w.open();
    const plain = connectTcp(local.port, '127.0.0.1');
    sockets.push(plain);
    plain.on('error', () => {});
    plain.write(`<188>${noteA}\n`);
    await new Promise((resolve) => plain.once('close', resolve));
    const half = connectTcp(local.port, '127.0.0.1');
    sockets.push(half);
    await once(half, 'connect');
    half.write(Buffer.from([0x16, 3, 1, 2, 0]));
    half.destroy();
    await w.until(() => w.refusals().length === 2);
    expect(w.refusals().map(({ reason }) => reason)).toEqual(['tls-handshake', 'tls-handshake']);
    expect(
      w
        .refusals()
        .map(({ detail }) => detail)
        .join(),
    ).not.toContain('CRYPTO');
    expect(w.text()).toBe('');
    const socket = dial(local.port);
    await once(socket, 'secureConnect');
    socket.write('<188>after\n');
    await w.until(() => w.text() === '<188>after\n');
  });
  test('a handshake that does not come to its end gives its place back', async () => {
    const quick: TlsStreams = {
      ...tlsStreams,
      listen: (endpoint, credentials, options) =>
        tlsStreams.listen(endpoint, credentials, { ...options, handshakeTimeoutMs: 50 }),
    };
    const w = await watching({ tls: quick });
    const { local } = await w.open();
    const silent = connectTcp(local.port, '127.0.0.1');
    sockets.push(silent);
    silent.on('error', () => {});
    await w.until(() => w.refusals().length === 1);
    expect(w.refusals()).toEqual([{ reason: 'tls-handshake', from: '127.0.0.1', detail: 'the handshake was not done in time' }]);
  });
  test('it has seconds for it, not minutes', async () => {
    const asked: TlsListenOptions[] = [];
    const noting: TlsStreams = {
      ...tlsStreams,
      listen: (endpoint, credentials, options) => {
        asked.push(options);
        return tlsStreams.listen(endpoint, credentials, options);
      },
    };
    const w = await watching({ tls: noting });
    await w.open();
    expect(asked[0]!.handshakeTimeoutMs).toBeLessThanOrEqual(30_000);
  });
  test('a sender does not get a second handshake on its connection: each costs us a signature', async () => {
    const w = await watching();
    const { local } = await w.open();
    const socket = connect({ port: local.port, host: '127.0.0.1', ca: fixture('authority.pem'), maxVersion: 'TLSv1.2' });
    sockets.push(socket);
    const ended = new Promise<string>((resolve) => {
      socket.on('error', () => resolve('refused'));
      socket.on('close', () => resolve('refused'));
      socket.once('secureConnect', () =>
        socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null ? 'granted' : 'refused')),
      );
    });
    expect(await ended).toBe('refused');
  });
  test('connections in a handshake count against the limit too', async () => {
    const w = await watching();
    const { local } = await w.open();
    const waiting = Array.from({ length: limits.syslogConnectionsMax }, () => connectTcp(local.port, '127.0.0.1'));
    sockets.push(...waiting);
    await Promise.all(waiting.map((socket) => once(socket, 'connect')));
    const late = connectTcp(local.port, '127.0.0.1');
    sockets.push(late);
    late.on('error', () => {});
    await w.until(() => w.refusals().length === 1);
    expect(w.refusals()[0]).toMatchObject({ reason: 'too-many-connections' });
  });
  test.each([
    ['by the sender', (socket: TLSSocket) => void socket.end()],
    ['by a reset', (socket: TLSSocket) => void socket.destroy()],
  ])('a connection that ended %s gives its place back, as often as you like', async (_how, leave) => {
    const w = await watching();
    const { local } = await w.open();
    for (let n = 1; n <= limits.syslogConnectionsMax + 5; n++) {
      const socket = dial(local.port);
      await once(socket, 'secureConnect');
      socket.write(`<188>${n}\n`);
      await w.until(() => w.text().includes(`<188>${n}\n`));
      leave(socket);
      await w.until(() => w.states().filter((state) => state.startsWith('interrupted')).length === n);
    }
    expect(w.refusals()).toEqual([]);
  });
});

describe('client certificates', () => {
  const hub1: TlsClientRule = { kind: 'name', value: 'hub1.example.net', as: null };
  const cases: readonly [name: string, asked: Asked, client: string | undefined, refused: RegExp | null, from: string][] = [
    ['none asked for, none shown', {}, undefined, null, '127.0.0.1'],
    ['an authority alone: whoever it signed', { clientCa: true }, 'hub1', null, '127.0.0.1'],
    ['an authority alone: none shown', { clientCa: true }, undefined, /showed no certificate/, ''],
    ['an authority alone: signed by another', { clientCa: true }, 'unknown', /not to be trusted/, ''],
    ['an authority alone: expired', { clientCa: true }, 'expired', /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, ''],
    ['a name', { clientCa: true, clients: [hub1] }, 'hub1', null, '127.0.0.1'],
    ['a name in another case', { clientCa: true, clients: [{ ...hub1, value: 'HUB1.Example.NET' }] }, 'hub1', null, '127.0.0.1'],
    ['an address in it', { clientCa: true, clients: [{ ...hub1, value: '192.0.2.1' }] }, 'hub1', null, '127.0.0.1'],
    ['another name', { clientCa: true, clients: [{ ...hub1, value: 'hub2.example.net' }] }, 'hub1', /none of clients/, ''],
    ['a wildcard certificate speaks for no name', { clientCa: true, clients: [hub1] }, 'wild', /none of clients/, ''],
    ['a name that a stranger signed', { clientCa: true, clients: [hub1] }, 'unknown', /not to be trusted/, ''],
    [
      'a fingerprint needs no authority',
      { clients: [{ kind: 'fingerprint', value: fingerprintOf('unknown.pem'), as: null }] },
      'unknown',
      null,
      '127.0.0.1',
    ],
    [
      'another fingerprint',
      { clients: [{ kind: 'fingerprint', value: fingerprintOf('unknown.pem'), as: null }] },
      'hub1',
      /not to be trusted/,
      '',
    ],
    ['a name speaks as a device', { clientCa: true, clients: [{ ...hub1, as: '192.0.2.1' }] }, 'hub1', null, '192.0.2.1'],
  ];
  test.each(cases)('%s', async (_name, asked, client, refused, from) => {
    const w = await watching(asked);
    const { local } = await w.open();
    const socket = dial(local.port, client);
    await once(socket, 'secureConnect');
    socket.write('<188>hello\n');
    if (refused === null) {
      await w.until(() => w.text() === '<188>hello\n');
      expect(w.chunks()[0]!.from).toBe(from);
      expect(w.refusals()).toEqual([]);
    } else {
      await w.until(() => w.refusals().length > 0);
      expect(w.refusals()[0]!.reason).toBe('client-certificate');
      expect(w.refusals()[0]!.detail).toMatch(refused);
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
      expect(w.text()).toBe('');
    }
  });
});

describe('files', () => {
  test.each<[string, Asked, RegExp]>([
    ['no certificate', { certificate: 'nothing' }, /\/etc\/tls\/server\.pem: certificate holds no certificate in PEM form/],
    [
      'a broken certificate',
      { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      /server\.pem: certificate is no certificate/,
    ],
    ['no key', { key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }, /server\.key: key is no private key/],
    ['another’s key', { key: fixture('hub1.key') }, /server\.key: key is not the key of the first certificate/],
  ])('%s: nothing opens, and the file is named', async (_name, asked, message) => {
    const w = await watching(asked);
    await expect(w.open()).rejects.toMatchObject({ code: 'TLS_CREDENTIALS_REFUSED', message: expect.stringMatching(message) });
    await expect(w.open()).rejects.toThrow(/^source tls: /);
  });
  test('a file that is not there', async () => {
    const w = await watching();
    await w.disk.remove('/etc/tls/server.pem');
    await expect(w.open()).rejects.toThrow('certificate /etc/tls/server.pem is not there');
  });
  test('a certificate out of its time is told as an interruption, and renewed without a restart', async () => {
    const w = await watching({ wallMs: Date.UTC(2300, 0, 1) });
    const { local } = await w.open();
    expect(w.states().at(-1)).toMatch(/^interrupted: the certificate ended at 21/);
    // As good as new for the test's clock alone: its end is what it is.
    const before = dial(local.port);
    await once(before, 'secureConnect');
    expect(before.getPeerX509Certificate()?.subject).toContain('CN=server');
    await w.put('/etc/tls/server.pem', fixture('renewed.pem'));
    await w.clock.advance(30_000);
    // Its key is not there yet: the old pair stays, and it is told once.
    await w.until(() => w.refusals().length === 1);
    expect(w.refusals()[0]).toMatchObject({
      reason: 'tls-renewal',
      detail: expect.stringContaining('the old certificate stays in use'),
    });
    await w.clock.advance(30_000);
    expect(w.refusals()).toHaveLength(1);
    // The fake disk has no times of change: the size says it.
    await w.put('/etc/tls/server.key', `${fixture('renewed.key')}\n`);
    await w.clock.advance(30_000);
    await w.until(() => w.states().some((state) => state.includes('renewed: certificate')));
    const after = dial(local.port);
    await once(after, 'secureConnect');
    expect(after.getPeerX509Certificate()?.subject).toContain('CN=renewed');
  });
  test('a key that could not be read is used once it can, though its times are the same', async () => {
    const w = await watching();
    const { local } = await w.open();
    await w.put('/etc/tls/server.pem', fixture('renewed.pem'));
    await w.put('/etc/tls/server.key', `${fixture('renewed.key')}\n`);
    w.disk.fail('readFile', 'EACCES', 1, 'server.key');
    await w.clock.advance(30_000);
    await w.until(() => w.refusals().length === 1);
    await w.clock.advance(30_000);
    await w.until(() => w.states().some((state) => state.includes('renewed: certificate')));
    const after = dial(local.port);
    await once(after, 'secureConnect');
    expect(after.getPeerX509Certificate()?.subject).toContain('CN=renewed');
  });
  test('its time, in words', () => {
    const file = { validFromMs: 1_000, validToMs: 2_000 };
    expect(outOfTime(file, wall(1_500))).toBeNull();
    expect(outOfTime(file, wall(999))).toMatch(/begins only at 1970-01-01T00:00:01/);
    expect(outOfTime(file, wall(2_001))).toMatch(/ended at 1970-01-01T00:00:02/);
  });
});
