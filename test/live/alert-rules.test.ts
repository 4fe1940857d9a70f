/** The alert rules as Prometheus itself reads them: promtool checks them, and plays a calm and a bad night through them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { AgentEvents } from '../../agent/events.ts';
import { openMetrics } from '../../agent/metrics/metrics.ts';
import { statusSample } from '../status/status-sample.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rules = join(root, 'docs/alerts/spitrap.rules.yml');
const missing = spawnSync('which', ['promtool']).status !== 0;

test('promtool is there (test/live/setup.sh unpacks it)', () => {
  if (process.env['CI']) expect(missing).toBe(false);
});

describe.skipIf(missing)('promtool', () => {
  const promtool = (args: string[], input = ''): string =>
    execFileSync('promtool', args, { encoding: 'utf8', input, stdio: 'pipe' });

  test('takes the rules', () => {
    expect(promtool(['check', 'rules', rules])).toMatch(/SUCCESS: 17 rules found/);
  });

  test('every rule is silent on a calm day and fires on a bad one', () => {
    expect(promtool(['test', 'rules', join(root, 'test/live/alerts/spitrap.test.yml')])).toMatch(/SUCCESS/);
  });

  test('and that test can fail: with a rule changed it does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spitrap-rules-'));
    try {
      writeFileSync(join(folder, 'changed.yml'), readFileSync(rules, 'utf8').replace('spitrap_hold == 1', 'spitrap_hold == 2'));
      const tests = readFileSync(join(root, 'test/live/alerts/spitrap.test.yml'), 'utf8');
      writeFileSync(join(folder, 'test.yml'), tests.replace('../../../docs/alerts/spitrap.rules.yml', 'changed.yml'));
      expect(() => promtool(['test', 'rules', join(folder, 'test.yml')])).toThrow(/SpitrapOnHold/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('has nothing against the names, types and texts of what is served', async () => {
    const metrics = openMetrics({ events: new AgentEvents(), status: () => statusSample });
    const text = await metrics.text();
    metrics.close();
    // It prints what it has against a metric, and fails on what it cannot read.
    expect(promtool(['check', 'metrics'], text)).toBe('');
  });
});
