/**
 * The Device (device.ts): two held sessions, A captures and B controls, fresh ones for an errand, and sessions for sources that need
 * their own. Wired by app.ts; the world comes through the ports, so that simulation drives it in virtual time.
 */
import type { Clock } from '../../shared/clock.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { CommandResult } from '../../shared/model/capture.ts';
import { type DurationMs, formatDuration } from '../../shared/model/time.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { Random, ShellTarget, ShellTransport } from '../ports.ts';
import type { Audit } from './audit.ts';
import { checkLine } from './check-line.ts';
import type { Device, DeviceStatus, RunOptions, SessionRole } from './device.ts';
import { HeldSession } from './held-session.ts';
import { LoginGate } from './login-gate.ts';
import { openSession } from './open-session.ts';
import type { Session } from './session.ts';

export interface DeviceOptions {
  readonly name: string;
  readonly platform: Platform;
  readonly target: ShellTarget;
  readonly enablePassword: string | null;
  readonly shells: ShellTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly audit: Audit;
  /** From the first packet to a privileged prompt. Default 30 s: TACACS adds seconds to every step. */
  readonly loginTimeoutMs?: DurationMs;
}

/** What a source that reads a session of its own needs of the device: the `device` of its context. */
export interface SessionOpener {
  readonly name: string;
  readonly platform: Platform;
  /** Canonical, as configured: where its lines come from. */
  readonly address: string;
  /** Rejects as `openSession` does, and with LOGIN_BACKOFF (retryable, `waitMs` in its context) after three refused logins. */
  openSession(purpose: string, onStray: (line: string) => void): Promise<Session>;
}

const LOGIN_TIMEOUT_MS = 30_000;
const CLOCK_TIMEOUT_MS = 5_000;

export function openDevice(options: DeviceOptions): DevicePool {
  return new DevicePool(options);
}

export class DevicePool implements Device, SessionOpener {
  readonly name: string;
  readonly platform: Platform;
  readonly address: string;
  readonly #options: DeviceOptions;
  readonly #gate: LoginGate;
  readonly #capture: HeldSession;
  readonly #control: HeldSession;
  #fresh: HeldSession[] = [];
  readonly #others = new Set<Session>();
  readonly #listeners = new Set<(status: DeviceStatus) => void>();
  #clock: DeviceStatus['clock'] = null;
  #hostname: string | null = null;
  #closed = false;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.platform = options.platform;
    this.address = options.target.address;
    this.#options = options;
    this.#gate = new LoginGate(options.clock);
    this.#capture = this.#held('capture');
    this.#control = this.#held('control');
  }

  async run(role: SessionRole, command: string, options: RunOptions): Promise<CommandResult> {
    checkLine(this.platform, command);
    const result = await this.#place(role).run(command, options);
    if (command === this.platform.showClock && result.status === 'ok') this.#noteClock(result);
    return result;
  }

  async configure(role: SessionRole, lines: readonly string[], options: RunOptions): Promise<CommandResult> {
    for (const line of lines) checkLine(this.platform, line, true);
    return await this.#place(role).configure(lines, options);
  }

  connect(): void {
    // Control first: when one line is free, it is the one that stops debugs.
    this.#control.connect();
    this.#capture.connect();
  }

  status(): DeviceStatus {
    return {
      hostname: this.#control.hostname ?? this.#capture.hostname ?? this.#hostname,
      sessions: { capture: this.#capture.status, control: this.#control.status },
      refusedLoginsInARow: this.#gate.refusedInARow,
      clock: this.#clock,
    };
  }

  onChange(listener: (status: DeviceStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async openSession(purpose: string, onStray: (line: string) => void): Promise<Session> {
    if (this.#closed) throw new SpitrapError('SSH_CLOSED', `${this.name}: the agent is stopping`);
    const waitMs = this.#gate.waitMs();
    if (waitMs > 0) {
      const why = `${this.#gate.refusedInARow} logins in a row were refused; the next attempt is in ${formatDuration(waitMs)}`;
      throw new SpitrapError('LOGIN_BACKOFF', `${this.name}: ${why}`, { retryable: true, context: { waitMs } });
    }
    this.#gate.begin();
    try {
      const session = await this.#openNow(purpose, onStray);
      this.#gate.end(null);
      this.#others.add(session);
      session.onClose(() => this.#others.delete(session));
      return session;
    } catch (error) {
      this.#gate.end(error);
      this.#changed();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const places = [this.#control, this.#capture, ...this.#fresh];
    await Promise.all([...places.map((place) => place.close()), ...[...this.#others].map((session) => session.close())]);
  }

  #place(role: SessionRole): HeldSession {
    switch (role) {
      case 'capture':
        return this.#capture;
      case 'control':
        return this.#control;
      case 'fresh':
        return this.#freshPlace();
    }
  }

  /** One that waits for the next line of an errand, or a new one: a fresh session is the answer to one that hangs. */
  #freshPlace(): HeldSession {
    const free = this.#fresh.find((place) => place.free);
    if (free !== undefined) return free;
    if (this.#fresh.length >= limits.freshSessionsMax) return this.#fresh.at(-1)!;
    const place = this.#held('fresh');
    this.#fresh = [...this.#fresh, place];
    return place;
  }

  #held(purpose: SessionRole): HeldSession {
    const { clock, random } = this.#options;
    const place: HeldSession = new HeldSession({
      clock,
      random,
      gate: this.#gate,
      held: purpose !== 'fresh',
      open: () => this.#openNow(purpose, () => {}),
      onChange: () => this.#changed(),
      onReady: () => this.#readClock(place),
      stops: (command) => this.platform.definition.grammar.some((line) => line.stops === true && line.pattern.test(command)),
    });
    return place;
  }

  #openNow(purpose: string, onStray: (line: string) => void): Promise<Session> {
    const { shells, target, platform, clock, audit, name, enablePassword, loginTimeoutMs } = this.#options;
    return openSession({
      transport: shells,
      target,
      platform,
      clock,
      audit,
      device: name,
      purpose,
      enablePassword,
      loginTimeoutMs: loginTimeoutMs ?? LOGIN_TIMEOUT_MS,
      onStray,
    });
  }

  /** Behind whatever waits already: nothing due is held up by it. */
  #readClock(place: HeldSession): void {
    void place.run(this.platform.showClock, { timeoutMs: CLOCK_TIMEOUT_MS }).then((result) => {
      if (result.status === 'ok') this.#noteClock(result);
    });
  }

  #noteClock(result: CommandResult): void {
    const reading = this.platform.parsers.clock(result.output).value;
    if (reading === null || result.sentAt === null || result.sentAtWall === null) return;
    this.#clock = { reading, at: result.sentAt, wall: result.sentAtWall };
    this.#changed();
  }

  #changed(): void {
    if (this.#closed) return;
    this.#hostname = this.#control?.hostname ?? this.#capture?.hostname ?? this.#hostname;
    const status = this.status();
    for (const listener of this.#listeners) listener(status);
  }
}
