/** A real nats-server on loopback for live tests: own folder, own port, killed by pid. Its port stays the same over restarts. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const natsServerPath: string | null =
  ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find((path) => existsSync(path)) ?? null;

export class NatsServer {
  readonly folder: string;
  readonly port: number;
  #configuration: string;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number, configuration: string) {
    this.folder = folder;
    this.port = port;
    this.#configuration = configuration;
  }

  /** `configuration`: more lines of nats-server's; `%FOLDER%` stands for its folder. */
  static async start(configuration = ''): Promise<NatsServer> {
    const folder = mkdtempSync(join(tmpdir(), 'spitrap-nats-'));
    const server = new NatsServer(folder, await freePort(), configuration);
    mkdirSync(join(folder, 'js'));
    await server.run();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Takes effect at the next `run`. */
  configure(configuration: string): void {
    this.#configuration = configuration;
  }

  async run(): Promise<void> {
    const file = join(this.folder, 'nats.conf');
    writeFileSync(
      file,
      `listen: 127.0.0.1:${this.port}\njetstream { store_dir: "${this.folder}/js", max_memory_store: 64MB, max_file_store: 8GB }\n` +
        this.#configuration.replaceAll('%FOLDER%', this.folder),
    );
    const child = spawn(natsServerPath!, ['-c', file, '-l', join(this.folder, 'nats.log')], { stdio: 'ignore' });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    // One that was killed looks through its streams before it listens.
    for (let tries = 0; tries < 1_200; tries++) {
      if (child.exitCode !== null) throw new Error(`nats-server ended at once (${child.exitCode}); see ${this.folder}/nats.log`);
      if (await accepts(this.port)) return;
      await sleep(50);
    }
    throw new Error('nats-server does not listen');
  }

  /** As a power cut: nothing is flushed by it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Nobody's test that is broken off leaves a server behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** PEM files of an own CA, a server's for 127.0.0.1, one for another host, and a client's, in `folder`. */
export function makeCertificates(folder: string): void {
  const run = (...argv: string[]): void => void execFileSync('openssl', argv, { cwd: folder, stdio: 'ignore' });
  run(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=fleet test CA',
  );
  for (const [name, extension] of [
    ['server', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
    ['elsewhere', 'subjectAltName=DNS:elsewhere.example'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    writeFileSync(join(folder, `${name}.ext`), extension);
    run(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.pem`,
      '-days',
      '30',
      '-extfile',
      `${name}.ext`,
    );
  }
}
