/**
 * A pair on its stage: SimPair (production spine, simulated boxes, virtual time) with weather, clocks that drift, hosts that die and people
 * with hands, plus the truth about it that checkers judge by: what boxes said, what they were told, what was on. Used by play.ts.
 */
import type { Config } from '../../../agent/config/config.ts';
import type { ControlHandlers } from '../../../agent/control/protocol.ts';
import type { SimulatedBox } from '../../../agent/lab/box.ts';
import type { BoxBehaviour, LabPair } from '../../../agent/lab/contract.ts';
import type { World } from '../../../agent/ports.ts';
import type { Clock } from '../../../shared/clock.ts';
import { monotonic, wall } from '../../../shared/model/time.ts';
import { Dice } from '../../support/dice.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import type { Packet } from '../../support/fake-datagrams.ts';
import { FakeDisk } from '../../support/fake-disk.ts';
import { addresses, between, type End, SimPair, type Station } from '../sim-pair.ts';
import type { Setting } from './plan.ts';

export const ENDS: readonly End[] = ['hub', 'spoke'];
export const otherEnd = (end: End): End => (end === 'hub' ? 'spoke' : 'hub');
export const LEASE_MS = 5 * 60_000;
const MAX_DEBUG_MS = 72 * 3_600_000;

interface Weather {
  /** Of packets that leave this end. */
  readonly lossPercent: number;
  readonly delayMs: number;
  readonly duplicatePercent: number;
}
const CALM: Weather = { lossPercent: 0, delayMs: 0, duplicatePercent: 0 };

/** What the stage itself knows of an agent's life. */
interface HostState {
  up: boolean;
  /** Of the night's clock. */
  diedAt: number | null;
  startedAt: number;
  wallAheadMs: number;
  killAfterActs: number | null;
  lostDataDirAt: number | null;
}

export class Stage {
  readonly sim: SimPair;
  readonly setting: Setting;
  readonly story: string[] = [];
  readonly hosts: Readonly<Record<End, HostState>>;
  /** Disks that were thrown away with what was on them. */
  readonly lostDisks: { readonly end: End; readonly disk: FakeDisk }[] = [];
  /** What a person's hands typed, so that it is not taken for the agent's. */
  readonly persons: { readonly end: End; readonly at: number; readonly line: string }[] = [];
  /** Lines of each box that reached a listening agent, as sent, and when. */
  readonly delivered: Readonly<Record<End, { readonly at: number; readonly line: string }[]>> = { hub: [], spoke: [] };
  /** Packets that arrived, by the end that sent them. */
  readonly arrivals: Readonly<Record<End, { readonly sentAt: number; readonly at: number }[]>> = { hub: [], spoke: [] };
  /** Everything written to the logs of both agents. */
  readonly logged: string[] = [];
  readonly failures: string[] = [];
  readonly #weather: Record<End, Weather> = { hub: CALM, spoke: CALM };
  readonly #dice: Dice;
  readonly #losesSyslog = new Set<End>();
  readonly #takenLines = new Map<End, (() => void)[]>();
  #quiet = false;

  constructor(seed: number, setting: Setting) {
    this.setting = setting;
    this.#dice = new Dice(seed * 104_729 + 3);
    const host = (): HostState => ({
      up: false,
      diedAt: null,
      startedAt: 0,
      wallAheadMs: 0,
      killAfterActs: null,
      lostDataDirAt: null,
    });
    this.hosts = { hub: host(), spoke: host() };
    const configure = (config: Config): Config => this.#configure(config);
    const box = (end: End) => ({ behaviour: { thinkMs: setting.thinkMs[end] } });
    this.sim = new SimPair({
      seed,
      syslog: setting.syslog,
      config: { hub: configure, spoke: configure },
      box: { hub: box('hub'), spoke: box('spoke') },
      host: (end, world) => this.#host(end, world),
    });
    this.sim.losesUdp = (end) => this.#losesSyslog.has(end);
    this.sim.network.onPacket = (packet) => this.#onPacket(packet);
    for (const end of ENDS) {
      this.boxes[end].onSyslog((line) => this.#noteDelivery(end, line));
      this.#watchDisk(end);
    }
  }

  #configure(config: Config): Config {
    const { setting } = this;
    return {
      ...config,
      role: setting.bothRoles ? 'both' : config.role,
      arm: setting.arm,
      arming: {
        ...config.arming,
        leaseMs: LEASE_MS,
        maxDebugMs: MAX_DEBUG_MS,
        deadMan: setting.deadMan,
        rearm: setting.arm === 'always' ? { kind: 'if-transient' } : { kind: 'never' },
        allowRemoteArm: true,
      },
      stop: { ...config.stop, mode: setting.stop, delayMs: setting.delayMs },
    };
  }

