/** What a session on a device needs, to be opened (open-session.ts) and to live (session.ts). */
import type { Clock } from '../../shared/clock.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { Platform } from '../../shared/platforms/platform.ts';
import type { ShellTarget, ShellTransport } from '../ports.ts';
import type { Audit } from './audit.ts';

export interface SessionOptions {
  readonly transport: ShellTransport;
  readonly target: ShellTarget;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly audit: Audit;
  /** For people: log, audit, messages. */
  readonly device: string;
  /** `capture`, `control`, `fresh`, `terminal-monitor`. */
  readonly purpose: string;
  readonly enablePassword: string | null;
  /** From the first packet to a privileged prompt. */
  readonly loginTimeoutMs: DurationMs;
  /** Lines that belong to no command; see DialogueEffect `stray`. */
  readonly onStray?: (line: string) => void;
}
