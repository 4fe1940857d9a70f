import { describe, expect, test } from 'vitest';
import { formatSince, lanes, laneWidth, rule, type Style, sentence } from '../../../agent/cli/lab/lanes.ts';

const plain: Style = { width: 80, colour: false };
const words = (text: string) => [{ text, tone: 'plain' as const }];
const visible = (line: string): string => line.replace(/\x1b\[[\d;]*m/g, '');

describe('the lab’s two lanes', () => {
  test('hub left, spoke right, time in front', () => {
    expect(lanes(4.2, { hub: words('alert sent') }, plain)).toEqual(['  +0.004 s  alert sent                       │']);
    expect(lanes(-1180, { spoke: words('SAs intact') }, plain)).toEqual([
      '  -1.180 s                                   │ SAs intact',
    ]);
    expect(lanes(null, { hub: words('a'), spoke: words('b') }, plain)).toEqual([
      '            a                                │ b',
    ]);
  });

  test('long words stay in their lane, and no line is wider than the screen', () => {
    const long = `bundle ${'x'.repeat(70)} and more of it`;
    const rows = lanes(300_123.4, { hub: words(long), spoke: words(long) }, plain);
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows) expect([...row].length).toBeLessThanOrEqual(80);
    const left = rows.map((row) => row.slice(12, 12 + laneWidth(plain)).trim()).join('');
    expect(left.replace(/ /g, '')).toBe(long.replace(/ /g, ''));
  });

  test('colour changes nothing but the colour, and each end has its own', () => {
    const said = { hub: words('undebug all'), spoke: words('undebug all') };
    const coloured = lanes(3000, said, { width: 80, colour: true });
    expect(coloured.map(visible).map((row) => row.trimEnd())).toEqual(lanes(3000, said, plain));
    expect(coloured[0]).toContain('\x1b[36mundebug all');
    expect(coloured[0]).toContain('\x1b[33mundebug all');
  });

  test('sentences wrap at the width, rules fill it', () => {
    for (const line of sentence('word '.repeat(60).trim(), plain, 'plain', '  ')) expect(line.length).toBeLessThanOrEqual(80);
    expect([...rule({ width: 100, colour: false })]).toHaveLength(100);
  });

  test.each([
    [0, '+0.000 s'],
    [-0.4, '-0.000 s'],
    [12_345.6, '+12.346 s'],
  ])('%d ms is %s', (ms, text) => expect(formatSince(ms)).toBe(text));
});