  get clock(): FakeClock {
    return this.sim.clock;
  }

  get now(): number {
    return this.clock.monotonic();
  }

  get boxes(): Readonly<Record<End, SimulatedBox>> {
    return this.sim.boxes as Readonly<Record<End, SimulatedBox>>;
  }

  station(end: End): Station {
    return this.sim.stations[end];
  }

  say(what: string): void {
    this.story.push(`${Math.round(this.now)} ${what}`);
  }

  async open(): Promise<void> {
    this.sim.lab.start();
    for (const end of ENDS) await this.#start(end);
    await this.clock.advance(2_000);
    if (this.setting.arm !== 'manual') return;
    this.sim.armByHand();
    for (const end of ENDS) this.persons.push({ end, at: this.now, line: 'debug crypto' });
  }

  async close(): Promise<void> {
    for (const end of ENDS) {
      this.station(end).disk.heal();
      this.station(end).shells.refuse = null;
    }
    await this.sim.stop();
  }

  // What happens to the network.

  weather(end: End, change: Partial<Weather>): void {
    this.#weather[end] = { ...this.#weather[end], ...change };
  }

  loseSyslog(end: End): void {
    this.#losesSyslog.add(end);
  }

  #onPacket(packet: Packet): boolean {
    const from = ENDS.find((end) => between(packet, end, otherEnd(end)));
    if (from === undefined || this.#quiet) return true;
    const { lossPercent, delayMs, duplicatePercent } = this.#weather[from];
    const sentAt = this.now;
    if (this.#dice.percent() < lossPercent) return false;
    const copies = this.#dice.percent() < duplicatePercent ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // A delay of its own for each packet is what reorders them.
      const delay = delayMs === 0 ? 0 : this.#dice.upTo(delayMs);
      this.clock.timer('network', delay, () => {
        this.arrivals[from].push({ sentAt, at: this.now });
        this.sim.network.inject(packet);
      });
    }
    return false;
  }

  #noteDelivery(end: End, line: string): void {
    const host = this.hosts[end];
    if (!host.up || this.#losesSyslog.has(end)) return;
    this.delivered[end].push({ at: this.now, line });
  }

  // What happens to devices.

  behave(end: End, change: Partial<BoxBehaviour>): void {
    this.boxes[end].behave(change);
  }

  /** A router that is down takes part in nothing. */
  lab(act: (lab: LabPair) => unknown): void {
    if (ENDS.every((end) => !this.boxes[end].isHung())) act(this.sim.lab);
  }

  takeVtys(end: End): void {
    const taken = this.#takenLines.get(end) ?? [];
    for (
      let line = this.boxes[end].connectVty('203.0.113.9', 'noc');
      line !== null;
      line = this.boxes[end].connectVty('203.0.113.9', 'noc')
    ) {
      const { close } = { close: line.close.bind(line) };
      taken.push(close);
    }
    this.#takenLines.set(end, taken);
  }

  person(end: End, line: string): void {
    this.persons.push({ end, at: this.now, line });
    this.boxes[end].console(line);
  }

  // What happens to hosts.

  #host(end: End, world: World): World {
    return { ...world, clock: this.#hostClock(end, world.clock), shells: this.#countedShells(end, world.shells) };
  }

