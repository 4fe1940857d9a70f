/**
 * The audit file: every line that was ever sent to a device, with its time, append-only (pair-protocol.md, "Sessions and commands").
 * Written by session.ts through `sent`, which never blocks and never fails a send: what cannot be written is counted.
 */
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import type { Logger } from '../log.ts';
import type { Disk, DiskFile } from '../ports.ts';

export interface Audit {
  /** `session`: `capture`, `control`, `fresh`, `terminal-monitor`. `line`: as sent, without the Enter; '' is a keepalive. */
  sent(device: string, session: string, line: string): void;
  /** A secret was sent: its name stands in its place. */
  sentSecret(device: string, session: string, name: string): void;
  status(): { readonly written: number; readonly dropped: number; readonly lastError: string | null };
  /** Writes what is pending; bounded by the disk. */
  close(): Promise<void>;
}

/** One JSON object a line: `{"at":"2026-…Z","device":…,"session":…,"line":…}`. */
export interface AuditOptions {
  readonly path: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Told once when lines begin to be lost, and once when they are written again. */
  readonly log?: Pick<Logger, 'error' | 'warn'>;
}

export function openAudit(options: AuditOptions): Audit {
  return new AuditFile(options);
}

class AuditFile implements Audit {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #log: AuditOptions['log'] | null;
  #file: DiskFile | null = null;
  #pending: string[] = [];
  #writing: Promise<void> | null = null;
  #written = 0;
  #dropped = 0;
  #lastError: string | null = null;

  constructor({ path, disk, clock, log }: AuditOptions) {
    this.#path = path;
    this.#disk = disk;
    this.#clock = clock;
    this.#log = log ?? null;
  }

  sent(device: string, session: string, line: string): void {
    this.#add({ device, session, line });
  }

  sentSecret(device: string, session: string, name: string): void {
    this.#add({ device, session, line: `<secret: ${name}>` });
  }

  status(): { readonly written: number; readonly dropped: number; readonly lastError: string | null } {
    return { written: this.#written, dropped: this.#dropped, lastError: this.#lastError };
  }

  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  #add(record: { readonly device: string; readonly session: string; readonly line: string }): void {
    if (this.#pending.length >= limits.auditPendingLinesMax) {
      this.#dropped += 1;
      return;
    }
    this.#pending.push(`${JSON.stringify({ at: new Date(this.#clock.wall()).toISOString(), ...record })}\n`);
    this.#writing ??= this.#write();
  }

  /** One write in flight; what came meanwhile goes with the next. */
  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const lines = this.#pending;
      this.#pending = [];
      try {
        this.#file ??= await this.#disk.open(this.#path, 'append');
        await this.#file.append(Buffer.from(lines.join(''), 'utf8'));
        this.#written += lines.length;
        if (this.#lastError !== null)
          this.#log?.warn({ event: 'audit', file: this.#path, lost: this.#dropped }, 'audit: on disk again');
        this.#lastError = null;
      } catch (error) {
        this.#dropped += lines.length;
        const why = error instanceof Error ? error.message : String(error);
        if (this.#lastError === null)
          this.#log?.error(
            { event: 'audit', file: this.#path, error: why },
            `audit: lines sent to the device are not recorded: ${why}; going on without them, tried again with the next line`,
          );
        this.#lastError = why;
        // A file that failed once is opened anew: the disk may be back.
        const file = this.#file;
        this.#file = null;
        await file?.close().catch(() => {});
      }
    }
    this.#writing = null;
  }
}

/** For tools and tests that keep no audit. */
export const noAudit: Audit = {
  sent: () => {},
  sentSecret: () => {},
  status: () => ({ written: 0, dropped: 0, lastError: null }),
  close: async () => {},
};
