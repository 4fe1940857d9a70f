/** A nats-server with its counters, the light agents of a plan in some processes, and a reader of the index: what the phases of rates.ts share. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../agent/clock.ts';
import { createDisk } from '../../../agent/evidence/disk.ts';
import { indexFolder } from '../../../agent/fleet/config.ts';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../../agent/fleet/index/open-index.ts';
import { natsEngines } from '../../../agent/net/nats.ts';
import { createRandom } from '../../../agent/random.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { freeTcpPort } from '../rig/ports.ts';
import { cpuSecondsOf } from '../rig/process.ts';
import { type CrewFigures, type CrewProcess, type Order, type Probe, startCrew } from './crew.ts';
import type { Plan } from './estate.ts';

export interface BenchAsk {
  readonly plan: Plan;
  readonly processes: number;
  readonly quick: boolean;
  /** agents.ts as JavaScript. */
  readonly bundle: string;
  /** The built executable. */
  readonly bin: string;
  readonly say: (line: string) => void;
}

export interface Moment {
  readonly atMs: number;
  readonly serverCpu: number;
  readonly crewCpu: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export class Stand {
  readonly folder: string;
  readonly server: NatsServer;
  readonly crew: CrewProcess[] = [];
  readonly #ask: BenchAsk;
  readonly #monitor: number;

  private constructor(ask: BenchAsk, server: NatsServer, monitor: number) {
    this.#ask = ask;
    this.server = server;
    this.#monitor = monitor;
    this.folder = mkdtempSync(join(tmpdir(), 'spitrap-fleet-bench-'));
  }

  static async open(ask: BenchAsk): Promise<Stand> {
    const monitor = await freeTcpPort();
    return new Stand(ask, await NatsServer.start(`http: "127.0.0.1:${monitor}"\n`), monitor);
  }

  /** Resolves when all agents are connected; heartbeats begin when they are ordered. */
  async startCrew(onProbes: (probes: readonly Probe[]) => void = () => {}): Promise<void> {
    const { plan, processes, bundle } = this.#ask;
    const folder = join(this.folder, 'spools');
    mkdirSync(folder);
    const starting = Array.from({ length: processes }, (_, process) =>
      startCrew(bundle, { plan, process, processes, folder, server: this.server.url, heartbeatMs: 60_000 }, onProbes),
    );
    this.crew.push(...(await Promise.all(starting)));
  }

  async order(order: Order): Promise<CrewFigures> {
    const all = await Promise.all(this.crew.map((process) => process.order(order)));
    const sum = {} as Record<keyof CrewFigures, number>;
    for (const one of all) {
      if (one === null) throw new Error('a process of agents is gone');
      for (const [name, value] of Object.entries(one) as [keyof CrewFigures, number][]) sum[name] = (sum[name] ?? 0) + value;
    }
    return sum;
  }

  async moment(): Promise<Moment> {
    const varz = (await (await fetch(`http://127.0.0.1:${this.#monitor}/varz`)).json()) as Record<
      'in_bytes' | 'out_bytes',
      number
    >;
    return {
      atMs: performance.now(),
      serverCpu: cpuSecondsOf(this.server.pid),
      crewCpu: this.crew.reduce((sum, { pid }) => sum + cpuSecondsOf(pid), 0),
      inBytes: varz.in_bytes,
      outBytes: varz.out_bytes,
    };
  }

  openIndex(name: string): Promise<FleetIndex> {
    const folder = indexFolder(join(this.folder, name));
    return openFleetIndex({ folder, clock: createClock(), disk: createDisk(), random: createRandom() });
  }

  /** A connection of our own. */
  engine() {
    return natsEngines(createClock(), createRandom()).open({
      ...{ servers: [this.server.url], name: 'spitrap-bench', tls: null, login: { kind: 'none' } },
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.crew.map((process) => process.kill()));
    await this.server.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
