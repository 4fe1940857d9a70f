/** The contract of the platforms shelf: one folder a platform; data and parsers, no I/O. The device room speaks to any box through it and knows no vendor. */
import type { LoggingLevels } from '../model/arming.ts';
import type { CaptureRound } from '../model/capture.ts';
import type { PlatformEvidence } from '../model/evidence.ts';
import type { Flow, Spi } from '../model/flow.ts';
import type { IpsecIdent } from '../model/sa.ts';
import type { LoggingSettings, PlatformArming, VtyUse } from './arming.ts';

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
  /** Back to `enable`, from anywhere in it. */
  readonly leave?: string;
}

/** `config` is entered only for the errand of the dead-man (Session.configure), which always comes back from it or hangs up. */
export type ModeName = 'exec' | 'enable' | 'config';

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
  /** Its output is what `parsers.ipsecSas` reads. */
  readonly readsSas?: boolean;
  /** The same, and it shows the SAs with everybody. */
  readonly readsAllSas?: boolean;
  readonly timeoutMs?: number;
}

export interface PlatformDefinition {
  readonly modes: Readonly<Record<ModeName, Mode>>;
  /** The first prompt, before the host name is known; group `host` captures it. Tried at the end of the login output. */
  readonly firstPrompt: RegExp;
  /** The device's name in what `host` captured, where that is more than the name: `spitrap@hub1:~`. Absent: all of it. */
  readonly hostIn?: RegExp;
  /** Sent once after login; each may be refused. */
  readonly onOpen: readonly string[];
  /** `shows`: the whole partial line. `quit` ends the paging, after a timeout. */
  readonly pager: { readonly shows: RegExp; readonly answer: string; readonly quit: string };
  /** Keystrokes that abort a command in the middle. */
  readonly interrupt: string;
  /** Lines that may stand between the echo and the output proper (`exec prompt timestamp`, the `^` marker): kept, and looked past for a refusal. */
  readonly preamble: readonly RegExp[];
  /** A log message that the far side may splice into the dialogue when it logs to the line. */
  readonly logLine: RegExp;
  /** Matched only against the first line of output proper. */
  readonly refusals: readonly RegExp[];
  /** A yes/no question in the middle of a command, always answered no. */
  readonly questions: readonly { readonly asks: RegExp; readonly answer: string }[];
  /** Login refused or "all lines in use", as text on the shell instead of an SSH error. */
  readonly noFreeLine: readonly RegExp[];
  readonly logout: string;
  /** Every line that may ever be sent on this platform, as anchored patterns with a word for the change board. */
  readonly grammar: readonly GrammarLine[];
}

/**
 * `stops`: turns debugs off. Such a line may interrupt any other on its session, because debugs have to end on time.
 * `errand`: only within an errand in configuration mode (Session.configure), and nothing else may be sent there.
 */
export interface GrammarLine {
  readonly pattern: RegExp;
  readonly purpose: string;
  readonly stops?: boolean;
  readonly errand?: boolean;
}

