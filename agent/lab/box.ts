/**
 * A simulated IOS head-end behind the Box interface: the core, its VTY lines, the log of commands. `createBox` is what the
 * lab's adapters and test/sim call; pair.ts makes two and joins them.
 */

import { BoxCore } from './box-core.ts';
import type { Box, BoxBehaviour, BoxLine, BoxOptions } from './contract.ts';
import { DEBUG_KINDS } from './debugs.ts';
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
  private readonly vtys: (ExecLine | null)[];
  private readonly consoleState: LineState;

  constructor(options: BoxOptions) {
    this.core = new BoxCore(options);
    this.vtys = new Array<ExecLine | null>(options.vtyLines).fill(null);
    this.consoleState = newLineState(null, '', '', this.core.clock.monotonic(), 15);
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
    return this.core.debugs.names().map((name) => `${DEBUG_KINDS[name].title} is on`);
  }

  cpuPercent(): number {
    return this.core.cpu.read().fiveSeconds;
  }

  freeMemoryPercent(): number {
    return this.core.strain.memory.freePercent();
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
