/**
 * An HTTP server of ours: opens the listener, finds the route of a request, asks the gate who may, and answers. Made by server.ts for the
 * page of one agent, by agent/fleet/server.ts for the page of many. What it is asked is hostile, and nobody who asks may keep a stop
 * waiting: every bound is a named limit, every refusal is counted under its code. docs/page.md, docs/api.md.
 */
import { asSpitrapError, isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import type { PageConfig } from '../config/config.ts';
import type { HttpAsked, HttpListener, HttpReply } from '../http-ports.ts';
import type { Logger } from '../log.ts';
import { naming } from '../net/listen-refused.ts';
import type { Endpoint, World } from '../ports.ts';
import { Gate, isLoopback } from './access.ts';
import { matched, partsOf } from './path.ts';
import { errorReply, type PageRequest, Refusal, type Route, refusalCodes } from './route.ts';
import { openTls, type PageTls } from './tls.ts';

export interface WebRoom<Room> {
  readonly world: Pick<World, 'clock' | 'disk' | 'tls' | 'httpServers'>;
  readonly log: Logger;
  readonly routes: readonly Route<Room>[];
  /** What routes answer from. */
  readonly given: Room;
  /** After a route that acts. */
  onActed?(): void;
}

const TOLD_WINDOW_MS = 60_000;

/** On every answer. */
const GUARDED = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;

/** Whatever sets no policy of its own is data. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

export class WebServer<Room> {
  readonly #config: PageConfig;
  readonly #room: WebRoom<Room>;
  readonly #routes: readonly { readonly route: Route<Room>; readonly parts: readonly string[] }[];
  readonly #gate: Gate;
  readonly #refusals = new Map<string, number>();
  #connectionDrops = 0;
  #told = { from: Number.NEGATIVE_INFINITY, count: 0 };
  #answered = 0;
  #listener: HttpListener | null = null;
  #tls: PageTls | null = null;
  #closed = false;

  constructor(config: PageConfig, room: WebRoom<Room>) {
    this.#config = config;
    this.#room = room;
    this.#routes = room.routes.map((route) => ({ route, parts: route.path.split('/').slice(1) }));
    this.#gate = new Gate(config, room.world.clock);
  }

  /** Rejects with LISTEN_REFUSED, TLS_CREDENTIALS_REFUSED. */
  async open(): Promise<this> {
    const { listen, tls } = this.#config;
    try {
      this.#tls = tls === null ? null : await openTls(tls.files, this.#room);
      this.#listener = await this.#room.world.httpServers
        .listen(listen, this.#tls?.credentials ?? null, {
          asksClient: tls !== null && (tls.files.clientCa !== null || tls.clients !== null),
          admit: (remote, open, ofAddress) => this.#admit(remote, open, ofAddress),
          onRequest: (asked) => this.#answer(asked),
          onRefused: (_remote, why) => this.#count(why),
        })
        .catch(naming('page.listen'));
      this.#tls?.follow(this.#listener);
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  get local(): Endpoint {
    return this.#listener?.local ?? this.#config.listen;
  }

  get tls(): boolean {
    return this.#tls !== null;
  }

  get connections(): number {
    return this.#listener?.connections ?? 0;
  }

  get answered(): number {
    return this.#answered;
  }

  get problem(): string | null {
    return this.#tls?.problem ?? null;
  }

  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals;
  }

  get drops(): Readonly<Record<string, number>> {
    return { pageConnectionsMax: this.#connectionDrops };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tls?.close();
    await this.#listener?.close();
  }

  #count(code: string): void {
    const name = `page-${code}`;
    this.#refusals.set(name, (this.#refusals.get(name) ?? 0) + 1);
  }

  /** Whoever knocks writes into our log: so much of it a minute, the rest stands in the counts. */
  #mayTell(): boolean {
    const now = this.#room.world.clock.monotonic();
    if (now - this.#told.from >= TOLD_WINDOW_MS) this.#told = { from: now, count: 0 };
    return ++this.#told.count <= limits.pageRefusalsToldMax;
  }

  #admit(remote: Endpoint, open: number, ofAddress: number): boolean {
    const full =
      open >= limits.pageConnectionsMax || (ofAddress >= limits.pageConnectionsPerAddressMax && !isLoopback(remote.address));
    if (full) this.#connectionDrops++;
    return !full && !this.#closed;
  }

  /** Never rejects. */
  async #answer(asked: HttpAsked): Promise<HttpReply> {
    try {
      const reply = await this.#reply(asked);
      this.#answered++;
      return guarded(reply);
    } catch (error) {
      return guarded(this.#refused(error, asked));
    }
  }

  async #reply(asked: HttpAsked): Promise<HttpReply> {
    const [path = ''] = asked.target.split('?', 1);
    const query = asked.target.slice(path.length + 1);
    const parts = partsOf(path);
    const fitting = this.#routes.flatMap(({ route, parts: pattern }) => {
      const params = matched(pattern, parts);
      return params === null ? [] : [{ route, params }];
    });
    const method = asked.method === 'HEAD' ? 'GET' : asked.method;
    const found = fitting.find(({ route }) => route.method === method);
    // Whoever may not read learns nothing of what there is: the gate stands before what is not found, too.
    const who = this.#gate.admit(asked, found?.route.access ?? (path.startsWith('/api/') ? 'read' : 'open'));
    if (found === undefined)
      throw notFound(
        path,
        fitting.map(({ route }) => route.method),
      );
    const request: PageRequest = { params: found.params, query, headers: asked.headers, who, json: () => jsonOf(asked) };
    try {
      return await found.route.answer(request, this.#room.given);
    } finally {
      // A hold that is made longer is no decision.
      if (found.route.access === 'act') this.#room.onActed?.();
    }
  }

  #refused(error: unknown, asked: HttpAsked): HttpReply {
    if (error instanceof Refusal) {
      this.#count(error.code);
      if ((error.code === 'wrong-token' || error.code === 'wrong-certificate') && this.#mayTell())
        this.#room.log.warn({ event: 'page-refused', remote: asked.remote.address, code: error.code }, `page: ${error.message}`);
      return errorReply(error);
    }
    const known = asSpitrapError(error);
    if (!isSpitrapError(error))
      this.#room.log.error(
        { event: 'internal', target: printable(asked.target, 200), error: known.message },
        'a request to the page failed, a fault of this program: please report it',
      );
    this.#count(known.code);
    return errorReply(isSpitrapError(error) ? error : new SpitrapError('INTERNAL', 'a fault of this program; its log says more'));
  }
}

