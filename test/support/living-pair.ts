/**
 * A living pair for acceptance tests: the lab's stage (two boxes behind real SSH and syslog, the relay between the agents), and built
 * `spitrap run` processes beside it, started as the test says and with the configuration that it wants. It judges nothing.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type AgentProcess, type LogEntry, startAgentProcess } from '../../agent/cli/lab/agent-process.ts';
import { dataDirOf, type EndFacts, labUser } from '../../agent/cli/lab/config-files.ts';
import { type End, ends, otherEnd, type RelayEvent } from '../../agent/cli/lab/relay.ts';
import { type Scenario, scenarios } from '../../agent/cli/lab/scenarios.ts';
import type { Setting } from '../../agent/cli/lab/setting.ts';
import { type Stage, setStage } from '../../agent/cli/lab/stage.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { type LabSshServer, startSshServer } from '../../agent/lab/ssh-server.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import type { Endpoint } from '../../agent/ports.ts';
import type { AgentStatus, AlarmStatus } from '../../agent/status/status.ts';
import { createWorld } from '../../agent/world.ts';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { isIncidentId } from '../../shared/model/ulid.ts';
import { binPath } from './lab-process.ts';

export { type End, ends } from '../../agent/cli/lab/relay.ts';

// Each agent process is killed at our exit, by a listener of its own.
process.setMaxListeners(64);

const world = createWorld();
const { clock, disk } = world;

export interface LivingPairOptions {
  readonly delayMs?: number;
  /** The agent's configuration file, before it is read; `facts` are the stage's. */
  readonly edit?: (text: string, end: End, facts: Readonly<Record<End, EndFacts>>, pair: LivingPair) => string | Promise<string>;
  /** What stands there, where it differs from the plain pair. */
  readonly setting?: Setting;
  /** Is this datagram between the agents to be lost? */
  readonly loses?: Scenario['loses'];
  /** What the relay between the agents passes on, or loses. */
  readonly onRelay?: (event: RelayEvent) => void;
  /** What to start in place of the agent's own argv. */
  readonly launch?: (end: End, argv: readonly string[]) => readonly string[];
}

export class LivingPair {
  readonly folder = mkdtempSync(join(tmpdir(), 'spitrap-bad-input-'));
  /** Each agent's log, of all its runs. */
  readonly log: Readonly<Record<End, LogEntry[]>> = { hub: [], spoke: [] };
  readonly #cleanup = new Cleanup(clock, 15_000);
  readonly #agents: Partial<Record<End, AgentProcess>> = {};
  readonly #options: LivingPairOptions;
  #stage: Stage | null = null;

  private constructor(options: LivingPairOptions) {
    this.#options = options;
  }

  /** The stage stands, no agent runs yet. */
  static async set(options: LivingPairOptions = {}): Promise<LivingPair> {
    const pair = new LivingPair(options);
    const { setting = {}, loses = () => false } = options;
    const stage = await setStage(
      {
        folder: pair.folder,
        scenario: { ...scenarios[0]!, setting, loses },
        delayMs: options.delayMs ?? 1_000,
        seed: 11,
        lossPercent: 0,
        onRelay: options.onRelay ?? (() => {}),
        onSyslog: () => {},
      },
      world,
      pair.#cleanup,
    );
    pair.#stage = stage;
    stage.pair!.start();
    for (const end of ends) {
      const text = readFileSync(stage.configs[end], 'utf8');
      writeFileSync(stage.configs[end], (await options.edit?.(text, end, stage.facts, pair)) ?? text);
    }
    return pair;
  }

  get stage(): Stage {
    return this.#stage!;
  }

  config(end: End): string {
    return this.stage.configs[end];
  }

  dataDir(end: End): string {
    return join(this.folder, dataDirOf(end));
  }

  secretFile(name: string): string {
    return join(this.folder, 'secrets', name);
  }

  /** Another SSH server in front of the box, with the right password and a host key of its own. The caller may close it. */
  async ssh(end: End, listen: Endpoint): Promise<LabSshServer> {
    const password = readFileSync(this.secretFile(`${end}-ssh`), 'utf8').trim();
    const box = end === 'hub' ? this.stage.boxes.hub : this.stage.boxes.spoke;
    const server = await startSshServer({ box, clock, listen, users: [{ user: labUser, password }], legacy: false });
    return this.#cleanup.add(`ssh ${end} of the test`, server);
  }

  /** Whatever the test opens, closed before the stage. */
  closing<T extends { close(): unknown }>(thing: T): T {
    this.#cleanup.add('of the test', async () => void (await thing.close()));
    return thing;
  }

  /** Resolves when the agent answers on its control socket. */
  async start(...which: End[]): Promise<void> {
    await Promise.all(
      which.map(async (end) => {
        const logFile = await disk.open(join(this.folder, `${end}.log`), 'append');
        const agent = await startAgentProcess({
          name: end,
          clock,
          nodePath: process.execPath,
          binPath,
          configFile: this.config(end),
          launch: (argv) => this.#options.launch?.(end, argv) ?? argv,
          logFile,
          onEntry: (entry) => this.log[end].push(entry),
        });
        this.#agents[end] = agent;
        this.#cleanup.add(`agent ${end}`, () => agent.stop());
        await this.until(`the ${end}'s agent answers`, async () => {
          if (!agent.running()) throw new Error(`the ${end}'s agent ended (${await agent.gone}): ${agent.lastWords()}`);
          return (await this.statusOrNull(end)) !== null;
        });
      }),
    );
  }

