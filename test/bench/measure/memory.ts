/**
 * What an agent costs while nothing happens, with 1, 100 and 2,000 v3 peers that do not answer: from its start to `watching`, CPU over a
 * quiet while, resident memory at its end. The device refuses connections; hellos go out as in the field, once a minute.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext, Finding, Measurement } from '../measurement.ts';
import { startAgent, v3Credentials } from '../rig/agent.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { cpuSecondsOf, pause, peakMiBOf, residentMiBOf } from '../rig/process.ts';
import { fixed, median, spread, whole } from '../stats.ts';

const PEERS = [1, 100, 2_000];
const SETTLED_MS = 5_000;

interface Taken {
  readonly peers: number;
  readonly watchingMs: number;
  readonly idleCpuPercent: number;
  readonly residentMiB: number;
  readonly peakMiB: number;
}

export const memory: Measurement = {
  name: 'memory',
  title: 'Start, idle, and growth by peers',
  async run(context) {
    const rounds = context.quick ? 1 : 3;
    const quietMs = context.quick ? 5_000 : 20_000;
    const taken: Taken[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const peers of PEERS) {
        const one = await take(context, peers, quietMs, join(context.folder, `${peers}-${round}`));
        context.say(`${peers} peers: watching after ${whole(one.watchingMs)} ms, ${one.residentMiB.toFixed(0)} MiB`);
        taken.push(one);
      }
    return finding(rounds, quietMs, taken);
  },
};

function finding(rounds: number, quietMs: number, taken: readonly Taken[]): Finding {
  const of = (peers: number, pick: (one: Taken) => number): number[] => taken.filter((one) => one.peers === peers).map(pick);
  const resident = (peers: number): number => median(of(peers, (one) => one.residentMiB));
  const eachKiB = (from: number, to: number): string => fixed(1)(((resident(to) - resident(from)) * 1024) / (to - from));
  return {
    setting: [
      `${rounds} starts of each; CPU over ${quietMs / 1_000} s, ${SETTLED_MS / 1_000} s after the start. The peers have one password pair, HMAC-SHA-256 and AES-128, and do not answer.`,
      `Growth of resident memory a peer: ${eachKiB(1, 100)} KiB from 1 to 100 peers, ${eachKiB(100, 2_000)} KiB from 100 to 2,000.`,
    ],
    head: ['peers', 'start to watching, ms', 'idle CPU, %', 'resident, MiB', 'peak, MiB'],
    rows: PEERS.map((peers) => [
      whole(peers),
      spread(
        of(peers, (one) => one.watchingMs),
        whole,
      ),
      spread(
        of(peers, (one) => one.idleCpuPercent),
        fixed(2),
      ),
      spread(
        of(peers, (one) => one.residentMiB),
        fixed(0),
      ),
      spread(
        of(peers, (one) => one.peakMiB),
        fixed(0),
      ),
    ]),
    bars: [],
  };
}

async function take({ bin }: BenchContext, count: number, quietMs: number, folder: string): Promise<Taken> {
  mkdirSync(folder);
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const peers = Array.from(
    { length: count },
    (_, index) =>
      `  - { name: spoke${index}, cryptoAddresses: [11.1.${index >> 8}.${index & 255}], send: ["127.${1 + (index >> 8)}.0.${index & 255}:10162"], snmp: ${v3Credentials} }\n`,
  );
  const agent = await startAgent({
    ...{ folder, bin, role: 'hub', mode: 'act', signalPort: udp },
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: peers.join(''),
  });
  try {
    await pause(SETTLED_MS);
    const cpuBefore = cpuSecondsOf(agent.pid);
    await pause(quietMs);
    const cpu = cpuSecondsOf(agent.pid) - cpuBefore;
    return {
      peers: count,
      watchingMs: agent.watchingAfterMs,
      idleCpuPercent: (cpu / (quietMs / 1_000)) * 100,
      residentMiB: residentMiBOf(agent.pid),
      peakMiB: peakMiBOf(agent.pid),
    };
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
}
