/** The command line as a person meets it: usage, error lines, exit codes, and the subcommands that ask a running agent. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { subcommands } from '../../agent/cli/index.ts';
import { peerLines } from '../../agent/cli/test.ts';
import { createClock } from '../../agent/clock.ts';
import { openControlSocket } from '../../agent/control/control-socket.ts';
import type { HoldChange, PeerTest } from '../../agent/control/protocol.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { SMALLEST } from '../config/smallest-pair.ts';
import { statusSample } from '../status/status-sample.ts';
import { cli } from './cli-run.ts';

let folder: string;
let config: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-cli-'));
  config = join(folder, 'hub.yaml');
  writeFileSync(config, SMALLEST);
  for (const [name, secret] of Object.entries({ 'hub.pw': 'tr0ub4dor', auth: 'authpassword', priv: 'privpassword' })) {
    writeFileSync(join(folder, name), `${secret}\n`);
    chmodSync(join(folder, name), 0o600);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An agent on the folder that `hub.yaml` names, with what it was asked for. */
async function agent(): Promise<{ readonly holds: HoldChange[]; close(): Promise<void> }> {
  const holds: HoldChange[] = [];
  const control = await openControlSocket(join(folder, 'spitrap-data', 'hub'), createClock());
  control.serve({
    status: () => statusSample,
    hold: async (change) => {
      holds.push(change);
      return change.on
        ? { on: true, until: change.forMs === null ? null : '2026-03-12T20:30:00.000Z', by: 'command' }
        : { on: true, until: null, by: 'file HOLD' };
    },
    incidents: async () => statusSample.incidents,
    incident: async () => statusSample.incidents[0]!,
    ack: async (alarm) => {
      if (alarm !== 'A1') throw new SpitrapError('USAGE', `no alarm ${alarm}`);
      return { ...statusSample.alarms[0]!, acknowledged: true };
    },
    arm: async () => {
      throw new SpitrapError('ARM_REFUSED', 'hub1 is not armed: the CPU is busy');
    },
    reload: async () => ({ changed: ['stop.delay'], waits: ['peers: spoke2 added'], warnings: [] }),
    disarm: async () => {
      throw new SpitrapError('ARM_REFUSED', 'nothing');
    },
    capture: async ({ who }) => {
      throw new SpitrapError('CAPTURE_REFUSED', `no capture for ${who}`);
    },
    test: async () => ({ peers: [testedPeer, { ...testedPeer, kind: 'eem', answered: false, paths: [] }] }),
  });
  return { holds, close: () => control.close() };
}

const testedPeer: PeerTest = {
  ...{ peer: 'spoke1', kind: 'spitrap', answered: true, detail: '', roundTripMs: 12.34, offsetMs: -3, version: '0.1.0' },
  ...{ mode: 'act', cfg: 'agrees', armed: 'yes' },
  paths: [{ endpoint: '198.51.100.9:10162', acknowledged: true, roundTripMs: 6.02, detail: '' }],
};

describe('spitrap test, for people', () => {
  test('all is well', () => {
    expect(peerLines(testedPeer)).toEqual([
      'spoke1  answered',
      '  12.3 ms there and back, its clock -3 ms, configuration agrees, debugs on: yes,',
      '  mode act, 0.1.0',
      '  198.51.100.9:10162 acknowledged in 6 ms',
    ]);
  });

  test('nobody answers, and what came back is a stranger’s text', () => {
    const path = { endpoint: '198.51.100.9:10162', acknowledged: false, roundTripMs: null, detail: 'SNMP_TIMEOUT: \u001b[2J' };
    const lines = peerLines({ ...testedPeer, answered: false, detail: 'not acknowledged', roundTripMs: null, paths: [path] });
    expect(lines).toEqual([
      'spoke1  NO ANSWER',
      '  198.51.100.9:10162 NOT acknowledged: SNMP_TIMEOUT: \\x1b[2J',
      '  not acknowledged',
    ]);
  });
});

