import { describe, expect, test } from 'vitest';
import { reportText } from '../../../shared/analyze/report/text.ts';
import type { Told } from '../../support/diagnosis/build.ts';
import { failover } from '../../support/diagnosis/failover.ts';
import { cannotTell, hostile, oneEnded, storm, transient } from '../../support/diagnosis/others.ts';

const textOf = ({ diagnosis, bundles }: Told): string => reportText(diagnosis, bundles);
const all: [string, () => Told][] = [
  ['failover', failover],
  ['one end', oneEnded],
  ['storm', () => storm()],
  ['transient', transient],
  ['cannot tell', cannotTell],
  ['hostile', hostile],
];

describe.each(all)('%s', (_, told) => {
  const text = textOf(told());

  test('fits 80 columns, without trailing spaces, control characters or punctuation of ours that is not ASCII', () => {
    for (const line of text.split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\uffff]/);
  });
});

test('tells the whole story in order', () => {
  const text = textOf(failover());
  const titles = [...text.matchAll(/^[A-Z][A-Z ,]+(?= \(|,|$)/gm)].map((match) => match[0]);
  expect(titles).toEqual([
    'DO NOW',
    'THE ENDS',
    'CHANGE',
    'WHY',
    'AGAINST IT',
    'WHAT ELSE WAS FOUND',
    'KNOWN BUGS TO LOOK UP',
    'NOT KNOWN',
    'TO COLLECT NEXT TIME',
    'SECURITY ASSOCIATIONS',
    'TIMELINE',
  ]);
  expect(text).toContain('  1. spoke1# clear crypto sa peer 213.163.222.7\n');
  expect(text).toContain('hub-b device.log:82');
  expect(text).toMatch(/0x68842105 {2}spoke1 -> hub-b; sender: in use.*\n.*receiver: not there; OUT OF SYNC/);
});

test('says that nothing is to be done where it was benign, and that nothing is supported where it cannot tell', () => {
  expect(textOf(transient())).toContain('DO NOW\n  Nothing: it is over, and was benign.');
  expect(textOf(cannotTell())).toContain('DO NOW\n  Nothing that this evidence supports.');
});

test('a storm stays readable', () => {
  const text = textOf(storm());
  expect(text.split('\n').length).toBeLessThan(150);
  expect(text).toContain('and 488 more, of 40 senders');
});

test('titles can be made to stand out', () => {
  const { diagnosis, bundles } = failover();
  expect(reportText(diagnosis, bundles, (title) => `*${title}*`)).toContain('*DO NOW*');
});

test('lines of one file that were shown before are named behind the file, once', () => {
  const { diagnosis, bundles } = failover();
  const [first, ...more] = diagnosis.verdict.findings;
  const quote = (line: number, text: string) => ({ end: 1 as const, file: 'commands/02-first-show-clock.txt', line, text });
  const shown = [quote(37, 'one'), quote(55, 'two')];
  const evidence = [
    { text: 'said once', quotes: shown },
    { text: 'said again', quotes: shown },
  ];
  const findings = [{ ...first!, evidence }, ...more];
  const text = reportText({ ...diagnosis, verdict: { ...diagnosis.verdict, findings } }, bundles);
  expect(text).toContain('  2. Said again\n     see spoke1 commands/02-first-show-clock.txt:37, 55\n');
});

test('a step at a device whose bundle is not here has no prompt', () => {
  const { diagnosis, bundles } = failover();
  const [first] = diagnosis.verdict.findings;
  const doNow = [{ text: 'At the sender.', end: null, command: 'clear crypto sa peer 213.163.222.7', configure: false }];
  const text = reportText({ ...diagnosis, verdict: { ...diagnosis.verdict, findings: [{ ...first!, doNow }] } }, bundles);
  expect(text).toContain('DO NOW\n  1. clear crypto sa peer 213.163.222.7\n     At the sender.\n');
});
