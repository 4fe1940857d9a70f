/**
 * Everything of the lab that is simulated, in this process: two head-ends with a tunnel between them, SSH and syslog in front of them,
 * the relay between the agents, and the files that the agents read. Set up by run.ts; the agents themselves are processes of their own.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import { defaultValues } from '../../../shared/wire/signal.ts';
import type { Box, BoxOptions, LabPair } from '../../lab/contract.ts';
import { createLabPair } from '../../lab/pair.ts';
import { Prng } from '../../lab/prng.ts';
import { type LabSshServer, startSshServer } from '../../lab/ssh-server.ts';
import { type LabSyslogSender, startSyslogSender } from '../../lab/syslog-sender.ts';
import type { Cleanup } from '../../lifecycle.ts';
import type { SnmpCredentials } from '../../net/signalling.ts';
import type { Datagrams, Disk, Endpoint, Random, Streams } from '../../ports.ts';
import { type BoxesAs, type CastCause, castCause } from './cause-cast.ts';
import {
  communityFile,
  configFile,
  drawSecrets,
  type EndFacts,
  type LabSecrets,
  labUser,
  secretFiles,
  snmpUser,
} from './config-files.ts';
import { openEemEnd } from './eem-end.ts';
import { chooseLoopback, type Loopback } from './loopback.ts';
import { type End, ends, otherEnd, type Relay, type RelayEvent, startRelay } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import { CRYPTO_ADDRESS, hasAgent, MESSAGE_INTERVAL_MS, type Setting } from './setting.ts';
import { type Datagram, signalReader } from './signal-reader.ts';

export interface StageOptions {
  readonly folder: string;
  readonly scenario: Scenario;
  readonly delayMs: DurationMs;
  readonly seed: number;
  /** Percent of all datagrams between the agents that are lost at random, once `loseFromNow` was called. */
  readonly lossPercent: number;
  readonly onRelay: (event: RelayEvent) => void;
  /** Each message of a box, at the moment at which it is sent. */
  readonly onSyslog: (end: End, message: string) => void;
}

export interface StageWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly datagrams: Datagrams;
  readonly streams: Streams;
}

export interface Stage {
  /** Null: a cause is played. */
  readonly pair: LabPair | null;
  /** Null: a pair that only a play breaks. */
  readonly cause: CastCause | null;
  readonly boxes: Readonly<Record<End, Box>>;
  readonly facts: Readonly<Record<End, EndFacts>>;
  readonly relay: Relay;
  readonly ssh: Readonly<Record<End, LabSshServer>>;
  readonly syslog: Readonly<Record<End, LabSyslogSender>>;
  /** The line between the agents gets bad: the two have found each other before. */
  loseFromNow(): void;
  /** Absolute. */
  readonly configs: Readonly<Record<End, string>>;
}

const HOSTNAME: Readonly<Record<End, string>> = { hub: 'hub1', spoke: 'spoke1' };
const PLATFORM = 'cisco-ios';
const VTY_LINES = 5;
const AFTER_MS = 1_000;
const HELLO_MS = 2_000;
/** As long as a small router takes to begin an answer. */
const THINK_MS = 12;

