/**
 * One end alone, for acceptance and live tests: a simulated box, and the built `spitrap run` beside it as a process of its own. The peers
 * are the test's: C programs, or nobody. Restartable, with and without its dataDir.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type AgentProcess, startAgentProcess } from '../../agent/cli/lab/agent-process.ts';
import { chooseLoopback, type Loopback } from '../../agent/cli/lab/loopback.ts';
import { type End, otherEnd } from '../../agent/cli/lab/relay.ts';
import { createClock } from '../../agent/clock.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { Box, BoxOptions, LabPair } from '../../agent/lab/contract.ts';
import { createLabPair } from '../../agent/lab/pair.ts';
import { startSshServer } from '../../agent/lab/ssh-server.ts';
import { startSyslogSender } from '../../agent/lab/syslog-sender.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { tcpStreams } from '../../agent/net/stream.ts';
import type { Endpoint } from '../../agent/ports.ts';
import { createRandom } from '../../agent/random.ts';
import type { AgentStatus } from '../../agent/status/status.ts';
import { binPath } from './lab-process.ts';

const clock = createClock();
const disk = createDisk();
/** Of the box that the agent logs in to, and of a person. */
export const boxLogin = { user: 'spitrap', password: 'solo login', enableSecret: 'solo enable' } as const;
/** Note A's own. */
export const CRYPTO_ADDRESS: Readonly<Record<End, string>> = { hub: '213.163.222.7', spoke: '11.1.1.3' };

/** Both boxes and their tunnel, not started; `box` is for either end. */
export function soloPair(box: Partial<BoxOptions> = {}): LabPair {
  const common: Omit<BoxOptions, 'seed' | 'hostname' | 'cryptoAddress'> = {
    platform: 'cisco-ios',
    clock,
    enableSecret: boxLogin.enableSecret,
    vtyLines: 5,
    messageIntervalMs: 60_000,
    consoleLevel: null,
    trapLevel: 'debugging',
    ...box,
    behaviour: { clockMark: '', ...box.behaviour },
  };
  return createLabPair(
    { ...common, seed: 3, hostname: 'hub1', cryptoAddress: CRYPTO_ADDRESS.hub },
    { ...common, seed: 4, hostname: 'spoke1', cryptoAddress: CRYPTO_ADDRESS.spoke },
  );
}

export interface SoloOptions {
  readonly role: End;
  /** YAML, indented by two, given the addresses of this lab. */
  readonly peers: (solo: SoloAgent) => string;
  /** A log file instead of syslog over TCP, as rsyslog on this host writes it; relative to `folder`. */
  readonly logFile?: string;
  /** Further settings, YAML. */
  readonly more?: (solo: SoloAgent) => string;
  /** What the boxes of both ends have different from soloPair's. */
  readonly box?: Partial<BoxOptions>;
  /** Between two hellos; default 1s. */
  readonly hello?: string;
}

export class SoloAgent {
  readonly folder = mkdtempSync(join(tmpdir(), 'spitrap-solo-'));
  readonly role: End;
  readonly #options: SoloOptions;
  readonly #closes: (() => Promise<unknown> | unknown)[] = [];
  #pair: LabPair | null = null;
  #loopback: Loopback | null = null;
  #ssh: Endpoint | null = null;
  #agent: AgentProcess | null = null;

  constructor(options: SoloOptions) {
    this.#options = options;
    this.role = options.role;
  }

  get pair(): LabPair {
    return this.#pair!;
  }

  get box(): Box {
    return this.pair[this.role];
  }

  /** Where the agent takes signals, and syslog. */
  get signal(): Endpoint {
    return this.#loopback!.signal[this.role];
  }
  /** Where its box takes logins. */
  get ssh(): Endpoint {
    return this.#ssh!;
  }
  get syslog(): Endpoint {
    return this.#loopback!.syslog[this.role];
  }

