/**
 * What the lab's adapters and scenarios may ask of a simulated head-end. The box (box.ts and the files under it) is a pure
 * model behind this interface and an injected Clock; ssh-server.ts and syslog-sender.ts are thin adapters, so that test/sim
 * can run the same box. The island rule of architecture.md holds: nothing here imports device, platforms, analyze or wire.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';

export interface BoxOptions {
  readonly hostname: string;
  readonly platform: 'cisco-ios' | 'cisco-iosxe';
  readonly clock: Clock;
  /** Seeds SPIs, cookies, counters and think times: the same seed gives the same box. */
  readonly seed: number;
  readonly cryptoAddress: string;
  /** Null: users land in privileged exec at once, as with `privilege level 15`. */
  readonly enableSecret: string | null;
  readonly vtyLines: number;
  /** The message is limited to one a minute; scenarios scale it. */
  readonly messageIntervalMs: number;
  /** Behaviour of the box towards its user; composable, changeable at run time through `behave`. */
  readonly behaviour?: Partial<BoxBehaviour>;
  /** `banner motd`, lines separated by \n; absent: none. */
  readonly banner?: string;
  /** Address of the `logging host`, as `show logging` names it. */
  readonly logHost?: string;
  readonly logPort?: number;
  /** `logging trap`: informational (the IOS default) sends the %CRYPTO line and no debugs; debugging sends both. */
  readonly trapLevel?: LogLevel;
  /** Level of `terminal monitor`. Default debugging. */
  readonly monitorLevel?: LogLevel;
  /** What the box's wall clock shows, relative to the injected one. */
  readonly clockOffsetMs?: number;
  /** Time before an idle line is closed; default 10 min; 0: never. */
  readonly execTimeoutMs?: number;
  /** Lines a second that an unconditioned crypto debug prints; default 300. */
  readonly floodLinesPerSecond?: number;
}

export type LogLevel =
  | 'emergencies'
  | 'alerts'
  | 'critical'
  | 'errors'
  | 'warnings'
  | 'notifications'
  | 'informational'
  | 'debugging';

export interface PairOptions {
  /** Default 1. */
  readonly ikeVersion?: 1 | 2;
  /** Each way, while the tunnel carries; default 20. */
  readonly packetsPerSecond?: number;
  readonly ikeLifetimeSeconds?: number;
  readonly ipsecLifetimeSeconds?: number;
  /** `crypto isakmp keepalive N periodic`; 0 (default): off, so that a black hole lasts until the SA expires. */
  readonly dpdSeconds?: number;
  /** Further spokes of the hub that have no box of their own (they show in every table and flood the debugs); default 2. */
  readonly otherPeers?: number;
}

export interface BoxBehaviour {
  /** Before the first byte of a command's output. */
  thinkMs: number;
  /** `terminal length 0` / `terminal width 0` refused by AAA: the pager then asks. */
  refuseTerminalSettings: boolean;
  /** Commands (as regular expressions over the expanded command) answered with `% Authorization failed.` */
  refuse: readonly RegExp[];
  /** Commands that print half of their output and then nothing more. */
  stall: readonly RegExp[];
  /** Commands in whose middle the session is dropped. */
  drop: readonly RegExp[];
  /** Adds `exec prompt timestamp` preambles. */
  promptTimestamp: boolean;
  /** Further syslog noise a second (`%LINK`, `%SYS`, debug-like), interleaved as a real box does. */
  noisePerSecond: number;
  clockMark: '*' | '.' | '';
  sequenceNumbers: boolean;
}

export interface Box {
  readonly hostname: string;
  /** Null: all VTY lines are taken (the adapter then says so as IOS does). */
  connectVty(from: string, user?: string): BoxLine | null;
  /** Every message to the `logging host`, in wire form without the trailing newline: `<188>123: *Mar 12 …: %CRYPTO-4-…`. */
  onSyslog(listener: (message: string) => void): void;
  behave(change: Partial<BoxBehaviour>): void;
  /** What was typed into the box, expanded and as received, with the box's clock: the truth that tests judge by. */
  readonly commandLog: readonly {
    readonly at: Monotonic;
    readonly wall: Wall;
    readonly line: number;
    readonly typed: string;
    readonly expanded: string;
  }[];
  /** Debugs on now, as `show debugging` would list them. */
  debugsOn(): readonly string[];
  cpuPercent(): number;
  /** Another engineer's hands: runs an exec command as if typed on the console. */
  console(command: string): string;
  /** Ends timers and lines. */
  close(): void;
}

/** One interactive exec line. Input is raw keystrokes; output is exactly what a terminal would get, `\r\n` and pager included. */
export interface BoxLine {
  readonly number: number;
  input(text: string): void;
  onOutput(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  /** Who logged in, once that is known: `show users` and `%SYS-5-CONFIG_I` say it. Default: admin. */
  identify?(user: string): void;
  /** The size that the client's terminal says it has (SSH pty-req, window-change); absent: 80 columns, 24 rows. */
  resize?(columns: number, rows: number): void;
  close(): void;
}

/** Two boxes and the tunnel between them: SAs agree until a scenario makes them disagree. */
export interface LabPair {
  readonly hub: Box;
  readonly spoke: Box;
  /** Starts IKE, SAs, traffic. */
  start(): void;
  /** The hub loses its SAs without a DELETE reaching the spoke; returns the SPI that the spoke goes on sending with. The next packet makes the hub log. */
  desync(): number;
  /** Both ends agree again, with new SPIs. */
  repair(): void;
  close(): void;
}
