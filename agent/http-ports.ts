/** The port of the page: HTTP as a server. One of the ports of agent/ports.ts, in a file of its own. Adapter: net/http-server.ts. */
import type { Endpoint, StreamListener, TlsClient, TlsCredentials } from './ports.ts';

/** HTTP/1.1, as a server: the page and its API. What it is asked is hostile; who may ask what is agent/web/'s to decide. */
export interface HttpServers {
  /** With `credentials` over TLS. Rejects with LISTEN_REFUSED naming the endpoint. */
  listen(endpoint: Endpoint, credentials: TlsCredentials | null, options: HttpListenOptions): Promise<HttpListener>;
}

export interface HttpListenOptions {
  /** Over TLS: asks clients for a certificate; one without is let in all the same, and says so. */
  readonly asksClient: boolean;
  /** At the accept, before any handshake. `open`: connections that are open; `ofAddress`: of them, those from there. */
  admit(remote: Endpoint, open: number, ofAddress: number): boolean;
  /** Never rejects. One at a time on a connection. */
  onRequest(request: HttpAsked): Promise<HttpReply>;
  /** Once for each connection or request that never became an `onRequest`. `detail` holds no text of the other end. */
  onRefused(remote: Endpoint, why: HttpRefusal, detail: string): void;
}

/** `malformed`: no HTTP/1.1, two lengths, two hosts; `slow`: head or body did not come in time; `pipelined`: the next one before the answer. */
export type HttpRefusal = 'malformed' | 'header-too-large' | 'slow' | 'pipelined' | 'tls-handshake';

export interface HttpListener extends StreamListener {
  /** For connections from now on. */
  renew(credentials: TlsCredentials): void;
  readonly connections: number;
}

export interface HttpAsked {
  readonly method: string;
  /** Path and query as they came: not decoded, not normalized. */
  readonly target: string;
  /** Names in lower case; several of one name joined by `, `. `host`, `authorization` and `content-length` stand once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remote: Endpoint;
  readonly tls: boolean;
  /** Null: it showed no certificate, or there is no TLS. */
  readonly client: TlsClient | null;
  /** Reads what follows the head; null: it is longer than that, and the connection ends with the answer. Once. Rejects when the other end is gone. */
  body(bytesMax: number): Promise<Buffer | null>;
}

/** `content-length` is the adapter's. To HEAD no body goes out. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpBody;
}

export type HttpBody =
  | Uint8Array
  /** So many bytes, piece by piece, as the other end takes them. Ends early (the connection closes) when it fails or goes over. */
  | { readonly bytes: number; readonly parts: AsyncIterable<Uint8Array> }
  /** Without an end of its own: server-sent events. */
  | { open(stream: HttpStream): void };

export interface HttpStream {
  /** Nothing is lost and nothing waits: look at `pendingBytes`. */
  write(text: string): void;
  /** Written and not taken by the kernel yet. */
  readonly pendingBytes: number;
  /** Exactly once, for the other end's close and our own alike. */
  onClose(handler: () => void): void;
  close(): void;
}
