/**
 * The configuration of a fleet process (`spitrap fleet -c fleet.yaml`): its keys, what the program makes of them, every fault at once. Read as
 * an agent's is, by the same rooms (agent/config/). docs/fleet-configuration.md is made from it.
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { isSpitrapError } from '../../shared/errors.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import { dataDirOf } from '../config/assemble.ts';
import type { Config, PageConfig } from '../config/config.ts';
import type { ConfigHost } from '../config/config-host.ts';
import { readConfigText } from '../config/config-text.ts';
import { assembleEngine, engineFields, engineFits } from '../config/engine-fields.ts';
import { configInvalid } from '../config/faults.ts';
import { mapping, optional, required, section, withDefault } from '../config/field-notes.ts';
import * as kinds from '../config/fields.ts';
import { isMapping, Judgement, readConfigFile } from '../config/load.ts';
import { assemblePage, pageGuarded, pageMapping } from '../config/page-fields.ts';
import type { SecretReader } from '../config/secrets.ts';
import type { EngineOptions } from '../fleet-ports.ts';

export interface FleetConfig {
  readonly engine: EngineOptions;
  /** Absolute. */
  readonly folder: string;
  readonly page: PageConfig;
  readonly stream: {
    readonly create: boolean;
    readonly bytesMax: number;
    readonly ageMaxMs: DurationMs;
    readonly bundlesBytesMax: number;
    readonly replicas: number;
  };
  /** Of the index. */
  readonly keepMs: DurationMs;
  readonly log: Config['log'];
}

export interface LoadedFleetConfig {
  readonly config: FleetConfig;
  readonly warnings: readonly string[];
  readonly secrets: readonly string[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MIB = 1024 ** 2;
const TIB = 1024 ** 4;
/** Beside the page of an agent on the same host. */
const USUAL_PORT = 7_424;

const shape = {
  engine: required(mapping(engineFields()), 'The engine that agents tell: NATS with JetStream.'),
  folder: optional(
    kinds.text('path'),
    'The index, and reports made of bundles. Processes of this host that name the same folder share the work; it can be deleted and is made anew from the stream. Relative to this file.',
    '`spitrap-data/` and the name of this file without its ending, beside it',
  ),
  page: withDefault(pageMapping(USUAL_PORT), {}, 'Its page and JSON API. Nothing can be done there, so either token only reads.'),
  stream: section(
    {
      create: withDefault(
        kinds.flag(),
        true,
        'Make what is absent in the engine: the streams SPITRAP and SPITRAP_STATE and the bucket spitrap-bundles. What is there is never changed.',
      ),
      bytesMax: withDefault(kinds.size(MIB, 64 * TIB), '8GiB', 'Of the stream as it is made: the oldest records go.'),
      ageMax: withDefault(kinds.duration(HOUR, 3_650 * DAY), '90d', 'Of records and bundles, as the streams are made.'),
      bundlesBytesMax: withDefault(kinds.size(MIB, 64 * TIB), '64GiB', 'Of the bucket of bundles as it is made.'),
      replicas: withDefault(kinds.count(1, 5), 1, 'Copies that a cluster keeps, as they are made: 1, 3 or 5.'),
    },
    'What is made in the engine.',
  ),
  keep: withDefault(kinds.duration(DAY, 3_650 * DAY), '365d', 'How long the index knows of an incident.'),
  log: section(
    {
      level: withDefault(kinds.word(['debug', 'info', 'warn', 'error']), 'info', 'Least severe entry that is written.'),
      format: withDefault(kinds.word(['auto', 'json', 'pretty']), 'auto', '`auto`: readable on a terminal, JSON otherwise.'),
    },
    'Its own log, on stdout.',
  ),
};

export const fleetSchema = z.strictObject(shape);
type Spelled = z.output<typeof fleetSchema>;
type Parts = { readonly stream: Partial<Spelled['stream']>; readonly log: Partial<Spelled['log']> } & Partial<
  Omit<Spelled, 'stream' | 'log'>
>;

/** @throws SpitrapError CONFIG_UNREADABLE, CONFIG_INVALID, SECRET_UNREADABLE. */
export function loadFleetConfig(file: string, host: ConfigHost): LoadedFleetConfig {
  const absolute = resolve(file);
  return loadFleetConfigText(readConfigFile(absolute, host), absolute, host);
}

/** `file` is absolute; relative paths in the text start at its folder. */
export function loadFleetConfigText(text: string, file: string, host: ConfigHost): LoadedFleetConfig {
  const read = readConfigText(text);
  if (!read.ok)
    throw configInvalid(
      file,
      read.faults.map((fault) => ({ path: '', value: null, ...fault })),
    );
  const judgement = new Judgement(file, { ...read, root: fleetSchema });
  if (!isMapping(read.tree)) {
    judgement.fault([], `a mapping of settings is expected: ${Object.keys(shape).join(', ')}`);
    throw judgement.error();
  }
  const parts = judgement.settings(read.tree) as unknown as Parts;
  if (parts.engine) engineFits(parts.engine, ['engine'], judgement);
  if (parts.page) pageGuarded({ page: parts.page }, judgement);
  const secrets: string[] = [];
  const reader: SecretReader = {
    ...{ host, secrets, folder: dirname(file) },
    fault: (path, remedy, code) => judgement.fault(path, remedy, code),
    warn: (message) => judgement.warn(message),
  };
  const engine = parts.engine && assembleEngine(parts.engine, ['engine'], 'spitrap-fleet', reader);
  const page = assemblePage(parts.page ?? null, reader);
  const { stream, keep, log } = parts;
  if (judgement.faults.length > 0 || !engine || page === null || keep === undefined) throw judgement.error();
  const made = stream as Spelled['stream'];
  return {
    config: {
      engine,
      page,
      log: log as Spelled['log'],
      folder: dataDirOf(parts.folder ?? null, file),
      stream: {
        create: made.create,
        bytesMax: made.bytesMax,
        ageMaxMs: made.ageMax,
        bundlesBytesMax: made.bundlesBytesMax,
        replicas: made.replicas,
      },
      keepMs: keep,
    },
    warnings: judgement.warnings,
    secrets,
  };
}

/**
 * For whoever only looks: where the index is. That this user can not read the secrets which the file names is nothing to them.
 * @throws SpitrapError as loadFleetConfig, but for SECRET_UNREADABLE.
 */
export function loadFleetFolder(file: string, host: ConfigHost): string {
  try {
    return loadFleetConfig(file, host).config.folder;
  } catch (error) {
    if (!isSpitrapError(error, 'SECRET_UNREADABLE')) throw error;
    const absolute = resolve(file);
    const read = readConfigText(readConfigFile(absolute, host));
    const spelled = read.ok && isMapping(read.tree) ? read.tree['folder'] : undefined;
    return dataDirOf(typeof spelled === 'string' ? spelled : null, absolute);
  }
}

/** Beside each other in its folder. */
export const indexFolder = (folder: string): string => `${folder}/index`;
export const reportsFolder = (folder: string): string => `${folder}/reports`;
