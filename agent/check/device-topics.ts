/**
 * What the pre-flight found, as rows of `spitrap check`: a row a topic, good or bad. What would refuse an arming is a failure where it
 * harms the device or takes the evidence away, and a warning where it passes by itself. Called by device.ts.
 */
import { preflightBounds, type RefusalWord, type WarningWord } from '../../shared/arming/preflight.ts';
import type { Finding, PreflightReading } from '../../shared/model/arming.ts';
import type { Config } from '../config/config.ts';
import { isSyslogListener } from '../config/config.ts';
import type { CheckState, Rows } from './row.ts';

interface Topic {
  readonly title: string;
  readonly words: Partial<Record<RefusalWord | WarningWord, Exclude<CheckState, 'ok'>>>;
  /** In words when nothing was found; null: not looked at here, no row. */
  readonly fine: (reading: PreflightReading, config: Config) => string | null;
  readonly remedy?: string;
}

const LEVELS = ['emergencies', 'alerts', 'critical', 'errors', 'warnings', 'notifications', 'informational', 'debugging'];
const levelName = (level: number | null | undefined): string =>
  level === null || level === undefined ? 'not known' : level < 0 ? 'off' : (LEVELS[level] ?? String(level));
const takesSyslog = (config: Config): boolean => config.sources.some(isSyslogListener);
const armsItself = (config: Config): boolean => config.arm !== 'manual';

const topics: readonly Topic[] = [
  {
    title: 'CPU',
    words: { 'cpu-busy': 'warn', 'cpu-unread': 'warn' },
    fine: ({ cpu }) => (cpu === null ? null : `${cpu.fiveSeconds}% over five seconds, ${cpu.oneMinute}% over one minute`),
    remedy: 'no debugs before it is quiet: they take CPU too',
  },
  {
    title: 'memory',
    words: { 'memory-low': 'warn', 'memory-unread': 'warn' },
    fine: ({ memoryFreePercent: free }) => (free === null ? null : `${Math.round(free)}% of the processor pool is free`),
  },
  {
    title: 'VTY lines',
    words: { 'lines-short': 'fail', 'lines-unread': 'warn' },
    fine: ({ freeVtys }) =>
      freeVtys === null
        ? null
        : `${freeVtys} are left to people beside the agent’s own; ${preflightBounds.vtysLeftFree} are wanted`,
    remedy: 'show users says who is on; give it more lines, or end sessions that nobody uses',
  },
  {
    title: 'console',
    words: { 'console-logging': 'fail', 'logging-unread': 'fail' },
    fine: ({ logging, absent }) => (absent?.includes('logging') ? null : `logging ${levelName(logging?.console)}`),
    remedy: 'turn it off, or set it to informational or less',
  },
  {
    title: 'terminal monitor',
    words: { 'terminal-monitor': 'fail' },
    fine: ({ logging, absent }, config) =>
      !absent?.includes('logging') && config.sources.some((source) => source.kind === 'terminal-monitor')
        ? `logging ${levelName(logging?.monitor)}`
        : null,
  },
  {
    title: 'trap level',
    words: { 'trap-level': 'fail' },
    fine: ({ logging }, config) => (takesSyslog(config) && logging !== null ? levelName(logging.trap) : null),
    remedy: 'let it send its debugs too: they are what explains the message',
  },
  {
    title: 'logging host',
    words: { 'no-logging-host': 'warn' },
    fine: ({ logging }, config) => (takesSyslog(config) && logging !== null ? logging.hosts.join(', ') || null : null),
    remedy: 'the device must send its log here (give port and transport as the source has them), or to a relay that does',
  },
  {
    title: 'rate limit',
    words: { 'rate-limited': 'warn' },
    fine: ({ logging }, config) => (takesSyslog(config) && logging?.rateLimited === false ? 'none' : null),
  },
  {
    title: 'stamps',
    words: { 'no-msec-stamps': 'warn', 'settings-unread': 'warn' },
    fine: ({ msecStamps }) => (msecStamps === true ? 'datetime msec' : null),
  },
  {
    title: 'sequence numbers',
    words: { 'no-sequence-numbers': 'warn' },
    fine: ({ sequenceNumbers }) => (sequenceNumbers === true ? 'on' : null),
  },
  {
    title: 'clock in sync',
    words: { 'clock-not-in-sync': 'warn', 'clock-unread': 'warn' },
    fine: ({ clockMark }) => (clockMark === '' ? 'yes' : null),
  },
  {
    title: 'conditions',
    words: { 'foreign-conditions': 'warn', 'conditions-unread': 'warn', 'no-conditions': 'warn', 'too-many-conditions': 'fail' },
    fine: ({ conditions, absent }, config) =>
      armsItself(config) && !absent?.includes('conditions')
        ? `${conditions?.filters.length ?? 0} set; ours limit the debugs to the peers`
        : null,
  },
  {
    title: 'other debugs',
    words: { 'other-debugs': 'warn' },
    fine: () => null,
  },
];

/** `unreadRemedy`: what to do where debugs can not be read, on platforms without `show debugging`. */
export function judgeTopics(
  reading: PreflightReading,
  findings: readonly Finding[],
  config: Config,
  rows: Rows,
  unreadRemedy?: string,
): void {
  for (const { title, words, fine, remedy } of topics) {
    const all = findings.filter(({ word }) => word in words);
    const found = all.filter(({ word }) => minds(word, config));
    for (const { word, text, enter } of found) {
      const state = words[word as keyof typeof words]!;
      const what = word === 'lines-short' ? [...enter, 'line vty 0 15', ' transport input ssh'] : enter;
      rows[state === 'fail' ? 'fail' : 'warn'](title, text, remedy ?? null, what);
    }
    const good = all.length === 0 ? fine(reading, config) : null;
    if (good !== null) rows.ok(title, good);
    for (const { text } of all.filter((finding) => !found.includes(finding))) rows.ok(title, `${text}; spitrap arm would refuse`);
  }
  judgeDebugs(reading, findings, config, rows, unreadRemedy);
}

/** A pair that is armed by hand needs no conditions of ours, and waits with a person's. */
const minds = (word: string, config: Config): boolean => armsItself(config) || !word.includes('conditions');

/** With `arm: manual` debugs that are on are what the pair waits with; else they are somebody's, and keep ours off. */
function judgeDebugs(
  { flags }: PreflightReading,
  findings: readonly Finding[],
  config: Config,
  rows: Rows,
  unreadRemedy = 'the user must be allowed: show debugging',
): void {
  const unread = findings.find(({ word }) => word === 'debugs-unread');
  if (unread !== undefined || flags === null) {
    rows.fail('debugs', unread?.text ?? 'what is being debugged could not be read', unreadRemedy);
    return;
  }
  const crypto = flags.filter((flag) => flag.crypto).map((flag) => flag.text);
  const foreign = findings.find(({ word }) => word === 'foreign-debugs');
  if (crypto.length === 0)
    rows.ok('debugs', armsItself(config) ? 'none is on' : 'none is on: with arm: manual you turn them on, conditions first');
  else if (armsItself(config) && foreign !== undefined)
    rows.warn('debugs', foreign.text, 'ask whose they are; spitrap status says whether they are the agent’s own');
  else rows.ok('debugs', `on: ${crypto.join(', ')}; spitrap arm would refuse beside them`);
}
