/**
 * What the lab's adapters and scenarios may ask of a simulated head-end. The box (box.ts and the files under it) is a pure
 * model behind this interface and an injected Clock; ssh-server.ts and syslog-sender.ts are thin adapters, so that test/sim
 * can run the same box. The island rule of architecture.md holds: nothing here imports device, platforms, analyze or wire.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';
import type { Endpoint } from '../ports.ts';

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
  /** Address of the `logging host`, as `show logging` names it. Null: there is none, and nothing is sent. Absent: sent, not shown. */
  readonly logHost?: string | null;
  readonly logPort?: number;
  /** `logging trap`: informational (the IOS default) sends the %CRYPTO line and no debugs; debugging sends both. */
  readonly trapLevel?: LogLevel;
  /** Level of `terminal monitor`. Default debugging. */
  readonly monitorLevel?: LogLevel;
  /**
   * `logging console`: debugging, as IOS has it unless told otherwise; null: `no logging console`. The console is a serial line
   * of 9600 baud that the CPU waits for: debug output at any real rate hangs the box (console-port.ts).
   */
  readonly consoleLevel?: LogLevel | null;
  /** `logging buffered`: default debugging; null: off. */
  readonly bufferLevel?: LogLevel | null;
  /** `service timestamps log|debug …`: default `datetime msec` for both. */
  readonly timestamps?: { readonly log?: StampStyle; readonly debug?: StampStyle };
  /** `logging rate-limit`: absent: none. */
  readonly rateLimit?: LogRateLimit;
  /** How long a box that the console has hung stays so; absent: for good, until somebody pulls the plug. */
  readonly hangMs?: number;
  /** What the box's wall clock shows, relative to the injected one. */
  readonly clockOffsetMs?: number;
  /** Time before an idle line is closed; default 10 min; 0: never. */
  readonly execTimeoutMs?: number;
  /** Lines a second that an unconditioned crypto debug prints; default 300. */
  readonly floodLinesPerSecond?: number;
  /** Debug lines a second that take all of the CPU (99 %), in proportion below; default 300. */
  readonly debugLinesAtFullCpu?: number;
  /** Percent points of processor memory that a flood eats each second; default 0.2; given back at the same rate after it. */
  readonly floodMemoryPercentPerSecond?: number;
  /** Does the crypto engine heed conditions for `debug crypto engine`? Default false: hardware engines may not. */
  readonly engineHeedsConditions?: boolean;
  /** VTY lines that other people hold from the start and never leave; default 0. */
  readonly vtysTaken?: number;
  /** Under which root the box sends cEventMgrPolicyEvent (facts.md §3); default 91, what Note A matches. */
  readonly eventManagerRoot?: 91 | 134;
  /** What the one message in `messageIntervalMs` is counted by (nobody outside Cisco knows which): default the whole box. */
  readonly messageLimitScope?: 'box' | 'flow';
}

export type StampStyle = 'datetime msec' | 'datetime' | 'uptime' | 'none';

/** `logging rate-limit [all] N [except LEVEL]`. */
export interface LogRateLimit {
  readonly messagesPerSecond: number;
  /** `all`: debug messages count and are limited too. */
  readonly debugsToo?: boolean;
  /** This level and worse ones are not limited. */
  readonly except?: LogLevel;
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
  /** Further spokes of each hub that have no box of their own (they show in every table and flood the debugs); default 2. */
  readonly otherPeers?: number;
  /** From where the spokes of a storm without boxes are counted up, 250 in each /24; default 10.64.0.0. */
  readonly stormNetwork?: string;
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
  /** Load of all that is not debugging, in percent; default 3. */
  cpuPercent: number;
  /** Free processor memory while no flood eats it, in percent of the pool; default 60. */
  freeMemoryPercent: number;
  /** What the peer of a condition gives the crypto debugs to say each second, beside its real negotiations; default 0. */
  peerDebugLinesPerSecond: number;
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
  /** Free processor memory in percent, as `show processes memory` has it. */
  freeMemoryPercent(): number;
  /**
   * Somebody pulls the plug, or types `reload`: lines drop, debugs, conditions, log and SAs are gone without a word to any peer. Down
   * for so long (`isHung`), it then says `%SYS-5-RESTART`. The one way out for a box that hangs for good.
   */
  reload(downMs: number): void;
  /** Hung, or down: no answer on any line, no syslog, CPU 100 %. */
  isHung(): boolean;
  /** The box hangs or goes down (true), or comes back (false): what an adapter must do about its connections. */
  onHang(listener: (hung: boolean) => void): void;
  /** Another engineer's hands: runs an exec command as if typed on the console. */
  console(command: string): string;
  /**
   * Enters configuration lines from the console, between `configure terminal` and `end`, indented or not. Returns what the box
   * answered: empty when it took them all.
   */
  configure(lines: readonly string[]): readonly string[];
  /** A file on disk0 (`hub.txt`, `disk0:hub.txt`); null: there is none. */
  readFile(name: string): string | null;
  /** What its applets did, in the order of the events that started them: the truth that tests judge by. */
  readonly appletRuns: readonly AppletRunRecord[];
  readonly snmp: BoxSnmp;
  /** Ends timers and lines. */
  close(): void;
}

