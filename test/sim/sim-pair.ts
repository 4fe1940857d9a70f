/**
 * Both agents, both boxes, network, disks and clock in one process and virtual time: the production spine (agent/app.ts) over fake
 * ports, nothing else replaced. The boxes are agent/lab's, so what they say they received is the truth that tests judge by.
 */
import { type Agent, type AgentOptions, startAgent } from '../../agent/app.ts';
import type { Config, PeerConfig, SourceConfig } from '../../agent/config/config.ts';
import type { ControlHandlers } from '../../agent/control/protocol.ts';
import type { Box, BoxOptions, PairOptions } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { type Logger, silentLog } from '../../agent/log.ts';
import type { World } from '../../agent/ports.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Mode, Role } from '../../shared/model/watch.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { absentPorts } from '../support/absent-ports.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeNetwork, type Packet } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { FakeLogFiles } from '../support/fake-log-files.ts';
import { FakeReceivers } from '../support/fake-receivers.ts';
import { instantReports } from '../support/instant-reports.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { BoxShells, MemoryStreams } from './box-ports.ts';
import { type Boot, Lifeline } from './lifeline.ts';

export const addresses = {
  hub: { crypto: '213.163.222.7', box: '192.0.2.1', agent: '198.51.100.1' },
  spoke: { crypto: '11.1.1.3', box: '192.0.2.2', agent: '198.51.100.2' },
} as const;
export const SIGNAL_PORT = 10_162;
const SYSLOG_PORT = 6_514;
/** Every secret of both configurations. */
export const secrets = ['box-pw', 'enable-pw', 'auth-key-of-the-pair', 'priv-key-of-the-pair', 'shared-by-both-ends'] as const;

export type End = 'hub' | 'spoke';

/** What AgentOptions.onDecided is told. */
export type Decided = Parameters<NonNullable<AgentOptions['onDecided']>>;

export type Syslog = 'syslog-tcp' | 'syslog-udp' | 'both' | 'terminal-monitor' | 'file' | 'all';

export interface SimOptions {
  readonly seed?: number;
  readonly mode?: Partial<Record<End, Mode>>;
  readonly config?: Partial<Record<End, (config: Config) => Config>>;
  readonly box?: Partial<Record<End, Partial<BoxOptions>>>;
  readonly pair?: PairOptions;
  /**
   * How the boxes' syslog travels; `both`: the same line over UDP and, `tcpLagMs` later, over TCP; a terminal monitor needs none; `file`:
   * a daemon on the agent's host writes it; `all`: all of these.
   */
  readonly syslog?: Syslog;
  readonly tcpLagMs?: number;
  readonly log?: Partial<Record<End, Logger>>;
  /** Ports of an agent's host as a world wants them: a clock that gains, a disk that tells what is done to it. */
  readonly host?: (end: End, world: World) => World;
  /** Of each decision of either agent, with the books before and after it. */
  readonly onDecided?: (end: End, ...decided: Decided) => void;
}

export interface Station {
  /** Another one: the agent's host has lost its dataDir. */
  disk: FakeDisk;
  readonly logFiles: FakeLogFiles;
  readonly streams: MemoryStreams;
  readonly shells: BoxShells;
  /** Whom alarms are told to. */
  readonly receivers: FakeReceivers;
  /** May be changed between two runs of the agent, and before a reload. */
  config: Config;
  readonly log: Logger;
  agent: Agent | null;
  handlers: ControlHandlers | null;
  lifeline: Lifeline;
  boot: Boot;
  runs: number;
}

export class SimPair {
  readonly clock = new FakeClock({ promisesOnly: true });
  readonly network = new FakeNetwork(this.clock);
  readonly boxes: Readonly<Record<End, Box>>;
  readonly lab: ReturnType<typeof createLabPair>;
  readonly stations: Readonly<Record<End, Station>>;
  readonly #options: SimOptions;
  /** By content: checkers ask often. */
  readonly #incidents = new Map<string, IncidentFile>();
  /** True: that message of a box is lost on its way. */
  losesUdp: (end: End, message: string) => boolean = () => false;