export interface Platform {
  readonly name: string;
  readonly definition: PlatformDefinition;
  capturePlan(round: CaptureRound, scope: CaptureScope): PlannedCommand[];
  /** `ones`: every line that `one` can give, for the change board. */
  readonly debugOff: { readonly all: string; one(flag: DebugFlag): string | null; readonly ones: readonly string[] };
  readonly arming: PlatformArming;
  /** What `spitrap check` asks beside the questions of the pre-flight; `evidence` is Note A's own test of the evidence path. */
  readonly check: {
    readonly privilege: string;
    readonly users: string;
    readonly evidence: string;
    /** What to do where a line is not allowed or not answered, on platforms without privilege levels. */
    readonly remedy?: string;
  };
  /** What `spitrap advise -c` asks for: of the running configuration what advice rests on; the first has `version` and `hostname`. */
  readonly advise: readonly string[];
  readonly showDebugging: string;
  readonly showClock: string;
  /** `show logging | include <spi spelled as received>`; the argument is checked to be a plain hex SPI. */
  corroborate(spiAsReceived: string): string;
  /** Does the output of that line bear the flow out? Absent: it holds the message itself. */
  readonly bearsOut?: (output: string, flow: Flow) => boolean;
  readonly showLogging: string;
  /** In the capture plan of every round: what the device counted of its own log. */
  readonly logCounters: string;
  readonly terminalMonitor: { readonly on: string; readonly off: string; readonly level: string };
  /** Where the device counts ESP by flow: how source `spi-watch` finds packets that no SA takes. Absent: this platform has no such thing. */
  readonly spiWatch?: SpiWatch;
  /** Lines of its log, other than `%CRYPTO-4-RECVD_PKT_INV_SPI`, that name such a packet. */
  readonly unknownSpi?: UnknownSpiLines;
  /** Counters of packets without an SA, for source `qfp-drops`: the first that a device shows is used. Absent: this platform has none. */
  readonly dropCounters?: readonly DropCounterLine[];
  /** Which software it runs, in a few words (`IOS 15.4(3)M`), from an output of the capture plan; null: that one does not say. */
  software(command: string, output: string): string | null;
  /** What its outputs and its log say to the diagnosis. */
  readonly evidence: PlatformEvidence;
  /** The parsers that the agent itself needs (not only the report). */
  readonly parsers: {
    readonly debugging: Parser<DebugFlag[]>;
    readonly clock: Parser<DeviceClock | null>;
    /** Rows of `show crypto isakmp sa` / `show crypto ikev2 sa`; null: unknown, which counts as over the limit. */
    readonly saCount: Parser<number | null>;
    /** Evidence for corroboration: does this `show logging` output hold the message, and how far back does the buffer reach? */
    readonly logging: Parser<LoggingBuffer>;
    /** Output of `logCounters`; null: it does not say. */
    readonly logCounters: Parser<LogCounters | null>;
    /** `show crypto ipsec sa [peer X] [detail]`. */
    readonly ipsecSas: Parser<IpsecIdent[]>;
    /** `show crypto debug-condition`. */
    readonly conditions: Parser<DebugConditions>;
    /** `show privilege`; null: not shown. */
    readonly privilege: Parser<number | null>;
    /** `show users`: the address from which the device sees the asking session; null: not shown, or a name. */
    readonly ownLocation: Parser<string | null>;
    /** `show processes cpu | include CPU utilization`; null: no such line. */
    readonly cpu: Parser<CpuReading | null>;
    /** `show logging`, its header. */
    readonly loggingLevels: Parser<Omit<LoggingLevels, 'rateLimited'>>;
    readonly loggingSettings: Parser<LoggingSettings>;
    /** Null: no VTY line was shown. */
    readonly vtyLines: Parser<VtyUse | null>;
    /** Free share of the processor pool in percent; null: not shown. */
    readonly memory: Parser<number | null>;
  };
}

/** A null of a parser: the answer cannot be believed to be whole, and nothing is concluded from it. */
export interface SpiWatch {
  /** What came in, by flow, with packets so far. */
  readonly seen: {
    readonly command: string;
    readonly parse: Parser<readonly { readonly flow: Flow; readonly packets: number }[] | null>;
  };
  /** The SPIs of the inbound SAs: all of them together are what is known. */
  readonly known: readonly { readonly command: string; readonly parse: Parser<readonly Spi[] | null> }[];
}

/** Plain data. One packet may be told in several lines, by several threads. */
export interface UnknownSpiState {
  /** Of the packet received last. */
  readonly ends: { readonly src: string; readonly dst: string } | null;
  /** By thread, what it has parsed and not yet judged. */
  readonly spis: Readonly<Record<string, { readonly src: string; readonly dst: string; readonly spi: string }>>;
}

export interface UnknownSpiLines {
  /** A line without any of these is none of them: bytes, searched before anything is parsed. */
  readonly anchors: readonly string[];
  readonly start: UnknownSpiState;
  read(state: UnknownSpiState, text: string): { readonly state: UnknownSpiState; readonly flow: Flow | null };
}

/** A null of the parser: the output has no such counter. */
export interface DropCounterLine {
  readonly command: string;
  /** Packets so far, by the counter's name as printed. */
  readonly parse: Parser<Readonly<Record<string, number>> | null>;
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

/** Since its start, or since they were cleared; null: this release does not say. */
export interface LogCounters {
  /** Messages, for whatever destination. */
  readonly dropped: number;
  readonly rateLimited: number | null;
  readonly flushes: number | null;
  readonly overruns: number | null;
  /** Lines at the trap level: sent to logging hosts. */
  readonly sent: number | null;
}

export interface LoggingBuffer {
  /** Level of `Buffer logging: level …`, 0..7; -1 when it is disabled (keeps nothing); null when the header was not shown (a filter cut it). */
  readonly bufferLevel: number | null;
  /** The same of `Monitor logging:`: what a terminal monitor would get. */
  readonly monitorLevel: number | null;
  /** The log lines themselves, oldest first; the first may be cut in front where the ring of the buffer wrapped. */
  readonly lines: readonly string[];
}

/** Whose debugs the crypto conditions let through. `conditional` null: the device did not say. */
export interface DebugConditions {
  readonly conditional: boolean | null;
  /** `IKE`, `IPsec`, `Crypto Engine`: are events without a peer context shown? */
  readonly unmatched: Readonly<Record<string, boolean>>;
  /** `{ kind: 'IKE peer IP address', value: '10.1.1.1' }` */
  readonly filters: readonly { readonly kind: string; readonly value: string }[];
}

/** Percent. */
export interface CpuReading {
  readonly fiveSeconds: number;
  /** The share of `fiveSeconds` spent at interrupt level. */
  readonly interrupt: number;
  readonly oneMinute: number;
  readonly fiveMinutes: number;
}
