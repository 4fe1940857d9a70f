/**
 * One VTY: keystrokes in, terminal bytes out. Prompts, passwords, the pager, `terminal monitor` spliced into whatever is
 * being printed, think time, stalls, drops, idle timeout. Made by box.ts; what lines mean is exec.ts's.
 */
import type { Timer } from '../../shared/clock.ts';
import { configTreeOf } from './commands/configure.ts';
import { execTrees } from './commands/index.ts';
import type { BoxLine } from './contract.ts';
import { prepare } from './exec.ts';
import type { CommandResult } from './keyword-tree.ts';
import { labLimits } from './lab-limits.ts';
import { LineEditor } from './line-editor.ts';
import type { ExecContext, LineState } from './line-state.ts';
import type { Prng } from './prng.ts';
import { promptOf } from './prompt.ts';
import { TerminalOutput } from './terminal-output.ts';

const PASSWORD_TRIES = 3;
const PASSWORD_TIMEOUT_MS = 30_000;

type Mode = 'edit' | 'password' | 'question' | 'busy' | 'more' | 'stalled' | 'closed';

export interface LineOwner {
  readonly context: ExecContext;
  readonly prng: Prng;
  readonly execTimeoutMs: number;
  logCommand(line: LineState, typed: string, expanded: string): void;
  closed(line: ExecLine): void;
}

export class ExecLine implements BoxLine {
  readonly number: number;
  readonly state: LineState;
  private readonly owner: LineOwner;
  private readonly context: ExecContext;
  private readonly editor: LineEditor;
  private readonly out: TerminalOutput;
  private mode: Mode = 'busy';
  private typeAhead = '';
  private undelivered = '';
  private afterCarriageReturn = false;
  private dropAfterOutput = false;
  private stallAfterOutput = false;
  private passwordTries = 0;
  private oneKey = false;
  private answer: ((text: string) => CommandResult) | null = null;
  private readonly closeListeners: (() => void)[] = [];
  private readonly timers = new Map<string, Timer>();
  private readonly detachMonitor: () => void;

  constructor(owner: LineOwner, number: number) {
    this.owner = owner;
    this.context = owner.context;
    this.state = owner.context.line;
    this.number = number;
    this.out = new TerminalOutput(this.context.core.clock, this.state, owner.prng);
    this.editor = new LineEditor({
      write: (text) => this.out.emit(text),
      history: this.state.history,
      width: () => this.state.width,
      promptLength: () => promptOf(this.context).length,
    });
    this.detachMonitor = this.context.core.log.addMonitor((message) => this.monitorMessage(message));
    this.restartIdleTimer();
    this.later('login', this.context.core.strain.answerDelayMs(), () => this.greet());
  }

  private greet(): void {
    if (this.context.core.strain.lowOnMemory()) {
      this.out.emit('\r\n%% Low on memory; try again later\r\n');
      // Not at once: whoever has just connected is not listening yet, and the box has not written the line down as taken.
      this.startTimer('login', 0, () => this.close());
      return;
    }
    const banner = this.context.core.options.banner;
    this.out.emit(`\r\n${banner ? `${banner.split('\n').join('\r\n')}\r\n` : ''}`);
    this.prompt();
  }

  input(text: string): void {
    if (this.mode === 'closed') return;
    const { strain } = this.context.core;
    if (strain.hung) {
      // It waits in the network for a box that takes nothing in.
      if (this.undelivered === '') strain.whenAnswering(() => this.deliver());
      this.undelivered = (this.undelivered + text).slice(0, labLimits.typeAheadCharacters);
      return;
    }
    this.state.lastInputAt = this.context.core.clock.monotonic();
    this.restartIdleTimer();
    for (const char of text) this.key(char);
  }

  private deliver(): void {
    const text = this.undelivered;
    this.undelivered = '';
    this.input(text);
  }

  onOutput(listener: (text: string) => void): void {
    this.out.onOutput(listener);
  }

  identify(user: string): void {
    this.state.user = user;
  }

  resize(columns: number, rows: number): void {
    if (columns > 0) this.state.width = columns;
    if (rows > 0) this.state.length = rows;
  }

  onClose(listener: () => void): void {
    this.closeListeners.push(listener);
  }

  close(): void {
    if (this.mode === 'closed') return;
    this.mode = 'closed';
    this.detachMonitor();
    this.out.close();
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    this.owner.closed(this);
    for (const listener of [...this.closeListeners]) listener();
  }

  private key(char: string): void {
    if (char === '\0') return;
    const lineFeedOfPair = char === '\n' && this.afterCarriageReturn;
    this.afterCarriageReturn = char === '\r';
    if (lineFeedOfPair) return;
    switch (this.mode) {
      case 'busy':
        if (this.typeAhead.length < labLimits.typeAheadCharacters) this.typeAhead += char;
        return;
      case 'more':
        this.mode = 'busy';
        this.out.moreKey(char);
        return;
      case 'edit':
      case 'password':
      case 'question':
        this.editKey(char);
        return;
      case 'stalled':
      case 'closed':
        return;
    }
  }

  private editKey(char: string): void {
    if (this.mode === 'question' && this.oneKey) {
      this.out.emit('\r\n');
      this.perform(this.answer!(/[\r\ny]/i.test(char) ? 'y' : 'n'));
      return;
    }
    const event = this.editor.key(char);
    if (!event) return;
    switch (event.kind) {
      case 'enter':
        this.out.emit('\r\n');
        this.editor.reset();
        if (this.mode === 'password') {
          this.passwordTyped(event.text);
          return;
        }
        if (this.mode === 'question') this.perform(this.answer!(event.text));
        else this.command(event.text);
        return;
      case 'abort':
        this.out.emit('\r\n');
        if (this.mode === 'question') {
          this.perform(this.answer!('no'));
          return;
        }
        this.stopTimer('password');
        this.prompt();
        return;
      case 'end':
        if (this.mode !== 'edit') return;
        this.out.emit('^Z\r\n');
        this.editor.reset();
        if (this.state.configMode) this.command('end');
        else this.prompt();
        return;
      case 'help':
        this.showHelp(event.text);
        return;
      case 'tab': {
        const completed = this.tree().complete(event.text, this.state.privilege);
        if (completed === null) return;
        this.out.emit(`\r\n${promptOf(this.context)}${completed}`);
        this.editor.reset(completed);
        return;
      }
    }
  }

