/** `spitrap eem import`: what it writes loads, says what the applets say, marks what they do not, and loses no line. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { ConfigHost } from '../../agent/config/config-host.ts';
import { loadConfigText } from '../../agent/config/load.ts';
import { readStatements } from '../../shared/eem/statement.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { cli } from './cli-run.ts';

const folder = fileURLToPath(new URL('../eem/fixtures/', import.meta.url));
const fixture = (name: string): string => join(folder, name);
const scratch = mkdtempSync(join(tmpdir(), 'spitrap-import-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Every secret is there. */
const host: ConfigHost = {
  readFile: () => 'a-secret-of-some-length\n',
  listFolder: () => [],
  permissions: () => 0o600,
  environment: () => undefined,
};
const load = (text: string) => loadConfigText(text, '/etc/spitrap/agent.yaml', host).config;
const imported = async (...args: string[]) => {
  const run = await cli(['eem', 'import', ...args]);
  expect(run.stderr).not.toMatch(/^spitrap: /);
  expect(run.code).toBe(0);
  return { ...run, config: load(run.stdout) };
};

describe('Note A', () => {
  test('the hub alone: what its applet says, and FILL IN where it says nothing', async () => {
    const { config, stdout } = await imported(fixture('note-a-hub.ios'));
    expect(config).toMatchObject({ role: 'hub', mode: 'observe' });
    expect(config.stop.delayMs).toBe(18_000);
    expect(config.peers).toHaveLength(1);
    expect(config.peers[0]).toMatchObject({ kind: 'eem', send: [{ address: '11.1.1.3', port: 162 }] });
    expect(config.peers[0]!.cryptoAddresses.map(({ text }) => text)).toEqual(['11.1.1.3']);
    for (const key of ['address:', 'platform:', 'user:', 'match:', 'cryptoAddresses:'])
      expect(stdout).toMatch(new RegExp(`  # FILL IN: .*\n  ${key}`));
  });

  test('as its page prints it: the same configuration', async () => {
    const [typed, printed] = await Promise.all(
      ['note-a-hub.ios', 'note-a-hub-as-printed.ios'].map((name) => imported(fixture(name))),
    );
    expect(printed!.config).toEqual(typed!.config);
  });

  test('the hub with its spoke: the spoke’s text says where the hub’s tunnels end', async () => {
    const { config } = await imported(fixture('note-a-hub.ios'), fixture('note-a-spoke.ios'));
    expect(config.device.cryptoAddresses.map(({ text }) => text)).toEqual(['213.163.222.7']);
  });

  test('the spoke, its peer with an agent', async () => {
    const { config, stdout } = await imported(fixture('note-a-spoke.ios'), fixture('note-a-hub.ios'), '--peer-kind', 'spitrap');
    expect(config).toMatchObject({ role: 'spoke', peers: [{ kind: 'spitrap' }] });
    expect(config.device.cryptoAddresses.map(({ text }) => text)).toEqual(['11.1.1.3']);
    expect(config.peers[0]!.cryptoAddresses.map(({ text }) => text)).toEqual(['213.163.222.7']);
    expect(stdout).toContain('version: 3');
    expect(stdout).not.toContain('allowInsecure');
  });
});

test('another value, version and root go along', async () => {
  const file = join(scratch, 'spoke.ios');
  const applet = [
    'hostname spoke7',
    'snmp-server host 213.163.222.7 informs version 2c s3cret event-manager',
    'event manager applet a',
    'event snmp-notification oid 1.3.6.1.4.1.9.10.134.1.2.3.1.9. oid-val "2323230" op ge src-ip-address 213.163.222.7 maxrun 60',
    'action 1 cli command "enable"',
    'action 2 snmp-trap intdata1 2323230',
  ];
  writeFileSync(file, applet.join('\r\n'));
  const { config, stdout } = await imported(file);
  expect(config).toMatchObject({ role: 'both', device: { name: 'spoke7' }, signal: { values: { stop: 2_323_230 } } });
  expect(config.signal.values.hello).not.toBe(2_323_230);
  expect(config.peers[0]).toMatchObject({ kind: 'eem', op: 'ge', notify: 'inform', root: 134 });
  expect(stdout).not.toContain('s3cret');
});

const names = readdirSync(folder).filter((name) => name.endsWith('.ios'));

test.each(names)('%s: each statement’s line is named in it', async (name) => {
  const { stdout } = await imported(fixture(name), '--role', 'both');
  const remains = stdout.slice(stdout.indexOf('# What stood in'));
  const named = new Set<number>();
  for (const [, from, to] of remains.matchAll(/(?<=^# {3}|lines?[^#\n]*? |, )(\d+)(?:-(\d+))?(?=[:,.\s])/gm))
    for (let line = Number(from); line <= Number(to ?? from); line += 1) named.add(line);
  const text = readFileSync(fixture(name), 'utf8');
  const missing = readStatements(text).statements.filter(
    ({ line, words }) => !named.has(line) && !/^(?:end|exit)$/.test(words[0]!.text),
  );
  expect(missing.map(({ line }) => line)).toEqual([]);
});

test('a file that is there stays, but for --force; nothing is known of a file without applets', async () => {
  const out = join(scratch, 'hub.yaml');
  expect((await cli(['eem', 'import', fixture('note-a-hub.ios'), '-o', out])).code).toBe(0);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const again = await cli(['eem', 'import', fixture('note-a-spoke.ios'), '-o', out]);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain('is there already');
  expect(readFileSync(out, 'utf8')).toContain('role: hub');
  expect((await cli(['eem', 'import', fixture('note-a-spoke.ios'), '-o', out, '--force'])).code).toBe(0);
  expect(readFileSync(out, 'utf8')).toContain('role: spoke');
  const none = await cli(['eem', 'import', fixture('debugs-typed.ios')]);
  expect(none).toMatchObject({ code: 2, stdout: '' });
  expect(none.stderr).toContain('--role');
});

test('several peers with agents have a place to be filled in each, and load', async () => {
  const file = join(scratch, 'many.ios');
  const applet = (last: number) =>
    `event manager applet a${last}\n event syslog pattern "RECVD_PKT_INV_SPI.*srcaddr=11.1.1.${last},"\n action 1 snmp-trap intdata1 2323232\n`;
  writeFileSync(file, [3, 4, 5].map(applet).join(''));
  const { config } = await imported(file, '--peer-kind', 'spitrap');
  expect(config.peers.map(({ send }) => send[0]!.address)).toEqual(['198.51.100.9', '198.51.100.10', '198.51.100.11']);
});

test('whatever the text, what is written loads', async () => {
  const file = join(scratch, 'hostile.ios');
  const pieces = [
    '"',
    '\n',
    '9'.repeat(12),
    ' ',
    '.',
    ':',
    '11.1.1.3',
    '\u2028- x: 1',
    '\u0085',
    '# ',
    '${x}',
    '`',
    'intdata1 ',
    '::1',
    '300',
  ];
  const upTo = (random: ReturnType<typeof seededRandom>, most: number) => Math.floor(random.uniform() * (most + 1));
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    let text = readFileSync(fixture(names[seed % names.length]!), 'utf8');
    for (let change = 0; change < 25; change += 1) {
      const at = upTo(random, text.length);
      text = `${text.slice(0, at)}${pieces[upTo(random, pieces.length - 1)]}${text.slice(at + upTo(random, 6))}`;
    }
    writeFileSync(file, text);
    await imported(file, fixture('note-a-spoke.ios'), '--role', 'both', '--peer-kind', seed % 2 === 0 ? 'eem' : 'spitrap');
  }
});
