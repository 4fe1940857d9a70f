/** `spitrap support`: what goes into the archive, with no agent and with a broken configuration too, and that no secret of anybody is in it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tar } from '../../agent/support/tar.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { writeBundleFolder } from '../support/bundle-folder.ts';
import { failover } from '../support/diagnosis/failover.ts';
import { cli } from './cli-run.ts';

const SECRETS = {
  'hub.pw': 'tr0ub4dor-and-3',
  // Escaped where it stands in a record.
  enable: 'en4ble-"me"-\\please',
  auth: 'authentication-password',
  priv: 'privacy-password-of-it',
  redaction: 'shared-by-both-ends-key',
  hook: 'https://chat.example.net/hooks/T0000/B0000/sEcReTpAtH',
  token: 'bearer-token-of-the-hook',
  key: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nbm90IGEga2V5IGF0IGFsbA\n-----END OPENSSH PRIVATE KEY-----',
};
/** Where routers and daemons write theirs: nobody told us of these. */
const OTHERS = {
  'crypto isakmp key C1sc0-pre-shared address 11.1.1.3': 'C1sc0-pre-shared',
  'snmp-server community publ1c-not RO': 'publ1c-not',
  'username bob password 7 094F471A1A0A': '094F471A1A0A',
  'enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0': '$1$mERr$hx5rVt7rPNoS4wqbXKX7m0',
};
const CONFIG = `# the old password was summer-of-69
role: hub
dataDir: data
device: { address: 192.0.2.1, platform: cisco-ios, user: spitrap, password: { file: hub.pw }, privateKey: { file: key }, enablePassword: { file: enable },
          hostKey: "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", cryptoAddresses: [213.163.222.7] }
sources: [ { kind: syslog-tcp, listen: "127.0.0.1:0" } ]
signal: { listen: "127.0.0.1:10162" }
evidence: { redactionKey: { file: redaction } }
alarms:
  - { kind: webhook, name: chat, url: { file: hook }, token: { file: token } }
  - { kind: webhook, name: open, url: "https://chat.example.net/hooks/in-the-open" }
  - { kind: command, name: sms, run: [/usr/bin/sms, --token, t0ken-of-the-command] }
peers:
  - { name: spoke1, cryptoAddresses: [11.1.1.3], send: ["198.51.100.9:10162"],
      snmp: { version: 3, user: pair, auth: { protocol: sha256, key: { file: auth } }, priv: { protocol: aes, key: { file: priv } } } }
`;
const IN_THE_OPEN = ['summer-of-69', 'in-the-open', 't0ken-of-the-command'];

