/**
 * A hub that loses all its SAs while five thousand spokes send on: thousands of messages within a second, and all of them again each minute.
 * One incident, every flow in it; what that costs in memory, in time, and in waiting for a turn of the event loop.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseIncidentFile } from '../../../shared/bundle/incident-file.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { cpuSecondsOf, ends, PairStand, peakBytesOf, world } from '../../support/pair-stand.ts';
import type { Bars } from './bars.ts';

const { clock } = world;

/** The message's minute, scaled: each flow comes again so often. */
const INTERVAL_MS = 15_000;
const DELAY_MS = 5_000;
/** After the seal: the repeats of two intervals, with their judgements. */
const AFTER_MS = 2.2 * INTERVAL_MS;

export interface StormOptions {
  readonly binPath: string;
  readonly flows: number;
  /** A folder for CPU profiles of the agents; null: none. */
  readonly profile: string | null;
}

export async function measureStorm(options: StormOptions, bars: Bars, print: (line: string) => void): Promise<void> {
  const stand = await PairStand.set({
    binPath: options.binPath,
    delayMs: DELAY_MS,
    seed: 9,
    setting: {
      limitByFlow: true,
      messageIntervalMs: INTERVAL_MS,
      pair: { otherPeers: 0, stormNetwork: '10.64.0.0' },
      spokeRanges: ['10.64.0.0/16'],
    },
    edit: (text) => text.replace(/^evidence:$/m, 'evidence:\n  before: 10s'),
    nodeArgs: options.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`],
  });
  try {
    for (const end of ends) await stand.start(end);
    await Promise.all(ends.map((end) => stand.ready(end)));
    await stand.held('hub');
    print(`storm: ${options.flows} flows at once, each again every ${INTERVAL_MS / 1_000} s (a minute in the field)`);
    await play(stand, options.flows, bars);
  } finally {
    await stand.close();
  }
}

async function play(stand: PairStand, flows: number, bars: Bars): Promise<void> {
  const pid = stand.pid('hub')!;
  for (const end of ends) stand.debugsOn(end);
  const before = { heap: (await stand.held('hub'))!.heapBytes, cpu: cpuSecondsOf(pid), at: clock.monotonic() };
  const since = (): string => `${((clock.monotonic() - before.at) / 1_000).toFixed(1)} s`;
  const lost = stand.stage.pair!.storm(flows);
  await stand.until(
    'every flow is known',
    async () => ((await stand.status('hub'))?.incidents[0]?.flows ?? 0) >= lost.length,
    120_000,
  );
  bars.tell('message to all flows known', since());
  await stand.until('both boxes are quiet', () => ends.every((end) => stand.isQuiet(end)), 60_000);
  const quietMs = clock.monotonic() - before.at;
  bars.tell(
    'message to both boxes quiet',
    `${(quietMs / 1_000).toFixed(1)} s`,
    `the delay of ${DELAY_MS / 1_000} s and 1 s`,
    quietMs <= DELAY_MS + 1_000,
  );
  await stand.until(
    'the incident is sealed',
    async () => (await stand.status('hub'))?.incidents.every(({ phase }) => phase === 'sealed') ?? false,
    180_000,
  );
  bars.tell('message to the sealed bundle', since());
  const opening = (await stand.held('hub'))!;
  const openingCpu = cpuSecondsOf(pid) - before.cpu;
  bars.tell('CPU of the hub’s agent until then', `${openingCpu.toFixed(1)} s`);
  bars.tell('wait for a turn of the event loop until then', loop(opening.loopMs), 'at most 250 ms', opening.loopMs.most <= 250);
  const cpu = cpuSecondsOf(pid);
  await clock.sleep('bench repeats', AFTER_MS);
  const repeats = (await stand.held('hub'))!;
  const cores = (cpuSecondsOf(pid) - cpu) / (AFTER_MS / 1_000);
  const perMessageMs = ((cpuSecondsOf(pid) - cpu) * 1_000) / (2 * flows);
  bars.tell(
    'CPU of the repeats, judged',
    `${cores.toFixed(2)} cores, ${perMessageMs.toFixed(2)} ms a message`,
    'half a core',
    cores <= 0.5,
  );
  bars.tell('wait for a turn of the event loop', loop(repeats.loopMs), 'at most 250 ms', repeats.loopMs.most <= 250);
  const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MiB`;
  bars.tell('heap before, after the storm', `${mib(before.heap)}, ${mib(repeats.heapBytes)}`);
  bars.tell('resident memory at its most', mib(peakBytesOf(pid)), 'at most 768 MiB', peakBytesOf(pid) <= 768 * 1_048_576);
  const status = await stand.status('hub');
  const ids = readdirSync(join(stand.dataDir('hub'), 'incidents')).filter(isIncidentId);
  bars.tell(
    'incidents',
    `${status?.incidents.length}, ${ids.length} bundles`,
    'one',
    status?.incidents.length === 1 && ids.length === 1,
  );
  const read = parseIncidentFile(readFileSync(join(stand.dataDir('hub'), 'incidents', ids[0]!, 'incident.json'), 'utf8'));
  const listed = new Set(read.kind === 'incident' ? read.incident.flows.map(({ src, spi }) => `${src} ${spi}`) : []);
  const missing = lost.filter(({ source, spi }) => !listed.has(`${source} 0x${spi.toString(16).padStart(8, '0')}`)).length;
  bars.tell(
    'flows in the bundle',
    `${listed.size}, missing ${missing}`,
    `all ${lost.length}`,
    missing === 0 && listed.size === lost.length,
  );
}

const loop = ({ most, p99 }: { readonly most: number; readonly p99: number }): string =>
  `p99 ${p99.toFixed(1)}, most ${most.toFixed(0)} ms`;
