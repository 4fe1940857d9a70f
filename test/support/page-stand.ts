/** A page of its own on a real loopback socket, with whatever its rooms say, and clients that speak to it well or badly. For tests of agent/web/. */
import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createClock } from '../../agent/clock.ts';
import type { PageConfig } from '../../agent/config/config.ts';
import type { ControlHandlers } from '../../agent/control/protocol.ts';
import { AgentEvents } from '../../agent/events.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { HttpServers } from '../../agent/http-ports.ts';
import { createLog } from '../../agent/log.ts';
import { nodeHttpServers } from '../../agent/net/http-server.ts';
import { tlsStreams } from '../../agent/net/tls.ts';
import type { Disk } from '../../agent/ports.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import type { Route, TimelineEntry } from '../../agent/web/route.ts';
import { openPage, type PageServer } from '../../agent/web/server.ts';
import type { Clock } from '../../shared/clock.ts';
import { statusSample } from '../status/status-sample.ts';

export const TOKEN = 'a-token-of-more-than-16-characters';
export const tlsFixture = (name: string): string => join(import.meta.dirname, '../net/fixtures/tls', name);

export const plainPage: PageConfig = {
  listen: { address: '127.0.0.1', port: 0 },
  token: TOKEN,
  readToken: null,
  loopback: 'free',
  tls: null,
  names: [],
};

export const securePage: PageConfig = {
  ...plainPage,
  tls: {
    files: {
      certificate: tlsFixture('server.pem'),
      key: { file: tlsFixture('server.key') },
      clientCa: tlsFixture('authority.pem'),
    },
    clients: null,
  },
};

export interface StandOptions {
  readonly config?: Partial<PageConfig>;
  readonly control?: Partial<ControlHandlers>;
  readonly status?: () => AgentStatus;
  readonly clock?: Clock;
  readonly disk?: Disk;
  readonly dataDir?: string;
  readonly timelineOf?: (id: string) => readonly TimelineEntry[];
  readonly routes?: readonly Route[];
  readonly httpServers?: HttpServers;
}

export interface Stand {
  readonly page: PageServer;
  readonly events: AgentEvents;
  readonly log: string[];
  readonly port: number;
}

const unasked = async (): Promise<never> => {
  throw new Error('this stand has no such handler');
};

export async function standPage(options: StandOptions = {}): Promise<Stand> {
  const events = new AgentEvents();
  const log: string[] = [];
  const status = options.status ?? (() => statusSample);
  const control: ControlHandlers = {
    status,
    hold: unasked,
    incidents: async () => [],
    incident: unasked,
    ack: unasked,
    arm: unasked,
    disarm: unasked,
    reload: unasked,
    capture: unasked,
    test: unasked,
    ...(options.control as object),
  };
  const page = await openPage(
    { ...plainPage, ...options.config },
    {
      world: {
        clock: options.clock ?? createClock(),
        disk: options.disk ?? createDisk(),
        tls: tlsStreams,
        httpServers: options.httpServers ?? nodeHttpServers(),
      },
      log: createLog(
        { level: 'debug', format: 'json', secrets: [TOKEN] },
        { write: (text) => void log.push(text), isTTY: false },
      ),
      events,
      role: 'hub',
      status,
      dataDir: options.dataDir ?? '/nonexistent/spitrap-data',
      control,
      timelineOf: options.timelineOf ?? (() => []),
    },
    options.routes,
  );
  return { page, events, log, port: page.local.port };
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Over TLS, without judging the server; with this certificate of the fixtures. */
  readonly tls?: boolean;
  readonly certificate?: string;
  readonly from?: string;
}

/** One request on a connection of its own. */
export function ask(port: number, path: string, options: Ask = {}): Promise<Got> {
  const { method = 'GET', headers = {}, body, certificate } = options;
  return new Promise((resolve, reject) => {
    const shared = {
      host: '127.0.0.1',
      port,
      path,
      method,
      headers,
      agent: false,
      ...(options.from && { localAddress: options.from }),
    } as const;
    const identity =
      certificate === undefined
        ? {}
        : { cert: readFileSync(tlsFixture(`${certificate}.pem`)), key: readFileSync(tlsFixture(`${certificate}.key`)) };
    const sent = options.tls ? tlsRequest({ ...shared, ...identity, rejectUnauthorized: false }) : plainRequest(shared);
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    sent.end(body);
  });
}

export const bearer = (token = TOKEN): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

/** Bytes as they are; resolves with all that came back when the other end closes. */
export function raw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    const parts: Buffer[] = [];
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (part) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
}
