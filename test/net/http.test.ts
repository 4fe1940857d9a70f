/** agent/net/http.ts against real servers on loopback: bounded answers, redirects left alone, errors by name, an end when called off. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeHttp } from '../../agent/net/http.ts';
import type { HttpRequest } from '../../agent/ports.ts';
import { SpitrapError } from '../../shared/errors.ts';

const open: (Server | TcpServer)[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening<S extends Server | TcpServer>(server: S): Promise<number> {
  open.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}
const serve = async (answer: RequestListener): Promise<string> => `http://127.0.0.1:${await listening(createServer(answer))}`;

const asked = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', authorization: 'Bearer t0ken' },
  body: Buffer.from('{"a":1}'),
  ca: null,
  responseBytesMax: 100,
  ...more,
});
const never = new AbortController().signal;

async function errorOf(promise: Promise<unknown>): Promise<SpitrapError> {
  const error = await promise.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SpitrapError);
  return error as SpitrapError;
}

describe('an answer', () => {
  test('called off in the middle of it: what came so far, so that a slow path goes on from there', async () => {
    const abort = new AbortController();
    const url = await serve((_request, response) => {
      response.writeHead(206, { 'content-length': '50' });
      response.write('a'.repeat(30));
    });
    const answer = nodeHttp.request(asked(url), abort.signal);
    // Its bytes are here when a second answer of the same server is.
    await nodeHttp.request(asked(url, { responseBytesMax: 30 }), never);
    abort.abort();
    const { status, body } = await answer;
    expect([status, body.toString()]).toEqual([206, 'a'.repeat(30)]);
  });

  test('what was sent arrives, what came back is told', async () => {
    const got: unknown[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        got.push(request.method, request.url, request.headers['authorization'], request.headers['content-length'], body);
        response.writeHead(202, { 'X-Thing': 'a' }).end('thank you');
      });
    });
    const { status, headers, body } = await nodeHttp.request(asked(`${url}/hook?x=1`), never);
    expect([status, headers['x-thing'], body.toString()]).toEqual([202, 'a', 'thank you']);
    expect(got).toEqual(['POST', '/hook?x=1', 'Bearer t0ken', '7', '{"a":1}']);
  });

  test('of 50 MB is cut, and not read to its end', async () => {
    let writes = 0;
    const url = await serve((_request, response) => {
      response.writeHead(500);
      const more = (): void => {
        for (; writes < 800 && !response.destroyed; writes++) if (!response.write(Buffer.alloc(65_536, 'x'))) break;
        if (writes < 800 && !response.destroyed) response.once('drain', more);
      };
      more();
    });
    const { status, body } = await nodeHttp.request(asked(url), never);
    expect([status, body.length]).toEqual([500, 100]);
    expect(writes).toBeLessThan(800);
  });

  test('that breaks off after its head still has its status', async () => {
    const port = await listening(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf');
          setTimeout(() => socket.destroy(), 20);
        });
      }),
    );
    const { status, body } = await nodeHttp.request(asked(`http://127.0.0.1:${port}/`), never);
    expect([status, body.toString()]).toEqual([200, 'half']);
  });

  test('a redirect is not followed', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const { status, headers } = await nodeHttp.request(asked(url), never);
    expect([status, headers['location'], requests]).toEqual([307, '/elsewhere', 1]);
  });
});

describe('no answer', () => {
  test('nobody listens', async () => {
    const port = await listening(createTcpServer());
    await new Promise((resolve) => open.pop()!.close(resolve));
    const error = await errorOf(nodeHttp.request(asked(`http://127.0.0.1:${port}/secret-path`), never));
    expect(error).toMatchObject({ code: 'ALARM_UNDELIVERED', context: { errno: 'ECONNREFUSED' } });
    expect(error.message).not.toContain('secret-path');
  });

  test.each([
    ['garbage', 'lorem ipsum\r\n\r\n', 'HPE_INVALID_CONSTANT'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X-Y: 12345678\r\n'.repeat(4_000)}`, 'HPE_HEADER_OVERFLOW'],
  ])('%s', async (_title, text, errno) => {
    const port = await listening(
      createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.write(text);
      }),
    );
    const error = await errorOf(nodeHttp.request(asked(`http://127.0.0.1:${port}/`), never));
    expect(error.context).toMatchObject({ errno });
  });

  test('a server that never answers is left when the call is called off', async () => {
    const url = await serve(() => {});
    const calledOff = new AbortController();
    const request = nodeHttp.request(asked(url), calledOff.signal);
    calledOff.abort();
    expect((await errorOf(request)).context).toMatchObject({ errno: 'ABORTED' });
  });

  test('TLS where there is none', async () => {
    const url = await serve((_request, response) => void response.end());
    const error = await errorOf(nodeHttp.request(asked(url.replace('http:', 'https:')), never));
    expect(error.context['errno']).toMatch(/^(EPROTO|ERR_SSL)/);
  });
});
