/**
 * Real senders against our syslog over TLS: rsyslogd with its GnuTLS and OpenSSL drivers (own configuration, loopback), and openssl s_client.
 * Certificates are made by openssl; rsyslog verifies ours as it would any server's.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import type { TlsClientRule } from '../../agent/config/config.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { tlsStreams } from '../../agent/net/tls.ts';
import type { World } from '../../agent/ports.ts';
import type { Listening } from '../../agent/sources/syslog-listener.ts';
import { syslogTls } from '../../agent/sources/syslog-tls.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { noteA } from '../support/invalid-spi-lines.ts';

const run = promisify(execFile);
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const driver = (name: string): boolean =>
  ['/usr/lib/x86_64-linux-gnu/rsyslog', '/usr/lib/aarch64-linux-gnu/rsyslog', '/usr/lib/rsyslog'].some((folder) =>
    existsSync(join(folder, `lmnsd_${name}.so`)),
  );
const missing = [
  ...['rsyslogd', 'openssl'].filter((command) => !has(command)),
  ...(driver('gtls') ? [] : ['rsyslog-gnutls']),
  ...(driver('ossl') ? [] : ['rsyslog-openssl']),
];

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

let folder: string;
const at = (name: string): string => join(folder, name);

async function authority(name: string): Promise<void> {
  await run(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)].concat([
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
      '-addext',
      'basicConstraints=critical,CA:true',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign',
    ]),
  );
}

async function certificate(name: string, signer: string, subjectAltName: string, days = 2): Promise<void> {
  await run('openssl', [
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    at(`${name}.key`),
    '-out',
    at(`${name}.csr`),
    '-subj',
    `/CN=${name}`,
  ]);
  await writeFile(at(`${name}.ext`), `subjectAltName=${subjectAltName}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  const sign = [
    'x509',
    '-req',
    '-in',
    at(`${name}.csr`),
    '-CA',
    at(`${signer}.pem`),
    '-CAkey',
    at(`${signer}.key`),
    '-CAcreateserial',
  ];
  await run('openssl', [...sign, '-days', String(days), '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)]);
}

const opened: Listening[] = [];
interface Heard {
  readonly port: number;
  readonly seen: Observation[];
  text(): string;
  refusals(): string[];
  until(done: () => boolean): Promise<void>;
}

async function listen(asked: { readonly clients?: readonly TlsClientRule[]; readonly clientCa?: string } = {}): Promise<Heard> {
  const seen: Observation[] = [];
  let wake: () => void = () => {};
  const emit = (observation: Observation): void => {
    seen.push(observation);
    wake();
  };
  const world = { clock: createClock(), disk: createDisk(), tls: tlsStreams } as unknown as World;
  const files = { certificate: at('server.pem'), key: { file: at('server.key') }, clientCa: asked.clientCa ?? null };
  const listenAt = { address: '127.0.0.1', port: 0 };
  const source = await syslogTls.open(
    'tls',
    {
      kind: 'syslog-tls',
      name: 'tls',
      listen: listenAt,
      allow: [parseRange('127.0.0.1')!],
      files,
      clients: asked.clients ?? null,
    },
    { world, emit, device: null },
  );
  opened.push(source);
  return {
    port: source.local.port,
    seen,
    text: () => seen.map((o) => (o.kind === 'lines' ? o.bytes.toString() : '')).join(''),
    refusals: () => seen.flatMap((o) => (o.kind === 'refusal' ? [`${o.reason}: ${o.detail ?? ''}`] : [])),
    until: async (done) => {
      while (!done()) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

const processes: ChildProcess[] = [];
afterEach(async () => {
  for (const child of processes.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  for (const source of opened.splice(0)) await source.close();
});

describe.skipIf(missing.length > 0)(`syslog over TLS (skipped without rsyslog, its TLS drivers and openssl)`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spitrap-tls-'));
    await authority('ca');
    await authority('other');
    await certificate('server', 'ca', 'IP:127.0.0.1,DNS:agent.example.net');
    await certificate('hub1', 'ca', 'DNS:hub1.example.net');
    await certificate('stranger', 'other', 'DNS:hub1.example.net');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const HUB1: TlsClientRule = { kind: 'name', value: 'hub1.example.net', as: null };

  const listens = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });

  describe.each(['gtls', 'ossl'] as const)('rsyslogd, driver %s', (stream) => {
    /** Plain lines in, TLS out; returns the port to send to. */
    async function relay(port: number, client: string | null, ca = 'ca'): Promise<number> {
      const id = `${stream}-${port}`;
      const own =
        client === null
          ? ''
          : `defaultNetstreamDriverCertFile="${at(`${client}.pem`)}" defaultNetstreamDriverKeyFile="${at(`${client}.key`)}"`;
      const config = `global(workDirectory="${folder}" net.enableDNS="off" defaultNetstreamDriverCAFile="${at(`${ca}.pem`)}" ${own})
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${at(`${id}.port`)}")
template(name="Raw" type="string" string="%rawmsg%")
action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" TCP_Framing="octet-counted" template="Raw"
  StreamDriver="${stream}" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="agent.example.net"
  action.resumeInterval="1" action.resumeRetryCount="-1")
`;
      await writeFile(at(`${id}.conf`), config);
      const daemon = spawn('rsyslogd', ['-n', '-f', at(`${id}.conf`), '-i', at(`${id}.pid`)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      processes.push(daemon);
      let said = '';
      daemon.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
      const died = once(daemon, 'exit').then(() => {
        throw new Error(`rsyslogd ended: ${said}`);
      });
      died.catch(() => {});
      const ready = (async () => {
        for (;;) {
          const text = await readFile(at(`${id}.port`), 'utf8').catch(() => '');
          // It may have been written in part: a port is whole when somebody listens there.
          if (/^\d+/.test(text) && (await listens(Number.parseInt(text, 10)))) return Number.parseInt(text, 10);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      return Promise.race([ready, died]);
    }
    async function say(port: number, ...lines: string[]): Promise<void> {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.end(`${lines.join('\n')}\n`);
      await once(socket, 'close');
    }

    test('it verifies our certificate, and every line arrives, octet-counted', async () => {
      const heard = await listen();
      const port = await relay(heard.port, null);
      await say(port, `<188>91: hub: ${noteA}`, '<189>92: hub: second');
      await heard.until(() => heard.text().includes('second'));
      expect(heard.text()).toContain(noteA);
      expect(heard.text().trimEnd().split('\n')).toHaveLength(2);
    });
    test('with a certificate of its own, that clients names', async () => {
      const heard = await listen({ clientCa: at('ca.pem'), clients: [HUB1] });
      await say(await relay(heard.port, 'hub1'), '<189>93: hub: third');
      await heard.until(() => heard.text().includes('third'));
      expect(heard.refusals()).toEqual([]);
    });
    test('without one, where one is asked for, it is refused', async () => {
      const heard = await listen({ clientCa: at('ca.pem') });
      await say(await relay(heard.port, null), '<189>94: hub: fourth');
      await heard.until(() => heard.refusals().length > 0);
      expect(heard.refusals()[0]).toBe('client-certificate: it showed no certificate');
      expect(heard.text()).toBe('');
    });
    test('it does not take us for the agent when another authority is to sign: nothing arrives', async () => {
      const heard = await listen();
      await say(await relay(heard.port, null, 'other'), '<189>95: hub: fifth');
      // OpenSSL ends the handshake, which is counted; GnuTLS comes to its end first, looks at the certificate, and leaves without a word.
      const left = () => heard.seen.some((o) => o.kind === 'source-state' && o.state === 'interrupted');
      await heard.until(() => heard.refusals().length > 0 || left());
      if (stream === 'ossl')
        expect(heard.refusals()[0]).toMatch(
          /^tls-handshake: (?:.*(?:unknown ca|alert)|it closed before the handshake was done$)/i,
        );
      expect(heard.text()).toBe('');
    });
  });

  describe('openssl s_client', () => {
    const client = (port: number, ...more: string[]): ChildProcess => {
      const child = spawn('openssl', [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-CAfile',
        at('ca.pem'),
        '-quiet',
        '-no_ign_eof',
        ...more,
      ]);
      child.stdin!.on('error', () => {});
      processes.push(child);
      return child;
    };
    test.each([
      ['TLS 1.3', ['-tls1_3', '-verify_return_error']],
      ['TLS 1.2', ['-tls1_2', '-verify_return_error']],
    ])('%s: octet-counted and LF-ended lines', async (_name, args) => {
      const heard = await listen();
      const line = `<188>1 - - - - - - ${noteA}`;
      client(heard.port, ...args).stdin!.write(`${Buffer.byteLength(line)} ${line}<189>plain\n`);
      await heard.until(() => heard.text().includes('plain'));
      expect(heard.text()).toBe(`${line}\n<189>plain\n`);
    });
    test('TLS 1.1 is refused, with OpenSSL’s words', async () => {
      const heard = await listen();
      client(heard.port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
      await heard.until(() => heard.refusals().length > 0);
      expect(heard.refusals()[0]).toMatch(/^tls-handshake: .*(?:version|protocol)/i);
    });
    test.each<[string, readonly TlsClientRule[] | undefined, string, boolean, RegExp]>([
      ['a certificate that our authority signed', undefined, 'hub1', true, /^$/],
      ['one that another authority signed', undefined, 'stranger', false, /not to be trusted/],
      ['one that is not named', [{ ...HUB1, value: 'hub2.example.net' }], 'hub1', false, /none of clients/],
    ])('%s', async (_name, clients, own, taken, why) => {
      const heard = await listen({ clientCa: at('ca.pem'), ...(clients && { clients }) });
      client(heard.port, '-cert', at(`${own}.pem`), '-key', at(`${own}.key`)).stdin!.write('<189>mine\n');
      await heard.until(() => heard.text() !== '' || heard.refusals().length > 0);
      expect(heard.text() === '<189>mine\n').toBe(taken);
      expect(heard.refusals().join()).toMatch(why);
    });
    test('a fingerprint as openssl prints it', async () => {
      const { stdout } = await run('openssl', ['x509', '-in', at('stranger.pem'), '-noout', '-fingerprint', '-sha256']);
      const value = `SHA256:${stdout.trim().split('=')[1]}`;
      const heard = await listen({ clients: [{ kind: 'fingerprint', value, as: '192.0.2.1' }] });
      client(heard.port, '-cert', at('stranger.pem'), '-key', at('stranger.key')).stdin!.write('<189>pinned\n');
      await heard.until(() => heard.text() === '<189>pinned\n');
      expect(heard.seen.find((o) => o.kind === 'lines')).toMatchObject({ from: '192.0.2.1', trust: 'connected' });
    });
  });
});