  /** Logged in on both sessions, its box's syslog connected, and its peer heard unless it is alone. */
  async ready(end: End, alone = false): Promise<void> {
    await this.until(`the ${end}'s agent is ready`, async () => {
      const status = await this.statusOrNull(end);
      if (status === null) return false;
      const { capture, control } = status.device.sessions;
      const loggedIn = [capture, control].every(({ state }) => state === 'ready' || state === 'busy');
      return loggedIn && this.stage.syslog[end].connected() && (alone || status.peers.every((peer) => peer.lastHelloAt !== null));
    });
  }

  async stop(end: End): Promise<void> {
    await this.#agents[end]?.stop();
    delete this.#agents[end];
  }

  /** `kill -9`, in this very turn. Resolves when it is gone. */
  async kill(end: End): Promise<void> {
    const agent = this.agent(end);
    process.kill(agent.pid, 'SIGKILL');
    await agent.gone;
    // Its log file is closed with it.
    await this.stop(end);
  }

  agent(end: End): AgentProcess {
    return this.#agents[end]!;
  }

  /** The process that was started is still there, and answers. */
  async alive(...which: End[]): Promise<void> {
    for (const end of which) {
      expect(this.agent(end).running(), `${end}: ${this.agent(end).lastWords()}`).toBe(true);
      expect((await this.status(end)).pid).toBe(this.agent(end).pid);
    }
  }

  status(end: End): Promise<AgentStatus> {
    return callControl(this.dataDir(end), { request: 'status' }, clock);
  }

  statusOrNull(end: End): Promise<AgentStatus | null> {
    return this.status(end).catch(() => null);
  }

  /** The alarm that says so, once it stands. */
  async alarm(end: End, words: RegExp, withinMs = 60_000): Promise<AlarmStatus> {
    let found: AlarmStatus | undefined;
    await this.until(
      `an alarm ${words} at the ${end}`,
      async () => {
        found = (await this.status(end)).alarms.find(({ text }) => words.test(text));
        return found !== undefined;
      },
      withinMs,
    );
    return found!;
  }

  async refused(end: End, reason: string, atLeast = 1): Promise<void> {
    await this.until(`${reason} counted at the ${end}`, async () => ((await this.status(end)).refusals[reason] ?? 0) >= atLeast);
  }

  /** What the agent's log says at this level or above, in words. */
  said(end: End, words: RegExp): LogEntry | undefined {
    return this.log[end].find((entry) => words.test(entry.msg));
  }

  /** As an engineer would, on the console. */
  debugsOn(...which: End[]): void {
    for (const end of which) {
      const box = this.stage.boxes[end];
      const peer = this.stage.facts[otherEnd(end)].cryptoAddress;
      for (const command of [`debug crypto condition peer ipv4 ${peer}`, 'debug crypto isakmp', 'debug crypto ipsec'])
        box.console(command);
      expect(box.debugsOn().length).toBeGreaterThan(0);
    }
  }

  /** The real event: the hub's box loses its SAs and logs the spoke's next packet. */
  desync(): number {
    return this.stage.pair!.desync();
  }

  quiet(...which: End[]): void {
    for (const end of which) expect(this.stage.boxes[end].debugsOn(), end).toEqual([]);
  }

  /** The first sealed incident of this end. */
  async sealed(end: End, withinMs = 60_000): Promise<IncidentFile> {
    const folder = join(this.dataDir(end), 'incidents');
    const ids = (): string[] => (existsSync(folder) ? readdirSync(folder).filter(isIncidentId) : []);
    await this.until(`a sealed bundle of the ${end}`, () => ids().length > 0, withinMs);
    const read = parseIncidentFile(readFileSync(join(folder, ids()[0]!, 'incident.json'), 'utf8'));
    if (read.kind !== 'incident') throw new Error(read.why);
    return read.incident;
  }

  /** A real event from here to its end: both boxes quiet, both bundles complete. */
  async goesThrough(): Promise<void> {
    await Promise.all(ends.map((end) => this.ready(end)));
    this.debugsOn('hub', 'spoke');
    this.desync();
    const files = await Promise.all(ends.map((end) => this.sealed(end)));
    expect(files.map(({ outcome }) => outcome)).toEqual([
      { kind: 'complete', reasons: [] },
      { kind: 'complete', reasons: [] },
    ]);
    this.quiet('hub', 'spoke');
    await this.alive('hub', 'spoke');
  }

  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const deadline = clock.monotonic() + withinMs;
    while (!(await holds())) {
      if (clock.monotonic() > deadline) throw new Error(`waited ${withinMs / 1_000} s in vain for: ${what}`);
      await clock.sleep('test look', 50);
    }
  }

  /** A TCP connection from the address of this end's box to wherever. */
  async connect(end: End, to: Endpoint): Promise<Socket> {
    const socket = createConnection({ host: to.address, port: to.port, localAddress: this.stage.facts[end].boxAddress });
    socket.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    this.closing({ close: () => socket.destroy() });
    return socket;
  }

  async close(): Promise<void> {
    await this.#cleanup.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs it on a pair, and ends everything of the pair whatever happens. */
export async function withPair(options: LivingPairOptions, run: (pair: LivingPair) => Promise<void>): Promise<void> {
  const pair = await LivingPair.set(options);
  try {
    await run(pair);
  } finally {
    await pair.close();
  }
}
