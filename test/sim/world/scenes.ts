/**
 * SHELF: what three things at once bring about and chance hardly ever does: a state of the machine that lasts for a moment or wants a
 * trouble of its own, and something that comes into it. A state says which trouble holds it and when; what comes is drawn. Used by plan.ts.
 */
import type { Dice } from '../../support/dice.ts';
import type { End } from '../sim-pair.ts';
import type { Kind } from './happenings.ts';
import type { Setting } from './plan.ts';

export interface SceneHappening {
  /** After the event, or after the time of its stop. */
  readonly afterMs: number;
  readonly stopIs: boolean;
  readonly kind: Kind;
  readonly end: End;
  readonly amount: number;
}

export interface Scene {
  readonly setting: Partial<Setting>;
  readonly happenings: readonly SceneHappening[];
  /** After the stop's time. */
  readonly lastsMs: number;
}

export interface State {
  readonly name: string;
  readonly setting?: (dice: Dice) => Partial<Setting>;
  /** What brings it about: after the event, or the stop. With `at` at that end alone, whichever suffers the others. */
  readonly troubles: readonly (readonly [kind: Kind, from: 'event' | 'stop', afterMs: number, amount?: number, at?: End])[];
  /** When it is there, in ms after the event or the stop. */
  readonly window: readonly [from: 'event' | 'stop', firstMs: number, lastMs: number];
  readonly comes: readonly Kind[];
}

const SECOND = 1_000;
const ENDS = ['hub', 'spoke'] as const;

const EVENTS = ['desync', 'transient', 'storm', 'both-detect', 'storm'] as const;
const DEATHS = ['kill-and-restart', 'kill-and-restart', 'reboot-host', 'leave', 'leave-and-return'] as const;
const HANDS = ['arm', 'disarm', 'hold', 'capture', 'capture-pair'] as const;
const ANY = [...EVENTS, ...EVENTS, ...DEATHS, ...HANDS, 'drop-sessions', 'obey-again', 'partition', 'reboot-device'] as const;

export const armed = (dice: Dice): Partial<Setting> => ({
  arm: 'always',
  stop: dice.pick(['own', 'all'] as const),
  mode: { hub: 'act', spoke: 'act' },
  bothRoles: dice.percent() < 50,
});
/** Arming takes its seconds. */
const slowly = (dice: Dice): Partial<Setting> => ({ ...armed(dice), thinkMs: { hub: 260, spoke: 290 }, delayMs: SECOND });
export const stopping = (dice: Dice): Partial<Setting> => ({
  ...{ arm: 'manual', stop: 'all', rearm: 'never', deadMan: false, mode: { hub: 'act', spoke: 'act' } },
  ...{ bothRoles: dice.percent() < 60, delayMs: dice.pick([1, 3]) * SECOND },
});
const spoofable = (dice: Dice): Partial<Setting> => ({
  ...stopping(dice),
  ...{ syslog: dice.pick(['syslog-udp', 'syslog-udp', 'both'] as const), tcpLagMs: 300, delayMs: SECOND },
});

/** Index of a list of happenings.ts, as an amount of so many. */
export const nth = (index: number, of: number): number => (index + 0.5) / of;
export const UNDEBUG_REFUSED = nth(0, 8);
export const UNDEBUG_STALLS = nth(2, 6);
export const LOGGING_STALLS = nth(5, 6);

