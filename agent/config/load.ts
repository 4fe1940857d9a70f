/**
 * A configuration file to a Config, or every fault of it at once. Called by the subcommands before anything else is opened.
 * Text (config-text.ts) -> settings, each judged by itself (schema.ts through convict) -> rules between them (rules.ts) ->
 * secrets and computed defaults (assemble.ts).
 */
import { dirname, resolve } from 'node:path';
import convict from 'convict';
import { z } from 'zod';
import { type ErrorCode, isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { printable } from '../../shared/model/printable.ts';
import { assembleAlarmChannels } from './alarm-channels.ts';
import { assembleConfig, assembleDevice, assemblePeer, dataDirOf } from './assemble.ts';
import { assembleSources } from './assemble-sources.ts';
import type { Config } from './config.ts';
import type { ConfigHost } from './config-host.ts';
import { configBytesMax, readConfigText } from './config-text.ts';
import { type ConfigFault, configInvalid, type FaultPath } from './faults.ts';
import { bare } from './field-notes.ts';
import { type FaultContext, faultAt, issueFaults, unknownKey } from './issues.ts';
import { assemblePage } from './page-fields.ts';
import { checkRules, type Parts } from './rules.ts';
import { convictSchema, isSection, rootSchema, type Spelled } from './schema.ts';
import { errnoWords, readSecret, type SecretReader } from './secrets.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Not faults, but to be read: one line each. */
  readonly warnings: readonly string[];
  /** Every secret that was read, for the log to hide (agent/log.ts). */
  readonly secrets: readonly string[];
}

/** @throws SpitrapError CONFIG_UNREADABLE, CONFIG_INVALID (faultsOf gives the list), SECRET_UNREADABLE. */
export function loadConfig(file: string, host: ConfigHost): LoadedConfig {
  const absolute = resolve(file);
  return loadConfigText(readConfigFile(absolute, host), absolute, host);
}

/**
 * For whoever only asks a running agent: where it lives. That this user can not read the secrets which the file names is nothing to them.
 * @throws SpitrapError as loadConfig, but for SECRET_UNREADABLE.
 */
export function loadDataDir(file: string, host: ConfigHost): string {
  try {
    return loadConfig(file, host).config.dataDir;
  } catch (error) {
    if (!isSpitrapError(error, 'SECRET_UNREADABLE')) throw error;
    const absolute = resolve(file);
    const read = readConfigText(readConfigFile(absolute, host));
    const spelled = read.ok && isMapping(read.tree) ? read.tree['dataDir'] : undefined;
    return dataDirOf(typeof spelled === 'string' ? spelled : null, absolute);
  }
}

/** Rejections as loadConfig has them. */
export function readConfigFile(file: string, host: ConfigHost): string {
  try {
    return host.readFile(file, configBytesMax);
  } catch (error) {
    const why = (error as { code?: unknown }).code === 'ENOENT' ? 'no such file' : errnoWords(error);
    throw new SpitrapError('CONFIG_UNREADABLE', `can not read ${printable(file)}: ${why}; nothing was started`, { cause: error });
  }
}

/** `file` is absolute; relative paths in the text start at its folder. */
export function loadConfigText(text: string, file: string, host: ConfigHost): LoadedConfig {
  const read = readConfigText(text);
  if (!read.ok)
    throw configInvalid(
      file,
      read.faults.map((fault) => ({ path: '', value: null, ...fault })),
    );
  const judgement = new Judgement(file, read);
  if (!isMapping(read.tree)) {
    judgement.fault([], 'a mapping of settings is expected: role, device, sources, peers, signal');
    throw judgement.error();
  }
  const parts = judgement.settings(read.tree);
  checkRules(parts, judgement);
  const secrets: string[] = [];
  const reader: SecretReader = {
    host,
    secrets,
    folder: dirname(file),
    fault: (path, remedy, code) => judgement.fault(path, remedy, code),
    warn: (message) => judgement.warn(message),
  };
  const device = parts.device && assembleDevice(parts.device, reader);
  // A root that is at fault is one of the faults: nothing is built with this one.
  const root = parts.signal.root ?? 91;
  const peers = parts.peers?.flatMap((peer, index) => (peer ? [assemblePeer(peer, index, root, reader)] : []));
  const dataDir = dataDirOf(parts.dataDir ?? null, file);
  const sources = device === undefined ? [] : assembleSources(parts.sources ?? [], device, dataDir, reader);
  const alarms = assembleAlarmChannels(parts.alarms ?? [], reader);
  const page = assemblePage(parts.page ?? null, reader);
  const keyRef = parts.evidence?.redactionKey;
  const redactionKey = keyRef ? readSecret(keyRef, ['evidence', 'redactionKey'], { charactersMin: 8 }, reader) : null;
  if (judgement.faults.length > 0 || !device || !peers) throw judgement.error();
  return {
    config: assembleConfig(parts as Spelled, { device, peers, sources, alarms, page, redactionKey }, file),
    warnings: judgement.warnings,
    secrets,
  };
}

