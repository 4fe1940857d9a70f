/**
 * The judgement of a pre-flight (pair-protocol.md, "Arming"): what refuses to turn debugs on, and what is worth a warning. Pure; called
 * by shared/coordinate/arming.ts before every arming. The words stand in docs/arming.md, held together by test/arming/preflight.test.ts.
 */

import { canonicalAddress, sameAddress } from '../model/address.ts';
import type { ArmPlan, Finding, PreflightReading, PreflightVerdict } from '../model/arming.ts';
import { type PreflightQuestion, preflightQuestions, type Remedies } from '../platforms/arming.ts';

export interface PreflightTerms {
  readonly plan: ArmPlan;
  /** Conditions known to be ours, left by an earlier arming: canonical addresses. */
  readonly ourConditions: readonly string[];
  /** Addresses at which the device's `logging host` lines may name us; empty: no source takes syslog, and nothing is said about it. */
  readonly ourHosts: readonly string[];
  /** A terminal-monitor source is configured: with debugs on its line would get all of them. */
  readonly terminalMonitor?: boolean;
  /** What a person enters on this platform; absent: findings come without lines to enter. */
  readonly remedies?: Remedies;
}

export const preflightBounds = {
  oneMinuteCpuPercent: 50,
  fiveSecondCpuPercent: 70,
  /** The breaker would trip at once below it. */
  freeMemoryPercent: 10,
  vtysLeftFree: 2,
  /** About ten values a condition type are taken by a device. */
  conditionsPerType: 10,
  /** Severity of debugs: a destination at this level gets all of them. */
  debugging: 7,
  warnings: 4,
} as const;

export const refusalWords = [
  'cpu-busy',
  'cpu-unread',
  'memory-low',
  'foreign-debugs',
  'debugs-unread',
  'foreign-conditions',
  'conditions-unread',
  'console-logging',
  'logging-unread',
  'terminal-monitor',
  'lines-short',
  'lines-unread',
  'no-conditions',
  'too-many-conditions',
] as const;

export const warningWords = [
  'other-debugs',
  'trap-level',
  'no-logging-host',
  'rate-limited',
  'no-msec-stamps',
  'no-sequence-numbers',
  'clock-not-in-sync',
  'memory-unread',
  'settings-unread',
  'clock-unread',
] as const;

export type RefusalWord = (typeof refusalWords)[number];
export type WarningWord = (typeof warningWords)[number];

const NO_LINES: readonly string[] = [];

/** Refuses on anything that could hurt the device or somebody's work, and on not knowing it. */
export function judgePreflight(reading: PreflightReading, terms: PreflightTerms): PreflightVerdict {
  return {
    refusals: [
      ...judgeCpu(reading),
      ...judgeMemory(reading),
      ...judgeDebugs(reading),
      ...(isAbsent(reading, 'conditions') ? [] : [...judgeConditions(reading, terms), ...judgePlan(terms.plan)]),
      ...(isAbsent(reading, 'logging') ? [] : judgeLogging(reading, terms)),
      ...(isAbsent(reading, 'lines') ? [] : judgeLines(reading)),
    ],
    warnings: [...warnOfDebugs(reading), ...warnOfEvidence(reading, terms), ...warnOfStamps(reading, terms)],
  };
}

/** Not there on this platform, which is not the same as not read. */
const isAbsent = ({ absent }: PreflightReading, question: PreflightQuestion): boolean => absent?.includes(question) ?? false;

const refusal = (word: RefusalWord, text: string, enter: readonly string[] = NO_LINES): Finding[] => [{ word, text, enter }];
const warning = (word: WarningWord, text: string, enter: readonly string[] = NO_LINES): Finding[] => [{ word, text, enter }];

/** The line that was sent and what came back; entries of `unread` begin with the question. */
function unread(reading: PreflightReading, question: PreflightQuestion): string {
  const start = `${question}: `;
  const own = reading.unread.find((entry) => entry.startsWith(start))?.slice(start.length);
  // One of no question is about all of them.
  return own ?? reading.unread.find((entry) => !preflightQuestions.some((word) => entry.startsWith(`${word}: `))) ?? 'not read';
}

