/**
 * One case of the bench: a cause played on two simulated routers, and what the agents of both ends would have kept of it. The same seed
 * and index give the same case. It knows the causes and nothing of the diagnosis.
 */
import type { Cause, Truth } from '../../../agent/lab/causes/cause.ts';
import { causes } from '../../../agent/lab/causes/index.ts';
import { drawPlan, RECEIVER_ADDRESS, SENDER_ADDRESS } from '../../../agent/lab/live/draw-plan.ts';
import { CauseStage, type EndName } from '../../../agent/lab/live/stage.ts';
import { PairEnd } from '../../../agent/lab/pair-end.ts';
import { Prng } from '../../../agent/lab/prng.ts';
import type { BundleText } from '../../../shared/bundle/bundle-text.ts';
import { monotonic, wall } from '../../../shared/model/time.ts';
import { ulid } from '../../../shared/model/ulid.ts';
import { platformNamed } from '../../../shared/platforms/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { bundleOf, type EndRecord, type Peer } from './bundle-of.ts';
import { type Asked, ask, listen, plan as planRound } from './capture-rounds.ts';
import { type AgentClock, type DeviceClock, drawAgentClock, drawDeviceClock, drawEpoch } from './clocks.ts';
import { noise } from './noise.ts';

export interface MadeCase {
  readonly index: number;
  readonly truth: Truth;
  /** The end that logged the message first. */
  readonly ends: readonly BundleText[];
  /** Plays that gave no message, before this one. */
  readonly misses: number;
}

const NAMES: readonly EndName[] = ['receiver', 'sender'];
const PLAY_MS = 1_500_000;
const LOG_BEFORE_MS = 600_000;
const STOP_MS = 18_000;
const TRIES = 25;

export function makeCase(seed: number, index: number, only?: Cause): MadeCase {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const prng = new Prng(
      (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ Math.imul(attempt, 0xc2b2ae35)) >>> 0,
    );
    const made = play(prng, only ?? causes[index % causes.length]!);
    if (made) return { ...made, index, misses: attempt };
  }
  throw new Error(`case ${index} of seed ${seed}: no message in ${TRIES} plays`);
}

function play(prng: Prng, cause: Cause): Omit<MadeCase, 'index' | 'misses'> | null {
  const clock = new VirtualClock(prng.between(1_000_000, 9_000_000));
  const epochMs = drawEpoch(prng);
  const devices = { receiver: drawDeviceClock(prng), sender: drawDeviceClock(prng) };
  const agents = {
    receiver: drawAgentClock(prng, epochMs, 'aaaaaaaa-0000-4000-8000-000000000001'),
    sender: drawAgentClock(prng, epochMs, 'bbbbbbbb-0000-4000-8000-000000000002'),
  };
  const view = (device: DeviceClock) =>
    clock.view({ offsetMs: epochMs + device.offsetMs, driftPpm: device.driftPpm, bootId: 'device' });
  const plan = drawPlan(prng, {
    seed: prng.uint32(),
    clocks: { receiver: view(devices.receiver), sender: view(devices.sender) },
    boxes: { receiver: boxLook(prng, devices.receiver), sender: boxLook(prng, devices.sender) },
  });
  cause.prepare(plan, prng);
  const stage = new CauseStage(plan, plan.boxes.receiver.clock);
  try {
    return record(stage, cause, prng, clock, agents);
  } finally {
    stage.close();
  }
}

function boxLook(prng: Prng, { mark }: DeviceClock) {
  const chance = prng.between(1, 100);
  const style = chance <= 80 ? 'datetime msec' : chance <= 93 ? 'datetime' : chance <= 96 ? 'uptime' : 'none';
  return {
    timestamps: { log: style, debug: style },
    behaviour: { clockMark: mark, sequenceNumbers: prng.between(1, 100) <= 20 },
    logHost: '192.0.2.9',
  } as const;
}

