/**
 * `kill -9` of everything in turn while agents tell: the server (started again on its folder), either of two fleet processes of one index, each
 * process of agents. In the end each incident that the generator has is in the index once and whole, and all that is derived counts up. For
 * `npm run bench:fleet -- --only kills` and, smaller, test/live/fleet-kill.test.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClock } from '../../../agent/clock.ts';
import { createDisk } from '../../../agent/evidence/disk.ts';
import { indexFolder } from '../../../agent/fleet/config.ts';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../../agent/fleet/index/open-index.ts';
import { natsEngines } from '../../../agent/net/nats.ts';
import { createRandom } from '../../../agent/random.ts';
import { EVENT_STREAM, type FleetRecord } from '../../../shared/fleet/record.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { type CrewProcess, type FleetProcess, startCrew, startFleet } from './crew.ts';
import { incidentsOf, type Plan, RECORDS_PER_INCIDENT } from './estate.ts';

export interface KillAsk {
  readonly plan: Plan;
  readonly processes: number;
  /** Of the whole estate's incidents a second; null: as fast as it goes. */
  readonly perSecond: number | null;
  readonly bundle: string;
  readonly bin: string;
  readonly say: (line: string) => void;
}

export interface KillCount {
  readonly incidentsTold: number;
  readonly recordsTold: number;
  readonly kills: { readonly server: number; readonly fleet: number; readonly agents: number };
  /** Messages of the stream, and how many of them say what another says. */
  readonly messages: number;
  readonly messagesTwice: number;
  readonly incidents: number;
  readonly records: number;
  /** Ids that the truth has and the index has not, those of which it is the other way round, and those that it lists more than once. */
  readonly missing: readonly string[];
  readonly foreign: readonly string[];
  readonly twice: readonly string[];
  /** Of incidents that lack an end, a verdict or a bundle, or have another's. */
  readonly partial: readonly string[];
  readonly verify: readonly string[];
  readonly dropped: number;
  readonly unreadable: number;
  readonly seconds: number;
}

/** What is told is told in as many pieces and one more; each of these is killed in the middle of its piece. */
const VICTIMS = ['fleet-a', 'server', 'fleet-b', 'agents', 'fleet-a', 'server', 'agents', 'server', 'server'] as const;
const LOOK_MS = 5;

export async function killEverything(ask: KillAsk): Promise<KillCount> {
  const { plan, processes, bundle, bin, perSecond, say } = ask;
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-fleet-kill-'));
  const server = await NatsServer.start();
  const all = plan.incidents * RECORDS_PER_INCIDENT;
  const kills = { server: 0, fleet: 0, agents: 0 };
  const fleets = new Map<string, FleetProcess>();
  const fleetUp = async (name: string): Promise<void> => {
    fleets.set(name, await startFleet(bin, folder, 'one', server.url));
  };
  let index: FleetIndex | null = null;
  try {
    await fleetUp('fleet-a');
    await fleetUp('fleet-b');
    index = await openFleetIndex({
      ...{ folder: indexFolder(join(folder, 'one')), clock: createClock(), disk: createDisk(), random: createRandom() },
    });
    const crew: { current: CrewProcess; done: Promise<unknown> }[] = [];
    const crewUp = async (process: number): Promise<void> => {
      const setting = { plan, processes, process, server: server.url, folder: join(folder, 'spools'), heartbeatMs: 2_000 };
      const current = await startCrew(bundle, setting);
      await current.order({ do: 'beat', everyMs: 2_000 });
      crew[process] = { current, done: Promise.resolve() };
    };
    const tell = (process: number, from: number, to: number): void => {
      const one = crew[process]!;
      one.done = one.current.order({ do: 'tell', from, to, perSecond, probeEvery: 1 << 30 });
    };
    await Promise.all(Array.from({ length: processes }, (_, process) => crewUp(process)));
    const records = (): number => index!.state().records;
    const told = (): number => crew.reduce((sum, { current }) => sum + current.told(), 0);
    const log = (what: string): void =>
      say(
        `${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s, ${records()} of ${all} records in the index: ${what}`,
      );
    let coming: Promise<void> = Promise.resolve();
    let agentsVictim = 0;
    for (let piece = 0; piece <= VICTIMS.length; piece++) {
      const [from, to] = [piece, piece + 1].map((at) => Math.round((at * plan.incidents) / (VICTIMS.length + 1)));
      const before = told();
      for (let process = 0; process < processes; process++) tell(process, from!, to!);
      const who = VICTIMS[piece];
      if (who !== undefined) {
        await coming;
        const half = before + ((to! - from!) * RECORDS_PER_INCIDENT) / 2;
        const end = Promise.all(crew.map(({ done }) => done)).then(() => true);
        while (told() < half && !(await Promise.race([end, sleep(LOOK_MS, false)])));
        if (who === 'server') {
          await server.kill();
          kills.server++;
          log('kill -9 of nats-server');
          await server.run();
        } else if (who === 'agents') {
          const process = agentsVictim++ % processes;
          await crew[process]!.current.kill();
          kills.agents++;
          log(`kill -9 of agents, process ${process + 1} of ${processes}`);
          await crewUp(process);
          tell(process, 0, to!);
        } else {
          await fleets.get(who)!.kill();
          kills.fleet++;
          log(`kill -9 of ${who}`);
          // The other goes on alone for the rest of this piece.
          coming = end.then(async () => {
            await fleetUp(who);
            log(`${who} is back`);
          });
        }
      }
      await Promise.all(crew.map(({ done }) => done));
    }
    await coming;
    const figures = await Promise.all(crew.map(({ current }) => current.order({ do: 'drain' })));
    log('all is told, and acknowledged by the engine');
    await consumed(index, server);
    log('all is consumed');
    const truth = compare(index, plan);
    const { incidents, records: kept, unreadable } = index.state();
    const messages = (await streamMessages(server)) ?? 0;
    const count: KillCount = {
      incidentsTold: plan.incidents,
      recordsTold: all,
      ...{ kills, messages, incidents, records: kept, unreadable, ...truth },
      messagesTwice: messages - all,
      verify: index.verify(),
      dropped: figures.reduce((sum, one) => sum + (one?.dropped ?? 0), 0),
      seconds: (performance.now() - began) / 1_000,
    };
    await Promise.all(crew.map(({ current }) => current.order({ do: 'stop' })));
    return count;
  } finally {
    await Promise.all([...fleets.values()].map((fleet) => fleet.kill()));
    await index?.close();
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Until nothing of the stream is given out or waits to be. */
async function consumed(index: FleetIndex, server: NatsServer): Promise<void> {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: server.url.replace('nats://', '') });
  try {
    const manager = await jetstreamManager(connection);
    for (;;) {
      const { num_pending, num_ack_pending } = await manager.consumers.info(EVENT_STREAM, index.durable);
      if (num_pending === 0 && num_ack_pending === 0) return;
      await sleep(100);
    }
  } finally {
    await connection.close();
  }
}

