/**
 * As many agents, boxes and routers as a test wants in one process and virtual time: dual hubs, several spokes, ends of role both,
 * routers that run Note A's applets themselves. Production code over fake ports, as in sim-pair.ts; the boxes are the judges.
 */
import { type Agent, startAgent } from '../../agent/app.ts';
import type { Config, PeerConfig } from '../../agent/config/config.ts';
import type { ControlHandlers } from '../../agent/control/protocol.ts';
import { createBox } from '../../agent/lab/box.ts';
import type { Box } from '../../agent/lab/contract.ts';
import { openBoxSnmp } from '../../agent/lab/snmp/udp.ts';
import { silentLog } from '../../agent/log.ts';
import type { SnmpCredentials } from '../../agent/net/signalling.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { type IncidentFile, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Mode, Role } from '../../shared/model/watch.ts';
import { absentPorts } from '../support/absent-ports.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeNetwork } from '../support/fake-datagrams.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { FakeLogFiles } from '../support/fake-log-files.ts';
import { FakeReceivers } from '../support/fake-receivers.ts';
import { instantReports } from '../support/instant-reports.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { BoxShells, MemoryStreams } from './box-ports.ts';
import { Lifeline } from './lifeline.ts';
import { SIGNAL_PORT, simConfig } from './sim-pair.ts';

export interface Seat {
  readonly name: string;
  /** `eem`: no agent; the router runs Note A's applets. */
  readonly role: Role | 'eem';
  /** Tunnel address. Several spokes behind one NAT address have the same. */
  readonly crypto: string;
  readonly mode?: Mode;
  /** Names of the seats that are its peers. */
  readonly peers: readonly string[];
  readonly config?: (config: Config) => Config;
  /** How a router is spoken to. */
  readonly snmp?: SnmpCredentials;
  /** A router's configuration, in place of Note A's; asked for when it starts. */
  readonly lines?: (fleet: SimFleet) => readonly string[];
}

interface Station {
  readonly seat: Seat;
  readonly index: number;
  readonly address: { readonly box: string; readonly agent: string };
  readonly box: Box;
  readonly disk: FakeDisk;
  readonly streams: MemoryStreams;
  readonly shells: BoxShells;
  config: Config | null;
  agent: Agent | null;
  handlers: ControlHandlers | null;
  lifeline: Lifeline;
}

/** What a router of Note A knows: one community, in clear. */
export const NOTE_A: SnmpCredentials = { version: '1', community: 'public' };

export class SimFleet {
  readonly clock = new FakeClock({ promisesOnly: true });
  readonly network = new FakeNetwork(this.clock);
  readonly #stations = new Map<string, Station>();
  #sequence = 100;

  constructor(seats: readonly Seat[], seed = 7) {
    for (const [index, seat] of seats.entries()) this.#stations.set(seat.name, this.#station(seat, index, seed));
    for (const station of this.#stations.values()) if (station.seat.role !== 'eem') station.config = this.#configure(station);
  }

  #station(seat: Seat, index: number, seed: number): Station {
    const address = { box: `192.0.2.${index + 1}`, agent: `198.51.100.${index + 1}` };
    const box = createBox({
      hostname: seat.name,
      platform: 'cisco-ios',
      clock: this.clock,
      seed: seed * 10 + index,
      cryptoAddress: seat.crypto,
      enableSecret: 'enable-pw',
      vtyLines: 5,
      messageIntervalMs: 60_000,
      consoleLevel: null,
    });
    const streams = new MemoryStreams(address.box);
    box.onSyslog((message) => streams.deliver(Buffer.from(`${message}\n`)));
    return {
      seat,
      index,
      address,
      box,
      disk: new FakeDisk(),
      streams,
      shells: new BoxShells(box, this.clock),
      config: null,
      agent: null,
      handlers: null,
      lifeline: new Lifeline(),
    };
  }

  at(name: string): Station {
    const station = this.#stations.get(name);
    if (station === undefined) throw new Error(`no seat ${name}`);
    return station;
  }

