/** `spitrap status` of an agent with thousands of peers: those that something is wrong with, and how many there are. */
import { expect, test } from 'vitest';
import { statusText } from '../../agent/status/status-text.ts';
import { statusSample } from './status-sample.ts';

const [peer] = statusSample.peers;
const well = { ...peer!, missedHellos: 0, differences: [], lastHelloAt: '2026-03-12T12:00:00.000Z' };
const plain = (_tone: unknown, text: string): string => text;
const linesOf = (peers: readonly object[]): string[] =>
  statusText({ ...statusSample, peers } as typeof statusSample, plain as Parameters<typeof statusText>[1]).split('\n');

test('all well: some of them, and how many', () => {
  const lines = linesOf(Array.from({ length: 5_000 }, (_, index) => ({ ...well, name: `s${index}` })));
  expect(lines.length).toBeLessThan(200);
  expect(lines).toContainEqual(expect.stringMatching(/^peers +5000 in all, 0 with something wrong$/));
});

test('what is wrong comes first, and what is left out is counted', () => {
  const peers = Array.from({ length: 5_000 }, (_, index) => ({
    ...well,
    name: `s${index}`,
    ...(index >= 4_000 ? { differences: ['peer-silent'], lastHelloAt: index % 2 === 0 ? null : well.lastHelloAt } : {}),
  }));
  const lines = linesOf(peers);
  expect(lines).toContainEqual(expect.stringMatching(/^peers +5000 in all, 1000 with something wrong, 500 never heard$/));
  expect(lines.filter((line) => /^peer +s\d+/.test(line)).map((line) => /s\d+/.exec(line)![0])).toEqual(
    Array.from({ length: 20 }, (_, index) => `s${4_000 + index}`),
  );
  expect(lines).toContainEqual(expect.stringContaining('and 980 more with something wrong: --json has all'));
});
