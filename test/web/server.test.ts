/** The page over real loopback sockets: what is served, what hostile requests get, and that every refusal is counted. */

import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock, onNextTurn } from '../../agent/clock.ts';
import { nodeHttpServers } from '../../agent/net/http-server.ts';
import { Refusal, type Route } from '../../agent/web/route.ts';
import { routes } from '../../agent/web/routes/index.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { statusSample } from '../status/status-sample.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ask, bearer, raw, type Stand, type StandOptions, standPage, TOKEN } from '../support/page-stand.ts';

const stands: Stand[] = [];
afterEach(async () => {
  for (const { page } of stands.splice(0)) await page.close();
});

async function stand(options: StandOptions = {}): Promise<Stand> {
  const made = await standPage(options);
  stands.push(made);
  return made;
}

const refusalsOf = ({ page }: Stand): Record<string, number> => Object.fromEntries(page.refusals);
const errorOf = (text: string): { code: string; message: string } =>
  (JSON.parse(text) as { error: { code: string; message: string } }).error;

describe('what is served', () => {
  test('the page, with a policy that lets nothing else in', async () => {
    const { port } = await stand();
    const { status, headers, text } = await ask(port, '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['set-cookie']).toBeUndefined();
    expect(text).toContain('<title>spitrap</title>');
  });

  test('every file that the page names is there', async () => {
    const { port } = await stand();
    const { text } = await ask(port, '/');
    const names = [...text.matchAll(/(?:src|href)="(\/[\w.-]+)"/g)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect([name, (await ask(port, name)).status]).toEqual([name, 200]);
  });

  test('the status, as the control socket has it', async () => {
    const { port } = await stand();
    const { status, headers, text } = await ask(port, '/api/v1/status');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(statusSample)));
  });

  test('HEAD says the same and sends nothing', async () => {
    const { port } = await stand();
    const whole = await ask(port, '/api/v1/status');
    const head = await ask(port, '/api/v1/status', { method: 'HEAD' });
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', whole.headers['content-length']]);
  });

  test('HEAD of the event stream ends, and as many as you like of it take no place', async () => {
    const { port, page } = await stand();
    for (let n = 0; n <= limits.pageStreamsMax; n++)
      expect((await ask(port, '/api/v1/events', { method: 'HEAD' })).status).toBe(200);
    expect([page.streams, page.drops['pageStreamsMax']]).toEqual([0, 0]);
  });

  test('an action says who asked, whatever its body says', async () => {
    const asked: unknown[] = [];
    const { port } = await stand({
      control: {
        hold: async (change, who) => {
          asked.push([change, who]);
          return { on: true, until: null, by: 'command' };
        },
      },
    });
    const headers = { ...bearer(), 'content-type': 'application/json' };
    const body = JSON.stringify({ change: { on: true, forMs: 60_000 }, who: 'root' });
    const answer = await ask(port, '/api/v1/hold', { method: 'POST', headers, body });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { on: true, until: null, by: 'command' }]);
    expect(asked).toEqual([[{ on: true, forMs: 60_000 }, 'page 127.0.0.1']]);
  });

  test.each([
    ['arm', { change: { pair: true, leaseMs: null, who: 'root' }, who: 'root' }],
    ['arm', { pair: true, leaseMs: null, who: 'root' }],
    ['disarm', { pair: true, who: 'root' }],
    ['capture', { change: { pair: true, who: 'root' } }],
    ['ack', { alarm: 'a1', who: 'root' }],
  ])('so does %s: %j', async (action, body) => {
    const asked: unknown[] = [];
    const told = async (...given: unknown[]): Promise<never> => {
      asked.push(given);
      throw new SpitrapError('USAGE', 'noted');
    };
    const { port } = await stand({ control: { arm: told, disarm: told, capture: told, ack: told } });
    const headers = { ...bearer(), 'content-type': 'application/json' };
    await ask(port, `/api/v1/${action}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(asked).toHaveLength(1);
    expect(JSON.stringify(asked)).toContain('"page 127.0.0.1"');
    expect(JSON.stringify(asked)).not.toContain('root');
  });

  test.each([
    ['INCIDENT_UNKNOWN', 404],
    ['ARM_REFUSED', 409],
    ['USAGE', 400],
    ['DISK_FAILED', 503],
  ] as const)('a refusal of the agent: %s is %i', async (code, status) => {
    const { port } = await stand({ control: { incidents: () => Promise.reject(new SpitrapError(code, 'in its own words')) } });
    const answer = await ask(port, '/api/v1/incidents');
    expect([answer.status, errorOf(answer.text)]).toEqual([status, { code, message: 'in its own words' }]);
  });

  test('a fault of ours says nothing of itself but in the log', async () => {
    const made = await stand({ control: { incidents: () => Promise.reject(new TypeError('x is not a function')) } });
    const answer = await ask(made.port, '/api/v1/incidents');
    expect([answer.status, errorOf(answer.text).code]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('not a function');
    expect(made.log.join('')).toContain('x is not a function');
  });
});

/** Bytes that no browser sends. Each ends in an answer or a close, is counted, and the next request is answered as ever. */
describe('hostile requests', () => {
  const long = 'x'.repeat(limits.pageHeaderBytesMax);
  const host = 'Host: 127.0.0.1\r\n';
  const cases: readonly (readonly [what: string, bytes: string, answered: RegExp, counted: string])[] = [
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['TLS where there is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['HTTP/2 by heart', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 421 /, 'page-bad-host'],
    ['HTTP/1.0 without a Host', 'GET / HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 421 /, 'page-bad-host'],
    ['two Hosts', `GET / HTTP/1.1\r\n${host}Host: 127.0.0.2\r\nConnection: close\r\n\r\n`, /^HTTP\/1\.1 400 /, 'page-malformed'],
    [
      'two tokens',
      `GET / HTTP/1.1\r\n${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
      'page-malformed',
    ],
    ['a head without end', `GET / HTTP/1.1\r\n${host}X: ${long}\r\n\r\n`, /^HTTP\/1\.1 431 /, 'page-header-too-large'],
    ['a target without end', `GET /${long} HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 431 /, 'page-header-too-large'],
    [
      'a length and chunks (request smuggling)',
      `POST /api/v1/ack HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
      'page-malformed',
    ],
    [
      'two lengths',
      `POST /api/v1/ack HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      /^HTTP\/1\.1 400 /,
      'page-malformed',
    ],
    [
      'a length that is none',
      `POST /api/v1/ack HTTP/1.1\r\n${host}Content-Length: +5\r\n\r\nhello`,
      /^HTTP\/1\.1 400 /,
      'page-malformed',
    ],
    ['a space before the colon', `GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n`, /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['a folded header', `GET / HTTP/1.1\r\n${host}X: a\r\n b\r\nConnection: close\r\n\r\n`, /^HTTP\/1\.1 (?:200|400) /, ''],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: 127.0.0.1\n\n', /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['a NUL in a header', `GET / HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`, /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['a body with GET', `GET / HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, /^HTTP\/1\.1 400 /, 'page-malformed'],
    ['CONNECT', `CONNECT 10.0.0.1:22 HTTP/1.1\r\n${host}\r\n`, /^$/, 'page-malformed'],
    [
      'a proxy’s request',
      `GET http://10.0.0.1/ HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
      'page-bad-path',
    ],
    ['an upgrade', `GET / HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`, /^HTTP\/1\.1 200 /, ''],
    ['two at once', `GET / HTTP/1.1\r\n${host}\r\nGET / HTTP/1.1\r\n${host}\r\n`, /^/, 'page-pipelined'],
  ];

  test.each(cases)('%s', async (_what, bytes, answered, counted) => {
    const made = await stand();
    expect(await raw(made.port, bytes)).toMatch(answered);
    if (counted !== '') expect(refusalsOf(made)).toMatchObject({ [counted]: 1 });
    expect((await ask(made.port, '/')).status).toBe(200);
  });

  test.each([
    '/../../etc/passwd',
    '/api/v1/incidents/../status',
    '/api/v1/incidents/..%2f..%2fjournal/report.html',
    '/%2e%2e/journal',
    '/api/v1/incidents/%00/report.html',
    '/..\\..\\etc',
    '/api/v1/incidents/a b',
    '/api//v1/status/',
    '/páge',
  ])('a path that wants out: %s', async (path) => {
    const made = await stand();
    const answer = await raw(
      made.port,
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'utf8'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|404) /);
  });

  test('a name that is no file of the page', async () => {
    const { port } = await stand();
    for (const path of ['/package.json', '/index.htm', '/page.css.map', '/__proto__', '/constructor'])
      expect((await ask(port, path)).status).toBe(404);
  });

  test.each(['DELETE', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('method %s', async (method) => {
    const { port } = await stand();
    const answer = await ask(port, '/api/v1/status', { method });
    expect([answer.status, answer.headers['allow'], errorOf(answer.text).code]).toEqual([405, 'GET, HEAD', 'method-not-allowed']);
  });

  test('reading what acts, and acting on what is read', async () => {
    const { port } = await stand();
    expect((await ask(port, '/api/v1/hold')).status).toBe(405);
    expect((await ask(port, '/api/v1/status', { method: 'POST', headers: bearer() })).status).toBe(405);
  });

  const post = { ...bearer(), 'content-type': 'application/json' };
  test.each<[what: string, body: string, headers: Record<string, string>, status: number, code: string]>([
    ['no JSON', '{', post, 400, 'bad-body'],
    ['no object', '[]', post, 400, 'bad-body'],
    ['no change', '{}', post, 400, 'CONTROL_FAILED'],
    ['a form of another site', 'on=true', { ...bearer(), 'content-type': 'application/x-www-form-urlencoded' }, 415, 'bad-body'],
    ['text of another site', '{"on":true}', { ...bearer(), 'content-type': 'text/plain' }, 415, 'bad-body'],
    ['too much', `{"on":true,"x":"${'x'.repeat(limits.pageBodyBytesMax)}"}`, post, 413, 'body-too-large'],
    ['a hold of a thousand years', '{"on":true,"forMs":31536000000000}', post, 400, 'CONTROL_FAILED'],
    ['a prototype', '{"__proto__":{"on":true}}', post, 400, 'CONTROL_FAILED'],
  ])('a body with %s', async (_what, body, headers, status, code) => {
    const made = await stand();
    const answer = await ask(made.port, '/api/v1/hold', { method: 'POST', headers, body });
    expect([answer.status, errorOf(answer.text).code]).toEqual([status, code]);
    expect(refusalsOf(made)).toEqual({ [`page-${code}`]: 1 });
  });

  test.each([
    ['nothing at all', '', 'page-slow'],
    ['half a head', 'GET / HTTP/1.1\r\nHost: loc', 'page-slow'],
    [
      'a head and half a body',
      `POST /api/v1/hold HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 10\r\n\r\n{`,
      'page-slow',
    ],
  ])('a client that says %s and waits (slowloris)', async (_what, bytes, counted) => {
    const waits = { headMs: 150, requestMs: 200, idleMs: 5_000, stalledMs: 5_000, lookEveryMs: 50 };
    const made = await stand({ httpServers: nodeHttpServers(waits) });
    expect(await raw(made.port, bytes)).toMatch(/^HTTP\/1\.1 408 |^$/);
    expect(refusalsOf(made)).toMatchObject({ [counted]: 1 });
    await expect.poll(() => made.page.connections).toBe(0);
  });

  test('a body in chunks that is too long', async () => {
    const made = await stand();
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const head = `POST /api/v1/hold HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await raw(made.port, `${head}${chunk}${chunk}`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('whoever knocks fills no log: so many lines a minute, the rest is counted', async () => {
    const clock = new FakeClock();
    const made = await stand({ clock });
    const told = (): number => made.log.filter((line) => line.includes('page-refused')).length;
    const knock = async (from: string): Promise<void> => {
      for (let n = 0; n < limits.pageGuessesMax; n++)
        await ask(made.port, '/api/v1/status', { from, headers: bearer('not-the-token-at-all') });
    };
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) await knock(from);
    expect([told(), refusalsOf(made)['page-wrong-token']]).toEqual([limits.pageRefusalsToldMax, 3 * limits.pageGuessesMax]);
    await clock.advance(60_000);
    await knock('127.0.0.5');
    expect(told()).toBe(limits.pageRefusalsToldMax + limits.pageGuessesMax);
  });

  test('no refusal says a secret, nor the text of the token that was tried', async () => {
    const made = await stand();
    const tried = 'tried-and-not-to-be-repeated';
    const answers = [
      await ask(made.port, '/api/v1/hold', { method: 'POST', headers: bearer(tried) }),
      await ask(made.port, '/api/v1/hold', { method: 'POST' }),
      await ask(made.port, `/api/v1/nothing?token=${TOKEN}`, { headers: bearer(tried) }),
    ];
    const said = `${answers.map(({ text, headers }) => text + JSON.stringify(headers)).join('')}${made.log.join('')}`;
    expect(said).not.toContain(TOKEN);
    expect(said).not.toContain(tried);
  });
});

describe('routes', () => {
  const route = (path: string, more: Partial<Route> = {}): Route => ({
    method: 'GET',
    path,
    access: 'open',
    about: '',
    answer: ({ params }) => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(params)) }),
    ...more,
  });

  test('parts of a path, and the rest of one', async () => {
    const { port } = await stand({ routes: [route('/a/:id'), route('/a/:id/files/:name+'), route('/a/:id/b')] });
    expect((await ask(port, '/a/x.y-z')).text).toBe('{"id":"x.y-z"}');
    expect((await ask(port, '/a/x/files/c/d.txt')).text).toBe('{"id":"x","name":"c/d.txt"}');
    expect((await ask(port, '/a/x/b?c=/../d')).text).toBe('{"id":"x"}');
    for (const path of ['/a', '/a/', '/a/x/files', '/a/x/files/', '/a/x/files/c//d', '/a/x/c'])
      expect((await ask(port, path)).status).toBe(404);
  });

  test('a body in parts, whole or not at all', async () => {
    async function* parts(...sizes: number[]): AsyncGenerator<Buffer> {
      for (const size of sizes) yield Buffer.alloc(size, 'x');
    }
    const body = (bytes: number, ...sizes: number[]): Partial<Route> => ({
      answer: () => ({ status: 200, headers: {}, body: { bytes, parts: parts(...sizes) } }),
    });
    const { port } = await stand({
      routes: [
        route('/whole', body(3_000_000, 1_000_000, 2_000_000)),
        route('/short', body(10, 5)),
        route('/long', body(10, 5, 6)),
      ],
    });
    expect((await ask(port, '/whole')).text).toHaveLength(3_000_000);
    await expect(ask(port, '/short')).rejects.toThrow();
    await expect(ask(port, '/long')).rejects.toThrow();
  });

  test('a refusal carries its headers', async () => {
    const refuse = (): never => {
      throw new Refusal(416, 'bad-range', 'no such range', { 'content-range': 'bytes */10' });
    };
    const { port } = await stand({ routes: [route('/r', { answer: refuse })] });
    const answer = await ask(port, '/r');
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  test('whoever acts needs the token, whoever reads is asked for something; nothing else is on the shelf', () => {
    expect(routes.filter(({ method, access }) => method === 'POST' && access !== 'act').map(({ path }) => path)).toEqual([]);
    expect(routes.filter(({ path, access }) => path.startsWith('/api/') && access === 'open').map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe('time', () => {
  const waits = { headMs: 5_000, requestMs: 5_000, idleMs: 5_000, stalledMs: 40, lookEveryMs: 50 };
  const clock = createClock();
  /** So long that a bound of 40 ms has passed some times. */
  const later = async (): Promise<void> => {
    const from = clock.monotonic();
    await expect.poll(() => clock.monotonic() - from).toBeGreaterThan(300);
  };

  test('an answer that takes its time (arm) is waited for', async () => {
    const slow: Route = {
      ...{ method: 'GET', path: '/slow', access: 'open', about: '' },
      answer: async () => {
        await later();
        return { status: 200, headers: {}, body: Buffer.from('at last') };
      },
    };
    const { port } = await stand({ routes: [slow], httpServers: nodeHttpServers(waits) });
    expect((await ask(port, '/slow')).text).toBe('at last');
  });

  test('whoever does not read its answer is closed', async () => {
    const endless: Route = {
      ...{ method: 'GET', path: '/endless', access: 'open', about: '' },
      answer: () => ({ status: 200, headers: {}, body: Buffer.alloc(64 * 1024 * 1024) }),
    };
    const made = await stand({ routes: [endless], httpServers: nodeHttpServers(waits) });
    const socket = connect(made.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => made.page.connections).toBe(1);
    await expect.poll(() => made.page.connections).toBe(0);
    socket.destroy();
  });

  test('an event stream that nobody reads is closed at its bound', async () => {
    const fake = new FakeClock();
    const large = { ...statusSample, dataDir: 'x'.repeat(1024 * 1024) };
    const made = await stand({ clock: fake, status: () => large });
    const socket = connect(made.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => made.page.streams).toBe(1);
    for (let n = 0; n < 64 && made.page.streams > 0; n++) {
      await fake.advance(5_000);
      await new Promise((resolve) => onNextTurn(() => resolve(null)));
    }
    expect(made.page.streams).toBe(0);
    expect(made.page.drops['pageStreamPendingBytesMax']).toBe(1);
    socket.destroy();
  });
});

describe('bounds', () => {
  test('connections: one more than fits is closed, and counted', async () => {
    const made = await stand({
      routes: [{ method: 'GET', path: '/', access: 'open', about: '', answer: () => new Promise(() => {}) }],
    });
    const held = Array.from({ length: limits.pageConnectionsMax }, () => ask(made.port, '/').catch(() => null));
    await expect.poll(() => made.page.connections).toBe(limits.pageConnectionsMax);
    await expect(raw(made.port, 'GET / HTTP/1.1\r\n')).resolves.toBe('');
    expect(made.page.drops).toMatchObject({ pageConnectionsMax: 1 });
    await made.page.close();
    await Promise.all(held);
  });
});