const states: readonly State[] = [
  {
    name: 'a stop that waits for corroboration',
    setting: spoofable,
    troubles: [['stall-command', 'event', -500, LOGGING_STALLS]],
    window: ['event', 950, 2_300],
    comes: [...EVENTS, ...DEATHS, ...HANDS, 'storm', 'storm', 'leave', 'obey-again'],
  },
  {
    name: 'a stop that waits, and was brought forward',
    setting: (dice) => ({ ...spoofable(dice), arm: 'always', stop: 'own', delayMs: dice.pick([8, 18]) * SECOND }),
    troubles: [
      ['stall-command', 'event', -500, LOGGING_STALLS],
      ['disarm', 'event', 400, 0.9],
    ],
    window: ['event', 400, 2_300],
    comes: [...EVENTS, ...DEATHS, 'storm', 'leave', 'obey-again'],
  },
  {
    name: 'a stop that waits for an answer that does not even time out',
    setting: spoofable,
    troubles: [['refuse-logins', 'event', -1_500]],
    window: ['event', 950, 4_200],
    comes: [...EVENTS, ...DEATHS, 'storm', 'leave', 'reach-again'],
  },
  {
    name: 'a stop under way',
    setting: stopping,
    troubles: [['stall-command', 'event', -500, UNDEBUG_STALLS]],
    window: ['stop', 0, 26_000],
    comes: ANY,
  },
  {
    name: 'a stop that is refused',
    setting: stopping,
    troubles: [['refuse-command', 'event', -500, UNDEBUG_REFUSED]],
    window: ['stop', 1_000, 80_000],
    comes: [...ANY, 'acknowledge'],
  },
  {
    name: 'a stop that is refused for longer than its bundle waits',
    setting: stopping,
    troubles: [['refuse-command', 'event', -500, UNDEBUG_REFUSED]],
    window: ['stop', 112_000, 200_000],
    comes: [...EVENTS, ...DEATHS, 'acknowledge', 'obey-again', 'capture-pair'],
  },
  {
    name: 'a stop under way that is tried beyond its seal, on a disk that hangs',
    setting: stopping,
    troubles: [
      ['stall-command', 'event', -500, UNDEBUG_STALLS],
      ['stall-disk', 'stop', 80_000, 0.99],
    ],
    window: ['stop', 108_000, 200_000],
    comes: [...EVENTS, ...DEATHS, 'obey-again', 'partition'],
  },
  {
    name: 'a stop that was brought forward, and refused',
    setting: (dice) => ({ ...armed(dice), bothRoles: true, delayMs: 18 * SECOND, stop: 'all' }),
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['disarm', 'event', 700, 0.9],
    ],
    window: ['event', 1_000, 20_000],
    comes: [...EVENTS, 'obey-again', 'stall-disk', 'full-disk'],
  },
  {
    name: 'a stop that was brought forward, and its seal',
    setting: (dice) => ({ ...armed(dice), delayMs: 18 * SECOND }),
    troubles: [
      ['disarm', 'event', 700, 0.9],
      ['stall-disk', 'event', 8_000, 0.99],
    ],
    window: ['event', 1_000, 20_000],
    comes: [...EVENTS, 'full-disk', 'obey-again', 'capture'],
  },
  {
    name: 'one end stops early',
    setting: (dice) => ({ ...armed(dice), delayMs: 18 * SECOND }),
    troubles: [],
    window: ['event', 300, 1_500],
    comes: ['disarm', 'leave', 'disarm'],
  },
  {
    name: 'verified, and the tail is kept',
    setting: stopping,
    troubles: [],
    window: ['stop', 0, 10_000],
    comes: [...EVENTS, ...EVENTS, ...DEATHS, ...HANDS],
  },
  {
    name: 'being sealed',
    setting: stopping,
    troubles: [['stall-disk', 'stop', 6_000, 0.99]],
    window: ['stop', 11_000, 50_000],
    comes: [...EVENTS, ...EVENTS, ...DEATHS, 'capture-pair', 'acknowledge'],
  },
  {
    name: 'a seal that failed',
    setting: stopping,
    troubles: [['full-disk', 'stop', 6_000]],
    window: ['stop', 10_000, 60_000],
    comes: ANY,
  },
  {
    name: 'a seal that is overdue and failed, its stop refused',
    setting: stopping,
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['full-disk', 'stop', 30_000],
    ],
    window: ['stop', 110_000, 190_000],
    comes: ANY,
  },
  {
    name: 'a seal that is overdue, nobody answers, the disk hangs',
    setting: stopping,
    troubles: [
      ['refuse-logins', 'event', 100],
      ['stall-disk', 'stop', 100_000, 0.99],
      ['reach-again', 'stop', 130_000],
    ],
    window: ['stop', 110_000, 320_000],
    comes: [...EVENTS, 'leave', 'kill-and-restart'],
  },
  {
    name: 'sealed, and a peer that was never told',
    setting: stopping,
    troubles: [['partition', 'event', -500]],
    window: ['stop', 122_000, 200_000],
    comes: [...EVENTS, ...EVENTS, ...DEATHS, 'reboot-device'],
  },
  {
    name: 'a peer that was never told, and a seal on a disk that hangs',
    setting: stopping,
    troubles: [
      ['partition', 'event', -500],
      ['stall-disk', 'stop', 100_000, 0.99],
    ],
    window: ['stop', 105_000, 170_000],
    comes: ['kill-and-restart', 'storm', 'leave'],
  },
  {
    name: 'being armed',
    setting: slowly,
    troubles: [
      ['disarm', 'event', -15_000, 0.9],
      ['arm', 'event', -100, 0.9],
    ],
    window: ['event', 0, 7_000],
    comes: [
      'arm',
      'disarm',
      'hold',
      'leave',
      'kill-and-restart',
      'reboot-host',
      'stall-command',
      'desync',
      'storm',
      'both-detect',
    ],
  },
  {
    name: 'being disarmed',
    setting: slowly,
    troubles: [['disarm', 'event', -200, 0.9]],
    window: ['event', 0, 5_000],
    comes: [...DEATHS, 'stall-command', 'refuse-command', 'arm', 'disarm', 'hold', 'desync', 'both-detect'],
  },
  {
    name: 'a disarm that is refused',
    setting: armed,
    troubles: [
      ['refuse-command', 'event', -10_500, nth(1, 8)],
      ['disarm', 'event', -10_000, 0.9],
    ],
    window: ['event', -9_000, 40_000],
    comes: [...ANY, 'refuse-command', 'acknowledge', 'arm', 'disarm', 'hold', 'leave'],
  },
  {
    name: 'an arming that stalls',
    setting: armed,
    troubles: [
      ['disarm', 'event', -12_000, 0.9],
      ['stall-command', 'event', -2_000, nth(3, 6)],
      ['arm', 'event', -500, 0.9],
    ],
    window: ['event', 0, 90_000],
    comes: [...ANY, 'arm', 'disarm', 'hold', 'leave'],
  },
  {
    name: 'armed on a way that is shut in the middle of it',
    setting: slowly,
    troubles: [
      ['disarm', 'event', -15_000, 0.9],
      ['arm', 'event', -3_000, 0.9],
      ['refuse-logins', 'event', 0],
      ['reach-again', 'stop', 150_000],
    ],
    window: ['event', 60_000, 320_000],
    comes: ['arm', 'disarm', 'arm', 'disarm', 'obey-again'],
  },
  {
    name: 'armed again while timers of the last arm are out',
    setting: (dice) => ({ ...slowly(dice), maxDebugMs: 240 * SECOND, leaseMs: 180 * SECOND }),
    troubles: [
      ['disarm', 'event', 0, 0.9],
      ...Array.from({ length: 18 }, (_, n) => [n % 2 === 0 ? 'arm' : 'disarm', 'event', 22_000 + n * 2_700, 0.9] as const),
      ...Array.from({ length: 26 }, (_, n) => [n % 2 === 0 ? 'arm' : 'disarm', 'event', 140_000 + n * 2_700, 0.9] as const),
    ],
    window: ['event', 20_000, 210_000],
    comes: ['arm', 'disarm'],
  },
  {
    name: 'on for as long as a person allowed',
    setting: (dice) => ({ ...armed(dice), rearm: 'if-transient', maxDebugMs: 240 * SECOND, deadMan: true }),
    troubles: [['lose-syslog', 'event', -3_000]],
    window: ['event', 150_000, 260_000],
    comes: ['disarm', 'arm', 'stall-command', 'slow-commands', 'desync'],
  },
  {
    name: 'a capture that was asked for',
    setting: (dice) => ({ ...stopping(dice), delayMs: dice.pick([3, 8]) * SECOND }),
    troubles: [['capture-pair', 'event', -2_000]],
    window: ['event', -2_000, 15_000],
    comes: ANY,
  },
  {
    name: 'a capture whose end meets a line that is not borne out yet',
    setting: (dice) => ({ ...spoofable(dice), syslog: 'syslog-udp', delayMs: 18 * SECOND }),
    troubles: [
      ['stall-command', 'event', -18_000, LOGGING_STALLS],
      ['capture', 'event', -17_000],
    ],
    window: ['event', 0, 15_000],
    comes: [...EVENTS, 'obey-again', 'kill-and-restart'],
  },
];

