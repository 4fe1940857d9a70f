/**
 * A thousand light agents tell a hundred thousand incidents to one nats-server and one `spitrap fleet`: what each step takes, how late the index
 * shows it, how large it gets, what everybody costs; and the same records without ledger and spool beside it. Called by main.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetIndex } from '../../../agent/fleet/index/fleet-index.ts';
import { keepsOf } from '../../../agent/fleet/run-fleet.ts';
import { EVENT_STREAM } from '../../../shared/fleet/record.ts';
import { cpuSecondsOf, peakMiBOf, residentMiBOf } from '../rig/process.ts';
import { fixed, percentile, ratios, spread, times, whole } from '../stats.ts';
import { type FleetProcess, startFleet } from './crew.ts';
import { RECORDS_PER_INCIDENT } from './estate.ts';
import { compare } from './kill.ts';
import { Sight } from './sight.ts';
import { type BenchAsk, type Moment, Stand } from './stand.ts';

export type Rows = (readonly [what: string, figure: string])[];

const one = fixed(1);
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : whole(value)} ms`;
const mib = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} MiB`;
const MIB = 1024 * 1024;

/** Without ledger and spool beside with them, on one server, round by round; nobody consumes. */
export async function measurePeer(ask: BenchAsk): Promise<Rows> {
  const stand = await Stand.open(ask);
  try {
    const engine = stand.engine();
    while (!engine.state().connected) await sleep(10);
    const bytes = { bytesMax: 4 * 1024 ** 3, bundlesBytesMax: 256 * MIB };
    await engine.ensure(keepsOf({ stream: { ...bytes, create: true, ageMaxMs: 90 * 86_400_000, replicas: 1 } }));
    await engine.close();
    await stand.startCrew();
    const incidents = ask.quick ? 250 : 2_500;
    const plain: number[] = [];
    const spooled: number[] = [];
    const cpu = { plain: 0, spooled: 0 };
    const ROUNDS = 3;
    for (let round = 0; round < ROUNDS; round++) {
      const range = { from: round * incidents, to: (round + 1) * incidents };
      const before = await stand.moment();
      await stand.order({ do: 'plain', ...range });
      const between = await stand.moment();
      await stand.order({ do: 'tell', ...range, perSecond: null, probeEvery: 1 << 30 });
      await stand.order({ do: 'drain' });
      const after = await stand.moment();
      const records = incidents * RECORDS_PER_INCIDENT;
      plain.push((1_000 * records) / (between.atMs - before.atMs));
      spooled.push((1_000 * records) / (after.atMs - between.atMs));
      cpu.plain += between.crewCpu - before.crewCpu;
      cpu.spooled += after.crewCpu - between.crewCpu;
    }
    const all = ROUNDS * incidents * RECORDS_PER_INCIDENT;
    return [
      ['`js.publish` alone, records a second', spread(plain, whole)],
      ['the publisher (ledger, spool on disk, sync), records a second', spread(spooled, whole)],
      ['ratio, round by round', spread(ratios(spooled, plain), times)],
      [
        "agents' CPU a record: `js.publish` alone, publisher",
        `${whole((1e6 * cpu.plain) / all)} µs, ${whole((1e6 * cpu.spooled) / all)} µs`,
      ],
    ];
  } finally {
    await stand.close();
  }
}

