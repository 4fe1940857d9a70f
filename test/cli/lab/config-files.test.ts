import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { communityFile, configFile, drawSecrets, type EndFacts, secretFiles } from '../../../agent/cli/lab/config-files.ts';
import { type End, ends } from '../../../agent/cli/lab/relay.ts';
import { scenarios } from '../../../agent/cli/lab/scenarios.ts';
import { hasAgent } from '../../../agent/cli/lab/setting.ts';
import { thisHost } from '../../../agent/config/config-host.ts';
import { loadConfig } from '../../../agent/config/load.ts';
import { createRandom } from '../../../agent/random.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spitrap-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const facts: Record<End, EndFacts> = {
  hub: {
    deviceName: 'hub1',
    ssh: { address: '127.9.9.11', port: 40_001 },
    hostKey: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    boxAddress: '127.9.9.11',
    cryptoAddress: '213.163.222.7',
    platform: 'cisco-ios',
    syslog: { address: '127.9.9.21', port: 6514 },
    signal: { address: '127.9.9.21', port: 10_162 },
    sendTo: { address: '127.9.9.31', port: 40_101 },
  },
  spoke: {
    deviceName: 'spoke1',
    ssh: { address: '127.9.9.12', port: 40_002 },
    hostKey: 'SHA256:57DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    boxAddress: '127.9.9.12',
    cryptoAddress: '11.1.1.3',
    platform: 'cisco-ios',
    syslog: { address: '127.9.9.22', port: 6514 },
    signal: { address: '127.9.9.22', port: 10_162 },
    sendTo: { address: '127.9.9.31', port: 40_102 },
  },
};

test('the program itself finds no fault and nothing to warn of in what the lab writes', async () => {
  const secrets = drawSecrets(createRandom());
  const files = [
    ...secretFiles(secrets),
    ...(['hub', 'spoke'] as const).map((end) => configFile(end, facts, { delayMs: 2_500, afterMs: 1_000, helloMs: 2_000 })),
  ];
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, path), text, { mode: 0o600 });
  }
  const hub = loadConfig(join(folder, 'hub.yaml'), thisHost);
  const spoke = loadConfig(join(folder, 'spoke.yaml'), thisHost);
  expect([...hub.warnings, ...spoke.warnings]).toEqual([]);
  expect(hub.config).toMatchObject({
    role: 'hub',
    mode: 'act',
    dataDir: join(folder, 'hub-data'),
    device: { password: secrets.ssh.hub, enablePassword: secrets.enable.hub, hostKeys: [facts.hub.hostKey] },
    stop: { delayMs: 2_500 },
    evidence: { afterMs: 1_000, redactionKey: secrets.redaction },
  });
  expect(spoke.config.peers[0]).toMatchObject({ name: 'hub1', send: [facts.spoke.sendTo], notify: 'inform' });
  expect(hub.config.peers[0]?.snmp).toEqual(spoke.config.peers[0]?.snmp);
});

async function load(setting: (typeof scenarios)[number]['setting']) {
  const times = { delayMs: 2_500, afterMs: 1_000, helloMs: 2_000 };
  const agents = ends.filter((end) => hasAgent(setting, end));
  const files = [...secretFiles(drawSecrets(createRandom())), communityFile];
  for (const { path, text } of [...files, ...agents.map((end) => configFile(end, facts, times, setting))]) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, path), text, { mode: 0o600 });
  }
  return agents.map((end) => ({ end, ...loadConfig(join(folder, `${end}.yaml`), thisHost) }));
}

test.each(scenarios.map(({ name, setting }) => [name, setting] as const))(
  '%s: no fault in its files either',
  async (_name, setting) => {
    for (const { config } of await load(setting)) {
      expect(config.arm).toBe(setting.armed ? 'always' : 'manual');
      expect(config.evidence.messageIntervalMs).toBe(setting.messageIntervalMs ?? 60_000);
      expect(config.peers[0]).toMatchObject(
        setting.eem === undefined
          ? { kind: 'spitrap', notify: 'inform' }
          : { kind: 'eem', notify: 'trap', snmp: { version: '1' } },
      );
    }
  },
);

test('no secret stands in a configuration, and no two secrets are alike', () => {
  const secrets = drawSecrets(createRandom());
  const drawn = secretFiles(secrets).map((file) => file.text.trim());
  expect(new Set(drawn).size).toBe(drawn.length);
  const text = configFile('hub', facts, { delayMs: 3_000, afterMs: 1_000, helloMs: 1_000 }).text;
  for (const secret of drawn) expect(text).not.toContain(secret);
});
