/**
 * One process that holds many light agents: each a production Publisher with its own spool on the disk, its own ledger and its own connection, and
 * nothing else of an agent. Does what its parent (crew.ts) says, over node's channel between the two. Killed and started again it tells all of
 * its incidents from the first on, as an agent does with all that stands on its disk: the ledger knows which were told.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { createClock } from '../../../agent/clock.ts';
import { createDisk } from '../../../agent/evidence/disk.ts';
import type { Engine, EngineOptions } from '../../../agent/fleet-ports.ts';
import { silentLog } from '../../../agent/log.ts';
import { natsEngines } from '../../../agent/net/nats.ts';
import { type EventKind, Publisher } from '../../../agent/publish/publisher.ts';
import { createRandom } from '../../../agent/random.ts';
import { encodeRecord, messageIdOf, subjectOf } from '../../../shared/fleet/record.ts';
import { limits } from '../../../shared/limits.ts';
import type { Answer, CrewSetting, Order, Probe } from './crew.ts';
import { type Device, devicesOf, heartbeatOf, incidentsOf } from './estate.ts';

/** Of one agent; beyond it we wait, as incidents would not. Half of what it holds in memory for a disk that is behind. */
const WAITING_MAX = limits.fleetPendingRecordsMax / 2;
const TURN_RECORDS = 32;
const PROGRESS_EVERY_MS = 50;

interface Agent extends Device {
  readonly engine: Engine;
  readonly publisher: Publisher;
}

const rssAtStart = process.memoryUsage().rss;
const setting = JSON.parse(process.argv[2] ?? '{}') as CrewSetting;
const clock = createClock();
const random = createRandom();
const disk = createDisk();
const engines = natsEngines(clock, random);
const say = (answer: Answer): void => void process.send!(answer);

let heartbeatMs = setting.heartbeatMs;
const agents = new Map<string, Agent>();
let told = 0;
const probes: Probe[] = [];
let spoolBytesMost = 0;

const keyOf = ({ site, device }: Device): string => `${site}/${device}`;
const engineOf = (name: string): EngineOptions => ({
  servers: [setting.server],
  name,
  tls: null,
  login: { kind: 'none' },
});

async function open(): Promise<void> {
  const mine = devicesOf(setting.plan).filter((_, at) => at % setting.processes === setting.process);
  for (const one of mine) {
    const engine = engines.open(engineOf(`spitrap-${one.device}`));
    const publisher = new Publisher({
      ...{ ...one, engine, log: silentLog, folder: `${setting.folder}/${keyOf(one).replace('/', '-')}`, version: '0.2.0' },
      world: { clock, disk, random },
      clean: (text) => text,
      spoolBytesMax: () => 64 * 1024 * 1024,
      heartbeatMs: () => heartbeatMs,
    });
    agents.set(keyOf(one), { ...one, engine, publisher });
  }
  await Promise.all([...agents.values()].map(({ publisher }) => publisher.start()));
  while ([...agents.values()].some(({ engine }) => !engine.state().connected)) await sleep(20);
}

const progress = (): void => {
  spoolBytesMost = Math.max(spoolBytesMost, waitingOf().bytes);
  say({ said: 'progress', told, probes: probes.splice(0) });
};

/** Of incidents `from` to `to`; at `perSecond` of the whole estate's, or as fast as the disk and the CPU take them. */
async function tell({ from, to, perSecond, probeEvery }: Extract<Order, { do: 'tell' }>): Promise<void> {
  const began = performance.now();
  const ticking = setInterval(progress, PROGRESS_EVERY_MS);
  let ours = 0;
  for (const { number, id, records } of incidentsOf(setting.plan)) {
    if (number < from) continue;
    if (number >= to) break;
    for (const record of records) {
      const agent = agents.get(keyOf(record));
      if (agent === undefined) continue;
      if (perSecond !== null) {
        const dueMs = ((number - from) / perSecond) * 1_000 - (performance.now() - began);
        if (dueMs > 0) await sleep(dueMs);
      }
      while (agent.publisher.status().waiting.records > WAITING_MAX) await sleep(10);
      const { kind, about, body } = record;
      if (agent.publisher.tell(kind as EventKind, about, body as never)) told++;
      if (number % probeEvery === 0 && record === records[0]) probes.push({ id, toldAtMs: nowMs() });
      if (++ours % TURN_RECORDS === 0) await turn();
    }
  }
  clearInterval(ticking);
  progress();
}

/** The same clock in all processes of a host. */
const nowMs = (): number => performance.timeOrigin + performance.now();

function waitingOf(): { records: number; bytes: number } {
  const sum = { records: 0, bytes: 0 };
  for (const { publisher } of agents.values()) {
    const { records, bytes } = publisher.status().waiting;
    sum.records += records;
    sum.bytes += bytes;
  }
  return sum;
}

async function drained(): Promise<void> {
  while (waitingOf().records > 0) await sleep(10);
}

/** The peer of the rates: the same records over the same connections, as many under way, without ledger and spool. */
async function plain({ from, to }: Extract<Order, { do: 'plain' }>): Promise<number> {
  const flying = new Map<Agent, Set<Promise<unknown>>>([...agents.values()].map((agent) => [agent, new Set()]));
  let sent = 0;
  for (const { number, records } of incidentsOf(setting.plan)) {
    if (number < from) continue;
    if (number >= to) break;
    for (const record of records) {
      const agent = agents.get(keyOf(record));
      if (agent === undefined) continue;
      const mine = flying.get(agent)!;
      while (mine.size >= limits.fleetWindowMax) await Promise.race(mine);
      const publishing: Promise<unknown> = agent.engine
        .publish(subjectOf(record), encodeRecord(record), messageIdOf(record))
        .finally(() => mine.delete(publishing));
      mine.add(publishing);
      if (++sent % TURN_RECORDS === 0) await turn();
    }
  }
  await Promise.all([...flying.values()].flatMap((mine) => [...mine]));
  return sent;
}

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'tell':
      await tell(order);
      break;
    case 'drain':
      await drained();
      break;
    case 'plain':
      return { said: 'done', ...figures(), sent: await plain(order) };
    case 'beat':
      heartbeatMs = order.everyMs;
      for (const agent of agents.values()) agent.publisher.beat(() => heartbeatOf(agent, heartbeatMs));
      break;
    case 'figures':
      break;
    case 'stop':
      await Promise.all([...agents.values()].map(({ publisher }) => publisher.close()));
      await Promise.all([...agents.values()].map(({ engine }) => engine.close()));
      break;
  }
  return { said: 'done', ...figures(), sent: 0 };
}

function figures() {
  const statuses = [...agents.values()].map(({ publisher }) => publisher.status());
  const sum = (of: (status: (typeof statuses)[number]) => number): number => statuses.reduce((all, one) => all + of(one), 0);
  return {
    told,
    accepted: sum(({ sent }) => sent),
    heartbeats: sum(({ heartbeats }) => heartbeats),
    dropped: sum(({ dropped }) => Object.values(dropped).reduce((all, one) => all + one, 0)),
    refused: sum(({ refused }) => refused),
    connected: statuses.filter(({ connected }) => connected).length,
    spoolBytesMost,
    rssAtStart,
  };
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => {
    process.send!(answer, undefined, undefined, () => {
      if (order.do === 'stop') process.exit(0);
    });
  });
});
// The parent is gone, however: nobody is left behind.
process.on('disconnect', () => process.exit(1));
await open();
say({ said: 'ready' });
