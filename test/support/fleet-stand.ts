/** The page of a fleet on a real loopback socket, over a real index in a folder of its own, with an engine in memory. For tests of agent/fleet/. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../agent/clock.ts';
import type { PageConfig } from '../../agent/config/config.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { BundleDesk } from '../../agent/fleet/bundle-desk.ts';
import { type FleetPage, openFleetPage } from '../../agent/fleet/fleet-page.ts';
import type { FleetIndex } from '../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../agent/fleet/index/open-index.ts';
import type { Engine, EngineState } from '../../agent/fleet-ports.ts';
import { createLog } from '../../agent/log.ts';
import { nodeHttpServers } from '../../agent/net/http-server.ts';
import { tlsStreams } from '../../agent/net/tls.ts';
import type { Reports } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import type { FleetRecord } from '../../shared/fleet/record.ts';
import { instantReports } from './instant-reports.ts';
import { plainPage, TOKEN } from './page-stand.ts';

export interface FleetStandOptions {
  readonly config?: Partial<PageConfig>;
  readonly engine?: Pick<Engine, 'getObject'>;
  readonly engineState?: () => EngineState;
  readonly reports?: Reports;
}

export interface FleetStand {
  readonly page: FleetPage;
  readonly port: number;
  readonly index: FleetIndex;
  readonly desk: BundleDesk;
  /** Of the fleet process: `index` and `reports` are in it. */
  readonly folder: string;
  readonly log: string[];
  tell(events: readonly FleetRecord[], heartbeats?: readonly FleetRecord[]): Promise<void>;
  close(): Promise<void>;
}

const NO_OBJECTS: Pick<Engine, 'getObject'> = { getObject: async () => null };
const CONNECTED: EngineState = { connected: true, server: 'nats://127.0.0.1:4222', why: null };

export async function standFleet(options: FleetStandOptions = {}): Promise<FleetStand> {
  const folder = await mkdtemp(join(tmpdir(), 'spitrap-fleet-'));
  const [clock, disk, random] = [createClock(), createDisk(), createRandom()];
  const index = await openFleetIndex({ folder: join(folder, 'index'), clock, disk, random });
  const log: string[] = [];
  const desk = new BundleDesk({
    world: { clock, disk, random, reports: options.reports ?? instantReports },
    engine: options.engine ?? NO_OBJECTS,
    folder: join(folder, 'reports'),
  });
  const page = await openFleetPage(
    { ...plainPage, ...options.config },
    {
      world: { clock, disk, tls: tlsStreams, httpServers: nodeHttpServers() },
      log: createLog(
        { level: 'debug', format: 'json', secrets: [TOKEN] },
        { write: (text) => void log.push(text), isTTY: false },
      ),
      index: () => index,
      engine: options.engineState ?? (() => CONNECTED),
      desk,
      version: '1.0.0',
      instance: 'stand',
    },
  );
  let sequence = 0;
  return {
    ...{ page, index, desk, folder, log },
    port: page.port,
    async tell(events, heartbeats = []) {
      const nowMs = clock.wall();
      for (let at = 0; at < events.length; at += 500)
        await index.upsert(
          events.slice(at, at + 500).map((record) => ({ record, sequence: ++sequence, storedAtMs: Date.parse(record.at) })),
        );
      await index.upsert(
        heartbeats.map((record) => ({ record, sequence: 0, storedAtMs: Math.min(nowMs, Date.parse(record.at)) })),
      );
    },
    async close() {
      await page.close();
      await index.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