  #configure(station: Station): Config {
    const { seat, address } = station;
    const pattern = simConfig('hub', seat.mode ?? 'act', 'syslog-tcp');
    const config: Config = {
      ...pattern,
      role: seat.role as Role,
      dataDir: `/${seat.name}`,
      device: {
        ...pattern.device,
        name: seat.name,
        address: address.box,
        match: [{ kind: 'address', range: parseRange(address.box)! }],
        cryptoAddresses: [parseRange(seat.crypto)!],
      },
      sources: pattern.sources.map((source) =>
        source.kind === 'syslog-tcp'
          ? { ...source, listen: { ...source.listen, address: address.agent }, allow: [parseRange(address.box)!] }
          : source,
      ),
      signal: { ...pattern.signal, listen: { address: address.agent, port: SIGNAL_PORT } },
      peers: seat.peers.map((name) => this.#peerOf(station, this.at(name), pattern.peers[0]!)),
    };
    return seat.config?.(config) ?? config;
  }

  #peerOf(us: Station, them: Station, pattern: PeerConfig): PeerConfig {
    const isRouter = them.seat.role === 'eem';
    return {
      ...pattern,
      name: them.seat.name,
      kind: isRouter ? 'eem' : 'spitrap',
      cryptoAddresses: [parseRange(them.seat.crypto)!],
      send: [{ address: them.address.agent, port: isRouter ? 162 : SIGNAL_PORT }],
      from: [parseRange(them.address.agent)!],
      // One user for each pair: two peers at one address are told apart by it.
      snmp: isRouter
        ? (them.seat.snmp ?? NOTE_A)
        : ({ ...pattern.snmp, version: 3, user: [us.seat.name, them.seat.name].sort().join('-') } as SnmpCredentials),
      notify: isRouter ? 'trap' : 'inform',
    };
  }

  /** Everything up, logged in, first hellos exchanged. */
  async start(except: readonly string[] = []): Promise<void> {
    for (const station of this.#stations.values()) {
      if (except.includes(station.seat.name)) continue;
      if (station.seat.role === 'eem') await this.#startRouter(station);
      else await this.startAgent(station.seat.name);
    }
    await this.clock.advance(5_000);
  }

  async startAgent(name: string): Promise<void> {
    const station = this.at(name);
    const receivers = new FakeReceivers();
    station.lifeline = new Lifeline();
    const world = station.lifeline.world(
      {
        clock: this.clock,
        random: seededRandom(1_000 + station.index),
        disk: station.disk,
        logFiles: new FakeLogFiles(),
        datagrams: this.network.host(station.address.agent),
        streams: station.streams,
        ...absentPorts,
        shells: station.shells,
        http: receivers.http,
        dialer: receivers.dialer,
        spawn: receivers.spawn,
        reports: instantReports,
      },
      { id: this.clock.bootId, behindMs: 0 },
    );
    const openControl = async () => ({
      path: 'memory',
      serve: (handlers: ControlHandlers) => {
        station.handlers = handlers;
      },
      counters: () => ({ connections: 0, turnedAway: 0, refused: 0 }),
      close: async () => {},
    });
    station.agent = await startAgent(station.config!, world, silentLog, {
      openControl,
      version: '0.0.0-sim',
      pid: 1,
      secrets: [],
      trustOnFirstUse: null,
    });
    await this.clock.advance(0);
  }

  /** Note A's configuration (Cisco 116005), one line a command, with the addresses of this fleet. */
  async #startRouter(station: Station): Promise<void> {
    await openBoxSnmp({
      box: station.box,
      datagrams: this.network.host(station.address.agent),
      bind: { address: station.address.agent, port: 162 },
    });
    const snmp = station.seat.snmp ?? NOTE_A;
    const version = snmp.version === '2c' ? 'version 2c ' : '';
    const lines = station.seat.peers.flatMap((name) => {
      const peer = this.at(name);
      return [
        `snmp-server host ${peer.address.agent} ${version}public udp-port ${SIGNAL_PORT} event-manager`,
        `event manager applet on_${name}`,
        `event snmp-notification oid 1.3.6.1.4.1.9.10.91.1.2.3.1.9. oid-val "2323232" op eq src-ip-address ${peer.address.agent} maxrun 35`,
        'action 1.0 syslog msg "Received trap from Hub..."',
        'action 2.0 cli command "enable"',
        'action 3.0 cli command "undebug all"',
        'action 4.0 syslog msg "DONE ON SPOKE"',
        'exit',
        `event manager applet to_${name}`,
        `event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=${peer.seat.crypto}"`,
        'action 1 cli command "enable"',
        'action 7 wait 3',
        'action 8 cli command "undebug all"',
        'action 8.1 snmp-trap intdata1 2323232 strdata ""',
        'action 9 syslog priority informational msg "DONE ON HUB"',
        'exit',
      ];
    });
    if (station.seat.lines !== undefined) {
      const refused = station.box.configure(station.seat.lines(this));
      if (refused.length > 0) throw new Error(`${station.seat.name} refused: ${refused.join('\n')}`);
      return;
    }
    for (const line of ['configure terminal', 'snmp-server enable traps event-manager', 'snmp-server manager', ...lines, 'end'])
      station.box.console(line);
  }

  /** Conditions first, then the debugs, on the boxes named (default: all), as an engineer types them before the event. */
  async arm(...names: readonly string[]): Promise<void> {
    for (const station of names.length === 0 ? this.#stations.values() : names.map((name) => this.at(name))) {
      for (const peer of station.seat.peers) station.box.console(`debug crypto condition peer ipv4 ${this.at(peer).seat.crypto}`);
      station.box.console('debug crypto isakmp');
      station.box.console('debug crypto ipsec');
    }
    // A hello tells it.
    await this.clock.advance(61_000);
  }

  /** The box of `where` logs a packet of `from` with an SPI that it does not know; its agent gets the line over TCP. */
  see(where: string, from: string, spi = 0x68842105): void {
    const { seat, streams } = this.at(where);
    const hex = `0x${spi.toString(16).toUpperCase()}`;
    const line = `<188>${this.#sequence++}: *Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=${seat.crypto}, prot=50, spi=${hex}(${spi}), srcaddr=${this.at(from).seat.crypto}, input interface=Ethernet0/0`;
    streams.deliver(Buffer.from(`${line}\n`));
  }

  /** `kill -9`. */
  async kill(name: string): Promise<void> {
    const station = this.at(name);
    station.agent = null;
    station.lifeline.cut();
    station.shells.dropAll();
    await this.clock.advance(0);
  }

  /** Times (monotonic) at which the box received `undebug all`. */
  undebugs(name: string): number[] {
    return this.at(name)
      .box.commandLog.filter((entry) => entry.expanded === 'undebug all')
      .map((entry) => entry.at);
  }

  debugsOn(name: string): number {
    return this.at(name).box.debugsOn().length;
  }

  /** incident.json of every sealed bundle, oldest first. */
  async incidents(name: string): Promise<IncidentFile[]> {
    const { disk } = this.at(name);
    const ids = (await disk.list(`/${name}/incidents`)).filter((id) => /^[0-9A-Z]{26}$/.test(id));
    return ids.map((id) => {
      const read = parseIncidentFile(disk.content(`/${name}/incidents/${id}/incident.json`).toString());
      if (read.kind !== 'incident') throw new Error(read.why);
      return read.incident;
    });
  }

  async incidentOf(name: string): Promise<IncidentFile> {
    const all = await this.incidents(name);
    if (all.length !== 1) throw new Error(`${name} has ${all.length} sealed bundles`);
    return all[0]!;
  }

  status(name: string): AgentStatus {
    return this.at(name).handlers!.status();
  }

  alarms(name: string): string[] {
    return this.status(name).alarms.map((alarm) => `${alarm.text} | ${alarm.remedy ?? ''}`);
  }

  async stop(): Promise<void> {
    for (const station of this.#stations.values()) {
      const { agent } = station;
      station.agent = null;
      if (agent === null) continue;
      const stopping = agent.stop('end of test');
      await this.clock.advance(20_000);
      await stopping;
    }
    for (const station of this.#stations.values()) station.box.close();
  }
}
