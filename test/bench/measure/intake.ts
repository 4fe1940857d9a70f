/**
 * A stream of debug lines over TCP: framed, kept on disk, searched for the message. spitrap's agent and rsyslog (imtcp to omfile, with
 * the same match into a second file) take the same bytes from the same sender, in turns. Lines that the agent dropped are counted and shown.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext, Finding, Measurement } from '../measurement.ts';
import { startAgent, v3Credentials } from '../rig/agent.ts';
import { LOG_MIX, type LogSize, writeIkeLog } from '../rig/ike-lines.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { bytesIn, bytesOf, cpuSecondsOf, pause, peakMiBOf, start, until } from '../rig/process.ts';
import { fixed, median, ratios, spread, times, whole } from '../stats.ts';

const EVENT_EVERY = 10_000;
const QUIET_MS = 300;
const STATUS_EVERY_MS = 1_000;

interface Taken {
  readonly seconds: number;
  readonly linesASecond: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly events: number;
  /** Dropped, and counted, because the disk was behind. */
  readonly dropped: number;
}

export const intake: Measurement = {
  name: 'intake',
  title: 'Intake of syslog over TCP',
  async run(context) {
    const rounds = context.quick ? 3 : 7;
    const file = join(context.folder, 'stream.log');
    const size = writeIkeLog(file, { lines: context.quick ? 300_000 : 1_000_000, eventEvery: EVENT_EVERY });
    const ours: Taken[] = [];
    const theirs: Taken[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // The stamps of the message must be of now: an old one opens nothing.
      const taken = await takeOurs(context, join(context.folder, `ours-${round}`), file, size);
      ours.push(taken);
      const other = await takeTheirs(join(context.folder, `theirs-${round}`), file, size);
      theirs.push(other);
      context.say(
        `round ${round + 1}: spitrap ${whole(taken.linesASecond)}, rsyslog ${whole(other.linesASecond)} lines a second` +
          `${taken.dropped === 0 ? '' : `; spitrap dropped ${whole(taken.dropped)} lines`}`,
      );
    }
    return finding(size, rounds, ours, theirs);
  },
};

function finding(size: LogSize, rounds: number, ours: readonly Taken[], theirs: readonly Taken[]): Finding {
  const rates = (taken: readonly Taken[]): number[] => taken.map(({ linesASecond }) => linesASecond);
  const ratio = ratios(rates(ours), rates(theirs));
  const row = (name: string, taken: readonly Taken[]): string[] => [
    name,
    spread(rates(taken), whole),
    spread(
      taken.map(({ cpuSeconds }) => cpuSeconds),
      fixed(2),
    ),
    spread(
      taken.map(({ peakMiB }) => peakMiB),
      fixed(0),
    ),
    `${Math.min(...taken.map(({ events }) => events))} of ${size.events}`,
    whole(taken.reduce((sum, { dropped }) => sum + dropped, 0)),
  ];
  return {
    setting: [
      `${whole(size.lines)} lines, ${whole(size.bytes / 1e6)} MB, the message once in ${whole(EVENT_EVERY)} lines; ${LOG_MIX}.`,
      `Sent by \`cat\` over one loopback connection, from first byte to last byte in the file; ${rounds} rounds, in turns. spitrap: framing, ring on disk (fdatasync each second), numbers in front of the lines watched for holes, detection, incidents journaled (mode observe). rsyslog: imtcp, omfile with the raw line, \`contains\` of the same mnemonic into a second file, defaults otherwise (no fsync).`,
    ],
    head: ['', 'lines a second', 'CPU seconds', 'peak memory, MiB', 'messages found', 'lines dropped'],
    rows: [row('spitrap', ours), row('rsyslog', theirs), ['ratio', spread(ratio, times), '', '', '', '']],
    bars: [
      { text: 'at least the rate of rsyslog', measured: spread(ratio, times), met: median(ratio) >= 1 },
      { text: 'aim: twice', measured: times(median(ratio)), met: median(ratio) >= 2 },
      lossBar(ours, size),
    ],
  };
}