  /** An address of this lab's own net that nobody has: `127.a.b.<last>`. */
  address(last: number): string {
    return this.#loopback!.relay.replace(/\d+$/, String(last));
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get configFile(): string {
    return join(this.folder, 'agent.yaml');
  }

  /** Box, SSH, syslog and configuration; the agent is not started. */
  async prepare(): Promise<void> {
    const random = createRandom();
    const loopback = await chooseLoopback({ streams: tcpStreams, datagrams: udpDatagrams }, random);
    this.#loopback = loopback;
    const pair = soloPair(this.#options.box);
    this.#pair = pair;
    this.#closes.push(() => pair.close());
    pair.start();
    const address = loopback.box[this.role];
    const listen = { address, port: 0 };
    const ssh = await startSshServer({ box: this.box, clock, listen, users: [boxLogin], legacy: false });
    this.#ssh = ssh.local;
    this.#closes.push(() => ssh.close());
    if (this.#options.logFile !== undefined) this.box.onSyslog((message) => this.writeLog(message));
    else {
      const sender = { box: this.box, clock, transport: 'tcp', to: this.syslog, sourceAddress: address } as const;
      const syslog = await startSyslogSender(sender);
      this.#closes.push(() => syslog.close());
    }

    mkdirSync(join(this.folder, 'secrets'), { mode: 0o700 });
    this.secret('ssh', boxLogin.password);
    this.secret('enable', boxLogin.enableSecret);
    const config = `role: ${this.role}
mode: act
dataDir: data
device:
  name: ${this.box.hostname}
  address: ${address}
  port: ${ssh.local.port}
  platform: cisco-ios
  user: ${boxLogin.user}
  password: { file: secrets/ssh }
  enablePassword: { file: secrets/enable }
  hostKey: "${ssh.hostKeyFingerprint}"
  cryptoAddresses: [${CRYPTO_ADDRESS[this.role]}]
  match: [${address}, { relay: 127.0.0.1, hostname: ${this.box.hostname} }]
sources:
  - ${this.#source()}
signal: { listen: "${this.signal.address}:${this.signal.port}", allowInsecure: true, hello: ${this.#options.hello ?? '1s'} }
stop: { delay: 2s }
evidence: { after: 1s }
log: { format: json }
peers:
${this.#options.peers(this)}${this.#options.more?.(this) ?? ''}`;
    writeFileSync(this.configFile, config, { mode: 0o600 });
  }

  /** Resolves when the agent is logged in. */
  async start(): Promise<void> {
    await this.prepare();
    await this.run();
    await this.loggedIn();
  }

  #source(): string {
    const { logFile } = this.#options;
    if (logFile !== undefined) return `{ kind: file, path: ${logFile} }`;
    return `{ kind: syslog-tcp, listen: "${this.syslog.address}:${this.syslog.port}" }`;
  }

  get logFile(): string {
    return join(this.folder, this.#options.logFile!);
  }

  /** RSYSLOG_FileFormat: the daemon's own stamp and the box's name in front, no PRI. */
  writeLog(message: string): void {
    const text = message.replace(/^<\d+>/, '');
    appendFileSync(this.logFile, `${new Date(clock.wall()).toISOString()} ${this.box.hostname} ${text}\n`);
  }

  secret(name: string, value: string): void {
    writeFileSync(join(this.folder, 'secrets', name), `${value}\n`, { mode: 0o600 });
  }

  /** Starts the agent, again after `stopAgent`. Resolves when it answers on its control socket. */
  async run(): Promise<void> {
    const logFile = await disk.open(join(this.folder, 'agent.log'), 'append');
    const { configFile } = this;
    const started = { name: this.role, clock, nodePath: process.execPath, binPath, configFile, logFile, onEntry: () => {} };
    const agent = await startAgentProcess(started);
    this.#agent = agent;
    const answer = async (): Promise<string> => (agent.running() ? ((await this.statusOrNull())?.role ?? '') : agent.lastWords());
    await expect.poll(answer, { timeout: 20_000 }).toBe(this.role);
  }

  async loggedIn(): Promise<void> {
    await expect
      .poll(async () => (await this.statusOrNull())?.device.sessions.control.state ?? '', { timeout: 20_000 })
      .toMatch(/ready|busy/);
  }

  get running(): boolean {
    return this.#agent?.running() ?? false;
  }

  /** `kill -9`: no cleanup. */
  async killAgent(): Promise<void> {
    const agent = this.#agent!;
    this.#agent = null;
    process.kill(agent.pid, 'SIGKILL');
    await agent.gone;
    // Its log file is closed with it.
    await agent.stop();
  }

  /** Asks it to end, in good order; how it ended, in words. */
  async endOf(): Promise<string> {
    const agent = this.#agent!;
    this.#agent = null;
    await agent.stop();
    return await agent.gone;
  }

  async stopAgent(): Promise<void> {
    await this.#agent?.stop();
    this.#agent = null;
  }

  /** As an engineer would, on the console. */
  debugsOn(): void {
    for (const command of [
      `debug crypto condition peer ipv4 ${CRYPTO_ADDRESS[otherEnd(this.role)]}`,
      'debug crypto isakmp',
      'debug crypto ipsec',
    ])
      this.box.console(command);
    expect(this.box.debugsOn().length).toBe(2);
  }

  /** `undebug all` as the box received it from the agent, since it was made. */
  stops(): number {
    return this.box.commandLog.filter(({ line, expanded }) => line >= 0 && expanded === 'undebug all').length;
  }

  status(): Promise<AgentStatus> {
    return callControl(this.dataDir, { request: 'status' }, clock);
  }

  statusOrNull(): Promise<AgentStatus | null> {
    return this.status().catch(() => null);
  }

  async close(): Promise<void> {
    await this.stopAgent();
    for (const close of this.#closes.splice(0).reverse()) await close();
    rmSync(this.folder, { recursive: true });
  }
}
