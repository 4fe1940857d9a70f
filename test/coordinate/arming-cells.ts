/** The cells of the arming machine's table: every state of it, and every input as it could come in each. Used by arming-table.test.ts. */
import type { InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import {
  arm,
  armed,
  arming,
  armRules,
  armSpokeRules,
  armTimer,
  armTried,
  busy,
  cleared,
  disarm,
  disarmTried,
  preflighted,
  renewed,
  tripped,
} from './arming-given.ts';
import type { StateClass } from './cells.ts';
import { alert, at, attempted, CRYPTO, debugsRead, flowOf, id, run, sighting, stop, timer } from './given.ts';

const state = (rules: Rules, nowMs: number, ...inputs: Parameters<typeof run>[1]): StateClass => ({
  rules,
  nowMs,
  book: run(rules, inputs).book,
});

const always = armRules();
const manual = armRules({ when: 'manual', rearm: { kind: 'never' } }, { stopMode: 'all' });
const spoke = armSpokeRules();
const incident = [at(3_000, sighting()), at(3_300, debugsRead(CRYPTO))];
const stopping = [...armed(0), ...incident, at(21_000, timer('stop'))];
const disarming = [...armed(0), at(3_000, disarm())];
const failing = [...disarming, ...[0, 1, 2].map((n) => at(3_100 + n, disarmTried(n, 'still-on')))];
const clearing = [...disarming, at(3_500, disarmTried(0, 'off'))];
const left = { conditions: 'left', conditionsLeft: ['11.1.1.3'] } as const;

export const states: Readonly<Record<string, StateClass>> = {
  'manual, off': state(manual, 5_000),
  'always, off': state(always, 5_000),
  'off, a person said so': state(always, 5_000, at(0, disarm())),
  'off, waits for a verdict': state(always, 30_000, ...stopping, at(21_400, attempted(0, 'verified')), at(22_000, cleared())),
  'off, on hold': state(always, 5_000, at(0, { kind: 'hold', on: true })),
  'off, mode capture': state({ ...always, mode: 'capture' }, 5_000),
  'off, a stop ahead': state(always, 5_000, ...incident),
  'off, conditions left': state(always, 60_000, ...clearing, at(4_000, disarmTried(0, 'off', left))),
  'on first sighting, off': state(armRules({ when: 'on-first-sighting' }), 5_000),
  checking: state(always, 500, at(0, arm())),
  arming: state(always, 1_500, ...arming(0)),
  'arming, unwanted': state(always, 1_600, ...arming(0), at(1_500, disarm('peer'))),
  armed: state(always, 5_000, ...armed(0)),
  'armed by a peer, manual': state(manual, 5_000, ...armed(0, 'peer')),
  'armed, a stop ahead': state(always, 5_000, ...armed(0), ...incident),
  'armed, being stopped': state(always, 21_100, ...stopping),
  'spoke, armed': state(spoke, 5_000, ...armed(0)),
  'disarming debugs': state(always, 3_100, ...disarming),
  'disarming, between attempts': state(always, 27_000, ...failing),
  'disarming conditions': state(always, 3_600, ...clearing),
};

export const inputs: Readonly<Record<string, InputBody>> = {
  'arm, person': arm('person'),
  'arm, peer': arm('peer'),
  'arm, agent': arm('agent'),
  'arm, agent follows': arm('agent', { follows: true }),
  'disarm, person': disarm('person'),
  'disarm, peer': disarm('peer'),
  'preflighted, sound': preflighted(),
  'preflighted, busy': busy,
  'preflighted, older': preflighted({}, 77),
  'arm-attempted armed': armTried('armed'),
  'arm-attempted undone': armTried('undone'),
  'arm-attempted unresolved': armTried('unresolved'),
  'arm-attempted, older': armTried('armed', 77),
  'disarm-attempted off': disarmTried(0, 'off'),
  'disarm-attempted off and cleared': cleared(),
  'disarm-attempted left': disarmTried(0, 'off', left),
  'disarm-attempted still-on': disarmTried(0, 'still-on'),
  'disarm-attempted not-sent': disarmTried(0, 'not-sent', { conditions: 'failed', conditionsLeft: ['11.1.1.3'] }),
  'disarm-attempted, older': disarmTried(0, 'off', {}, 77),
  'lease-renewed': renewed(),
  breaker: tripped(),
  'breaker, older': tripped(77),
  'dead-man-renewed failed': { kind: 'dead-man-renewed', arm: 1, ok: false, detail: 'no session' },
  'timer lease': armTimer('lease'),
  'timer max-debug': armTimer('max-debug'),
  'timer hung': armTimer('hung'),
  'timer disarm-bound': armTimer('disarm-bound'),
  'timer disarm-retry': armTimer('disarm-retry'),
  'timer, older': armTimer('lease', 77),
  'hold on': { kind: 'hold', on: true },
  'hold off': { kind: 'hold', on: false },
  'debugs-seen on': { kind: 'debugs-seen', cryptoOn: true },
  'debugs-seen off': { kind: 'debugs-seen', cryptoOn: false },
  leaving: { kind: 'leaving' },
  restarted: { kind: 'restarted', resumable: true },
  'restarted, other boot': { kind: 'restarted', resumable: false },
  sighting: sighting({ id: id(2), flow: flowOf(1) }),
  alert: alert({ id: id(2), flow: flowOf(1) }),
  stop: stop({ id: id(2) }),
  'stop verified': attempted(0, 'verified'),
};

/** Names of inputs that mostly mean nothing together. */
const named = (start: string): string[] => Object.keys(inputs).filter((name) => name.startsWith(start));
export const preflights = named('preflighted');
export const armResults = named('arm-attempted');
export const disarmResults = named('disarm-attempted');
export const breakers = named('breaker');
export const timers = named('timer');