function judgeCpu(reading: PreflightReading): Finding[] {
  const { cpu } = reading;
  if (cpu === null) return refusal('cpu-unread', `the CPU load could not be read: ${unread(reading, 'cpu')}`);
  const { oneMinuteCpuPercent, fiveSecondCpuPercent } = preflightBounds;
  if (cpu.oneMinute < oneMinuteCpuPercent && cpu.fiveSeconds < fiveSecondCpuPercent) return [];
  const bounds = `debugs are turned on below ${oneMinuteCpuPercent}% and ${fiveSecondCpuPercent}%`;
  return refusal(
    'cpu-busy',
    `the CPU is at ${cpu.oneMinute}% over one minute and ${cpu.fiveSeconds}% over five seconds; ${bounds}`,
  );
}

function judgeMemory({ memoryFreePercent }: PreflightReading): Finding[] {
  if (memoryFreePercent === null || memoryFreePercent >= preflightBounds.freeMemoryPercent) return [];
  const bound = `debugs are turned on from ${preflightBounds.freeMemoryPercent}% on`;
  return refusal('memory-low', `${percent(memoryFreePercent)} of the processor memory is free; ${bound}`);
}

function judgeDebugs(reading: PreflightReading): Finding[] {
  if (reading.flags === null)
    return refusal('debugs-unread', `what is being debugged could not be read: ${unread(reading, 'debugging')}`);
  const crypto = reading.flags.filter((flag) => flag.crypto).map((flag) => flag.text);
  if (crypto.length === 0) return [];
  return refusal(
    'foreign-debugs',
    `somebody is debugging already: ${listed(crypto)}; their debugs end first, or stop: nothing is armed over them`,
  );
}

function warnOfDebugs({ flags }: PreflightReading): Finding[] {
  const other = (flags ?? []).filter((flag) => !flag.crypto).map((flag) => flag.text);
  return other.length === 0 ? [] : warning('other-debugs', `other debugs are on and stay on: ${listed(other)}`);
}

function judgeConditions(reading: PreflightReading, { ourConditions }: PreflightTerms): Finding[] {
  const { conditions } = reading;
  if (conditions === null)
    return refusal('conditions-unread', `the crypto debug conditions could not be read: ${unread(reading, 'conditions')}`);
  const isOurs = (value: string): boolean => ourConditions.some((ours) => sameAddress(ours, value));
  const foreign = [
    ...conditions.filters.filter(({ value }) => !isOurs(value)).map(({ kind, value }) => `${kind} ${value}`),
    ...Object.keys(conditions.unmatched)
      .filter((context) => conditions.unmatched[context])
      .map((context) => `${context} unmatched`),
  ];
  if (foreign.length === 0) return [];
  return refusal('foreign-conditions', `somebody has set crypto debug conditions: ${listed(foreign)}; they are left alone`);
}

function judgePlan({ conditions }: ArmPlan): Finding[] {
  if (conditions.length === 0)
    return refusal('no-conditions', 'no peer address to make a condition of: without one every tunnel would be debugged');
  const v6 = conditions.filter((address) => address.includes(':')).length;
  const most = Math.max(v6, conditions.length - v6);
  if (most <= preflightBounds.conditionsPerType) return [];
  const bound = `a device takes about ${preflightBounds.conditionsPerType} of one type`;
  return refusal(
    'too-many-conditions',
    `${most} peer addresses of one type would become conditions; ${bound}: arm for fewer peers`,
  );
}

function judgeLogging(reading: PreflightReading, terms: PreflightTerms): Finding[] {
  const { logging } = reading;
  if (logging === null || logging.console === null)
    return refusal('logging-unread', `the logging levels could not be read: ${unread(reading, 'logging')}`);
  const found: Finding[] = [];
  if (logging.console >= preflightBounds.debugging)
    found.push(
      ...refusal(
        'console-logging',
        'the console logs at level debugging: debug output on a serial line can hang the router',
        terms.remedies?.console,
      ),
    );
  if (terms.terminalMonitor === true && (logging.monitor === null || logging.monitor > preflightBounds.warnings))
    found.push(
      ...refusal(
        'terminal-monitor',
        `a terminal-monitor source is configured and the monitor level is ${logging.monitor ?? 'not known'}: with debugs on it must be warnings (4) or less`,
        terms.remedies?.monitor,
      ),
    );
  return found;
}

