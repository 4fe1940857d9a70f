/**
 * Source `terminal-monitor`: what the device logs to a line of its own, a third session that runs nothing else. Off unless configured.
 * Debugs written to a line cost the router dearly, so it is not turned on while any is on, unless the monitor level keeps them away
 * (pair-protocol.md, "Sessions and commands"); then it asks again later. Interruptions are told as source-state, for the evidence's holes.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Observation } from '../../shared/model/observation.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { SessionOpener } from '../device/pool.ts';
import type { Session } from '../device/session.ts';
import type { Closable, SourceContext, SourceKind } from './source.ts';

export interface TerminalMonitorConfig {
  readonly kind: 'terminal-monitor';
  readonly name: string;
}

const BACKOFF = { firstMs: 2_000, factor: 2, mostMs: 60_000, jitter: 0.3 };
const COMMAND_MS = 10_000;
const KEEPALIVE_MS = 4 * 60_000;
const KEEPALIVE_ANSWER_MS = 10_000;
/** While debugs are on. */
const ASK_AGAIN_MS = 30_000;
/** Lines that come this soon after a reconnect and were seen before it are a replay, not news. */
const FIRST_BURST_MS = 2_000;
/** `warnings`: the %CRYPTO line comes, debugs (7) do not. */
const WARNINGS = 4;

export interface Monitoring extends Closable {
  /**
   * Debugs were turned on, by whomever: the session is given up, and a new one looks at them before it listens. Nothing is asked on the
   * session that listens, where log lines stand in every answer.
   */
  lookAgain(): Promise<void>;
}

export interface MonitoringSourceKind extends SourceKind<TerminalMonitorConfig, SessionOpener> {
  open(name: string, config: TerminalMonitorConfig, context: SourceContext<SessionOpener>): Promise<Monitoring>;
}

export const terminalMonitor: MonitoringSourceKind = {
  kind: 'terminal-monitor',
  /** Never rejects: an unreachable device is tried again, and said so. */
  async open(name, _config, context) {
    return new TerminalMonitor(name, context);
  },
};

class TerminalMonitor implements Monitoring {
  readonly #name: string;
  readonly #context: SourceContext<SessionOpener>;
  #session: Session | null = null;
  #listening = false;
  #closed = false;
  #wake: (() => void) | null = null;
  #burstUntil = 0;
  #everOpen = false;
  /** The last lines before an interruption, and the place in them up to which a replay has come. */
  #recent: string[] = [];
  #seenBefore: ReadonlySet<string> = new Set();
  #lastDetail = '';
  readonly #done: Promise<void>;

  constructor(name: string, context: SourceContext<SessionOpener>) {
    this.#name = name;
    this.#context = context;
    this.#done = this.#live();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    const session = this.#session;
    if (session !== null && this.#listening && !session.closed) {
      const { off } = this.#context.device.platform.terminalMonitor;
      await session.run(off, { timeoutMs: 2_000, bytesMax: limits.bannerBytesMax });
    }
    await session?.close();
    await this.#done;
    this.#tell('closed', 'closed by us');
  }