  private tree() {
    return this.state.configMode ? configTreeOf(this.state.configMode) : execTrees[this.context.core.options.platform];
  }

  private showHelp(text: string): void {
    const help = this.tree().helpFor(text, this.state.privilege);
    const kept = this.editor.current;
    if (!help || help.words.length === 0) this.out.emit('\r\n% Unrecognized command');
    else if (help.partial) this.out.emit(`\r\n${help.words.map(([word]) => word).join('  ')}\r\n`);
    else {
      const width = Math.max(...help.words.map(([word]) => word.length));
      this.out.emit(`?\r\n${help.words.map(([word, about]) => `  ${word.padEnd(width)}  ${about}`.trimEnd()).join('\r\n')}\r\n`);
    }
    this.out.emit(`\r\n${promptOf(this.context)}${kept}`);
    this.editor.reset(kept);
  }

  private command(typed: string): void {
    if (typed.trim() !== '') {
      this.state.history.push(typed.trim());
      if (this.state.history.length > labLimits.historyLines) this.state.history.shift();
    }
    const prepared = prepare(this.context, typed);
    if (prepared.expanded === '') {
      this.prompt();
      return;
    }
    this.owner.logCommand(this.state, typed, prepared.expanded);
    const { behaviour } = this.context.core;
    const matches = (patterns: readonly RegExp[]): boolean => patterns.some((pattern) => pattern.test(prepared.expanded));
    const stall = matches(behaviour.stall);
    const drop = matches(behaviour.drop);
    this.mode = 'busy';
    this.state.busy = prepared.expanded;
    const act = (): void => {
      const result = prepared.run();
      if ((stall || drop) && result.kind !== 'close') {
        this.stallAfterOutput = stall;
        this.dropAfterOutput = drop;
        const lines = result.kind === 'output' || result.kind === 'mode' ? result.lines : [];
        this.show(lines.slice(0, Math.ceil(lines.length / 2)));
        return;
      }
      this.perform(result);
    };
    this.later('think', behaviour.thinkMs + this.context.core.strain.answerDelayMs(), act);
  }

  /** After this time, or when a hung box is back. */
  private later(name: string, delayMs: number, act: () => void): void {
    const answer = (): void =>
      this.context.core.strain.whenAnswering(() => {
        if (this.mode !== 'closed') act();
      });
    if (delayMs > 0) this.startTimer(name, delayMs, answer);
    else answer();
  }

  private perform(result: CommandResult): void {
    switch (result.kind) {
      case 'close':
        this.close();
        return;
      case 'password':
        this.passwordTries = 0;
        this.askPassword();
        return;
      case 'question':
        this.out.emit(result.prompt);
        this.answer = result.answer;
        this.oneKey = result.oneKey === true;
        this.mode = 'question';
        this.editor.reset();
        this.editor.plain = true;
        this.replay();
        return;
      case 'mode':
      case 'output':
        this.show(result.lines);
        return;
    }
  }

  private askPassword(): void {
    this.out.emit('Password: ');
    this.mode = 'password';
    this.editor.reset();
    this.editor.echo = false;
    this.editor.plain = true;
    this.startTimer('password', PASSWORD_TIMEOUT_MS, () => this.show(['', '% Password:  timeout expired!', '% Bad secrets', '']));
    this.replay();
  }

  private passwordTyped(text: string): void {
    this.stopTimer('password');
    if (text === this.context.core.options.enableSecret) {
      this.state.privilege = 15;
      this.prompt();
      return;
    }
    this.passwordTries += 1;
    if (this.passwordTries < PASSWORD_TRIES) {
      this.askPassword();
      return;
    }
    this.show(['% Bad secrets', '']);
  }

  private show(lines: readonly string[]): void {
    this.mode = 'busy';
    this.out.page(
      lines,
      () => this.enter('more'),
      () => this.finished(),
    );
  }

  private finished(): void {
    if (this.dropAfterOutput) {
      this.close();
      return;
    }
    if (this.stallAfterOutput) {
      this.mode = 'stalled';
      return;
    }
    this.prompt();
  }

  private enter(mode: Mode): void {
    this.mode = mode;
    this.replay();
  }

  private prompt(): void {
    this.state.busy = null;
    this.editor.reset();
    this.editor.echo = true;
    this.editor.plain = false;
    this.out.emit(promptOf(this.context));
    this.enter('edit');
  }

  /** What was typed while a command ran is read now. */
  private replay(): void {
    const typed = this.typeAhead;
    this.typeAhead = '';
    for (const char of typed) this.key(char);
  }

  private monitorMessage(message: string): boolean {
    if (!this.state.monitor || this.mode === 'stalled') return false;
    this.out.splice(message);
    return true;
  }

  private restartIdleTimer(): void {
    if (this.owner.execTimeoutMs > 0) this.later('exec-timeout', this.owner.execTimeoutMs, () => this.close());
  }

  private startTimer(name: string, delayMs: number, fire: () => void): void {
    this.stopTimer(name);
    this.timers.set(name, this.context.core.clock.timer(`lab-line-${name}`, delayMs, fire));
  }

  private stopTimer(name: string): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }
}
