/**
 * One session on a device: a shell, the terminal in front of it and the dialogue on it, with the timers, budgets and the audit around.
 * Opened by pool.ts and by sources/terminal-monitor.ts. One command at a time; after a timeout the session finds its prompt again or closes.
 */
import type { Timer } from '../../shared/clock.ts';
import { assertNever, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult, CommandStatus } from '../../shared/model/capture.ts';
import { quoted } from '../../shared/model/printable.ts';
import { type DurationMs, elapsedMs, formatDuration, type Monotonic } from '../../shared/model/time.ts';
import type { ModeName } from '../../shared/platforms/platform.ts';
import type { Shell } from '../ports.ts';
import { checkLine } from './check-line.ts';
import { type ErrandGround, runErrand } from './config-errand.ts';
import {
  Dialogue,
  type DialogueEffect,
  type DialogueInput,
  type DialogueState,
  ENTER,
  type SentLine,
  startOfDialogue,
} from './dialogue.ts';
import { loginError } from './login-error.ts';
import { type CommandBudget, RunningCommand } from './running-command.ts';
import type { SessionOptions } from './session-options.ts';
import { TerminalLines } from './terminal-lines.ts';

/** How long an abandoned command may take to give the prompt back, before the session is closed. */
const RESYNC_MS = 2_000;
/** `exit` and the far end's close. */
const LOGOUT_MS = 2_000;

export class Session {
  readonly #options: SessionOptions;
  readonly #shell: Shell;
  readonly #lines: TerminalLines;
  readonly #dialogue: Dialogue;
  #state: DialogueState = startOfDialogue;
  #job: RunningCommand | null = null;
  #quiet: Timer | null = null;
  #resync: Timer | null = null;
  #closed = false;
  #closing: Promise<void> | null = null;
  #closeReason: SpitrapError | null = null;
  #closeListeners: ((reason: SpitrapError | null) => void)[] = [];
  #idleWaiters: (() => void)[] = [];
  #loginBytes = 0;
  readonly #loginTail: string[] = [];
  #secret: string | null = null;
  /** Configuration mode: only the errand's own lines are sent. */
  #errand: { aborted: string | null } | null = null;
  /** Lines that belonged to no command, questions answered no, host names that changed under us. */
  readonly counters = { strays: 0, questions: 0, renames: 0, abandoned: 0 };

