/**
 * What a play is played on: two built agents as processes of their own, two simulated boxes with debugs on, and the line between the
 * agents, which can be cut. Its probes (for Timeline.want) read the truth from the boxes: their flags, the lines that they were sent; what
 * an agent says of itself counts only for what a person is told. Every play ends in `bothOff` or in an alarm, word by word.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type End, ends, type RelayEvent } from '../../../agent/cli/lab/relay.ts';
import type { Box, BoxLine } from '../../../agent/lab/contract.ts';
import type { LabSshServer } from '../../../agent/lab/ssh-server.ts';
import type { AlarmStatus } from '../../../agent/status/status.ts';
import { type IncidentFile, parseIncidentFile } from '../../../shared/bundle/incident-file.ts';
import { isIncidentId } from '../../../shared/model/ulid.ts';
import type { Phase } from '../../../shared/wire/signal.ts';
import { LivingPair, type LivingPairOptions } from '../../support/living-pair.ts';
import type { Seen } from './timeline.ts';

export { type End, ends, otherEnd } from '../../../agent/cli/lab/relay.ts';

/** Short, and long enough for a capture to be under way when it ends. */
export const DELAY_MS = 3_000;
/** Patience with a loaded machine for what takes a second or two on an idle one. */
export const PATIENCE_MS = 60_000;

/** Of each box (agent/cli/lab/stage.ts). */
const VTY_LINES = 5;
/** Where people log in from. */
const PEOPLE = '198.51.100.9';
const TURNS_OFF = /^(undebug|no debug) /;

export interface StageOptions extends Omit<LivingPairOptions, 'loses' | 'onRelay'> {
  /** Default true: both agents have said in a hello that debugs are on at their device. */
  readonly known?: boolean;
  /** SSH servers of the play's own in front of the boxes: their sessions can be cut. */
  readonly ownSsh?: boolean;
  /** Before the agents start. */
  readonly before?: (stage: PlayStage) => unknown;
}

export class PlayStage {
  readonly pair: LivingPair;
  /** All that passed the relay, or was lost there. */
  readonly passed: RelayEvent[];
  readonly #cut: Set<End>;
  readonly #ssh: Partial<Record<End, LabSshServer>>;
  readonly #sealedFiles = new Map<string, IncidentFile>();
  readonly #seenLines: Record<End, number> = { hub: 0, spoke: 0 };

  private constructor(pair: LivingPair, passed: RelayEvent[], cut: Set<End>, ssh: Partial<Record<End, LabSshServer>>) {
    this.pair = pair;
    this.passed = passed;
    this.#cut = cut;
    this.#ssh = ssh;
  }

  static async set(options: StageOptions = {}): Promise<PlayStage> {
    const passed: RelayEvent[] = [];
    const cut = new Set<End>();
    const ssh: Partial<Record<End, LabSshServer>> = {};
    const pair = await LivingPair.set({
      delayMs: DELAY_MS,
      ...options,
      edit: async (text, end, facts, made) => {
        const edited = (await options.edit?.(text, end, facts, made)) ?? text;
        if (options.ownSsh !== true) return edited;
        const server = await made.ssh(end, { address: facts[end].ssh.address, port: 0 });
        ssh[end] = server;
        const port = `  port: ${server.local.port}`;
        return edited.replace(/ {2}port: \d+/, port).replace(facts[end].hostKey, server.hostKeyFingerprint);
      },
      onRelay: (event) => passed.push(event),
      loses: (_datagram, sender) => cut.has(sender),
    });
    const stage = new PlayStage(pair, passed, cut, ssh);
    try {
      pair.debugsOn(...ends);
      await options.before?.(stage);
      await pair.start(...ends);
      await Promise.all(ends.map((end) => pair.ready(end)));
      if (options.known ?? true) await pair.until('both say that debugs are on', async () => await stage.bothSayOn());
      stage.begin();
      return stage;
    } catch (error) {
      await pair.close();
      throw error;
    }
  }

  async bothSayOn(): Promise<boolean> {
    const statuses = await Promise.all(ends.map((end) => this.pair.status(end)));
    return statuses.every(({ peers }) => peers.every(({ armed }) => armed === 'yes'));
  }

