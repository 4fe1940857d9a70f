/**
 * The TlsStreams port on this host, over node:tls: what syslog over TLS (RFC 5425) needs of a server. Wired by world.ts, used by
 * sources/syslog-tls.ts; the same handshakes stand before http-server.ts. Judges key material, and says of a client's certificate what it is; who may speak is the source's to decide.
 * No error of a connection leaves this room: it closes, and a handshake that failed is told.
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, createServer, type Server, type TLSSocket } from 'node:tls';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { canonicalAddress } from '../../shared/model/address.ts';
import { printable } from '../../shared/model/printable.ts';
import { onNextTurn } from '../clock.ts';
import type { Endpoint, TlsClient, TlsCredentials, TlsListener, TlsListenOptions, TlsStreams } from '../ports.ts';
import { listenRefused } from './listen-refused.ts';
import { connectionOf, errnoOf, KEEPALIVE_IDLE_MS } from './stream.ts';

export const tlsStreams: TlsStreams = { judge, listen };

type Judged = ReturnType<TlsStreams['judge']>;

/** @throws SpitrapError TLS_CREDENTIALS_REFUSED: no PEM, key and certificate that do not belong together, a CA file without a certificate. */
function judge({ certificate, key, clientCa }: TlsCredentials): Judged {
  const own = certificateIn(certificate, 'certificate');
  const privateKey = attempt('key', 'is no private key in PEM form, or is encrypted', () => createPrivateKey(key));
  if (!own.checkPrivateKey(privateKey))
    throw refused(
      'key',
      'is not the key of the first certificate in `certificate` (its own certificate stands first, then the chain)',
    );
  const authorities = clientCa === null ? [] : pemsIn(clientCa).map((pem) => certificateIn(pem, 'clientCa'));
  if (clientCa !== null && authorities.length === 0) throw refused('clientCa', 'holds no certificate in PEM form');
  attempt('certificate', 'is refused by OpenSSL', () =>
    createSecureContext({ cert: certificate, key, ...(clientCa !== null && { ca: clientCa }), minVersion: 'TLSv1.2' }),
  );
  return {
    subject: oneLine(own.subject),
    validFromMs: Date.parse(own.validFrom),
    validToMs: Date.parse(own.validTo),
    authoritiesValidToMs: authorities.length === 0 ? null : Math.max(...authorities.map(({ validTo }) => Date.parse(validTo))),
  };
}

const pemsIn = (text: string): string[] => text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

function certificateIn(pem: string, what: string): X509Certificate {
  const [first] = pemsIn(pem);
  if (first === undefined) throw refused(what, 'holds no certificate in PEM form');
  return attempt(what, 'is no certificate', () => new X509Certificate(first));
}

function attempt<T>(what: string, wrong: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw refused(what, `${wrong} (${printable(error instanceof Error ? error.message : String(error), 160)})`, error);
  }
}

const refused = (what: string, why: string, cause?: unknown): SpitrapError =>
  new SpitrapError('TLS_CREDENTIALS_REFUSED', `${what} ${why}`, { context: { what }, ...(cause !== undefined && { cause }) });

function listen(endpoint: Endpoint, credentials: TlsCredentials, options: TlsListenOptions): Promise<TlsListener> {
  return new Promise((resolve, reject) => {
    const server = createServer({
      ...contextOf(credentials),
      requestCert: options.asksClient,
      // A refusal of ours has a reason that is counted; OpenSSL's would be an alert that nobody reads.
      rejectUnauthorized: false,
      handshakeTimeout: options.handshakeTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_IDLE_MS,
      noDelay: true,
    });
    const open = admitFirst(server, {
      admit: (remote, sockets) => options.admit(remote, sockets.size),
      onSecured: (socket) => options.onConnection({ ...connectionOf(socket), client: clientOf(socket) }),
      onHandshakeFailed: (remote, why) => options.onHandshakeFailed(remote, why),
    });
    const onListenError = (error: Error): void => reject(listenRefused('TCP', endpoint, errnoOf(error), error));
    server.once('error', onListenError);
    server.listen({ host: endpoint.address, port: endpoint.port, exclusive: true }, () => {
      server.off('error', onListenError);
      // Out of descriptors while accepting: that one connection is lost, the listener stands.
      server.on('error', () => {});
      resolve(listenerOf(server, open));
    });
  });
}

