/**
 * The Http port on this host, over node:http and node:https. Wired by world.ts, used by alarms/webhook.ts and evidence/peer-bundles.ts. A
 * fresh connection each time: alarms are rare, and a kept one is dead when it is needed. Names are looked up one at a time in the whole process: a lookup that hangs
 * holds a thread of the pool that also writes journal and ring, and can not be called off.
 */
import { lookup as systemLookup } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { SpitrapError } from '../../shared/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../ports.ts';

export const nodeHttp: Http = { request };

async function request(asked: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { origin } = new URL(asked.url);
  try {
    const pinned = asked.pin === undefined ? null : await connectPinned(new URL(asked.url), asked.pin, signal);
    return await exchange(asked, pinned, signal);
  } catch (error) {
    throw undelivered(origin, error, signal);
  }
}

function exchange(asked: HttpRequest, pinned: TLSSocket | null, signal: AbortSignal): Promise<HttpResponse> {
  return new Promise((resolve, fail) => {
    let sent: ClientRequest;
    try {
      sent = begin(asked, pinned, signal);
    } catch (error) {
      fail(error);
      return;
    }
    let answered = false;
    // Not once: an error after the first must not end the agent. One in the middle of an answer cuts it.
    sent.on('error', (error) => {
      if (!answered) fail(error);
    });
    sent.once('response', (response) => {
      answered = true;
      void collect(response, asked.responseBytesMax).then(resolve, fail);
    });
    sent.end(asked.body);
  });
}

/**
 * A connection to whoever shows the pinned certificate. Made before the request, not checked during it: its head, with a token in it, would
 * be on the wire before anybody looked.
 */
function connectPinned(url: URL, pin: string, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    if (url.protocol !== 'https:') throw new TypeError('a pinned certificate needs https:');
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // Who signed it is no matter: it is this one.
    const options = { host, port: Number(url.port || 443), rejectUnauthorized: false, lookup: oneAtATime } as const;
    const socket = tlsConnect(isIP(host) === 0 ? { ...options, servername: host } : options);
    const give = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => give(new Error('ABORTED'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', give);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      const shown = socket.getPeerX509Certificate()?.fingerprint256;
      if (`SHA256:${shown}` === pin) resolve(socket);
      else give(Object.assign(new Error('another certificate'), { code: 'CERTIFICATE_NOT_PINNED' }));
    });
  });
}

function begin(asked: HttpRequest, pinned: TLSSocket | null, signal: AbortSignal): ClientRequest {
  const { method, url, body, ca } = asked;
  const headers = { ...asked.headers, ...(method === 'POST' ? { 'content-length': String(body.length) } : {}) };
  const options = { method, headers, signal, agent: false, lookup: oneAtATime, maxHeaderSize: 16 * 1024 } as const;
  if (pinned !== null) {
    const { host, pathname, search } = new URL(url);
    // Without an agent: with one the connection would be of its making.
    const { agent: _none, ...own } = options;
    return plainRequest({ ...own, headers: { host, ...headers }, path: `${pathname}${search}`, createConnection: () => pinned });
  }
  return url.startsWith('https:') ? tlsRequest(url, ca === null ? options : { ...options, ca }) : plainRequest(url, options);
}

/** The status decides; a body that ends early or is too long is cut. */
function collect(response: IncomingMessage, bytesMax: number): Promise<HttpResponse> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const done = (): void => {
      response.destroy();
      const headers = Object.entries(response.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
      );
      const body = Buffer.concat(parts).subarray(0, bytesMax);
      resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(headers) as Record<string, string>, body });
    };
    response.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes >= bytesMax) done();
    });
    response.on('error', done);
    response.once('close', done);
    response.once('end', done);
  });
}

function undelivered(origin: string, error: unknown, signal: AbortSignal): SpitrapError {
  const errno = signal.aborted ? 'ABORTED' : errnoOf(error);
  return new SpitrapError('ALARM_UNDELIVERED', `${origin}: ${errno}`, {
    retryable: true,
    context: { origin, errno },
    cause: error,
  });
}

/** The errno, or what TLS says; of several addresses tried the first one's. */
function errnoOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  if (Array.isArray(errors) && errors.length > 0) return errnoOf(errors[0]);
  return error instanceof Error ? error.message : String(error);
}

let lookups: Promise<void> = Promise.resolve();

const oneAtATime: LookupFunction = (hostname, options, callback) => {
  lookups = lookups.then(
    () =>
      new Promise((next) =>
        systemLookup(hostname, options, (...answer) => {
          next();
          callback(...answer);
        }),
      ),
  );
};
