/**
 * The lab's scenarios: what stands there (setting.ts), what happens (plays/), and what goes wrong on the way between the agents. One entry
 * here makes one; cli/lab.ts lists them, run.ts runs one.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import { causeScenarios } from './cause-scenarios.ts';
import type { Play } from './hands.ts';
import { blackHole } from './plays/black-hole.ts';
import { bothDetect } from './plays/both-detect.ts';
import { desync } from './plays/desync.ts';
import { EEM_DELAY_MS_MAX, playEem } from './plays/eem.ts';
import { halfArmed } from './plays/half-armed.ts';
import { rekeyTransient } from './plays/rekey-transient.ts';
import { storm } from './plays/storm.ts';
import type { End } from './relay.ts';
import type { Setting } from './setting.ts';
import type { Datagram } from './signal-reader.ts';

export interface Scenario {
  readonly name: string;
  /** One sentence for whoever watches. */
  readonly story: string;
  readonly setting: Setting;
  readonly play: Play;
  readonly loses: (datagram: Datagram, sender: End) => boolean;
  /** The spoke learns of the incident only at its end: its captures are late. */
  readonly spokeCapturesLate: boolean;
  /** Null: as far as `--delay` goes. */
  readonly delayMsMax: DurationMs | null;
}

const phaseIs =
  (phase: string) =>
  (datagram: Datagram): boolean =>
    datagram.kind === 'signal' && datagram.phase === phase;

/** A second for the message's minute: three of them are the silence after a transient, ten a black hole to look at. */
const SCALED_MINUTE_MS = 1_000;

const plain = {
  setting: {},
  play: desync,
  loses: () => false,
  spokeCapturesLate: false,
  delayMsMax: null,
} as const satisfies Partial<Scenario>;

/** `desync` is the default. */
export const scenarios: readonly Scenario[] = [
  {
    ...plain,
    name: 'desync',
    story: 'The hub loses its SAs; every signal arrives.',
  },
  {
    ...plain,
    name: 'lost-stop',
    story: "The hub loses its SAs; every stop signal is lost, so the spoke's own timer must do it.",
    loses: phaseIs('stop'),
  },
  {
    ...plain,
    name: 'lost-alert',
    story: 'The hub loses its SAs; every alert is lost, so the stop alone must do it.',
    loses: phaseIs('alert'),
    spokeCapturesLate: true,
  },
  {
    ...plain,
    name: 'eem-hub',
    story: "The hub has no agent: its box runs Note A's command_hub, whose trap stops the spoke.",
    setting: { eem: 'hub' },
    play: playEem('hub'),
    spokeCapturesLate: true,
    delayMsMax: EEM_DELAY_MS_MAX,
  },
  {
    ...plain,
    name: 'eem-spoke',
    story: "The spoke has no agent: its box runs Note A's spoke_app, which the hub's agent sends its trap.",
    setting: { eem: 'spoke' },
    play: playEem('spoke'),
  },
  {
    ...plain,
    name: 'both-detect',
    story: 'Both ends lose their SAs and log at the same moment: the two incidents become one.',
    setting: { bothRoles: true },
    play: bothDetect,
  },
  {
    ...plain,
    name: 'rekey-transient',
    story: 'A late packet of a clean rekey: it is judged benign, and both ends are armed again.',
    setting: { armed: true, messageIntervalMs: SCALED_MINUTE_MS },
    play: rekeyTransient,
  },
  {
    ...plain,
    name: 'black-hole',
    story: 'The message comes again for ten scaled minutes: one incident, and what somebody turns on later stays on.',
    setting: { armed: true, messageIntervalMs: SCALED_MINUTE_MS },
    play: blackHole,
  },
  {
    ...plain,
    name: 'half-armed',
    story: 'Debugs are on at one end alone: both agents say so, until the other end has them too.',
    play: halfArmed,
  },
  {
    ...plain,
    name: 'storm',
    story: 'The hub loses all its SAs and three hundred spokes send on: one incident that counts them all.',
    // 299 spokes without boxes, counted up from 10.64.0.1; the one agent answers for them all.
    setting: { limitByFlow: true, pair: { otherPeers: 0, stormNetwork: '10.64.0.0' }, spokeRanges: ['10.64.0.0/16'] },
    play: storm,
  },
  ...causeScenarios,
];

/** Throws USAGE naming those there are. */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const names = scenarios.map((scenario) => scenario.name).join(', ');
  throw new SpitrapError('USAGE', `there is no scenario ${JSON.stringify(name.slice(0, 40))}; there are ${names}`);
}
