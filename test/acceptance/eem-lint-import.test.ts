/** `spitrap eem lint` and `import` of Note A with the built executable: findings, exit codes, and a configuration that `check` takes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { runSpitrap } from '../support/run-spitrap.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../eem/fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'spitrap-eem-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('lint of Note A: what the note gets wrong, in 80 columns; exit 1 for warnings, 0 for hints alone, 2 without a file', async () => {
  const hub = fixture('note-a-hub.ios');
  const text = await runSpitrap(['eem', 'lint', hub]);
  expect(text).toMatchObject({ code: 1, stderr: '' });
  expect(text.stdout).toContain('11.1.1.3 in its pattern also matches 11.1.1.30 to');
  for (const line of text.stdout.split('\n').filter((line) => !line.includes(hub))) expect(line.length).toBeLessThanOrEqual(80);

  const json = await runSpitrap(['eem', 'lint', '--json', hub, fixture('note-a-spoke.ios')]);
  expect(json.code).toBe(1);
  const report = JSON.parse(json.stdout) as {
    files: { file: string; findings: { word: string; line: number }[] }[];
    warnings: number;
  };
  expect(report.files.map(({ file }) => file)).toEqual([hub, fixture('note-a-spoke.ios')]);
  const found = report.files[0]!.findings.map(({ line, word }) => `${line} ${word}`);
  for (const expected of ['6 public-community', '6 snmp-v1-default', '10 loose-address', '10 maxrun-short'])
    expect(found).toContain(expected);
  expect(report.warnings).toBe(6);

  expect((await runSpitrap(['eem', 'lint', fixture('sound-hub.ios')])).code).toBe(0);
  const missing = await runSpitrap(['eem', 'lint', join(folder, 'nothing.ios')]);
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toContain('no such file');
});

test('import of Note A: `check --offline` takes it, once its secrets are there', async () => {
  const out = join(folder, 'hub.yaml');
  const run = await runSpitrap(['eem', 'import', fixture('note-a-hub.ios'), fixture('note-a-spoke.ios'), '-o', out]);
  expect(run).toMatchObject({ code: 0, stdout: '' });
  mkdirSync(join(folder, 'secrets'), { mode: 0o700 });
  const files = [...run.stderr.matchAll(/^ {2}(secrets\/[\w-]+): /gm)].map((match) => match[1]!);
  expect(files).toContain('secrets/community');
  for (const file of files) writeFileSync(join(folder, file), 'a-secret-of-some-length\n', { mode: 0o600 });
  const check = await runSpitrap(['check', '-c', out, '--offline']);
  expect(check.stdout).toContain('0 failed');
  expect(check.code).toBe(0);
});
