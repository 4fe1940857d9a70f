/**
 * The ports: everything that touches the world comes through one of these, so that simulation can drive the production code.
 * Adapters: agent/clock.ts, random.ts, evidence/disk.ts, sources/log-files.ts, net/datagram.ts, net/stream.ts, net/tls.ts, net/http.ts,
 * net/http-server.ts, net/snmp-poll.ts, net/nats.ts, net/dialer.ts, spawn.ts, device/transport.ts; test/sim has its own.
 */
import type { Clock } from '../shared/clock.ts';
import type { SpitrapError } from '../shared/errors.ts';
import type { DurationMs } from '../shared/model/time.ts';
import type { Engines } from './fleet-ports.ts';
import type { HttpServers } from './http-ports.ts';
import type { PollCredentials } from './net/signalling.ts';

export interface Random {
  bytes(count: number): Buffer;
  /** Uniform in [0, 1). */
  uniform(): number;
}

/** All files are 0600, all folders 0700. Every method rejects with SpitrapError DISK_FAILED naming path and errno. */
export interface Disk {
  makeFolder(path: string): Promise<void>;
  /** `append` creates when absent; `read` must exist; `create` truncates. */
  open(path: string, how: 'append' | 'read' | 'create'): Promise<DiskFile>;
  readFile(path: string): Promise<Buffer>;
  /** Null when there is no such file. */
  stat(path: string): Promise<{ readonly bytes: number; readonly modifiedAtMs: number; readonly folder: boolean } | null>;
  /** Names in a folder, sorted; empty when the folder is absent. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** A file, or a folder with all that is in it. Absent is fine. */
  remove(path: string): Promise<void>;
  /** fsync of a folder, so that a rename in it survives a power cut. */
  syncFolder(path: string): Promise<void>;
}

