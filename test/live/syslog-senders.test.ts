/** Real senders against our syslog sources: rsyslogd as the relay in between (own configuration, loopback), and util-linux logger. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { udpDatagrams } from '../../agent/net/datagram.ts';
import { tcpStreams } from '../../agent/net/stream.ts';
import type { World } from '../../agent/ports.ts';
import { type Listening, type SyslogListenerConfig, syslogTcp, syslogUdp } from '../../agent/sources/syslog-listener.ts';
import { type Candidate, emptyWrapState, findCandidates, type WrapState } from '../../shared/detect/candidates.ts';
import { emptyGate, type GateContext, type GateDecision, gate } from '../../shared/detect/gate.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { bodies, messageOf, noteA } from '../support/invalid-spi-lines.ts';

const run = promisify(execFile);
const loopback = parseRange('127.0.0.1')!;
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const missing = ['rsyslogd', 'logger'].filter((command) => !has(command));

/** A place for what arrives, and a way to wait for it that no clock limits but the test's own. */
class Inbox {
  readonly observations: Observation[] = [];
  readonly candidates: Candidate[] = [];
  #wrapped: WrapState = emptyWrapState;
  #wake: () => void = () => {};

  readonly emit = (observation: Observation): void => {
    this.observations.push(observation);
    if (observation.kind === 'lines') {
      const found = findCandidates(this.#wrapped, observation);
      this.#wrapped = found.state;
      this.candidates.push(...found.candidates);
    }
    this.#wake();
  };

  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  of(source: string): Candidate[] {
    return this.candidates.filter((candidate) => candidate.source === source);
  }

  text(): string {
    return this.observations.map((o) => (o.kind === 'lines' ? o.bytes.toString() : '')).join('');
  }
}

const world = { clock: createClock(), datagrams: udpDatagrams, streams: tcpStreams } as unknown as World;
const opened: Listening[] = [];

async function listen(inbox: Inbox, kind: SyslogListenerConfig['kind'], name: string): Promise<number> {
  const config: SyslogListenerConfig = { kind, name, listen: { address: '127.0.0.1', port: 0 }, allow: [loopback] };
  const source = await (kind === 'syslog-udp' ? syslogUdp : syslogTcp).open(name, config, {
    world,
    emit: inbox.emit,
    device: null,
  });
  opened.push(source);
  return source.local.port;
}

afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
});

function decide(candidate: Candidate, match: GateContext['match']): GateDecision {
  const context: GateContext = {
    match,
    cryptoAddresses: [parseRange('0.0.0.0/0')!, parseRange('::/0')!],
    peers: [{ name: 'spoke', cryptoAddresses: [parseRange('0.0.0.0/0')!, parseRange('::/0')!] }],
    trigger: { kind: 'first' },
    maxEventAgeMs: 60_000,
    clock: null,
  };
  return gate(emptyGate, candidate, context).decision;
}

test('the tools are there (test/live/setup.sh installs them)', () => {
  if (process.env['CI']) expect(missing).toEqual([]);
});

describe.skipIf(missing.includes('logger'))('logger (skipped without util-linux logger)', () => {
  const forms: readonly (readonly [name: string, args: readonly string[]])[] = [
    ['RFC 5424, as is', []],
    ['RFC 5424 with structured data', ['--sd-id', 'ex@32473', '--sd-param', 'a="x [y> z"']],
    ['RFC 5424 without time quality and host', ['--rfc5424=notq,nohost']],
    ['RFC 3164', ['--rfc3164']],
    ['RFC 3164 with a process', ['--rfc3164', '-i', '-t', 'cat']],
  ];
  const ways: readonly (readonly ['syslog-udp' | 'syslog-tcp', readonly string[]])[] = [
    ['syslog-udp', ['-d']],
    ['syslog-tcp', ['-T']],
    ['syslog-tcp', ['-T', '--octet-count']],
  ];
  const cases = forms.flatMap(([name, args]) => ways.map(([kind, way]) => [name, kind, [...args, ...way]] as const));

  test.each(cases)('%s over %s %j', async (_name, kind, args) => {
    const inbox = new Inbox();
    const port = await listen(inbox, kind, kind);
    await run('logger', ['-n', '127.0.0.1', '-P', String(port), '-p', 'local7.warning', '--size', '4KiB', ...args, noteA]);
    await inbox.until(() => inbox.candidates.length > 0);
    const [candidate] = inbox.candidates;
    expect(candidate).toMatchObject({
      kind: 'message',
      message: bodies[0]!.expected,
      trust: kind === 'syslog-udp' ? 'spoofable' : 'connected',
      from: '127.0.0.1',
      header: { pri: 188, unread: '', stamp: { text: '*Mar 12 18:22:10.706' } },
    });
    expect(decide(candidate!, [{ kind: 'address', range: loopback }])).toMatchObject({ kind: 'event' });
  });
});