type SettingParts = Parts & {
  readonly evidence?: Partial<Spelled['evidence']>;
  readonly dataDir?: Spelled['dataDir'];
};

/** What is missing has no line and stands after what is there. */
const LAST = Number.MAX_SAFE_INTEGER;

/** Collects faults and warnings of one file. `context.root`: what its settings are (agent/fleet/config.ts has others than an agent's). */
export class Judgement {
  readonly faults: ConfigFault[] = [];
  readonly warnings: string[] = [];
  readonly #file: string;
  readonly #context: FaultContext;
  #code: ErrorCode = 'SECRET_UNREADABLE';

  constructor(file: string, context: FaultContext) {
    this.#file = file;
    this.#context = context;
  }

  readonly fault = (path: FaultPath, remedy: string, code: ErrorCode = 'CONFIG_INVALID'): void => {
    // SECRET_UNREADABLE stands only when nothing else is wrong: the file itself is then good.
    if (code === 'CONFIG_INVALID') this.#code = code;
    const fault = faultAt(path, remedy, this.#context);
    this.faults.push(code === 'SECRET_UNREADABLE' ? { ...fault, value: null } : fault);
  };

  readonly warn = (message: string): void => {
    if (!this.warnings.includes(message)) this.warnings.push(printable(message, 400));
  };

  error(): SpitrapError {
    const sorted = [...this.faults].sort((a, b) => (a.line ?? LAST) - (b.line ?? LAST));
    const error = configInvalid(this.#file, sorted);
    if (this.#code !== 'SECRET_UNREADABLE') return error;
    return new SpitrapError('SECRET_UNREADABLE', error.message, { context: error.context, cause: error.cause });
  }

  /** Every setting judged by itself; only the good ones come back. */
  settings(tree: Record<string, unknown>): SettingParts {
    const root = this.#context.root ?? rootSchema;
    const boxed = this.#box(tree, root, []);
    const store = convict(convictSchema(root.shape), { args: [], env: {} });
    let accepted = true;
    try {
      store.load(boxed).validate({ allowed: 'strict' });
    } catch {
      // What convict found is found again below, with path, line and remedy.
      accepted = false;
    }
    const values = this.#collect(store.getProperties(), root, []);
    if (!accepted && this.faults.length === 0)
      throw new SpitrapError(
        'INTERNAL',
        `the schema refused ${printable(this.#file)} and no setting of it is at fault; please report it`,
      );
    return values as unknown as SettingParts;
  }

  /** The known settings, each in a list of one (schema.ts says why); unknown keys become faults here. */
  #box(tree: Record<string, unknown>, schema: z.ZodObject, path: FaultPath): Record<string, unknown> {
    const boxed: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(tree)) {
      const field = Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType) : null;
      const at = [...path, key];
      if (field === null) {
        this.#code = 'CONFIG_INVALID';
        this.faults.push(unknownKey(at, this.#context));
      } else if (!isSection(field)) boxed[key] = [value];
      else if (isMapping(value)) boxed[key] = this.#box(value, field, at);
      else this.fault(at, `a mapping of ${Object.keys(field.shape).join(', ')}`);
    }
    return boxed;
  }

  #collect(stored: Record<string, unknown>, schema: z.ZodObject, path: FaultPath): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
      const at = [...path, key];
      if (isSection(field)) {
        values[key] = this.#collect(stored[key] as Record<string, unknown>, field, at);
        continue;
      }
      const [raw] = stored[key] as [unknown];
      const result = field.safeParse(raw);
      if (result.success) values[key] = result.data;
      else {
        this.#code = 'CONFIG_INVALID';
        for (const issue of result.error.issues) this.faults.push(...issueFaults(issue, at, this.#context));
        const items = goodItems(field, raw);
        if (items) values[key] = items;
      }
    }
    return values;
  }
}

/** Of a faulty list the items that are good, the others' places empty: the rules still look at the rest. */
function goodItems(schema: z.ZodType, raw: unknown): unknown[] | null {
  const list = bare(schema);
  if (!(list instanceof z.ZodArray) || !Array.isArray(raw)) return null;
  return raw.slice(0, 512).map((item) => (list.element as z.ZodType).safeParse(item).data);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
