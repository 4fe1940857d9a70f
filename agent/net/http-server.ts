/**
 * The HttpServers port on this host, over node:http and node:https: what the page needs of a server (agent/web/). Wired by world.ts. Node's
 * parser is strict; what it lets through and nobody honest sends (two hosts, a body on a GET, a second request before the answer) ends
 * here, so that no route ever sees it. Every wait has an end: for the head, for the body, for a reader that does not read.
 */
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTls, type Server as TlsServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type {
  HttpAsked,
  HttpBody,
  HttpListener,
  HttpListenOptions,
  HttpRefusal,
  HttpReply,
  HttpServers,
  HttpStream,
} from '../http-ports.ts';
import type { Endpoint, TlsClient, TlsCredentials } from '../ports.ts';
import { listenRefused } from './listen-refused.ts';
import { errnoOf } from './stream.ts';
import { admitFirst, clientOf, contextOf, type Raw, remoteOf } from './tls.ts';

export interface HttpWaits {
  /** For a head, and for a handshake. */
  readonly headMs: DurationMs;
  /** For a whole request. */
  readonly requestMs: DurationMs;
  /** For the next one. */
  readonly idleMs: DurationMs;
  /** For a reader that does not read. */
  readonly stalledMs: DurationMs;
  /** Node looks at the first two only so often. */
  readonly lookEveryMs: DurationMs;
}

const WAITS: HttpWaits = {
  headMs: limits.pageHeadMs,
  requestMs: limits.pageRequestMs,
  idleMs: limits.pageIdleMs,
  stalledMs: limits.pageStalledMs,
  lookEveryMs: 1_000,
};

/** `waits`: shorter in tests. */
export const nodeHttpServers = (waits: HttpWaits = WAITS): HttpServers => ({
  listen: (endpoint, credentials, options) => listen(endpoint, credentials, options, waits),
});

function listen(
  endpoint: Endpoint,
  credentials: TlsCredentials | null,
  options: HttpListenOptions,
  waits: HttpWaits,
): Promise<HttpListener> {
  const bounds = {
    maxHeaderSize: limits.pageHeaderBytesMax,
    headersTimeout: waits.headMs,
    requestTimeout: waits.requestMs,
    keepAliveTimeout: waits.idleMs,
    connectionsCheckingInterval: waits.lookEveryMs,
    // The gate refuses it, where it is counted.
    requireHostHeader: false,
    noDelay: true,
  };
  return new Promise((resolve, reject) => {
    const tls =
      credentials === null
        ? null
        : createTls({
            ...bounds,
            ...contextOf(credentials),
            requestCert: options.asksClient,
            rejectUnauthorized: false,
            handshakeTimeout: waits.headMs,
          });
    const server: Server | TlsServer = tls ?? createPlain(bounds);
    const secured = new WeakSet<Raw>();
    const open = tls === null ? admitPlain(server as Server, options) : admitSecured(tls, secured, options);
    server.timeout = waits.stalledMs;
    const busy = new WeakSet<Raw>();
    const waiting = new WeakSet<Raw>();
    // Whoever waits for a long answer (arm) is not stalled.
    server.on('timeout', (socket: Raw) => {
      if (!waiting.has(socket)) socket.destroy();
    });
    server.on('request', (request, response) => void new Exchange(request, response, options, { busy, waiting }).run());
    server.on('connect', (request, socket) => {
      options.onRefused(remoteOf(request.socket), 'malformed', 'CONNECT');
      socket.destroy();
    });
    server.on('clientError', (error: Error, socket: Raw) => {
      // A handshake that failed is told by admitFirst.
      if (tls !== null && !secured.has(socket)) socket.destroy();
      else refuseUnread(error, socket, options);
    });
    const onListenError = (error: Error): void => reject(listenRefused('TCP', endpoint, errnoOf(error), error));
    server.once('error', onListenError);
    server.listen({ host: endpoint.address, port: endpoint.port, exclusive: true }, () => {
      server.off('error', onListenError);
      // Out of descriptors while accepting: that one connection is lost, the listener stands.
      server.on('error', () => {});
      resolve(listenerOf(server, tls, open));
    });
  });
}

const admitSecured = (server: TlsServer, secured: WeakSet<Raw>, options: HttpListenOptions): Set<Raw> =>
  admitFirst(server, {
    admit: (remote, open) => options.admit(remote, open.size, countOf(open, remote)),
    onSecured: (socket) => void secured.add(socket),
    onHandshakeFailed: (remote, why) => options.onRefused(remote, 'tls-handshake', why),
  });

