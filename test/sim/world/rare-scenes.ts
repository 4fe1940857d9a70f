/**
 * SHELF: scenes of one night in some seventeen, drawn from dice of their own, so that every other night stays what it was: what strangers do,
 * and what takes longer than a night has. Most were asked for by a sabotage that nothing else showed, or by a cell that nothing else met
 * (docs/reliability.md). Used by plan.ts.
 */
import { Dice } from '../../support/dice.ts';
import { armed, LOGGING_STALLS, type Scene, type State, sceneOf, stopping, UNDEBUG_REFUSED } from './scenes.ts';

const SECOND = 1_000;
const RARE_PERCENT = 3;
/** Beyond those: sabotages name the nights of the others (test/sim/sabotage). */
const CELLS_PERCENT = 3;

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
];

/** Null: this night is like all others. */
export function rareSceneOf(seed: number): Scene | null {
  const dice = new Dice(seed * 7_919 + 5);
  const rare = dice.percent();
  if (rare < RARE_PERCENT) return sceneOf(dice, states);
  return rare < RARE_PERCENT + CELLS_PERCENT ? sceneOf(dice, cellStates) : null;
}
