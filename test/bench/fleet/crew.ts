/** Processes of light agents and of `spitrap fleet`, as their parent has them: started, told what to do, killed by their own process id. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './estate.ts';

export interface CrewSetting {
  readonly plan: Plan;
  readonly server: string;
  /** Of all spools. */
  readonly folder: string;
  readonly process: number;
  readonly processes: number;
  readonly heartbeatMs: number;
}

export type Order =
  | {
      readonly do: 'tell';
      readonly from: number;
      readonly to: number;
      readonly perSecond: number | null;
      readonly probeEvery: number;
    }
  | { readonly do: 'plain'; readonly from: number; readonly to: number }
  | { readonly do: 'beat'; readonly everyMs: number }
  | { readonly do: 'drain' | 'figures' | 'stop' };

/** When a hub's agent was told of this incident. */
export interface Probe {
  readonly id: string;
  readonly toldAtMs: number;
}

export interface CrewFigures {
  /** `tell` said true. */
  readonly told: number;
  /** By the engine, since the start of the process. */
  readonly accepted: number;
  readonly heartbeats: number;
  readonly dropped: number;
  readonly refused: number;
  readonly connected: number;
  readonly spoolBytesMost: number;
  /** Resident memory before there was any agent. */
  readonly rssAtStart: number;
  readonly sent: number;
}

export type Answer =
  | { readonly said: 'ready' }
  | { readonly said: 'progress'; readonly told: number; readonly probes: readonly Probe[] }
  | ({ readonly said: 'done' } & CrewFigures);

export interface CrewProcess {
  readonly pid: number;
  /** Resolves when it has done so; null: it was killed meanwhile. One at a time. */
  order(order: Order): Promise<CrewFigures | null>;
  told(): number;
  kill(): Promise<void>;
}

/** `bundle`: agents.ts as JavaScript. Resolves when all agents of it are connected. */
export async function startCrew(
  bundle: string,
  setting: CrewSetting,
  onProbes: (probes: readonly Probe[]) => void = () => {},
): Promise<CrewProcess> {
  const child = fork(bundle, [JSON.stringify(setting)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Each agent would have node's four for its disk; here hundreds share a process.
    env: { ...process.env, UV_THREADPOOL_SIZE: '64' },
  });
  started.add(child);
  let told = 0;
  let settle: ((answer: CrewFigures | null) => void) | null = null;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let isGone = false;
  void gone.then(() => {
    isGone = true;
    started.delete(child);
    settle?.(null);
  });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (answer: Answer) => {
      if (answer.said === 'ready') resolve();
      else if (answer.said === 'progress') {
        told = answer.told;
        onProbes(answer.probes);
      } else {
        told = answer.told;
        const done = settle;
        settle = null;
        done?.(answer);
      }
    });
    void gone.then(() => reject(new Error('a process of agents ended before it was ready')));
  });
  return {
    pid: child.pid!,
    order: (order) =>
      new Promise((resolve) => {
        if (isGone) return resolve(null);
        settle = resolve;
        child.send(order);
      }),
    told: () => told,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

export interface FleetProcess {
  readonly pid: number;
  readonly url: string;
  /** From its start until its page was served, ms. */
  readonly startMs: number;
  kill(): Promise<void>;
  /** Its exit code. */
  stop(): Promise<number | null>;
}

/** `bin`: the built executable. `name`: of the index's folder, below `folder`. */
export async function startFleet(bin: string, folder: string, name: string, server: string): Promise<FleetProcess> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, `${name}.yaml`);
  writeFileSync(
    config,
    [
      `engine: { servers: "${server}" }`,
      'page: { listen: "127.0.0.1:0" }',
      `folder: ${join(folder, name)}`,
      'stream: { bytesMax: 4GiB, bundlesBytesMax: 256MiB }',
      'log: { level: warn }',
      '',
    ].join('\n'),
  );
  const began = performance.now();
  const child = spawn(process.execPath, [bin, 'fleet', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.add(child);
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4_096);
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void gone.then(() => started.delete(child));
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4_096);
      const match = /^page +(http:\S+)/m.exec(said);
      if (match !== null) resolve(match[1]!);
    });
    void gone.then((code) => reject(new Error(`spitrap fleet ended (${code}): ${said}`)));
  });
  return {
    pid: child.pid!,
    url,
    startMs: performance.now() - began,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    stop() {
      child.kill('SIGTERM');
      return gone;
    },
  };
}

const started = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});
