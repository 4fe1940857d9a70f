/**
 * Files that are there already: `spitrap detect` beside `grep -c` of the mnemonic and beside gawk doing the same classification, in turns,
 * from the page cache; and what memory a bundle with a hundred megabytes of debugs takes, when the agent seals it with its report and when
 * `spitrap report` reads it.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bar, BenchContext, Finding, Measurement } from '../measurement.ts';
import { startAgent, v3Credentials } from '../rig/agent.ts';
import { LOG_MIX, writeIkeLog } from '../rig/ike-lines.ts';
import { freeTcpPort, freeUdpPort } from '../rig/ports.ts';
import { bytesOf, peakMiBOf, type Ran, run, start, until } from '../rig/process.ts';
import { fixed, median, ratios, spread, times, whole } from '../stats.ts';

const EVENT_EVERY = 10_000;
const DEBUG_LOG_BYTES = 100e6;
const MEMORY_MIB_MAX = 200;
const MIB = 1024 * 1024;

/** Flow by flow: how many messages, first and last stamp, and whether it came again after its minute. */
const GAWK = String.raw`
/CRYPTO-4-RECVD?_PKT_INV_SPI/ {
  if (!match($0, /destaddr= ?([0-9.]+) ?, ?prot=50, ?spi=(0x[0-9A-Fa-f]+)\([0-9]+\), ?srcaddr= ?([0-9.]+)/, at)) { unread++; next }
  flow = at[3] " " at[1] " " strtonum(at[2])
  if (match($0, /([0-9]+):([0-9]+):([0-9]+\.[0-9]+) UTC:/, time)) {
    seconds = time[1] * 3600 + time[2] * 60 + time[3]
    if (!(flow in first)) first[flow] = seconds
    last[flow] = seconds
  }
  count[flow]++
}
END {
  for (flow in count) print (last[flow] - first[flow] >= 50 ? "persistent" : "unknown"), count[flow], flow
}
`;

export const offline: Measurement = {
  name: 'offline',
  title: 'Files: detect, bundle, report',
  async run(context) {
    const searched = await search(context);
    const sealed = await seal(context);
    return {
      setting: [...searched.setting, ...sealed.setting],
      head: ['', 'seconds', 'CPU seconds', 'peak memory, MiB', 'result'],
      rows: [...searched.rows, ...sealed.rows],
      bars: [...searched.bars, ...sealed.bars],
    };
  },
};

type Part = Pick<Finding, 'setting' | 'rows' | 'bars'>;

async function search(context: BenchContext): Promise<Part> {
  const rounds = context.quick ? 3 : 5;
  const file = join(context.folder, 'cisco.log');
  const size = writeIkeLog(file, { lines: 20e6, eventEvery: EVENT_EVERY, bytesMax: context.quick ? 200e6 : 1e9 });
  const program = join(context.folder, 'flows.awk');
  writeFileSync(program, GAWK);
  const commands = {
    detect: [process.execPath, context.bin, 'detect', file],
    grep: ['grep', '-c', 'CRYPTO-4-RECVD_PKT_INV_SPI', file],
    gawk: ['gawk', '-f', program, file],
  } as const;
  const env = { ...process.env, LC_ALL: 'C' };
  const taken: Record<keyof typeof commands, Ran[]> = { detect: [], grep: [], gawk: [] };
  const names = Object.keys(commands) as (keyof typeof commands)[];
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const ran = await run(commands[name], join(context.folder, 'stderr.log'), env);
      if (ran.code !== 0) throw new Error(`bench: ${commands[name].join(' ')} ended with ${ran.code}`);
      taken[name].push(ran);
    }
    context.say(`round ${round + 1}: ${names.map((name) => `${name} ${taken[name].at(-1)!.seconds.toFixed(2)} s`).join(', ')}`);
  }
  rmSync(file);
  const seconds = (name: keyof typeof commands): number[] => taken[name].map((ran) => ran.seconds);
  const toGrep = ratios(seconds('detect'), seconds('grep'));
  const toGawk = ratios(seconds('detect'), seconds('gawk'));
  const flows = { detect: (text: string) => /(\d[\d,]*) flows?/.exec(text)?.[1] ?? '?', grep: () => '', gawk: lineCount };
  const row = (name: keyof typeof commands, what: string): string[] => [
    what,
    spread(seconds(name), fixed(2)),
    spread(
      taken[name].map((ran) => ran.cpuSeconds),
      fixed(2),
    ),
    spread(
      taken[name].map((ran) => ran.peakMiB),
      fixed(0),
    ),
    name === 'grep' ? `${taken.grep[0]!.stdout.trim()} messages` : `${flows[name](taken[name][0]!.stdout)} flows`,
  ];
  return {
    setting: [
      `A log of ${whole(size.bytes / 1e6)} MB in the page cache, ${whole(size.lines)} lines, ${whole(size.events)} messages of 4 flows; ${LOG_MIX}. \`LC_ALL=C\`, ${rounds} rounds, in turns; the start of each program counts.`,
    ],
    rows: [
      row('detect', '`spitrap detect`'),
      row('grep', '`grep -c`'),
      row('gawk', 'gawk, the same flows and classes'),
      ['detect to grep', spread(toGrep, times), '', '', ''],
      ['detect to gawk', spread(toGawk, times), '', '', ''],
    ],
    bars: [
      { text: 'detect at most 5 times `grep -c`', measured: spread(toGrep, times), met: median(toGrep) <= 5 },
      { text: 'detect no slower than gawk', measured: spread(toGawk, times), met: median(toGawk) <= 1 },
    ],
  };
}

