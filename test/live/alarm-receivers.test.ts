/** Alarms to receivers that others wrote: rsyslogd reads our syslog messages as they are meant, and TLS certificates of openssl are judged as they should be. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Sent } from '../../agent/alarms/channel.ts';
import { openChannel } from '../../agent/alarms/index.ts';
import { type NoticeStatus, noticeOf } from '../../agent/alarms/notice.ts';
import type { AlarmChannelConfig } from '../../agent/config/config.ts';
import { createWorld } from '../../agent/world.ts';
import { wall } from '../../shared/model/time.ts';
import { facts, speaker } from '../alarms/standing.ts';

const run = promisify(execFile);
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const missing = ['rsyslogd', 'openssl'].filter((command) => !has(command));
const world = createWorld();
const common = { name: 'live', severity: 'warning', repeatEveryMs: 900_000, timeoutMs: 10_000 } as const;
const AT = wall(Date.UTC(2026, 2, 12, 18, 32, 41, 706));

const tell = (config: AlarmChannelConfig, status: NoticeStatus = 'raised', text = facts().text): Promise<Sent> =>
  openChannel(config, world).send(
    noticeOf({ status, alarm: facts({ text }), repeats: 0, flapping: false }, speaker, AT),
    new AbortController().signal,
  );

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

describe.skipIf(missing.includes('rsyslogd'))('rsyslogd (skipped without it)', () => {
  let folder: string;
  let daemon: ChildProcess;
  let ports: Readonly<Record<'udp' | 'tcp', number>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spitrap-alarms-'));
    const portFile = join(folder, 'port');
    const udp = await freeUdpPort();
    const config = `global(workDirectory="${folder}" net.enableDNS="off")
module(load="imtcp")
module(load="imudp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${portFile}")
input(type="imudp" address="127.0.0.1" port="${udp}")
template(name="Fields" type="list" option.jsonf="on") {
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="stamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
}
action(type="omfile" file="${join(folder, 'out')}" template="Fields" asyncWriting="off")
`;
    await writeFile(join(folder, 'rsyslog.conf'), config);
    const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
    daemon = spawn('rsyslogd', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const read = (): Promise<string> => readFile(portFile, 'utf8').catch(() => '');
    await vi.waitFor(async () => expect(await read()).toMatch(/^\d+/), { timeout: 30_000 });
    ports = { udp, tcp: Number.parseInt(await read(), 10) };
  });
  afterAll(async () => {
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
    await rm(folder, { recursive: true, force: true });
  });

  const received = async (): Promise<Record<string, string>[]> => {
    const text = await readFile(join(folder, 'out'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, string>);
  };

  const cases = (['udp', 'tcp'] as const).flatMap((transport) =>
    (['rfc5424', 'rfc3164'] as const).map((format) => [transport, format] as const),
  );
  test.each(cases)('over %s as %s: every field is read as it is meant', async (transport, format) => {
    const mark = `${transport} ${format}`;
    const text = `${mark}: a hostile "text" [with] <brackets>\u001b[2J and é`;
    const send = { address: '127.0.0.1', port: ports[transport] };
    const sent = await tell({ ...common, kind: 'syslog', send, transport, format, facility: 'local3' }, 'raised', text);
    expect(sent).toMatchObject({
      kind: 'delivered',
      detail: expect.stringMatching(
        transport === 'udp' ? /nobody acknowledges UDP$/ : /the collector closed in order$/,
      ) as string,
    });
    const ours = async () => (await received()).filter(({ msg }) => msg?.includes(mark));
    await expect.poll(async () => (await ours()).length, { timeout: 20_000 }).toBe(1);
    const [fields] = await ours();
    expect(fields).toMatchObject({
      facility: 'local3',
      severity: 'crit',
      host: format === 'rfc5424' ? 'agent1.example.net' : 'agent1',
      app: 'spitrap',
      ...(format === 'rfc5424' ? { msgid: 'raised', stamp: expect.stringMatching(/^2026-03-12T18:32:41\.706/) as string } : {}),
    });
    expect(fields!['msg']).toContain(`${mark}: a hostile "text" [with] <brackets>\\x1b[2J and \\u{e9}; do: log in to hub1`);
  });

  test('what is over has severity notice', async () => {
    const send = { address: '127.0.0.1', port: ports.tcp };
    await tell({ ...common, kind: 'syslog', send, transport: 'tcp', format: 'rfc5424', facility: 'daemon' }, 'cleared');
    await expect
      .poll(async () => (await received()).find(({ msgid }) => msgid === 'cleared'), { timeout: 20_000 })
      .toMatchObject({ facility: 'daemon', severity: 'notice' });
  });
});

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

describe.skipIf(missing.includes('openssl'))('a webhook over TLS (skipped without openssl)', () => {
  let folder: string;
  let ca = '';
  const servers: Server[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spitrap-tls-'));
    await authority('ca');
    ca = await readFile(join(folder, 'ca.pem'), 'utf8');
    await authority('other');
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
  const authority = (name: string): Promise<unknown> =>
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );

  /** A server whose certificate `signer` made out to `name`. */
  async function serve(signer: string, name: string, days = '2'): Promise<number> {
    await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=hook', '-keyout', 'hook.key', '-out', 'hook.csr');
    await writeFile(join(folder, 'hook.ext'), `subjectAltName=${name}\n`);
    const sign = [
      'x509',
      '-req',
      '-in',
      'hook.csr',
      '-CA',
      `${signer}.pem`,
      '-CAkey',
      `${signer}.key`,
      '-CAcreateserial',
      '-days',
      days,
    ];
    await openssl(...sign, '-extfile', 'hook.ext', '-out', 'hook.pem');
    const [key, cert] = await Promise.all(['hook.key', 'hook.pem'].map((file) => readFile(join(folder, file))));
    const server = createServer({ key, cert }, (request, response) => {
      request.resume();
      response.writeHead(204).end();
    });
    server.on('tlsClientError', () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as { port: number }).port;
  }

  test.each<[title: string, signer: string, name: string, host: string, withCa: boolean, kind: string, detail: RegExp]>([
    ['signed by the authority in `ca`, by address', 'ca', 'IP:127.0.0.1', '127.0.0.1', true, 'delivered', /answered 204$/],
    ['by name', 'ca', 'DNS:localhost', 'localhost', true, 'delivered', /answered 204$/],
    [
      'made out to another name',
      'ca',
      'DNS:elsewhere.example.net',
      '127.0.0.1',
      true,
      'failed',
      /not accepted: ERR_TLS_CERT_ALTNAME_INVALID$/,
    ],
    [
      'signed by another authority',
      'other',
      'IP:127.0.0.1',
      '127.0.0.1',
      true,
      'failed',
      /not accepted: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/,
    ],
    [
      'an authority that nobody knows',
      'ca',
      'IP:127.0.0.1',
      '127.0.0.1',
      false,
      'failed',
      /not accepted: UNABLE_TO_VERIFY_LEAF_SIGNATURE$/,
    ],
  ])('%s', async (_title, signer, name, host, withCa, kind, detail) => {
    const port = await serve(signer, name);
    const url = `https://${host}:${port}/secret`;
    const sent = await tell({ ...common, kind: 'webhook', url, headers: {}, ca: withCa ? ca : null });
    expect([sent.kind, sent.detail]).toEqual([kind, expect.stringMatching(detail)]);
  });
});
