/**
 * SHELF: scenes of one night in some seventeen, drawn from dice of their own, so that every other night stays what it was: what strangers do,
 * and what takes longer than a night has. Most were asked for by a sabotage that nothing else showed, or by a cell that nothing else met
 * (docs/reliability.md). Used by plan.ts.
 */
import { Dice } from '../../support/dice.ts';
import type { Setting } from './plan.ts';
import {
  armed,
  LOGGING_STALLS,
  nth,
  type Scene,
  type State,
  sceneOf,
  stopping,
  UNDEBUG_REFUSED,
  UNDEBUG_STALLS,
} from './scenes.ts';

const SECOND = 1_000;
const RARE_PERCENT = 3;
/** Beyond those: sabotages name the nights of the others (test/sim/sabotage). */
const CELLS_PERCENT = 5;

const states: readonly State[] = [
  ...(['syslog-udp', 'both'] as const).map(
    (syslog): State => ({
      name: `a line over ${syslog} that nobody but a stranger has sent`,
      setting: (dice) => ({ ...stopping(dice), syslog, delayMs: SECOND }),
      // A buffer with nothing in it bears out nothing, and disproves nothing.
      troubles: [
        ['secret-in-log', 'event', -60_000],
        ['forge-line', 'event', -2_600],
      ],
      window: ['event', 0, 5_000],
      comes: ['forge-line', 'storm', 'kill-and-restart', 'capture'],
    }),
  ),
  {
    name: 'signals that come when their time is over, of an agent that is gone',
    setting: (dice) => ({ ...stopping(dice), twoPaths: false, bothRoles: false }),
    troubles: [
      ['hold-back', 'event', -400],
      ['kill', 'event', 4_500],
    ],
    window: ['event', 210_000, 230_000],
    comes: ['step-clock', 'drop-sessions', 'capture'],
  },
  {
    name: 'armed for longer than the dead-man counts',
    setting: (dice) => ({
      ...{ ...armed(dice), bothRoles: false, deadMan: true, leaseMs: 180 * SECOND, maxDebugMs: 3_600 * SECOND, rearm: 'never' },
      ...{ syslog: 'syslog-udp' },
    }),
    troubles: [['lose-syslog', 'event', -4_000]],
    window: ['event', 100_000, 420_000],
    comes: ['step-clock', 'capture', 'secret-in-log', 'stall-disk'],
  },
];

const overUdp = (dice: Dice): Partial<Setting> => ({ ...stopping(dice), syslog: 'syslog-udp', bothRoles: true, delayMs: SECOND });
const AT_ONCE = { thinkMs: { hub: 3, spoke: 3 } } as const;
/** A buffer with nothing in it bears out nothing, and disproves nothing. */
const SOME_LINE = ['secret-in-log', 'event', -60_000] as const;
const [CONTROL, CAPTURE] = [nth(0, 2), nth(1, 2)];
const disarmTakenOver = (dice: Dice): Partial<Setting> => ({
  ...{ ...armed(dice), bothRoles: false, deadMan: false, rearm: 'never', syslog: 'syslog-udp' },
  thinkMs: { hub: 260, spoke: 290 },
});
const DISARM_STALLS: State['troubles'] = [
  ['lose-syslog', 'event', -4_000],
  ['stall-command', 'event', -500, UNDEBUG_STALLS],
  ['disarm', 'event', 0, 0.9],
];
/** Somebody takes it over and does it by hand. */
const takenOver = (afterMs: number): State['troubles'] => [
  ['acknowledge', 'event', afterMs],
  ['acknowledge', 'event', afterMs + 100],
  ['obey-again', 'event', afterMs + 200],
  ['someone-undebugs', 'event', afterMs + 400],
];
/** A person at the hub asks both ends to look; the line of that very moment makes it a stop, of which the spoke hears when its look is over. */
const lookedAt = (dice: Dice): Partial<Setting> => ({
  ...{ ...stopping(dice), syslog: 'syslog-tcp', twoPaths: false, delayMs: 8 * SECOND },
  thinkMs: { hub: 50, spoke: 50 },
});
const LOOKED_AT: State['troubles'] = [
  ['capture-pair', 'event', -4_000, 0.5, 'hub'],
  ['partition', 'event', -1_000, 0.5, 'hub'],
  ['lose', 'event', 15_500, 0.1, 'hub'],
  ['lose', 'event', 15_500, 0.1, 'spoke'],
];

