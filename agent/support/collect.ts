/**
 * What `spitrap support` puts together for a fault report: each piece bounded, redacted like evidence, and left out with its reason where it can
 * not be had. Works without a running agent, and with a configuration that is at fault. Reads files, asks the agent its status, touches no
 * device. Called by cli/support.ts.
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { createRedactor, type Redact } from '../../shared/redact/redact.ts';
import type { CheckRow } from '../check/row.ts';
import type { ConfigHost } from '../config/config-host.ts';
import { configBytesMax, readConfigText } from '../config/config-text.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { filesIn, INCIDENT, MANIFEST, REPORTS, redactDeep } from '../evidence/bundle-files.ts';
import { pickIncident, storedIncidents } from '../evidence/stored-incidents.ts';
import type { World } from '../ports.ts';
import type { AgentStatus } from '../status/status.ts';
import { maskedConfig, plainSecrets, secretPlaces } from './masked-config.ts';
import type { TarFile } from './tar.ts';

export interface SupportRoom {
  readonly world: Pick<World, 'disk' | 'random'>;
  readonly host: ConfigHost;
  readonly about: Readonly<Record<string, unknown>>;
  /** Null: only dataDir is known. */
  readonly configFile: string | null;
  /** Null: of the configuration. */
  readonly dataDir: string | null;
  /** Incidents whose outputs and log go into it too. */
  readonly withBundles: readonly string[];
  /** The agent's log, where somebody keeps it in a file. */
  readonly logFile: string | null;
  status(dataDir: string): Promise<AgentStatus>;
  check(loaded: LoadedConfig, file: string): Promise<readonly CheckRow[]>;
}

export interface Support {
  readonly files: readonly TarFile[];
  /** `name: why`. */
  readonly missing: readonly string[];
  readonly hidden: number;
}

const SECRET_BYTES_MAX = 64 * 1024;

/** @throws SpitrapError INCIDENT_UNKNOWN for a bundle that was asked for and is not there. */
export async function collectSupport(room: SupportRoom): Promise<Support> {
  const collected = new Collected();
  const config = readConfig(room);
  const redact = createRedactor(room.world.random.bytes(32), config.secrets);
  const put = (name: string, text: string): void => collected.text(name, text, redact);
  const putJson = (name: string, value: unknown): void => collected.json(name, value, redact);
  const attempt = async (name: string, make: () => Promise<void>): Promise<void> => {
    await make().catch((error: unknown) => collected.missing.push(`${name}: ${redact(asSpitrapError(error).message).text}`));
  };

  putJson('about.json', room.about);
  if (config.tree !== null) putJson('config.json', maskedConfig(config.tree));
  if (config.fault !== null) put('config-fault.txt', config.fault);
  const dataDir = room.dataDir ?? config.dataDir;
  const { loaded } = config;
  if (loaded !== null) await attempt('check.json', async () => putJson('check.json', await room.check(loaded, room.configFile!)));
  const { logFile } = room;
  if (logFile !== null)
    await attempt('agent.log', async () =>
      put('agent.log', redactedLines(await tailOf(logFile, limits.supportLogBytesMax, room), redact)),
    );
  if (dataDir === null) return collected.support(['dataDir: not known, the configuration does not say it']);
  await attempt('status.json', async () => putJson('status.json', await room.status(dataDir)));
  await attempt('journal.jsonl', async () => {
    const text = await tailOf(join(dataDir, 'journal', 'journal.jsonl'), limits.supportLogBytesMax, room);
    put('journal.jsonl', redactedLines(text, redact));
  });
  await attempt('audit.log', async () =>
    put('audit.log', await tailOf(join(dataDir, 'audit.log'), limits.supportLogBytesMax, room)),
  );
  await attempt('incidents.json', () => putIncidents(dataDir, room, collected, redact));
  for (const asked of room.withBundles) await putBundle(asked, dataDir, room, collected, redact);
  return collected.support([]);
}

/** Files under their names, within the bound of the archive. */
class Collected {
  readonly files: TarFile[] = [];
  readonly missing: string[] = [];
  #bytes = 0;
  #hidden = 0;

  text(name: string, text: string, redact: Redact): void {
    const { text: clean, count } = redact(text);
    this.#hidden += count;
    const bytes = Buffer.from(clean);
    if (this.#bytes + bytes.length > limits.supportBytesMax) {
      this.missing.push(`${name}: no room, the archive takes ${limits.supportBytesMax} bytes`);
      return;
    }
    this.#bytes += bytes.length;
    this.files.push({ name, bytes });
  }

  json(name: string, value: unknown, redact: Redact): void {
    const { value: clean, count } = redactDeep(value, redact);
    this.#hidden += count;
    // Once more as text: a key of a mapping is no value.
    this.text(name, `${JSON.stringify(clean, null, 2)}\n`, redact);
  }

