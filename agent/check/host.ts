/**
 * `spitrap check`, this host: the folder and its lock, the SNMP engine, the sources' sockets. Where an agent runs on this dataDir its
 * status answers in place of a probe, because the ports are its own. Called by run-checks.ts.
 */
import { isSpitrapError } from '../../shared/errors.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { formatDuration } from '../../shared/model/time.ts';
import type { Config, PeerConfig, SourceConfig } from '../config/config.ts';
import { formatEndpoint } from '../config/fields.ts';
import type { LoadedConfig } from '../config/load.ts';
import { callControl } from '../control/control-client.ts';
import type { ControlSocket } from '../control/control-socket.ts';
import type { SessionOpener } from '../device/pool.ts';
import { configurationHash } from '../heartbeat.ts';
import type { Cleanup } from '../lifecycle.ts';
import { openEngine, type SnmpEngine } from '../net/engine.ts';
import type { World } from '../ports.ts';
import { openSource } from '../sources/index.ts';
import type { PolledDevice } from '../sources/qfp-drops.ts';
import type { AgentStatus } from '../status/status.ts';
import { checkCertificate, checkCounter, checkHistory } from './polled-sources.ts';
import { type Rows, told } from './row.ts';

export type Lock =
  | { readonly kind: 'ours' }
  | { readonly kind: 'agent'; readonly status: AgentStatus }
  /** Nothing of dataDir can be used. */
  | { readonly kind: 'none' };

export type OpenControl = (dataDir: string, clock: World['clock']) => Promise<ControlSocket>;

export function checkConfiguration({ config, warnings, secrets }: LoadedConfig, file: string, rows: Rows): void {
  const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
  rows.ok(
    file.slice(file.lastIndexOf('/') + 1),
    `role ${config.role}, mode ${config.mode}, ${count(config.sources.length, 'source')}, ${count(config.peers.length, 'peer')}`,
  );
  const open = warnings.filter((warning) => warning.includes('has permissions'));
  if (open.length === 0) rows.ok('secrets', `${count(secrets.length, 'secret')}, none of them for others to read`);
  for (const warning of open) {
    const [what, remedy] = parted(warning);
    rows.fail('secrets', what, remedy);
  }
  for (const warning of warnings.filter((each) => !open.includes(each))) {
    const title = titleOf(warning);
    const [what, remedy] = parted(warning.startsWith(title) ? warning.slice(title.length).replace(/^:? /, '') : warning);
    rows.warn(title, what, remedy);
  }
  rows.ok('cfg', `${configurationHash(config)}: agreed values, delay and stop mode; it must be the same at the other end`);
  for (const channel of config.alarms)
    rows.ok(`alarms ${channel.name}`, `${channel.kind}, from ${channel.severity} on; not tried`);
  if (config.alarms.length === 0)
    rows.warn(
      'alarms',
      'none is configured: an alarm stands in log and status, and nobody is told',
      'add a webhook, a syslog server or a command under alarms',
    );
}

/** `device.hostKey is empty: …` */
const titleOf = (warning: string): string => /^[a-z]\w*(?:\[\d+\])?(?:\.\w+(?:\[\d+\])?)*/i.exec(warning)?.[0] ?? 'remark';

/** What is wrong; what to do. The configuration's warnings have both in one line. */
function parted(warning: string): [what: string, remedy: string | null] {
  const cut = warning.indexOf('; ');
  return cut < 0 ? [warning, null] : [warning.slice(0, cut), warning.slice(cut + 2)];
}

/** Takes the lock for as long as the check lasts, so that no agent starts between its probes. */
export async function checkDataDir(
  { dataDir }: Config,
  world: World,
  openControl: OpenControl,
  cleanup: Cleanup,
  rows: Rows,
): Promise<Lock> {
  try {
    cleanup.add('lock', await openControl(dataDir, world.clock));
    rows.ok('dataDir', `${dataDir}, writable; no agent runs on it`);
    return { kind: 'ours' };
  } catch (error) {
    if (!isSpitrapError(error, 'ALREADY_RUNNING')) {
      rows.fail('dataDir', told(error), 'give the folder to this user, or set dataDir to another');
      return { kind: 'none' };
    }
  }
  try {
    const status = await callControl(dataDir, { request: 'status' }, world.clock);
    rows.ok(
      'dataDir',
      `${dataDir}; an agent runs on it (pid ${status.pid}, up ${formatDuration(status.upMs)}): its sockets are asked of it`,
    );
    return { kind: 'agent', status };
  } catch (error) {
    rows.fail(
      'dataDir',
      `it is locked, and who has it does not answer: ${told(error)}`,
      'another check, or an agent that starts or is stuck: see its log',
    );
    return { kind: 'none' };
  }
}

/** Null: an agent has it, or it can not be had. */
export async function checkEngine(config: Config, lock: Lock, world: World, rows: Rows): Promise<SnmpEngine | null> {
  if (lock.kind === 'none') {
    rows.skip('SNMP engine', 'dataDir can not be used');
    return null;
  }
  if (lock.kind === 'agent') {
    rows.ok('SNMP engine', `${lock.status.engineId}, boots ${lock.status.engineBoots}`);
    return null;
  }
  try {
    const engine = await openEngine(config.dataDir, config.signal.engineId, world);
    rows.ok('SNMP engine', `${engine.idHex}, kept in dataDir`);
    return engine;
  } catch (error) {
    rows.fail('SNMP engine', told(error));
    return null;
  }
}

