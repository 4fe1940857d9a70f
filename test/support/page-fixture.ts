/**
 * The page with an agent behind it that is all play: serves agent/web/page/ and the contract of docs/api.md from data that the test
 * changes as it goes, refuses what it is told to refuse, and ends its streams when told. For page.test.ts and looking at pictures.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentStatus } from '../../agent/status/status.ts';

const FOLDER = fileURLToPath(new URL('../../agent/web/page/', import.meta.url));
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface FixtureIncident {
  readonly id: string;
  readonly openedAt: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly peers: readonly string[];
  readonly flows: number;
  readonly firstFlow: string | null;
  readonly debugsOff: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly cause: { readonly name: string; readonly title: string; readonly confidence: string } | null;
  readonly bundle: boolean;
  readonly report: boolean;
  readonly twoEnded: boolean;
}

type Answer = { readonly status: number; readonly body: unknown };
export const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

export class PageFixture {
  status: AgentStatus;
  incidents: readonly FixtureIncident[] = [];
  timelines: Record<string, readonly { at: string; text: string; reason: string }[]> = {};
  /** What a POST is answered, by its action; a function may wait. */
  answers: Record<string, (body: unknown) => Answer | Promise<Answer>> = {};
  token = 'right token';
  readNeedsToken = false;
  /** Every read is answered so. */
  readRefusal: Answer | null = null;
  /** Each POST that was let in. */
  readonly asked: { action: string; body: unknown }[] = [];
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  #port = 0;

  constructor(status: AgentStatus) {
    this.status = status;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get port(): number {
    return this.#port;
  }

  /** Now, at the agent: the page's times are relative to it. */
  tell(status: Partial<AgentStatus> = {}): void {
    this.status = { ...this.status, ...status };
    this.emit('status', this.status);
  }

  emit(event: string, data: unknown): void {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  async stop(): Promise<void> {
    this.dropStreams();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url!, this.url).pathname;
    if (path.startsWith('/api/v1/')) {
      await this.#api(path.slice('/api/v1/'.length), request, response);
      return;
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    try {
      const bytes = readFileSync(`${FOLDER}${name.replaceAll('/', '')}`);
      response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'text/plain', 'content-security-policy': POLICY });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #api(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = ({ status, body }: Answer): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    const mayAct = request.headers.authorization === `Bearer ${this.token}`;
    const isRead = request.method === 'GET';
    if (isRead && this.readRefusal !== null) return reply(this.readRefusal);
    if ((!isRead || this.readNeedsToken) && !mayAct) {
      const code = request.headers.authorization === undefined ? 'no-token' : 'wrong-token';
      return reply(refusal(401, code, code === 'no-token' ? 'this needs the token' : 'that is not the token'));
    }
    if (!isRead) {
      let text = '';
      for await (const piece of request) text += piece;
      const body = JSON.parse(text) as unknown;
      this.asked.push({ action: path, body });
      const answer = this.answers[path];
      return reply(answer === undefined ? refusal(404, 'not-found', 'no such action') : await answer(body));
    }
    if (path === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
      response.write(`retry: 2000\n: spitrap\n\nevent: status\ndata: ${JSON.stringify(this.status)}\n\n`);
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    if (path === 'status') return reply({ status: 200, body: this.status });
    if (path === 'incidents') return reply({ status: 200, body: { incidents: this.incidents } });
    const [, id = '', file] = path.split('/');
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file.endsWith('html') ? 'text/html' : 'text/plain' });
      response.end(file.endsWith('html') ? `<!doctype html><title>Report ${id}</title>` : `Report of ${id}\n`);
      return;
    }
    const summary = this.incidents.find((one) => one.id === id) ?? null;
    reply({ status: 200, body: { summary, incident: null, timeline: this.timelines[id] ?? [] } });
  }
}
