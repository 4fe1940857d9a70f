/**
 * Ten thousand packets a second of strangers at the port for signals, from an address that is allowed: unknown engine ids, wrong HMACs of a
 * user that there is, and both. Meanwhile the peer sends stops, each of an incident of its own. How long from the stop's leaving until the
 * box is typed `undebug all`, and until the Response (the decision is in the journal then), beside the same without strangers.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { snmpUser } from '../../../agent/cli/lab/config-files.ts';
import { ephemeralEngine } from '../../../agent/net/engine.ts';
import { readKernelDrops } from '../../../agent/net/kernel-drops.ts';
import type { OutgoingNotification, SnmpCredentials } from '../../../agent/net/signalling.ts';
import { openSnmpSender } from '../../../agent/net/snmp-sender.ts';
import { attemptAfterMs } from '../../../shared/coordinate/delivery.ts';
import { ulid } from '../../../shared/model/ulid.ts';
import { defaultValues, encodeSignalText } from '../../../shared/wire/signal.ts';
import { cpuSecondsOf, PairStand, world } from '../../support/pair-stand.ts';
import { type Bars, percentile } from './bars.ts';
import { generate } from './generate.ts';
import type { StrangersOrder } from './generator.ts';

const { clock } = world;

const conditions = ['idle', 'engines', 'hmacs', 'both'] as const;
type Condition = (typeof conditions)[number];
const TITLES: Readonly<Record<Exclude<Condition, 'idle'>, string>> = {
  engines: 'unknown engine ids',
  hmacs: 'wrong HMACs of a known user',
  both: 'both in turn',
};

const PER_SECOND = 10_000;
/** Apart from each other, so that one incident's first captures are done before the next stop; different each time, to meet every phase. */
const STOP_EVERY_MS = 700;
const STOP_JITTER_MS = 250;
const WARM_MS = 500;
/** Flood alone, without a stop: what strangers cost. */
const ALONE_MS = 4_000;

export interface StrangersOptions {
  readonly binPath: string;
  readonly generator: string;
  readonly rounds: number;
  readonly stopsARound: number;
}

interface Measured {
  readonly actMs: number[];
  readonly answerMs: number[];
  readonly cores: number[];
  readonly sentPerSecond: number[];
  /** PDUs of all stops. */
  attempts: number;
  sent: number;
  refused: number;
  kernelDropped: number;
}

export async function measureStrangers(options: StrangersOptions, bars: Bars, print: (line: string) => void): Promise<void> {
  const stand = await PairStand.set({
    binPath: options.binPath,
    delayMs: 1_000,
    seed: 5,
    setting: {},
    edit: (text) =>
      text
        .replace(/^evidence:$/m, 'evidence:\n  before: 1s\n  retainMaxCount: 5')
        .replace(/after: 1s/, 'after: 0s')
        .replace(/^log:/m, 'budgets: { incidentsPerHour: 1000 }\n\nlog:'),
  });
  try {
    await stand.start('spoke');
    await stand.ready('spoke', true);
    const measured = Object.fromEntries(conditions.map((one) => [one, nothing()])) as Record<Condition, Measured>;
    const peer = await openPeer(stand);
    // Keys are localized and code is compiled at the first ones.
    for (let i = 0; i < 8; i += 1) await oneStop(stand, peer, nothing());
    for (let round = 0; round < options.rounds; round += 1)
      for (const condition of conditions) await underOne(condition, stand, peer, options, measured[condition]);
    await peer.close();
    tell(measured, bars, print);
  } finally {
    await stand.close();
  }
}

const nothing = (): Measured => ({
  actMs: [],
  answerMs: [],
  cores: [],
  sentPerSecond: [],
  attempts: 0,
  sent: 0,
  refused: 0,
  kernelDropped: 0,
});

interface Peer {
  /** Resolves when it is acknowledged, with the number of PDUs that it took. */
  stop(strData: string): Promise<number>;
  close(): Promise<void>;
}

/** The hub's agent, as far as the spoke can tell: its address, its keys. */
async function openPeer(stand: PairStand): Promise<Peer> {
  const secret = (name: string): string => readFileSync(join(stand.folder, 'secrets', name), 'utf8').trim();
  const credentials: SnmpCredentials = {
    version: 3,
    user: snmpUser,
    auth: { protocol: 'sha256', key: secret('pair-auth') },
    priv: { protocol: 'aes128', key: secret('pair-priv') },
  };
  const { facts } = stand.stage;
  const sender = await openSnmpSender({
    peers: [{ name: 'spoke', from: [facts.spoke.signal.address], credentials, engineId: null }],
    engine: ephemeralEngine(null, world),
    world,
    source: { v4: facts.spoke.sendTo.address },
  });
  return {
    async stop(strData) {
      const notification: OutgoingNotification = {
        ...{ root: 91, confirmed: true, policyPath: '', policyName: 'bench', intData1: defaultValues.stop, intData2: 0 },
        strData,
      };
      // As the hub's agent does (delivery.ts): a new PDU at each moment of the schedule, until one is answered.
      let answered = false;
      let attempts = 0;
      let why = 'no answer to any';
      let told = (): void => {};
      const acknowledged = new Promise<void>((resolve) => {
        told = resolve;
      });
      for (;;) {
        const waitMs = (attemptAfterMs('stop', attempts + 1) ?? 0) - (attemptAfterMs('stop', attempts) ?? 0);
        if (answered || waitMs <= 0) break;
        attempts += 1;
        void sender.send('spoke', facts.spoke.signal, notification, { timeoutMs: 10_000 }).then((outcome) => {
          if (outcome.kind === 'failed') why = outcome.error.message;
          if (outcome.kind !== 'acknowledged') return;
          answered = true;
          told();
        });
        await Promise.race([clock.sleep('bench attempt', waitMs), acknowledged]);
      }
      if (!answered) throw new Error(`a stop was not acknowledged: ${why}`);
      return attempts;
    },
    close: () => sender.close(),
  };
}