/** For a router that signals us itself: what it must know of our engine. A spitrap peer learns it by discovery. */
export function routerLines(peer: PeerConfig, { signal }: Config, engineIdHex: string): string[] {
  const { address, port } = signal.listen;
  const here = address === '0.0.0.0' || address === '::' ? '<address of this host>' : address;
  const { snmp } = peer;
  const base = ['snmp-server enable traps event-manager', ...(peer.send.length > 0 ? ['snmp-server manager'] : [])];
  if (snmp.version !== 3) {
    const version = snmp.version === '2c' ? ' version 2c' : '';
    return [...base, `snmp-server host ${here}${version} <community> udp-port ${port} event-manager`];
  }
  const auth = snmp.auth.protocol === 'sha1' ? 'sha' : snmp.auth.protocol;
  const priv = snmp.priv === null ? '' : ` priv aes ${snmp.priv.protocol === 'aes128' ? 128 : 256} <privacy key>`;
  const level = snmp.priv === null ? 'auth' : 'priv';
  return [
    ...base,
    `snmp-server engineID remote ${here} udp-port ${port} ${engineIdHex.toUpperCase()}`,
    `snmp-server group spitrap v3 ${level}`,
    `snmp-server user ${snmp.user} spitrap remote ${here} udp-port ${port} v3 auth ${auth} <authentication key>${priv}`,
    `snmp-server host ${here} informs version 3 ${level} ${snmp.user} udp-port ${port} event-manager`,
  ];
}

/** What came by them while they were open. */
export interface Heard {
  lines: number;
  refused: number;
  lastRefused: string | null;
}

const LF = 10;

export interface SourceRoom {
  readonly world: World;
  readonly device: SessionOpener & PolledDevice;
  /** Null: there is none, and what needs it is left out. */
  readonly engine: SnmpEngine | null;
  readonly cleanup: Cleanup;
}

export async function checkSources(config: Config, lock: Lock, room: SourceRoom, rows: Rows): Promise<Heard> {
  const heard: Heard = { lines: 0, refused: 0, lastRefused: null };
  const emit = (observation: Observation): void => {
    if (observation.kind === 'lines') heard.lines += observation.bytes.filter((byte) => byte === LF).length;
    if (observation.kind !== 'refusal') return;
    heard.refused++;
    heard.lastRefused = `${observation.reason}, from ${observation.from}`;
  };
  if (config.sources.length === 0) rows.skip('sources', 'none is configured');
  for (const source of config.sources) {
    if (lock.kind === 'agent') judgeRunning(source, lock.status, rows);
    else if (source.kind === 'terminal-monitor') rows.skip(source.name, 'a session of its own, opened by run');
    else if (source.kind === 'file') await lookAt(source, room.world, rows);
    else if (source.kind === 'qfp-drops') rows.skip(source.name, 'looked at with the device');
    else if (source.kind === 'snmp-counter') await checkCounter(source, room.world, rows);
    else if (source.kind === 'eem-history') await checkHistory(source, room.world, rows);
    else if (source.kind === 'snmp-trap' && room.engine === null)
      rows.skip(source.name, 'without an SNMP engine nothing can be heard');
    else {
      if (source.kind === 'syslog-tls') await checkCertificate(source, room.world, rows);
      await bindOne(source, config, emit, room, rows);
    }
  }
  return heard;
}

/** Not read: how far the agent has read is kept in dataDir, and is the agent's. */
async function lookAt(
  { name, path }: Extract<SourceConfig, { readonly kind: 'file' }>,
  { logFiles }: World,
  rows: Rows,
): Promise<void> {
  try {
    const look = await logFiles.look(path);
    if (look === null) rows.fail(name, `${path} is not there`, 'does the syslog daemon of this host write it?');
    else if (!look.regular) rows.fail(name, `${path} is no regular file`, 'give the file that the syslog daemon writes');
    else {
      // To look at it and to read it are two permissions.
      await (await logFiles.open(path)).close();
      rows.ok(name, `${path}, ${look.bytes} bytes`);
    }
  } catch (error) {
    rows.fail(name, told(error));
  }
}

async function bindOne(
  source: SourceConfig,
  config: Config,
  emit: (observation: Observation) => void,
  { world, device, engine, cleanup }: SourceRoom,
  rows: Rows,
): Promise<void> {
  try {
    const opened = cleanup.add(
      source.name,
      await openSource(source, { world, emit, device, config, engine: engine!, onSignal: () => {} }),
    );
    rows.ok(source.name, opened.local === null ? 'opens' : `listens on ${formatEndpoint(opened.local)}`);
  } catch (error) {
    const remedy = isSpitrapError(error, 'LISTEN_REFUSED')
      ? `give sources ${source.name} a port that is free, or stop what has it`
      : isSpitrapError(error, 'TLS_CREDENTIALS_REFUSED')
        ? 'openssl x509 -in FILE -noout -subject -dates and openssl pkey -in FILE -check -noout say what stands in each file'
        : null;
    rows.fail(source.name, told(error), remedy);
  }
}

function judgeRunning({ name }: SourceConfig, status: AgentStatus, rows: Rows): void {
  const source = status.sources.find((each) => each.name === name);
  if (source === undefined) {
    rows.warn(name, 'the running agent does not have it', 'the configuration was changed: restart the agent');
    return;
  }
  const lines = source.lines === 0 ? 'no line yet' : `${source.lines} lines, the last ${source.lastLineAt ?? 'unknown'}`;
  if (source.state === 'open') rows.ok(name, `${source.listen ?? 'open'}, ${lines}`);
  else rows.fail(name, `${source.state}, ${lines}`, 'spitrap status and the agent’s log say since when');
}