describe.skipIf(missing.includes('rsyslogd'))('rsyslogd as the relay (skipped without rsyslog)', () => {
  let folder: string;
  let daemon: ChildProcess | null = null;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spitrap-rsyslog-'));
  });
  afterEach(async () => {
    if (daemon === null || daemon.exitCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await gone;
    daemon = null;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Lines in by TCP as a device sends them, out to the sources in one format. Returns the port to send to. */
  async function startRelay(template: string | null, targets: readonly string[]): Promise<number> {
    const portFile = join(folder, 'port');
    const pidFile = join(folder, 'pid');
    await rm(portFile, { force: true });
    await rm(pidFile, { force: true });
    const format = template === null ? '' : ` template="${template}"`;
    const config = `global(workDirectory="${folder}" net.enableDNS="off")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="0" listenPortFileName="${portFile}")
template(name="Raw" type="string" string="%rawmsg%")
${targets.map((target) => `action(type="omfwd" target="127.0.0.1"${format} ${target})`).join('\n')}
`;
    const file = join(folder, 'rsyslog.conf');
    await writeFile(file, config);
    daemon = spawn('rsyslogd', ['-n', '-f', file, '-i', pidFile], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    daemon.stderr!.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const died = once(daemon, 'exit').then(() => {
      throw new Error(`rsyslogd ended: ${said}`);
    });
    died.catch(() => {});
    const port = (async () => {
      for (;;) {
        const text = await readFile(portFile, 'utf8').catch(() => '');
        if (/^\d+/.test(text)) return Number.parseInt(text, 10);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    return Promise.race([port, died]);
  }

  async function send(port: number, lines: readonly string[]): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(`${lines.join('\n')}\n`);
    await once(socket, 'close');
  }

  const lines = [
    `<188>91: hub: ${noteA}`,
    `<188>92: 000093: *Mar 12 18:22:10.706: ${messageOf(bodies[1]!)}`,
    `<188>93: hub: Mar 12 18:22:10.706 NewYork: ${messageOf(bodies[2]!)}`,
    `<188>94: ASR920: 007439: 2y10w: ${messageOf(bodies[3]!)}`,
    `<188>*Mar 12 18:22:10.706: ${messageOf(bodies[4]!)}`,
    `<188>${messageOf(bodies[5]!)}`,
    `<188>95: 2001:db8::1: 2026 Mar 12 18:22:10.706: ${messageOf(bodies[6]!)}`,
    `<188>Mar 12 18:22:10.706: ${messageOf(bodies[7]!)}`,
  ];

  test.each([
    ['as it forwards by default (RFC 3164 with an ISO stamp)', null],
    ['RFC 3164 as of old', 'RSYSLOG_TraditionalForwardFormat'],
    ['RFC 5424', 'RSYSLOG_SyslogProtocol23Format'],
    ['the raw message', 'Raw'],
  ])('%s: every message arrives by UDP, TCP and octet-counted TCP', async (_name, template) => {
    const inbox = new Inbox();
    const udp = await listen(inbox, 'syslog-udp', 'udp');
    const lf = await listen(inbox, 'syslog-tcp', 'lf');
    const counted = await listen(inbox, 'syslog-tcp', 'counted');
    const port = await startRelay(template, [
      `port="${udp}" protocol="udp"`,
      `port="${lf}" protocol="tcp" TCP_Framing="traditional"`,
      `port="${counted}" protocol="tcp" TCP_Framing="octet-counted"`,
    ]);
    await send(port, lines);
    await inbox.until(() => ['udp', 'lf', 'counted'].every((source) => inbox.of(source).length >= lines.length));
    for (const source of ['udp', 'lf', 'counted']) {
      const found = inbox.of(source);
      expect(found.map((candidate) => (candidate.kind === 'message' ? candidate.message : candidate.raw))).toEqual(
        bodies.map((body) => body.expected),
      );
      for (const candidate of found) {
        expect(candidate.header.unread, candidate.raw).toBe('');
        if (template !== 'Raw') expect(candidate.header.relayHostname, candidate.raw).not.toBeNull();
        expect(decide(candidate, [{ kind: 'address', range: loopback }]).kind).toBe('event');
      }
      // Through a relay the device is known by what it calls itself.
      const byName = [{ kind: 'relay' as const, range: loopback, hostname: 'hub' }];
      expect(decide(found[0]!, byName)).toMatchObject({ kind: 'event', event: { header: { sequence: 91 } } });
      expect(decide(found[3]!, byName).kind).toBe('foreign-device');
    }
  });
});