  /** From here on: what was typed and signalled before does not count. */
  begin(): void {
    this.passed.length = 0;
    for (const end of ends) this.#seenLines[end] = this.box(end).commandLog.length;
  }

  box(end: End): Box {
    return this.pair.stage.boxes[end];
  }

  // ---- acts

  message(): void {
    this.pair.desync();
  }

  /** Every SSH connection to this end's box is reset, and people have all its lines before anybody is back. Needs `ownSsh`. */
  async crowdOut(end: End): Promise<BoxLine[]> {
    const people: BoxLine[] = [];
    while (people.length < VTY_LINES) {
      this.#ssh[end]!.dropSessions();
      await new Promise((resolve) => setTimeout(resolve, 5));
      people.push(...this.takeLines(end));
    }
    return people;
  }

  /** People log in at this end's box until it has no line left. Each leaves by itself, when told to. */
  takeLines(end: End): BoxLine[] {
    const people: BoxLine[] = [];
    for (let line = this.box(end).connectVty(PEOPLE); line !== null; line = this.box(end).connectVty(PEOPLE)) people.push(line);
    return people;
  }

  /** Nothing that these ends send arrives any more. */
  cut(...from: End[]): void {
    for (const end of from) this.#cut.add(end);
  }

  mend(): void {
    this.#cut.clear();
  }

  /** Both boxes begin to answer each line after so long. */
  slow(thinkMs: number): void {
    for (const end of ends) this.box(end).behave({ thinkMs });
  }

  /** `kill -9` in this turn, and a new start after so long. */
  async killAndRestart(end: End, downMs: number): Promise<void> {
    await this.pair.kill(end);
    await new Promise((resolve) => setTimeout(resolve, downMs));
    await this.pair.start(end);
  }

  // ---- what acts wait for

  /** A signal of this phase has left this end's agent, lost or not. */
  told(from: End, phase: Phase): boolean {
    return this.passed.some((event) => event.kind === 'signal' && event.from === from && event.phase === phase);
  }

  /** The other end has acknowledged it. */
  answered(from: End, phase: Phase): boolean {
    return this.passed.some((event) => event.kind === 'answer' && event.from === from && event.phase === phase);
  }

