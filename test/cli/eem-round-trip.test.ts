/** What `eem export` writes from the configurations of docs/eem.md, `eem lint` has no warning for, and `eem import` reads back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfigText } from '../../agent/config/load.ts';
import { cli } from './cli-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'spitrap-eem-round-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const page = readFileSync(new URL('../../docs/eem.md', import.meta.url), 'utf8');
const [hub, spoke] = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);

beforeAll(() => {
  for (const name of ['hub.pw', 'spoke.pw', 'community']) writeFileSync(at(name), 'a-secret-of-some-length\n', { mode: 0o600 });
  writeFileSync(at('hub.yaml'), hub!);
  writeFileSync(at('spoke.yaml'), spoke!);
});

const exported = async (agent: string): Promise<string> => {
  const run = await cli(['eem', 'export', '-c', at(`${agent}.yaml`)]);
  expect(run.code).toBe(0);
  writeFileSync(at(`${agent}-peer.ios`), run.stdout);
  return at(`${agent}-peer.ios`);
};

test.each(['hub', 'spoke'])('the router that the %s’s agent has as its peer', async (agent) => {
  const run = await cli(['eem', 'lint', '--json', await exported(agent)]);
  const { files } = JSON.parse(run.stdout) as { files: { findings: { level: string }[]; applets: unknown[] }[] };
  expect(files[0]!.applets).not.toEqual([]);
  expect(files[0]!.findings.filter(({ level }) => level === 'warning')).toEqual([]);
  expect(run.code).toBe(0);
});

test('the exported hub, imported: its role, its spoke, and the wait as the delay', async () => {
  const { stdout } = await cli(['eem', 'import', await exported('spoke')]);
  const host = {
    readFile: () => 'a-secret-of-some-length\n',
    permissions: () => 0o600,
    listFolder: () => [],
    environment: () => undefined,
  };
  const { config } = loadConfigText(stdout, '/etc/spitrap/hub.yaml', host);
  expect(config).toMatchObject({ role: 'hub', stop: { delayMs: 18_000 } });
  expect(config.peers.flatMap(({ cryptoAddresses }) => cryptoAddresses.map(({ text }) => text))).toEqual(['11.1.1.3']);
});
