/**
 * One run of the lab, straight down: set the stage, start the agents, play the scenario, judge. Called by cli/lab.ts. What is played stands
 * in plays/. Whatever happens, also an abort, ends in the cleanup: nothing is left running.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { after, type DurationMs } from '../../../shared/model/time.ts';
import { verifyBundle } from '../../evidence/verify.ts';
import { Cleanup } from '../../lifecycle.ts';
import { LabAgents, notReady } from './agents.ts';
import { BoxWatch, readMessage } from './box-watch.ts';
import { diagnoseBundles } from './diagnosis.ts';
import { disk0Evidence } from './eem-end.ts';
import type { BoxMessage, Hands } from './hands.ts';
import { lanes, rule, type Style, sentence, type Tone } from './lanes.ts';
import { Narrator } from './narrate.ts';
import { type End, ends, otherEnd } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import { closing, introduction, opening, typed } from './screen.ts';
import { hasAgent, MESSAGE_INTERVAL_MS } from './setting.ts';
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
  readonly #agents: LabAgents;
  readonly #messages: BoxMessage[] = [];

  constructor(options: LabOptions, world: StageWorld, screen: LabScreen, cleanup: Cleanup, abort: AbortSignal) {
    this.#options = options;
    this.#world = world;
    this.#screen = screen;
    this.#cleanup = cleanup;
    this.#abort = abort;
    this.#timeline = cleanup.add('timeline', new Timeline(world.clock, screen.style, screen.print));
    this.#narrator = new Narrator(this.#timeline, world.clock);
    this.#agents = new LabAgents({ ...options, world, narrator: this.#narrator, abort });
  }

  async whole(): Promise<LabVerdict> {
    const { scenario, delayMs, folder } = this.#options;
    const { style } = this.#screen;
    this.#print(opening(scenario, delayMs, style));
    const stage = await setStage(
      { ...this.#options, onRelay: (event) => this.#narrator.relay(event), onSyslog: this.#onSyslog },
      this.#world,
      this.#cleanup,
    );
    stage.pair?.start();
    const watches = { hub: this.#watchBox('hub', stage), spoke: this.#watchBox('spoke', stage) };
    this.#cleanup.add('agents', () => this.#agents.stop());
    const pids: Partial<Record<End, number>> = {};
    for (const end of ends) if (hasAgent(scenario.setting, end)) pids[end] = (await this.#agents.start(end, stage)).pid;
    await Promise.all(this.#agents.ends.map((end) => this.#ready(end, stage)));
    const introduced = (end: End) => ({
      hostname: stage.boxes[end].hostname,
      endpoint: `${stage.facts[end].ssh.address}:${stage.facts[end].ssh.port}`,
      pid: pids[end] ?? null,
    });
    this.#print(introduction({ hub: introduced('hub'), spoke: introduced('spoke') }, style));

    const ending = await scenario.play(this.#hands(stage, watches));
    await this.#agents.stop();
    this.#timeline.end();
    for (const end of ends) watches[end].look();
    const found = { hub: await this.#found('hub', stage, watches), spoke: await this.#found('spoke', stage, watches) };
    const folders = ends.flatMap((end) => found[end].bundle?.folder ?? []);
    const diagnosis = await diagnoseBundles(folders, this.#world.disk);
    const verdict = judge(scenario, this.#timeline.zero, found, ending, diagnosis?.verdict ?? null);
    this.#print(closing(verdict, folder, this.#narrator.lost(), style));
    return verdict;
  }

  #onSyslog = (end: End, line: string): void => {
    this.#narrator.syslog(end, line);
    const message = readMessage(end, line, this.#world.clock.monotonic());
    if (message) this.#messages.push(message);
  };

  #watchBox(end: End, stage: Stage): BoxWatch {
    const watch = new BoxWatch(end, stage.boxes[end], this.#world.clock, this.#narrator);
    return this.#cleanup.add(`box watch ${end}`, watch);
  }

  #hands(stage: Stage, watches: Readonly<Record<End, BoxWatch>>): Hands {
    const { delayMs, scenario } = this.#options;
    const { clock } = this.#world;
    return {
      get pair() {
        return there(stage.pair);
      },
      get cause() {
        return there(stage.cause);
      },
      boxes: stage.boxes,
      delayMs,
      messageIntervalMs: scenario.setting.messageIntervalMs ?? MESSAGE_INTERVAL_MS,
      messages: this.#messages,
      now: () => clock.monotonic(),
      debugsByHand: () => this.#debugsByHand(stage),
      typeDebugs: (end) => this.#typeDebugs(end, stage),
      loseFromNow: () => {
        for (const end of ends) watches[end].begin();
        this.#print([rule(this.#screen.style)]);
        stage.loseFromNow();
      },
      tell: (end, text, tone) => this.#timeline.tell(clock.monotonic(), end, text, tone),
      tellAt: (at, end, text) => this.#timeline.tell(at, end, text),
      say: (end, text, tone) => this.#say(end, text, tone),
      note: (text) => this.#print(sentence(text, this.#screen.style)),
      status: (end) => this.#agents.status(end),
      arm: (end) => this.#agents.arm(end),
      until: (what, withinMs, holds) => this.#until(what, withinMs, holds),
      message: () => this.#until('the message', MESSAGE_WITHIN_MS, () => this.#timeline.zero !== null),
      sealed: () => this.#sealed(),
      incidents: (end) => this.#agents.incidents(end),
    };
  }

  /** Both sessions are logged in, the box's syslog comes in, and the other agent was heard. */
  async #ready(end: End, stage: Stage): Promise<void> {
    let missing = 'an answer on its control socket';
    const ready = async (): Promise<boolean> => {
      const status = await this.#agents.status(end);
      missing = status ? notReady(status, stage.syslog[end].connected()) : missing;
      return status !== null && missing === '';
    };
    await this.#until(() => `${missing} of the ${end}'s agent`, READY_WITHIN_MS, ready);
  }

  /** Conditions first, then debugs; then one rekey, so that the debugs have something to tell. */
  #debugsByHand(stage: Stage): void {
    const all = { hub: this.#typeDebugs('hub', stage), spoke: this.#typeDebugs('spoke', stage) };
    stage.pair?.repair();
    this.#print(typed(all, { hub: stage.boxes.hub.hostname, spoke: stage.boxes.spoke.hostname }, this.#screen.style));
  }

  #typeDebugs(end: End, stage: Stage): readonly string[] {
    const commands = stage.cause?.debugCommands(end) ?? [
      `debug crypto condition peer ipv4 ${stage.facts[otherEnd(end)].cryptoAddress}`,
      'debug crypto isakmp',
      'debug crypto ipsec',
    ];
    for (const command of commands) stage.boxes[end].console(command);
    if (stage.boxes[end].debugsOn().length === 0)
      throw new SpitrapError('LAB_FAILED', `the simulated ${end} did not take ${commands.join(', ')}; no debug is on there`);
    return commands;
  }

  /** Says why when an agent did not seal in time: the verdict knows that there is no bundle. */
  async #sealed(): Promise<void> {
    // A bundle on disk is the fact; the agent's own word for it follows, and is the last that the timeline waits for.
    const isSealed = async (end: End): Promise<boolean> =>
      this.#narrator.sealed(end) && (await this.#agents.sealed(end)).length > 0;
    const all = async (): Promise<boolean> => (await Promise.all(this.#agents.ends.map(isSealed))).every(Boolean);
    await this.#until('both bundles', this.#options.delayMs + SEALED_WITHIN_MS, all).catch((error: unknown) => {
      if (this.#abort.aborted) throw error;
      this.#print([error instanceof Error ? error.message : String(error)]);
    });
  }

  async #found(end: End, stage: Stage, watches: Readonly<Record<End, BoxWatch>>): Promise<EndFinding> {
    const { disk } = this.#world;
    const { wentQuiet } = watches[end];
    const box = stage.boxes[end];
    if (!hasAgent(this.#options.scenario.setting, end)) {
      const kept = disk0Evidence(box);
      if (kept === null) return { box, wentQuiet, bundle: null, disk0: null };
      const file = `${this.#options.folder}/${end}-disk0-${kept.name}`;
      const opened = await disk.open(file, 'create');
      await opened.append(Buffer.from(kept.text)).finally(() => opened.close());
      return { box, wentQuiet, bundle: null, disk0: { file, captured: kept.captured } };
    }
    const [folder] = await this.#agents.sealed(end);
    if (folder === undefined) return { box, wentQuiet, bundle: null };
    return { box, wentQuiet, bundle: { folder, verdict: await verifyBundle(folder, disk) } };
  }

  /** Looks until it is so. Rejects when it took too long, or when an agent is gone, with its last words. */
  async #until(what: string | (() => string), withinMs: DurationMs, holds: () => boolean | Promise<boolean>): Promise<void> {
    const { clock } = this.#world;
    const deadline = after(clock.monotonic(), withinMs);
    while (!(await holds())) {
      if (this.#abort.aborted) throw new SpitrapError('LAB_FAILED', 'aborted');
      await this.#agents.mustRun();
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

  #say(end: End, text: string, tone: Tone = 'plain'): void {
    this.#print(lanes(null, { [end]: [{ text, tone }] }, this.#screen.style));
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.#screen.print(line);
  }
}

/** What a scenario's setting has put there. */
function there<T>(what: T | null): T {
  if (what === null) throw new SpitrapError('INTERNAL', 'the play asks for what its setting has not');
  return what;
}
