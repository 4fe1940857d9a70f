/**
 * Notifications a second: spitrap's agent acts on each (checks, journal, decision; mode observe), snmptrapd writes each to its log. v2c
 * traps as Note A's applet sends them, as fast as they are taken without a loss; v3 informs at authPriv, which spitrap answers when their
 * record is on disk (fdatasync) and snmptrapd when its line is written.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext, Finding, Measurement } from '../measurement.ts';
import { secrets, snmpUser, startAgent, v3Credentials } from '../rig/agent.ts';
import { LineCount } from '../rig/line-count.ts';
import type { LoadOrder, LoadTold } from '../rig/load.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { cpuSecondsOf, pause, peakMiBOf, run, start, until } from '../rig/process.ts';
import { socketOf } from '../rig/udp-queue.ts';
import { fixed, median, ratios, spread, times, whole } from '../stats.ts';

type Kind = LoadOrder['kind'];
/** `recorded`: traps again, each with a record in the journal. */
type Case = Kind | 'recorded';

interface Taken {
  readonly aSecond: number;
  readonly cpuMicrosecondsEach: number;
  readonly peakMiB: number;
  readonly lost: number;
  readonly resent: number;
}

/** What fits into a receive buffer of 208 KiB, which snmptrapd has. */
const WINDOW = 128;
const QUIET_MS = 500;
/** As each program's log names one. */
const OUR_RECORD = 'stop-observed';
const THEIR_RECORD = '2323232';

export const notifications: Measurement = {
  name: 'notifications',
  title: 'Notifications',
  async run(context) {
    const rounds = context.quick ? 3 : 7;
    const counts: Record<Kind, number> = context.quick ? { traps: 15_000, informs: 6_000 } : { traps: 60_000, informs: 20_000 };
    const all: Record<Case, { ours: Taken[]; theirs: Taken[] }> = {
      traps: { ours: [], theirs: [] },
      recorded: { ours: [], theirs: [] },
      informs: { ours: [], theirs: [] },
    };
    for (let round = 0; round < rounds; round += 1)
      for (const kind of ['traps', 'informs'] as const) {
        const ours = await takeOurs(context, kind, counts[kind], join(context.folder, `ours-${kind}-${round}`));
        if (kind === 'traps')
          all.recorded.ours.push(
            await takeOurs(context, 'recorded', counts.traps, join(context.folder, `ours-recorded-${round}`)),
          );
        const theirs = await takeTheirs(context, kind, counts[kind], join(context.folder, `theirs-${kind}-${round}`));
        all[kind].ours.push(ours);
        all[kind].theirs.push(theirs);
        context.say(`round ${round + 1}, ${kind}: spitrap ${whole(ours.aSecond)}, snmptrapd ${whole(theirs.aSecond)} a second`);
      }
    return finding(rounds, counts, all);
  },
};

function finding(
  rounds: number,
  counts: Readonly<Record<Kind, number>>,
  all: Readonly<Record<Case, { readonly ours: readonly Taken[]; readonly theirs: readonly Taken[] }>>,
): Finding {
  const rates = (taken: readonly Taken[]): number[] => taken.map(({ aSecond }) => aSecond);
  const row = (name: string, taken: readonly Taken[]): string[] => [
    name,
    spread(rates(taken), whole),
    spread(
      taken.map(({ cpuMicrosecondsEach }) => cpuMicrosecondsEach),
      fixed(0),
    ),
    spread(
      taken.map(({ peakMiB }) => peakMiB),
      fixed(0),
    ),
    whole(taken.reduce((sum, { lost }) => sum + lost, 0)),
    whole(taken.reduce((sum, { resent }) => sum + resent, 0)),
  ];
  const of = (kind: Kind): number[] => ratios(rates(all[kind].ours), rates(all[kind].theirs));
  const noLoss = (['traps', 'recorded', 'informs'] as const).every((kind) => all[kind].ours.every(({ lost }) => lost === 0));
  return {
    setting: [
      `${whole(counts.traps)} v2c traps, ${whole(counts.informs)} v3 informs (HMAC-SHA-256, AES-128; ${WINDOW} unanswered at once), ${rounds} rounds, in turns. spitrap: each is a stop of a peer, checked, told from its copies and decided: of the traps the first opens an incident (mode act) and the others repeat its stop, which changes nothing; of the informs, and of the traps in the row that says so, each has a record in the journal (mode observe). snmptrapd: \`-Lf\`, no MIBs, no names.`,
    ],
    head: ['', 'a second', 'CPU each, µs', 'peak memory, MiB', 'lost', 'sent again'],
    rows: [
      row('v2c traps, spitrap', all.traps.ours),
      row('v2c traps, snmptrapd', all.traps.theirs),
      ['v2c, ratio', spread(of('traps'), times), '', '', '', ''],
      row('v2c traps, spitrap, each with a record on disk', all.recorded.ours),
      row('v3 informs, spitrap, durable', all.informs.ours),
      row('v3 informs, snmptrapd', all.informs.theirs),
      ['v3, ratio', spread(of('informs'), times), '', '', '', ''],
    ],
    bars: [
      { text: 'v2c: 3 times snmptrapd', measured: spread(of('traps'), times), met: median(of('traps')) >= 3 },
      {
        text: 'v3 informs, acknowledged when durable: 0.8 times snmptrapd',
        measured: spread(of('informs'), times),
        met: median(of('informs')) >= 0.8,
      },
      { text: 'none lost', measured: noLoss ? 'none' : 'some', met: noLoss },
    ],
  };
}

