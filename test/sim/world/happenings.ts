/**
 * SHELF: what may happen in a night, one entry a kind: faults of network, sessions, devices, disks, hosts and clocks, and people who do
 * what people do. `amount` (0 to 1) is the dice that the plan threw for it. Used by plan.ts (which), play.ts (when).
 */
import type { End } from '../sim-pair.ts';
import type { Stage } from './stage.ts';
import { PATHS, type Path } from './weather.ts';

/** Did it take effect? A question where that shows later: a loss that met no packet was none. */
export type Took = boolean | (() => boolean);

interface HappeningKind {
  readonly name: string;
  readonly apply: (stage: Stage, end: End, amount: number) => Took;
}

const of = <T>(amount: number, choices: readonly T[]): T =>
  choices[Math.min(choices.length - 1, Math.floor(amount * choices.length))]!;
const SECOND = 1_000;

const pathsOf = (stage: Stage, amount: number): readonly Path[] =>
  stage.setting.twoPaths ? of((amount * 10) % 1, [PATHS, ['in-band'], ['out-of-band']]) : ['in-band'];

/** From now on it grows. */
function grows(count: () => number): () => boolean {
  const before = count();
  return () => count() > before;
}

/** A command of an agent that this is about was typed since. */
function meets(stage: Stage, end: End, commands: readonly RegExp[]): () => boolean {
  const { commandLog } = stage.boxes[end];
  const from = commandLog.length;
  return () => commandLog.slice(from).some(({ expanded, line }) => line >= 0 && commands.some((one) => one.test(expanded)));
}

const spoils = (stage: Stage, end: End, how: 'stall' | 'drop' | 'refuse', commands: readonly RegExp[]): Took => {
  stage.behave(end, { [how]: commands });
  return meets(stage, end, commands);
};

/** Writes that were tried since. */
function writes(stage: Stage, end: End): () => boolean {
  const { disk } = stage.station(end);
  const from = disk.operations.length;
  return () => disk.operations.slice(from).some((operation) => /^(?:append|sync|rename) /.test(operation));
}

