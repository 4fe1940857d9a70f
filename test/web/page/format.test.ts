/** The page's values as a person reads them (agent/web/page/format.js). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable as agentPrintable } from '../../../shared/model/printable.ts';
import { pageModule } from '../../support/page-module.ts';

const { clockTime, count, duration, instant, listed, many, printable, rate, relative, remedyParts, size, stepTime } =
  await pageModule('format');

const at = (iso: string): number => Date.parse(iso);
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('times', () => {
  test.each([
    ['2026-03-12T18:30:02.900Z', '18:30:02 UTC'],
    ['2026-03-11T23:59:59Z', '11 Mar 23:59:59 UTC'],
    ['2026-03-13T00:00:00Z', '13 Mar 00:00:00 UTC'],
    ['2025-12-31T06:00:00Z', '31 Dec 2025 06:00:00 UTC'],
  ])('%s is %s, seen from 12 March 2026', (iso, text) => {
    expect(clockTime(at(iso), at('2026-03-12T18:31:00Z'))).toBe(text);
  });

  test('a damaged one is no exception', () => {
    expect([clockTime(1e300, 0), stepTime(-1e300), instant('yesterday'), instant(12), instant(null)]).toEqual([
      '?',
      '?',
      null,
      null,
      null,
    ]);
  });

  test('a step of an incident has its milliseconds', () => {
    expect(stepTime(at('2026-03-12T18:22:10.706Z'))).toBe('18:22:10.706');
  });

  test.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [59_999, '59 s'],
    [120_000, '2 min'],
    [150_000, '2 min 30 s'],
    [899_000, '14 min'],
    [3_600_000, '1 h'],
    [3_900_000, '1 h 05 min'],
    [129_600_000, '36 h'],
    [273_600_000, '3 d 4 h'],
    [-5_000, '5 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(plain(duration(ms))).toBe(text);
  });

  test('before, now, and to come', () => {
    expect([relative(1_000, 9_000), relative(9_000, 9_400), relative(70_000, 9_000), relative(0, 421_000)].map(plain)).toEqual([
      '8 s ago',
      'just now',
      'in 1 min 01 s',
      '7 min ago',
    ]);
  });
});

describe('numbers', () => {
  test.each([
    [null, 'measuring'],
    [0, '0/s'],
    [1_240.4, '1,240/s'],
    [3.21, '3.2/s'],
    [0.5, '30/min'],
    [4 / 60, '4/min'],
    [0.1 / 60, '0.1/min'],
  ])('a rate of %s is %s', (perSecond, text) => {
    expect(rate(perSecond)).toBe(text);
  });

  test('counts and sizes', () => {
    expect([count(120_003), count(Number.NaN), count('7'), size(300), size(50_000_000), size(5e9), size(null)]).toEqual([
      '120,003',
      '?',
      '?',
      '1 KiB',
      '47.7 MiB',
      '4.7 GiB',
      '?',
    ]);
    expect([many(1, 'alarm'), many(0, 'alarm'), many(2, 'entry', 'entries')]).toEqual(['1 alarm', '0 alarms', '2 entries']);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
});

describe('text of the network', () => {
  test('is escaped as the agent escapes it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 2, max: 80 }), (text, charactersMax) => {
        expect(printable(text, charactersMax)).toBe(agentPrintable(text, charactersMax));
      }),
      { seed: 8 },
    );
  });

  test('what would act on a screen does not', () => {
    expect(printable('\u001b[31m\u202egnp\u0000\ud800')).toBe('\\x1b[31m\\u{202e}gnp\\x00\ufffd');
    expect(printable('W'.repeat(10_000))).toHaveLength(300);
    expect([printable(null), printable(undefined), printable(12), printable({})]).toEqual(['?', '?', '12', '[object Object]']);
  });
});

describe('remedies', () => {
  test.each([
    ['log in to hub1 (192.0.2.1) and type: undebug all', ['undebug all']],
    [
      'on 11.1.1.3, type: clear crypto sa peer 213.163.222.7. On hub1 nothing needs to be cleared.',
      ['clear crypto sa peer 213.163.222.7'],
    ],
    ['type: spitrap status; if debugs may be on, log in and type: undebug all', ['spitrap status', 'undebug all']],
    ['look at the disk', []],
  ])('%s', (remedy, commands) => {
    const parts: { text: string; command: boolean }[] = remedyParts(remedy);
    expect(parts.filter(({ command }) => command).map(({ text }) => text)).toEqual(commands);
    expect(parts.map(({ text }) => text).join('')).toBe(remedy);
  });
});
