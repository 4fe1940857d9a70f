/**
 * The state of one simulated head-end, without its terminal lines: clock, log, debugs, SAs, CPU, disk, configuration. The
 * exec commands read and change it, pair.ts drives its SAs, box.ts puts lines in front of it.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, type Wall, wall } from '../../shared/model/time.ts';
import { spiBoth } from './box-time.ts';
import type { BoxBehaviour, BoxOptions, LogLevel } from './contract.ts';
import type { CpuLoad } from './cpu-load.ts';
import { Debugs } from './debugs.ts';
import { Disk0 } from './disk0.ts';
import { EemEngine } from './eem/eem-engine.ts';
import { EventTrace } from './event-trace.ts';
import { type DebugLine, invalidSpiDelete, noIsakmpSa } from './ike-debug-lines.ts';
import { labLimits } from './lab-limits.ts';
import { BoxLog, severityOf } from './logging.ts';
import { Prng } from './prng.ts';
import { SaModel, type TunnelKind } from './sa-model.ts';
import { BoxSnmpProcess } from './snmp/box-snmp.ts';
import { Strain } from './strain.ts';

const DEFAULT_BEHAVIOUR: BoxBehaviour = {
  thinkMs: 0,
  refuseTerminalSettings: false,
  refuse: [],
  stall: [],
  drop: [],
  promptTimestamp: false,
  noisePerSecond: 0,
  clockMark: '*',
  sequenceNumbers: false,
  cpuPercent: 3,
  freeMemoryPercent: 60,
  peerDebugLinesPerSecond: 0,
};

const NO_SA_INTERVAL_MS = 60_000;

export interface BoxConfig {
  hostname: string;
  /** `vpn`: what the running configuration shows of the tunnels; set by the pair. */
  tunnel: TunnelConfig | null;
  /** `logging host` and `ntp server` as entered: kept and shown. Where the box really sends is the lab's affair. */
  readonly loggingHosts: Set<string>;
  readonly ntpServers: Set<string>;
}

export interface TunnelConfig {
  readonly role: 'hub' | 'spoke';
  readonly ikeVersion: 1 | 2;
  readonly tunnelAddress: string;
  /** A spoke's next-hop servers. */
  readonly hubs: readonly { readonly tunnelAddress: string; readonly nbma: string }[];
  readonly dpdSeconds: number;
  readonly ipsecLifetimeSeconds: number;
  readonly ikeLifetimeSeconds: number;
  readonly preSharedKey: string;
  readonly nhrpKey: string;
  /** What is not of a DMVPN with defaults: live/ sets it. */
  readonly more?: TunnelConfigMore;
}

/** What a configuration of live/ says beside a lab pair's. */
export interface TunnelConfigMore {
  readonly kind: TunnelKind;
  readonly peer: string;
  readonly dpdMode: 'periodic' | 'on-demand' | 'none';
  readonly invalidSpiRecovery: boolean;
  readonly kilobytes: number | null;
  readonly tunnelKey: number;
  readonly protects: readonly [local: string, remote: string] | null;
  /** The crypto address is the virtual one of this group. */
  readonly standby: { readonly group: number; readonly physical: string; readonly priority: number } | null;
  readonly loggingSession: boolean;
}

export class BoxCore {
  readonly options: BoxOptions;
  readonly clock: Clock;
  readonly behaviour: BoxBehaviour;
  /** Never drawn from: each part forks its own. */
  readonly prng: Prng;
  private readonly noise: Prng;
  readonly log: BoxLog;
  readonly debugs: Debugs;
  readonly sa = new SaModel();
  readonly strain: Strain;
  readonly disk = new Disk0();
  readonly snmp: BoxSnmpProcess;
  readonly eem: EemEngine;
  readonly trace: EventTrace;
  readonly config: BoxConfig;
  readonly outsideInterface: string;
  bootedAt: Wall;
  bootedMonotonic: Monotonic;
  /** Why it last came up: `System returned to ROM by …`, `Last reload reason: …`. */
  bootedBy: { readonly rom: string; readonly reason: string } = { rom: 'reload', reason: 'Reload Command' };
  /** The box goes down, with all its SAs; it has come up again. What pair.ts does about it. */
  readonly onReload: ((what: 'down' | 'up') => void)[] = [];
  /** `clear crypto …` on this box: what pair.ts does about it. */
  readonly onClear: ((what: 'sa' | 'isakmp' | 'session', peer: string | null) => void)[] = [];
  messagesSuppressed = 0;
  /** Logins so far, by VTY: `show line`. */
  readonly vtyUses: number[] = [];
  private noiseTimer: Timer | null = null;
  /** When the message was last logged: by flow, or under one key for the whole box. The oldest first. */
  private readonly lastInvalidSpiAt = new Map<string, Monotonic>();
  private lastNoSaAt: Monotonic | null = null;
  private closed = false;

