/**
 * What its work does to one box: debug output takes CPU and memory, a starved box answers late, a console that cannot keep up
 * hangs it. The physics of facts.md §5 in one place; asked and told by box-core.ts, logging.ts and line.ts.
 */
import type { Timer } from '../../shared/clock.ts';
import type { BoxCore } from './box-core.ts';
import { ConsolePort } from './console-port.ts';
import { CpuLoad } from './cpu-load.ts';
import { Flood } from './flood.ts';
import { MemoryPool } from './memory-pool.ts';
import type { Prng } from './prng.ts';

/** Beside the idle load: what debugs cost that have little to say. */
const QUIET_DEBUG_PERCENT = 3;
/** A router with nothing left still shows 99; 100 is one that is not there any more. */
const BUSY_PERCENT_MAX = 99;
const HUNG_PERCENT = 100;
/** From here on the exec, a low-priority process, waits for seconds, and the logger does not get its packets out. */
const STARVED_PERCENT = 90;
const ANSWER_DELAY_MS = { least: 1_500, most: 4_000 } as const;
/** Share of a flood's lines that `debug crypto engine` prints alone, when the engine does not heed the conditions. */
const ENGINE_SHARE = 0.1;
const FLOOD_LINES_PER_SECOND = 300;
const LINES_AT_FULL_CPU = 300;
const LOW_MEMORY_PERCENT = 3;
const MALLOCFAIL_INTERVAL_MS = 30_000;
const FLOOD_MEMORY_PERCENT_PER_SECOND = 0.2;
const MEMORY_BYTES = { 'cisco-ios': 279_315_456, 'cisco-iosxe': 2_094_620_960 } as const;

export class Strain {
  readonly cpu: CpuLoad;
  readonly memory: MemoryPool;
  private readonly core: BoxCore;
  private readonly consolePort: ConsolePort;
  private readonly flood: Flood;
  private readonly delays: Prng;
  private readonly hangListeners: ((hung: boolean) => void)[] = [];
  private waiting: (() => void)[] = [];
  private hangTimer: Timer | null = null;
  private isHung = false;
  private complainedAt: number | null = null;

  constructor(core: BoxCore) {
    const { clock, options, behaviour } = core;
    this.core = core;
    this.cpu = new CpuLoad(clock, behaviour.cpuPercent);
    this.memory = new MemoryPool(
      clock,
      MEMORY_BYTES[options.platform],
      behaviour.freeMemoryPercent,
      options.floodMemoryPercentPerSecond ?? FLOOD_MEMORY_PERCENT_PER_SECOND,
    );
    this.consolePort = new ConsolePort(clock);
    this.flood = new Flood(core, core.prng.fork('flood'));
    this.delays = core.prng.fork('starved');
  }

  get hung(): boolean {
    return this.isHung;
  }

  starved(): boolean {
    return this.cpu.read().fiveSeconds >= STARVED_PERCENT;
  }

  /** What a command or a login waits for beside its think time. */
  answerDelayMs(): number {
    return this.starved() ? this.delays.between(ANSWER_DELAY_MS.least, ANSWER_DELAY_MS.most) : 0;
  }

  /** Debugs, conditions or behaviour have changed: what is printed, and what it costs. */
  changed(): void {
    if (this.isHung) return;
    const { debugs, behaviour, options } = this.core;
    const full = options.floodLinesPerSecond ?? FLOOD_LINES_PER_SECOND;
    const flooding = debugs.flooding();
    const strangers = flooding ? full : debugs.isOn('engine') && !options.engineHeedsConditions ? full * ENGINE_SHARE : 0;
    const peers = debugs.anyCrypto() && !flooding && this.conditionedPeers().length > 0 ? behaviour.peerDebugLinesPerSecond : 0;
    this.flood.run(strangers, peers);
    const perLine = (BUSY_PERCENT_MAX - QUIET_DEBUG_PERCENT) / (options.debugLinesAtFullCpu ?? LINES_AT_FULL_CPU);
    const load = behaviour.cpuPercent + (debugs.anyCrypto() ? QUIET_DEBUG_PERCENT : 0) + (strangers + peers) * perLine;
    this.cpu.set(Math.min(BUSY_PERCENT_MAX, load));
    // What cannot be printed as fast as it comes waits in memory.
    this.memory.flooded(flooding || (strangers + peers) * perLine >= BUSY_PERCENT_MAX - QUIET_DEBUG_PERCENT);
  }

  /** Too little memory for a login, or for anything new. */
  lowOnMemory(): boolean {
    return this.memory.freePercent() < LOW_MEMORY_PERCENT;
  }

  /** IOS says so, at most every half minute. Asked at each turn of a flood. */
  complainOfMemory(): void {
    const now = this.core.clock.monotonic();
    if (!this.lowOnMemory() || (this.complainedAt !== null && now - this.complainedAt < MALLOCFAIL_INTERVAL_MS)) return;
    this.complainedAt = now;
    this.core.log.message(
      2,
      'SYS-2-MALLOCFAIL',
      [
        'Memory allocation of 10260 bytes failed from 0x60A3F8B4, alignment 0 ',
        `Pool: Processor  Free: ${this.memory.read().free}  Cause: Not enough free memory `,
        'Alternate Pool: None  Free: 0  Cause: No Alternate pool ',
      ].join('\n'),
    );
  }

  /** Peers that a condition names and this box has a tunnel with. */
  conditionedPeers(): string[] {
    return this.core.sa.tunnels.map(({ peer }) => peer).filter((peer) => this.core.debugs.names(peer));
  }

  printOnConsole(characters: number): void {
    if (!this.consolePort.print(characters)) this.hang();
  }

  /** Runs it now, or when the box is back. */
  whenAnswering(act: () => void): void {
    if (this.isHung) this.waiting.push(act);
    else act();
  }

  onHang(listener: (hung: boolean) => void): void {
    this.hangListeners.push(listener);
  }

  /** Down from now on, whatever it was doing; `up` is called when it has booted, before anything else happens. */
  restart(downMs: number, up: () => void): void {
    this.hangTimer?.cancel();
    this.flood.run(0, 0);
    // What waited for the old life is gone with it.
    this.waiting = [];
    this.consolePort.clear();
    const already = this.isHung;
    this.isHung = true;
    this.cpu.setSteady(HUNG_PERCENT);
    this.hangTimer = this.core.clock.timer('lab-box-boot', downMs, () => {
      this.hangTimer = null;
      this.isHung = false;
      this.memory.restart();
      this.cpu.setSteady(this.core.behaviour.cpuPercent);
      up();
      this.changed();
      for (const listener of [...this.hangListeners]) listener(false);
    });
    if (!already) for (const listener of [...this.hangListeners]) listener(true);
  }

  close(): void {
    this.flood.run(0, 0);
    this.hangTimer?.cancel();
    this.hangTimer = null;
    this.waiting = [];
  }

  private hang(): void {
    if (this.isHung) return;
    this.isHung = true;
    this.flood.run(0, 0);
    this.cpu.setSteady(HUNG_PERCENT);
    const { hangMs } = this.core.options;
    if (hangMs !== undefined) this.hangTimer = this.core.clock.timer('lab-box-hang', hangMs, () => this.recover());
    for (const listener of [...this.hangListeners]) listener(true);
  }

  /** The console has printed its pile; the debugs are still on. */
  private recover(): void {
    this.hangTimer = null;
    this.isHung = false;
    this.consolePort.clear();
    this.changed();
    for (const listener of [...this.hangListeners]) listener(false);
    const waiting = this.waiting;
    this.waiting = [];
    for (const act of waiting) act();
  }
}
