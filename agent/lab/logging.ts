/**
 * The logging system of one box: stamps, levels, buffer, monitor lines, the stream to the syslog host, and the counters
 * that `show logging` prints. Fed by every part of the box; follows IOS "System Message Logging" (RFC 3164 on the wire).
 */
import type { Clock } from '../../shared/clock.ts';
import { type Wall, wall } from '../../shared/model/time.ts';
import { logStamp, logStampSeconds, shortAge } from './box-time.ts';
import type { BoxBehaviour, LogLevel, LogRateLimit, StampStyle } from './contract.ts';
import { labLimits } from './lab-limits.ts';
import { MessageGate } from './message-gate.ts';

export const LOG_LEVELS: readonly LogLevel[] = [
  'emergencies',
  'alerts',
  'critical',
  'errors',
  'warnings',
  'notifications',
  'informational',
  'debugging',
];

export const DEBUG_SEVERITY = 7;
/** So many at a time are really taken out. */
const FORGOTTEN_LINES = 1_024;
const FACILITY_LOCAL7 = 23;

/** Severity number of a level name; null in `LogLevels`: that destination is disabled. */
export const severityOf = (level: LogLevel): number => LOG_LEVELS.indexOf(level);

export interface LogLevels {
  console: number | null;
  monitor: number | null;
  buffer: number | null;
  trap: number | null;
}

export interface LogHost {
  readonly address: string;
  readonly port: number;
}

export interface LogSettings {
  readonly clockOffsetMs: number;
  readonly levels: LogLevels;
  readonly host: LogHost | null;
  /** False: there is no `logging host` at all. */
  readonly sends: boolean;
  readonly stamps: { log: StampStyle; debug: StampStyle };
  readonly rateLimit: LogRateLimit | null;
}

/** What logging does to the box, and the box to logging (strain.ts). */
export interface LogStrain {
  hung(): boolean;
  starved(): boolean;
  printOnConsole(characters: number): void;
  /** Since the box started, for `service timestamps … uptime`. */
  upMs(): number;
}

export class BoxLog {
  readonly levels: LogLevels;
  readonly stamps: { log: StampStyle; debug: StampStyle };
  readonly counts = { console: 0, monitor: 0, buffer: 0, trap: 0, dropped: 0, rateLimited: 0 };
  readonly host: LogHost | null;
  bufferBytesMax: number = labLimits.logBufferBytes;
  sequenceNumbers = false;
  /** `logging count`. */
  counting = false;
  private readonly clock: Clock;
  private readonly behaviour: BoxBehaviour;
  private readonly clockOffsetMs: number;
  private readonly sends: boolean;
  private readonly strain: LogStrain;
  private readonly starvedGate: MessageGate;
  private limit: { readonly rule: LogRateLimit; readonly gate: MessageGate } | null = null;
  private buffered: string[] = [];
  /** Of `buffered`, from its start: pushed out already. */
  private forgotten = 0;
  private bufferedBytes = 0;
  private sequence = 0;
  private wireSequence = 0;
  private readonly hostListeners: ((message: string) => void)[] = [];
  private readonly screens: ((severity: number, text: string) => void)[] = [];
  private readonly monitorListeners = new Set<(message: string) => boolean>();

  constructor(clock: Clock, behaviour: BoxBehaviour, settings: LogSettings, strain: LogStrain) {
    this.clock = clock;
    this.behaviour = behaviour;
    this.clockOffsetMs = settings.clockOffsetMs;
    this.host = settings.host;
    this.sends = settings.sends;
    this.levels = settings.levels;
    this.stamps = settings.stamps;
    this.strain = strain;
    this.starvedGate = new MessageGate(clock, labLimits.starvedLinesPerSecond);
    this.setRateLimit(settings.rateLimit);
  }

  get rateLimit(): LogRateLimit | null {
    return this.limit?.rule ?? null;
  }

  setRateLimit(rule: LogRateLimit | null): void {
    this.limit = rule === null ? null : { rule, gate: new MessageGate(this.clock, rule.messagesPerSecond) };
  }

  wall(): Wall {
    return wall(this.clock.wall() + this.clockOffsetMs);
  }

  /** Logs `%FACILITY-severity-NAME: text`. */
  message(severity: number, tag: string, text: string): void {
    this.write(severity, `%${tag}: ${text}`, false);
  }

