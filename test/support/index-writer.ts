/**
 * A process that writes to the index of a folder, for tests that have several of them, and kill some: `node … <folder> <from> <to> <batch>`. Puts
 * that piece of `writtenRecords` in and says after each batch how many of it are acknowledged. Started by index-writers.ts.
 */
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { StoredRecord } from '../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../agent/fleet/index/open-index.ts';
import { createRandom } from '../../agent/random.ts';
import type { FleetRecord } from '../../shared/fleet/record.ts';
import { heartbeatRecord, incidentRecord, verdictRecord } from './fleet-records.ts';
import { seededRandom } from './seeded-random.ts';

const FROM = Date.UTC(2026, 10, 20);
/** So few that every process meets the others' incidents all the time. */
const INCIDENTS = 150;

/** Two ends of few incidents, revision by revision, with verdicts, aliases that come and go, and heartbeats. */
export function writtenRecords(count: number): readonly StoredRecord[] {
  const random = seededRandom(7);
  const pick = (max: number): number => Math.floor(random.uniform() * max);
  return Array.from({ length: count }, (_, at) => {
    const number = pick(INCIDENTS);
    const about = `01KINC${String(number).padStart(6, '0')}`;
    const hub = `hub-${number % 3}`;
    const spoke = `branch-${number % 40}`;
    const revision = 1 + Math.floor(at / INCIDENTS);
    const atMs = FROM + number * 200_000;
    const harm = (['transient', 'persistent', 'unknown'] as const)[pick(3)]!;
    const aliases = pick(6) === 0 && number > 0 ? [`01KINC${String(number - 1).padStart(6, '0')}`] : [];
    const choice = pick(10);
    const record: FleetRecord =
      choice < 4
        ? incidentRecord({
            about,
            device: hub,
            revision,
            atMs,
            body: { harm, aliases, peers: [{ name: spoke, tags: { carrier: `c${pick(5)}` } }] },
          })
        : choice < 7
          ? incidentRecord({
              about,
              device: spoke,
              site: 'bonn',
              revision,
              atMs,
              body: { role: 'spoke', harm, peers: [{ name: hub, tags: {} }] },
            })
          : choice < 9
            ? verdictRecord({
                about,
                device: hub,
                revision,
                atMs,
                body: { cause: ['failover', 'replay', 'delete-lost'][pick(3)]!, harm },
              })
            : heartbeatRecord({ device: hub, revision });
    return { record, sequence: record.kind === 'heartbeat' ? 0 : at + 1, storedAtMs: FROM + at };
  });
}

const [folder, from, to, batch] = process.argv.slice(2);
if (folder !== undefined && process.argv[1]?.endsWith('index-writer.mjs')) {
  const index = await openFleetIndex({ folder, clock: createClock(), disk: createDisk(), random: createRandom() });
  const records = writtenRecords(Number(to)).slice(Number(from));
  for (let at = 0; at < records.length; at += Number(batch)) {
    await index.upsert(records.slice(at, at + Number(batch)));
    process.stdout.write(`${Math.min(records.length, at + Number(batch))}\n`);
  }
  await index.close();
}
