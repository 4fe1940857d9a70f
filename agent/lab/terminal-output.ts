/**
 * The output side of one line: pages, ` --More-- `, and log messages of `terminal monitor` spliced into whatever is being
 * printed. line.ts decides what is printed and what comes after it.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import type { LineState } from './line-state.ts';
import type { Prng } from './prng.ts';

const MORE = ' --More-- ';
/** Back over `--More-- `, blanks, back to column 0: ten columns in all, as IOS does it. */
const MORE_ERASE = `${'\b'.repeat(9)}${' '.repeat(8)}${'\b'.repeat(9)}`;

export class TerminalOutput {
  private readonly clock: Clock;
  private readonly state: LineState;
  private readonly prng: Prng;
  private readonly listeners: ((text: string) => void)[] = [];
  /** Printed before anyone listened: banner and first prompt. */
  private early = '';
  private column = 0;
  private pending: string[] = [];
  private rowsLeft = 0;
  private afterPage: { readonly more: () => void; readonly done: () => void } | null = null;
  /** Bytes not yet sent: only with `terminal monitor`, whose messages may come between any two of them. */
  private wire = '';
  private afterWire: (() => void) | null = null;
  private drainTimer: Timer | null = null;
  private closed = false;

  constructor(clock: Clock, state: LineState, prng: Prng) {
    this.clock = clock;
    this.state = state;
    this.prng = prng;
  }

  onOutput(listener: (text: string) => void): void {
    this.listeners.push(listener);
    const early = this.early;
    this.early = '';
    if (early !== '') listener(early);
  }

  emit(text: string): void {
    if (text === '' || this.closed) return;
    const lastBreak = text.lastIndexOf('\n');
    this.column = lastBreak < 0 ? this.column + text.length : text.length - lastBreak - 1;
    if (this.listeners.length === 0) this.early += text;
    for (const listener of [...this.listeners]) listener(text);
  }

  /** Prints the lines page by page: `more` is called when ` --More-- ` waits for a key, `done` after the last line. */
  page(lines: readonly string[], more: () => void, done: () => void): void {
    this.pending = [...lines];
    this.rowsLeft = this.state.length - 1;
    this.afterPage = { more, done };
    this.pump();
  }

  /** The answer to ` --More-- `: a space is a page, Enter a line, anything else the end. */
  moreKey(char: string): void {
    this.emit(MORE_ERASE);
    this.column = 0;
    if (char === ' ') this.rowsLeft = this.state.length - 1;
    else if (char === '\r' || char === '\n') this.rowsLeft = 1;
    else this.pending = [];
    this.pump();
  }

  /** A log message comes between: IOS breaks the line, and shows neither the rest nor the prompt again. */
  splice(message: string): void {
    this.emit(`${this.column > 0 ? '\r\n' : ''}${message}\r\n`);
  }

  close(): void {
    this.closed = true;
    this.drainTimer?.cancel();
    this.drainTimer = null;
  }

  private pump(): void {
    let out = '';
    let sent = 0;
    for (const line of this.pending) {
      if (this.state.length > 0 && this.rowsLeft <= 0) break;
      out += `${line}\r\n`;
      sent += 1;
      this.rowsLeft -= this.rows(line);
    }
    this.pending.splice(0, sent);
    const after = this.afterPage!;
    if (this.pending.length > 0) this.paced(out + MORE, after.more);
    else this.paced(out, after.done);
  }

  private rows(line: string): number {
    return this.state.width > 0 ? Math.max(1, Math.ceil(line.length / this.state.width)) : 1;
  }

  /** With `terminal monitor` output leaves in small pieces, so that messages fall between them, in the middle of a line too. */
  private paced(text: string, then: () => void): void {
    if (!this.state.monitor || text === '') {
      this.emit(text);
      then();
      return;
    }
    this.wire = text;
    this.afterWire = then;
    this.drain();
  }

  private drain(): void {
    const size = this.prng.between(200, 900);
    const piece = this.wire.slice(0, size);
    this.wire = this.wire.slice(size);
    this.emit(piece);
    if (this.wire !== '') {
      this.drainTimer = this.clock.timer('lab-line-drain', 1, () => this.drain());
      return;
    }
    const then = this.afterWire;
    this.afterWire = null;
    then?.();
  }
}