export interface DiskFile {
  /** The bytes are the caller's again once it is settled. */
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  read(offset: number, length: number): Promise<Buffer>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Log files that another program writes: only read, never made; a symbolic link is followed. Rejections are FILE_UNREADABLE, naming path and errno. */
export interface LogFiles {
  /** Null when there is nothing at that path. */
  look(path: string): Promise<LogFileLook | null>;
  /** Rejects for whatever is no regular file; never waits for a writer (a named pipe). */
  open(path: string): Promise<LogFile>;
  /** Names in a folder, sorted. */
  list(folder: string): Promise<string[]>;
}

export interface LogFileLook {
  /** `device:inode`: the same under another name, another when a new file took the name. May be given out again after a deletion. */
  readonly identity: string;
  readonly regular: boolean;
  readonly bytes: number;
}

export interface LogFile {
  readonly identity: string;
  /** `links` 0: deleted; what has it open may still write to it. */
  look(): Promise<{ readonly bytes: number; readonly links: number }>;
  /** Up to `length` bytes; fewer at the end of the file. `into`: memory that may be used for them, at least so large. */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Datagrams {
  /** Rejects with LISTEN_REFUSED naming the endpoint. */
  bind(endpoint: Endpoint, options: { readonly receiveBufferBytes: number }): Promise<DatagramSocket>;
  /** Which of our addresses the routes choose for what goes there; null: no route, or not known. Sends nothing. */
  sourceFor?(to: Endpoint): Promise<string | null>;
}

export interface DatagramSocket {
  readonly local: Endpoint;
  /** What the kernel gave, which may be less than was asked. */
  readonly receiveBufferBytes: number;
  onMessage(handler: (bytes: Buffer, from: Endpoint) => void): void;
  /** Datagrams that the kernel threw away since the socket was opened, its buffer being full; null: not known on this host. */
  droppedByKernel?(): Promise<number | null>;
  /** Bytes that came and were not read yet, at most `receiveBufferBytes` and the kernel's own; null: not known on this host. */
  waitingInKernel?(): Promise<number | null>;
  /** Fire and forget; a send error is given to `onSendError`, never thrown. */
  send(bytes: Uint8Array, to: Endpoint): void;
  onSendError(handler: (error: SpitrapError, to: Endpoint) => void): void;
  close(): Promise<void>;
}

export interface Streams {
  /** Rejects with LISTEN_REFUSED naming the endpoint. */
  listen(endpoint: Endpoint, onConnection: (connection: StreamConnection) => void): Promise<StreamListener>;
}

export interface StreamListener {
  readonly local: Endpoint;
  /** Bytes of all its connections that came and were not read yet: their senders wait for us. Null: not known on this host. */
  waitingInKernel?(): Promise<number | null>;
  close(): Promise<void>;
}

export interface StreamConnection {
  readonly remote: Endpoint;
  onData(handler: (bytes: Buffer) => void): void;
  /** Exactly once, for end, reset and our own close alike. */
  onClose(handler: () => void): void;
  /** Within onData: nothing more is read and handed up until then; the sender waits. `until` never rejects. */
  hold(until: Promise<void>): void;
  close(): void;
}

/** TLS over TCP, as a server: syslog over TLS (RFC 5425). */
export interface TlsStreams {
  /** What a certificate is, in ms since 1970. Throws TLS_CREDENTIALS_REFUSED for what no server could use; an expired one is usable. */
  judge(credentials: TlsCredentials): {
    readonly subject: string;
    readonly validFromMs: number;
    readonly validToMs: number;
    /** Of the CA certificate that ends last; null: none. */
    readonly authoritiesValidToMs: number | null;
  };
  /** Rejects with LISTEN_REFUSED naming the endpoint. */
  listen(endpoint: Endpoint, credentials: TlsCredentials, options: TlsListenOptions): Promise<TlsListener>;
}

/** PEM. */
export interface TlsCredentials {
  /** The server's own first, then its chain. */
  readonly certificate: string;
  readonly key: string;
  /** Who signs clients' certificates; null: nobody. */
  readonly clientCa: string | null;
}

export interface TlsListenOptions {
  /** Asks clients for a certificate; one without is let in all the same, and says so. */
  readonly asksClient: boolean;
  readonly handshakeTimeoutMs: DurationMs;
  /** At the accept, before any handshake. `open`: connections that are open or in a handshake. */
  admit(remote: Endpoint, open: number): boolean;
  onConnection(connection: TlsConnection): void;
  /** Exactly once for each that was admitted and did not become a connection. `why` holds no text of the other end. */
  onHandshakeFailed(remote: Endpoint, why: string): void;
}

export interface TlsListener extends StreamListener {
  /** For connections from now on. */
  renew(credentials: TlsCredentials): void;
}

export interface TlsConnection extends StreamConnection {
  /** Null: it showed no certificate. */
  readonly client: TlsClient | null;
}

export interface TlsClient {
  /** It chains to `clientCa` and is in its time. */
  readonly trusted: boolean;
  /** Why not. */
  readonly why: string | null;
  /** `SHA256:AB:CD:…`, as `openssl x509 -fingerprint -sha256` prints it behind the `=`. */
  readonly fingerprint: string;
  readonly subject: string;
  /** Whether it is made out to this DNS name or address. */
  bears(name: string): boolean;
}

/** SNMP questions: counters and tables of a device. Its answers are hostile. */
export interface SnmpPolls {
  /** GET of scalars, in the order asked. Rejects with SNMP_POLL_FAILED: no answer, refused, an answer that is none. */
  get(target: SnmpTarget, oids: readonly string[]): Promise<readonly PolledValue[]>;
  /** GETNEXT under `prefix` until it ends or `rowsMax` are read. Rejects as `get`. */
  walk(target: SnmpTarget, prefix: string, rowsMax: number): Promise<readonly PolledRow[]>;
}

export interface SnmpTarget {
  readonly to: Endpoint;
  /** v1 is for notifications alone. */
  readonly credentials: PollCredentials;
  /** Of one request; it is asked once more before it fails. */
  readonly timeoutMs: DurationMs;
}

/** `number`: of any integer type; `text`: octets as Latin-1; `absent`: noSuchObject, noSuchInstance, or of no type that is asked for. */
export type PolledValue =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'absent' };

export interface PolledRow {
  readonly oid: string;
  readonly value: PolledValue;
}

/** An interactive shell on a device: bytes both ways, nothing else. */
export interface ShellTransport {
  /** Rejects with SSH_UNREACHABLE, SSH_AUTH_REFUSED, SSH_HOST_KEY_REFUSED, SSH_NO_COMMON_ALGORITHM, NO_FREE_VTY. */
  open(target: ShellTarget, options: { readonly timeoutMs: DurationMs }): Promise<Shell>;
}

export interface Shell {
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly hostKeyFingerprint: string;
  onData(handler: (bytes: Buffer) => void): void;
  /** Exactly once; the reason is null for a close that we asked for. */
  onClose(handler: (reason: SpitrapError | null) => void): void;
  write(text: string): void;
  /** Bounded; resolves even when the far end never answers. */
  close(): Promise<void>;
}

export interface ShellTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** `SHA256:…`; any of these is accepted. Empty: every key is refused unless `trustOnFirstUse`. */
  readonly hostKeys: readonly string[];
  /** `true` only by command-line flag: the fingerprint is reported to the callback and accepted. */
  readonly trustOnFirstUse?: (fingerprint: string) => void;
  /** Adds diffie-hellman-group14-sha1/group1-sha1, CBC ciphers, hmac-sha1, ssh-rsa for old boxes. */
  readonly legacy: boolean;
  /** 0: none. Some network stacks never answer SSH keepalives. */
  readonly keepaliveMs: DurationMs;
  readonly jump?: ShellTarget;
  /** The device is this host: a shell of our own user, no SSH. */
  readonly local?: boolean;
}

