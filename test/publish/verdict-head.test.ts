/** What the fleet is told of a report stands in a verdict.json where it is looked for: in each case of the textbook, and however long its findings. */
import { describe, expect, test } from 'vitest';
import { verdictOf } from '../../agent/publish/verdict-head.ts';
import { judge } from '../../shared/analyze/judge.ts';
import { type ReportJson, reportJson } from '../../shared/analyze/report/json.ts';
import { causeTitles } from '../../shared/analyze/report/words.ts';
import { caseOf } from '../support/case.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { textbook } from '../support/textbook-cases.ts';

async function toldOf(json: unknown, space?: number) {
  const disk = new FakeDisk();
  disk.put('/verdict.json', `${JSON.stringify(json, null, space)}\n`);
  return await verdictOf('/verdict.json', true, disk);
}

const reports = Object.entries(textbook).map(([cause, options]): [string, ReportJson] => {
  const about = caseOf(options);
  return [cause, reportJson({ case: about, verdict: judge(about) })];
});

describe('a verdict.json', () => {
  test.each(reports)('%s', async (_cause, report) => {
    const { verdict } = report;
    const { healing } = verdict;
    const wanted = {
      cause: verdict.cause,
      title: causeTitles[verdict.cause],
      confidence: verdict.confidence,
      sentence: verdict.sentence,
      harm: verdict.harm,
      healing: { kind: healing.kind, at: healing.at?.to ?? healing.at?.from ?? null },
      twoEnded: true,
    };
    expect(await toldOf(report, 2)).toEqual(wanted);
    expect(await toldOf(report)).toEqual(wanted);
  });

  test('the moment of its healing is behind megabytes of findings, and a quote that looks like one is none', async () => {
    const [, report] = reports.find(([, { verdict }]) => verdict.healing.at !== null)!;
    const text = `"healing": { "kind": "never", "at": null } "verdict": { "sentence": "no" ${'ä'.repeat(1_000)}`;
    const [finding] = report.verdict.findings;
    const findings = Array.from({ length: 900 }, () => ({ ...finding!, evidence: [{ text, quotes: [] }] }));
    const long = { ...report, verdict: { ...report.verdict, findings } };
    expect(await toldOf(long, 2)).toEqual(await toldOf(report));
    expect((await toldOf(long))?.healing).toEqual((await toldOf(report))?.healing);
  });

  test('what is none says nothing', async () => {
    expect(await toldOf({})).toBeNull();
    expect(await toldOf({ verdict: { sentence: 'x', cause: 'made-up', confidence: 'certain', harm: 'transient' } })).toBeNull();
    expect(await verdictOf('/absent', false, new FakeDisk())).toBeNull();
  });
});