const kinds = [
  // The events themselves.
  { name: 'desync', apply: (stage) => stage.lab((lab) => lab.desync()) },
  { name: 'transient', apply: (stage) => stage.lab((lab) => lab.rekeyTransient()) },
  { name: 'storm', apply: (stage, _end, amount) => stage.lab((lab) => lab.storm(5 + Math.round(amount * 40))) },
  { name: 'both-detect', apply: (stage) => stage.lab((lab) => lab.bothDetect()) },
  { name: 'repair', apply: (stage) => stage.lab((lab) => lab.repair()) },
  // The network between the agents, each way and each path.
  {
    name: 'lose',
    apply: (stage, end, amount) => {
      stage.weather.change(end, pathsOf(stage, amount), { lossPercent: of(amount, [20, 60, 90]) });
      return grows(() => stage.weather.seen.lost);
    },
  },
  {
    name: 'delay',
    apply: (stage, end, amount) => {
      stage.weather.change(end, pathsOf(stage, amount), { delayMs: of(amount, [5, 80, 700]) });
      return grows(() => stage.weather.seen.delayed);
    },
  },
  {
    name: 'reorder',
    apply: (stage, end) => {
      stage.weather.change(end, PATHS, { delayMs: 2_000, duplicatePercent: 30 });
      return grows(() => stage.weather.seen.reordered);
    },
  },
  {
    name: 'duplicate',
    apply: (stage, end, amount) => {
      stage.weather.change(end, pathsOf(stage, amount), { duplicatePercent: 50 });
      return grows(() => stage.weather.seen.duplicated);
    },
  },
  {
    name: 'partition-one-way',
    apply: (stage, end, amount) => {
      stage.weather.change(end, pathsOf(stage, amount), { lossPercent: 100 });
      return grows(() => stage.weather.seen.lost);
    },
  },
  {
    name: 'partition',
    apply: (stage) => {
      stage.weather.change('hub', PATHS, { lossPercent: 100 });
      stage.weather.change('spoke', PATHS, { lossPercent: 100 });
      return grows(() => stage.weather.seen.lost);
    },
  },
  {
    name: 'partition-path',
    apply: (stage, _end, amount) => {
      if (!stage.setting.twoPaths) return false;
      const path = of(amount, PATHS);
      stage.weather.change('hub', [path], { lossPercent: 100 });
      stage.weather.change('spoke', [path], { lossPercent: 100 });
      return grows(() => stage.weather.seen.lost);
    },
  },
  {
    name: 'lose-syslog',
    apply: (stage, end) => {
      stage.loseSyslog(end);
      return grows(() => stage.syslogLost[end]);
    },
  },
  // The way to the device.
  {
    name: 'drop-sessions',
    apply: (stage, end) => {
      const had = stage.hosts[end].shells > 0;
      stage.trouble(end);
      stage.station(end).shells.dropAll();
      return had;
    },
  },
  {
    name: 'unreachable',
    apply: (stage, end) => {
      const tried = grows(() => stage.station(end).shells.opened);
      stage.refuseSessions(end, 'SSH_UNREACHABLE');
      stage.station(end).shells.dropAll();
      return tried;
    },
  },
  {
    name: 'refuse-logins',
    apply: (stage, end) => {
      const tried = grows(() => stage.station(end).shells.opened);
      stage.refuseSessions(end, 'SSH_AUTH_REFUSED');
      stage.station(end).shells.dropAll();
      return tried;
    },
  },
  {
    name: 'reach-again',
    apply: (stage, end) => stage.reachAgain(end),
  },
  {
    name: 'slow-commands',
    apply: (stage, end, amount) => {
      stage.behave(end, { thinkMs: of(amount, [1_000, 4_000, 9_000]) });
      return meets(stage, end, [/./]);
    },
  },
  {
    name: 'stall-command',
    apply: (stage, end, amount) =>
      spoils(stage, end, 'stall', [
        of(amount, [
          /^show crypto ipsec/,
          /^show debugging/,
          /^undebug|^no debug/,
          /^debug crypto/,
          /^show processes/,
          /^show logging/,
        ]),
      ]),
  },
  {
    name: 'cut-command',
    apply: (stage, end, amount) =>
      spoils(stage, end, 'drop', [
        of(amount, [/^show crypto/, /^show debugging/, /^undebug|^no debug/, /^debug/, /^configure/, /^show logging/]),
      ]),
  },
  {
    name: 'refuse-command',
    apply: (stage, end, amount) =>
      spoils(stage, end, 'refuse', [
        of(amount, [
          /^undebug all$/,
          /^no debug crypto (?!condition)/,
          /^no debug crypto condition/,
          /^show debugging$/,
          /^show crypto/,
          /^debug crypto/,
          /^configure/,
          /^show processes/,
        ]),
      ]),
  },
  {
    name: 'obey-again',
    apply: (stage, end) => {
      stage.behave(end, { refuse: [], stall: [], drop: [], thinkMs: stage.setting.thinkMs[end], cpuPercent: 3 });
      return true;
    },
  },
  { name: 'take-vtys', apply: (stage, end) => stage.takeVtys(end) > 0 },
  {
    name: 'busy-cpu',
    apply: (stage, end) => {
      stage.behave(end, { cpuPercent: 90 });
      return meets(stage, end, [/^show processes/]);
    },
  },
  {
    name: 'noise',
    apply: (stage, end, amount) => {
      stage.noisy.add(end);
      stage.boxes[end].behave({ noisePerSecond: of(amount, [2, 20]) });
      return true;
    },
  },
  {
    name: 'reboot-device',
    apply: (stage, end, amount) => {
      if (stage.boxes[end].isHung()) return false;
      stage.trouble(end);
      stage.boxes[end].reload(5 * SECOND + Math.round(amount * 60) * SECOND);
      return true;
    },
  },
  // Another engineer.
  {
    name: 'someone-debugs',
    apply: (stage, end, amount) =>
      stage.person(end, of(amount, ['debug ip packet', 'debug crypto isakmp', 'debug crypto engine'])),
  },
  { name: 'someone-conditions', apply: (stage, end) => stage.person(end, 'debug crypto condition peer ipv4 203.0.113.77') },
  { name: 'someone-undebugs', apply: (stage, end) => stage.person(end, 'undebug all') },
  {
    name: 'someone-ends-one',
    apply: (stage, end, amount) => stage.person(end, of(amount, ['no debug crypto isakmp', 'no debug crypto ipsec'])),
  },
  {
    name: 'someone-unconditions',
    apply: (stage, end) => {
      const [ours] = stage.boxes[end].core.debugs.values('peer ipv4');
      // The last one of all with debugs on would flood the box: no engineer who knows it does that.
      if (ours === undefined || stage.debugsOn(end).length > 0) return false;
      return stage.person(end, `no debug crypto condition peer ipv4 ${ours}`);
    },
  },
  {
    name: 'secret-in-log',
    apply: (stage, end) => {
      if (stage.boxes[end].isHung()) return false;
      const text = 'User:noc  logged command:username spitrap password box-pw';
      stage.boxes[end].core.log.message(5, 'PARSER-5-CFGLOG_LOGGEDCMD', text);
      return true;
    },
  },
  // Disks.
  {
    name: 'full-disk',
    apply: (stage, end) => {
      stage.hosts[end].diskTroubledAt = stage.now;
      stage.station(end).disk.fail('append', 'ENOSPC');
      return writes(stage, end);
    },
  },
  {
    name: 'fill-disk',
    apply: (stage, end, amount) => {
      const { disk } = stage.station(end);
      stage.hosts[end].diskTroubledAt = stage.now;
      // The write that fills it is taken in part.
      disk.capacityBytes = disk.usedBytes + Math.round(amount * 4_000);
      return () => disk.usedBytes >= disk.capacityBytes;
    },
  },
  {
    name: 'failing-disk',
    apply: (stage, end, amount) => {
      stage.hosts[end].diskTroubledAt = stage.now;
      stage.station(end).disk.fail(of(amount, ['sync', 'append', 'rename'] as const), 'EIO', 1 + Math.round(amount * 5));
      return writes(stage, end);
    },
  },
  {
    name: 'stall-disk',
    apply: (stage, end, amount) => {
      stage.stallDisk(end, of(amount, [2, 10, 30, 30, 240]) * SECOND);
      return writes(stage, end);
    },
  },
  // Hosts and clocks.
  { name: 'kill', apply: (stage, end) => stage.hosts[end].die() },
  {
    name: 'kill-and-restart',
    apply: (stage, end, amount) => {
      const died = stage.hosts[end].die();
      stage.restartAfter(end, Math.round(amount * 20) * SECOND);
      return died;
    },
  },
  { name: 'kill-both', apply: (stage) => [stage.hosts.hub.die(), stage.hosts.spoke.die()].some((died) => died) },
  {
    name: 'kill-after-effects',
    apply: (stage, end, amount) => {
      const { deaths } = stage.hosts[end];
      stage.hosts[end].killAfterEffects(Math.round(amount * 120));
      stage.restartAfter(end, (10 + (Math.round(amount * 200) % 20)) * SECOND);
      return grows(() => deaths.length);
    },
  },
  {
    name: 'kill-in-journal',
    apply: (stage, end, amount) => {
      const { deaths } = stage.hosts[end];
      stage.hosts[end].killInJournal(Math.round(amount * 40), (amount * 97) % 1);
      stage.restartAfter(end, (10 + (Math.round(amount * 200) % 20)) * SECOND);
      return grows(() => deaths.length);
    },
  },
  { name: 'power-loss', apply: (stage, end, amount) => stage.hosts[end].losePower(amount) },
  {
    name: 'reboot-host',
    apply: (stage, end, amount) => {
      const died = stage.hosts[end].losePower((amount * 10) % 1);
      stage.restartAfter(end, (5 + Math.round(amount * 60)) * SECOND);
      return died;
    },
  },
  { name: 'lose-data-dir', apply: (stage, end) => stage.hosts[end].loseDataDir() },
  {
    name: 'restart-without-data-dir',
    apply: (stage, end, amount) => {
      const died = stage.hosts[end].loseDataDir();
      stage.restartAfter(end, Math.round(amount * 20) * SECOND);
      return died;
    },
  },
  {
    name: 'step-clock',
    apply: (stage, end, amount) => {
      stage.hosts[end].wallAheadMs += Math.round((amount - 0.5) * 7_200) * SECOND;
      return true;
    },
  },
  { name: 'leave', apply: (stage, end) => stage.leave(end) },
  {
    name: 'leave-and-return',
    apply: (stage, end, amount) => {
      stage.restartAfter(end, (20 + Math.round(amount * 20)) * SECOND);
      return stage.leave(end);
    },
  },
  // People at the agents.
  {
    name: 'arm',
    apply: (stage, end, amount) =>
      stage.hands(end, (handlers) => handlers.arm({ pair: amount < 0.7, leaseMs: null, who: 'ops' })),
  },
  {
    name: 'disarm',
    apply: (stage, end, amount) =>
      stage.hands(end, (handlers) => handlers.disarm({ pair: amount < 0.7, leaseMs: null, who: 'ops' })),
  },
  { name: 'hold', apply: (stage, end) => stage.hold(end, true) },
  { name: 'hold-off', apply: (stage, end) => stage.heldSince[end] !== null && stage.hold(end, false) },
  { name: 'capture', apply: (stage, end) => stage.capture(end, false) },
  { name: 'capture-pair', apply: (stage, end) => stage.capture(end, true) },
  {
    name: 'acknowledge',
    apply: (stage, end) => {
      if (!stage.hosts[end].listens) return false;
      const [alarm] = stage.sim.status(end).alarms.filter(({ acknowledged }) => !acknowledged);
      if (alarm === undefined) return false;
      stage.acknowledged[end].push({ at: stage.now, text: alarm.text });
      return stage.hands(end, (handlers) => handlers.ack(alarm.id, 'ops'));
    },
  },
] as const satisfies readonly HappeningKind[];

