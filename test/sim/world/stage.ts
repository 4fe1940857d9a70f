/**
 * A pair on its stage: SimPair (production spine, simulated boxes, virtual time) with weather, hosts that die and people with hands. What
 * may happen on it stands in happenings.ts; what was really so, for checkers to judge by, is in truth.ts. Used by play.ts.
 */
import type { Config } from '../../../agent/config/config.ts';
import type { ControlHandlers } from '../../../agent/control/protocol.ts';
import type { SimulatedBox } from '../../../agent/lab/box.ts';
import type { BoxBehaviour, BoxLine, LabPair } from '../../../agent/lab/contract.ts';
import { createLog, type Logger, silentLog } from '../../../agent/log.ts';
import type { Timer } from '../../../shared/clock.ts';
import type { Book } from '../../../shared/coordinate/book.ts';
import { type ErrorCode, SpitrapError } from '../../../shared/errors.ts';
import { parseRange } from '../../../shared/model/address.ts';
import { Dice } from '../../support/dice.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { addresses, type Decided, type End, SIGNAL_PORT, SimPair, type Station, secrets } from '../sim-pair.ts';
import { Host } from './host.ts';
import type { Setting } from './plan.ts';
import { ENDS, otherEnd, outOfBand, Weather } from './weather.ts';

/** What a person typed at a box, so that it is not taken for the agent's. */
export interface PersonsLine {
  readonly end: End;
  readonly at: number;
  readonly line: string;
}

/** A night of seconds, not of minutes: three hellos are missed in one. */
export const HELLO_MS = 20_000;
/** In one seed of so many the hub has spokes that have no box, and scoped captures leave them out. */
const OTHERS_SEEDS = 4;
/** More than corroborate.ts asks for. */
const BUFFER_REACH_MS = 11_000;

export class Stage {
  readonly sim: SimPair;
  readonly seed: number;
  readonly setting: Setting;
  readonly weather: Weather;
  readonly hosts: Readonly<Record<End, Host>>;
  readonly story: string[] = [];
  readonly persons: PersonsLine[] = [];
  /** Spans in which a box, or the way to it, was not well. */
  readonly boxTroubles: Readonly<Record<End, { readonly from: number; until: number }[]>> = { hub: [], spoke: [] };
  /** From the first to the last moment at which its logins were refused: after three an agent stays away for minutes, also from a box that is well again. */
  readonly loginsRefused: Readonly<Record<End, { from: number; until: number }>> = {
    hub: { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY },
    spoke: { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY },
  };
  /** Spans in which nothing was written to an end's disk. */
  readonly diskStalls: Readonly<Record<End, { readonly from: number; until: number }[]>> = { hub: [], spoke: [] };
  /** Boxes that log as much, or are as busy, as a breaker is there for. */
  readonly noisy = new Set<End>();
  /** Put on hold by a person, since when. */
  readonly heldSince: Record<End, number | null> = { hub: null, spoke: null };
  /** Alarms that a person took over. */
  readonly acknowledged: Readonly<Record<End, { readonly at: number; readonly text: string }[]>> = { hub: [], spoke: [] };
  /** Everything that both agents wrote to their logs. */
  readonly logged: Readonly<Record<End, string[]>> = { hub: [], spoke: [] };
  /** Lines that strangers sent in a box's name. */
  readonly forgedAt: Readonly<Record<End, number[]>> = { hub: [], spoke: [] };
  /** Captures that people asked for: nothing may be stopped for them. */
  readonly looks = new Set<string>();
  /** When people did something at an agent. */
  readonly handled: { readonly end: End; readonly at: number }[] = [];
  /** Of each agent, after its last decision. */
  readonly books: Record<End, Book | null> = { hub: null, spoke: null };
  /** Lines of each end's syslog that were lost on their way. */
  readonly syslogLost: Record<End, number> = { hub: 0, spoke: 0 };
  /** So many yet: what an agent undertakes changes by one of them and in no other way. */
  readonly decisions: Record<End, number> = { hub: 0, spoke: 0 };
  onDecided: (end: End, ...decided: Decided) => void = () => {};
  #isHealed = false;
  readonly #stallEnds: Record<End, Timer | null> = { hub: null, spoke: null };
  readonly #losesSyslog = new Set<End>();
  /** Nobody got a line there any more, and no applet of the box either. */
  readonly vtysTaken = new Set<End>();
  readonly #takenLines: BoxLine[] = [];
  /** The oldest line that each box has in its buffer. */
  readonly #loggedSince: Record<End, number | null> = { hub: null, spoke: null };

