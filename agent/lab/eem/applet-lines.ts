/**
 * What stands after `event` and `action` in (config-applet)#, read as IOS takes it: clauses in any order, words abbreviated, one
 * quoted text an argument. Called by commands/event-manager.ts; a null means that `words.fault` has what IOS answers.
 */
import { iosRegex } from '../filters.ts';
import { type AppletAction, type AppletEvent, type Comparison, PRIORITIES } from './applet.ts';
import type { ConfigWords } from './config-words.ts';
import { COMPARISONS, parseStatement, STATEMENTS } from './statement.ts';

/** Characters that one typed line can hold at most bound every text in it. */
const TEXT_MAX = 254;
const INTEGER32 = [-0x8000_0000, 0x7fff_ffff] as const;
const SECONDS_MAX = 31_536_000;
/** Clauses that every event may have. */
const USUAL = ['maxrun', 'ratelimit'] as const;
type Usual = Record<`${(typeof USUAL)[number]}Ms`, number | null>;
/** With or without the dot at its end. */
const OID = /^\d{1,10}(?:\.\d{1,10}){1,127}\.?$/;

export function parseEvent(words: ConfigWords): AppletEvent | 'bad-pattern' | null {
  const detector = words.keyword(['syslog', 'snmp-notification', 'timer', 'none']);
  switch (detector) {
    case 'syslog':
      return syslogEvent(words);
    case 'snmp-notification':
      return notificationEvent(words);
    case 'timer':
      return timerEvent(words);
    case 'none':
      return noneEvent(words);
    case null:
      return null;
  }
}

function syslogEvent(words: ConfigWords): AppletEvent | 'bad-pattern' | null {
  let pattern: string | null = null;
  let occurs = 1;
  let periodMs: number | null = null;
  let priority: number | null = null;
  const usual: Usual = { maxrunMs: null, ratelimitMs: null };
  while (words.more) {
    switch (words.keyword(['pattern', 'occurs', 'period', 'priority', ...USUAL])) {
      case 'pattern':
        pattern = words.text(TEXT_MAX);
        break;
      case 'occurs':
        occurs = words.integer(1, 32) ?? 1;
        break;
      case 'period':
        periodMs = words.seconds();
        break;
      case 'priority':
        priority = priorityOf(words, true);
        break;
      case 'maxrun':
        usual.maxrunMs = words.seconds();
        break;
      case 'ratelimit':
        usual.ratelimitMs = words.seconds();
        break;
      case null:
    }
  }
  if (pattern === null) return words.incomplete();
  if (words.fault) return null;
  if (iosRegex(pattern) === null) return 'bad-pattern';
  return { kind: 'syslog', pattern, occurs, periodMs, priority, ...usual };
}

function notificationEvent(words: ConfigWords): AppletEvent | null {
  let oid: string | null = null;
  let oidVal: string | null = null;
  let op: Comparison | null = null;
  let sourceAddress: string | null = null;
  const usual: Usual = { maxrunMs: null, ratelimitMs: null };
  while (words.more) {
    switch (words.keyword(['oid', 'oid-val', 'op', 'src-ip-address', ...USUAL])) {
      case 'oid':
        oid = words.matching(OID);
        break;
      case 'oid-val':
        oidVal = words.text(TEXT_MAX);
        break;
      case 'op':
        op = words.keyword(COMPARISONS);
        break;
      case 'src-ip-address':
        sourceAddress = words.address();
        break;
      case 'maxrun':
        usual.maxrunMs = words.seconds();
        break;
      case 'ratelimit':
        usual.ratelimitMs = words.seconds();
        break;
      case null:
    }
  }
  if (oid === null || oidVal === null || op === null) return words.incomplete();
  return words.fault ? null : { kind: 'snmp-notification', oid, oidVal, op, sourceAddress, ...usual };
}

function timerEvent(words: ConfigWords): AppletEvent | null {
  const timer = words.keyword(['countdown', 'watchdog']);
  let name: string | null = null;
  let timeMs: number | null = null;
  const usual: Usual = { maxrunMs: null, ratelimitMs: null };
  while (words.more) {
    const word = words.keyword(['name', 'time', ...USUAL]);
    if (word === 'name') name = words.text(TEXT_MAX);
    else if (word === 'time') timeMs = words.seconds();
    else if (word !== null) usual[`${word}Ms`] = words.seconds();
  }
  if (timeMs === null || timer === null) return words.incomplete();
  return words.fault ? null : { kind: `timer ${timer}`, name, timeMs, ...usual };
}

/** `sync yes`, the default, keeps the terminal of `event manager run` waiting on a router; this one does not wait. */
function noneEvent(words: ConfigWords): AppletEvent | null {
  const usual: Usual = { maxrunMs: null, ratelimitMs: null };
  while (words.more) {
    const word = words.keyword(['sync', ...USUAL]);
    if (word === 'sync') words.keyword(['yes', 'no']);
    else if (word !== null) usual[`${word}Ms`] = words.seconds();
  }
  return words.fault ? null : { kind: 'none', ...usual };
}

/** `all` (of an event only), a level's name or its number. */
function priorityOf(words: ConfigWords, event: boolean): number | null {
  const word = words.keyword([...PRIORITIES, ...DIGITS, ...(event ? (['all'] as const) : [])]);
  if (word === null || word === 'all') return null;
  const digit = DIGITS.indexOf(word as (typeof DIGITS)[number]);
  return digit >= 0 ? digit : PRIORITIES.indexOf(word as (typeof PRIORITIES)[number]);
}

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

/** What stands after the label. */
export function parseAction(words: ConfigWords): AppletAction | null {
  const kind = words.keyword(['cli', 'syslog', 'wait', 'snmp-trap', ...STATEMENTS]);
  switch (kind) {
    case 'cli': {
      words.keyword(['command']);
      const command = words.text(TEXT_MAX);
      const pattern = words.optional('pattern') ? words.text(TEXT_MAX) : null;
      words.end();
      return words.fault || command === null ? null : { kind: 'cli', command, pattern };
    }
    case 'syslog':
      return syslogAction(words);
    case 'wait': {
      const seconds = words.integer(1, SECONDS_MAX);
      words.end();
      return words.fault || seconds === null ? null : { kind: 'wait', seconds };
    }
    case 'snmp-trap':
      return trapAction(words);
    case null:
      return null;
    default:
      return parseStatement(kind, words);
  }
}

function syslogAction(words: ConfigWords): AppletAction | null {
  let message: string | null = null;
  let priority: number | null = null;
  while (words.more) {
    switch (words.keyword(['msg', 'priority'])) {
      case 'msg':
        message = words.text(TEXT_MAX);
        break;
      case 'priority':
        priority = priorityOf(words, false);
        break;
      case null:
    }
  }
  if (message === null) return words.incomplete();
  return words.fault ? null : { kind: 'syslog', priority, message };
}

function trapAction(words: ConfigWords): AppletAction | null {
  let intData1: number | null = null;
  let intData2: number | null = null;
  let strData: string | null = null;
  while (words.more) {
    switch (words.keyword(['intdata1', 'intdata2', 'strdata'])) {
      case 'intdata1':
        intData1 = words.integer(...INTEGER32);
        break;
      case 'intdata2':
        intData2 = words.integer(...INTEGER32);
        break;
      case 'strdata':
        strData = words.text(TEXT_MAX);
        break;
      case null:
    }
  }
  return words.fault ? null : { kind: 'snmp-trap', intData1, intData2, strData };
}