let folder: string;
let config: string;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spitrap-support-'));
  config = join(folder, 'hub.yaml');
  output = join(folder, 'out.tar.gz');
  writeFileSync(config, CONFIG);
  for (const [name, secret] of Object.entries(SECRETS)) writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 });
  // As if each of them had leaked into everything that we read.
  const leaks = [...Object.values(SECRETS), ...Object.keys(OTHERS)];
  mkdirSync(join(folder, 'data', 'journal'), { recursive: true });
  const record = (seq: number, text: string): string =>
    JSON.stringify({ seq, monotonic: seq, wall: 1, bootId: 'b', kind: 'step', incident: null, data: { text } });
  writeFileSync(join(folder, 'data', 'journal', 'journal.jsonl'), `${leaks.map((text, seq) => record(seq, text)).join('\n')}\n`);
  writeFileSync(join(folder, 'data', 'audit.log'), `${leaks.join('\n')}\n`);
  writeFileSync(join(folder, 'agent.log'), `${leaks.map((text) => JSON.stringify({ level: 'info', msg: text })).join('\n')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Unpacked {
  readonly files: Readonly<Record<string, string>>;
  readonly all: string;
}

/** By the tar of this host: what it reads, everybody's reads. */
function unpacked(): Unpacked {
  const into = join(folder, 'unpacked');
  mkdirSync(into);
  execFileSync('tar', ['-xzf', output, '-C', into]);
  const [top] = readdirSync(into);
  const root = join(into, top!);
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      files[path.slice(root.length + 1)] = readFileSync(path, 'utf8');
    }
  return { files, all: gunzipSync(readFileSync(output)).toString('latin1') };
}

function expectNoSecret(all: string, secrets: readonly string[] = Object.values(SECRETS)): void {
  for (const secret of [...secrets.flatMap((text) => text.split('\n')), ...Object.values(OTHERS), ...IN_THE_OPEN])
    if (!secret.startsWith('-----'))
      for (const spelled of [secret, JSON.stringify(secret).slice(1, -1)]) expect(all, secret).not.toContain(spelled);
}

describe('the archive', () => {
  test('of an agent that does not run: everything but its status, no secret, for its owner alone', async () => {
    const run = await cli(['support', '-c', config, '-o', output, '--log', join(folder, 'agent.log')]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('Read it before you send it');
    expect(run.stdout).toContain('not in it: status.json');
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const { files, all } = unpacked();
    expect(Object.keys(files).sort()).toEqual(
      [
        'README.txt',
        'about.json',
        'agent.log',
        'audit.log',
        'check.json',
        'config.json',
        'incidents.json',
        'journal.jsonl',
      ].sort(),
    );
    expectNoSecret(all);
    expect(files['audit.log']).toContain('<redacted:');
    expect(files['README.txt']).toMatch(/Hidden \(\d\d+ places\)/);
  });

  test('shows the settings: what is no secret stands there, references to secrets too, comments do not', async () => {
    await cli(['support', '-c', config, '-o', output]);
    const shown = JSON.parse(unpacked().files['config.json']!) as Record<string, never>;
    expect(shown).toMatchObject({
      role: 'hub',
      device: { address: '192.0.2.1', user: 'spitrap', password: { file: 'hub.pw' } },
      peers: [{ name: 'spoke1', snmp: { version: 3, user: 'pair', auth: { protocol: 'sha256', key: { file: 'auth' } } } }],
      alarms: [{}, { url: 'https://chat.example.net/<hidden>' }, { run: ['/usr/bin/sms', '<hidden>'] }],
    });
  });

  test('of a configuration at fault, a password in plain text in it: the faults and the settings, not the password', async () => {
    writeFileSync(
      config,
      CONFIG.replace('password: { file: hub.pw }', 'password: hunter2-in-plain').replace('role: hub', 'rolle: hub'),
    );
    writeFileSync(join(folder, 'data', 'audit.log'), 'hunter2-in-plain\n');
    const run = await cli(['support', '-c', config, '-o', output]);
    expect(run.code).toBe(0);
    const { files, all } = unpacked();
    expect(files['config-fault.txt']).toContain('rolle');
    expect(files['journal.jsonl']).toBeDefined();
    expect(all).not.toContain('hunter2-in-plain');
    // Nothing names that file any more.
    expectNoSecret(
      all,
      Object.values(SECRETS).filter((secret) => secret !== SECRETS['hub.pw']),
    );
  });

  test('of a file that is no configuration at all: says so', async () => {
    writeFileSync(config, 'a: [b\n');
    expect((await cli(['support', '-c', config, '-o', output])).code).toBe(0);
    const { files } = unpacked();
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['README.txt', 'about.json', 'config-fault.txt']));
    expect(files['README.txt']).toContain('dataDir: not known');
  });

  test('of a folder alone', async () => {
    expect((await cli(['support', '--data-dir', join(folder, 'data'), '-o', output])).code).toBe(0);
    expect(Object.keys(unpacked().files)).toEqual(expect.arrayContaining(['journal.jsonl', 'audit.log']));
  });

  test('of sealed incidents what they say of themselves; outputs and log of those alone that were asked for', async () => {
    const [hub] = failover().bundles as [BundleText, BundleText];
    const { id } = hub.incident;
    writeBundleFolder(hub, join(folder, 'data', 'incidents', id));
    await cli(['support', '-c', config, '-o', output]);
    const { files } = unpacked();
    expect(Object.keys(files).filter((name) => name.startsWith('incidents/'))).toEqual([
      `incidents/${id}/MANIFEST.sha256`,
      `incidents/${id}/incident.json`,
    ]);
    expect(files['incidents.json']).toContain(id);
    rmSync(join(folder, 'unpacked'), { recursive: true });
    rmSync(output);
    expect((await cli(['support', '-c', config, '-o', output, '--with-bundle', id.slice(0, 8)])).code).toBe(0);
    const whole = Object.keys(unpacked().files);
    expect(whole).toEqual(expect.arrayContaining([`incidents/${id}/device.log`, `incidents/${id}/journal.jsonl`]));
    expect(whole.filter((name) => name.startsWith(`incidents/${id}/commands/`)).length).toBeGreaterThan(0);
    expect(new Set(whole).size).toBe(whole.length);
  });

  test('never over something that is there, never of nobody, and not without the bundle that was asked for', async () => {
    writeFileSync(output, 'mine');
    expect((await cli(['support', '-c', config, '-o', output])).code).toBe(2);
    expect(readFileSync(output, 'utf8')).toBe('mine');
    expect((await cli(['support'])).code).toBe(2);
    const run = await cli(['support', '-c', config, '-o', `${output}.2`, '--with-bundle', '01ABCDEF']);
    expect(run.stderr).toContain('INCIDENT_UNKNOWN');
  });
});

describe('tar', () => {
  test('long names, empty files, sizes around a block: as GNU tar lists them', () => {
    const names = ['a', `${'d'.repeat(80)}/${'n'.repeat(90)}`, 'dir/with space.txt', 'empty'];
    const files = names.map((name, index) => ({ name, bytes: Buffer.alloc(index === 3 ? 0 : 511 + index, 'x') }));
    writeFileSync(output, tar(files, 1_700_000_000));
    const listed = execFileSync('tar', ['-tvf', output, '--utc'], { encoding: 'utf8' }).trim().split('\n');
    expect(listed).toHaveLength(4);
    for (const [index, name] of names.entries()) {
      expect(listed[index]).toContain(name);
      expect(listed[index]).toMatch(new RegExp(`^-rw------- root/root +${files[index]!.bytes.length} 2023-11-14 22:13`));
    }
  });

  test.each(['', 'line\nbreak', 'ümlaut', 'x'.repeat(101)])('a name that fits nowhere is refused: %j', (name) => {
    expect(() => tar([{ name, bytes: Buffer.alloc(0) }], 0)).toThrow('no name of a file');
  });
});