export function sceneOf(dice: Dice, from: readonly State[] = states): Scene {
  const state = dice.pick(from);
  // Mostly both suffer it: whichever end the event makes the first one.
  const ends = dice.pick([ENDS, ENDS, ['hub'], ['spoke']] as const);
  const happenings: SceneHappening[] = [];
  const suffer = (end: End, [kind, origin, afterMs, amount]: State['troubles'][number]): void =>
    void happenings.push({
      afterMs: afterMs + dice.upTo(50),
      stopIs: origin === 'stop',
      kind,
      end,
      amount: amount ?? dice.percent() / 100,
    });
  const [everywhere, there] = [state.troubles.filter(([, , , , at]) => !at), state.troubles.filter(([, , , , at]) => at)];
  for (const end of ends) for (const trouble of everywhere) suffer(end, trouble);
  for (const trouble of there) suffer(trouble[4]!, trouble);
  const [origin, firstMs, lastMs] = state.window;
  const inWindow = (): number => firstMs + dice.upTo(lastMs - firstMs);
  for (let left = 1 + dice.upTo(3); left > 0; left--)
    happenings.push({
      ...{ afterMs: inWindow(), stopIs: origin === 'stop', kind: dice.pick(state.comes) },
      ...{ end: dice.pick(ENDS), amount: dice.percent() / 100 },
    });
  return { setting: state.setting?.(dice) ?? {}, happenings, lastsMs: Math.max(0, lastMs) + 20 * SECOND };
}