/** `failed`: an action could not be done, which ends the applet; `maxrun`: killed, what was left is not done. */
export type AppletRunEnd = 'done' | 'maxrun' | 'failed';

export interface AppletRunRecord {
  readonly applet: string;
  /** ceemHistoryEventIndex, from 1: the index of the trap's varbinds. */
  readonly job: number;
  readonly event: 'syslog' | 'snmp-notification' | 'timer countdown' | 'timer watchdog' | 'none';
  /** The message as logged, the varbind that matched, `countdown`, `watchdog`, or the arguments of `event manager run`. */
  readonly cause: string;
  readonly triggeredAt: Monotonic;
  readonly triggeredWall: Wall;
  /** Null: not begun. */
  readonly startedAt: Monotonic | null;
  /** In the order in which they were begun; `action` is what follows the label in the configuration. */
  readonly actions: readonly { readonly label: string; readonly action: string; readonly at: Monotonic; readonly wall: Wall }[];
  /** `notRun`: labels that were still ahead of it when it did not come to its end. Null: it still runs. */
  readonly ended: {
    readonly at: Monotonic;
    readonly wall: Wall;
    readonly how: AppletRunEnd;
    readonly notRun: readonly string[];
  } | null;
}

/** The box's SNMP without its socket (snmp/udp.ts): datagrams out and in, and why some of them went nowhere. */
export interface BoxSnmp {
  /** Everything that the box sends of itself: traps, and informs with their retries. */
  onSend(listener: (bytes: Uint8Array, to: Endpoint) => void): void;
  /** A datagram for its trap port. Returns what answers it, for the sender's own socket; null: nothing does. */
  receive(bytes: Uint8Array, from: Endpoint): Uint8Array | null;
  readonly counters: Readonly<SnmpCounters>;
}

export interface SnmpCounters {
  /** Datagrams. */
  sent: number;
  /** Notifications not sent: `snmp-server enable traps …` is missing. */
  notEnabled: number;
  /** Notifications that no `snmp-server host` wants. */
  noHost: number;
  /** Notifications to a host of version 3 for which a user, a key or an engine id is missing; DES is not built. */
  unsendable: number;
  informsAnswered: number;
  informsGivenUp: number;
  received: number;
  /** Received and dropped: `snmp-server manager` is missing. */
  noManager: number;
  malformed: number;
  /** Received in a version that there is not. */
  versionRefused: number;
  /** Received in version 3: unknown engine or user, a level too low, a wrong digest, out of the time window, not to be decrypted. */
  securityRefused: number;
  /** Received and neither a notification nor a response. */
  otherPdu: number;
  /** Received by a box that hangs. */
  whileHung: number;
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

/** A flow that the hub will name: who sends, and with which SPI. */
export interface LostFlow {
  readonly source: string;
  readonly spi: number;
}

/** The SPIs that both ends of a tunnel go on sending with, and neither knows. */
export interface BothLost {
  readonly towardHub: number;
  readonly towardSpoke: number;
}

/** A tunnel between two boxes: SAs agree until a scenario makes them disagree. The limit on the message holds for all of it. */
export interface LabTunnel {
  readonly hub: Box;
  readonly spoke: Box;
  /**
   * The hub loses its SAs without a DELETE reaching the spoke; returns the SPI that the spoke goes on sending with. The next
   * packet makes the hub log, and each `messageIntervalMs`, until the spoke's SA expires, its DPD acts, or `repair`.
   */
  desync(): number;
  /** `desync` whose SA never expires: the message repeats until `repair` (or until DPD, where the pair has it). */
  blackHole(): number;
  /**
   * A rekey in which one packet comes late: one message about the old SPI, which is returned, while both ends have the new SA and
   * an IKE SA. Never repeated. Brings the tunnel up first if it is out of step.
   */
  rekeyTransient(): number;
  /** Each end sends with an SPI that the other does not know, and neither has an IKE SA: both log at the same moment. */
  bothDetect(): BothLost;
  /** Both ends agree again, with new SPIs. While a box hangs, this waits for it. */
  repair(): void;
}

/** Two boxes and the tunnel between them. */
export interface LabPair extends LabTunnel {
  /** Starts IKE, SAs, traffic. */
  start(): void;
  /**
   * The hub loses all its SAs, and `flows` spokes at least (its own, its other peers, then as many of `stormNetwork` as are
   * missing) send on: within a second as many messages as the limit lets through (`messageLimitScope`). Returns every flow.
   * `repair` ends it.
   */
  storm(flows: number): readonly LostFlow[];
  close(): void;
}

/** Several hubs and spokes, a tunnel between each hub and each spoke. */
export interface LabNet {
  readonly hubs: readonly Box[];
  readonly spokes: readonly Box[];
  /** By index, from 0; default the first. */
  tunnel(hub?: number, spoke?: number): LabTunnel;
  start(): void;
  storm(flows: number, hub?: number): readonly LostFlow[];
  /** Every tunnel, and every storm. */
  repair(): void;
  close(): void;
}
