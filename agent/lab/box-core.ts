/**
 * The state of one simulated head-end, without its terminal lines: clock, log, debugs, SAs, CPU, disk, configuration. The
 * exec commands read and change it, pair.ts drives its SAs, box.ts puts lines in front of it.
 */
import type { Clock, Timer } from '../../shared/clock.ts';
import { type Monotonic, type Wall, wall } from '../../shared/model/time.ts';
import { spiBoth } from './box-time.ts';
import type { BoxBehaviour, BoxOptions } from './contract.ts';
import { CpuLoad } from './cpu-load.ts';
import { Debugs } from './debugs.ts';
import { Disk0 } from './disk0.ts';
import { Flood } from './flood.ts';
import { type DebugLine, noIsakmpSa } from './ike-debug-lines.ts';
import { BoxLog } from './logging.ts';
import { Prng } from './prng.ts';
import { SaModel } from './sa-model.ts';

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
};

const IDLE_CPU_PERCENT = 3;
const CONDITIONED_DEBUG_CPU_PERCENT = 6;
const FLOOD_CPU_PERCENT = 94;
const NO_SA_INTERVAL_MS = 60_000;

export interface BoxConfig {
  hostname: string;
  /** `vpn`: what the running configuration shows of the tunnels; set by the pair. */
  tunnel: TunnelConfig | null;
  timestamps: { log: boolean; debug: boolean };
}

export interface TunnelConfig {
  readonly role: 'hub' | 'spoke';
  readonly ikeVersion: 1 | 2;
  readonly tunnelAddress: string;
  readonly hub: { readonly tunnelAddress: string; readonly nbma: string } | null;
  readonly dpdSeconds: number;
  readonly ipsecLifetimeSeconds: number;
  readonly ikeLifetimeSeconds: number;
  readonly preSharedKey: string;
  readonly nhrpKey: string;
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
  readonly cpu: CpuLoad;
  readonly disk = new Disk0();
  readonly config: BoxConfig;
  readonly outsideInterface: string;
  readonly bootedAt: Wall;
  readonly bootedMonotonic: Monotonic;
  /** `clear crypto …` on this box: what pair.ts does about it. */
  onClear: ((what: 'sa' | 'isakmp' | 'session', peer: string | null) => void) | null = null;
  messagesSuppressed = 0;
  private readonly flood: Flood;
  private noiseTimer: Timer | null = null;
  private lastInvalidSpiAt: Monotonic | null = null;
  private lastNoSaAt: Monotonic | null = null;
  private closed = false;

  constructor(options: BoxOptions) {
    this.options = options;
    this.clock = options.clock;
    this.behaviour = { ...DEFAULT_BEHAVIOUR, ...options.behaviour };
    this.prng = new Prng(options.seed);
    this.noise = this.prng.fork('noise');
    const host = options.logHost ? { address: options.logHost, port: options.logPort ?? 514 } : null;
    this.log = new BoxLog(
      this.clock,
      this.behaviour,
      options.clockOffsetMs ?? 0,
      { trap: options.trapLevel ?? 'informational', monitor: options.monitorLevel ?? 'debugging' },
      host,
    );
    this.cpu = new CpuLoad(this.clock, IDLE_CPU_PERCENT);
    this.flood = new Flood(this, this.prng.fork('flood'), options.floodLinesPerSecond ?? 300);
    this.debugs = new Debugs(() => this.debugsChanged());
    this.config = { hostname: options.hostname, tunnel: null, timestamps: { log: true, debug: true } };
    this.outsideInterface = options.platform === 'cisco-ios' ? 'Ethernet0/0' : 'GigabitEthernet1';
    // Long up: a box that restarted a minute ago would itself be a finding.
    const upMs = this.prng.fork('uptime').between(3 * 86_400_000, 60 * 86_400_000);
    this.bootedAt = wall(this.log.wall() - upMs);
    this.bootedMonotonic = (this.clock.monotonic() - upMs) as Monotonic;
    this.scheduleNoise();
  }

  get isXe(): boolean {
    return this.options.platform === 'cisco-iosxe';
  }

  behave(change: Partial<BoxBehaviour>): void {
    Object.assign(this.behaviour, change);
    this.scheduleNoise();
  }

  /** Prints the lines whose debug is on and whose peer passes the conditions. */
  cryptoDebug(peer: string | null, lines: readonly DebugLine[]): void {
    for (const line of lines) {
      if (this.debugs.admits(line.debug, peer)) this.log.debug(line.text);
    }
  }

  /** ESP packets from `source` with an SPI that no inbound SA has (RFC 4303 §3.4.2). */
  receiveUnknownSpi(source: string, spi: number, packets: number, octets: number): void {
    this.sa.unknownSpiPackets += packets;
    this.sa.unknownSpiOctets += octets;
    const now = this.clock.monotonic();
    if (this.lastInvalidSpiAt !== null && now - this.lastInvalidSpiAt < this.options.messageIntervalMs) {
      this.messagesSuppressed += 1;
      return;
    }
    this.lastInvalidSpiAt = now;
    const destination = this.options.cryptoAddress;
    this.log.message(
      4,
      'CRYPTO-4-RECVD_PKT_INV_SPI',
      `decaps: rec'd IPSEC packet has invalid spi for destaddr=${destination}, prot=50, spi=${spiBoth(spi)}, srcaddr=${source}, input interface=${this.outsideInterface}`,
    );
    this.cryptoDebug(source, noIsakmpSa(source, destination, spi));
  }

  /** The IKE twin: the peer talks on an IKE SA that is gone here. */
  receiveUnknownIke(source: string): void {
    const now = this.clock.monotonic();
    if (this.lastNoSaAt !== null && now - this.lastNoSaAt < NO_SA_INTERVAL_MS) return;
    this.lastNoSaAt = now;
    this.log.message(4, 'CRYPTO-4-IKMP_NO_SA', `IKE message from ${source} has no SA and is not an initialization offer`);
  }

  flooding(): boolean {
    return this.debugs.anyCrypto() && !this.debugs.conditioned();
  }

  close(): void {
    this.closed = true;
    this.flood.stop();
    this.noiseTimer?.cancel();
    this.noiseTimer = null;
  }

  private debugsChanged(): void {
    if (this.flooding()) {
      this.cpu.set(FLOOD_CPU_PERCENT);
      this.flood.start();
    } else {
      this.cpu.set(this.debugs.anyCrypto() ? CONDITIONED_DEBUG_CPU_PERCENT : IDLE_CPU_PERCENT);
      this.flood.stop();
    }
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