  async lookAgain(): Promise<void> {
    if (this.#listening) await this.#session?.close();
  }

  async #live(): Promise<void> {
    const { random } = this.#context.world;
    let delays = backoffDelays(BACKOFF, () => random.uniform());
    while (!this.#closed) {
      try {
        await this.#listenOnce();
        delays = backoffDelays(BACKOFF, () => random.uniform());
      } catch (error) {
        const failure = asSpitrapError(error);
        if (!this.#closed) this.#tell('interrupted', `${failure.code}: ${failure.message}`);
        const held = failure.context['waitMs'];
        await this.#pause(typeof held === 'number' ? held : delays.next().value);
      }
    }
  }

  /** Until the session ends; rejects with the reason. */
  async #listenOnce(): Promise<void> {
    const { device } = this.#context;
    const session = await device.openSession('terminal-monitor', (line) => this.#onLine(line));
    this.#session = session;
    try {
      if (this.#closed) return;
      await this.#untilHarmless(session);
      if (this.#closed) return;
      const { clock } = this.#context.world;
      this.#burstUntil = this.#everOpen ? clock.monotonic() + FIRST_BURST_MS : 0;
      this.#seenBefore = new Set(this.#recent);
      this.#listening = true;
      await this.#runOrFail(session, device.platform.terminalMonitor.on);
      this.#everOpen = true;
      this.#tell('open', `${device.platform.terminalMonitor.on} on ${device.name}`);
      await this.#stayAlive(session);
    } finally {
      const listening = this.#listening;
      this.#listening = false;
      this.#session = null;
      // The far end may be gone without a word; and after a refusal the line is given back. A session that listens is ended by close().
      if (!this.#closed || !listening) await session.close();
    }
  }

  async #untilHarmless(session: Session): Promise<void> {
    const { platform, name } = this.#context.device;
    while (!this.#closed) {
      const debugging = platform.parsers.debugging(await this.#runOrFail(session, platform.showDebugging));
      if (debugging.value.length === 0 && debugging.unread.length === 0) return;
      const level = platform.parsers.logging(await this.#runOrFail(session, platform.terminalMonitor.level)).value.monitorLevel;
      if (level !== null && level <= WARNINGS) return;
      const what =
        debugging.value.length > 0 ? `${debugging.value.length} debugs are on` : 'what show debugging says was not understood';
      const remedy = 'logging monitor warnings keeps them away';
      this.#tell(
        'interrupted',
        `not turned on: ${what} on ${name} and the monitor level does not keep debugs away; ${remedy}; asked again`,
      );
      await this.#pause(ASK_AGAIN_MS);
    }
  }

  async #runOrFail(session: Session, command: string): Promise<string> {
    const result = await session.run(command, { timeoutMs: COMMAND_MS, bytesMax: limits.bannerBytesMax });
    if (result.status === 'ok') return result.output;
    const what = `${this.#context.device.name}: ${command}: ${result.status}${result.detail === null ? '' : ` (${result.detail})`}`;
    throw new SpitrapError(result.status === 'closed' ? 'SSH_CLOSED' : 'COMMAND_TIMEOUT', `${what}; tried again`, {
      retryable: true,
    });
  }

  /** Keepalives until the session ends. */
  async #stayAlive(session: Session): Promise<never> {
    session.onClose(() => this.#wake?.());
    while (!session.closed && !this.#closed) {
      await this.#pause(KEEPALIVE_MS);
      if (!session.closed && !this.#closed) await session.keepalive(KEEPALIVE_ANSWER_MS);
    }
    throw session.closedError('by the far end');
  }

  #onLine(line: string): void {
    if (!this.#listening) return;
    const { emit, world, device } = this.#context;
    const at = world.clock.monotonic();
    const backlog = at < this.#burstUntil && this.#seenBefore.has(line);
    if (!backlog) {
      this.#recent.push(line);
      if (this.#recent.length > limits.monitorLinesRemembered) this.#recent.shift();
    }
    emit({
      kind: 'lines',
      source: this.#name,
      trust: 'connected',
      bytes: Buffer.from(`${line}\n`, 'utf8'),
      from: device.address,
      at,
      wall: world.clock.wall(),
      backlog,
    });
  }

  /** The same trouble is told once, not at each attempt. */
  #tell(state: 'open' | 'interrupted' | 'closed', detail: string): void {
    if (state === 'interrupted' && detail === this.#lastDetail) return;
    this.#lastDetail = detail;
    const observation: Observation = {
      kind: 'source-state',
      source: this.#name,
      state,
      detail,
      at: this.#context.world.clock.monotonic(),
    };
    this.#context.emit(observation);
  }

  /** Ends early at a close, of the source or of the session. */
  async #pause(delayMs: DurationMs): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = this.#context.world.clock.timer('terminal-monitor pause', delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
  }
}
