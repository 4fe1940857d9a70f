/**
 * One hub, its peers from a table: what each costs with 1, 500 and 5,000 of them, side by side in one run. Every peer has keys of its own and
 * answers. Start, reload, memory, CPU of the heartbeat, the renderings of its state, and the way of one message to one peer and to all.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../agent/clock.ts';
import { callControl } from '../../../agent/control/control-client.ts';
import type { BenchContext, Finding, Measurement } from '../measurement.ts';
import { startAgent } from '../rig/agent.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { cpuSecondsOf, pause, residentMiBOf, until } from '../rig/process.ts';
import { type Spokes, spokeTunnel, startSpokes, writeSpokes } from '../rig/spokes.ts';
import { fixed, median, whole } from '../stats.ts';

const COUNTS = [1, 500, 5_000];
/** So that keys of all are made and answered for in the first of them on one core. */
const helloMsOf = (count: number): number => (count > 1_000 ? 30_000 : 10_000);
const KEYS_WITHIN_MS = 180_000;
/** Longer than the intake of all messages takes: a flow that comes after the stop has none. */
const DELAY_MS = 10_000;
const STOPS_WITHIN_MS = 45_000;
const HUB_CRYPTO = '213.163.222.7';
const clock = createClock();

interface Taken {
  readonly peers: number;
  readonly startMs: number;
  readonly startCpu: number;
  readonly reloadCpu: number;
  readonly metricsCpu: number;
  readonly statusCpu: number;
  readonly stormCpu: number;
  readonly firstMinuteCpu: number;
  readonly heartbeatCpu: number;
  readonly residentMiB: number;
  readonly metricsMs: number;
  readonly metricsBytes: number;
  readonly statusMs: number;
  readonly statusBytes: number;
  readonly lagMs: number;
  readonly alertMs: number;
  readonly reloadSameMs: number;
  readonly reloadMoreMs: number;
  readonly alertAllMs: number;
  readonly alertMedianMs: number;
  readonly alertHeard: number;
  readonly stopMedianMs: number;
  readonly stopSpreadMs: number;
  readonly stopHeard: number;
  /** Of the machine, over the last minute, at the storm. */
  readonly load: number;
}

export const peers: Measurement = {
  name: 'peers',
  title: 'One hub with thousands of spokes',
  async run(context) {
    const taken: Taken[] = [];
    for (const count of context.quick ? COUNTS.slice(0, 2) : COUNTS) {
      const one = await take(context, count, join(context.folder, String(count)));
      context.say(
        `${count} peers: watching after ${whole(one.startMs)} ms, reload ${whole(one.reloadMoreMs)} ms, ${one.residentMiB.toFixed(0)} MiB, ` +
          `a round of hellos ${one.heartbeatCpu.toFixed(2)} s CPU, ${one.stopHeard} stops heard within ${one.stopSpreadMs.toFixed(0)} ms (half within ${one.stopMedianMs.toFixed(0)} ms), load average ${one.load.toFixed(1)}`,
      );
      taken.push(one);
    }
    return finding(taken);
  },
};

