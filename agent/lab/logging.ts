/**
 * The logging system of one box: stamps, levels, buffer, monitor lines, the stream to the syslog host, and the counters
 * that `show logging` prints. Fed by every part of the box; follows IOS "System Message Logging" (RFC 3164 on the wire).
 */
import type { Clock } from '../../shared/clock.ts';
import { type Wall, wall } from '../../shared/model/time.ts';
import { logStamp } from './box-time.ts';
import type { BoxBehaviour, LogLevel } from './contract.ts';
import { labLimits } from './lab-limits.ts';

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

export class BoxLog {
  readonly levels: LogLevels;
  readonly counts = { console: 0, monitor: 0, buffer: 0, trap: 0, dropped: 0 };
  readonly host: LogHost | null;
  bufferBytesMax: number = labLimits.logBufferBytes;
  sequenceNumbers = false;
  private readonly clock: Clock;
  private readonly behaviour: BoxBehaviour;
  private readonly clockOffsetMs: number;
  private buffered: string[] = [];
  private bufferedBytes = 0;
  private sequence = 0;
  private wireSequence = 0;
  private readonly hostListeners: ((message: string) => void)[] = [];
  private readonly monitorListeners = new Set<(message: string) => boolean>();

  constructor(
    clock: Clock,
    behaviour: BoxBehaviour,
    clockOffsetMs: number,
    levels: { trap: LogLevel; monitor: LogLevel },
    host: LogHost | null,
  ) {
    this.clock = clock;
    this.behaviour = behaviour;
    this.clockOffsetMs = clockOffsetMs;
    this.host = host;
    this.levels = { console: null, monitor: severityOf(levels.monitor), buffer: 7, trap: severityOf(levels.trap) };
  }

  wall(): Wall {
    return wall(this.clock.wall() + this.clockOffsetMs);
  }

  /** Logs `%FACILITY-severity-NAME: text`. */
  message(severity: number, tag: string, text: string): void {
    this.write(severity, `%${tag}: ${text}`);
  }

  /** One debug message (severity 7, no `%`). Its further lines have no stamp; on the wire each is a message line of its own. */
  debug(text: string): void {
    this.write(DEBUG_SEVERITY, text);
  }

  onHost(listener: (message: string) => void): void {
    this.hostListeners.push(listener);
  }

  /** The listener says whether it showed the message (a line without `terminal monitor` does not). */
  addMonitor(listener: (message: string) => boolean): () => void {
    this.monitorListeners.add(listener);
    return () => this.monitorListeners.delete(listener);
  }

  lines(): readonly string[] {
    return this.buffered;
  }

  clear(): void {
    this.buffered = [];
    this.bufferedBytes = 0;
  }

  private write(severity: number, text: string): void {
    this.sequence += 1;
    const numbered = this.sequenceNumbers || this.behaviour.sequenceNumbers;
    const number = numbered ? `${String(this.sequence).padStart(6, '0')}: ` : '';
    const [first = '', ...more] = text.split('\n');
    const lines = [`${number}${this.behaviour.clockMark}${logStamp(this.wall())}: ${first}`, ...more];
    if (admits(this.levels.console, severity)) this.counts.console += 1;
    if (admits(this.levels.buffer, severity)) this.keep(lines);
    if (admits(this.levels.trap, severity)) for (const line of lines) this.send(severity, line);
    if (admits(this.levels.monitor, severity)) {
      for (const listener of [...this.monitorListeners]) {
        if (listener(lines.join('\r\n'))) this.counts.monitor += 1;
      }
    }
  }

  private keep(lines: readonly string[]): void {
    this.counts.buffer += 1;
    for (const line of lines) {
      this.buffered.push(line);
      this.bufferedBytes += line.length + 1;
    }
    let first = 0;
    while (this.bufferedBytes > this.bufferBytesMax && first < this.buffered.length) {
      this.bufferedBytes -= this.buffered[first]!.length + 1;
      first += 1;
    }
    if (first > 0) this.buffered.splice(0, first);
  }

  private send(severity: number, line: string): void {
    this.counts.trap += 1;
    this.wireSequence += 1;
    const wire = `<${FACILITY_LOCAL7 * 8 + severity}>${this.wireSequence}: ${line}`;
    for (const listener of [...this.hostListeners]) listener(wire);
  }
}

const admits = (level: number | null, severity: number): boolean => level !== null && severity <= level;