/** No session is taken up again: whoever speaks shows its certificate, under the rules of now. */
export const contextOf = ({ certificate, key, clientCa }: TlsCredentials) => ({
  cert: certificate,
  key,
  ...(clientCa !== null && { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
});

export type Raw = Parameters<typeof connectionOf>[0];

export interface Admission {
  /** At the accept. `open`: those that are there already. */
  admit(remote: Endpoint, open: ReadonlySet<Raw>): boolean;
  onSecured(socket: TLSSocket): void;
  /** Exactly once for each that was admitted and was never secured. */
  onHandshakeFailed(remote: Endpoint, why: string): void;
}

/** Whoever may not speak gets no handshake, which costs us a signature. Returns the sockets that are open, in a handshake or past it. */
export function admitFirst(server: Server, options: Admission): Set<Raw> {
  const open = new Set<Raw>();
  const handshake = server.listeners('connection') as ((socket: Raw) => void)[];
  server.removeAllListeners('connection');
  const secured = new WeakSet<object>();
  const failures = new Map<string, string>();
  /** In a handshake: by address and port, which is all that the two events below have in common with it. */
  const pending = new Map<string, Raw>();
  server.on('connection', (socket: Raw) => {
    const remote = remoteOf(socket);
    socket.on('error', () => {});
    if (!options.admit(remote, open)) {
      socket.destroy();
      return;
    }
    open.add(socket);
    const name = `${remote.address} ${remote.port}`;
    socket.once('close', () => {
      open.delete(socket);
      // The alert of somebody who closes at once may be read a turn after the end of the connection: it says why.
      onNextTurn(() => {
        if (pending.get(name) === socket) pending.delete(name);
        const why = failures.get(name);
        failures.delete(name);
        if (!secured.has(socket)) options.onHandshakeFailed(remote, why ?? 'it closed before the handshake was done');
      });
    });
    pending.set(name, socket);
    for (const each of handshake) each.call(server, socket);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const remote = remoteOf(socket);
    const name = `${remote.address} ${remote.port}`;
    const raw = pending.get(name);
    pending.delete(name);
    if (raw !== undefined) secured.add(raw);
    socket.on('error', () => {});
    options.onSecured(socket);
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const remote = remoteOf(socket);
    const name = `${remote.address} ${remote.port}`;
    const raw = pending.get(name);
    pending.delete(name);
    if (raw !== undefined && failures.size < limits.syslogConnectionsMax) failures.set(name, wordsOf(error));
    // Node leaves it to us: an endless half of a handshake would keep its place.
    (raw ?? socket).destroy();
  });
  return open;
}

export const remoteOf = (socket: Pick<Raw, 'remoteAddress' | 'remotePort'>): Endpoint => {
  const address = socket.remoteAddress ?? '';
  return { address: canonicalAddress(address) ?? address, port: socket.remotePort ?? 0 };
};

/** Of OpenSSL's `40B7…:error:0A000126:SSL routines::unexpected eof while reading:../deps/…` the words. */
function wordsOf(error: Error): string {
  const { code, reason } = error as { readonly code?: unknown; readonly reason?: unknown };
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'the handshake was not done in time';
  return printable(typeof reason === 'string' ? reason : typeof code === 'string' ? code : error.message, 120);
}

export function clientOf(socket: TLSSocket): TlsClient | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  return {
    trusted: socket.authorized,
    why: socket.authorized ? null : printable(String(socket.authorizationError ?? 'not verified'), 80),
    fingerprint: `SHA256:${certificate.fingerprint256}`,
    subject: oneLine(certificate.subject),
    // Exactly: a wildcard would speak for every device of a domain. The CN counts only where there is no subjectAltName (RFC 6125 §6.4.4).
    bears: (name) =>
      (canonicalAddress(name) === null
        ? certificate.checkHost(name, { subject: 'default', wildcards: false })
        : certificate.checkIP(name)) !== undefined,
  };
}

const oneLine = (subject: string | undefined): string => printable((subject ?? '').replaceAll('\n', ', '), 160);

function listenerOf(server: Server, open: ReadonlySet<Raw>): TlsListener {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new SpitrapError('INTERNAL', 'a TLS server without an address');
  let closed: Promise<void> | null = null;
  return {
    local: { address: bound.address, port: bound.port },
    renew: (credentials) => server.setSecureContext(contextOf(credentials)),
    close() {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      });
      return closed;
    },
  };
}