describe('usage', () => {
  test.each<[argv: string[], code: number, stderr: string]>([
    [['statu'], 2, "spitrap: USAGE: unknown command 'statu' (Did you mean status?)\nTry spitrap --help.\n"],
    [['run'], 2, "spitrap: USAGE: required option '-c, --config <file>' not specified\nTry spitrap run --help.\n"],
    [['status', '--nope'], 2, "spitrap: USAGE: unknown option '--nope'\nTry spitrap status --help.\n"],
    [['signal', 'send'], 2, "spitrap: USAGE: required option '--phase <phase>' not specified\nTry spitrap signal send --help.\n"],
    [['help', 'statu'], 2, "spitrap: USAGE: unknown command 'statu' (Did you mean status?)\nTry spitrap --help.\n"],
    [['statu', '--help'], 2, "spitrap: USAGE: unknown command 'statu' (Did you mean status?)\nTry spitrap --help.\n"],
    [['status'], 2, 'spitrap: USAGE: which agent? Give its configuration (-c FILE) or its folder (--data-dir DIR)\n'],
    [['hold', '--data-dir', '/nope', '--for', '2'], 2, 'spitrap: USAGE: --for "2" is no duration; write 30s, 5m or 2h\n'],
    [['hold', '--data-dir', '/nope', '--for', '2h', '--off'], 2, 'spitrap: USAGE: either --for or --off, not both\n'],
    [['ack', 'a\u001b[2J', '--data-dir', '/nope'], 2, 'spitrap: USAGE: "a\\x1b[2J" is no alarm id; spitrap status lists them\n'],
    [
      ['status', '--data-dir', '/nope'],
      3,
      'spitrap: NOT_RUNNING: no agent runs on dataDir /nope: no control socket is there; start it with spitrap run -c FILE\n',
    ],
    [
      ['hold', '--data-dir', '/nope'],
      3,
      'spitrap: NOT_RUNNING: no agent runs on dataDir /nope: no control socket is there; start it with spitrap run -c FILE, or hold it from its start on: touch /nope/HOLD\n',
    ],
    [['capture', '--data-dir', '/nope', '--who', 'x'.repeat(65)], 2, 'spitrap: USAGE: --who has 1 to 64 characters\n'],
    [['arm', '--data-dir', '/nope', '--lease', '1m'], 2, 'spitrap: USAGE: --lease "1m" is too short; write 3m or more\n'],
    [['incidents', '--data-dir', '/nope'], 2, 'spitrap: USAGE: --data-dir "/nope": there is no such folder\n'],
    [
      ['commands', '-c', '/nope.yaml'],
      2,
      'spitrap: CONFIG_UNREADABLE: can not read /nope.yaml: no such file; nothing was started\n',
    ],
  ])('%j', async (argv, code, stderr) => {
    expect(await cli(argv)).toEqual({ code, stdout: '', stderr });
  });

  test('help and version go to stdout and are no failure', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
    const help = await cli(['--help']);
    expect(help.code).toBe(0);
    for (const { name } of subcommands) expect(help.stdout).toContain(`\n  ${name} `);
  });

  test.each(subcommands.map(({ name }) => name))(
    '%s --help has an example, its exit codes, and fits 80 columns',
    async (name) => {
      const { code, stdout } = await cli([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:\n {2}spitrap /);
      expect(stdout).toMatch(/[^\n]\n\nExit codes: 0 /);
      expect(await cli(['help', name])).toEqual({ code: 0, stdout, stderr: '' });
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test.each([
    ['incidents', 'list'],
    ['incidents', 'show'],
    ['signal', 'send'],
    ['signal', 'listen'],
  ])('%s %s --help too', async (...words) => {
    const { code, stdout } = await cli([...words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}spitrap /);
    expect(stdout).toMatch(/[^\n]\n\nExit codes: 0 /);
    expect(await cli(['help', ...words])).toEqual({ code: 0, stdout, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('a broken configuration: every fault, exit 2, no secret', async () => {
    writeFileSync(config, SMALLEST.replace('role: hub', 'role: hup').replace('{ file: hub.pw }', 'hunter2'));
    expect(await cli(['run', '-c', config])).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        `spitrap: CONFIG_INVALID: ${config} has 2 faults; nothing was started`,
        '  role (line 2) = "hup": one of hub, spoke, both; did you mean hub?',
        '  device.password (line 3) = <masked>: a secret in plain text; move it to a file of its own (chmod 0600) and write { file: NAME }, or export it and write { env: NAME }',
        '',
      ].join('\n'),
    });
  });

  test('--debug adds the stack, wherever it stands', async () => {
    const { stderr } = await cli(['status', '--data-dir', '/nope', '--debug']);
    expect(stderr).toMatch(/^spitrap: NOT_RUNNING: .*\nSpitrapError: .*\n {4}at /);
    const { stderr: chain } = await cli(['--debug', 'commands', '-c', '/nope.yaml']);
    expect(chain).toMatch(/^spitrap: CONFIG_UNREADABLE: .*\nSpitrapError: [\s\S]*\ncaused by: Error: ENOENT.*\n {4}at /);
  });

  test('spitrap alone prints its help on stderr', async () => {
    const { code, stdout, stderr } = await cli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe((await cli(['--help'])).stdout);
    expect(stderr.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('a running agent', () => {
  test('status, readable and as JSON, in colour only on a terminal that wants it', async () => {
    const running = await agent();
    const plain = await cli(['status', '-c', config]);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toContain('ALARM     A1');
    expect(plain.stdout).not.toContain('\u001b');
    expect((await cli(['status', '-c', config], { tty: true })).stdout).toContain('\u001b[31m');
    expect((await cli(['status', '-c', config], { tty: true, noColor: true })).stdout).not.toContain('\u001b');
    const json = await cli(['status', '--data-dir', join(folder, 'spitrap-data', 'hub'), '--json']);
    expect(JSON.parse(json.stdout)).toEqual(statusSample);
    await running.close();
  });

  test('capture, and the pair tested', async () => {
    const running = await agent();
    expect(await cli(['capture', '-c', config, '--who', 'jo'])).toMatchObject({
      code: 1,
      stderr: 'spitrap: CAPTURE_REFUSED: no capture for jo\n',
    });
    const tested = await cli(['test', '-c', config]);
    expect([tested.code, tested.stdout.includes('spoke1  not asked')]).toEqual([0, true]);
    expect(JSON.parse((await cli(['test', '-c', config, '--json'])).stdout)).toMatchObject({ peers: [{ peer: 'spoke1' }, {}] });
    await running.close();
  });

  test('hold', async () => {
    const running = await agent();
    expect((await cli(['hold', '-c', config, '--for', '2h'])).stdout).toBe(
      'on hold until 2026-03-12 20:30:00Z: no new incident acts, and what this agent armed is turned off\n',
    );
    expect((await cli(['hold', '-c', config])).stdout).toBe(
      'on hold until taken off (spitrap hold --off): no new incident acts, and what this agent armed is turned off\n',
    );
    expect((await cli(['hold', '-c', config, '--off'])).stdout).toBe(
      'on hold until taken off (spitrap hold --off): no new incident acts, and what this agent armed is turned off; by file HOLD, which must be undone there\n',
    );
    expect(running.holds).toEqual([{ on: true, forMs: 7_200_000 }, { on: true, forMs: null }, { on: false }]);
    await running.close();
  });

  test('ack', async () => {
    const running = await agent();
    const { code, stdout } = await cli(['ack', 'A1', '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A1 acknowledged: "debugs on hub1/);
    expect(stdout).not.toContain('\u001b');
    expect(await cli(['ack', 'A9', '-c', config])).toMatchObject({ code: 2, stderr: 'spitrap: USAGE: no alarm A9\n' });
    expect((await cli(['ack', 'A1', 'A1', '-c', config])).stdout.match(/acknowledged/g)).toHaveLength(1);
    await running.close();
  });
});

describe('alarms', () => {
  test('ack without an id lists what stands, and says how to go on', async () => {
    const running = await agent();
    const { code, stdout } = await cli(['ack', '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ALARM {5}A1 {2}critical since 2026-03-12 18:23:00Z\n/);
    expect(stdout).toContain(
      `\nTo take one over:  spitrap ack A1 -c ${config}\nAll of them:       spitrap ack --all -c ${config}\n`,
    );
    expect(stdout).not.toContain('\u001b');
    await running.close();
  });

  test('ack --all', async () => {
    const running = await agent();
    expect((await cli(['ack', '--all', '-c', config])).stdout).toMatch(/^A1 acknowledged: "debugs on hub1/);
    expect(await cli(['ack', '--all', 'A1', '-c', config])).toMatchObject({
      code: 2,
      stderr: 'spitrap: USAGE: either --all or the ids of alarms, not both\n',
    });
    await running.close();
  });

  test('list: what stands and whom it is told to, readable and as JSON', async () => {
    const running = await agent();
    const { code, stdout } = await cli(['alarms', '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ALARM {5}A1 [\s\S]*\ntells {5}chat \(webhook\) https:\/\/alerts\.example\.net, critical alarms only: last\n/,
    );
    expect(stdout).not.toContain('\u001b');
    expect(JSON.parse((await cli(['alarms', 'list', '-c', config, '--json'])).stdout)).toEqual({
      alarms: statusSample.alarms,
      channels: statusSample.alarmChannels,
      degraded: null,
    });
    await running.close();
    expect((await cli(['alarms', '-c', config])).code).toBe(3);
  });

  test('test: a tick or the remedy for each channel, no agent needed', async () => {
    expect(await cli(['alarms', 'test', '-c', config])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^No alarm channel/) as string,
    });
    writeFileSync(join(folder, 'good.sh'), '#!/bin/sh\nread -r notice && test "$SPITRAP_TEST" = 1\n', { mode: 0o700 });
    const good = `  - { kind: command, name: good, run: [${join(folder, 'good.sh')}] }\n`;
    writeFileSync(config, `${SMALLEST}alarms:\n${good}`);
    const passed = await cli(['alarms', 'test', '-c', config]);
    expect(passed).toEqual({ code: 0, stdout: expect.stringMatching(/^✓ good \(command\) /) as string, stderr: '' });
    const bad = `  - { kind: command, run: [${join(folder, 'absent')}] }\n`;
    writeFileSync(config, `${SMALLEST}alarms:\n${good}${bad}`);
    const { code, stdout } = await cli(['alarms', 'test', '-c', config]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n✗ command \(command\) [\s\S]*ENOENT\n {2}→ correct alarms\[\]\.run/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const json = await cli(['alarms', 'test', '-c', config, '--json']);
    expect((JSON.parse(json.stdout) as { ok: boolean }[]).map(({ ok }) => ok)).toEqual([true, false]);
  });
});

describe('commands', () => {
  test('every line with its purpose, the stop among them', async () => {
    const { code, stdout } = await cli(['commands', '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toContain('\n  undebug all\n');
    expect(stdout).toContain('\n  show crypto ipsec sa peer 11.1.1.3 detail\n');
    expect(stdout).toContain('mode observe: of these only login');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const listed = JSON.parse((await cli(['commands', '-c', config, '--json'])).stdout) as { command: string; purpose: string }[];
    expect(listed.every(({ purpose }) => purpose.length > 3)).toBe(true);
    for (const { command } of listed.filter(({ command }) => command !== '' && command.length <= 78))
      expect(stdout).toContain(`  ${command}\n`);
  });
});

describe('incidents', () => {
  const data = (): string => join(folder, 'spitrap-data', 'hub');
  const open = '01HV0000000000000000000001';
  const broken = '01HV0000000000000000000002';

  test('none', async () => {
    const { code, stdout } = await cli(['incidents', '-c', config]);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toBe(`no incidents: no agent has run on ${join(folder, 'spitrap-data', 'hub')} yet `);
    mkdirSync(join(folder, 'spitrap-data', 'hub'), { recursive: true });
    expect(await cli(['incidents', '-c', config])).toEqual({ code: 0, stdout: 'no incidents\n', stderr: '' });
  });

  test('open and unreadable ones are listed, newest first, and nothing else in the folder', async () => {
    for (const name of [`${open}.open`, broken, 'lost+found', `${open}.addendum.jsonl`])
      mkdirSync(join(data(), 'incidents', name), { recursive: true });
    writeFileSync(join(data(), 'incidents', broken, 'incident.json'), '{"schema":99}');
    const { code, stdout } = await cli(['incidents', 'list', '-c', config]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${broken}  unreadable: incident.json has schema 99, this is 1\n${open}  open: not sealed yet\n`);
    expect(stdout).not.toContain('\u001b');
    expect((await cli(['incidents', 'show', open.slice(0, 26), '-c', config])).code).toBe(0);
    expect((await cli(['incidents', 'show', broken, '-c', config])).code).toBe(1);
    expect(await cli(['incidents', 'show', '01HV', '-c', config])).toMatchObject({
      code: 1,
      stderr: 'spitrap: INCIDENT_UNKNOWN: 2 incidents begin with "01HV"; give more of the id\n',
    });
    expect(await cli(['incidents', 'show', '../..', '-c', config])).toMatchObject({
      code: 1,
      stderr: 'spitrap: INCIDENT_UNKNOWN: no incident "../.." here; spitrap incidents list shows them\n',
    });
  });
});