function finding(taken: readonly Taken[]): Finding {
  const base = taken[0]!;
  const middle = taken[1]!;
  const each = (of: (one: Taken) => number, unit: number, digits: number): string[] =>
    taken.map((one) => (one.peers === 1 ? '' : fixed(digits)(((of(one) - of(base)) * unit) / (one.peers - 1))));
  const row = (
    what: string,
    of: (one: Taken) => number,
    show: (value: number) => string,
    perPeer: readonly string[],
  ): string[] => [
    what,
    ...taken.map((one, index) => (perPeer[index] === '' ? show(of(one)) : `${show(of(one))} (${perPeer[index]})`)),
  ];
  const none = taken.map(() => '');
  const last = taken.at(-1)!;
  const grows = (of: (one: Taken) => number): number =>
    (of(last) - of(base)) / (last.peers - 1) / Math.max((of(middle) - of(base)) / (middle.peers - 1), 1e-9);
  return {
    setting: [
      `A hub in mode act, its device unreachable. Peers from a table with a template, each with two key files of its own (SHA-256, AES-128); they acknowledge, answer hellos, and say hello as often as it does, from another process on the same machine. delay ${DELAY_MS / 1_000} s. CPU is that of the agent's process, all threads; times are beside it, and suffer from whatever else the machine does.`,
      'In brackets: what one peer adds, over the agent with one.',
    ],
    head: ['', ...taken.map(({ peers: count }) => `${whole(count)} peer${count === 1 ? '' : 's'}`)],
    rows: [
      row(
        'start: CPU, s (ms a peer)',
        (one) => one.startCpu,
        fixed(2),
        each((one) => one.startCpu, 1_000, 2),
      ),
      row('start to watching, ms', (one) => one.startMs, whole, none),
      row(
        'resident, MiB (KiB a peer)',
        (one) => one.residentMiB,
        fixed(0),
        each((one) => one.residentMiB, 1_024, 1),
      ),
      row(
        'first round of hellos, keys are made: CPU, s (ms)',
        (one) => one.firstMinuteCpu,
        fixed(2),
        each((one) => one.firstMinuteCpu, 1_000, 2),
      ),
      row(
        'a round of hellos, by default a minute: CPU, s (ms)',
        (one) => one.heartbeatCpu,
        fixed(2),
        each((one) => one.heartbeatCpu, 1_000, 2),
      ),
      row(
        '/metrics: CPU, ms (µs)',
        (one) => one.metricsCpu * 1_000,
        fixed(0),
        each((one) => one.metricsCpu, 1_000_000, 1),
      ),
      row('/metrics, ms', (one) => one.metricsMs, fixed(1), none),
      row('/metrics, KiB', (one) => one.metricsBytes / 1_024, whole, none),
      row('another request waits meanwhile, at most, ms', (one) => one.lagMs, fixed(1), none),
      row(
        'status as JSON: CPU, ms (µs)',
        (one) => one.statusCpu * 1_000,
        fixed(0),
        each((one) => one.statusCpu, 1_000_000, 1),
      ),
      row('status as JSON, ms', (one) => one.statusMs, fixed(1), none),
      row('status, KiB', (one) => one.statusBytes / 1_024, whole, none),
      row('reload, nothing changed, ms', (one) => one.reloadSameMs, whole, none),
      row('reload, a tag of each peer changed and one added, ms', (one) => one.reloadMoreMs, whole, none),
      row(
        'the same: CPU, s (ms)',
        (one) => one.reloadCpu,
        fixed(2),
        each((one) => one.reloadCpu, 1_000, 2),
      ),
      row('a message of each peer at once: to the first alert, ms', (one) => one.alertMs, fixed(1), none),
      row('from the first alert until half have theirs, ms', (one) => one.alertMedianMs, whole, none),
      row('first to last alert, ms', (one) => one.alertAllMs, whole, none),
      row('peers that heard their alert', (one) => one.alertHeard, whole, none),
      row('from the first stop until half have theirs, ms', (one) => one.stopMedianMs, whole, none),
      row('first to last stop, ms', (one) => one.stopSpreadMs, whole, none),
      row('peers that heard their stop', (one) => one.stopHeard, whole, none),
      row(
        'the whole of it: CPU, s (ms)',
        (one) => one.stormCpu,
        fixed(2),
        each((one) => one.stormCpu, 1_000, 2),
      ),
      row('load average of the machine meanwhile', (one) => one.load, fixed(1), none),
    ],
    bars: [
      {
        text: 'a peer of 5,000 costs no more to start with than one of 500 (times 1.5)',
        measured: fixed(2)(grows((one) => one.startCpu)),
        met: grows((one) => one.startCpu) <= 1.5,
      },
      {
        text: 'a peer of 5,000 costs no more memory than one of 500 (times 1.5)',
        measured: fixed(2)(grows((one) => one.residentMiB)),
        met: grows((one) => one.residentMiB) <= 1.5,
      },
      {
        text: 'a peer of 5,000 costs no more heartbeat than one of 500 (times 1.5)',
        measured: fixed(2)(grows((one) => one.heartbeatCpu)),
        met: grows((one) => one.heartbeatCpu) <= 1.5,
      },
      {
        text: 'a peer of 5,000 costs no more in an incident of all than one of 500 (times 2)',
        measured: fixed(2)(grows((one) => one.stormCpu)),
        met: grows((one) => one.stormCpu) <= 2,
      },
      {
        text: 'every peer hears its stop',
        measured: `${last.stopHeard} of ${last.peers}`,
        met: taken.every((one) => one.stopHeard === one.peers),
      },
    ],
    notes: ['npm run bench -- --only peers'],
  };
}