/** A sender over TCP waits for a disk that is behind; only one that hangs for a second makes us drop. */
function lossBar(ours: readonly Taken[], size: LogSize): Finding['bars'][number] {
  const dropped = ours.reduce((sum, taken) => sum + taken.dropped, 0);
  const found = ours.every(({ events }) => events === size.events);
  return {
    text: 'no line dropped, every message found',
    measured: `${whole(dropped)} of ${whole(ours.length * size.lines)} lines dropped, ${found ? 'every' : 'not every'} message found`,
    met: dropped === 0 && found,
  };
}

async function takeOurs({ bin }: BenchContext, folder: string, file: string, size: LogSize): Promise<Taken> {
  mkdirSync(folder);
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const agent = await startAgent({
    ...{ folder, bin, role: 'hub', mode: 'observe', signalPort: udp, signalMore: 'hello: 60s' },
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: `  - { name: spoke1, cryptoAddresses: [11.1.1.0/24], send: ["127.0.0.1:9"], snmp: ${v3Credentials} }\n`,
  });
  try {
    await pause(QUIET_MS);
    const ring = join(agent.dataDir, 'ring');
    let last = { at: performance.now(), bytes: 0 };
    const taken = await take(agent.pid, tcp, file, folder, async () => {
      const bytes = bytesIn(ring, '.log');
      if (bytes >= size.bytes) return true;
      // Not all of them may come. Asked seldom, since answering costs the agent what is measured.
      if (performance.now() - last.at < STATUS_EVERY_MS) return null;
      const written = bytes > last.bytes;
      last = { at: performance.now(), bytes };
      return !written && (await agent.status()).ring.droppedLines > 0 ? true : null;
    });
    const status = await agent.status();
    const source = status.sources[0]!;
    if (source.lines !== size.lines) throw new Error(`bench: ${source.lines} of ${size.lines} lines came`);
    const dropped = status.ring.droppedLines;
    return { ...taken, linesASecond: (size.lines - dropped) / taken.seconds, events: source.candidates, dropped };
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
}

async function takeTheirs(folder: string, file: string, size: LogSize): Promise<Taken> {
  mkdirSync(folder);
  const tcp = await freeTcpPort();
  const [all, matched] = [join(folder, 'all.log'), join(folder, 'matched.log')];
  writeFileSync(join(folder, 'rsyslog.conf'), rsyslogConfig(tcp, all, matched));
  const rsyslog = start(
    ['/usr/sbin/rsyslogd', '-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')],
    join(folder, 'out.log'),
  );
  try {
    await pause(QUIET_MS * 3);
    const taken = await take(rsyslog.pid, tcp, file, folder, () => (bytesOf(all) >= size.bytes ? true : null));
    const events = await until('rsyslog to have matched', () => {
      const found = readFileSync(matched, 'latin1').split('\n').length - 1;
      return found >= size.events ? found : null;
    });
    return { ...taken, linesASecond: size.lines / taken.seconds, events, dropped: 0 };
  } finally {
    await rsyslog.stop();
    rmSync(folder, { recursive: true });
  }
}

const rsyslogConfig = (port: number, all: string, matched: string): string => `module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imtcp" port="${port}" address="127.0.0.1")
action(type="omfile" file="${all}" template="raw")
if $msg contains "RECVD_PKT_INV_SPI" then action(type="omfile" file="${matched}" template="raw")
`;

async function take(
  pid: number,
  port: number,
  file: string,
  folder: string,
  arrived: () => true | null | Promise<true | null>,
): Promise<Omit<Taken, 'linesASecond' | 'events' | 'dropped'>> {
  const cpuBefore = cpuSecondsOf(pid);
  const began = performance.now();
  const sender = start(['bash', '-c', `exec cat "${file}" > /dev/tcp/127.0.0.1/${port}`], join(folder, 'sender.log'));
  await until('the last line', arrived, 120_000, 2);
  const seconds = (performance.now() - began) / 1_000;
  await sender.gone;
  return { seconds, cpuSeconds: cpuSecondsOf(pid) - cpuBefore, peakMiB: peakMiBOf(pid) };
}
