/** `spitrap status --watch`: rates between two pictures, what stands there when the agent is gone, and what fits into a window. */
import { expect, test } from 'vitest';
import { fitting, ratesBetween, watchLines } from '../../agent/status/status-watch.ts';
import { noPaint } from '../../agent/status/text-layout.ts';
import { statusSample } from './status-sample.ts';

const source = statusSample.sources[0]!;
const later = { ...statusSample, upMs: statusSample.upMs + 2_000, sources: [{ ...source, lines: source.lines + 70 }] };

test('lines a second since the picture before', () => {
  expect(ratesBetween(statusSample, later).get(source.name)).toBe(35);
  expect(watchLines({ status: later, before: statusSample, lost: null }, noPaint).join('\n')).toContain('120073 lines (35/s)');
});

test.each([
  ['the first picture', null, later],
  ['an agent that was started in between', { ...statusSample, pid: 1 }, later],
  ['the same picture twice', later, later],
  ['a source that counts from zero again', { ...statusSample, sources: [{ ...source, lines: 200_000 }] }, later],
  ['a source that is new', { ...statusSample, sources: [] }, later],
])('no rate: %s', (_what, before, now) => {
  expect(ratesBetween(before, now).size).toBe(0);
  expect(watchLines({ status: now, before, lost: null }, noPaint).join('\n')).not.toMatch(/lines \(/);
});

test('an agent that is gone: why, since when, and that the picture is old', () => {
  const lost = { why: 'NOT_RUNNING: no agent at /x\u001b[31m', forMs: 34_000 };
  const text = watchLines({ status: statusSample, before: null, lost }, noPaint).join('\n');
  expect(text).toMatch(/^NO ANSWER for 34s: NOT_RUNNING/);
  expect(text.slice(0, 200).replaceAll(/\s+/g, ' ')).toContain('What follows is of 2026-03-12 18:30:00Z');
  expect(text).not.toContain('\u001b');
});

test('what does not fit into the window is counted', () => {
  const lines = Array.from({ length: 50 }, (_, index) => `${index}`);
  expect(fitting(lines, undefined)).toHaveLength(50);
  expect(fitting(lines, 60)).toHaveLength(50);
  const cut = fitting(lines, 24);
  expect(cut).toHaveLength(23);
  expect(cut.at(-1)).toMatch(/^… 28 more lines/);
});