  constructor(options: SimOptions = {}) {
    this.#options = options;
    const seed = options.seed ?? 7;
    this.lab = createLabPair(this.#boxOptions('hub', seed), this.#boxOptions('spoke', seed + 1), options.pair ?? {});
    this.boxes = { hub: this.lab.hub, spoke: this.lab.spoke };
    this.stations = { hub: this.#station('hub'), spoke: this.#station('spoke') };
    for (const end of ['hub', 'spoke'] as const) this.boxes[end].onSyslog((message) => this.#deliverSyslog(end, message));
  }

  #boxOptions(end: End, seed: number): BoxOptions {
    return {
      hostname: end,
      platform: 'cisco-ios',
      clock: this.clock,
      seed,
      cryptoAddress: addresses[end].crypto,
      enableSecret: 'enable-pw',
      vtyLines: 5,
      messageIntervalMs: 60_000,
      consoleLevel: null,
      ...this.#options.box?.[end],
    };
  }

  #station(end: End): Station {
    const config = simConfig(end, this.#options.mode?.[end] ?? 'act', this.#options.syslog ?? 'syslog-tcp');
    return {
      disk: new FakeDisk(),
      logFiles: new FakeLogFiles(),
      streams: new MemoryStreams(addresses[end].box),
      shells: new BoxShells(this.boxes[end], this.clock),
      receivers: new FakeReceivers(),
      config: this.#options.config?.[end]?.(config) ?? config,
      log: this.#options.log?.[end] ?? silentLog,
      agent: null,
      handlers: null,
      lifeline: new Lifeline(),
      boot: { id: this.clock.bootId, behindMs: 0 },
      runs: 0,
    };
  }

  #deliverSyslog(end: End, message: string): void {
    const way = this.#options.syslog ?? 'syslog-tcp';
    const line = Buffer.from(`${message}\n`);
    if ((way === 'syslog-udp' || way === 'both' || way === 'all') && !this.losesUdp(end, message)) this.sendUdp(end, message);
    if (way === 'file' || way === 'all') this.writeLog(end, message);
    if (way === 'syslog-tcp') this.stations[end].streams.deliver(line);
    if (way === 'both' || way === 'all')
      this.clock.timer('lab: tcp lag', this.#options.tcpLagMs ?? 0, () => this.stations[end].streams.deliver(line));
  }

  /** As rsyslog writes it (RSYSLOG_TraditionalFileFormat): its own stamp, the box's address, no PRI. */
  writeLog(end: End, message: string): void {
    const stamp = new Date(this.clock.wall()).toUTCString();
    const [, day = '', month = '', , time = ''] = stamp.split(' ');
    const text = message.replace(/^<\d+>/, '');
    this.stations[end].logFiles.append(logPath(end), `${month} ${day} ${time} ${addresses[end].box} ${text}\n`);
  }

  /** A line in a datagram with the box's address on it: the box's own, or anybody's. */
  sendUdp(end: End, message: string): void {
    const from = { address: addresses[end].box, port: 514 };
    this.network.inject({ bytes: Buffer.from(`${message}\n`), from, to: { address: addresses[end].agent, port: SYSLOG_PORT } });
  }

  /** Lab up, agents up, logged in, first hellos exchanged. */
  async start(ends: readonly End[] = ['hub', 'spoke']): Promise<void> {
    this.lab.start();
    for (const end of ends) await this.startAgent(end);
    await this.clock.advance(5_000);
  }

  async startAgent(end: End): Promise<void> {
    const station = this.stations[end];
    station.lifeline = new Lifeline();
    const ports: World = {
      clock: this.clock,
      random: seededRandom((this.#options.seed ?? 7) * 100 + (end === 'hub' ? 1 : 2) + station.runs++ * 10),
      disk: station.disk,
      logFiles: station.logFiles,
      datagrams: this.network.host(addresses[end].agent),
      streams: station.streams,
      ...absentPorts,
      shells: station.shells,
      http: station.receivers.http,
      dialer: station.receivers.dialer,
      spawn: station.receivers.spawn,
      reports: instantReports,
    };
    const world = station.lifeline.world(this.#options.host?.(end, ports) ?? ports, station.boot);
    const openControl = async () => ({
      path: 'memory',
      serve: (handlers: ControlHandlers) => {
        station.handlers = handlers;
      },
      counters: () => ({ connections: 0, turnedAway: 0, refused: 0 }),
      close: async () => {},
    });
    station.agent = await startAgent(station.config, world, station.log, {
      openControl,
      version: '0.0.0-sim',
      pid: 1,
      host: `agent-of-${end}`,
      secrets: [...secrets],
      trustOnFirstUse: null,
      reload: { load: () => ({ config: station.config, warnings: [], secrets: [...secrets] }), onTaken: () => {} },
      onDecided: (...decided) => this.#options.onDecided?.(end, ...decided),
    });
    await this.clock.advance(0);
  }

  /** What an engineer types before the event: the condition first, then the debugs (facts.md §1). */
  armByHand(): void {
    for (const [end, other] of [
      ['hub', 'spoke'],
      ['spoke', 'hub'],
    ] as const) {
      const box = this.boxes[end];
      for (const line of [
        `debug crypto condition peer ipv4 ${addresses[other].crypto}`,
        'debug crypto isakmp',
        'debug crypto ipsec',
      ])
        box.console(line);
    }
  }

  async stop(): Promise<void> {
    for (const station of Object.values(this.stations)) {
      if (station.agent === null) continue;
      const stopping = station.agent.stop('end of test');
      await this.clock.advance(20_000);
      await stopping;
      station.agent = null;
    }
    this.lab.close();
  }

  /** `kill -9`: no cleanup; sockets and sessions are closed by the kernel, what was written stays written. */
  async kill(end: End): Promise<void> {
    const station = this.stations[end];
    station.agent = null;
    station.lifeline.cut();
    station.shells.dropAll();
    await this.clock.advance(0);
  }

  /** Both agents and the lab are dropped where they stand: the end of a world of which nothing more is asked. */
  abandon(): void {
    for (const station of Object.values(this.stations)) {
      station.agent = null;
      station.lifeline.cut();
    }
    this.lab.close();
  }

  /** The host under it loses power: what was not synced is gone, and the next boot's clock begins near zero. */
  async reboot(end: End): Promise<void> {
    await this.kill(end);
    const station = this.stations[end];
    station.disk.losePower();
    station.boot = { id: `boot-${station.runs}`, behindMs: this.clock.monotonic() - 5_000 };
  }

  /** Both agents watching, debugs on at both boxes, and told so by a hello: what an incident finds. */
  static async armed(options: SimOptions = {}): Promise<SimPair> {
    const sim = new SimPair(options);
    await sim.start();
    sim.armByHand();
    await sim.clock.advance(61_000);
    return sim;
  }

  /** incident.json of every sealed bundle, oldest first. */
  async incidents(end: End): Promise<IncidentFile[]> {
    const { disk } = this.stations[end];
    const names = (await disk.list(`/${end}/incidents`)).filter((name) => /^[0-9A-Z]{26}$/.test(name));
    return names.map((name) => {
      const content = disk.content(`/${end}/incidents/${name}/incident.json`).toString();
      const known = this.#incidents.get(content);
      if (known !== undefined) return known;
      const read = parseIncidentFile(content);
      if (read.kind !== 'incident') throw new Error(read.why);
      this.#incidents.set(content, read.incident);
      return read.incident;
    });
  }

  /** Of the one sealed bundle. */
  async incidentOf(end: End): Promise<IncidentFile> {
    const [incident, ...more] = await this.incidents(end);
    if (incident === undefined || more.length > 0)
      throw new Error(`${end} has ${more.length + (incident ? 1 : 0)} sealed bundles`);
    return incident;
  }

  status(end: End): AgentStatus {
    return this.stations[end].handlers!.status();
  }

  /** Texts of the alarms that stand, each with what to type. */
  alarms(end: End): string[] {
    return this.status(end).alarms.map((alarm) => `${alarm.text} | ${alarm.remedy ?? ''}`);
  }

  undebugs(end: End): number[] {
    return this.received(end, 'undebug all');
  }

  /** Times (monotonic) at which a box received that command. */
  received(end: End, command: string): number[] {
    return this.boxes[end].commandLog.filter((entry) => entry.expanded === command).map((entry) => entry.at);
  }
}

export const logPath = (end: End): string => `/var/log/${end}.log`;

function simSources(end: End, syslog: Syslog): SourceConfig[] {
  const listen = { address: addresses[end].agent, port: SYSLOG_PORT };
  const allow = [parseRange(addresses[end].box)!];
  if (syslog === 'terminal-monitor') return [{ kind: syslog, name: syslog }];
  const relay = '127.0.0.1';
  const file = { kind: 'file', name: 'file', path: logPath(end), relay, positionFile: `/${end}/sources/file.json` } as const;
  if (syslog === 'file') return [file];
  if (syslog === 'all') {
    const listeners = (['syslog-udp', 'syslog-tcp'] as const).map((kind) => ({ kind, name: kind, listen, allow }));
    return [file, ...listeners, { kind: 'terminal-monitor', name: 'terminal-monitor' }];
  }
  const kinds = syslog === 'both' ? (['syslog-udp', 'syslog-tcp'] as const) : [syslog];
  return kinds.map((kind) => ({ kind, name: kind, listen, allow }));
}

/** Of one end of a pair; sim-fleet.ts takes it as the pattern of its agents. */
export function simConfig(end: End, mode: Mode, syslog: Syslog): Config {
  const other: End = end === 'hub' ? 'spoke' : 'hub';
  const range = (text: string) => parseRange(text)!;
  const peer: PeerConfig = {
    name: other,
    kind: 'spitrap',
    cryptoAddresses: [range(addresses[other].crypto)],
    send: [{ address: addresses[other].agent, port: SIGNAL_PORT }],
    from: [range(addresses[other].agent)],
    snmp: {
      version: 3,
      user: 'pair',
      auth: { protocol: 'sha256', key: 'auth-key-of-the-pair' },
      priv: { protocol: 'aes128', key: 'priv-key-of-the-pair' },
    },
    op: 'eq',
    root: 91,
    notify: 'inform',
    engineId: null,
    page: null,
    tags: {},
  };
  return {
    role: end satisfies Role,
    mode,
    hold: false,
    dataDir: `/${end}`,
    site: 'default',
    device: {
      name: end,
      address: addresses[end].box,
      transport: 'ssh',
      port: 22,
      platform: 'cisco-ios',
      user: 'spitrap',
      password: 'box-pw',
      privateKey: null,
      passphrase: null,
      enablePassword: 'enable-pw',
      hostKeys: ['SHA256:sim'],
      legacy: false,
      keepaliveMs: 0,
      jump: null,
      match: [
        { kind: 'address', range: range(addresses[end].box) },
        { kind: 'relay', range: range('127.0.0.1'), hostname: addresses[end].box },
      ],
      cryptoAddresses: [range(addresses[end].crypto)],
      tags: {},
    },
    sources: simSources(end, syslog),
    peers: [peer],
    trigger: { kind: 'first' },
    alsoTrigger: [],
    capture: { maxUnscopedSas: 200, maxPeersCaptured: 10, commandTimeoutMs: 30_000, commandBytesMax: 4 * 1024 * 1024 },
    arm: 'manual',
    arming: {
      debugs: ['isakmp', 'ipsec'],
      conditions: [addresses[other].crypto],
      leaseMs: 900_000,
      maxDebugMs: 72 * 3_600_000,
      rearm: { kind: 'never' },
      deadMan: false,
      allowRemoteArm: false,
    },
    stop: { delayMs: 18_000, mode: 'all', maxDelayMs: 300_000 },
    signal: {
      listen: { address: addresses[end].agent, port: SIGNAL_PORT },
      root: 91,
      values: defaultValues,
      engineId: null,
      helloMs: 60_000,
      eemWindowMs: 60_000,
    },
    evidence: {
      ringMaxAgeMs: 86_400_000,
      ringMaxBytes: 64 * 1024 * 1024,
      beforeMs: 600_000,
      afterMs: 10_000,
      retainMaxAgeMs: 90 * 86_400_000,
      retainMaxCount: 100,
      retainMaxBytes: 1024 * 1024 * 1024,
      redactionKey: 'shared-by-both-ends',
      maxEventAgeMs: 60_000,
      holdDownMs: 3_600_000,
      messageIntervalMs: 60_000,
    },
    alarms: [],
    page: null,
    fleet: null,
    budgets: { incidentsPerHour: 12 },
    log: { level: 'info', format: 'json' },
  };
}

/** Loses packets by a rule; the codec cannot be asked, since they are encrypted: rules are by direction and time. */
export const between = (packet: Packet, from: End, to: End): boolean =>
  packet.from.address === addresses[from].agent && packet.to.address === addresses[to].agent;
