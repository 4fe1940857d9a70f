/** OpenSSH's client for the live tests: a login with a password from SSH_ASKPASS, its screen, and what we type. Debian package openssh-client. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

export const opensshPresent = ['ssh', 'ssh-keyscan', 'ssh-keygen'].every(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0,
);

export interface SshTarget {
  readonly address: string;
  readonly port: number;
}

/** A folder with an askpass program and a known_hosts file; nothing of the machine's own ~/.ssh is read or written. */
export class OpensshFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'spitrap-openssh-'));
  readonly #sessions: ChildProcess[] = [];

  /** The keys that the server offers, as ssh-keyscan prints them, and their fingerprints as ssh-keygen does. */
  async scan({ address, port }: SshTarget): Promise<{ readonly lines: string; readonly fingerprints: string[] }> {
    // Not spawnSync: the server that is asked lives in this process. One type: each takes a connection, so a VTY, of its own.
    const lines = await output('ssh-keyscan', ['-t', 'ed25519', '-p', String(port), address], '');
    const listed = await output('ssh-keygen', ['-lf', '-'], lines);
    return { lines, fingerprints: [...listed.matchAll(/SHA256:\S+/g)].map(([fingerprint]) => fingerprint) };
  }

  trust(lines: string): void {
    writeFileSync(join(this.path, 'known_hosts'), lines);
  }

  login({ address, port }: SshTarget, user: string, password: string, options: readonly string[] = []): OpensshSession {
    const askpass = join(this.path, 'askpass');
    writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$LAB_PASSWORD"\n');
    chmodSync(askpass, 0o700);
    const fixed = [
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${join(this.path, 'known_hosts')}`,
      'NumberOfPasswordPrompts=1',
    ];
    const args = [
      '-F',
      'none',
      '-tt',
      '-p',
      String(port),
      ...[...options, ...fixed].flatMap((option) => ['-o', option]),
      `${user}@${address}`,
    ];
    const child = spawn('ssh', args, {
      env: {
        PATH: process.env['PATH'],
        HOME: this.path,
        TERM: 'vt100',
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
        LAB_PASSWORD: password,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#sessions.push(child);
    return new OpensshSession(child);
  }

  remove(): void {
    for (const session of this.#sessions) if (session.exitCode === null) session.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true });
  }
}

function output(command: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    child.once('error', reject);
    child.once('close', () => resolve(text));
    child.stdin.end(input);
  });
}

export class OpensshSession {
  /** stdout: the device's screen. */
  screen = '';
  /** stderr: what ssh itself says. */
  errors = '';
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  #read = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (bytes: Buffer) => {
      this.screen += bytes.toString('latin1');
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      this.errors += bytes.toString('latin1');
    });
    this.exit = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** What came since the last call, once `wanted` is in it. */
  async until(wanted: RegExp): Promise<string> {
    await expect.poll(() => this.screen.slice(this.#read), { timeout: 10_000, interval: 10 }).toMatch(wanted);
    const fresh = this.screen.slice(this.#read);
    this.#read = this.screen.length;
    return fresh;
  }
}
