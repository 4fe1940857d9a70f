/**
 * A configuration file to a Config, or every fault of it at once. Called by the subcommands before anything else is opened.
 * Text (config-text.ts) -> settings, each judged by itself (schema.ts through convict) -> rules between them (rules.ts) ->
 * secrets and computed defaults (assemble.ts).
 */
import { dirname, resolve } from 'node:path';
import convict from 'convict';
import { z } from 'zod';
import { type ErrorCode, isSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { printable } from '../../shared/model/printable.ts';
import { assembleAlarmChannels } from './alarm-channels.ts';
import { assembleConfig, assembleDevice, assemblePeer, dataDirOf } from './assemble.ts';
import { assembleSources } from './assemble-sources.ts';
import type { Config } from './config.ts';
import type { ConfigHost } from './config-host.ts';
import { configBytesMax, readConfigText } from './config-text.ts';
import { type ConfigFault, configInvalid, type FaultPath, formatPath, formatPlace, inOrder } from './faults.ts';
import { bare, fieldNotes, schemaAt } from './field-notes.ts';
import { assembleFleet } from './fleet-fields.ts';
import { type FaultContext, faultAt, faultPlace, issueFaults, unknownKey, valueAt } from './issues.ts';
import { assemblePage } from './page-fields.ts';
import { type GatheredFault, type GatheredPeers, gatherPeers, type Place } from './peers-from.ts';
import { checkRules, type Parts } from './rules.ts';
import { convictSchema, isSection, rootSchema, type Spelled } from './schema.ts';
import { errnoWords, readSecret, type SecretReader } from './secrets.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Where each of `config.peers` came from, in their order: `spokes.csv row 7`; null: from the file itself. */
  readonly peerOrigins: readonly (string | null)[];
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
  if (!isMapping(read.tree)) {
    const judgement = new Judgement(file, read);
    judgement.fault([], 'a mapping of settings is expected: role, device, sources, peers, signal');
    throw judgement.error();
  }
  const gathered = gatherPeers(read.tree, dirname(file), host);
  const places = new PeerPlaces(gathered);
  const judgement = new Judgement(file, {
    tree: gathered.tree,
    lineOf: (path) => read.lineOf(path),
    placeOf: (path) => places.of(path),
  });
  for (const fault of gathered.faults) judgement.gathered(fault);
  for (const warning of gathered.warnings) judgement.warn(warning);
  const { peers: good, ...others } = judgement.settings(gathered.tree);
  places.schemaIsJudged();
  if (good === null && read.tree['peersFrom'] === undefined) judgement.fault(['peers'], 'is missing; give it as list of peers');
  // That there is none is then the least of it.
  const isKnown = Array.isArray(good) && (good.length > 0 || gathered.faults.length === 0);
  const parts: SettingParts = isKnown ? { ...others, peers: good } : others;
  checkRules(parts, judgement);
  const secrets: string[] = [];
  const reader: SecretReader = {
    host,
    secrets,
    known: new Map(),
    folder: dirname(file),
    where: (path) => judgement.where(path),
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
  const fleet = assembleFleet(parts.fleet ?? null, device?.name ?? '', reader);
  const keyRef = parts.evidence?.redactionKey;
  const redactionKey = keyRef ? readSecret(keyRef, ['evidence', 'redactionKey'], { charactersMin: 8 }, reader) : null;
  if (judgement.faults.length > 0 || !device || !peers) throw judgement.error();
  return {
    config: assembleConfig(parts as Spelled, { device, peers, sources, alarms, page, fleet, redactionKey }, file),
    peerOrigins: peers.map((_, index) => gathered.originOf(index)?.words ?? null),
    warnings: judgement.warnings,
    secrets,
  };
}

/** Which of the gathered peers' faults are of the template: one for all rows. */
class PeerPlaces {
  readonly #gathered: GatheredPeers;
  /** What the schema says of a value that every row has is said of the template; what two rows have against each other is theirs. */
  #bySchema = true;

  constructor(gathered: GatheredPeers) {
    this.#gathered = gathered;
  }

  schemaIsJudged(): void {
    this.#bySchema = false;
  }

  of([top, index, ...path]: FaultPath): Place | null {
    const origin = top === 'peers' && typeof index === 'number' ? this.#gathered.originOf(index) : null;
    if (origin === null || index === undefined) return null;
    const isOfAll = origin.isRow && this.#bySchema && (origin.inTemplate(path) || this.#isOfNoCell([top!, index, ...path]));
    return isOfAll ? { file: null, line: null, path: ['peersFrom', 'template', ...path] } : origin.place(path);
  }

  /** A key that nobody knows, a secret in plain text: no cell of a table makes it right. */
  #isOfNoCell(path: FaultPath): boolean {
    const { tree } = this.#gathered;
    const schema = schemaAt(rootSchema, path, tree);
    return schema === null || (fieldNotes.get(schema)?.secret === true && typeof valueAt(tree, path) === 'string');
  }
}

