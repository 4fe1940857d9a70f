/**
 * Causes played by the built executable between two agent processes: the verdict of their sealed bundles is what was acted. Three quick ones
 * at once; SPITRAP_LAB_TIMES asks for all of them so many times, one after the other, each time with another seed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { causeScenarios } from '../../agent/cli/lab/cause-scenarios.ts';
import type { LabResult } from '../../agent/cli/lab/verdict.ts';
import { LabProcess, processesNaming } from '../support/lab-process.ts';
import { runSpitrap } from '../support/run-spitrap.ts';

const TIMES = Number(process.env['SPITRAP_LAB_TIMES'] ?? '1');
const QUICK = ['cleared-one-side', 'early-new-spi', 'crossing-rekeys'];
const WITHIN_MS = 200_000;

async function playAndJudge(name: string, seed: number): Promise<void> {
  const out = mkdtempSync(join(tmpdir(), 'spitrap-lab-test-'));
  const lab = new LabProcess(['--out', out, '--scenario', name, '--seed', String(seed), '--delay', '1s', '--json']);
  try {
    const exit = await lab.ended;
    expect(exit.stderr).toBe('');
    expect(exit.code, exit.stdout).toBe(0);
    const result = JSON.parse(exit.stdout.trimEnd().split('\n').at(-1) ?? '') as LabResult;
    expect(result).toMatchObject({ outcome: 'complete', truth: { cause: name } });
    expect([name, ...(result.truth?.also ?? [])], JSON.stringify(result.verdict)).toContain(result.verdict?.cause);
    expect(exit.stdout).toContain(`Played: ${name}, `);

    // The command that the screen gives says the same of the same bundles.
    const command = /^ {2}spitrap (report .+) --html .+$/m.exec(exit.stdout)?.[1] ?? '';
    const report = await runSpitrap([...command.split(' '), '--json']);
    expect(report.code, report.stderr).toBe(0);
    const { verdict } = JSON.parse(report.stdout) as { verdict: LabResult['verdict'] };
    expect(verdict).toMatchObject(result.verdict ?? {});
    expect(processesNaming(out)).toEqual([]);
  } finally {
    lab.kill('SIGTERM');
    await lab.ended;
    rmSync(out, { recursive: true });
  }
}

describe.runIf(TIMES === 1)('causes that come quickly', () => {
  test.concurrent.each(QUICK)('%s: the diagnosis is what was played', (name) => playAndJudge(name, 1), WITHIN_MS);
});

describe.runIf(TIMES > 1)('every cause', () => {
  const all = causeScenarios.flatMap(({ name }) => Array.from({ length: TIMES }, (_, index) => [name, index + 1] as const));
  test.each(all)('%s, seed %i: the diagnosis is what was played', (name, seed) => playAndJudge(name, seed), WITHIN_MS);
});