  #hostClock(end: End, clock: Clock): Clock {
    const rate = this.setting.rate[end];
    const host = this.hosts[end];
    // A microsecond at least: a sum that rounds down would be due again at once, for ever. Real timers have a whole millisecond.
    const timer: Clock['timer'] = (name, delayMs, fire) =>
      clock.timer(name, delayMs <= 0 ? 0 : Math.max(0.001, delayMs / rate), fire);
    return {
      bootId: clock.bootId,
      monotonic: () => monotonic(clock.monotonic() * rate),
      wall: () => wall(clock.wall() + host.wallAheadMs),
      timer,
      sleep: (name, delayMs) => new Promise((resolve) => void timer(name, delayMs, resolve)),
    };
  }

  #countedShells(end: End, shells: World['shells']): World['shells'] {
    return {
      open: async (target, options) => {
        const shell = await shells.open(target, options);
        return {
          ...shell,
          write: (text) => {
            shell.write(text);
            this.#acted(end);
          },
        };
      },
    };
  }

  #watchDisk(end: End): void {
    this.station(end).disk.onWritten = () => this.#acted(end);
  }

  /** A kill between any two effects: lines to the device, writes and syncs are counted, and after the n-th it is over. */
  #acted(end: End): void {
    const host = this.hosts[end];
    if (host.killAfterActs === null) return;
    host.killAfterActs--;
    if (host.killAfterActs >= 0) return;
    host.killAfterActs = null;
    this.#die(end);
  }

  killAfter(end: End, acts: number): void {
    if (this.hosts[end].up) this.hosts[end].killAfterActs = acts;
  }

  #die(end: End): void {
    const host = this.hosts[end];
    if (!host.up) return;
    host.up = false;
    host.diedAt = this.now;
    host.killAfterActs = null;
    const station = this.station(end);
    station.agent = null;
    station.lifeline.cut();
    station.shells.dropAll();
    this.say(`${end}'s agent is dead`);
  }

  kill(end: End): void {
    this.#die(end);
  }

  killAndRestart(end: End, afterMs: number): void {
    this.#die(end);
    this.clock.timer('night: restart', afterMs, () => void this.#start(end));
  }

  powerLoss(end: End, share: number): void {
    if (!this.hosts[end].up) return;
    this.#die(end);
    const station = this.station(end);
    station.disk.losePower(share);
    station.boot = { id: `boot-${station.runs}`, behindMs: this.now - 5_000 };
  }

  loseDataDir(end: End): void {
    this.#die(end);
    const station = this.station(end);
    this.lostDisks.push({ end, disk: station.disk });
    station.disk = new FakeDisk();
    this.hosts[end].lostDataDirAt = this.now;
    this.#watchDisk(end);
  }

  stallDisk(end: End, forMs: number): void {
    const { disk } = this.station(end);
    disk.resume();
    disk.stall();
    this.clock.timer('night: disk answers again', forMs, () => disk.resume());
  }

  stepClock(end: End, byMs: number): void {
    this.hosts[end].wallAheadMs += byMs;
  }

  async leave(end: End): Promise<void> {
    const { agent } = this.station(end);
    const host = this.hosts[end];
    if (agent === null) return;
    // In the background: it takes its time, and the night goes on.
    void agent.stop('SIGTERM').then(() => {
      if (this.station(end).agent === agent) this.#die(end);
    });
    host.diedAt = this.now;
  }

  hands(end: End, act: (handlers: ControlHandlers) => Promise<unknown>): void {
    const { handlers } = this.station(end);
    if (!this.hosts[end].up || handlers === null) return;
    act(handlers).catch((error: unknown) => this.say(`${end}: ${error instanceof Error ? error.message : String(error)}`));
  }

  async #start(end: End): Promise<void> {
    const host = this.hosts[end];
    const station = this.station(end);
    if (host.up || station.agent !== null) return;
    // No agent starts on a disk that hangs or is full: whoever starts it has looked.
    station.disk.heal();
    host.up = true;
    host.startedAt = this.now;
    try {
      await this.sim.startAgent(end);
    } catch (error) {
      host.up = false;
      this.failures.push(`${end}'s agent does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Everything works again, and every agent runs. */
  async heal(): Promise<void> {
    this.say('heal');
    this.#quiet = true;
    this.#losesSyslog.clear();
    for (const end of ENDS) {
      const station = this.station(end);
      this.#weather[end] = CALM;
      this.hosts[end].killAfterActs = null;
      for (const close of this.#takenLines.get(end) ?? []) close();
      this.#takenLines.delete(end);
      station.disk.heal();
      station.shells.refuse = null;
      this.behave(end, { refuse: [], stall: [], drop: [], thinkMs: 20, cpuPercent: 3 });
    }
    // A leaving agent may take a while; a hold is taken off by whoever put it on.
    await this.clock.advance(25_000);
    for (const end of ENDS) {
      await this.#start(end);
      this.hands(end, (handlers) => handlers.hold({ on: false }));
    }
  }

  /** Crypto debugs that are on, by the box. */
  debugsOn(end: End): readonly string[] {
    return this.boxes[end].debugsOn().filter((flag) => /crypto/i.test(flag));
  }

  hasOurCondition(end: End): boolean {
    return this.boxes[end].core.debugs.values('peer ipv4').includes(addresses[otherEnd(end)].crypto);
  }
}
