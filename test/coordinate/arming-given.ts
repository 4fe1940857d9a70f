/** Rules, inputs and states of arming that the tests of this room start from; beside given.ts. */
import type { Book } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { ArmTimerName, InputBody } from '../../shared/coordinate/input.ts';
import type { ArmingRules, Rules } from '../../shared/coordinate/rules.ts';
import type { ArmAttempt, DisarmAttempt, PreflightReading } from '../../shared/model/arming.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { at, hubRules, run, spokeRules, T0 } from './given.ts';

export const ISAKMP = { text: 'Crypto ISAKMP debugging', crypto: true };
export const IPSEC = { text: 'Crypto IPSEC debugging', crypto: true };
export const LEASE = 900_000;
export const HOUR = 3_600_000;

/** Armed by itself, ends only its own, re-arms after a benign rekey. */
export const armRules = (over: Partial<ArmingRules> = {}, more: Partial<Rules> = {}): Rules => ({
  ...hubRules,
  stopMode: 'own',
  ...more,
  arming: { ...hubRules.arming, when: 'always', rearm: { kind: 'if-transient' }, ...over },
});
export const armSpokeRules = (over: Partial<ArmingRules> = {}): Rules => armRules(over, { role: spokeRules.role });

export const arm = (
  by: 'person' | 'peer' | 'agent' = 'agent',
  over: { leaseMs?: number; follows?: boolean } = {},
): InputBody => ({
  kind: 'arm',
  by,
  who: by,
  leaseMs: null,
  ...over,
});
export const disarm = (by: 'person' | 'peer' = 'person'): InputBody => ({ kind: 'disarm', by, who: 'ops' });

export const sound: PreflightReading = {
  cpu: { fiveSeconds: 5, interrupt: 0, oneMinute: 4, fiveMinutes: 3 },
  memoryFreePercent: 60,
  flags: [],
  conditions: { conditional: false, unmatched: {}, filters: [] },
  logging: { console: -1, monitor: 7, buffer: 7, trap: 7, hosts: [], rateLimited: false },
  freeVtys: 3,
  msecStamps: true,
  sequenceNumbers: true,
  clockMark: '',
  unread: [],
};
export const preflighted = (over: Partial<PreflightReading> = {}, arm = 1): InputBody => ({
  kind: 'preflighted',
  arm,
  reading: { ...sound, ...over },
});
export const busy = preflighted({ cpu: { fiveSeconds: 90, interrupt: 0, oneMinute: 80, fiveMinutes: 3 } });

export const armTried = (result: ArmAttempt['result'], arm = 1, over: Partial<ArmAttempt> = {}): InputBody => ({
  kind: 'arm-attempted',
  arm,
  attempt: { result, flags: result === 'armed' ? [ISAKMP, IPSEC] : [], deadMan: false, detail: result, ...over },
});

export const disarmTried = (
  attempt: number,
  debugs: DisarmAttempt['debugs'],
  over: Partial<DisarmAttempt> = {},
  arm = 1,
): InputBody => ({
  kind: 'disarm-attempted',
  arm,
  attempt,
  outcome: {
    via: 'control',
    sentAt: debugs === 'not-sent' ? null : monotonic(T0),
    sentAtWall: debugs === 'not-sent' ? null : wall(1_773_339_748_706),
    debugs,
    conditions: 'none',
    conditionsLeft: [],
    deadMan: 'none',
    detail: debugs,
    ...over,
  },
});
/** What the second half gives: conditions gone too. */
export const cleared = (attempt = 0, arm = 1): InputBody => disarmTried(attempt, 'off', { conditions: 'removed' }, arm);

export const armTimer = (name: ArmTimerName, arm = 1): InputBody => ({ kind: 'arm-timer', arm, name });
export const renewed = (arm = 1): InputBody => ({ kind: 'lease-renewed', arm });
export const tripped = (arm = 1): InputBody => ({ kind: 'breaker', arm, trip: 'cpu', detail: 'CPU 92%' });

/** Inputs that arm, from `ms` on; armed two seconds later. */
export const arming = (ms: number, by: 'person' | 'peer' | 'agent' = 'agent', n = 1) => [
  at(ms, arm(by)),
  at(ms + 1_000, preflighted({}, n)),
];
export const armed = (ms: number, by: 'person' | 'peer' | 'agent' = 'agent', n = 1) => [
  ...arming(ms, by, n),
  at(ms + 2_000, armTried('armed', n)),
];
/** Inputs that finish a disarming that has begun. */
export const offAndCleared = (ms: number, n = 1) => [at(ms, disarmTried(0, 'off', {}, n)), at(ms + 1_000, cleared(0, n))];

/** In which state, why not by itself, and when by itself (milliseconds after T0). */
export function armingOf({ arming: { state, blocked, armAt } }: Book): string {
  const again = armAt === null ? '' : ` arms at ${armAt - T0}`;
  return `${state.kind}${blocked === null ? '' : ` blocked ${blocked}`}${again}`;
}

/** Effects of arming, with what matters of each. */
export const orders = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => {
    switch (effect.kind) {
      case 'arm-wake':
        return [`${effect.name}@${effect.at - T0}`];
      case 'disarm-device':
        return [
          `off:${effect.via}${effect.debugs.length === 0 ? '' : `:${effect.debugs.join('+')}`}${effect.conditions.length === 0 ? '' : ':conditions'}${effect.deadMan ? ':dead-man' : ''}${effect.all ? ':all' : ''}`,
        ];
      case 'alarm-raised':
        return [`alarm:${effect.alarm.key}`];
      case 'alarm-cleared':
        return [`over:${effect.alarm.key}`];
      default:
        return [effect.kind];
    }
  });

export const bookAfter = (rules: Rules, ...inputs: Parameters<typeof run>[1]): Book => run(rules, inputs).book;
