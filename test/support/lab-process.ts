/** The built executable running `spitrap lab`, for acceptance and live tests: its screen, its end, and which processes it left behind. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const binPath = fileURLToPath(new URL('../../dist/bin/spitrap.js', import.meta.url));

export interface LabExit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class LabProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<LabExit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(args: readonly string[]) {
    if (!existsSync(binPath)) throw new Error(`${binPath} is not there: npm run build`);
    this.#child = spawn(process.execPath, [binPath, 'lab', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString();
    });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString();
    });
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  async shows(pattern: RegExp, withinMs = 30_000): Promise<void> {
    await expect.poll(() => this.stdout, { timeout: withinMs, interval: 20 }).toMatch(pattern);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Command lines of running processes that name `text`. Linux only, as /proc is. */
export function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
        return line.includes(text) && Number(pid) !== process.pid ? [line] : [];
      } catch {
        return [];
      }
    });
}

/** UDP and TCP sockets bound to addresses that start so, as /proc/net shows them: `127.1.2.` */
export function socketsOn(net: string): string[] {
  const octets = net.split('.').filter((octet) => octet !== '');
  const hex = octets.reverse().map((octet) => Number(octet).toString(16).padStart(2, '0').toUpperCase());
  return ['tcp', 'udp'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // The address is in host byte order, last octet first; state 06 is TIME_WAIT, which no process holds.
      .filter(([, local, , state]) => local?.slice(2, 8) === hex.join('') && state !== '06')
      .map(([, local]) => `${protocol} ${local}`),
  );
}