function judgeLines(reading: PreflightReading): Finding[] {
  if (reading.freeVtys === null) return refusal('lines-unread', `the VTY lines could not be read: ${unread(reading, 'lines')}`);
  if (reading.freeVtys >= preflightBounds.vtysLeftFree) return [];
  const bound = `${preflightBounds.vtysLeftFree} must be left to people`;
  return refusal('lines-short', `VTY lines free beside our own sessions: ${reading.freeVtys}; ${bound} while debugs are on`);
}

function warnOfEvidence(reading: PreflightReading, { ourHosts, remedies }: PreflightTerms): Finding[] {
  const { logging } = reading;
  if (logging === null || ourHosts.length === 0) return [];
  const found: Finding[] = [];
  if (logging.trap === null || logging.trap < preflightBounds.debugging)
    found.push(
      ...warning(
        'trap-level',
        `the trap level is ${logging.trap === null ? 'not known' : logging.trap < 0 ? 'off' : logging.trap}, below debugging (7): the %CRYPTO line may arrive and the debugs do not`,
        remedies?.trap,
      ),
    );
  if (!logging.hosts.some((host) => ourHosts.some((ours) => ours === host || sameAddress(ours, host)))) {
    const byName = logging.hosts.some((host) => canonicalAddress(host) === null);
    const named = logging.hosts.length === 0 ? 'it has no logging host' : `its logging hosts are ${listed(logging.hosts)}`;
    found.push(
      ...warning(
        'no-logging-host',
        `none of ${listed(ourHosts)} is a logging host of the device: ${named}${byName ? ' (one is a name, which may be ours)' : ''}`,
        ourHosts.slice(0, 1).flatMap((ours) => (remedies?.loggingHost ?? []).map((line) => line.replace('<host>', ours))),
      ),
    );
  }
  if (logging.rateLimited === true)
    found.push(
      ...warning('rate-limited', 'logging rate-limit is in force: lines will be missing from the debugs', remedies?.rateLimit),
    );
  return found;
}

function warnOfStamps(reading: PreflightReading, { remedies }: PreflightTerms): Finding[] {
  const found: Finding[] = [];
  if (reading.memoryFreePercent === null)
    found.push(...warning('memory-unread', `the free memory could not be read: ${unread(reading, 'memory')}`));
  if (!isAbsent(reading, 'settings') && (reading.msecStamps === null || reading.sequenceNumbers === null))
    found.push(
      ...warning(
        'settings-unread',
        `time stamps, sequence numbers and rate limits could not be read: ${unread(reading, 'settings')}`,
      ),
    );
  if (reading.msecStamps === false)
    found.push(
      ...warning(
        'no-msec-stamps',
        'the stamps of log lines have no milliseconds: both ends can only be ordered by arrival',
        remedies?.msecStamps,
      ),
    );
  if (reading.sequenceNumbers === false)
    found.push(
      ...warning('no-sequence-numbers', 'log lines carry no sequence numbers: lost ones go unnoticed', remedies?.sequenceNumbers),
    );
  if (reading.clockMark === null)
    found.push(...warning('clock-unread', `the clock could not be read: ${unread(reading, 'clock')}`));
  else if (reading.clockMark !== '')
    found.push(
      ...warning(
        'clock-not-in-sync',
        reading.clockMark === '*'
          ? 'the clock was never set: its stamps order nothing between the ends'
          : 'the clock is not in sync: its stamps order nothing between the ends',
        remedies?.clock,
      ),
    );
  return found;
}

const percent = (value: number): string => `${Number(value.toFixed(1))}%`;

const LISTED_MAX = 6;
const listed = (items: readonly string[]): string =>
  items.length <= LISTED_MAX
    ? items.join(', ')
    : `${items.slice(0, LISTED_MAX).join(', ')} and ${items.length - LISTED_MAX} more`;