  constructor(shell: Shell, options: SessionOptions) {
    this.#shell = shell;
    this.#options = options;
    this.#lines = new TerminalLines(options.platform.definition.pager.shows);
    this.#dialogue = new Dialogue(options.platform.definition);
    shell.onData((bytes) => this.#onBytes(bytes));
    shell.onClose((reason) => this.#onClosed(reason));
    this.#rearm();
  }

  get hostKeyFingerprint(): string {
    return this.#shell.hostKeyFingerprint;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Null until the first prompt. */
  get hostname(): string | null {
    if (this.#state.kind === 'login') return null;
    const { host } = this.#state.at;
    return this.#options.platform.definition.hostIn?.exec(host)?.groups?.['name'] ?? host;
  }

  get mode(): ModeName | null {
    return this.#state.kind === 'login' ? null : this.#state.at.mode;
  }

  /** At once when it is closed already. The reason is null for a close that we asked for. */
  onClose(listener: (reason: SpitrapError | null) => void): void {
    if (this.#closed) listener(this.#closeReason);
    else this.#closeListeners.push(listener);
  }

  /** Never rejects for what the device did; rejects with COMMAND_OUTSIDE_GRAMMAR. Waits for an earlier abandoned command within its own time. */
  async run(command: string, budget: CommandBudget): Promise<CommandResult> {
    checkLine(this.#options.platform, command);
    return await this.#converse({ command, secret: null }, budget);
  }

  /** Lines in configuration mode, one errand (config-errand.ts), with nothing else sent between them. As `run`; up to 4 s more for the way back. */
  async configure(lines: readonly string[], budget: CommandBudget): Promise<CommandResult> {
    const { platform, clock } = this.#options;
    for (const line of lines) checkLine(platform, line, true);
    const startedAt = clock.monotonic();
    const obstacle = await this.#whenFree(budget.timeoutMs, false, () => {
      this.#errand = { aborted: null };
    });
    if (obstacle !== null) return this.#unsent(lines.join(' / '), obstacle, startedAt);
    const ground: ErrandGround = {
      at: () => ({ mode: this.mode, closed: this.#closed, aborted: this.#errand?.aborted ?? null }),
      send: (command, lineBudget) => this.#converse({ command, secret: null }, lineBudget, true),
      settled: async (timeoutMs) => (await this.#whenFree(timeoutMs, true, () => {})) === null,
      hangUp: (why) => this.#hangUp(why),
    };
    const timeoutMs = Math.max(1, budget.timeoutMs - elapsedMs(startedAt, clock.monotonic()));
    const result = await runErrand(ground, platform, clock, lines, { ...budget, timeoutMs });
    this.#errand = null;
    this.#wakeWaiters();
    return result;
  }

  /** An empty line; true when the prompt came back in time. Closes the session when it did not. */
  async keepalive(timeoutMs: DurationMs): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#state.kind !== 'idle' || this.#errand !== null) return true;
    this.#step({ kind: 'probe' });
    this.#armResync(timeoutMs, 'keepalive: no prompt after an empty line');
    await this.#until(() => this.#isIdle);
    return !this.#closed;
  }

  /** Ends the running command now, its output so far kept, with the status `timeout` and this reason. `patienceMs`: for the prompt after it. */
  abort(why: string, patienceMs: DurationMs = RESYNC_MS): void {
    if (this.#errand !== null) this.#errand.aborted = why;
    if (this.#job !== null) this.#abandon(this.#job, 'timeout', why, patienceMs);
  }

  /** Logs out; bounded. In the middle of a command, or without a prompt, it hangs up. */
  close(): Promise<void> {
    this.#closing ??= this.#logOut();
    return this.#closing;
  }

  async #logOut(): Promise<void> {
    if (!this.#closed && this.#isIdle && this.mode !== 'config') {
      const gone = new Promise<void>((resolve) => this.onClose(() => resolve()));
      this.#write(this.#options.platform.definition.logout);
      const late = this.#options.clock.timer('session logout', LOGOUT_MS, () => this.#onClosed(null));
      await gone;
      late.cancel();
    }
    this.#onClosed(null);
    await this.#shell.close();
  }

  closedError(when: string): SpitrapError {
    const { device, purpose } = this.#options;
    if (this.#closeReason !== null) return this.#closeReason;
    return new SpitrapError('SSH_CLOSED', `${device}: the ${purpose} session was closed ${when}`, { retryable: true });
  }

  async firstPrompt(timeoutMs: DurationMs): Promise<void> {
    const late = this.#options.clock.timer('session login', timeoutMs, () => {
      const waited = `no prompt within ${formatDuration(timeoutMs)} of the login; what stands there is ${quoted(this.#lines.partial)}`;
      this.#fail(
        new SpitrapError('PROMPT_TIMEOUT', `${this.#options.device}: ${waited}; the session is closed and tried again`, {
          retryable: true,
        }),
      );
    });
    await this.#until(() => this.#isIdle);
    late.cancel();
    if (!this.#closed) return;
    const { device, platform } = this.#options;
    throw loginError(device, platform, [...this.#loginTail, this.#lines.partial], this.closedError('before a prompt was seen'));
  }

  /** As `run`, for the lines of a login: `secret` is sent when the device asks for it, in place of `sent.secret.name`. */
  async converse(sent: SentLine, secret: string | null, budget: CommandBudget): Promise<CommandResult> {
    this.#secret = secret;
    const result = await this.#converse(sent, budget);
    this.#secret = null;
    return result;
  }

  async #converse(sent: SentLine, budget: CommandBudget, errand = false): Promise<CommandResult> {
    const { clock } = this.#options;
    const askedAt = clock.monotonic();
    let result: Promise<CommandResult> | null = null;
    const obstacle = await this.#whenFree(budget.timeoutMs, errand, () => {
      const timeoutMs = Math.max(1, budget.timeoutMs - elapsedMs(askedAt, clock.monotonic()));
      const job = new RunningCommand(sent.command, { ...budget, timeoutMs }, clock, (bytes) =>
        this.#abandon(job, 'timeout', `no prompt within ${formatDuration(budget.timeoutMs)}, after ${bytes} bytes of output`),
      );
      this.#job = job;
      result = job.result;
      this.#step({ kind: 'send', sent });
    });
    return await (result ?? this.#unsent(sent.command, obstacle ?? 'busy', askedAt));
  }

  /**
   * Does it in the very moment in which a line may be sent (null), or says why that never came. A session that stands in configuration
   * mode without an errand is ended: what is typed there is configured.
   */
  async #whenFree(timeoutMs: DurationMs, errand: boolean, act: () => void): Promise<'closed' | 'busy' | null> {
    const { clock } = this.#options;
    const askedAt = clock.monotonic();
    let done = false;
    const late = clock.timer('session busy', timeoutMs, () => this.#wakeWaiters());
    await this.#until(() => {
      if (!this.#isIdle || (!errand && this.#errand !== null)) return elapsedMs(askedAt, clock.monotonic()) >= timeoutMs;
      if (!errand && this.mode === 'config') this.#hangUp('found in configuration mode');
      else act();
      done = true;
      return true;
    });
    late.cancel();
    if (done && !this.#closed) return null;
    return this.#closed ? 'closed' : 'busy';
  }

  get #isIdle(): boolean {
    return this.#state.kind === 'idle' && this.#job === null;
  }

  #unsent(command: string, obstacle: 'closed' | 'busy', since: Monotonic): CommandResult {
    const tookMs = elapsedMs(since, this.#options.clock.monotonic());
    const nothing = { command, output: '', sentAt: null, sentAtWall: null, tookMs };
    if (obstacle === 'closed') return { ...nothing, status: 'closed', detail: this.#closeDetail() };
    return { ...nothing, status: 'timeout', detail: 'not sent: the session was still busy with an earlier command' };
  }

  #onBytes(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#state.kind === 'login') {
      this.#loginBytes += bytes.length;
      if (this.#loginBytes > limits.bannerBytesMax) {
        const what = `more than ${limits.bannerBytesMax} bytes came before a prompt`;
        this.#fail(
          new SpitrapError('PROMPT_TIMEOUT', `${this.#options.device}: ${what}; the session is closed`, { retryable: true }),
        );
        return;
      }
    }
    for (const line of this.#lines.feed(bytes.toString('latin1'))) this.#step({ kind: 'line', text: line }, false);
    this.#rearm();
  }

  #step(input: DialogueInput, rearm = true): void {
    if (this.#closed) return;
    const { state, effects } = this.#dialogue.step(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (rearm) this.#rearm();
  }

  #perform(effect: DialogueEffect): void {
    const { audit, device, purpose } = this.#options;
    switch (effect.kind) {
      case 'write':
        audit.sent(device, purpose, effect.text.replace(/\r$/, ''));
        this.#shell.write(effect.text);
        return;
      case 'write-secret':
        audit.sentSecret(device, purpose, effect.name);
        this.#shell.write((this.#secret ?? '') + ENTER);
        return;
      case 'keep':
        this.#keep(effect.text);
        return;
      case 'stray':
        this.#stray(effect.text);
        return;
      case 'clear':
        this.#lines.clear();
        return;
      case 'finished':
        this.#finish(effect.refusal);
        return;
      case 'at-prompt':
        this.#atPrompt();
        return;
      case 'renamed':
        this.counters.renames += 1;
        return;
      case 'question':
        this.counters.questions += 1;
        return;
      case 'runaway':
        if (this.#job !== null) this.#abandon(this.#job, 'too-long', effect.why);
        else this.#hangUp(effect.why);
        return;
      default:
        assertNever(effect);
    }
  }

  #keep(text: string): void {
    const over = this.#job?.keep(text) ?? null;
    if (over !== null && this.#job !== null) this.#abandon(this.#job, 'too-long', over);
  }

  #stray(text: string): void {
    this.counters.strays += 1;
    if (this.#state.kind === 'login') {
      this.#loginTail.push(text);
      if (this.#loginTail.length > limits.loginTailLinesMax) this.#loginTail.shift();
    }
    this.#options.onStray?.(text);
  }

  #finish(refusal: string | null): void {
    if (this.#job !== null) this.#resolve(this.#job, refusal === null ? 'ok' : 'refused', refusal);
  }

  #atPrompt(): void {
    this.#resync?.cancel();
    this.#resync = null;
    this.#wakeWaiters();
  }

  /** The result goes out now, with what came until now; the session is not free before it has its prompt again. */
  #abandon(job: RunningCommand, status: CommandStatus, why: string, patienceMs = RESYNC_MS): void {
    if (this.#job !== job) return;
    this.counters.abandoned += 1;
    const partial = this.#lines.partial;
    this.#resolve(job, status, why, this.#state.kind === 'output' ? partial : '');
    this.#armResync(patienceMs, `no prompt within ${patienceMs} ms after ${quoted(job.command)} was abandoned (${why})`);
    this.#step({ kind: 'abandon', partial });
  }

  #resolve(job: RunningCommand, status: CommandStatus, detail: string | null, partial = ''): void {
    this.#job = null;
    job.end(status, detail, partial);
  }

  #armResync(delayMs: DurationMs, why: string): void {
    this.#resync?.cancel();
    this.#resync = this.#options.clock.timer('session resync', delayMs, () => this.#hangUp(why));
  }

  #rearm(): void {
    this.#quiet?.cancel();
    this.#quiet = null;
    // A long line is no prompt; looking at all of it for every byte would be a gift to whoever sends it.
    if (this.#closed || this.#lines.partialLength > limits.promptCharactersMax) return;
    const delayMs = this.#dialogue.attentionMs(this.#state, this.#lines.partial);
    if (delayMs === null) return;
    this.#quiet = this.#options.clock.timer('session quiet', delayMs, () =>
      this.#step({ kind: 'quiet', partial: this.#lines.partial }),
    );
  }

  #write(line: string): void {
    this.#options.audit.sent(this.#options.device, this.#options.purpose, line);
    this.#shell.write(line + ENTER);
  }

  /** Resolves when it holds, or at a close. */
  async #until(holds: () => boolean): Promise<void> {
    while (!this.#closed && !holds()) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #wakeWaiters(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }

  #hangUp(why: string): void {
    this.#fail(new SpitrapError('SSH_CLOSED', `${this.#options.device}: ${why}; the session is closed`, { retryable: true }));
  }

  #fail(reason: SpitrapError): void {
    this.#onClosed(reason);
    void this.#shell.close();
  }

  #onClosed(reason: SpitrapError | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason = reason;
    this.#quiet?.cancel();
    this.#resync?.cancel();
    const partial = this.#state.kind === 'output' ? this.#lines.partial : '';
    if (this.#job !== null) this.#resolve(this.#job, 'closed', this.#closeDetail(), partial);
    this.#wakeWaiters();
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener(reason);
  }

  #closeDetail(): string {
    const error = this.#closeReason;
    return error === null ? 'SSH_CLOSED: we closed the session' : `${error.code}: ${error.message}`;
  }
}
