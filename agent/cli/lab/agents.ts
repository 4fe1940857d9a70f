/**
 * The lab's agent processes as a pair: started one after the other, asked over their control sockets, stopped together. What they keep is
 * read from their folders. Used by run.ts; one process is agent-process.ts.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import type { DurationMs } from '../../../shared/model/time.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { callControl } from '../../control/control-client.ts';
import type { AgentStatus } from '../../status/status.ts';
import { type AgentProcess, startAgentProcess } from './agent-process.ts';
import { dataDirOf } from './config-files.ts';
import type { Narrator } from './narrate.ts';
import { type End, ends } from './relay.ts';
import type { Stage, StageWorld } from './stage.ts';

/** A pre-flight and a dozen lines. */
const ARM_WITHIN_MS: DurationMs = 60_000;

export interface LabAgentsOptions {
  readonly folder: string;
  readonly nodePath: string;
  readonly binPath: string;
  readonly world: StageWorld;
  readonly narrator: Narrator;
  readonly abort: AbortSignal;
  /** Where an agent runs: what to start in place of its own argv. Default: as it is, here. */
  readonly launch?: (end: End, argv: readonly string[]) => readonly string[];
}

export class LabAgents {
  readonly #options: LabAgentsOptions;
  readonly #running = new Map<End, AgentProcess>();

  constructor(options: LabAgentsOptions) {
    this.#options = options;
  }

  async start(end: End, stage: Pick<Stage, 'configs'>): Promise<AgentProcess> {
    const { folder, nodePath, binPath, world, narrator, abort, launch = (_end, argv) => argv } = this.#options;
    const logFile = await world.disk.open(`${folder}/${end}.log`, 'create');
    const started = await startAgentProcess({
      name: end,
      clock: world.clock,
      launch: (argv) => launch(end, argv),
      nodePath,
      binPath,
      configFile: stage.configs[end],
      logFile,
      onEntry: (entry) => narrator.entry(end, entry),
    });
    this.#running.set(end, started);
    // The cleanup may have been and gone while this one was starting.
    if (abort.aborted) await started.stop();
    return started;
  }

  /** Ends that have an agent. */
  get ends(): readonly End[] {
    return ends.filter((end) => this.#running.has(end));
  }

  /** Both at once: what they still undertake, they undertake together. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((agent) => agent.stop()));
  }

  /** Throws LAB_FAILED with the last words of an agent that is gone. */
  async mustRun(): Promise<void> {
    for (const [end, agent] of this.#running)
      if (!agent.running())
        throw new SpitrapError('LAB_FAILED', `the ${end}'s agent ended (${await agent.gone}). ${agent.lastWords()}`);
  }

  /** Null: it does not answer. */
  async status(end: End): Promise<AgentStatus | null> {
    try {
      return await callControl(this.#dataDir(end), { request: 'status' }, this.#options.world.clock);
    } catch {
      return null;
    }
  }

  /** As a person's `spitrap arm`. Rejects with ARM_REFUSED. */
  async arm(end: End): Promise<void> {
    const change = { pair: false, leaseMs: null, who: 'the lab' };
    await callControl(this.#dataDir(end), { request: 'arm', change }, this.#options.world.clock, ARM_WITHIN_MS);
  }

  /** A bundle appears under its incident's id by a rename: what has that name is whole. Oldest first. */
  async sealed(end: End): Promise<readonly string[]> {
    return (await this.#list(end)).filter(isIncidentId).map((name) => `${this.#incidents(end)}/${name}`);
  }

  /** Of every incident, open ones too. */
  async incidents(end: End): Promise<readonly string[]> {
    return [...new Set((await this.#list(end)).map((name) => name.replace(/\..*$/, '')).filter(isIncidentId))];
  }

  async #list(end: End): Promise<readonly string[]> {
    return [...(await this.#options.world.disk.list(this.#incidents(end)))].sort();
  }

  #incidents(end: End): string {
    return `${this.#dataDir(end)}/incidents`;
  }

  #dataDir(end: End): string {
    return `${this.#options.folder}/${dataDirOf(end)}`;
  }
}

/** What is still missing before an agent watches, in words; '' when it is ready. An `eem` peer sends no hello. */
export function notReady({ device, peers }: AgentStatus, syslogConnected: boolean): string {
  for (const role of ['capture', 'control'] as const) {
    const { state, lastError } = device.sessions[role];
    if (state !== 'ready' && state !== 'busy')
      return `the ${role} session (${state}${lastError === null ? '' : `, ${lastError}`})`;
  }
  if (!syslogConnected) return 'the syslog connection';
  return peers.every((peer) => peer.kind === 'eem' || peer.lastHelloAt !== null) ? '' : 'a hello from the peer';
}