async function underOne(
  condition: Condition,
  stand: PairStand,
  peer: Peer,
  { generator, stopsARound }: StrangersOptions,
  into: Measured,
): Promise<void> {
  const pid = stand.pid('spoke')!;
  const { signal, sendTo } = stand.stage.facts.spoke;
  const before = (await stand.status('spoke'))!;
  const droppedBefore = (await readKernelDrops(signal)) ?? 0;
  const seconds = (stopsARound * (STOP_EVERY_MS + STOP_JITTER_MS) + WARM_MS + ALONE_MS) / 1_000;
  const order = (what: StrangersOrder['what']): StrangersOrder => ({
    ...{ kind: 'strangers', what, from: sendTo.address, to: signal, perSecond: PER_SECOND, seconds, user: snmpUser },
    ...{ engineId: before.engineId, boots: before.engineBoots },
  });
  const flood = condition === 'idle' ? null : generate(generator, order(condition));
  await clock.sleep('bench warm', WARM_MS);
  const [cpu, at] = [cpuSecondsOf(pid), clock.monotonic()];
  await clock.sleep('bench alone', ALONE_MS);
  into.cores.push((cpuSecondsOf(pid) - cpu) / ((clock.monotonic() - at) / 1_000));
  for (let i = 0; i < stopsARound; i += 1) {
    await oneStop(stand, peer, into);
    await clock.sleep('bench pace', STOP_EVERY_MS - STOP_JITTER_MS + world.random.uniform() * 2 * STOP_JITTER_MS);
  }
  const sent = await flood?.done;
  if (sent !== undefined) into.sentPerSecond.push(sent.sent / sent.seconds);
  await clock.sleep('bench settle', WARM_MS);
  const total = (refusals: Readonly<Record<string, number>>): number => (refusals['engine'] ?? 0) + (refusals['hmac'] ?? 0);
  into.sent += sent?.sent ?? 0;
  into.refused += total((await stand.status('spoke'))!.refusals) - total(before.refusals);
  into.kernelDropped += ((await readKernelDrops(signal)) ?? 0) - droppedBefore;
}

async function oneStop(stand: PairStand, peer: Peer, into: Measured): Promise<void> {
  const box = stand.stage.boxes.spoke;
  stand.debugsOn('spoke');
  const seen = box.commandLog.length;
  const id = ulid(clock.wall(), world.random.bytes(10));
  const at = clock.monotonic();
  const answer = peer.stop(encodeSignalText({ phase: 'stop', incident: id, keys: {} })).then((attempts) => {
    into.attempts += attempts;
    into.answerMs.push(clock.monotonic() - at);
  });
  const typed = (): number | undefined =>
    box.commandLog.slice(seen).find(({ line, expanded }) => line >= 0 && expanded === 'undebug all')?.at;
  await stand.until('the box is typed undebug all', () => typed() !== undefined, 20_000);
  into.actMs.push(typed()! - at);
  await answer;
}

function tell(measured: Readonly<Record<Condition, Measured>>, bars: Bars, print: (line: string) => void): void {
  const { idle } = measured;
  print(`strangers: ${PER_SECOND} packets a second at the port for signals, from an address that is allowed`);
  bars.tell('stop to `undebug all`, no strangers', summary(idle.actMs));
  bars.tell('stop to its Response (journaled), no strangers', summary(idle.answerMs));
  bars.tell('agent, no strangers', cores(idle.cores));
  for (const condition of conditions) {
    if (condition === 'idle') continue;
    const one = measured[condition];
    const title = TITLES[condition];
    const rate = percentile(one.sentPerSecond, 0.5);
    bars.tell(
      `${title}: packets sent a second`,
      `${rate.toFixed(0)}, ${one.sent} in all`,
      `${PER_SECOND} within 2 %`,
      rate >= 0.98 * PER_SECOND,
    );
    bars.tell(`${title}: refused by the agent, thrown away by the kernel`, `${one.refused}, ${one.kernelDropped}`);
    bars.tell(`${title}: PDUs of ${one.actMs.length} stops`, `${one.attempts}, without strangers ${idle.attempts}`);
    bars.againstIdle(`${title}: stop to \`undebug all\``, one.actMs, idle.actMs);
    bars.againstIdle(`${title}: stop to its Response`, one.answerMs, idle.answerMs);
    const used = percentile(one.cores, 0.5);
    bars.tell(`${title}: agent`, cores(one.cores), 'half a core', used <= 0.5);
  }
}

const summary = (ms: readonly number[]): string =>
  `median ${percentile(ms, 0.5).toFixed(1)} p99 ${percentile(ms, 0.99).toFixed(1)} worst ${Math.max(...ms).toFixed(1)} ms of ${ms.length}`;
const cores = (of: readonly number[]): string =>
  `${percentile(of, 0.5).toFixed(2)} cores (${Math.min(...of).toFixed(2)} to ${Math.max(...of).toFixed(2)})`;