interface Span {
  readonly seconds: number;
  readonly serverCpu: number;
  readonly crewCpu: number;
  readonly fleetCpu: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export async function measureRates(ask: BenchAsk): Promise<Rows> {
  const { plan, quick, say, bin } = ask;
  const rows: Rows = [];
  const row = (what: string, figure: string): void => {
    rows.push([what, figure]);
    say(`${what}: ${figure}`);
  };
  const stand = await Stand.open(ask);
  const fleets: FleetProcess[] = [];
  let index: FleetIndex | null = null;
  try {
    const emptyServerMiB = residentMiBOf(stand.server.pid);
    const fleet = await startFleet(bin, stand.folder, 'one', stand.server.url);
    fleets.push(fleet);
    index = await stand.openIndex('one');
    const sight = new Sight(index);
    const connecting = performance.now();
    await stand.startCrew((probes) => sight.add(probes));
    const { agents } = plan;
    row(`${whole(agents)} agents started and connected`, `${one((performance.now() - connecting) / 1_000)} s`);
    const crewMiB = (): number => stand.crew.reduce((sum, { pid }) => sum + residentMiBOf(pid), 0);
    const bare = (await stand.order({ do: 'figures' })).rssAtStart / MIB;
    row('memory of an agent (publisher, connection)', `${Math.round((1024 * (crewMiB() - bare)) / agents)} KiB`);
    const connectedMiB = residentMiBOf(stand.server.pid);
    row(
      'nats-server: empty; with a connection of each',
      `${mib(emptyServerMiB)}; ${mib(connectedMiB)}, ${Math.round((1024 * (connectedMiB - emptyServerMiB)) / agents)} KiB a connection`,
    );

    const during = async (work: () => Promise<unknown>): Promise<Span> => {
      const [fleetBefore, before]: [number, Moment] = [cpuSecondsOf(fleet.pid), await stand.moment()];
      await work();
      const [fleetAfter, after]: [number, Moment] = [cpuSecondsOf(fleet.pid), await stand.moment()];
      return {
        seconds: (after.atMs - before.atMs) / 1_000,
        serverCpu: after.serverCpu - before.serverCpu,
        crewCpu: after.crewCpu - before.crewCpu,
        fleetCpu: fleetAfter - fleetBefore,
        inBytes: after.inBytes - before.inBytes,
        outBytes: after.outBytes - before.outBytes,
      };
    };

    for (const everyMs of quick ? [6_000] : [60_000, 6_000]) {
      await stand.order({ do: 'beat', everyMs });
      await sleep(6_000);
      const before = (await stand.order({ do: 'figures' })).heartbeats;
      const span = await during(() => sleep(quick ? 6_000 : Math.max(20_000, everyMs)));
      const beats = (await stand.order({ do: 'figures' })).heartbeats - before;
      row(
        `heartbeats of ${whole(agents)} agents at ${everyMs / 1_000} s`,
        `${one(beats / span.seconds)} a second; CPU nats-server ${share(span.serverCpu, span)}, fleet ${share(span.fleetCpu, span)}, ` +
          `all agents ${share(span.crewCpu, span)}; in ${whole(span.inBytes / beats)}, out ${whole(span.outBytes / beats)} bytes a heartbeat`,
      );
    }
    await stand.order({ do: 'beat', everyMs: 60_000 });

    const perSecond = quick ? 10 : 20;
    const steady = Math.min(Math.round(plan.incidents / 4), perSecond * (quick ? 10 : 60));
    const seen = async (records: number): Promise<void> => {
      while (index!.state().records < records || sight.waiting > 0) await sleep(5);
    };
    sight.take();
    const calm = await during(async () => {
      await stand.order({ do: 'tell', from: 0, to: steady, perSecond, probeEvery: 1 });
      await seen(steady * RECORDS_PER_INCIDENT);
    });
    delays(
      row,
      `told to visible, at ${perSecond} incidents (${perSecond * RECORDS_PER_INCIDENT} records) a second`,
      sight.take(),
    );
    costs(row, 'at that rate', calm, steady * RECORDS_PER_INCIDENT);

    const rest = (plan.incidents - steady) * RECORDS_PER_INCIDENT;
    let [toldS, acceptedS] = [0, 0];
    let spoolBytes = 0;
    const burst = await during(async () => {
      const began = performance.now();
      await stand.order({ do: 'tell', from: steady, to: plan.incidents, perSecond: null, probeEvery: quick ? 20 : 50 });
      toldS = (performance.now() - began) / 1_000;
      spoolBytes = (await stand.order({ do: 'drain' })).spoolBytesMost;
      acceptedS = (performance.now() - began) / 1_000;
      await seen(plan.incidents * RECORDS_PER_INCIDENT);
    });
    row(`${whole(rest)} records in a burst: told`, `${one(toldS)} s, ${whole(rest / toldS)} a second`);
    row('… accepted by the engine', `${one(acceptedS)} s, ${whole(rest / acceptedS)} a second`);
    row('… in the index', `${one(burst.seconds)} s, ${whole(rest / burst.seconds)} a second`);
    delays(row, 'told to visible, in the burst', sight.take());
    costs(row, 'in the burst', burst, rest);
    row('spools at their fullest, all together', mib(spoolBytes / MIB));
    const { dropped, refused } = await stand.order({ do: 'figures' });
    row('dropped, refused', `${dropped}, ${refused}`);

    const engine = stand.engine();
    while (!engine.state().connected) await sleep(10);
    const stream = await engine.streamState(EVENT_STREAM);
    await engine.close();
    row(
      'stream',
      `${whole(stream!.messages)} messages, ${mib(stream!.bytes / MIB)}: ${whole(stream!.bytes / stream!.messages)} bytes a record, ${whole(stream!.bytes / plan.incidents)} an incident`,
    );
    const { bytes, incidents, records } = index.state();
    row(
      'index',
      `${whole(incidents)} incidents, ${whole(records)} records, ${mib(bytes / MIB)}: ${whole(bytes / plan.incidents)} bytes an incident`,
    );
    row(
      'memory at most: nats-server, fleet process',
      `${mib(peakMiBOf(stand.server.pid))}, ${mib(peakMiBOf(fleet.pid))} (of it pages of the index)`,
    );
    row('memory of an agent afterwards', `${Math.round((1024 * (crewMiB() - bare)) / agents)} KiB`);
    const { missing, foreign, twice, partial } = compare(index, plan);
    row('missing, foreign, twice, not whole', [missing, foreign, twice, partial].map(({ length }) => length).join(', '));
    row('verify', index.verify().join('; ') || 'nothing differs');
    sight.stop();
    await index.close();
    index = null;

    await fleet.stop();
    const again = await startFleet(bin, stand.folder, 'one', stand.server.url);
    fleets.push(again);
    row('start of a fleet process on this index, until its page is served', ms(again.startMs));
    await again.stop();
    const began = performance.now();
    const fresh = await startFleet(bin, stand.folder, 'anew', stand.server.url);
    fleets.push(fresh);
    const anew = await stand.openIndex('anew');
    while (anew.state().records < records) await sleep(20);
    const seconds = (performance.now() - began) / 1_000;
    row(
      'a new index from the stream, from the start of its process',
      `${one(seconds)} s, ${whole(records / seconds)} records a second, ${whole((1e6 * cpuSecondsOf(fresh.pid)) / records)} µs CPU a record`,
    );
    await anew.close();
    return rows;
  } finally {
    await Promise.all(fleets.map((one) => one.kill()));
    await index?.close();
    await stand.close();
  }
}

const share = (cpu: number, { seconds }: Span): string => `${((100 * cpu) / seconds).toFixed(1)} %`;

function delays(row: (what: string, figure: string) => void, what: string, delaysMs: readonly number[]): void {
  row(
    what,
    `p50 ${ms(percentile(delaysMs, 0.5))}, p99 ${ms(percentile(delaysMs, 0.99))}, most ${ms(Math.max(...delaysMs))} (of ${delaysMs.length})`,
  );
}

function costs(row: (what: string, figure: string) => void, when: string, span: Span, records: number): void {
  const each = (cpu: number): string => `${whole((1e6 * cpu) / records)} µs`;
  row(
    `CPU a record ${when}`,
    `agents ${each(span.crewCpu)}, nats-server ${each(span.serverCpu)}, fleet ${each(span.fleetCpu)}; in ${whole(span.inBytes / records)}, out ${whole(span.outBytes / records)} bytes`,
  );
}
