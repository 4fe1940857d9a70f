/** Alarms from the built executable to real receivers on loopback: a stop that can not be verified, a webhook that is down, an agent that is killed meanwhile. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Notice } from '../../agent/alarms/notice.ts';
import { runSpitrap } from '../support/run-spitrap.ts';
import { SoloAgent } from '../support/solo-agent.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

interface Hook {
  readonly port: number;
  readonly notices: Notice[];
  readonly tokens: (string | undefined)[];
}

/** `answers` false: takes the connection and never says a word. */
async function webhook(port: number, answers = true): Promise<Hook> {
  const hook = { port: 0, notices: [] as Notice[], tokens: [] as (string | undefined)[] };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      hook.notices.push(JSON.parse(body) as Notice);
      hook.tokens.push(request.headers.authorization);
      if (answers) response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closes.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  hook.port = (server.address() as { port: number }).port;
  return hook;
}

/** A port where nobody listens, and nobody else will for now. */
async function quietPort(): Promise<number> {
  const { port } = await webhook(0);
  await closes.pop()!();
  return port;
}

async function collector(): Promise<{ readonly port: number; readonly lines: string[] }> {
  const socket: UdpSocket = createSocket('udp4');
  const lines: string[] = [];
  socket.on('message', (bytes) => lines.push(bytes.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closes.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { port: socket.address().port, lines };
}

const nobody = (solo: SoloAgent): string => {
  solo.secret('auth', 'authentication key');
  return `  - name: spoke1
    cryptoAddresses: [11.1.1.3]
    send: ["${solo.address(99)}:10162"]
    snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: secrets/auth } } }
`;
};

/** A script that keeps what it is told, a line each. */
function pager(solo: SoloAgent): { readonly script: string; told(): string[] } {
  const script = join(solo.folder, 'page.sh');
  const kept = join(solo.folder, 'paged');
  writeFileSync(script, `#!/bin/sh\ncat > /dev/null\necho "$SPITRAP_STATUS $SPITRAP_KEY $SPITRAP_REMEDY" >> ${kept}\n`, {
    mode: 0o700,
  });
  return { script, told: () => (existsSync(kept) ? readFileSync(kept, 'utf8').trimEnd().split('\n') : []) };
}

function hub(more: (solo: SoloAgent) => string): SoloAgent {
  const solo = new SoloAgent({ role: 'hub', peers: nobody, more });
  closes.push(() => solo.close());
  return solo;
}

const within = { timeout: 60_000, interval: 100 };

test('a stop that can not be verified: paged at once; the webhook was down, the agent is killed, and it is told exactly how it stands; over, when it is', async () => {
  const port = await quietPort();
  const syslog = await collector();
  let page = { script: '', told: (): string[] => [] };
  const solo = hub((self) => {
    page = pager(self);
    self.secret('hook', 'hook t0ken');
    return `alarms:
  - { kind: webhook, url: "http://127.0.0.1:${port}/alarms", token: { file: secrets/hook } }
  - { kind: command, run: [${page.script}], severity: critical }
  - { kind: syslog, send: "127.0.0.1:${syslog.port}", severity: critical }
`;
  });
  await solo.start();
  solo.debugsOn();
  solo.box.behave({ refuse: [/^undebug all$/] });
  solo.pair.desync();

  const told = (status: string): string[] => page.told().filter((line) => line.startsWith(`${status} stop:`));
  await expect.poll(() => told('raised').length, within).toBe(1);
  const { address } = (await solo.status()).device;
  expect(told('raised')[0]).toMatch(
    new RegExp(`^raised stop:[0-9A-Z]{26} log in to hub1 \\(${address}\\) and type: undebug all$`),
  );
  await expect
    .poll(() => syslog.lines.filter((line) => /^<26>1 .* raised - ALARM a\d+ \(critical\) on hub1: debugs on/.test(line)).length)
    .toBe(1);
  const standing = (await solo.status()).alarms.find(({ key }) => key.startsWith('stop:'))!;
  await expect
    .poll(async () => (await solo.status()).alarmChannels[0], within)
    .toMatchObject({
      name: 'webhook',
      delivered: 0,
      target: `http://127.0.0.1:${port}`,
      lastError: expect.stringContaining('ECONNREFUSED') as string,
    });

  await solo.killAgent();
  const hook = await webhook(port);
  await solo.run();
  const stops = (): string[] => hook.notices.filter(({ alarm }) => alarm.key === standing.key).map(({ status }) => status);
  await expect.poll(stops, within).toEqual(['raised']);
  const [notice] = hook.notices.filter(({ alarm }) => alarm.key === standing.key);
  expect(notice).toMatchObject({
    ...{ version: 1, test: false, repeats: 0, device: { name: 'hub1', address }, agent: { role: 'hub', mode: 'act' } },
    alarm: { id: standing.id, severity: 'critical', since: standing.since, text: standing.text, remedy: standing.remedy },
  });
  expect(new Set(hook.tokens)).toEqual(new Set(['Bearer hook t0ken']));

  solo.box.behave({ refuse: [] });
  await expect.poll(stops, within).toEqual(['raised', 'cleared']);
  await expect.poll(() => told('cleared').length, within).toBe(1);
  // Of this alarm: its peer is not there either, and is told of by an alarm of its own.
  const over = () => syslog.lines.filter((line) => line.includes(' cleared - over ') && line.includes(`key ${standing.key}`));
  await expect.poll(() => over().length, within).toBe(1);
  expect(told('raised')).toHaveLength(1);
  expect(solo.box.debugsOn()).toEqual([]);
  expect(readFileSync(join(solo.folder, 'agent.log'), 'utf8')).not.toContain('hook t0ken');
});

test('a webhook that hangs holds up nobody: the command is run, ack silences it, the agent ends in good order', async () => {
  const hook = await webhook(0, false);
  let page = { script: '', told: (): string[] => [] };
  const solo = hub((self) => {
    page = pager(self);
    return `alarms:
  - { kind: webhook, url: "http://127.0.0.1:${hook.port}/", timeout: 60s }
  - { kind: command, run: [${page.script}] }
`;
  });
  await solo.prepare();
  // A host key that is not the box's: an alarm at once.
  const pinned = readFileSync(solo.configFile, 'utf8').replace(/hostKey: "SHA256:....../, 'hostKey: "SHA256:AAAAAA');
  writeFileSync(solo.configFile, pinned);
  await solo.run();
  await expect
    .poll(() => page.told().map((line) => line.split(' ').slice(0, 2).join(' ')), within)
    .toContain('raised device-login');
  await expect.poll(() => hook.notices.length, within).toBe(1);
  expect((await solo.status()).alarmChannels[0]).toMatchObject({ state: 'sending', delivered: 0 });

  const listed = await runSpitrap(['ack', '-c', solo.configFile]);
  expect(listed.stdout).toMatch(/ALARM {5}a1 {2}critical since/);
  expect((await runSpitrap(['ack', '--all', '-c', solo.configFile])).stdout).toMatch(/^a1 acknowledged/m);
  await expect.poll(() => page.told().filter((line) => line.startsWith('acknowledged device-login')).length, within).toBe(1);
  expect(await solo.endOf()).toBe('exit code 0');
});

test('spitrap alarms test: marked, without an agent', async () => {
  const hook = await webhook(0);
  const gone = await quietPort();
  const solo = hub(
    () => `alarms:
  - { kind: webhook, name: chat, url: "http://127.0.0.1:${hook.port}/x" }
  - { kind: webhook, name: gone, url: "http://127.0.0.1:${gone}/x" }
`,
  );
  await solo.prepare();
  const { code, stdout, stderr } = await runSpitrap(['alarms', 'test', '-c', solo.configFile]);
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(
    /^✓ chat \(webhook\) http:\/\/127\.0\.0\.1:\d+ answered 204\n✗ gone \(webhook\) http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\n {2}→ /,
  );
  expect(hook.notices).toMatchObject([{ test: true, status: 'raised', device: { name: 'hub1' } }]);
});