  constructor(options: BoxOptions) {
    this.options = options;
    this.clock = options.clock;
    this.behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
    this.prng = new Prng(options.seed);
    this.noise = this.prng.fork('noise');
    const levelOf = (level: LogLevel | null): number | null => (level === null ? null : severityOf(level));
    this.log = new BoxLog(
      this.clock,
      this.behaviour,
      {
        clockOffsetMs: options.clockOffsetMs ?? 0,
        levels: {
          console: levelOf(options.consoleLevel === undefined ? 'debugging' : options.consoleLevel),
          monitor: severityOf(options.monitorLevel ?? 'debugging'),
          buffer: levelOf(options.bufferLevel === undefined ? 'debugging' : options.bufferLevel),
          trap: severityOf(options.trapLevel ?? 'informational'),
        },
        host: options.logHost ? { address: options.logHost, port: options.logPort ?? 514 } : null,
        sends: options.logHost !== null,
        stamps: { log: options.timestamps?.log ?? 'datetime msec', debug: options.timestamps?.debug ?? 'datetime msec' },
        rateLimit: options.rateLimit ?? null,
      },
      {
        hung: () => this.strain.hung,
        starved: () => this.strain.starved(),
        printOnConsole: (characters) => this.strain.printOnConsole(characters),
        upMs: () => this.clock.monotonic() - this.bootedMonotonic,
      },
    );
    this.trace = new EventTrace(() => this.log.wall());
    this.debugs = new Debugs(options.engineHeedsConditions === true, () => this.strain.changed());
    this.strain = new Strain(this);
    this.config = { hostname: options.hostname, tunnel: null, loggingHosts: new Set(), ntpServers: new Set() };
    this.outsideInterface = options.platform === 'cisco-ios' ? 'Ethernet0/0' : 'GigabitEthernet1';
    // Long up: a box that restarted a minute ago would itself be a finding.
    const upMs = this.prng.fork('uptime').between(3 * 86_400_000, 60 * 86_400_000);
    this.bootedAt = wall(this.log.wall() - upMs);
    this.bootedMonotonic = (this.clock.monotonic() - upMs) as Monotonic;
    this.snmp = new BoxSnmpProcess(this);
    this.eem = new EemEngine(this);
    this.scheduleNoise();
  }

  get cpu(): CpuLoad {
    return this.strain.cpu;
  }

  get isXe(): boolean {
    return this.options.platform === 'cisco-iosxe';
  }

  behave(change: Partial<BoxBehaviour>): void {
    Object.assign(this.behaviour, change);
    this.strain.memory.rest(this.behaviour.freeMemoryPercent);
    this.strain.changed();
    this.scheduleNoise();
  }

  /** Prints the lines whose debug is on and whose peer passes the conditions. */
  cryptoDebug(peer: string | null, lines: readonly DebugLine[]): void {
    for (const line of lines) {
      if (this.debugs.admits(line.debug, peer)) this.log.debug(line.text);
    }
  }

  /**
   * ESP packets from `source` with an SPI that no inbound SA has (RFC 4303 §3.4.2). True: the message was logged. `notifies`: false
   * where somebody else sends the DELETE through the IKE SA, and says so (live/).
   */
  receiveUnknownSpi(source: string, spi: number, packets: number, octets: number, notifies = true): boolean {
    if (this.strain.hung) return false;
    this.sa.unknownSpiPackets += packets;
    this.sa.unknownSpiOctets += octets;
    if (!this.mayTell(source, spi)) {
      this.messagesSuppressed += 1;
      return false;
    }
    const destination = this.options.cryptoAddress;
    this.log.message(
      4,
      'CRYPTO-4-RECVD_PKT_INV_SPI',
      `decaps: rec'd IPSEC packet has invalid spi for destaddr=${destination}, prot=50, spi=${spiBoth(spi)}, srcaddr=${source}, input interface=${this.outsideInterface}`,
    );
    const tunnel = this.sa.tunnel(source);
    const ike = tunnel && this.sa.liveIke(tunnel);
    if (!tunnel || !ike) {
      this.cryptoDebug(source, noIsakmpSa(source, destination, spi));
      return true;
    }
    if (!notifies) return true;
    const { connId, initiator, localSpi, remoteSpi } = ike;
    const at = { local: destination, peer: source, connId, initiator, messageId: spi, localSpi, remoteSpi };
    this.cryptoDebug(source, invalidSpiDelete(at, tunnel.ikeVersion, spi));
    return true;
  }

