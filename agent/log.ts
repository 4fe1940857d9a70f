/**
 * The log: pino underneath, one small interface above it that rooms take by injection. Rules: facts about an entry go into fields,
 * secrets never get out, and text from the network cannot move the reader's cursor (pair-protocol.md, "Trust").
 */
import pino from 'pino';
import pretty from 'pino-pretty';
import { SpitrapError } from '../shared/errors.ts';
import { limits } from '../shared/limits.ts';
import { secretFinder } from '../shared/redact/secret-finder.ts';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** False: nobody reads `debug`, and what it would say need not be made. Absent: not known. */
  readonly debugs?: () => boolean;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'json' | 'pretty' | 'auto';
  /** Secret values of this configuration: replaced wherever they turn up, in messages and fields alike. */
  readonly secrets?: readonly string[];
  /** Stands in every entry, such as `{ device: 'hub1' }`. */
  readonly base?: LogFields;
}

/** Where entries go; process.stdout fits. */
export interface LogStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** One whose configuration may be read anew. */
export interface ChangeableLog extends Logger {
  /** From the next entry on. Secrets of before stay hidden too. */
  change(options: Pick<LogOptions, 'level' | 'secrets'>): void;
}

export function createLog(options: LogOptions, stream: LogStream = process.stdout): ChangeableLog {
  const readable = options.format === 'pretty' || (options.format === 'auto' && stream.isTTY === true);
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { ...options.base },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const sink = pino(settings, readable ? prettyStream(stream) : stream);
  let secrets = options.secrets ?? [];
  let clean = cleaner(secrets, readable);
  const at =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void => {
      if (sink.isLevelEnabled(level)) sink[level](clean.fields(fields), clean.text(message));
    };
  const change = (next: Pick<LogOptions, 'level' | 'secrets'>): void => {
    sink.level = next.level;
    secrets = [...new Set([...secrets, ...(next.secrets ?? [])])];
    clean = cleaner(secrets, readable);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debugs: () => sink.isLevelEnabled('debug'),
    change,
  };
}

/** For callers that have no log to give: tests, offline tools. */
export const silentLog: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function prettyStream(stream: LogStream): pino.DestinationStream {
  // In this thread on purpose: a worker would lose the last lines before process.exit, and those are the ones that matter.
  const format = pretty.prettyFactory({
    colorize: stream.isTTY === true && !process.env['NO_COLOR'],
    translateTime: 'UTC:yyyy-mm-dd"T"HH:MM:ss.l"Z"',
    singleLine: true,
  });
  return { write: (line) => void stream.write(format(line) ?? '') };
}

/** C0, DEL, C1, and what reorders or hides text on a terminal, as \xNN or \u{NNNN}: visible, and without effect. */
export const escapeControls = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });

const SECRET_FIELD = /^(password|passphrase|privateKey|enablePassword|community|secret|redactionKey|authKey|privKey)$/i;
/** SNMP credentials hold their keys under these, in a field plainly named `key`. */
const HOLDS_KEY = /^(auth|priv)$/;
const HIDDEN = '<redacted>';
/** Shorter ones would turn ordinary words into holes. */
const SECRET_CHARS_MIN = 4;

function cleaner(
  secrets: readonly string[],
  escaping: boolean,
): { fields(fields: LogFields): object; text(text: string): string } {
  // Longest first: a secret that contains another must go as a whole.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SECRET_CHARS_MIN).sort((a, b) => b.length - a.length);

  const find = secretFinder(known);

  const text = (raw: string): string => {
    // Hidden before it is cut: a cut may leave half a secret behind.
    const hidden = find(raw).reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), raw);
    const over = hidden.length - limits.logTextCharsMax;
    const cut = over > 0 ? `${hidden.slice(0, limits.logTextCharsMax)}… (${over} more characters)` : hidden;
    return escaping ? escapeControls(cut) : cut;
  };

  const value = (raw: unknown, name: string, parent: string, depth: number): unknown => {
    if (SECRET_FIELD.test(name) || (name === 'key' && HOLDS_KEY.test(parent)))
      return raw === null || raw === undefined ? raw : HIDDEN;
    if (typeof raw === 'string') return text(raw);
    if (typeof raw === 'bigint') return raw.toString();
    if (typeof raw === 'function' || typeof raw === 'symbol') return `<${typeof raw}>`;
    if (typeof raw !== 'object' || raw === null) return raw;
    if (raw instanceof Error) return failure(raw, depth);
    if (raw instanceof Uint8Array) return `<${raw.length} bytes>`;
    if (depth >= limits.logDepthMax) return '<deeper than the log goes>';
    if (Array.isArray(raw)) {
      const kept = raw.slice(0, limits.logEntriesMax).map((item: unknown) => value(item, '', name, depth + 1));
      return raw.length > kept.length ? [...kept, `… (${raw.length - kept.length} more)`] : kept;
    }
    return record(raw, name, depth + 1);
  };

  const record = (raw: object, parent: string, depth: number): Record<string, unknown> => {
    const entries = Object.entries(raw);
    const kept = entries.slice(0, limits.logEntriesMax).map(([name, item]) => [text(name), value(item, name, parent, depth)]);
    if (entries.length > kept.length) kept.push(['…', `${entries.length - kept.length} more`]);
    return Object.fromEntries(kept) as Record<string, unknown>;
  };

  // The stack is for us alone: an error of the outside world says what happened in its message.
  const failure = (error: Error, depth: number): Record<string, unknown> => {
    const ours = error instanceof SpitrapError && error.code !== 'INTERNAL';
    const cause =
      error.cause !== undefined && depth < limits.logDepthMax ? value(error.cause, 'cause', '', depth + 1) : undefined;
    return {
      ...(error instanceof SpitrapError ? { code: error.code, context: record(error.context, 'context', depth + 1) } : {}),
      message: text(error.message),
      ...(ours || error.stack === undefined ? {} : { stack: text(error.stack) }),
      ...(cause === undefined ? {} : { cause }),
    };
  };

  return { fields: (fields) => record(fields, '', 0), text };
}
