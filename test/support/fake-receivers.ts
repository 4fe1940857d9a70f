/**
 * The outside that alarms are told to, for tests: HTTP servers, syslog receivers over TCP and programs that answer as a test says. What
 * was said to them is kept. Without an answer set everything is refused, as by a host where nothing listens.
 */
import type { Dialer, Endpoint, Http, HttpRequest, HttpResponse, ProgramEnd, ProgramRun, Spawn } from '../../agent/ports.ts';
import { SpitrapError } from '../../shared/errors.ts';

export const undelivered = (errno: string): SpitrapError =>
  new SpitrapError('ALARM_UNDELIVERED', `nobody there: ${errno}`, { retryable: true, context: { errno } });

export const answered = (status: number, headers: Record<string, string> = {}, body = ''): HttpResponse => ({
  status,
  headers,
  body: Buffer.from(body),
});

/** Never answers; ends when it is called off, as the adapters do. */
export const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(undelivered('ABORTED'));
    signal.addEventListener('abort', () => reject(undelivered('ABORTED')), { once: true });
  });

export class FakeReceivers {
  readonly requests: HttpRequest[] = [];
  readonly pushed: { readonly to: Endpoint; readonly bytes: Buffer }[] = [];
  readonly ran: ProgramRun[] = [];

  onRequest: (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse> = async () => {
    throw undelivered('ECONNREFUSED');
  };
  onPush: (bytes: Buffer, signal: AbortSignal) => Promise<'closed' | 'written'> = async () => {
    throw undelivered('ECONNREFUSED');
  };
  onRun: (program: ProgramRun, signal: AbortSignal) => Promise<ProgramEnd> = async () => {
    throw undelivered('ENOENT');
  };

  readonly http: Http = {
    request: (request, signal) => {
      this.requests.push(request);
      return this.onRequest(request, signal);
    },
  };
  readonly dialer: Dialer = {
    push: (to, bytes, { signal }) => {
      this.pushed.push({ to, bytes: Buffer.from(bytes) });
      return this.onPush(Buffer.from(bytes), signal);
    },
  };
  readonly spawn: Spawn = {
    run: (program, signal) => {
      this.ran.push(program);
      return this.onRun(program, signal);
    },
    converse: () => Promise.reject(new Error('no shell of this host here')),
  };

  /** Bodies of all requests, parsed. */
  get notices(): Record<string, unknown>[] {
    return this.requests.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>);
  }
}
