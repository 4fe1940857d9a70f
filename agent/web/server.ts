/** The page of one agent and its API: what its routes answer from, and its event streams, on a server of ours (web-server.ts). Opened by app.ts when `page` stands in the configuration. docs/page.md, docs/api.md. */
import type { PageConfig } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { openMetrics } from '../metrics/metrics.ts';
import type { Endpoint, World } from '../ports.ts';
import { type EventStreamRoom, EventStreams } from './event-stream.ts';
import { readPageFiles } from './page-files.ts';
import type { PageRoom, Route } from './route.ts';
import { routes as shelf } from './routes/index.ts';
import { SharedStatus } from './shared-status.ts';
import { StoredIndex } from './stored-index.ts';
import { WebServer } from './web-server.ts';

export interface OpenPageRoom extends Omit<EventStreamRoom, 'clock'>, Pick<PageRoom, 'dataDir' | 'control' | 'timelineOf'> {
  readonly world: Pick<World, 'clock' | 'disk' | 'tls' | 'httpServers'>;
  readonly log: Logger;
}

export interface PageServer {
  readonly local: Endpoint;
  readonly tls: boolean;
  readonly connections: number;
  readonly streams: number;
  readonly answered: number;
  /** What is wrong with its certificate; null: nothing, or there is none. */
  readonly problem: string | null;
  /** `page-wrong-token`, …: how often. */
  readonly refusals: ReadonlyMap<string, number>;
  /** By the limit's name. */
  readonly drops: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Rejects with LISTEN_REFUSED, TLS_CREDENTIALS_REFUSED, DISK_FAILED. */
export async function openPage(config: PageConfig, room: OpenPageRoom, routes: readonly Route[] = shelf): Promise<PageServer> {
  const { world, log, dataDir, control, timelineOf } = room;
  const files = await readPageFiles(world.disk);
  const shared = new SharedStatus({ clock: world.clock, events: room.events, status: control.status });
  const pause = () => world.clock.sleep('metrics', 0);
  const metrics = openMetrics({ events: room.events, status: () => shared.status, pause });
  const streams = new EventStreams({ ...room, clock: world.clock });
  const given: PageRoom = {
    ...{ dataDir, control, timelineOf, files, metrics, shared, clock: world.clock, disk: world.disk, events: room.events },
    stored: new StoredIndex(dataDir, world.disk),
    streamTo: () => streams.admit(),
  };
  // A hold that is made longer is no decision.
  const server = new WebServer(config, { world, log, routes, given, onActed: () => shared.forget() });
  const page = new Page(server, streams, () => {
    metrics.close();
    shared.close();
    streams.close();
  });
  try {
    await server.open();
    return page;
  } catch (error) {
    await page.close();
    throw error;
  }
}

class Page implements PageServer {
  readonly #server: WebServer<PageRoom>;
  readonly #streams: EventStreams;
  readonly #closeRooms: () => void;

  constructor(server: WebServer<PageRoom>, streams: EventStreams, closeRooms: () => void) {
    this.#server = server;
    this.#streams = streams;
    this.#closeRooms = closeRooms;
  }

  get local(): Endpoint {
    return this.#server.local;
  }

  get tls(): boolean {
    return this.#server.tls;
  }

  get connections(): number {
    return this.#server.connections;
  }

  get streams(): number {
    return this.#streams.open;
  }

  get answered(): number {
    return this.#server.answered;
  }

  get problem(): string | null {
    return this.#server.problem;
  }

  get refusals(): ReadonlyMap<string, number> {
    return this.#server.refusals;
  }

  get drops(): Readonly<Record<string, number>> {
    return { ...this.#server.drops, ...this.#streams.drops };
  }

  async close(): Promise<void> {
    this.#closeRooms();
    await this.#server.close();
  }
}