/** For cells of the machine that chance does not meet. */
const cellStates: readonly State[] = [
  {
    name: 'the dead-man is set anew on a slow device, and what that session is wanted for meanwhile',
    setting: (dice) => ({ ...armed(dice), deadMan: true, leaseMs: 180 * SECOND, rearm: 'never', syslog: 'syslog-udp' }),
    troubles: [
      ['lose-syslog', 'event', -3_000],
      ['slow-commands', 'event', 150_000, 0.1],
    ],
    window: ['event', 155_000, 200_000],
    comes: ['disarm', 'disarm', 'arm', 'hold', 'leave', 'drop-sessions', 'kill-and-restart'],
  },
  ...[0.5, 0.9].map(
    (slow): State => ({
      name: `captures that take longer than the seal waits for them: ${slow}`,
      setting: (dice) => ({ ...stopping(dice), deadMan: false }),
      troubles: [['slow-commands', 'event', 50, slow]],
      window: ['stop', 100_000, 240_000],
      comes: ['stall-disk', 'full-disk', 'partition', 'desync', 'obey-again', 'kill-and-restart'],
    }),
  ),
  {
    name: 'being sealed until after the deadline',
    setting: stopping,
    troubles: [['stall-disk', 'stop', 6_000, 0.99]],
    window: ['stop', 60_000, 150_000],
    comes: ['desync', 'storm', 'both-detect', 'storm', 'leave', 'capture-pair', 'kill-and-restart', 'full-disk'],
  },
  {
    name: 'a stop that is refused, and lines that are still looked for',
    setting: (dice) => ({ ...stopping(dice), syslog: 'syslog-udp', delayMs: SECOND }),
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['stall-command', 'event', 400, LOGGING_STALLS],
    ],
    window: ['event', 500, 1_100],
    comes: ['storm', 'storm', 'both-detect'],
  },
  {
    name: 'a stop that waits on a slow router, and further lines',
    setting: (dice) => ({ ...overUdp(dice), thinkMs: { hub: 290, spoke: 290 } }),
    troubles: [SOME_LINE, ['forge-line', 'event', -1_500], ['forge-line', 'event', -950]],
    window: ['event', -480, 150],
    comes: ['forge-line', 'forge-line', 'both-detect', 'storm'],
  },
  {
    name: 'a stop that waits for an answer behind a command of a look that hangs',
    setting: (dice) => ({ ...overUdp(dice), ...AT_ONCE }),
    troubles: [
      ['stall-command', 'event', -2_100, LOGGING_STALLS, 'hub'],
      ['capture', 'event', -1_700, 0.5, 'hub'],
    ],
    window: ['event', 500, 5_000],
    comes: ['obey-again', 'storm', 'both-detect', 'capture'],
  },
  {
    name: 'a stop that waits while the outputs of its capture are not on disk yet',
    setting: (dice) => ({ ...overUdp(dice), ...AT_ONCE }),
    troubles: [
      SOME_LINE,
      ['forge-line', 'event', -600],
      ['stall-disk', 'event', -550, 0.99],
      ['stall-command', 'event', -120, LOGGING_STALLS],
    ],
    window: ['event', 2_000, 5_000],
    comes: ['obey-again', 'storm', 'both-detect'],
  },
  {
    name: 'an alert that comes after its stop, which is refused',
    setting: (dice) => ({ ...stopping(dice), ...AT_ONCE, syslog: 'syslog-tcp', delayMs: SECOND }),
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['reorder', 'event', -300],
    ],
    window: ['stop', 2_000, 20_000],
    comes: ['obey-again', 'capture', 'storm'],
  },
  {
    name: 'a stop that is refused, and a line that is asked about on a session that is lost',
    setting: (dice) => ({ ...overUdp(dice), ...AT_ONCE, syslog: 'both', tcpLagMs: 300, delayMs: 400 }),
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['stall-command', 'event', -450, LOGGING_STALLS],
      ['clear-line', 'event', -50, CAPTURE],
    ],
    window: ['event', 3_000, 20_000],
    comes: ['both-detect', 'obey-again', 'storm'],
  },
  {
    name: 'a stop that was brought forward and refused before what was on is read',
    setting: (dice) => ({ ...armed(dice), ...AT_ONCE, stop: 'all', delayMs: 18 * SECOND, syslog: 'syslog-tcp' }),
    troubles: [
      ['refuse-command', 'event', -500, UNDEBUG_REFUSED],
      ['clear-line', 'event', -100, CONTROL],
      ['disarm', 'event', 270, 0.9, 'hub'],
    ],
    window: ['event', 3_000, 20_000],
    comes: ['both-detect', 'obey-again', 'storm'],
  },
  {
    name: 'one end is being sealed, the other is asked to look',
    setting: (dice) => ({ ...stopping(dice), bothRoles: true }),
    troubles: [
      ['stall-disk', 'stop', 6_000, 0.99, 'hub'],
      ['capture-pair', 'stop', 20_000, 0.5, 'spoke'],
    ],
    window: ['stop', 11_000, 50_000],
    comes: ['capture-pair', 'acknowledge', 'both-detect'],
  },
  {
    name: 'a stop that is acknowledged while its bundle is sealed',
    setting: (dice) => ({ ...stopping(dice), twoPaths: false }),
    troubles: [
      ['partition', 'event', -500, 0.5, 'hub'],
      ['stall-disk', 'stop', 100_000, 0.99, 'hub'],
      ['lose', 'stop', 124_000, 0.1, 'hub'],
      ['lose', 'stop', 124_000, 0.1, 'spoke'],
    ],
    window: ['stop', 130_000, 150_000],
    comes: ['acknowledge', 'both-detect', 'capture-pair'],
  },
  {
    name: 'a stop that is acknowledged after the done',
    setting: (dice) => ({ ...stopping(dice), twoPaths: false, syslog: 'syslog-tcp' }),
    troubles: [
      ['partition', 'event', 600, 0.5, 'hub'],
      ['stall-disk', 'stop', 121_000, 0.99, 'hub'],
      ['lose', 'stop', 121_500, 0.1, 'hub'],
      ['lose', 'stop', 121_500, 0.1, 'spoke'],
      ['delay', 'stop', 121_400, 0.5, 'hub'],
    ],
    window: ['stop', 130_000, 150_000],
    comes: ['acknowledge', 'both-detect', 'capture-pair'],
  },
  {
    name: 'a look whose stop comes while it is sealed',
    setting: lookedAt,
    troubles: [...LOOKED_AT, ['stall-disk', 'event', 11_000, 0.99, 'spoke']],
    window: ['event', 16_000, 30_000],
    comes: ['acknowledge', 'capture', 'both-detect'],
  },
  {
    name: 'a look whose stop comes after its seal has failed',
    setting: lookedAt,
    troubles: [...LOOKED_AT, ['full-disk', 'event', 11_000, 0.5, 'spoke']],
    window: ['event', 16_000, 30_000],
    comes: ['acknowledge', 'capture', 'both-detect'],
  },
  {
    name: 'a look whose stop comes while it is sealed, and is verified after it',
    setting: (dice) => ({ ...lookedAt(dice), thinkMs: { hub: 50, spoke: 300 } }),
    troubles: [...LOOKED_AT, ['stall-disk', 'event', 7_200, 0.3, 'spoke']],
    window: ['event', 30_000, 40_000],
    comes: ['acknowledge', 'capture', 'both-detect'],
  },
  {
    name: 'a look whose stop comes while it is sealed, and is refused for longer than a bundle waits',
    setting: (dice) => ({ ...lookedAt(dice), thinkMs: { hub: 50, spoke: 300 } }),
    troubles: [
      ...LOOKED_AT,
      ['stall-disk', 'event', 7_200, 0.3, 'spoke'],
      ['refuse-command', 'event', 12_000, UNDEBUG_REFUSED, 'spoke'],
    ],
    window: ['event', 100_000, 150_000],
    comes: ['acknowledge', 'storm', 'both-detect'],
  },
  {
    name: 'a look that is to stop after all, when the look of the other end is over',
    setting: (dice) => ({ ...overUdp(dice), ...AT_ONCE, bothRoles: false, twoPaths: false, delayMs: 3 * SECOND }),
    troubles: [
      ['stall-command', 'event', -2_900, LOGGING_STALLS, 'hub'],
      ['capture-pair', 'event', -2_500, 0.5, 'hub'],
    ],
    window: ['event', 29_000, 70_000],
    comes: ['obey-again', 'storm', 'acknowledge'],
  },
  {
    name: 'a look that is to stop after all, by a line of its last moment',
    setting: (dice) => ({ ...overUdp(dice), ...AT_ONCE, delayMs: 12 * SECOND }),
    troubles: [
      ['capture', 'event', -11_300, 0.5, 'hub'],
      ['stall-command', 'event', -300, LOGGING_STALLS],
    ],
    window: ['event', 3_000, 11_000],
    comes: ['obey-again', 'storm', 'both-detect'],
  },
  {
    name: 'a stop that is tried when its bundle may wait no longer',
    setting: (dice) => {
      const thinkMs = 520 + 20 * dice.upTo(4);
      return { ...stopping(dice), thinkMs: { hub: thinkMs, spoke: thinkMs } };
    },
    troubles: [['refuse-command', 'event', -500, UNDEBUG_REFUSED, 'hub']],
    window: ['stop', 60_000, 125_000],
    comes: ['capture-pair', 'storm', 'partition'],
  },
  {
    name: 'a stop that was brought forward, and its seal on a full disk',
    setting: (dice) => ({ ...armed(dice), delayMs: 18 * SECOND }),
    troubles: [
      ['disarm', 'event', 700, 0.9],
      ['full-disk', 'event', 8_000],
    ],
    window: ['event', 11_000, 20_000],
    comes: ['capture', 'storm', 'both-detect'],
  },
  {
    name: 'a disarm that a person takes over between two attempts, and an arm',
    setting: disarmTakenOver,
    troubles: [...DISARM_STALLS, ...takenOver(31_000)],
    window: ['event', 46_500, 54_000],
    comes: ['arm'],
  },
  ...(
    [
      [150, 95_700],
      [260, 97_800],
    ] as const
  ).map(
    ([thinkMs, firstMs]): State => ({
      name: `a disarm that a person takes over in the middle of an attempt, and an arm: ${thinkMs}`,
      setting: (dice) => ({ ...disarmTakenOver(dice), thinkMs: { hub: thinkMs, spoke: thinkMs } }),
      troubles: [...DISARM_STALLS, ...takenOver(93_000)],
      window: ['event', firstMs, 99_950],
      comes: ['arm'],
    }),
  ),
  {
    name: 'what was told to an agent that has forgotten it, while a stop of another line waits',
    setting: (dice) => ({
      ...{ ...overUdp(dice), delayMs: 18 * SECOND, twoPaths: false },
      ...{ mode: { hub: 'act', spoke: 'capture' }, thinkMs: { hub: 290, spoke: 290 } },
    }),
    troubles: [
      ['secret-in-log', 'event', -60_000, 0.5, 'hub'],
      ['restart-without-data-dir', 'event', 1_500, 0.05, 'hub'],
      ['forge-line', 'event', 10_000, 0.4, 'hub'],
      ['both-detect', 'event', 13_000, 0.5, 'hub'],
      ...[27_500, 27_800, 28_100, 28_400].map((at) => ['forge-line', 'event', at, at / 30_000, 'hub'] as const),
    ],
    window: ['event', 30_000, 40_000],
    comes: ['secret-in-log', 'capture'],
  },
  {
    name: 'a seal that fails on a disk that keeps its journal, and a restart',
    setting: stopping,
    troubles: [['failing-disk', 'stop', 9_000, 0.99]],
    window: ['stop', 11_500, 38_000],
    comes: ['kill-and-restart', 'kill-and-restart', 'reboot-host', 'leave-and-return'],
  },
];

/** Null: this night is like all others. */
export function rareSceneOf(seed: number): Scene | null {
  const dice = new Dice(seed * 7_919 + 5);
  const rare = dice.percent();
  if (rare < RARE_PERCENT) return sceneOf(dice, states);
  return rare < RARE_PERCENT + CELLS_PERCENT ? sceneOf(dice, cellStates) : null;
}
