/** One command sent to a device and what came back. */
import type { Monotonic, Wall } from './time.ts';

/**
 * `refused`: the device said so (`refusal` quotes it). `timeout`, `closed`, `too-long`: `output` holds what came until then.
 * `skipped`: never sent, `detail` says why. All but `ok` are reasons, not exceptions.
 */
export type CommandStatus = 'ok' | 'refused' | 'timeout' | 'closed' | 'too-long' | 'skipped';

export interface CommandResult {
  readonly command: string;
  readonly status: CommandStatus;
  /** The device's own lines, echo and prompt removed, LF line ends, pager traces removed. Raw: redaction comes before disk. */
  readonly output: string;
  /** The refusal line as the device spelled it, or why it was skipped, timed out, closed. */
  readonly detail: string | null;
  /** When the line left for the device; null: it never did (skipped, or no session could be had in time). */
  readonly sentAt: Monotonic | null;
  readonly sentAtWall: Wall | null;
  readonly tookMs: number;
}

/** Which round of the capture: at the alert or message, at the stop (scoped set again), or after a stop that came without an alert. */
export type CaptureRound = 'first' | 'stop' | 'late';
