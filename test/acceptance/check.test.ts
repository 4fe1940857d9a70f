/**
 * `spitrap check` against the lab's boxes behind real SSH, syslog and SNMP: a sound pair has all its ticks, and each thing that is wrong is
 * named with what to do about it. The other end's agent lives in this process.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Agent, startAgent } from '../../agent/app.ts';
import type { CheckRow } from '../../agent/check/row.ts';
import { scenarios } from '../../agent/cli/lab/scenarios.ts';
import { type Stage, setStage } from '../../agent/cli/lab/stage.ts';
import { thisHost } from '../../agent/config/config-host.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { callControl } from '../../agent/control/control-client.ts';
import { openControlSocket } from '../../agent/control/control-socket.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { Cleanup } from '../../agent/lifecycle.ts';
import { silentLog } from '../../agent/log.ts';
import { createWorld } from '../../agent/world.ts';
import { type CliRun, cli } from '../cli/cli-run.ts';

const world = createWorld();
const cleanup = new Cleanup(world.clock, 15_000);
const folder = mkdtempSync(join(tmpdir(), 'spitrap-check-'));
let stage: Stage;
let spoke: Agent;

beforeAll(async () => {
  const quiet = { onRelay: () => {}, onSyslog: () => {} };
  const set = { folder, scenario: scenarios[0]!, delayMs: 1_000, seed: 11, lossPercent: 0, ...quiet };
  stage = await setStage(set, world, cleanup);
  stage.pair!.start();
  spoke = await living(stage.configs.spoke);
  cleanup.add('spoke', () => void spoke.stop('test'));
});
afterAll(async () => {
  await cleanup.stop();
  rmSync(folder, { recursive: true });
});

async function living(file: string): Promise<Agent> {
  const { config, secrets } = loadConfig(file, thisHost);
  return startAgent(config, world, silentLog, {
    openControl: openControlSocket,
    version: 'test',
    pid: process.pid,
    secrets,
    trustOnFirstUse: null,
  });
}

/** hub.yaml with one thing changed; the same dataDir. */
function changed(name: string, ...changes: readonly (readonly [from: string, to: string])[]): string {
  const text = changes.reduce(
    (so, [from, to]) => {
      expect(so).toContain(from);
      return so.replace(from, () => to);
    },
    readFileSync(stage.configs.hub, 'utf8'),
  );
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

interface Checked extends CliRun {
  readonly result: string;
  readonly rows: readonly CheckRow[];
  row(title: string): CheckRow | undefined;
}

async function check(file: string, ...more: string[]): Promise<Checked> {
  const run = await cli(['check', '-c', file, '--json', ...more], { stopSignal: () => new Promise(() => {}) });
  const { result, rows } = JSON.parse(run.stdout) as { result: string; rows: CheckRow[] };
  return { ...run, result, rows, row: (title) => rows.find((row) => row.title === title) };
}

/** As an engineer on the console. */
function configure(...lines: string[]): void {
  for (const line of ['configure terminal', ...lines, 'end']) stage.boxes.hub.console(line);
}

const typedSince = (count: number): string[] => stage.boxes.hub.commandLog.slice(count).map(({ expanded }) => expanded);

describe('a sound pair', () => {
  test('every tick; only show lines and terminal settings were typed, and the audit file has each of them', async () => {
    const before = stage.boxes.hub.commandLog.length;
    const checked = await check(stage.configs.hub);
    expect(checked.rows.filter(({ state }) => state !== 'ok').map(({ title }) => title)).toEqual(['alarms', 'log lines']);
    expect(checked).toMatchObject({ code: 0, stderr: '', result: 'ok' });
    const titles = checked.rows.map(({ title }) => title);
    for (const title of ['login', 'privilege', 'paging', 'VTY lines', 'console', 'trap level', 'spoke1 cfg', 'spoke1 clock'])
      expect(titles).toContain(title);

    const typed = typedSince(before).filter((line) => line !== '');
    expect(typed.filter((line) => !/^(?:show |terminal |enable$|exit$)/.test(line))).toEqual([]);
    const audit = readFileSync(join(folder, 'hub-data', 'audit.log'), 'utf8');
    for (const line of typed.filter((each) => each.startsWith('show')))
      expect(audit, line).toContain(`"session":"check","line":${JSON.stringify(line)}`);
    const listed = (await cli(['commands', '-c', stage.configs.hub])).stdout;
    for (const line of typed.filter((each) => each.startsWith('show'))) expect(listed.replace(/\n +/g, ' ')).toContain(line);
    expect(stage.boxes.hub.commandLog.at(-1)?.expanded).toBe('exit');
  });

  test('the test bundle verifies, is no incident, and old ones go', async () => {
    for (let times = 0; times < 12; times++) await check(stage.configs.hub);
    const checks = join(folder, 'hub-data', 'checks');
    const names = readdirSync(checks);
    expect(names).toHaveLength(10);
    const { whole, incident } = await verifyBundle(join(checks, names.at(-1)!), world.disk);
    expect(whole).toBe(true);
    expect(incident).toMatchObject({ mode: 'test (spitrap check)', outcome: { kind: 'captured', reasons: ['test'] } });
    expect(incident!.captures.map(({ command }) => command)).toEqual(['show ip interface brief']);
    expect((await cli(['incidents', '-c', stage.configs.hub])).stdout).toBe('no incidents\n');
  });

  test('as a table: ticks, sections, 80 columns', async () => {
    const { code, stdout } = await cli(['check', '-c', stage.configs.hub]);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const section of ['configuration', 'this host', 'device', 'peers', 'evidence'])
      expect(stdout).toMatch(new RegExp(`^${section}$`, 'm'));
    expect(stdout).toContain('  ✓ login ');
    expect(stdout).toMatch(/\n\d+ in order, 1 warning, 0 failed, 1 not looked at\nwarnings: alarms\n$/);
  });

  test('a line of the device, waited for', async () => {
    const file = stage.configs.hub;
    const talking = setInterval(() => configure(), 200);
    try {
      expect((await check(file, '--wait', '20s')).row('log lines')).toMatchObject({ state: 'ok' });
    } finally {
      clearInterval(talking);
    }
  });

  test('a router as a peer: not tried, and the lines that it needs', async () => {
    writeFileSync(join(folder, 'secrets', 'community'), 'public\n', { mode: 0o600 });
    const router = `  - name: router7
    kind: eem
    cryptoAddresses: [192.0.2.77]
    send: ["192.0.2.77:162"]
    snmp: { version: 2c, community: { file: secrets/community } }
`;
    const file = changed('router', ['\nstop:', `${router}\nstop:`], ['  hello:', '  allowInsecure: true\n  hello:']);
    const checked = await check(file);
    expect(checked.code).toBe(0);
    const { address, port } = stage.facts.hub.signal;
    expect(checked.row('router7 router')).toMatchObject({
      state: 'skipped',
      enter: [
        'snmp-server enable traps event-manager',
        'snmp-server manager',
        `snmp-server host ${address} version 2c <community> udp-port ${port} event-manager`,
      ],
    });
    expect(checked.row('router7')).toMatchObject({
      state: 'skipped',
      detail: expect.stringContaining('spitrap signal') as string,
    });
    expect(checked.stdout).not.toContain('public');
  });

  test('offline: nothing but files', async () => {
    const before = stage.boxes.hub.commandLog.length;
    const checked = await check(stage.configs.hub, '--offline');
    expect(checked).toMatchObject({ code: 0, result: 'ok' });
    expect(checked.rows.map(({ section }) => section)).not.toContain('device');
    expect(checked.row('cfg')?.detail).toMatch(/^[0-9a-f]{8}: /);
    expect(typedSince(before)).toEqual([]);
  });
});

