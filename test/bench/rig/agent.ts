/** One `spitrap run` of the built executable, as a process of its own: configured, started, asked for its status, ended. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../../agent/clock.ts';
import { callControl } from '../../../agent/control/control-client.ts';
import type { AgentStatus } from '../../../agent/status/status.ts';
import { start, until, type Watched } from './process.ts';

const clock = createClock();

export interface AgentSetting {
  readonly folder: string;
  readonly bin: string;
  readonly role: 'hub' | 'spoke';
  readonly mode: 'observe' | 'act';
  /** YAML of `device` beyond its platform, indented by two; absent: a device that refuses connections, whose lines come from 127.0.0.1. */
  readonly device?: string;
  /** YAML lists, indented by two. */
  readonly sources: string;
  readonly peers: string;
  readonly signalPort: number;
  readonly signalMore?: string;
  /** Further settings. */
  readonly more?: string;
}

export interface BenchAgent {
  readonly pid: number;
  readonly dataDir: string;
  readonly logFile: string;
  /** From its start to `watching` in its log. */
  readonly watchingAfterMs: number;
  status(): Promise<AgentStatus>;
  stop(): Promise<void>;
}

/** Two thousand peers, on a machine that has other work. */
const WATCHING_WITHIN_MS = 180_000;
/** Nobody listens on it. */
const DISCARD_PORT = 9;

const ABSENT_DEVICE = `  name: hub1
  address: 127.0.0.1
  port: ${DISCARD_PORT}
  hostKey: "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"
  cryptoAddresses: [213.163.222.7]
  match: [127.0.0.1]
`;

export const secrets = { ssh: 'bench login', auth: 'bench authentication', priv: 'bench privacy', community: 'public' } as const;
export const snmpUser = 'pair';

/** Indented for `snmp:` of a peer. */
export const v3Credentials = `{ version: 3, user: ${snmpUser}, auth: { protocol: sha256, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }`;

export async function startAgent(setting: AgentSetting): Promise<BenchAgent> {
  const { folder, bin } = setting;
  mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(secrets))
    writeFileSync(join(folder, 'secrets', name), `${value}\n`, { mode: 0o600 });
  const configFile = join(folder, 'agent.yaml');
  const config = `role: ${setting.role}
mode: ${setting.mode}
dataDir: data
device:
  platform: cisco-ios
  user: spitrap
  password: { file: secrets/ssh }
${setting.device ?? ABSENT_DEVICE}sources:
${setting.sources}signal: { listen: "127.0.0.1:${setting.signalPort}", ${setting.signalMore ?? ''} }
log: { format: json }
peers:
${setting.peers}${setting.more ?? ''}`;
  writeFileSync(configFile, config, { mode: 0o600 });
  const logFile = join(folder, 'agent.log');
  const began = performance.now();
  const process_: Watched = start(
    [process.execPath, ...(process.env['SPITRAP_BENCH_NODE_ARGS']?.split(' ') ?? []), bin, 'run', '-c', configFile],
    logFile,
  );
  let code: number | null | undefined;
  void process_.gone.then((exit) => {
    code = exit;
  });
  const watchingAfterMs = await until(
    'an agent that watches',
    () => {
      if (code !== undefined) throw new Error(`bench: the agent ended (${code}): ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
      return readFileSync(logFile, 'utf8').includes('"event":"watching"') ? performance.now() - began : null;
    },
    WATCHING_WITHIN_MS,
  );
  const dataDir = join(folder, 'data');
  return {
    pid: process_.pid,
    dataDir,
    logFile,
    watchingAfterMs,
    status: () => callControl(dataDir, { request: 'status' }, clock, 20_000),
    stop: () => process_.stop(),
  };
}
