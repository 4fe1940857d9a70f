/**
 * SHELF: scenes of one night in some thirty, drawn from dice of their own, so that every other night stays what it was: what strangers do,
 * and what takes longer than a night has. Most were asked for by a sabotage that nothing else showed (docs/reliability.md). Used by plan.ts.
 */
import { Dice } from '../../support/dice.ts';
import { armed, type Scene, type State, sceneOf, stopping } from './scenes.ts';

const SECOND = 1_000;
const RARE_PERCENT = 3;

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

/** Null: this night is like all others. */
export function rareSceneOf(seed: number): Scene | null {
  const dice = new Dice(seed * 7_919 + 5);
  return dice.percent() < RARE_PERCENT ? sceneOf(dice, states) : null;
}
