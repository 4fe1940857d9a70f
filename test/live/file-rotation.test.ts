/** A real rsyslogd that writes a file, logger that never stops sending, and rotation as logrotate does it: nothing lost, nothing twice. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import type { World } from '../../agent/ports.ts';
import { fileTail } from '../../agent/sources/file-tail.ts';
import { systemLogFiles } from '../../agent/sources/log-files.ts';
import type { Closable } from '../../agent/sources/source.ts';
import { ownLines } from '../../shared/detect/origin.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { noteA } from '../support/invalid-spi-lines.ts';

const run = promisify(execFile);
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const missing = ['rsyslogd', 'logger'].filter((command) => !has(command));

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

/** Everything that the source says, and a way to wait for it that no clock limits but the test's own. */
class Inbox {
  readonly seen: Observation[] = [];
  #wake: () => void = () => {};
  readonly emit = (observation: Observation): void => {
    this.seen.push(observation);
    this.#wake();
  };
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
  text(backlog: boolean): string {
    return this.seen.map((o) => (o.kind === 'lines' && o.backlog === backlog ? o.bytes.toString() : '')).join('');
  }
  /** Numbers of the lines that `send` sent, in order of arrival. */
  numbers(backlog = false): number[] {
    return [...this.text(backlog).matchAll(/line (\d+) of the router/g)].map((match) => Number(match[1]));
  }
}

let folder: string;
let log: string;
let inbox: Inbox;
let daemon: ChildProcess | null = null;
let source: Closable | null = null;
let sent: number;

const world = { clock: createClock(), disk: createDisk(), logFiles: systemLogFiles } as unknown as World;

async function openSource(): Promise<void> {
  inbox = new Inbox();
  const config = {
    kind: 'file',
    name: 'router',
    path: log,
    relay: '127.0.0.1',
    positionFile: join(folder, 'router.json'),
  } as const;
  source = await fileTail.open('router', config, { world, emit: inbox.emit, device: null });
  await inbox.until(() => inbox.seen.some((seen) => seen.kind === 'source-state'));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spitrap-rotation-'));
  log = join(folder, 'router.log');
  sent = 0;
});
afterEach(async () => {
  await source?.close();
  source = null;
  if (daemon !== null && daemon.exitCode === null) {
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
  }
  daemon = null;
  await rm(folder, { recursive: true, force: true });
});