export async function streamMessages(server: Pick<NatsServer, 'url'>): Promise<number | null> {
  const engine = natsEngines(createClock(), createRandom()).open({
    ...{ servers: [server.url], name: 'spitrap-bench', tls: null, login: { kind: 'none' } },
  });
  try {
    while (!engine.state().connected) await sleep(20);
    return (await engine.streamState(EVENT_STREAM))?.messages ?? null;
  } finally {
    await engine.close();
  }
}

/** The index by its pages, id by id, against what the generator says. */
export function compare(index: FleetIndex, plan: Plan): Pick<KillCount, 'missing' | 'foreign' | 'twice' | 'partial'> {
  const seen = new Map<string, string>();
  const twice: string[] = [];
  const query = { fromMs: 0, toMs: plan.toMs + 365 * 86_400_000, where: [] };
  for (let after: string | null = null; ; ) {
    const page = index.incidents(query, { limit: 1_000, after });
    for (const { id, cause, ends } of page.incidents) {
      if (seen.has(id)) twice.push(id);
      const parts = ends.map(
        ({ site, device, verdict, bundle }) =>
          `${site}/${device}${verdict === null ? '' : ` ${verdict.cause}`}${bundle === null ? '' : ` ${bundle.object}`}`,
      );
      seen.set(id, [cause, ...parts.sort()].join('; '));
    }
    after = page.next;
    if (after === null) break;
  }
  const missing: string[] = [];
  const partial: string[] = [];
  for (const { id, records } of incidentsOf(plan)) {
    const has = seen.get(id);
    seen.delete(id);
    if (has === undefined) missing.push(id);
    else if (has !== wordsOf(records)) partial.push(`${id}: ${has}; it is ${wordsOf(records)}`);
  }
  return { missing, foreign: [...seen.keys()], twice, partial };
}

function wordsOf(records: readonly FleetRecord[]): string {
  const ends = new Map<string, string>();
  let cause = '';
  for (const { site, device, kind, body } of records) {
    const key = `${site}/${device}`;
    const more = kind === 'verdict' ? ` ${body.cause}` : kind === 'bundle' ? ` ${body.object}` : '';
    if (kind === 'verdict') cause = body.cause;
    ends.set(key, (ends.get(key) ?? key) + more);
  }
  return [cause, ...[...ends.values()].sort()].join('; ');
}
