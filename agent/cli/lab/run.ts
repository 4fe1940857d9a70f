/**
 * One run of the lab, straight down: set the stage, start two agents, turn the debugs on as an engineer would, break an SA, watch, judge.
 * Called by cli/lab.ts. Whatever happens, also an abort, ends in the cleanup: nothing is left running.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { after, type DurationMs } from '../../../shared/model/time.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import { callControl } from '../../control/control-client.ts';
import { verifyBundle } from '../../evidence/verify.ts';
import { Cleanup } from '../../lifecycle.ts';
import type { AgentStatus } from '../../status/status.ts';
import { type AgentProcess, startAgentProcess } from './agent-process.ts';
import { dataDirOf } from './config-files.ts';
import type { Style } from './lanes.ts';
import { Narrator } from './narrate.ts';
import { type End, ends, otherEnd } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import { closing, introduction, opening, typed } from './screen.ts';
import { type Stage, type StageWorld, setStage } from './stage.ts';
import { Timeline } from './timeline.ts';
import { type EndFinding, judge, type LabVerdict } from './verdict.ts';

export interface LabOptions {
  /** Absolute, empty. */
  readonly folder: string;
  readonly scenario: Scenario;
  readonly delayMs: DurationMs;
  readonly seed: number;
  readonly lossPercent: number;
  readonly nodePath: string;
  readonly binPath: string;
}

export interface LabScreen {
  readonly style: Style;
  readonly print: (line: string) => void;
}

/** Two SSH logins, an enable and a hello take under a second; a loaded machine gets its time. */
const READY_WITHIN_MS: DurationMs = 30_000;
/** The packets of the spoke come every 250 ms; the hub logs the first. */
const MESSAGE_WITHIN_MS: DurationMs = 10_000;
/** Two minutes after the stop an incident is sealed whatever is missing (pair-protocol.md, "Timeline"). */
const SEALED_WITHIN_MS: DurationMs = 140_000;
const LOOK_MS: DurationMs = 50;
/** The SIGTERM and SIGKILL patience of an agent process, and some. */
const CLEANUP_STEP_MS: DurationMs = 12_000;

/** Null: aborted. Rejects with what kept the lab from running at all; the cleanup is done in any case. */
export async function runLab(
  options: LabOptions,
  world: StageWorld,
  screen: LabScreen,
  abort: AbortSignal,
): Promise<LabVerdict | null> {
  const cleanup = new Cleanup(world.clock, CLEANUP_STEP_MS);
  const aborted = new Promise<null>((resolve) => {
    if (abort.aborted) resolve(null);
    abort.addEventListener('abort', () => resolve(null), { once: true });
  });
  const run = new LabRun(options, world, screen, cleanup, abort);
  const whole = run.whole();
  try {
    return await Promise.race([whole, aborted]);
  } finally {
    // What an abort cut short fails now, for want of its sockets, and nobody wants to know.
    whole.catch(() => {});
    await cleanup.stop();
  }
}

class LabRun {
  readonly #options: LabOptions;
  readonly #world: StageWorld;
  readonly #screen: LabScreen;
  readonly #cleanup: Cleanup;
  readonly #abort: AbortSignal;
  readonly #timeline: Timeline;
  readonly #narrator: Narrator;
  readonly #agents: AgentProcess[] = [];

  constructor(options: LabOptions, world: StageWorld, screen: LabScreen, cleanup: Cleanup, abort: AbortSignal) {
    this.#options = options;
    this.#world = world;
    this.#screen = screen;
    this.#cleanup = cleanup;
    this.#abort = abort;
    this.#timeline = cleanup.add('timeline', new Timeline(world.clock, screen.style, screen.print));
    this.#narrator = new Narrator(this.#timeline, world.clock);
  }

