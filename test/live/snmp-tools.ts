/** net-snmp's C programs for the live tests: one run each in a folder of its own (no MIBs, own persistent state, own config). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthProtocol, PrivProtocol } from '../../shared/wire/usm.ts';
import { AUTH_KEY, authProtocols, PRIV_KEY, privProtocols, v3 } from '../support/snmp-peers.ts';

export const snmpToolsPresent = ['snmptrap', 'snmpinform', 'snmptrapd'].every(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0,
);

export const cAuth: Readonly<Record<AuthProtocol, string>> = {
  sha1: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
export const cPriv: Readonly<Record<PrivProtocol, string>> = { aes128: 'AES', aes256: 'AES-256', aes256c: 'AES-256-C' };

export class SnmpFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'spitrap-snmp-'));

  get env(): NodeJS.ProcessEnv {
    // MIBS='': without MIB files snmptrapd logs 900 lines; the rest keeps it away from /etc and /var.
    return {
      PATH: process.env['PATH'],
      MIBS: '',
      HOME: this.path,
      SNMPCONFPATH: this.path,
      SNMP_PERSISTENT_DIR: join(this.path, 'state'),
    };
  }

  forgetState(): void {
    rmSync(join(this.path, 'state'), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function run(folder: SnmpFolder, tool: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { env: folder.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** `-v3 …` of one user. */
export function v3Arguments(
  auth: AuthProtocol,
  priv: PrivProtocol | null,
  changed: { user?: string; authKey?: string; privKey?: string } = {},
): string[] {
  const args = [
    '-v3',
    '-u',
    changed.user ?? v3(auth, priv).user,
    '-l',
    priv ? 'authPriv' : 'authNoPriv',
    '-a',
    cAuth[auth],
    '-A',
    changed.authKey ?? AUTH_KEY,
  ];
  return priv ? [...args, '-x', cPriv[priv], '-X', changed.privKey ?? PRIV_KEY] : args;
}

export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** snmptrapd with all users, for informs (its own engine) and for traps of `trapEngineId`. */
export class SnmpTrapDaemon {
  readonly port: number;
  output = '';
  private readonly folder: SnmpFolder;
  private child: ChildProcess | null = null;
  private waiters: (() => void)[] = [];

  constructor(folder: SnmpFolder, port: number, trapEngineId: string, extra = '') {
    this.folder = folder;
    this.port = port;
    const users = authProtocols.flatMap((auth) =>
      [...privProtocols, null].flatMap((priv) => {
        const { user } = v3(auth, priv);
        const keys = `${user} ${cAuth[auth]} ${AUTH_KEY}${priv ? ` ${cPriv[priv]} ${PRIV_KEY}` : ''}`;
        return [
          `createUser ${keys}`,
          `createUser -e 0x${trapEngineId} ${keys}`,
          `authUser log ${user} ${priv ? 'priv' : 'auth'}`,
        ];
      }),
    );
    writeFileSync(join(folder.path, 'snmptrapd.conf'), `${['authCommunity log public', extra, ...users].join('\n')}\n`);
  }

  async start(): Promise<void> {
    this.output = '';
    const args = ['-f', '-Lo', '-n', '-On', '-C', '-c', join(this.folder.path, 'snmptrapd.conf'), `udp:127.0.0.1:${this.port}`];
    const child = spawn('snmptrapd', args, { env: this.folder.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        for (const waiter of this.waiters.splice(0)) waiter();
      });
    await this.printed(/NET-SNMP version/);
  }

  /** Waits for what it prints; the test's timeout bounds it. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found[0];
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  /** SIGTERM writes its state (boots), SIGKILL does not. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill(signal);
    await ended;
  }
}