interface Broken {
  readonly what: string;
  /** Breaks it, and says which file to check and how to make it whole again. */
  readonly breaks: () => Promise<{ file: string; mend?: () => unknown }>;
  readonly title: string;
  readonly state?: CheckRow['state'];
  readonly detail: RegExp;
  readonly remedy: RegExp | null;
  readonly enter?: readonly string[];
}

const own = async (file: string) => ({ file });

describe('a broken set-up is named, with its remedy', () => {
  const broken: readonly Broken[] = [
    {
      what: 'a wrong password',
      breaks: async () => {
        writeFileSync(join(folder, 'secrets', 'wrong'), 'not it\n', { mode: 0o600 });
        return own(changed('password', ['{ file: secrets/hub-ssh }', '{ file: secrets/wrong }']));
      },
      title: 'login',
      detail: /^SSH_AUTH_REFUSED: .*"spitrap"/,
      remedy: /device\.user/,
      enter: ['username spitrap privilege 15 secret <password>'],
    },
    {
      what: 'another host key',
      breaks: () => own(changed('host-key', [stage.facts.hub.hostKey, `SHA256:${'A'.repeat(43)}`])),
      title: 'login',
      detail: /^SSH_HOST_KEY_REFUSED: .*nothing was sent/,
      remedy: /compare it with the device/,
    },
    {
      what: 'the trap level that IOS has by default',
      breaks: async () => {
        configure('logging trap informational');
        return { file: stage.configs.hub, mend: () => configure('logging trap debugging') };
      },
      title: 'trap level',
      detail: /trap level is 6, below debugging/,
      remedy: /what explains the message/,
      enter: ['logging trap debugging'],
    },
    {
      what: 'a console that gets the debugs',
      breaks: async () => {
        configure('logging console debugging');
        return { file: stage.configs.hub, mend: () => configure('no logging console') };
      },
      title: 'console',
      detail: /can hang the router/,
      remedy: /turn it off/,
      enter: ['no logging console'],
    },
    {
      what: 'VTY lines that other people have',
      breaks: async () => {
        const lines = [1, 2].map(() => stage.boxes.hub.connectVty('198.51.100.7', 'anna')!);
        return { file: stage.configs.hub, mend: () => lines.map((line) => line.close()) };
      },
      title: 'VTY lines',
      detail: /^VTY lines free beside our own sessions: 1;/,
      remedy: /show users/,
      enter: ['line vty 0 15', ' transport input ssh'],
    },
    {
      what: 'no VTY line at all',
      breaks: async () => {
        const lines = [1, 2, 3, 4, 5].map(() => stage.boxes.hub.connectVty('198.51.100.7', 'anna')!);
        return { file: stage.configs.hub, mend: () => lines.map((line) => line.close()) };
      },
      title: 'login',
      detail: /^(?:NO_FREE_VTY|SSH_UNREACHABLE): /,
      remedy: /VTY lines|show users/,
      enter: ['line vty 0 15', ' transport input ssh'],
    },
    {
      what: 'the port of a source that somebody has',
      breaks: async () => {
        const taken = await world.streams.listen(stage.facts.hub.syslog, (connection) => connection.close());
        return { file: stage.configs.hub, mend: () => taken.close() };
      },
      title: 'syslog-tcp',
      detail: /^LISTEN_REFUSED: .*EADDRINUSE/,
      remedy: /a port that is free/,
    },
    {
      what: 'another agreed value than the peer’s',
      breaks: () => own(changed('values', ['  hello:', '  values: { stop: 2323299 }\n  hello:'])),
      title: 'spoke1 cfg',
      detail: /its cfg [0-9a-f]{8}, ours [0-9a-f]{8}/,
      remedy: /compare signal\.values/,
    },
    {
      what: 'a path where nobody is',
      breaks: async () => {
        const { address, port } = loadConfig(stage.configs.hub, thisHost).config.peers[0]!.send[0]!;
        const dead = `${address.replace(/\d+$/, '99')}:10162`;
        return own(changed('dead-path', [`send: ["${address}:${port}"]`, `send: ["${address}:${port}", "${dead}"]`]));
      },
      title: 'dead path',
      detail: /^S(?:NMP_TIMEOUT|END_FAILED): /,
      remedy: /is its agent running there/,
    },
    {
      what: 'another key than the peer’s',
      breaks: async () => {
        writeFileSync(join(folder, 'secrets', 'other-auth'), 'another authentication key\n', { mode: 0o600 });
        return own(changed('keys', ['{ file: secrets/pair-auth }', '{ file: secrets/other-auth }']));
      },
      title: 'keys',
      detail: /^SNMP_REFUSED: /,
      remedy: /user and keys/,
    },
    {
      what: 'a mode that the other end does not run in',
      breaks: () => own(changed('mode', ['mode: act', 'mode: capture'])),
      title: 'spoke1 mode',
      state: 'warn',
      detail: /runs in mode act/,
      remedy: /both/,
    },
    {
      what: 'terminal settings that AAA refuses',
      breaks: async () => {
        stage.boxes.hub.behave({ refuseTerminalSettings: true });
        return { file: stage.configs.hub, mend: () => stage.boxes.hub.behave({ refuseTerminalSettings: false }) };
      },
      title: 'paging',
      state: 'warn',
      detail: /^terminal length 0: refused, /,
      remedy: /allow these lines/,
    },
    {
      what: 'a privilege that the device does not tell, where the stop may be sent',
      breaks: async () => {
        stage.boxes.hub.behave({ refuse: [/^show privilege/] });
        return { file: stage.configs.hub, mend: () => stage.boxes.hub.behave({ refuse: [] }) };
      },
      title: 'privilege',
      detail: /whether the stop may be sent is not known/,
      remedy: /spitrap commands/,
      enter: ['username spitrap privilege 15'],
    },
    {
      what: 'a line that is refused to the user: nothing to keep',
      breaks: async () => {
        stage.boxes.hub.behave({ refuse: [/^show ip interface/] });
        return { file: stage.configs.hub, mend: () => stage.boxes.hub.behave({ refuse: [] }) };
      },
      title: 'test bundle',
      detail: /^show ip interface brief brought refused/,
      remedy: /must be allowed/,
    },
    {
      what: 'a secret that others may read',
      breaks: async () => {
        writeFileSync(join(folder, 'secrets', 'open'), readFileSync(join(folder, 'secrets', 'hub-ssh')), { mode: 0o644 });
        return own(changed('open', ['{ file: secrets/hub-ssh }', '{ file: secrets/open }']));
      },
      title: 'secrets',
      detail: /has permissions 0644/,
      remedy: /chmod 0600/,
    },
  ];

  test.each(broken.map((one) => [one.what, one] as const))('%s', async (_what, one) => {
    const { file, mend } = await one.breaks();
    try {
      const checked = await check(file);
      const state = one.state ?? 'fail';
      const found = checked.row(one.title) ?? checked.rows.find((row) => row.section === 'peers' && row.state === 'fail');
      expect(found).toMatchObject({ state, detail: expect.stringMatching(one.detail) as string });
      if (one.remedy !== null) expect(found!.remedy).toMatch(one.remedy);
      if (one.enter !== undefined) expect(found!.enter).toEqual(one.enter);
      expect(checked.code).toBe(state === 'fail' ? 1 : 0);
      // It names what is wrong, and nothing else.
      const failed = checked.rows.filter((row) => row.state === 'fail').map(({ title }) => title);
      expect(failed).toEqual(state === 'fail' ? [found!.title] : []);
    } finally {
      await mend?.();
    }
  });

  test('an invalid configuration: exit 2, nothing touched', async () => {
    const before = stage.boxes.hub.commandLog.length;
    expect(await cli(['check', '-c', changed('invalid', ['role: hub', 'role: hup'])])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^spitrap: CONFIG_INVALID: /),
    });
    expect(typedSince(before)).toEqual([]);
  });
});

