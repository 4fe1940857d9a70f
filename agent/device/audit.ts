/**
 * The audit file: every line that was ever sent to a device, with its time, append-only (pair-protocol.md, "Sessions and commands").
 * Written by session.ts through `sent`, which never blocks and never fails a send: what cannot be written is counted.
 */
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
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
export function openAudit(options: { readonly path: string; readonly disk: Disk; readonly clock: Clock }): Audit {
  return new AuditFile(options.path, options.disk, options.clock);
}

class AuditFile implements Audit {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  #file: DiskFile | null = null;
  #pending: string[] = [];
  #writing: Promise<void> | null = null;
  #written = 0;
  #dropped = 0;
  #lastError: string | null = null;

  constructor(path: string, disk: Disk, clock: Clock) {
    this.#path = path;
    this.#disk = disk;
    this.#clock = clock;
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
      } catch (error) {
        this.#dropped += lines.length;
        this.#lastError = error instanceof Error ? error.message : String(error);
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
