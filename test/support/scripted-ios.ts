/**
 * A scripted IOS line for tests of the device room: a ShellTransport whose far end echoes, pages, asks and misbehaves as told. It is no
 * model of a router (agent/lab is): it says what the test tells it to say. Delivery is byte by byte or in one piece.
 */

import type { Shell, ShellTarget, ShellTransport } from '../../agent/ports.ts';
import { SpitrapError } from '../../shared/errors.ts';

export interface ScriptedOptions {
  readonly hostname?: string;
  readonly banner?: string;
  /** Null: the login lands in privileged EXEC. */
  readonly enableSecret?: string | null;
  readonly delivery?: 'bytes' | 'whole';
  /** Lines a page; 0: no paging. */
  readonly pageLines?: number;
  /** Output of a command, `\n` line ends; `undefined`: `% Invalid input`. `null`: nothing, and no prompt (it hangs). */
  readonly answer?: (command: string, line: ScriptedLine) => string | null | undefined;
  /** Fails the next open with this. */
  readonly refuse?: (target: ShellTarget) => SpitrapError | null;
  /** How the echo of a command looks; default: the command itself. */
  readonly echo?: (command: string) => string;
}

const ERASE = `${'\b'.repeat(9)}${' '.repeat(8)}${'\b'.repeat(9)}`;

export class ScriptedIos implements ShellTransport {
  hostname: string;
  readonly options: ScriptedOptions;
  /** Every line that was entered, on any session, in order. */
  readonly typed: string[] = [];
  readonly lines: ScriptedLine[] = [];
  opens = 0;

  constructor(options: ScriptedOptions = {}) {
    this.options = options;
    this.hostname = options.hostname ?? 'hub';
  }

  async open(target: ShellTarget): Promise<Shell> {
    this.opens += 1;
    const refused = this.options.refuse?.(target) ?? null;
    if (refused !== null) throw refused;
    const line = new ScriptedLine(this);
    this.lines.push(line);
    return line;
  }

  get last(): ScriptedLine {
    return this.lines.at(-1)!;
  }

  get openLines(): number {
    return this.lines.filter((line) => !line.closed).length;
  }
}

export class ScriptedLine implements Shell {
  readonly hostKeyFingerprint = 'SHA256:scripted';
  readonly #ios: ScriptedIos;
  #onData: (bytes: Buffer) => void = () => {};
  #onClose: ((reason: SpitrapError | null) => void) | null = null;
  #buffer = '';
  #privileged: boolean;
  #asking: 'password' | 'pager' | 'nothing' | 'hung' = 'nothing';
  #attempts = 0;
  #pages: string[] = [];
  closed = false;
  /** `(config)`: what stands between the host name and the `#`. */
  mode = '';
  /** Everything written to it, raw. */
  written = '';

  constructor(ios: ScriptedIos) {
    this.#ios = ios;
    this.#privileged = (ios.options.enableSecret ?? null) === null;
  }

  onData(handler: (bytes: Buffer) => void): void {
    this.#onData = handler;
    queueMicrotask(() => this.say(`${(this.#ios.options.banner ?? '').replace(/\n/g, '\r\n')}\r\n${this.prompt}`));
  }

  onClose(handler: (reason: SpitrapError | null) => void): void {
    this.#onClose = handler;
  }

  get prompt(): string {
    return `${this.#ios.hostname}${this.mode}${this.#privileged ? '#' : '>'}`;
  }

  /** Raw, as the far end would send it. */
  say(text: string): void {
    if (this.closed) return;
    const bytes = Buffer.from(text, 'latin1');
    if (this.#ios.options.delivery === 'bytes') for (const byte of bytes) this.#onData(Buffer.from([byte]));
    else if (bytes.length > 0) this.#onData(bytes);
  }

  /** The command that hangs is done: its output and the prompt come now. */
  release(output: string): void {
    this.#asking = 'nothing';
    this.say(`${output.replace(/\n/g, '\r\n')}${this.prompt}`);
  }

  drop(reason: SpitrapError | null = new SpitrapError('SSH_CLOSED', 'the scripted line was dropped', { retryable: true })): void {
    if (this.closed) return;
    this.closed = true;
    this.#onClose?.(reason);
  }

  write(text: string): void {
    if (this.closed) return;
    this.written += text;
    for (const character of text) this.#key(character);
  }

  async close(): Promise<void> {
    this.drop(null);
  }

  #key(character: string): void {
    if (character === '\x03') {
      this.#interrupt();
      return;
    }
    if (this.#asking === 'pager') {
      this.#page(character);
      return;
    }
    if (character !== '\r') {
      this.#buffer += character;
      return;
    }
    const line = this.#buffer;
    this.#buffer = '';
    if (this.#asking === 'hung') return;
    if (this.#asking === 'password') {
      this.#password(line);
      return;
    }
    this.#ios.typed.push(line);
    queueMicrotask(() => this.#enter(line));
  }

  #interrupt(): void {
    this.#buffer = '';
    this.#pages = [];
    // Configuration mode is left by it, as on IOS.
    if (this.#ios.options.answer?.('^C', this) === null && this.#asking === 'hung') return;
    this.#asking = 'nothing';
    queueMicrotask(() => this.say(`^C\r\n${this.prompt}`));
  }

  #password(line: string): void {
    this.#attempts += 1;
    this.say('\r\n');
    if (line === this.#ios.options.enableSecret) this.#privileged = true;
    else if (this.#attempts < 3) {
      this.say('Password: ');
      return;
    } else this.say('% Bad secrets\r\n\r\n');
    this.#asking = 'nothing';
    this.say(this.prompt);
  }

  #enter(line: string): void {
    if (line === '') {
      this.say(`\r\n${this.prompt}`);
      return;
    }
    this.say(`${(this.#ios.options.echo ?? ((command) => command))(line)}\r\n`);
    if (line === 'exit') {
      this.drop(null);
      return;
    }
    if (line === 'enable') {
      if (this.#privileged) {
        this.say(this.prompt);
        return;
      }
      this.#asking = 'password';
      this.#attempts = 0;
      this.say('Password: ');
      return;
    }
    const answer = this.#ios.options.answer?.(line, this);
    if (answer === null) {
      this.#asking = 'hung';
      return;
    }
    if (answer === undefined && /^terminal /.test(line)) {
      this.say(this.prompt);
      return;
    }
    if (answer === undefined) {
      this.say(`           ^\r\n% Invalid input detected at '^' marker.\r\n\r\n${this.prompt}`);
      return;
    }
    this.#show(answer);
  }

  #show(output: string): void {
    const lines = output.replace(/\n$/, '').split('\n');
    const size = this.#ios.options.pageLines ?? 0;
    if (size === 0 || lines.length <= size) {
      this.say(`${output.replace(/\n/g, '\r\n')}${this.prompt}`);
      return;
    }
    this.#pages = [];
    for (let at = 0; at < lines.length; at += size) this.#pages.push(lines.slice(at, at + size).join('\r\n'));
    this.say(`${this.#pages.shift()!}\r\n --More-- `);
    this.#asking = 'pager';
  }

  #page(character: string): void {
    if (character === 'q') this.#pages = [];
    const page = this.#pages.shift();
    if (page === undefined) {
      this.#asking = 'nothing';
      this.say(`${ERASE}${this.prompt}`);
      return;
    }
    this.say(`${ERASE}${page}\r\n${this.#pages.length > 0 ? ' --More-- ' : this.prompt}`);
    if (this.#pages.length === 0) this.#asking = 'nothing';
  }
}