async function takeOurs(context: BenchContext, which: Case, count: number, folder: string): Promise<Taken> {
  mkdirSync(folder);
  const kind: Kind = which === 'informs' ? 'informs' : 'traps';
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const peer =
    kind === 'traps' ? 'kind: eem, snmp: { version: 2c, community: { file: secrets/community } }' : `snmp: ${v3Credentials}`;
  const agent = await startAgent({
    ...{ folder, bin: context.bin, role: 'spoke', mode: which === 'traps' ? 'act' : 'observe', signalPort: udp },
    signalMore: 'hello: 60s, allowInsecure: true',
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: `  - { name: hub1, cryptoAddresses: [11.1.1.3], send: ["127.0.0.1:9"], from: [127.0.0.1], ${peer} }\n`,
  });
  try {
    const records = new LineCount(join(agent.dataDir, 'journal/journal.jsonl'), OUR_RECORD);
    const accepted = (): number => {
      const { queuedBytes, drops } = socketOf(udp);
      return queuedBytes === 0 ? count - drops : 0;
    };
    const taken = await take(
      context,
      agent.pid,
      orderOf(kind, udp, count),
      folder,
      which === 'traps' ? accepted : () => records.look(),
    );
    const { refusals } = await agent.status();
    if (Object.keys(refusals).length > 0) throw new Error(`bench: refused: ${JSON.stringify(refusals)}`);
    return taken;
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
}

async function takeTheirs(context: BenchContext, kind: Kind, count: number, folder: string): Promise<Taken> {
  mkdirSync(folder);
  const udp = await freeUdpPort();
  const config = join(folder, 'snmptrapd.conf');
  writeFileSync(
    config,
    `authCommunity log ${secrets.community}\ncreateUser ${snmpUser} SHA-256 "${secrets.auth}" AES "${secrets.priv}"\nauthUser log ${snmpUser} priv\n`,
  );
  const log = join(folder, 'traps.log');
  const env = {
    PATH: process.env['PATH'],
    MIBS: '',
    HOME: folder,
    SNMPCONFPATH: folder,
    SNMP_PERSISTENT_DIR: join(folder, 'state'),
  };
  const daemon = start(
    ['/usr/sbin/snmptrapd', '-f', '-n', '-C', '-c', config, '-Lf', log, '-On', `udp:127.0.0.1:${udp}`],
    join(folder, 'out.log'),
    env,
  );
  try {
    const records = new LineCount(log, THEIR_RECORD);
    return await take(context, daemon.pid, orderOf(kind, udp, count), folder, () => records.look());
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true });
  }
}

const orderOf = (kind: Kind, port: number, count: number): LoadOrder => ({
  ...{ kind, port, count, window: WINDOW, user: snmpUser },
  ...{ community: secrets.community, auth: secrets.auth, priv: secrets.priv },
});

/** Until all are taken, or for a while none more were. */
async function take(
  context: BenchContext,
  pid: number,
  order: LoadOrder,
  folder: string,
  recorded: () => number,
): Promise<Taken> {
  await pause(QUIET_MS);
  const cpuBefore = cpuSecondsOf(pid);
  let seen = { count: 0, atMs: performance.now() };
  let isSent = order.kind === 'informs';
  const sending = run([process.execPath, context.load, JSON.stringify(order)], join(folder, 'load.log')).finally(() => {
    isSent = true;
  });
  await until(
    'the last notification',
    () => {
      const count = isSent ? recorded() : 0;
      if (count > seen.count) seen = { count, atMs: performance.now() };
      const quiet = performance.now() - seen.atMs > 5_000 && count > 0;
      return count >= order.count || quiet ? true : null;
    },
    180_000,
    5,
  );
  const endedAtMs = Number(process.hrtime.bigint()) / 1e6 - (performance.now() - seen.atMs);
  const sent = await sending;
  if (sent.code !== 0) throw new Error(`bench: the sender of notifications ended with ${sent.code}`);
  const told = JSON.parse(sent.stdout) as LoadTold;
  const seconds = (Math.max(endedAtMs, order.kind === 'informs' ? told.endedAtMs : 0) - told.beganAtMs) / 1_000;
  return {
    aSecond: seen.count / seconds,
    cpuMicrosecondsEach: ((cpuSecondsOf(pid) - cpuBefore) * 1e6) / order.count,
    peakMiB: peakMiBOf(pid),
    lost: order.count - Math.min(seen.count, order.count),
    resent: told.resent,
  };
}