  /** One debug message (severity 7, no `%`). Its further lines have no stamp; on the wire each is a message line of its own. */
  debug(text: string): void {
    this.write(DEBUG_SEVERITY, text, true);
  }

  onHost(listener: (message: string) => void): void {
    this.hostListeners.push(listener);
  }

  /** Each message of the box (not its debug lines) as it was stamped, at whatever level: EEM's syslog detector. */
  onMessage(listener: (severity: number, text: string) => void): void {
    this.screens.push(listener);
  }

  /** The listener says whether it showed the message (a line without `terminal monitor` does not). */
  addMonitor(listener: (message: string) => boolean): () => void {
    this.monitorListeners.add(listener);
    return () => this.monitorListeners.delete(listener);
  }

  lines(): readonly string[] {
    this.forget();
    return this.buffered;
  }

  clear(): void {
    this.buffered = [];
    this.forgotten = 0;
    this.bufferedBytes = 0;
  }

  /** After a reload: nothing is kept, everything is counted from the start. */
  restart(): void {
    this.clear();
    this.sequence = 0;
    this.wireSequence = 0;
    for (const counter of Object.keys(this.counts) as (keyof typeof this.counts)[]) this.counts[counter] = 0;
  }

  private write(severity: number, text: string, debug: boolean): void {
    if (this.strain.hung()) return;
    if (!this.passesLimit(severity, debug)) {
      this.counts.rateLimited += 1;
      return;
    }
    this.sequence += 1;
    const numbered = this.sequenceNumbers || this.behaviour.sequenceNumbers;
    const number = numbered ? `${String(this.sequence).padStart(6, '0')}: ` : '';
    const [first = '', ...more] = text.split('\n');
    const lines = [`${number}${this.stamp(debug)}${first}`, ...more];
    if (!debug) for (const screen of this.screens) screen(severity, lines.join('\n'));
    if (admits(this.levels.buffer, severity)) this.keep(lines);
    if (this.sends && admits(this.levels.trap, severity)) for (const line of lines) this.send(severity, line);
    if (admits(this.levels.monitor, severity)) {
      for (const listener of [...this.monitorListeners]) {
        if (listener(lines.join('\r\n'))) this.counts.monitor += 1;
      }
    }
    if (admits(this.levels.console, severity)) {
      this.counts.console += 1;
      this.strain.printOnConsole(lines.reduce((sum, line) => sum + line.length + 2, 0));
    }
  }

  private passesLimit(severity: number, debug: boolean): boolean {
    if (this.limit === null) return true;
    const { rule, gate } = this.limit;
    if (debug && rule.debugsToo !== true) return true;
    if (rule.except !== undefined && severity <= severityOf(rule.except)) return true;
    return gate.admit();
  }

  private stamp(debug: boolean): string {
    const mark = this.behaviour.clockMark;
    switch (debug ? this.stamps.debug : this.stamps.log) {
      case 'datetime msec':
        return `${mark}${logStamp(this.wall())}: `;
      case 'datetime':
        return `${mark}${logStampSeconds(this.wall())}: `;
      case 'uptime':
        return `${shortAge(this.strain.upMs())}: `;
      case 'none':
        return '';
    }
  }

  private keep(lines: readonly string[]): void {
    this.counts.buffer += 1;
    for (const line of lines) {
      this.buffered.push(line);
      this.bufferedBytes += line.length + 1;
    }
    while (this.bufferedBytes > this.bufferBytesMax && this.forgotten < this.buffered.length) {
      this.bufferedBytes -= this.buffered[this.forgotten]!.length + 1;
      this.forgotten += 1;
    }
    // In a flood each line pushes one out: moving all the others up for it would cost more than the line.
    if (this.forgotten >= FORGOTTEN_LINES) this.forget();
  }

  private forget(): void {
    this.buffered.splice(0, this.forgotten);
    this.forgotten = 0;
  }

  /** A line that a starved box does not get out has used its number: the collector sees the gap. */
  private send(severity: number, line: string): void {
    this.wireSequence += 1;
    if (this.strain.starved() && !this.starvedGate.admit()) {
      this.counts.dropped += 1;
      return;
    }
    this.counts.trap += 1;
    const wire = `<${FACILITY_LOCAL7 * 8 + severity}>${this.wireSequence}: ${line}`;
    for (const listener of [...this.hostListeners]) listener(wire);
  }
}

const admits = (level: number | null, severity: number): boolean => level !== null && severity <= level;
