/**
 * How fast the fleet's index takes records in, how large it gets and how long its answers take: `node test/bench/fleet/index-bench.mjs
 * [--incidents 1000000] [--batch 500] [--folder DIR] [--keep | --reuse]`. The records are those of test/support/fleet-records.ts over 30 days.
 */
import { rmSync } from 'node:fs';
import { createClock } from '../../../agent/clock.ts';
import { createDisk } from '../../../agent/evidence/disk.ts';
import type { FleetIndex, StoredRecord } from '../../../agent/fleet/index/fleet-index.ts';
import { openFleetIndex } from '../../../agent/fleet/index/open-index.ts';
import { createRandom } from '../../../agent/random.ts';
import type { FleetQuery } from '../../../shared/fleet/view.ts';
import { estateRecords } from '../../support/fleet-records.ts';

const DAY_MS = 86_400_000;

export interface IndexBench {
  readonly incidents: number;
  readonly batch: number;
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Leaves the folder. */
  readonly keep?: boolean;
  /** Asks what is in the folder, and fills nothing. */
  readonly reuse?: boolean;
}

export interface IndexFigures {
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly bytesPerIncident: number;
  /** Milliseconds; `cpu`: on the average, of user and system, which other work on the machine does not lengthen. */
  readonly queries: Readonly<
    Record<string, { readonly cold: number; readonly p50: number; readonly p99: number; readonly cpu: number }>
  >;
  readonly rssMb: number;
}

export async function benchIndex(bench: IndexBench): Promise<IndexFigures> {
  const { folder, say, keep, reuse } = bench;
  const clock = createClock();
  const ask = { folder, clock, disk: createDisk(), random: createRandom() };
  const toMs = clock.wall();
  const fromMs = toMs - 30 * DAY_MS;
  if (reuse !== true) rmSync(folder, { recursive: true, force: true });
  const { records, tookMs } =
    reuse === true ? { records: 0, tookMs: 0 } : await fill(bench, await openFleetIndex(ask), fromMs, toMs);
  const opened = performance.now();
  const index = await openFleetIndex(ask);
  const { bytes, incidents } = index.state();
  const recordsPerSecond = tookMs === 0 ? 0 : Math.round(records / (tookMs / 1000));
  say(
    `${incidents} incidents, opened in ${(performance.now() - opened).toFixed(0)} ms; ${(bytes / 1e6).toFixed(0)} MB, ${Math.round(bytes / incidents)} bytes an incident`,
  );
  const queries = await benchQueries(index, { fromMs: fromMs - DAY_MS, toMs: toMs + 1, where: [] }, say);
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  say(`resident ${rssMb} MB (with the pages of the file that were read)`);
  await index.close();
  if (keep !== true && reuse !== true) rmSync(folder, { recursive: true, force: true });
  return { records, recordsPerSecond, bytesPerIncident: Math.round(bytes / incidents), queries, rssMb };
}

async function fill(
  { incidents, batch, say }: IndexBench,
  index: FleetIndex,
  fromMs: number,
  toMs: number,
): Promise<{ readonly records: number; readonly tookMs: number }> {
  const begun = performance.now();
  let records = 0;
  let pending: StoredRecord[] = [];
  let slowest = 0;
  let told = begun;
  const put = async (): Promise<void> => {
    const at = performance.now();
    await index.upsert(pending);
    slowest = Math.max(slowest, performance.now() - at);
    pending = [];
    if (performance.now() - told < 10_000) return;
    told = performance.now();
    say(`  ${records} records, ${Math.round(records / ((told - begun) / 1000))} a second`);
  };
  for (const record of estateRecords({ hubs: 24, spokes: 10_000, incidents, fromMs, toMs })) {
    pending.push({ record, sequence: ++records, storedAtMs: Date.parse(record.at) + 500 });
    if (pending.length === batch) await put();
  }
  await put();
  await index.close();
  const tookMs = performance.now() - begun;
  const rate = Math.round(records / (tookMs / 1000));
  say(
    `${records} records of ${incidents} incidents in batches of ${batch}: ${(tookMs / 1000).toFixed(1)} s, ${rate} a second; slowest batch ${slowest.toFixed(0)} ms`,
  );
  return { records, tookMs };
}