describe('beside a running agent', () => {
  test('its sockets and paths are asked of it, the device is asked all the same, and it runs on', async () => {
    const hub = await living(stage.configs.hub);
    try {
      const status = () => callControl(join(folder, 'hub-data'), { request: 'status' }, world.clock);
      await expect.poll(async () => (await status()).peers[0]?.lastHelloAt ?? null, { timeout: 20_000 }).not.toBeNull();
      await expect.poll(async () => (await status()).device.sessions.capture.state, { timeout: 20_000 }).toMatch(/ready|busy/);
      const checked = await check(stage.configs.hub);
      expect(checked.rows.filter(({ state }) => state === 'fail')).toEqual([]);
      expect(checked.row('dataDir')?.detail).toContain('an agent runs on it');
      expect(checked.row('VTY lines')?.detail).toMatch(/^3 are left/);
      expect(checked.row('spoke1 answers')).toMatchObject({ state: 'ok' });
      expect(checked.row('test bundle')).toMatchObject({ state: 'ok' });
      const talking = setInterval(() => configure(), 200);
      expect((await check(stage.configs.hub, '--wait', '20s')).row('log lines')).toMatchObject({ state: 'ok' });
      clearInterval(talking);
      expect((await status()).device.sessions.control.state).toMatch(/ready|busy/);
    } finally {
      await hub.stop('test');
    }
  });
});
