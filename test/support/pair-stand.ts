/**
 * A pair under load, outside of any test runner: the lab's stage in this process (two boxes behind real SSH and syslog, the relay between
 * the agents), and built `spitrap run` processes beside it, which may be killed. Used by test/soak and test/bench/load; judges nothing.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentProcess, type LogEntry, startAgentProcess } from '../../agent/cli/lab/agent-process.ts';
import { dataDirOf } from '../../agent/cli/lab/config-files.ts';
import { type End, ends, otherEnd, type RelayEvent } from '../../agent/cli/lab/relay.ts';
import { scenarios } from '../../agent/cli/lab/scenarios.ts';
import type { Setting } from '../../agent/cli/lab/setting.ts';
import { type Stage, setStage } from '../../agent/cli/lab/stage.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { createWorld } from '../../agent/world.ts';

export { type End, ends, otherEnd } from '../../agent/cli/lab/relay.ts';

export const world = createWorld();
const { clock, disk } = world;

export interface StandOptions {
  readonly binPath: string;
  readonly delayMs: number;
  readonly seed: number;
  readonly setting: Setting;
  /** The configuration as the lab writes it, changed. */
  readonly edit: (text: string, end: End) => string;
  /** Is every datagram of this end to be lost now? */
  readonly unreachable?: (sender: End) => boolean;
  readonly onEntry?: (end: End, entry: LogEntry) => void;
  readonly onRelay?: (event: RelayEvent) => void;
  /** Of the agents' node: a profile. */
  readonly nodeArgs?: readonly string[];
  /** `NAME=value` for the agents. */
  readonly environment?: readonly string[];
}

/** What a process of ours holds, as Linux counts it. */
export interface Held {
  readonly rssBytes: number;
  /** V8's and what it keeps outside (buffers among it), after a garbage collection. */
  readonly heapBytes: number;
  /** Of that the octets of buffers. */
  readonly bufferBytes: number;
  /** Resident in the C library's main arena: what native code holds, or has freed and not given back; in one arena all of it but large pieces. */
  readonly nativeBytes: number;
  readonly threads: number;
  readonly descriptors: number;
  /** Since the last look: how long what was due had to wait for its turn, at most and in all but one of a hundred cases. */
  readonly loopMs: { readonly most: number; readonly p99: number };
}

/** Collects its garbage and writes what is left when it is asked to: the agent itself has no such door. */
const PROBE = `const { monitorEventLoopDelay } = require('node:perf_hooks');
const loop = monitorEventLoopDelay({ resolution: 2 });
loop.enable();
process.on('SIGUSR2', () => {
  const [most, p99] = [loop.max / 1e6, loop.percentile(99) / 1e6];
  for (let i = 0; i < 3; i += 1) globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { writeFileSync, renameSync } = require('node:fs');
  const file = process.env.SPITRAP_PROBE_FILE;
  writeFileSync(file + '.new', JSON.stringify({ rss, heapUsed, external, arrayBuffers, most, p99 }));
  renameSync(file + '.new', file);
  // What this collection took is told by the next tick, and is not the agent's.
  setTimeout(() => loop.reset(), 20);
});`;

export class PairStand {
  readonly folder: string;
  readonly stage: Stage;
  readonly #options: StandOptions;
  readonly #cleanup: Cleanup;
  readonly #agents = new Map<End, AgentProcess>();

  private constructor(options: StandOptions, folder: string, stage: Stage, cleanup: Cleanup) {
    this.#options = options;
    this.folder = folder;
    this.stage = stage;
    this.#cleanup = cleanup;
  }

  /** The stage stands and its tunnel carries; no agent runs yet. */
  static async set(options: StandOptions): Promise<PairStand> {
    const folder = mkdtempSync(join(tmpdir(), 'spitrap-stand-'));
    const cleanup = new Cleanup(clock, 15_000);
    const { delayMs, seed, setting } = options;
    const scenario = { ...scenarios[0]!, setting, loses: (_: unknown, sender: End) => options.unreachable?.(sender) ?? false };
    const stage = await setStage(
      { folder, scenario, delayMs, seed, lossPercent: 0, onRelay: (event) => options.onRelay?.(event), onSyslog: () => {} },
      world,
      cleanup,
    );
    for (const end of ends)
      writeFileSync(stage.configs[end], options.edit(readFileSync(stage.configs[end], 'utf8'), end), { mode: 0o600 });
    writeFileSync(join(folder, 'probe.cjs'), PROBE);
    stage.pair!.start();
    return new PairStand(options, folder, stage, cleanup);
  }

  dataDir(end: End): string {
    return join(this.folder, dataDirOf(end));
  }