  constructor(seed: number, setting: Setting) {
    this.seed = seed;
    this.setting = setting;
    const configure = (config: Config): Config => this.#configure(config);
    // As docs/sources.md has a user set it where a terminal monitor listens.
    const monitorLevel = setting.syslog === 'terminal-monitor' || setting.syslog === 'all' ? 'warnings' : 'debugging';
    // One in three was never told the time, as the lab's boxes: its stamps make no line stale.
    const clockMark = seed % 3 === 0 ? '*' : '';
    const box = (end: End) => ({ behaviour: { thinkMs: setting.thinkMs[end], clockMark }, monitorLevel }) as const;
    this.sim = new SimPair({
      seed,
      // A storm has its own; these would fill a table.
      pair: { otherPeers: seed % OTHERS_SEEDS === 0 ? 2 : 0 },
      syslog: setting.syslog,
      tcpLagMs: setting.tcpLagMs,
      mode: setting.mode,
      config: { hub: configure, spoke: configure },
      box: { hub: box('hub'), spoke: box('spoke') },
      log: { hub: this.#log('hub'), spoke: this.#log('spoke') },
      host: (end, world) => this.hosts[end].ports(world),
      onDecided: (end, ...decided) => {
        this.decisions[end]++;
        this.books[end] = decided[2];
        this.onDecided(end, ...decided);
      },
    });
    const host = (end: End): Host =>
      new Host(end, this.clock, () => this.station(end), {
        rate: setting.rate[end],
        start: () => {
          // What the last one had in mind when it died is nobody's word any more.
          this.books[end] = null;
          return this.sim.startAgent(end);
        },
        say: (what) => this.say(what),
      });
    this.hosts = { hub: host('hub'), spoke: host('spoke') };
    this.weather = new Weather(this.clock, this.sim.network, new Dice(seed * 104_729 + 3));
    this.sim.losesUdp = (end) => {
      if (this.#losesSyslog.has(end)) this.syslogLost[end]++;
      return this.#losesSyslog.has(end);
    };
    for (const end of ENDS) {
      this.hosts[end].watchDisk();
      this.boxes[end].onSyslog(() => {
        this.#loggedSince[end] ??= this.now;
      });
      this.boxes[end].onHang((hung) => {
        this.#loggedSince[end] = null;
        if (!hung && this.#isHealed) this.#endTroubles(end);
      });
    }
  }

  #log(end: End): Logger {
    if (!this.setting.keepLogs) return silentLog;
    const stream = { write: (text: string) => void this.logged[end].push(text) };
    return createLog({ level: 'debug', format: 'json', secrets }, stream);
  }

  #configure(config: Config): Config {
    const { setting } = this;
    const end: End = config.device.name === 'hub' ? 'hub' : 'spoke';
    const other = outOfBand[otherEnd(end)];
    const secondPath = ([peer]: Config['peers']): Config['peers'] =>
      peer === undefined || !setting.twoPaths
        ? config.peers
        : [
            {
              ...peer,
              send: [...peer.send, { address: other, port: SIGNAL_PORT }],
              from: [...peer.from, parseRange(other)!],
            },
          ];
    return {
      ...config,
      role: setting.bothRoles ? 'both' : config.role,
      peers: secondPath(config.peers),
      signal: { ...config.signal, helloMs: HELLO_MS },
      arm: setting.arm,
      arming: {
        ...config.arming,
        leaseMs: setting.leaseMs,
        maxDebugMs: setting.maxDebugMs,
        deadMan: setting.deadMan,
        rearm: setting.rearm === 'after' ? { kind: 'after', afterMs: 90_000 } : { kind: setting.rearm },
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

  /** As the agent's own clock shows it. */
  ownNow(end: End): number {
    return this.now * this.setting.rate[end] - this.station(end).boot.behindMs;
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
    for (const end of ENDS) await this.hosts[end].start();
    await this.clock.advance(2_000);
    if (this.setting.arm === 'manual') this.armByHand();
  }

  armByHand(): void {
    this.sim.armByHand();
    for (const end of ENDS)
      for (const line of ['debug crypto condition', 'debug crypto isakmp', 'debug crypto ipsec'])
        this.persons.push({ end, at: this.now, line });
  }

  close(): void {
    this.sim.abandon();
  }

  // What happens to devices, and on the way to them.

  loseSyslog(end: End): void {
    this.#losesSyslog.add(end);
  }

  losesSyslog(end: End): boolean {
    return this.#losesSyslog.has(end);
  }

  behave(end: End, change: Partial<BoxBehaviour>): void {
    this.trouble(end);
    this.boxes[end].behave(change);
  }

  trouble(end: End): void {
    if (this.boxTroubles[end].at(-1)?.until !== Number.POSITIVE_INFINITY)
      this.boxTroubles[end].push({ from: this.now, until: Number.POSITIVE_INFINITY });
  }

  /** A box that somebody's debugs without a condition starve answers after seconds: told at each look. */
  noteStarved(end: End): void {
    if (!this.boxes[end].core.strain.starved()) return;
    const last = this.boxTroubles[end].at(-1);
    const until = this.now + 30_000;
    if (last === undefined || last.until < this.now) this.boxTroubles[end].push({ from: this.now, until });
    else last.until = Math.max(last.until, until);
  }

  /** What was begun while it was not well may take its time still. */
  #endTroubles(end: End): void {
    for (const trouble of this.boxTroubles[end]) trouble.until = Math.min(trouble.until, this.now + 30_000);
  }

  refuseSessions(end: End, code: ErrorCode): void {
    this.trouble(end);
    const span = this.loginsRefused[end];
    if (code === 'SSH_AUTH_REFUSED')
      Object.assign(span, { from: Math.min(span.from, this.now), until: Number.POSITIVE_INFINITY });
    this.station(end).shells.refuse = new SpitrapError(code, `${end}: refused by the night`, { retryable: true });
  }

  /** False: nothing was in its way. */
  reachAgain(end: End): boolean {
    const { shells } = this.station(end);
    const was = shells.refuse !== null;
    shells.refuse = null;
    const span = this.loginsRefused[end];
    span.until = Math.min(span.until, this.now);
    return was;
  }

  /** False: a router that is down takes part in nothing. */
  lab(act: (lab: LabPair) => unknown): boolean {
    if (ENDS.some((end) => this.boxes[end].isHung())) return false;
    act(this.sim.lab);
    return true;
  }

  /** All that are free; how many that were. */
  takeVtys(end: End): number {
    this.trouble(end);
    this.vtysTaken.add(end);
    let taken = 0;
    for (;;) {
      const line = this.boxes[end].connectVty('203.0.113.9', 'noc');
      if (line === null) return taken;
      this.#takenLines.push(line);
      taken++;
    }
  }

  person(end: End, line: string): boolean {
    if (this.boxes[end].isHung()) return false;
    this.persons.push({ end, at: this.now, line });
    this.boxes[end].console(line);
    return true;
  }

  /** A line with that box's address on it which it never sent; only UDP lets anybody do so. False: nobody listens there. */
  forgeLine(end: End, number: number): boolean {
    const { syslog } = this.setting;
    if (!this.hosts[end].listens || (syslog !== 'syslog-udp' && syslog !== 'both')) return false;
    // Where its buffer does not reach back, or nobody can ask it, no agent can know that it is forged.
    const reachMs = this.now - (this.#loggedSince[end] ?? this.now);
    if (reachMs < BUFFER_REACH_MS || this.boxTroubles[end].some(({ until }) => until >= this.now)) return false;
    this.forgedAt[end].push(this.now);
    const spi = 0x1000_0000 + number;
    const [day = '', time = ''] = [
      new Date(this.clock.wall()).toUTCString().slice(5, 11),
      new Date(this.clock.wall()).toISOString().slice(11, 23),
    ];
    const [date = '1', month = 'Jan'] = day.split(' ');
    const what = `destaddr=${addresses[end].crypto}, prot=50, spi=0x${spi.toString(16).toUpperCase()}(${spi}), srcaddr=${addresses[otherEnd(end)].crypto}`;
    const stamp = `${month} ${Number(date)} ${time}`;
    this.sim.sendUdp(
      end,
      `<188>99: ${stamp}: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for ${what}`,
    );
    return true;
  }

  // What happens to disks, and what people do at the agents.

  stallDisk(end: End, forMs: number): void {
    const { disk } = this.station(end);
    this.hosts[end].diskTroubledAt = this.now;
    const [last] = this.diskStalls[end].slice(-1);
    if (last !== undefined) last.until = Math.min(last.until, this.now);
    this.diskStalls[end].push({ from: this.now, until: this.now + forMs });
    disk.resume();
    disk.stall();
    // A stall that was begun before does not end this one.
    this.#stallEnds[end]?.cancel();
    this.#stallEnds[end] = this.clock.timer('night: disk answers again', forMs, () => disk.resume());
  }

  restartAfter(end: End, afterMs: number): void {
    this.clock.timer('night: restart', afterMs, () => void this.hosts[end].start());
  }

  hands(end: End, act: (handlers: ControlHandlers) => Promise<unknown>): boolean {
    const { handlers } = this.station(end);
    if (!this.hosts[end].listens || handlers === null) return false;
    this.handled.push({ end, at: this.now });
    act(handlers).catch((error: unknown) => this.say(`${end}: ${error instanceof Error ? error.message : String(error)}`));
    return true;
  }

  /** True once it is begun. */
  capture(end: End, pair: boolean): () => boolean {
    const before = this.looks.size;
    this.hands(end, async (handlers) => this.looks.add((await handlers.capture({ pair, who: 'ops' })).incident));
    return () => this.looks.size > before;
  }

  leave(end: End): boolean {
    this.handled.push({ end, at: this.now });
    return this.hosts[end].leave();
  }

  hold(end: End, on: boolean): boolean {
    const done = this.hands(end, (handlers) => handlers.hold(on ? { on, forMs: null } : { on }, 'ops'));
    if (done) this.heldSince[end] = on ? (this.heldSince[end] ?? this.now) : null;
    return done;
  }

  /** Everything works again, and every agent runs; `look` while that takes its seconds. */
  async heal(look: () => void): Promise<void> {
    this.say('heal');
    this.#isHealed = true;
    this.weather.clear();
    this.#losesSyslog.clear();
    for (const line of this.#takenLines.splice(0)) line.close();
    for (const end of ENDS) {
      const station = this.station(end);
      this.hosts[end].spare();
      station.disk.heal();
      this.reachAgain(end);
      this.boxes[end].behave({ refuse: [], stall: [], drop: [], thinkMs: 20, cpuPercent: 3, noisePerSecond: 0 });
      // What it began slowly may still be on its way.
      for (const stall of this.diskStalls[end]) stall.until = Math.min(stall.until, this.now);
      // One that still boots is not well before it has.
      if (!this.boxes[end].isHung()) this.#endTroubles(end);
    }
    const wait = async (): Promise<void> => {
      for (const halfMs of [500, 500]) {
        await this.clock.advance(halfMs);
        look();
      }
    };
    // A leaving agent may take a while; a hold is taken off by whoever put it on.
    const leftBy = this.now + 25_000;
    while (ENDS.some((end) => this.hosts[end].isLeaving) && this.now < leftBy) await wait();
    await wait();
    for (const end of ENDS) {
      await this.hosts[end].start();
      this.hold(end, false);
    }
  }

  /** Crypto debugs that are on, by the box. */
  debugsOn(end: End): readonly string[] {
    return this.boxes[end].debugsOn().filter((flag) => /crypto/i.test(flag));
  }
}