const guarded = (reply: HttpReply): HttpReply => ({
  ...reply,
  headers: { 'content-security-policy': DATA_POLICY, ...GUARDED, ...reply.headers },
});

function notFound(path: string, methods: readonly string[]): Refusal {
  if (methods.length === 0) return new Refusal(404, 'not-found', `there is nothing at ${printable(path, 80)}`);
  const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return new Refusal(405, 'method-not-allowed', `${printable(path, 80)} takes ${allow.join(', ')}`, { allow: allow.join(', ') });
}

/** A script of another site can send no such type without asking first, and it is told no. @throws Refusal */
async function jsonOf(asked: HttpAsked): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await asked.body(limits.pageBodyBytesMax);
  if (bytes === null) throw new Refusal(413, 'body-too-large', `a body is ${limits.pageBodyBytesMax} bytes at most`);
  if (bytes.length === 0) return {};
  if (!/^application\/json\s*(?:;|$)/i.test(asked.headers['content-type'] ?? ''))
    throw new Refusal(415, 'bad-body', 'a body is JSON: Content-Type: application/json');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Refusal(400, 'bad-body', 'the body is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'bad-body', 'the body is no object');
  return value as Readonly<Record<string, unknown>>;
}

/** What `refusals` of a status may hold of the page, for docs/page.md. */
export const pageRefusals = [...refusalCodes, 'malformed', 'header-too-large', 'slow', 'pipelined', 'tls-handshake'] as const;