async function take({ bin }: BenchContext, count: number, folder: string): Promise<Taken> {
  mkdirSync(folder);
  const [tcp, udp, http, theirs] = [await freeTcpPort(), await freeUdpPort(), await freeTcpPort(), await freeUdpPort()];
  const helloMs = helloMsOf(count);
  const spokes = await startSpokes(count + 1, theirs, udp, helloMs);
  const from = writeSpokes(folder, theirs, count);
  const agent = await startAgent({
    ...{ folder, bin, role: 'hub', mode: 'act', signalPort: udp, signalMore: `hello: ${helloMs}ms` },
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: '  []\n',
    more: `${from}page: { listen: "127.0.0.1:${http}" }\nstop: { delay: ${DELAY_MS}ms }\nbudgets: { incidentsPerHour: 1000 }\nevidence: { holdDown: 0ms, messageInterval: 1s }\n`,
  });
  try {
    const cpuNow = (): number => cpuSecondsOf(agent.pid);
    const startCpu = cpuNow();
    await pause(helloMs);
    await until('a hello to every peer', () => (spokes.heard.greeted.size >= count ? true : null), KEYS_WITHIN_MS, 100);
    const firstMinuteCpu = cpuNow() - startCpu;
    const cpuBefore = cpuNow();
    await pause(helloMs);
    const heartbeatCpu = cpuNow() - cpuBefore;
    const residentMiB = residentMiBOf(agent.pid);
    const scraped = await timed(`http://127.0.0.1:${http}/metrics`, cpuNow);
    const lagMs = await lagBeside(`http://127.0.0.1:${http}/metrics`, `http://127.0.0.1:${http}/favicon.ico`);
    const shown = await timed(`http://127.0.0.1:${http}/api/v1/status`, cpuNow);
    const reloadSameMs = await reload(agent.dataDir);
    writeSpokes(folder, theirs, count + 1, 'other');
    const reloadFrom = cpuNow();
    const reloadMoreMs = await reload(agent.dataDir);
    const reloadCpu = cpuNow() - reloadFrom;
    await until('the added peer', async () => ((await agent.status()).peers.length === count + 1 ? true : null), 60_000, 250);
    const stormFrom = cpuNow();
    const all = await allAtOnce(tcp, spokes, count);
    const stormCpu = cpuNow() - stormFrom;
    const load = loadavg()[0]!;
    return {
      ...{
        peers: count,
        startMs: agent.watchingAfterMs,
        firstMinuteCpu,
        heartbeatCpu,
        residentMiB,
        reloadSameMs,
        reloadMoreMs,
        ...{ startCpu, reloadCpu, stormCpu, lagMs, load },
      },
      ...{
        metricsMs: scraped.ms,
        metricsBytes: scraped.bytes,
        metricsCpu: scraped.cpu,
        statusCpu: shown.cpu,
        statusMs: shown.ms,
        statusBytes: shown.bytes,
      },
      ...all,
    };
  } finally {
    await agent.stop();
    await spokes.close();
    if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true });
  }
}

/** Of five, each of a status of its own: the median of their times, the mean of their CPU. */
async function timed(url: string, cpuNow: () => number): Promise<{ ms: number; bytes: number; cpu: number }> {
  const rounds: number[] = [];
  let [bytes, cpu] = [0, 0];
  for (let round = 0; round < 5; round++) {
    await pause(300);
    const [began, cpuBefore] = [performance.now(), cpuNow()];
    bytes = (await (await fetch(url)).arrayBuffer()).byteLength;
    rounds.push(performance.now() - began);
    cpu += cpuNow() - cpuBefore;
  }
  return { ms: median(rounds), bytes, cpu: cpu / 5 };
}

/** How long something small takes beside it, at most. */
async function lagBeside(url: string, others: string): Promise<number> {
  let [going, lagMs] = [true, 0];
  const beside = (async () => {
    while (going) {
      const from = performance.now();
      await (await fetch(others)).arrayBuffer();
      lagMs = Math.max(lagMs, performance.now() - from);
    }
  })();
  for (let round = 0; round < 3; round++) await (await fetch(url)).arrayBuffer();
  going = false;
  await beside;
  return lagMs;
}

const lineOf = (index: number, spi: number): string =>
  `<188>${100 + index}: *${new Date().toUTCString().slice(8, 11)} 22 10:00:00.000: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${HUB_CRYPTO}, prot=50, spi=0x${spi.toString(16).toUpperCase().padStart(8, '0')}(${spi}), srcaddr=${spokeTunnel(index)}, input interface=Ethernet0/0\n`;

async function send(port: number, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text, () => resolve()));
    socket.once('error', reject);
  });
}

async function reload(dataDir: string): Promise<number> {
  const began = performance.now();
  await callControl(dataDir, { request: 'reload', who: 'bench' }, clock, 60_000);
  return performance.now() - began;
}

async function allAtOnce(
  tcp: number,
  spokes: Spokes,
  count: number,
): Promise<
  Pick<Taken, 'alertMs' | 'alertMedianMs' | 'alertAllMs' | 'alertHeard' | 'stopMedianMs' | 'stopSpreadMs' | 'stopHeard'>
> {
  spokes.forget();
  const began = performance.now();
  await send(tcp, Array.from({ length: count }, (_, index) => lineOf(index, 0x2000_0000 + index)).join(''));
  const { alerts, stops } = spokes.heard;
  await until('every stop', () => (stops.size >= count ? true : null), STOPS_WITHIN_MS, 50).catch(() => {});
  const span = (times: Iterable<number>): number => {
    let [first, final] = [Number.POSITIVE_INFINITY, 0];
    for (const time of times) [first, final] = [Math.min(first, time), Math.max(final, time)];
    return final === 0 ? 0 : final - first;
  };
  const half = (times: ReadonlyMap<number, number>): number => {
    const first = Math.min(...times.values());
    return times.size === 0 ? 0 : median([...times.values()].map((at) => at - first));
  };
  return {
    alertMs: Math.min(...alerts.values()) - began,
    alertAllMs: span(alerts.values()),
    alertHeard: alerts.size,
    alertMedianMs: half(alerts),
    stopMedianMs: half(stops),
    stopSpreadMs: span(stops.values()),
    stopHeard: stops.size,
  };
}
