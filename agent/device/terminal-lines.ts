/**
 * A terminal one line high: turns the bytes of a shell into completed lines and the partial line that stands there now, with backspaces
 * and carriage returns obeyed (that is how ` --More-- ` is erased) and escape sequences gone. Fed by session.ts; the same bytes give the
 * same lines however they are cut. Bounded by limits.lineBytesMax.
 */
import { limits } from '../../shared/limits.ts';

const LF = 0x0a;
const CR = 0x0d;
const BS = 0x08;
const ESC = 0x1b;
const BEL = 0x07;

type Escape = 'none' | 'start' | 'csi' | 'string' | 'string-end' | 'one-more';

/** Parameters of one escape sequence; a longer one is not an escape sequence but an attack, and ends. */
const ESCAPE_BYTES_MAX = 256;

export class TerminalLines {
  #text = '';
  #cursor = 0;
  /** The line was written over: blanks at its end are what an eraser left. */
  #rewound = false;
  #escape: Escape = 'none';
  #escapeBytes = 0;
  readonly #erasable: RegExp;
  /** Lines cut at limits.lineBytesMax. */
  cut = 0;

  /** `erasable`: the pager's prompt, the only text that a carriage return may overwrite. */
  constructor(erasable: RegExp) {
    this.#erasable = erasable;
  }

  get partial(): string {
    return decoded(this.#text);
  }

  get partialLength(): number {
    return this.#text.length;
  }

  /** The partial line was understood (a prompt, a question): what follows starts afresh. */
  clear(): void {
    this.#text = '';
    this.#cursor = 0;
    this.#rewound = false;
  }

  /** `text` is latin1: one character a byte. Returns the lines that it completed. */
  feed(text: string): string[] {
    const lines: string[] = [];
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#escape !== 'none') this.#inEscape(code);
      else if (code === LF) lines.push(this.#complete());
      else if (code === CR) this.#rewind(0);
      else if (code === BS) this.#rewind(Math.max(0, this.#cursor - 1));
      else if (code === ESC) this.#beginEscape();
      else if (code === 0x09 || (code >= 0x20 && code !== 0x7f)) {
        const end = this.#runEnd(text, at);
        this.#put(text.slice(at, end), lines);
        at = end - 1;
      }
    }
    return lines;
  }

  /** Printable bytes are taken together: byte by byte they give the same, only slower. */
  #runEnd(text: string, from: number): number {
    let end = from + 1;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (code !== 0x09 && (code < 0x20 || code === 0x7f)) break;
      end += 1;
    }
    return end;
  }

  #rewind(cursor: number): void {
    this.#cursor = cursor;
    if (this.#text !== '') this.#rewound = true;
  }

  #put(run: string, lines: string[]): void {
    // A bare carriage return before text that is no pager is a line end: nothing that the device said is overwritten unseen.
    if (this.#rewound && this.#cursor === 0 && this.#text.trim() !== '' && !this.#erasable.test(this.#text))
      lines.push(this.#complete());
    for (let rest = run; rest !== ''; ) {
      const room = limits.lineBytesMax - this.#cursor;
      const part = rest.slice(0, room);
      // Appending is the common case, and must not copy the line for every byte of it.
      if (this.#cursor === this.#text.length) this.#text += part;
      else this.#text = this.#text.slice(0, this.#cursor) + part + this.#text.slice(this.#cursor + part.length);
      this.#cursor += part.length;
      rest = rest.slice(part.length);
      if (this.#cursor >= limits.lineBytesMax) {
        this.cut += 1;
        lines.push(this.#complete());
      }
    }
  }

  #complete(): string {
    const line = decoded(this.#rewound ? this.#text.trimEnd() : this.#text);
    this.clear();
    return line;
  }

  #beginEscape(): void {
    this.#escape = 'start';
    this.#escapeBytes = 0;
  }

  /** ECMA-48: CSI … final, OSC/DCS/… until ST or BEL, or two characters. */
  #inEscape(code: number): void {
    this.#escapeBytes += 1;
    if (this.#escapeBytes > ESCAPE_BYTES_MAX) {
      this.#escape = 'none';
      return;
    }
    switch (this.#escape) {
      case 'start':
        if (code === 0x5b) this.#escape = 'csi';
        else if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) this.#escape = 'string';
        else if (code >= 0x20 && code <= 0x2f) this.#escape = 'one-more';
        else this.#escape = 'none';
        return;
      case 'csi':
        if (code >= 0x40 && code <= 0x7e) this.#escape = 'none';
        return;
      case 'string':
        if (code === BEL) this.#escape = 'none';
        else if (code === ESC) this.#escape = 'string-end';
        return;
      case 'string-end':
      case 'one-more':
      case 'none':
        this.#escape = 'none';
    }
  }
}

/** IOS speaks ASCII; descriptions and banners may hold UTF-8. C1 controls do not get through by that door either. */
function decoded(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return Buffer.from(latin1, 'latin1')
    .toString('utf8')
    .replace(/[\x80-\x9f]/g, '');
}