  support(more: readonly string[]): Support {
    return { files: this.files, missing: [...this.missing, ...more], hidden: this.#hidden };
  }
}

interface ReadConfig {
  readonly loaded: LoadedConfig | null;
  /** As the file says it; null: it could not be read. */
  readonly tree: unknown;
  readonly fault: string | null;
  readonly dataDir: string | null;
  readonly secrets: readonly string[];
}

/** A file at fault is read for what it still says: which secrets must not get out, and where dataDir is. */
function readConfig({ configFile, host }: SupportRoom): ReadConfig {
  if (configFile === null) return { loaded: null, tree: null, fault: null, dataDir: null, secrets: [] };
  let loaded: LoadedConfig | null = null;
  let fault: string | null = null;
  try {
    loaded = loadConfig(configFile, host);
  } catch (error) {
    const { code, message } = asSpitrapError(error);
    fault = `${code}: ${message}\n`;
  }
  const tree = treeOf(configFile, host);
  const secrets = [...(loaded?.secrets ?? []), ...plainSecrets(tree), ...namedSecrets(tree, configFile, host)];
  return { loaded, tree, fault, secrets, dataDir: loaded?.config.dataDir ?? spelledDataDir(tree, configFile) };
}

function treeOf(file: string, host: ConfigHost): unknown {
  try {
    const read = readConfigText(host.readFile(file, configBytesMax));
    return read.ok ? read.tree : null;
  } catch {
    return null;
  }
}

function namedSecrets(tree: unknown, configFile: string, host: ConfigHost): string[] {
  return secretPlaces(tree).flatMap(({ kind, name }) => {
    try {
      const folder = kind === 'credential' ? (host.environment('CREDENTIALS_DIRECTORY') ?? '') : dirname(resolve(configFile));
      const raw =
        kind === 'env' ? host.environment(name) : host.readFile(isAbsolute(name) ? name : join(folder, name), SECRET_BYTES_MAX);
      return raw === undefined ? [] : [raw.trim()];
    } catch {
      return [];
    }
  });
}

function spelledDataDir(tree: unknown, configFile: string): string | null {
  const spelled = typeof tree === 'object' && tree !== null ? (tree as Record<string, unknown>)['dataDir'] : undefined;
  return typeof spelled === 'string' ? resolve(dirname(resolve(configFile)), spelled) : null;
}

/** The end of a file, from the first whole line on. Rejects with DISK_FAILED. */
async function tailOf(path: string, bytesMax: number, { world }: SupportRoom): Promise<string> {
  const file = await world.disk.open(path, 'read');
  try {
    const size = await file.size();
    const from = Math.max(0, size - bytesMax);
    const text = (await file.read(from, Math.min(size, bytesMax))).toString('utf8');
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

/** Each record by its values, where a secret may be escaped; what is no record stays for the text to redact. */
function redactedLines(text: string, redact: Redact): string {
  const clean = (line: string): string => {
    try {
      return JSON.stringify(redactDeep(JSON.parse(line) as unknown, redact).value);
    } catch {
      return line;
    }
  };
  return text
    .split('\n')
    .map((line) => (line === '' ? line : clean(line)))
    .join('\n');
}

/** What there is, and of the newest sealed ones what they say of themselves. No output of a device. */
async function putIncidents(dataDir: string, room: SupportRoom, collected: Collected, redact: Redact): Promise<void> {
  const { disk } = room.world;
  const stored = await storedIncidents(dataDir, disk);
  const listed = stored.slice(0, limits.supportIncidentsMax).map(({ id, state, why, incident }) => ({
    ...{ id, state, why },
    ...(incident === null
      ? {}
      : { opened: incident.opened, outcome: incident.outcome, peers: incident.peers.map(({ name }) => name) }),
  }));
  collected.json('incidents.json', { count: stored.length, newest: listed }, redact);
  for (const { id, folder } of stored.filter(({ state }) => state === 'sealed').slice(0, limits.supportBundlesMax))
    for (const name of [MANIFEST, INCIDENT, REPORTS.json])
      await putFile(`incidents/${id}/${name}`, join(folder, name), room, collected, redact);
}

async function putBundle(asked: string, dataDir: string, room: SupportRoom, collected: Collected, redact: Redact): Promise<void> {
  const { id, folder } = pickIncident(await storedIncidents(dataDir, room.world.disk), asked);
  const names = await filesIn(folder, room.world.disk, limits.bundleFilesMax);
  for (const name of names) {
    const path = `incidents/${id}/${name}`;
    if (!collected.files.some((file) => file.name === path)) await putFile(path, join(folder, name), room, collected, redact);
  }
}

async function putFile(name: string, path: string, room: SupportRoom, collected: Collected, redact: Redact): Promise<void> {
  try {
    const found = await room.world.disk.stat(path);
    if (found === null) return;
    if (found.bytes > limits.supportBytesMax) throw new RangeError(`${found.bytes} bytes`);
    collected.text(name, (await room.world.disk.readFile(path)).toString('utf8'), redact);
  } catch (error) {
    collected.missing.push(`${name}: ${asSpitrapError(error).message}`);
  }
}