  async whole(): Promise<LabVerdict> {
    const { scenario, delayMs, folder } = this.#options;
    const { style } = this.#screen;
    this.#print(opening(scenario, delayMs, style));
    const listeners: Pick<Parameters<typeof setStage>[0], 'onRelay' | 'onSyslog'> = {
      onRelay: (event) => this.#narrator.relay(event),
      onSyslog: (end, message) => this.#narrator.syslog(end, message),
    };
    const stage = await setStage({ ...this.#options, ...listeners }, this.#world, this.#cleanup);
    stage.pair.start();
    for (const end of ends) this.#listenTo(end, stage);
    this.#cleanup.add('agents', () => this.#stopAgents());
    const agents = { hub: await this.#startAgent('hub', stage), spoke: await this.#startAgent('spoke', stage) };
    await Promise.all(ends.map((end) => this.#watching(end, stage, agents[end])));
    const introduced = (end: End) => ({
      hostname: stage.boxes[end].hostname,
      endpoint: `${stage.facts[end].ssh.address}:${stage.facts[end].ssh.port}`,
      pid: agents[end].pid,
    });
    this.#print(introduction({ hub: introduced('hub'), spoke: introduced('spoke') }, style));
    this.#debugsOn(stage);

    stage.loseFromNow();
    const spi = stage.pair.desync();
    const lostAt = this.#world.clock.monotonic();
    this.#timeline.tell(lostAt, 'hub', 'loses its SAs, sends no DELETE');
    this.#timeline.tell(lostAt, 'spoke', `still sends with SPI 0x${spi.toString(16).padStart(8, '0')}`);
    await this.#until('the message at the hub', MESSAGE_WITHIN_MS, agents, () => this.#timeline.zero !== null);
    const bundles = await this.#sealed(agents);
    await this.#stopAgents();
    this.#timeline.end();

    const found = async (end: End): Promise<EndFinding> => {
      const bundle = bundles[end];
      const verdict = bundle === null ? null : await verifyBundle(bundle, this.#world.disk);
      return { box: stage.boxes[end], bundle: bundle !== null && verdict ? { folder: bundle, verdict } : null };
    };
    const verdict = judge(scenario, this.#timeline.zero, { hub: await found('hub'), spoke: await found('spoke') });
    this.#print(closing(verdict, folder, this.#narrator.lost(), style));
    return verdict;
  }

  async #startAgent(end: End, stage: Stage): Promise<AgentProcess> {
    const { folder, nodePath, binPath } = this.#options;
    const { clock, disk } = this.#world;
    const logFile = await disk.open(`${folder}/${end}.log`, 'create');
    const onEntry = (entry: Parameters<Narrator['entry']>[1]): void => this.#narrator.entry(end, entry);
    const started = await startAgentProcess({
      name: end,
      clock,
      nodePath,
      binPath,
      configFile: stage.configs[end],
      logFile,
      onEntry,
    });
    this.#agents.push(started);
    // The cleanup may have been and gone while this one was starting.
    if (this.#abort.aborted) await started.stop();
    return started;
  }

  /** Both at once: what they still undertake, they undertake together. */
  async #stopAgents(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
  }

  /** Both sessions are logged in, the box's syslog comes in, and the other agent was heard. */
  async #watching(end: End, stage: Stage, agent: AgentProcess): Promise<void> {
    let missing = 'an answer on its control socket';
    const ready = async (): Promise<boolean> => {
      const status = await this.#status(end);
      missing = status ? notReady(status, stage.syslog[end].connected()) : missing;
      return status !== null && missing === '';
    };
    await this.#until(() => `${missing} of the ${end}'s agent`, READY_WITHIN_MS, { [end]: agent }, ready);
  }

  async #status(end: End): Promise<AgentStatus | null> {
    try {
      return await callControl(this.#dataDir(end), { request: 'status' }, this.#world.clock);
    } catch {
      return null;
    }
  }

  /** Conditions first, then debugs; then one rekey, so that the debugs have something to tell. */
  #debugsOn(stage: Stage): void {
    const commands = (end: End): string[] => [
      `debug crypto condition peer ipv4 ${stage.facts[otherEnd(end)].cryptoAddress}`,
      'debug crypto isakmp',
      'debug crypto ipsec',
    ];
    const all = { hub: commands('hub'), spoke: commands('spoke') };
    for (const end of ends) for (const command of all[end]) stage.boxes[end].console(command);
    for (const end of ends)
      if (stage.boxes[end].debugsOn().length === 0)
        throw new SpitrapError('LAB_FAILED', `the simulated ${end} did not take ${all[end].join(', ')}; no debug is on there`);
    stage.pair.repair();
    this.#print(typed(all, { hub: stage.boxes.hub.hostname, spoke: stage.boxes.spoke.hostname }, this.#screen.style));
  }

  /** What is typed into the box, from now to the very end. */
  #listenTo(end: End, stage: Stage): void {
    const box = stage.boxes[end];
    let seen = box.commandLog.length;
    const look = (): void => {
      for (const { at, line, expanded } of box.commandLog.slice(seen)) if (line >= 0) this.#narrator.command(end, at, expanded);
      seen = box.commandLog.length;
    };
    const again = (): void => {
      look();
      timer = this.#world.clock.timer(`lab commands ${end}`, LOOK_MS, again);
    };
    let timer = this.#world.clock.timer(`lab commands ${end}`, LOOK_MS, again);
    this.#cleanup.add(`commands ${end}`, () => timer.cancel());
  }

  /** Null for an end that did not seal in time: the verdict says so. */
  async #sealed(agents: Readonly<Record<End, AgentProcess>>): Promise<Record<End, string | null>> {
    const bundles: Record<End, string | null> = { hub: null, spoke: null };
    const both = async (): Promise<boolean> => {
      for (const end of ends) bundles[end] ??= await this.#sealedBundle(end);
      // A bundle on disk is the fact; the agent's own word for it follows, and is the last that the timeline waits for.
      return bundles.hub !== null && bundles.spoke !== null && ends.every((end) => this.#narrator.sealed(end));
    };
    await this.#until('both bundles', this.#options.delayMs + SEALED_WITHIN_MS, agents, both).catch((error: unknown) => {
      if (this.#abort.aborted) throw error;
      this.#print([error instanceof Error ? error.message : String(error)]);
    });
    return bundles;
  }

  /** A bundle appears under its incident's id by a rename: what has that name is whole. */
  async #sealedBundle(end: End): Promise<string | null> {
    const folder = `${this.#dataDir(end)}/incidents`;
    const sealed = (await this.#world.disk.list(folder)).filter(isIncidentId);
    return sealed[0] === undefined ? null : `${folder}/${sealed[0]}`;
  }

  #dataDir(end: End): string {
    return `${this.#options.folder}/${dataDirOf(end)}`;
  }

  /** Looks until it is so. Rejects when it took too long, or when an agent is gone, with its last words. */
  async #until(
    what: string | (() => string),
    withinMs: DurationMs,
    agents: Partial<Record<End, AgentProcess>>,
    holds: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const { clock } = this.#world;
    const deadline = after(clock.monotonic(), withinMs);
    while (!(await holds())) {
      if (this.#abort.aborted) throw new SpitrapError('LAB_FAILED', 'aborted');
      for (const [end, agent] of Object.entries(agents))
        if (!agent.running())
          throw new SpitrapError('LAB_FAILED', `the ${end}'s agent ended (${await agent.gone}). ${agent.lastWords()}`);
      if (clock.monotonic() > deadline) {
        const missing = typeof what === 'string' ? what : what();
        throw new SpitrapError(
          'INTERNAL',
          `waited ${withinMs / 1_000} s in vain for ${missing}; see the logs in ${this.#options.folder}`,
        );
      }
      await clock.sleep('lab look', LOOK_MS);
    }
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.#screen.print(line);
  }
}

/** What is still missing, in words; '' when it is ready. */
function notReady({ device, peers }: AgentStatus, syslogConnected: boolean): string {
  for (const role of ['capture', 'control'] as const) {
    const { state, lastError } = device.sessions[role];
    if (state !== 'ready' && state !== 'busy')
      return `the ${role} session (${state}${lastError === null ? '' : `, ${lastError}`})`;
  }
  if (!syslogConnected) return 'the syslog connection';
  return peers.every((peer) => peer.lastHelloAt !== null) ? '' : 'a hello from the peer';
}
