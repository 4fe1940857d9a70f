/**
 * How much each alarm matters: one table by the first word of its key (`stop:01HV…` is `stop`). docs/alarms.md shows it, and a test holds
 * it to every key that the code raises. Read by the ledger when an alarm is taken in. Pure.
 */
import type { Alarm } from '../../shared/coordinate/book.ts';

/** `critical`: debugs may be on with nobody to end them, or traffic is being lost. `warning`: what comes next may go worse than it should. */
export type Severity = 'critical' | 'warning';

export interface AlarmKind {
  readonly severity: Severity;
  /** The severity when the alarm tells a person what to type; absent: the same. */
  readonly withRemedy?: Severity;
  readonly about: string;
}

export const alarmKinds: Readonly<Record<string, AlarmKind>> = {
  stop: { severity: 'critical', about: 'the debugs of our own device are not verified off' },
  'peer-stop': { severity: 'critical', about: 'the debugs of a peer’s device are not verified off, or it never took the stop' },
  stale: {
    severity: 'critical',
    about: 'the agent was away at the stop: debugs that it did not find in its journal may be left on',
  },
  budget: { severity: 'critical', about: 'more incidents than the budget allows: further ones are not acted on' },
  'device-login': {
    severity: 'critical',
    about: 'the device can not be logged in to, so nobody but a person could end its debugs',
  },
  disarm: { severity: 'critical', about: 'debugs that we armed are not verified off' },
  'armed-ended': {
    severity: 'critical',
    about: 'breaker, lease or maxDebug ended the debugs that we armed: nobody watches any more',
  },
  'black-hole': { severity: 'critical', about: 'a flow stays out of sync: its traffic is lost until a person acts' },
  'peer-silent': {
    severity: 'warning',
    withRemedy: 'critical',
    about:
      'a peer is not heard; critical when it had debugs on, may have, or has not said that the stop of its last incident is done',
  },
  'arm-refused': { severity: 'warning', about: 'the device is not armed, and why' },
  'foreign-debugs': {
    severity: 'warning',
    about:
      'debugs are on that this agent did not turn on (it lost its dataDir, or a person did), and a peer is not heard: nothing ends them',
  },
  'max-debug': { severity: 'warning', about: 'the debugs that we armed end soon, unless a person renews them' },
  'dead-man': { severity: 'warning', about: 'the dead-man on the device could not be renewed: it will end the debugs by itself' },
  'dead-man-left': { severity: 'warning', about: 'the dead-man is left on a device that is disarmed' },
  'conditions-left': { severity: 'warning', about: 'debug conditions of ours are left on the device' },
  'half-armed': { severity: 'warning', about: 'debugs are on at one end and off at the other' },
  'path-dead': { severity: 'warning', about: 'one path to a peer does not answer' },
  'cfg-differs': { severity: 'warning', about: 'the two ends have other agreed values, delay or stop mode' },
  'mode-differs': { severity: 'warning', about: 'the two ends run in different modes' },
  'roles-clash': { severity: 'warning', about: 'the roles of the two ends do not fit: what one signals the other refuses' },
  'alarm-untold': { severity: 'warning', about: 'alarms have not reached anybody over a channel for five minutes' },
  uncorroborated: { severity: 'warning', about: 'a syslog line claims a message that the device does not have' },
  seal: { severity: 'warning', about: 'a bundle could not be written to disk' },
  'reload-refused': { severity: 'warning', about: 'the configuration was read anew and is not taken over: the old one stands' },
  'journal-degraded': { severity: 'warning', about: 'the journal does not reach the disk' },
};

export const kindOf = (key: string): string => /^[a-z][a-z-]*/.exec(key)?.[0] ?? key;

/** Of a kind that this table does not know (a newer journal): critical, since a page too many wakes, and one too few burns. */
export function severityOf({ key, remedy }: Pick<Alarm, 'key' | 'remedy'>): Severity {
  const kind = alarmKinds[kindOf(key)];
  if (kind === undefined) return 'critical';
  return remedy === null ? kind.severity : (kind.withRemedy ?? kind.severity);
}
