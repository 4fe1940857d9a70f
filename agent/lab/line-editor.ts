/**
 * Editing of one typed line as IOS does it: echo, backspace, the control keys, history, and the scroll with `$` when the
 * line is longer than the terminal. Knows nothing of commands; line.ts feeds it keys and acts on what it returns.
 */
import { labLimits } from './lab-limits.ts';

export type EditorEvent =
  | { readonly kind: 'enter'; readonly text: string }
  | { readonly kind: 'abort' }
  | { readonly kind: 'end' }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'tab'; readonly text: string };

const BELL = '\x07';
/** Columns by which IOS shifts a line that reaches the margin. */
const SCROLL_COLUMNS = 10;

export class LineEditor {
  private text = '';
  private cursor = 0;
  private scrolled = 0;
  private escape = '';
  private historyAt = -1;
  private readonly write: (text: string) => void;
  private readonly history: readonly string[];
  private readonly width: () => number;
  private readonly promptLength: () => number;
  /** False while a password is typed. */
  echo = true;
  /** True: `?` is a character like others (passwords). */
  plain = false;

  constructor(options: {
    readonly write: (text: string) => void;
    readonly history: readonly string[];
    readonly width: () => number;
    readonly promptLength: () => number;
  }) {
    this.write = options.write;
    this.history = options.history;
    this.width = options.width;
    this.promptLength = options.promptLength;
  }

  get current(): string {
    return this.text;
  }

  /** Starts over with this text, which the caller has already shown (after the list of `?`). */
  reset(text = ''): void {
    this.text = text;
    this.cursor = text.length;
    this.scrolled = 0;
    this.historyAt = -1;
  }

  /** One key. The caller handles LF after CR. */
  key(char: string): EditorEvent | null {
    if (this.escape !== '') return this.escaped(char);
    switch (char) {
      case '\r':
      case '\n':
        return { kind: 'enter', text: this.text };
      case '\x03':
        return { kind: 'abort' };
      case '\x1a':
        return { kind: 'end' };
      case '\x1b':
        this.escape = '\x1b';
        return null;
      case '\b':
      case '\x7f':
        this.erase(1);
        return null;
      case '\x15': // ctrl-U
      case '\x18': // ctrl-X
        this.erase(this.cursor);
        return null;
      case '\x17': // ctrl-W
        this.erase(this.text.slice(0, this.cursor).length - this.text.slice(0, this.cursor).replace(/\S+\s*$/, '').length);
        return null;
      case '\x0b': // ctrl-K
        this.replace(this.text.slice(0, this.cursor), this.cursor);
        return null;
      case '\x01':
        return this.move(0);
      case '\x05':
        return this.move(this.text.length);
      case '\x02':
        return this.move(this.cursor - 1);
      case '\x06':
        return this.move(this.cursor + 1);
      case '\x04': // ctrl-D: the character under the cursor
        if (this.cursor < this.text.length) {
          this.replace(this.text.slice(0, this.cursor) + this.text.slice(this.cursor + 1), this.cursor);
        }
        return null;
      case '\x10':
        return this.recall(1);
      case '\x0e':
        return this.recall(-1);
      case '\t':
        return this.plain ? null : { kind: 'tab', text: this.text };
      case '?':
        if (!this.plain) return { kind: 'help', text: this.text.slice(0, this.cursor) };
        break;
      default:
        if (char < ' ') return null;
    }
    this.insert(char);
    return null;
  }

  private insert(char: string): void {
    if (this.text.length >= labLimits.lineCharacters) {
      this.write(BELL);
      return;
    }
    const atEnd = this.cursor === this.text.length;
    this.text = this.text.slice(0, this.cursor) + char + this.text.slice(this.cursor);
    this.cursor += 1;
    if (!this.echo) return;
    if (!atEnd) {
      const tail = this.text.slice(this.cursor);
      this.write(char + tail + '\b'.repeat(tail.length));
      return;
    }
    this.write(char);
    this.scroll();
  }

  /** At the right margin the line moves ten columns left and begins with `$`. Width 0 never scrolls. */
  private scroll(): void {
    const width = this.width();
    if (width === 0) return;
    const shown = this.text.length - this.scrolled + (this.scrolled > 0 ? 1 : 0);
    if (this.promptLength() + shown < width - 1) return;
    this.scrolled += SCROLL_COLUMNS + (this.scrolled === 0 ? 1 : 0);
    const visible = `$${this.text.slice(this.scrolled)}`;
    const gap = Math.max(0, shown - visible.length);
    this.write('\b'.repeat(shown) + visible + ' '.repeat(gap) + '\b'.repeat(gap));
  }

  private erase(count: number): void {
    const removed = Math.min(count, this.cursor);
    if (removed === 0) return;
    const tail = this.text.slice(this.cursor);
    this.text = this.text.slice(0, this.cursor - removed) + tail;
    this.cursor -= removed;
    if (!this.echo) return;
    if (this.scrolled > this.cursor) this.scrolled = 0;
    if (tail === '') this.write('\b \b'.repeat(removed));
    else this.write('\b'.repeat(removed) + tail + ' '.repeat(removed) + '\b'.repeat(tail.length + removed));
  }

  private move(to: number): null {
    const next = Math.min(Math.max(to, 0), this.text.length);
    if (this.echo) {
      this.write(next < this.cursor ? '\b'.repeat(this.cursor - next) : this.text.slice(this.cursor, next));
    }
    this.cursor = next;
    return null;
  }

  private replace(text: string, cursor: number): void {
    const before = this.text.length;
    this.move(0);
    this.text = text;
    const gap = Math.max(0, before - text.length);
    if (this.echo) this.write(text + ' '.repeat(gap) + '\b'.repeat(gap));
    this.cursor = text.length;
    this.move(cursor);
  }

  private recall(step: number): null {
    if (!this.echo) return null;
    const next = this.historyAt + step;
    if (next >= this.history.length || next < -1) {
      this.write(BELL);
      return null;
    }
    this.historyAt = next;
    const text = next < 0 ? '' : this.history[this.history.length - 1 - next]!;
    this.replace(text, text.length);
    return null;
  }

  /** Arrow keys (`ESC [ A` or `ESC O A`); anything else after ESC is dropped. */
  private escaped(char: string): null {
    this.escape += char;
    if (this.escape === '\x1b[' || this.escape === '\x1bO') return null;
    const final = this.escape;
    if (/^\x1b\[[\d;]*$/.test(final) && final.length < 8) return null;
    this.escape = '';
    switch (final.slice(-1)) {
      case 'A':
        return this.recall(1);
      case 'B':
        return this.recall(-1);
      case 'C':
        return this.move(this.cursor + 1);
      case 'D':
        return this.move(this.cursor - 1);
      default:
        return null;
    }
  }
}
