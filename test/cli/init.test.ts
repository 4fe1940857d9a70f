/** `spitrap init`: by options and by talking, what it writes and what it leaves alone. That two such ends find each other: test/acceptance/init-check.test.ts. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CliContext } from '../../agent/cli/subcommand.ts';
import { thisHost } from '../../agent/config/config-host.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { configurationHash } from '../../agent/heartbeat.ts';
import { cli } from './cli-run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-init-'));
  writeFileSync(join(folder, 'hub.pw'), 'tr0ub4dor\n', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, ...names);
const hubOptions = (...more: string[]): string[] => [
  ...['init', '--role', 'hub', '-o', at('hub.yaml'), '--device', '192.0.2.1', '--name', 'hub1'],
  ...['--password-file', at('hub.pw'), '--crypto-address', '213.163.222.7', '--listen-signals', '198.51.100.1:10162'],
  ...['--peer-name', 'spoke1', '--peer-crypto-address', '11.1.1.3', '--peer-send', '198.51.100.9:10162'],
  ...more,
];
const load = (file: string) => loadConfig(file, thisHost);

/** Everything under the folder, with its permissions. */
function filesIn(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(path, name)).isFile())
      .map((name) => [name, (statSync(join(path, name)).mode & 0o777).toString(8)]),
  );
}

/** A person who types these, one a question; then they leave. */
function typing(...lines: (string | null)[]): { readonly ask: NonNullable<CliContext['ask']>; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: async (question, { hidden }) => {
      asked.push(hidden ? `(hidden) ${question}` : question);
      return lines.shift() ?? null;
    },
  };
}

