/**
 * SHELF: what may happen in a night, one entry a kind: faults of network, sessions, devices, disks, hosts and clocks, and people who do
 * what people do. `amount` (0 to 1) is the dice that the plan threw for it. Used by plan.ts (which), play.ts (when).
 */
import { SpitrapError } from '../../../shared/errors.ts';
import type { End } from '../sim-pair.ts';
import type { Stage } from './stage.ts';

interface HappeningKind {
  readonly name: string;
  readonly apply: (stage: Stage, end: End, amount: number) => Promise<void> | void;
}

const of = <T>(amount: number, choices: readonly T[]): T =>
  choices[Math.min(choices.length - 1, Math.floor(amount * choices.length))]!;
const SECOND = 1_000;

const kinds = [
  // The events themselves.
  { name: 'desync', apply: (stage) => stage.lab((lab) => lab.desync()) },
  { name: 'transient', apply: (stage) => stage.lab((lab) => lab.rekeyTransient()) },
  { name: 'storm', apply: (stage, _end, amount) => stage.lab((lab) => lab.storm(5 + Math.round(amount * 40))) },
  { name: 'both-detect', apply: (stage) => stage.lab((lab) => lab.bothDetect()) },
  // The network between the agents, each way and both.
  { name: 'lose', apply: (stage, end, amount) => stage.weather(end, { lossPercent: of(amount, [20, 60, 90]) }) },
  { name: 'delay', apply: (stage, end, amount) => stage.weather(end, { delayMs: of(amount, [5, 80, 700]) }) },
  { name: 'duplicate', apply: (stage, end) => stage.weather(end, { duplicatePercent: 50 }) },
  { name: 'partition-one-way', apply: (stage, end) => stage.weather(end, { lossPercent: 100 }) },
  {
    name: 'partition',
    apply: (stage) => {
      stage.weather('hub', { lossPercent: 100 });
      stage.weather('spoke', { lossPercent: 100 });
    },
  },
  { name: 'lose-syslog', apply: (stage, end) => stage.loseSyslog(end) },
  // The way to the device.
  { name: 'drop-sessions', apply: (stage, end) => stage.station(end).shells.dropAll() },
  {
    name: 'unreachable',
    apply: (stage, end) => {
      const { shells } = stage.station(end);
      shells.refuse = new SpitrapError('SSH_UNREACHABLE', `${end}: no route`, { retryable: true });
      shells.dropAll();
    },
  },
  {
    name: 'refuse-logins',
    apply: (stage, end) => {
      stage.station(end).shells.refuse = new SpitrapError('SSH_AUTH_REFUSED', `${end}: refused`, { retryable: true });
    },
  },
  { name: 'slow-commands', apply: (stage, end, amount) => stage.behave(end, { thinkMs: of(amount, [1_000, 4_000, 9_000]) }) },
  {
    name: 'stall-command',
    apply: (stage, end, amount) =>
      stage.behave(end, { stall: [of(amount, [/^show crypto ipsec/, /^show debugging/, /^undebug/])] }),
  },
  {
    name: 'cut-command',
    apply: (stage, end, amount) =>
      stage.behave(end, { drop: [of(amount, [/^show crypto/, /^show debugging/, /^undebug/, /^debug/])] }),
  },
  {
    name: 'refuse-command',
    apply: (stage, end, amount) =>
      stage.behave(end, {
        refuse: [of(amount, [/^undebug all$/, /^no debug/, /^show debugging$/, /^show crypto/, /^debug crypto/])],
      }),
  },
  { name: 'take-vtys', apply: (stage, end) => stage.takeVtys(end) },
  { name: 'busy-cpu', apply: (stage, end) => stage.behave(end, { cpuPercent: 90 }) },
  {
    name: 'reboot-device',
    apply: (stage, end, amount) => stage.boxes[end].reload(5 * SECOND + Math.round(amount * 60) * SECOND),
  },
  // Another engineer.
  {
    name: 'someone-debugs',
    apply: (stage, end, amount) =>
      stage.person(end, of(amount, ['debug ip packet', 'debug crypto isakmp', 'debug crypto engine'])),
  },
  { name: 'someone-conditions', apply: (stage, end) => stage.person(end, 'debug crypto condition peer ipv4 203.0.113.77') },
  { name: 'someone-undebugs', apply: (stage, end) => stage.person(end, 'undebug all') },
  // Disks.
  { name: 'full-disk', apply: (stage, end) => stage.station(end).disk.fail('append', 'ENOSPC') },
  { name: 'stall-disk', apply: (stage, end, amount) => stage.stallDisk(end, of(amount, [2, 10, 30]) * SECOND) },
  // Hosts and clocks.
  { name: 'kill', apply: (stage, end) => stage.kill(end) },
  { name: 'kill-and-restart', apply: (stage, end, amount) => stage.killAndRestart(end, Math.round(amount * 20) * SECOND) },
  { name: 'kill-after-acts', apply: (stage, end, amount) => stage.killAfter(end, Math.round(amount * 60)) },
  { name: 'power-loss', apply: (stage, end, amount) => stage.powerLoss(end, amount) },
  { name: 'lose-data-dir', apply: (stage, end) => stage.loseDataDir(end) },
  { name: 'step-clock', apply: (stage, end, amount) => stage.stepClock(end, Math.round((amount - 0.5) * 7_200) * SECOND) },
  { name: 'leave', apply: (stage, end) => stage.leave(end) },
  // People at the agents.
  { name: 'arm', apply: (stage, end) => stage.hands(end, (handlers) => handlers.arm({ pair: true, leaseMs: null, who: 'ops' })) },
  {
    name: 'disarm',
    apply: (stage, end) => stage.hands(end, (handlers) => handlers.disarm({ pair: true, leaseMs: null, who: 'ops' })),
  },
  {
    name: 'hold',
    apply: (stage, end, amount) => stage.hands(end, (handlers) => handlers.hold({ on: amount < 0.6, forMs: null })),
  },
] as const satisfies readonly HappeningKind[];

export type Kind = (typeof kinds)[number]['name'];
export const happeningKinds: readonly Kind[] = kinds.map(({ name }) => name);

const byName: ReadonlyMap<string, HappeningKind> = new Map(kinds.map((kind) => [kind.name, kind]));

export const happen = async (kind: Kind, stage: Stage, end: End, amount: number): Promise<void> => {
  await byName.get(kind)!.apply(stage, end, amount);
};
