/**
 * A bad night as plain data, all of it from one seed: the setting of the pair, and what happens when. Plain, so that a failing night can
 * be printed, shrunk (shrink.ts) and played again (`npm run sim -- --replay FILE`). Played by play.ts.
 */
import type { Mode } from '../../../shared/model/watch.ts';
import { Dice } from '../../support/dice.ts';
import type { End, Syslog } from '../sim-pair.ts';
import { happeningKinds, type Kind } from './happenings.ts';
import { rareSceneOf } from './rare-scenes.ts';
import { sceneOf } from './scenes.ts';

export interface Setting {
  readonly syslog: Syslog;
  /** By how much TCP is behind UDP where both bring the same line. */
  readonly tcpLagMs: number;
  readonly mode: Readonly<Record<End, Mode>>;
  readonly arm: 'manual' | 'always' | 'on-first-sighting';
  readonly stop: 'all' | 'own';
  readonly rearm: 'never' | 'if-transient' | 'after';
  readonly deadMan: boolean;
  readonly leaseMs: number;
  readonly maxDebugMs: number;
  readonly delayMs: number;
  readonly bothRoles: boolean;
  /** In-band and out-of-band. */
  readonly twoPaths: boolean;
  readonly keepLogs: boolean;
  readonly thinkMs: Readonly<Record<End, number>>;
  /** Monotonic clocks of the agents' hosts against the night's: 1.0001 gains 0.1 ms a second. */
  readonly rate: Readonly<Record<End, number>>;
}

export interface Happening {
  /** After the pair is up. */
  readonly atMs: number;
  readonly kind: Kind;
  readonly end: End;
  /** 0 to 1: what the kind makes of it stands in happenings.ts. */
  readonly amount: number;
}

export interface Plan {
  readonly seed: number;
  readonly setting: Setting;
  readonly happenings: readonly Happening[];
  /** From then on nothing is wrong any more, and nobody does anything. */
  readonly healAtMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** One passes as much time as three others: of a hundred thousand nights, two thousand are enough. */
const LONG_PERCENT = 2;
/** Most nights are short: what trouble does it does at once, and a rest in which nothing happens shows nothing. */
const REST_PERCENT = 25;

const TAKES_BACK: Partial<Record<Kind, Kind>> = {
  ...{ unreachable: 'reach-again', 'refuse-logins': 'reach-again', hold: 'hold-off', 'refuse-command': 'obey-again' },
};

export function planOf(seed: number): Plan {
  const dice = new Dice(seed * 15_485_863 + 11);
  const scene = rareSceneOf(seed) ?? (dice.percent() < 45 ? sceneOf(dice) : null);
  const setting: Setting = { ...settingOf(dice), ...scene?.setting };
  // Most nights hold their event, and trouble near it; in a long one leases and whole allowances run out.
  const isLong = dice.percent() < LONG_PERCENT;
  const eventMs = 5 * SECOND + dice.upTo(20) * SECOND;
  const at = (): number =>
    Math.max(0, eventMs + dice.pick([-8_000, 0, 0, setting.delayMs, setting.delayMs]) + dice.upTo(6_000) - 1_000);
  const happenings: Happening[] = [];
  const add = (atMs: number, kind: Kind): void =>
    void happenings.push({ atMs, kind, end: dice.pick(['hub', 'spoke'] as const), amount: dice.percent() / 100 });
  if (scene !== null || dice.percent() < 85)
    add(eventMs, dice.pick(['desync', 'desync', 'desync', 'transient', 'storm', 'both-detect']));
  for (let left = dice.upTo(scene === null ? 6 : 1); left > 0; left--) add(at(), dice.pick(happeningKinds));
  for (const { afterMs, stopIs, kind, end, amount } of scene?.happenings ?? [])
    happenings.push({ atMs: Math.max(0, eventMs + (stopIs ? setting.delayMs : 0) + afterMs), kind, end, amount });
  // What takes back what was done before finds little to take back otherwise.
  for (const { atMs, kind, end } of [...happenings]) {
    const back = TAKES_BACK[kind];
    if (back !== undefined && dice.percent() < 40)
      happenings.push({ atMs: atMs + dice.upTo(40) * SECOND, kind: back, end, amount: 0 });
  }
  if (isLong) for (let left = dice.upTo(3); left > 0; left--) add(eventMs + dice.upTo(6 * MINUTE), dice.pick(happeningKinds));
  happenings.sort((a, b) => a.atMs - b.atMs);
  const shortMs = dice.upTo(dice.percent() < REST_PERCENT ? 60 : 12) * SECOND;
  const restMs = isLong ? 6 * MINUTE + dice.upTo(6) * MINUTE : shortMs;
  const healAtMs = eventMs + setting.delayMs + Math.max(restMs, scene?.lastsMs ?? 0);
  return { seed, setting, happenings, healAtMs };
}

function settingOf(dice: Dice): Setting {
  const arm = dice.pick(['manual', 'manual', 'always', 'always', 'on-first-sighting'] as const);
  const calm = { hub: 'act', spoke: 'act' } as const;
  return {
    syslog: dice.pick(['syslog-tcp', 'syslog-tcp', 'syslog-udp', 'both', 'file', 'all', 'terminal-monitor'] as const),
    tcpLagMs: dice.pick([0, 300]),
    mode:
      dice.percent() < 88
        ? calm
        : dice.pick([
            { hub: 'act', spoke: 'capture' },
            { hub: 'capture', spoke: 'act' },
            { hub: 'act', spoke: 'observe' },
            { hub: 'observe', spoke: 'act' },
            { hub: 'capture', spoke: 'capture' },
          ] as const),
    arm,
    stop: arm === 'manual' ? 'all' : dice.pick(['own', 'own', 'all'] as const),
    rearm: arm === 'manual' ? 'never' : dice.pick(['never', 'if-transient', 'if-transient', 'after'] as const),
    deadMan: arm !== 'manual' && dice.percent() < 40,
    leaseMs: dice.pick([3, 5]) * MINUTE,
    maxDebugMs: dice.percent() < 8 ? 4 * MINUTE : 72 * 60 * MINUTE,
    delayMs: dice.pick([1, 3, 8, 18]) * SECOND,
    bothRoles: dice.percent() < 25,
    twoPaths: dice.percent() < 40,
    keepLogs: dice.percent() < 10,
    thinkMs: { hub: dice.upTo(300), spoke: dice.upTo(300) },
    rate: { hub: 1 + (dice.percent() - 50) / 500_000, spoke: 1 + (dice.percent() - 50) / 500_000 },
  };
}
