/** The page of a fleet and its API: what its routes answer from, on a server of ours (agent/web/web-server.ts). Opened by run-fleet.ts. docs/fleet.md, "The page". */
import { fileURLToPath } from 'node:url';
import type { FleetState } from '../../shared/fleet/view.ts';
import type { PageConfig } from '../config/config.ts';
import type { EngineState } from '../fleet-ports.ts';
import type { Logger } from '../log.ts';
import { type FleetStatus, openFleetMetrics } from '../metrics/fleet-metrics.ts';
import type { World } from '../ports.ts';
import { type PageFiles, readPageFiles } from '../web/page-files.ts';
import { WebServer } from '../web/web-server.ts';
import { queryFrom } from './ask.ts';
import type { BundleDesk } from './bundle-desk.ts';
import type { FleetRoom, FleetRoute } from './fleet-room.ts';
import type { FleetIndex } from './index/fleet-index.ts';
import { fleetRoutes } from './routes/index.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface OpenFleetPageRoom {
  readonly world: Pick<World, 'clock' | 'disk' | 'tls' | 'httpServers'>;
  readonly log: Logger;
  readonly index: () => FleetIndex;
  readonly engine: () => EngineState;
  readonly desk: BundleDesk;
  readonly version: string;
  readonly instance: string;
}

export interface FleetPage {
  /** `http://127.0.0.1:7424`, as bound. */
  readonly url: string;
  readonly port: number;
  /** `page-wrong-token`, …: how often. */
  readonly refusals: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const NONE: Readonly<Record<FleetState, number>> = { open: 0, healed: 0, 'black-holed': 0, 'not-known': 0 };

/** Rejects with LISTEN_REFUSED, TLS_CREDENTIALS_REFUSED, DISK_FAILED. */
export async function openFleetPage(
  config: PageConfig,
  room: OpenFleetPageRoom,
  routes: readonly FleetRoute[] = fleetRoutes,
): Promise<FleetPage> {
  const { world, log, index, engine, desk, version, instance } = room;
  const files = await fleetPageFiles(world);
  const metrics = openFleetMetrics(() => status());
  const given: FleetRoom = {
    ...{ index, engine, desk, version, instance, files, metrics },
    clock: world.clock,
    disk: world.disk,
    shared: new SharedAnswers(world.clock),
  };
  const server = new WebServer(config, { world, log, routes, given });
  const status = (): FleetStatus => {
    const nowMs = world.clock.wall();
    const day = index().overTime(queryFrom({}, nowMs, DAY_MS), DAY_MS / 24);
    return {
      version,
      connected: engine().connected,
      instances: index().instances(nowMs).length,
      index: index().state(),
      now: index().now(nowMs),
      dayByState: day.reduce((sum, { byState }) => added(sum, byState), NONE),
      reportsMade: desk.made,
      refusals: server.refusals,
    };
  };
  await server.open();
  const { local, tls } = server;
  const host = local.address.includes(':') ? `[${local.address}]` : local.address;
  return {
    url: `${tls ? 'https' : 'http'}://${host}:${local.port}`,
    port: local.port,
    refusals: server.refusals,
    async close() {
      metrics.close();
      await server.close();
    },
  };
}

const added = (one: Readonly<Record<FleetState, number>>, other: Readonly<Record<FleetState, number>>) => ({
  open: one.open + other.open,
  healed: one.healed + other.healed,
  'black-holed': one['black-holed'] + other['black-holed'],
  'not-known': one['not-known'] + other['not-known'],
});

/** Its own, and those of an agent's page that it stands on: under `web/page/`, where they are beside it in the sources. */
export async function fleetPageFiles({ disk }: Pick<World, 'disk'>): Promise<PageFiles> {
  const own = await readPageFiles(disk, fileURLToPath(new URL('./page', import.meta.url)));
  const agents = await readPageFiles(disk);
  return new Map([...own, ...[...agents].map(([name, file]) => [`web/page/${name}`, file] as const)]);
}
