/**
 * A device in debug: how many lines a second the agent takes over TCP and over UDP, how long an alert takes at half of that and above it, and
 * what is shown of the lines that wait or are lost. The message comes over the device's own TCP connection, the flood over another of its.
 */
import type { Endpoint } from '../../../agent/ports.ts';
import { cpuSecondsOf, PairStand, peakBytesOf, world } from '../../support/pair-stand.ts';
import { type Bars, percentile, spread } from './bars.ts';
import { generate } from './generate.ts';
import type { LinesOrder, Sent } from './generator.ts';

const { clock } = world;

/** Between two incidents: delay, stop, hold-down and a second captures. */
const DELAY_MS = 500;
const EVERY_MS = 2_600;
const CAPACITY_SECONDS = 4;
const RESIDENT_MAX_BYTES = 512 * 1_048_576;

export interface FloodOptions {
  readonly binPath: string;
  readonly generator: string;
  readonly rounds: number;
  readonly alertsARound: number;
}

export async function measureFlood(options: FloodOptions, bars: Bars, print: (line: string) => void): Promise<void> {
  const alerts: number[] = [];
  const seen = new Set<string>();
  const stand = await PairStand.set({
    binPath: options.binPath,
    delayMs: DELAY_MS,
    seed: 21,
    setting: { messageIntervalMs: 1_000, limitByFlow: true },
    edit: (text, end) =>
      text
        .replace(/^evidence:$/m, 'evidence:\n  before: 0s\n  holdDown: 1s\n  retainMaxCount: 5\n  ringMaxBytes: 64MiB')
        .replace(/^sources:$/m, `sources:\n  - { kind: syslog-udp, listen: "${UDP(end)}", allow: ["0.0.0.0/0"] }`)
        .replace(/^log:/m, 'budgets: { incidentsPerHour: 1000 }\n\nlog:'),
    onRelay: (event) => {
      if (event.kind !== 'signal' || event.phase !== 'alert' || event.from !== 'hub' || event.incident === null) return;
      if (seen.has(event.incident)) return;
      seen.add(event.incident);
      alerts.push(event.at);
    },
  });
  try {
    await stand.start('hub');
    await stand.start('spoke');
    await Promise.all([stand.ready('hub'), stand.ready('spoke')]);
    print('debug flood: lines of `debug crypto isakmp` and `ipsec` from the device');
    await play(stand, options, alerts, bars);
  } finally {
    await stand.close();
  }
}

/** On a loopback address of its own, so that it meets nobody's. */
const UDP = (end: string): string => `127.0.0.1:${end === 'hub' ? 45_514 : 45_515}`;

async function play(stand: PairStand, options: FloodOptions, alerts: number[], bars: Bars): Promise<void> {
  const tcp = await capacity(stand, options, 'tcp');
  bars.tell('intake over TCP', `${tcp.perSecond.toFixed(0)} lines a second, ${tcp.cores.toFixed(2)} cores`);
  const udp = await capacity(stand, options, 'udp');
  bars.tell(
    'intake over UDP',
    `${udp.perSecond.toFixed(0)} lines a second of ${udp.sentPerSecond.toFixed(0)} sent, ${udp.cores.toFixed(2)} cores`,
  );
  // Counted at each look, and once more after the last datagram.
  const countedNow = async (): Promise<number> => (await stand.status('hub'))?.drops['sourceDatagrams'] ?? 0;
  await stand
    .until('what the kernel threw away is counted', async () => (await countedNow()) >= udp.missing, 12_000)
    .catch(() => {});
  const counted = await countedNow();
  bars.tell('UDP lines missing, and counted in `drops`', `${udp.missing}, ${counted}`, 'the same', counted === udp.missing);

  // What an idle disk and a new heap make of the first ones is no measure.
  for (let i = 0; i < 3; i += 1) await oneAlert(stand, alerts);
  const idle: number[] = [];
  const half: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    for (let i = 0; i < options.alertsARound; i += 1) idle.push(await oneAlert(stand, alerts));
    const flood = lines(stand, options, 'tcp', tcp.perSecond / 2, (options.alertsARound * EVERY_MS) / 1_000 + 2);
    await clock.sleep('bench warm', 500);
    for (let i = 0; i < options.alertsARound; i += 1) half.push(await oneAlert(stand, alerts));
    await flood.done;
    await clock.sleep('bench settle', 500);
  }
  bars.tell('message to alert, no flood', spread(idle));
  bars.againstIdle(`message to alert at ${(tcp.perSecond / 2).toFixed(0)} lines a second`, half, idle);

  const above = lines(stand, options, 'tcp', tcp.perSecond * 1.5, 16);
  const over: number[] = [];
  let behind = 0;
  await clock.sleep('bench warm', 1_000);
  for (let i = 0; i < 5; i += 1) {
    over.push(await oneAlert(stand, alerts));
    behind = Math.max(behind, ...((await stand.status('hub'))?.sources.map(({ behindBytes }) => behindBytes) ?? []));
  }
  await above.done;
  bars.tell('message to alert above capacity', spread(over), 'bounded: at most 1 s', percentile(over, 1) <= 1_000);
  bars.tell(
    'lag shown above capacity',
    `${behind} bytes`,
    'more than none, less than 32 MiB',
    behind > 0 && behind < 32 * 1_048_576,
  );
  const peak = peakBytesOf(stand.pid('hub')!);
  bars.tell('resident memory at its most', `${(peak / 1_048_576).toFixed(0)} MiB`, 'at most 512 MiB', peak <= RESIDENT_MAX_BYTES);
  const dropped = (await stand.status('hub'))?.drops['ringPendingBytesMax'] ?? 0;
  bars.tell('lines lost between intake and disk', `${dropped}, counted in \`drops\``);
}

