/** Who may ask what of the page: every route by every kind of caller, names that somebody points at us, and guessing. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PageConfig, TlsClientRule } from '../../agent/config/config.ts';
import type { HttpAsked } from '../../agent/http-ports.ts';
import type { TlsClient } from '../../agent/ports.ts';
import { Gate } from '../../agent/web/access.ts';
import { type Access, Refusal } from '../../agent/web/route.ts';
import { routes } from '../../agent/web/routes/index.ts';
import { limits } from '../../shared/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ask, bearer, plainPage, type Stand, securePage, standPage, TOKEN, tlsFixture } from '../support/page-stand.ts';

const subject = 'CN=operator 1';
const client = (more: Partial<TlsClient> = {}): TlsClient => ({
  trusted: true,
  why: null,
  fingerprint: 'SHA256:AA',
  subject,
  bears: (name) => name === 'operator1',
  ...more,
});

const asked = (more: Partial<HttpAsked> = {}): HttpAsked => ({
  method: 'GET',
  target: '/',
  headers: { host: 'localhost', ...more.headers },
  remote: { address: '127.0.0.1', port: 40_000 },
  tls: false,
  client: null,
  body: async () => null,
  ...('remote' in more && { remote: more.remote! }),
  ...('client' in more && { client: more.client! }),
});

/** What the gate says: who, or the code of its refusal. */
function verdict(config: PageConfig, request: HttpAsked, access: Access, gate = new Gate(config, new FakeClock())): string {
  try {
    return gate.admit(request, access);
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const far = { address: '192.0.2.77', port: 5 };
const everywhere: PageConfig = { ...securePage, listen: { address: '0.0.0.0', port: 7423 } };
const rules = (clients: readonly TlsClientRule[] | null, clientCa: string | null = '/ca'): PageConfig => ({
  ...everywhere,
  tls: { files: { ...securePage.tls!.files, clientCa }, clients },
});
const ME = 'page 127.0.0.1';
const FAR = 'page 192.0.2.77';

describe('who may', () => {
  const withToken = { host: '192.0.2.1', ...bearer() };
  const bare = { host: '192.0.2.1' };
  const noToken: PageConfig = { ...plainPage, token: null };
  const asks: readonly (readonly [
    who: string,
    config: PageConfig,
    request: HttpAsked,
    open: string,
    read: string,
    act: string,
  ])[] = [
    ['this host', plainPage, asked(), ME, ME, 'no-token'],
    [
      'this host over IPv6',
      plainPage,
      asked({ remote: { address: '::1', port: 1 }, headers: { host: '[::1]:7423' } }),
      'page ::1',
      'page ::1',
      'no-token',
    ],
    ['this host, with the token', plainPage, asked({ headers: bearer() }), ME, ME, ME],
    [
      'this host, with a wrong token',
      plainPage,
      asked({ headers: bearer('wrong-token-of-16-chars') }),
      ME,
      'wrong-token',
      'wrong-token',
    ],
    [
      'this host, with half the token',
      plainPage,
      asked({ headers: bearer(TOKEN.slice(0, -1)) }),
      ME,
      'wrong-token',
      'wrong-token',
    ],
    [
      'this host, by Basic',
      plainPage,
      asked({ headers: { authorization: `Basic ${btoa(`x:${TOKEN}`)}` } }),
      ME,
      'wrong-token',
      'wrong-token',
    ],
    ['this host, where nobody has a token', noToken, asked(), ME, ME, 'no-token-configured'],
    ['a token, where nobody has one', noToken, asked({ headers: bearer() }), ME, 'no-token-configured', 'no-token-configured'],
    ['this host, where it needs the token', { ...plainPage, loopback: 'token' }, asked(), ME, 'no-token', 'no-token'],
    ['a proxy on this host', plainPage, asked({ headers: { 'x-forwarded-for': '192.0.2.77' } }), ME, 'no-token', 'no-token'],
    ['a proxy that says Forwarded', plainPage, asked({ headers: { forwarded: 'for=192.0.2.77' } }), ME, 'no-token', 'no-token'],
    ['this host, on a page for everybody', everywhere, asked({ headers: { host: '127.0.0.1' } }), ME, 'no-token', 'no-token'],
    ['elsewhere', everywhere, asked({ remote: far, headers: bare }), FAR, 'no-token', 'no-token'],
    ['elsewhere, with the token', everywhere, asked({ remote: far, headers: withToken }), FAR, FAR, FAR],
    [
      'a certificate of ours',
      everywhere,
      asked({ remote: far, headers: bare, client: client() }),
      `page ${subject}`,
      `page ${subject}`,
      'no-token',
    ],
    [
      'both',
      everywhere,
      asked({ remote: far, headers: withToken, client: client() }),
      `page ${subject}`,
      `page ${subject}`,
      `page ${subject}`,
    ],
    [
      'a certificate of somebody',
      everywhere,
      asked({ remote: far, headers: bare, client: client({ trusted: false, why: 'CERT' }) }),
      FAR,
      'no-token',
      'no-token',
    ],
    [
      'a name that is listed',
      rules([{ kind: 'name', value: 'operator1', as: null }]),
      asked({ remote: far, headers: bare, client: client() }),
      `page ${subject}`,
      `page ${subject}`,
      'no-token',
    ],
    [
      'a name that is not',
      rules([{ kind: 'name', value: 'operator2', as: null }]),
      asked({ remote: far, headers: bare, client: client() }),
      FAR,
      'wrong-certificate',
      'no-token',
    ],
    [
      'a pinned one that nobody signed',
      rules([{ kind: 'fingerprint', value: 'SHA256:AA', as: null }], null),
      asked({ remote: far, headers: bare, client: client({ trusted: false }) }),
      `page ${subject}`,
      `page ${subject}`,
      'no-token',
    ],
    [
      'another than the pinned',
      rules([{ kind: 'fingerprint', value: 'SHA256:BB', as: null }], null),
      asked({ remote: far, headers: bare, client: client({ trusted: true }) }),
      FAR,
      'wrong-certificate',
      'no-token',
    ],
  ];

  test.each(asks)('%s', (_who, config, request, open, read, act) => {
    expect([verdict(config, request, 'open'), verdict(config, request, 'read'), verdict(config, request, 'act')]).toEqual([
      open,
      read,
      act,
    ]);
  });
});

describe('the Host header', () => {
  const named: PageConfig = { ...plainPage, names: ['spitrap.example.net', '192.0.2.9'] };
  test.each<[host: string, known: boolean, config?: PageConfig]>([
    ['localhost', true],
    ['LocalHost:7423', true],
    ['localhost.', true],
    ['127.0.0.1', true],
    ['127.1.2.3:80', true],
    ['[::1]:7423', true],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['192.0.2.1', false],
    ['192.0.2.1', true, everywhere],
    ['192.0.2.1', true, { ...everywhere, listen: { address: '192.0.2.1', port: 1 } }],
    ['192.0.2.2', false, { ...everywhere, listen: { address: '192.0.2.1', port: 1 } }],
    ['evil.example', false, everywhere],
    ['spitrap.example.net', true, named],
    ['SPITRAP.example.net:443', true, named],
    ['x.spitrap.example.net', false, named],
    ['192.0.2.9', true, named],
    ['', false],
    ['localhost@evil.example', false],
    ['localhost:7423:1', false],
    ['2130706433', false],
    ['0x7f.1', false],
  ])('%s: %s', (host, known, config = plainPage) => {
    expect(verdict(config, asked({ headers: { host } }), 'open') !== 'bad-host').toBe(known);
  });
});

describe('another site', () => {
  test.each<[site: string, mode: string, access: Access, said: string]>([
    ['cross-site', 'no-cors', 'read', 'cross-site'],
    ['same-site', 'cors', 'read', 'cross-site'],
    ['cross-site', 'navigate', 'read', ME],
    ['cross-site', 'no-cors', 'open', ME],
    ['same-origin', 'cors', 'read', ME],
    ['none', 'navigate', 'read', ME],
  ])('%s %s %s', (site, mode, access, said) => {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
    expect(verdict(plainPage, asked({ headers }), access)).toBe(said);
  });
});

describe('guessing', () => {
  const guess = (gate: Gate, address: string, token = 'guess-guess-guess-guess') =>
    verdict(plainPage, asked({ remote: { address, port: 1 }, headers: bearer(token) }), 'act', gate);

  test('ten a minute from one address, then not even the right one counts', async () => {
    const clock = new FakeClock();
    const gate = new Gate(plainPage, clock);
    const said = Array.from({ length: limits.pageGuessesMax + 1 }, () => guess(gate, '127.0.0.1'));
    expect(said).toEqual([...Array.from({ length: limits.pageGuessesMax }, () => 'wrong-token'), 'too-many-guesses']);
    expect(guess(gate, '127.0.0.1', TOKEN)).toBe('too-many-guesses');
    expect(guess(gate, '127.0.0.2', TOKEN)).toBe('page 127.0.0.2');
    // Whoever only reads is not kept out by somebody else's guesses.
    expect(verdict(plainPage, asked(), 'read', gate)).toBe(ME);
    await clock.advance(60_000);
    expect(guess(gate, '127.0.0.1', TOKEN)).toBe(ME);
  });

  test('one host with 2^64 addresses is one guesser', () => {
    const gate = new Gate(plainPage, new FakeClock());
    for (let host = 1; host <= limits.pageGuessesMax; host++) guess(gate, `2001:db8:1:2::${host}`);
    expect(guess(gate, '2001:db8:1:2:ffff::1', TOKEN)).toBe('too-many-guesses');
    expect(guess(gate, '2001:db8:1:3::1', TOKEN)).toBe('page 2001:db8:1:3::1');
  });

  test('those remembered are bounded: the oldest is forgotten', () => {
    const gate = new Gate(plainPage, new FakeClock());
    for (let n = 0; n < limits.pageGuessesMax; n++) guess(gate, '10.0.0.1');
    for (let n = 0; n < limits.pageGuessersMax; n++) guess(gate, `10.1.${n >> 8}.${n & 255}`);
    expect(guess(gate, '10.0.0.1', TOKEN)).toBe('page 10.0.0.1');
  });
});

/** Every route of the shelf, over real TLS, by everybody who may knock. */
describe('the shelf', () => {
  const fingerprint = `SHA256:${new X509Certificate(readFileSync(tlsFixture('hub1.pem'))).fingerprint256}`;
  const callers: Readonly<Record<string, { certificate?: string; token?: string }>> = {
    nobody: {},
    'a wrong token': { token: 'wrong-token-of-16-chars' },
    'a strange certificate': { certificate: 'unknown' },
    'a certificate of ours': { certificate: 'hub1' },
    'the token': { token: TOKEN },
  };
  const may: Readonly<Record<Access, readonly string[]>> = {
    open: Object.keys(callers),
    read: ['a certificate of ours', 'the token'],
    act: ['the token'],
  };

  test('each route lets in whom it should, and nobody else', async () => {
    const stand: Stand = await standPage({
      config: {
        ...securePage,
        loopback: 'token',
        tls: { ...securePage.tls!, clients: [{ kind: 'fingerprint', value: fingerprint, as: null }] },
      },
      routes: routes.map((route) => ({ ...route, answer: () => ({ status: 200, headers: {}, body: Buffer.from('in') }) })),
    });
    try {
      for (const { path, method, access } of routes)
        for (const [who, { certificate, token }] of Object.entries(callers)) {
          const real = path.replaceAll(/:\w+\+?/g, 'x');
          const headers = token === undefined ? {} : bearer(token);
          const answer = await ask(stand.port, real, {
            ...{ method, tls: true, headers },
            ...(certificate && { certificate }),
            // Whose guesses are not the others'.
            ...(who === 'a wrong token' && { from: '127.0.0.9' }),
          });
          const isIn = answer.status === 200;
          expect([method, path, who, isIn]).toEqual([method, path, who, may[access].includes(who)]);
          if (!isIn) expect([401, 403, 429]).toContain(answer.status);
        }
    } finally {
      await stand.page.close();
    }
  });
});