  /** Resolves when it answers on its control socket. */
  async start(end: End): Promise<void> {
    const agent = await startAgentProcess({
      name: end,
      clock,
      nodePath: process.execPath,
      binPath: this.#options.binPath,
      configFile: this.stage.configs[end],
      logFile: await disk.open(join(this.folder, `${end}.log`), 'append'),
      onEntry: (entry) => this.#options.onEntry?.(end, entry),
      launch: ([node = '', ...rest]) => [
        '/usr/bin/env',
        `SPITRAP_PROBE_FILE=${this.#probeFile(end)}`,
        ...(this.#options.environment ?? []),
        ...[node, '--expose-gc', '--require', join(this.folder, 'probe.cjs'), ...(this.#options.nodeArgs ?? [])],
        ...rest,
      ],
    });
    this.#agents.set(end, agent);
    this.#cleanup.add(`agent ${end}`, () => agent.stop());
    await this.until(`the ${end}'s agent answers`, async () => {
      if (!agent.running()) throw new Error(`the ${end}'s agent ended (${await agent.gone}): ${agent.lastWords()}`);
      return (await this.status(end)) !== null;
    });
  }

  /** Logged in on both sessions, its box's syslog connected, its peer heard. */
  async ready(end: End, alone = false): Promise<void> {
    await this.until(`the ${end}'s agent is ready`, async () => {
      const status = await this.status(end);
      if (status === null) return false;
      const { capture, control } = status.device.sessions;
      const loggedIn = [capture, control].every(({ state }) => state === 'ready' || state === 'busy');
      return loggedIn && this.stage.syslog[end].connected() && (alone || status.peers.every((peer) => peer.lastHelloAt !== null));
    });
  }

  /** `kill -9`. */
  async kill(end: End): Promise<void> {
    const agent = this.#agents.get(end);
    if (agent === undefined) return;
    this.#agents.delete(end);
    if (agent.running()) process.kill(agent.pid, 'SIGKILL');
    await agent.gone;
    // Its log file is closed with it.
    await agent.stop();
  }

  pid(end: End): number | null {
    const agent = this.#agents.get(end);
    return agent?.running() ? agent.pid : null;
  }

  lastWords(end: End): string {
    return this.#agents.get(end)?.lastWords() ?? 'it does not run';
  }

  /** Null: it does not answer. */
  async status(end: End): Promise<AgentStatus | null> {
    return await callControl(this.dataDir(end), { request: 'status' }, clock).catch(() => null);
  }

  /** As an engineer would, on the console. */
  debugsOn(end: End): void {
    const { boxes, facts } = this.stage;
    const condition = `debug crypto condition peer ipv4 ${facts[otherEnd(end)].cryptoAddress}`;
    for (const command of [condition, 'debug crypto isakmp', 'debug crypto ipsec']) boxes[end].console(command);
  }

  isQuiet(end: End): boolean {
    return this.stage.boxes[end].debugsOn().length === 0;
  }

  /** Lines of the box that are taken, its console apart. */
  sessions(end: End): number {
    return this.stage.ssh[end].connections();
  }

  async held(end: End): Promise<Held | null> {
    const pid = this.pid(end);
    if (pid === null) return null;
    const file = this.#probeFile(end);
    rmSync(file, { force: true });
    process.kill(pid, 'SIGUSR2');
    await this.until('the agent says what it holds', () => existsSync(file), 10_000);
    const { rss, heapUsed, external, arrayBuffers, most, p99 } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    return {
      rssBytes: rss!,
      heapBytes: heapUsed! + external!,
      bufferBytes: arrayBuffers!,
      nativeBytes:
        1_024 * Number(/\[heap\]\n(?:.*\n)*?Rss: +(\d+) kB/.exec(readFileSync(`/proc/${pid}/smaps`, 'latin1'))?.[1] ?? 0),
      threads: readdirSync(`/proc/${pid}/task`).length,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      loopMs: { most: most!, p99: p99! },
    };
  }

  #probeFile(end: End): string {
    return join(this.folder, `${end}.probe`);
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const deadline = clock.monotonic() + withinMs;
    while (!(await holds())) {
      if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs / 1_000} s in vain for: ${what}`);
      await clock.sleep('stand look', 20);
    }
  }

  /** Ends what it started, and only that. */
  async close(keep = false): Promise<void> {
    await this.#cleanup.stop();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Every file below a folder, and their bytes. Names that go away meanwhile do not count, nor folders of which `leaves` says so. */
export function filesBelow(
  folder: string,
  leaves: (folder: string) => boolean = () => false,
): { readonly files: number; readonly bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || leaves(entry.parentPath)) continue;
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size;
      files += 1;
    } catch {
      // Gone between the two looks.
    }
  }
  return { files, bytes };
}

/** CPU seconds that a process has used, all its threads: /proc/PID/stat (proc(5)), fields 14 and 15. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}
/** Resident memory at its most since the process began: VmHWM of /proc/PID/status. */
export function peakBytesOf(pid: number): number {
  return 1_024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
}

/** USER_HZ, which Linux shows to user space as 100 everywhere. */
const CLOCK_TICKS = 100;
