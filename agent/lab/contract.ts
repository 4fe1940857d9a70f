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
  readonly enableSecret: string | null;
  readonly vtyLines: number;
  /** The message is limited to one a minute; scenarios scale it. */
  readonly messageIntervalMs: number;
  /** Behaviour of the box towards its user; composable, changeable at run time through `behave`. */
  readonly behaviour?: Partial<BoxBehaviour>;
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
  connectVty(from: string): BoxLine | null;
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