  /** The limit on the message: one in `messageIntervalMs`, of the box or of the flow. */
  private mayTell(source: string, spi: number): boolean {
    const now = this.clock.monotonic();
    const key = this.options.messageLimitScope === 'flow' ? `${source} ${spi}` : '';
    const last = this.lastInvalidSpiAt.get(key);
    if (last !== undefined && now - last < this.options.messageIntervalMs) return false;
    this.lastInvalidSpiAt.delete(key);
    this.lastInvalidSpiAt.set(key, now);
    if (this.lastInvalidSpiAt.size > labLimits.limitedFlows) {
      for (const oldest of this.lastInvalidSpiAt.keys()) {
        this.lastInvalidSpiAt.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** The IKE twin: the peer talks on an IKE SA that is gone here. */
  receiveUnknownIke(source: string): void {
    if (this.strain.hung) return;
    const now = this.clock.monotonic();
    if (this.lastNoSaAt !== null && now - this.lastNoSaAt < NO_SA_INTERVAL_MS) return;
    this.lastNoSaAt = now;
    this.log.message(4, 'CRYPTO-4-IKMP_NO_SA', `IKE message from ${source} has no SA and is not an initialization offer`);
  }

  /** Everything that a box does not keep over a reload goes; configuration and disk stay. */
  reload(downMs: number): void {
    this.strain.restart(downMs, () => {
      this.log.restart();
      this.bootedAt = this.log.wall();
      this.bootedMonotonic = this.clock.monotonic();
      const image = this.isXe
        ? 'Cisco IOS Software [Fuji], Virtual XE Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 16.9.4, RELEASE SOFTWARE (fc2)'
        : 'Cisco IOS Software, Linux Software (I86BI_LINUX-ADVENTERPRISEK9-M), Version 15.7(3)M2, RELEASE SOFTWARE (fc2)';
      this.log.message(5, 'SYS-5-RESTART', `System restarted --\n${image}`);
      for (const listener of this.onReload) listener('up');
    });
    this.debugs.disableAll();
    this.debugs.resetConditions();
    this.sa.restart();
    this.trace.restart();
    this.lastInvalidSpiAt.clear();
    this.lastNoSaAt = null;
    this.messagesSuppressed = 0;
    for (const listener of this.onReload) listener('down');
  }

  close(): void {
    this.closed = true;
    this.strain.close();
    this.eem.close();
    this.snmp.close();
    this.noiseTimer?.cancel();
    this.noiseTimer = null;
  }

  private scheduleNoise(): void {
    this.noiseTimer?.cancel();
    this.noiseTimer = null;
    const rate = this.behaviour.noisePerSecond;
    if (this.closed || rate <= 0) return;
    this.noiseTimer = this.clock.timer('lab-box-noise', 1_000 / rate, () => {
      this.makeNoise();
      this.scheduleNoise();
    });
  }

  private makeNoise(): void {
    const state = this.noise.pick(['up', 'down']);
    const port = `${this.isXe ? 'GigabitEthernet' : 'Ethernet'}${this.noise.between(1, 3)}/${this.noise.between(0, 3)}`;
    const host = `10.${this.noise.between(0, 255)}.${this.noise.between(0, 255)}.${this.noise.between(1, 254)}`;
    switch (this.noise.between(0, 4)) {
      case 0:
        this.log.message(3, 'LINK-3-UPDOWN', `Interface ${port}, changed state to ${state}`);
        return;
      case 1:
        this.log.message(5, 'LINEPROTO-5-UPDOWN', `Line protocol on Interface ${port}, changed state to ${state}`);
        return;
      case 2:
        this.log.message(5, 'SYS-5-CONFIG_I', `Configured from console by noc on vty3 (${host})`);
        return;
      case 3:
        this.log.message(
          6,
          'SEC-6-IPACCESSLOGP',
          `list 101 denied tcp ${host}(${this.noise.between(1024, 65535)}) -> ${this.options.cryptoAddress}(23), 1 packet`,
        );
        return;
      default:
        this.log.debug(`IP: s=${host} (${port}), d=224.0.0.10, len 60, rcvd 0`);
        return;
    }
  }
}