interface Capacity {
  readonly perSecond: number;
  readonly sentPerSecond: number;
  readonly missing: number;
  readonly cores: number;
}

async function capacity(stand: PairStand, options: FloodOptions, transport: 'tcp' | 'udp'): Promise<Capacity> {
  const pid = stand.pid('hub')!;
  const count = async (): Promise<number> => (await stand.status('hub'))?.sources.reduce((sum, { lines: n }) => sum + n, 0) ?? 0;
  const before = await count();
  const [cpu, at] = [cpuSecondsOf(pid), clock.monotonic()];
  const sent: Sent = await lines(stand, options, transport, null, CAPACITY_SECONDS).done;
  // The last of it is in once the count stands still.
  let taken = await count();
  for (;;) {
    await clock.sleep('bench count', 300);
    const now = await count();
    if (now - taken < 20) break;
    taken = now;
  }
  const seconds = transport === 'tcp' ? sent.seconds : (clock.monotonic() - at) / 1_000 - 0.3;
  const cores = (cpuSecondsOf(pid) - cpu) / ((clock.monotonic() - at) / 1_000);
  return {
    perSecond: (taken - before) / seconds,
    sentPerSecond: sent.sent / sent.seconds,
    missing: Math.max(0, sent.sent - (taken - before)),
    cores,
  };
}

function lines(
  stand: PairStand,
  { generator }: FloodOptions,
  transport: 'tcp' | 'udp',
  perSecond: number | null,
  seconds: number,
) {
  const { syslog, boxAddress } = stand.stage.facts.hub;
  const [address = '', port] = UDP('hub').split(':');
  const to: Endpoint = transport === 'tcp' ? syslog : { address, port: Number(port) };
  const order: LinesOrder = { kind: 'lines', transport, from: boxAddress, to, perSecond, seconds };
  return generate(generator, order);
}

/** From the message's leaving the box to the alert's passing the relay. */
async function oneAlert(stand: PairStand, alerts: readonly number[]): Promise<number> {
  const began = clock.monotonic();
  for (const end of ['hub', 'spoke'] as const) stand.debugsOn(end);
  const known = alerts.length;
  let at: number | null = null;
  stand.stage.boxes.hub.onSyslog((message) => {
    if (at === null && message.includes('PKT_INV_SPI')) at = clock.monotonic();
  });
  stand.stage.pair!.desync();
  await stand.until('the alert', () => alerts.length > known, 20_000);
  await stand.until('both boxes are quiet', () => stand.isQuiet('hub') && stand.isQuiet('spoke'), 40_000);
  stand.stage.pair!.repair();
  const left = EVERY_MS - (clock.monotonic() - began);
  await clock.sleep('bench pace', Math.max(1_300, left));
  return alerts[known]! - at!;
}
