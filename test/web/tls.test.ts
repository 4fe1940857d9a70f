/** The page over TLS: handshakes that are none, a renewed certificate without a restart, a broken one that takes nobody's place. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { PageConfig } from '../../agent/config/config.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { Disk } from '../../agent/ports.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { ask, bearer, raw, type Stand, securePage, standPage, tlsFixture } from '../support/page-stand.ts';

const text = (name: string): string => readFileSync(tlsFixture(name), 'utf8');
/** Within the fixtures' hundred years. */
const NOW = Date.UTC(2030, 0, 1);
const RENEW_MS = 30_000;

const stands: Stand[] = [];
afterEach(async () => {
  for (const { page } of stands.splice(0)) await page.close();
});

async function secure() {
  const clock = new FakeClock({ wallMs: NOW });
  const etc = new FakeDisk();
  await etc.makeFolder('/etc/page');
  const put = async (name: string, content: string): Promise<void> => {
    const file = await etc.open(`/etc/page/${name}`, 'create');
    await file.append(Buffer.from(content));
    await file.sync();
    await file.close();
  };
  await put('page.pem', text('server.pem'));
  await put('page.key', text('server.key'));
  const system = createDisk();
  // The files of the page are this checkout's.
  const isOurs = (path: string): boolean => path.startsWith('/etc/page');
  const disk = {
    stat: (path: string) => (isOurs(path) ? etc.stat(path) : system.stat(path)),
    readFile: (path: string) => (isOurs(path) ? etc.readFile(path) : system.readFile(path)),
    list: (path: string) => system.list(path),
  } as Disk;
  const tls: PageConfig['tls'] = {
    files: { certificate: '/etc/page/page.pem', key: { file: '/etc/page/page.key' }, clientCa: null },
    clients: null,
  };
  const made = await standPage({ config: { ...securePage, tls }, clock, disk });
  stands.push(made);
  /** The fingerprint that it shows. */
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: made.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()!.fingerprint256);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  return { ...made, clock, put, shown };
}

const fingerprint = (name: string): string => new X509Certificate(text(name)).fingerprint256;

test('the page and the API over HTTPS, and the status says so', async () => {
  const { page, port } = await secure();
  expect(page.tls).toBe(true);
  expect((await ask(port, '/', { tls: true })).status).toBe(200);
  expect((await ask(port, '/api/v1/status', { tls: true, headers: bearer() })).status).toBe(200);
});

test('HTTP on its port, and half a handshake, are counted', async () => {
  const { page, port } = await secure();
  await raw(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').catch(() => '');
  await expect.poll(() => page.refusals.get('page-tls-handshake')).toBe(1);
  expect((await ask(port, '/', { tls: true })).status).toBe(200);
});

test('a renewed certificate is shown without a restart', async () => {
  const { clock, put, shown } = await secure();
  expect(await shown()).toBe(fingerprint('server.pem'));
  await put('page.pem', text('renewed.pem'));
  await put('page.key', text('renewed.key'));
  await clock.advance(RENEW_MS);
  await expect.poll(shown).toBe(fingerprint('renewed.pem'));
});

test('a broken one never takes the place of a good one, and is said until it is mended', async () => {
  const { page, clock, put, shown, log } = await secure();
  await put('page.pem', 'no PEM at all');
  await clock.advance(RENEW_MS);
  await expect.poll(() => page.problem).toContain('the old certificate stays in use');
  expect(await shown()).toBe(fingerprint('server.pem'));
  await clock.advance(5 * RENEW_MS);
  expect(log.filter((line) => line.includes('stays in use'))).toHaveLength(1);
  await put('page.pem', text('renewed.pem'));
  await put('page.key', text('renewed.key'));
  await clock.advance(RENEW_MS);
  await expect.poll(() => page.problem).toBeNull();
});

test('one that is out of its time is said', async () => {
  const { page, clock, put } = await secure();
  await put('page.pem', text('expired.pem'));
  await put('page.key', text('expired.key'));
  await clock.advance(RENEW_MS);
  await expect.poll(() => page.problem).toContain('whoever verifies it does not connect');
});

test('files that no server could use end the start', async () => {
  const files = { certificate: tlsFixture('server.pem'), key: { file: tlsFixture('unknown.key') }, clientCa: null };
  await expect(standPage({ config: { ...securePage, tls: { files, clients: null } } })).rejects.toMatchObject({
    code: 'TLS_CREDENTIALS_REFUSED',
    message: expect.stringContaining('page:'),
  });
});

test('a port that somebody has ends the start, naming the setting', async () => {
  const made = await standPage();
  stands.push(made);
  await expect(standPage({ config: { listen: { address: '127.0.0.1', port: made.port } } })).rejects.toMatchObject({
    code: 'LISTEN_REFUSED',
    message: expect.stringContaining('page.listen'),
  });
});
