/** A real OpenSSH sshd for the live suite: its own configuration, host key and port on 127.0.0.1; ends with the test. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export const SSHD = '/usr/sbin/sshd';

/** Throws in CI: a live test that is skipped there proves nothing. */
export function haveSshd(): boolean {
  if (existsSync(SSHD)) return true;
  if (process.env['CI']) throw new Error('openssh-server is missing: run test/live/setup.sh as root');
  return false;
}

export interface SshDaemon {
  readonly port: number;
  readonly hostKey: string;
  /** Everything it logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface SshKeys {
  readonly folder: string;
  readonly privateKey: string;
  readonly authorizedKeys: string;
}

export function makeKeys(): SshKeys {
  const folder = mkdtempSync(join(tmpdir(), 'spitrap-sshd-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'user')]);
  const authorizedKeys = join(folder, 'authorized_keys');
  writeFileSync(authorizedKeys, execFileSync('cat', [join(folder, 'user.pub')]));
  return { folder, privateKey: execFileSync('cat', [join(folder, 'user')]).toString('utf8'), authorizedKeys };
}

export const removeKeys = (keys: SshKeys): void => rmSync(keys.folder, { recursive: true, force: true });

/** `lines`: further lines of sshd_config, first match wins. */
export async function startSshd(
  keys: SshKeys,
  lines: readonly string[],
  keyType: 'ed25519' | 'rsa' = 'ed25519',
): Promise<SshDaemon> {
  const folder = mkdtempSync(join(keys.folder, 'daemon-'));
  const hostKeyFile = join(folder, 'host');
  execFileSync('ssh-keygen', ['-q', '-t', keyType, '-N', '', '-f', hostKeyFile]);
  const hostKey = execFileSync('ssh-keygen', ['-lf', `${hostKeyFile}.pub`])
    .toString('utf8')
    .split(' ')[1]!;
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const config = [
    ...lines,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKeyFile}`,
    `PidFile ${join(folder, 'pid')}`,
    `AuthorizedKeysFile ${keys.authorizedKeys}`,
    'StrictModes no',
    'PermitRootLogin yes',
    'PrintMotd no',
    'LogLevel VERBOSE',
  ];
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`);
  const daemon = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    daemon.stderr!.on('data', (bytes: Buffer) => {
      log += bytes.toString('utf8');
      if (log.includes('Server listening')) resolve();
    });
    daemon.once('exit', () => reject(new Error(`sshd ended: ${log}`)));
  });
  return { port, hostKey, log: () => log, stop: () => stop(daemon) };
}

function stop(daemon: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (daemon.exitCode !== null) return resolve();
    daemon.once('exit', () => resolve());
    daemon.kill('SIGTERM');
  });
}

/** Free a moment ago: sshd cannot be given port 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