/** What we ask of others over HTTP: alarm webhooks, and the sealed bundles of peers. */
export interface Http {
  /** Redirects are not followed. Rejects with ALARM_UNDELIVERED (context.errno says why), soon after `signal` aborts too. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** http: or https:. Its path may be a secret: no message of an adapter holds it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** PEM: the only certificates that are trusted. Null: the well-known ones. */
  readonly ca: string | null;
  /** `SHA256:AB:CD:…`: this certificate and no other, whoever signed it; nothing is said before it was shown. Absent: `ca` decides. */
  readonly pin?: string;
  readonly responseBytesMax: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its first `responseBytesMax` bytes; the rest is not read. */
  readonly body: Buffer;
}

/** TCP connections that we open to say one thing: syslog over TCP. */
export interface Dialer {
  /**
   * Connects, writes all, and closes our side. `closed`: the far end has read to our end and closed its own; `written`: it had not after
   * `lingerMs`. Rejects with ALARM_UNDELIVERED: no connection, reset, `signal` aborted.
   */
  push(
    to: Endpoint,
    bytes: Uint8Array,
    options: { readonly lingerMs: DurationMs; readonly signal: AbortSignal },
  ): Promise<'closed' | 'written'>;
}

/** Programs of this host, by a fixed argv, never through a shell: the alarm command hook, and the shell of a device that is this host. */
export interface Spawn {
  /**
   * Resolves when the program itself has ended. When `signal` aborts, its process group gets SIGTERM, then SIGKILL. Rejects with
   * ALARM_UNDELIVERED when it cannot be started.
   */
  run(program: ProgramRun, signal: AbortSignal): Promise<ProgramEnd>;
  /** One that is talked with: the shell of `device.transport: local`. Rejects with SSH_UNREACHABLE when it cannot be started. */
  converse(program: Pick<ProgramRun, 'argv' | 'environment'>): Promise<Conversation>;
}

export interface Conversation {
  /** Its standard output and error, as they come. */
  onOutput(handler: (bytes: Buffer) => void): void;
  /** Exactly once, in words: `exit code 0`. At once when it has ended already. */
  onEnd(handler: (how: string) => void): void;
  write(text: string): void;
  /** Its process group gets SIGHUP, then SIGKILL. Resolves when it is gone; bounded. */
  end(): Promise<void>;
}

export interface ProgramRun {
  /** The first is an absolute path. */
  readonly argv: readonly string[];
  /** All of it: nothing of the agent's own environment is passed on, secrets stand there. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input: Uint8Array;
  readonly outputBytesMax: number;
}

export interface ProgramEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly killedBy: string | null;
  /** The first `outputBytesMax` bytes of its standard error. */
  readonly output: Buffer;
}

/** What a report is made of, as it is written into the bundle. */
export interface ReportFiles {
  readonly html: string;
  readonly text: string;
  readonly json: string;
}

export interface Reports {
  /**
   * Of the folder of a bundle that is not sealed yet, or of the sealed ones of both ends. Never in the agent's way: what it computes, it
   * computes elsewhere. Rejects with REPORT_FAILED, also when `signal` aborts.
   */
  make(folders: readonly [string] | readonly [string, string], signal: AbortSignal): Promise<ReportFiles>;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly logFiles: LogFiles;
  readonly datagrams: Datagrams;
  readonly streams: Streams;
  readonly tls: TlsStreams;
  readonly snmp: SnmpPolls;
  readonly shells: ShellTransport;
  readonly http: Http;
  readonly httpServers: HttpServers;
  readonly dialer: Dialer;
  readonly spawn: Spawn;
  readonly reports: Reports;
  /** The fleet's; nothing on an incident's path asks it anything. */
  readonly engines: Engines;
}
