/** `show logging` as a whole: the header's settings and counts, and the buffer's lines. Filled by the platforms' parser, read by the analysis and `spitrap parse`. */
import type { LogCounters } from '../platforms/platform.ts';

/** Console, monitor, buffer, trap. Null: the header does not show it. */
export interface LogDestination {
  /** 0..7; -1: disabled. */
  readonly level: number;
  /** Messages (trap: lines) that went there. */
  readonly logged: number | null;
  readonly xml: boolean | null;
  readonly filtering: boolean | null;
}

export interface LogHost {
  readonly host: string;
  readonly transport: string | null;
  readonly port: number | null;
  readonly vrf: string | null;
  readonly linkUp: boolean | null;
  /** Lines. */
  readonly logged: number | null;
  readonly rateLimited: number | null;
  readonly droppedByDiscriminator: number | null;
}

export interface ShownLogging {
  /** Null: a filter cut the header away. */
  readonly counters: LogCounters | null;
  readonly console: LogDestination | null;
  readonly monitor: LogDestination | null;
  readonly buffer: LogDestination | null;
  readonly trap: LogDestination | null;
  readonly hosts: readonly LogHost[];
  /** Null: no `Log Buffer` line. */
  readonly bufferBytes: number | null;
  /** With their place in the output, from 1. The first may be cut in front, where the ring of the buffer wrapped. */
  readonly lines: readonly { readonly number: number; readonly text: string }[];
}
