/** From the fault to the story, end to end: the lab of the built executable loses an SA, both bundles are sealed with their report, and `spitrap report` puts them together. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabResult } from '../../agent/cli/lab/verdict.ts';
import { createDisk } from '../../agent/evidence/disk.ts';
import { verifyBundle } from '../../agent/evidence/verify.ts';
import { type ReportJson, reportSchema } from '../../shared/analyze/report/json.ts';
import { LabProcess } from '../support/lab-process.ts';
import { runSpitrap } from '../support/run-spitrap.ts';

interface Played {
  readonly result: LabResult;
  readonly hub: string;
  readonly spoke: string;
}

async function play(scenario: string, out: string): Promise<Played> {
  const lab = new LabProcess(['--out', out, '--scenario', scenario, '--delay', '2s', '--json']);
  const exit = await lab.ended;
  expect(exit.code, exit.stdout).toBe(0);
  const result = JSON.parse(exit.stdout.trimEnd().split('\n').at(-1) ?? '') as LabResult;
  return { result, hub: result.ends.hub.bundle ?? '', spoke: result.ends.spoke.bundle ?? '' };
}

async function json(...folders: string[]): Promise<ReportJson> {
  const { code, stdout, stderr } = await runSpitrap(['report', ...folders, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return reportSchema.parse(JSON.parse(stdout));
}

describe('a lost SA', () => {
  const out = mkdtempSync(join(tmpdir(), 'spitrap-report-test-'));
  let played: Played;
  beforeAll(async () => {
    played = await play('desync', out);
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('each bundle holds what its own end knew, made beside the agent, and verifies', async () => {
    for (const folder of [played.hub, played.spoke]) {
      const { whole, problems, incident } = await verifyBundle(folder, createDisk());
      expect({ whole, problems }).toEqual({ whole: true, problems: [] });
      expect(incident?.reportProblem).toBeNull();
      expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
      expect(readFileSync(join(folder, 'report.txt'), 'utf8')).toContain(`Incident ${played.result.incident}`);
      const { ends, verdict } = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8')));
      expect(ends).toHaveLength(1);
      expect(verdict.unknowns.length).toBeGreaterThan(0);
      // Half of the evidence: nobody is told that all is well.
      expect(verdict.harm).not.toBe('transient');
      expect(verdict.confidence).not.toBe('certain');
    }
  });

  test('both together: the receiver does not have what the sender encrypts with, and nobody calls that benign', async () => {
    const { ends, verdict, sas, stopSkew } = await json(played.hub, played.spoke);
    expect(ends.map(({ name }) => name)).toEqual(['hub1', 'spoke1']);
    const odd = sas.filter(({ reported }) => reported);
    expect(odd).toHaveLength(1);
    expect(odd[0]).toMatchObject({ sender: 1, receiver: 0, atSender: { current: 'yes' }, atReceiver: { last: 'no' } });
    expect(verdict.harm).toBe('persistent');
    expect(verdict.healing.kind).not.toBe('healed');
    expect(['rekey-transient', 'early-new-spi', 'keys-differ', 'replay']).not.toContain(verdict.cause);
    expect(verdict.sentence).toContain(odd[0]!.spi);
    expect(verdict.findings[0]!.doNow.some(({ command, end }) => command?.startsWith('clear crypto') && end === 1)).toBe(true);
    expect(stopSkew!.ms).toBeLessThan(1_000);
  });

  test('every line that it quotes stands in its file', async () => {
    const { verdict } = await json(played.hub, played.spoke);
    const folders = [played.hub, played.spoke];
    const quotes = verdict.findings.flatMap(({ evidence, against }) => [...evidence, ...against].flatMap(({ quotes }) => quotes));
    expect(quotes.length).toBeGreaterThan(3);
    for (const { end, file, line, text } of quotes) {
      // Line 1 of a command's file is its head: what is said is said of the whole output.
      if (line === 1 && file.startsWith('commands/')) continue;
      const lines = readFileSync(join(folders[end]!, file), 'utf8').split('\n');
      expect(lines[line - 1]?.trim(), `${file}:${line}`).toContain(text.split('\n')[0]!.trim().slice(0, 200));
    }
  });

  test('the page, of an id and the other end’s folder', async () => {
    const page = join(out, 'incident.html');
    const { code } = await runSpitrap([
      'report',
      played.result.incident ?? '',
      played.spoke,
      '--data-dir',
      join(out, 'hub-data'),
      '--html',
      page,
    ]);
    expect(code).toBe(0);
    expect(existsSync(page)).toBe(true);
    expect(readFileSync(page, 'utf8')).toContain('both ends captured');
  });
});

test('a rekey is told as one', async () => {
  const out = mkdtempSync(join(tmpdir(), 'spitrap-report-test-'));
  try {
    const { hub, spoke } = await play('rekey-transient', out);
    const { verdict } = await json(spoke, hub);
    expect(verdict).toMatchObject({ cause: 'rekey-transient', harm: 'transient' });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
