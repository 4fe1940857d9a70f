/** A publisher on a disk in memory, under a clock of ours, told to a cluster in memory: for the tests of this folder. */
import type { EngineOptions } from '../../agent/fleet-ports.ts';
import { type Logger, silentLog } from '../../agent/log.ts';
import { Publisher } from '../../agent/publish/publisher.ts';
import { EVENT_STREAM, type FleetBody, type FleetRecord, readRecord, STATE_STREAM } from '../../shared/fleet/record.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { FakeCluster } from '../support/fake-engine.ts';
import { seededRandom } from '../support/seeded-random.ts';

export const engineOptions: EngineOptions = {
  servers: ['nats://127.0.0.1:4222'],
  name: 'spitrap-hub1',
  tls: null,
  login: { kind: 'none' },
};

export interface Desk {
  readonly clock: FakeClock;
  readonly disk: FakeDisk;
  readonly cluster: FakeCluster;
  readonly publisher: Publisher;
}

export interface DeskOptions {
  readonly clock?: FakeClock;
  readonly disk?: FakeDisk;
  readonly cluster?: FakeCluster;
  readonly spoolBytesMax?: number;
  readonly log?: Logger;
  readonly device?: string;
  readonly clean?: (text: string) => string;
}

export function cluster(clock: FakeClock): FakeCluster {
  const made = new FakeCluster(clock);
  made.make(
    EVENT_STREAM,
    ['incident', 'verdict', 'alarm', 'bundle', 'gap'].map((kind) => `spitrap.*.*.${kind}`),
  );
  made.make(STATE_STREAM, ['spitrap.*.*.heartbeat'], 1);
  return made;
}

export async function desk(options: DeskOptions = {}): Promise<Desk> {
  const opened = unstarted(options);
  const starting = opened.publisher.start();
  await opened.clock.advance(1);
  await starting;
  return opened;
}

export function unstarted(options: DeskOptions = {}): Desk {
  const clock = options.clock ?? new FakeClock();
  const disk = options.disk ?? new FakeDisk();
  const engines = options.cluster ?? cluster(clock);
  const publisher = new Publisher({
    folder: '/data/fleet',
    site: 'east',
    device: options.device ?? 'hub1',
    version: '0.9.0',
    world: { clock, disk, random: seededRandom(5) },
    engine: engines.open(engineOptions),
    log: options.log ?? silentLog,
    clean: options.clean ?? ((text) => text),
    spoolBytesMax: () => options.spoolBytesMax ?? 64 * 1024 * 1024,
    heartbeatMs: () => 60_000,
  });
  return { clock, disk, cluster: engines, publisher };
}

export const alarm = (text: string, more: Partial<FleetBody<'alarm'>> = {}): FleetBody<'alarm'> => ({
  state: 'raised',
  severity: 'warning',
  text,
  remedy: null,
  incident: null,
  since: '2026-03-12T18:00:00.000Z',
  ...more,
});

export const incident = (more: Partial<FleetBody<'incident'>> = {}): FleetBody<'incident'> => ({
  role: 'hub',
  mode: 'act',
  openedAt: '2026-03-12T18:22:10.706Z',
  sealedAt: null,
  openedBy: 'message',
  outcome: null,
  reasons: [],
  harm: 'unknown',
  address: '192.0.2.1',
  platform: 'cisco-ios',
  software: null,
  tags: {},
  peers: [{ name: 'spoke1', tags: { carrier: 'north' } }],
  flows: 1,
  firstFlow: { src: '11.1.1.3', dst: '213.163.222.7', spi: '0x68842105' },
  debugsOff: 'pending',
  aliases: [],
  ...more,
});

/** Of the stream, in order; each readable as what it came as. */
export function records(engines: FakeCluster, stream = EVENT_STREAM): FleetRecord[] {
  return engines.messagesOf(stream).map(({ subject, bytes }) => {
    const read = readRecord(subject, bytes);
    if (read.kind === 'unreadable') throw new Error(read.why);
    return read.record;
  });
}

/** What an index has of them: the newest of each. */
export function upserted(all: readonly FleetRecord[]): Map<string, FleetRecord> {
  const newest = new Map<string, FleetRecord>();
  for (const record of all) {
    const key = `${record.device} ${record.kind} ${record.about}`;
    const known = newest.get(key);
    if (known === undefined || known.revision < record.revision) newest.set(key, record);
  }
  return newest;
}

export const texts = (all: readonly FleetRecord[]): string[] =>
  all.flatMap((record) => (record.kind === 'alarm' ? [record.body.text] : []));
