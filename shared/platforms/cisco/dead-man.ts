/**
 * The on-box dead-man: an EEM applet whose countdown timer turns every debug off when nobody sets it anew (facts.md §5). Words and lines
 * alone; arming.ts says when, grammar.ts lets them pass. The applet outlives its run: it is inert then, and removed at the disarm.
 */
import type { DeadMan } from '../arming.ts';

const NAME = 'spitrap-deadman';

/** EEM runs actions in string order of their labels. */
const ACTIONS: readonly string[] = [
  'action 1.0 cli command "enable"',
  'action 2.0 cli command "undebug all"',
  'action 3.0 syslog priority critical msg "spitrap silent: all debugs off"',
];

const SECONDS_MAX = 4_294_967;

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export const deadMan: DeadMan = {
  name: NAME,
  set: (seconds) => [
    `event manager applet ${NAME}`,
    `event timer countdown time ${Math.min(SECONDS_MAX, Math.max(1, Math.round(seconds)))}`,
    ...ACTIONS,
  ],
  remove: [`no event manager applet ${NAME}`],
  show: `show event manager policy registered | include ${NAME}`,
};

/** For the grammar: each line of `set` and `remove`. */
export const deadManPatterns: readonly RegExp[] = [
  new RegExp(`^(?:no )?event manager applet ${NAME}$`),
  /^event timer countdown time [1-9]\d{0,6}$/,
  ...ACTIONS.map((action) => new RegExp(`^${literally(action)}$`)),
];
