/**
 * A simulated IOS head-end behind the Box interface: the core, its VTY lines, the log of commands. `createBox` is what the
 * lab's adapters and test/sim call; pair.ts makes two and joins them.
 */

import { BoxCore } from './box-core.ts';
import type { AppletRunRecord, Box, BoxBehaviour, BoxLine, BoxOptions, BoxSnmp } from './contract.ts';
import { DEBUG_KINDS } from './debugs.ts';
import { diskPath } from './disk0.ts';
import type { Applet } from './eem/applet.ts';
import { EemCliSession } from './eem/cli-session.ts';
import { prepare } from './exec.ts';
import { labLimits } from './lab-limits.ts';
import { ExecLine } from './line.ts';
import { type ExecContext, type LineState, newLineState } from './line-state.ts';

const DEFAULT_EXEC_TIMEOUT_MS = 600_000;
/** `show users` numbers the VTYs after the console and the auxiliary port. */
const CONSOLE_LINE = -1;
/** Where the people are who hold the lines of `vtysTaken`. */
const OTHER_PEOPLE = '203.0.113.';

type CommandLogEntry = Box['commandLog'][number];

export class SimulatedBox implements Box {
  readonly core: BoxCore;
  private readonly log: CommandLogEntry[] = [];
  /** Lines of users, and of the event manager. */
  private readonly vtys: (ExecLine | EemCliSession | null)[];
  private readonly consoleState: LineState;

  constructor(options: BoxOptions) {
    this.core = new BoxCore(options);
    this.vtys = new Array<ExecLine | EemCliSession | null>(options.vtyLines).fill(null);
    this.consoleState = newLineState(null, '', '', this.core.clock.monotonic(), 15);
    this.core.eem.openCli = (applet) => this.openEemCli(applet);
    for (let taken = 0; taken < (options.vtysTaken ?? 0); taken += 1) this.openVty(`${OTHER_PEOPLE}${10 + taken}`, 'noc', 0);
  }

  get hostname(): string {
    return this.core.config.hostname;
  }

  get commandLog(): readonly CommandLogEntry[] {
    return this.log;
  }

  connectVty(from: string, user = 'admin'): BoxLine | null {
    return this.openVty(from, user, this.core.options.execTimeoutMs ?? DEFAULT_EXEC_TIMEOUT_MS);
  }

  private openVty(from: string, user: string, execTimeoutMs: number): BoxLine | null {
    const number = this.vtys.indexOf(null);
    if (number < 0) return null;
    const privilege = this.core.options.enableSecret === null ? 15 : 1;
    const state = newLineState(number, user, from, this.core.clock.monotonic(), privilege);
    const line = new ExecLine(
      {
        context: this.contextOf(state),
        prng: this.core.prng.fork(`vty${number}:${this.log.length}`),
        execTimeoutMs,
        logCommand: (by, typed, expanded) => this.record(by, typed, expanded),
        closed: () => {
          this.vtys[number] = null;
        },
      },
      number,
    );
    this.vtys[number] = line;
    this.core.vtyUses[number] = (this.core.vtyUses[number] ?? 0) + 1;
    return line;
  }

  onSyslog(listener: (message: string) => void): void {
    this.core.log.onHost(listener);
  }

  behave(change: Partial<BoxBehaviour>): void {
    this.core.behave(change);
  }

  debugsOn(): readonly string[] {
    return this.core.debugs.flags().map((name) => `${DEBUG_KINDS[name].title} is on`);
  }

  cpuPercent(): number {
    return this.core.cpu.read().fiveSeconds;
  }

  freeMemoryPercent(): number {
    return this.core.strain.memory.freePercent();
  }

  reload(downMs: number): void {
    this.core.reload(downMs);
    for (const line of this.vtys) line?.close();
  }

  isHung(): boolean {
    return this.core.strain.hung;
  }

  onHang(listener: (hung: boolean) => void): void {
    this.core.strain.onHang(listener);
  }

  console(command: string): string {
    // A hung console echoes nothing, and does nothing.
    if (this.isHung()) return '';
    const prepared = prepare(this.contextOf(this.consoleState), command);
    if (prepared.expanded === '') return '';
    this.record(this.consoleState, command, prepared.expanded);
    let result = prepared.run();
    // The console's hands answer every question with yes.
    for (let asked = 0; result.kind === 'question' && asked < 3; asked += 1) result = result.answer('yes');
    return result.kind === 'output' || result.kind === 'mode' ? result.lines.join('\n') : '';
  }

  configure(lines: readonly string[]): readonly string[] {
    if (this.isHung()) return ['the box does not answer: it hangs'];
    const state = newLineState(null, '', '', this.core.clock.monotonic(), 15);
    const context = this.contextOf(state);
    const enter = (typed: string): readonly string[] => {
      const prepared = prepare(context, typed);
      if (prepared.expanded === '') return [];
      this.record(state, typed, prepared.expanded);
      const result = prepared.run();
      return result.kind === 'output' ? result.lines : [];
    };
    enter('configure terminal');
    const answers = lines.flatMap(enter);
    if (state.configMode !== null) answers.push(...enter('end'));
    return answers.filter((line) => line !== '');
  }

  readFile(name: string): string | null {
    const path = diskPath(name);
    return path === null ? null : this.core.disk.read(path);
  }

  get appletRuns(): readonly AppletRunRecord[] {
    return this.core.eem.runs;
  }

  get snmp(): BoxSnmp {
    return this.core.snmp;
  }

  /** EEM needs more lines than it uses; it takes the last, so that users keep the numbers that they see. */
  private openEemCli(applet: Applet): EemCliSession | null {
    const free = this.vtys.flatMap((line, number) => (line === null ? [number] : []));
    const number = free.at(-1);
    if (number === undefined || free.length < labLimits.eemFreeVtys) return null;
    const { clock, eem, vtyUses } = this.core;
    const state = newLineState(number, eem.sessionUser, `EEM:${applet.name}`, clock.monotonic(), 1);
    state.authorizationBypass = applet.authorizationBypass;
    const session = new EemCliSession({
      context: this.contextOf(state),
      logCommand: (by, typed, expanded) => this.record(by, typed, expanded),
      closed: () => {
        this.vtys[number] = null;
      },
    });
    this.vtys[number] = session;
    vtyUses[number] = (vtyUses[number] ?? 0) + 1;
    return session;
  }

  close(): void {
    for (const line of this.vtys) line?.close();
    this.core.close();
  }

  private contextOf(line: LineState): ExecContext {
    return { core: this.core, line, lines: () => this.vtys.flatMap((each) => (each ? [each.state] : [])) };
  }

  private record(line: LineState, typed: string, expanded: string): void {
    if (this.log.length >= labLimits.commandLogEntries) this.log.shift();
    const { clock } = this.core;
    this.log.push({ at: clock.monotonic(), wall: this.core.log.wall(), line: line.vty ?? CONSOLE_LINE, typed, expanded });
  }
}

export const createBox = (options: BoxOptions): Box => new SimulatedBox(options);