/** Adds everything it opens to `cleanup`, in the order of opening. Rejects with LISTEN_REFUSED or DISK_FAILED. */
export async function setStage(options: StageOptions, world: StageWorld, cleanup: Cleanup): Promise<Stage> {
  const { clock, disk } = world;
  const secrets = drawSecrets(world.random);
  const loopback = await chooseLoopback(world, world.random);
  const { setting } = options.scenario;
  const as: BoxesAs = { hub: boxAs('hub', options, secrets, loopback), spoke: boxAs('spoke', options, secrets, loopback) };
  const cause = setting.cause === undefined ? null : castCause(setting.cause, options.seed, as, clock);
  const pair = cause === null ? plainPair(as, options, clock) : null;
  cleanup.add('boxes', () => (cause ?? pair)?.close());
  const boxes: Readonly<Record<End, Box>> = cause?.boxes ?? { hub: pair!.hub, spoke: pair!.spoke };
  // Before the senders: what we tell of a message must not wait for the network.
  for (const end of ends) boxes[end].onSyslog((message) => options.onSyslog(end, message));

  const ssh = await forBoth(async (end) => {
    const listen = { address: loopback.box[end], port: 0 };
    const users = [{ user: labUser, password: secrets.ssh[end] }];
    return cleanup.add(`ssh ${end}`, await startSshServer({ box: boxes[end], clock, listen, users, legacy: false }));
  });
  const syslog = await forBoth(async (end) => {
    const [to, sourceAddress] = [loopback.syslog[end], loopback.box[end]];
    return cleanup.add(`syslog ${end}`, await startSyslogSender({ box: boxes[end], clock, transport: 'tcp', to, sourceAddress }));
  });
  const credentials: SnmpCredentials = {
    version: 3,
    user: snmpUser,
    auth: { protocol: 'sha256', key: secrets.auth },
    priv: { protocol: 'aes128', key: secrets.priv },
  };
  const line = losses(options);
  const relay = cleanup.add(
    'relay',
    await startRelay({
      datagrams: world.datagrams,
      clock,
      address: loopback.relay,
      agents: loopback.signal,
      read: signalReader(credentials, defaultValues),
      drops: line.drops,
      onEvent: options.onRelay,
    }),
  );

  const sendTo: Record<End, Endpoint> = { ...relay.front };
  if (setting.eem) {
    const [end, far] = [setting.eem, otherEnd(setting.eem)];
    const peer = { cryptoAddress: CRYPTO_ADDRESS[far], agent: loopback.signal[far] };
    const address = loopback.box[end];
    const snmp = await openEemEnd({ end, box: boxes[end], datagrams: world.datagrams, address, peer, delayMs: options.delayMs });
    cleanup.add(`snmp ${end}`, snmp);
    sendTo[far] = snmp.local;
  }
  const factsOf = (end: End): EndFacts => ({
    deviceName: HOSTNAME[end],
    ssh: ssh[end].local,
    hostKey: ssh[end].hostKeyFingerprint,
    boxAddress: loopback.box[end],
    cryptoAddress: CRYPTO_ADDRESS[end],
    platform: cause?.platforms[end] ?? PLATFORM,
    syslog: loopback.syslog[end],
    signal: loopback.signal[end],
    sendTo: sendTo[end],
  });
  const facts: Record<End, EndFacts> = { hub: factsOf('hub'), spoke: factsOf('spoke') };
  await disk.makeFolder(`${options.folder}/secrets`);
  const times = { delayMs: options.delayMs, afterMs: AFTER_MS, helloMs: HELLO_MS };
  const configFiles = ends.filter((end) => hasAgent(setting, end)).map((end) => configFile(end, facts, times, setting));
  const communities = setting.eem ? [communityFile] : [];
  for (const file of [...secretFiles(secrets), ...communities, ...configFiles])
    await writeText(`${options.folder}/${file.path}`, file.text, disk);
  const configs: Record<End, string> = { hub: `${options.folder}/hub.yaml`, spoke: `${options.folder}/spoke.yaml` };
  return { pair, cause, boxes, facts, relay, ssh, syslog, configs, loseFromNow: line.begin };
}

function plainPair(as: BoxesAs, { seed, scenario }: StageOptions, clock: Clock): LabPair {
  const box = (end: End): BoxOptions => ({ ...as[end], platform: PLATFORM, clock, seed: end === 'hub' ? seed : seed + 1 });
  return createLabPair(box('hub'), box('spoke'), scenario.setting.pair);
}

function boxAs(end: End, { scenario }: StageOptions, secrets: LabSecrets, loopback: Loopback): BoxesAs[End] {
  const { messageIntervalMs, limitByFlow }: Setting = scenario.setting;
  return {
    hostname: HOSTNAME[end],
    cryptoAddress: CRYPTO_ADDRESS[end],
    enableSecret: secrets.enable[end],
    vtyLines: VTY_LINES,
    messageIntervalMs: messageIntervalMs ?? MESSAGE_INTERVAL_MS,
    messageLimitScope: limitByFlow ? 'flow' : 'box',
    logHost: loopback.syslog[end].address,
    logPort: loopback.syslog[end].port,
    // Without it the message arrives and the debugs do not (facts.md §5).
    trapLevel: 'debugging',
    // With it the first debug output hangs the box.
    consoleLevel: null,
    behaviour: { thinkMs: THINK_MS, clockMark: '', sequenceNumbers: true },
  };
}

interface Losses {
  readonly drops: (datagram: Datagram, sender: End) => boolean;
  begin(): void;
}

/** The scenario's losses, and those of a bad line. Seeded: the n-th datagram is lost or not, whatever it is. */
function losses({ scenario, lossPercent, seed }: StageOptions): Losses {
  const dice = new Prng(seed).fork('relay');
  let bad = false;
  return {
    drops: (datagram, sender) => (bad && dice.between(0, 99) < lossPercent) || scenario.loses(datagram, sender),
    begin: () => {
      bad = true;
    },
  };
}

async function forBoth<T>(make: (end: End) => Promise<T>): Promise<Record<End, T>> {
  return { hub: await make('hub'), spoke: await make('spoke') };
}

async function writeText(path: string, text: string, disk: Disk): Promise<void> {
  const file = await disk.open(path, 'create');
  try {
    await file.append(Buffer.from(text));
  } finally {
    await file.close();
  }
}
