/** What goes wrong on the way between the lab's two agents. The boxes' part, the hub losing its SAs, is the same in all of them. */
import { SpitrapError } from '../../../shared/errors.ts';
import type { End } from './relay.ts';
import type { Datagram } from './signal-reader.ts';

export interface Scenario {
  readonly name: string;
  /** One sentence for whoever watches. */
  readonly story: string;
  readonly loses: (datagram: Datagram, sender: End) => boolean;
  /** The spoke learns of the incident only at its end: its captures are late. */
  readonly spokeCapturesLate: boolean;
}

const phaseIs =
  (phase: string) =>
  (datagram: Datagram): boolean =>
    datagram.kind === 'signal' && datagram.phase === phase;

/** `desync` is the default. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'desync',
    story: 'The hub loses its SAs; every signal arrives.',
    loses: () => false,
    spokeCapturesLate: false,
  },
  {
    name: 'lost-stop',
    story: "The hub loses its SAs; every stop signal is lost, so the spoke's own timer must do it.",
    loses: phaseIs('stop'),
    spokeCapturesLate: false,
  },
  {
    name: 'lost-alert',
    story: 'The hub loses its SAs; every alert is lost, so the stop alone must do it.',
    loses: phaseIs('alert'),
    spokeCapturesLate: true,
  },
];

/** Throws USAGE naming those there are. */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const names = scenarios.map((scenario) => scenario.name).join(', ');
  throw new SpitrapError('USAGE', `there is no scenario ${JSON.stringify(name.slice(0, 40))}; there are ${names}`);
}