/** As the schema has it: a list that is not there is null. */
type SettingParts = Parts & {
  readonly evidence?: Partial<Spelled['evidence']>;
  readonly dataDir?: Spelled['dataDir'];
};

/** Collects faults and warnings of one file. `context.root`: what its settings are (agent/fleet/config.ts has others than an agent's). */
export class Judgement {
  readonly faults: ConfigFault[] = [];
  readonly #warnings = new Set<string>();
  readonly #ofTemplate = new Set<string>();
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
    this.#add(code === 'SECRET_UNREADABLE' ? { ...fault, value: null } : fault);
  };

  readonly warn = (message: string): void => void this.#warnings.add(printable(message, 400));

  /** One wrong permission is one at each of thousands of keys. */
  get warnings(): string[] {
    const all = [...this.#warnings];
    const more = all.length - limits.configWarningsMax;
    return more > 0 ? [...all.slice(0, limits.configWarningsMax), `and ${more} more warnings`] : all;
  }

  /** How a message names a setting. */
  readonly where = (path: FaultPath): string => {
    const place = this.#context.placeOf?.(path) ?? null;
    return place === null || place.file === null ? formatPath(path) : formatPlace(faultPlace(place, this.#context));
  };

  /** What is wrong with a file that peers come from, before there are peers. */
  gathered({ path, place, remedy }: GatheredFault): void {
    this.#code = 'CONFIG_INVALID';
    if (place === null) this.fault(path, remedy);
    else this.#add({ ...faultPlace(place, this.#context), value: null, remedy });
  }

  /** Thousands of rows have one template, and its fault once. */
  #add(fault: ConfigFault): void {
    if (fault.at === undefined && fault.path.startsWith('peersFrom.template')) {
      const name = `${fault.path} ${fault.remedy}`;
      if (this.#ofTemplate.has(name)) return;
      this.#ofTemplate.add(name);
    }
    this.faults.push(fault);
  }

  error(): SpitrapError {
    const error = configInvalid(this.#file, inOrder(this.faults));
    if (this.#code !== 'SECRET_UNREADABLE') return error;
    return new SpitrapError('SECRET_UNREADABLE', error.message, { context: error.context, cause: error.cause });
  }

  /** Every setting judged by itself; only the good ones come back. */
  settings(tree: Record<string, unknown>): Omit<SettingParts, 'peers'> & { readonly peers?: Parts['peers'] | null } {
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
    return values as unknown as Omit<SettingParts, 'peers'>;
  }

  /** The known settings, each in a list of one (schema.ts says why); unknown keys become faults here. */
  #box(tree: Record<string, unknown>, schema: z.ZodObject, path: FaultPath): Record<string, unknown> {
    const boxed: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(tree)) {
      const field = Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType) : null;
      const at = [...path, key];
      if (field === null) {
        this.#code = 'CONFIG_INVALID';
        this.#add(unknownKey(at, this.#context));
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
        for (const issue of result.error.issues) for (const fault of issueFaults(issue, at, this.#context)) this.#add(fault);
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
  return raw.slice(0, limits.peersMax).map((item) => (list.element as z.ZodType).safeParse(item).data);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