function record(
  stage: CauseStage,
  cause: Cause,
  prng: Prng,
  clock: VirtualClock,
  agents: Readonly<Record<EndName, AgentClock>>,
): Omit<MadeCase, 'index' | 'misses'> | null {
  const log = { receiver: listen(stage.boxes.receiver, clock, prng), sender: listen(stage.boxes.sender, clock, prng) };
  for (const name of NAMES) arm(stage, name);
  others(stage, prng);
  noise(stage, prng, PLAY_MS);
  clock.runTo(clock.nowMs + prng.between(20_000, 400_000));
  let openedMs: number | null = null;
  const truth = cause.act(stage);
  const message = (text: string): boolean => text.includes('RECVD_PKT_INV_SPI') && !text.includes('srcaddr=172.31.');
  let seen = log.receiver.length;
  clock.runTo(clock.nowMs + PLAY_MS, () => {
    for (; seen < log.receiver.length && openedMs === null; seen += 1) {
      if (message(log.receiver[seen]!.text)) openedMs = log.receiver[seen]!.atMs;
    }
    return openedMs !== null;
  });
  if (openedMs === null) return null;
  const opened: number = openedMs;
  const source = /srcaddr=([\d.]+)/.exec(
    log.receiver.find(({ atMs, text }) => atMs === opened && message(text))?.text ?? '',
  )?.[1];
  const alone = source !== undefined && !source.startsWith('11.1.1.');
  const alertMs = opened + prng.between(4, 60);
  const asked: Record<EndName, Asked[]> = { receiver: [], sender: [] };
  const debugs = { receiver: stage.boxes.receiver.debugsOn(), sender: stage.boxes.sender.debugsOn() };
  const round = (name: EndName, which: 'first' | 'stop', atMs: number) => {
    const platform = platformNamed(stage.plan.boxes[name].platform)!;
    const peer = name === 'receiver' ? (source ?? SENDER_ADDRESS) : RECEIVER_ADDRESS;
    const list = planRound(platform, which, peer, atMs, prng);
    asked[name].push(...list);
    return { box: stage.boxes[name], asked: list };
  };
  ask(clock, [
    round('receiver', 'first', opened + prng.between(15, 120)),
    round('sender', 'first', alertMs + prng.between(15, 200)),
  ]);
  const stopMs = opened + STOP_MS;
  clock.runTo(stopMs);
  for (const name of NAMES) stage.boxes[name].console('undebug all');
  ask(clock, [
    round('receiver', 'stop', stopMs + prng.between(150, 500)),
    round('sender', 'stop', stopMs + prng.between(150, 500)),
  ]);
  const sealedMs = stopMs + prng.between(6_000, 45_000);
  clock.runTo(sealedMs);
  const id = ulid(
    wall(agents.receiver.wallAt(opened)),
    new Uint8Array(10).map(() => prng.between(0, 255)),
  );
  const helloMs = opened - prng.between(1_000, 60_000);
  const common = { id, stopMs, sealedMs, logFromMs: opened - LOG_BEFORE_MS };
  const halfTripMs = prng.between(1, 25);
  const end = (name: EndName): EndRecord => {
    const other: EndName = name === 'receiver' ? 'sender' : 'receiver';
    const box = stage.boxes[name];
    const first = asked[name].find(({ command }) => command === 'show clock')!;
    return {
      ...common,
      role: name === 'receiver' ? 'hub' : 'spoke',
      name: name === 'receiver' ? 'hub1' : 'spoke1',
      hostname: box.hostname,
      platform: stage.plan.boxes[name].platform,
      address: box.core.options.cryptoAddress,
      peers: peersOf(name, source ?? SENDER_ADDRESS),
      hello: {
        offsetMs: agents[other].wallAt(helloMs) - agents[name].wallAt(helloMs) + prng.between(-halfTripMs, halfTripMs),
        uncertaintyMs: halfTripMs,
        atMs: helloMs,
      },
      clock: agents[name],
      deviceClock: { text: first.text.replace(/^[*.]/, ''), mark: box.core.behaviour.clockMark, atMs: first.atMs },
      openedMs: name === 'receiver' ? opened : alertMs,
      debugs: debugs[name],
      asked: asked[name],
      log: log[name],
      signals: alone
        ? []
        : name === 'receiver'
          ? [{ direction: 'sent', phase: 'alert', atMs: opened + 1, tookMs: alertMs - opened + 1 }]
          : [{ direction: 'received', phase: 'alert', atMs: alertMs, tookMs: 0 }],
    };
  };
  const ends = alone ? [bundleOf(end('receiver'))] : NAMES.map((name) => bundleOf(end(name)));
  return { truth, ends };
}

function peersOf(name: EndName, source: string): Peer[] {
  if (name === 'sender') return [{ name: 'hub1', kind: 'spitrap', cryptoAddresses: [RECEIVER_ADDRESS] }];
  const spoke = (range: string): Peer => ({ name: 'spoke1', kind: 'spitrap', cryptoAddresses: [range] });
  if (source === SENDER_ADDRESS) return [spoke(SENDER_ADDRESS)];
  if (source.startsWith('11.1.1.')) return [spoke('11.1.1.0/24')];
  // Whoever it is: a hub whose inventory has everybody.
  return [spoke(SENDER_ADDRESS), { name: 'anybody', kind: 'eem', cryptoAddresses: ['0.0.0.0/0'] }];
}

/** As the agents arm: conditions first, then the debugs. */
function arm(stage: CauseStage, name: EndName): void {
  const box = stage.boxes[name];
  box.console(`debug crypto condition peer ipv4 ${name === 'receiver' ? SENDER_ADDRESS : RECEIVER_ADDRESS}`);
  const { ikeVersion } = stage.plan.settings[name];
  for (const debug of ikeVersion === 1 ? ['isakmp', 'ipsec'] : ['ikev2', 'ipsec']) box.console(`debug crypto ${debug}`);
}

/** Further spokes of a DMVPN hub: rows in every table. */
function others(stage: CauseStage, prng: Prng): void {
  const { kind, role, ikeVersion, ikeLifetimeSeconds, ipsecLifetimeSeconds } = stage.plan.settings.receiver;
  if (kind !== 'dmvpn' || role !== 'hub') return;
  const settings = { ikeVersion, packetsPerSecond: 5, ikeLifetimeSeconds, ipsecLifetimeSeconds, dpdSeconds: 0, otherPeers: 0 };
  const { core } = stage.boxes.receiver;
  for (let index = prng.between(0, 3); index > 0; index -= 1) {
    const place = {
      peer: `172.31.${prng.between(1, 250)}.${prng.between(1, 250)}`,
      role: 'hub' as const,
      localTunnelAddress: '172.16.0.1',
      peerTunnelAddress: `172.16.0.${20 + index}`,
    };
    const other = new PairEnd(core, place, settings, prng);
    const since = monotonic(core.clock.monotonic() - prng.between(10, ipsecLifetimeSeconds - 60) * 1_000);
    other.establish(index + 1, false, prng.hex(16), prng.hex(16), since);
    other.install(prng.spi(), prng.spi(), false, since);
    other.tunnel.encaps = prng.between(1_000, 90_000);
    other.tunnel.decaps = prng.between(1_000, 90_000);
    core.onReload.push((what) => {
      if (what === 'down') {
        other.lose();
        other.tunnel.present = false;
      }
    });
  }
}