const lineCount = (text: string): string => String(text.trim().split('\n').length);

/** The debugs of an hour that was a storm, the message at their end. */
async function seal({ folder, bin }: BenchContext): Promise<Part> {
  const file = join(folder, 'storm.log');
  const size = writeIkeLog(file, { lines: 20e6, eventEvery: Number.MAX_SAFE_INTEGER, bytesMax: DEBUG_LOG_BYTES });
  const message = join(folder, 'message.log');
  writeIkeLog(message, { lines: 1, eventEvery: 1 });
  const own = join(folder, 'agent');
  mkdirSync(own);
  const [tcp, udp] = [await freeTcpPort(), await freeUdpPort()];
  const agent = await startAgent({
    ...{ folder: own, bin, role: 'hub', mode: 'observe', signalPort: udp, signalMore: 'hello: 60s' },
    sources: `  - { kind: syslog-tcp, listen: "127.0.0.1:${tcp}", allow: [127.0.0.1] }\n`,
    peers: `  - { name: spoke1, cryptoAddresses: [11.1.1.0/24], send: ["127.0.0.1:9"], snmp: ${v3Credentials} }\n`,
    more: 'evidence: { before: 10m, after: 1s }\n',
  });
  const send = async (which: string): Promise<void> => {
    await start(['bash', '-c', `exec cat "${which}" > /dev/tcp/127.0.0.1/${tcp}`], join(folder, 'sender.log')).gone;
  };
  try {
    await send(file);
    await until('the storm', async () => ((await agent.status()).sources[0]!.lines >= size.lines ? true : null), 120_000, 100);
    const { droppedLines } = (await agent.status()).ring;
    const idleMiB = peakMiBOf(agent.pid);
    await send(message);
    const incidents = join(agent.dataDir, 'incidents');
    const bundle = await until('the sealed bundle', () => sealedBundle(incidents), 180_000, 50);
    const sealedMiB = peakMiBOf(agent.pid);
    const read = await run(
      [process.execPath, bin, 'report', bundle, '--html', join(folder, 'report.html')],
      join(folder, 'report.err'),
    );
    const kept = bytesOf(join(bundle, 'device.log')) / MIB;
    const bar = (what: string, mib: number): Bar => ({
      text: `${what} in at most ${MEMORY_MIB_MAX} MiB`,
      measured: `${mib.toFixed(0)} MiB`,
      met: mib <= MEMORY_MIB_MAX,
    });
    return {
      setting: [
        `A bundle with ${kept.toFixed(0)} MiB of debugs before its message, sent as fast as they are taken (${whole(droppedLines)} lines found no room on the way to the disk): peak resident memory of the agent from its start until the bundle was sealed with its report, and of \`spitrap report\` on it.`,
      ],
      rows: [
        ['agent, after taking the debugs', '', '', idleMiB.toFixed(0), ''],
        ['agent, bundle sealed with its report', '', '', sealedMiB.toFixed(0), `${kept.toFixed(0)} MiB of device.log`],
        ['`spitrap report`', read.seconds.toFixed(1), read.cpuSeconds.toFixed(1), read.peakMiB.toFixed(0), `exit ${read.code}`],
      ],
      bars: [bar('bundle and report by the agent', sealedMiB), bar('`spitrap report`', read.peakMiB)],
    };
  } finally {
    await agent.stop();
  }
}

/** Its folder, once it has its last name and its report. */
function sealedBundle(incidents: string): string | null {
  try {
    const name = readdirSync(incidents).find((one) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(one));
    if (name === undefined) return null;
    return readdirSync(join(incidents, name)).includes('report.html') ? join(incidents, name) : null;
  } catch {
    return null;
  }
}
