/**
 * The contract of a route: one file in routes/, one line in its index.ts. web-server.ts finds the route of a request, access.ts says who may,
 * the route answers. docs/api.md has every route (a test holds it to the shelf).
 */
import type { Clock } from '../../shared/clock.ts';
import { type ErrorCode, SpitrapError } from '../../shared/errors.ts';
import type { ControlHandlers } from '../control/protocol.ts';
import type { AgentEvents } from '../events.ts';
import type { HttpReply, HttpStream } from '../http-ports.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Disk } from '../ports.ts';
import type { PageFiles } from './page-files.ts';
import type { SharedStatus } from './shared-status.ts';
import type { StoredIndex } from './stored-index.ts';

/**
 * `open`: whoever reaches the listener. `read`: free on loopback unless `page.loopback` says otherwise, else the token or a client
 * certificate. `act`: the token, always.
 */
export type Access = 'open' | 'read' | 'act';

/** `Room`: what it answers from. */
export interface Route<Room = PageRoom> {
  /** GET is HEAD too. */
  readonly method: 'GET' | 'POST';
  /** `/api/v1/incidents/:id`: a part with a colon is any one part of a path; `:name+`, the last, is one or more. */
  readonly path: string;
  readonly access: Access;
  /** One line for docs/api.md. */
  readonly about: string;
  /** Rejects with a SpitrapError (statusOf) or a Refusal. */
  answer(request: PageRequest, room: Room): HttpReply | Promise<HttpReply>;
}

export interface PageRequest {
  /** What stands for the parts with a colon. Each is `[A-Za-z0-9._-]` only, none `.` or `..`, parts of `:name+` joined by `/`. */
  readonly params: Readonly<Record<string, string>>;
  /** What stands behind the `?`, as it came; empty: nothing. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the journal: `page 127.0.0.1`, or `page CN=…` with a certificate. 64 characters at most. */
  readonly who: string;
  /** The body as JSON; {} when there is none. Rejects with Refusal `bad-body`. */
  json(): Promise<Readonly<Record<string, unknown>>>;
}

/** What routes answer from. */
export interface PageRoom {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly dataDir: string;
  readonly events: AgentEvents;
  readonly control: ControlHandlers;
  readonly files: PageFiles;
  readonly stored: StoredIndex;
  readonly metrics: Metrics;
  readonly shared: SharedStatus;
  /** Of an incident that is not sealed; empty: not known. */
  timelineOf(id: string): readonly TimelineEntry[];
  /** Takes a client of the event stream. @throws Refusal `too-many-streams` */
  streamTo(): (stream: HttpStream) => void;
}

export interface TimelineEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
  /** docs/reasons.md. */
  readonly reason: string;
}

/** An answer that is no success and has no code among the errors of the program. `code` stands in the body and is counted. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Each in docs/page.md, "What each refusal means". */
export const refusalCodes = [
  'bad-path',
  'bad-host',
  'bad-body',
  'body-too-large',
  'cross-site',
  'no-token',
  'no-token-configured',
  'wrong-token',
  'wrong-certificate',
  'too-many-guesses',
  'not-found',
  'method-not-allowed',
  'too-many-streams',
  'bad-range',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** Of an error of the program; what is our own fault is 500. */
export function statusOf(code: ErrorCode): number {
  switch (code) {
    case 'INCIDENT_UNKNOWN':
      return 404;
    case 'USAGE':
    case 'CONTROL_FAILED':
      return 400;
    case 'ARM_REFUSED':
    case 'CAPTURE_REFUSED':
      return 409;
    case 'INTERNAL':
      return 500;
    default:
      return 503;
  }
}

export const API_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;

export const jsonReply = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpReply => ({
  status,
  headers: { ...API_HEADERS, ...headers },
  body: Buffer.from(`${JSON.stringify(value)}\n`),
});

/** What is wrong, for whoever asked: `{ error: { code, message } }`. */
export const errorReply = (error: Refusal | SpitrapError): HttpReply =>
  error instanceof SpitrapError
    ? jsonReply({ error: { code: error.code, message: error.message } }, statusOf(error.code))
    : jsonReply({ error: { code: error.code, message: error.message } }, error.status, error.headers);
