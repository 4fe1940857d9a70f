/**
 * A bad night as plain data, all of it from one seed: the setting of the pair, and what happens when. Plain, so that a failing night can
 * be printed, shrunk (shrink.ts) and played again (`npm run sim -- --replay FILE`). Played by play.ts.
 */
import { Dice } from '../../support/dice.ts';
import type { End, Syslog } from '../sim-pair.ts';
import { happeningKinds, type Kind } from './happenings.ts';

export interface Setting {
  readonly syslog: Syslog;
  readonly arm: 'manual' | 'always' | 'on-first-sighting';
  readonly stop: 'all' | 'own';
  readonly deadMan: boolean;
  readonly delayMs: number;
  readonly bothRoles: boolean;
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

export function planOf(seed: number): Plan {
  const dice = new Dice(seed * 15_485_863 + 11);
  const arm = dice.pick(['manual', 'manual', 'always', 'always', 'on-first-sighting'] as const);
  const setting: Setting = {
    syslog: dice.pick(['syslog-tcp', 'syslog-tcp', 'syslog-udp', 'both', 'file', 'all'] as const),
    arm,
    stop: arm === 'manual' ? 'all' : dice.pick(['own', 'own', 'all'] as const),
    deadMan: arm !== 'manual' && dice.percent() < 40,
    delayMs: dice.pick([3, 8, 18]) * SECOND,
    bothRoles: dice.percent() < 25,
    thinkMs: { hub: dice.upTo(300), spoke: dice.upTo(300) },
    rate: { hub: 1 + (dice.percent() - 50) / 500_000, spoke: 1 + (dice.percent() - 50) / 500_000 },
  };
  // Most nights hold their event, and trouble near it.
  const eventMs = 5 * SECOND + dice.upTo(20) * SECOND;
  const happenings: Happening[] = [];
  if (dice.percent() < 90)
    happenings.push({
      atMs: eventMs,
      kind: dice.pick(['desync', 'desync', 'desync', 'storm', 'both-detect']),
      end: 'hub',
      amount: dice.percent() / 100,
    });
  for (let left = dice.upTo(6); left > 0; left--)
    happenings.push({
      atMs: Math.max(0, eventMs + dice.pick([-8_000, 0, 0, setting.delayMs, setting.delayMs]) + dice.upTo(6_000) - 1_000),
      kind: dice.pick(happeningKinds),
      end: dice.pick(['hub', 'spoke'] as const),
      amount: dice.percent() / 100,
    });
  happenings.sort((a, b) => a.atMs - b.atMs);
  return { seed, setting, happenings, healAtMs: eventMs + setting.delayMs + dice.upTo(60) * SECOND };
}