function admitPlain(server: Server, options: HttpListenOptions): Set<Raw> {
  const open = new Set<Raw>();
  server.prependListener('connection', (socket: Raw) => {
    const remote = remoteOf(socket);
    socket.on('error', () => {});
    if (!options.admit(remote, open.size, countOf(open, remote))) {
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return open;
}

const countOf = (open: ReadonlySet<Raw>, { address }: Endpoint): number =>
  [...open].reduce((count, socket) => count + (remoteOf(socket).address === address ? 1 : 0), 0);

/** What the parser refused, or what did not come in time: there is no request, and no route to ask. */
function refuseUnread(error: Error, socket: Raw, options: HttpListenOptions): void {
  const { code } = error as { readonly code?: unknown };
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    socket.destroy();
    return;
  }
  const [why, line]: [HttpRefusal, string] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['header-too-large', '431 Request Header Fields Too Large']
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['slow', '408 Request Timeout']
        : ['malformed', '400 Bad Request'];
  options.onRefused(remoteOf(socket), why, String(code ?? 'not HTTP/1.1'));
  const body = `${JSON.stringify({ error: { code: why, message: 'the connection is closed' } })}\n`;
  if (socket.writable)
    socket.end(
      `HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  else socket.destroy();
}

/** Once in a request, or two readers of it may disagree about what was asked. */
const SINGLE = ['host', 'authorization', 'content-length', 'transfer-encoding', 'content-type'];

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: HttpListenOptions;
  readonly #busy: WeakSet<Raw>;
  readonly #waiting: WeakSet<Raw>;
  #bodyAsked = false;

  /** `busy`: with a request that is not answered to its end; `waiting`: of them, those whose answer is still to be made. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: HttpListenOptions,
    { busy, waiting }: { readonly busy: WeakSet<Raw>; readonly waiting: WeakSet<Raw> },
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#busy = busy;
    this.#waiting = waiting;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { socket } = this.#request;
    this.#request.on('error', () => {});
    this.#response.on('error', () => {});
    if (this.#busy.has(socket)) {
      this.#options.onRefused(remoteOf(socket), 'pipelined', 'a request before the answer to the one before');
      socket.destroy();
      return;
    }
    const wrong = this.#wrong();
    if (wrong !== null) {
      this.#options.onRefused(remoteOf(socket), 'malformed', wrong);
      const body = `${JSON.stringify({ error: { code: 'malformed', message: wrong } })}\n`;
      this.#response.writeHead(400, { 'content-type': 'application/json; charset=utf-8', connection: 'close' }).end(body);
      return;
    }
    this.#busy.add(socket);
    this.#response.once('close', () => this.#busy.delete(socket));
    // Before the next request of this connection is read: 'close' of a response may come a turn after it.
    this.#response.once('finish', () => this.#busy.delete(socket));
    try {
      this.#waiting.add(socket);
      const reply = await this.#options.onRequest(this.#asked());
      this.#waiting.delete(socket);
      await this.#send(reply);
    } catch (error) {
      // The answer is under way, or there can be none: an end says it.
      this.#options.onRefused(remoteOf(socket), 'malformed', asSpitrapError(error).code);
      socket.destroy();
    }
  }

  #wrong(): string | null {
    const { rawHeaders, headers, method } = this.#request;
    for (const name of SINGLE) {
      let times = 0;
      for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === name) times++;
      if (times > 1) return `${name} stands ${times} times`;
    }
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    return hasBody && method !== 'POST' ? `a body with a method that has none` : null;
  }

  #asked(): HttpAsked {
    const { method = '', url = '', headers, socket } = this.#request;
    const flat = Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    );
    return {
      method,
      target: url,
      headers: Object.fromEntries(flat),
      remote: remoteOf(socket),
      tls: socket instanceof TLSSocket,
      client: clientShown(socket),
      body: (bytesMax) => this.#body(bytesMax),
    };
  }

  #body(bytesMax: number): Promise<Buffer | null> {
    const request = this.#request;
    if (this.#bodyAsked) return Promise.reject(new SpitrapError('INTERNAL', 'the body of a request is read once'));
    this.#bodyAsked = true;
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      request.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > bytesMax) {
          request.pause();
          resolve(null);
        } else parts.push(part);
      });
      request.once('end', () => resolve(Buffer.concat(parts)));
      // After the end too, where it says nothing.
      request.once('close', () => reject(new SpitrapError('CONTROL_FAILED', 'the request ended before its body did')));
    });
  }

  async #send({ status, headers, body }: HttpReply): Promise<void> {
    const response = this.#response;
    if (response.destroyed) return;
    // What is left of a body would be read as the next request.
    const close = this.#request.complete || !hasBody(this.#request) ? {} : { connection: 'close' };
    if (body instanceof Uint8Array) {
      response.writeHead(status, { ...headers, ...close, 'content-length': String(body.length) });
      response.end(this.#request.method === 'HEAD' ? undefined : body);
    } else if ('open' in body) {
      response.writeHead(status, { ...headers, ...close });
      response.flushHeaders();
      if (this.#request.method === 'HEAD') response.end();
      else body.open(new ResponseStream(response));
    } else {
      response.writeHead(status, { ...headers, ...close, 'content-length': String(body.bytes) });
      if (this.#request.method === 'HEAD') response.end();
      else await sendParts(response, body);
    }
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const clientShown = (socket: Raw): TlsClient | null => (socket instanceof TLSSocket ? clientOf(socket) : null);

async function sendParts(response: ServerResponse, { bytes, parts }: Extract<HttpBody, { parts: unknown }>): Promise<void> {
  let left = bytes;
  for await (const part of parts) {
    left -= part.length;
    if (left < 0) break;
    if (!response.write(part)) await drained(response);
    if (response.destroyed) return;
  }
  if (left === 0) response.end();
  else response.destroy();
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
    if (response.destroyed) go();
  });

class ResponseStream implements HttpStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get pendingBytes(): number {
    return this.#response.writableLength;
  }

  write(text: string): void {
    if (!this.#response.destroyed) this.#response.write(text);
  }

  onClose(handler: () => void): void {
    if (this.#response.destroyed) queueMicrotask(handler);
    else this.#response.once('close', handler);
  }

  close(): void {
    this.#response.destroy();
  }
}

function listenerOf(server: Server | TlsServer, tls: TlsServer | null, open: ReadonlySet<Raw>): HttpListener {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new SpitrapError('INTERNAL', 'an HTTP server without an address');
  let closed: Promise<void> | null = null;
  return {
    local: { address: bound.address, port: bound.port },
    get connections() {
      return open.size;
    },
    renew: (credentials) => tls?.setSecureContext(contextOf(credentials)),
    close() {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      });
      return closed;
    },
  };
}
