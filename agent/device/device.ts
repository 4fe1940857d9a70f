/**
 * The device as effects see it: two held sessions, A captures, B controls (pair-protocol.md, "Sessions and commands").
 * Implemented by pool.ts over session.ts over the ShellTransport port.
 */
import type { CommandResult } from '../../shared/model/capture.ts';
import type { DurationMs, Monotonic, Wall } from '../../shared/model/time.ts';
import type { DeviceClock, Platform } from '../../shared/platforms/platform.ts';

/** A: capture, held. B: control, held. fresh: opened for one errand and logged out after it, if a line is free. */
export type SessionRole = 'capture' | 'control' | 'fresh';

export interface RunOptions {
  /** From the moment when the line is the first in its session's queue: logging in, if need be, and the command itself. */
  readonly timeoutMs: DurationMs;
  readonly bytesMax?: number;
  /** Goes to the head of its queue, and may make one login attempt more where logins are held back (backoff, refused logins): a stop, its verification. */
  readonly urgent?: boolean;
  /** Goes to the head of its queue as well, and makes no login attempt that is held back: a question that something waits for. */
  readonly first?: boolean;
}

export interface Device {
  readonly name: string;
  readonly platform: Platform;
  /**
   * Queues the line on that session (lines on one session run one after the other; A and B are independent).
   * Opens the session when it is not there. Never rejects for what the device did: that is in the result
   * (`closed` with the SSH error's code and message in `detail` when no session could be had within timeoutMs).
   * Rejects only with COMMAND_OUTSIDE_GRAMMAR.
   */
  run(session: SessionRole, command: string, options: RunOptions): Promise<CommandResult>;
  /**
   * Lines in configuration mode, one errand that nothing else comes between (the dead-man alone: Session.configure). As `run`, and a stop
   * interrupts it. `ok`: the device took every line without complaint; else the first that it did not take, in `detail`.
   */
  configure(session: SessionRole, lines: readonly string[], options: RunOptions): Promise<CommandResult>;
  /** Makes sure that both held sessions are up or being retried; called at start and after a drop. Never rejects. */
  connect(): void;
  status(): DeviceStatus;
  /** Called when a held session comes or goes, and after each refused login. */
  onChange(listener: (status: DeviceStatus) => void): () => void;
  /** Logs out of both sessions; bounded. */
  close(): Promise<void>;
}

export interface SessionStatus {
  readonly state: 'closed' | 'connecting' | 'ready' | 'busy' | 'backing-off';
  readonly since: Monotonic;
  /** `SSH_AUTH_REFUSED: …` of the last failure, null after a success. */
  readonly lastError: string | null;
}

export interface DeviceStatus {
  readonly hostname: string | null;
  readonly sessions: Readonly<Record<'capture' | 'control', SessionStatus>>;
  readonly refusedLoginsInARow: number;
  /** The last `show clock`, with our clocks at that moment. */
  readonly clock: { readonly reading: DeviceClock; readonly at: Monotonic; readonly wall: Wall } | null;
}
