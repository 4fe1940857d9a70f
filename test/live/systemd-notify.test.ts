/**
 * The built agent under a stand-in for systemd: a datagram socket of AF_UNIX that takes what the real systemd-notify(1) sends, in order, and
 * the units in the hands of systemd-analyze(1).
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { binPath } from '../support/lab-process.ts';
import { SoloAgent } from '../support/solo-agent.ts';

const run = promisify(execFile);
const missing = ['systemd-notify', 'systemd-analyze', 'python3'].filter((tool) => spawnSync('which', [tool]).status !== 0);

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

/** One datagram a line, its variables separated by tabs. Not reading ancillary data closes the descriptor that BARRIER=1 carries, as systemd does. */
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("bound", flush=True)
while True:
    said = listener.recv(65536).decode()
    print(said.strip().replace("\\n", "\\t"), flush=True)
`;

class Systemd {
  readonly said: string[] = [];
  readonly #child: ChildProcess;
  constructor(path: string) {
    const child = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    let rest = '';
    child.stdout.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.said.push(...lines);
    });
  }
  heard(pattern: RegExp, withinMs = 20_000): Promise<void> {
    return expect.poll(() => this.said.some((line) => pattern.test(line)), { timeout: withinMs, interval: 20 }).toBe(true);
  }
  get alive(): number {
    return this.said.filter((line) => line.includes('WATCHDOG=1')).length;
  }
  close(): void {
    this.#child.kill();
  }
}

const closes: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

const peer = (solo: SoloAgent): string => {
  solo.secret('auth', 'authentication key');
  solo.secret('priv', 'privacy key of it');
  return `  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["${solo.address(99)}:10162"]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: secrets/auth } }, priv: { protocol: aes, key: { file: secrets/priv } } }
`;
};

interface Started {
  readonly solo: SoloAgent;
  readonly systemd: Systemd;
  readonly agent: ChildProcess;
  readonly gone: Promise<number | null>;
  readonly log: () => string;
}

async function started(more: NodeJS.ProcessEnv = {}): Promise<Started> {
  const solo = new SoloAgent({ role: 'hub', peers: peer });
  closes.push(() => solo.close());
  await solo.prepare();
  const socket = join(solo.folder, 'notify');
  const systemd = new Systemd(socket);
  closes.push(() => systemd.close());
  await systemd.heard(/^bound$/);
  const env = { ...process.env, NOTIFY_SOCKET: socket, ...more };
  const agent = spawn(process.execPath, [binPath, 'run', '-c', solo.configFile], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let log = '';
  for (const stream of [agent.stdout, agent.stderr])
    stream.on('data', (bytes: Buffer) => {
      log += bytes.toString();
    });
  const gone = new Promise<number | null>((resolve) => agent.once('exit', resolve));
  closes.push(() => void agent.kill('SIGKILL'));
  return { solo, systemd, agent, gone, log: () => log };
}

describe.skipIf(missing.length > 0)('what systemd hears of a real agent (skipped without systemd-notify and python3)', () => {
  test('ready when it watches, alive twice a period, silent when it hangs, alive again, reloading, stopping', async () => {
    const { solo, systemd, agent, gone, log } = await started({ WATCHDOG_USEC: '2000000' });
    await systemd.heard(/^READY=1\tSTATUS=act beside hub1 \(hub\): no incident$/);
    expect(await solo.status()).toMatchObject({ role: 'hub' });
    await expect.poll(() => systemd.alive, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);

    // A process that does not turn: longer than the period, so that systemd would have killed it.
    agent.kill('SIGSTOP');
    // What was on its way when it was stopped still arrives.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = systemd.alive;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(systemd.alive).toBe(before);
    agent.kill('SIGCONT');
    await expect.poll(() => systemd.alive, { timeout: 20_000 }).toBeGreaterThan(before);

    writeFileSync(solo.configFile, readFileSync(solo.configFile, 'utf8').replace('stop: { delay: 2s }', 'stop: { delay: 3s }'));
    const logins = solo.box.commandLog.filter(({ expanded }) => expanded === 'enable').length;
    agent.kill('SIGHUP');
    await systemd.heard(/^RELOADING=1\tMONOTONIC_USEC=\d+\tSTATUS=/);
    await expect.poll(() => systemd.said.filter((line) => line.startsWith('READY=1')).length).toBe(2);
    expect(log()).toContain('reload: taken over: stop.delay');
    expect(solo.box.commandLog.filter(({ expanded }) => expanded === 'enable').length).toBe(logins);

    agent.kill('SIGTERM');
    await systemd.heard(/^STOPPING=1\tSTATUS=stopping: SIGTERM\tEXTEND_TIMEOUT_USEC=20000000/);
    expect(await gone).toBe(0);
    const order = systemd.said
      .map((line) => line.split('\t')[0]!.split('=')[0]!)
      .filter((word) => /READY|RELOADING|STOPPING/.test(word));
    expect(order).toEqual(['READY', 'RELOADING', 'READY', 'STOPPING']);
  });

  test('a SIGHUP with a file at fault, or one that needs a restart: READY again, the agent goes on', async () => {
    const { solo, systemd, agent, gone, log } = await started();
    await systemd.heard(/^READY=1/);
    const good = readFileSync(solo.configFile, 'utf8');
    for (const [bad, words] of [
      [good.replace('role: hub', 'role: hub\nrolle: hub'), 'CONFIG_INVALID'],
      [good.replace('mode: act', 'mode: observe'), 'RELOAD_REFUSED'],
    ] as const) {
      const ready = systemd.said.filter((line) => line.startsWith('READY=1')).length;
      writeFileSync(solo.configFile, bad);
      agent.kill('SIGHUP');
      await expect
        .poll(() => systemd.said.filter((line) => line.startsWith('READY=1')).length, { timeout: 20_000 })
        .toBe(ready + 1);
      expect(log()).toContain(words);
      expect((await solo.status()).alarms.map(({ key }) => key)).toContain('reload-refused');
    }
    writeFileSync(solo.configFile, good);
    const again = await run(process.execPath, [binPath, 'reload', '-c', solo.configFile]);
    expect(again.stdout).toBe('nothing has changed\n');
    expect((await solo.status()).alarms.map(({ key }) => key)).not.toContain('reload-refused');
    agent.kill('SIGTERM');
    expect(await gone).toBe(0);
  });
});

describe.skipIf(missing.length > 0).each(['spitrap@', 'spitrap-fleet@'])(
  '%s.service (skipped without systemd-analyze)',
  (name) => {
    const unit = fileURLToPath(new URL(`../../docs/systemd/${name}.service`, import.meta.url));

    test('is exposed less than 2.0 of 10', async () => {
      expect(existsSync(unit)).toBe(true);
      const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', unit]);
      const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)![1]);
      console.info(`systemd-analyze security: ${level}`);
      expect(level).toBeLessThan(2.0);
    });

    test('every line of it is understood', async () => {
      const said = await run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit]).catch(
        (error: { stderr: string }) => error,
      );
      // That this host has no spitrap on its path is no fault of the unit.
      const faults = said.stderr.split('\n').filter((line) => line !== '' && !line.includes('Command spitrap is not executable'));
      expect(faults).toEqual([]);
    });
  },
);
