/**
 * One `event …` or `action …` of an applet from its words. Null: not understood, which the caller keeps. Called by read-config.ts.
 * IOS "Embedded Event Manager Command Reference".
 */
import type { ActionBody, AppletEvent } from './applet.ts';
import { actionVerbs, eventKinds, type Word } from './statement.ts';

/** `$_name` is what `event manager environment` says of it. */
export type Substitute = (text: string) => string;

/** Options as pairs, in any order; null: a word that is none of them, or a value that is missing. */
function optionsOf(words: readonly Word[], known: readonly string[], flags: readonly string[] = []): Map<string, string> | null {
  const found = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const { text, quoted } = words[at]!;
    const name = text.toLowerCase();
    if (quoted) return null;
    if (flags.includes(name)) {
      found.set(name, '');
      continue;
    }
    const value = words[at + 1];
    if (!known.includes(name) || value === undefined) return null;
    found.set(name, value.text);
    at += 1;
  }
  return found;
}

/** Seconds, with parts of them: `maxrun 35`, `period 60.5`. */
function secondsIn(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return null;
  return Number(text);
}

const notSeconds = (text: string | undefined): boolean => text !== undefined && secondsIn(text) === null;

const USUAL = ['maxrun', 'nice', 'queue-priority', 'tag', 'ratelimit'];

/** `words` after `event`. */
export function readEvent(words: readonly Word[], line: number, substitute: Substitute): AppletEvent | null {
  const [head, ...rest] = words[0]?.text.toLowerCase() === 'tag' ? words.slice(2) : words;
  if (head === undefined || head.quoted) return null;
  const kind = head.text.toLowerCase();
  if (kind === 'syslog') return syslogEvent(rest, line, substitute);
  if (kind === 'snmp-notification') return notificationEvent(rest, line, substitute);
  if (!eventKinds.has(kind)) return null;
  const at = rest.findIndex(({ text, quoted }) => !quoted && text.toLowerCase() === 'maxrun');
  const maxrun = at === -1 ? undefined : substitute(rest[at + 1]?.text ?? '');
  if (notSeconds(maxrun)) return null;
  const timing = { line, maxrunSeconds: secondsIn(maxrun) };
  if (kind === 'timer') {
    const [timer] = rest;
    return timer === undefined ? null : { ...timing, kind: 'timer', timer: timer.text.toLowerCase() };
  }
  return { ...timing, kind: 'other', name: kind };
}

function syslogEvent(words: readonly Word[], line: number, substitute: Substitute): AppletEvent | null {
  const options = optionsOf(words, [...USUAL, 'pattern', 'occurs', 'period', 'priority', 'severity'], severities);
  const pattern = options?.get('pattern');
  if (!options || pattern === undefined) return null;
  const [occurs, period, maxrun] = ['occurs', 'period', 'maxrun'].map((name) => substituted(options.get(name), substitute));
  if ((occurs !== undefined && !/^\d{1,9}$/.test(occurs)) || notSeconds(period) || notSeconds(maxrun)) return null;
  return {
    kind: 'syslog',
    line,
    pattern: substitute(pattern),
    occurs: occurs === undefined ? 1 : Number(occurs),
    periodSeconds: secondsIn(period),
    priority: options.get('priority') ?? null,
    maxrunSeconds: secondsIn(maxrun),
  };
}

const severities = ['severity-critical', 'severity-debugging', 'severity-fatal', 'severity-major', 'severity-minor'];

const NOTIFICATION = [
  ...['oid', 'oid-val', 'op', 'src-ip-address', 'dest-ip-address', 'direction', 'msg-op', 'default'],
  ...['community', 'ipv4', 'ipv6'],
];

function notificationEvent(words: readonly Word[], line: number, substitute: Substitute): AppletEvent | null {
  const options = optionsOf(words, [...USUAL, ...NOTIFICATION]);
  const oid = options?.get('oid');
  if (!options || oid === undefined) return null;
  const maxrun = substituted(options.get('maxrun'), substitute);
  if (notSeconds(maxrun)) return null;
  return {
    kind: 'snmp-notification',
    line,
    oid: substitute(oid),
    oidVal: substituted(options.get('oid-val'), substitute) ?? null,
    op: options.get('op')?.toLowerCase() ?? null,
    sourceAddress: substituted(options.get('src-ip-address'), substitute) ?? null,
    maxrunSeconds: secondsIn(maxrun),
  };
}

const substituted = (text: string | undefined, substitute: Substitute): string | undefined =>
  text === undefined ? undefined : substitute(text);

/** `words` after the label. */
export function readAction(words: readonly Word[], substitute: Substitute): ActionBody | null {
  const [head, ...rest] = words;
  const verb = head?.text.toLowerCase();
  if (head === undefined || head.quoted || verb === undefined || !actionVerbs.has(verb)) return null;
  switch (verb) {
    case 'cli':
      return cliAction(rest, substitute);
    case 'syslog': {
      const options = optionsOf(rest, ['priority', 'msg', 'facility']);
      const message = options?.get('msg');
      if (!options || message === undefined) return null;
      return { kind: 'syslog', message: substitute(message), priority: options.get('priority') ?? null };
    }
    case 'wait': {
      if (rest.length !== 1) return null;
      const text = substitute(rest[0]!.text);
      // `wait $delay`: a variable of the run, known on the router alone.
      if (text.startsWith('$')) return { kind: 'wait', seconds: null };
      return /^\d{1,9}$/.test(text) ? { kind: 'wait', seconds: Number(text) } : null;
    }
    case 'snmp-trap': {
      const options = optionsOf(rest, ['intdata1', 'intdata2', 'strdata']);
      if (!options) return null;
      const value = (name: string): string | null => substituted(options.get(name), substitute) ?? null;
      return { kind: 'snmp-trap', intData1: value('intdata1'), intData2: value('intdata2'), strData: value('strdata') };
    }
    default:
      return { kind: 'other', verb };
  }
}

/** `cli command "…" [pattern "…"]`; without quotes IOS takes one word, people write more. */
function cliAction(words: readonly Word[], substitute: Substitute): ActionBody | null {
  const [head, first, ...rest] = words;
  if (head?.text.toLowerCase() !== 'command' || first === undefined) return null;
  const patternAt = rest.findIndex(({ text, quoted }) => !quoted && text.toLowerCase() === 'pattern');
  const more = patternAt === -1 ? rest : rest.slice(0, patternAt);
  if (first.quoted && more.length > 0) return null;
  return { kind: 'cli', command: substitute([first, ...more].map(({ text }) => text).join(' ')) };
}