/** What strangers do. In scenes of their own alone (rare-scenes.ts): the nights that were played before them stay what they are. */
const strangersKinds = [
  {
    name: 'hold-back',
    apply: (stage, end) => {
      stage.weather.holdBack(end, 6 * SECOND, 200 * SECOND);
      return grows(() => stage.weather.seen.heldBack);
    },
  },
  { name: 'forge-line', apply: (stage, end, amount) => stage.forgeLine(end, Math.round(amount * 0xffff)) },
  {
    // `clear line`: the agent logs in for control first.
    name: 'clear-line',
    apply: (stage, end, amount) => {
      stage.trouble(end);
      return stage.station(end).shells.dropOne(of(amount, [0, 1]));
    },
  },
] as const satisfies readonly HappeningKind[];

export type Kind = (typeof kinds)[number]['name'] | (typeof strangersKinds)[number]['name'];
/** What any night may hold. */
export const happeningKinds: readonly Kind[] = kinds.map(({ name }) => name);
export const allKinds: readonly Kind[] = [...kinds, ...strangersKinds].map(({ name }) => name);

const byName: ReadonlyMap<string, HappeningKind> = new Map([...kinds, ...strangersKinds].map((kind) => [kind.name, kind]));

export const happen = (kind: Kind, stage: Stage, end: End, amount: number): Took => byName.get(kind)!.apply(stage, end, amount);