  /** Lines that sessions (not the console) sent to this end's box since the play began, expanded. */
  typed(end: End): string[] {
    return this.box(end)
      .commandLog.slice(this.#seenLines[end])
      .flatMap(({ line, expanded }) => (line >= 0 ? [expanded] : []));
  }

  hasTyped(end: End, words: RegExp): boolean {
    return this.typed(end).some((line) => words.test(line));
  }

  /** The first file of a bundle that only its seal writes. */
  isSealing(end: End): boolean {
    return this.#bundles(end).some((name) => name.endsWith('.open') && existsSync(join(this.#folder(end), name, `${end}.txt`)));
  }

  // ---- probes

  /** No debug is on at the box, an agent's line has turned them off, and one read them after it. */
  off(end: End): Seen {
    const on = this.box(end).debugsOn();
    if (on.length > 0) return `on at ${end}: ${on.join(', ')}`;
    const typed = this.typed(end);
    const lastOff = typed.findLastIndex((line) => TURNS_OFF.test(line));
    if (lastOff < 0) return `off at ${end}, and not by an agent: ${typed.slice(-3).join(' / ')}`;
    return (
      typed.slice(lastOff + 1).includes('show debugging') || `off at ${end}, not read back: ${typed.slice(lastOff).join(' / ')}`
    );
  }

  /** Without a word of who did it: a box that reloads has no debugs either. */
  quiet(end: End): Seen {
    const on = this.box(end).debugsOn();
    return on.length === 0 || `on at ${end}: ${on.join(', ')}`;
  }

  /** The agent says of its one incident that the debugs were verified off. */
  async verified(end: End): Promise<Seen> {
    const incidents = (await this.pair.statusOrNull(end))?.incidents ?? [];
    const said = incidents.map(({ phase, debugsOff }) => `${phase}, ${debugsOff}`).join('; ');
    return (incidents.length === 1 && incidents[0]!.debugsOff === 'verified') || `incidents at ${end}: ${said || 'none'}`;
  }

  /** This end's one bundle is sealed, says that the debugs were verified off, and nothing else than these reasons (in any order). */
  sealed(end: End, ...reasons: (string | RegExp)[]): Seen {
    const files = this.files(end);
    if (files.length !== 1) return `${files.length} sealed bundles of ${end} (${this.#bundles(end).join(', ')})`;
    const { stop, outcome } = files[0]!;
    if (stop.off !== 'verified') return `${end}'s bundle says off=${stop.off}: ${stop.detail}`;
    const unexpected = outcome.reasons.filter((reason) => !reasons.some((known) => matches(known, reason)));
    return unexpected.length === 0 || `${end}'s bundle is ${outcome.kind} for ${unexpected.join(', ')}`;
  }

  files(end: End): IncidentFile[] {
    return this.#bundles(end)
      .filter(isIncidentId)
      .map((id) => this.#read(join(this.#folder(end), id, 'incident.json')));
  }

  /** Once: what is sealed stays as it is. */
  #read(path: string): IncidentFile {
    const known = this.#sealedFiles.get(path);
    if (known !== undefined) return known;
    const read = parseIncidentFile(readFileSync(path, 'utf8'));
    if (read.kind !== 'incident') throw new Error(read.why);
    this.#sealedFiles.set(path, read.incident);
    return read.incident;
  }

  /** Both ends' bundles are of one incident. */
  sameIncident(): Seen {
    const [hub, spoke] = ends.map((end) => this.files(end)[0]?.id);
    return (hub !== undefined && hub === spoke) || `the hub's is ${hub}, the spoke's ${spoke}`;
  }

  /** An alarm stands at this end with these words, and this remedy to the letter; null: nothing to type. */
  async alarm(end: End, words: RegExp, remedy: string | null): Promise<Seen> {
    const status = await this.pair.statusOrNull(end);
    if (status === null) return `no answer from the agent of ${end}`;
    const said = (alarm: AlarmStatus): string => `${alarm.text} => ${alarm.remedy}`;
    const found = status.alarms.filter(({ text }) => words.test(text));
    return found.some((alarm) => alarm.remedy === remedy) || `alarms at ${end}: ${status.alarms.map(said).join(' | ') || 'none'}`;
  }

  /** No alarm stands but those that say so. */
  async calm(end: End, ...but: RegExp[]): Promise<Seen> {
    const status = await this.pair.statusOrNull(end);
    if (status === null) return `no answer from the agent of ${end}`;
    const left = status.alarms.filter(({ text }) => !but.some((words) => words.test(text)));
    return left.length === 0 || `alarms at ${end}: ${left.map(({ text }) => text).join(' | ')}`;
  }

  /** An alarm with these words stood there once, and is over. */
  alarmOver(end: End, words: RegExp): Seen {
    return (
      this.pair.log[end].some((entry) => entry['event'] === 'alarm-cleared' && words.test(entry.msg)) ||
      'it is not said to be over'
    );
  }

  /** Where to log in for this end's device as its own agent knows it. */
  ownHand(end: End): string {
    const { deviceName, ssh } = this.pair.stage.facts[end];
    return `log in to ${deviceName} (${ssh.address}) and type: undebug all`;
  }

  /** Where to log in for this end's device as the other end's agent knows it. */
  peersHand(end: End): string {
    const { deviceName, cryptoAddress } = this.pair.stage.facts[end];
    return `log in to the device of ${deviceName} (${cryptoAddress}) and type: undebug all`;
  }

  #folder(end: End): string {
    return join(this.pair.dataDir(end), 'incidents');
  }

  #bundles(end: End): string[] {
    const folder = this.#folder(end);
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }
}

const matches = (known: string | RegExp, reason: string): boolean =>
  typeof known === 'string' ? known === reason : known.test(reason);

/** Plays on a stage of its own, and ends everything of it whatever happens. */
export async function onStage(options: StageOptions, run: (stage: PlayStage) => Promise<void>): Promise<void> {
  const stage = await PlayStage.set(options);
  try {
    await run(stage);
  } finally {
    await stage.pair.close();
  }
}