async function benchQueries(index: FleetIndex, month: FleetQuery, say: (line: string) => void): Promise<IndexFigures['queries']> {
  const both: FleetQuery = {
    ...month,
    where: [
      { dimension: 'tag:carrier', value: 'Telia' },
      { dimension: 'cause', value: 'delete-lost' },
    ],
  };
  const rare: FleetQuery = {
    ...month,
    where: [
      { dimension: 'spoke', value: 'spoke-00017' },
      { dimension: 'state', value: 'black-holed' },
    ],
  };
  const day = { ...month, fromMs: month.toMs - DAY_MS };
  const page = { limit: 50, after: null };
  const deep = index.incidents(month, { limit: 1_000, after: null }).next;
  const some = index.incidents(month, page).incidents.map(({ id }) => id);
  const [group] = await index.groups(month, 1);
  const list: Readonly<Record<string, () => unknown>> = {
    'incidents, first page': () => index.incidents(month, page),
    'incidents, 21st page': () => index.incidents(month, { limit: 50, after: deep }),
    'incidents, two dimensions': () => index.incidents(both, page),
    'incidents, two dimensions, rare': () => index.incidents(rare, page),
    show: () => index.show(some[Math.floor(some.length / 2)]!),
    'top cause': () => index.top('cause', month, 20),
    'top hub': () => index.top('hub', month, 20),
    'top spoke': () => index.top('spoke', month, 20),
    'top carrier, two dimensions': () => index.top('tag:carrier', both, 20),
    'over time, by hour': () => index.overTime(month, 3_600_000),
    'over time, two dimensions': () => index.overTime(both, 3_600_000),
    'groups of the month, newest 100': () => index.groups(month, 100),
    'groups of the month, all': () => index.groups(month, 100_000),
    'groups of the day': () => index.groups(day, 100),
    'groups, two dimensions': () => index.groups(both, 100),
    'members of a group': () => (group === undefined ? null : index.groupMembers(group.id, page)),
    now: () => index.now(month.toMs),
    state: () => index.state(),
  };
  const figures: Record<string, { cold: number; p50: number; p99: number; cpu: number }> = {};
  for (const [name, run] of Object.entries(list)) {
    const times: number[] = [];
    const before = process.cpuUsage();
    for (let turn = 0; turn < 25; turn++) {
      const at = performance.now();
      await run();
      times.push(performance.now() - at);
      // Each in a turn of its own, as requests come.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    const cpu = (user + system) / 1000 / times.length;
    const cold = times[0]!;
    const sorted = times.slice(1).sort((a, b) => a - b);
    figures[name] = { cold, p50: sorted[Math.floor(sorted.length * 0.5)]!, p99: sorted[Math.floor(sorted.length * 0.99)]!, cpu };
    const { p50, p99 } = figures[name]!;
    say(
      `${name.padEnd(34)} first ${cold.toFixed(1).padStart(7)} ms   p50 ${p50.toFixed(1).padStart(6)}   p99 ${p99.toFixed(1).padStart(6)}   cpu ${cpu.toFixed(1).padStart(6)}`,
    );
  }
  say(`${(await index.groups(month, 100_000)).length} groups; ${group?.headline ?? 'none'}`);
  return figures;
}

export async function main(args: readonly string[]): Promise<number> {
  const value = (name: string, fallback: string): string => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? fallback : (args[at + 1] ?? fallback);
  };
  await benchIndex({
    incidents: Number(value('incidents', '1000000')),
    batch: Number(value('batch', '500')),
    folder: value('folder', '/tmp/spitrap-index-bench'),
    say: (line) => process.stdout.write(`${line}\n`),
    keep: args.includes('--keep'),
    reuse: args.includes('--reuse'),
  });
  return 0;
}
