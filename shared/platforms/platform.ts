/** The contract of the platforms shelf: one folder a platform; data and parsers, no I/O. The device room speaks to any box through it and knows no vendor. */
import type { CaptureRound } from '../model/capture.ts';

export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Never throws. `unread`: every line that carries data and was not understood. Empty output is a stated value, not an error. */
export type Parser<T> = (output: string) => { readonly value: T; readonly unread: readonly Line[] };

export interface Mode {
  /** The prompt of this mode at the end of the buffer, once the host name is known. */
  prompt(host: string): RegExp;
  /** How to get there from another mode. */
  readonly enter?: { readonly from: string; readonly send: string; readonly asks?: RegExp };
}

/** What `show debugging` last showed, one entry a debug: `Crypto ISAKMP debugging`. `crypto`: a debug that this pair could have armed. */
export interface DebugFlag {
  readonly text: string;
  readonly crypto: boolean;
}

export interface CaptureScope {
  /** Canonical addresses of the other end(s), as they appear on this device. Parsed, never text from a line. */
  readonly peers: readonly string[];
  readonly maxUnscopedSas: number;
}

/** A line of the capture plan. `needsSaCount`: unscoped, sent only when the device has at most `maxUnscopedSas` SAs. */
export interface PlannedCommand {
  readonly command: string;
  readonly group: 'scoped' | 'device' | 'note-a' | 'count';
  readonly needsSaCount?: boolean;
  readonly timeoutMs?: number;
}

export interface PlatformDefinition {
  readonly modes: Readonly<Record<'exec' | 'enable', Mode>>;
  /** The first prompt, before the host name is known; group `host` captures it. Tried at the end of the login output. */
  readonly firstPrompt: RegExp;
  /** Sent once after login; each may be refused. */
  readonly onOpen: readonly string[];
  readonly pager: { readonly shows: RegExp; readonly answer: string };
  /** Matched only against the first lines right after the echo. */
  readonly refusals: readonly RegExp[];
  /** A yes/no question in the middle of a command, always answered no. */
  readonly questions: readonly { readonly asks: RegExp; readonly answer: string }[];
  /** Login refused or "all lines in use", as text on the shell instead of an SSH error. */
  readonly noFreeLine: readonly RegExp[];
  readonly logout: string;
  /** Every line that may ever be sent on this platform, as anchored patterns with a word for the change board. */
  readonly grammar: readonly { readonly pattern: RegExp; readonly purpose: string }[];
}

export interface Platform {
  readonly name: string;
  readonly definition: PlatformDefinition;
  capturePlan(round: CaptureRound, scope: CaptureScope): PlannedCommand[];
  readonly debugOff: { readonly all: string; one(flag: DebugFlag): string | null };
  readonly showDebugging: string;
  readonly showClock: string;
  /** `show logging | include <spi spelled as received>`; the argument is checked to be a plain hex SPI. */
  corroborate(spiAsReceived: string): string;
  readonly terminalMonitor: { readonly on: string; readonly off: string; readonly level: string };
  /** The parsers that the agent itself needs (not only the report). */
  readonly parsers: {
    readonly debugging: Parser<DebugFlag[]>;
    readonly clock: Parser<DeviceClock | null>;
    /** Rows of `show crypto isakmp sa` / `show crypto ikev2 sa`; null: unknown, which counts as over the limit. */
    readonly saCount: Parser<number | null>;
    /** Evidence for corroboration: does this `show logging` output hold the message, and how far back does the buffer reach? */
    readonly logging: Parser<LoggingBuffer>;
  };
}

export interface DeviceClock {
  /** As printed, without the `*` or `.`: `18:22:10.706 UTC Tue Mar 12 2026`. */
  readonly text: string;
  /** The reading in the device's own zone, as if it were UTC: compared with stamps of the same device only. */
  readonly localMs: number;
  readonly zone: string;
  readonly year: number;
  /** `*`: never set. `.`: set, not in sync. */
  readonly mark: '*' | '.' | '';
}

export interface LoggingBuffer {
  /** Level of `Buffer logging: level …`, 0..7; null when the header was not shown (a filter cut it). */
  readonly bufferLevel: number | null;
  readonly lines: readonly string[];
}