/** `template`: how rsyslog words a line of the file; null: as it does by default. */
async function startDaemon(template: string | null): Promise<string> {
  const [portFile, config] = [join(folder, 'port'), join(folder, 'rsyslog.conf')];
  await writeFile(
    config,
    `global(workDirectory="${folder}" net.enableDNS="off")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${portFile}")
action(type="omfile" file="${log}"${template === null ? '' : ` template="${template}"`})
`,
  );
  const started = spawn('rsyslogd', ['-n', '-f', config, '-i', join(folder, 'pid')], { stdio: ['ignore', 'ignore', 'pipe'] });
  daemon = started;
  let said = '';
  started.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const died = once(started, 'exit').then(() => {
    throw new Error(`rsyslogd ended: ${said}`);
  });
  died.catch(() => {});
  const port = (async () => {
    for (;;) {
      const text = await readFile(portFile, 'utf8').catch(() => '');
      if (/^\d+/.test(text)) return text.trim();
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return Promise.race([port, died]);
}

/** A hundred lines in one run of logger, as RFC 3164 from `hub1`, each numbered. */
async function send(port: string, count = 100): Promise<void> {
  const lines = Array.from({ length: count }, () => `${++sent}: *Mar 12 18:22:10.706: %SYS-6-LOG: line ${sent} of the router`);
  const args = ['-n', '127.0.0.1', '-P', port, '-T', '--rfc3164', '-p', 'local7.warning', '-t', 'hub1'];
  const logger = run('logger', args);
  logger.child.stdin!.end(`${lines.join('\n')}\n`);
  await logger;
}

const all = (): number[] => Array.from({ length: sent }, (_, n) => n + 1);
/** Every line that was sent, each once, in order. */
async function nothingMissing(): Promise<void> {
  await inbox.until(() => inbox.numbers().includes(sent));
  expect(inbox.numbers()).toEqual(all());
}

describe.skipIf(missing.length > 0)('rsyslogd writes, we read (skipped without rsyslog and logger)', () => {
  test.each([
    ['its default form', null],
    ['the form of old', 'RSYSLOG_TraditionalFileFormat'],
    ['RFC 5424', 'RSYSLOG_SyslogProtocol23Format'],
  ])('%s: the message is found in it, and known as the device’s by its name', async (_form, template) => {
    const port = await startDaemon(template);
    await openSource();
    const args = ['-n', '127.0.0.1', '-P', port, '-T', '--rfc3164', '-p', 'local7.warning', '-t', '91', noteA];
    await run('logger', args);
    await inbox.until(() => inbox.text(false).includes('RECVD_PKT_INV_SPI'));
    const bytes = Buffer.from(inbox.text(false));
    const hostname = (await run('hostname')).stdout.trim();
    const range = parseRange('127.0.0.1')!;
    const short = hostname.split('.')[0]!;
    const own = (name: string) => ownLines([{ kind: 'relay', range, hostname: name }], '127.0.0.1', bytes);
    expect([hostname, short].some((name) => own(name).dropped === 0)).toBe(true);
    expect(own('somebody-else').dropped).toBe(1);
  });

  test('renamed and told by HUP, five times, while lines keep coming: none lost, none twice, in order', async () => {
    const port = await startDaemon(null);
    await openSource();
    for (let turn = 0; turn < 5; turn++) {
      await send(port);
      // Two rotations in one moment nobody makes: the file of this one has been seen.
      await inbox.until(() => inbox.numbers().includes(sent));
      const sending = send(port, 500);
      await rename(log, `${log}.${turn}`);
      // Between the two the daemon writes to the renamed file.
      await new Promise((resolve) => setImmediate(resolve));
      daemon!.kill('SIGHUP');
      await sending;
    }
    await send(port);
    await nothingMissing();
    expect(inbox.seen.filter((seen) => seen.kind === 'gap')).toEqual([]);
  });

  test('copied and truncated between two bursts: none lost, none twice; the truncation is a hole', async () => {
    const port = await startDaemon(null);
    await openSource();
    for (let turn = 0; turn < 4; turn++) {
      await send(port);
      // What stands in the file has to be read: logrotate itself loses what comes between its copy and its truncation.
      await nothingMissing();
      await copyFile(log, `${log}.${turn}`);
      await truncate(log, 0);
      await send(port, 300);
    }
    await nothingMissing();
    const gaps = inbox.seen.filter((seen) => seen.kind === 'gap');
    expect(gaps.map((gap) => gap.reason)).toEqual(Array.from({ length: 4 }, () => 'file-truncated'));
  });

  test('the agent is away while lines come and the file is rotated: all of them are backlog at its return', async () => {
    const port = await startDaemon(null);
    await openSource();
    await send(port);
    await nothingMissing();
    await source?.close();
    await send(port);
    // The daemon acknowledges nothing: what it took is in the file once it says so there.
    const written = async (): Promise<boolean> => (await readFile(log, 'utf8')).includes(`line ${sent} of`);
    while (!(await written())) await new Promise((resolve) => setImmediate(resolve));
    await rename(log, `${log}.1`);
    daemon!.kill('SIGHUP');
    await send(port);
    while (!(await written().catch(() => false))) await new Promise((resolve) => setImmediate(resolve));
    await openSource();
    await inbox.until(() => inbox.numbers(true).includes(sent));
    expect(inbox.numbers(true)).toEqual(all().slice(100));
    await send(port);
    await inbox.until(() => inbox.numbers().includes(sent));
    expect(inbox.numbers()).toEqual(all().slice(300));
    expect(inbox.seen.filter((seen) => seen.kind === 'gap')).toEqual([]);
  });

  test('a burst of 50,000 lines is read whole', async () => {
    const port = await startDaemon(null);
    await openSource();
    await send(port, 50_000);
    await nothingMissing();
  });
});

describe('the file system itself', () => {
  test('a named pipe, a folder, a circle of links: said, and nothing hangs', async () => {
    expect(spawnSync('mkfifo', [log]).status).toBe(0);
    await openSource();
    expect(inbox.seen).toMatchObject([{ state: 'interrupted', detail: expect.stringContaining('ENOTREG') }]);
    await source?.close();
    await rm(log);
    expect(spawnSync('mkdir', [log]).status).toBe(0);
    await openSource();
    expect(inbox.seen).toMatchObject([{ state: 'interrupted', detail: expect.stringContaining('EISDIR') }]);
    await source?.close();
    await rm(log, { recursive: true });
    expect(spawnSync('ln', ['-s', 'router.log', log]).status).toBe(0);
    await openSource();
    expect(inbox.seen).toMatchObject([{ state: 'interrupted', detail: expect.stringContaining('ELOOP') }]);
  });

  test('a symbolic link to a file is followed, also to the next one', async () => {
    await appendFile(join(folder, 'a.log'), 'old\n');
    expect(spawnSync('ln', ['-s', 'a.log', log]).status).toBe(0);
    await openSource();
    await appendFile(join(folder, 'a.log'), 'line 1 of the router\n');
    await inbox.until(() => inbox.numbers().length === 1);
    await appendFile(join(folder, 'b.log'), 'line 2 of the router\n');
    expect(spawnSync('ln', ['-sfn', 'b.log', log]).status).toBe(0);
    await inbox.until(() => inbox.numbers().length === 2);
    expect(inbox.numbers()).toEqual([1, 2]);
  });

  test.skipIf(process.getuid?.() === 0)(
    'a file that is not ours to read: said with the remedy (skipped as root, who may read all)',
    async () => {
      await writeFile(log, 'old\n', { mode: 0o000 });
      await openSource();
      expect(inbox.seen).toMatchObject([{ state: 'interrupted', detail: expect.stringContaining('adm') }]);
    },
  );
});