describe('by options', () => {
  test('a configuration in mode observe that loads, and keys for this user alone', async () => {
    const run = await cli(hubOptions('--host-key', `SHA256:${'k'.repeat(43)}`));
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(filesIn(folder)).toEqual({
      'hub.pw': '600',
      'hub.yaml': '600',
      'secrets/pair-auth': '600',
      'secrets/pair-priv': '600',
      'secrets/redaction': '600',
    });
    const { config, warnings } = load(at('hub.yaml'));
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      role: 'hub',
      mode: 'observe',
      device: { name: 'hub1', address: '192.0.2.1', port: 22, password: 'tr0ub4dor', hostKeys: [`SHA256:${'k'.repeat(43)}`] },
      sources: [{ kind: 'syslog-tcp', listen: { address: '0.0.0.0', port: 6514 } }],
      signal: { listen: { address: '198.51.100.1', port: 10_162 } },
      peers: [{ name: 'spoke1', kind: 'spitrap', snmp: { version: 3, priv: { protocol: 'aes128' } } }],
    });
    const keys = ['pair-auth', 'pair-priv', 'redaction'].map((name) => readFileSync(at('secrets', name), 'utf8'));
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^[\w-]{32}\n$/);
    for (const key of keys) expect(run.stdout).not.toContain(key.trim());
  });

  test('every section has a word above it, and lines of 80 columns', async () => {
    await cli(hubOptions());
    const lines = readFileSync(at('hub.yaml'), 'utf8').split('\n');
    const sections = lines.flatMap((line, index) => (/^\w+:/.test(line) ? [[line, lines[index - 1]]] : []));
    expect(sections.length).toBeGreaterThan(6);
    for (const [section, above] of sections) expect(above, section).toMatch(/^#/);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('without a pinned key it still loads, and says that every login is refused', async () => {
    expect(await cli(hubOptions())).toMatchObject({ code: 0, stderr: expect.stringContaining('--trust-on-first-use') });
    expect(load(at('hub.yaml')).warnings).toHaveLength(1);
  });

  test('the other end’s command, run there with the copied keys, makes the matching end', async () => {
    const { stdout } = await cli(hubOptions());
    const command = stdout.slice(stdout.indexOf('  spitrap init'), stdout.indexOf('\nNext here')).replaceAll('\\\n', ' ');
    const words = command.trim().split(/\s+/).slice(1);
    const own: Record<string, string> = { ADDRESS: '192.0.2.2', USER: 'spitrap', FILE: at('hub.pw') };
    mkdirSync(at('there', 'secrets'), { recursive: true });
    for (const name of ['pair-auth', 'pair-priv', 'redaction'])
      writeFileSync(at('there', 'secrets', name), readFileSync(at('secrets', name)), { mode: 0o600 });
    const there = await cli([...words.map((word) => own[word] ?? word), '-o', at('there', 'spoke.yaml')]);
    expect(there).toMatchObject({ code: 0 });
    const [hub, spoke] = [load(at('hub.yaml')).config, load(at('there', 'spoke.yaml')).config];
    expect(spoke).toMatchObject({
      role: 'spoke',
      device: { name: 'spoke1', cryptoAddresses: [{ text: '11.1.1.3' }] },
      peers: [{ name: 'hub1', cryptoAddresses: [{ text: '213.163.222.7' }], send: [{ address: '198.51.100.1', port: 10_162 }] }],
    });
    expect(spoke.peers[0]!.snmp).toEqual(hub.peers[0]!.snmp);
    expect(spoke.evidence.redactionKey).toBe(hub.evidence.redactionKey);
    expect(configurationHash(spoke)).toBe(configurationHash(hub));
  });

  test.each(['hub', 'spoke', 'both'])('role %s loads, and the other end has its counterpart', async (role) => {
    const { stdout } = await cli(hubOptions('--role', role, '-o', at(`${role}.yaml`)));
    expect(load(at(`${role}.yaml`)).config.role).toBe(role);
    expect(stdout).toContain(`spitrap init --role ${{ hub: 'spoke', spoke: 'hub', both: 'both' }[role]} `);
  });

  test('IPv6 everywhere, several of each, and udp', async () => {
    const bare = ['--crypto-address', '--peer-crypto-address', '--peer-send'].reduce(without, hubOptions());
    const run = await cli([
      ...bare,
      ...['--device', '2001:db8::1', '--crypto-address', '2001:db8:1::7', '213.163.222.7', '--syslog', 'udp'],
      ...['--listen-syslog', '[::]:5514', '--listen-signals', '[2001:db8::9]:10162'],
      ...['--peer-send', '[2001:db8::a]:10162', '198.51.100.9:10162', '--peer-crypto-address', '2001:db8:2::/64'],
    ]);
    expect(run.code, run.stderr).toBe(0);
    const { config } = load(at('hub.yaml'));
    expect(config.device.cryptoAddresses.map(({ text }) => text)).toEqual(['2001:db8:1::7', '213.163.222.7']);
    expect(config.sources).toMatchObject([{ kind: 'syslog-udp', listen: { address: '::', port: 5514 } }]);
    expect(config.peers[0]).toMatchObject({
      send: [{ address: '2001:db8::a' }, { address: '198.51.100.9' }],
      from: [{ text: '2001:db8::a' }, { text: '198.51.100.9' }],
    });
    expect(run.stdout).toContain(`--peer-send '[2001:db8::9]:10162'`);
  });

  test('nothing there is overwritten: not the configuration, and never a key', async () => {
    await cli(hubOptions());
    const before = readFileSync(at('secrets', 'pair-auth'), 'utf8');
    writeFileSync(at('hub.yaml'), 'mine');
    expect(await cli(hubOptions())).toMatchObject({
      code: 2,
      stderr: `spitrap: USAGE: "${at('hub.yaml')}" is there already; give another with -o, or write over it with --force\n`,
    });
    expect(readFileSync(at('hub.yaml'), 'utf8')).toBe('mine');
    expect(await cli(hubOptions('--force'))).toMatchObject({ code: 0, stdout: expect.stringContaining('as it was') });
    expect(load(at('hub.yaml')).config.role).toBe('hub');
    expect(readFileSync(at('secrets', 'pair-auth'), 'utf8')).toBe(before);
  });

  test('half of the pair’s keys: refused, since the ends would never hear each other', async () => {
    mkdirSync(at('secrets'));
    writeFileSync(at('secrets', 'pair-auth'), 'copied authentication key\n', { mode: 0o600 });
    const { code, stderr } = await cli(hubOptions());
    expect(code).toBe(2);
    expect(stderr).toMatch(/has pair-auth and not pair-priv, redaction; copy all from the other end/);
    expect(Object.keys(filesIn(folder)).sort()).toEqual(['hub.pw', 'secrets/pair-auth']);
  });

  test('parents are made', async () => {
    const out = at('etc', 'spitrap', 'hub.yaml');
    expect(await cli(hubOptions('-o', out))).toMatchObject({ code: 0 });
    expect(load(out).config.role).toBe('hub');
    expect(statSync(at('etc', 'spitrap', 'secrets')).mode & 0o777).toBe(0o700);
  });

  test('to stdout: the text alone, and nothing on disk', async () => {
    const { code, stdout, stderr } = await cli(hubOptions('-o', '-'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# FILE: written by/);
    expect(stderr).toContain('secrets/pair-auth');
    expect(filesIn(folder)).toEqual({ 'hub.pw': '600' });
  });

  test.each<[why: string, argv: () => string[], stderr: RegExp]>([
    [
      'what is missing, all at once',
      () => ['init', '--role', 'hub', '--yes'],
      /--device: [\s\S]*--crypto-address: [\s\S]*--peer-send: /,
    ],
    [
      'what does not fit, with the reason',
      () => hubOptions('--device', 'router.example'),
      /--device "router.example": an address, not a host name/,
    ],
    ['an endpoint without a port', () => hubOptions('--peer-send', '198.51.100.9'), /--peer-send .*the port is missing; write/],
    ['no way to log in', () => without(hubOptions(), '--password-file'), /how to log in\?/],
    ['both ends the same', () => hubOptions('--peer-crypto-address', '213.163.222.7'), /CONFIG_INVALID: .*\n.*the device's own/],
    ['a role that is none', () => ['init', '--role', 'hup'], /--role <role>.*hub, spoke, both/],
    ['a folder in place of the file', () => hubOptions('-o', tmpdir()), /is a folder/],
  ])('%s: exit 2, nothing written', async (_why, argv, stderr) => {
    const run = await cli(argv());
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(stderr);
    expect(filesIn(folder)).toEqual({ 'hub.pw': '600' });
  });

  test('a password file that others may read is told', async () => {
    writeFileSync(at('hub.pw'), 'tr0ub4dor\n');
    expect((await cli(hubOptions('--password-file', at('open.pw')))).code).toBe(2);
    writeFileSync(at('open.pw'), 'tr0ub4dor\n', { mode: 0o644 });
    expect((await cli(hubOptions('--password-file', at('open.pw')))).stderr.replace(/\s+/g, ' ')).toContain(
      'has permissions 0644',
    );
  });
});

/** The option and its value taken out. */
function without(argv: readonly string[], option: string): string[] {
  const found = argv.indexOf(option);
  return found < 0 ? [...argv] : [...argv.slice(0, found), ...argv.slice(found + 2)];
}

describe('by talking', () => {
  const talk = [
    'spoke',
    '192.0.2.2',
    'spoke1',
    'cisco-iosxe',
    '',
    '11.1.1.3 11.1.1.4',
    '',
    'udp',
    '',
    '',
    'hub1',
    '213.163.222.7',
  ];

  test('defaults in brackets, a password that is not shown, a host key that is not asked for', async () => {
    const person = typing(...talk, '198.51.100.1:10162', '', 'correct horse', 'n', 'n');
    const run = await cli(['init', '-o', at('spoke.yaml')], { ask: person.ask });
    expect(run.code).toBe(0);
    const { config } = load(at('spoke.yaml'));
    expect(config).toMatchObject({
      role: 'spoke',
      device: { user: 'spitrap', platform: 'cisco-iosxe', password: 'correct horse', cryptoAddresses: [{}, {}] },
      sources: [{ kind: 'syslog-udp', listen: { port: 5514 } }],
      peers: [{ name: 'hub1', from: [{ text: '198.51.100.1' }] }],
    });
    expect(person.asked.filter((question) => question.startsWith('(hidden)'))).toHaveLength(1);
    expect(person.asked.find((question) => question.startsWith('Where this host takes it'))).toContain('[0.0.0.0:5514]');
    expect(run.stdout + run.stderr).not.toContain('correct horse');
    expect(filesIn(folder)['secrets/spoke1-password']).toBe('600');
  });

  test('a wrong answer is asked again, with the reason', async () => {
    const person = typing('hup', 'hub', 'gateway', '192.0.2.1', null);
    const { stderr } = await cli(['init', '-o', at('x.yaml')], { ask: person.ask });
    expect(stderr).toContain('did you mean hub?');
    expect(stderr).toContain('not a host name');
    expect(person.asked.filter((question) => question.startsWith('Role'))).toHaveLength(2);
  });

  test.each([0, 1, 7, 13, 14, 15])('Ctrl-C after %i answers: exit 130, nothing written', async (answers) => {
    const person = typing(...[...talk, '198.51.100.1:10162', '', 'correct horse', 'n', 'n'].slice(0, answers), null);
    expect(await cli(['init', '-o', at('spoke.yaml')], { ask: person.ask })).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(/spitrap: left; nothing was written\n$/),
    });
    expect(filesIn(folder)).toEqual({ 'hub.pw': '600' });
  });

  test('--yes asks nobody', async () => {
    const person = typing();
    expect(await cli(hubOptions('--yes'), { ask: person.ask })).toMatchObject({ code: 0 });
    expect(person.asked).toEqual([]);
  });
});
